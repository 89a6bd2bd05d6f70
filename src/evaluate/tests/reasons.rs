//! Every reason, and what makes an outcome static.

use serde_json::{Value, json};

use super::{boolean, brief, document, evaluate, rule, single, test, with};

fn expect(
    flag: &Value,
    attributes: &Value,
    time: i64,
    variant: &str,
    reason: &str,
    rule: Option<&str>,
) {
    let (found, why, by) = brief(&single(flag), attributes, time);
    assert_eq!(
        (found.as_str(), why, by.as_deref()),
        (variant, reason, rule),
        "at {time} for {attributes}: {flag}"
    );
}

fn user() -> Value {
    json!({"targetingKey": "u"})
}

/// A serving of `on` to those positions.
fn share(ranges: Value) -> Value {
    json!({"outcome": 1, "exposure": {"salt": "f", "ranges": ranges}})
}

fn split(ranges: Value) -> Value {
    json!({"split": {"salt": "f/split", "ranges": ranges}})
}

#[test]
fn a_default_alone_is_static() {
    expect(&boolean(json!({})), &json!({}), 0, "off", "STATIC", None);
    expect(
        &boolean(json!({"default": 1})),
        &json!({}),
        0,
        "on",
        "STATIC",
        None,
    );
}

#[test]
fn a_serving_to_everybody_or_nobody_is_static() {
    for (serving, variant) in [
        (json!({"outcome": 1}), "on"),
        (share(json!([[0, 100_000]])), "on"),
        (share(json!([[0, 40_000], [40_000, 100_000]])), "on"),
        (share(json!([])), "off"),
        (split(json!([[0, 100_000, 1]])), "on"),
    ] {
        expect(
            &boolean(json!({"serving": serving})),
            &json!({}),
            0,
            variant,
            "STATIC",
            None,
        );
    }
}

/// A ruleset lists the ways that have weight, and a way may be too narrow for any position.
#[test]
fn a_way_too_narrow_for_anybody_makes_a_split_all_the_same() {
    let flag = boolean(json!({"serving": split(json!([[0, 0, 0], [0, 100_000, 1]]))}));
    expect(&flag, &user(), 0, "on", "SPLIT", None);
    assert_eq!(
        evaluate(&single(&flag), "f", &json!({}), 0).error,
        Some("TARGETING_KEY_MISSING")
    );
}

#[test]
fn nobody_is_static_even_before_a_split() {
    let mut serving = split(json!([[0, 50_000, 0], [50_000, 100_000, 1]]));
    serving["exposure"] = json!({"salt": "f", "ranges": []});
    expect(
        &boolean(json!({"serving": serving})),
        &json!({}),
        0,
        "off",
        "STATIC",
        None,
    );
}

#[test]
fn a_rule_that_decides_is_a_match() {
    let flag = boolean(json!({"rules": [rule("beta", json!([test("a", "equals", json!("x"))]))]}));
    expect(
        &flag,
        &json!({"a": "x"}),
        0,
        "on",
        "TARGETING_MATCH",
        Some("beta"),
    );
    expect(&flag, &json!({}), 0, "off", "DEFAULT", None);
    for (serving, variant, reason) in [
        (share(json!([[0, 100_000]])), "on", "TARGETING_MATCH"),
        (share(json!([])), "off", "DEFAULT"),
        (split(json!([[0, 100_000, 1]])), "on", "TARGETING_MATCH"),
    ] {
        let rule = json!({"name": "r", "conditions": [], "serving": serving});
        expect(
            &boolean(json!({"rules": [rule]})),
            &json!({}),
            0,
            variant,
            reason,
            Some("r"),
        );
    }
}

#[test]
fn rules_without_a_match_leave_nothing_static() {
    let rules = json!([rule("beta", json!([test("a", "equals", json!("x"))]))]);
    let flag = boolean(json!({"rules": rules, "serving": {"outcome": 1}}));
    expect(&flag, &json!({}), 0, "on", "DEFAULT", None);
    let flag = boolean(json!({"rules": rules, "serving": share(json!([]))}));
    expect(&flag, &json!({}), 0, "off", "DEFAULT", None);
}

#[test]
fn the_first_rule_decides_and_no_later_one() {
    let rules = json!([
        rule("never", json!([{"any": []}])),
        {"name": "few", "conditions": [], "serving": share(json!([]))},
        rule("all", json!([])),
    ]);
    expect(
        &boolean(json!({"rules": rules, "serving": {"outcome": 1}})),
        &user(),
        0,
        "off",
        "DEFAULT",
        Some("few"),
    );
}

#[test]
fn off_is_disabled() {
    expect(
        &boolean(json!({"enabled": false, "default": 1})),
        &json!({}),
        0,
        "off",
        "DISABLED",
        None,
    );
    let killed = with(
        boolean(json!({"default": 1, "rules": [rule("all", json!([]))]})),
        json!({"killed": true}),
    );
    expect(&killed, &json!({}), 0, "off", "DISABLED", None);
    let other_off = with(boolean(json!({"enabled": false})), json!({"off": 1}));
    expect(&other_off, &json!({}), 0, "on", "DISABLED", None);
}

#[test]
fn a_bucket_that_decides_is_a_split() {
    // MurmurHash3 of `fjack` and the like is left to the tests of buckets; here a range is cut
    // around the position that the subject has.
    let at = position("f", "u");
    for serving in [
        share(json!([[0, at + 1]])),
        share(json!([[at, at + 1]])),
        share(json!([[0, 1], [at, at + 1]])),
    ] {
        let ruled = json!([{"name": "r", "conditions": [], "serving": serving}]);
        expect(
            &boolean(json!({"serving": serving})),
            &user(),
            0,
            "on",
            "SPLIT",
            None,
        );
        expect(
            &boolean(json!({"rules": ruled})),
            &user(),
            0,
            "on",
            "SPLIT",
            Some("r"),
        );
    }
    for serving in [
        share(json!([[0, at]])),
        share(json!([[at + 1, 100_000]])),
        share(json!([[0, at], [at + 1, 100_000]])),
    ] {
        let ruled = json!([{"name": "r", "conditions": [], "serving": serving}]);
        expect(
            &boolean(json!({"serving": serving})),
            &user(),
            0,
            "off",
            "DEFAULT",
            None,
        );
        expect(
            &boolean(json!({"rules": ruled})),
            &user(),
            0,
            "off",
            "DEFAULT",
            Some("r"),
        );
    }
    let at = position("f/split", "u");
    for (ranges, variant) in [
        (json!([[0, at + 1, 1], [at + 1, 100_000, 0]]), "on"),
        (json!([[0, at, 1], [at, 100_000, 0]]), "off"),
        (
            json!([
                [0, at, 0],
                [at, at, 0],
                [at, at + 1, 1],
                [at + 1, 100_000, 0]
            ]),
            "on",
        ),
    ] {
        expect(
            &boolean(json!({"serving": split(ranges)})),
            &user(),
            0,
            variant,
            "SPLIT",
            None,
        );
    }
}

/// The position of a subject, found by asking.
fn position(salt: &str, subject: &str) -> u32 {
    let reference =
        murmur3::murmur3_32(&mut std::io::Cursor::new(format!("{salt}{subject}")), 0).unwrap();
    u32::try_from((u64::from(reference) * 100_000) >> 32).unwrap()
}

#[test]
fn a_missing_subject_is_an_error_with_the_default() {
    let half = share(json!([[0, 50_000]]));
    let two = split(json!([[0, 50_000, 0], [50_000, 100_000, 1]]));
    for serving in [half, two] {
        let rules = json!([{"name": "r", "conditions": [], "serving": serving}]);
        for (flag, rule) in [
            (boolean(json!({"serving": serving, "default": 1})), None),
            (boolean(json!({"rules": rules, "default": 1})), Some("r")),
        ] {
            let answer = evaluate(&single(&flag), "f", &json!({}), 0);
            assert_eq!(
                (answer.reason, answer.error),
                ("ERROR", Some("TARGETING_KEY_MISSING"))
            );
            assert_eq!(
                (
                    answer.variant.as_str(),
                    answer.value,
                    answer.rule.as_deref()
                ),
                ("on", json!(true), rule)
            );
        }
    }
}

#[test]
fn exposure_comes_before_the_split() {
    let at = position("f", "u");
    let serving = |ranges: Value| {
        let mut serving = json!({"split": {"salt": "f/split", "attribute": "account", "ranges": [[0, 50_000, 0], [50_000, 100_000, 1]]}});
        serving["exposure"] = json!({"salt": "f", "ranges": ranges});
        boolean(json!({"serving": serving}))
    };
    // Outside, the split's subject is not needed; inside it is.
    expect(
        &serving(json!([[0, at]])),
        &user(),
        0,
        "off",
        "DEFAULT",
        None,
    );
    expect(&serving(json!([])), &json!({}), 0, "off", "STATIC", None);
    for (ranges, attributes) in [
        (json!([[0, at + 1]]), user()),
        (json!([[0, 100_000]]), user()),
        (json!([[0, at + 1]]), json!({"account": 1})),
    ] {
        assert_eq!(
            evaluate(&single(&serving(ranges)), "f", &attributes, 0).error,
            Some("TARGETING_KEY_MISSING")
        );
    }
    let both = json!({"targetingKey": "u", "account": 7});
    let variant = if position("f/split", "7") < 50_000 {
        "off"
    } else {
        "on"
    };
    expect(
        &serving(json!([[0, at + 1]])),
        &both,
        0,
        variant,
        "SPLIT",
        None,
    );
}

fn ramp(from: u32, increment: u32, until: u32) -> Value {
    json!({"outcome": 1, "exposure": {"salt": "f", "gradual": {"start": 1000, "from": from, "increment": increment, "every": 10, "until": until}}})
}

#[test]
fn a_ramp_grows_and_ends() {
    let at = position("f", "u");
    // One step below and one above the subject.
    let flag = boolean(json!({"serving": ramp(at, 1, at + 2)}));
    expect(&flag, &user(), 999, "off", "DEFAULT", None);
    expect(&flag, &json!({}), 999, "off", "DEFAULT", None);
    expect(&flag, &user(), 1000, "off", "DEFAULT", None);
    expect(&flag, &user(), 1009, "off", "DEFAULT", None);
    expect(&flag, &user(), 1010, "on", "SPLIT", None);
    expect(&flag, &user(), i64::MAX, "on", "SPLIT", None);
    let full = boolean(json!({"serving": ramp(50_000, 50_000, 100_000)}));
    expect(&full, &json!({}), 0, "off", "DEFAULT", None);
    assert_eq!(
        evaluate(&single(&full), "f", &json!({}), 1009).error,
        Some("TARGETING_KEY_MISSING")
    );
    expect(&full, &json!({}), 1010, "on", "STATIC", None);
    let never = boolean(json!({"serving": ramp(0, 0, 0)}));
    expect(&never, &json!({}), 999, "off", "DEFAULT", None);
    expect(&never, &json!({}), 1000, "off", "STATIC", None);
    let stuck = boolean(json!({"serving": ramp(0, 0, 50_000)}));
    expect(&stuck, &json!({}), 5000, "off", "DEFAULT", None);
}

#[test]
fn a_ramp_in_a_rule() {
    let flag = boolean(
        json!({"rules": [{"name": "r", "conditions": [], "serving": ramp(0, 100_000, 100_000)}]}),
    );
    expect(&flag, &json!({}), 999, "off", "DEFAULT", Some("r"));
    expect(&flag, &json!({}), 1000, "off", "DEFAULT", Some("r"));
    expect(&flag, &json!({}), 1010, "on", "TARGETING_MATCH", Some("r"));
}

#[test]
fn the_last_phase_that_has_begun_is_in_force() {
    let mut flag = boolean(json!({}));
    flag["phases"] = json!([
        {"enabled": true, "default": 0},
        {"from": 10, "enabled": true, "default": 1},
        {"from": 20, "enabled": false, "default": 1},
        {"from": 30, "enabled": true, "default": 0, "serving": {"outcome": 1}},
    ]);
    expect(&flag, &json!({}), i64::MIN, "off", "DEFAULT", None);
    expect(&flag, &json!({}), 9, "off", "DEFAULT", None);
    expect(&flag, &json!({}), 10, "on", "DEFAULT", None);
    expect(&flag, &json!({}), 20, "off", "DISABLED", None);
    expect(&flag, &json!({}), 29, "off", "DISABLED", None);
    expect(&flag, &json!({}), 30, "on", "STATIC", None);
    expect(&flag, &json!({}), i64::MAX, "on", "STATIC", None);
}

#[test]
fn dependencies_leave_nothing_static() {
    let flags = json!({
        "base": boolean(json!({"default": 1})),
        "f": with(boolean(json!({"default": 1})), json!({"depends_on": [{"flag": "base", "values": [true]}]})),
        "g": with(boolean(json!({"serving": {"outcome": 1}})), json!({"depends_on": [{"flag": "base", "values": [true]}]})),
    });
    for key in ["f", "g"] {
        let answer = evaluate(&document(&flags), key, &json!({}), 0);
        assert_eq!(
            (answer.variant.as_str(), answer.reason),
            ("on", "DEFAULT"),
            "{key}"
        );
    }
}

#[test]
fn values_of_every_type_are_served() {
    for value in [
        json!("blue"),
        json!(45),
        json!(0.5),
        json!({"a": [1, null]}),
        json!([1]),
    ] {
        let mut flag = boolean(json!({"default": 1}));
        flag["outcomes"][1] = json!({"variant": "default", "value": value});
        assert_eq!(evaluate(&single(&flag), "f", &json!({}), 0).value, value);
    }
}

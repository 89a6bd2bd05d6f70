//! Dependencies: what satisfies them, and graphs that are deep or wide.

use serde_json::{Map, Value, json};

use super::{Answer, boolean, document, engine, evaluate, rule, test, with};

fn depending(on: Value) -> Value {
    with(boolean(json!({"default": 1})), json!({ "depends_on": on }))
}

fn reason(flags: &Value, attributes: &Value) -> (&'static str, String) {
    let answer = evaluate(&document(flags), "f", attributes, 0);
    (answer.reason, answer.variant)
}

#[test]
fn the_served_value_counts_whatever_its_reason() {
    let string = |default: u32, killed: bool| {
        let outcomes = json!([{"variant": "a", "value": "x"}, {"variant": "b", "value": 1.0}, {"variant": "c", "value": false}]);
        with(
            boolean(json!({ "default": default })),
            json!({"outcomes": outcomes, "killed": killed, "off": 1}),
        )
    };
    for (base, required, satisfied) in [
        (string(0, false), json!({"values": ["x"]}), true),
        (string(0, false), json!({"values": ["y", "x"]}), true),
        (string(0, false), json!({"values": ["y"]}), false),
        (string(0, false), json!({"values": []}), false),
        (string(0, false), json!({"variants": ["a"]}), true),
        (string(0, false), json!({"variants": ["b", "c"]}), false),
        (
            string(0, false),
            json!({"values": ["x"], "variants": ["b"]}),
            false,
        ),
        (string(0, true), json!({"values": [1]}), true),
        (string(0, true), json!({"variants": ["b"]}), true),
        (string(1, false), json!({"values": [1]}), true),
        (string(1, false), json!({"values": ["1", true]}), false),
        (string(2, false), json!({"values": [false]}), true),
        (string(2, false), json!({"values": [0, ""]}), false),
    ] {
        let required = with(required, json!({"flag": "base"}));
        let expected = if satisfied {
            ("DEFAULT", "on".to_owned())
        } else {
            ("PREREQUISITE_FAILED", "off".to_owned())
        };
        assert_eq!(
            reason(
                &json!({"base": base, "f": depending(json!([required]))}),
                &json!({})
            ),
            expected,
            "{required}"
        );
    }
}

#[test]
fn errors_and_unknown_flags_never_satisfy() {
    let half = json!({"outcome": 1, "exposure": {"salt": "base", "ranges": [[0, 50_000]]}});
    let base = boolean(json!({"default": 1, "serving": half}));
    let flags =
        json!({"base": base, "f": depending(json!([{"flag": "base", "values": [true, false]}]))});
    assert_eq!(reason(&flags, &json!({})).0, "PREREQUISITE_FAILED");
    assert_eq!(reason(&flags, &json!({"targetingKey": "u"})).0, "DEFAULT");
    // The same one level down, where the answer is remembered.
    let flags = json!({
        "base": base,
        "mid": with(depending(json!([{"flag": "base", "values": [true, false]}])), json!({"off": 0})),
        "f": depending(json!([{"flag": "mid", "values": [true]}])),
    });
    assert_eq!(reason(&flags, &json!({})).0, "PREREQUISITE_FAILED");
    assert_eq!(reason(&flags, &json!({"targetingKey": "u"})).0, "DEFAULT");
    let flags = json!({"f": depending(json!([{"flag": "none", "values": [true, false]}]))});
    assert_eq!(reason(&flags, &json!({})).0, "PREREQUISITE_FAILED");
}

/// A flag in the middle of a chain that is itself an error.
#[test]
fn an_error_in_the_middle_is_remembered_as_one() {
    let half = json!({"outcome": 1, "exposure": {"salt": "mid", "ranges": [[0, 50_000]]}});
    let mid = with(
        boolean(json!({"default": 1, "serving": half})),
        json!({"depends_on": [{"flag": "base", "values": [true]}]}),
    );
    let flags = json!({
        "base": boolean(json!({"default": 1})), "mid": mid,
        "f": depending(json!([{"flag": "mid", "values": [true, false]}])),
    });
    assert_eq!(reason(&flags, &json!({})).0, "PREREQUISITE_FAILED");
    assert_eq!(reason(&flags, &json!({"user_id": 1})).0, "DEFAULT");
}

#[test]
fn all_dependencies_must_be_satisfied_before_rules_are_looked_at() {
    let on = |n: u32| boolean(json!({ "default": n }));
    for (a, b, expected) in [
        (1, 1, "TARGETING_MATCH"),
        (0, 1, "PREREQUISITE_FAILED"),
        (1, 0, "PREREQUISITE_FAILED"),
    ] {
        let f = with(
            boolean(json!({"rules": [rule("all", json!([]))]})),
            json!({"depends_on": [{"flag": "a", "values": [true]}, {"flag": "b", "variants": ["on"]}]}),
        );
        assert_eq!(
            reason(&json!({"a": on(a), "b": on(b), "f": f}), &json!({})).0,
            expected
        );
    }
}

#[test]
fn off_comes_before_dependencies() {
    let off = json!([{"flag": "none", "values": [true]}]);
    assert_eq!(
        reason(
            &json!({"f": with(depending(off.clone()), json!({"killed": true}))}),
            &json!({})
        )
        .0,
        "DISABLED"
    );
    let disabled = with(
        boolean(json!({"enabled": false})),
        json!({"depends_on": off}),
    );
    assert_eq!(reason(&json!({ "f": disabled }), &json!({})).0, "DISABLED");
}

#[test]
fn phases_and_dependencies_combine() {
    let mut f = depending(json!([{"flag": "base", "values": [true]}]));
    f["phases"] = json!([
        {"enabled": true, "default": 0},
        {"from": 10, "enabled": false, "default": 1},
        {"from": 20, "enabled": true, "default": 1},
    ]);
    let mut base = boolean(json!({"default": 1}));
    base["phases"] =
        json!([{"enabled": true, "default": 1}, {"from": 30, "enabled": true, "default": 0}]);
    let whole = document(&json!({"base": base, "f": f}));
    for (time, reason, variant) in [
        (0, "DEFAULT", "off"),
        (10, "DISABLED", "off"),
        (20, "DEFAULT", "on"),
        (29, "DEFAULT", "on"),
        (30, "PREREQUISITE_FAILED", "off"),
    ] {
        let answer = evaluate(&whole, "f", &json!({}), time);
        assert_eq!(
            (answer.reason, answer.variant.as_str()),
            (reason, variant),
            "at {time}"
        );
    }
}

/// `f0` depends on `f1`, and so on; the last is on for `a` = 1 only.
fn chain(length: usize, on_two: bool) -> Value {
    let mut flags = Map::new();
    for number in 0..length {
        let next =
            |step: usize| json!({"flag": format!("f{:05}", number + step), "values": [true]});
        let on = if on_two && number + 2 < length {
            json!([next(1), next(2)])
        } else {
            json!([next(1)])
        };
        flags.insert(format!("f{number:05}"), depending(on));
    }
    let last = boolean(json!({"rules": [rule("r", json!([test("a", "equals", json!(1))]))]}));
    flags.insert(format!("f{length:05}"), last);
    document(&flags.into())
}

#[test]
fn chains_of_ten_thousand_do_not_overflow() {
    for on_two in [false, true] {
        let engine = engine(&chain(10_000, on_two));
        for (value, reason) in [(1, "DEFAULT"), (2, "PREREQUISITE_FAILED")] {
            let context = engine.context(super::map(&json!({ "a": value })));
            assert_eq!(
                engine.evaluate("f00000", &context, 0).reason.as_str(),
                reason
            );
            let mut failed = 0;
            engine.evaluate_all(&context, 0, |_, outcome| {
                failed += usize::from(outcome.reason.as_str() == "PREREQUISITE_FAILED");
            });
            assert_eq!(failed, if value == 1 { 0 } else { 10_000 });
        }
    }
}

#[test]
fn short_chains_answer_as_long_ones() {
    for length in 0..6 {
        for on_two in [false, true] {
            let whole = chain(length, on_two);
            for value in [1, 2] {
                let Answer { variant, .. } = evaluate(&whole, "f00000", &json!({ "a": value }), 0);
                assert_eq!(variant == "on", value == 1, "{length}");
            }
        }
    }
}

//! Segments, small and large, with and without the time; computed attributes.

use serde_json::{Map, Value, json};

use super::{boolean, document, engine, evaluate, map, merge, rule, single, test};

/// Flag `f` serves `on` if the conditions hold.
fn flagged(conditions: Value, members: Value) -> Value {
    let mut whole = single(&boolean(json!({"rules": [rule("r", conditions)]})));
    merge(&mut whole, members);
    whole
}

fn on(whole: &Value, attributes: &Value, time: i64) -> bool {
    evaluate(whole, "f", attributes, time).variant == "on"
}

/// Conditions of which the first few hold for `a` = 1, enough to make a segment of its own.
fn padded(size: usize, last: Value) -> Value {
    let mut conditions: Vec<Value> = (1..size)
        .map(|n| test("a", "less_than", json!(n + 1)))
        .collect();
    conditions.push(last);
    json!(conditions)
}

fn after(second: u32) -> Value {
    test(
        "now",
        "after",
        json!(format!("1970-01-01T00:00:{second:02}Z")),
    )
}

#[test]
fn segments_of_every_size_hold_as_their_conditions_do() {
    for size in [1, 5, 16, 19, 20, 21, 40, 200] {
        for last in [test("b", "equals", json!("x")), after(10)] {
            let segments = json!({
                "inner": padded(size, last),
                "outer": [{"any": [{"segment": "inner"}, {"not": {"any": [{"segment": "inner"}, test("c", "not_equals", json!(1))]}}]}],
            });
            for (a, b, c, time) in [
                (1, "x", 1, 10),
                (1, "y", 2, 9),
                (9999, "x", 1, 10),
                (9999, "x", 2, 10),
                (1, "y", 2, 10),
                (1, "x", 2, 9),
            ] {
                let attributes = json!({"a": a, "b": b, "c": c});
                let is_late = last_is_time(&segments);
                let inner = (size == 1 || a == 1) && if is_late { time >= 10 } else { b == "x" };
                let outer = inner || c == 1;
                for (name, expected) in [("inner", inner), ("outer", outer)] {
                    let whole = flagged(
                        json!([{ "segment": name }]),
                        json!({ "segments": segments }),
                    );
                    assert_eq!(
                        on(&whole, &attributes, time),
                        expected,
                        "{name} of {size}: {attributes} at {time}"
                    );
                    let whole = flagged(
                        json!([{"not": {"segment": name}}]),
                        json!({ "segments": segments }),
                    );
                    assert_eq!(
                        on(&whole, &attributes, time),
                        !expected,
                        "not {name} of {size}: {attributes} at {time}"
                    );
                }
            }
        }
    }
}

fn last_is_time(segments: &Value) -> bool {
    segments["inner"].as_array().unwrap().last().unwrap()["attribute"] == "now"
}

#[test]
fn an_empty_segment_holds() {
    assert!(on(
        &flagged(json!([{"segment": "s"}]), json!({"segments": {"s": []}})),
        &json!({}),
        0
    ));
}

/// Each of the segments uses the next twice: expanded, there would be 2^60 conditions.
#[test]
fn segments_that_double_stay_linear() {
    for last in [test("a", "equals", json!(1)), after(10)] {
        let mut segments = Map::new();
        for number in 0..60 {
            let next = json!({"segment": format!("s{:02}", number + 1)});
            segments.insert(
                format!("s{number:02}"),
                json!([{"any": [{"not": next}, {"all": [next, next]}]}, next]),
            );
        }
        segments.insert("s60".into(), json!([last]));
        let whole = flagged(json!([{"segment": "s00"}]), json!({ "segments": segments }));
        assert!(on(&whole, &json!({"a": 1}), 10));
        assert!(!on(&whole, &json!({"a": 2}), 9));
    }
}

/// A chain of large segments in which each can only be decided by the next.
#[test]
fn long_chains_of_segments_do_not_recurse() {
    for last in [test("b", "equals", json!(1)), after(10)] {
        let mut segments = Map::new();
        for number in 0..5000 {
            segments.insert(
                format!("s{number:04}"),
                padded(22, json!({"segment": format!("s{:04}", number + 1)})),
            );
        }
        segments.insert("s5000".into(), json!([last]));
        let whole = flagged(
            json!([{"segment": "s0000"}]),
            json!({ "segments": segments }),
        );
        let engine = engine(&whole);
        for (b, time, variant) in [(1, 10, "on"), (2, 9, "off")] {
            let context = engine.context(map(&json!({"a": 1, "b": b})));
            assert_eq!(engine.evaluate("f", &context, time).variant, Some(variant));
        }
    }
}

/// A large operand in a small segment, used by many flags.
#[test]
fn a_large_list_in_a_segment_is_kept_once() {
    let odd: Vec<String> = (0..20_000).map(|n| format!("user-{}", 2 * n + 1)).collect();
    let all: Vec<String> = (0..40_000).map(|n| format!("user-{n}")).collect();
    let mut flags: Map<String, Value> = (0..2000)
        .map(|n| {
            (
                format!("f{n}"),
                boolean(json!({"rules": [rule("r", json!([{"segment": "odd"}]))]})),
            )
        })
        .collect();
    flags.insert(
        "all".into(),
        boolean(json!({"rules": [rule("r", json!([test("user_id", "in", json!(all))]))]})),
    );
    let mut whole = document(&flags.into());
    merge(
        &mut whole,
        json!({"segments": {"odd": [test("user_id", "in", json!(odd))]}}),
    );
    let engine = engine(&whole);
    assert!(
        engine.program.sets.len() <= 2,
        "{}",
        engine.program.sets.len()
    );
    for (user, expected) in [
        ("user-1", "on"),
        ("user-2", "off"),
        ("user-39999", "on"),
        ("user-40001", "off"),
    ] {
        let context = engine.context(map(&json!({ "user_id": user })));
        assert_eq!(
            engine.evaluate("f1999", &context, 0).variant,
            Some(expected),
            "{user}"
        );
    }
}

/// A computed attribute with a value of each kind; `late` makes it depend on the time.
fn tier(late: bool) -> Value {
    let mut gold = vec![test("spent", "greater_than", json!(100))];
    if late {
        gold.push(after(10));
    }
    json!({"tier": [
        {"conditions": gold, "value": "gold"},
        {"conditions": [{"segment": "early"}], "value": 2},
        {"conditions": [test("staff", "equals", json!(true))], "value": true},
        {"conditions": [{"attribute": "old", "operator": "exists"}], "value": "2.5.0-rc.1"},
        {"conditions": [test("older", "equals", json!(1))], "value": "2020-01-01"},
    ]})
}

#[test]
fn computed_attributes_have_the_value_of_the_first_entry_that_holds() {
    let gold = json!({"a": 1, "spent": 101, "early": true, "tier": "silver"});
    let two = json!({"a": 1, "early": true, "staff": true});
    let cases = json!([
        [gold, {"attribute": "tier", "operator": "equals", "value": "gold"}, true],
        [gold, {"attribute": "tier", "operator": "in", "value": ["silver", "gold"]}, true],
        [gold, {"attribute": "tier", "operator": "not_in", "value": ["silver", "bronze"]}, true],
        [gold, {"attribute": "tier", "operator": "equals", "value": "silver"}, false],
        [gold, {"attribute": "tier", "operator": "starts_with", "value": "go"}, true],
        [gold, {"attribute": "tier", "operator": "matches", "value": "^.o"}, true],
        [gold, {"attribute": "tier", "operator": "greater_than", "value": 1}, false],
        [gold, {"attribute": "tier", "operator": "exists"}, true],
        [gold, {"segment": "tiered"}, true],
        [two, {"attribute": "tier", "operator": "greater_than", "value": 1}, true],
        [two, {"attribute": "tier", "operator": "greater_than", "value": 2}, false],
        [two, {"attribute": "tier", "operator": "equals", "value": 2}, true],
        [two, {"attribute": "tier", "operator": "not_equals", "value": 2}, false],
        [{"staff": true}, {"attribute": "tier", "operator": "equals", "value": true}, true],
        [{"old": 1}, {"attribute": "tier", "operator": "semver_greater_than", "value": "2.4"}, true],
        [{"old": 1}, {"attribute": "tier", "operator": "semver_less_than", "value": "2.5"}, true],
        [{"older": 1}, {"attribute": "tier", "operator": "before", "value": "2021-01-01"}, true],
        [{"older": 1}, {"attribute": "tier", "operator": "after", "value": "2021-01-01"}, false],
        [{"tier": "gold"}, {"attribute": "tier", "operator": "exists"}, false],
        [{"tier": "gold"}, {"attribute": "tier", "operator": "not_exists"}, true],
        [{"tier": "gold"}, {"attribute": "tier", "operator": "not_equals", "value": "gold"}, true],
        [{"tier": {"x": 1}}, {"attribute": "tier.x", "operator": "equals", "value": 1}, false],
        [{"a": 1, "tier": "gold"}, {"segment": "tiered"}, false],
    ]);
    for (late, size) in [(false, 1), (false, 30), (true, 1), (true, 30)] {
        let segments = json!({
            "early": padded(size, test("early", "equals", json!(true))),
            "tiered": padded(size, json!({"attribute": "tier", "operator": "exists"})),
        });
        for case in cases.as_array().unwrap() {
            let members = json!({"segments": segments, "computed": tier(late)});
            let holds = on(&flagged(json!([case[1]]), members), &case[0], 10);
            assert_eq!(json!(holds), case[2], "{case} late: {late}");
        }
    }
}

#[test]
fn computed_attributes_follow_the_time() {
    let mut computed = tier(true);
    computed["tier"] = json!([computed["tier"][0]]);
    let whole = flagged(
        json!([test("tier", "equals", json!("gold"))]),
        json!({ "computed": computed }),
    );
    assert!(on(&whole, &json!({"spent": 101}), 10));
    assert!(!on(&whole, &json!({"spent": 101}), 9));
}

/// A late computed attribute in a run of rules cannot be a table.
#[test]
fn runs_of_rules_on_computed_attributes() {
    for late in [false, true] {
        let rules: Vec<Value> = ["a", "b", "gold", "d", "e"]
            .iter()
            .map(|name| rule(name, json!([test("tier", "equals", json!(name))])))
            .collect();
        let mut computed = tier(late);
        computed["tier"] = json!([computed["tier"][0]]);
        let mut whole = single(&boolean(json!({ "rules": rules })));
        merge(&mut whole, json!({ "computed": computed }));
        assert_eq!(
            evaluate(&whole, "f", &json!({"spent": 101}), 10)
                .rule
                .as_deref(),
            Some("gold")
        );
        assert_eq!(evaluate(&whole, "f", &json!({"tier": "a"}), 10).rule, None);
    }
}

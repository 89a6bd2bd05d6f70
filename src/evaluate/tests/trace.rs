//! Traces tell what the evaluation did.

use serde_json::{Value, json};

use super::{boolean, document, map, merge, rule, single, test, with};
use crate::evaluate::{RuleStatus, State, Trace, Tracer};

fn trace(document: &Value, key: &str, attributes: &Value, time: i64) -> Trace {
    let text = document.to_string();
    let tracer = Tracer::new(serde_json::from_str(&text).unwrap()).unwrap();
    let (outcome, trace) = tracer.evaluate(key, map(attributes), time);
    let context = tracer.engine().context(map(attributes));
    assert_eq!(outcome, tracer.engine().evaluate(key, &context, time));
    trace
}

fn as_json(document: &Value, attributes: &Value, time: i64) -> Value {
    serde_json::to_value(trace(document, "f", attributes, time)).unwrap()
}

#[test]
fn flags_that_are_not_looked_into() {
    let flag = boolean(json!({"rules": [rule("r", json!([]))]}));
    assert_eq!(
        trace(&single(&flag), "g", &json!({}), 0).state,
        State::Unknown
    );
    let killed = trace(
        &single(&with(flag, json!({"killed": true}))),
        "f",
        &json!({}),
        0,
    );
    assert_eq!(
        (killed.state, killed.rules.len(), killed.default),
        (State::Killed, 0, None)
    );
    let disabled = trace(
        &single(&boolean(json!({"enabled": false}))),
        "f",
        &json!({}),
        0,
    );
    assert_eq!(disabled.state, State::Disabled);
}

#[test]
fn every_condition_is_shown_with_the_actual_value() {
    let rules = json!([
        rule(
            "first",
            json!([
                test("country", "in", json!(["IT", "US"])),
                {"any": [test("age", "greater_than", json!(18)), {"not": {"attribute": "device.os", "operator": "exists"}}]},
                {"all": []},
            ])
        ),
        rule(
            "second",
            json!([{"segment": "staff"}, test("now", "before", json!("2026-12-01T00:00:00Z"))])
        ),
        rule("third", json!([])),
    ]);
    let mut whole = single(&boolean(json!({ "rules": rules })));
    merge(
        &mut whole,
        json!({"segments": {"staff": [test("email", "ends_with", json!("@example.com"))]}}),
    );
    let attributes = json!({"country": "DE", "age": "20", "device": {"os": "linux"}, "email": "a@example.com", "now": 1});
    let told = as_json(&whole, &attributes, 1_796_083_199);
    assert_eq!(
        told,
        json!({
            "flag": "f", "time": 1_796_083_199, "state": "enabled", "since": null, "dependencies": [],
            "rules": [
                {"name": "first", "status": "not_matched", "serving": null, "conditions": [
                    {"attribute": "country", "operator": "in", "value": ["IT", "US"], "actual": "DE", "holds": false},
                    {"any": [
                        {"attribute": "age", "operator": "greater_than", "value": 18, "actual": "20", "holds": false},
                        {"not": {"attribute": "device.os", "operator": "exists", "value": null, "actual": "linux", "holds": true}, "holds": false},
                    ], "holds": false},
                    {"all": [], "holds": true},
                ]},
                {"name": "second", "status": "decided", "conditions": [
                    {"segment": "staff", "holds": true, "conditions": [
                        {"attribute": "email", "operator": "ends_with", "value": "@example.com", "actual": "a@example.com", "holds": true},
                    ]},
                    {"attribute": "now", "operator": "before", "value": "2026-12-01T00:00:00Z", "actual": "2026-11-30T23:59:59Z", "holds": true},
                ], "serving": {"exposure": null, "variant": "on", "split": null}},
                {"name": "third", "status": "not_reached", "conditions": [], "serving": null},
            ],
            "serving": null, "default": {"variant": "off", "value": false},
        })
    );
}

#[test]
fn a_rule_shows_its_buckets() {
    let serving = json!({
        "exposure": {"salt": "fractional-flag", "ranges": [[0, 50_000]]},
        "split": {"salt": "shared-seed", "attribute": "card", "ranges": [[0, 50_000, 0], [50_000, 100_000, 1]]},
    });
    let whole = single(&boolean(
        json!({"rules": [{"name": "r", "conditions": [], "serving": serving}]}),
    ));
    // flagd-testbed: `ten` is in the first quarter, `queen` in the last; `two` in the last.
    let told = as_json(&whole, &json!({"user_id": "ten", "card": "two"}), 0);
    let serving = &told["rules"][0]["serving"];
    assert_eq!(told["rules"][0]["status"], "decided");
    assert_eq!(
        (
            &serving["exposure"]["subject"],
            &serving["exposure"]["attribute"],
            &serving["exposure"]["included"]
        ),
        (&json!("ten"), &json!("user_id"), &json!(true))
    );
    assert!(serving["exposure"]["position"].as_u64().unwrap() < 25_000);
    assert_eq!(
        (
            &serving["split"]["salt"],
            &serving["split"]["subject"],
            &serving["split"]["attribute"]
        ),
        (&json!("shared-seed"), &json!("two"), &json!("card"))
    );
    assert!(serving["split"]["position"].as_u64().unwrap() >= 75_000);
    assert_eq!(
        serving["split"]["ranges"],
        json!([[0, 50_000, "off"], [50_000, 100_000, "on"]])
    );

    let outside = trace(
        &whole,
        "f",
        &json!({"targetingKey": "queen", "user_id": "ten"}),
        0,
    );
    assert_eq!(outside.rules[0].status, RuleStatus::Outside);
    let exposure = outside.rules[0]
        .serving
        .as_ref()
        .unwrap()
        .exposure
        .as_ref()
        .unwrap();
    assert_eq!(
        (exposure.included, exposure.bucket.attribute.as_str()),
        (Some(false), "targetingKey")
    );

    let lacking = trace(&whole, "f", &json!({}), 0);
    assert_eq!(lacking.rules[0].status, RuleStatus::Decided);
    let exposure = lacking.rules[0]
        .serving
        .as_ref()
        .unwrap()
        .exposure
        .as_ref()
        .unwrap();
    assert_eq!((exposure.included, exposure.bucket.position), (None, None));
    assert!(exposure.bucket.needed);
}

#[test]
fn a_bucket_that_is_not_needed_is_not_missing() {
    for (ranges, included) in [(json!([]), false), (json!([[0, 100_000]]), true)] {
        let whole = single(&boolean(
            json!({"serving": {"outcome": 1, "exposure": {"salt": "s", "ranges": ranges}}}),
        ));
        for attributes in [json!({"targetingKey": "ten"}), json!({})] {
            let told = as_json(&whole, &attributes, 0);
            let exposure = &told["serving"]["exposure"];
            assert_eq!(
                (
                    &exposure["needed"],
                    &exposure["subject"],
                    &exposure["included"]
                ),
                (&json!(false), &json!(null), &json!(included))
            );
        }
    }
}

#[test]
fn a_ramp_shows_its_share() {
    let ramp =
        json!({"start": 1000, "from": 25_000, "increment": 75_000, "every": 10, "until": 100_000});
    let whole = single(&boolean(
        json!({"serving": {"outcome": 1, "exposure": {"salt": "fractional-flag", "gradual": ramp}}}),
    ));
    for (time, share, included, position) in [
        (999, 0, false, false),
        (1000, 25_000, true, true),
        (1010, 100_000, true, false),
    ] {
        let exposure = trace(&whole, "f", &json!({"targetingKey": "ten"}), time)
            .serving
            .unwrap()
            .exposure
            .unwrap();
        assert_eq!(
            (
                exposure.share,
                exposure.included,
                exposure.bucket.position.is_some()
            ),
            (Some(share), Some(included), position),
            "at {time}"
        );
    }
}

#[test]
fn dependencies_show_what_is_served() {
    let on = |flag: &str| json!({"flag": flag, "values": [true]});
    let f = |dependencies: Value| {
        with(
            boolean(json!({"rules": [rule("r", json!([]))]})),
            json!({ "depends_on": dependencies }),
        )
    };
    let flags = json!({
        "a": boolean(json!({"default": 1})), "b": boolean(json!({})),
        "f": f(json!([on("a"), on("b"), {"flag": "none", "variants": ["x"]}])),
    });
    let told = as_json(&document(&flags), &json!({}), 0);
    assert_eq!(
        told["dependencies"],
        json!([
            {"flag": "a", "values": [true], "variants": null, "served": {"variant": "on", "value": true}, "satisfied": true},
            {"flag": "b", "values": [true], "variants": null, "served": {"variant": "off", "value": false}, "satisfied": false},
            {"flag": "none", "values": null, "variants": ["x"], "served": null, "satisfied": null},
        ])
    );
    assert_eq!(told["rules"][0]["status"], "not_reached");
    let deep = json!({"a": boolean(json!({"default": 1})), "c": with(boolean(json!({"default": 1})), json!({"depends_on": [on("a")]})), "f": f(json!([on("c"), on("a")]))});
    let told = as_json(&document(&deep), &json!({}), 0);
    assert_eq!(told["dependencies"][0]["satisfied"], json!(true));
    assert_eq!(
        (
            &told["dependencies"][1]["satisfied"],
            &told["rules"][0]["status"]
        ),
        (&json!(true), &json!("decided"))
    );
}

#[test]
fn the_phase_in_force_is_shown() {
    let mut flag = boolean(json!({}));
    flag["phases"] = json!([
        {"enabled": true, "default": 0, "rules": [rule("early", json!([test("a", "equals", json!(1))]))]},
        {"from": 10, "enabled": true, "default": 1, "rules": [rule("late", json!([test("a", "equals", json!(2))]))]},
    ]);
    for (time, since, name, holds) in [(9, None, "early", true), (10, Some(10), "late", false)] {
        let told = trace(&single(&flag), "f", &json!({"a": 1}), time);
        assert_eq!(
            (
                told.since,
                told.rules[0].name.as_str(),
                told.rules[0].conditions[0].holds()
            ),
            (since, name, holds)
        );
    }
}

#[test]
fn large_segments_and_computed_attributes_are_shown_too() {
    let mut large: Vec<Value> = (0..30).map(|n| test("a", "not_equals", json!(n))).collect();
    large.push(test("tier", "equals", json!("gold")));
    for late in [false, true] {
        let mut conditions = vec![test("b", "equals", json!(1))];
        if late {
            conditions.push(test("now", "after", json!("1970-01-01")));
        }
        let mut whole = single(&boolean(
            json!({"rules": [rule("r", json!([{"not": {"segment": "large"}}, {"segment": "large"}]))]}),
        ));
        merge(
            &mut whole,
            json!({"segments": {"large": large}, "computed": {"tier": [{"conditions": conditions, "value": "gold"}]}}),
        );
        for (attributes, tier, holds) in [
            (json!({"b": 1}), json!("gold"), true),
            (json!({"tier": "gold"}), json!(null), false),
        ] {
            let told = as_json(&whole, &attributes, 0);
            let segment = &told["rules"][0]["conditions"][1];
            assert_eq!(
                (&segment["segment"], &segment["holds"]),
                (&json!("large"), &json!(holds))
            );
            let last = &segment["conditions"][30];
            assert_eq!(
                (&last["attribute"], &last["actual"], &last["holds"]),
                (&json!("tier"), &tier, &json!(holds))
            );
            assert_eq!(told["rules"][0]["conditions"][0]["holds"], json!(!holds));
        }
    }
}

/// Rules behind a table are told one by one.
#[test]
fn runs_of_rules_are_shown_one_by_one() {
    use RuleStatus::{Decided, NotMatched, NotReached};
    let rules: Vec<Value> = (0..6)
        .map(|n| rule(&format!("r{n}"), json!([test("a", "equals", json!(n))])))
        .collect();
    let told = trace(
        &single(&boolean(json!({ "rules": rules }))),
        "f",
        &json!({"a": 3}),
        0,
    );
    let statuses: Vec<RuleStatus> = told.rules.iter().map(|rule| rule.status).collect();
    assert_eq!(
        statuses,
        [
            NotMatched, NotMatched, NotMatched, Decided, NotReached, NotReached
        ]
    );
}

/// Segments that double would make a trace of 2^40 conditions.
#[test]
fn a_trace_of_doubling_segments_is_bounded() {
    let mut segments = serde_json::Map::new();
    for number in 0..40 {
        let next = json!({"segment": format!("s{:02}", number + 1)});
        segments.insert(
            format!("s{number:02}"),
            json!([{"any": [next, next]}, next]),
        );
    }
    segments.insert("s40".into(), json!([test("a", "equals", json!(1))]));
    let mut whole = single(&boolean(
        json!({"rules": [rule("r", json!([{"segment": "s00"}]))]}),
    ));
    merge(&mut whole, json!({ "segments": segments }));
    let told = as_json(&whole, &json!({"a": 1}), 0).to_string();
    assert!(told.len() < 10_000_000, "{}", told.len());
    assert!(told.contains("\"conditions\":null"));
}

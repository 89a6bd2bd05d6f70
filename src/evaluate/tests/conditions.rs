//! Conditions around operators: the time, dotted names, and how conditions combine.

use serde_json::json;

use super::operators::holds;
use super::test;

#[test]
fn now_is_the_time_and_nothing_else() {
    let context = json!({"now": "1999-01-01"});
    for (operator, operand, expected) in [
        ("after", json!("2026-12-01"), true),
        ("before", json!("2026-12-01"), false),
        ("after", json!("2026-12-01T00:00:00.1Z"), false),
        ("before", json!("2026-12-01T00:00:00.1Z"), true),
        ("after", json!("2026-12-01T00:00:01Z"), false),
        ("before", json!("2026-12-01T00:00:01Z"), true),
        ("after", json!("2026-11-30T23:59:59.9Z"), true),
        ("equals", json!("2026-12-01T00:00:00Z"), false),
        ("not_equals", json!("1999-01-01"), true),
        ("contains", json!("1999"), false),
        ("greater_than", json!(0), false),
        ("in", json!(["1999-01-01"]), false),
    ] {
        assert_eq!(
            holds(&test("now", operator, operand.clone()), &context),
            expected,
            "{operator} {operand}"
        );
    }
    assert!(holds(
        &json!({"attribute": "now", "operator": "exists"}),
        &json!({})
    ));
    assert!(!holds(
        &json!({"attribute": "now", "operator": "not_exists"}),
        &context
    ));
    assert!(!holds(
        &test("now.x", "equals", json!(1)),
        &json!({"now": {"x": 1}})
    ));
}

#[test]
fn dotted_names_reach_into_nested_attributes() {
    let condition = test("device.os.name", "equals", json!("linux"));
    assert!(holds(
        &condition,
        &json!({"device": {"os": {"name": "linux"}}})
    ));
    assert!(!holds(&condition, &json!({"device.os.name": "linux"})));
    assert!(!holds(&condition, &json!({"device": {"os.name": "linux"}})));
    assert!(!holds(
        &condition,
        &json!({"device": [{"os": {"name": "linux"}}]})
    ));
}

#[test]
fn lists_of_conditions_combine() {
    let (yes, no) = (test("a", "equals", json!(1)), test("a", "equals", json!(2)));
    for (condition, expected) in [
        (json!({"all": []}), true),
        (json!({"any": []}), false),
        (json!({"not": {"all": []}}), false),
        (json!({"not": {"any": []}}), true),
        (json!({"all": [yes, yes]}), true),
        (json!({"all": [yes, no]}), false),
        (json!({"all": [no, yes]}), false),
        (json!({"any": [no, yes]}), true),
        (json!({"any": [yes, no]}), true),
        (json!({"any": [no, no]}), false),
        (json!({"not": {"any": [no, {"not": yes}]}}), true),
        (json!({"not": {"all": [yes, {"not": no}]}}), false),
        (
            json!({"any": [{"all": [yes, no]}, {"not": {"any": [no, no]}}]}),
            true,
        ),
        (
            json!({"all": [{"any": [no, yes]}, {"not": {"all": [yes, no]}}, {"any": [{"all": []}]}]}),
            true,
        ),
        (json!({"all": [{"any": [no, {"any": []}]}]}), false),
    ] {
        assert_eq!(holds(&condition, &json!({"a": 1})), expected, "{condition}");
        assert_eq!(
            holds(&json!({"not": condition}), &json!({"a": 1})),
            !expected,
            "not {condition}"
        );
        let beside = json!({"any": [no, {"all": [yes, condition]}]});
        assert_eq!(holds(&beside, &json!({"a": 1})), expected, "{beside}");
    }
}

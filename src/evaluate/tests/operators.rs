//! Every operator, against values of every type.

use serde_json::{Value, json};

use super::{boolean, brief, rule, single, test};

/// The instant at which these tests run: 2026-12-01T00:00:00Z.
pub(super) const NOW: i64 = 1_796_083_200;

/// Whether one condition holds.
pub(super) fn holds(condition: &Value, attributes: &Value) -> bool {
    let alone = single(&boolean(json!({"rules": [rule("r", json!([condition]))]})));
    let (variant, ..) = brief(&alone, attributes, NOW);
    variant == "on"
}

/// Checks which values of `a` pass, and that the negation passes the others.
fn check(operator: &str, negation: Option<&str>, operand: &Value, values: &[(Value, bool)]) {
    let missing = [(json!(null), false), (json!({"x": 1}), false)];
    for (value, expected) in values.iter().chain(&missing) {
        let attributes = json!({ "a": value });
        let positive = test("a", operator, operand.clone());
        assert_eq!(
            holds(&positive, &attributes),
            *expected,
            "{value} {operator} {operand}"
        );
        assert_eq!(
            holds(&json!({ "not": positive }), &attributes),
            !expected,
            "not: {value} {operator} {operand}"
        );
        if let Some(negation) = negation {
            let negative = test("a", negation, operand.clone());
            assert_eq!(
                holds(&negative, &attributes),
                !expected,
                "{value} {negation} {operand}"
            );
        }
    }
    assert!(
        !holds(&test("a", operator, operand.clone()), &json!({})),
        "missing {operator} {operand}"
    );
    if let Some(negation) = negation {
        assert!(
            holds(&test("a", negation, operand.clone()), &json!({})),
            "missing {negation} {operand}"
        );
    }
}

#[test]
fn equals_compares_type_and_value() {
    let not = Some("not_equals");
    check(
        "equals",
        not,
        &json!("x"),
        &[
            (json!("x"), true),
            (json!("X"), false),
            (json!(""), false),
            (json!(["x"]), false),
        ],
    );
    check(
        "equals",
        not,
        &json!(1),
        &[
            (json!(1), true),
            (json!(1.0), true),
            (json!("1"), false),
            (json!(true), false),
            (json!(2), false),
        ],
    );
    check(
        "equals",
        not,
        &json!(0),
        &[
            (json!(-0.0), true),
            (json!(0.0), true),
            (json!(false), false),
            (json!(""), false),
        ],
    );
    check(
        "equals",
        not,
        &json!(0.5),
        &[(json!(0.5), true), (json!(5e-1), true), (json!(0), false)],
    );
    check(
        "equals",
        not,
        &json!(true),
        &[
            (json!(true), true),
            (json!(false), false),
            (json!("true"), false),
            (json!(1), false),
        ],
    );
    check(
        "equals",
        not,
        &json!(""),
        &[(json!(""), true), (json!(" "), false)],
    );
}

#[test]
fn membership_is_equality_with_one_or_a_shared_member() {
    let not = Some("not_in");
    let operand = json!(["x", 1, true]);
    check(
        "in",
        not,
        &operand,
        &[
            (json!("x"), true),
            (json!(1.0), true),
            (json!(true), true),
            (json!("1"), false),
            (json!(false), false),
            (json!(["y", "x"]), true),
            (json!(["y", 1]), true),
            (json!(["y", ["x"], null]), false),
            (json!([]), false),
        ],
    );
    check(
        "in",
        not,
        &json!([]),
        &[(json!("x"), false), (json!([]), false)],
    );
    check(
        "in",
        not,
        &json!(["x"]),
        &[
            (json!("x"), true),
            (json!(["x"]), true),
            (json!("y"), false),
        ],
    );
    check(
        "in",
        not,
        &json!(["x", "x"]),
        &[(json!("x"), true), (json!("y"), false)],
    );
}

/// Sets take other forms as the operands of an attribute grow apart.
#[test]
fn membership_holds_in_every_form_of_set() {
    let all: Vec<String> = (0..2000).map(|n| format!("v{n}")).collect();
    for step in [1, 2, 7, 70, 700] {
        for first in [0, 3, 60, 1000] {
            let chosen: Vec<&String> = all.iter().skip(first).step_by(step).take(40).collect();
            let rules = json!([
                {"name": "all", "conditions": [test("b", "in", json!(all))], "serving": {"outcome": 1}},
                {"name": "some", "conditions": [test("a", "in", json!(all)), test("a", "in", json!(chosen))], "serving": {"outcome": 1}},
            ]);
            let document = single(&boolean(json!({ "rules": rules })));
            let engine = super::engine(&document);
            for (number, value) in all
                .iter()
                .enumerate()
                .step_by(3)
                .chain([(usize::MAX, &"w".to_owned())])
            {
                let expected = chosen.contains(&value);
                for value in [json!(value), json!(["w", value])] {
                    let context = engine.context(super::map(&json!({ "a": value })));
                    let on = engine.evaluate("f", &context, 0).variant == Some("on");
                    assert_eq!(on, expected, "{number} of {first} by {step}");
                }
            }
        }
    }
}

#[test]
fn contains_finds_parts_of_strings_and_members_of_lists() {
    let not = Some("not_contains");
    check(
        "contains",
        not,
        &json!("bc"),
        &[
            (json!("abcd"), true),
            (json!("bc"), true),
            (json!("BC"), false),
            (json!(["bc"]), true),
            (json!(["abcd"]), false),
            (json!([["bc"], 1]), false),
            (json!(1), false),
        ],
    );
    check(
        "contains",
        not,
        &json!(["x", "y"]),
        &[
            (json!("ay"), true),
            (json!(["y"]), true),
            (json!("z"), false),
            (json!([]), false),
        ],
    );
    check(
        "contains",
        not,
        &json!(""),
        &[
            (json!("a"), true),
            (json!(""), true),
            (json!([""]), true),
            (json!(["a"]), false),
            (json!(true), false),
        ],
    );
    check("contains", not, &json!([]), &[(json!("a"), false)]);
    check(
        "contains",
        not,
        &json!("1"),
        &[(json!(1), false), (json!([1]), false), (json!("1"), true)],
    );
}

#[test]
fn prefixes_and_suffixes() {
    check(
        "starts_with",
        Some("not_starts_with"),
        &json!("ab"),
        &[
            (json!("abc"), true),
            (json!("bab"), false),
            (json!(["abc"]), false),
        ],
    );
    check(
        "starts_with",
        Some("not_starts_with"),
        &json!(["x", "b"]),
        &[(json!("bab"), true), (json!("abx"), false)],
    );
    check(
        "ends_with",
        Some("not_ends_with"),
        &json!("@a.io"),
        &[
            (json!("u@a.io"), true),
            (json!("u@a.io "), false),
            (json!(["u@a.io"]), false),
        ],
    );
    check(
        "ends_with",
        Some("not_ends_with"),
        &json!(["x", ""]),
        &[(json!("b"), true), (json!(5), false)],
    );
}

#[test]
fn regular_expressions_match_anywhere() {
    let not = Some("not_matches");
    check(
        "matches",
        not,
        &json!("b+"),
        &[
            (json!("abbc"), true),
            (json!("ac"), false),
            (json!(["b"]), false),
            (json!(1), false),
        ],
    );
    check(
        "matches",
        not,
        &json!("^b$"),
        &[(json!("b"), true), (json!("bb"), false)],
    );
    check(
        "matches",
        not,
        &json!(r"(?i)^é\w$"),
        &[
            (json!("Éa"), true),
            (json!("éé"), true),
            (json!("e"), false),
        ],
    );
    check(
        "matches",
        not,
        &json!(""),
        &[(json!("a"), true), (json!(true), false)],
    );
}

#[test]
fn numbers_are_ordered() {
    let values = |passes: fn(f64) -> bool| -> Vec<(Value, bool)> {
        let mut values: Vec<_> = [-1e300, -10.0, 9.0, 9.999, 10.0, 10.5, 11.0, 1e300]
            .map(|n| (json!(n), passes(n)))
            .into();
        values.extend(
            [json!(10), json!(9), json!(11)].map(|n| (n.clone(), passes(n.as_f64().unwrap()))),
        );
        values.extend(
            [
                json!("10"),
                json!("11"),
                json!(true),
                json!([11]),
                json!([]),
            ]
            .map(|other| (other, false)),
        );
        values
    };
    check("greater_than", None, &json!(10), &values(|n| n > 10.0));
    check(
        "greater_than_or_equal",
        None,
        &json!(10),
        &values(|n| n >= 10.0),
    );
    check("less_than", None, &json!(10), &values(|n| n < 10.0));
    check(
        "less_than_or_equal",
        None,
        &json!(10),
        &values(|n| n <= 10.0),
    );
    check(
        "less_than",
        None,
        &json!(0),
        &[(json!(-0.0), false), (json!(-1), true)],
    );
    check(
        "greater_than_or_equal",
        None,
        &json!(-0.0),
        &[(json!(0), true)],
    );
}

/// Ranks count the operands of all conditions on an attribute.
#[test]
fn operands_of_other_conditions_do_not_disturb() {
    for halves in 2..8 {
        for operand in 1..4 {
            let value = f64::from(halves) / 2.0;
            let rules = json!([
                {"name": "never", "conditions": [test("a", "less_than", json!(0)), test("a", "greater_than", json!(2.25))], "serving": {"outcome": 0}},
                rule("low", json!([test("a", "greater_than", json!(operand)), test("a", "less_than_or_equal", json!(3))])),
                rule("exact", json!([test("a", "equals", json!(operand))])),
            ]);
            let (_, _, decided) = brief(
                &single(&boolean(json!({ "rules": rules }))),
                &json!({"a": value}),
                0,
            );
            let expected = if halves > 2 * operand && halves <= 6 {
                Some("low")
            } else if halves == 2 * operand {
                Some("exact")
            } else {
                None
            };
            assert_eq!(decided.as_deref(), expected, "{value} {operand}");
        }
    }
}

#[test]
fn versions_have_precedence() {
    let values = |passes: fn(i32) -> bool| -> Vec<(Value, bool)> {
        let below = ["1.9.9", "2.0.0-rc.1", "2-rc.1", "2.0-alpha", "v1", "0"];
        let equal = ["2.0.0", "2", "2.0", "v2", "V2.0", "2.0.0+build", "2+b"];
        let above = ["2.0.1", "2.1", "3", "3.0.0-rc.1", "10.0.0"];
        let none = [
            json!(2),
            json!(3.0),
            json!("two"),
            json!("2.0.0.0"),
            json!("02"),
            json!(""),
            json!(" 2"),
            json!(["2"]),
            json!(true),
        ];
        let known = below
            .map(|v| (v, -1))
            .into_iter()
            .chain(equal.map(|v| (v, 0)))
            .chain(above.map(|v| (v, 1)));
        known
            .map(|(version, order)| (json!(version), passes(order)))
            .chain(none.map(|value| (value, false)))
            .collect()
    };
    for operand in ["2.0.0", "v2", "2.0+x"] {
        let operand = json!(operand);
        check(
            "semver_equals",
            Some("semver_not_equals"),
            &operand,
            &values(|o| o == 0),
        );
        check("semver_greater_than", None, &operand, &values(|o| o > 0));
        check(
            "semver_greater_than_or_equal",
            None,
            &operand,
            &values(|o| o >= 0),
        );
        check("semver_less_than", None, &operand, &values(|o| o < 0));
        check(
            "semver_less_than_or_equal",
            None,
            &operand,
            &values(|o| o <= 0),
        );
    }
}

#[test]
fn dates_tile() {
    let values = |passes: fn(i32) -> bool| -> Vec<(Value, bool)> {
        let below = [
            "2026-11-30",
            "2026-11-30T23:59:59.999999999Z",
            "2026-12-01T00:59:59+01:00",
        ];
        let equal = [
            "2026-12-01",
            "2026-12-01T00:00:00Z",
            "2026-12-01T01:00:00+01:00",
            "2026-12-01t00:00:00.000z",
        ];
        let above = [
            "2026-12-01T00:00:00.000000001Z",
            "2026-12-02",
            "2026-12-01T00:00:00-01:00",
        ];
        let none = [
            json!("2026-12"),
            json!("2026-13-01"),
            json!("now"),
            json!(NOW),
            json!("2026-12-02T00:00:00"),
            json!(["2026-12-02"]),
        ];
        let known = below
            .map(|v| (v, -1))
            .into_iter()
            .chain(equal.map(|v| (v, 0)))
            .chain(above.map(|v| (v, 1)));
        known
            .map(|(date, order)| (json!(date), passes(order)))
            .chain(none.map(|value| (value, false)))
            .collect()
    };
    for operand in [
        "2026-12-01",
        "2026-12-01T00:00:00Z",
        "2026-12-01T02:00:00+02:00",
    ] {
        check("before", None, &json!(operand), &values(|o| o < 0));
        check("after", None, &json!(operand), &values(|o| o >= 0));
    }
}

#[test]
fn attributes_compare_exactly_with_fractions() {
    check(
        "after",
        None,
        &json!("2026-12-01T00:00:00.5Z"),
        &[
            (json!("2026-12-01T00:00:00.4Z"), false),
            (json!("2026-12-01T00:00:00.50Z"), true),
            (json!("2026-12-01T00:00:01Z"), true),
        ],
    );
}

#[test]
fn existence_is_presence_but_null() {
    let exists = json!({"attribute": "a", "operator": "exists"});
    let not_exists = json!({"attribute": "a", "operator": "not_exists"});
    for (attributes, expected) in [
        (json!({"a": "x"}), true),
        (json!({"a": ""}), true),
        (json!({"a": false}), true),
        (json!({"a": []}), true),
        (json!({"a": {}}), true),
        (json!({"a": null}), false),
        (json!({"b": 1}), false),
    ] {
        assert_eq!(holds(&exists, &attributes), expected, "{attributes}");
        assert_eq!(holds(&not_exists, &attributes), !expected, "{attributes}");
    }
}

//! `create`: what each option writes, and what is asked for.

use ffctl::document::{Style, Tree};
use ffctl::model::{FlagKey, FlagKind};
use ffctl::patch::{Create, Refusal, create};
use ffctl::ruleset::ValueType;
use jiff::civil::date;

use super::{Project, assert_refused, assert_tree, yaml_of};
use crate::support::ENVIRONMENTS;

const NAMES: [&str; 3] = ["development", "staging", "production"];

fn made(key: &str, change: impl FnOnce(&mut Create<'_>)) -> Result<Tree, Refusal> {
    let key = FlagKey::new(key).unwrap();
    let mut options = Create {
        key: &key,
        value_type: None,
        default: None,
        description: None,
        owner: None,
        kind: None,
        tags: &[],
        expires: None,
        created: date(2026, 11, 20),
    };
    change(&mut options);
    create(&options, &NAMES)
}

/// What is made loads without an error.
#[track_caller]
fn assert_made(change: impl FnOnce(&mut Create<'_>), expected: &str) -> Tree {
    let root = made("new_flag", change).unwrap();
    assert_tree(&root, expected);
    Project::new(&[
        ("environments.yaml", ENVIRONMENTS),
        ("new_flag.yaml", &yaml_of(&root)),
    ]);
    root
}

#[test]
fn without_options_it_is_a_boolean_that_is_off_everywhere() {
    assert_made(
        |_| {},
        "{type: boolean, lifecycle: {created: 2026-11-20}, default_value: false, \
         environments: {development: false, staging: false, production: false}}",
    );
}

#[test]
fn everything_that_is_said_stands_in_the_order_of_the_files() {
    let tags = ["payments".to_owned(), "web".to_owned()];
    let key = FlagKey::new("new_flag").unwrap();
    let options = Create {
        key: &key,
        value_type: Some(ValueType::Boolean),
        default: Some("true"),
        description: Some("One-page checkout"),
        owner: Some("payments"),
        kind: Some(FlagKind::Release),
        tags: &tags,
        expires: Some(date(2027, 3, 31)),
        created: date(2026, 11, 20),
    };
    let root = create(&options, &["production"]).unwrap();
    assert_tree(
        &root,
        "{type: boolean, description: One-page checkout, owner: payments, tags: [payments, web], \
         lifecycle: {kind: release, created: 2026-11-20, expires: 2027-03-31}, \
         default_value: true, environments: {production: false}}",
    );
    for key in ["tags", "lifecycle"] {
        assert_eq!(root.get(key).unwrap().style, Some(Style::Flow), "{key}");
    }
}

#[test]
fn other_types_are_off_by_their_switch() {
    let entries =
        "{development: {enabled: false}, staging: {enabled: false}, production: {enabled: false}}";
    let cases = [
        (Some(ValueType::String), "true", "string", "\"true\""),
        (Some(ValueType::String), "", "string", "\"\""),
        (None, "control group", "string", "control group"),
        (None, "5", "number", "5"),
        (Some(ValueType::Integer), "5", "integer", "5"),
        (Some(ValueType::Number), "2.5", "number", "2.5"),
        (None, "{a: [1]}", "json", "{a: [1]}"),
        (Some(ValueType::Json), "[]", "json", "[]"),
    ];
    for (value_type, typed, name, value) in cases {
        let expected = format!(
            "{{type: {name}, lifecycle: {{created: 2026-11-20}}, default_value: {value}, environments: {entries}}}"
        );
        let change = |options: &mut Create<'_>| {
            options.value_type = value_type;
            options.default = Some(typed);
        };
        assert_made(change, &expected);
    }
}

#[test]
fn a_project_without_environments_gets_no_null() {
    let key = FlagKey::new("new_flag").unwrap();
    let options = Create {
        key: &key,
        value_type: None,
        default: None,
        description: None,
        owner: None,
        kind: None,
        tags: &[],
        expires: None,
        created: date(2026, 11, 20),
    };
    let root = create(&options, &[]).unwrap();
    assert!(root.get("environments").unwrap().is_map());
}

#[test]
fn other_types_ask_for_their_default() {
    for value_type in [
        ValueType::String,
        ValueType::Integer,
        ValueType::Number,
        ValueType::Json,
    ] {
        let asked = made("x", |options| options.value_type = Some(value_type));
        assert_refused(asked, true, &["--default", value_type.name()]);
    }
}

#[test]
fn a_default_is_of_the_type() {
    let cases = [
        (ValueType::Boolean, "5", "number"),
        (ValueType::Integer, "5.5", "number"),
        (ValueType::Number, "five", "string"),
        (ValueType::Json, "true", "boolean"),
    ];
    for (value_type, default, fitting) in cases {
        let refused = made("x", |options| {
            options.value_type = Some(value_type);
            options.default = Some(default);
        });
        assert_refused(refused, true, &[default, fitting]);
    }
    let null = made("x", |options| options.default = Some("null"));
    assert_refused(null, true, &["null"]);
    let broken = made("x", |options| options.default = Some("{a"));
    assert_refused(broken, true, &["not YAML"]);
}

#[test]
fn the_formats_own_files_are_no_flags() {
    for key in [
        "environments",
        "Segments",
        "attributes",
        "flag-dependencies",
    ] {
        assert_refused(made(key, |_| {}), true, &["of the format's own"]);
    }
}

//! YAML 1.2 as flag files use it: anchors, spellings of null and text, keys that are ignored.

use serde_json::{Value, json};

use crate::support::Sandbox;

fn sandbox(flag: &str) -> Sandbox {
    Sandbox::new().file("flags/checkout.yaml", flag)
}

#[track_caller]
fn serves(sandbox: &Sandbox, environment: &str, context: &Value, expected: &Value) {
    let context = context.to_string();
    let arguments = [
        "evaluate",
        "--json",
        "--flag",
        "checkout",
        "--env",
        environment,
        "--context",
        &context,
    ];
    let answer = sandbox.run(arguments).exits(0).json();
    assert_eq!(
        &json!([answer["value"], answer["reason"]]),
        expected,
        "{environment}"
    );
}

#[track_caller]
fn is_clean(sandbox: &Sandbox) {
    assert_eq!(
        sandbox.run(["validate"]).exits(0).stdout.lines().last(),
        Some("1 flag in 2 files: no findings")
    );
}

#[test]
fn aliases_stand_for_what_they_name() {
    let sandbox = sandbox(
        "
default_value: false
targeting_rules:
  - &beta
    name: beta
    conditions: &beta_only
      - {attribute: user_type, operator: equals, value: &type beta}
    value: true
environments:
  development: &serving
    enabled: true
    percentage: 100
    targeting_rules:
      - *beta
      - {name: staff, conditions: [{attribute: user_type, operator: in, value: [*type, staff]}], value: false}
  staging: *serving
  production:
    targeting_rules:
      - {name: early, conditions: *beta_only, value: true}
",
    );
    is_clean(&sandbox);
    let (beta, staff) = (json!({"user_type": "beta"}), json!({"user_type": "staff"}));
    for environment in ["development", "staging"] {
        serves(
            &sandbox,
            environment,
            &beta,
            &json!([true, "TARGETING_MATCH"]),
        );
        serves(
            &sandbox,
            environment,
            &staff,
            &json!([false, "TARGETING_MATCH"]),
        );
        serves(&sandbox, environment, &json!({}), &json!([true, "DEFAULT"]));
    }
    serves(
        &sandbox,
        "production",
        &beta,
        &json!([true, "TARGETING_MATCH"]),
    );
    serves(&sandbox, "production", &staff, &json!([false, "DEFAULT"]));
}

#[test]
fn keys_may_have_anchors_and_tags() {
    let sandbox = sandbox(
        "
type: json
!!str default_value: {&name theme: light, label: *name}
? environments
: {}
",
    );
    is_clean(&sandbox);
    serves(
        &sandbox,
        "staging",
        &json!({}),
        &json!([{"theme": "light", "label": "theme"}, "STATIC"]),
    );
}

#[test]
fn a_fault_in_an_aliased_value_is_told_where_it_is_written() {
    let sandbox = sandbox(
        "\
default_value: false
environments:
  development: &on {percentage: 10, gradually: true}
  staging: *on
  production: *on
",
    );
    let told: Vec<String> = sandbox.validate().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["flags/checkout.yaml:3:37 unknown-key"]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one file of each kind")]
fn x_keys_are_ignored_in_every_map_of_the_format() {
    let sandbox = Sandbox::empty()
        .file(
            "ffctl.toml",
            r#"
x-a = 1
[project]
x-a = 1
[evaluation]
x-a = 1
[git]
x-a = 1
[policy]
x-a = 1
[policy.large_increase]
x-a = 1
[groups]
x-a = 1
[identities]
x-a = 1
[checks]
x-a = 1
[export]
x-a = 1
[export.env]
x-a = 1
[export.env.fan_out]
x-a = 1
[repositories.x-a]
any = "thing"
[repositories.backend]
url = "../backend"
x-a = 1
[repositories.backend.environments]
x-a = 1
[consumers]
x-a = 1
[[targets]]
name = "web"
environment = "production"
output = "dist/web.json"
x-a = 1
"#,
        )
        .file(
            "flags/environments.yaml",
            "
x-a: 1
environments:
  x-a: 1
  production:
    x-a: 1
    change_windows: [{days: [mon], start: '09:00', end: '10:00', x-a: 1}]
    freezes: [{from: 2026-12-20T00:00:00Z, to: 2027-01-04T00:00:00Z, x-a: 1}]
",
        )
        .file(
            "flags/segments.yaml",
            "
x-a: 1
segments:
  x-a: 1
  beta: {x-a: 1, conditions: [{segment: staff, x-a: 1}]}
  staff: {conditions: [{any: [{not: {attribute: email, operator: exists, x-a: 1}, x-a: 1}], x-a: 1}]}
",
        )
        .file(
            "flags/attributes.yaml",
            "
x-a: 1
attributes:
  x-a: 1
  tier: {type: string, x-a: 1, computed: [{value: gold, x-a: 1}]}
",
        )
        .file(
            "flags/flag-dependencies.yaml",
            "
x-a: 1
dependencies:
  - {flag: checkout, x-a: 1, depends_on: [{flag: cart, required_value: true, x-a: 1}]}
",
        )
        .file("flags/cart.yaml", "default_value: false\nenvironments: {}\n")
        .file(
            "flags/checkout.yaml",
            "
x-a: 1
type: string
lifecycle: {kind: release, x-a: 1, completed: {keep: a, x-a: 1}}
variants: [{key: a, value: A, weight: 1, x-a: 1}, {key: b, value: B, weight: 1}]
default_variant: a
environments:
  x-a: 1
  production:
    x-a: 1
    gradual: {start: 2026-12-01T09:00:00Z, increment: 10, every: 1d, x-a: 1}
    schedule: [{at: 2027-12-01T09:00:00Z, x-a: 1, set: {percentage: 5, x-a: 1}}]
    kill_switch: {reason: pager, at: 2026-11-20T09:00:00Z, x-a: 1}
targeting_rules:
  - {name: rule, conditions: [], variant: b, x-a: 1}
kill_switch: {reason: pager, at: 2026-11-20T09:00:00Z, x-a: 1}
archived: {at: 2026-11-20, reason: done, x-a: 1}
tests:
  - {name: first, environment: production, expect: {value: a, x-a: 1}, x-a: 1}
",
        );
    let output = sandbox.run(["validate"]).exits(0);
    assert!(
        output.stdout.ends_with("2 flags in 6 files: no findings\n"),
        "{output}"
    );
}

/// Where a map holds the user's own names, `x-…` is one of them.
#[test]
fn x_keys_are_no_exception_in_values_metadata_contexts_and_splits() {
    let value = sandbox("default_value: {x-a: 1}\nenvironments: {}\n");
    is_clean(&value);
    serves(
        &value,
        "production",
        &json!({}),
        &json!([{"x-a": 1}, "STATIC"]),
    );
    let faulty = sandbox(
        "\
default_value: false
metadata: {x-a: [no, scalar]}
variants: [{key: a, value: true, weight: 1}, {key: b, value: false, weight: 1}]
",
    );
    let told: Vec<String> = faulty.validate().iter().map(ToString::to_string).collect();
    assert!(
        told.contains(&"flags/checkout.yaml:2:17 wrong-type".to_owned()),
        "{told:?}"
    );
    let split = sandbox(
        "\
variants: [{key: a, value: true, weight: 1}, {key: b, value: false, weight: 1}]
default_variant: b
environments: {production: {split: {a: 1, x-a: 1}}}
",
    );
    let told: Vec<String> = split.validate().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["flags/checkout.yaml:3:43 unknown-variant"]);
}

#[test]
fn values_is_a_spelling_of_value() {
    let rule = |condition: &str| {
        sandbox(&format!(
            "default_value: false\nenvironments: {{production: {{enabled: true}}}}\n\
             targeting_rules: [{{name: them, conditions: [{condition}]}}]\n"
        ))
    };
    for condition in [
        "{attribute: country, operator: in, values: [IT, US]}",
        "{attribute: country, operator: in, value: [IT, US]}",
        "{attribute: country, operator: equals, values: [IT]}",
        "{attribute: country, operator: contains, values: [I, X]}",
    ] {
        let sandbox = rule(condition);
        is_clean(&sandbox);
        serves(
            &sandbox,
            "production",
            &json!({"country": "IT"}),
            &json!([true, "TARGETING_MATCH"]),
        );
        serves(
            &sandbox,
            "production",
            &json!({"country": "FR"}),
            &json!([false, "DEFAULT"]),
        );
    }
}

#[test]
fn a_null_slot_is_the_flags_own_and_not_the_parents() {
    for null in ["null", "~", "Null", ""] {
        let sandbox = sandbox(&format!(
            "
default_value: false
bucket_by: account_id
targeting_rules: [{{name: own, conditions: [{{attribute: country, operator: equals, value: IT}}]}}]
environments:
  development:
    enabled: false
    percentage: 50
    bucket_by: user_id
    targeting_rules: [{{name: none, conditions: [{{any: []}}], value: false}}]
  staging:
    enabled: {null}
    percentage: {null}
    bucket_by: {null}
    targeting_rules: {null}
"
        ));
        is_clean(&sandbox);
        serves(
            &sandbox,
            "development",
            &json!({"country": "IT"}),
            &json!([false, "DISABLED"]),
        );
        serves(
            &sandbox,
            "staging",
            &json!({"country": "IT"}),
            &json!([true, "TARGETING_MATCH"]),
        );
        serves(&sandbox, "staging", &json!({}), &json!([false, "DEFAULT"]));
    }
}

#[test]
fn quotes_make_text_and_plain_scalars_are_what_the_core_schema_says() {
    let json = sandbox(
        "
type: json
environments: {}
default_value:
  text: ['true', \"null\", '12', '1.5', '0x1F', '~']
  plain: [true, null, 12, 1.5, 0x1F, ~]
  booleans: [True, FALSE]
  numbers: [+12, -0, .5, 1.50, 0o17]
  dates: [2026-11-20, 2026-11-20T12:00:00Z]
  block: |
    two
    lines
  folded: >-
    one
    line
  escaped: \"tab\\tend\"
  empty: ''
",
    );
    let expected = json!({
        "text": ["true", "null", "12", "1.5", "0x1F", "~"],
        "plain": [true, null, 12, 1.5, 31, null],
        "booleans": [true, false],
        "numbers": [12, 0, 0.5, 1.5, 15],
        "dates": ["2026-11-20", "2026-11-20T12:00:00Z"],
        "block": "two\nlines\n",
        "folded": "one line",
        "escaped": "tab\tend",
        "empty": "",
    });
    serves(
        &json,
        "production",
        &json!({}),
        &json!([expected, "STATIC"]),
    );
    let told: Vec<String> = json.validate().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["flags/checkout.yaml:8:32 yaml-1-1-scalar"]);
}

#[test]
fn nothing_is_coerced() {
    let sandbox = sandbox(
        "
default_value: false
environments: {production: {enabled: true}}
targeting_rules:
  - {name: text, conditions: [{attribute: age, operator: equals, value: '30'}]}
  - {name: number, conditions: [{attribute: age, operator: equals, value: 30}], value: false}
",
    );
    serves(
        &sandbox,
        "production",
        &json!({"age": "30"}),
        &json!([true, "TARGETING_MATCH"]),
    );
    serves(
        &sandbox,
        "production",
        &json!({"age": 30}),
        &json!([false, "TARGETING_MATCH"]),
    );
    serves(
        &sandbox,
        "production",
        &json!({"age": 30.0}),
        &json!([false, "TARGETING_MATCH"]),
    );
    serves(
        &sandbox,
        "production",
        &json!({"age": true}),
        &json!([false, "DEFAULT"]),
    );
}

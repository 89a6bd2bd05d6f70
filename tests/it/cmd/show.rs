//! `show`

use serde_json::json;

use crate::support::Sandbox;

fn sandbox() -> Sandbox {
    Sandbox::new().file(
        "flags/checkout.yaml",
        "\
default_value: false
targeting_rules:
  - {name: staff, conditions: [{attribute: email, operator: ends_with, value: '@example.com'}]}
environments:
  development:
    percentage: 25
  staging:
    bucket_by: account_id
  production: false
",
    )
}

#[test]
fn each_slot_is_shown_with_its_origin() {
    insta::assert_snapshot!(sandbox().run(["show", "--flag", "checkout", "--env", "staging"]).exits(0).stdout, @r#"
    checkout  (flags/checkout.yaml)

      | default_value: false
      | targeting_rules:
      |   - {name: staff, conditions: [{attribute: email, operator: ends_with, value: '@example.com'}]}
      | environments:
      |   development:
      |     percentage: 25
      |   staging:
      |     bucket_by: account_id
      |   production: false

    staging: 25%, rules
      enabled         true
      rule            staff: email ends with @example.com → true   flags/checkout.yaml:3 (the flag)
      serving         true to 25%   flags/checkout.yaml:6 (development)
      default         false   flags/checkout.yaml:1 (the flag)
      bucket_by       account_id   flags/checkout.yaml:8 (staging)
    "#);
}

#[test]
fn origins_are_data_too() {
    let document = sandbox()
        .run(["show", "--flag", "checkout", "--json"])
        .exits(0)
        .json();
    assert_eq!(
        (&document["format"], &document["flag"]),
        (&json!("ffctl.show/v1"), &json!("checkout"))
    );
    assert_eq!(document["file"], "flags/checkout.yaml");
    let staging = &document["environments"]["staging"];
    assert_eq!(staging["enabled"], true);
    let origin = |line: u32, environment: Option<&str>| json!({"file": "flags/checkout.yaml", "line": line, "environment": environment});
    assert_eq!(staging["origins"]["targeting_rules"], origin(2, None));
    assert_eq!(
        staging["origins"]["serving"],
        origin(6, Some("development"))
    );
    assert_eq!(staging["origins"]["bucket_by"], origin(8, Some("staging")));
    assert_eq!(document["environments"]["production"]["enabled"], false);
    let one = sandbox()
        .run(["show", "--flag", "checkout", "--env", "staging", "--json"])
        .exits(0)
        .json();
    assert_eq!(one["environments"].as_object().unwrap().len(), 1);
}

/// Only the flag and what it needs are read: a fault elsewhere is not in the way.
#[test]
fn a_fault_elsewhere_is_not_in_the_way() {
    let sandbox = sandbox().file("flags/bad.yaml", "default_value: [\n");
    sandbox.run(["show", "--flag", "checkout"]).exits(0);
    let output = sandbox.run(["show", "--flag", "bad"]).exits(1);
    assert!(output.stderr.contains("error[yaml-syntax]"), "{output}");
    assert_eq!(output.stdout, "");
}

#[test]
fn time_moves_what_is_shown() {
    let sandbox = Sandbox::new().file(
        "flags/checkout.yaml",
        "\
default_value: false
environments:
  production:
    enabled: false
    schedule: [{at: 2027-01-10T09:00:00Z, set: {enabled: true, percentage: 5}}]
",
    );
    let enabled = |at: &str| {
        let arguments = ["show", "--flag", "checkout", "--json", "--at", at];
        sandbox.run(arguments).exits(0).json()["environments"]["production"]["enabled"].clone()
    };
    assert_eq!(enabled("2027-01-10T08:59:59.999Z"), false);
    assert_eq!(enabled("2027-01-10T10:00:00+01:00"), true);
}

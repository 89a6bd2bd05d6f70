//! `list`

use serde_json::json;

use crate::support::{Output, Sandbox};

fn flags(output: &Output) -> Vec<String> {
    let document = output.json();
    let flags = document["flags"].as_array().unwrap().iter();
    flags
        .map(|flag| flag["flag"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_row_is_a_flag_and_a_column_an_environment() {
    let sandbox = Sandbox::new()
        .file("flags/a.yaml", "default_value: false\nowner: web\nenvironments: {development: true, production: false}\n")
        .file("flags/b.yaml", "type: integer\ndefault_value: 5\nenvironments: {production: {percentage: 25, value: 9}}\n");
    insta::assert_snapshot!(sandbox.run(["list"]).exits(0).stdout, @r#"
    FLAG  TYPE     OWNER  DEVELOPMENT  STAGING  PRODUCTION
    a     boolean  web    on           on       off
    b     integer  -      off          off      25%

    2 flags
    "#);
    insta::assert_snapshot!(sandbox.run(["list", "--env", "production"]).exits(0).stdout, @r#"
    FLAG  TYPE     OWNER  PRODUCTION
    a     boolean  web    off
    b     integer  -      25%

    2 flags
    "#);
}

#[test]
fn filters_choose_flags() {
    let sandbox = Sandbox::example();
    let list = |options: &[&str]| {
        flags(
            &sandbox
                .run([&["list", "--json"], options].concat())
                .exits(0),
        )
    };
    let all = list(&[]);
    assert!(all.len() > 30 && all.is_sorted(), "{all:?}");
    assert_eq!(
        list(&["--kind", "experiment"]),
        ["checkout_button_test", "onboarding_flow"]
    );
    assert_eq!(list(&["--state", "killed"]), ["payment_processing_v2"]);
    assert_eq!(list(&["--state", "killed", "--env", "staging"]), [""; 0]);
    let payments = list(&["--tag", "payments"]);
    assert!(
        payments.len() > 5 && payments.iter().all(|flag| flag.contains("payment")),
        "{payments:?}"
    );
    let either = list(&["--tag", "payments", "--tag", "dashboard"]);
    assert!(either.len() > payments.len());
    assert_eq!(
        list(&[
            "--owner",
            "payments",
            "--env",
            "production",
            "--state",
            "partial"
        ]),
        [
            "payments_fee_percent",
            "payments_provider",
            "payments_shared_wallets"
        ]
    );
    assert!(
        list(&["--uses-segment", "internal_staff"]).contains(&"payment_processing_v2".to_owned())
    );
    // Through the segment.
    assert!(list(&["--uses-attribute", "email"]).contains(&"payment_processing_v2".to_owned()));
    sandbox.run(["list", "--tag", "nobody"]).exits(2);
    let output = sandbox
        .run(["list", "--uses-segment", "internal_stuff"])
        .exits(2);
    assert!(
        output.stderr.contains("did you mean `internal_staff`?"),
        "{output}"
    );
}

#[test]
fn states_are_words_for_scripts() {
    let sandbox = Sandbox::new().file(
        "flags/checkout.yaml",
        "\
default_value: false
tags: [web]
environments:
  development: true
  production: {kill_switch: {reason: pager, at: 2026-11-20T09:00:00Z}}
",
    );
    let document = sandbox.run(["list", "--json"]).exits(0).json();
    assert_eq!(document["format"], "ffctl.list/v1");
    let flag = &document["flags"][0];
    assert_eq!(flag["file"], "flags/checkout.yaml");
    assert_eq!(
        (&flag["type"], &flag["tags"], &flag["owner"]),
        (&json!("boolean"), &json!(["web"]), &json!(null))
    );
    let states =
        ["development", "staging", "production"].map(|name| &flag["environments"][name]["state"]);
    assert_eq!(states, ["on", "on", "killed"]);
}

/// No entry and no base is off: nobody is exposed.
#[test]
fn an_environment_that_nobody_mentioned_is_off() {
    let sandbox = Sandbox::new().file(
        "flags/checkout.yaml",
        "default_value: false\nenvironments: {staging: true}\n",
    );
    let document = sandbox.run(["list", "--json"]).exits(0).json();
    let states = ["development", "staging", "production"]
        .map(|name| &document["flags"][0]["environments"][name]["state"]);
    assert_eq!(states, ["off", "on", "off"]);
}

#[test]
fn sound_flags_are_listed_beside_faulty_ones() {
    let sandbox = Sandbox::new()
        .file(
            "flags/good.yaml",
            "default_value: false\nenvironments: {}\n",
        )
        .file("flags/bad.yaml", "default_value: [\n");
    let output = sandbox.run(["list", "--json"]).exits(1);
    assert_eq!(flags(&output), ["good"]);
    assert!(output.stderr.contains("yaml-syntax"), "{output}");
}

//! `evaluate`

use serde_json::{Value, json};

use crate::support::Sandbox;

/// A flag with a rule, a share and a dependency, in an environment of each kind.
fn sandbox() -> Sandbox {
    Sandbox::new()
        .file("ffctl.toml", "[project]\ndefault_environment = \"staging\"\n")
        .file(
            "flags/attributes.yaml",
            "attributes:\n  plan: {type: string}\n  seats: {type: number}\n  tags: {type: list}\n  device.os: {type: string}\n",
        )
        .file(
            "flags/cart.yaml",
            "default_value: false\nenvironments:\n  development: true\n  production: false\n",
        )
        .file(
            "flags/checkout.yaml",
            "default_value: false\n\
             depends_on: [{flag: cart, required_value: true}]\n\
             targeting_rules:\n\
             \x20 - name: large\n\
             \x20   conditions:\n\
             \x20     - {attribute: plan, operator: equals, value: '7'}\n\
             \x20     - {attribute: seats, operator: greater_than, value: 10}\n\
             environments:\n\
             \x20 staging: {enabled: true, percentage: 50}\n\
             \x20 production: true\n",
        )
        .file(
            "flags/old.yaml",
            "default_value: false\nenvironments: {}\narchived: {at: 2026-01-01, reason: gone}\n",
        )
}

#[test]
fn one_flag_is_answered_with_value_variant_and_reason() {
    let sandbox = sandbox();
    let output = sandbox.run([
        "evaluate", "--flag", "checkout", "--attr", "plan=7", "--attr", "seats=11",
    ]);
    insta::assert_snapshot!(output.exits(0).stdout, @r"
    staging
    FLAG      VALUE  VARIANT  REASON           RULE
    checkout  true   on       TARGETING_MATCH  large
    ");
    let document = sandbox
        .run([
            "evaluate",
            "--flag",
            "checkout",
            "--env",
            "production",
            "--json",
        ])
        .exits(0)
        .json();
    assert_eq!(
        document,
        json!({
            "format": "ffctl.evaluate/v1", "flag": "checkout", "environment": "production", "value": false,
            "variant": "off", "reason": "PREREQUISITE_FAILED", "rule": null, "error": null,
        })
    );
}

/// Attributes have the types of attributes.yaml; dots nest; a context from a file lies below.
#[test]
fn contexts_come_from_options_and_files() {
    let sandbox = sandbox().file("context.json", r#"{"plan": "7", "seats": 3}"#);
    let reason = |options: &[&str]| {
        let output = sandbox.run([&["evaluate", "--flag", "checkout", "--json"], options].concat());
        output.json()["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        reason(&["--context", "@context.json", "--attr", "user_id=1"]),
        "SPLIT"
    );
    assert_eq!(
        reason(&["--context", "@context.json", "--attr", "seats=12"]),
        "TARGETING_MATCH"
    );
    // 7 is no string: nothing is coerced.
    assert_eq!(
        reason(&["--context", r#"{"plan": 7, "seats": 99, "user_id": "1"}"#]),
        "SPLIT"
    );
    for wrong in [
        &["--attr", "seats=many"][..],
        &["--context", "[1]"],
        &["--context", "{"],
        &["--context", "@nowhere"],
        &["--attr", "plan"],
    ] {
        sandbox
            .run([&["evaluate", "--flag", "checkout"], wrong].concat())
            .exits(2);
    }
}

#[test]
fn a_missing_subject_is_an_error_that_is_answered_all_the_same() {
    let output = sandbox()
        .run(["evaluate", "--flag", "checkout", "--json"])
        .exits(1);
    let document = output.json();
    assert_eq!(document["error"], "TARGETING_KEY_MISSING");
    assert_eq!(
        (&document["value"], &document["reason"]),
        (&json!(false), &json!("ERROR"))
    );
}

#[test]
fn unknown_flags_are_usage_and_archived_ones_are_not_served() {
    let sandbox = sandbox();
    let output = sandbox.run(["evaluate", "--flag", "chekout"]).exits(2);
    assert!(
        output.stderr.contains("did you mean `checkout`?"),
        "{output}"
    );
    let output = sandbox
        .run(["evaluate", "--flag", "old", "--json"])
        .exits(1);
    assert_eq!(output.json()["error"], "FLAG_NOT_FOUND");
    sandbox
        .run(["evaluate", "--flag", "cart", "--env", "prodction"])
        .exits(2);
    sandbox.run(["evaluate"]).exits(2);
}

#[test]
fn all_flags_are_answered_in_order() {
    let output = sandbox()
        .run(["evaluate", "--all", "--env", "development", "--json"])
        .exits(0);
    let document = output.json();
    let keys: Vec<&Value> = document["flags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flag| &flag["flag"])
        .collect();
    assert_eq!(keys, ["cart", "checkout"]);
}

/// Everything that was looked at, and the place in the files that decided.
#[test]
fn a_trace_shows_what_was_looked_at() {
    let sandbox = sandbox();
    let output = sandbox.run([
        "evaluate",
        "--flag",
        "checkout",
        "--trace",
        "--attr",
        "plan=7",
        "--attr",
        "user_id=u1",
    ]);
    // 49,835 is (murmur3("checkoutu1") × 100,000) >> 32, computed apart.
    insta::assert_snapshot!(output.exits(0).stdout, @r"
    checkout in staging: true (on), SPLIT
      decided by flags/checkout.yaml:9 (staging)
      yes needs cart to serve true; it serves true
      rule large: not matched
        yes plan equals 7   (is 7)
        no  seats greater than 10   (is missing)
      the environment's serving
        share by user_id u1 at 49.835%: 0%–50%: included
        serves on
      default: false (off)
    ");
    let output = sandbox.run([
        "evaluate",
        "--flag",
        "checkout",
        "--trace",
        "--attr",
        "user_id=u1",
        "--json",
    ]);
    let trace = &output.exits(0).json()["trace"];
    assert_eq!(
        trace["decided_by"],
        json!({"file": "flags/checkout.yaml", "line": 9, "environment": "staging"})
    );
    let condition = &trace["rules"][0]["conditions"][0];
    assert_eq!(
        (&condition["actual"], &condition["holds"]),
        (&Value::Null, &json!(false))
    );
}

#[test]
fn a_batch_answers_every_line() {
    let questions = [
        r#"{"flag": "checkout", "context": {"plan": "7", "seats": 11}}"#,
        r#"{"flag": "cart", "environment": "production"}"#,
        "",
        r#"{"flag": "nobody"}"#,
        r#"{"flag": "cart", "environment": "nowhere"}"#,
        "not json",
        r#"{"flag": "cart", "environment": "development", "at": "2026-12-01T00:00:00Z"}"#,
    ];
    let output = sandbox()
        .command(["evaluate", "--batch"])
        .input(questions.join("\n"))
        .run()
        .exits(1);
    let answers: Vec<Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 6);
    assert_eq!(
        (&answers[0]["environment"], &answers[0]["rule"]),
        (&json!("staging"), &json!("large"))
    );
    assert_eq!(
        (&answers[1]["value"], &answers[1]["reason"]),
        (&json!(false), &json!("DISABLED"))
    );
    assert_eq!(
        (&answers[2]["flag"], &answers[2]["error"]),
        (&json!("nobody"), &json!("FLAG_NOT_FOUND"))
    );
    assert_eq!(answers[3]["error"], "GENERAL");
    assert!(answers[3]["message"].as_str().unwrap().contains("nowhere"));
    assert_eq!(
        (&answers[4]["error"], &answers[4]["flag"]),
        (&json!("PARSE_ERROR"), &Value::Null)
    );
    assert_eq!(answers[5]["value"], json!(true));
}

/// Only what a flag needs is read: a fault elsewhere does not stop it, one in its own file does.
#[test]
fn a_flag_is_evaluated_beside_broken_neighbours() {
    let sandbox = sandbox().file("flags/broken.yaml", "default_value: [\n");
    sandbox.run(["evaluate", "--flag", "cart"]).exits(0);
    let output = sandbox.run(["evaluate", "--flag", "broken"]).exits(1);
    assert!(output.stderr.contains("yaml-syntax"), "{output}");
    sandbox.run(["evaluate", "--all"]).exits(1);
    sandbox
        .command(["evaluate", "--batch"])
        .input("")
        .run()
        .exits(1);
}

/// The time is an input: a schedule is seen from both sides.
#[test]
fn at_answers_for_another_time() {
    let sandbox = Sandbox::new().file(
        "flags/later.yaml",
        "default_value: false\nenvironments:\n  production:\n    enabled: false\n    schedule:\n      - \
         {at: 2027-01-10T09:00:00Z, set: {enabled: true, default_value: true}}\n",
    );
    let value = |at: &str| {
        sandbox
            .run([
                "evaluate",
                "--flag",
                "later",
                "--env",
                "production",
                "--at",
                at,
                "--json",
            ])
            .exits(0)
            .json()["value"]
            .clone()
    };
    assert_eq!(value("2027-01-10T08:59:59Z"), json!(false));
    assert_eq!(value("2027-01-10T10:00:00+01:00"), json!(true));
    sandbox
        .run([
            "evaluate",
            "--flag",
            "later",
            "--env",
            "production",
            "--at",
            "soon",
        ])
        .exits(2);
}

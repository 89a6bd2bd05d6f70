//! The documents that the format grew from load as they stand, and mean what they meant.

use serde_json::{Value, json};

use crate::support::Sandbox;

const ENVIRONMENTS: &str = r#"
environments:
  development:
    parent: null
    description: "Local development environment"
    auto_sync: false

  staging:
    parent: development
    description: "Staging environment for testing"
    auto_sync: true

  production:
    parent: staging
    description: "Production environment"
    auto_sync: false
    approval_required: true
"#;

const NEW_PAYMENT_FLOW: &str = r"
flag_id: new_payment_flow
type: boolean
default_value: false
environments:
  development: true
  staging: true
  production: false
";

const API_TIMEOUT_SECONDS: &str = r"
flag_id: api_timeout_seconds
type: number
default_value: 30
environments:
  development: 60
  staging: 45
  production: 30
";

/// As the seed has it: the maps of the environments stand bare.
const UI_THEME_CONFIG: &str = r"
flag_id: ui_theme_config
type: json
default_value: {theme: light, sidebar: expanded}
environments:
  development: {theme: dark, sidebar: collapsed, debug: true}
  production: {theme: light, sidebar: expanded}
";

/// As the finding says to write it.
const UI_THEME_CONFIG_MENDED: &str = r"
flag_id: ui_theme_config
type: json
default_value: {theme: light, sidebar: expanded}
environments:
  development: {default_value: {theme: dark, sidebar: collapsed, debug: true}}
  production: {default_value: {theme: light, sidebar: expanded}}
";

const BETA_FEATURES: &str = r"
flag_id: beta_features
targeting_rules:
  - name: beta_users
    conditions:
      - {attribute: user_type, operator: equals, value: beta}
      - {attribute: country, operator: in, value: [US, CA, UK]}
    value: true
    percentage: 100
  - name: gradual_rollout
    conditions:
      - {attribute: user_type, operator: equals, value: standard}
    value: true
    percentage: 25
default_value: false
";

const NEW_DASHBOARD_UI: &str = r"
default_value: false
environments: {development: true}
";

const FLAG_DEPENDENCIES: &str = r#"
dependencies:
  - flag: "new_dashboard_ui"
    depends_on:
      - repository: "PratikoAi-BE"
        flag: "dashboard_api_v2"
        required_value: true
      - repository: "PratikoAi-BE"
        flag: "user_preferences_api"
        required_value: true
"#;

fn seed() -> Sandbox {
    Sandbox::empty()
        .file("ffctl.toml", "[project]\nname = \"pratiko\"\n")
        .file("flags/environments.yaml", ENVIRONMENTS)
        .file("flags/new_payment_flow.yaml", NEW_PAYMENT_FLOW)
        .file("flags/api_timeout_seconds.yaml", API_TIMEOUT_SECONDS)
        .file("flags/ui_theme_config.yaml", UI_THEME_CONFIG_MENDED)
        .file("flags/beta_features.yaml", BETA_FEATURES)
        .file("flags/new_dashboard_ui.yaml", NEW_DASHBOARD_UI)
        .file("flags/flag-dependencies.yaml", FLAG_DEPENDENCIES)
}

/// Returns value, reason and rule.
fn evaluate(sandbox: &Sandbox, flag: &str, environment: &str, context: &Value) -> Value {
    let context = context.to_string();
    let arguments = [
        "evaluate",
        "--json",
        "--flag",
        flag,
        "--env",
        environment,
        "--context",
        &context,
    ];
    let answer = sandbox.run(arguments).exits(0).json();
    json!([answer["value"], answer["reason"], answer["rule"]])
}

#[test]
fn the_seed_is_valid_but_for_what_it_leaves_open() {
    let findings = seed().validate();
    let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "flags/beta_features.yaml:2:1 same-everywhere",
            "flags/flag-dependencies.yaml:5:9 unknown-repository",
            "flags/flag-dependencies.yaml:8:9 unknown-repository",
        ]
    );
}

#[test]
fn a_boolean_is_on_where_it_says_true() {
    let sandbox = seed();
    let of = |environment| evaluate(&sandbox, "new_payment_flow", environment, &json!({}));
    assert_eq!(of("development"), json!([true, "STATIC", null]));
    assert_eq!(of("staging"), json!([true, "STATIC", null]));
    assert_eq!(of("production"), json!([false, "DISABLED", null]));
}

#[test]
fn a_number_has_its_value_in_each_environment() {
    let sandbox = seed();
    let of = |environment| evaluate(&sandbox, "api_timeout_seconds", environment, &json!({}));
    assert_eq!(of("development"), json!([60, "STATIC", null]));
    assert_eq!(of("staging"), json!([45, "STATIC", null]));
    assert_eq!(of("production"), json!([30, "STATIC", null]));
}

#[test]
fn bare_json_maps_are_told_to_stand_under_default_value() {
    let sandbox = seed().file("flags/ui_theme_config.yaml", UI_THEME_CONFIG);
    let findings = sandbox.validate();
    let told: Vec<String> = findings
        .iter()
        .filter(|finding| finding.file.contains("theme"))
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "flags/ui_theme_config.yaml:6:3 scalar-entry",
            "flags/ui_theme_config.yaml:7:3 scalar-entry",
        ]
    );
    let output = sandbox
        .run(["validate", "flags/ui_theme_config.yaml"])
        .exits(1);
    assert_eq!(
        output
            .stdout
            .matches("write the value under `default_value:`")
            .count(),
        2
    );
}

#[test]
fn json_values_stand_under_default_value() {
    let sandbox = seed();
    let of = |environment| evaluate(&sandbox, "ui_theme_config", environment, &json!({}));
    let dark = json!({"theme": "dark", "sidebar": "collapsed", "debug": true});
    let light = json!({"theme": "light", "sidebar": "expanded"});
    assert_eq!(of("development"), json!([dark, "STATIC", null]));
    // staging follows development: auto_sync.
    assert_eq!(of("staging"), json!([dark, "STATIC", null]));
    assert_eq!(of("production"), json!([light, "STATIC", null]));
}

#[test]
fn a_flag_without_environments_has_its_rules_everywhere() {
    let sandbox = seed();
    for environment in ["development", "staging", "production"] {
        let of = |context: &Value| evaluate(&sandbox, "beta_features", environment, context);
        let beta = json!({"targetingKey": "u1", "user_type": "beta", "country": "CA"});
        assert_eq!(of(&beta), json!([true, "TARGETING_MATCH", "beta_users"]));
        let elsewhere = json!({"targetingKey": "u1", "user_type": "beta", "country": "IT"});
        assert_eq!(of(&elsewhere), json!([false, "DEFAULT", null]));
        let other = json!({"targetingKey": "u1"});
        assert_eq!(of(&other), json!([false, "DEFAULT", null]));
    }
}

#[test]
fn a_quarter_of_the_standard_users_is_in_and_in_everywhere() {
    let lines = |environment: &str| -> String {
        let line = |subject: usize| {
            let context =
                json!({"targetingKey": format!("user-{subject}"), "user_type": "standard"});
            json!({"flag": "beta_features", "environment": environment, "context": context})
        };
        (0..2_000)
            .map(|subject| line(subject).to_string())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let sandbox = seed();
    let answers = |environment: &str| -> Vec<bool> {
        let run = sandbox
            .command(["evaluate", "--batch"])
            .input(lines(environment));
        let output = run.run().exits(0);
        let answers = output.stdout.lines().map(|line| {
            let answer: Value = serde_json::from_str(line).unwrap();
            assert_eq!(answer["rule"], "gradual_rollout");
            let value = answer["value"].as_bool().unwrap();
            assert_eq!(answer["reason"], if value { "SPLIT" } else { "DEFAULT" });
            value
        });
        answers.collect()
    };
    let production = answers("production");
    let included = production.iter().filter(|value| **value).count();
    assert!((430..570).contains(&included), "{included} of 2000");
    assert_eq!(production, answers("development"));
}

#[test]
fn the_hierarchy_of_environments_is_the_seeds() {
    let document = seed().run(["environments", "--json"]).exits(0).json();
    let environments = document["environments"].as_array().unwrap();
    let of = |key: &str| -> Vec<&Value> { environments.iter().map(|one| &one[key]).collect() };
    assert_eq!(of("environment"), ["development", "staging", "production"]);
    assert_eq!(
        of("parent"),
        [&Value::Null, &json!("development"), &json!("staging")]
    );
    assert_eq!(of("auto_sync"), [false, true, false]);
    assert_eq!(of("approval_required"), [false, false, true]);
    assert_eq!(
        environments[0]["description"],
        "Local development environment"
    );
}

/// Dependencies on other repositories are looked at when flags change, not when they are evaluated.
#[test]
fn dependencies_elsewhere_do_not_hold_a_flag_back() {
    let sandbox = seed();
    let answer = evaluate(&sandbox, "new_dashboard_ui", "development", &json!({}));
    assert_eq!(answer, json!([true, "STATIC", null]));
    let repositories =
        "[project]\nname = \"pratiko\"\n[repositories.PratikoAi-BE]\nurl = \"../be\"\n";
    sandbox.write("ffctl.toml", repositories);
    assert_eq!(sandbox.validate().len(), 1);
}

/// JSON is YAML: the seed's own text, quotes and braces and all, is a flag file.
#[test]
fn the_seeds_json_loads_as_it_is() {
    let json = r#"{
  "flag_id": "new_payment_flow",
  "type": "boolean",
  "default_value": false,
  "environments": {
    "development": true,
    "staging": true,
    "production": false
  }
}
"#;
    let (written, pasted) = (seed(), seed().file("flags/new_payment_flow.yaml", json));
    for environment in ["development", "staging", "production"] {
        let of = |sandbox| evaluate(sandbox, "new_payment_flow", environment, &json!({}));
        assert_eq!(of(&written), of(&pasted));
    }
}

/// The seed's commands, word for word, on its own environments.
mod commands {
    use std::process::Stdio;

    use super::ENVIRONMENTS;
    use crate::support::git::{Repositories, TestRepo};

    const QUARTER: &str =
        "default_value: false\nenvironments:\n  production: {enabled: true, percentage: 25}\n";
    const ALL: &str = "default_value: false\nenvironments:\n  production: true\n";

    /// Both flags went from a quarter to all, the first after v1.2.3, the second by a deployment.
    fn project(repositories: &Repositories, environments: &str) -> TestRepo {
        let repo = repositories.init("here");
        repo.write("ffctl.toml", "[project]\nname = \"pratiko-web\"\n");
        repo.write("flags/environments.yaml", environments);
        repo.write("flags/new_checkout_flow.yaml", QUARTER);
        repo.write("flags/payment_processing_v2.yaml", QUARTER);
        repo.commit("begin");
        repo.git(&["tag", "v1.2.3"]);
        repo.write("flags/new_checkout_flow.yaml", ALL);
        repo.commit("checkout for all");
        repo.write("flags/payment_processing_v2.yaml", ALL);
        repo.commit("payments for all\n\nDeployment-Id: deploy-20240115");
        repo
    }

    fn words(line: &str) -> Vec<&str> {
        line.split(' ').collect()
    }

    const TO_VERSION: &str =
        "rollback --flag new_checkout_flow --environment production --to-version 1.2.3";
    const OF_DEPLOYMENT: &str = "rollback --deployment-id deploy-20240115 --environment production";
    const KILL: &str = "emergency-disable --flag payment_processing_v2 --environment production";

    fn share(repo: &TestRepo, flag: &str) -> serde_json::Value {
        let arguments = ["list", "--env", "production", "--json"];
        let list = repo.ffctl(&arguments).exits(0).json();
        let rows = list["flags"].as_array().unwrap();
        let row = rows.iter().find(|row| row["flag"] == flag).unwrap();
        row["environments"]["production"]["summary"].clone()
    }

    #[test]
    fn a_flag_goes_back_to_a_version() {
        let repositories = Repositories::new();
        let repo = project(&repositories, ENVIRONMENTS);
        repo.ffctl(&words(TO_VERSION)).exits(0);
        assert_eq!(share(&repo, "new_checkout_flow"), "25%");
        assert_eq!(share(&repo, "payment_processing_v2"), "on");
        assert_eq!(repo.status(), [""; 0], "it is committed");
    }

    #[test]
    fn a_deployment_is_undone() {
        let repositories = Repositories::new();
        let repo = project(&repositories, ENVIRONMENTS);
        repo.ffctl(&words(OF_DEPLOYMENT)).exits(0);
        assert_eq!(share(&repo, "payment_processing_v2"), "25%");
        assert_eq!(share(&repo, "new_checkout_flow"), "on");
    }

    #[test]
    fn an_emergency_wants_a_reason() {
        let repositories = Repositories::new();
        let repo = project(&repositories, ENVIRONMENTS);
        let mut command = repo.command(&words(KILL));
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("--reason"), "{said}");
        assert_eq!(share(&repo, "payment_processing_v2"), "on");
        repo.ffctl(&[&words(KILL)[..], &["--reason", "fraud"]].concat())
            .exits(0);
        assert_eq!(share(&repo, "payment_processing_v2"), "killed");
    }

    #[test]
    fn rollback_protection_wants_a_reason_and_a_confirmation() {
        let repositories = Repositories::new();
        let protected = format!("{ENVIRONMENTS}    rollback_protection: true\n");
        let repo = project(&repositories, &protected);
        for line in [TO_VERSION, OF_DEPLOYMENT] {
            let output = repo.ffctl(&words(line)).exits(2);
            let said = output.stderr.contains("--reason")
                && output.stderr.contains("--confirm production");
            assert!(said, "{}", output.stderr);
            let more = ["--reason", "it broke", "--confirm", "production"];
            repo.ffctl(&[&words(line)[..], &more].concat()).exits(0);
        }
        assert_eq!(share(&repo, "new_checkout_flow"), "25%");
        assert_eq!(share(&repo, "payment_processing_v2"), "25%");
    }
}

//! What writing commands ask for before they change a protected environment, and what they tell.

use crate::support::{Output, Sandbox, repository};

const ENVIRONMENTS: &str = "\
environments:
  development: {parent: null}
  staging: {parent: development}
  production: {parent: staging, rollback_protection: true}
  shop: {parent: staging, auto_sync: true, rollback_protection: true}
  frozen:
    parent: null
    approval_required: true
    freezes: [{from: 2026-11-01T00:00:00Z, to: 2026-12-01T00:00:00Z, reason: audit}]
  quiet:
    parent: null
    change_windows: [{days: [mon], start: \"09:00\", end: \"16:00\", timezone: Europe/Rome}]
";

const FLAG: &str = "\
default_value: false
environments:
  development: false
  staging: {percentage: 25}
  production: {percentage: 25}
  frozen: {percentage: 25}
  quiet: {percentage: 25}
";

fn sandbox() -> Sandbox {
    Sandbox::new()
        .file("flags/environments.yaml", ENVIRONMENTS)
        .file("flags/f.yaml", FLAG)
}

fn enable(sandbox: &Sandbox, environment: &str, words: &[&str]) -> Output {
    let start = ["enable", "--flag", "f", "--env", environment];
    sandbox.run(start.iter().chain(words))
}

#[track_caller]
fn assert_refused(sandbox: &Sandbox, output: Output, status: i32, words: &str) {
    let output = output.exits(status);
    assert!(output.stderr.contains(words), "{output}");
    assert_eq!(sandbox.read("flags/f.yaml"), FLAG);
}

#[test]
fn rollback_protection_asks_for_a_reason_and_the_name() {
    let sandbox = sandbox();
    let half = ["--percentage", "50"];
    let ask = |words: &[&str]| enable(&sandbox, "production", &[&half[..], words].concat());
    assert_refused(
        &sandbox,
        ask(&[]),
        2,
        "`--reason TEXT` and `--confirm production`",
    );
    assert_refused(
        &sandbox,
        ask(&["--reason", "r"]),
        2,
        "add `--confirm production`",
    );
    assert_refused(
        &sandbox,
        ask(&["--confirm", "production"]),
        2,
        "add `--reason TEXT`",
    );
    assert_refused(
        &sandbox,
        ask(&["--reason", "", "--confirm", "production"]),
        2,
        "'--reason <TEXT>'",
    );
    assert_refused(
        &sandbox,
        ask(&["--reason", "r", "--confirm", "staging"]),
        2,
        "add `--confirm production`",
    );
    ask(&["--reason", "r", "--confirm", "production"]).exits(0);
}

/// `shop` follows staging, and is protected where staging is not.
#[test]
fn an_environment_that_only_inherits_is_protected_as_well() {
    let sandbox = sandbox();
    let half = ["--percentage", "50"];
    let refused = enable(&sandbox, "staging", &half);
    assert_refused(&sandbox, refused, 2, "`--confirm shop`");
    let open = enable(&sandbox, "staging", &[]);
    assert_refused(&sandbox, open, 2, "say to how many: `--percentage P`");
    let said = ["--percentage", "50", "--reason", "r", "--confirm", "shop"];
    enable(&sandbox, "staging", &said).exits(0);
}

#[test]
fn every_verb_is_held_to_it() {
    let sandbox = sandbox();
    let verbs: [&[&str]; 5] = [
        &["disable", "--env", "production"],
        &["set", "--env", "production", "percentage=50"],
        &["rule", "add", "--env", "production", "--name", "r"],
        &["set", "salt=other"],
        &["rule", "add", "--name", "r"],
    ];
    for verb in verbs {
        let output = sandbox.run(verb.iter().chain(&["--flag", "f"]));
        assert_refused(&sandbox, output, 2, "has rollback protection");
    }
    // What is told about a flag is no change of an environment.
    sandbox.run(["set", "--flag", "f", "owner=me"]).exits(0);
}

#[test]
fn it_must_be_said_to_how_many_where_it_is_protected() {
    let sandbox = sandbox();
    let reason = ["--reason", "r", "--confirm", "production"];
    let open = enable(&sandbox, "production", &reason);
    assert_refused(&sandbox, open, 2, "say to how many: `--percentage P`");
    let approval = enable(&sandbox, "frozen", &[]);
    assert_refused(&sandbox, approval, 2, "say to how many: `--percentage P`");
    let valued = enable(&sandbox, "frozen", &["--value", "true"]);
    assert!(valued.status == Some(0), "{valued}");
    enable(&self::sandbox(), "development", &[]).exits(0);
}

#[test]
fn freezes_windows_and_approvals_are_told() {
    let sandbox = sandbox();
    let half = ["--percentage", "50"];
    let frozen = enable(&sandbox, "frozen", &half).exits(0);
    assert!(
        frozen
            .stderr
            .contains("frozen is frozen until 2026-12-01T00:00:00Z (audit)")
    );
    assert!(
        frozen.stderr.contains("changes of frozen need approval"),
        "{frozen}"
    );
    let quiet = enable(&sandbox, "quiet", &half).exits(0);
    assert!(
        quiet
            .stderr
            .contains("outside of the change windows of quiet"),
        "{quiet}"
    );
    let plain = enable(&sandbox, "development", &half).exits(0);
    assert!(!plain.stderr.contains("warning"), "{plain}");
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let sandbox = sandbox();
    let words = ["--percentage", "50", "--dry-run"];
    let output = enable(&sandbox, "staging", &words).exits(0);
    for line in [
        "-  staging: {percentage: 25}",
        "+  staging: {percentage: 50}",
        "nothing was written",
    ] {
        assert!(output.stdout.contains(line), "{output}");
    }
    let place = |name: &str| output.stdout.find(&format!("\n  {name}")).unwrap();
    assert!(place("shop (protected)") < place("staging"), "{output}");
    assert!(output.stderr.contains("`--confirm shop`"), "{output}");
    assert_eq!(sandbox.read("flags/f.yaml"), FLAG);
}

#[test]
fn the_json_of_every_verb_fits_its_schema() {
    let schema = std::fs::read_to_string(repository().join("schema/plan-output.schema.json"));
    let schema = serde_json::from_str(&schema.unwrap()).unwrap();
    let verbs: [(&str, &[&str]); 9] = [
        (
            "enable",
            &["enable", "--env", "quiet", "--percentage", "50"],
        ),
        (
            "enable",
            &["enable", "--env", "quiet", "--percentage", "50"],
        ),
        (
            "enable",
            &[
                "enable",
                "--env",
                "quiet",
                "--percentage",
                "60",
                "--dry-run",
            ],
        ),
        ("disable", &["disable", "--env", "quiet"]),
        ("set", &["set", "--env", "quiet", "bucket_by=account_id"]),
        (
            "rule-add",
            &["rule", "add", "--env", "quiet", "--name", "r"],
        ),
        (
            "rule-remove",
            &["rule", "remove", "--env", "quiet", "--name", "r"],
        ),
        ("emergency-disable", &["emergency-disable", "--reason", "r"]),
        (
            "restore",
            &[
                "restore",
                "--reason",
                "r",
                "--confirm",
                "production",
                "--confirm",
                "shop",
            ],
        ),
    ];
    let sandbox = sandbox();
    for (name, words) in verbs {
        let output = sandbox.run(words.iter().chain(&["--flag", "f", "--json"]));
        let document = output.exits(0).json();
        jsonschema::validate(&schema, &document).unwrap();
        assert_eq!(document["format"], format!("ffctl.{name}/v1"));
    }
}

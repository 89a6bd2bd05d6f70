//! `deploy`: a deployment's phase as one plan and one commit.
#![cfg(unix)]

use serde_json::{Value, json};

use crate::support::git::{Repositories, TestRepo};
use crate::support::{Output, Sandbox, files_below, repository};

/// As the seed has it.
const SEED: &str = r#"
deployment:
  pre_deploy:
    - enable_flag: "maintenance_mode"
    - disable_flag: "new_feature_beta"
  post_deploy:
    - disable_flag: "maintenance_mode"
    - enable_flag: "new_feature_beta"
    - verify_flags: ["critical_feature", "payment_system"]
"#;

const ENVIRONMENTS: &str = "\
environments:
  development: {parent: null}
  staging: {parent: development, auto_sync: true}
  production: {parent: staging, approval_required: true}
  locked: {parent: null, rollback_protection: true}
";

/// The flags of the seed, each with its entries.
const FLAGS: [(&str, &str); 4] = [
    (
        "maintenance_mode",
        "{development: false, production: false, locked: false}",
    ),
    (
        "new_feature_beta",
        "{development: true, production: {enabled: true, percentage: 25}, locked: true}",
    ),
    (
        "critical_feature",
        "{development: true, production: true, locked: true}",
    ),
    (
        "payment_system",
        "{development: true, production: true, locked: true}",
    ),
];

fn flag(entries: &str) -> String {
    format!("default_value: false\nenvironments: {entries}\n")
}

fn path(key: &str) -> String {
    format!("flags/{key}.yaml")
}

/// Returns a project without a repository, whose plan is the seed's.
fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::empty()
        .file("ffctl.toml", "")
        .file("flags/environments.yaml", ENVIRONMENTS)
        .file("deployment.yaml", SEED);
    for (key, entries) in FLAGS {
        sandbox = sandbox.file(path(key), flag(entries));
    }
    sandbox
}

/// Returns the same in a repository, all of it committed.
fn project(repositories: &Repositories) -> TestRepo {
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.write("deployment.yaml", SEED);
    for (key, entries) in FLAGS {
        repo.write(&path(key), &flag(entries));
    }
    repo.commit("begin");
    repo
}

fn words<'w>(phase: &'w str, environment: &'w str) -> Vec<&'w str> {
    let mut words = vec!["deploy", "--plan", "deployment.yaml", "--phase", phase];
    words.extend(["--env", environment, "--deployment-id", "2026-11-20.3"]);
    words
}

fn deploy(sandbox: &Sandbox, phase: &str, environment: &str) -> Output {
    sandbox.run(words(phase, environment))
}

/// Does a plan's `post_deploy`, given as flow-style steps, in staging.
fn steps(sandbox: &Sandbox, steps: &str) -> Output {
    steps_in(sandbox, "staging", steps)
}

fn steps_in(sandbox: &Sandbox, environment: &str, steps: &str) -> Output {
    sandbox.write(
        "deployment.yaml",
        format!("deployment:\n  post_deploy: {steps}\n"),
    );
    deploy(sandbox, "post_deploy", environment)
}

#[track_caller]
fn assert_says(output: &Output, parts: &[&str]) {
    let text = format!("{}{}", output.stdout, output.stderr);
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in\n{output}");
    }
}

// The seed

#[test]
fn a_phase_is_one_commit_with_the_deployments_id() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let ran = repo.ffctl(&words("pre_deploy", "staging")).exits(0);
    assert_eq!(
        repo.git(&["log", "-1", "--format=%B"]),
        "deploy 2026-11-20.3 in staging, pre_deploy: enable maintenance_mode, disable new_feature_beta\n\n\
         maintenance_mode in staging: off → on for everybody\n\
         new_feature_beta in staging: on for everybody → off\n\n\
         Flag: maintenance_mode\nFlag: new_feature_beta\nEnvironment: staging\nAction: deploy\n\
         Deployment-Id: 2026-11-20.3\nDeployment-Phase: pre_deploy"
    );
    assert_eq!(repo.log("main").len(), 2);
    assert_eq!(repo.status(), [""; 0]);
    assert_says(&ran, &["committed", "on main"]);
    let maintenance = flag("{development: false, staging: true, production: false, locked: false}");
    assert_eq!(repo.read(&path("maintenance_mode")), maintenance);

    let post = words("post_deploy", "staging");
    let reason = ["--reason", "the  second\nhalf"];
    let ran = repo.ffctl(&[&post[..], &reason].concat()).exits(0);
    assert_says(&ran, &["critical_feature: verified: served to everybody"]);
    let message = repo.git(&["log", "-1", "--format=%B"]);
    let (_, lines) = message.rsplit_once("\n\n").unwrap();
    assert_eq!(
        lines,
        "Flag: maintenance_mode\nFlag: new_feature_beta\nEnvironment: staging\nAction: deploy\n\
         Reason: the second half\nDeployment-Id: 2026-11-20.3\nDeployment-Phase: post_deploy"
    );
    assert_eq!(repo.log("main").len(), 3);
}

#[test]
fn to_do_a_phase_again_is_to_do_nothing() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    for environment in ["development", "staging", "production"] {
        for phase in ["pre_deploy", "post_deploy"] {
            repo.ffctl(&words(phase, environment)).exits(0);
            let (tip, files) = (repo.id("HEAD"), repo.git(&["diff", "HEAD"]));
            let again = repo.ffctl(&words(phase, environment)).exits(0);
            assert_says(&again, &["maintenance_mode: ", "new_feature_beta: "]);
            assert!(!again.stdout.contains("committed"), "{again}");
            assert_eq!((repo.id("HEAD"), repo.git(&["diff", "HEAD"])), (tip, files));
        }
    }
    // What came back for a quarter is not for everybody.
    let beta = repo.read(&path("new_feature_beta"));
    assert!(
        beta.contains("production: {enabled: true, percentage: 25}"),
        "{beta}"
    );
}

#[test]
fn a_look_leaves_everything_as_it_is() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let tip = repo.id("HEAD");
    let words = [&words("pre_deploy", "production")[..], &["--dry-run"]].concat();
    let ran = repo.ffctl(&words).exits(0);
    assert_says(
        &ran,
        &["+++ b/flags/maintenance_mode.yaml", "nothing was written"],
    );
    assert_eq!((repo.id("HEAD"), repo.status()), (tip, Vec::new()));
}

#[test]
fn a_file_with_other_changes_is_refused() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let file = path("new_feature_beta");
    let dirty = format!("{}owner: me\n", repo.read(&file));
    repo.write(&file, &dirty);
    let before = repo.read(&path("maintenance_mode"));
    let ran = repo.ffctl(&words("pre_deploy", "staging")).exits(2);
    assert_says(
        &ran,
        &["`flags/new_feature_beta.yaml` has changes that are not committed"],
    );
    assert_eq!(repo.read(&file), dirty);
    assert_eq!(repo.read(&path("maintenance_mode")), before);
    assert_eq!(repo.log("main").len(), 1);
}

#[test]
fn commits_are_made_elsewhere_or_not_at_all() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let pre = words("pre_deploy", "staging");
    let branch = [&pre[..], &["--branch", "release"]].concat();
    repo.ffctl(&branch).exits(0);
    assert_eq!((repo.log("main").len(), repo.log("release").len()), (1, 2));
    assert_eq!(repo.status(), [""; 0]);
    let subject = [&pre[..], &["-m", "Release 3"]].concat();
    repo.ffctl(&subject).exits(0);
    assert_eq!(repo.log("main"), ["Release 3", "begin"]);
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.contains("\nDeployment-Id: 2026-11-20.3\n"),
        "{message}"
    );
    let files_only = [&words("post_deploy", "staging")[..], &["--no-commit"]].concat();
    let ran = repo.ffctl(&files_only).exits(0);
    assert_says(
        &ran,
        &[
            "wrote",
            "the deployment's id and phase are recorded nowhere",
        ],
    );
    assert_eq!(repo.log("main").len(), 2);
}

/// The path of the plan begins where the command does.
#[test]
fn the_plan_lies_anywhere() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    std::fs::rename(
        repo.path.join("deployment.yaml"),
        repositories.path("release.yml"),
    )
    .unwrap();
    repo.write("flags/.hidden/plan", "deployment: {}\n");
    let folder = repo.path.join("flags");
    let run = |plan: &str| {
        let mut words = words("pre_deploy", "staging");
        words[2] = plan;
        words.splice(0..0, ["-C", folder.to_str().unwrap()]);
        repo.ffctl(&words)
    };
    let note = run(".hidden/plan").exits(0);
    assert_says(&note, &[".hidden/plan has no `pre_deploy`"]);
    run("../../release.yml").exits(0);
    assert_eq!(repo.log("main").len(), 2);
    let absolute = repositories.path("release.yml");
    let again = run(absolute.to_str().unwrap()).exits(0);
    assert_says(
        &again,
        &["new_feature_beta: this phase was done to it already"],
    );
    assert_says(
        &run("release.yml").exits(2),
        &["there is no plan `release.yml`"],
    );
}

#[test]
fn the_json_fits_its_schema() {
    let schema = std::fs::read_to_string(repository().join("schema/plan-output.schema.json"));
    let schema: Value = serde_json::from_str(&schema.unwrap()).unwrap();
    let sandbox = sandbox();
    for status in ["written", "unchanged"] {
        let output = sandbox.run([&words("pre_deploy", "staging")[..], &["--json"]].concat());
        let document = output.exits(0).json();
        jsonschema::validate(&schema, &document).unwrap();
        assert_eq!(document["format"], "ffctl.deploy/v1");
        assert_eq!(document["status"], status);
    }
    let post = sandbox.run([&words("post_deploy", "staging")[..], &["--json"]].concat());
    let document = post.exits(0).json();
    let kinds: Vec<&Value> = document["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| &change["kind"])
        .collect();
    assert_eq!(kinds, ["disabled", "enabled"]);
    assert_eq!(
        document["skipped"][0],
        json!({"flag": "critical_feature", "cause": "done", "why": "verified: served to everybody"})
    );
}

// Where steps run, and in which order

#[test]
fn a_step_that_names_an_environment_runs_there_only() {
    let plan = "[{enable_flag: maintenance_mode, environment: production}, \
                 {disable_flag: new_feature_beta, environment: staging}, \
                 {verify_flags: [maintenance_mode], environment: locked}]";
    let first = sandbox();
    steps_in(&first, "staging", plan).exits(0);
    assert_eq!(first.read(path("maintenance_mode")), flag(FLAGS[0].1));
    assert!(first.read(path("new_feature_beta")).contains("staging: "));
    let second = sandbox();
    steps_in(&second, "production", plan).exits(0);
    assert_eq!(second.read(path("new_feature_beta")), flag(FLAGS[1].1));
    assert!(
        second
            .read(path("maintenance_mode"))
            .contains("production: true")
    );
    let nowhere = steps_in(&second, "development", plan).exits(0);
    assert_says(
        &nowhere,
        &[
            "deployment.yaml has no step of `post_deploy` for development",
            "nothing to change",
        ],
    );
    steps_in(&second, "locked", plan).exits(1);
}

#[test]
fn the_default_environment_stands_in() {
    let sandbox = sandbox();
    let words = [
        "deploy",
        "--plan",
        "deployment.yaml",
        "--phase",
        "pre_deploy",
        "--deployment-id",
        "d",
    ];
    let ran = sandbox.run(words).exits(2);
    assert_says(&ran, &["add `--env NAME`", "`locked`"]);
    sandbox.write(
        "ffctl.toml",
        "[project]\ndefault_environment = \"staging\"\n",
    );
    let ran = sandbox.run(words).exits(0);
    assert_says(
        &ran,
        &["deploy d in staging, pre_deploy: enable maintenance_mode"],
    );
}

#[test]
fn what_is_missing_is_nothing_to_do() {
    let sandbox = sandbox();
    for (text, note) in [
        ("deployment: {}\n", "has no `post_deploy`"),
        ("deployment: {pre_deploy: []}\n", "has no `post_deploy`"),
        (
            "deployment: {post_deploy: []}\n",
            "has no step of `post_deploy` for staging",
        ),
    ] {
        sandbox.write("deployment.yaml", text);
        let ran = deploy(&sandbox, "post_deploy", "staging").exits(0);
        assert_says(&ran, &[note, "post_deploy: nothing to change"]);
    }
}

#[test]
fn steps_are_done_in_order() {
    let both =
        "[{disable_flag: new_feature_beta}, {enable_flag: new_feature_beta, percentage: 12.5}]";
    let first = sandbox();
    steps_in(&first, "production", both).exits(0);
    let text = first.read(path("new_feature_beta"));
    assert!(
        text.contains("production: {enabled: true, percentage: 12.5}"),
        "{text}"
    );
    let again = steps_in(&first, "production", both).exits(0);
    assert_says(&again, &["new_feature_beta: nothing to change"]);
    assert_eq!(first.read(path("new_feature_beta")), text);
    let other = "[{enable_flag: maintenance_mode}, {disable_flag: maintenance_mode}]";
    let second = sandbox();
    let ran = steps(&second, other).exits(0);
    assert_says(&ran, &["maintenance_mode: nothing to change"]);
    assert_eq!(second.read(path("maintenance_mode")), flag(FLAGS[0].1));
}

#[test]
fn flags_are_verified_as_the_steps_before_have_made_them() {
    let sandbox = sandbox();
    let early = "[{verify_flags: [maintenance_mode]}, {enable_flag: maintenance_mode}]";
    let ran = steps(&sandbox, early).exits(1);
    assert_says(
        &ran,
        &["deployment.yaml:2: not served to everybody in staging"],
    );
    assert_eq!(sandbox.read(path("maintenance_mode")), flag(FLAGS[0].1));
    let late = "[{enable_flag: maintenance_mode}, {verify_flags: [maintenance_mode]}]";
    steps(&sandbox, late).exits(0);
    let gone = "[{verify_flags: [maintenance_mode]}, {disable_flag: maintenance_mode}, \
                {verify_flags: [maintenance_mode]}]";
    let before = sandbox.read(path("maintenance_mode"));
    steps(&sandbox, gone).exits(1);
    assert_eq!(sandbox.read(path("maintenance_mode")), before);
}

// What enabling means

#[test]
fn the_plan_counts_as_having_said_to_how_many() {
    let sandbox = sandbox();
    let enable = [
        "enable",
        "--flag",
        "maintenance_mode",
        "--env",
        "production",
    ];
    sandbox.run(enable).exits(2);
    steps_in(&sandbox, "production", "[{enable_flag: maintenance_mode}]").exits(0);
    assert!(
        sandbox
            .read(path("maintenance_mode"))
            .contains("production: true")
    );
    let locked = "[{enable_flag: maintenance_mode}]";
    let ran = steps_in(&sandbox, "locked", locked).exits(2);
    assert_says(&ran, &["`--reason TEXT` and `--confirm locked`"]);
    let said = ["--reason", "a release", "--confirm", "locked"];
    let ran = sandbox.run([&words("post_deploy", "locked")[..], &said].concat());
    ran.exits(0);
}

/// As `enable` without options; and what came back is not raised by a second run.
#[test]
fn what_was_held_back_comes_back_and_stays() {
    for (held, back) in [
        (
            "{enabled: false, percentage: 25}",
            "{enabled: true, percentage: 25}",
        ),
        (
            "{enabled: false, targeting_rules: [{name: r, conditions: [{attribute: country, operator: equals, value: IT}]}]}",
            "{enabled: true, targeting_rules: [{name: r, conditions: [{attribute: country, operator: equals, value: IT}]}]}",
        ),
        ("false", "true"),
    ] {
        let sandbox = sandbox();
        let key = "new_feature_beta";
        sandbox.write(path(key), flag(&format!("{{staging: {held}}}")));
        for _ in 0..3 {
            steps(&sandbox, "[{enable_flag: new_feature_beta}]").exits(0);
            assert_eq!(
                sandbox.read(path(key)),
                flag(&format!("{{staging: {back}}}"))
            );
        }
        let all = "[{enable_flag: new_feature_beta, percentage: 100}]";
        steps(&sandbox, all).exits(0);
        let verify = "[{verify_flags: [new_feature_beta]}]";
        steps(&sandbox, verify).exits(0);
    }
}

/// Whatever a flag served before: off and on again, twice.
#[test]
fn no_example_flag_is_changed_by_a_second_run() {
    let sandbox = Sandbox::example();
    let folder = sandbox.root().join("flags");
    let files = files_below(&folder);
    let flags = files.iter().filter(|file| file.parent() != Some(&folder));
    let (mut done, mut refused) = (0, 0);
    for file in flags {
        let key = file.file_stem().unwrap().to_str().unwrap();
        let plan = format!("[{{disable_flag: {key}}}, {{enable_flag: {key}}}]");
        let text = format!("deployment: {{post_deploy: {plan}}}\n");
        sandbox.write("deployment.yaml", text);
        let mut words = words("post_deploy", "production");
        words.extend([
            "--drop-schedule",
            "--reason",
            "r",
            "--confirm",
            "production",
        ]);
        let first = sandbox.run(&words).status;
        let text = std::fs::read_to_string(file).unwrap();
        let again = sandbox.run(&words);
        assert_eq!(again.status, first, "{key}: {again}");
        assert_eq!(std::fs::read_to_string(file).unwrap(), text, "{key}");
        if first == Some(0) {
            assert_says(&again, &[&format!("{key}: ")]);
            done += 1;
        } else {
            refused += 1;
        }
    }
    // Refused are what is archived or killed, and what it is not known of what it should serve.
    assert_eq!(done + refused, 33);
    assert!(done > 25, "{done}");
}

#[test]
fn what_is_on_for_some_is_named() {
    let sandbox = sandbox();
    let plan = "[{enable_flag: new_feature_beta}]";
    let ran = steps_in(&sandbox, "production", plan).exits(0);
    assert_says(
        &ran,
        &[
            "new_feature_beta: on already, 25% of everybody",
            "`percentage: 100`",
        ],
    );
    assert_eq!(sandbox.read(path("new_feature_beta")), flag(FLAGS[1].1));
}

#[test]
fn what_is_needed_first_is_enabled_by_an_earlier_step() {
    let sandbox = sandbox().file(
        "flags/pay.yaml",
        "default_value: false\ndepends_on: [{flag: maintenance_mode, required_value: true}]\nenvironments: {staging: false}\n",
    );
    let alone = steps(&sandbox, "[{enable_flag: pay}]").exits(1);
    assert_says(
        &alone,
        &[
            "deployment.yaml:2: `pay` needs `maintenance_mode`, which is not served in staging",
            "put a step `enable_flag: maintenance_mode` before it",
        ],
    );
    let late = "[{enable_flag: pay}, {enable_flag: maintenance_mode}]";
    steps(&sandbox, late).exits(1);
    let early = "[{enable_flag: maintenance_mode}, {enable_flag: pay}, {verify_flags: [pay]}]";
    steps(&sandbox, early).exits(0);
    // Off again, it is said who depends on it, and that they are not served any more.
    let off = steps(&sandbox, "[{disable_flag: maintenance_mode}]").exits(0);
    assert_says(&off, &["`pay` depends on `maintenance_mode`"]);
    let verify = steps(&sandbox, "[{verify_flags: [pay]}]").exits(1);
    assert_says(
        &verify,
        &[
            "`pay` (true for everybody",
            "`maintenance_mode` is not served as needed",
        ],
    );
}

#[test]
fn a_kill_switch_stands() {
    let sandbox = sandbox();
    let kill = ["--flag", "new_feature_beta", "--env", "staging"];
    sandbox
        .run([&["emergency-disable", "--reason", "it burns"], &kill[..]].concat())
        .exits(0);
    let before = sandbox.read(path("new_feature_beta"));
    let ran = steps(
        &sandbox,
        "[{enable_flag: maintenance_mode}, {enable_flag: new_feature_beta}]",
    );
    assert_says(
        &ran.exits(1),
        &[
            "deployment.yaml:2: `new_feature_beta` is killed in staging",
            "it burns",
            "ffctl restore",
        ],
    );
    let verify = steps(&sandbox, "[{verify_flags: [new_feature_beta]}]").exits(1);
    assert_says(&verify, &["`new_feature_beta` (killed (false))"]);
    assert_eq!(sandbox.read(path("new_feature_beta")), before);
    assert_eq!(sandbox.read(path("maintenance_mode")), flag(FLAGS[0].1));
}

#[test]
fn steps_of_the_schedule_are_kept_or_dropped() {
    let entry = "{staging: {enabled: true, percentage: 10, schedule: [{at: 2027-01-01T00:00:00Z, set: {percentage: 50}}]}}";
    let key = "new_feature_beta";
    let plan = "[{enable_flag: new_feature_beta, percentage: 25}]";
    for (option, steps_left) in [("--keep-schedule", true), ("--drop-schedule", false)] {
        let sandbox = sandbox().file(path(key), flag(entry));
        let ran = steps(&sandbox, plan).exits(2);
        assert_says(&ran, &["the schedule of staging sets the same", option]);
        for _ in 0..2 {
            let words = [&words("post_deploy", "staging")[..], &[option]].concat();
            sandbox.run(words).exits(0);
            let text = sandbox.read(path(key));
            assert!(text.contains("percentage: 25"), "{text}");
            assert_eq!(text.contains("schedule"), steps_left, "{text}");
        }
    }
    let off = "[{disable_flag: new_feature_beta}]";
    for (option, steps_left) in [(None, false), (Some("--keep-schedule"), true)] {
        let sandbox = sandbox().file(path(key), flag(entry));
        sandbox.write(
            "deployment.yaml",
            format!("deployment: {{post_deploy: {off}}}\n"),
        );
        let mut words = words("post_deploy", "staging");
        words.extend(option);
        sandbox.run(words).exits(0);
        assert_eq!(sandbox.read(path(key)).contains("schedule"), steps_left);
    }
}

#[test]
fn other_types_must_say_what_they_serve() {
    let sandbox = sandbox().file(
        "flags/timeout.yaml",
        "default_value: 30\nenvironments: {staging: {enabled: false, default_value: 45}}\n",
    );
    for _ in 0..2 {
        steps(
            &sandbox,
            "[{enable_flag: timeout}, {verify_flags: [timeout]}]",
        )
        .exits(0);
        assert!(sandbox.read("flags/timeout.yaml").contains("staging: 45"));
    }
    let ran = steps_in(&sandbox, "locked", "[{enable_flag: timeout}]").exits(2);
    assert_says(
        &ran,
        &["deployment.yaml:2: as with `ffctl enable --flag timeout`: it is not said what"],
    );
}

// What verifying means

#[test]
fn nobody_may_be_served_the_off_value() {
    let rule = "targeting_rules: [{name: r, conditions: [{attribute: country, operator: equals, value: IT}]}]";
    let cases = [
        // Booleans: on for everybody, whoever asks.
        ("default_value: false\nenvironments: {staging: true}", None),
        ("default_value: true\nenvironments: {}", None),
        (
            "default_value: false\nenvironments: {staging: {percentage: 100}}",
            None,
        ),
        (
            "default_value: false\nenvironments: {staging: {percentage: 99.999}}",
            Some("99.999% of everybody"),
        ),
        (
            "default_value: false\nenvironments: {staging: false}",
            Some("off (false)"),
        ),
        (
            "default_value: true\nenvironments: {staging: false}",
            Some("off (false)"),
        ),
        (
            "default_value: false\nenvironments: {}",
            Some("false for everybody"),
        ),
        (
            "default_value: false\nenvironments: {staging: {enabled: true, gradual: {start: 2026-11-20T00:00:00Z, from: 10, increment: 10, every: 1d}}}",
            Some("10% now"),
        ),
        (
            &format!("default_value: false\nenvironments: {{staging: {{enabled: true, {rule}}}}}"),
            Some("r: true"),
        ),
        (
            &format!(
                "default_value: false\nenvironments: {{staging: {{enabled: true, {rule}, percentage: 100}}}}"
            ),
            None,
        ),
        // A flag that is on by serving `false`.
        (
            "default_value: false\noff_value: true\nenvironments: {}",
            None,
        ),
        // Other types: anything but the off value.
        ("default_value: 30\nenvironments: {staging: 45}", None),
        (
            "default_value: 30\nenvironments: {staging: 30}",
            Some("30 for everybody"),
        ),
        (
            "default_value: 30\noff_value: 0\nenvironments: {staging: 30}",
            None,
        ),
        (
            "variants: [{key: a, value: x, weight: 50}, {key: b, value: y, weight: 50}]\ndefault_variant: a\noff_variant: a\nenvironments: {staging: {split: default}}",
            Some("a 50 : b 50 for everybody"),
        ),
        (
            "default_value: true\nenvironments: {staging: true}\narchived: {at: 2026-11-01, reason: done}",
            Some("archived"),
        ),
    ];
    let sandbox = sandbox();
    for (text, instead) in cases {
        sandbox.write("flags/f.yaml", format!("{text}\n"));
        let ran = steps(&sandbox, "[{verify_flags: [f, critical_feature]}]");
        match instead {
            None => assert_says(&ran.exits(0), &["f: verified: served to everybody"]),
            Some(words) => {
                let ran = ran.exits(1);
                assert_says(&ran, &["not served to everybody in staging: `f` (", words]);
                assert!(!ran.stderr.contains("critical_feature"), "{ran}");
            }
        }
    }
}

#[test]
fn all_flags_that_fail_are_told_and_nothing_is_written() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write(&path("critical_feature"), &flag("{development: false}"));
    repo.write(
        &path("payment_system"),
        &flag("{development: {percentage: 50}}"),
    );
    let tip = repo.commit("break");
    for more in [&[][..], &["--dry-run"], &["--no-commit"], &["--json"]] {
        let words = [&words("post_deploy", "staging")[..], more].concat();
        let ran = repo.ffctl(&words).exits(1);
        assert_says(
            &ran,
            &[
                "deployment.yaml:9: not served to everybody in staging",
                "`critical_feature` (off (false)), `payment_system` (50% of everybody, by targetingKey: true; others false)",
                "ffctl show --flag KEY --env staging",
            ],
        );
        assert_eq!((repo.id("HEAD"), repo.status()), (tip.clone(), Vec::new()));
    }
}

// What is refused

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    let sandbox = sandbox();
    for (plan, words) in [
        (
            "[{verify_flags: [critical_feature, paymnt_system]}]",
            [
                "deployment.yaml:2: there is no flag `paymnt_system`",
                "`payment_system`",
            ],
        ),
        (
            "[{enable_flag: new_featur_beta}]",
            [
                "deployment.yaml:2: there is no flag `new_featur_beta`",
                "`new_feature_beta`",
            ],
        ),
    ] {
        assert_says(&steps(&sandbox, plan).exits(2), &words);
    }
    let ran = deploy(&sandbox, "post_deploy", "stagin").exits(2);
    assert_says(&ran, &["there is no environment `stagin`", "`staging`"]);
    // A step that does not run now is no reason not to do the others.
    let later = "[{enable_flag: maintenance_mode}, {enable_flag: later, environment: locked}]";
    let ran = steps(&sandbox, later).exits(0);
    assert_says(
        &ran,
        &["warning: deployment.yaml:2: there is no flag `later`"],
    );
}

#[test]
fn ids_are_one_line() {
    let sandbox = sandbox();
    let mut words = words("pre_deploy", "staging");
    for bad in [
        "",
        "  ",
        "a\nFlag: b",
        "a\r",
        "a\tb",
        " a",
        "a\u{2028}b",
        "a\u{85}b",
    ] {
        *words.last_mut().unwrap() = bad;
        let ran = sandbox.run(&words).exits(2);
        assert_says(&ran, &["the deployment's id"]);
    }
    for good in ["a b", "-1", "é", "a: b", "#3"] {
        *words.last_mut().unwrap() = good;
        sandbox.run(&words).exits(0);
    }
}

#[test]
fn what_cannot_be_read_is_told() {
    let sandbox = sandbox();
    let mut words = words("pre_deploy", "staging");
    for (plan, said) in [
        ("flags", "cannot read the plan `flags`"),
        ("gone.yaml", "there is no plan `gone.yaml`"),
    ] {
        words[2] = plan;
        assert_says(&sandbox.run(&words).exits(2), &[said]);
    }
    words[2] = "deployment.yaml";
    words[4] = "mid_deploy";
    assert_says(&sandbox.run(&words).exits(2), &["pre_deploy, post_deploy"]);
    words[4] = "pre_deploy";
    sandbox.write(path("new_feature_beta"), "default_valu: false\n");
    let ran = sandbox.run(&words).exits(1);
    assert_says(&ran, &["flags/new_feature_beta.yaml", "unknown-key"]);
    assert_eq!(sandbox.read(path("maintenance_mode")), flag(FLAGS[0].1));
}

/// Returns the findings in a plan as `line:column check`.
fn findings(sandbox: &Sandbox, text: &str) -> Vec<String> {
    sandbox.write("deployment.yaml", text);
    let words = [&words("post_deploy", "staging")[..], &["--json"]].concat();
    let document = sandbox.run(words).exits(1).error_json();
    let message = document["error"]["message"].as_str().unwrap();
    assert!(message.contains("deployment plan has errors"), "{document}");
    let findings = document["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            assert_eq!(finding["file"], "deployment.yaml");
            assert!(finding["help"].is_string(), "{finding}");
            let check = finding["check"].as_str().unwrap();
            format!("{}:{} {check}", finding["line"], finding["column"])
        })
        .collect()
}

#[test]
fn faults_of_a_plan_are_told_at_their_place() {
    let sandbox = sandbox();
    let step = |step: &str| format!("deployment:\n  pre_deploy:\n    - {step}\n");
    let cases: [(&str, &[&str]); 23] = [
        (
            "enable_flag: a\n      disable_flag: b",
            &["4:7 conflicting-keys"],
        ),
        (
            "enable_flag: a\n      verify_flags: [b]\n      percentage: 5",
            &["4:7 conflicting-keys"],
        ),
        (
            "disable_flag: a\n      percentage: 5",
            &["4:7 conflicting-keys"],
        ),
        (
            "verify_flags: [a]\n      percentage: 5",
            &["4:7 conflicting-keys"],
        ),
        ("percentage: 5", &["3:7 missing-key"]),
        ("{}", &["3:7 missing-key"]),
        ("a", &["3:7 wrong-type"]),
        ("null", &["3:7 wrong-type"]),
        ("[enable_flag, a]", &["3:7 wrong-type"]),
        ("enable_flg: a", &["3:7 unknown-key"]),
        ("enable_flag: a\n      percent: 5", &["4:7 unknown-key"]),
        ("enable_flag: true", &["3:20 wrong-type"]),
        ("enable_flag: [a, b]", &["3:20 wrong-type"]),
        ("enable_flag: a b", &["3:20 invalid-name"]),
        (
            "enable_flag: a\n      percentage: 100.001",
            &["4:19 out-of-range"],
        ),
        (
            "enable_flag: a\n      percentage: -1",
            &["4:19 out-of-range"],
        ),
        (
            "enable_flag: a\n      percentage: 0.0001",
            &["4:19 too-many-decimals"],
        ),
        (
            "enable_flag: a\n      percentage: \"5\"",
            &["4:19 wrong-type"],
        ),
        (
            "enable_flag: a\n      environment: stagin",
            &["4:20 unknown-environment"],
        ),
        (
            "disable_flag: a\n      environment: 1",
            &["4:20 wrong-type"],
        ),
        ("verify_flags: a", &["3:21 wrong-type"]),
        ("verify_flags: []", &["3:21 invalid-value"]),
        (
            "verify_flags: [a, 1, b c]",
            &["3:25 wrong-type", "3:28 invalid-name"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(findings(&sandbox, &step(text)), expected, "{text}");
    }
    let files: [(&str, &[&str]); 9] = [
        ("", &["1:1 empty-file"]),
        ("- a\n", &["1:1 wrong-type"]),
        ("deployment:\n", &["1:1 wrong-type"]),
        ("deploymnt: {}\n", &["1:1 missing-key", "1:1 unknown-key"]),
        ("deployment:\n  post_deploy:\n", &["2:3 wrong-type"]),
        ("deployment:\n  mid_deploy: []\n", &["2:3 unknown-key"]),
        ("deployment: {}\ndeployment: {}\n", &["2:1 duplicate-key"]),
        (
            "deployment: {}\n---\ndeployment: {}\n",
            &["2:1 several-documents"],
        ),
        ("deployment: {\n", &["1:13 yaml-syntax"]),
    ];
    for (text, expected) in files {
        assert_eq!(findings(&sandbox, text), expected, "{text}");
    }
}

#[test]
fn what_is_the_users_own_is_ignored_and_warnings_stop_nothing() {
    let sandbox = sandbox();
    let text = "x-by: me\ndeployment:\n  x-why: 1\n  post_deploy:\n    - {enable_flag: maintenance_mode, x-ticket: 012}\n";
    sandbox.write("deployment.yaml", text);
    let ran = deploy(&sandbox, "post_deploy", "staging").exits(0);
    assert_says(&ran, &["warning: deployment.yaml:5: ", "(yaml-1-1-scalar)"]);
}

#[test]
fn the_seed_fits_the_published_schema() {
    let schema = sandbox().run(["schema", "deployment"]).exits(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let seed: Value = serde_yaml::from_str(SEED).unwrap();
    assert!(validator.is_valid(&seed));
    let both = json!({"deployment": {"pre_deploy": [{"enable_flag": "a", "disable_flag": "b"}]}});
    assert!(!validator.is_valid(&both));
}

#[test]
fn what_a_deployment_has_done_it_does_not_do_again() {
    let repositories = Repositories::new();
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.write(
        "flags/new.yaml",
        "default_value: false\nenvironments: {staging: false}\n",
    );
    repo.write(
        "flags/old.yaml",
        "default_value: false\nenvironments: {staging: true}\n",
    );
    let plan = "deployment:\n  pre_deploy:\n    - {enable_flag: new, percentage: 10}\n    - disable_flag: old\n";
    repo.write("plan.yaml", plan);
    repo.commit("begin");
    let deploy = [
        "deploy",
        "--plan",
        "plan.yaml",
        "--phase",
        "pre_deploy",
        "--env",
        "staging",
        "--deployment-id",
    ];
    let run = |id: &str| repo.ffctl(&[&deploy[..], &[id]].concat()).exits(0);
    run("d1");
    // Somebody goes on: the same deployment does not take that back.
    repo.ffctl(&[
        "enable",
        "--flag",
        "new",
        "--env",
        "staging",
        "--percentage",
        "50",
        "--commit",
    ])
    .exits(0);
    repo.ffctl(&["enable", "--flag", "old", "--env", "staging", "--commit"])
        .exits(0);
    let head = repo.id("HEAD");
    let again = run("d1");
    assert!(
        again.stdout.contains("this phase was done to it already"),
        "{}",
        again.stdout
    );
    assert_eq!(repo.id("HEAD"), head);
    // Where it was rolled back since, that is said.
    repo.ffctl(&["rollback", "--deployment-id", "d1", "--take-older"])
        .exits(0);
    let undone = repo.id("HEAD");
    let again = run("d1");
    let words = format!("and undone since by {}: another", &undone[..12]);
    assert!(again.stdout.contains(&words), "{}", again.stdout);
    // Another deployment does.
    run("d2");
    assert_ne!(repo.id("HEAD"), head);
}

#[test]
fn a_step_does_not_take_away_what_an_earlier_one_needs() {
    let repositories = Repositories::new();
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.write(
        "flags/base.yaml",
        "default_value: false\nenvironments: {staging: true}\n",
    );
    let needs = "default_value: false\ndepends_on: [{flag: base, required_value: true}]\nenvironments: {staging: false}\n";
    repo.write("flags/top.yaml", needs);
    repo.write(
        "plan.yaml",
        "deployment:\n  pre_deploy:\n    - enable_flag: top\n    - disable_flag: base\n",
    );
    repo.commit("begin");
    let arguments = [
        "deploy",
        "--plan",
        "plan.yaml",
        "--phase",
        "pre_deploy",
        "--env",
        "staging",
        "--deployment-id",
        "d1",
    ];
    let refused = repo.ffctl(&arguments).exits(1);
    assert!(
        refused.stderr.contains("`top` needs `base`"),
        "{}",
        refused.stderr
    );
    assert_eq!(repo.status(), [""; 0]);
}

#[test]
fn a_shallow_clone_does_not_know_what_was_done() {
    let repositories = Repositories::new();
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    for (key, entries) in FLAGS {
        repo.write(&format!("flags/{key}.yaml"), &flag(entries));
    }
    repo.write("deployment.yaml", SEED);
    repo.commit("begin");
    repo.commit("more");
    let path = repositories.path("shallow");
    let url = format!("file://{}", repo.path.display());
    repo.git(&[
        "clone",
        "--quiet",
        "--depth=1",
        &url,
        path.to_str().unwrap(),
    ]);
    let clone = TestRepo { path };
    let words = [
        "deploy",
        "--plan",
        "deployment.yaml",
        "--phase",
        "pre_deploy",
    ];
    let more = ["--env", "development", "--deployment-id", "d1"];
    let output = clone.ffctl(&[&words[..], &more].concat()).exits(1);
    assert!(output.stderr.contains("this clone is shallow"), "{output}");
    assert!(output.stderr.contains("git fetch --unshallow"), "{output}");
    assert!(clone.status().is_empty());
}

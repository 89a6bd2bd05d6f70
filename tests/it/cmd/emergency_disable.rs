//! `emergency-disable`: what it kills when all else is broken, and how it ends.

use crate::support::{ENVIRONMENTS, Output, Sandbox};

const LIVE: &str = "default_value: false\ntags: [pay]\nenvironments:\n  staging: true\n  production: {percentage: 25}\n";
const BLOCK: &str = "kill_switch:\n  reason: r\n  at: 2026-11-20T12:00:00Z\n";

fn kill(sandbox: &Sandbox, words: &[&str]) -> Output {
    let start = ["emergency-disable", "--reason", "r"];
    sandbox.run(start.iter().chain(words))
}

fn with(flag: &str) -> Sandbox {
    Sandbox::new().file("flags/f.yaml", flag)
}

#[track_caller]
fn assert_said(output: &Output, words: &[&str]) {
    let said = format!("{}{}", output.stdout, output.stderr);
    for word in words {
        assert!(said.contains(word), "`{word}` is not in {output}");
    }
}

#[test]
fn those_that_are_killed_or_unaffected_are_named_and_not_written() {
    let dark = "default_value: false\nenvironments: {staging: false}\n";
    let killed = "default_value: false\nenvironments: {staging: true}\nkill_switch: {reason: x, at: 2026-11-01T00:00:00Z}\n";
    let sandbox = with(LIVE)
        .file("flags/dark.yaml", dark)
        .file("flags/killed.yaml", killed);
    let all = ["--flag", "f", "--flag", "dark", "--flag", "killed"];
    let output = kill(&sandbox, &all).exits(0);
    assert_said(
        &output,
        &[
            "dark: it serves its off value",
            "killed: it is killed already",
        ],
    );
    assert_eq!(sandbox.read("flags/dark.yaml"), dark);
    assert_eq!(sandbox.read("flags/killed.yaml"), killed);
    assert_eq!(sandbox.read("flags/f.yaml"), format!("{LIVE}{BLOCK}"));
    // Nothing is left to write: fine if all are killed, a no if one is not.
    kill(&sandbox, &["--flag", "f", "--flag", "killed"]).exits(0);
    kill(&sandbox, &["--flag", "dark"]).exits(1);
    kill(&sandbox, &["--flag", "dark", "--flag", "killed"]).exits(1);
    kill(&sandbox, &["--flag", "nobody"]).exits(2);
}

#[test]
fn a_step_ahead_is_something_to_kill() {
    let later = "default_value: false\nenvironments:\n  staging: {enabled: false, schedule: [{at: 2027-01-01T00:00:00Z, set: {enabled: true, percentage: 5}}]}\n";
    let sandbox = with(later);
    kill(&sandbox, &["--flag", "f", "--env", "staging"]).exits(0);
    let text = sandbox.read("flags/f.yaml");
    assert!(
        text.contains("schedule: [{at: 2027-01-01T00:00:00Z"),
        "{text}"
    );
    assert!(text.contains("kill_switch:"), "{text}");
}

#[test]
fn other_broken_files_are_not_in_the_way() {
    for (path, text) in [
        ("flags/other.yaml", "broken: [\n"),
        ("flags/segments.yaml", "segmets: {}\n"),
        ("flags/environments.yaml", "environments: [\n"),
        (
            "flags/environments.yaml",
            "environments: {a: {parent: nobody}}\n",
        ),
    ] {
        let sandbox = with(LIVE).file(path, text);
        kill(&sandbox, &["--flag", "f"]).exits(0);
        assert_eq!(
            sandbox.read("flags/f.yaml"),
            format!("{LIVE}{BLOCK}"),
            "{path}"
        );
    }
}

#[test]
fn an_own_file_with_errors_is_edited_as_long_as_it_is_yaml() {
    let odd = LIVE.replace("tags: [pay]", "colour: red");
    let sandbox = with(&odd);
    kill(&sandbox, &["--flag", "f"]).exits(0);
    assert_eq!(sandbox.read("flags/f.yaml"), format!("{odd}{BLOCK}"));
    let sandbox = with(&odd);
    kill(&sandbox, &["--flag", "f", "--env", "staging"]).exits(0);
    let text = sandbox.read("flags/f.yaml");
    assert!(text.contains("default_value: true"), "{text}");
    assert!(text.contains("kill_switch:"), "{text}");
    let output = kill(&with("default_value: [\n"), &["--flag", "f"]).exits(1);
    assert_said(&output, &["cannot be edited"]);
}

/// Without a default nothing is known of the flag: an entry that is a map can be killed, and what
/// a scalar means is not known.
#[test]
fn a_flag_of_which_nothing_is_known_is_killed_all_the_same() {
    let unknown = LIVE.replace("default_value: false", "default_value: null");
    let sandbox = with(&unknown);
    let output = kill(&sandbox, &["--flag", "f"]).exits(0);
    assert_said(&output, &["cannot be told"]);
    assert_eq!(sandbox.read("flags/f.yaml"), format!("{unknown}{BLOCK}"));
    let sandbox = with(&unknown);
    let refused = kill(&sandbox, &["--flag", "f", "--env", "staging"]).exits(1);
    assert_said(&refused, &["kill it everywhere"]);
    assert_eq!(sandbox.read("flags/f.yaml"), unknown);
    kill(&sandbox, &["--flag", "f", "--env", "production"]).exits(0);
    assert_killed_in_production(&sandbox);
}

#[track_caller]
fn assert_killed_in_production(sandbox: &Sandbox) {
    let text = sandbox.read("flags/f.yaml");
    let entry = "production: {percentage: 25, kill_switch: {reason: r, at: 2026-11-20T12:00:00Z}}";
    assert!(text.contains(entry), "{text}");
}

/// Seen from here it serves nobody; runtimes may have a catalog in which it does.
#[test]
fn what_a_broken_dependency_hides_is_killed() {
    let needing = format!("{LIVE}depends_on: [{{flag: base, required_value: true}}]\n");
    let sandbox = with(&needing).file("flags/base.yaml", "broken: [\n");
    kill(&sandbox, &["--flag", "f"]).exits(0);
    assert!(sandbox.read("flags/f.yaml").contains("kill_switch:"));
}

#[test]
fn environments_that_cannot_be_read_are_taken_by_name() {
    let sandbox = with(LIVE).file("flags/environments.yaml", "environments: [\n");
    kill(&sandbox, &["--flag", "f", "--env", "production"]).exits(0);
    assert_killed_in_production(&sandbox);
    kill(&sandbox, &["--flag", "f", "--env", "staging"]).exits(1);
    // One with an error drops the environment that is meant.
    let lost = "environments:\n  staging: {parent: null}\n  production: {parent: nobody}\n";
    let sandbox = with(LIVE).file("flags/environments.yaml", lost);
    kill(&sandbox, &["--flag", "f", "--env", "production"]).exits(0);
    assert_killed_in_production(&sandbox);
}

#[test]
fn a_flag_that_is_the_same_everywhere_keeps_its_rules_elsewhere() {
    let rules =
        "default_value: false\ntargeting_rules:\n  - {name: us, conditions: [], percentage: 5}\n";
    let sandbox = with(rules);
    kill(&sandbox, &["--flag", "f", "--env", "staging"]).exits(0);
    let entries = "environments:\n  development: {enabled: true}\n  staging: {enabled: true, kill_switch: {reason: r, at: 2026-11-20T12:00:00Z}}\n  production: {enabled: true}\n";
    assert_eq!(sandbox.read("flags/f.yaml"), format!("{rules}{entries}"));
}

#[test]
fn archived_flags_are_unaffected() {
    let archived = "default_value: false\nenvironments: {staging: true}\narchived: {at: 2026-01-01, reason: gone}\n";
    let output = kill(&with(archived), &["--flag", "f"]).exits(1);
    assert_said(&output, &["f: it is archived"]);
}

#[test]
fn a_tag_needs_yes_and_every_kill_a_reason() {
    let sandbox = with(LIVE);
    let output = kill(&sandbox, &["--tag", "pay"]).exits(2);
    assert_said(&output, &["--yes"]);
    kill(&sandbox, &["--tag", "pay", "--dry-run"]).exits(0);
    assert_eq!(sandbox.read("flags/f.yaml"), LIVE);
    let silent = sandbox.run(["emergency-disable", "--flag", "f"]).exits(2);
    assert_said(&silent, &["--reason TEXT"]);
    let blank = sandbox.run(["emergency-disable", "--flag", "f", "--reason", " "]);
    blank.exits(2);
    assert_eq!(sandbox.read("flags/f.yaml"), LIVE);
    kill(&sandbox, &["--tag", "pay", "--yes"]).exits(0);
    assert_eq!(sandbox.read("flags/f.yaml"), format!("{LIVE}{BLOCK}"));
}

#[test]
fn those_who_depend_on_it_and_whether_it_is_in_force_are_told() {
    let sandbox = with(LIVE).file(
        "flags/till.yaml",
        "default_value: false\ndepends_on: [{flag: f, required_value: true}]\nenvironments: {staging: true}\n",
    );
    let output = kill(&sandbox, &["--flag", "f"]).exits(0);
    assert_said(&output, &["till` depends on `f`"]);
    let last = output.stdout.lines().last().unwrap();
    assert!(last.contains("NOT in force until"), "{output}");
}

#[test]
fn protection_does_not_stand_in_the_way() {
    let guarded = ENVIRONMENTS.replace(
        "production: {parent: staging}",
        "production: {parent: staging, approval_required: true, rollback_protection: true}",
    );
    let sandbox = with(LIVE).file("flags/environments.yaml", guarded);
    kill(&sandbox, &["--flag", "f", "--env", "production"]).exits(0);
}

//! `rollback` and time: ramps and steps are held, wherever they stand, and nobody is served more.
#![cfg(unix)]

use super::rollback_inverse::{FLAG, Files, history, refused, roll};
use crate::support::Output;
use crate::support::git::{Repositories, TestRepo};

/// At 50% on the day of the second commit, and at 58% today.
const RAMP: &str = "default_value: false\nenvironments:\n  production:\n    enabled: true\n    gradual: {start: 2026-09-24T00:00:00Z, increment: 1, every: 1d}\n";

#[track_caller]
fn served_in_a_year(repo: &TestRepo, share: &str) {
    for time in ["2026-11-20T12:00:00Z", "2027-11-20T12:00:00Z"] {
        let mut list = repo.command(&["list", "--env", "production"]);
        let output = Output::of(&list.env("FFCTL_NOW", time).output().unwrap());
        assert!(output.stdout.contains(share), "{share} at {time}: {output}");
    }
}

#[test]
fn a_ramp_that_the_commit_switched_off_comes_back_held() {
    let repositories = Repositories::new();
    let off = RAMP.replace("enabled: true", "enabled: false");
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(RAMP))],
        &[("flags/k.yaml", Some(&off))],
    ];
    let repo = history(&repositories, &files);
    let output = roll(&repo, &["--commit", "HEAD"]).exits(0);
    assert!(
        output
            .stderr
            .contains("the ramp of production is held at 50%"),
        "{output}"
    );
    served_in_a_year(&repo, "50%");
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    roll(&repo, &["--commit", "HEAD", "--resume"]).exits(0);
    assert_eq!(repo.read("flags/k.yaml"), RAMP);
}

#[test]
fn a_step_that_came_while_it_was_off_is_dropped() {
    let steps = "default_value: false\nenvironments:\n  production:\n    enabled: true\n    percentage: 1\n    schedule:\n      - {at: 2026-11-11T00:00:00Z, set: {percentage: 2}}\n      - {at: 2026-11-15T00:00:00Z, set: {percentage: 100}}\n";
    let repositories = Repositories::new();
    let off = steps.replace("enabled: true", "enabled: false");
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(steps))],
        &[("flags/k.yaml", Some(&off))],
    ];
    let repo = history(&repositories, &files);
    let output = roll(&repo, &["--commit", "HEAD"]).exits(0);
    assert!(
        output.stderr.contains("dropped the step at 2026-11-15"),
        "{output}"
    );
    served_in_a_year(&repo, "2%");
}

#[test]
fn a_ramp_under_a_kill_switch_comes_back_as_it_was_when_it_was_thrown() {
    let switch = "kill_switch: {reason: r, at: 2026-11-11T12:00:00Z}\n";
    let killed = [format!("{RAMP}    {switch}"), format!("{switch}{RAMP}")];
    for text in killed {
        let repositories = Repositories::new();
        let files: [Files<'_>; 2] = [
            &[("flags/k.yaml", Some(RAMP))],
            &[("flags/k.yaml", Some(&text))],
        ];
        let repo = history(&repositories, &files);
        roll(&repo, &["--commit", "HEAD", "--lift-kill-switches"]).exits(0);
        served_in_a_year(&repo, "49%");
    }
}

#[test]
fn a_ramp_from_elsewhere_is_not_let_run_on() {
    let rules = "default_value: false\ntargeting_rules:\n  - name: r\n    conditions: []\n    gradual: {start: 2026-09-24T00:00:00Z, increment: 1, every: 1d}\nenvironments:\n  production: {enabled: true}\n";
    let off = rules.replace("enabled: true", "enabled: false");
    let repositories = Repositories::new();
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(rules))],
        &[("flags/k.yaml", Some(&off))],
    ];
    let repo = history(&repositories, &files);
    let told = [
        "`k` would be served to more people in production",
        "rollback --to",
        "--resume",
    ];
    refused(&repo, &["--commit", "HEAD"], &told);
    roll(&repo, &["--commit", "HEAD", "--resume"]).exits(0);
    assert_eq!(repo.read("flags/k.yaml"), rules);
}

#[test]
fn what_only_time_has_changed_is_named() {
    let repositories = Repositories::new();
    let other = FLAG.replace("40", "50");
    let repo = history(
        &repositories,
        &[
            &[("flags/k.yaml", Some(RAMP)), ("flags/j.yaml", Some(FLAG))],
            &[("flags/j.yaml", Some(&other))],
        ],
    );
    let told = "the ramps and steps of `k` are held at what they gave at 2026-11-10T12:00:00Z, though nobody changed them since; `--resume` lets them go on, `--flag` leaves the others alone";
    let output = roll(&repo, &["--to", "HEAD^", "--dry-run"]).exits(0);
    assert!(output.stderr.contains(told), "{output}");
    for words in [
        &["--to", "HEAD^", "--resume"][..],
        &["--to", "HEAD^", "--flag", "j"],
    ] {
        let look = [words, &["--dry-run"]].concat();
        let output = roll(&repo, &look).exits(0);
        assert!(!output.stderr.contains("nobody changed"), "{output}");
        roll(&repo, words).exits(0);
        assert_eq!(repo.read("flags/k.yaml"), RAMP);
        repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    }
    roll(&repo, &["--to", "HEAD^"]).exits(0);
    served_in_a_year(&repo, "48%");
}

#[test]
fn an_entry_with_nothing_left_to_serve_is_off() {
    let before = "default_value: false\nenvironments:\n  production:\n    enabled: true\n    schedule:\n      - {at: 2026-11-15T00:00:00Z, set: {percentage: 100}}\n";
    let after = "default_value: false\nenvironments:\n  production:\n    enabled: true\n    percentage: 25\n";
    let off = "default_value: false\nenvironments:\n  production:\n    enabled: false\n";
    let repositories = Repositories::new();
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(before))],
        &[("flags/k.yaml", Some(after))],
    ];
    let repo = history(&repositories, &files);
    let output = roll(&repo, &["--commit", "HEAD"]).exits(0);
    assert!(
        output.stderr.contains("dropped the step at 2026-11-15"),
        "{output}"
    );
    assert_eq!(repo.read("flags/k.yaml"), off);
    // To be on with nothing to serve is an error, also where it was so before the commit.
    let idle = after.replace("    percentage: 25\n", "");
    let repositories = Repositories::new();
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(&idle))],
        &[("flags/k.yaml", Some(after))],
    ];
    let repo = history(&repositories, &files);
    roll(&repo, &["--commit", "HEAD"]).exits(0);
    assert_eq!(repo.read("flags/k.yaml"), off);
}

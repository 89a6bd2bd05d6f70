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
fn a_ramp_of_the_flags_own_rules_is_held_in_the_entry() {
    let rules = "default_value: false\ntargeting_rules:\n  - name: r\n    conditions: []\n    gradual: {start: 2026-09-24T00:00:00Z, increment: 1, every: 1d}\nenvironments:\n  production: {enabled: true}\n";
    let off = rules.replace("enabled: true", "enabled: false");
    let repositories = Repositories::new();
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(rules))],
        &[("flags/k.yaml", Some(&off))],
    ];
    let repo = history(&repositories, &files);
    let output = roll(&repo, &["--commit", "HEAD"]).exits(0);
    for told in [
        "the ramp of rule r of production is held at 50%",
        "pinned in production, for it comes from elsewhere and has moved on since: rules",
    ] {
        assert!(output.stderr.contains(told), "{output}");
    }
    let text = repo.read("flags/k.yaml");
    assert!(
        text.contains("increment: 1") && text.contains("percentage: 50"),
        "{text}"
    );
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    roll(&repo, &["--commit", "HEAD", "--resume"]).exits(0);
    assert_eq!(repo.read("flags/k.yaml"), rules);
}

#[test]
fn an_inherited_ramp_is_held_in_the_entry() {
    let inherited = "default_value: false\nenvironments:\n  development:\n    enabled: true\n    gradual: {start: 2026-09-24T00:00:00Z, increment: 1, every: 1d}\n  staging: {enabled: true, bucket_by: user_id}\n";
    let off = inherited.replace("staging: {enabled: true", "staging: {enabled: false");
    let repositories = Repositories::new();
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(inherited))],
        &[("flags/k.yaml", Some(&off))],
    ];
    let repo = history(&repositories, &files);
    let output = roll(&repo, &["--commit", "HEAD"]).exits(0);
    let told = "pinned in staging, for it comes from elsewhere and has moved on since: serving";
    assert!(output.stderr.contains(told), "{output}");
    let pinned = inherited.replace(
        "staging: {enabled: true, bucket_by: user_id}",
        "staging: {enabled: true, percentage: 50, bucket_by: user_id}",
    );
    assert_eq!(repo.read("flags/k.yaml"), pinned);
}

/// What is inherited may be that nobody has a share: a step of the parent has given one since.
#[test]
fn an_inherited_end_of_a_serving_is_held_in_the_entry() {
    let parent = "default_value: false\nenvironments:\n  development: {enabled: true, percentage: null, schedule: [{at: 2026-11-15T00:00:00Z, set: {percentage: 100}}]}\n  production: true\n";
    let cases = [
        (
            "  staging: {enabled: true, bucket_by: user_id}\n",
            "  staging: {enabled: true, percentage: 0, bucket_by: user_id}\n",
        ),
        (
            "  staging: {enabled: true}\n",
            "  staging: {enabled: true, percentage: 0}\n",
        ),
        ("", "  staging: false\n"),
    ];
    for (before, after) in cases {
        let repositories = Repositories::new();
        let (before, after) = (format!("{parent}{before}"), format!("{parent}{after}"));
        let files: [Files<'_>; 2] = [
            &[("flags/k.yaml", Some(&before))],
            &[("flags/k.yaml", Some(&after))],
        ];
        let repo = history(&repositories, &files);
        let output = roll(&repo, &["--commit", "HEAD"]).exits(0);
        let told = "pinned in staging, for it comes from elsewhere and has moved on since: serving";
        assert!(output.stderr.contains(told), "{output}");
        let text = repo.read("flags/k.yaml");
        assert!(
            text.contains("percentage: null") && text.contains("  staging: {"),
            "{text}"
        );
        let user = ["--attr", "user_id=u", "--attr", "targetingKey=u"];
        let asked = ["evaluate", "--flag", "k", "--env", "staging", "--json"];
        let answer = repo.ffctl(&[&asked[..], &user].concat()).exits(0);
        assert!(answer.stdout.contains("\"value\": false"), "{answer}");
        repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
        roll(&repo, &["--commit", "HEAD", "--resume"]).exits(0);
        assert_eq!(repo.read("flags/k.yaml"), before);
    }
}

fn ruled(rules: &str) -> String {
    format!(
        "default_value: false\ntargeting_rules: [{rules}]\nenvironments:\n  development: true\n  production: {{enabled: true, percentage: 40}}\n"
    )
}

/// `k` lost its rule `r` for the segment `beta`, and the segment was changed then.
fn beta_since(repositories: &Repositories, conditions: &str) -> TestRepo {
    let beta = |conditions: &str| format!("segments:\n  beta: {{conditions: [{conditions}]}}\n");
    let path = "flags/segments.yaml";
    let (then, since) = (
        beta("{attribute: country, operator: in, value: [IT, CH]}"),
        beta(conditions),
    );
    let (with, without) = (ruled("{name: r, conditions: [{segment: beta}]}"), ruled(""));
    let files: [Files<'_>; 3] = [
        &[("flags/k.yaml", Some(&with)), (path, Some(&then))],
        &[("flags/k.yaml", Some(&without))],
        &[(path, Some(&since))],
    ];
    history(repositories, &files)
}

#[test]
fn a_rule_that_would_take_others_is_refused() {
    let repositories = Repositories::new();
    let wider = "{attribute: country, operator: in, value: [IT, CH, US]}";
    let repo = beta_since(&repositories, wider);
    let told = [
        "`k` may be served to others",
        "in production by rule r",
        "--take-older",
        "rollback --to",
    ];
    refused(&repo, &["--commit", "HEAD^"], &told);
    refused(&repo, &["--commit", "HEAD^", "--resume"], &told);
    let output = roll(&repo, &["--commit", "HEAD^", "--take-older"]).exits(0);
    assert!(
        output
            .stderr
            .contains("warning: `k` may be served to others"),
        "{output}"
    );
    assert!(repo.read("flags/k.yaml").contains("segment: beta"));
}

#[test]
fn a_rule_that_takes_fewer_comes_back() {
    for fewer in [
        "{attribute: country, operator: equals, value: CH}",
        "{attribute: country, operator: in, value: [IT, CH]}, {attribute: beta, operator: exists}",
    ] {
        let repositories = Repositories::new();
        let repo = beta_since(&repositories, fewer);
        roll(&repo, &["--commit", "HEAD^"]).exits(0);
        assert!(repo.read("flags/k.yaml").contains("segment: beta"));
    }
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

#[test]
fn a_revision_with_nothing_to_serve_comes_back_off() {
    let idle = "default_value: false\nenvironments:\n  development: true\n  production:\n    enabled: true\n";
    let since = format!("{idle}    percentage: 25\n");
    let off = idle.replace("enabled: true", "enabled: false");
    let broken = format!("{idle}  staging: [");
    for after in [Some(since.as_str()), Some(&broken), None] {
        for words in [&[][..], &["--flag", "k"], &["--env", "production"]] {
            let by_environment = words.contains(&"--env");
            if by_environment && after != Some(since.as_str()) {
                continue;
            }
            let repositories = Repositories::new();
            let files: [Files<'_>; 2] =
                [&[("flags/k.yaml", Some(idle))], &[("flags/k.yaml", after)]];
            let repo = history(&repositories, &files);
            roll(&repo, &[&["--to", "HEAD^"], words].concat()).exits(0);
            assert_eq!(repo.read("flags/k.yaml"), off, "{words:?}");
        }
    }
    // What others follow is on for nobody, so that they stay on.
    let first = "default_value: false\nenvironments:\n  development:\n    enabled: true\n  staging:\n    percentage: 25\n";
    let repositories = Repositories::new();
    let since = first.replace("  staging:\n    percentage: 25\n", "    percentage: 10\n");
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(first))],
        &[("flags/k.yaml", Some(&since))],
    ];
    let repo = history(&repositories, &files);
    roll(&repo, &["--to", "HEAD^"]).exits(0);
    let rested = first.replace(
        "    enabled: true\n",
        "    enabled: true\n    percentage: 0\n",
    );
    assert_eq!(repo.read("flags/k.yaml"), rested);
    // An entry that is so today as well is left alone.
    let repositories = Repositories::new();
    let since = idle.replace("development: true", "development: false");
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(idle))],
        &[("flags/k.yaml", Some(&since))],
    ];
    let repo = history(&repositories, &files);
    roll(&repo, &["--to", "HEAD^"]).exits(0);
    assert_eq!(repo.read("flags/k.yaml"), idle);
}

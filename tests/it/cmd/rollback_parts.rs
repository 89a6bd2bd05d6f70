//! `rollback --commit` and `--deployment-id` of a part, and of commits that are not there: what cannot
//! be undone is said, with status 1.
#![cfg(unix)]

use super::rollback_inverse::{DAYS, FLAG, Files, history, roll};
use crate::support::git::{Repositories, TestRepo};

const RULED: &str = "default_value: false\ntargeting_rules: [{name: r, conditions: [{segment: beta}]}]\nenvironments:\n  development: true\n  production: {enabled: true, percentage: 40}\n";

fn segments(country: &str) -> String {
    format!(
        "segments:\n  beta: {{conditions: [{{attribute: country, operator: equals, value: {country}}}]}}\n"
    )
}

/// A commit that changes a segment and the flags `k`, which uses it, and `j`, which does not.
fn with_segments(repositories: &Repositories) -> TestRepo {
    let path = "flags/segments.yaml";
    let (before, after) = (segments("IT"), segments("CH"));
    let (ruled, plain) = (RULED.replace("40", "50"), FLAG.replace("40", "50"));
    let files: [Files<'_>; 2] = [
        &[
            ("flags/k.yaml", Some(RULED)),
            ("flags/j.yaml", Some(FLAG)),
            (path, Some(&before)),
        ],
        &[
            ("flags/k.yaml", Some(&ruled)),
            ("flags/j.yaml", Some(&plain)),
            (path, Some(&after)),
        ],
    ];
    history(repositories, &files)
}

#[test]
fn a_shared_file_that_reaches_the_flag_and_stays_is_a_no() {
    let repositories = Repositories::new();
    let repo = with_segments(&repositories);
    let parent = repo.id("HEAD^");
    let output = roll(&repo, &["--commit", "HEAD", "--flag", "k"]).exits(1);
    // What can be undone is.
    assert_eq!(repo.read("flags/k.yaml"), RULED);
    assert_eq!(repo.read("flags/segments.yaml"), segments("CH"));
    let told = format!(
        "k: what was changed elsewhere reaches it in development, staging and production and is not undone: leave out `--flag` to undo it too, or `ffctl rollback --to {} --flag k` brings",
        &parent[..12]
    );
    let text = output.to_string();
    assert!(text.contains(&told), "{text}");
    assert!(text.contains("changed segments.yaml too"), "{text}");
    // All of it is undone without the options, and then nothing is left to say.
    let commit = repo.id("HEAD^");
    roll(&repo, &["--commit", &commit]).exits(0);
    assert_eq!(repo.read("flags/segments.yaml"), segments("IT"));
    roll(&repo, &["--commit", &commit, "--flag", "k"]).exits(0);
}

#[test]
fn a_shared_file_that_does_not_reach_the_flag_is_only_named() {
    let repositories = Repositories::new();
    let repo = with_segments(&repositories);
    let output = roll(&repo, &["--commit", "HEAD", "--flag", "j"]).exits(0);
    assert_eq!(repo.read("flags/j.yaml"), FLAG);
    assert!(
        output.stderr.contains("changed segments.yaml too"),
        "{output}"
    );
}

#[test]
fn a_shared_file_that_is_not_understood_may_reach_the_flag() {
    let repositories = Repositories::new();
    let path = "flags/segments.yaml";
    let other = FLAG.replace("40", "50");
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(FLAG)), (path, Some("segments: [\n"))],
        &[
            ("flags/k.yaml", Some(&other)),
            (path, Some("segments:\n  s: {conditions: []}\n")),
        ],
    ];
    let repo = history(&repositories, &files);
    let output = roll(&repo, &["--commit", "HEAD", "--flag", "k"]).exits(1);
    assert_eq!(repo.read("flags/k.yaml"), FLAG);
    let told = "k: whether what was changed elsewhere reaches it cannot be told";
    assert!(output.to_string().contains(told), "{output}");
}

#[test]
fn what_stands_outside_the_environment_is_a_no_where_it_reaches_it() {
    let repositories = Repositories::new();
    let flag = |share: u32, more: &str| {
        format!(
            "default_value: false\ntargeting_rules: [{{name: r, conditions: [], percentage: {share}}}]\nenvironments:\n  development: {{enabled: true}}\n  production: {{enabled: true{more}}}\n"
        )
    };
    let (before, after) = (flag(5, ""), flag(20, ", percentage: 10"));
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(&before))],
        &[("flags/k.yaml", Some(&after))],
    ];
    let repo = history(&repositories, &files);
    let parent = repo.id("HEAD^");
    let output = roll(&repo, &["--commit", "HEAD", "--env", "production"]).exits(1);
    assert_eq!(repo.read("flags/k.yaml"), flag(20, ""));
    let told = format!(
        "k: what was changed elsewhere reaches it in production and is not undone: leave out `--env` to undo it too, or `ffctl rollback --to {} --flag k --env production`",
        &parent[..12]
    );
    assert!(output.to_string().contains(&told), "{output}");
    // The command that is named does it.
    let words = ["--to", &parent, "--flag", "k", "--env", "production"];
    roll(&repo, &words).exits(0);
    assert!(repo.read("flags/k.yaml").contains("percentage: 5}"));
    // Rules of its own are not reached from there.
    let commit = repo.id("HEAD~2");
    roll(&repo, &["--commit", &commit, "--env", "production"]).exits(0);
}

#[test]
fn what_is_kept_or_held_as_it_should_be_is_no_no() {
    // Changed again since, and kept as was asked.
    let repositories = Repositories::new();
    let (other, later) = (FLAG.replace("40", "50"), FLAG.replace("40", "60"));
    let files: [Files<'_>; 3] = [
        &[("flags/k.yaml", Some(FLAG))],
        &[("flags/k.yaml", Some(&other))],
        &[("flags/k.yaml", Some(&later))],
    ];
    let repo = history(&repositories, &files);
    let words = ["--commit", "HEAD^", "--env", "production", "--keep-newer"];
    roll(&repo, &words).exits(0);
    // A ramp of the flag's own rules, held in the entry.
    let rules = "default_value: false\ntargeting_rules:\n  - name: r\n    conditions: []\n    gradual: {start: 2026-09-24T00:00:00Z, increment: 1, every: 1d}\nenvironments:\n  production: {enabled: true}\n";
    let off = rules.replace("enabled: true", "enabled: false");
    let repositories = Repositories::new();
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(rules))],
        &[("flags/k.yaml", Some(&off))],
    ];
    let repo = history(&repositories, &files);
    let output = roll(&repo, &["--commit", "HEAD", "--env", "production"]).exits(0);
    assert!(output.stderr.contains("pinned in production"), "{output}");
}

#[test]
fn a_created_flag_stays_with_an_environment_and_that_is_a_no() {
    let repositories = Repositories::new();
    let files: [Files<'_>; 2] = [
        &[("flags/j.yaml", Some(FLAG))],
        &[("flags/k.yaml", Some(FLAG))],
    ];
    let repo = history(&repositories, &files);
    let output = roll(&repo, &["--commit", "HEAD", "--env", "production"]).exits(1);
    assert!(
        output.stderr.contains("created `k`: leave out `--env`"),
        "{output}"
    );
    assert_eq!(repo.read("flags/k.yaml"), FLAG);
}

#[test]
fn a_commit_of_another_branch_is_no_commit_to_undo() {
    let repositories = Repositories::new();
    let repo = history(&repositories, &[&[("flags/k.yaml", Some(FLAG))]]);
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.write("flags/k.yaml", &FLAG.replace("40", "50"));
    let other = repo.commit_at(DAYS[1], "deploy\n\nDeployment-Id: d9\n");
    repo.git(&["checkout", "--quiet", "-"]);
    let output = roll(&repo, &["--commit", &other]).exits(2);
    let told = [
        format!(
            "the commit {} is no ancestor of what is checked out",
            &other[..12]
        ),
        format!("git merge {}", &other[..12]),
    ];
    for words in &told {
        assert!(output.stderr.contains(words), "{output}");
    }
    let output = roll(&repo, &["--deployment-id", "d9"]).exits(2);
    let told = [
        "no commit here has the line `Deployment-Id: d9`".to_owned(),
        format!("{} has it, on another branch", &other[..12]),
    ];
    for words in &told {
        assert!(output.stderr.contains(words), "{output}");
    }
    // There it is one.
    for words in [["--commit", other.as_str()], ["--deployment-id", "d9"]] {
        let output = repo.ffctl(&["rollback", words[0], words[1], "--branch", "side"]);
        output.exits(0);
        assert_eq!(repo.show("side", "flags/k.yaml"), FLAG);
        repo.git(&["branch", "--quiet", "--force", "side", &other]);
    }
    let tip = repo.id("HEAD");
    repo.write("flags/k.yaml", &FLAG.replace("40", "60"));
    let late = repo.commit_at(DAYS[2], "late");
    assert_ne!(tip, late);
    let output = roll(&repo, &["--commit", &late, "--branch", "side"]).exits(2);
    assert!(
        output
            .stderr
            .contains("is no ancestor of the branch `side`"),
        "{output}"
    );
}

#[test]
fn a_flag_that_is_left_against_the_request_is_a_no() {
    let repositories = Repositories::new();
    let broken = "default_value: [\n";
    let other = FLAG.replace("40", "50");
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(broken)), ("flags/j.yaml", Some(FLAG))],
        &[
            ("flags/k.yaml", Some(FLAG)),
            ("flags/j.yaml", Some(&other)),
            ("flags/new.yaml", Some(FLAG)),
        ],
    ];
    let repo = history(&repositories, &files);
    let output = roll(&repo, &["--to", "HEAD^"]).exits(1);
    assert!(output.stdout.contains("k: its file had errors"), "{output}");
    assert_eq!(repo.read("flags/j.yaml"), FLAG);
    // One that did not exist is named, and no more.
    let repo_of = Repositories::new();
    let files: [Files<'_>; 2] = [
        &[("flags/j.yaml", Some(FLAG))],
        &[
            ("flags/j.yaml", Some(&other)),
            ("flags/new.yaml", Some(FLAG)),
        ],
    ];
    let repo = history(&repo_of, &files);
    let output = roll(&repo, &["--to", "HEAD^"]).exits(0);
    assert!(output.stderr.contains("`new` did not exist"), "{output}");
}

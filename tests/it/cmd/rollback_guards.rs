//! `rollback` where it takes away what protects an environment: what that asked for is asked for.
#![cfg(unix)]

use super::rollback_inverse::{DAYS, Files, history, refused, roll};
use crate::support::git::{Repositories, TestRepo};

const PATH: &str = "flags/environments.yaml";
const ONE: &str = "environments:\n  development: {}\n";

/// A project with one flag or none, whose last commit adds to the environments.
fn begun(repositories: &Repositories, flag: &str, files: [&str; 2]) -> TestRepo {
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "");
    if !flag.is_empty() {
        repo.write("flags/k.yaml", flag);
    }
    for (text, day) in files.iter().zip(DAYS) {
        repo.write(PATH, text);
        repo.commit_at(day, day);
    }
    repo
}

/// The last commit cannot be undone without a reason and a confirmation, on a look and in earnest.
fn is_held_to_it(repo: &TestRepo) {
    let head = repo.id("HEAD");
    let undo = |words: &[&str]| roll(repo, &[&["--commit", "HEAD"], words].concat());
    let asked: [(&[&str], &str); 3] = [
        (&[], "add `--reason TEXT` and `--confirm qa`"),
        (&["--reason", "r"], "add `--confirm qa`"),
        (&["--confirm", "qa"], "add `--reason TEXT`"),
    ];
    for (words, told) in asked {
        let output = undo(words).exits(2);
        assert!(output.stderr.contains(told), "{output}");
        assert!(output.stderr.contains("rollback protection"), "{output}");
        let look = undo(&[words, &["--dry-run"]].concat()).exits(0);
        assert!(look.to_string().contains(told), "{look}");
    }
    // A name that is wrong is wrong on a look too.
    let wrong = ["--reason", "r", "--confirm", "qu"];
    for output in [undo(&wrong), undo(&[&wrong[..], &["--dry-run"]].concat())] {
        let output = output.exits(2);
        let told = "there is no such environment";
        assert!(output.stderr.contains(told), "{output}");
        assert!(output.stderr.contains("`qa`"), "{output}");
    }
    assert_eq!(repo.id("HEAD"), head);
    let said = ["--reason", "r", "--confirm", "qa"];
    undo(&[&said[..], &["--dry-run"]].concat()).exits(0);
    undo(&said).exits(0);
    assert_eq!(repo.read(PATH), repo.show("HEAD~2", PATH));
}

#[test]
fn an_environment_that_goes_is_protected_to_the_end() {
    let qa = "  qa: {rollback_protection: true, parent: development, auto_sync: true}\n";
    let served = "default_value: false\nenvironments:\n  development: true\n";
    // Where no flag serves anything there, it is protected all the same.
    for flag in [served, ""] {
        let repositories = Repositories::new();
        let with = format!("{ONE}{qa}");
        let repo = begun(&repositories, flag, [ONE, &with]);
        is_held_to_it(&repo);
    }
}

#[test]
fn protection_is_not_taken_away_unsaid() {
    let flag = "default_value: false\nenvironments: {development: true, qa: true}\n";
    let bare = format!("{ONE}  qa: {{}}\n");
    let held = "  qa: {rollback_protection: true}\n";
    let both = "  qa: {rollback_protection: true, approval_required: true}\n";
    for (before, after) in [
        (bare.clone(), format!("{ONE}{held}")),
        (format!("{ONE}{held}"), format!("{ONE}{both}")),
    ] {
        let repositories = Repositories::new();
        is_held_to_it(&begun(&repositories, flag, [&before, &after]));
    }
    // An environment that needs approval and no more says so.
    let repositories = Repositories::new();
    let approved = format!("{ONE}  qa: {{approval_required: true}}\n");
    let repo = begun(&repositories, flag, [&bare, &approved]);
    let output = roll(&repo, &["--commit", "HEAD"]).exits(0);
    assert!(
        output.to_string().contains("changes of qa need approval"),
        "{output}"
    );
    // More protection wants nothing said, where nothing is served otherwise.
    roll(&repo, &["--commit", "HEAD"]).exits(0);
    assert!(repo.read(PATH).contains("approval_required: true"));
}

#[test]
fn a_broken_file_is_no_way_around() {
    let flag = "default_value: false\nenvironments: {development: true, qa: true}\n";
    let repositories = Repositories::new();
    let held = format!("{ONE}  qa: {{rollback_protection: true}}\n");
    let repo = begun(
        &repositories,
        flag,
        [&held, &held.replace("  qa", "  # Testers.\n  qa")],
    );
    for text in ["environments: [", &format!("{flag}nothing: true\n")] {
        repo.write("flags/k.yaml", text);
        repo.commit_at(DAYS[2], "broken");
        let output = roll(&repo, &["--commit", "HEAD"]).exits(2);
        let told = "add `--reason TEXT` and `--confirm qa`";
        assert!(output.stderr.contains(told), "{output}");
        let said = ["--commit", "HEAD", "--reason", "r", "--confirm", "qa"];
        roll(&repo, &said).exits(0);
        assert_eq!(repo.read("flags/k.yaml"), flag);
    }
}

const DE: &str = "conditions: [{attribute: country, operator: equals, value: DE}]";

fn project(repositories: &Repositories, texts: &[&str]) -> TestRepo {
    let files: Vec<[(&str, Option<&str>); 1]> = texts
        .iter()
        .map(|text| [("flags/k.yaml", Some(*text))])
        .collect();
    let files: Vec<Files<'_>> = files.iter().map(|files| &files[..]).collect();
    history(repositories, &files)
}

/// Whom a rule of today gives the off value are not served what the others have been given since.
#[test]
fn those_whom_a_rule_keeps_out_are_not_let_in() {
    let deny = format!("{{name: deny, {DE}, value: false}}");
    let us = "{name: us, conditions: [{attribute: country, operator: in, value: [US]}]}";
    let eu = "{name: eu, conditions: [{attribute: country, operator: in, value: [DE, FR]}]";
    let wide = deny.replace("equals, value: DE", "in, value: [DE, FR]");
    let entry = |rules: &[&str], share: u32| {
        format!(
            "default_value: false\nenvironments:\n  production: {{enabled: true, percentage: {share}, targeting_rules: [{}]}}\n",
            rules.join(", ")
        )
    };
    let (eu_5, eu_all) = (format!("{eu}, percentage: 5}}"), format!("{eu}}}"));
    let cases = [
        // To none, to another rule, and with a rule that takes more of them.
        (
            [entry(&[], 5), entry(&[&deny], 5), entry(&[&deny], 100)],
            "the loss of rule deny",
        ),
        (
            [
                entry(&[&eu_5], 5),
                entry(&[&deny, &eu_5], 5),
                entry(&[&deny, &eu_all], 5),
            ],
            "the loss of rule deny",
        ),
        (
            [entry(&[&deny], 5), entry(&[&wide], 5), entry(&[&wide], 100)],
            "the loss of rule deny",
        ),
    ];
    for (texts, told) in &cases {
        let repositories = Repositories::new();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let repo = project(&repositories, &texts);
        refused(
            &repo,
            &["--commit", "HEAD^"],
            &["`k` would be served to more people", told],
        );
    }
    // Who is served no more than before the commit may be; and others' rules are others' rules.
    let sound = [
        [entry(&[], 5), entry(&[&deny], 5), entry(&[&deny], 4)],
        [
            entry(&[us], 5),
            entry(&[&deny, us], 5),
            entry(&[&deny, us], 5),
        ],
        [
            entry(&[&us.replace("]}]", "]}], percentage: 1")], 5),
            entry(&[&deny, &us.replace("]}]", "]}], percentage: 1")], 5),
            entry(&[&deny, us], 5),
        ],
        [
            entry(&[&eu_all], 5),
            entry(&[&deny, &eu_all], 5),
            entry(&[&deny, &eu_all], 100),
        ],
    ];
    for texts in &sound {
        let repositories = Repositories::new();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let repo = project(&repositories, &texts);
        roll(&repo, &["--commit", "HEAD^"]).exits(0);
        assert!(!repo.read("flags/k.yaml").contains("deny"));
    }
}

/// A rule that serves the off value serves nobody, however many the default is served to.
#[test]
fn a_rule_of_their_own_counts_before_what_everybody_gets() {
    let flag = |default: bool, own: &str| {
        format!(
            "default_value: {default}\noff_value: false\ntargeting_rules: [{{name: eu, {DE}, value: true, gradual: {{start: 2026-11-11T12:00:00Z, increment: 10, every: 1d}}}}]\nenvironments:\n  production: {{enabled: true{own}}}\n"
        )
    };
    let own = format!(", targeting_rules: [{{name: eu, {DE}, value: false}}]");
    let repositories = Repositories::new();
    let texts = [flag(false, ""), flag(false, &own), flag(true, &own)];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let repo = project(&repositories, &texts);
    let told = [
        "`k` would be served to more people",
        "in production by rule eu",
    ];
    refused(&repo, &["--commit", "HEAD^"], &told);
}

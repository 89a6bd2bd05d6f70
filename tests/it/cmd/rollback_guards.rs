//! `rollback` where it takes away what protects an environment: what that asked for is asked for.
#![cfg(unix)]

use super::rollback_inverse::{DAYS, roll};
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

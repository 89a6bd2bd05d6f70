//! `rollback --commit` of what broke a flag's file: as long as it is what the commit made it, it comes
//! back as a whole.
#![cfg(unix)]

use super::rollback_inverse::{DAYS, FLAG, Files, history, refused, roll};
use crate::support::git::{Repositories, TestRepo};

const PATH: &str = "flags/k.yaml";

/// A project whose last commit makes something else of a flag's file.
fn broken(repositories: &Repositories, before: &str, after: &str) -> TestRepo {
    let files: [Files<'_>; 2] = [&[(PATH, Some(before))], &[(PATH, Some(after))]];
    history(repositories, &files)
}

#[test]
fn it_comes_back_byte_for_byte() {
    let texts = [
        "environments: [".to_owned(),
        String::new(),
        format!("{FLAG}default_value: true\n"),
        // Of these, much can be read.
        format!("{FLAG}  nowhere: true\n"),
        format!("{FLAG}nothing: true\n"),
        format!("{FLAG}targeting_rules: [{{conditions: 5}}]\n"),
        FLAG.replace("40", "4000"),
    ];
    let before = format!("# Slowly.\n{FLAG}");
    for text in &texts {
        let repositories = Repositories::new();
        let repo = broken(&repositories, &before, text);
        let output = roll(&repo, &["--commit", "HEAD"]).exits(0);
        let told = "wholly as it was at";
        assert!(output.to_string().contains(told), "{output}");
        assert_eq!(repo.read(PATH), before, "{text}");
        assert_eq!(repo.git(&["diff", "HEAD~2", "HEAD"]), "", "{text}");
        repo.ffctl(&["validate"]).exits(0);
    }
}

#[test]
fn it_is_refused_where_something_else_may_be_lost() {
    let repositories = Repositories::new();
    let text = format!("{FLAG}  staging: [\n");
    let repo = broken(&repositories, FLAG, &text);
    let told = ["comes back as a whole only", "leave out `--env`"];
    refused(&repo, &["--commit", "HEAD", "--env", "production"], &told);
    // It was edited again, and is broken still.
    repo.write(PATH, &text.replace("40", "50"));
    repo.commit_at(DAYS[2], "again");
    let told = ["have errors", "mend them first", "`ffctl validate`"];
    refused(&repo, &["--commit", "HEAD^"], &told);
    // The newer commit found it broken.
    refused(
        &repo,
        &["--commit", "HEAD"],
        &["`k` cannot be understood at"],
    );
    repo.write(PATH, &FLAG.replace("40", "50"));
    repo.commit_at(DAYS[3], "mended");
    let told = ["`k` cannot be understood at", "rollback --to REV --flag k"];
    refused(&repo, &["--commit", "HEAD~2"], &told);
}

#[test]
fn a_kill_switch_in_it_is_not_lifted_unasked() {
    let kill = "kill_switch: {reason: fire, at: 2026-11-12T12:00:00Z}\n";
    for text in [
        format!("{kill}{FLAG}  staging: ["),
        format!("{kill}{FLAG}  nowhere: 1\n"),
    ] {
        let repositories = Repositories::new();
        let repo = broken(&repositories, FLAG, &text);
        let told = ["may hold a kill switch", "`--lift-kill-switches`"];
        refused(&repo, &["--commit", "HEAD"], &told);
        roll(&repo, &["--commit", "HEAD", "--lift-kill-switches"]).exits(0);
        assert_eq!(repo.read(PATH), FLAG);
    }
}

#[test]
fn a_ramp_in_it_is_held_at_what_it_gave_then() {
    let ramp = "default_value: false\nenvironments:\n  production:\n    gradual: {start: 2026-11-10T12:00:00Z, increment: 10, every: 1d}\n";
    for (words, held) in [(&[][..], true), (&["--resume"], false)] {
        let repositories = Repositories::new();
        let repo = broken(&repositories, ramp, &format!("{ramp}  staging: ["));
        roll(&repo, &[&["--commit", "HEAD"], words].concat()).exits(0);
        let text = repo.read(PATH);
        assert_eq!(text.contains("percentage: 30"), held, "{text}");
        assert_eq!(text == ramp, !held, "{text}");
    }
}

#[test]
fn what_it_depends_on_elsewhere_stays_as_it_is_today() {
    let path = "flags/flag-dependencies.yaml";
    let needs =
        "dependencies:\n  - flag: k\n    depends_on: [{flag: base, required_value: true}]\n";
    let base = "default_value: false\nenvironments: {development: true, production: true}\n";
    let text = format!("{FLAG}  staging: [\n");
    let repositories = Repositories::new();
    let files: [Files<'_>; 3] = [
        &[(PATH, Some(FLAG)), ("flags/base.yaml", Some(base))],
        &[(PATH, Some(&text))],
        &[(path, Some(needs))],
    ];
    let repo = history(&repositories, &files);
    roll(&repo, &["--commit", "HEAD^"]).exits(0);
    assert_eq!(repo.read(PATH), FLAG);
    assert_eq!(repo.read(path), needs);
}

#[test]
fn back_to_a_revision_what_it_depended_on_elsewhere_is_back_too() {
    let path = "flags/flag-dependencies.yaml";
    let needs =
        "dependencies:\n  - flag: k\n    depends_on: [{flag: base, required_value: true}]\n";
    let base = "default_value: false\nenvironments: {development: true, production: true}\n";
    let text = format!("{FLAG}  staging: [\n");
    let repositories = Repositories::new();
    let files: [Files<'_>; 2] = [
        &[
            (PATH, Some(FLAG)),
            ("flags/base.yaml", Some(base)),
            (path, Some(needs)),
        ],
        &[(PATH, Some(&text)), (path, Some("dependencies: []\n"))],
    ];
    let repo = history(&repositories, &files);
    for words in [["--to", "HEAD^"], ["--commit", "HEAD"]] {
        roll(&repo, &words).exits(0);
        assert_eq!(repo.read(PATH), FLAG);
        assert!(repo.read(path).contains("flag: base"), "{words:?}");
        repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    }
}

#[test]
fn what_was_created_broken_goes() {
    let repositories = Repositories::new();
    let text = format!("{FLAG}  staging: [");
    let files: [Files<'_>; 2] = [&[("flags/other.yaml", Some(FLAG))], &[(PATH, Some(&text))]];
    let repo = history(&repositories, &files);
    let output = roll(&repo, &["--commit", "HEAD"]).exits(0);
    assert!(output.to_string().contains("goes as a whole"), "{output}");
    assert_eq!(repo.git(&["diff", "HEAD~2", "HEAD"]), "");
}

#[test]
fn an_entry_that_was_on_for_nobody_is_off() {
    let idle = "default_value: false\nenvironments:\n  production:\n    enabled: true\n";
    let repositories = Repositories::new();
    let repo = broken(&repositories, idle, &format!("{idle}    percentage: ["));
    roll(&repo, &["--commit", "HEAD"]).exits(0);
    assert_eq!(repo.read(PATH), idle.replace("true", "false"));
}

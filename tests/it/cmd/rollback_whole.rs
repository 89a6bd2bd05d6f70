//! `rollback` of whole catalogs, and where its commit is.
#![cfg(unix)]

use super::rollback::{ENVIRONMENTS, NEW, OLD, SINCE, THEN, done, file, project, roll};
use crate::support::git::{Repositories, TestRepo};

#[test]
fn nothing_is_written_on_a_look_and_no_commit_only_writes() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let before = repo.id("HEAD");
    let look = roll(&repo, &["--to", "v1.2.3", "--dry-run", "--json"])
        .exits(0)
        .json();
    assert_eq!(look["format"], "ffctl.rollback/v1");
    assert_eq!(look["status"], "planned");
    let served = look["served"].as_array().unwrap();
    let production = served
        .iter()
        .find(|row| row["environment"] == "production")
        .unwrap();
    assert!(
        production["then"].as_str().unwrap().starts_with("25%"),
        "{production}"
    );
    assert!(
        production["now"].as_str().unwrap().starts_with("75%"),
        "{production}"
    );
    assert_eq!(production["then"], production["after"]);
    assert_eq!(repo.read("flags/checkout.yaml"), NEW);
    done(&repo, &["--to", "v1.2.3", "--no-commit"]);
    assert_eq!(repo.id("HEAD"), before);
    assert_eq!(repo.status(), [" M flags/checkout.yaml"]);
}

#[test]
fn the_commit_may_be_on_another_branch() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["branch", "calm"]);
    done(&repo, &["--to", "HEAD^", "--branch", "calm"]);
    assert_eq!(repo.read("flags/checkout.yaml"), NEW);
    assert_eq!(
        repo.show("calm", "flags/checkout.yaml"),
        OLD.replace("payments", "others")
    );
    done(
        &repo,
        &["--deployment-id", "deploy-20240115", "--branch", "main-2"],
    )
    .exits(0);
}

/// The example catalog, as committed, with a change in every file that has a share.
fn example(repositories: &Repositories) -> TestRepo {
    let repo = repositories.init("example");
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec!["ffctl.toml".to_owned()];
    for entry in walkdir::WalkDir::new(source.join("flags")) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(source).unwrap();
            files.push(path.to_str().unwrap().to_owned());
        }
    }
    let text = |file: &String| std::fs::read_to_string(source.join(file)).unwrap();
    for file in &files {
        repo.write(file, &text(file));
    }
    repo.commit_at(THEN, "begin");
    let mut changed = 0;
    for file in &files {
        let other = text(file)
            .replace("percentage: 25", "percentage: 35")
            .replace("percentage: 100", "percentage: 90")
            .replace("development: true", "development: false");
        changed += usize::from(other != text(file));
        repo.write(file, &other);
    }
    assert!(changed > 10, "{changed}");
    repo.git(&[
        "rm",
        "--quiet",
        "--force",
        "flags/chat/chat_typing_indicator.yaml",
    ]);
    repo.commit_at(SINCE, "more");
    repo
}

#[test]
fn the_rulesets_are_those_of_then() {
    let repositories = Repositories::new();
    let repo = example(&repositories);
    let export = |environment: &str, more: &[&str]| {
        let words = ["export", "--format", "ruleset", "--env", environment];
        repo.ffctl(&[&words[..], more].concat()).exits(0).stdout
    };
    let environments = ["development", "staging", "production"];
    let then = environments.map(|name| export(name, &["--rev", "HEAD^"]));
    let since = environments.map(|name| export(name, &[]));
    assert!((0..3).all(|at| then[at] != since[at]));
    done(&repo, &["--to", "HEAD^", "--resume"]);
    assert_eq!(environments.map(|name| export(name, &[])), then);
    done(&repo, &["--commit", "HEAD", "--resume"]);
    assert_eq!(environments.map(|name| export(name, &[])), since);
    // One environment alone: the others stay as they are, and what is gone as a whole stays so.
    let words = ["--to", "HEAD~3", "--resume", "--env", "production"];
    roll(&repo, &words).exits(1);
    let is = environments.map(|name| export(name, &[]));
    assert_eq!((&is[0], &is[1]), (&since[0], &since[1]));
    assert_ne!(is[2], since[2]);
    done(&repo, &["--commit", "HEAD", "--resume"]);
    assert_eq!(environments.map(|name| export(name, &[])), since);
}

#[test]
fn a_revision_is_looked_up_once_however_branches_move() {
    let repositories = Repositories::new();
    let (_, here) = repositories.remote_and_clone(|repo| {
        repo.write("ffctl.toml", "");
        repo.write("flags/environments.yaml", ENVIRONMENTS);
        repo.write(
            &file("mine"),
            "default_value: false\nenvironments: {staging: false}\n",
        );
        repo.write(
            &file("theirs"),
            "default_value: false\nenvironments: {staging: true}\n",
        );
        repo.commit("begin");
    });
    let remote = TestRepo {
        path: repositories.path("remote.git"),
    };
    here.ffctl(&[
        "enable", "--flag", "mine", "--env", "staging", "--commit", "--push",
    ])
    .exits(0);
    let there = repositories.clone_of(&remote, "there");
    there
        .ffctl(&[
            "disable", "--flag", "theirs", "--env", "staging", "--commit", "--push",
        ])
        .exits(0);
    here.ffctl(&["rollback", "--flag", "mine", "--to", "HEAD~1", "--push"])
        .exits(0);
    let flag = |name: &str| remote.show("main", &file(name));
    assert!(flag("mine").contains("staging: false"), "{}", flag("mine"));
    assert!(
        !flag("theirs").contains("staging: true"),
        "{}",
        flag("theirs")
    );
    // So is a commit to be undone.
    there.git(&["pull", "--quiet"]);
    there
        .ffctl(&[
            "enable", "--flag", "theirs", "--env", "staging", "--commit", "--push",
        ])
        .exits(0);
    here.ffctl(&["rollback", "--commit", "HEAD", "--push"])
        .exits(0);
    assert!(!flag("mine").contains("staging: false"), "{}", flag("mine"));
    assert!(
        flag("theirs").contains("staging: true"),
        "{}",
        flag("theirs")
    );
}

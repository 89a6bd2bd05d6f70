//! What `rollback` says where less is done than was asked for, or more.
#![cfg(unix)]

use super::rollback::{NEW, OLD, begun, done, file, project, roll};
use crate::support::Output;
use crate::support::git::{Repositories, TestRepo};

const OTHER: &str = "default_value: false\nenvironments: {development: true, production: false}\n";

#[track_caller]
fn told(output: Output, status: i32, words: &[&str]) {
    let text = output.exits(status).to_string();
    for word in words {
        assert!(text.contains(word), "`{word}` is not in {text}");
    }
}

#[test]
fn a_version_is_a_tag_whatever_branches_are_called() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["branch", "1.2.3"]);
    let output = done(&repo, &["--to-version", "1.2.3"]);
    assert!(output.stdout.contains("to v1.2.3"), "{output}");
    assert!(repo.read(&file("checkout")).contains("percentage: 25"));
}

#[test]
fn what_stays_killed_is_named() {
    let repositories = Repositories::new();
    let repo = begun(&repositories, &[("checkout", OLD), ("other", OTHER)], &[]);
    repo.write(
        &file("checkout"),
        &format!("{OLD}kill_switch: {{at: 2026-11-11T00:00:00Z, reason: it leaks, until: 2027-01-01T00:00:00Z, by: ada}}\n"),
    );
    repo.commit("kill");
    let words = [
        "development, production and staging stay killed",
        "--lift-kill-switches",
    ];
    // Asked for by name and left, or one of all.
    let named = roll(&repo, &["--to", "v1.2.3", "--flag", "checkout"]);
    told(named, 1, &words);
    told(roll(&repo, &["--to", "v1.2.3"]), 0, &words);
    let lifted = [
        "--to",
        "v1.2.3",
        "--flag",
        "checkout",
        "--lift-kill-switches",
    ];
    done(&repo, &lifted);
    assert_eq!(repo.read(&file("checkout")), OLD);
}

#[test]
fn a_shallow_clone_does_not_know_a_deployment() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
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
    let tip = clone.id("HEAD");
    let output = roll(&clone, &["--deployment-id", "deploy-20240115"]);
    told(
        output,
        2,
        &["this clone is shallow", "git fetch --unshallow"],
    );
    assert_eq!(clone.id("HEAD"), tip);
}

#[test]
fn a_squash_of_several_commits_is_warned_of() {
    let repositories = Repositories::new();
    let repo = begun(&repositories, &[("checkout", OLD), ("other", OTHER)], &[]);
    repo.write(&file("checkout"), NEW);
    repo.write(&file("other"), &OTHER.replace("true", "false"));
    let message = "Squashed\n\n    deploy\n\n    Action: deploy\n    Deployment-Id: d1\n\n    off\n\n    Action: disable\n";
    repo.commit(message);
    let output = done(&repo, &["--deployment-id", "d1"]);
    assert!(output.stderr.contains("as a squash merge does"), "{output}");
}

#[test]
fn a_file_that_cannot_be_understood_and_was_not_there_is_left_and_named() {
    let repositories = Repositories::new();
    let repo = begun(&repositories, &[("checkout", OLD)], &[]);
    repo.write(&file("bad"), "environments: [\n");
    repo.commit("bad");
    for words in [
        &["--to", "v1.2.3", "--flag", "bad"][..],
        &["--to", "v1.2.3", "--prune"],
    ] {
        told(roll(&repo, words), 1, &["bad", "cannot be understood"]);
    }
}

#[test]
fn a_key_with_two_files_was_no_flag() {
    let repositories = Repositories::new();
    let repo = begun(
        &repositories,
        &[("checkout", OLD), ("more/checkout", OLD), ("other", OTHER)],
        &[("more/checkout", None)],
    );
    let output = roll(&repo, &["--to", "v1.2.3", "--flag", "checkout"]);
    told(output, 1, &["had errors at v1.2.3"]);
}

#[test]
fn a_flag_with_the_salt_of_one_that_stands_is_not_pruned() {
    let repositories = Repositories::new();
    let like = format!("salt: checkout\n{OLD}");
    let repo = begun(
        &repositories,
        &[("checkout", OLD), ("other", OTHER)],
        &[("like", Some(&like)), ("other", None)],
    );
    let output = roll(&repo, &["--to", "v1.2.3", "--prune"]);
    told(output, 1, &["like: it may be a flag under a new key"]);
    assert_eq!(repo.read(&file("like")), like);
}

#[test]
fn files_that_serve_it_already_and_are_not_committed_are_named() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    done(&repo, &["--to", "v1.2.3", "--no-commit"]);
    for words in [
        &["--to", "v1.2.3"][..],
        &["--to", "v1.2.3", "--flag", "checkout"],
    ] {
        let output = roll(&repo, words);
        told(
            output,
            0,
            &["nothing", "`flags/checkout.yaml` is not committed"],
        );
    }
}

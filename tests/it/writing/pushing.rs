//! `--push`: races that are lost, and remotes that refuse.

use ffctl::ops::{PushedTo, WriteOptions, WriteReport, write};

use super::{FLAG, add, add_line, assert_tidy, notes, options, remote_and_clone, usage};
use crate::support::git::{Repositories, TestRepo, hermetic};

fn pushing(repo: &TestRepo) -> WriteOptions {
    WriteOptions {
        push: true,
        ..options(repo)
    }
}

/// Adds a line; while it is planned, for the first `races` times, another clone pushes.
fn add_while_others_push(
    options: &WriteOptions,
    other: &TestRepo,
    races: usize,
) -> anyhow::Result<WriteReport<()>> {
    let mut calls = 0;
    write(options, |root| {
        calls += 1;
        if calls <= races {
            other.git(&["pull", "--quiet", "--rebase"]);
            other.write("theirs.txt", &calls.to_string());
            other.write(FLAG, &format!("{}theirs{calls}: 1\n", other.read(FLAG)));
            other.commit(&format!("theirs {calls}"));
            other.git(&["push", "--quiet", "origin", "main"]);
        }
        add(root, FLAG, "new: 1")
    })
}

#[test]
fn a_commit_is_pushed() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        let report = add_line(&pushing(&here)).unwrap();
        let to = PushedTo {
            remote: "origin".to_owned(),
            branch: "main".to_owned(),
        };
        assert_eq!(report.pushed, Some(to));
        assert_eq!(remote.id("main"), here.id("main"));
        assert_eq!(here.id("origin/main"), here.id("main"));
    });
}

#[test]
fn a_lost_race_is_run_again_and_the_checkout_follows() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        let other = repositories.clone_of(&remote, "other");
        here.write("staged.txt", "2\n");
        here.git(&["add", "staged.txt"]);
        here.write("other.txt", "changed\n");
        let before = here.status();
        let report = add_while_others_push(&pushing(&here), &other, 1).unwrap();
        assert!(report.notes.is_empty(), "{:?}", report.notes);
        assert_eq!(remote.log("main"), ["add new: 1", "theirs 1", "begin"]);
        assert_eq!(here.id("HEAD"), remote.id("main"));
        assert_eq!(here.status(), before);
        assert_eq!(here.read(FLAG), "new: 1\nold: 1\nlast: 1\ntheirs1: 1\n");
        assert_eq!(report.commit.unwrap().id, here.id("HEAD"));
        assert_tidy(&here);
    });
}

#[test]
fn a_branch_with_commits_of_its_own_is_left() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        let other = repositories.clone_of(&remote, "other");
        here.write("mine.txt", "1\n");
        here.commit("mine");
        let report = add_while_others_push(&pushing(&here), &other, 1).unwrap();
        assert_eq!(here.log("HEAD"), ["add new: 1", "mine", "begin"]);
        // What was not pushed before is not pushed by the way.
        assert_eq!(remote.log("main"), ["add new: 1", "theirs 1", "begin"]);
        assert!(notes(&report)[0].starts_with("others pushed first"));
        let hint = report.notes[0].hint.as_deref();
        assert_eq!(hint, Some("run `git pull --rebase origin main`"));
        here.git(&["pull", "--quiet", "--rebase", "origin", "main"]);
        assert_eq!(
            here.log("HEAD"),
            ["mine", "add new: 1", "theirs 1", "begin"]
        );
    });
}

#[test]
fn five_races_are_run_again_and_no_sixth() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        let other = repositories.clone_of(&remote, "other");
        let error = add_while_others_push(&pushing(&here), &other, 9).unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.contains("others pushed to it first, 6 times"),
            "{error}"
        );
        assert!(error.contains("is on `main` here only"), "{error}");
        assert_eq!(remote.log("main").first().unwrap(), "theirs 6");
        assert_eq!(here.log("main"), ["add new: 1", "begin"]);
        assert_tidy(&here);
    });
}

#[test]
fn a_refusal_is_no_lost_race() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        remote.hook("pre-receive", "echo 'main is protected'; exit 1");
        let error = add_line(&pushing(&here)).unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.contains("pre-receive hook declined: main is protected"),
            "{error}"
        );
        assert_eq!(here.log("main"), ["add new: 1", "begin"]);
    });
}

#[test]
fn what_is_on_no_branch_cannot_be_pushed() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (_remote, here) = remote_and_clone(&repositories);
        here.git(&["checkout", "--quiet", "--detach"]);
        let error = usage(add_line(&pushing(&here)));
        assert_eq!(
            error.message,
            "no branch is checked out that could be pushed"
        );
        here.git(&["checkout", "--quiet", "--orphan", "fresh"]);
        let error = usage(add_line(&pushing(&here)));
        assert!(error.message.contains("has no commit yet"));
        here.git(&["checkout", "--quiet", "--force", "main"]);
        here.git(&["remote", "remove", "origin"]);
        let error = usage(add_line(&pushing(&here)));
        assert_eq!(error.message, "there is no remote to push to");
        assert!(here.status().is_empty());
    });
}

#[test]
fn another_branch_is_pushed_past_others() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        let other = repositories.clone_of(&remote, "other");
        here.git(&["checkout", "--quiet", "-b", "work"]);
        let options = WriteOptions {
            branch: Some("main".to_owned()),
            ..pushing(&here)
        };
        add_while_others_push(&options, &other, 2).unwrap();
        assert_eq!(
            remote.log("main"),
            ["add new: 1", "theirs 2", "theirs 1", "begin"]
        );
        assert_eq!(here.id("main"), remote.id("main"));
        assert_eq!(here.log("work"), ["begin"]);
        let options = WriteOptions {
            branch: Some("fresh".to_owned()),
            ..pushing(&here)
        };
        add_line(&options).unwrap();
        assert_eq!(remote.log("fresh"), ["add new: 1", "begin"]);
        assert_tidy(&here);
    });
}

#[test]
fn a_remote_that_cannot_be_reached_is_an_error() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        std::fs::remove_dir_all(&remote.path).unwrap();
        let error = format!("{:#}", add_line(&pushing(&here)).unwrap_err());
        assert!(error.contains("is on `main` here only"), "{error}");
        assert!(
            error.contains("cannot push to `main` of `origin`"),
            "{error}"
        );
    });
}

#[test]
fn clones_that_push_at_once_all_arrive() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, _here) = remote_and_clone(&repositories);
        let names = ["one", "two", "three"];
        let clones = names.map(|name| repositories.clone_of(&remote, name));
        std::thread::scope(|scope| {
            for (clone, name) in clones.iter().zip(names) {
                let options = pushing(clone);
                let line = format!("{name}: 1");
                scope.spawn(move || write(&options, |root| add(root, FLAG, &line)).unwrap());
            }
        });
        assert_eq!(remote.log("main").len(), 4);
        assert_eq!(remote.show("main", FLAG).lines().count(), 5);
    });
}

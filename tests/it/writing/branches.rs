//! `--branch`: commits on other branches, the checkout untouched.

use ffctl::ops::{WriteOptions, write};

use super::{FLAG, add, add_line, assert_tidy, options, project, usage};
use crate::support::git::{Repositories, TestRepo, hermetic};

fn on(repo: &TestRepo, branch: &str) -> WriteOptions {
    WriteOptions {
        branch: Some(branch.to_owned()),
        ..options(repo)
    }
}

#[test]
fn a_branch_gets_the_commit_and_the_checkout_nothing() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.write(FLAG, "dirty: 1\n");
        repo.write("staged.txt", "2\n");
        repo.git(&["add", "staged.txt"]);
        let before = repo.status();
        let report = add_line(&on(&repo, "new/branch")).unwrap();
        assert_eq!(report.commit.unwrap().id, repo.id("new/branch"));
        write(&on(&repo, "new/branch"), |root| add(root, FLAG, "newer: 1")).unwrap();
        assert_eq!(
            repo.log("new/branch"),
            ["add newer: 1", "add new: 1", "begin"]
        );
        assert_eq!(
            repo.show("new/branch", FLAG),
            "newer: 1\nnew: 1\nold: 1\nlast: 1\n"
        );
        assert_eq!(
            (repo.status(), repo.read(FLAG).as_str()),
            (before, "dirty: 1\n")
        );
        assert_tidy(&repo);
    });
}

#[test]
fn a_branch_that_is_checked_out_is_refused() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.git(&["worktree", "add", "--quiet", "-b", "side", "../linked"]);
        let here = usage(add_line(&on(&repo, "main")));
        assert_eq!(
            here.hint.unwrap(),
            "leave out `--branch`, and use `--commit`"
        );
        let linked = repositories.path("linked");
        let there = usage(add_line(&on(&repo, "side")));
        assert!(there.hint.unwrap().contains(linked.to_str().unwrap()));
    });
}

#[test]
fn a_branch_without_the_project_is_refused() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = repositories.init("here");
        repo.commit("empty");
        repo.git(&["branch", "bare"]);
        repo.write("ffctl.toml", "");
        repo.commit("begin");
        let error = usage(add_line(&on(&repo, "bare")));
        assert!(error.message.ends_with("does not have this project"));
        assert_tidy(&repo);
    });
}

#[test]
fn a_hook_that_refuses_leaves_the_branch() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.git(&["branch", "side"]);
        repo.hook("pre-commit", "exit 1");
        add_line(&on(&repo, "side")).unwrap_err();
        assert_eq!(repo.log("side"), ["begin"]);
        repo.hook(
            "pre-commit",
            "sed -i 's/new: 1/new: 2/' flags/a.yaml\ngit add flags/a.yaml",
        );
        let report = add_line(&on(&repo, "side")).unwrap();
        assert_eq!(report.changed_by_hook, [FLAG]);
        assert_eq!(repo.log("side"), ["begin"]);
        assert_tidy(&repo);
    });
}

#[test]
fn what_a_killed_run_left_is_swept() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        let stale = repositories.path("ffctl-stale/worktree");
        let stale = stale.to_str().unwrap();
        repo.git(&["worktree", "add", "--quiet", "--detach", stale]);
        repo.write(".git/ffctl/worktree", stale);
        add_line(&on(&repo, "side")).unwrap();
        assert!(!repositories.path("ffctl-stale").exists());
        assert_tidy(&repo);
    });
}

#[test]
fn a_name_that_git_does_not_take_is_refused() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        for name in ["a..b", "-x", "a b", "x.lock"] {
            let error = usage(add_line(&WriteOptions {
                branch: Some(name.to_owned()),
                ..options(&repo)
            }));
            assert_eq!(error.message, format!("`{name}` is no name for a branch"));
        }
    });
}

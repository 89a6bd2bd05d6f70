//! Commits in the checkout: exactly the plan's files, whatever else there is.

use ffctl::ops::{CommitMode, WriteOptions, WriteStatus, write};

use super::{FLAG, add, add_line, assert_tidy, options, project, usage};
use crate::support::git::{Repositories, TestRepo, hermetic};

fn commit_of(repo: &TestRepo, path: &str) {
    assert_eq!(
        repo.git(&["show", "--format=", "--name-only", "HEAD"]),
        path
    );
}

#[test]
fn what_else_is_staged_or_changed_stays_so() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.write("staged.txt", "2\n");
        repo.git(&["add", "staged.txt"]);
        repo.write("other.txt", "changed\n");
        repo.write("flags/untracked.yaml", "x: 1\n");
        let before = repo.status();
        let report = add_line(&options(&repo)).unwrap();
        assert_eq!(report.status, WriteStatus::Committed);
        let commit = report.commit.unwrap();
        assert_eq!(commit.id, repo.id("HEAD"));
        assert_eq!(commit.branch.as_deref(), Some("main"));
        assert_eq!(repo.status(), before);
        commit_of(&repo, FLAG);
        let message = repo.git(&["log", "-1", "--format=%B"]);
        assert_eq!(message, "add new: 1\n\nAction: add\nReason: a test");
        let again = add_line(&options(&repo)).unwrap();
        assert_eq!(again.status, WriteStatus::Nothing);
        assert_tidy(&repo);
    });
}

#[test]
fn new_and_removed_files_are_committed_by_odd_names_too() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.write("flags/:(glob)x.yaml", "old: 1\n");
        repo.commit("odd");
        repo.write("staged.txt", "2\n");
        repo.git(&["add", "staged.txt"]);
        let report = write(&options(&repo), |root| {
            let mut planned = add(root, "flags/deep/a b *.yaml", "new: 1")?;
            let mut gone = add(root, "flags/:(glob)x.yaml", "new: 1")?;
            gone.files[0].after = None;
            planned.files.append(&mut gone.files);
            Ok(planned)
        });
        assert_eq!(report.unwrap().status, WriteStatus::Committed);
        let shown = repo.git(&[
            "show",
            "--format=",
            "--name-status",
            "-z",
            "--no-renames",
            "HEAD",
        ]);
        let shown: Vec<&str> = shown.split_terminator('\0').collect();
        let wanted = ["D", "flags/:(glob)x.yaml", "A", "flags/deep/a b *.yaml"];
        assert_eq!(shown, wanted);
        assert_eq!(repo.status(), ["M  staged.txt"]);
    });
}

#[test]
fn a_message_replaces_the_subject_alone() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        let options = WriteOptions {
            message: Some("#12: mine".to_owned()),
            ..options(&repo)
        };
        add_line(&options).unwrap();
        let message = repo.git(&["log", "-1", "--format=%B"]);
        assert_eq!(message, "#12: mine\n\nAction: add\nReason: a test");
    });
}

#[test]
fn settings_decide_where_no_option_does() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        let options = WriteOptions {
            commit: CommitMode::Settings,
            ..options(&repo)
        };
        assert_eq!(add_line(&options).unwrap().status, WriteStatus::Written);
        repo.git(&["checkout", "--quiet", FLAG]);
        repo.write("ffctl.toml", "[git]\ncommit = true\n");
        assert_eq!(add_line(&options).unwrap().status, WriteStatus::Committed);
        assert_eq!(repo.status(), [" M ffctl.toml"]);
        repo.write("ffctl.toml", "[git]\nprotected_branches = [\"main\"]\n");
        let options = super::options(&repo);
        let report = write(&options, |root| add(root, FLAG, "newer: 1")).unwrap();
        assert_eq!(report.status, WriteStatus::Committed);
        assert!(
            report.warnings[0]
                .message
                .starts_with("`main` is protected")
        );
    });
}

#[test]
fn a_dry_run_writes_nothing() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        for branch in [None, Some("elsewhere".to_owned())] {
            let options = WriteOptions {
                dry_run: true,
                branch,
                ..options(&repo)
            };
            let report = add_line(&options).unwrap();
            assert_eq!(report.status, WriteStatus::Planned);
            assert_eq!(report.planned.files.len(), 1);
        }
        assert_eq!(repo.log("main"), ["begin"]);
        assert!(repo.status().is_empty());
        assert_eq!(repo.git(&["branch", "--list", "elsewhere"]), "");
        assert_tidy(&repo);
    });
}

#[test]
fn a_file_with_changes_of_its_own_is_refused() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.write(FLAG, "old: 2\n");
        let unstaged = usage(add_line(&options(&repo)));
        repo.git(&["add", FLAG]);
        let staged = usage(add_line(&options(&repo)));
        let message = "`flags/a.yaml` has changes that are not committed";
        assert_eq!((unstaged.message.as_str(), &unstaged), (message, &staged));
        assert_eq!(repo.read(FLAG), "old: 2\n");
        let options = WriteOptions {
            commit: CommitMode::No,
            ..options(&repo)
        };
        assert_eq!(add_line(&options).unwrap().status, WriteStatus::Written);
    });
}

#[test]
fn an_ignored_new_file_is_refused_with_its_rule() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.write(".gitignore", "\n*.tmp.yaml\n!/flags/kept.tmp.yaml\n");
        repo.commit("ignore");
        let result = write(&options(&repo), |root| {
            add(root, "flags/b.tmp.yaml", "new: 1")
        });
        let error = usage(result);
        assert_eq!(
            error.message,
            "Git ignores `flags/b.tmp.yaml`, so it cannot be committed"
        );
        assert!(error.hint.unwrap().contains(".gitignore:2: *.tmp.yaml"));
        assert!(!repo.path.join("flags/b.tmp.yaml").exists());
        write(&options(&repo), |root| {
            add(root, "flags/kept.tmp.yaml", "new: 1")
        })
        .unwrap();
        assert!(repo.status().is_empty());
    });
}

#[test]
fn in_the_middle_of_a_merge_nothing_is_committed() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.git(&["checkout", "--quiet", "-b", "side"]);
        repo.write("other.txt", "side\n");
        repo.commit("side");
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
        let error = usage(add_line(&options(&repo)));
        assert_eq!(
            error.message,
            "a merge is under way, and no commit can be made in it"
        );
        assert_eq!(repo.status(), ["M  other.txt"]);
    });
}

#[test]
fn the_first_commit_and_a_detached_head_are_committed_to() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = repositories.init("here");
        repo.write("ffctl.toml", "");
        repo.write("staged.txt", "1\n");
        repo.git(&["add", "staged.txt"]);
        add_line(&options(&repo)).unwrap();
        commit_of(&repo, FLAG);
        assert_eq!(repo.status(), ["A  staged.txt", "?? ffctl.toml"]);
        repo.git(&["checkout", "--quiet", "--detach"]);
        let report = write(&options(&repo), |root| add(root, FLAG, "newer: 1")).unwrap();
        assert_eq!(report.commit.unwrap().branch, None);
        assert_eq!(repo.log("HEAD"), ["add newer: 1", "add new: 1"]);
        assert_eq!(repo.log("main"), ["add new: 1"]);
    });
}

#[test]
fn a_project_may_be_a_part_of_its_repository() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = repositories.init("here");
        repo.write("services/web shop/ffctl.toml", "");
        repo.write("services/web shop/flags/a.yaml", "old: 1\n");
        repo.commit("begin");
        let options = WriteOptions {
            folder: repo.path.join("services/web shop/flags"),
            ..options(&repo)
        };
        add_line(&options).unwrap();
        commit_of(&repo, "services/web shop/flags/a.yaml");
        let other = WriteOptions {
            branch: Some("other".to_owned()),
            ..options
        };
        write(&other, |root| add(root, FLAG, "newer: 1")).unwrap();
        assert_eq!(repo.log("other"), ["add newer: 1", "add new: 1", "begin"]);
        assert_tidy(&repo);
    });
}

#[test]
fn linked_working_trees_and_submodules_are_repositories_of_their_own() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        let linked = TestRepo {
            path: repositories.path("linked"),
        };
        repo.git(&["worktree", "add", "--quiet", "-b", "side", "../linked"]);
        add_line(&options(&linked)).unwrap();
        assert_eq!(repo.log("side"), ["add new: 1", "begin"]);
        assert_eq!(repo.log("main"), ["begin"]);
        assert!(linked.status().is_empty() && repo.status().is_empty());

        let outer = repositories.init("outer");
        outer.write("ffctl.toml", "");
        outer.git(&["submodule", "--quiet", "add", "../here/.git", "flags"]);
        outer.commit("begin");
        let path = "flags/flags/a.yaml";
        let report = write(&options(&outer), |root| add(root, path, "new: 1")).unwrap();
        let inner = TestRepo {
            path: outer.path.join("flags"),
        };
        assert_eq!(report.commit.unwrap().id, inner.id("HEAD"));
        assert_eq!(outer.status(), [" M flags"]);
        let options = WriteOptions {
            branch: Some("side".to_owned()),
            ..options(&outer)
        };
        let error = usage(write(&options, |root| add(root, path, "newer: 1")));
        assert!(
            error
                .message
                .starts_with("`flags` is a repository of its own")
        );
    });
}

#[test]
fn without_git_files_are_written_and_commits_refused() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = TestRepo {
            path: repositories.path("plain"),
        };
        repo.write("ffctl.toml", "");
        repo.write(FLAG, "old: 1\n");
        let error = usage(add_line(&options(&repo)));
        assert!(error.message.starts_with("there is nothing to commit to"));
        let options = WriteOptions {
            commit: CommitMode::Preferred,
            ..options(&repo)
        };
        assert_eq!(add_line(&options).unwrap().status, WriteStatus::Written);
        assert_eq!(repo.read(FLAG), "new: 1\nold: 1\n");
        let entries = std::fs::read_dir(&repo.path).unwrap().count();
        assert_eq!(entries, 2, "ffctl.toml and flags");
    });
}

#[test]
fn a_file_edited_while_it_is_planned_is_planned_again() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        let options = WriteOptions {
            commit: CommitMode::No,
            ..options(&repo)
        };
        let mut calls = 0;
        write(&options, |root| {
            calls += 1;
            let planned = add(root, FLAG, "new: 1");
            if calls == 1 {
                repo.write(FLAG, "edited: 1\n");
            }
            planned
        })
        .unwrap();
        assert_eq!(
            (calls, repo.read(FLAG).as_str()),
            (2, "new: 1\nedited: 1\n")
        );
    });
}

#[test]
fn runs_at_once_lose_nothing() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.git(&["branch", "side"]);
        std::thread::scope(|scope| {
            for number in 0..6 {
                let options = WriteOptions {
                    branch: (number % 3 == 0).then(|| "side".to_owned()),
                    ..options(&repo)
                };
                let line = format!("line{number}: 1");
                scope.spawn(move || write(&options, |root| add(root, FLAG, &line)).unwrap());
            }
        });
        assert_eq!((repo.log("main").len(), repo.log("side").len()), (5, 3));
        assert_eq!(repo.read(FLAG).lines().count(), 6);
        assert!(repo.status().is_empty());
        assert_tidy(&repo);
    });
}

//! Emergencies: the release branch first, whatever is in the way here.

use ffctl::ops::{CommitMode, InForce, WriteOptions, WriteStatus, write};

use super::{FLAG, add, add_line, assert_tidy, emergency, notes, project, remote_and_clone};
use crate::support::git::{Repositories, TestRepo, hermetic};

const BEFORE: &str = "old: 1\nlast: 1\n";
const AFTER: &str = "new: 1\nold: 1\nlast: 1\n";
const SETTINGS: &str = "[git]\nrelease_branch = \"main\"\nprotected_branches = [\"main\"]\n";

fn with_settings(repo: &TestRepo) {
    repo.write("ffctl.toml", SETTINGS);
    repo.commit("settings");
}

fn pushing(repo: &TestRepo) -> WriteOptions {
    WriteOptions {
        push: true,
        ..emergency(repo)
    }
}

#[test]
fn a_clean_checkout_of_the_branch_follows() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        with_settings(&repo);
        repo.write("staged.txt", "2\n");
        repo.git(&["add", "staged.txt"]);
        let report = add_line(&emergency(&repo)).unwrap();
        assert_eq!(report.in_force, Some(InForce::Committed));
        assert_eq!(repo.log("main"), ["add new: 1", "settings", "begin"]);
        assert_eq!(repo.status(), ["M  staged.txt"]);
        assert_eq!(repo.read(FLAG), AFTER);
        let again = add_line(&emergency(&repo)).unwrap();
        assert_eq!((again.status, again.in_force), (WriteStatus::Nothing, None));
        assert_tidy(&repo);
    });
}

#[test]
fn a_dirty_file_keeps_its_changes_and_the_commit_has_none_of_them() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.write(FLAG, "old: 1\nlast: 1\ndirty: 1\n");
        add_line(&emergency(&repo)).unwrap();
        assert_eq!(repo.show("main", FLAG), AFTER);
        assert_eq!(repo.show("", FLAG), AFTER);
        assert_eq!(repo.read(FLAG), "new: 1\nold: 1\nlast: 1\ndirty: 1\n");
        assert_eq!(repo.status(), [" M flags/a.yaml"]);
    });
}

#[test]
fn what_is_staged_gets_the_edit_too() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.write(FLAG, "old: 1\nlast: 1\nstaged: 1\n");
        repo.git(&["add", FLAG]);
        repo.write(FLAG, "old: 1\nlast: 1\nstaged: 1\ndirty: 1\n");
        let report = add_line(&emergency(&repo)).unwrap();
        assert!(report.notes.is_empty(), "{:?}", report.notes);
        assert_eq!(repo.show("main", FLAG), AFTER);
        assert_eq!(repo.show("", FLAG), "new: 1\nold: 1\nlast: 1\nstaged: 1\n");
        assert_eq!(
            repo.read(FLAG),
            "new: 1\nold: 1\nlast: 1\nstaged: 1\ndirty: 1\n"
        );
    });
}

#[test]
fn another_branch_that_is_checked_out_is_left_alone() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        with_settings(&repo);
        repo.git(&["checkout", "--quiet", "-b", "work"]);
        repo.write(FLAG, "broken: [\n");
        add_line(&emergency(&repo)).unwrap();
        assert_eq!(repo.log("main"), ["add new: 1", "settings", "begin"]);
        assert_eq!(repo.log("work"), ["settings", "begin"]);
        assert_eq!(repo.read(FLAG), "broken: [\n");
    });
}

#[test]
fn another_working_tree_that_has_the_branch_follows() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        with_settings(&repo);
        repo.git(&["worktree", "add", "--quiet", "-b", "work", "../linked"]);
        let linked = TestRepo {
            path: repositories.path("linked"),
        };
        repo.write(FLAG, "old: 1\nlast: 1\ndirty: 1\n");
        add_line(&emergency(&linked)).unwrap();
        assert_eq!(repo.log("main"), ["add new: 1", "settings", "begin"]);
        assert_eq!(repo.read(FLAG), "new: 1\nold: 1\nlast: 1\ndirty: 1\n");
        assert_eq!(repo.status(), [" M flags/a.yaml"]);
        assert_eq!(linked.read(FLAG), BEFORE);
    });
}

#[test]
fn a_detached_head_moves() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.git(&["checkout", "--quiet", "--detach"]);
        add_line(&emergency(&repo)).unwrap();
        assert_eq!(repo.log("HEAD"), ["add new: 1", "begin"]);
        assert_eq!(repo.log("main"), ["begin"]);
        assert!(repo.status().is_empty());
    });
}

#[test]
fn it_is_made_in_the_middle_of_a_merge() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.git(&["checkout", "--quiet", "-b", "side"]);
        repo.write(FLAG, "old: side\nlast: 1\n");
        repo.commit("side");
        repo.git(&["checkout", "--quiet", "main"]);
        repo.write(FLAG, "old: main\nlast: 1\n");
        repo.commit("main");
        assert!(!repo.try_git(&["merge", "--quiet", "side"]).status.success());
        let conflict = repo.read(FLAG);
        let report = add_line(&emergency(&repo)).unwrap();
        assert_eq!(repo.log("main"), ["add new: 1", "main", "begin"]);
        assert_eq!(repo.read(FLAG), conflict);
        let notes = notes(&report);
        assert_eq!(
            notes[0],
            "`flags/a.yaml` has a conflict: the edit is not staged"
        );
        assert!(notes[1].contains("has conflict marks"));
    });
}

#[test]
fn a_push_brings_a_branch_along_that_is_behind() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        let other = repositories.clone_of(&remote, "other");
        other.write("other.txt", "theirs\n");
        other.commit("theirs");
        other.git(&["push", "--quiet"]);
        let report = add_line(&pushing(&here)).unwrap();
        assert_eq!(report.in_force, Some(InForce::Pushed));
        assert_eq!(remote.log("main"), ["add new: 1", "theirs", "begin"]);
        assert_eq!(here.id("HEAD"), remote.id("main"));
        assert!(here.status().is_empty());
    });
}

#[test]
fn a_branch_that_cannot_follow_is_left_and_its_file_edited() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        here.write("mine.txt", "1\n");
        here.commit("mine");
        let report = add_line(&pushing(&here)).unwrap();
        assert_eq!(report.in_force, Some(InForce::Pushed));
        assert_eq!(remote.log("main"), ["add new: 1", "begin"]);
        assert_eq!(here.log("main"), ["mine", "begin"]);
        assert_eq!(here.read(FLAG), AFTER);
        assert!(notes(&report)[0].contains("cannot follow"));
    });
}

#[test]
fn a_rejected_push_becomes_a_branch() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        remote.hook("update", "test \"$1\" != refs/heads/main");
        let report = add_line(&pushing(&here)).unwrap();
        let Some(InForce::OnBranch(branch)) = report.in_force else {
            panic!("{:?}", report.in_force);
        };
        assert!(branch.starts_with("ffctl/emergency/a-flag-"));
        assert_eq!(remote.log(&branch), ["add new: 1", "begin"]);
        assert_eq!(here.log("main"), ["begin"]);
        assert_eq!(here.read(FLAG), AFTER);
        assert_eq!(report.commit.unwrap().branch, Some(branch));
    });
}

#[test]
fn without_the_remote_it_is_committed_here() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        std::fs::remove_dir_all(&remote.path).unwrap();
        let report = add_line(&pushing(&here)).unwrap();
        assert_eq!(report.in_force, Some(InForce::Committed));
        assert_eq!(report.pushed, None);
        assert_eq!(here.log("main"), ["add new: 1", "begin"]);
        assert!(here.status().is_empty());
        let hints: Vec<_> = report
            .notes
            .iter()
            .filter_map(|note| note.hint.as_deref())
            .collect();
        assert!(hints[0].starts_with("`git push origin "), "{hints:?}");
    });
}

#[test]
fn a_release_branch_known_from_the_remote_alone_is_made_here() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (_remote, here) = remote_and_clone(&repositories);
        here.git(&["checkout", "--quiet", "-b", "work"]);
        with_settings(&here);
        here.git(&["branch", "--quiet", "-D", "main"]);
        add_line(&emergency(&here)).unwrap();
        assert_eq!(here.log("main"), ["add new: 1", "begin"]);
    });
}

#[test]
fn without_a_commit_the_working_file_alone_is_written() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        with_settings(&repo);
        repo.git(&["checkout", "--quiet", "-b", "work"]);
        repo.write(FLAG, "dirty: 1\n");
        let options = WriteOptions {
            commit: CommitMode::No,
            ..emergency(&repo)
        };
        let report = add_line(&options).unwrap();
        assert_eq!(report.in_force, Some(InForce::Written));
        assert_eq!(repo.read(FLAG), "new: 1\ndirty: 1\n");
        let plain = TestRepo {
            path: repositories.path("plain"),
        };
        plain.write("ffctl.toml", "");
        let report = add_line(&emergency(&plain)).unwrap();
        assert_eq!(report.in_force, Some(InForce::Written));
        assert_eq!(plain.read(FLAG), "new: 1\n");
    });
}

#[test]
fn others_who_push_first_are_passed() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        let other = repositories.clone_of(&remote, "other");
        let mut first = true;
        let report = write(&pushing(&here), |root| {
            if std::mem::take(&mut first) {
                other.write("theirs.txt", "1\n");
                other.commit("theirs");
                other.git(&["push", "--quiet"]);
            }
            add(root, FLAG, "new: 1")
        });
        assert_eq!(report.unwrap().in_force, Some(InForce::Pushed));
        assert_eq!(remote.log("main"), ["add new: 1", "theirs", "begin"]);
        assert_eq!(here.id("main"), remote.id("main"));
        assert!(here.status().is_empty());
        assert_tidy(&here);
    });
}

#[test]
fn what_somebody_else_did_first_is_in_force() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        let other = repositories.clone_of(&remote, "other");
        let mut first = true;
        let report = write(&pushing(&here), |root| {
            let planned = add(root, FLAG, "new: 1");
            if std::mem::take(&mut first) {
                other.write(FLAG, AFTER);
                other.commit("theirs");
                other.git(&["push", "--quiet"]);
            }
            planned
        });
        let report = report.unwrap();
        assert_eq!(report.in_force, Some(InForce::Pushed));
        assert_eq!(report.status, WriteStatus::Nothing);
        assert_eq!(remote.log("main"), ["theirs", "begin"]);
        assert_eq!(here.log("main"), ["begin"]);
    });
}

#[test]
fn a_dry_run_moves_nothing() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        let plain = TestRepo {
            path: repositories.path("plain"),
        };
        plain.write("ffctl.toml", "");
        plain.write(FLAG, BEFORE);
        for repo in [&repo, &plain] {
            let options = WriteOptions {
                dry_run: true,
                ..emergency(repo)
            };
            let report = add_line(&options).unwrap();
            assert_eq!(
                (report.status, report.in_force),
                (WriteStatus::Planned, None)
            );
            assert_eq!(repo.read(FLAG), BEFORE);
        }
        assert_eq!(repo.log("main"), ["begin"]);
        assert_tidy(&repo);
    });
}

#[test]
fn a_branch_that_moves_meanwhile_is_built_on_again() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        let mut first = true;
        let report = write(&emergency(&repo), |root| {
            if std::mem::take(&mut first) {
                repo.write("mine.txt", "1\n");
                repo.commit("mine");
            }
            add(root, FLAG, "new: 1")
        });
        let report = report.unwrap();
        assert_eq!(report.in_force, Some(InForce::Committed));
        assert!(report.notes.is_empty(), "{:?}", report.notes);
        assert_eq!(repo.log("main"), ["add new: 1", "mine", "begin"]);
        assert!(repo.status().is_empty());
    });
}

#[test]
fn what_no_branch_can_have_gets_one() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        here.write("mine.txt", "1\n");
        here.commit("mine");
        here.hook("pre-push", "exit 1");
        let report = add_line(&pushing(&here)).unwrap();
        assert_eq!(report.in_force, Some(InForce::Committed));
        let branch = report.commit.unwrap().branch.unwrap();
        assert_eq!(here.log(&branch), ["add new: 1", "begin"]);
        assert_eq!(here.log("main"), ["mine", "begin"]);
        assert_eq!(remote.log("main"), ["begin"]);
        assert_eq!(here.read(FLAG), AFTER);
    });
}

#[test]
fn a_working_file_that_does_not_get_the_edit_is_told_loudly() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.write(FLAG, "broken: [\n");
        let root = std::fs::canonicalize(&repo.path).unwrap();
        let report = write(&emergency(&repo), |at| {
            let mut planned = add(at, FLAG, "new: 1")?;
            if at == root {
                planned.files.clear();
            }
            Ok(planned)
        })
        .unwrap();
        assert_eq!(report.in_force, Some(InForce::Committed));
        assert_eq!(repo.read(FLAG), "broken: [\n");
        let [warning] = report.warnings.as_slice() else {
            panic!("{:?}", report.warnings)
        };
        assert!(warning.message.contains("does NOT have the kill switch"));
        let hint = warning.hint.as_deref().unwrap_or_default();
        assert!(hint.contains("git checkout -p HEAD -- flags/a.yaml"));
    });
}

#[test]
fn a_locked_index_does_not_hide_that_the_branch_has_it() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.write(".git/index.lock", "");
        let report = add_line(&emergency(&repo)).unwrap();
        std::fs::remove_file(repo.path.join(".git/index.lock")).unwrap();
        assert_eq!(report.in_force, Some(InForce::Committed));
        assert_eq!(report.status, WriteStatus::Committed);
        assert_eq!(repo.log("main"), ["add new: 1", "begin"]);
        assert_eq!(repo.read(FLAG), AFTER);
        assert!(report.warnings[0].message.contains("staged WITHOUT"));
        repo.git(&["restore", "--staged", FLAG]);
        assert!(repo.status().is_empty());
    });
}

#[test]
fn a_branch_that_is_being_rebased_is_not_moved() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        with_settings(&repo);
        repo.git(&["checkout", "--quiet", "-b", "side", "HEAD~1"]);
        repo.write(FLAG, "old: side\nlast: 1\n");
        repo.commit("side");
        repo.git(&["checkout", "--quiet", "main"]);
        repo.write(FLAG, "old: main\nlast: 1\n");
        repo.commit("main");
        assert!(
            !repo
                .try_git(&["rebase", "--quiet", "side"])
                .status
                .success()
        );
        let before = repo.log("main");
        let report = add_line(&emergency(&repo)).unwrap();
        assert_eq!(repo.log("main"), before);
        let commit = report.commit.unwrap();
        let branch = commit.branch.unwrap();
        assert!(branch.starts_with("ffctl/emergency/"), "{branch}");
        assert!(report.warnings[0].message.contains("is being rebased"));
        let branches = repo.git(&["for-each-ref", "refs/ffctl"]);
        assert_eq!(branches.trim(), "");
    });
}

#[test]
fn it_goes_to_the_upstream_and_not_to_a_fork() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (remote, here) = remote_and_clone(&repositories);
        let fork = repositories.init_bare("fork.git");
        let url = fork.path.to_string_lossy().into_owned();
        here.git(&["remote", "add", "fork", &url]);
        here.git(&["config", "remote.pushDefault", "fork"]);
        let report = add_line(&pushing(&here)).unwrap();
        assert_eq!(report.in_force, Some(InForce::Pushed));
        assert_eq!(remote.log("main"), ["add new: 1", "begin"]);
        assert_eq!(fork.git(&["for-each-ref"]).trim(), "");
    });
}

#[test]
fn a_remote_branch_that_is_newly_made_is_not_in_force() {
    hermetic(|| {
        let repositories = Repositories::new();
        let (_remote, here) = remote_and_clone(&repositories);
        here.git(&["checkout", "--quiet", "-b", "other"]);
        let report = add_line(&pushing(&here)).unwrap();
        let branch = "other".to_owned();
        assert_eq!(report.in_force, Some(InForce::OnBranch(branch)));
        assert_eq!(here.log("other"), ["add new: 1", "begin"]);
        assert!(here.status().is_empty());
    });
}

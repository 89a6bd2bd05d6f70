//! Hooks and signing, as the user has them.

use ffctl::ops::{WriteStatus, write};

use super::{FLAG, add, add_line, assert_tidy, notes, options, project};
use crate::support::git::{Repositories, TestRepo, hermetic};

fn assert_nothing_happened(repo: &TestRepo) {
    assert_eq!(repo.log("main"), ["begin"]);
    assert!(repo.status().is_empty(), "{:?}", repo.status());
    assert_tidy(repo);
}

#[test]
fn a_hook_that_refuses_leaves_everything_as_it_was() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.hook("pre-commit", "echo 'not on a Friday'; exit 1");
        let result = write(&options(&repo), |root| {
            let mut planned = add(root, FLAG, "new: 1")?;
            let mut more = add(root, "flags/deep/b.yaml", "new: 1")?;
            planned.files.append(&mut more.files);
            Ok(planned)
        });
        let error = format!("{:#}", result.unwrap_err());
        assert!(error.contains("the files are as before"), "{error}");
        assert!(error.contains("not on a Friday"), "{error}");
        assert_nothing_happened(&repo);
        assert!(!repo.path.join("flags/deep").exists());
    });
}

#[test]
fn a_key_that_cannot_sign_leaves_everything_as_it_was() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.git(&["config", "commit.gpgsign", "true"]);
        repo.git(&["config", "gpg.program", "false"]);
        let error = format!("{:#}", add_line(&options(&repo)).unwrap_err());
        assert!(error.contains("gpg failed to sign"), "{error}");
        assert_nothing_happened(&repo);
    });
}

#[test]
fn a_hook_may_reformat() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.hook(
            "pre-commit",
            "sed -i 's/: 1/:   1/' flags/a.yaml\ngit add flags/a.yaml",
        );
        let report = add_line(&options(&repo)).unwrap();
        assert_eq!(notes(&report), ["a hook reformatted `flags/a.yaml`"]);
        assert!(report.changed_by_hook.is_empty());
        assert_eq!(repo.show("HEAD", FLAG), "new:   1\nold:   1\nlast:   1\n");
        assert!(repo.status().is_empty(), "{:?}", repo.status());
    });
}

#[test]
fn a_hook_that_changes_the_meaning_is_told_of() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.hook(
            "pre-commit",
            "sed -i 's/new: 1/new: 2/' flags/a.yaml\ngit add flags/a.yaml",
        );
        let report = add_line(&options(&repo)).unwrap();
        assert_eq!(report.status, WriteStatus::Committed);
        assert_eq!(report.changed_by_hook, [FLAG]);
    });
}

#[test]
fn a_file_that_a_refusing_hook_has_edited_is_left() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.hook("pre-commit", "sed -i 's/: 1/:   1/' flags/a.yaml; exit 1");
        let error = format!("{:#}", add_line(&options(&repo)).unwrap_err());
        assert!(
            error.contains("`flags/a.yaml` changed meanwhile"),
            "{error}"
        );
        assert_eq!(repo.read(FLAG), "new:   1\nold:   1\nlast:   1\n");
        assert_eq!(repo.log("main"), ["begin"]);
    });
}

#[test]
fn hooks_see_paths_as_the_user_writes_them() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        repo.hook("pre-commit", "test -n \"$(git ls-files 'flags/*.yaml')\"");
        assert_eq!(
            add_line(&options(&repo)).unwrap().status,
            WriteStatus::Committed
        );
    });
}

#[test]
fn a_hook_that_writes_with_ffctl_is_refused_and_does_not_wait_for_ever() {
    hermetic(|| {
        let repositories = Repositories::new();
        let repo = project(&repositories, "here");
        let test = std::env::current_exe().unwrap();
        let hook = "FFCTL_TEST_HOOK=1 \"$TEST\" --exact writing::hooks::a_writing_hook --nocapture";
        repo.hook("pre-commit", &format!("TEST='{}'\n{hook}", test.display()));
        let error = format!("{:#}", add_line(&options(&repo)).unwrap_err());
        assert!(error.contains("started by a hook of its commit"), "{error}");
        assert_nothing_happened(&repo);
    });
}

/// Not a test by itself: a hook runs it.
#[test]
fn a_writing_hook() {
    if std::env::var_os("FFCTL_TEST_HOOK").is_some() {
        let repo = TestRepo {
            path: std::env::current_dir().unwrap(),
        };
        add_line(&options(&repo)).unwrap();
    }
}

//! Plans that are stopped at every step, and what is left of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::apply::apply_with;
use super::recover::recover_with;
use super::{
    Changed, FileChange, Lock, Place, Recovered, Step, all_steps, apply, recover, recover_locked,
    undo,
};

/// Tells a run of this program that it is to apply the plan, and where.
const ROOT: &str = "FFCTL_TEST_ROOT";
/// Tells it that it is to count, and where.
const COUNT: &str = "FFCTL_TEST_COUNT";
/// Tells it that there is no space, and where.
const FULL: &str = "FFCTL_TEST_FULL";
/// At which step it is to end, as if it were killed.
const STOP: &str = "FFCTL_TEST_STOP";

fn place(root: &Path) -> Place {
    Place {
        root: root.to_owned(),
        lock: root.join("ffctl.toml"),
        journal: root.join(".ffctl-journal"),
    }
}

fn change(path: &str, before: Option<&str>, after: Option<&str>) -> FileChange {
    FileChange {
        path: path.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    }
}

/// A plan of every kind of change.
fn plan() -> Vec<FileChange> {
    vec![
        change("flags/a.yaml", Some("a: 1\n"), Some("a: 2\n")),
        change("flags/same.yaml", Some("same: 1\n"), Some("same: 1\n")),
        change("flags/deep/er/new.yaml", None, Some("new: 1\n")),
        change("flags/old.yaml", Some("old: 1\n"), None),
        change("flags/link.yaml", Some("linked: 1\n"), Some("linked: 2\n")),
    ]
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("flags")).unwrap();
    fs::write(root.join("ffctl.toml"), "").unwrap();
    fs::write(root.join("flags/a.yaml"), "a: 1\n").unwrap();
    fs::write(root.join("flags/same.yaml"), "same: 1\n").unwrap();
    fs::write(root.join("flags/old.yaml"), "old: 1\n").unwrap();
    fs::write(root.join("linked.yaml"), "linked: 1\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../linked.yaml", root.join("flags/link.yaml")).unwrap();
    #[cfg(not(unix))]
    fs::write(root.join("flags/link.yaml"), "linked: 1\n").unwrap();
    folder
}

fn lock(root: &Path) -> Lock {
    Lock::take(&place(root), None).unwrap()
}

/// Returns whether every file of the plan is new (`Some(true)`), old, or some each. A file that is
/// neither fails the test.
fn state(root: &Path) -> Option<bool> {
    let mut states = Vec::new();
    for change in plan() {
        let content = fs::read_to_string(root.join(&change.path)).ok();
        if change.before != change.after {
            assert!(
                content == change.before || content == change.after,
                "`{}` holds {content:?}",
                change.path
            );
            states.push(content == change.after);
        }
    }
    states.dedup();
    (states.len() == 1).then(|| states.first().copied().unwrap_or_default())
}

/// Returns the files and folders that the program keeps for itself.
fn strays(root: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(root).min_depth(1).into_iter();
    let paths = entries.map(|entry| entry.unwrap().into_path());
    paths
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with('.'))
        .collect()
}

/// Applies the plan in another process, which dies before its step `stop`. Returns whether it came
/// to its end.
fn run_and_die(root: &Path, stop: usize) -> bool {
    Command::new(std::env::current_exe().unwrap())
        .args(["store::tests::a_run_that_dies", "--exact"])
        .env(ROOT, root)
        .env(STOP, stop.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

/// Not a test by itself: [`run_and_die`] runs it.
#[test]
fn a_run_that_dies() {
    let (Ok(root), Ok(stop)) = (std::env::var(ROOT), std::env::var(STOP)) else {
        return;
    };
    let (root, mut left) = (PathBuf::from(root), stop.parse::<usize>().unwrap());
    let mut steps = |_: Step<'_>| {
        if left == 0 {
            std::process::abort();
        }
        left -= 1;
        Ok(())
    };
    apply_with(&place(&root), &lock(&root), &plan(), &mut steps).unwrap();
}

#[test]
fn a_plan_is_applied_as_a_whole() {
    let project = project();
    let root = project.path();
    let applied = apply(&place(root), &lock(root), &plan()).unwrap();
    assert_eq!(state(root), Some(true));
    assert!(strays(root).is_empty());
    assert_eq!(applied.changes().len(), 4);
    #[cfg(unix)]
    assert!(root.join("flags/link.yaml").is_symlink());
    let left = undo(&place(root), &lock(root), &applied).unwrap();
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(state(root), Some(false));
    assert!(!root.join("flags/deep").exists());
}

#[test]
fn a_killed_run_leaves_old_or_new_files_and_the_next_makes_them_one() {
    let (mut dropped, mut finished) = (0, 0);
    for stop in 0.. {
        let project = project();
        let root = project.path();
        let ended = run_and_die(root, stop);
        state(root);
        match recover(&place(root), None).unwrap() {
            None => assert!(ended || stop == 0),
            Some(Recovered::Dropped) => {
                assert_eq!(state(root), Some(false));
                assert!(!root.join("flags/deep").exists());
                dropped += 1;
            }
            Some(Recovered::Finished(_)) => {
                assert_eq!(state(root), Some(true));
                finished += 1;
            }
            Some(other) => panic!("{other:?}"),
        }
        assert!(strays(root).is_empty(), "{:?}", strays(root));
        if ended {
            break;
        }
    }
    assert_eq!((dropped, finished), (6, 4));
}

#[test]
fn a_killed_recovery_is_recovered_from() {
    for stop in 6..=10 {
        for second in 0.. {
            let project = project();
            let root = project.path();
            assert!(!run_and_die(root, stop));
            let mut left = second;
            // Recovery tidies nothing up when it fails: an error is as good as a kill.
            let mut steps = |_: Step<'_>| {
                left -= 1;
                if left < 0 {
                    return Err(io::Error::other("stopped"));
                }
                Ok(())
            };
            let ended = recover_with(&place(root), &lock(root), &mut steps).is_ok();
            state(root);
            recover(&place(root), None).unwrap();
            assert!(state(root).is_some());
            assert!(strays(root).is_empty());
            if ended {
                break;
            }
        }
    }
}

#[test]
fn a_failing_step_changes_nothing() {
    for stop in 0..10 {
        let project = project();
        let root = project.path();
        let mut left = stop;
        let mut steps = |_: Step<'_>| {
            left -= 1;
            if left < 0 {
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
            Ok(())
        };
        let result = apply_with(&place(root), &lock(root), &plan(), &mut steps);
        let error = format!("{:#}", result.unwrap_err());
        assert!(
            error.contains("cannot ") && error.contains("no storage space"),
            "{error}"
        );
        assert_eq!(state(root), Some(false), "{stop}");
        assert!(strays(root).is_empty());
        assert!(!root.join("flags/deep").exists());
    }
}

#[test]
fn what_was_edited_after_the_kill_is_left_and_the_rest_taken_back() {
    let project = project();
    let root = project.path();
    assert!(!run_and_die(root, 8));
    assert_eq!(state(root), None);
    fs::write(root.join("flags/link.yaml"), "mine: 1\n").unwrap();
    let recovered = recover_locked(&place(root), &lock(root)).unwrap();
    let edited = vec!["flags/link.yaml".to_owned()];
    assert_eq!(recovered, Some(Recovered::TakenBack { edited }));
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    assert_eq!(read("flags/a.yaml").as_deref(), Some("a: 1\n"));
    assert_eq!(read("flags/deep/er/new.yaml"), None);
    assert_eq!(read("flags/link.yaml").as_deref(), Some("mine: 1\n"));
}

#[test]
fn what_was_edited_after_all_was_done_is_no_reason_to_take_anything_back() {
    let project = project();
    let root = project.path();
    assert!(!run_and_die(root, 10));
    fs::write(root.join("flags/a.yaml"), "mine: 1\n").unwrap();
    let recovered = recover(&place(root), None).unwrap();
    assert!(matches!(recovered, Some(Recovered::Finished(_))));
    assert!(root.join("flags/deep/er/new.yaml").exists());
}

#[test]
fn a_file_that_is_not_what_was_read_stops_the_plan() {
    let project = project();
    let root = project.path();
    fs::write(root.join("flags/old.yaml"), "edited: 1\n").unwrap();
    let error = apply(&place(root), &lock(root), &plan()).unwrap_err();
    let path = "flags/old.yaml".to_owned();
    assert_eq!(error.downcast_ref(), Some(&Changed { path }));
    assert_eq!(
        fs::read_to_string(root.join("flags/a.yaml")).unwrap(),
        "a: 1\n"
    );
    assert!(strays(root).is_empty());
}

#[test]
fn a_file_edited_while_the_plan_is_written_stops_it_too() {
    let project = project();
    let root = project.path();
    let mut steps = |step: Step<'_>| {
        if matches!(step, Step::Beside(file) if file.ends_with("linked.yaml")) {
            fs::write(root.join("flags/a.yaml"), "edited: 1\n")?;
        }
        Ok(())
    };
    let error = apply_with(&place(root), &lock(root), &plan(), &mut steps).unwrap_err();
    assert!(error.is::<Changed>());
    assert_eq!(
        fs::read_to_string(root.join("flags/a.yaml")).unwrap(),
        "edited: 1\n"
    );
    assert!(strays(root).is_empty());
}

#[test]
#[cfg(unix)]
fn modes_are_kept_and_links_lead_nowhere_else() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let project = project();
    let root = project.path();
    let file = root.join("flags/a.yaml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let one = [change("flags/a.yaml", Some("a: 1\n"), Some("a: 3\n"))];
    apply(&place(root), &lock(root), &one).unwrap();
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o640
    );
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("x.yaml"), "x: 1\n").unwrap();
    symlink(outside.path(), root.join("flags/out")).unwrap();
    symlink(outside.path().join("x.yaml"), root.join("flags/x.yaml")).unwrap();
    for path in [
        "flags/out/x.yaml",
        "flags/x.yaml",
        "../x.yaml",
        "/x.yaml",
        "",
    ] {
        let change = [change(path, Some("x: 1\n"), Some("x: 2\n"))];
        let error = apply(&place(root), &lock(root), &change).unwrap_err();
        assert!(!error.is::<Changed>(), "{path}: {error}");
    }
    assert_eq!(
        fs::read_to_string(outside.path().join("x.yaml")).unwrap(),
        "x: 1\n"
    );
}

/// Not a test by itself: counts in the root, ten times.
#[test]
fn a_run_that_counts() {
    let Ok(root) = std::env::var(COUNT) else {
        return;
    };
    for _ in 0..10 {
        count(Path::new(&root));
    }
}

/// Reads a number and writes the next one.
fn count(root: &Path) {
    let lock = lock(root);
    let before = fs::read_to_string(root.join("flags/a.yaml")).unwrap();
    let after = (before.parse::<u32>().unwrap() + 1).to_string();
    let change = [change("flags/a.yaml", Some(&before), Some(&after))];
    apply(&place(root), &lock, &change).unwrap();
}

#[test]
fn no_process_loses_the_edit_of_another() {
    let project = project();
    let root = project.path();
    fs::write(root.join("flags/a.yaml"), "0").unwrap();
    let runs = (0..8).map(|_| {
        Command::new(std::env::current_exe().unwrap())
            .args(["store::tests::a_run_that_counts", "--exact"])
            .env(COUNT, root)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    });
    for mut run in runs.collect::<Vec<_>>() {
        assert!(run.wait().unwrap().success());
    }
    assert_eq!(fs::read_to_string(root.join("flags/a.yaml")).unwrap(), "80");
}

/// Not a test by itself: applies the plan with a large file, which does not fit.
#[test]
fn a_run_without_space() {
    let Ok(root) = std::env::var(FULL) else {
        return;
    };
    let root = PathBuf::from(root);
    let mut plan = plan();
    plan.push(change("flags/large.yaml", None, Some(&"x".repeat(1 << 20))));
    let error = apply(&place(&root), &lock(&root), &plan).unwrap_err();
    assert!(
        format!("{error:#}").contains("cannot write the journal"),
        "{error:#}"
    );
}

#[test]
#[cfg(unix)]
fn without_space_nothing_changes() {
    let project = project();
    let root = project.path();
    let script =
        "ulimit -f 64; trap '' XFSZ; exec \"$0\" store::tests::a_run_without_space --exact";
    let status = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .env(FULL, root)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(state(root), Some(false));
    assert!(strays(root).is_empty());
}

#[test]
fn a_lock_lets_one_at_a_time_through() {
    let project = project();
    let root = project.path();
    fs::write(root.join("flags/a.yaml"), "0").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10).for_each(|_| count(root)));
        }
    });
    assert_eq!(fs::read_to_string(root.join("flags/a.yaml")).unwrap(), "80");
    let held = lock(root);
    assert!(Lock::try_take(&place(root)).unwrap().is_none());
    drop(held);
    assert!(Lock::try_take(&place(root)).unwrap().is_some());
}

#[test]
fn without_a_journal_nothing_is_written_to_recover() {
    let project = project();
    let missing = project.path().join("git/ffctl");
    let place = Place {
        lock: missing.join("lock"),
        journal: missing.join("journal"),
        ..place(project.path())
    };
    assert_eq!(recover(&place, None).unwrap(), None);
    assert!(!missing.exists());
    let lock = Lock::take(&place, None).unwrap();
    apply_with(&place, &lock, &plan(), &mut all_steps).unwrap();
    assert_eq!(state(project.path()), Some(true));
}

//! The program, killed at each of its writes, and short of space at each of them.
//!
//! A tracer of system calls does the killing. Where there is none, or where it may not trace, the
//! tests say so and pass; `store::tests` stops plans at every step by other means, everywhere.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::Output;
use crate::support::git::{Repositories, TestRepo, scrubbed};
use crate::support::{ENVIRONMENTS, NOW, files_below};

/// What changes a disk, or what is open for it.
const CALLS: &str = "trace=/^(write|fsync|rename.*|unlink.*|mkdir.*|rmdir|fchmod|openat|flock)$";

/// The calls that fail where a disk is full.
const FILLS: &[&str] = &["openat", "write", "fsync", "rename", "renameat", "mkdir"];

/// The files below `flags`, with their texts.
type Files = BTreeMap<String, String>;

/// A plan of several files: a project, and a command.
struct Plan {
    files: Files,
    arguments: &'static [&'static str],
    in_git: bool,
}

/// Five flags of one tag.
fn tagged() -> Plan {
    let flag = "default_value: false\ntags: [web]\nenvironments: {staging: true}\n";
    let flags = (1..=5).map(|number| (format!("flags/f{number}.yaml"), flag.to_owned()));
    Plan {
        files: flags.collect(),
        arguments: &["disable", "--tag", "web", "--env", "staging"],
        in_git: false,
    }
}

/// A flag in a folder, and two that depend on it.
fn depended_on() -> Plan {
    let flag = "default_value: false\nenvironments: {staging: true}\n";
    let needs = format!("{flag}depends_on: [{{flag: cart, required_value: true}}]\n");
    let files = [
        ("flags/shop/cart.yaml", flag),
        ("flags/checkout.yaml", &needs),
        ("flags/till.yaml", &needs),
    ];
    Plan {
        files: files.map(|(path, text)| (path.into(), text.into())).into(),
        arguments: &["rename", "--flag", "cart", "--to", "basket"],
        in_git: true,
    }
}

/// A call of the system, and which of its kind it is in its run.
#[derive(Debug, Clone)]
struct Call {
    name: String,
    number: usize,
}

impl Plan {
    fn project(&self, repositories: &Repositories, name: &str) -> TestRepo {
        let repo = if self.in_git {
            repositories.init(name)
        } else {
            let path = repositories.path(name);
            std::fs::create_dir_all(&path).unwrap();
            TestRepo { path }
        };
        repo.write("ffctl.toml", "");
        repo.write("flags/environments.yaml", ENVIRONMENTS);
        for (path, text) in &self.files {
            repo.write(path, text);
        }
        repo
    }

    /// Runs the command under the tracer.
    fn traced(&self, repo: &TestRepo, options: &[&str]) -> Output {
        let output = scrubbed(Command::new("strace"), &repo.path)
            .args(["-f", "-qq", "-e", CALLS])
            .args(options)
            .arg(env!("CARGO_BIN_EXE_ffctl"))
            .args(self.arguments)
            .env("FFCTL_NOW", NOW)
            // Calls are counted by thread; with one reader each run is as the other.
            .env("RAYON_NUM_THREADS", "1")
            .current_dir(&repo.path)
            .output()
            .unwrap();
        Output::of(&output)
    }

    /// Returns what the files hold when all is done, and the calls from the lock on.
    fn observe(&self, repositories: &Repositories) -> (Files, Vec<Call>) {
        let repo = self.project(repositories, "observed");
        let log = repositories.path("log");
        let ran = self.traced(&repo, &["-o", log.to_str().unwrap()]);
        ran.exits(0);
        let log = std::fs::read_to_string(log).unwrap();
        let thread = |line: &str| {
            line.split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let writer = log.lines().find(|line| line.contains(" flock("));
        let writer = writer.map(thread).unwrap();
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        let mut calls = Vec::new();
        let mut is_locked = false;
        for line in log.lines().filter(|line| thread(line) == writer) {
            let call = line.split_whitespace().nth(1).unwrap_or_default();
            let name = call.split('(').next().unwrap_or_default().to_owned();
            let number = counted.entry(name.clone()).or_default();
            *number += 1;
            is_locked |= name == "flock";
            // What is merely read cannot be left half done.
            let reads = name == "openat" && !line.contains("O_CREAT");
            if is_locked && !reads {
                let number = *number;
                calls.push(Call { name, number });
            }
        }
        (files_of(&repo.path), calls)
    }

    /// Lets a call go wrong in a run, and holds what is left against what is promised.
    fn check(&self, repositories: &Repositories, done: &Files, call: &Call, fault: &str) {
        let number = call.number;
        let is_killed = fault.starts_with("signal");
        let times = if call.name == "write" && !is_killed {
            "+"
        } else {
            ""
        };
        let inject = format!("inject={}:{fault}:when={number}{times}", call.name);
        let repo = self.project(repositories, &format!("{}-{number}", call.name));
        let ran = self.traced(&repo, &["-o", "/dev/null", "-e", &inject]);
        let left = files_of(&repo.path);
        for (path, text) in &left {
            let known = [self.files.get(path), done.get(path)];
            let is_own = path.contains("/.ffctl-");
            assert!(
                is_own || known.contains(&Some(text)),
                "{inject}: `{path}` holds {text:?}"
            );
        }
        for path in self.files.keys().filter(|path| done.contains_key(*path)) {
            assert!(left.contains_key(path), "{inject}: `{path}` is gone");
        }
        if !is_killed {
            let told = ran.status == Some(0) || ran.stderr.contains("No space left on device");
            assert!(told || times == "+", "{inject}: {ran}");
        }
        repo.ffctl(&["list"]).exits(0);
        let after = files_of(&repo.path);
        assert!(
            after == self.files || after == *done,
            "{inject}: some are old and some are new: {after:#?}"
        );
        // A command that is told of as done is, and one that failed with words did nothing.
        match ran.status {
            Some(0) => assert_eq!(&after, done, "{inject}"),
            Some(_) if !ran.stderr.contains("the files are written") && times.is_empty() => {
                assert_eq!(after, self.files, "{inject}: {ran}");
            }
            _ => {}
        }
        assert_eq!(strays(&repo.path), Vec::<String>::new(), "{inject}");
        // No lock is held, and the plan can be carried out now.
        if after == self.files {
            repo.ffctl(self.arguments).exits(0);
        }
        assert_eq!(files_of(&repo.path), *done, "{inject}");
        std::fs::remove_dir_all(&repo.path).unwrap();
    }
}

/// Returns the files of the flags, but not the environments.
fn files_of(root: &Path) -> Files {
    let files = files_below(&root.join("flags")).into_iter();
    let files = files.filter(|file| !file.ends_with("environments.yaml"));
    files
        .map(|file| {
            let text = std::fs::read_to_string(&file).unwrap();
            let path = file.strip_prefix(root).unwrap();
            (path.to_str().unwrap().to_owned(), text)
        })
        .collect()
}

/// Returns what the program has left of its own, the lock's file aside.
fn strays(root: &Path) -> Vec<String> {
    let files = files_below(root).into_iter();
    let mut own: Vec<String> = files
        .map(|file| file.strip_prefix(root).unwrap().display().to_string())
        .filter(|path| path.contains("ffctl") && path != "ffctl.toml")
        .filter(|path| path != ".git/ffctl/lock")
        .collect();
    let journals = [".ffctl-journal", ".git/ffctl/journal"];
    let folders = journals.iter().filter(|path| root.join(path).exists());
    own.extend(folders.map(|path| (*path).to_owned()));
    own
}

/// Returns whether system calls can be traced here, and says so if they cannot.
fn can_trace(test: &str) -> bool {
    let status = Command::new("strace")
        .args(["-f", "-qq", "-e", CALLS, "-e", "inject=fsync:signal=KILL"])
        .args(["-o", "/dev/null", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let can = status.is_ok_and(|status| status.success());
    if !can {
        let words = "system calls cannot be traced here, so nothing was killed";
        std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("killed::{test}: {words}\n").as_bytes(),
        )
        .unwrap();
    }
    can
}

/// Carries a plan out with each of its calls killed, and each one that fills a disk failing.
fn everywhere(plan: &Plan) {
    let repositories = Repositories::new();
    let (done, calls) = plan.observe(&repositories);
    assert_ne!(done, plan.files);
    let written = calls.iter().filter(|call| call.name.starts_with("rename"));
    assert!(written.count() > plan.files.len(), "{calls:?}");
    let half = calls.len().div_ceil(2);
    std::thread::scope(|scope| {
        for (name, calls) in calls.chunks(half).enumerate() {
            let (done, repositories) = (&done, Repositories::new());
            scope.spawn(move || {
                for call in calls {
                    plan.check(&repositories, done, call, "signal=KILL");
                    if FILLS.contains(&call.name.as_str()) {
                        plan.check(&repositories, done, call, "error=ENOSPC");
                    }
                }
                drop(repositories);
                name
            });
        }
    });
}

#[test]
fn five_flags_are_all_disabled_or_none_is() {
    if can_trace("five_flags_are_all_disabled_or_none_is") {
        everywhere(&tagged());
    }
}

#[test]
fn a_flag_is_renamed_in_all_files_or_in_none() {
    if can_trace("a_flag_is_renamed_in_all_files_or_in_none") {
        everywhere(&depended_on());
    }
}

#[test]
fn every_command_that_looks_at_flags_tells_once_what_was_left() {
    const TEST: &str = "every_command_that_looks_at_flags_tells_once_what_was_left";
    if !can_trace(TEST) {
        return;
    }
    let commands: &[&[&str]] = &[
        &["list"],
        &["list", "--json"],
        &["show", "--flag", "f1"],
        &["validate"],
        &["environments"],
        &["evaluate", "--flag", "f1", "--env", "staging"],
        &["export", "--env", "staging", "--format", "ruleset"],
        &["enable", "--flag", "f1", "--env", "staging"],
        &["enable", "--flag", "f1", "--env", "staging", "--dry-run"],
        &["create", "--flag", "new"],
        &[
            "emergency-disable",
            "--flag",
            "f1",
            "--reason",
            "x",
            "--env",
            "staging",
        ],
    ];
    let plan = tagged();
    let repositories = Repositories::new();
    let (done, calls) = plan.observe(&repositories);
    let last = calls.iter().rfind(|call| call.name.starts_with("rename"));
    let Call { name, number } = last.unwrap();
    let inject = format!("inject={name}:signal=KILL:when={number}");
    for (number, arguments) in commands.iter().enumerate() {
        let repo = plan.project(&repositories, &number.to_string());
        plan.traced(&repo, &["-o", "/dev/null", "-e", &inject]);
        assert_ne!(files_of(&repo.path), done);
        let ran = repo.ffctl(arguments);
        let told = ran.stderr.matches("an ffctl that was stopped").count();
        assert_eq!(told, 1, "{arguments:?}: {ran}");
        assert!(!ran.stdout.contains("was stopped"), "{ran}");
        let after = files_of(&repo.path);
        for path in done.keys().filter(|path| !path.ends_with("f1.yaml")) {
            assert_eq!(after[path], done[path], "{arguments:?}");
        }
        assert!(
            !repo
                .ffctl(&["list"])
                .stderr
                .contains("an ffctl that was stopped")
        );
        assert_eq!(strays(&repo.path), Vec::<String>::new());
    }
}

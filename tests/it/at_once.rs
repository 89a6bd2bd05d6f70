//! Many runs of the program at the same time: no edit is lost, and none is made twice.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::git::{Repositories, TestRepo};
use crate::support::{ENVIRONMENTS, Output, files_below};

const FLAG: &str = "default_value: false\nenvironments: {staging: true}\n";

fn project(repositories: &Repositories, flags: usize) -> TestRepo {
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    for number in 0..flags {
        repo.write(&format!("flags/f{number}.yaml"), FLAG);
    }
    repo.commit("begin");
    repo
}

fn start(mut command: Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn succeed(runs: Vec<Child>) {
    for run in runs {
        Output::of(&run.wait_with_output().unwrap()).exits(0);
    }
}

/// A run that adds a rule of its own to the one flag.
fn add_rule(repo: &TestRepo, number: usize, more: &[&str]) -> Child {
    let name = format!("r{number:02}");
    let condition = format!("country in [C{number:02}]");
    let rule = ["rule", "add", "--flag", "f0", "--name", &name];
    let what = ["--when", &condition, "--value", "true"];
    start(repo.command(&[&rule[..], &what, more].concat()))
}

/// Returns how often each of the rules is there.
fn rules(repo: &TestRepo, numbers: std::ops::Range<usize>) -> Vec<usize> {
    let shown = repo.read("flags/f0.yaml");
    numbers
        .map(|number| shown.matches(&format!("name: r{number:02}\n")).count())
        .collect()
}

/// Nothing of a run is left, and the files are sound.
fn assert_tidy(root: &Path) {
    let own = files_below(root).into_iter();
    let own: Vec<_> = own
        .filter(|path| path.file_name().unwrap() != "ffctl.toml")
        .filter(|path| {
            path.strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .contains("ffctl")
        })
        .collect();
    let lock = root.join(".git/ffctl/lock");
    assert!(own.iter().all(|path| *path == lock), "{own:?}");
    let repo = TestRepo {
        path: root.to_owned(),
    };
    repo.ffctl(&["validate"]).exits(0);
}

#[test]
fn fifty_runs_change_fifty_flags() {
    let repositories = Repositories::new();
    let repo = project(&repositories, 50);
    let runs = (0..50).map(|number| {
        let (flag, share) = (format!("f{number}"), (number + 1).to_string());
        let what = ["--env", "staging", "--percentage", &share];
        start(repo.command(&[&["enable", "--flag", &flag][..], &what].concat()))
    });
    succeed(runs.collect());
    for number in 0..50 {
        let text = repo.read(&format!("flags/f{number}.yaml"));
        let wanted = format!("percentage: {}", number + 1);
        let is_it = |part: &str| part.trim() == wanted;
        assert_eq!(
            text.split(['{', '}', ',', '\n'])
                .filter(|part| is_it(part))
                .count(),
            1,
            "{text}"
        );
    }
    assert_tidy(&repo.path);
}

#[test]
fn fifty_runs_change_one_flag() {
    let repositories = Repositories::new();
    let repo = project(&repositories, 1);
    succeed((0..50).map(|number| add_rule(&repo, number, &[])).collect());
    assert_eq!(rules(&repo, 0..50), [1; 50]);
    assert_tidy(&repo.path);
}

#[test]
fn a_killed_run_holds_nobody_up() {
    let repositories = Repositories::new();
    let repo = project(&repositories, 1);
    let mut runs: Vec<Child> = (0..50).map(|number| add_rule(&repo, number, &[])).collect();
    // Whatever it is at by now: waiting, reading or writing.
    let mut killed = runs.remove(25);
    killed.kill().unwrap();
    killed.wait().unwrap();
    succeed(runs);
    repo.ffctl(&["list"]).exits(0);
    let mut found = rules(&repo, 0..50);
    assert!(found.remove(25) <= 1);
    assert_eq!(found, [1; 49]);
    assert_tidy(&repo.path);
}

#[test]
fn ten_runs_that_commit_make_ten_commits_in_a_line() {
    let repositories = Repositories::new();
    let repo = project(&repositories, 1);
    repo.write("mine.txt", "1\n");
    repo.git(&["add", "mine.txt"]);
    let runs = (0..10).map(|number| add_rule(&repo, number, &["--commit"]));
    succeed(runs.collect());
    assert_eq!(rules(&repo, 0..10), [1; 10]);
    let mut subjects = repo.log("main");
    assert_eq!(subjects.pop().as_deref(), Some("begin"));
    subjects.sort();
    let wanted: Vec<String> = (0..10)
        .map(|number| format!("rule add r{number:02} of f0"))
        .collect();
    assert_eq!(subjects, wanted);
    assert_eq!(
        repo.git(&["rev-list", "--count", "--min-parents=2", "main"]),
        "0"
    );
    // Each commit has the rules of those before it and one more.
    let log = repo.git(&["log", "--format=%h", "--reverse", "main"]);
    for (number, commit) in log.lines().enumerate() {
        let text = repo.show(commit, "flags/f0.yaml");
        assert_eq!(text.matches("name: r").count(), number);
    }
    assert_eq!(repo.status(), ["A  mine.txt"]);
    assert_tidy(&repo.path);
}

#[test]
fn who_waits_for_long_is_told() {
    let repositories = Repositories::new();
    let repo = project(&repositories, 1);
    let said = |run: &mut Child| BufReader::new(run.stderr.take().unwrap()).lines();
    let is_it = |line: &String| line == "waiting for another ffctl that is at work here";
    std::fs::create_dir_all(repo.path.join(".git/ffctl")).unwrap();
    let lock = std::fs::File::create(repo.path.join(".git/ffctl/lock")).unwrap();
    lock.lock().unwrap();
    let quiet = add_rule(&repo, 1, &["--quiet"]);
    let mut run = add_rule(&repo, 2, &[]);
    let mut lines = said(&mut run).map(Result::unwrap);
    assert!(lines.any(|line| is_it(&line)));
    assert_eq!(rules(&repo, 1..3), [0, 0]);
    drop(lock);
    assert!(run.wait().unwrap().success());
    let quiet = Output::of(&quiet.wait_with_output().unwrap()).exits(0);
    assert_eq!(quiet.without_clock(), "");
    let mut swift = add_rule(&repo, 3, &[]);
    assert!(
        !said(&mut swift)
            .map(Result::unwrap)
            .any(|line| is_it(&line))
    );
    assert!(swift.wait().unwrap().success());
    assert_eq!(rules(&repo, 1..4), [1, 1, 1]);
}

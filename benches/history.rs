//! The history of 2,000 flags over 20,000 commits, beside what `git` takes for the same.
//!
//! `cargo bench --bench history` prints a line a command: CPU time of the program and its children,
//! best and median of several runs. Numbers of flags and commits can be given as arguments. Linux
//! only: it reads /proc.
#![expect(clippy::disallowed_methods, reason = "benchmarks make their own files")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod support {
    pub(crate) mod catalog;
    pub(crate) mod clock;
    pub(crate) mod history;
}

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use support::clock::children_cpu;
use support::{catalog, history};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|one| one.parse().ok());
    let flags: usize = numbers.next().unwrap_or(2_000);
    let commits: usize = numbers.next().unwrap_or(20_000);
    let folder = std::env::temp_dir().join(format!("ffctl-history-{}", std::process::id()));
    history::write(&folder, flags, commits).expect("git makes a repository");
    let number = flags / 2;
    let key = catalog::key(number);
    let path = format!("flags/team_{:02}/{key}.yaml", number % 40);
    println!(
        "{:<44} {:>9} {:>9} {:>9} {:>9}",
        "command", "cpu best", "median", "wall best", "median"
    );
    commands(&folder, &key, &path);
    let graph = ["commit-graph", "write", "--reachable", "--changed-paths"];
    history::git(&folder, &graph).expect("git writes a commit-graph");
    println!("with a commit-graph and changed paths");
    commands(&folder, &key, &path);
    fs::remove_dir_all(&folder).expect("the temporary folder can be removed");
}

fn commands(folder: &Path, key: &str, path: &str) {
    let ffctl = env!("CARGO_BIN_EXE_ffctl");
    // Far enough back for half of the flags to differ.
    let then = "HEAD~1000";
    let back = vec!["rollback", "--to", then, "--dry-run"];
    let cases: [(&str, &str, Vec<&str>); 10] = [
        ("git log -- path", "git", vec!["log", "--", path]),
        ("ffctl log --flag", ffctl, vec!["log", "--flag", key]),
        ("ffctl blame --flag", ffctl, vec!["blame", "--flag", key]),
        ("ffctl log -n 10", ffctl, vec!["log", "-n", "10"]),
        ("git log --raw", "git", vec!["log", "--raw"]),
        (
            "git log --raw -- flags",
            "git",
            vec!["log", "--raw", "--", "flags"],
        ),
        ("ffctl log", ffctl, vec!["log"]),
        ("git diff --stat", "git", vec!["diff", "--stat", then]),
        ("ffctl diff", ffctl, vec!["diff", then]),
        ("ffctl rollback --to --dry-run", ffctl, back),
    ];
    // What is kept from one run to the next is not there the first time.
    let _ = fs::remove_file(folder.join(".git/ffctl/history"));
    tell(
        "ffctl log, the first time",
        vec![run(folder, ffctl, &["log"])],
    );
    for (name, program, arguments) in cases {
        tell(
            name,
            (0..5).map(|_| run(folder, program, &arguments)).collect(),
        );
    }
}

fn tell(name: &str, mut runs: Vec<(f64, f64)>) {
    let middle = runs.len() / 2;
    let mut column = |value: fn(&(f64, f64)) -> f64| {
        runs.sort_by(|a, b| value(a).total_cmp(&value(b)));
        (value(&runs[0]), value(&runs[middle]))
    };
    let (cpu, wall) = (column(|run| run.0), column(|run| run.1));
    println!(
        "{name:<44} {:>8.3}s {:>8.3}s {:>8.3}s {:>8.3}s",
        cpu.0, cpu.1, wall.0, wall.1
    );
}

/// Runs a program once and returns its CPU time and its wall time.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> (f64, f64) {
    let before = children_cpu();
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .status()
        .expect("the program starts");
    assert!(status.success(), "{program} {arguments:?}: {status}");
    (children_cpu() - before, start.elapsed().as_secs_f64())
}

//! Whole runs of the program on 10,000 flags: CPU time, wall time and peak memory.
//!
//! `cargo bench --bench whole_process` prints a line a command: best and median of several runs.
//! Another number of flags can be given as an argument. Linux only: it reads /proc.
#![expect(clippy::disallowed_methods, reason = "benchmarks make their own files")]
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench prints its figures"
)]

mod support {
    pub(crate) mod catalog;
    pub(crate) mod clock;
}

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use support::catalog;
use support::clock::children_cpu;

/// What one run took.
#[derive(Clone, Copy)]
struct Run {
    cpu: f64,
    wall: f64,
    peak_mib: f64,
}

fn main() {
    let flags = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(10_000);
    let folder = std::env::temp_dir().join(format!("ffctl-bench-{}", std::process::id()));
    catalog::write(&folder, flags).expect("the temporary folder can be written");
    let key = catalog::key(flags / 2);
    let out = folder.join("out.json");
    let out = out.to_str().expect("the temporary folder has a plain name");
    println!(
        "{:<44} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "command", "cpu best", "median", "wall best", "median", "peak MiB"
    );
    let cases: [(&str, usize, Vec<&str>); 7] = [
        ("--help", 40, vec!["--help"]),
        ("validate", 5, vec!["validate"]),
        ("validate --json", 5, vec!["validate", "--json"]),
        ("list", 5, vec!["list"]),
        (
            "export --env production",
            5,
            vec![
                "export",
                "--format",
                "ruleset",
                "--env",
                "production",
                "--output",
                out,
            ],
        ),
        (
            "evaluate --flag",
            40,
            vec![
                "evaluate",
                "--flag",
                &key,
                "--env",
                "production",
                "--attr",
                "user_id=u1",
            ],
        ),
        ("show --flag", 40, vec!["show", "--flag", &key]),
    ];
    for (name, times, arguments) in cases {
        tell(
            name,
            (0..times).map(|_| run(&folder, &arguments, true)).collect(),
        );
    }
    writing(&folder, flags, "no Git");
    into_git(&folder);
    writing(&folder, flags, "Git");
    fs::remove_dir_all(&folder).expect("the temporary folder can be removed");
}

/// Commits all files to a new repository. In Git's folder there is a place for an index.
fn into_git(folder: &Path) {
    let as_somebody = [
        "-c",
        "user.name=bench",
        "-c",
        "user.email=bench@example.com",
    ];
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "."],
        &["commit", "--quiet", "-m", "all"],
    ] {
        let status = Command::new("git")
            .args(as_somebody)
            .args(arguments)
            .current_dir(folder)
            .status()
            .expect("git is installed");
        assert!(status.success(), "git {arguments:?}: {status}");
    }
}

/// Commands that write: each run changes a file, down to the disk, and has to succeed.
fn writing(folder: &Path, flags: usize, place: &str) {
    const TIMES: usize = 40;
    // Booleans, each in another folder and with flags that depend on it.
    let key = |at: usize| catalog::key(at * 10 % flags);
    let enable = |at: usize| {
        let share = if at.is_multiple_of(2) { "25" } else { "26" };
        let arguments = [
            "enable",
            "--flag",
            &key(0),
            "--env",
            "staging",
            "--percentage",
            share,
            "--no-commit",
        ];
        run(folder, &arguments, false)
    };
    let kill = |at: usize| {
        let arguments = [
            "emergency-disable",
            "--flag",
            &key(at),
            "--reason",
            "a bench",
            "--no-commit",
        ];
        run(folder, &arguments, false)
    };
    let restore = |at: usize| {
        let arguments = [
            "restore",
            "--flag",
            &key(at),
            "--reason",
            "a bench",
            "--keep-schedule",
            "--no-commit",
        ];
        run(folder, &arguments, false)
    };
    let told = |command: &str, run: &dyn Fn(usize) -> Run| {
        let name = format!("{command} --no-commit, {place}");
        tell(&name, (0..TIMES).map(run).collect());
    };
    told("enable", &enable);
    told("emergency-disable", &kill);
    told("restore", &restore);
}

/// Prints the line of a command.
fn tell(name: &str, mut runs: Vec<Run>) {
    let middle = runs.len() / 2;
    let mut column = |value: fn(&Run) -> f64| {
        runs.sort_by(|a, b| value(a).total_cmp(&value(b)));
        (value(&runs[0]), value(&runs[middle]))
    };
    let (cpu, wall, peak) = (
        column(|run| run.cpu),
        column(|run| run.wall),
        column(|run| run.peak_mib),
    );
    println!(
        "{name:<44} {:>8.3}s {:>8.3}s {:>8.3}s {:>8.3}s {:>9.1}",
        cpu.0, cpu.1, wall.0, wall.1, peak.1
    );
}

/// Runs the program once; `may_find` says that it may end with 1, since the answer is no.
fn run(folder: &Path, arguments: &[&str], may_find: bool) -> Run {
    let before = children_cpu();
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_ffctl"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0_u64;
    loop {
        if let Ok(text) = fs::read_to_string(&status) {
            let line = text.lines().find(|line| line.starts_with("VmHWM"));
            let kib = line
                .and_then(|line| line.split_whitespace().nth(1))
                .and_then(|number| number.parse().ok());
            peak_kib = peak_kib.max(kib.unwrap_or(0));
        }
        let ended = child.try_wait().expect("the program can be waited for");
        if let Some(status) = ended {
            assert!(may_find || status.success(), "{arguments:?}: {status}");
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    Run {
        cpu: children_cpu() - before,
        wall: start.elapsed().as_secs_f64(),
        peak_mib: peak_kib as f64 / 1024.0,
    }
}

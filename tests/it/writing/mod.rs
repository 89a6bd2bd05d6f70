//! Files written, committed and pushed, with planners that add a line to a file.
#![cfg(unix)]

mod branches;
mod committing;
mod emergency;
mod hooks;
mod pushing;

use std::path::Path;

use ffctl::ops::{
    CommitMode, EmergencyWrite, Planned, UsageError, WriteOptions, WriteReport, write,
};
use ffctl::store::FileChange;

use crate::support::git::{Repositories, TestRepo};

const FLAG: &str = "flags/a.yaml";

#[expect(clippy::unnecessary_wraps, reason = "planners may fail")]
/// Plans to add a line to a file, which is made where there is none; nothing if it has the line.
fn add(root: &Path, path: &str, line: &str) -> anyhow::Result<Planned<()>> {
    let before = std::fs::read_to_string(root.join(path)).ok();
    let text = before.clone().unwrap_or_default();
    let mut planned = Planned {
        message: format!("add {line}\n\nAction: add\nReason: a test\n"),
        ..Planned::default()
    };
    if !text.lines().any(|other| other == line) {
        planned.files.push(FileChange {
            path: path.to_owned(),
            before,
            after: Some(format!("{line}\n{text}")),
        });
    }
    Ok(planned)
}

/// Adds a line to the flag's file.
fn add_line(options: &WriteOptions) -> anyhow::Result<WriteReport<()>> {
    write(options, |root| add(root, FLAG, "new: 1"))
}

fn options(repo: &TestRepo) -> WriteOptions {
    WriteOptions {
        folder: repo.path.clone(),
        commit: CommitMode::Yes,
        ..WriteOptions::default()
    }
}

fn emergency(repo: &TestRepo) -> WriteOptions {
    WriteOptions {
        commit: CommitMode::Preferred,
        emergency: Some(EmergencyWrite {
            name: "a flag".to_owned(),
        }),
        ..options(repo)
    }
}

/// Makes a repository with a project and a commit.
fn project(repositories: &Repositories, name: &str) -> TestRepo {
    let repo = repositories.init(name);
    fill(&repo);
    repo
}

fn fill(repo: &TestRepo) {
    repo.write("ffctl.toml", "");
    repo.write(FLAG, "old: 1\nlast: 1\n");
    repo.write("other.txt", "1\n2\n3\n");
    repo.write("staged.txt", "1\n");
    repo.commit("begin");
}

/// Makes a bare repository with a project, and a clone of it.
fn remote_and_clone(repositories: &Repositories) -> (TestRepo, TestRepo) {
    repositories.remote_and_clone(fill)
}

/// Returns the usage error of a result.
fn usage(result: anyhow::Result<WriteReport<()>>) -> UsageError {
    let error = result.unwrap_err();
    let found = error.downcast_ref::<UsageError>();
    found.unwrap_or_else(|| panic!("{error:#}")).clone()
}

fn notes(report: &WriteReport<()>) -> Vec<&str> {
    let notes = report.notes.iter();
    notes.map(|note| note.message.as_str()).collect()
}

/// Nothing of the program's own may be left in a repository.
fn assert_tidy(repo: &TestRepo) {
    let worktrees = repo.git(&["worktree", "list", "--porcelain"]);
    assert!(!worktrees.contains("/ffctl-"), "{worktrees}");
    let own = repo.git(&["rev-parse", "--git-path", "ffctl"]);
    let own = repo.path.join(own);
    let left: Vec<String> = std::fs::read_dir(own)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "lock")
        .collect();
    assert_eq!(left, Vec::<String>::new());
    assert!(!repo.status().iter().any(|line| line.contains("ffctl-new")));
}

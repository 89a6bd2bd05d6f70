//! Commits, found in the history of what is checked out.

use std::path::Path;

use super::ObjectId;
use super::program::Git;

/// Returns the commits behind one, up to HEAD, that changed a file, the newest first. The path is
/// relative to the folder.
///
/// # Errors
///
/// Fails with what `git log` said.
pub fn commits_since(folder: &Path, commit: ObjectId, path: &str) -> anyhow::Result<Vec<ObjectId>> {
    let range = format!("{commit}..HEAD");
    let git = Git::new(folder, "log").args(["--topo-order", "--format=%H", &range, "--", path]);
    let printed = git.succeed()?;
    let printed = String::from_utf8_lossy(&printed);
    Ok(printed.lines().filter_map(ObjectId::parse).collect())
}

/// Returns the commits that a merge brought in beside its first parent: none, where it is no merge.
///
/// # Errors
///
/// Fails with what `git log` said.
pub fn merged_by(folder: &Path, commit: ObjectId) -> anyhow::Result<Vec<ObjectId>> {
    let range = format!("{commit}^@");
    let first = format!("^{commit}^1");
    let git =
        Git::new(folder, "rev-list").args(["--parents", "--max-count=1", &commit.to_string()]);
    let printed = git.succeed()?;
    let parents = String::from_utf8_lossy(&printed).split_whitespace().count();
    // The commit itself, its first parent, and another.
    if parents < 3 {
        return Ok(Vec::new());
    }
    let printed = Git::new(folder, "rev-list")
        .args([&range, &first])
        .succeed()?;
    let printed = String::from_utf8_lossy(&printed);
    Ok(printed.lines().filter_map(ObjectId::parse).collect())
}

/// Returns whether a commit is what a revision names, or among its ancestors.
///
/// # Errors
///
/// Fails with what `git merge-base` said.
pub fn is_behind(folder: &Path, commit: ObjectId, revision: &str) -> anyhow::Result<bool> {
    let commit = commit.to_string();
    let git = Git::new(folder, "merge-base").args(["--is-ancestor", &commit, revision]);
    let ran = git.run()?;
    match ran.status {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(ran.error().into()),
    }
}

/// Where commits are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// In the history of HEAD.
    Head,
    /// In that of every branch and tag.
    All,
}

/// Returns the commits whose message has a text, whatever its case, with their messages, the newest
/// first.
///
/// # Errors
///
/// Fails with what `git log` said.
pub fn commits_saying(
    folder: &Path,
    text: &str,
    within: Within,
) -> anyhow::Result<Vec<(ObjectId, String)>> {
    let git = Git::new(folder, "log")
        .args((within == Within::All).then_some("--all"))
        .args(["--topo-order", "--format=%H%n%B%x00"])
        .args(["--fixed-strings", "--regexp-ignore-case"])
        .arg(format!("--grep={text}"));
    let printed = git.succeed()?;
    let printed = String::from_utf8_lossy(&printed);
    let commits = printed.split('\0').filter_map(|commit| {
        let (id, message) = commit.trim_start().split_once('\n')?;
        Some((ObjectId::parse(id)?, message.to_owned()))
    });
    Ok(commits.collect())
}

/// Returns the files that a commit changed, beside its first parent.
///
/// # Errors
///
/// Fails with what `git diff-tree` said.
pub fn changed_by(folder: &Path, commit: ObjectId) -> anyhow::Result<Vec<String>> {
    let commit = commit.to_string();
    let options = [
        "--no-commit-id",
        "--name-only",
        "-r",
        "-z",
        "--root",
        "-m",
        "--first-parent",
    ];
    let git = Git::new(folder, "diff-tree").args(options).arg(&commit);
    let printed = git.succeed()?;
    let paths = printed
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty());
    Ok(paths
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect())
}

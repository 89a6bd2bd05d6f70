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

/// Returns the commits of HEAD's history whose message has a line `key: value`, the newest first:
/// anywhere in the body, so that squash merges keep it.
///
/// # Errors
///
/// Fails with what `git log` said.
pub fn commits_saying(folder: &Path, key: &str, value: &str) -> anyhow::Result<Vec<ObjectId>> {
    let wanted = format!("{key}: {value}");
    let git = Git::new(folder, "log")
        .args(["--topo-order", "--format=%H%n%B%x00", "--fixed-strings"])
        .arg(format!("--grep={wanted}"));
    let printed = git.succeed()?;
    let printed = String::from_utf8_lossy(&printed);
    let commits = printed.split('\0').filter_map(|commit| {
        let (id, message) = commit.trim_start().split_once('\n')?;
        let says_so = message.lines().any(|line| line.trim() == wanted);
        says_so.then(|| ObjectId::parse(id)).flatten()
    });
    Ok(commits.collect())
}

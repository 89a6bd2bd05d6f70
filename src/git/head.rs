//! The commit that is checked out, for what tells of it.

use std::path::Path;

use anyhow::Context as _;
use git2::{ErrorCode, StatusOptions};
use jiff::Timestamp;

use super::repository::discover;

/// The commit that is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its id, in hexadecimal.
    pub commit: String,
    /// Its committer time.
    pub committed_at: Timestamp,
    /// Whether files of the catalog differ from it, new ones included.
    pub dirty: bool,
}

/// Returns the commit that is checked out where a folder lies, and whether the given paths (below
/// that folder) differ from it. Returns `None` outside of Git and before the first commit.
///
/// # Errors
///
/// Fails if there is a repository that cannot be read.
pub fn head(folder: &Path, paths: &[&str]) -> anyhow::Result<Option<Head>> {
    let Some(repository) = discover(folder)? else {
        return Ok(None);
    };
    let commit = match repository.head() {
        Ok(head) => head.peel_to_commit().context("HEAD is not a commit")?,
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
            return Ok(None);
        }
        Err(error) => return Err(error).context("cannot read HEAD"),
    };
    let mut options = StatusOptions::new();
    options
        .include_untracked(true)
        .recurse_untracked_dirs(true)
        .disable_pathspec_match(true);
    let workdir = repository
        .workdir()
        .map(std::fs::canonicalize)
        .transpose()?;
    let folder = std::fs::canonicalize(folder)?;
    let inside = workdir
        .as_deref()
        .and_then(|workdir| folder.strip_prefix(workdir).ok())
        .unwrap_or(Path::new(""));
    for path in paths {
        options.pathspec(inside.join(path));
    }
    let dirty = !repository.is_bare()
        && !repository
            .statuses(Some(&mut options))
            .context("cannot read the state of the working tree")?
            .is_empty();
    let committed_at = Timestamp::from_second(commit.time().seconds())
        .context("the commit's time is out of range")?;
    Ok(Some(Head {
        commit: commit.id().to_string(),
        committed_at,
        dirty,
    }))
}

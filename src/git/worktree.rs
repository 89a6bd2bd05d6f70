//! Commits built apart from the user's checkout.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Repo;
use super::program::Git;

/// Where the path of the present temporary working tree is written down, in Git's folder, so that
/// the next run can remove what a killed one left.
const RECORD: &str = "ffctl/worktree";

/// A working tree of the same repository at another commit, removed at the end.
pub struct TemporaryWorktree {
    main: PathBuf,
    record: PathBuf,
    folder: Option<tempfile::TempDir>,
    repo: Repo,
}

impl TemporaryWorktree {
    /// Checks out a commit in a folder of its own, on no branch. There is one at a time for each
    /// working tree, whose lock the caller has.
    ///
    /// # Errors
    ///
    /// Fails if the folder cannot be made, or with what `git worktree` said.
    pub fn at(repo: &Repo, commit: &str) -> anyhow::Result<Self> {
        let record = repo.git_dir().join(RECORD);
        sweep(repo, &record);
        let folder = tempfile::Builder::new().prefix("ffctl-").tempdir();
        let folder = folder.context("cannot make a temporary folder")?;
        let path = folder.path().join("worktree");
        let cannot = || format!("cannot write `{}`", record.display());
        if let Some(parent) = record.parent() {
            fs::create_dir_all(parent).with_context(cannot)?;
        }
        fs::write(&record, path.to_string_lossy().as_bytes()).with_context(cannot)?;
        // What a hook does after a checkout is meant for people.
        Git::without_hooks(repo.workdir(), "worktree")
            .args(["add", "--quiet", "--detach"])
            .variable("GIT_LFS_SKIP_SMUDGE", "1")
            .arg(&path)
            .arg(commit)
            .succeed()
            .with_context(|| format!("cannot check out {commit} in a temporary folder"))?;
        let apart = Repo::find(&path)?.context("the temporary working tree has no repository")?;
        Ok(Self {
            main: repo.workdir().to_owned(),
            record,
            folder: Some(folder),
            repo: apart,
        })
    }

    /// Returns it as a repository.
    #[must_use]
    pub fn repo(&self) -> &Repo {
        &self.repo
    }
}

impl Drop for TemporaryWorktree {
    fn drop(&mut self) {
        remove(&self.main, self.repo.workdir());
        drop(self.folder.take());
        let _ = fs::remove_file(&self.record);
    }
}

/// Removes what a killed run left.
fn sweep(repo: &Repo, record: &Path) {
    let Ok(path) = fs::read_to_string(record) else {
        return;
    };
    let path = PathBuf::from(path);
    remove(repo.workdir(), &path);
    let _ = fs::remove_dir_all(&path);
    // The folder above was made for it alone, and is removed only if it is empty.
    if let Some(folder) = path.parent() {
        let _ = fs::remove_dir(folder);
    }
    let _ = Git::new(repo.workdir(), "worktree").arg("prune").run();
    let _ = fs::remove_file(record);
}

/// What cannot be removed is in nobody's way, and is pruned by Git in time.
fn remove(main: &Path, path: &Path) {
    let _ = Git::new(main, "worktree")
        .args(["remove", "--force"])
        .arg(path)
        .run();
}

/// Moves a branch from one commit to another, or makes it where `from` is `None`. Returns `false`
/// if it was not where it was thought to be.
///
/// # Errors
///
/// Fails with what `git update-ref` said, for any other reason.
pub fn move_branch(
    repo: &Repo,
    branch: &str,
    to: &str,
    from: Option<&str>,
) -> anyhow::Result<bool> {
    move_reference(repo, &format!("refs/heads/{branch}"), to, from)
}

/// As [`move_branch`], for a HEAD that is on no branch.
///
/// # Errors
///
/// As [`move_branch`].
pub fn move_detached_head(repo: &Repo, to: &str, from: &str) -> anyhow::Result<bool> {
    move_reference(repo, "HEAD", to, Some(from))
}

fn move_reference(
    repo: &Repo,
    reference: &str,
    to: &str,
    from: Option<&str>,
) -> anyhow::Result<bool> {
    let ran = Git::new(repo.workdir(), "update-ref")
        .args(["--no-deref", "-m", "ffctl: commit", reference, to])
        // Without an old value the branch must not exist.
        .arg(from.unwrap_or_default())
        .run()?;
    if ran.status == Some(0) {
        return Ok(true);
    }
    if repo.tip(reference)?.as_deref() != from {
        return Ok(false);
    }
    Err(ran.error()).with_context(|| format!("cannot move `{reference}`"))
}

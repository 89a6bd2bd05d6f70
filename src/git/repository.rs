//! A repository: what is where.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use git2::{ErrorCode, Oid, Repository, RepositoryState};

use super::program::Git;

/// A repository with a working tree.
pub struct Repo {
    inner: Repository,
    workdir: PathBuf,
}

/// What a working tree has checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checkout {
    /// A branch, by its short name, and its commit.
    Branch {
        /// The branch.
        name: String,
        /// Its tip.
        commit: String,
    },
    /// A branch without commits.
    Unborn {
        /// The branch.
        name: String,
    },
    /// A commit, and no branch.
    Detached {
        /// The commit.
        commit: String,
    },
}

impl Checkout {
    /// Returns the commit, if there is one yet.
    #[must_use]
    pub fn commit(&self) -> Option<&str> {
        match self {
            Self::Branch { commit, .. } | Self::Detached { commit } => Some(commit),
            Self::Unborn { .. } => None,
        }
    }

    /// Returns the branch, if one is checked out.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        match self {
            Self::Branch { name, .. } | Self::Unborn { name } => Some(name),
            Self::Detached { .. } => None,
        }
    }
}

/// Returns Git's own folder of the working tree that a folder belongs to: of the submodule or the
/// linked working tree, where it lies in one. Returns `None` outside of Git.
#[must_use]
pub fn git_dir(folder: &Path) -> Option<PathBuf> {
    let none: [&Path; 0] = [];
    Repository::discover_path(folder, none).ok()
}

/// A repository that belongs to another user, whose settings and hooks Git does not trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTrusted {
    /// Its working tree.
    pub folder: PathBuf,
}

impl fmt::Display for NotTrusted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.display();
        write!(
            formatter,
            "the Git repository `{folder}` belongs to another user, so Git does not trust it"
        )
    }
}

impl std::error::Error for NotTrusted {}

/// Opens the repository that a folder lies in. Returns `None` outside of Git.
pub(super) fn discover(folder: &Path) -> anyhow::Result<Option<Repository>> {
    let error = match Repository::discover(folder) {
        Ok(repository) => return Ok(Some(repository)),
        Err(error) => error,
    };
    match error.code() {
        ErrorCode::NotFound => Ok(None),
        ErrorCode::Owner => {
            let mut above = folder.ancestors();
            let workdir = above.find(|folder| folder.join(".git").exists());
            let folder = workdir.unwrap_or(folder).to_owned();
            Err(NotTrusted { folder }.into())
        }
        _ => Err(error).with_context(|| cannot_open(folder)),
    }
}

fn cannot_open(folder: &Path) -> String {
    format!("cannot open the Git repository of `{}`", folder.display())
}

impl Repo {
    /// Finds the repository whose working tree a folder lies in. Returns `None` outside of Git, and
    /// in a bare repository.
    ///
    /// # Errors
    ///
    /// Fails if there is a repository that cannot be read.
    pub fn find(folder: &Path) -> anyhow::Result<Option<Self>> {
        let Some(inner) = discover(folder)? else {
            return Ok(None);
        };
        let Some(workdir) = inner.workdir() else {
            return Ok(None);
        };
        let workdir = std::fs::canonicalize(workdir).with_context(|| cannot_open(folder))?;
        Ok(Some(Self { inner, workdir }))
    }

    /// Returns the root of the working tree, links resolved.
    #[must_use]
    pub fn workdir(&self) -> &Path {
        &self.workdir
    }

    /// Returns Git's own folder for this working tree.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        self.inner.path()
    }

    /// Returns Git's folder that all working trees of the repository share.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        self.inner.commondir()
    }

    /// Returns the path of a file or folder in the working tree; empty for its root. Links are not
    /// followed in what does not exist.
    ///
    /// # Errors
    ///
    /// Fails if it lies elsewhere.
    pub fn path_of(&self, path: &Path) -> anyhow::Result<String> {
        let existing = path.ancestors().find(|folder| folder.exists());
        let existing = existing.unwrap_or(path);
        let real = std::fs::canonicalize(existing)
            .with_context(|| format!("cannot look up `{}`", path.display()))?;
        let real = match path.strip_prefix(existing) {
            Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
            _ => real,
        };
        let Ok(inside) = real.strip_prefix(&self.workdir) else {
            bail!(
                "`{}` is not in the working tree `{}`",
                path.display(),
                self.workdir.display()
            );
        };
        let parts = inside.components().map(|part| part.as_os_str().to_str());
        let parts: Option<Vec<&str>> = parts.collect();
        let parts = parts.with_context(|| format!("`{}` is not UTF-8", path.display()))?;
        Ok(parts.join("/"))
    }

    /// Returns what has been begun and keeps commits from being made: `a merge`, `a rebase`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        match self.inner.state() {
            // Commits are made while bisecting as at any other time.
            RepositoryState::Clean | RepositoryState::Bisect => None,
            RepositoryState::Merge => Some("a merge"),
            RepositoryState::Revert | RepositoryState::RevertSequence => Some("a revert"),
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => {
                Some("a cherry-pick")
            }
            RepositoryState::Rebase
            | RepositoryState::RebaseInteractive
            | RepositoryState::RebaseMerge => Some("a rebase"),
            RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => {
                Some("`git am`")
            }
        }
    }

    /// Returns what is checked out.
    ///
    /// # Errors
    ///
    /// Fails if HEAD cannot be read.
    pub fn checkout(&self) -> anyhow::Result<Checkout> {
        let head = self
            .inner
            .find_reference("HEAD")
            .context("cannot read HEAD")?;
        let name = head.symbolic_target().ok().flatten();
        let name = name.map(|name| name.trim_start_matches("refs/heads/").to_owned());
        let commit = match head.peel_to_commit() {
            Ok(commit) => Some(commit.id().to_string()),
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
                None
            }
            Err(error) => return Err(error).context("HEAD is not a commit"),
        };
        match (name, commit) {
            (Some(name), Some(commit)) => Ok(Checkout::Branch { name, commit }),
            (Some(name), None) => Ok(Checkout::Unborn { name }),
            (None, Some(commit)) => Ok(Checkout::Detached { commit }),
            (None, None) => bail!("HEAD is neither a branch nor a commit"),
        }
    }

    /// Returns the commit at the tip of a branch, by its full name: `refs/heads/main`.
    ///
    /// # Errors
    ///
    /// Fails if the branch is there and cannot be read.
    pub fn tip(&self, reference: &str) -> anyhow::Result<Option<String>> {
        let cannot = || format!("cannot read `{reference}`");
        match self.inner.find_reference(reference) {
            Ok(found) => {
                let commit = found.peel_to_commit().with_context(cannot)?;
                Ok(Some(commit.id().to_string()))
            }
            Err(error) if matches!(error.code(), ErrorCode::NotFound) => Ok(None),
            Err(error) => Err(error).with_context(cannot),
        }
    }

    /// Returns the first parent of a commit.
    ///
    /// # Errors
    ///
    /// Fails if there is no such commit.
    pub fn parent(&self, commit: &str) -> anyhow::Result<Option<String>> {
        let cannot = || format!("cannot read the commit {commit}");
        let commit = self.inner.find_commit(id(commit)?).with_context(cannot)?;
        Ok(commit.parent_id(0).ok().map(|parent| parent.to_string()))
    }

    /// Returns whether a commit is another one, or among its ancestors.
    ///
    /// # Errors
    ///
    /// Fails if there is no such commit.
    pub fn contains(&self, descendant: &str, ancestor: &str) -> anyhow::Result<bool> {
        let (descendant, ancestor) = (id(descendant)?, id(ancestor)?);
        if descendant == ancestor {
            return Ok(true);
        }
        self.inner
            .graph_descendant_of(descendant, ancestor)
            .context("cannot compare two commits")
    }

    /// Reads a committed file. Returns `None` if the commit has no such file.
    ///
    /// # Errors
    ///
    /// Fails if there is no such commit, or if the file cannot be read.
    pub fn read_committed(&self, commit: &str, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let Some((_, blob)) = self.committed_blob(commit, path)? else {
            return Ok(None);
        };
        let blob = self.inner.find_blob(id(&blob)?);
        let blob = blob.with_context(|| format!("cannot read `{path}` in {commit}"))?;
        Ok(Some(blob.content().to_owned()))
    }

    /// Returns the mode and id of a committed file.
    pub(super) fn committed_blob(
        &self,
        commit: &str,
        path: &str,
    ) -> anyhow::Result<Option<(u32, String)>> {
        let cannot = || format!("cannot read `{path}` in {commit}");
        let commit = self.inner.find_commit(id(commit)?).with_context(cannot)?;
        let tree = commit.tree().with_context(cannot)?;
        match tree.get_path(Path::new(path)) {
            Ok(entry) => {
                let mode = u32::try_from(entry.filemode()).unwrap_or(0o100_644);
                Ok(Some((mode, entry.id().to_string())))
            }
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error).with_context(cannot),
        }
    }

    /// Returns the working tree that has a branch checked out.
    ///
    /// # Errors
    ///
    /// Fails if the working trees cannot be listed.
    pub fn checked_out_at(&self, branch: &str) -> anyhow::Result<Option<PathBuf>> {
        let list = Git::new(&self.workdir, "worktree").args(["list", "--porcelain", "-z"]);
        let list = list.line().context("cannot list the working trees")?;
        let wanted = format!("refs/heads/{branch}");
        for worktree in list.split("\0\0") {
            let value = |key| {
                let mut lines = worktree.split('\0');
                lines.find_map(|line| line.strip_prefix(key))
            };
            if value("branch ") == Some(&wanted) {
                let path = value("worktree ").map(PathBuf::from);
                // One whose folder is gone holds nothing back.
                return Ok(path.filter(|path| path.exists()));
            }
        }
        Ok(None)
    }

    /// Returns the working tree in which a branch is being rebased: it gets the result, whatever it
    /// is moved to meanwhile.
    #[must_use]
    pub fn rebased_at(&self, branch: &str) -> Option<PathBuf> {
        let wanted = format!("refs/heads/{branch}");
        let is_in = |own: &Path| {
            let names = ["rebase-merge/head-name", "rebase-apply/head-name"];
            let mut names = names.iter().map(|name| own.join(name));
            names.any(|name| std::fs::read_to_string(name).is_ok_and(|name| name.trim() == wanted))
        };
        if is_in(self.git_dir()) {
            return Some(self.workdir.clone());
        }
        let common = self.common_dir();
        if is_in(common) {
            return Some(common.parent().unwrap_or(common).to_owned());
        }
        let linked = std::fs::read_dir(common.join("worktrees")).ok()?;
        let own = linked
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|own| is_in(own))?;
        // The file leads to the `.git` of the working tree.
        let path = std::fs::read_to_string(own.join("gitdir")).ok()?;
        let path = Path::new(path.trim_end()).parent()?.to_owned();
        path.exists().then_some(path)
    }

    /// Returns whether Git takes a name for a branch, as it is.
    ///
    /// # Errors
    ///
    /// Fails if `git` cannot be run.
    pub fn takes_name(&self, branch: &str) -> anyhow::Result<bool> {
        let ran = Git::new(&self.workdir, "check-ref-format")
            .args(["--branch", branch])
            .run()?;
        // A name such as `@{-1}` stands for another one.
        let name = String::from_utf8_lossy(&ran.stdout);
        Ok(ran.status == Some(0) && name.trim_end() == branch)
    }

    /// Returns what a name is that is not a branch's: `a tag`, `a revision`; `None` for nothing.
    #[must_use]
    pub fn other_than_branch(&self, name: &str) -> Option<&'static str> {
        let is_tag = self
            .inner
            .find_reference(&format!("refs/tags/{name}"))
            .is_ok();
        let is_revision = || self.inner.revparse_single(name).is_ok();
        if is_tag {
            Some("a tag")
        } else {
            is_revision().then_some("a revision")
        }
    }

    /// Returns the names of the branches, those that were fetched too, without their remotes.
    ///
    /// # Errors
    ///
    /// Fails if they cannot be listed.
    pub fn branches(&self) -> anyhow::Result<BTreeSet<String>> {
        let remotes = self.remotes()?;
        let mut names = BTreeSet::new();
        for reference in self.inner.references_glob("refs/heads/*")?.flatten() {
            let name = reference.name().ok();
            names.extend(name.and_then(|name| Some(name.strip_prefix("refs/heads/")?.to_owned())));
        }
        for remote in remotes {
            let folder = format!("refs/remotes/{remote}/");
            for reference in self.inner.references_glob(&format!("{folder}*"))?.flatten() {
                let name = reference.name().ok();
                names.extend(name.and_then(|name| Some(name.strip_prefix(&folder)?.to_owned())));
            }
        }
        names.remove("HEAD");
        Ok(names)
    }

    /// Returns a setting of the repository, its user or the system.
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        let config = self.inner.config().ok()?;
        config
            .get_string(name)
            .ok()
            .filter(|value| !value.is_empty())
    }

    /// Returns the names of the remotes.
    pub(super) fn remotes(&self) -> anyhow::Result<Vec<String>> {
        let list = Git::new(&self.workdir, "remote").line();
        let list = list.context("cannot list the remotes")?;
        Ok(list.lines().map(str::to_owned).collect())
    }
}

fn id(text: &str) -> anyhow::Result<Oid> {
    Oid::from_str(text).with_context(|| format!("`{text}` is not the id of a commit"))
}

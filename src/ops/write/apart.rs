//! A commit on top of any other, built in a temporary working tree.

use anyhow::{Context as _, anyhow};

use crate::git::{self, Interrupted, Repo, TemporaryWorktree, Unbroken};
use crate::store::Lock;
use crate::workspace::CONFIG_FILE;

use super::checkout::{not_ignored, paths_in};
use super::{Planned, Session, UsageError, place_of, short};

/// Hooks run in a folder that has nothing but what is committed, and there may be no place for it.
const NOT_COMMITTED: &str = "the change could not be committed in a temporary working tree; nothing here has changed, and `--no-commit` writes the files only";

/// What became of a plan on top of a commit.
pub(super) struct Built<T> {
    pub(super) planned: Planned<T>,
    /// The paths of its files in the repository.
    pub(super) paths: Vec<String>,
    /// The commit that was made; `None` if nothing was to be changed, or if it was only a look.
    pub(super) commit: Option<String>,
    /// The files to which a hook gave another meaning.
    pub(super) changed_by_hook: Vec<String>,
}

impl<T> Session<'_, T> {
    /// Plans on top of a commit, writes and commits there. No branch moves. An interrupt is waited
    /// out, so that nothing of the temporary working tree is left.
    pub(super) fn build_on(&mut self, repo: &Repo, tip: &str) -> anyhow::Result<Built<T>> {
        let unbroken = Unbroken::begin();
        let built = self.build(repo, tip);
        if unbroken.is_interrupted() {
            return Err(anyhow!("the commit was not made").context(Interrupted));
        }
        built
    }

    fn build(&mut self, repo: &Repo, tip: &str) -> anyhow::Result<Built<T>> {
        self.not_in_a_submodule(repo)?;
        let prefix = repo.path_of(&self.root)?;
        let worktree = TemporaryWorktree::at(repo, tip).context(NOT_COMMITTED)?;
        let apart = worktree.repo();
        let root = apart.workdir().join(prefix);
        if !root.join(CONFIG_FILE).is_file() {
            let message = format!("the commit {} does not have this project", short(tip));
            let hint = format!("it has no {CONFIG_FILE} at this place; name another branch");
            return Err(UsageError::new(message, hint).into());
        }
        let place = place_of(&root);
        if self.options.dry_run {
            let planned = self.plan(&root)?;
            return Ok(Built::without_commit(planned));
        }
        let lock = Lock::take(&place, self.options.waiting)?;
        let mut paths = Vec::new();
        let (planned, applied) = self.plan_and_apply(&place, &lock, |_, planned| {
            paths = paths_in(apart, &root, &planned.files)?;
            not_ignored(apart, &paths)
        })?;
        if applied.is_none() {
            return Ok(Built::without_commit(planned));
        }
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let commit = git::commit_only(apart, &names, &planned.message).context(NOT_COMMITTED)?;
        let commit = commit.id;
        let changed_by_hook = self.look_again(apart, &commit, &names, &planned)?;
        Ok(Built {
            planned,
            paths,
            commit: Some(commit),
            changed_by_hook,
        })
    }

    /// A temporary working tree has no submodules: there would be no flags in it.
    fn not_in_a_submodule(&self, repo: &Repo) -> anyhow::Result<()> {
        let config = self.config.as_ref();
        let flags = config.map_or("flags", |config| config.flags.as_str());
        let inner = Repo::find(&self.root.join(flags)).ok().flatten();
        if inner.is_none_or(|inner| inner.common_dir() == repo.common_dir()) {
            return Ok(());
        }
        let message = format!("`{flags}` is a repository of its own, with branches of its own");
        let hint = "use `--no-commit`, and commit in the submodule".to_owned();
        Err(UsageError::new(message, hint).into())
    }
}

impl<T> Built<T> {
    fn without_commit(planned: Planned<T>) -> Self {
        Self {
            planned,
            paths: Vec::new(),
            commit: None,
            changed_by_hook: Vec::new(),
        }
    }

    /// Returns the commit, if it is one that may be shown to others.
    pub(super) fn sound_commit(&self) -> Option<&str> {
        self.commit
            .as_deref()
            .filter(|_| self.changed_by_hook.is_empty())
    }
}

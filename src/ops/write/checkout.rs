//! In the working tree: files written, and committed on the branch that is checked out.

use std::path::Path;

use anyhow::{Context as _, anyhow};

use crate::git::{self, Checkout, Interrupted, Made, Repo, Unbroken};
use crate::store::{self, Applied, Changed, FileChange, Lock, Place};
use crate::workspace::CONFIG_FILE;

use super::share::remote_for;
use super::{
    CommitMode, Committed, Note, Planned, Session, UsageError, WriteReport, WriteStatus, place_of,
    quoted, short,
};

/// How often a plan is made again because files changed under it.
pub(super) const PLANS: usize = 5;

impl<T> Session<'_, T> {
    /// Returns whether to commit.
    pub(super) fn commits(&self) -> anyhow::Result<bool> {
        let asked = self.options.push || self.options.branch.is_some();
        let settings = self.config.as_ref().is_some_and(|config| config.commit);
        Ok(match self.options.commit {
            CommitMode::No => false,
            CommitMode::Yes => true,
            CommitMode::Preferred => asked || Repo::find(&self.root)?.is_some(),
            CommitMode::Settings => asked || settings,
        })
    }

    /// Returns the repository that the plan's files are committed to.
    pub(super) fn repository(&self) -> anyhow::Result<Repo> {
        Ok(Repo::find(&self.root)?.ok_or_else(|| {
            let message = format!(
                "there is nothing to commit to: `{}` is in no Git repository",
                self.root.display()
            );
            let hint = "run `git init`, or leave the files uncommitted with `--no-commit`";
            UsageError::new(message, hint.to_owned())
        })?)
    }

    /// Plans and writes the files of the working tree.
    pub(super) fn write_only(&mut self, lock: &Lock) -> anyhow::Result<WriteReport<T>> {
        let place = place_of(&self.root);
        let (planned, applied) = self.plan_and_apply(&place, lock, |_, _| Ok(()))?;
        let status = match &applied {
            Some(_) => WriteStatus::Written,
            None => WriteStatus::Nothing,
        };
        let mut report = WriteReport::new(status, planned);
        report.in_force = (applied.is_some() && self.options.emergency.is_some())
            .then_some(super::InForce::Written);
        Ok(report)
    }

    /// Plans for a folder and writes, again if the files change in between. `check` looks at a plan
    /// before it is written.
    pub(super) fn plan_and_apply(
        &mut self,
        place: &Place,
        lock: &Lock,
        mut check: impl FnMut(&mut Self, &Planned<T>) -> anyhow::Result<()>,
    ) -> anyhow::Result<(Planned<T>, Option<Applied>)> {
        let mut left = PLANS;
        loop {
            left -= 1;
            let planned = self.plan(&place.root)?;
            if planned.is_empty() {
                return Ok((planned, None));
            }
            check(self, &planned)?;
            match store::apply(place, lock, &planned.files) {
                Ok(applied) => return Ok((planned, Some(applied))),
                Err(error) if left > 0 && error.is::<Changed>() => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Plans, writes and commits in the checkout, and pushes if that is wanted.
    pub(super) fn commit_here(&mut self, lock: &Lock) -> anyhow::Result<WriteReport<T>> {
        let place = place_of(&self.root);
        let outer = self.repository()?;
        let mut target = None;
        let (planned, applied) = self.plan_and_apply(&place, lock, |session, planned| {
            let repo = repository_of(&session.root, &planned.files, &outer)?;
            let paths = paths_in(&repo, &session.root, &planned.files)?;
            session.can_commit_here(&repo, &paths)?;
            target = Some((repo, paths));
            Ok(())
        })?;
        let (Some(applied), Some((repo, paths))) = (applied, target) else {
            return Ok(WriteReport::new(WriteStatus::Nothing, planned));
        };
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let made = commit_or_put_back(&place, lock, &applied, || {
            git::commit_only(&repo, &paths, &planned.message)
        })?;
        let id = made.id;
        if let Some(problem) = made.problem {
            self.warn(
                format!("the commit {} was made, and then: {problem:#}", short(&id)),
                "`git status` shows what is staged; `git restore --staged FILE` stages it as committed".to_owned(),
            );
        }
        let changed_by_hook = self.look_again(&repo, &id, &paths, &planned)?;
        let branch = repo.checkout()?.branch().map(str::to_owned);
        let mut report = WriteReport::new(WriteStatus::Committed, planned);
        report.changed_by_hook = changed_by_hook;
        let protected = branch.as_deref().and_then(|branch| self.protected(branch));
        report.warnings.extend(protected);
        if branch.is_none() {
            self.note(
                "the commit is on no branch",
                "`git switch -c NAME` keeps it".to_owned(),
            );
        }
        report.commit = Some(Committed { id, branch });
        if self.options.push {
            return self.share_commit(&repo, report);
        }
        Ok(report)
    }

    /// Refuses what cannot be committed as a whole and by itself.
    fn can_commit_here(&mut self, repo: &Repo, paths: &[String]) -> anyhow::Result<()> {
        idle(repo)?;
        let checkout = repo.checkout()?;
        if self.options.push {
            can_push(&checkout)?;
            remote_for(repo, checkout.branch())?;
        }
        not_ignored(repo, paths)?;
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let differing = git::differing(repo, &names)?;
        if differing.is_empty() {
            return Ok(());
        }
        let message = match differing.as_slice() {
            [one] => format!("`{one}` has changes that are not committed"),
            several => format!("{} have changes that are not committed", quoted(several)),
        };
        let hint = "commit or stash them first, or add to them with `--no-commit`".to_owned();
        Err(UsageError::new(message, hint).into())
    }

    /// Returns what to say of a commit on a branch that changes are to be merged into.
    pub(super) fn protected(&self, branch: &str) -> Option<Note> {
        let config = self.config.as_ref()?;
        config.protected_branches.contains(branch).then(|| Note {
            message: format!("`{branch}` is protected, and this commits to it directly"),
            hint: Some(format!(
                "`--branch NAME` commits to another branch, to be merged; `[git] protected_branches` in {CONFIG_FILE} names this one"
            )),
        })
    }
}

/// Refuses to commit in the middle of a merge or the like.
pub(super) fn idle(repo: &Repo) -> Result<(), UsageError> {
    let Some(operation) = repo.operation() else {
        return Ok(());
    };
    let message = format!("{operation} is under way, and no commit can be made in it");
    let hint = "finish or abort it first (`git status` says how), or use `--no-commit`".to_owned();
    Err(UsageError::new(message, hint))
}

/// Refuses to push what is on no branch with a commit.
fn can_push(checkout: &Checkout) -> Result<(), UsageError> {
    let (message, hint) = match checkout {
        Checkout::Branch { .. } => return Ok(()),
        Checkout::Detached { .. } => (
            "no branch is checked out that could be pushed".to_owned(),
            "check out a branch, or name one with `--branch`",
        ),
        Checkout::Unborn { name } => (
            format!("the branch `{name}` has no commit yet that the remote could have"),
            "make and push the first commit by hand",
        ),
    };
    Err(UsageError::new(message, hint.to_owned()))
}

/// Refuses new files that Git ignores.
pub(super) fn not_ignored(repo: &Repo, paths: &[String]) -> anyhow::Result<()> {
    let Some((path, rule)) = git::ignored(repo, paths)? else {
        return Ok(());
    };
    let message = format!("Git ignores `{path}`, so it cannot be committed");
    let hint = format!("the rule is {rule}; change it, or use `--no-commit`");
    Err(UsageError::new(message, hint).into())
}

/// Returns the one repository that all the files belong to: a submodule, where they lie in one.
fn repository_of(root: &Path, files: &[FileChange], outer: &Repo) -> anyhow::Result<Repo> {
    let mut found: Option<Repo> = None;
    for file in files.iter().filter(|file| file.before != file.after) {
        let path = root.join(&file.path);
        let real = std::fs::canonicalize(&path).unwrap_or(path);
        let folder = real.ancestors().skip(1).find(|folder| folder.is_dir());
        let repo = Repo::find(folder.unwrap_or(root))?
            .with_context(|| format!("`{}` is in no Git repository", file.path))?;
        match &found {
            Some(other) if other.workdir() != repo.workdir() => {
                let message = format!(
                    "the files are in two repositories: `{}` and `{}`",
                    other.workdir().display(),
                    repo.workdir().display()
                );
                let hint = "use `--no-commit`, and commit in each of them".to_owned();
                return Err(UsageError::new(message, hint).into());
            }
            Some(_) => {}
            None => found = Some(repo),
        }
    }
    match found {
        Some(repo) => Ok(repo),
        None => Repo::find(outer.workdir())?.context("the repository is gone"),
    }
}

/// Returns the paths of the changed files in the repository, symbolic links followed.
pub(super) fn paths_in(
    repo: &Repo,
    root: &Path,
    files: &[FileChange],
) -> anyhow::Result<Vec<String>> {
    let changed = files.iter().filter(|file| file.before != file.after);
    changed
        .map(|file| repo.path_of(&root.join(&file.path)))
        .collect()
}

/// Commits what was applied. An interrupt is waited out: either the commit is made, or the files are
/// put back.
fn commit_or_put_back(
    place: &Place,
    lock: &Lock,
    applied: &Applied,
    commit: impl FnOnce() -> anyhow::Result<Made>,
) -> anyhow::Result<Made> {
    let unbroken = Unbroken::begin();
    let made = commit().map_err(|error| put_back(error, place, lock, applied));
    if !unbroken.is_interrupted() {
        return made;
    }
    let error = match made {
        Ok(made) => anyhow!(
            "the commit {} is made all the same, and nothing was done after it",
            short(&made.id)
        ),
        Err(error) => error,
    };
    Err(error.context(Interrupted))
}

/// Takes the files back that could not be committed, and returns the error to tell.
fn put_back(error: anyhow::Error, place: &Place, lock: &Lock, applied: &Applied) -> anyhow::Error {
    match store::undo(place, lock, applied) {
        Ok(left) if left.is_empty() => {
            error.context("the change could not be committed; the files are as before")
        }
        Ok(left) => error.context(format!(
            "the change could not be committed; {} changed meanwhile (by a hook, perhaps) and stay as they are, all other files are as before",
            quoted(&left)
        )),
        Err(undo) => error.context(format!(
            "the change could not be committed, and the files could not be put back: {undo:#}"
        )),
    }
}

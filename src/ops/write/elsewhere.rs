//! `--branch`: a commit on another branch, the checkout untouched.

use anyhow::Context as _;

use crate::diagnostic::near_names;
use crate::git::{self, Repo, move_branch};

use super::apart::Built;
use super::checkout::idle;
use super::share::{Shared, pull, refused, remote_for};
use super::{Committed, PushedTo, Session, UsageError, WriteReport, WriteStatus, short};

/// How often the commit is built anew because the branch moved.
const ATTEMPTS: usize = 5;

impl<T> Session<'_, T> {
    /// Plans, writes and commits on top of the named branch, and pushes if that is wanted.
    pub(super) fn commit_elsewhere(&mut self) -> anyhow::Result<WriteReport<T>> {
        let repo = self.repository()?;
        let branch = self.options.branch.clone().unwrap_or_default();
        if !repo.takes_name(&branch)? {
            let message = format!("`{branch}` is no name for a branch");
            let hint = "`git help check-ref-format` tells what Git takes: letters, digits, `-`, `_` and `/` are safe";
            return Err(UsageError::new(message, hint.to_owned()).into());
        }
        idle(&repo)?;
        is_free(&repo, &branch)?;
        let is_here = repo.tip(&format!("refs/heads/{branch}"))?.is_some();
        if !is_here {
            is_no_other(&repo, &branch)?;
        }
        let remote = self.options.push.then(|| remote_for(&repo, Some(&branch)));
        let remote = remote.transpose()?;
        let begin = (!is_here).then(|| Begin::of(&repo, remote.as_deref(), &branch));
        let begin = begin.transpose()?;
        if let Some(begin) = &begin {
            self.tell(&repo, begin, &branch)?;
        }
        for _ in 0..ATTEMPTS {
            let here = repo.tip(&format!("refs/heads/{branch}"))?;
            let base = match (&here, &begin) {
                (Some(tip), _) | (None, Some(Begin::Remote(_, tip) | Begin::Head(tip))) => {
                    tip.clone()
                }
                (None, None) => {
                    let message = format!("`{branch}` was deleted meanwhile");
                    return Err(UsageError::new(message, "try again".to_owned()).into());
                }
            };
            let built = self.build_on(&repo, &base)?;
            let Some(commit) = built.commit.clone() else {
                return Ok(self.without_commit(built));
            };
            if !built.changed_by_hook.is_empty() {
                return Ok(held(built, commit));
            }
            if !move_branch(&repo, &branch, &commit, here.as_deref())? {
                continue;
            }
            let mut report = committed(built.planned, &commit, &branch);
            report.warnings.extend(self.protected(&branch));
            if let Some(remote) = remote {
                let to = PushedTo { remote, branch };
                self.share_branch(&repo, &mut report, to, &commit)?;
            }
            return Ok(report);
        }
        let message = format!("`{branch}` moved again and again while the commit was built");
        Err(UsageError::new(message, "try again".to_owned()).into())
    }

    /// Says that a branch is new, and which others are called nearly so.
    fn tell(&mut self, repo: &Repo, begin: &Begin, branch: &str) -> anyhow::Result<()> {
        match begin {
            Begin::Remote(remote, _) => {
                self.note(format!("`{branch}` begins with that of `{remote}`"), None);
            }
            Begin::Head(_) => {
                let known = repo.branches()?;
                let near = near_names(branch, known.iter().map(String::as_str));
                self.note(format!("`{branch}` is a new branch from HEAD"), near);
            }
        }
        Ok(())
    }

    /// Returns the report of a plan that made no commit.
    pub(super) fn without_commit(&self, built: Built<T>) -> WriteReport<T> {
        let status = if self.options.dry_run {
            WriteStatus::Planned
        } else {
            WriteStatus::Nothing
        };
        WriteReport::new(status, built.planned)
    }

    fn share_branch(
        &mut self,
        repo: &Repo,
        report: &mut WriteReport<T>,
        to: PushedTo,
        commit: &str,
    ) -> anyhow::Result<()> {
        let stays = || {
            format!(
                "the commit {} is on `{}` here only",
                short(commit),
                to.branch
            )
        };
        match self.share(repo, &to, commit).with_context(stays)? {
            Shared::Done(None) => {}
            Shared::Done(Some(built)) => {
                let pushed = built.commit.context("what was pushed is a commit")?;
                let below = repo.parent(commit)?;
                let only_ours = match &below {
                    Some(below) => repo.contains(&pushed, below)?,
                    None => false,
                };
                if !(only_ours && move_branch(repo, &to.branch, &pushed, Some(commit))?) {
                    let message = format!(
                        "others pushed first: the change is on `{}` as {}, and as {} on `{}` here",
                        to.remote,
                        short(&pushed),
                        short(commit),
                        to.branch
                    );
                    let hint = format!("check out `{}` and {}", to.branch, pull(&to));
                    self.note(message, hint);
                }
                let warnings = std::mem::take(&mut report.warnings);
                *report = committed(built.planned, &pushed, &to.branch);
                report.warnings = warnings;
            }
            Shared::Needless(_) => {
                let message = format!(
                    "`{}` of `{}` has the same change by now; nothing was pushed",
                    to.branch, to.remote
                );
                self.note(message, None);
                return Ok(());
            }
            Shared::Refused(reason, _) => {
                return Err(refused(&to, &reason, commit)).with_context(stays);
            }
        }
        report.pushed = Some(to);
        Ok(())
    }
}

/// Refuses a branch that somebody works on: its files would not follow.
fn is_free(repo: &Repo, branch: &str) -> anyhow::Result<()> {
    if let Some(path) = repo.rebased_at(branch) {
        let message = format!("`{branch}` is being rebased in `{}`", path.display());
        let hint = "finish or abort the rebase first (`git status` there says how)".to_owned();
        return Err(UsageError::new(message, hint).into());
    }
    let Some(path) = repo.checked_out_at(branch)? else {
        return Ok(());
    };
    let path = std::fs::canonicalize(&path).unwrap_or(path);
    let message = format!("`{branch}` is checked out in `{}`", path.display());
    let hint = if path == repo.workdir() {
        "leave out `--branch`, and use `--commit`".to_owned()
    } else {
        format!("give the command there: `ffctl -C {}`", path.display())
    };
    Err(UsageError::new(message, hint).into())
}

/// Refuses a name that means something else than a branch.
fn is_no_other(repo: &Repo, branch: &str) -> Result<(), UsageError> {
    let Some(what) = repo.other_than_branch(branch) else {
        return Ok(());
    };
    let message = format!("`{branch}` is {what}, and no branch");
    let hint = format!("name a branch; `git branch NAME {branch}` makes one that begins there");
    Err(UsageError::new(message, hint))
}

/// What a branch that does not exist here begins with.
enum Begin {
    /// The remote's branch of that name.
    Remote(String, String),
    /// The commit that is checked out.
    Head(String),
}

impl Begin {
    /// Asks the remote that is pushed to; otherwise what was fetched tells.
    fn of(repo: &Repo, remote: Option<&str>, branch: &str) -> anyhow::Result<Self> {
        if let Some(remote) = remote {
            if let Some(tip) = git::fetch(repo, remote, branch)? {
                return Ok(Self::Remote(remote.to_owned(), tip));
            }
        } else if let Some(remote) = git::remote_of(repo, branch)?
            && let Some(tip) = repo.tip(&format!("refs/remotes/{remote}/{branch}"))?
        {
            return Ok(Self::Remote(remote, tip));
        }
        let checkout = repo.checkout()?;
        let Some(commit) = checkout.commit() else {
            let message = "there is no commit yet that the branch could begin with";
            let hint = "make the first commit, or leave out `--branch`".to_owned();
            return Err(UsageError::new(message, hint).into());
        };
        Ok(Self::Head(commit.to_owned()))
    }
}

/// Returns the report of a commit that no branch gets, since a hook changed what it means.
pub(super) fn held<T>(built: Built<T>, commit: String) -> WriteReport<T> {
    let mut report = WriteReport::new(WriteStatus::Committed, built.planned);
    report.changed_by_hook = built.changed_by_hook;
    report.commit = Some(Committed {
        id: commit,
        branch: None,
    });
    report
}

/// Returns the report of a commit on a branch.
pub(super) fn committed<T>(
    planned: super::Planned<T>,
    commit: &str,
    branch: &str,
) -> WriteReport<T> {
    let mut report = WriteReport::new(WriteStatus::Committed, planned);
    report.commit = Some(Committed {
        id: commit.to_owned(),
        branch: Some(branch.to_owned()),
    });
    report
}

//! Commits, shared with others: pushed, and built anew where somebody else was first.

use anyhow::{Context as _, bail};

use crate::git::{self, Pushed, Repo};

use super::apart::Built;
use super::settle::follow;
use super::{Committed, PushedTo, Session, UsageError, WriteReport, short};

/// How often a push that lost a race is tried again.
const RETRIES: usize = 5;

/// What became of a commit that was to be shared.
pub(super) enum Shared<T> {
    /// The remote has it: the first one, or one that was built on the remote's newer tip.
    Done(Option<Built<T>>),
    /// Somebody else has made the very same change.
    Needless(Built<T>),
    /// The remote does not take it. The last one that was built is told, if it is not the first.
    Refused(String, Option<Built<T>>),
}

impl<T> Session<'_, T> {
    /// Pushes a commit. Where another one was pushed first, the change is planned anew on that.
    pub(super) fn share(
        &mut self,
        repo: &Repo,
        to: &PushedTo,
        first: &str,
    ) -> anyhow::Result<Shared<T>> {
        let mut built: Option<Built<T>> = None;
        let mut commit = first.to_owned();
        for attempt in 0..=RETRIES {
            let pushed = git::push(repo, &to.remote, &commit, &to.branch);
            match pushed.map_err(|error| unpushed(error, to, &commit))? {
                Pushed::Done => return Ok(Shared::Done(built)),
                Pushed::Rejected(reason) => return Ok(Shared::Refused(reason, built)),
                Pushed::LostRace if attempt == RETRIES => break,
                Pushed::LostRace => {}
            }
            let tip = git::fetch(repo, &to.remote, &to.branch)
                .map_err(|error| unpushed(error, to, &commit))?
                .with_context(|| format!("`{}` is gone from `{}`", to.branch, to.remote))?;
            let next = self.build_on(repo, &tip)?;
            if !next.changed_by_hook.is_empty() {
                bail!(
                    "a hook changed the meaning of {}: nothing was pushed",
                    super::quoted(&next.changed_by_hook)
                );
            }
            let Some(id) = next.commit.clone() else {
                return Ok(Shared::Needless(next));
            };
            commit = id;
            built = Some(next);
        }
        let reason = format!("others pushed to it first, {} times in a row", RETRIES + 1);
        Ok(Shared::Refused(reason, built))
    }

    /// Pushes the commit that was made in the checkout.
    pub(super) fn share_commit(
        &mut self,
        repo: &Repo,
        mut report: WriteReport<T>,
    ) -> anyhow::Result<WriteReport<T>> {
        let Some(Committed {
            id,
            branch: Some(branch),
        }) = report.commit.clone()
        else {
            return Ok(report);
        };
        if !report.changed_by_hook.is_empty() {
            self.note(
                "nothing was pushed: a hook changed what the commit means",
                None,
            );
            return Ok(report);
        }
        let remote = remote_for(repo, Some(&branch))?;
        let to = PushedTo { remote, branch };
        let stays = || format!("the commit {} is on `{}` here only", short(&id), to.branch);
        match self.share(repo, &to, &id).with_context(stays)? {
            Shared::Done(None) => report.pushed = Some(to),
            Shared::Done(Some(built)) => {
                let commit = built.commit.context("what was pushed is a commit")?;
                self.bring_along(repo, &to, &id, &commit)?;
                report.planned = built.planned;
                report.commit = Some(Committed {
                    id: commit,
                    branch: Some(to.branch.clone()),
                });
                report.pushed = Some(to);
            }
            Shared::Needless(_) => {
                let message = format!(
                    "`{}` of `{}` has the same change by now; nothing was pushed",
                    to.branch, to.remote
                );
                self.note(message, pull(&to));
            }
            Shared::Refused(reason, _) => {
                return Err(refused(&to, &reason, &id)).with_context(stays);
            }
        }
        Ok(report)
    }

    /// Brings the branch that is checked out to the commit that was pushed instead of its own.
    fn bring_along(
        &mut self,
        repo: &Repo,
        to: &PushedTo,
        own: &str,
        pushed: &str,
    ) -> anyhow::Result<()> {
        let below = repo.parent(own)?;
        // The branch may hold nothing of the user's that the remote does not have.
        let only_ours = match &below {
            Some(below) => repo.contains(pushed, below)?,
            None => false,
        };
        let is_tip = repo.tip(&format!("refs/heads/{}", to.branch))?.as_deref() == Some(own);
        let moved = only_ours && is_tip && follow(repo, Some(&to.branch), own, pushed)?;
        if !moved {
            let message = format!(
                "others pushed first: the change is on `{}` as {}, and as {} on the branch here",
                to.remote,
                short(pushed),
                short(own)
            );
            self.note(message, pull(to));
        }
        Ok(())
    }
}

/// Returns the remote to push a branch to.
pub(super) fn remote_for(repo: &Repo, branch: Option<&str>) -> anyhow::Result<String> {
    let branch = branch.unwrap_or_default();
    Ok(git::remote_of(repo, branch)?.ok_or_else(|| {
        let hint = format!(
            "`git remote add origin URL` adds one; among several, `git config branch.{branch}.remote NAME` chooses"
        );
        UsageError::new("there is no remote to push to", hint)
    })?)
}

/// Returns the command that joins the branch here with the remote's.
pub(super) fn pull(to: &PushedTo) -> String {
    format!("run `git pull --rebase {} {}`", to.remote, to.branch)
}

/// Adds the next step to what kept a push from being made: the remote is away, a hook here refuses.
fn unpushed(error: anyhow::Error, to: &PushedTo, commit: &str) -> anyhow::Error {
    if error.is::<UsageError>() || error.is::<git::NotInstalled>() {
        return error;
    }
    let hint = format!(
        "`git push {remote} {commit}:refs/heads/{branch}` tries again, and `git push {remote} {commit}:refs/heads/NAME` puts it on another branch",
        remote = to.remote,
        branch = to.branch,
        commit = short(commit)
    );
    UsageError::new(format!("{error:#}"), hint).into()
}

/// Returns the error about a push that the remote did not take.
pub(super) fn refused(to: &PushedTo, reason: &str, commit: &str) -> anyhow::Error {
    let message = format!(
        "`{}` did not take the push to `{}`: {reason}",
        to.remote, to.branch
    );
    let hint = format!(
        "`git push {} {}:refs/heads/NAME` puts it on another branch, to be merged",
        to.remote,
        short(commit)
    );
    UsageError::new(message, hint).into()
}

//! An emergency: the release branch's tip plus the edit, whatever is in the way here.

use crate::git::{self, Checkout, Pushed, Repo, move_branch};
use crate::store::Lock;

use super::apart::Built;
use super::elsewhere::held;
use super::settle::Landing;
use super::share::{Shared, remote_for};
use super::{Committed, InForce, PushedTo, Session, UsageError, WriteReport, WriteStatus, short};

/// What is built on, and where it came from.
struct Base {
    /// The branch; `None` for a detached HEAD.
    branch: Option<String>,
    remote: Option<String>,
    /// What it is called there, and whether the remote has it.
    there: Option<String>,
    is_there: bool,
    /// The commit that is built on.
    tip: String,
    /// The commit of the branch here, or of the detached HEAD.
    here: Option<String>,
}

impl Base {
    /// Returns where the branch here is now.
    fn tip_here(&self, repo: &Repo) -> anyhow::Result<Option<String>> {
        match &self.branch {
            Some(branch) => repo.tip(&format!("refs/heads/{branch}")),
            None => Ok(repo.checkout()?.commit().map(str::to_owned)),
        }
    }
}

/// How often the commit is built anew because the branch moved.
const ATTEMPTS: usize = 5;

/// What was built last, where it went, and what that means.
type Sent<T> = (Built<T>, Option<PushedTo>, InForce);

impl<T> Session<'_, T> {
    /// Commits to the release branch, pushes if that is wanted, and brings the checkout along
    /// where the branch is checked out.
    pub(super) fn emergency(&mut self, lock: &Lock) -> anyhow::Result<WriteReport<T>> {
        let repo = self.repository()?;
        let told = self.notes.len();
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let Some(base) = self.base(&repo)? else {
                return self.first_commit(lock);
            };
            let built = self.build_on(&repo, &base.tip)?;
            let Some(commit) = built.commit.clone() else {
                return Ok(self.without_commit(built));
            };
            if built.sound_commit().is_none() {
                let mut report = held(built, commit);
                report.in_force = Some(InForce::Held);
                return Ok(report);
            }
            let sent = self.send(&repo, &base, built, &commit);
            let arrived = self.arrive(&repo, &base, &sent, lock);
            let is_here_only = sent.2 == InForce::Committed && sent.0.commit.is_some();
            if arrived || !is_here_only {
                return Ok(self.told(base.branch, sent));
            }
            if moved_to(&repo, &base, &commit) {
                return Ok(self.told(base.branch, sent));
            }
            // No branch has it yet. If the branch moved meanwhile, there is a newer tip.
            if left > 0 && base.tip_here(&repo)? != base.here {
                self.notes.truncate(told);
                continue;
            }
            return self.keep_aside(&repo, sent);
        }
    }

    /// Brings the branch here, and the checkout that has it, to the commit. From here on the commit
    /// is made, and perhaps pushed: what fails is told.
    fn arrive(&mut self, repo: &Repo, base: &Base, sent: &Sent<T>, lock: &Lock) -> bool {
        let (built, _, in_force) = sent;
        let Some(commit) = &built.commit else {
            return true;
        };
        let landing = Landing {
            branch: base.branch.clone(),
            here: base.here.clone(),
            commit,
            paths: &built.paths,
            moves: match in_force {
                InForce::OnBranch(name) => base.there.as_ref() == Some(name),
                _ => true,
            },
        };
        self.land(repo, &landing, lock).unwrap_or_else(|error| {
            self.note(
                format!("the checkout does not have the edit: {error:#}"),
                None,
            );
            false
        })
    }

    /// Returns the report of what was sent.
    fn told(&mut self, branch: Option<String>, sent: Sent<T>) -> WriteReport<T> {
        let (built, pushed, in_force) = sent;
        let Some(id) = built.commit.clone() else {
            self.note("somebody else has just pushed the same change", None);
            let mut report = self.without_commit(built);
            report.in_force = Some(in_force);
            return report;
        };
        let branch = match &in_force {
            InForce::OnBranch(name) => Some(name.clone()),
            _ => branch,
        };
        let mut report = WriteReport::new(WriteStatus::Committed, built.planned);
        report.commit = Some(Committed { id, branch });
        report.pushed = pushed;
        report.in_force = Some(in_force);
        report
    }

    /// Puts a commit that neither the remote nor the branch here can have on a branch of its own.
    fn keep_aside(&mut self, repo: &Repo, sent: Sent<T>) -> anyhow::Result<WriteReport<T>> {
        let commit = sent.0.commit.clone().unwrap_or_default();
        let branch = self.branch_for(&commit);
        move_branch(repo, &branch, &commit, None)?;
        self.note(
            format!("the commit is on the branch `{branch}` here"),
            format!("merge or push `{branch}`"),
        );
        Ok(self.told(Some(branch), sent))
    }

    /// Returns the name of the branch that a commit gets which the release branch cannot have.
    fn branch_for(&self, commit: &str) -> String {
        let emergency = self.options.emergency.as_ref();
        let name = emergency.map_or("change", |emergency| emergency.name.as_str());
        branch_of(name, commit)
    }

    /// Returns what to build on; `None` before the first commit.
    fn base(&mut self, repo: &Repo) -> anyhow::Result<Option<Base>> {
        let checkout = repo.checkout()?;
        let config = self.config.as_ref();
        let release = config.and_then(|config| config.release_branch.clone());
        let usual = |branch: &&str| matches!(*branch, "main" | "master");
        if let (None, Some(branch)) = (&release, checkout.branch().filter(|b| !usual(b))) {
            self.note(
                format!("the emergency goes to `{branch}`, which is checked out: `[git] release_branch` in ffctl.toml names none"),
                Some("it is in force once that branch is what runtimes are built from".to_owned()),
            );
        }
        let branch = release.or_else(|| checkout.branch().map(str::to_owned));
        let here = match (&branch, &checkout) {
            (Some(branch), _) => repo.tip(&format!("refs/heads/{branch}"))?,
            (None, Checkout::Detached { commit }) => Some(commit.clone()),
            (None, _) => None,
        };
        let upstream = branch.as_deref();
        let upstream = upstream.and_then(|branch| git::upstream_of(repo, branch));
        let (remote, there) = match upstream.filter(|_| self.options.push) {
            // Where others push to by default may be a fork, which nobody runs.
            Some((remote, there)) => (Some(remote), Some(there)),
            None if self.options.push => {
                (Some(remote_for(repo, branch.as_deref())?), branch.clone())
            }
            None => (None, None),
        };
        let mut tip = None;
        let mut is_there = true;
        if let (Some(remote), Some(there)) = (&remote, &there) {
            match git::fetch(repo, remote, there) {
                Ok(fetched) => {
                    is_there = fetched.is_some();
                    tip = fetched;
                }
                // The commit is made all the same: pushing may work, and can be tried again.
                Err(error) => self.note(format!("{error:#}"), None),
            }
        }
        let tip = match tip.or_else(|| here.clone()) {
            Some(tip) => Some(tip),
            None => tracked(repo, branch.as_deref())?,
        };
        match (tip, branch) {
            (Some(tip), branch) => Ok(Some(Base {
                branch,
                remote,
                there,
                is_there,
                tip,
                here,
            })),
            (None, Some(branch)) if checkout.branch() != Some(&branch) => {
                let message = format!("there is no branch `{branch}` to put the emergency on");
                let hint = format!(
                    "`git fetch origin {branch}:{branch}` brings it here; `--no-commit` writes the file only"
                );
                Err(UsageError::new(message, hint).into())
            }
            (None, _) => Ok(None),
        }
    }

    /// Before the first commit there is nothing to build on.
    fn first_commit(&mut self, lock: &Lock) -> anyhow::Result<WriteReport<T>> {
        if self.options.dry_run {
            let planned = self.plan(&self.root.clone())?;
            return Ok(WriteReport::new(WriteStatus::Planned, planned));
        }
        let mut report = self.write_only(lock)?;
        if report.in_force.is_some() {
            self.note(
                "the repository has no commit yet, so the file was written and not committed",
                None,
            );
            report.in_force = Some(InForce::Written);
        }
        Ok(report)
    }

    /// Pushes, if that is wanted.
    fn send(&mut self, repo: &Repo, base: &Base, built: Built<T>, commit: &str) -> Sent<T> {
        let Some(remote) = base.remote.clone() else {
            return (built, None, InForce::Committed);
        };
        let Some(branch) = base.there.clone() else {
            self.note("no branch is checked out that could be pushed", None);
            return self.send_aside(repo, &remote, built, commit);
        };
        let to = PushedTo { remote, branch };
        match self.share(repo, &to, commit) {
            Ok(Shared::Done(again)) if !base.is_there => {
                let message = format!(
                    "`{}` had no branch `{}`: the push made it",
                    to.remote, to.branch
                );
                self.note(
                    message,
                    "check that it is the one that is released".to_owned(),
                );
                let branch = to.branch.clone();
                (again.unwrap_or(built), Some(to), InForce::OnBranch(branch))
            }
            Ok(Shared::Done(again)) => (again.unwrap_or(built), Some(to), InForce::Pushed),
            Ok(Shared::Needless(needless)) => (needless, None, InForce::Pushed),
            Ok(Shared::Refused(reason, again)) => {
                let message = format!(
                    "`{}` did not take the push to `{}`: {reason}",
                    to.remote, to.branch
                );
                let built = again.unwrap_or(built);
                let commit = built.commit.clone().unwrap_or_else(|| commit.to_owned());
                self.note(message, try_again(&to.remote, &commit, &to.branch));
                self.send_aside(repo, &to.remote, built, &commit)
            }
            Err(error) => {
                let hint = try_again(&to.remote, commit, &to.branch);
                self.note(format!("{error:#}"), hint);
                (built, None, InForce::Committed)
            }
        }
    }

    /// Pushes to a branch of its own, to be merged.
    fn send_aside(&mut self, repo: &Repo, remote: &str, built: Built<T>, commit: &str) -> Sent<T> {
        let branch = self.branch_for(commit);
        let to = PushedTo {
            remote: remote.to_owned(),
            branch: branch.clone(),
        };
        let problem = match git::push(repo, remote, commit, &branch) {
            Ok(Pushed::Done) => {
                // The branch here is a convenience: the remote has it.
                let _ = move_branch(repo, &branch, commit, None);
                return (built, Some(to), InForce::OnBranch(branch));
            }
            Ok(Pushed::Rejected(reason)) => reason,
            Ok(Pushed::LostRace) => "there is such a branch already".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        self.note(
            format!("`{remote}` did not take the branch `{branch}` either: {problem}"),
            try_again(remote, commit, &branch),
        );
        (built, None, InForce::Committed)
    }
}

/// Returns whether the branch here has the commit, whatever failed after it got it.
fn moved_to(repo: &Repo, base: &Base, commit: &str) -> bool {
    let tip = base.tip_here(repo).ok().flatten();
    tip.is_some_and(|tip| repo.contains(&tip, commit).unwrap_or(tip == commit))
}

fn try_again(remote: &str, commit: &str, branch: &str) -> String {
    format!(
        "`git push {remote} {}:refs/heads/{branch}` tries again",
        short(commit)
    )
}

/// Returns the commit of a branch as it was fetched last.
fn tracked(repo: &Repo, branch: Option<&str>) -> anyhow::Result<Option<String>> {
    let Some(branch) = branch else {
        return Ok(None);
    };
    match git::remote_of(repo, branch)? {
        Some(remote) => repo.tip(&format!("refs/remotes/{remote}/{branch}")),
        None => Ok(None),
    }
}

/// Returns the name of the branch that a rejected push becomes.
fn branch_of(name: &str, commit: &str) -> String {
    let safe = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => character,
        _ => '-',
    };
    let name: String = name.chars().map(safe).take(60).collect();
    let name = name.trim_matches('-');
    format!("ffctl/emergency/{name}-{}", short(commit))
}

#[cfg(test)]
mod tests {
    use super::branch_of;

    #[test]
    fn an_emergency_branch_has_a_name_that_git_takes() {
        let commit = "0123456789abcdef";
        let name = branch_of("a.b..lock c/~d", commit);
        assert_eq!(name, "ffctl/emergency/a-b--lock-c--d-0123456789");
    }
}

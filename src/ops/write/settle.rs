//! After an emergency's commit: the branch here, and the checkout that has it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::git::{self, Repo, Staged, advance, move_branch, move_detached_head};
use crate::store::{self, Changed, Lock, Place};

use super::checkout::PLANS;
use super::share::pull;
use super::{PushedTo, Session, place_of, short};

/// How often it is tried to write to the index.
const INDEX_TRIES: usize = 4;

/// A commit that is to arrive here.
pub(super) struct Landing<'l> {
    /// The branch that it is for; `None` for a detached HEAD.
    pub(super) branch: Option<String>,
    /// Where that is now.
    pub(super) here: Option<String>,
    /// The commit.
    pub(super) commit: &'l str,
    /// The files that it changes, in the repository.
    pub(super) paths: &'l [String],
    /// Whether the branch gets the commit, or only the working files the edit.
    pub(super) moves: bool,
}

/// The working tree that has the branch checked out.
struct Worktree<'w> {
    repo: &'w Repo,
    /// The project in it.
    root: PathBuf,
    lock: &'w Lock,
}

impl<T> Session<'_, T> {
    /// Moves the branch here to the commit, and brings the working tree along that has it. What
    /// cannot be done is told: the commit itself is made. Returns whether the branch has it.
    pub(super) fn land(
        &mut self,
        repo: &Repo,
        landing: &Landing<'_>,
        lock: &Lock,
    ) -> anyhow::Result<bool> {
        let branch = landing.branch.as_deref().unwrap_or_default();
        if let Some(path) = repo.rebased_at(branch) {
            self.warn(
                format!(
                    "`{branch}` is being rebased in `{}`, and stays where it is: it does NOT have the kill switch",
                    path.display()
                ),
                format!(
                    "after the rebase, `git cherry-pick {}` on `{branch}` brings it there",
                    short(landing.commit)
                ),
            );
            return Ok(false);
        }
        let own = repo.checkout()?;
        if own.branch() == landing.branch.as_deref() {
            let root = self.root.clone();
            return self.land_in(&Worktree { repo, root, lock }, landing);
        }
        let Some(path) = repo.checked_out_at(branch)? else {
            return if landing.moves {
                self.move_to(repo, landing)
            } else {
                Ok(false)
            };
        };
        let other = Repo::find(&path)?.context("a working tree has no repository")?;
        let root = other.workdir().join(repo.path_of(&self.root)?);
        let place = place_of(&root);
        let Some(lock) = take_for_a_while(&place)? else {
            let message = format!(
                "another ffctl is at work in `{}`, where `{branch}` is checked out: its files are as they were",
                other.workdir().display()
            );
            self.note(message, None);
            return Ok(false);
        };
        store::recover_locked(&place, &lock)?;
        let repo = &other;
        let lock = &lock;
        self.land_in(&Worktree { repo, root, lock }, landing)
    }

    fn land_in(&mut self, worktree: &Worktree<'_>, landing: &Landing<'_>) -> anyhow::Result<bool> {
        let repo = worktree.repo;
        let branch = landing.branch.as_deref();
        if let Some(here) = landing.here.as_deref().filter(|_| landing.moves) {
            if repo.contains(landing.commit, here)? && follow(repo, branch, here, landing.commit)? {
                return Ok(true);
            }
            // Files that were edited here keep Git from it. On top of the very commit that is
            // checked out, only this edit is missing.
            if repo.parent(landing.commit)?.as_deref() == Some(here)
                && move_here(repo, branch, here, landing.commit)?
            {
                for path in landing.paths {
                    self.settle_staged(worktree, landing.commit, here, path);
                }
                self.edit_working(worktree, landing, true);
                return Ok(true);
            }
            self.apart_note(worktree, landing);
        }
        self.edit_working(worktree, landing, false);
        let is_edited = |path: &String| {
            let text = std::fs::read_to_string(repo.workdir().join(path)).ok();
            has_edit(repo, landing, path, text)
        };
        if !landing.moves && landing.paths.iter().any(is_edited) {
            self.note(
                "the commit is not on the branch that is checked out, and the edit is in its working files, uncommitted",
                format!("`git restore {}` takes it out again, with any other change there", landing.paths.join(" ")),
            );
        }
        Ok(false)
    }

    /// Moves a branch that is not checked out.
    fn move_to(&mut self, repo: &Repo, landing: &Landing<'_>) -> anyhow::Result<bool> {
        let branch = landing.branch.as_deref().unwrap_or_default();
        let here = landing.here.as_deref();
        let follows = match here {
            Some(here) => repo.contains(landing.commit, here)?,
            None => true,
        };
        let moved = follows && move_branch(repo, branch, landing.commit, here)?;
        if !moved {
            let message = format!("`{branch}` here has commits of its own and stays where it is");
            self.note(message, None);
        }
        Ok(moved)
    }

    fn apart_note(&mut self, worktree: &Worktree<'_>, landing: &Landing<'_>) {
        let branch = landing.branch.clone().unwrap_or_default();
        let message = format!(
            "`{branch}` in `{}` cannot follow to the new commit by itself: only the file is edited there",
            worktree.repo.workdir().display()
        );
        let remote = git::remote_of(worktree.repo, &branch).ok().flatten();
        let remote = remote.unwrap_or_else(|| "origin".to_owned());
        let files = landing.paths.join(" ");
        let pull = pull(&PushedTo { remote, branch });
        self.note(message, format!("`git stash push -- {files}`, then {pull}"));
    }

    /// Applies the edit to the working files, whatever else they hold. `moved` is whether the commit
    /// is below them now: a file without the edit would then take it back.
    fn edit_working(&mut self, worktree: &Worktree<'_>, landing: &Landing<'_>, moved: bool) {
        let repo = worktree.repo;
        let text = |path: &str| std::fs::read_to_string(repo.workdir().join(path)).ok();
        let marked = |path: &&String| {
            let text = text(path).unwrap_or_default();
            text.lines().any(|line| line.starts_with("<<<<<<< "))
        };
        let conflicts: Vec<&String> = landing.paths.iter().filter(marked).collect();
        for path in &conflicts {
            self.note(
                format!("`{path}` has conflict marks: the edit is not in it"),
                "make the edit part of the resolution".to_owned(),
            );
        }
        if conflicts.len() == landing.paths.len() {
            return;
        }
        if let Err(error) = self.edit_files(worktree, &conflicts) {
            self.note(format!("the working file is as it was: {error:#}"), None);
        }
        if !moved {
            return;
        }
        for path in landing.paths {
            if conflicts.contains(&path) || has_edit(repo, landing, path, text(path)) {
                continue;
            }
            let hint = if repo.workdir().join(path).exists() {
                format!("`git checkout -p HEAD -- {path}` brings it there")
            } else {
                format!("`git restore {path}` brings the file back")
            };
            self.warn(
                format!(
                    "{path} in the checkout does NOT have the kill switch: the next commit of it would take the switch away"
                ),
                hint,
            );
        }
    }

    /// Plans for the working tree and writes, all but some of the files.
    fn edit_files(&mut self, worktree: &Worktree<'_>, but: &[&String]) -> anyhow::Result<()> {
        let place = place_of(&worktree.root);
        let mut left = PLANS;
        loop {
            left -= 1;
            let mut files = self.plan(&place.root)?.files;
            files.retain(|file| {
                let path = worktree.repo.path_of(&worktree.root.join(&file.path));
                file.before != file.after && !path.is_ok_and(|path| but.contains(&&path))
            });
            if files.is_empty() {
                return Ok(());
            }
            match store::apply(&place, worktree.lock, &files) {
                Ok(_) => return Ok(()),
                Err(error) if left > 0 && error.is::<Changed>() => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// As [`Session::edit_staged`]. The branch has the commit: what fails is told.
    fn settle_staged(&mut self, worktree: &Worktree<'_>, commit: &str, before: &str, path: &str) {
        let mut left = INDEX_TRIES;
        let error = loop {
            left -= 1;
            match self.edit_staged(worktree, commit, before, path) {
                Ok(()) => return,
                Err(error) if left == 0 => break error,
                // Another program may be at work on the index.
                Err(_) => std::thread::sleep(std::time::Duration::from_millis(100)),
            }
        };
        self.warn(
            format!(
                "{path} is staged WITHOUT the kill switch, and the next commit would take the switch away: {error:#}"
            ),
            format!("`git restore --staged {path}` stages it as committed"),
        );
    }

    /// Applies the edit to what is staged of a file.
    fn edit_staged(
        &mut self,
        worktree: &Worktree<'_>,
        commit: &str,
        before: &str,
        path: &str,
    ) -> anyhow::Result<()> {
        let repo = worktree.repo;
        if git::staged(repo, commit, path)? == Staged::AsCommitted {
            return Ok(());
        }
        match git::staged(repo, before, path)? {
            Staged::AsCommitted => git::restage(repo, commit, &[path]),
            Staged::Conflict => {
                self.note(
                    format!("`{path}` has a conflict: the edit is not staged"),
                    None,
                );
                Ok(())
            }
            Staged::Differently => {
                if let Err(error) = self.restage_with_edit(worktree, path) {
                    self.note(
                        format!("what is staged of `{path}` does not have the edit: {error:#}"),
                        format!("`git diff --cached -- {path}` shows it"),
                    );
                }
                Ok(())
            }
        }
    }

    /// Plans on a copy of what is staged, and stages the result.
    fn restage_with_edit(&mut self, worktree: &Worktree<'_>, path: &str) -> anyhow::Result<()> {
        let repo = worktree.repo;
        let copy = tempfile::tempdir().context("cannot make a temporary folder")?;
        let prefix = repo.path_of(&worktree.root)?;
        git::export_index(repo, &prefix, copy.path())?;
        let planned = self.plan(&copy.path().join(&prefix))?;
        let in_repository = |file: &str| Path::new(&prefix).join(file) == Path::new(path);
        let file = planned.files.iter().find(|file| in_repository(&file.path));
        if let Some(file) = file.filter(|file| file.before != file.after) {
            git::stage(repo, path, file.after.as_deref())?;
        }
        Ok(())
    }
}

/// Returns whether a working file has what the commit added: the first line of it, as often.
fn has_edit(repo: &Repo, landing: &Landing<'_>, path: &str, text: Option<String>) -> bool {
    let committed = |commit: Option<&str>| {
        let bytes = commit.and_then(|commit| repo.read_committed(commit, path).ok().flatten());
        bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let Some(wanted) = committed(Some(landing.commit)) else {
        return text.is_none();
    };
    let Some(text) = text else { return false };
    let parent = repo.parent(landing.commit).ok().flatten();
    let before = committed(parent.as_deref()).unwrap_or_default();
    let count = |text: &str, wanted: &str| text.lines().filter(|line| *line == wanted).count();
    let mut lines = wanted.lines();
    let added = lines.find(|line| count(&wanted, line) > count(&before, line));
    added.is_none_or(|line| count(&text, line) >= count(&wanted, line))
}

/// Takes the lock of another working tree. Waiting for it could be for ever, since its holder may
/// be waiting for the lock of this one.
fn take_for_a_while(place: &Place) -> anyhow::Result<Option<Lock>> {
    const TRIES: u32 = 50;
    for _ in 0..TRIES {
        if let Some(lock) = Lock::try_take(place)? {
            return Ok(Some(lock));
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    Ok(None)
}

/// Brings branch, index and working tree from a commit to one on top of it. Returns `false`, with
/// nothing changed, if files were edited that differ between the two.
pub(super) fn follow(
    repo: &Repo,
    branch: Option<&str>,
    from: &str,
    to: &str,
) -> anyhow::Result<bool> {
    if advance(repo, from, to).is_err() {
        return Ok(false);
    }
    let moved = move_here(repo, branch, from, to);
    if !matches!(moved, Ok(true)) {
        advance(repo, to, from)?;
    }
    moved
}

fn move_here(repo: &Repo, branch: Option<&str>, from: &str, to: &str) -> anyhow::Result<bool> {
    match branch {
        Some(branch) => move_branch(repo, branch, to, Some(from)),
        None => move_detached_head(repo, to, from),
    }
}

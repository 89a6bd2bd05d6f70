//! What a program that was killed left behind, brought to an end.

use std::path::PathBuf;

use anyhow::Context as _;

use super::apply::{put_in_place, take_back, write_beside};
use super::disk;
use super::journal::{self, Journal};
use super::target::{Holds, Target};
use super::{Lock, Place, Step, Steps, Waiting, all_steps};

/// What became of a plan that a killed program left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// No file was changed yet, and none is.
    Dropped,
    /// These files have all their new content now.
    Finished(Vec<String>),
    /// Files were edited since then and are left as they are; the others have their old content.
    TakenBack {
        /// The files that were edited since then.
        edited: Vec<String>,
    },
}

/// Brings to an end what a killed program left behind; returns `None` if there is nothing. Waits
/// for a program that is still at work, and calls `waiting` if that takes long.
///
/// # Errors
///
/// Fails if there is something, and it cannot be read or brought to an end.
pub fn recover(place: &Place, waiting: Option<Waiting>) -> anyhow::Result<Option<Recovered>> {
    // The usual case: one look, no lock, and nothing written on a disk that may be read only.
    if !journal::exists(place) {
        return Ok(None);
    }
    let lock = Lock::take(place, waiting)?;
    recover_locked(place, &lock)
}

/// As [`recover`], for one who has the lock.
///
/// # Errors
///
/// As [`recover`].
pub fn recover_locked(place: &Place, lock: &Lock) -> anyhow::Result<Option<Recovered>> {
    recover_with(place, lock, &mut all_steps)
        .context("cannot bring to an end what an ffctl that was stopped had begun")
}

pub(super) fn recover_with(
    place: &Place,
    _lock: &Lock,
    steps: Steps<'_>,
) -> anyhow::Result<Option<Recovered>> {
    if !journal::exists(place) {
        return Ok(None);
    }
    let Some(journal) = Journal::read(place)? else {
        journal::forget(place)?;
        return Ok(None);
    };
    let recovered = bring_to_an_end(place, &journal, steps)?;
    steps(Step::Forget).context("cannot remove the journal")?;
    journal::forget(place)?;
    Ok(Some(recovered))
}

fn bring_to_an_end(
    place: &Place,
    journal: &Journal,
    steps: Steps<'_>,
) -> anyhow::Result<Recovered> {
    let folders: Vec<PathBuf> = journal.folders(&place.root);
    let (mut targets, mut states, mut edited) = (Vec::new(), Vec::new(), Vec::new());
    for (index, change) in journal.changes().enumerate() {
        let path = change.path.clone();
        // What is not even a file of the project any more was changed by somebody, too.
        let Ok(target) = Target::find(&place.root, index, change) else {
            states.push(Holds::Other);
            edited.push(path);
            continue;
        };
        let holds = target.holds()?;
        states.push(holds);
        if holds == Holds::Other {
            edited.push(path);
        }
        targets.push(target);
    }
    for target in &targets {
        disk::remove(&target.beside).with_context(|| target.cannot("tidy up beside"))?;
    }
    if states.iter().all(|state| *state == Holds::Old) {
        disk::remove_empty(&folders);
        return Ok(Recovered::Dropped);
    }
    // Files are put in place in order: with the last one new, all were, and edits came later.
    let was_done =
        states.last() == Some(&Holds::New) && states.iter().all(|state| *state != Holds::Old);
    if !was_done && !edited.is_empty() {
        take_back(&targets, &folders)?;
        return Ok(Recovered::TakenBack { edited });
    }
    for target in &targets {
        if target.holds()? == Holds::Old {
            write_beside(target, steps)?;
            put_in_place(target, steps)?;
        }
    }
    let paths = targets.into_iter().map(|target| target.change.path);
    Ok(Recovered::Finished(paths.collect()))
}

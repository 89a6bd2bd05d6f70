//! A plan, carried out.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;

use super::disk;
use super::journal::{self, Journal};
use super::target::{Holds, Target, find_all};
use super::{FileChange, Lock, Place, Step, Steps, all_steps};

/// What was done, to be undone.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    changes: Vec<FileChange>,
    folders: Vec<PathBuf>,
}

impl Applied {
    /// Returns the changes that made a difference.
    #[must_use]
    pub fn changes(&self) -> &[FileChange] {
        &self.changes
    }
}

/// Changes the files of a plan: all of them, or none.
///
/// # Errors
///
/// Fails with [`Changed`](super::Changed) if a file is not what was read, and otherwise if a file
/// leads out of the project, is no regular file, or cannot be written. Nothing has changed then.
pub fn apply(place: &Place, lock: &Lock, changes: &[FileChange]) -> anyhow::Result<Applied> {
    apply_with(place, lock, changes, &mut all_steps)
}

/// Takes back what was done, except in files that were changed since, which are returned.
///
/// # Errors
///
/// Fails if a file cannot be written.
pub fn undo(place: &Place, lock: &Lock, applied: &Applied) -> anyhow::Result<Vec<String>> {
    let (mut back, mut left) = (Vec::new(), Vec::new());
    for target in find_all(&place.root, &applied.changes)? {
        match target.holds()? {
            Holds::Old => {}
            Holds::New => back.push(target.change.reversed()),
            Holds::Other => left.push(target.change.path),
        }
    }
    apply(place, lock, &back)?;
    disk::remove_empty(&applied.folders);
    Ok(left)
}

pub(super) fn apply_with(
    place: &Place,
    _lock: &Lock,
    changes: &[FileChange],
    steps: Steps<'_>,
) -> anyhow::Result<Applied> {
    for target in find_all(&place.root, changes)? {
        target.check()?;
    }
    // The journal numbers these alone, and the names of what is written beside go by number.
    let mut changes = changes.to_vec();
    changes.retain(|change| change.before != change.after);
    let targets = find_all(&place.root, &changes)?;
    if targets.is_empty() {
        return Ok(Applied::default());
    }
    let folders = folders_to_make(&targets);
    steps(Step::Journal).context("cannot write the journal")?;
    Journal::new(&place.root, &targets, &folders).write(place)?;
    if let Err(error) = carry_out(&targets, &folders, steps) {
        // If this fails too the journal stays, and the next command takes it from there.
        take_back(&targets, &folders)
            .and_then(|()| journal::forget(place))
            .with_context(|| format!("{error:#}; what was done cannot be taken back now"))?;
        return Err(error);
    }
    steps(Step::Forget)
        .map_err(anyhow::Error::new)
        .and_then(|()| journal::forget(place))
        .context("the files are written, and the next command will say so once more")?;
    Ok(Applied {
        changes: targets.into_iter().map(|target| target.change).collect(),
        folders,
    })
}

fn folders_to_make(targets: &[Target]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let written = targets
        .iter()
        .filter(|target| target.change.after.is_some());
    for folder in written.flat_map(|target| disk::missing_folders(&target.file)) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// Writes everything beside, looks once more, and puts everything in place.
pub(super) fn carry_out(
    targets: &[Target],
    folders: &[PathBuf],
    steps: Steps<'_>,
) -> anyhow::Result<()> {
    for folder in folders {
        let cannot = || format!("cannot make the folder `{}`", folder.display());
        steps(Step::Folder).with_context(cannot)?;
        if !folder.is_dir() {
            fs::create_dir(folder).with_context(cannot)?;
            disk::sync_folder_of(folder).with_context(cannot)?;
        }
    }
    for target in targets {
        write_beside(target, steps)?;
    }
    for target in targets {
        target.check()?;
    }
    for target in targets {
        put_in_place(target, steps)?;
    }
    Ok(())
}

pub(super) fn write_beside(target: &Target, steps: Steps<'_>) -> anyhow::Result<()> {
    let Some(after) = &target.change.after else {
        return Ok(());
    };
    steps(Step::Beside(&target.file))
        .and_then(|()| disk::write_new(&target.beside, after.as_bytes(), Some(&target.file)))
        .with_context(|| target.cannot("write"))
}

pub(super) fn put_in_place(target: &Target, steps: Steps<'_>) -> anyhow::Result<()> {
    let file = &target.file;
    if target.change.after.is_some() {
        return steps(Step::Replace)
            .and_then(|()| disk::replace(&target.beside, file))
            .with_context(|| target.cannot("write"));
    }
    steps(Step::Remove)
        .and_then(|()| disk::remove(file))
        .and_then(|()| disk::sync_folder_of(file))
        .with_context(|| target.cannot("remove"))
}

/// Gives every file that is new its old content again.
pub(super) fn take_back(targets: &[Target], folders: &[PathBuf]) -> anyhow::Result<()> {
    for target in targets {
        disk::remove(&target.beside).with_context(|| target.cannot("tidy up beside"))?;
    }
    for target in targets.iter().rev() {
        if target.holds()? == Holds::New {
            let back = Target {
                change: target.change.clone().reversed(),
                ..target.clone()
            };
            write_beside(&back, &mut all_steps)?;
            put_in_place(&back, &mut all_steps)?;
        }
    }
    disk::remove_empty(folders);
    Ok(())
}

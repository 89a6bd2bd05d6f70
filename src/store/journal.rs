//! The journal: what a plan changes, written down before anything is touched.
//!
//! It is a folder with one file, which is there as a whole or not at all. As long as the folder is
//! there, a program is at work or has been killed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::disk;
use super::target::Target;
use super::{FileChange, Place};

/// The format of the file. A program that does not know it leaves everything alone.
const FORMAT: &str = "ffctl.journal/v1";

/// A plan that is being carried out.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    format: String,
    files: Vec<Entry>,
    /// The folders that it makes, relative to the project.
    folders: Vec<PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    path: String,
    before: Option<String>,
    after: Option<String>,
}

impl Journal {
    pub(super) fn new(root: &Path, targets: &[Target], folders: &[PathBuf]) -> Self {
        let entry = |target: &Target| Entry {
            path: target.change.path.clone(),
            before: target.change.before.clone(),
            after: target.change.after.clone(),
        };
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        let inside = |folder: &PathBuf| folder.strip_prefix(&root).unwrap_or(folder).to_owned();
        Self {
            format: FORMAT.to_owned(),
            files: targets.iter().map(entry).collect(),
            folders: folders.iter().map(inside).collect(),
        }
    }

    /// Writes it. Where that fails, nothing is left of it.
    pub(super) fn write(&self, place: &Place) -> anyhow::Result<()> {
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&place.journal)?;
            let text = serde_json::to_vec(self)?;
            let new = file_of(place).with_extension("new");
            disk::write_new(&new, &text, None)?;
            disk::replace(&new, &file_of(place))?;
            disk::sync_folder_of(&place.journal)
        };
        write().or_else(|error| {
            forget(place)?;
            let journal = place.journal.display();
            Err(error).with_context(|| format!("cannot write the journal `{journal}`"))
        })
    }

    /// Reads it. Returns `None` if there is none, or if it was not complete when its program was
    /// killed: then nothing was touched.
    pub(super) fn read(place: &Place) -> anyhow::Result<Option<Self>> {
        let file = file_of(place);
        let bytes =
            disk::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        let Some(bytes) = bytes else { return Ok(None) };
        let remedy = || {
            let (file, folder) = (file.display(), place.journal.display());
            format!(
                "`{file}`, left by an ffctl that was stopped, cannot be understood; look at it, and remove the folder `{folder}`"
            )
        };
        let journal: Self = serde_json::from_slice(&bytes).with_context(remedy)?;
        if journal.format != FORMAT {
            bail!("{}", remedy());
        }
        Ok(Some(journal))
    }

    /// Returns the changes.
    pub(super) fn changes(&self) -> impl Iterator<Item = FileChange> {
        self.files.iter().map(|entry| FileChange {
            path: entry.path.clone(),
            before: entry.before.clone(),
            after: entry.after.clone(),
        })
    }

    /// Returns the folders that it makes.
    pub(super) fn folders(&self, root: &Path) -> Vec<PathBuf> {
        self.folders
            .iter()
            .map(|folder| root.join(folder))
            .collect()
    }
}

/// Returns whether a plan is being carried out, or was when its program was killed.
pub(super) fn exists(place: &Place) -> bool {
    fs::symlink_metadata(&place.journal).is_ok()
}

/// Removes the journal. Only its file counts: a folder without one is swept by the next run.
pub(super) fn forget(place: &Place) -> anyhow::Result<()> {
    disk::remove(&file_of(place))
        .with_context(|| format!("cannot remove the journal `{}`", place.journal.display()))?;
    let _ = fs::remove_dir_all(&place.journal);
    let _ = disk::sync_folder_of(&place.journal);
    Ok(())
}

fn file_of(place: &Place) -> PathBuf {
    place.journal.join("plan.json")
}

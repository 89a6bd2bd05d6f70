//! Where a project's lock, journal and index are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::git;
use crate::store::{self, Place, Waiting};
use crate::workspace::CONFIG_FILE;

use super::{Note, note_of};

/// Returns where the project of a folder, whose path is real, is locked and written. In a Git
/// working tree that is Git's own folder, so that nothing shows up beside the flags.
#[must_use]
pub fn place_of(root: &Path) -> Place {
    match OwnFolder::find(root) {
        Some(own) => Place {
            root: root.to_owned(),
            lock: own.path.join("lock"),
            journal: own.of_project("journal"),
        },
        None => Place {
            root: root.to_owned(),
            lock: root.join(CONFIG_FILE),
            journal: root.join(".ffctl-journal"),
        },
    }
}

/// Returns where the project of a folder, whose path is real, keeps its index. Outside of Git there
/// is no place for one.
pub(in crate::ops) fn index_of(root: &Path) -> Option<PathBuf> {
    Some(OwnFolder::find(root)?.of_project("mentions"))
}

/// As [`index_of`], for what is known of its history.
pub(in crate::ops) fn history_of(root: &Path) -> Option<PathBuf> {
    Some(OwnFolder::find(root)?.of_project("history"))
}

/// The program's folder in Git's own. Projects of one working tree share it and its lock.
struct OwnFolder {
    path: PathBuf,
    /// What is behind the names of the project's own files.
    suffix: String,
}

impl OwnFolder {
    fn find(root: &Path) -> Option<Self> {
        // A working tree may lack the folder: what is Git's is so all the same.
        let existing = root.ancestors().find(|folder| folder.is_dir());
        let path = git::git_dir(existing.unwrap_or(root))?.join("ffctl");
        let workdir = root.ancestors().find(|folder| folder.join(".git").exists());
        let prefix = workdir.and_then(|workdir| root.strip_prefix(workdir).ok());
        let prefix = prefix.unwrap_or(Path::new("")).to_string_lossy();
        let suffix = match prefix.as_ref() {
            "" => String::new(),
            prefix => format!(
                "-{}",
                prefix.replace('%', "%25").replace(['/', '\\'], "%2F")
            ),
        };
        Some(Self { path, suffix })
    }

    fn of_project(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}{}", self.suffix))
    }
}

/// Brings to an end what a killed program left in the project that a folder belongs to, and returns
/// what to tell of it. Whoever reads or writes a project calls it first; [`write()`](super::write)
/// does so itself, under its lock. A program that is at work is waited for, and `waiting` called if
/// that takes longer than a second.
///
/// # Errors
///
/// Fails if there is something, and it cannot be read or brought to an end.
pub fn recover(folder: &Path, waiting: Option<Waiting>) -> anyhow::Result<Option<Note>> {
    let Ok(folder) = fs::canonicalize(folder) else {
        return Ok(None);
    };
    let root = folder
        .ancestors()
        .find(|folder| folder.join(CONFIG_FILE).is_file());
    let Some(root) = root else { return Ok(None) };
    let recovered = store::recover(&place_of(root), waiting)?;
    Ok(recovered.as_ref().map(note_of))
}

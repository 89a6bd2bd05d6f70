//! The files that paths lead to.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};

use super::disk;
use super::{Changed, FileChange};

/// A change of a file, and where that file really is.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) change: FileChange,
    /// The file: behind its symbolic link, if it is one.
    pub(super) file: PathBuf,
    /// Where its new content is written first: hidden, beside it, and known to every run.
    pub(super) beside: PathBuf,
}

/// What a file holds, compared with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Old,
    New,
    /// Something else: somebody has edited it.
    Other,
}

impl Target {
    /// Finds the file of a change; `index` tells it from the others of its plan.
    pub(super) fn find(root: &Path, index: usize, change: FileChange) -> anyhow::Result<Self> {
        let file = real_file(root, &change)?;
        let beside = file.with_file_name(format!(".ffctl-new-{index}"));
        Ok(Self {
            change,
            file,
            beside,
        })
    }

    /// Returns what the file holds.
    pub(super) fn holds(&self) -> anyhow::Result<Holds> {
        let content = if disk::is_missing(&self.file).with_context(|| self.cannot("look up"))? {
            None
        } else {
            disk::read(&self.file).with_context(|| self.cannot("read"))?
        };
        let is =
            |wanted: &Option<String>| content.as_deref() == wanted.as_deref().map(str::as_bytes);
        Ok(if is(&self.change.before) {
            Holds::Old
        } else if is(&self.change.after) {
            Holds::New
        } else {
            Holds::Other
        })
    }

    /// Fails if the file is not what was read.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if self.holds()? == Holds::Old {
            return Ok(());
        }
        let path = self.change.path.clone();
        Err(Changed { path }.into())
    }

    /// Says what cannot be done to the file.
    pub(super) fn cannot(&self, verb: &str) -> String {
        format!("cannot {verb} `{}`", self.change.path)
    }
}

/// Finds the files of a plan. No two of them are one.
pub(super) fn find_all(root: &Path, changes: &[FileChange]) -> anyhow::Result<Vec<Target>> {
    let mut targets: Vec<Target> = Vec::with_capacity(changes.len());
    for (index, change) in changes.iter().enumerate() {
        let target = Target::find(root, index, change.clone())?;
        if let Some(other) = targets.iter().find(|other| other.file == target.file) {
            bail!(
                "`{}` and `{}` are the same file",
                other.change.path,
                target.change.path
            );
        }
        targets.push(target);
    }
    Ok(targets)
}

fn real_file(root: &Path, change: &FileChange) -> anyhow::Result<PathBuf> {
    let path = &change.path;
    let normal = |part| matches!(part, Component::Normal(_));
    if path.is_empty() || !Path::new(path).components().all(normal) {
        bail!("`{path}` is not a path within the project");
    }
    let root = fs::canonicalize(root)
        .with_context(|| format!("cannot enter the folder `{}`", root.display()))?;
    let named = root.join(path);
    let metadata = fs::symlink_metadata(&named).ok();
    let is_link = metadata.is_some_and(|metadata| metadata.is_symlink());
    if is_link && change.after.is_none() {
        bail!("`{path}` is a symbolic link: remove it by hand, its file is elsewhere");
    }
    let file = if is_link {
        fs::canonicalize(&named)
            .with_context(|| format!("the symbolic link `{path}` leads nowhere"))?
    } else {
        behind_folders(&named).with_context(|| format!("cannot look up `{path}`"))?
    };
    if !file.starts_with(&root) {
        bail!("`{path}` leads out of the project, by a symbolic link");
    }
    if fs::metadata(&file).is_ok_and(|metadata| !metadata.is_file()) {
        bail!("`{path}` is not a regular file");
    }
    Ok(file)
}

/// Resolves the folders of a path as far as they exist.
fn behind_folders(path: &Path) -> std::io::Result<PathBuf> {
    let existing = path.ancestors().skip(1).find(|folder| folder.exists());
    let existing = existing.unwrap_or(path);
    let rest = path.strip_prefix(existing).unwrap_or(path);
    Ok(fs::canonicalize(existing)?.join(rest))
}

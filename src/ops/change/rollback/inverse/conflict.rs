//! What was changed again since the change that is undone.

use std::path::Path;

use crate::git;
use crate::patch::{Conflict, Newer};
use crate::tree::FileTree;
use crate::workspace::Project;
use crate::yaml;

use super::super::super::RefusedError;
use super::Inverse;
use super::collect::Change;
use super::undo::Work;

/// A conflict: where, and with which commit.
pub(super) struct Told {
    pub(super) what: String,
    pub(super) commit: String,
    pub(super) later: Option<String>,
}

impl Told {
    fn words(&self) -> String {
        let later = self.later.as_ref();
        let later = later.map_or_else(|| "since".to_owned(), |later| format!("by {later} since"));
        format!(
            "{} was changed by {} and again {later}",
            self.what, self.commit
        )
    }
}

/// Returns the newest commit since that changed a slot.
pub(super) fn later(
    root: &Path,
    path: &str,
    conflict: &Conflict,
    change: &Change,
) -> anyhow::Result<Option<String>> {
    for id in git::commits_since(root, change.past.commit.id, path)? {
        let value = |revision: String| {
            let project = Project::at(root, &revision).ok()?;
            conflict.value(&yaml::tree(&text(&project.tree, path)?)?)
        };
        if value(id.to_string()) != value(format!("{id}^")) {
            return Ok(Some(id.short()));
        }
    }
    Ok(None)
}

/// Returns the newest commit since that changed a file.
pub(super) fn last(root: &Path, path: &str, change: &Change) -> anyhow::Result<Option<String>> {
    let commits = git::commits_since(root, change.past.commit.id, path)?;
    Ok(commits.first().map(git::ObjectId::short))
}

fn text(tree: &impl FileTree, path: &str) -> Option<String> {
    String::from_utf8(tree.read(path).ok().flatten()?).ok()
}

impl Inverse<'_, '_> {
    pub(super) fn refuse_conflicts(&self, work: &mut Work) -> Result<(), RefusedError> {
        let told: Vec<String> = work.conflicts.iter().map(Told::words).collect();
        let done = match self.options.newer {
            _ if told.is_empty() => return Ok(()),
            Newer::Ask => {
                let hint = "`--keep-newer` leaves what was changed again, `--take-older` undoes it all the same";
                return Err(RefusedError::new(told.join("; "), hint.to_owned()));
            }
            Newer::Keep => "it stays",
            Newer::Drop => "it goes back all the same",
        };
        let notes = told.into_iter().map(|told| format!("{told}: {done}"));
        work.notes.extend(notes);
        Ok(())
    }
}

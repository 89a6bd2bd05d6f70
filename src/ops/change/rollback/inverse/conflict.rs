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
    /// The flag that cannot be undone as a whole, whatever is wanted, and why.
    pub(super) stuck: Option<(String, String)>,
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
        let conflicts = std::mem::take(&mut work.conflicts);
        let done = match self.options.newer {
            _ if conflicts.is_empty() => return Ok(()),
            Newer::Ask => {
                let told: Vec<String> = conflicts.iter().map(Told::words).collect();
                let hint = if conflicts.iter().all(|told| told.stuck.is_some()) {
                    let why = conflicts.into_iter().filter_map(|told| told.stuck);
                    let why: Vec<String> = why.map(|(_, why)| why).collect();
                    format!("`--keep-newer` leaves it; {}", why.join("; "))
                } else {
                    "`--keep-newer` leaves what was changed again, `--take-older` undoes it all the same".to_owned()
                };
                return Err(RefusedError::new(told.join("; "), hint));
            }
            Newer::Keep => "it stays",
            Newer::Drop => "it goes back all the same",
        };
        for mut told in conflicts {
            let stuck = told.stuck.take();
            match stuck.filter(|_| self.options.newer == Newer::Drop) {
                Some(stuck) => work.skipped.push(stuck),
                None => work.notes.push(format!("{}: {done}", told.words())),
            }
        }
        Ok(())
    }
}

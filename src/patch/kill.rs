//! `emergency-disable`: the kill switch.

use crate::document::Tree;
use crate::format::{ENTRY_KEYS, FLAG_KEYS};
use crate::model::EnvironmentId;

use super::entry::{Draft, moment, write_entry};
use super::{Patched, Refusal, Subject};

/// The block that forces the off value.
#[derive(Debug, Clone)]
pub struct Kill {
    /// Why.
    pub reason: String,
    /// When somebody must have looked, in Unix seconds; a week later if left out.
    pub until: Option<i64>,
    /// Who, for readers.
    pub by: Option<String>,
}

/// Writes a kill switch: for the flag everywhere, or for one environment. Folds nothing and leaves
/// all else in place for the way back.
///
/// # Errors
///
/// Refuses where a kill switch stands already, on an archived flag, and an `until` that has passed.
pub fn kill(
    subject: &Subject<'_>,
    environment: Option<EnvironmentId>,
    kill: &Kill,
) -> Result<Patched, Refusal> {
    subject.not_archived()?;
    if kill.until.is_some_and(|until| until <= subject.now) {
        return Err(Refusal::usage(
            "`--until` has passed",
            "say when somebody must have looked",
        ));
    }
    let block = block(kill, subject.now);
    let notes = Vec::new();
    let Some(environment) = environment else {
        return Ok(Patched {
            root: subject.with_key("kill_switch", block),
            notes,
        });
    };
    let mut draft = Draft::new(subject, environment);
    draft.set("kill_switch", block);
    let mut root = subject.root.clone();
    write_entry(subject, &mut root, environment, Some(draft.map));
    Ok(Patched { root, notes })
}

/// Writes a kill switch into a file of which it is not known what it means. Returns `None` where
/// that cannot be done without knowing: an entry that is a scalar.
#[must_use]
pub fn kill_unread(root: &Tree, environment: Option<&str>, kill: &Kill, now: i64) -> Option<Tree> {
    let mut root = root.clone();
    let block = block(kill, now);
    let Some(name) = environment else {
        root.set("kill_switch", block, &FLAG_KEYS);
        return Some(root);
    };
    let entry = root.get_mut("environments")?.get_mut(name)?;
    if !entry.is_map() {
        return None;
    }
    entry.set("kill_switch", block, &ENTRY_KEYS);
    Some(root)
}

fn block(kill: &Kill, now: i64) -> Tree {
    let mut block = Tree::map_of([
        ("reason", kill.reason.as_str().into()),
        ("at", moment(now).into()),
    ]);
    if let Some(until) = kill.until {
        block.set("until", moment(until), &[]);
    }
    if let Some(by) = &kill.by {
        block.set("by", by.as_str(), &[]);
    }
    block
}

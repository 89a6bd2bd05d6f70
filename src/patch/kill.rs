//! `emergency-disable`: the kill switch.

use crate::document::Tree;
use crate::format::{ENTRY_KEYS, FLAG_KEYS};
use crate::model::EnvironmentId;

use super::entry::{Draft, Form, inherited, moment, write_entry};
use super::serving::is_idle;
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
    let present = match environment {
        None => subject.flag.kill_switch.as_ref(),
        Some(id) => {
            let entry = subject.flag.entry(id);
            entry.and_then(|entry| entry.kill_switch.as_ref())
        }
    };
    if present.is_some() {
        return Err(Refusal::no(
            format!("`{}` is killed already", subject.flag.key),
            "`ffctl restore` takes the kill switch away",
        ));
    }
    is_ahead(kill, subject.now)?;
    let block = block(kill, subject.now);
    let notes = Vec::new();
    let Some(environment) = environment else {
        return Ok(Patched {
            root: subject.with_key("kill_switch", block),
            notes,
        });
    };
    let mut draft = Draft::new(subject, environment);
    // A scalar that is the off value says nothing of being on, and neither does its map.
    let is_off_above = inherited(subject, environment, subject.now)
        .find_map(|layer| layer.get("enabled").and_then(Tree::as_bool))
        == Some(false);
    if draft.form == Form::Scalar && !is_off_above && is_idle(subject, environment, &draft.map) {
        draft.map.remove("enabled");
    }
    draft.set("kill_switch", block);
    let mut root = subject.root.clone();
    write_entry(subject, &mut root, environment, Some(draft.map));
    Ok(Patched { root, notes })
}

/// What comes of a kill switch for a file of which it is not known what it means.
#[derive(Debug, Clone)]
pub enum Unread {
    /// The whole file, with the switch.
    Killed(Tree),
    /// One stands there already, and is left as it is.
    Already,
    /// It cannot be done without knowing: there is no entry, or it is a scalar.
    Unknown,
}

/// Writes a kill switch into a file of which it is not known what it means.
///
/// # Errors
///
/// Refuses an `until` that has passed.
pub fn kill_unread(
    root: &Tree,
    environment: Option<&str>,
    kill: &Kill,
    now: i64,
) -> Result<Unread, Refusal> {
    is_ahead(kill, now)?;
    let is_killed = |map: &Tree| map.get("kill_switch").is_some_and(|tree| !tree.is_null());
    let mut root = root.clone();
    let block = block(kill, now);
    let Some(name) = environment else {
        if is_killed(&root) {
            return Ok(Unread::Already);
        }
        root.set("kill_switch", block, &FLAG_KEYS);
        return Ok(Unread::Killed(root));
    };
    let entries = root.get_mut("environments");
    let entry = entries.and_then(|entries| entries.get_mut(name));
    let Some(entry) = entry.filter(|entry| entry.is_map()) else {
        return Ok(Unread::Unknown);
    };
    if is_killed(entry) {
        return Ok(Unread::Already);
    }
    entry.set("kill_switch", block, &ENTRY_KEYS);
    Ok(Unread::Killed(root))
}

fn is_ahead(kill: &Kill, now: i64) -> Result<(), Refusal> {
    if kill.until.is_some_and(|until| until <= now) {
        return Err(Refusal::usage(
            "`--until` has passed",
            "say when somebody must have looked",
        ));
    }
    Ok(())
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

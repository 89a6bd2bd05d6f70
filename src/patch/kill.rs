//! `emergency-disable`: the kill switch.

use crate::document::Tree;
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
    if kill.until.is_some_and(|until| until < subject.now) {
        return Err(Refusal::usage(
            "`--until` has passed",
            "say when somebody must have looked",
        ));
    }
    let mut block = Tree::map_of([
        ("reason", kill.reason.as_str().into()),
        ("at", moment(subject.now).into()),
    ]);
    if let Some(until) = kill.until {
        block.set("until", moment(until), &[]);
    }
    if let Some(by) = &kill.by {
        block.set("by", by.as_str(), &[]);
    }
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

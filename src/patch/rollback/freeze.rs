//! What time has moved on, held at what it gave.

use crate::document::Tree;
use crate::format::{ENTRY_KEYS, RULE_KEYS};
use crate::literal;
use crate::model::EnvironmentId;
use crate::patch::Subject;
use crate::patch::entry::{Draft, Form, describe_step, step_time};
use crate::patch::hold;
use crate::patch::rest::rest;
use crate::patch::undo::entry_of;

/// What was held, with the environment; `None` is the flag itself.
pub(super) type Held = Vec<(Option<String>, String)>;

/// Returns the file of a flag as it was at the subject's time, for ever: ramps are the shares that
/// they gave, steps that had elapsed are folded in, and those that have elapsed since are dropped.
/// Steps that are still ahead stay. Under a kill switch the moment counts at which it was thrown.
pub(super) fn frozen(then: &Subject<'_>, now: i64, held: &mut Held) -> Tree {
    let mut root = then.root.clone();
    for (id, _) in then.catalog.environments.iter() {
        if let Some(entry) = entry(then, id, now, held) {
            set_entry(then, &mut root, id, entry);
        }
    }
    let killed = then.flag.kill_switch.as_ref();
    let thrown = killed.map_or(then.now, |switch| literal::whole_second(switch.at));
    let mut notes = Vec::new();
    rules(
        root.get_mut("targeting_rules"),
        thrown.min(then.now),
        "the flag",
        &mut notes,
    );
    held.extend(notes.into_iter().map(|note| (None, note)));
    // An entry that was on for steps which are dropped now has nothing to serve.
    let frozen = root.clone();
    rest(then, &mut root, |name| {
        entry_of(&frozen, name) == entry_of(then.root, name)
    });
    root
}

/// Returns an entry as a map that is held, if that changes it.
fn entry(then: &Subject<'_>, id: EnvironmentId, now: i64, held: &mut Held) -> Option<Tree> {
    let mut draft = Draft::new(then, id);
    if draft.form == Form::Absent {
        return None;
    }
    let written = draft.map.clone();
    let time = then.settled(id);
    draft.fold(time);
    let has_gone_by = |step: &Tree| step_time(step).is_some_and(|at| at <= now);
    let dropped = draft.take_steps(|step| !has_gone_by(step));
    let place = draft.name();
    let mut notes: Vec<String> = dropped
        .iter()
        .map(|step| format!("dropped {} of {place}", describe_step(step)))
        .collect();
    let done = hold::stop(&mut draft.map, &ENTRY_KEYS, time);
    notes.extend(done.map(|done| format!("the ramp of {place} is {done}")));
    rules(
        draft.map.get_mut("targeting_rules"),
        time,
        place,
        &mut notes,
    );
    held.extend(notes.into_iter().map(|note| (Some(place.to_owned()), note)));
    (draft.map != written).then_some(draft.map)
}

fn rules(list: Option<&mut Tree>, time: i64, place: &str, notes: &mut Vec<String>) {
    for rule in list.and_then(Tree::items_mut).into_iter().flatten() {
        if let Some(done) = hold::stop(rule, &RULE_KEYS, time) {
            let name = rule.get("name").and_then(Tree::as_str).unwrap_or_default();
            notes.push(format!("the ramp of rule {name} of {place} is {done}"));
        }
    }
}

/// An entry that held nothing but steps that are dropped goes with them.
fn set_entry(then: &Subject<'_>, root: &mut Tree, id: EnvironmentId, entry: Tree) {
    let name = then.catalog.environments.get(id).name.as_str();
    let Some(list) = root.get_mut("environments") else {
        return;
    };
    if entry.entries().is_empty() {
        list.remove(name);
    } else {
        list.set(name, entry, &[]);
    }
}

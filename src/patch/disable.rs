//! `disable`: the master switch, and nothing that would come back by itself.

use crate::document::Tree;
use crate::model::EnvironmentId;
use crate::resolve::{self, Moment, Resolved};

use super::enable::ahead;
use super::entry::{
    Draft, Form, describe_step, holds_slot, inherited, is_plain_boolean, serving_of, step_time,
};
use super::hold::Hold;
use super::serving::{inherited_serving, rules_of};
use super::{Patched, Pending, Refusal, Subject};

/// How to disable.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disable {
    /// When, in Unix seconds: a schedule step is written instead. `None` is now.
    pub at: Option<i64>,
    /// Whether steps ahead that expose something stay.
    pub keep_schedule: bool,
}

/// Switches a flag off in an environment. What it served stays written for the way back; ramps are
/// held where they are, and steps ahead that would expose anything go, so that coming back never
/// serves more than was served at the switch-off.
///
/// # Errors
///
/// Refuses an archived flag, and a step at a time that has passed or is taken.
pub fn disable(
    subject: &Subject<'_>,
    environment: EnvironmentId,
    options: Disable,
) -> Result<Patched, Refusal> {
    subject.not_archived()?;
    let mut draft = Draft::new(subject, environment);
    draft.fold_elapsed();
    if let Some(at) = options.at {
        ahead(subject, at)?;
        draft.add_step(at, Tree::map_of([("enabled", false.into())]))?;
        return draft.finish(Pending::Keep);
    }
    if !options.keep_schedule {
        for step in draft.take_steps(|step| !exposes(step)) {
            draft
                .notes
                .push(format!("dropped {}", describe_step(&step)));
        }
    }
    let held = hold(subject, environment, &mut draft);
    let holds_back = off(subject, environment, &mut draft, held);
    if holds_back {
        draft.finish(Pending::Keep)
    } else {
        draft.finish_short(Pending::Keep)
    }
}

/// Writes the master switch. Returns whether it holds something back: `enable` gives that back as
/// it was where it finds a map, and takes `false` to say that there was nothing.
fn off(
    subject: &Subject<'_>,
    environment: EnvironmentId,
    draft: &mut Draft<'_>,
    held: bool,
) -> bool {
    let present = present(subject, environment);
    let default = draft.map.get("default_value").and_then(Tree::as_bool);
    let is_true = draft.form == Form::Scalar && default == Some(true);
    let has_rules = !present.rules.value.is_empty();
    if is_plain_boolean(subject) && is_true && !has_rules && !held {
        draft.map.remove("default_value");
    }
    draft.set("enabled", false);
    match draft.form {
        Form::Map => true,
        Form::Scalar => false,
        Form::Absent => present.exposed && (has_rules || inherits(subject, environment)),
    }
}

/// Returns whether an environment that it follows says something.
fn inherits(subject: &Subject<'_>, environment: EnvironmentId) -> bool {
    inherited(subject, environment, subject.settled(environment)).any(|layer| holds_slot(&layer))
}

/// Returns what the environment makes of the flag now, or made of it when it was killed.
fn present<'c>(subject: &Subject<'c>, environment: EnvironmentId) -> Resolved<'c> {
    let time = Moment::At(subject.settled(environment));
    resolve::resolve(subject.catalog, subject.flag, environment, time)
}

/// Stops the ramps that the environment uses: in its own entry where they stand there, else in a
/// copy of its own, for others may use them too. Returns whether there was one.
fn hold(subject: &Subject<'_>, environment: EnvironmentId, draft: &mut Draft<'_>) -> bool {
    let present = present(subject, environment);
    if !present.enabled.value || !present.exposed {
        return false;
    }
    let time = subject.settled(environment);
    let hold = Hold::At(time);
    let place = draft.name();
    let mut notes = Vec::new();
    let mut any = false;
    if serving_of(&draft.map).is_some() {
        any |= hold.entry(&mut draft.map, &mut notes, place);
    } else if let Some(serving) = inherited_serving(subject, environment, time) {
        let mut copy = Tree::map();
        for (key, tree) in serving {
            copy.set(&key, tree, &[]);
        }
        if hold.entry(&mut copy, &mut notes, place) {
            draft.set_serving(copy.entries());
            any = true;
        }
    }
    let own = draft
        .map
        .get_mut("targeting_rules")
        .and_then(Tree::items_mut);
    if let Some(rules) = own {
        any |= hold.rules(rules, &mut notes, place);
    } else {
        let mut rules = rules_of(subject, environment, &draft.map, time);
        if hold.rules(&mut rules, &mut notes, place) {
            draft.set("targeting_rules", rules);
            any = true;
        }
    }
    draft.notes.append(&mut notes);
    any
}

/// Returns whether a step does more than switch off.
fn exposes(step: &Tree) -> bool {
    debug_assert!(step_time(step).is_some(), "elapsed steps are folded");
    let set = step.get("set").map(Tree::entries).unwrap_or_default();
    set.iter().any(|(key, tree)| {
        let is_off = key == "enabled" && tree.as_bool() == Some(false);
        !key.starts_with("x-") && !is_off
    })
}

//! What is to happen later: pending steps, and elapsed ones that were folded in.

use serde_json::{Value, json};

use crate::record::{Phase, Record};

use super::part::json;
use super::phrase;
use super::view::{State, Tone, View};
use super::{Change, ChangeKind, now_visible};

/// Returns the change of what happens after the time of the views. What a step gives otherwise only
/// because the present does, and `told` says so, is no change of the schedule.
pub(super) fn change<'r>(was: View<'r>, is: View<'r>, told: &[Change]) -> Option<Change> {
    let dark = |view: View<'_>| matches!(view.state(), State::Gone | State::Killed);
    if dark(is) || was.state() == State::Gone {
        return None;
    }
    let mut effects = elapsed(was, is);
    let (removed, added) = match was.tone {
        Tone::Change => ("removed".to_owned(), "added".to_owned()),
        Tone::Comparison(before, after) => (format!("only {before}"), format!("only {after}")),
    };
    for at in times(was, is) {
        let [step, other] = [was, is].map(|view| step(view, at));
        let later = |view: View<'r>| view.later(at);
        let alone = |how: &str, view| {
            let words = phrase::in_a_change(later(view));
            format!("{how} at {}: {words}", moment(at))
        };
        let effect = match (step, other) {
            (None, None) => continue,
            (None, Some(_)) => alone(&added, is),
            (Some(_), None) => alone(&removed, was),
            (Some(step), Some(other)) => {
                let visible = now_visible(later(was), later(is));
                let known = |change: &Change| told.iter().any(|one| one.kind == change.kind);
                let carried =
                    visible.iter().all(known) && carries(was.phase, is.phase, step, other);
                if visible.is_empty() || carried {
                    continue;
                }
                let effects = visible.into_iter().map(|change| change.effect);
                format!("at {}: {}", moment(at), phrase::listed(effects, "; "))
            }
        };
        effects.push(effect);
    }
    (!effects.is_empty()).then(|| Change {
        kind: ChangeKind::Schedule,
        before: steps(was).into(),
        after: steps(is).into(),
        effect: phrase::listed(effects, "; "),
    })
}

/// Returns whether a record serves now, or by a pending step.
pub(super) fn serves(view: View<'_>) -> bool {
    let later = pending(view).iter().filter_map(|phase| phase.from);
    let mut states = later.map(|from| view.later(from).state());
    view.state() == State::On || states.any(|state| state == State::On)
}

fn moment(at: i64) -> String {
    phrase::moment(at)
}

/// The phases that have begun, without the first.
fn begun<'r>(view: View<'r>) -> &'r [Phase<'r>] {
    let record: &'r Record<'r> = view.record;
    let begun = record.phases.get(..=record.position_at(view.time));
    begun.and_then(|begun| begun.get(1..)).unwrap_or_default()
}

/// The phases that have not.
fn pending<'r>(view: View<'r>) -> &'r [Phase<'r>] {
    let record: &'r Record<'r> = view.record;
    let next = record.position_at(view.time) + 1;
    record.phases.get(next..).unwrap_or_default()
}

fn step(view: View<'_>, at: i64) -> Option<&Phase<'_>> {
    pending(view).iter().find(|phase| phase.from == Some(at))
}

fn times(was: View<'_>, is: View<'_>) -> Vec<i64> {
    let both = pending(was).iter().chain(pending(is));
    let mut times: Vec<i64> = both.filter_map(|phase| phase.from).collect();
    times.sort_unstable();
    times.dedup();
    times
}

fn elapsed(was: View<'_>, is: View<'_>) -> Vec<String> {
    let lacks =
        |list: &[Phase<'_>], phase: &Phase<'_>| !list.iter().any(|other| other.from == phase.from);
    let (before, after) = (begun(was), begun(is));
    let folded = before.iter().filter(|phase| lacks(after, phase));
    let added = after.iter().filter(|phase| lacks(before, phase));
    let at = |phase: &Phase<'_>| phase.from.map_or_else(String::new, moment);
    let only =
        |name: &str, phase| format!("only {name} has a step of {}, which has elapsed", at(phase));
    let gone = |phase| match was.tone {
        Tone::Change => format!("the elapsed step of {} is gone", at(phase)),
        Tone::Comparison(before, _) => only(before, phase),
    };
    let new = |phase| match was.tone {
        Tone::Change => format!("a step at {} has already elapsed", at(phase)),
        Tone::Comparison(_, after) => only(after, phase),
    };
    folded.map(gone).chain(added.map(new)).collect()
}

/// Returns whether a step differs in nothing but what the present does, in the same way.
fn carries(was: &Phase<'_>, is: &Phase<'_>, step: &Phase<'_>, other: &Phase<'_>) -> bool {
    carried(&was.enabled, &is.enabled, &step.enabled, &other.enabled)
        && carried(&was.default, &is.default, &step.default, &other.default)
        && carried(&was.rules, &is.rules, &step.rules, &other.rules)
        && carried(&was.serving, &is.serving, &step.serving, &other.serving)
        && carried(
            &was.bucket_by,
            &is.bucket_by,
            &step.bucket_by,
            &other.bucket_by,
        )
}

/// One slot: the step has it as before, or as the present had it and has it now.
fn carried<T: PartialEq>(was: &T, is: &T, step: &T, other: &T) -> bool {
    step == other || (was != is && was == step && is == other)
}

/// All steps, elapsed ones too, and what decides with them what they give.
fn steps(view: View<'_>) -> Value {
    let steps: Vec<Value> = begun(view).iter().chain(pending(view)).map(json).collect();
    let record = view.record;
    json!({
        "steps": steps,
        "off": json(&record.off),
        "variants": json(&record.variants),
        "salt": json(&record.salt),
        "bucketing": json(&record.bucketing),
        "computed": json(&record.computed),
    })
}

//! What changes in the record and in nobody's value: what is held back, covered by a kill switch,
//! not reached, or decides only how the flag may be changed.

use serde_json::{Map, Value};

use crate::record::{Record, same_value};

use super::audience::off_is_served;
use super::part::json;
use super::phrase;
use super::view::{State, Tone, View};
use super::{Change, ChangeKind};

/// Returns the change of what no other change tells, if there is any.
pub(super) fn change(was: View<'_>, is: View<'_>, told: &[Change]) -> Option<Change> {
    let is_told = |kind| told.iter().any(|change| change.kind == kind);
    if is_told(ChangeKind::Created) || is_told(ChangeKind::Removed) {
        return None;
    }
    let (before, after) = (parts(was), parts(is));
    let mut sides = (Map::new(), Map::new());
    let mut words = Vec::new();
    let told = Told::new(was, is, told);
    for ((name, old), (_, new)) in before.into_iter().zip(after) {
        if same_value(&old, &new) || told.has(name) {
            continue;
        }
        words.push(describe(name, &old, &new, is.tone));
        sides.0.insert(name.to_owned(), old);
        sides.1.insert(name.to_owned(), new);
    }
    // A record that differs is never passed over, even where what differs is told in part.
    if words.is_empty() {
        if !told.kinds.is_empty() {
            return None;
        }
        words.push("what elapsed steps have replaced".to_owned());
        sides
            .0
            .insert("phases".to_owned(), json(&was.record.phases));
        sides.1.insert("phases".to_owned(), json(&is.record.phases));
    }
    let place = match is.state() {
        _ if is.tone.is_comparison() => "decides nothing now",
        State::Gone => "while archived",
        State::Killed => "beneath the kill switch",
        State::Off => "while off",
        State::On => "serves nobody anything else",
    };
    Some(Change {
        kind: ChangeKind::Latent,
        before: Value::Object(sides.0).into(),
        after: Value::Object(sides.1).into(),
        effect: format!("{place}: {}", phrase::listed(words, "; ")),
    })
}

fn describe(name: &str, old: &Value, new: &Value, tone: Tone<'_>) -> String {
    let is_short = |value: &Value| !value.is_array() && !value.is_object();
    let simple = |value: &Value| match (value.get("value"), value.get("variant")) {
        (Some(value), None) | (None, Some(value)) => phrase::value(value),
        _ if value.is_null() => "none".to_owned(),
        _ => phrase::value(value),
    };
    let is_served = |value: &Value| value.as_object().is_some_and(|members| members.len() == 1);
    if [old, new]
        .into_iter()
        .all(|value| is_short(value) || is_served(value))
    {
        format!("{name} {}", tone.pair(&simple(old), &simple(new)))
    } else {
        name.to_owned()
    }
}

/// The parts of a record, by the names that people know, each as JSON.
fn parts(view: View<'_>) -> Vec<(&'static str, Value)> {
    let Record {
        value_type,
        kind,
        killable,
        client_side,
        archived,
        killed,
        bucketing,
        salt,
        variants,
        off,
        depends_on,
        computed,
        phases,
        format: _,
    } = view.record;
    let phase = view.phase;
    let pending = phases.get(view.record.position_at(view.time) + 1..);
    vec![
        ("type", json(value_type)),
        ("kind", json(kind)),
        ("killable", json(killable)),
        ("client_side", json(client_side)),
        ("archived", json(archived)),
        ("killed", json(killed)),
        ("bucketing", json(bucketing)),
        ("salt", json(salt)),
        ("variants", json(variants)),
        ("off value", json(off)),
        ("dependencies", json(depends_on)),
        ("computed attributes", json(computed)),
        ("enabled", json(&phase.enabled)),
        ("rules", json(&phase.rules)),
        ("serving", json(&phase.serving)),
        ("default", json(&phase.default)),
        ("bucket_by", json(&phase.bucket_by)),
        ("schedule", json(&pending)),
    ]
}

/// Which parts other changes tell of.
struct Told {
    kinds: Vec<ChangeKind>,
    /// Whether anything is served now, after the change, or nothing is left to be held back.
    open: bool,
    /// Whether somebody gets the off value after the change.
    off: bool,
    /// Whether what comes later differs only as the present does.
    later: bool,
}

impl Told {
    fn new(was: View<'_>, is: View<'_>, told: &[Change]) -> Self {
        let nothing_beneath = is.is_bare() && is.thing(&is.phase.default) == is.off();
        let times = |view: View<'_>| -> Vec<Option<i64>> {
            view.record.phases.iter().map(|phase| phase.from).collect()
        };
        Self {
            kinds: told.iter().map(|change| change.kind).collect(),
            open: match is.state() {
                State::On => true,
                State::Off | State::Killed => nothing_beneath || !is.serves_off(),
                State::Gone => false,
            },
            off: is.serves_off() || off_is_served(was, is),
            later: times(was) == times(is) && was.phase != is.phase,
        }
    }

    fn any(&self, kinds: &[ChangeKind]) -> bool {
        kinds.iter().any(|kind| self.kinds.contains(kind))
    }

    fn has(&self, part: &str) -> bool {
        use ChangeKind::{
            Dependencies, Disabled, Enabled, Exposure, Killed, Reshuffle, Restored, Rules,
            Schedule, Serving,
        };
        let switched = [Enabled, Disabled, Killed, Restored];
        match part {
            "killed" => self.any(&[Killed, Restored]),
            "enabled" => self.any(&[Enabled, Disabled, Restored]),
            "off value" => self.off && (self.any(&switched) || self.any(&[Serving])),
            "dependencies" => self.any(&[Dependencies, Enabled, Restored]),
            "type" => self.any(&[Serving, Enabled]),
            "schedule" => self.later || self.any(&[Schedule]),
            "salt" | "bucketing" | "bucket_by" => {
                self.any(&[Reshuffle, Schedule]) || (self.open && self.any(&switched))
            }
            "variants" | "computed attributes" | "rules" | "serving" | "default" => {
                let told = [Exposure, Serving, Rules, Reshuffle];
                (self.open && (self.any(&switched) || self.any(&told))) || self.any(&[Schedule])
            }
            _ => false,
        }
    }
}

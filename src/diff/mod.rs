//! What a change does to what is served.
//!
//! Input: a flag before and after, each in an environment of the catalog that it stands in, and a
//! time. Output: one [`Change`] for each kind, with the part of the record that is affected
//! and one phrase for people. The comparison is of [records](crate::record), so what says the same
//! in other words is no change; it is exact about slices of the bucket space, and names rules and
//! conditions where those decide. What nobody is served otherwise, now or by a pending step, is
//! [`ChangeKind::Latent`]. What changes in another flag is that flag's change, also where this one
//! depends on it. No clock: the time is an argument.

mod audience;
mod json;
mod latent;
mod part;
mod phrase;
mod renamed;
mod rules;
mod schedule;
mod view;

use serde_json::{Value, json};

use crate::diagnostic::plain_text;
use crate::model::{Catalog, EnvironmentId, Flag};
use crate::record::{Record, record};

pub use json::Json;
use part::json;
pub use renamed::{Renamed, renamed};
use view::{State, Tone, View};

/// A flag of a catalog, in an environment.
#[derive(Debug, Clone, Copy)]
pub struct Side<'c> {
    /// The catalog.
    pub catalog: &'c Catalog,
    /// The flag.
    pub flag: &'c Flag,
    /// The environment.
    pub environment: EnvironmentId,
}

impl<'c> Side<'c> {
    /// Returns a flag in the environment of that name; `None` where there is no flag, or no such
    /// environment.
    #[must_use]
    pub fn of(catalog: &'c Catalog, flag: Option<&'c Flag>, environment: &str) -> Option<Self> {
        Some(Self {
            catalog,
            flag: flag?,
            environment: catalog.environments.find(environment)?,
        })
    }

    /// Returns the flag's record there.
    #[must_use]
    pub fn record(self) -> Record<'c> {
        record(self.catalog, self.flag, self.environment)
    }
}

/// What a change does, of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The kind.
    pub kind: ChangeKind,
    /// The affected part of the record before; null where there is none.
    pub before: Json,
    /// The affected part of the record after; null where there is none.
    pub after: Json,
    /// What it does, in one line.
    pub effect: String,
}

impl Change {
    /// Tells another change of the kind with this one.
    pub fn join(&mut self, other: &Self) {
        if self.effect != other.effect {
            self.effect = format!("{}; {}", self.effect, other.effect);
        }
        self.before = self.before.with(&other.before);
        self.after = self.after.with(&other.after);
    }
}

/// A kind of change, in the order in which changes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// The flag is there, or served again, and was not.
    Created,
    /// The flag is gone, or archived.
    Removed,
    /// It is on, and was off.
    Enabled,
    /// It is off, and was on.
    Disabled,
    /// A kill switch is in force.
    Killed,
    /// No kill switch is in force any more.
    Restored,
    /// To how many it is served.
    Exposure,
    /// What is served.
    Serving,
    /// Whom the rules take, and which does.
    Rules,
    /// What is to happen later.
    Schedule,
    /// What must be served first.
    Dependencies,
    /// People are dealt anew.
    Reshuffle,
    /// Nobody is served anything else, now or by a pending step.
    Latent,
}

impl ChangeKind {
    /// Every kind, in order.
    pub const ALL: [Self; 13] = [
        Self::Created,
        Self::Removed,
        Self::Enabled,
        Self::Disabled,
        Self::Killed,
        Self::Restored,
        Self::Exposure,
        Self::Serving,
        Self::Rules,
        Self::Schedule,
        Self::Dependencies,
        Self::Reshuffle,
        Self::Latent,
    ];

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Removed => "removed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Killed => "killed",
            Self::Restored => "restored",
            Self::Exposure => "exposure",
            Self::Serving => "serving",
            Self::Rules => "rules",
            Self::Schedule => "schedule",
            Self::Dependencies => "dependencies",
            Self::Reshuffle => "reshuffle",
            Self::Latent => "latent",
        }
    }
}

/// Returns what changes from one side to the other, at most one change of each kind, in their order;
/// nothing where the records are equal.
#[must_use]
pub fn changes(before: Option<Side<'_>>, after: Option<Side<'_>>, now: i64) -> Vec<Change> {
    let (before, after) = (before.map(Side::record), after.map(Side::record));
    of_records(before.as_ref(), after.as_ref(), now)
}

/// As [`changes`], of records.
#[must_use]
pub fn of_records(
    before: Option<&Record<'_>>,
    after: Option<&Record<'_>>,
    now: i64,
) -> Vec<Change> {
    let mut changes = match (before, after) {
        (None, None) => Vec::new(),
        (None, Some(after)) => vec![created(None, View::at(after, now))],
        (Some(before), None) => vec![removed(View::at(before, now), None)],
        (Some(before), Some(after)) => between(View::at(before, now), View::at(after, now)),
    };
    finish(&mut changes);
    changes
}

fn finish(changes: &mut [Change]) {
    changes.sort_by_key(|change| change.kind);
    for change in changes {
        change.effect = plain_text(&change.effect).into_owned();
    }
}

/// Returns what a flag serves in an environment at a time, in words.
///
/// It says nothing of whether the flags that it depends on serve what they must.
#[must_use]
pub fn served(catalog: &Catalog, flag: &Flag, environment: EnvironmentId, now: i64) -> String {
    let record = record(catalog, flag, environment);
    plain_text(&phrase::served(View::at(&record, now))).into_owned()
}

/// As [`served`], where it matters whom the rules take: each is told with its conditions.
#[must_use]
pub fn served_in_full(
    catalog: &Catalog,
    flag: &Flag,
    environment: EnvironmentId,
    now: i64,
) -> String {
    let record = record(catalog, flag, environment);
    plain_text(&phrase::in_a_change(View::at(&record, now))).into_owned()
}

/// What was served and what is, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedChange {
    /// The words, by line.
    pub words: Vec<String>,
    /// The kinds of changes of which they say everything.
    pub covers: Vec<ChangeKind>,
}

/// Returns what was served and what is, in words; `None` where a change says it by itself, or where
/// one side is absent.
#[must_use]
pub fn served_change(
    before: Option<Side<'_>>,
    after: Option<Side<'_>>,
    now: i64,
) -> Option<ServedChange> {
    let (before, after) = (before?.record(), after?.record());
    let (was, is) = (View::at(&before, now), View::at(&after, now));
    let mut told = match (was.state(), is.state()) {
        (State::On, State::On) => audience::in_one(was, is)?,
        (State::Off, State::Off) | (State::Killed, State::Killed) => {
            let [old, new] = [was, is].map(phrase::in_a_change);
            let words = (old != new).then(|| vec![format!("{old} → {new}")])?;
            let covers = vec![ChangeKind::Serving];
            ServedChange { words, covers }
        }
        _ => return None,
    };
    told.make_plain();
    Some(told)
}

/// Returns in what two sides differ that stand beside each other, by the names that they have, and
/// what each serves.
#[must_use]
pub fn compared(
    before: Side<'_>,
    after: Side<'_>,
    names: (&str, &str),
    now: i64,
) -> (Vec<Change>, Option<ServedChange>) {
    let (before, after) = (before.record(), after.record());
    let tone = Tone::Comparison(names.0, names.1);
    let [was, is] = [&before, &after].map(|record| View::told_as(record, now, tone));
    let mut changes = between(was, is);
    finish(&mut changes);
    let words = [was, is].map(phrase::in_a_change);
    if words[0] == words[1] {
        return (changes, None);
    }
    let width = names.0.chars().count().max(names.1.chars().count()) + 1;
    let mut told = ServedChange {
        words: [(names.0, &words[0]), (names.1, &words[1])]
            .map(|(name, words)| format!("{:width$} {words}", format!("{name}:")))
            .to_vec(),
        covers: vec![
            ChangeKind::Enabled,
            ChangeKind::Disabled,
            ChangeKind::Killed,
            ChangeKind::Restored,
        ],
    };
    // Of many rules not all are listed.
    if [was, is]
        .iter()
        .all(|view| view.rules().len() <= phrase::MAX_LISTED)
    {
        use ChangeKind::{Exposure, Rules, Serving};
        told.covers.extend([Exposure, Serving, Rules]);
    }
    told.make_plain();
    (changes, Some(told))
}

impl ServedChange {
    fn make_plain(&mut self) {
        for words in &mut self.words {
            *words = plain_text(words).into_owned();
        }
    }
}

fn between<'r>(was: View<'r>, is: View<'r>) -> Vec<Change> {
    let (before, after) = (was.record, is.record);
    if before == after {
        return Vec::new();
    }
    let mut changes = now_visible(was, is);
    changes.extend(schedule::change(was, is, &changes));
    changes.extend(dependencies(was, is));
    changes.extend(latent::change(was, is, &changes));
    // Where the part reads the same on both sides, what changes it stands elsewhere in the record.
    for change in changes
        .iter_mut()
        .filter(|change| change.before == change.after)
    {
        (change.before, change.after) = (json(before).into(), json(after).into());
    }
    changes
}

/// Returns what is served otherwise at the time of the views.
fn now_visible<'r>(was: View<'r>, is: View<'r>) -> Vec<Change> {
    match (was.state(), is.state()) {
        (State::Gone, State::Gone) => Vec::new(),
        (State::Gone, _) => vec![created(Some(was), is)],
        (_, State::Gone) => vec![removed(was, Some(is))],
        (State::Killed, State::Killed) | (State::Off, State::Off) => {
            dark(was, is).into_iter().collect()
        }
        (_, State::Killed) => vec![switched(ChangeKind::Killed, was, is)],
        (State::Killed, _) => vec![switched(ChangeKind::Restored, was, is)],
        (State::Off, State::On) => vec![switched(ChangeKind::Enabled, was, is)],
        (State::On, State::Off) => vec![switched(ChangeKind::Disabled, was, is)],
        (State::On, State::On) => {
            let mut changes = audience::changes(was, is);
            changes.extend(rules::change(was, is));
            changes
        }
    }
}

fn created(was: Option<View<'_>>, is: View<'_>) -> Change {
    let words = phrase::served(is);
    Change {
        kind: ChangeKind::Created,
        before: was.map(state).unwrap_or_default().into(),
        after: state(is).into(),
        effect: match was {
            None => format!("new: {words}"),
            Some(_) => format!("not archived any more: {words}"),
        },
    }
}

fn removed(was: View<'_>, is: Option<View<'_>>) -> Change {
    let words = phrase::served(was);
    Change {
        kind: ChangeKind::Removed,
        before: state(was).into(),
        after: is.map(state).unwrap_or_default().into(),
        effect: match is {
            None => format!("removed; was {words}"),
            Some(_) => format!("archived, runtimes get the code's default; was {words}"),
        },
    }
}

fn switched(kind: ChangeKind, was: View<'_>, is: View<'_>) -> Change {
    let [old, new] = [was, is].map(phrase::in_a_change);
    Change {
        kind,
        before: state(was).into(),
        after: state(is).into(),
        effect: match kind {
            _ if is.tone.is_comparison() => is.tone.pair(&old, &new),
            ChangeKind::Killed => format!("{new}; was {old}"),
            ChangeKind::Restored => format!("killed → {new}"),
            _ => format!("{old} → {new}"),
        },
    }
}

/// Returns the change of what everybody gets from a flag that is off or killed on both sides.
fn dark(was: View<'_>, is: View<'_>) -> Option<Change> {
    let (thing, other) = (was.dark(), is.dark());
    let part = |view: View<'_>| {
        let thing = view.dark();
        let slot = if view.serves_off() { "off" } else { "default" };
        json!({slot: {"value": thing.value, "variant": thing.variant}})
    };
    (thing != other).then(|| Change {
        kind: ChangeKind::Serving,
        before: part(was).into(),
        after: part(is).into(),
        effect: {
            let (old, new) = (
                phrase::described(thing, other),
                phrase::described(other, thing),
            );
            format!("{} for everybody", is.tone.pair(&old, &new))
        },
    })
}

fn dependencies(was: View<'_>, is: View<'_>) -> Option<Change> {
    let (list, other) = (&was.record.depends_on, &is.record.depends_on);
    let dark = |view: View<'_>| matches!(view.state(), State::Gone | State::Killed);
    let serves = schedule::serves(was) || schedule::serves(is);
    if list == other || dark(was) || dark(is) || !serves {
        return None;
    }
    let added = other.iter().filter(|one| !list.contains(one));
    let added = added.map(|one| format!("needs {}", phrase::dependency(one)));
    let gone = list.iter().filter(|one| !other.contains(one));
    let gone = gone.map(|one| format!("no longer needs {}", phrase::dependency(one)));
    Some(Change {
        kind: ChangeKind::Dependencies,
        before: json(list).into(),
        after: json(other).into(),
        effect: phrase::listed(added.chain(gone), "; "),
    })
}

/// What decides at the time of a view, as JSON: the switches, and the phase.
fn state(view: View<'_>) -> Value {
    let mut state = json(view.phase);
    if let Some(members) = state.as_object_mut() {
        members.insert("archived".to_owned(), json!(view.record.archived));
        members.insert("killed".to_owned(), json!(view.record.killed));
        members.insert("off".to_owned(), json(&view.record.off));
        if !view.record.variants.is_empty() {
            members.insert("variants".to_owned(), json(&view.record.variants));
        }
    }
    state
}

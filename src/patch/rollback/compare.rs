//! In what two records differ, as far as a rollback can do something about it.

use crate::record::{Phase, Record, Serving};
use crate::ruleset::{Gradual, POSITIONS};

/// A slot of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Killed,
    Enabled,
    BucketBy,
    Serving,
    Rules,
    /// What is inherited as a whole.
    Base,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    /// Something that an entry can say.
    Slot(Slot),
    /// Something that it cannot say.
    Fixed(&'static str),
    /// What decides nothing of what is served: how the flag may be changed and shipped, and the salt
    /// of one that deals nobody out.
    Marks,
}

impl Slot {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Killed => "kill switch",
            Self::Enabled => "master switch",
            Self::BucketBy => "bucket_by",
            Self::Serving => "serving",
            Self::Rules => "rules",
            Self::Base => "inheriting nothing",
        }
    }
}

impl Difference {
    pub(super) fn slot(&self) -> Option<Slot> {
        match self {
            Self::Slot(slot) => Some(*slot),
            _ => None,
        }
    }

    pub(super) fn fixed(&self) -> Option<&'static str> {
        match self {
            Self::Fixed(name) => Some(name),
            _ => None,
        }
    }
}

/// Returns in what a record differs from the one that is wanted. More that is killed than wanted is
/// no difference: a switch that stands elsewhere is not this flag's entry to lift.
pub(super) fn differences(wanted: &Record<'_>, is: &Record<'_>) -> Vec<Difference> {
    let deals = needs_buckets(wanted) || needs_buckets(is);
    let fixed = [
        ("type", wanted.value_type != is.value_type),
        ("variants", wanted.variants != is.variants),
        ("off value", wanted.off != is.off),
        ("salt", deals && wanted.salt != is.salt),
        ("bucketing", deals && wanted.bucketing != is.bucketing),
        ("dependencies", wanted.depends_on != is.depends_on),
        ("archived state", wanted.archived != is.archived),
    ];
    let fixed = fixed.into_iter().filter(|(_, differs)| *differs);
    let mut found: Vec<Difference> = fixed.map(|(name, _)| Difference::Fixed(name)).collect();
    let marks = |record: &Record<'_>| (record.kind, record.killable, record.client_side);
    if marks(wanted) != marks(is) || (!deals && wanted.salt != is.salt) {
        found.push(Difference::Marks);
    }
    if wanted.killed && !is.killed {
        found.push(Difference::Slot(Slot::Killed));
    }
    found.extend(slots(wanted, is).into_iter().map(Difference::Slot));
    let is_same = found.iter().all(|one| *one == Difference::Marks);
    if is_same && wanted.computed != is.computed {
        found.push(Difference::Fixed("computed attributes"));
    }
    found
}

fn slots(wanted: &Record<'_>, is: &Record<'_>) -> Vec<Slot> {
    let mut times: Vec<Option<i64>> = wanted
        .phases
        .iter()
        .chain(&is.phases)
        .map(|phase| phase.from)
        .collect();
    times.sort_unstable();
    times.dedup();
    let pairs: Vec<(&Phase<'_>, &Phase<'_>)> = times
        .into_iter()
        .filter_map(|time| Some((phase_at(wanted, time)?, phase_at(is, time)?)))
        .collect();
    let differs = |same: fn(&Phase<'_>, &Phase<'_>) -> bool| pairs.iter().any(|(a, b)| !same(a, b));
    let found = [
        (Slot::Enabled, differs(|a, b| a.enabled == b.enabled)),
        (Slot::BucketBy, differs(|a, b| a.bucket_by == b.bucket_by)),
        (
            Slot::Serving,
            differs(|a, b| a.serving == b.serving && a.default == b.default),
        ),
        (Slot::Rules, differs(|a, b| a.rules == b.rules)),
    ];
    let found = found.into_iter().filter(|(_, differs)| *differs);
    found.map(|(slot, _)| slot).collect()
}

/// Returns the phase in force at a time; no time is before all.
pub(super) fn phase_at<'r, 'c>(record: &'r Record<'c>, time: Option<i64>) -> Option<&'r Phase<'c>> {
    record
        .phases
        .get(record.position_at(time.unwrap_or(i64::MIN)))
}

/// Returns whether anybody is dealt out by a hash.
fn needs_buckets(record: &Record<'_>) -> bool {
    let partial = |serving: &Serving<'_>| {
        let share = serving
            .share
            .is_none_or(|share| (1..POSITIONS).contains(&share));
        share || serving.split.is_some()
    };
    let of_phase = |phase: &Phase<'_>| {
        phase.serving.as_ref().is_some_and(partial)
            || phase.rules.iter().any(|rule| partial(&rule.serving))
    };
    record.phases.iter().any(of_phase)
}

/// Returns a record as it is from a time on: what has gone by is not in it, and ramps that have come
/// to their end are the shares that they ended with.
#[must_use]
pub fn settled(mut record: Record<'_>, time: i64) -> Record<'_> {
    let current = record.position_at(time);
    record.phases.drain(..current);
    if let Some(first) = record.phases.first_mut() {
        first.from = None;
    }
    for phase in &mut record.phases {
        let begins = phase.from.unwrap_or(time).max(time);
        let rules = phase.rules.iter_mut().map(|rule| &mut rule.serving);
        for serving in rules.chain(phase.serving.as_mut()) {
            end(serving, begins);
        }
    }
    record
}

fn end(serving: &mut Serving<'_>, time: i64) {
    let is_over = |ramp: &Gradual| !ramp.is_pending(time);
    if let Some(ramp) = serving.gradual.filter(is_over) {
        serving.gradual = None;
        serving.share = Some(ramp.until);
    }
}

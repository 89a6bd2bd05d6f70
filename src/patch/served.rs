//! Everything that a flag can serve in an environment from a time on.
//!
//! Conditions are taken to hold for some and not for others; so this is never less than what is
//! served, and more only where conditions are such that nobody, or everybody, meets them.

use std::collections::BTreeMap;

use crate::model::{
    Dependency, EnvironmentId, Flag, FlagKey, Required, Rule, Serve, Serving, Share, What,
};
use crate::resolve::{self, Moment, Resolved};
use crate::ruleset::{POSITIONS, ValueType};

use super::Subject;

/// What a flag can serve.
#[derive(Debug, Clone, Default)]
pub(super) struct Served {
    list: Vec<Serve>,
    /// Whether somebody without a subject is answered with an error, beside the default.
    may_err: bool,
}

impl Served {
    fn add(&mut self, serve: &Serve) {
        if !self.list.contains(serve) {
            self.list.push(serve.clone());
        }
    }

    /// Adds what another serves.
    pub(super) fn extend(&mut self, other: &Self) {
        for serve in &other.list {
            self.add(serve);
        }
        self.may_err |= other.may_err;
    }

    /// Returns what is served, of several that are the same value the first.
    pub(super) fn distinct(&self, flag: &Flag) -> Vec<&Serve> {
        let mut distinct: Vec<&Serve> = Vec::new();
        for serve in &self.list {
            let same = |other: &&Serve| flag.value(other) == flag.value(serve);
            if !distinct.iter().any(same) {
                distinct.push(serve);
            }
        }
        distinct
    }

    /// Returns whether nothing but one value is served.
    pub(super) fn is_only(&self, flag: &Flag, serve: &Serve) -> bool {
        let same = |other: &Serve| flag.value(other) == flag.value(serve);
        self.list.iter().all(same)
    }
}

/// Returns what the subject can serve in an environment, at its time and at every later one.
pub(super) fn served(subject: &Subject<'_>, environment: EnvironmentId) -> Served {
    of_flag(subject, subject.flag, environment, &mut Walk::default())
}

/// Returns whether everybody is served the off value, now and at every later time: a kill switch
/// would change nothing.
#[must_use]
pub fn serves_only_off(subject: &Subject<'_>, environment: EnvironmentId) -> bool {
    let served = served(subject, environment);
    served.list.iter().all(|serve| *serve == subject.flag.off)
}

/// The flags on the way to where a walk over dependencies is, and those that it has been to: many
/// flags may need the same one.
#[derive(Default)]
struct Walk<'c> {
    path: Vec<&'c FlagKey>,
    known: BTreeMap<&'c FlagKey, Served>,
}

fn of_flag<'c>(
    subject: &Subject<'c>,
    flag: &'c Flag,
    environment: EnvironmentId,
    walk: &mut Walk<'c>,
) -> Served {
    if let Some(known) = walk.known.get(&flag.key) {
        return known.clone();
    }
    let served = looked_up(subject, flag, environment, walk);
    walk.known.insert(&flag.key, served.clone());
    served
}

fn looked_up<'c>(
    subject: &Subject<'c>,
    flag: &'c Flag,
    environment: EnvironmentId,
    walk: &mut Walk<'c>,
) -> Served {
    let mut served = Served::default();
    if resolve::kill(subject.catalog, flag, environment).is_some() {
        served.add(&flag.off);
        return served;
    }
    let prerequisites = prerequisites(subject, flag, environment, walk);
    if prerequisites.may_fail {
        served.add(&flag.off);
    }
    if !prerequisites.may_hold {
        return served;
    }
    let steps = resolve::step_times(subject.catalog, flag, environment);
    let ahead = steps.into_iter().filter(|time| *time > subject.now);
    for time in std::iter::once(subject.now).chain(ahead) {
        let resolved = resolve::resolve(subject.catalog, flag, environment, Moment::At(time));
        if resolved.enabled.value {
            of_phase(flag, &resolved, time, &mut served);
        } else {
            served.add(&flag.off);
        }
    }
    served
}

fn of_phase(flag: &Flag, resolved: &Resolved<'_>, time: i64, served: &mut Served) {
    let takes_everybody = |rule: &Rule| rule.conditions.is_empty();
    for rule in resolved.rules.value {
        let all = of_serving(flag, &rule.serving, time, served);
        if !all {
            served.add(resolved.default.value);
        }
        if takes_everybody(rule) {
            return;
        }
    }
    let all = resolved
        .serving
        .value
        .is_some_and(|serving| of_serving(flag, serving, time, served));
    if !all {
        served.add(resolved.default.value);
    }
}

/// Adds what a serving gives from a time on. Returns whether nobody is left out.
fn of_serving(flag: &Flag, serving: &Serving, time: i64, served: &mut Served) -> bool {
    let (now, ever) = match serving.share {
        Share::All => (POSITIONS, POSITIONS),
        Share::Percentage(share) => (share, share),
        Share::Gradual(ramp) => (ramp.share_at(time), ramp.until),
    };
    let weights = serving.what.weights(&flag.variants);
    if ever > 0 {
        if let What::One(serve) = &serving.what {
            served.add(serve);
        }
        for (variant, _) in &weights {
            served.add(&Serve::Variant(*variant));
        }
    }
    // Who has no subject has no bucket, and gets the default.
    let is_partial = ever > 0 && now < POSITIONS;
    let is_split = ever > 0 && weights.len() > 1;
    served.may_err |= is_partial || is_split;
    now >= POSITIONS && !is_split
}

/// Whether a flag's dependencies in this repository may hold, and whether they may not.
struct Prerequisites {
    may_hold: bool,
    may_fail: bool,
}

fn prerequisites<'c>(
    subject: &Subject<'c>,
    flag: &'c Flag,
    environment: EnvironmentId,
    walk: &mut Walk<'c>,
) -> Prerequisites {
    let mut all = Prerequisites {
        may_hold: true,
        may_fail: false,
    };
    if walk.path.contains(&&flag.key) {
        // A loop, which is an error elsewhere; it ends here.
        all.may_fail = true;
        return all;
    }
    walk.path.push(&flag.key);
    let here = |dependency: &&Dependency| dependency.repository.is_none();
    for dependency in flag.depends_on.iter().filter(here) {
        let other = subject.catalog.flags.get(&dependency.flag);
        // What does not exist, or is archived, satisfies nobody.
        let Some(other) = other.filter(|other| other.archived.is_none()) else {
            all.may_hold = false;
            all.may_fail = true;
            continue;
        };
        let given = of_flag(subject, other, environment, walk);
        let meets = |serve: &Serve| satisfies(other, serve, &dependency.required);
        // An error satisfies nobody.
        all.may_fail |= given.may_err;
        all.may_hold &= given.list.iter().any(|serve| meets(serve) != Some(false));
        all.may_fail |= given.list.iter().any(|serve| meets(serve) != Some(true));
    }
    walk.path.pop();
    all
}

/// Returns whether something served is what is required; `None` where that depends on what served
/// it: the variants of a flag without variants are named so.
fn satisfies(flag: &Flag, serve: &Serve, required: &Required) -> Option<bool> {
    match required {
        Required::Values(values) => Some(values.contains(flag.value(serve))),
        Required::Variants(names) => {
            let name = match serve {
                Serve::Variant(id) => {
                    let variant = flag.variants.get(usize::from(id.0));
                    variant.map(|variant| variant.key.as_str())
                }
                Serve::Value(value) if flag.value_type == ValueType::Boolean => {
                    Some(if value.as_bool() == Some(true) {
                        "on"
                    } else {
                        "off"
                    })
                }
                Serve::Value(_) => None,
            };
            name.map(|name| names.iter().any(|other| other == name))
        }
    }
}

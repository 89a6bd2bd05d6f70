//! `promote`: the structure of a flag in one environment, brought to one that follows it.
//!
//! Structure is what the rules ask, what is served, the order of it all and `bucket_by`. Exposure
//! is to how many: percentages and ramps, rule by rule, and an environment's own default. Structure
//! moves; exposure stays as it is in the environment that is promoted to, unless `--as-is` says
//! otherwise. `enabled` and kill switches never move.

mod drift;
mod rules;
mod serving;
mod side;
mod time;

use crate::diagnostic::join_names;
use crate::document::{Scalar, Tree};
use crate::model::EnvironmentId;
use crate::resolve;

use super::entry::{Draft, Form, holds_slot};
use super::serving::{Keys, inherited_serving};
use super::{Pending, Refusal, Subject};
use side::Side;

/// How to promote.
#[derive(Debug, Clone, Copy, Default)]
pub struct Promote {
    /// To how many that is served which the environment does not know yet, in thousandths of a
    /// percent.
    pub percentage: Option<u32>,
    /// Whether exposure moves too.
    pub as_is: bool,
    /// When ramps and schedules that are brought begin, in Unix seconds. A ramp then has its
    /// `start` there; a schedule is moved as a whole, ramps in its steps included, so that its
    /// first step that is still ahead falls there.
    pub restart_at: Option<i64>,
    /// What becomes of steps ahead that set the same.
    pub pending: Pending,
}

/// What a promotion comes to.
#[derive(Debug, Clone)]
pub struct Promoted {
    /// The whole file.
    pub root: Tree,
    /// What else was done or left, and why: sentences for people.
    pub notes: Vec<String>,
    /// In what the structures differed before: sentences for people.
    pub drift: Vec<String>,
}

/// What becomes of exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exposure {
    /// It stays.
    Keep,
    /// It stays, and what is new goes to so many.
    Percentage(u32),
    /// It moves; ramps and schedules begin then.
    AsIs(Option<i64>),
}

/// Returns in what the structures of a flag differ in two environments, in words.
#[must_use]
pub fn drift(subject: &Subject<'_>, from: EnvironmentId, to: EnvironmentId) -> Vec<String> {
    drift::between(&Side::new(subject, from), &Side::new(subject, to))
}

/// Brings a flag's structure from one environment to another that follows it.
///
/// # Errors
///
/// Refuses an environment that the other does not follow; rules of the other that this one lacks;
/// and what is new there, ramps and schedules, of which it is not said to how many, or when.
pub fn promote(
    subject: &Subject<'_>,
    from: EnvironmentId,
    to: EnvironmentId,
    options: &Promote,
) -> Result<Promoted, Refusal> {
    subject.not_archived()?;
    follows(subject, from, to)?;
    let exposure = exposure(subject, options)?;
    let (a, b) = (Side::new(subject, from), Side::new(subject, to));
    let drift = drift::between(&a, &b);
    let unchanged = |notes: Vec<String>| Promoted {
        root: subject.root.clone(),
        notes,
        drift: drift.clone(),
    };
    if let Some(why) = nothing_to_bring(&a, &b) {
        return Ok(unchanged(vec![why]));
    }
    let mut promotion = Promotion {
        subject,
        draft: Draft::new(subject, to),
        a,
        b,
        exposure,
        notes: Vec::new(),
    };
    if options.restart_at.is_some() && !options.as_is {
        let note = "`--restart-at` is for what `--as-is` brings, and changes nothing";
        promotion.notes.push(note.to_owned());
    }
    promotion.draft.fold_elapsed();
    if promotion.bring()? {
        return promotion.finish(options.pending, drift);
    }
    let mut notes = promotion.notes;
    if notes.is_empty() {
        let (from, to) = (promotion.a.name, promotion.b.name);
        notes.push(if drift.is_empty() {
            format!("{to} has what {from} has: there is nothing to promote")
        } else {
            format!("{from} has nothing to bring to {to}: what differs is left there")
        });
    }
    Ok(unchanged(notes))
}

/// Refuses environments that are not ancestor and descendant: over `parent`, which is the order of
/// promotion, copied by `auto_sync` or not.
fn follows(subject: &Subject<'_>, from: EnvironmentId, to: EnvironmentId) -> Result<(), Refusal> {
    let environments = &subject.catalog.environments;
    let parents = std::iter::successors(environments.get(to).parent, |id| {
        environments.get(*id).parent
    });
    // A loop of parents is an error of environments.yaml; it ends here all the same.
    let ancestors: Vec<EnvironmentId> = parents.take(environments.len()).collect();
    if ancestors.contains(&from) {
        return Ok(());
    }
    let names: Vec<&str> = ancestors
        .iter()
        .map(|id| subject.environment_name(*id))
        .collect();
    let (from, to) = (subject.environment_name(from), subject.environment_name(to));
    let hint = if names.is_empty() {
        format!("{to} follows no environment: name its `parent` in environments.yaml")
    } else {
        format!("say `--from` and one of {}", join_names(&names, "or"))
    };
    Err(Refusal::usage(format!("{to} does not follow {from}"), hint))
}

fn exposure(subject: &Subject<'_>, options: &Promote) -> Result<Exposure, Refusal> {
    if options.restart_at.is_some_and(|at| at < subject.now) {
        return Err(Refusal::usage(
            "`--restart-at` has passed",
            "say now, or a time that is ahead",
        ));
    }
    match (options.percentage, options.as_is) {
        (Some(_), true) => Err(Refusal::usage(
            "`--percentage` and `--as-is` exclude each other",
            "`--as-is` brings the percentages too; keep the one that is meant",
        )),
        (Some(share), false) => Ok(Exposure::Percentage(share)),
        (None, true) => Ok(Exposure::AsIs(options.restart_at)),
        (None, false) => Ok(Exposure::Keep),
    }
}

/// Returns why there is nothing to bring, whatever the options.
fn nothing_to_bring(a: &Side<'_>, b: &Side<'_>) -> Option<String> {
    let (from, to) = (a.name, b.name);
    let key = &a.subject.flag.key;
    if !a.subject.flag.promotable {
        return Some(format!("`{key}` is not promotable: {to} is left as it is"));
    }
    if b.copies(a) {
        return Some(format!(
            "{to} says nothing of its own and inherits from {from}: there is nothing to promote"
        ));
    }
    (!a.resolved.exposed)
        .then(|| format!("nothing is said of `{key}` in {from}: there is nothing to promote"))
}

struct Promotion<'s> {
    subject: &'s Subject<'s>,
    /// The entry that is written.
    draft: Draft<'s>,
    /// What is promoted.
    a: Side<'s>,
    /// What it is promoted to, as it was.
    b: Side<'s>,
    exposure: Exposure,
    notes: Vec<String>,
}

impl Promotion<'_> {
    /// Brings everything. Returns whether that changes anything.
    fn bring(&mut self) -> Result<bool, Refusal> {
        let is_new = !self.b.resolved.exposed;
        if is_new && self.exposure == Exposure::Keep {
            let (from, to) = (self.a.name, self.b.name);
            return Err(Refusal::usage(
                format!("`{}` has no entry in {to} yet", self.subject.flag.key),
                format!(
                    "say to how many it is served there with `--percentage`, or `--as-is` for as \
                     many as in {from}"
                ),
            ));
        }
        let rules = self.rules()?;
        let serving = self.serving()?;
        if is_new && serving.is_none() && self.has_nothing_for_some() {
            self.schedule()?;
            return Ok(false);
        }
        let mut changed = is_new || rules.is_some() || serving.is_some();
        if is_new {
            // It has no switch to keep: what is off stays off.
            self.draft.set("enabled", self.a.resolved.enabled.value);
        }
        if let Some(rules) = rules {
            self.write_rules(rules);
        }
        if let Some(keys) = serving {
            self.write_serving(&keys);
        }
        changed |= self.bucket_by();
        if !holds_slot(&self.draft.map) {
            // An entry without a slot would count as none, and no rule be looked at.
            self.draft.set("enabled", self.b.resolved.enabled.value);
        }
        changed |= self.schedule()?;
        Ok(changed)
    }

    /// Returns whether a percentage finds nothing to be one of: an entry would say nothing.
    fn has_nothing_for_some(&self) -> bool {
        let (a, b) = (&self.a, &self.b);
        matches!(self.exposure, Exposure::Percentage(_))
            && a.rules.iter().all(|ours| self.stays(ours.name()))
            && a.resolved.bucket_by.value == b.resolved.bucket_by.value
    }

    /// Writes the entry, as a scalar where it was no map and can be one.
    fn finish(mut self, pending: Pending, drift: Vec<String>) -> Result<Promoted, Refusal> {
        self.note_switches();
        let Self { draft, notes, .. } = self;
        let patched = if draft.form == Form::Map {
            draft.finish(pending)?
        } else {
            draft.finish_short(pending)?
        };
        Ok(Promoted {
            root: patched.root,
            notes: [notes, patched.notes].concat(),
            drift,
        })
    }

    fn write_rules(&mut self, rules: Vec<Tree>) {
        let own = self.draft.map.get_mut("targeting_rules");
        match own.and_then(Tree::items_mut) {
            Some(items) => *items = rules,
            None => self.draft.set("targeting_rules", rules),
        }
    }

    /// The whole slot is written: any key of it replaces all that is inherited.
    fn write_serving(&mut self, keys: &Keys) {
        self.draft.set_serving(&keys.0);
        let inherits = || inherited_serving(self.subject, self.b.id, self.b.settled);
        if keys.0.is_empty() && inherits().is_some_and(|serving| !serving.is_empty()) {
            self.draft.set("percentage", Scalar::Null);
        }
    }

    /// Brings the attribute that names the subject. Returns whether it was another.
    fn bucket_by(&mut self) -> bool {
        let (wanted, present) = (
            self.a.resolved.bucket_by.value,
            self.b.resolved.bucket_by.value,
        );
        if wanted == present {
            return false;
        }
        let of_flag = self.subject.flag.bucket_by.as_deref();
        match wanted.filter(|_| wanted != of_flag) {
            Some(attribute) => self.draft.set("bucket_by", attribute),
            None if self.b.inherits("bucket_by") => self.draft.set("bucket_by", Scalar::Null),
            None => drop(self.draft.map.remove("bucket_by")),
        }
        self.notes.push(format!(
            "another `bucket_by` deals everybody in {} anew",
            self.b.name
        ));
        true
    }

    /// Says what the switches make of it: they do not move.
    fn note_switches(&mut self) {
        let (subject, from, to) = (self.subject, self.a.name, self.b.name);
        let killed = |id| resolve::kill(subject.catalog, subject.flag, id).is_some();
        let (a_on, b_on) = (self.a.resolved.enabled.value, self.b.resolved.enabled.value);
        if killed(self.b.id) {
            self.notes.push(format!(
                "{to} stays killed: the change is served once the kill switch is taken away"
            ));
        } else if killed(self.a.id) {
            self.notes
                .push(format!("the kill switch of {from} stays there"));
        }
        if self.b.resolved.exposed && !b_on {
            self.notes.push(format!(
                "{to} stays off: `ffctl enable` serves what was brought"
            ));
        } else if !a_on {
            self.notes.push(if b_on && self.b.resolved.exposed {
                format!("{from} is off, and {to} stays on")
            } else {
                format!("{from} is off, and so is {to} now")
            });
        }
    }
}

//! What a record serves at one time: the state of the flag, and how each audience is dealt out.
//!
//! An audience is those whom one rule takes, or those whom none does. [`Dealt`] is a normal form:
//! two audiences get the same now, each subject of them, exactly when theirs are equal. A share of
//! all or nothing needs no bucket, a share that gives what everybody else gets is none, and a split
//! is where its boundaries lie, whatever its weights.

use serde_json::Value;

use crate::record::{Phase, Record, Rule, Served, Serving, same_value};
use crate::ruleset::{Bucketing, ComputedEntry, Gradual, POSITIONS, Text, ValueType};

/// What a flag does in an environment, as far as switches go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It is archived: not served at all.
    Gone,
    /// A kill switch is in force.
    Killed,
    /// It is disabled, or a boolean that serves `false` to everybody.
    Off,
    /// It serves.
    On,
}

/// How two sides are told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tone<'r> {
    /// As what was and what is.
    Change,
    /// As two that stand beside each other, by their names: nothing happens to anybody.
    Comparison(&'r str, &'r str),
}

/// A record at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'r> {
    pub(super) record: &'r Record<'r>,
    pub(super) phase: &'r Phase<'r>,
    pub(super) time: i64,
    pub(super) tone: Tone<'r>,
}

/// Something served: a variant by its name and value, or a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Thing<'r> {
    pub(super) variant: Option<&'r str>,
    pub(super) value: &'r Value,
}

/// How an audience is dealt out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dealt<'r> {
    /// The share that is included now, in thousandths of a percent.
    pub(super) share: u32,
    /// How the share grows, where it still does.
    pub(super) ramp: Option<Gradual>,
    /// What the included get; `None` where nobody is or will be.
    pub(super) inside: Option<Inside<'r>>,
    /// What the others get, those without a subject among them; `None` where there are none.
    pub(super) outside: Option<Thing<'r>>,
    /// What is hashed; `None` where no bucket is needed.
    pub(super) key: Option<Key<'r>>,
}

/// What the included get.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Inside<'r> {
    /// All of them the same.
    One(Thing<'r>),
    /// By bucket, in order.
    Split(Vec<Part<'r>>),
}

/// A part of a split.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'r> {
    pub(super) thing: Thing<'r>,
    /// The weight as written, in thousandths: for words only.
    pub(super) weight: u64,
    /// The position behind its last.
    pub(super) end: u32,
}

/// What is hashed for a bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Key<'r> {
    pub(super) salt: &'r str,
    pub(super) bucketing: Bucketing,
    pub(super) attribute: Option<&'r str>,
    computed: Option<&'r Vec<ComputedEntry<'r>>>,
}

impl PartialEq for Thing<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.variant == other.variant && same_value(self.value, other.value)
    }
}

impl PartialEq for Part<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.thing == other.thing && self.end == other.end
    }
}

impl Tone<'_> {
    /// Returns both sides: `10% → 25%`, or `production 10%, staging 25%`.
    pub(super) fn pair(self, was: &str, is: &str) -> String {
        match self {
            Self::Change => format!("{was} → {is}"),
            Self::Comparison(before, after) => format!("{before} {was}, {after} {is}"),
        }
    }

    pub(super) fn is_comparison(self) -> bool {
        matches!(self, Self::Comparison(..))
    }
}

impl<'r> View<'r> {
    pub(super) fn at(record: &'r Record<'r>, time: i64) -> Self {
        Self::told_as(record, time, Tone::Change)
    }

    /// Returns the same record at another time.
    pub(super) fn later(self, time: i64) -> Self {
        Self::told_as(self.record, time, self.tone)
    }

    pub(super) fn told_as(record: &'r Record<'r>, time: i64, tone: Tone<'r>) -> Self {
        let phase = record.phases.get(record.position_at(time));
        Self {
            record,
            phase: phase.expect("a record has the phase that has always begun"),
            time,
            tone,
        }
    }

    pub(super) fn state(self) -> State {
        if self.record.archived {
            State::Gone
        } else if self.record.killed {
            State::Killed
        } else if !self.phase.enabled || self.is_plainly_false() {
            State::Off
        } else {
            State::On
        }
    }

    /// Nobody says of a boolean that serves `false` to everybody that it is on.
    fn is_plainly_false(self) -> bool {
        let default = self.thing(&self.phase.default);
        self.record.value_type == ValueType::Boolean
            && self.is_bare()
            && *default.value == Value::Bool(false)
            && (!self.depends() || default == self.off())
    }

    /// Returns whether flags of this repository must serve something first.
    pub(super) fn depends(self) -> bool {
        let mut list = self.record.depends_on.iter();
        list.any(|dependency| dependency.repository.is_none())
    }

    /// Returns whether everybody gets the off value.
    pub(super) fn serves_off(self) -> bool {
        self.record.killed || !self.phase.enabled
    }

    /// Returns whether there is nothing but the default to serve.
    pub(super) fn is_bare(self) -> bool {
        self.phase.rules.is_empty() && self.phase.serving.is_none()
    }

    /// What everybody gets while the state is neither `Gone` nor `On`.
    pub(super) fn dark(self) -> Thing<'r> {
        if self.serves_off() {
            return self.off();
        }
        self.thing(&self.phase.default)
    }

    pub(super) fn off(self) -> Thing<'r> {
        self.thing(&self.record.off)
    }

    pub(super) fn thing(self, served: &'r Served<'r>) -> Thing<'r> {
        Thing {
            variant: served.variant.as_ref().map(Text::as_str),
            value: self.record.value(served),
        }
    }

    /// The rules that somebody can reach: those behind one that takes everybody are not.
    pub(super) fn rules(self) -> &'r [Rule<'r>] {
        let rules = &self.phase.rules;
        let last = rules.iter().position(|rule| rule.conditions.is_empty());
        last.and_then(|last| rules.get(..=last)).unwrap_or(rules)
    }

    /// The rules that somebody can reach, where any of them serves otherwise than those get whom none
    /// takes.
    pub(super) fn deciding(self) -> &'r [Rule<'r>] {
        let rest = self.rest();
        let rules = self.rules();
        let decide = rules
            .iter()
            .any(|rule| rest.as_ref() != Some(&self.of_rule(rule)));
        if decide { rules } else { &[] }
    }

    /// Those whom no rule takes; `None` where a rule takes everybody.
    pub(super) fn rest(self) -> Option<Dealt<'r>> {
        let taken = self.rules().last();
        let is_left = taken.is_none_or(|rule| !rule.conditions.is_empty());
        is_left.then(|| match &self.phase.serving {
            Some(serving) => self.dealt(serving, self.phase.bucket_by.as_ref()),
            None => Dealt::all(self.thing(&self.phase.default)),
        })
    }

    pub(super) fn of_rule(self, rule: &'r Rule<'r>) -> Dealt<'r> {
        self.dealt(&rule.serving, rule.bucket_by.as_ref())
    }

    fn dealt(self, serving: &'r Serving<'r>, bucket_by: Option<&'r Text<'r>>) -> Dealt<'r> {
        let default = self.thing(&self.phase.default);
        let inside = self.inside(serving);
        let ramp = serving.gradual.filter(|ramp| ramp.is_pending(self.time));
        let share = match serving.gradual {
            Some(ramp) => ramp.share_at(self.time),
            None => serving.share.unwrap_or(POSITIONS),
        };
        let whole = share == POSITIONS && ramp.is_none();
        match &inside {
            _ if share == 0 && ramp.is_none() => return Dealt::all(default),
            Inside::One(one) if whole || *one == default => return Dealt::all(*one),
            _ => {}
        }
        let attribute = bucket_by.map(Text::as_str);
        Dealt {
            share,
            ramp,
            inside: Some(inside),
            outside: Some(default),
            key: Some(Key {
                salt: self.record.salt.as_str(),
                bucketing: self.record.bucketing,
                attribute,
                computed: attribute.and_then(|name| self.record.computed.get(name)),
            }),
        }
    }

    fn inside(self, serving: &'r Serving<'r>) -> Inside<'r> {
        if let Some(one) = &serving.one {
            return Inside::One(self.thing(one));
        }
        let split = serving.split.as_deref().unwrap_or_default();
        let total: u128 = split.iter().map(|part| u128::from(part.weight)).sum();
        let mut sum = 0_u128;
        let parts = split.iter().map(|part| {
            sum += u128::from(part.weight);
            let end = sum * u128::from(POSITIONS) / total.max(1);
            let variants = &self.record.variants;
            let listed = variants.iter().find(|variant| variant.key == part.variant);
            Part {
                thing: Thing {
                    variant: Some(part.variant.as_str()),
                    value: listed.map_or(&Value::Null, |variant| variant.value),
                },
                weight: part.weight,
                end: u32::try_from(end).unwrap_or(POSITIONS),
            }
        });
        Inside::Split(parts.collect())
    }
}

impl<'r> Dealt<'r> {
    fn all(thing: Thing<'r>) -> Self {
        Self {
            share: POSITIONS,
            ramp: None,
            inside: Some(Inside::One(thing)),
            outside: None,
            key: None,
        }
    }

    /// The one thing that everybody gets, where it is one.
    pub(super) fn uniform(&self) -> Option<Thing<'r>> {
        match &self.inside {
            Some(Inside::One(thing)) if self.key.is_none() => Some(*thing),
            _ => None,
        }
    }

    /// Whether some are included and some are not, now or later.
    pub(super) fn is_partial(&self) -> bool {
        self.ramp.is_some() || (1..POSITIONS).contains(&self.share)
    }

    pub(super) fn split(&self) -> Option<&[Part<'r>]> {
        match &self.inside {
            Some(Inside::Split(parts)) => Some(parts),
            _ => None,
        }
    }

    /// What everybody gets may stand for a share of all or of nobody: this returns the one beside
    /// which the other side reads as the smaller change.
    fn beside(&self, other: &Self) -> Self {
        let Some(thing) = self.uniform() else {
            return self.clone();
        };
        let whole = !other.is_partial() && other.share == POSITIONS;
        if whole || other.inside == Some(Inside::One(thing)) {
            return self.clone();
        }
        Self {
            share: 0,
            inside: None,
            outside: Some(thing),
            ..self.clone()
        }
    }
}

/// Returns two sides of an audience in forms that compare part by part.
pub(super) fn aligned<'r>(before: &Dealt<'r>, after: &Dealt<'r>) -> (Dealt<'r>, Dealt<'r>) {
    (before.beside(after), after.beside(before))
}

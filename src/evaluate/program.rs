//! The compiled ruleset: instructions, the tables that they point into, and the tests of
//! conditions.
//!
//! [`Program::condition`], with the two halves that it is made of, is the one place that decides
//! whether a condition holds; the evaluation in [`super::run`] and the trace in [`super::trace`]
//! both call it.

use serde_json::Value;

use super::bucket::Bucket;
use super::facts::{Facts, LIST};
use super::op::{Code, Op};
use super::outcome::{ErrorCode, Outcome, Reason};
use super::pattern::Pattern;
use super::run::{Memo, View};
use super::text::{Arena, Name, Names, Span};
use crate::ruleset::Gradual;

/// Everything that evaluation reads.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    /// Tests on computed attributes that depend on the time.
    pub(super) inner: Vec<Op>,
    pub(super) flags: Vec<Flag>,
    /// Where segments and computed attributes begin that are routines of their own.
    pub(super) routines: Vec<u32>,
    pub(super) outcomes: Vec<Served>,
    pub(super) decisions: Vec<Decision>,
    pub(super) percentages: Vec<Percentage>,
    pub(super) servings: Vec<Serving>,
    pub(super) ranges: Vec<(u32, u32)>,
    pub(super) ramps: Vec<Gradual>,
    pub(super) splits: Vec<Split>,
    pub(super) requirements: Vec<Requirement>,
    pub(super) switches: Vec<Switch>,
    pub(super) sets: Vec<IdSet>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) late: Vec<Late>,
    /// For each number of a subject, the computed attribute that gives it at evaluation.
    pub(super) late_subjects: Vec<Option<u32>>,
    pub(super) arena: Arena,
    pub(super) names: Names,
}

/// A flag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag {
    pub(super) key: Span,
    pub(super) entry: u32,
    /// Whether it needs no other flag and no routine, so that it can be evaluated in one go.
    pub(super) flat: bool,
}

/// A value that can be served, and its name.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) value: Value,
    pub(super) variant: Name,
}

/// How a flag's evaluation ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decision {
    /// The place of the outcome; for a routine, its answer.
    pub(super) outcome: u32,
    pub(super) rule: Name,
    pub(super) reason: Reason,
    pub(super) error: Option<ErrorCode>,
}

/// One outcome for a part of the bucket space that begins at its start: what most servings are.
#[derive(Debug)]
pub(super) struct Percentage {
    pub(super) bucket: Bucket,
    /// Positions below this are inside.
    pub(super) end: u32,
    /// The places of the decisions for those outside and inside.
    pub(super) decisions: [u32; 2],
    /// The place of the decision for want of a subject.
    pub(super) failed: u32,
}

/// Any other serving that may need a bucket.
#[derive(Debug)]
pub(super) struct Serving {
    /// `None` is everybody.
    pub(super) exposure: Option<Exposure>,
    pub(super) choice: Choice,
    /// The outcome for those outside.
    pub(super) default: u32,
    /// The rule's name; [`Name::NONE`] for the environment's serving.
    pub(super) rule: Name,
    /// Whether nothing around the serving could decide otherwise.
    pub(super) alone: bool,
}

/// Who is included.
#[derive(Debug)]
pub(super) struct Exposure {
    pub(super) bucket: Bucket,
    pub(super) share: Share,
}

/// The included positions.
#[derive(Debug)]
pub(super) enum Share {
    /// Those in one of `ranges[from..to]`.
    Ranges(u32, u32),
    /// Those that the ramp includes at the time.
    Ramp(u32),
}

/// What is served to those included.
#[derive(Debug, Clone, Copy)]
pub(super) enum Choice {
    /// An outcome.
    One(u32),
    /// What a split chooses.
    Split(u32),
}

/// Outcomes by bucket.
#[derive(Debug)]
pub(super) struct Split {
    pub(super) bucket: Bucket,
    /// The end of each range and its outcome, ascending to the end of the bucket space.
    pub(super) portions: Box<[(u32, u32)]>,
}

/// What another flag must serve.
#[derive(Debug)]
pub(super) struct Requirement {
    /// The other flag; `None` if there is none of that name.
    pub(super) flag: Option<u32>,
    pub(super) values: Option<Box<[Value]>>,
    pub(super) variants: Option<Box<[Name]>>,
}

/// Where to go by id, for a run of rules that compare one attribute.
#[derive(Debug)]
pub(super) struct Switch {
    pub(super) lookup: Lookup,
    /// For ids that no rule names.
    pub(super) otherwise: u32,
}

/// From an id to an instruction.
#[derive(Debug)]
pub(super) enum Lookup {
    /// By the distance from the first id.
    Direct(u32, Box<[u32]>),
    /// By search among sorted ids.
    Sorted(Box<[(u32, u32)]>),
}

/// A set of ids.
#[derive(Debug)]
pub(super) enum IdSet {
    /// Bits, the first of which is the id given.
    Bits(u32, Box<[u64]>),
    /// Sorted.
    Sorted(Box<[u32]>),
}

/// A computed attribute whose entry depends on the time.
#[derive(Debug)]
pub(super) struct Late {
    /// The number of the routine that finds the entry.
    pub(super) routine: u32,
    pub(super) entries: Box<[LateEntry]>,
    /// What the tests see if there is no entry.
    pub(super) missing: Facts,
}

/// An entry of a computed attribute.
#[derive(Debug)]
pub(super) struct LateEntry {
    /// What the tests see of its value.
    pub(super) facts: Facts,
    /// What buckets see of it.
    pub(super) subject: Option<Box<str>>,
    pub(super) value: Value,
}

impl Switch {
    /// Returns where to go for an id.
    #[inline]
    pub(super) fn target(&self, id: u32) -> Option<u32> {
        match &self.lookup {
            Lookup::Direct(first, targets) => {
                targets.get(id.wrapping_sub(*first) as usize).copied()
            }
            Lookup::Sorted(targets) => {
                let place = targets.binary_search_by_key(&id, |(id, _)| *id).ok()?;
                targets.get(place).map(|(_, target)| *target)
            }
        }
    }
}

impl IdSet {
    /// Returns whether an id is in the set.
    #[inline]
    pub(super) fn contains(&self, id: u32) -> bool {
        match self {
            Self::Bits(first, words) => {
                let bit = id.wrapping_sub(*first);
                words
                    .get(bit as usize / 64)
                    .is_some_and(|word| word >> (bit % 64) & 1 == 1)
            }
            Self::Sorted(ids) => ids.binary_search(&id).is_ok(),
        }
    }
}

impl Late {
    /// Returns what a computed attribute is to the tests, by the answer of its routine.
    pub(super) fn facts(&self, entry: u32) -> &Facts {
        self.entries
            .get(entry as usize)
            .map_or(&self.missing, |entry| &entry.facts)
    }
}

impl Program {
    /// Returns whether a condition holds, or the routine whose answer is needed first.
    #[inline]
    pub(super) fn condition(&self, op: &Op, view: View<'_>) -> Result<bool, u32> {
        match self.simple(op, &view.context.facts, view) {
            Some(holds) => Ok(holds),
            None => self.other(op, view),
        }
    }

    /// Returns whether a test of one word, of the time or of a bit holds; `None` for other tests,
    /// which take longer and are called, so that the loop keeps its registers.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the loop's first dispatch on the instruction"
    )]
    pub(super) fn simple(&self, op: &Op, facts: &Facts, view: View<'_>) -> Option<bool> {
        let word = facts.word(op.slot);
        Some(match op.code {
            Code::Range => word.wrapping_sub(op.a) < op.b,
            Code::Member => {
                word.wrapping_sub(op.a) < op.b || (word == LIST && self.includes_any(op, facts))
            }
            Code::Mask => {
                (word < 64 && op.operand() >> word & 1 == 1)
                    || (word == LIST && self.includes_any(op, facts))
            }
            Code::Reached => view.time >= op.operand().cast_signed(),
            Code::Segment => view.context.segment(op.a),
            _ => return None,
        })
    }

    /// The same for tests that are not simple.
    #[inline(never)]
    pub(super) fn other(&self, op: &Op, view: View<'_>) -> Result<bool, u32> {
        match op.code {
            Code::Call => Memo::answer(view.memo, op.a).map(|answer| answer == 1),
            Code::Late => {
                let late = &self.late[op.a as usize];
                let facts = late.facts(Memo::answer(view.memo, late.routine)?);
                let inner = &self.inner[op.b as usize];
                let simple = self.simple(inner, facts, view);
                Ok(simple.unwrap_or_else(|| self.looks_up(inner, facts)))
            }
            _ => Ok(self.looks_up(op, &view.context.facts)),
        }
    }

    /// Returns whether a test holds that has its operands in a table.
    fn looks_up(&self, op: &Op, facts: &Facts) -> bool {
        match op.code {
            Code::Set => {
                let word = facts.word(op.slot);
                let set = &self.sets[op.a as usize];
                set.contains(word) || (word == LIST && self.includes_any(op, facts))
            }
            Code::Pattern => self.patterns[op.a as usize].holds(facts.raw(op.slot), &self.arena),
            _ => false,
        }
    }

    /// Returns whether a list shares an id with a membership test.
    #[cold]
    #[inline(never)]
    fn includes_any(&self, op: &Op, facts: &Facts) -> bool {
        facts.members(op.slot).iter().any(|id| match op.code {
            Code::Member => id.wrapping_sub(op.a) < op.b,
            Code::Mask => *id < 64 && op.operand() >> id & 1 == 1,
            _ => self.sets[op.a as usize].contains(*id),
        })
    }

    /// Returns the text of the subject with that number.
    #[inline]
    pub(super) fn subject<'s>(
        &'s self,
        bucket: &Bucket,
        view: View<'s>,
    ) -> Result<Option<&'s str>, u32> {
        match view.context.subject(bucket.subjects[0]) {
            Some(subject) => Ok(Some(subject)),
            None => self.other_subject(bucket, view),
        }
    }

    #[cold]
    #[inline(never)]
    fn other_subject<'s>(
        &'s self,
        bucket: &Bucket,
        view: View<'s>,
    ) -> Result<Option<&'s str>, u32> {
        for number in bucket.subjects {
            let late = self
                .late_subjects
                .get(usize::from(number))
                .copied()
                .flatten();
            let subject = match late.map(|late| &self.late[late as usize]) {
                None => view.context.subject(number),
                Some(late) => {
                    let entry = Memo::answer(view.memo, late.routine)?;
                    late.entries
                        .get(entry as usize)
                        .and_then(|entry| entry.subject.as_deref())
                }
            };
            if subject.is_some() {
                return Ok(subject);
            }
        }
        Ok(None)
    }

    /// Returns whether an outcome is what a dependency requires.
    pub(super) fn satisfies(&self, outcome: u32, requirement: &Requirement) -> bool {
        let Some(served) = self.outcomes.get(outcome as usize) else {
            return false;
        };
        let Requirement {
            values, variants, ..
        } = requirement;
        values
            .as_ref()
            .is_none_or(|values| values.iter().any(|value| same(value, &served.value)))
            && variants
                .as_ref()
                .is_none_or(|variants| variants.contains(&served.variant))
    }

    /// Returns a decision as the caller sees it.
    #[inline]
    pub(super) fn outcome(&self, decision: Decision) -> Outcome<'_> {
        let served = self.outcomes.get(decision.outcome as usize);
        Outcome {
            value: served.map(|served| &served.value),
            variant: served.and_then(|served| self.names.get(served.variant)),
            reason: decision.reason,
            rule: self.names.get(decision.rule),
            error: decision.error,
        }
    }

    /// Gives back memory that growing left over.
    pub(super) fn shrink(&mut self) {
        self.ops.shrink_to_fit();
        self.inner.shrink_to_fit();
        self.flags.shrink_to_fit();
        self.routines.shrink_to_fit();
        self.outcomes.shrink_to_fit();
        self.decisions.shrink_to_fit();
        self.percentages.shrink_to_fit();
        self.servings.shrink_to_fit();
        self.ranges.shrink_to_fit();
        self.ramps.shrink_to_fit();
        self.splits.shrink_to_fit();
        self.requirements.shrink_to_fit();
        self.switches.shrink_to_fit();
        self.sets.shrink_to_fit();
        self.patterns.shrink_to_fit();
        self.names.shrink();
    }
}

/// Returns whether two scalars are equal, numbers by value.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        _ => left == right,
    }
}

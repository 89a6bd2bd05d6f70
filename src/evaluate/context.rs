//! A context, prepared for one engine.
//!
//! Building one looks every attribute up that the ruleset names, ranks and numbers its values, and
//! evaluates the segments and computed attributes that do not depend on the time. It is done once;
//! the context then serves any number of evaluations, also from several threads.

use hashbrown::DefaultHashBuilder;
use serde_json::{Map, Value};

use super::attribute::{Attribute, Layout, reach};
use super::bucket;
use super::facts::Facts;
use super::program::Program;
use super::run::{Memo, Silent, View};

/// What evaluations need of a caller's attributes. See
/// [`Engine::context`](super::Engine::context).
///
/// A context is of use to the engine that built it. Another engine takes it too, but its answers
/// then mean nothing.
#[derive(Debug, Clone)]
pub struct Context {
    pub(super) facts: Facts,
    /// The texts that can be bucketed, numbered by the ruleset.
    subjects: Box<[Option<Box<str>>]>,
    /// The segments that hold, a bit each.
    segments: Box<[u64]>,
}

impl Context {
    /// Returns a subject; `None` if the context does not name it.
    #[inline]
    pub(super) fn subject(&self, number: u16) -> Option<&str> {
        self.subjects
            .get(usize::from(number))
            .and_then(Option::as_deref)
    }

    /// Returns whether a segment holds.
    #[inline]
    pub(super) fn segment(&self, number: u32) -> bool {
        self.segments
            .get(number as usize / 64)
            .is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn set_segment(&mut self, number: u32) {
        if let Some(word) = self.segments.get_mut(number as usize / 64) {
            *word |= 1 << (number % 64);
        }
    }
}

/// What a ruleset takes from a caller's attributes.
#[derive(Debug, Default)]
pub(super) struct Intake {
    pub(super) layout: Layout,
    pub(super) attributes: Vec<Attribute>,
    /// The names of the attributes that a context gives, and their places in `attributes`.
    pub(super) named: Vec<(Box<str>, usize)>,
    /// Where each subject comes from.
    pub(super) subjects: Vec<Subject>,
    /// What is found out once per context, in this order.
    pub(super) steps: Vec<Step>,
    /// How many segments have a bit.
    pub(super) segments: u32,
}

/// Where the text of a subject comes from.
#[derive(Debug)]
pub(super) enum Subject {
    /// An attribute of the context.
    Named(Box<str>),
    /// A computed attribute, by the place of its step.
    Computed(usize),
    /// Nothing, or nothing before an evaluation.
    Nothing,
}

/// A routine that is run once per context.
#[derive(Debug)]
pub(super) struct Step {
    /// Its first instruction.
    pub(super) entry: u32,
    pub(super) finding: Finding,
}

/// What the answer of a routine is.
#[derive(Debug)]
pub(super) enum Finding {
    /// Whether the segment of that bit holds.
    Segment(u32),
    /// Which of the values the attribute at that place has.
    Computed(usize, Box<[Value]>),
}

impl Intake {
    /// Prepares a context.
    pub(super) fn context(
        &self,
        attributes: &Map<String, Value>,
        program: &Program,
        hasher: &DefaultHashBuilder,
    ) -> Context {
        let mut context = Context {
            facts: self.layout.facts(),
            subjects: Box::default(),
            segments: vec![0; (self.segments as usize).div_ceil(64)].into(),
        };
        for (name, place) in &self.named {
            if let Some(value) = reach(attributes, name) {
                self.attributes[*place].fill(value, &program.arena, hasher, &mut context.facts);
            }
        }
        // Computed values are scalars: they add no lists.
        context.facts.lists.sort_unstable_by_key(|(word, _)| *word);
        let found: Vec<Option<&Value>> = self
            .steps
            .iter()
            .map(|step| self.take(step, program, hasher, &mut context))
            .collect();
        let subject = |source: &Subject| match source {
            Subject::Named(name) => reach(attributes, name).and_then(bucket::subject),
            Subject::Computed(step) => found
                .get(*step)
                .copied()
                .flatten()
                .and_then(bucket::subject),
            Subject::Nothing => None,
        };
        context.subjects = self.subjects.iter().map(subject).collect();
        context
    }

    /// Takes one step, and returns the value of a computed attribute.
    fn take<'s>(
        &self,
        step: &'s Step,
        program: &Program,
        hasher: &DefaultHashBuilder,
        context: &mut Context,
    ) -> Option<&'s Value> {
        // These routines do not look at the time, and need no answer but those found before.
        let view = View {
            context,
            time: 0,
            memo: None,
        };
        let answer = program
            .run(step.entry, view, &mut Silent)
            .map_or(Memo::NONE, |ended| ended.outcome);
        match &step.finding {
            Finding::Segment(number) => {
                if answer == 1 {
                    context.set_segment(*number);
                }
                None
            }
            Finding::Computed(place, values) => {
                let value = values.get(answer as usize)?;
                self.attributes[*place].fill(value, &program.arena, hasher, &mut context.facts);
                Some(value)
            }
        }
    }
}

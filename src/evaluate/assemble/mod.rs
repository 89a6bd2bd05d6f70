//! From a ruleset to a program.
//!
//! An [`Assembler`] is given the computed attributes and segments, then the flags one at a time,
//! so that a document can be read without ever being in memory as a whole; [`Assembler::finish`]
//! puts in what is known only at the end: ranks, and the flags that flags depend on. Everything
//! that could go wrong at evaluation is an error here.

mod condition;
mod draft;
mod finish;
mod flags;
mod operands;
mod order;
mod segments;
mod serving;
mod shadow;
mod survey;
mod switch;
mod test;

use hashbrown::HashMap;
use serde_json::Value;

pub(super) use draft::Origin;
pub(super) use finish::Assembled;
pub(super) use segments::{Form, Segments};
pub(super) use test::negates;

use self::draft::Draft;
use self::flags::FlagWriter;
use super::error::LoadError;
use crate::ruleset::{self, ComputedEntry, Condition, Scalar, Table};

/// A program in the making.
pub(super) struct Assembler<'r> {
    draft: Draft,
    segments: Segments<'r>,
    marks: Marks,
    required: Vec<Box<str>>,
}

impl<'r> Assembler<'r> {
    /// Starts with what flags refer to.
    ///
    /// # Errors
    ///
    /// If a segment or computed attribute cannot be compiled.
    pub(super) fn new(
        computed: &Table<'r, Vec<ComputedEntry<'r>>>,
        segments: Table<'r, Vec<Condition<'r>>>,
    ) -> Result<Self, LoadError> {
        let mut draft = Draft::default();
        let segments = segments::define(&mut draft, computed, segments)?;
        Ok(Self {
            draft,
            segments,
            marks: Marks::default(),
            required: Vec::new(),
        })
    }

    /// Adds a flag. After an error the assembler is of no use.
    ///
    /// # Errors
    ///
    /// If the flag cannot be compiled.
    pub(super) fn flag(&mut self, key: &str, flag: &ruleset::Flag<'_>) -> Result<(), LoadError> {
        let Self {
            draft,
            segments,
            marks,
            required,
        } = self;
        FlagWriter {
            draft,
            segments,
            marks,
            required,
        }
        .write(key, flag)
    }
}

/// Where the parts of a ruleset stand in its program, for the trace.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Where attributes come from, by name.
    origins: HashMap<String, Origin>,
    /// For each flag, the place of its first phase in `phases`.
    flags: Vec<usize>,
    /// For each phase, the place of its first rule in `rules`.
    phases: Vec<usize>,
    /// The first instruction of each rule; behind the rules of a phase, that of its serving.
    rules: Vec<usize>,
}

impl Marks {
    fn begin_flag(&mut self) {
        self.flags.push(self.phases.len());
        self.phases.push(self.rules.len());
    }

    fn begin_rule(&mut self, at: usize) {
        self.rules.push(at);
    }

    fn end_rules(&mut self, at: usize) {
        self.rules.push(at);
        self.phases.push(self.rules.len());
    }

    /// Returns where the value of an attribute comes from. Names that no condition holds are taken
    /// for the context's.
    pub(super) fn origin(&self, name: &str) -> Origin {
        self.origins.get(name).copied().unwrap_or(Origin::Context)
    }

    /// Returns the first instructions of a phase's rules and, last, of its serving.
    pub(super) fn rules(&self, flag: usize, phase: usize) -> &[usize] {
        let place = self.flags.get(flag).map_or(0, |first| first + phase);
        match (self.phases.get(place), self.phases.get(place + 1)) {
            (Some(from), Some(to)) => self.rules.get(*from..*to).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Returns a scalar as JSON; whole numbers without a fraction.
pub(super) fn value_of(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Boolean(boolean) => Value::from(*boolean),
        Scalar::Text(text) => Value::from(text.as_str()),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the number is whole and within 2^53"
        )]
        Scalar::Number(number)
            if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 =>
        {
            Value::from(*number as i64)
        }
        Scalar::Number(number) => Value::from(*number),
    }
}

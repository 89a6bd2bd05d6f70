//! The program while it is written: code, tables, and what names stand for.
//!
//! Code is emitted with labels as targets; [`Draft::seal`] replaces them once a flag or routine is
//! complete. Ranks are unknown until every operand was seen, and are put in last.

use hashbrown::HashMap;
use serde_json::Value;

use super::super::attribute::{Attribute, Layout};
use super::super::bucket::Bucket;
use super::super::context::{Intake, Subject};
use super::super::error::Fault;
use super::super::op::{Code, Op};
use super::super::outcome::Reason;
use super::super::program::{Decision, Program};
use super::super::text::Name;
use super::operands::Operands;
use super::shadow::Shadows;

/// A place in the code that is not known yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label(u32);

/// What the name of an attribute stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    /// The attribute at that place: given by the context, or computed once per context.
    Known(usize),
    /// The computed attribute of that number, which depends on the time.
    Late(usize),
    /// The time.
    Now,
    /// Nothing ever: a part of `now`, or of a computed attribute.
    Nothing,
}

/// Where the value of an attribute comes from.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Origin {
    /// The context.
    Context,
    /// A step of the intake.
    Step(usize),
    /// The computed attribute of that number, which depends on the time.
    Late(usize),
    /// Nothing, whatever the context says.
    Nowhere,
}

/// A computed attribute that depends on the time: its one attribute has facts of its own.
#[derive(Debug, Default)]
pub(super) struct LateDraft {
    pub(super) layout: Layout,
    pub(super) attribute: Attribute,
    /// The tests on it, by their places in [`Program::inner`].
    pub(super) inner: Vec<usize>,
    /// The routine that finds the entry.
    pub(super) routine: u32,
    /// The values of the entries.
    pub(super) values: Box<[Value]>,
}

/// The program while it is written.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) program: Program,
    pub(super) intake: Intake,
    pub(super) operands: Operands,
    pub(super) late: Vec<LateDraft>,
    /// Whether the code since this was cleared may stop for the answer of a routine.
    pub(super) stops: bool,
    sources: HashMap<String, Source>,
    shadows: Shadows,
    /// For computed attributes that are found once per context, the place of their step.
    steps: HashMap<String, usize>,
    subjects: HashMap<String, u16>,
    labels: Vec<u32>,
}

impl Draft {
    /// Returns what a name stands for, adding an attribute of the context if it is new.
    pub(super) fn source(&mut self, name: &str) -> Source {
        if let Some(source) = self.sources.get(name) {
            return *source;
        }
        let source = if name == "now" {
            Source::Now
        } else if self.shadows.cover(name) {
            Source::Nothing
        } else {
            let place = self.add_attribute();
            self.intake.named.push((name.into(), place));
            Source::Known(place)
        };
        self.sources.insert(name.to_owned(), source);
        source
    }

    fn add_attribute(&mut self) -> usize {
        self.intake.attributes.push(Attribute::default());
        self.intake.attributes.len() - 1
    }

    /// Notes the name of a computed attribute, before any other name is looked up.
    pub(super) fn declare_computed(&mut self, name: &str) {
        self.shadows.add(name);
    }

    /// Says of a computed attribute whether it depends on the time.
    pub(super) fn define_computed(&mut self, name: &str, is_late: bool) -> Source {
        let source = if is_late {
            self.late.push(LateDraft::default());
            Source::Late(self.late.len() - 1)
        } else {
            Source::Known(self.add_attribute())
        };
        self.sources.insert(name.to_owned(), source);
        source
    }

    /// Notes that the next step finds a computed attribute.
    pub(super) fn note_step(&mut self, name: &str) {
        self.steps.insert(name.to_owned(), self.intake.steps.len());
    }

    /// Returns where the attributes come from that are not simply the context's.
    pub(super) fn origins(&self) -> HashMap<String, Origin> {
        let steps = self
            .steps
            .iter()
            .map(|(name, step)| (name.clone(), Origin::Step(*step)));
        let others = self
            .sources
            .iter()
            .filter_map(|(name, source)| match source {
                Source::Late(number) => Some((name.clone(), Origin::Late(*number))),
                Source::Now | Source::Nothing => Some((name.clone(), Origin::Nowhere)),
                Source::Known(_) => None,
            });
        others.chain(steps).collect()
    }

    /// Prepares a bucket of the named attribute, or of `targetingKey` with `user_id` standing in.
    pub(super) fn bucket(
        &mut self,
        bucketing: crate::ruleset::Bucketing,
        salt: &str,
        attribute: Option<&str>,
    ) -> Result<Bucket, Fault> {
        let subjects = match attribute {
            Some(name) => [self.subject(name)?, Bucket::NOBODY],
            None => [self.subject("targetingKey")?, self.subject("user_id")?],
        };
        let span = self.operands.texts.intern(salt)?;
        Ok(Bucket::new(bucketing, span, salt, subjects))
    }

    fn subject(&mut self, name: &str) -> Result<u16, Fault> {
        let known = self.subjects.get(name).copied();
        let number = match known {
            Some(number) => number,
            None => self.add_subject(name)?,
        };
        self.stops |= self.program.late_subjects[usize::from(number)].is_some();
        Ok(number)
    }

    fn add_subject(&mut self, name: &str) -> Result<u16, Fault> {
        let number = u16::try_from(self.intake.subjects.len())
            .ok()
            .filter(|number| *number != Bucket::NOBODY);
        let number = number.ok_or(Fault::TooLarge("attributes"))?;
        let known = self.sources.get(name).copied();
        let (subject, late) = match known {
            Some(Source::Late(late)) => (Subject::Nothing, Some(place(late)?)),
            _ if name == "now" || self.shadows.cover(name) => (Subject::Nothing, None),
            _ => match self.steps.get(name) {
                Some(step) => (Subject::Computed(*step), None),
                None => (Subject::Named(name.into()), None),
            },
        };
        self.intake.subjects.push(subject);
        self.program.late_subjects.push(late);
        self.subjects.insert(name.to_owned(), number);
        Ok(number)
    }

    /// Returns the place of the next instruction.
    pub(super) fn here(&self) -> usize {
        self.program.ops.len()
    }

    /// Appends an instruction.
    pub(super) fn push(&mut self, op: Op) {
        self.stops |= matches!(op.code, Code::Call | Code::Late | Code::Require);
        self.program.ops.push(op);
    }

    /// Appends a test that goes to a label if its condition is, or is not, what it should be.
    pub(super) fn push_test(&mut self, test: Op, jump_if: bool, target: Label) {
        self.push(Op {
            jump_if: test.jump_if ^ jump_if,
            target: target.0,
            ..test
        });
    }

    /// Appends a jump.
    pub(super) fn push_jump(&mut self, target: Label) {
        self.push(Op {
            target: target.0,
            ..Op::new(Code::Jump, 0, 0)
        });
    }

    /// Appends the end of a flag.
    pub(super) fn decide(&mut self, outcome: u32, reason: Reason, rule: Name) -> Result<(), Fault> {
        let number = self.decision(Decision {
            outcome,
            rule,
            reason,
            error: None,
        })?;
        self.push(Op::new(Code::Decide, number, 0));
        Ok(())
    }

    /// Notes a decision, and returns its place.
    pub(super) fn decision(&mut self, decision: Decision) -> Result<u32, Fault> {
        self.program.decisions.push(decision);
        place(self.program.decisions.len() - 1)
    }

    /// Returns a new label.
    pub(super) fn label(&mut self) -> Label {
        self.labels.push(u32::MAX);
        // Sealing checks that the code can be numbered; labels are no more than instructions.
        Label(u32::try_from(self.labels.len() - 1).unwrap_or(u32::MAX))
    }

    /// Puts a label before the next instruction.
    pub(super) fn put(&mut self, label: Label) -> Result<(), Fault> {
        self.labels[label.0 as usize] = place(self.here())?;
        Ok(())
    }

    /// Replaces the labels in the code since `start`, and forgets them.
    pub(super) fn seal(&mut self, start: usize) -> Result<(), Fault> {
        place(self.here())?;
        for op in &mut self.program.ops[start..] {
            if op.code.jumps() {
                op.target = self.labels[op.target as usize];
            }
        }
        self.labels.clear();
        Ok(())
    }
}

/// Returns a place as the program numbers it.
pub(super) fn place(place: usize) -> Result<u32, Fault> {
    // The highest bit tells routines from flags; the highest number means none.
    u32::try_from(place)
        .ok()
        .filter(|place| place >> 31 == 0)
        .ok_or(Fault::TooLarge("instructions"))
}

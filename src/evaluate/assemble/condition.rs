//! From trees of conditions to tests and jumps.
//!
//! Code for a condition jumps to a label if the condition is (or is not) true, and falls through
//! otherwise; `any`, `all` and `not` only choose labels. Each test becomes one instruction, in the
//! order of the document: the trace counts on it.

use std::slice::Iter;

use super::super::error::Fault;
use super::super::op::{Code, Op};
use super::draft::{Draft, Label};
use super::segments::{Form, Segments};
use crate::ruleset::Condition;

/// How deep conditions may nest. JSON is read to a depth of 128, two for each `any` or `all`.
pub(super) const DEPTH: u32 = 128;

/// Where the tests of a tree come from.
pub(super) enum Tests<'t> {
    /// They are compiled as they come.
    New,
    /// They were compiled before, in order.
    Kept(Iter<'t, Op>),
}

/// Where code goes, and when.
#[derive(Clone, Copy)]
pub(super) struct Jump {
    pub(super) on: bool,
    pub(super) to: Label,
    /// How deep the condition stands.
    pub(super) depth: u32,
}

impl Draft {
    /// Emits code that jumps if all conditions hold, or if not all do.
    pub(super) fn emit_all(
        &mut self,
        conditions: &[Condition<'_>],
        segments: &Segments<'_>,
        tests: &mut Tests<'_>,
        jump: Jump,
    ) -> Result<(), Fault> {
        self.emit_list(conditions, false, segments, tests, jump)
    }

    fn emit(
        &mut self,
        condition: &Condition<'_>,
        segments: &Segments<'_>,
        tests: &mut Tests<'_>,
        jump: Jump,
    ) -> Result<(), Fault> {
        if jump.depth > DEPTH {
            return Err(Fault::TooDeep);
        }
        let jump = Jump {
            depth: jump.depth + 1,
            ..jump
        };
        match condition {
            Condition::Test {
                attribute,
                operator,
                operand,
            } => {
                let test = match tests {
                    Tests::New => self.lower(attribute.as_str(), *operator, operand.as_ref())?,
                    Tests::Kept(tests) => tests.next().copied().unwrap_or(Op::NEVER),
                };
                self.push_test(test, jump.on, jump.to);
                Ok(())
            }
            Condition::Segment(name) => self.emit_segment(name.as_str(), segments, jump),
            Condition::Any(list) => self.emit_list(list, true, segments, tests, jump),
            Condition::All(list) => self.emit_list(list, false, segments, tests, jump),
            Condition::Not(inner) => self.emit(
                inner,
                segments,
                tests,
                Jump {
                    on: !jump.on,
                    ..jump
                },
            ),
        }
    }

    /// Emits a list in which one answer, `decisive`, of a member is that of the list.
    fn emit_list(
        &mut self,
        conditions: &[Condition<'_>],
        decisive: bool,
        segments: &Segments<'_>,
        tests: &mut Tests<'_>,
        jump: Jump,
    ) -> Result<(), Fault> {
        let Some((last, others)) = conditions.split_last() else {
            // Without members the other answer stands.
            if jump.on != decisive {
                self.push_jump(jump.to);
            }
            return Ok(());
        };
        if jump.on == decisive {
            for condition in conditions {
                self.emit(condition, segments, tests, jump)?;
            }
            return Ok(());
        }
        let past = self.label();
        for condition in others {
            self.emit(
                condition,
                segments,
                tests,
                Jump {
                    on: decisive,
                    to: past,
                    ..jump
                },
            )?;
        }
        self.emit(last, segments, tests, jump)?;
        self.put(past)
    }

    fn emit_segment(
        &mut self,
        name: &str,
        segments: &Segments<'_>,
        jump: Jump,
    ) -> Result<(), Fault> {
        let segment = segments.get(name)?;
        match segment.form {
            Form::Inline => {
                let mut tests = Tests::Kept(segment.tests.iter());
                self.emit_all(&segment.conditions, segments, &mut tests, jump)
            }
            Form::Bit { number, .. } => {
                self.push_test(Op::new(Code::Segment, number, 0), jump.on, jump.to);
                Ok(())
            }
            Form::Routine(number) => {
                self.push_test(Op::new(Code::Call, number, 0), jump.on, jump.to);
                Ok(())
            }
        }
    }
}

//! Conditions beside their code.
//!
//! The tests of a tree stand in the program in the order of the document, one instruction each,
//! with nothing between them but jumps. Walking both together finds the instruction of every test,
//! and asks the program about each.

use serde_json::{Map, Value};

use super::ConditionTrace;
use crate::evaluate::assemble::{Form, Marks, Origin, Segments, negates, value_of};
use crate::evaluate::attribute::reach;
use crate::evaluate::context::{Context, Finding};
use crate::evaluate::engine::Engine;
use crate::evaluate::op::Op;
use crate::evaluate::run::{Memo, Silent, View};
use crate::ruleset::{Condition, Operand};

/// Conditions of large segments that one trace shows. Segments that use segments can multiply
/// without bound; a trace of more is of no use to anybody.
const LIMIT: usize = 10_000;

/// Large segments within each other that a trace shows.
const DEPTH: usize = 16;

/// Walks conditions for one context and time.
pub(super) struct Walk<'w> {
    pub(super) engine: &'w Engine,
    pub(super) marks: &'w Marks,
    pub(super) segments: &'w Segments<'w>,
    pub(super) attributes: &'w Map<String, Value>,
    pub(super) context: &'w Context,
    /// Unix seconds.
    pub(super) time: i64,
    pub(super) memo: Memo,
    /// How many conditions were shown.
    pub(super) shown: usize,
    /// How many large segments we are in.
    pub(super) depth: usize,
}

impl Walk<'_> {
    /// Shows conditions whose code begins at an instruction, and returns whether all hold.
    pub(super) fn conditions(
        &mut self,
        list: &[Condition<'_>],
        at: &mut usize,
    ) -> (bool, Vec<ConditionTrace>) {
        let traces: Vec<ConditionTrace> = list
            .iter()
            .map(|condition| self.condition(condition, at))
            .collect();
        (traces.iter().all(ConditionTrace::holds), traces)
    }

    fn condition(&mut self, condition: &Condition<'_>, at: &mut usize) -> ConditionTrace {
        self.shown += 1;
        match condition {
            Condition::Test {
                attribute,
                operator,
                operand,
            } => {
                let op = self.next_test(at);
                ConditionTrace::Test {
                    attribute: attribute.as_str().to_owned(),
                    operator: *operator,
                    value: operand.as_ref().map_or(Value::Null, operand_value),
                    actual: self.actual(attribute.as_str()),
                    holds: self.holds(op) != negates(attribute.as_str(), *operator),
                }
            }
            Condition::Segment(name) => self.segment(name.as_str(), at),
            Condition::Any(list) => {
                let any = self.conditions(list, at).1;
                ConditionTrace::Any {
                    holds: any.iter().any(ConditionTrace::holds),
                    any,
                }
            }
            Condition::All(list) => {
                let (holds, all) = self.conditions(list, at);
                ConditionTrace::All { all, holds }
            }
            Condition::Not(inner) => {
                let not = Box::new(self.condition(inner, at));
                ConditionTrace::Not {
                    holds: !not.holds(),
                    not,
                }
            }
        }
    }

    fn segment(&mut self, name: &str, at: &mut usize) -> ConditionTrace {
        let segments = self.segments;
        let shown = |holds, conditions| ConditionTrace::Segment {
            segment: name.to_owned(),
            holds,
            conditions,
        };
        // A ruleset that was loaded names no segment that it does not have.
        let Ok(segment) = segments.get(name) else {
            return shown(false, None);
        };
        let entry = match segment.form {
            Form::Inline => {
                let (holds, conditions) = self.conditions(&segment.conditions, at);
                return shown(holds, Some(conditions));
            }
            Form::Bit { entry, .. } => Some(entry),
            Form::Routine(number) => self.engine.program.routines.get(number as usize).copied(),
        };
        let op = self.next_test(at);
        let holds = self.holds(op);
        let within_limits = self.shown + segment.conditions.len() <= LIMIT && self.depth < DEPTH;
        let conditions = entry.filter(|_| within_limits).map(|entry| {
            self.depth += 1;
            let conditions = self
                .conditions(&segment.conditions, &mut (entry as usize))
                .1;
            self.depth -= 1;
            conditions
        });
        shown(holds, conditions)
    }

    /// Returns the next instruction that tests a condition, and goes past it.
    fn next_test(&self, at: &mut usize) -> Op {
        let ops = self.engine.program.ops.get(*at..).unwrap_or_default();
        let past = ops.iter().take_while(|op| !op.code.is_condition()).count();
        *at += past + 1;
        ops.get(past).copied().unwrap_or(Op::NEVER)
    }

    fn holds(&mut self, op: Op) -> bool {
        let program = &self.engine.program;
        let known = View {
            context: self.context,
            time: self.time,
            memo: Some(&self.memo),
        };
        program.condition(&op, known).unwrap_or_else(|key| {
            program.prepare(key, self.context, self.time, &mut self.memo);
            let known = View {
                context: self.context,
                time: self.time,
                memo: Some(&self.memo),
            };
            program.condition(&op, known).unwrap_or(false)
        })
    }

    /// Returns the value of an attribute; null if it is missing.
    pub(super) fn actual(&mut self, name: &str) -> Value {
        if name == "now" {
            let now = jiff::Timestamp::from_second(self.time);
            return now.map_or_else(
                |_| Value::from(self.time),
                |now| Value::from(now.to_string()),
            );
        }
        match self.marks.origin(name) {
            Origin::Context => reach(self.attributes, name).cloned().unwrap_or_default(),
            Origin::Step(step) => self.computed(step),
            Origin::Late(number) => self.late(number),
            Origin::Nowhere => Value::Null,
        }
    }

    fn computed(&self, step: usize) -> Value {
        let Some(step) = self.engine.intake.steps.get(step) else {
            return Value::Null;
        };
        let Finding::Computed(_, values) = &step.finding else {
            return Value::Null;
        };
        let view = View {
            context: self.context,
            time: self.time,
            memo: None,
        };
        let answer = self.engine.program.run(step.entry, view, &mut Silent).ok();
        answer
            .and_then(|answer| values.get(answer.outcome as usize))
            .cloned()
            .unwrap_or_default()
    }

    fn late(&mut self, number: usize) -> Value {
        let program = &self.engine.program;
        let Some(late) = program.late.get(number) else {
            return Value::Null;
        };
        if let Err(key) = Memo::answer(Some(&self.memo), late.routine) {
            program.prepare(key, self.context, self.time, &mut self.memo);
        }
        let entry = Memo::answer(Some(&self.memo), late.routine).unwrap_or(Memo::NONE);
        late.entries
            .get(entry as usize)
            .map(|entry| entry.value.clone())
            .unwrap_or_default()
    }
}

fn operand_value(operand: &Operand<'_>) -> Value {
    match operand {
        Operand::One(scalar) => value_of(scalar),
        Operand::List(list) => list.iter().map(value_of).collect(),
    }
}

//! From a flag to code: phases, dependencies, rules, serving, default.
//!
//! The code of a flag begins with the choice of the phase, unless there is but one. A flag with
//! dependencies chooses twice: first to see whether it is on, then, behind the dependencies, to
//! find its rules; so the code grows with the document and not with phases times dependencies.

use super::super::error::{Fault, LoadError};
use super::super::op::{Code, Op};
use super::super::outcome::Reason;
use super::super::program::{Flag, Requirement, Served};
use super::super::text::Name;
use super::condition::{Jump, Tests};
use super::draft::{Draft, Label, place};
use super::segments::Segments;
use super::serving::Setting;
use super::{Marks, value_of};
use crate::ruleset::{self, Condition, Operand, Operator, Phase, Rule, Scalar};

/// The outcomes of one flag among those of the program.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcomes {
    first: u32,
    count: u32,
}

impl Outcomes {
    /// Returns the place in the program of an outcome of the flag.
    pub(super) fn at(self, position: u32) -> Result<u32, Fault> {
        if position < self.count {
            Ok(self.first + position)
        } else {
            Err(Fault::UnknownOutcome(position))
        }
    }
}

/// Compiles flags one after the other.
pub(super) struct FlagWriter<'w, 'r> {
    pub(super) draft: &'w mut Draft,
    pub(super) segments: &'w Segments<'r>,
    pub(super) marks: &'w mut Marks,
    /// The names of the flags that requirements name.
    pub(super) required: &'w mut Vec<Box<str>>,
}

impl FlagWriter<'_, '_> {
    /// Appends a flag.
    ///
    /// # Errors
    ///
    /// If a part of it is malformed; the program then is of no use.
    pub(super) fn write(&mut self, key: &str, flag: &ruleset::Flag<'_>) -> Result<(), LoadError> {
        let fault = |fault| LoadError::flag(key, fault);
        let start = self.draft.here();
        self.draft.stops = false;
        let outcomes = self.outcomes(&flag.outcomes).map_err(fault)?;
        check_phases(&flag.phases).map_err(fault)?;
        let off = outcomes.at(flag.off).map_err(fault)?;
        if flag.killed {
            // What follows is only checked, and there for the trace.
            self.draft
                .decide(off, Reason::Disabled, Name::NONE)
                .map_err(fault)?;
        }
        let mut labels = self.dispatch(&flag.phases);
        if !flag.depends_on.is_empty() {
            labels = self.dependencies(flag, &labels, off).map_err(fault)?;
        }
        self.marks.begin_flag();
        for ((number, phase), label) in flag.phases.iter().enumerate().zip(labels) {
            self.draft.put(label).map_err(fault)?;
            let is_last = number + 1 == flag.phases.len();
            let setting = Setting {
                outcomes,
                default: outcomes.at(phase.default).map_err(fault)?,
                bucketing: flag.bucketing,
                alone: is_last && phase.rules.is_empty() && flag.depends_on.is_empty(),
            };
            if phase.enabled {
                self.phase(key, phase, setting)?;
            } else {
                self.latent_phase(key, phase, setting, off)?;
            }
        }
        self.draft.seal(start).map_err(fault)?;
        let key = self.draft.operands.texts.push(key).map_err(fault)?;
        let entry = place(start).map_err(fault)?;
        self.draft.program.flags.push(Flag {
            key,
            entry,
            flat: !self.draft.stops,
        });
        Ok(())
    }

    fn outcomes(&mut self, outcomes: &[ruleset::Outcome<'_>]) -> Result<Outcomes, Fault> {
        let first = place(self.draft.program.outcomes.len())?;
        for outcome in outcomes {
            let variant = self.draft.program.names.number(outcome.variant.as_str())?;
            self.draft.program.outcomes.push(Served {
                value: outcome.value.clone(),
                variant,
            });
        }
        Ok(Outcomes {
            first,
            count: place(outcomes.len())?,
        })
    }

    /// Emits jumps to the phase in force; the first phase must follow. Returns the phases' labels.
    fn dispatch(&mut self, phases: &[Phase<'_>]) -> Vec<Label> {
        let labels: Vec<Label> = phases.iter().map(|_| self.draft.label()).collect();
        for (phase, label) in phases.iter().zip(&labels).rev() {
            if let Some(from) = phase.from {
                self.draft.push_test(
                    Op::wide(Code::Reached, 0, from.cast_unsigned()),
                    true,
                    *label,
                );
            }
        }
        labels
    }

    /// Emits what the phases do before the dependencies, the dependencies, and the choice of the
    /// phase behind them.
    fn dependencies(
        &mut self,
        flag: &ruleset::Flag<'_>,
        labels: &[Label],
        off: u32,
    ) -> Result<Vec<Label>, Fault> {
        let (check, failed) = (self.draft.label(), self.draft.label());
        for (phase, label) in flag.phases.iter().zip(labels) {
            self.draft.put(*label)?;
            if phase.enabled {
                self.draft.push_jump(check);
            } else {
                self.draft.decide(off, Reason::Disabled, Name::NONE)?;
            }
        }
        self.draft.put(failed)?;
        self.draft
            .decide(off, Reason::PrerequisiteFailed, Name::NONE)?;
        self.draft.put(check)?;
        for dependency in &flag.depends_on {
            let number = self.requirement(dependency)?;
            self.draft
                .push_test(Op::new(Code::Require, number, 0), false, failed);
        }
        Ok(self.dispatch(&flag.phases))
    }

    fn requirement(&mut self, dependency: &ruleset::Dependency<'_>) -> Result<u32, Fault> {
        if dependency.values.is_none() && dependency.variants.is_none() {
            return Err(Fault::Dependency);
        }
        let number = place(self.draft.program.requirements.len())?;
        let values = dependency
            .values
            .as_ref()
            .map(|values| values.iter().map(value_of).collect());
        let intern =
            |variant: &ruleset::Text<'_>| self.draft.program.names.number(variant.as_str());
        let variants = dependency
            .variants
            .as_ref()
            .map(|names| names.iter().map(intern).collect());
        let requirement = Requirement {
            flag: None,
            values,
            variants: variants.transpose()?,
        };
        self.draft.program.requirements.push(requirement);
        self.required.push(dependency.flag.as_str().into());
        Ok(number)
    }

    fn phase(&mut self, key: &str, phase: &Phase<'_>, setting: Setting) -> Result<(), LoadError> {
        self.rules(key, &phase.rules, setting)?;
        let fault = |fault| LoadError::flag(key, fault);
        self.marks.end_rules(self.draft.here());
        match &phase.serving {
            Some(serving) => self.draft.serving(serving, setting, Name::NONE),
            None => self
                .draft
                .decide(setting.default, setting.unbucketed(), Name::NONE),
        }
        .map_err(fault)
    }

    /// A phase in which the flag is off; its rules are only checked.
    fn latent_phase(
        &mut self,
        key: &str,
        phase: &Phase<'_>,
        setting: Setting,
        off: u32,
    ) -> Result<(), LoadError> {
        self.draft
            .decide(off, Reason::Disabled, Name::NONE)
            .map_err(|fault| LoadError::flag(key, fault))?;
        self.phase(key, phase, setting)
    }

    fn rules(&mut self, key: &str, rules: &[Rule<'_>], setting: Setting) -> Result<(), LoadError> {
        let mut rest = rules;
        while let Some(first) = rest.first() {
            let (run, behind) = rest.split_at(run_of_equalities(rest).max(1));
            if run.len() < super::switch::SHORTEST {
                self.rule(key, first, setting)?;
                rest = &rest[1..];
                continue;
            }
            self.switch(key, run, setting)?;
            rest = behind;
        }
        Ok(())
    }

    /// Emits a rule. A rule of one test takes two instructions.
    pub(super) fn rule(
        &mut self,
        key: &str,
        rule: &Rule<'_>,
        setting: Setting,
    ) -> Result<(), LoadError> {
        self.marks.begin_rule(self.draft.here());
        self.try_rule(rule, setting)
            .map_err(|fault| LoadError::rule(key, rule.name.as_str(), fault))
    }

    fn try_rule(&mut self, rule: &Rule<'_>, setting: Setting) -> Result<(), Fault> {
        let name = self.draft.program.names.number(rule.name.as_str())?;
        let next = self.draft.label();
        let jump = Jump {
            on: false,
            to: next,
            depth: 0,
        };
        self.draft
            .emit_all(&rule.conditions, self.segments, &mut Tests::New, jump)?;
        self.draft.serving(&rule.serving, setting, name)?;
        self.draft.put(next)
    }
}

fn check_phases(phases: &[Phase<'_>]) -> Result<(), Fault> {
    let first = phases.first().ok_or(Fault::NoPhase)?;
    let in_order = phases
        .windows(2)
        .all(|pair| pair[1].from.is_some() && pair[0].from < pair[1].from);
    if first.from.is_none() && in_order {
        Ok(())
    } else {
        Err(Fault::PhaseOrder)
    }
}

/// Returns the operands if a rule is a single positive equality.
pub(super) fn equality<'o>(rule: &'o Rule<'_>) -> Option<(&'o str, &'o [Scalar<'o>])> {
    match rule.conditions.as_slice() {
        [
            Condition::Test {
                attribute,
                operator: Operator::Equals,
                operand: Some(Operand::One(operand)),
            },
        ] => Some((attribute.as_str(), std::slice::from_ref(operand))),
        [
            Condition::Test {
                attribute,
                operator: Operator::In,
                operand: Some(Operand::List(operands)),
            },
        ] => Some((attribute.as_str(), operands)),
        _ => None,
    }
}

/// Returns how many rules from the first on are equalities on the attribute of the first.
fn run_of_equalities(rules: &[Rule<'_>]) -> usize {
    let mut names = rules
        .iter()
        .map_while(equality)
        .map(|(attribute, _)| attribute);
    names.next().map_or(0, |first| {
        1 + names.take_while(|name| *name == first).count()
    })
}

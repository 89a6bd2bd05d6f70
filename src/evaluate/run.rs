//! The evaluation itself: one loop over instructions, the same for results and for traces.
//!
//! A [`Visitor`] sees what decides; the one for plain results sees nothing and costs nothing.
//! The loop has no state but the place of the instruction, so it can stop where the answer of
//! another flag or routine is missing and go on there once it is known: chains of any depth run
//! without recursion, and each flag is evaluated once.

use hashbrown::HashMap;

use super::context::Context;
use super::facts::LIST;
use super::op::{Code, Op};
use super::outcome::Reason;
use super::program::{Decision, Program, Requirement};
use super::text::Name;

/// What an evaluation looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'c> {
    pub(super) context: &'c Context,
    /// Unix seconds.
    pub(super) time: i64,
    /// Answers that are known already.
    pub(super) memo: Option<&'c Memo>,
}

/// Which bucket a position belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Exposure,
    Split,
}

/// Sees what an evaluation does. An event may come twice with the same content, when an
/// evaluation goes on after a stop.
pub(super) trait Visitor {
    /// Whether tables that stand for several rules are passed by.
    const LINEAR: bool;

    /// The instruction at this place ended the flag.
    fn decided(&mut self, at: u32);

    /// A requirement was looked at; `None` is an error, or a flag that does not exist.
    fn required(&mut self, requirement: u32, served: Option<u32>, satisfied: bool);

    /// A bucket was needed; `None` if there is no subject.
    fn placed(&mut self, purpose: Purpose, place: Option<(&str, u32)>);
}

/// The visitor for plain results.
pub(super) struct Silent;

impl Visitor for Silent {
    const LINEAR: bool = false;

    #[inline]
    fn decided(&mut self, _: u32) {}

    #[inline]
    fn required(&mut self, _: u32, _: Option<u32>, _: bool) {}

    #[inline]
    fn placed(&mut self, _: Purpose, _: Option<(&str, u32)>) {}
}

/// The answers of flags (their outcome) and routines for one context and time.
#[derive(Debug, Default)]
pub(super) struct Memo(HashMap<u32, u32>);

impl Memo {
    /// Added to a routine's number to tell it from a flag's.
    pub(super) const ROUTINE: u32 = 1 << 31;

    /// The answer of a flag that ended in an error, and of a computed attribute without an entry.
    pub(super) const NONE: u32 = u32::MAX;

    /// Returns a routine's answer, or its key if it is not known yet.
    pub(super) fn answer(memo: Option<&Self>, routine: u32) -> Result<u32, u32> {
        Self::known(memo, routine | Self::ROUTINE)
    }

    fn known(memo: Option<&Self>, key: u32) -> Result<u32, u32> {
        memo.and_then(|memo| memo.0.get(&key)).copied().ok_or(key)
    }
}

/// Where an evaluation stopped, and the flag or routine whose answer it needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    at: u32,
    key: u32,
}

impl Program {
    /// Runs from an instruction to the end of its flag or routine.
    #[inline]
    pub(super) fn run<V: Visitor>(
        &self,
        entry: u32,
        view: View<'_>,
        visitor: &mut V,
    ) -> Result<Decision, Stop> {
        // Flags that are off, or the same for everybody, end where they begin.
        let op = self.ops[entry as usize];
        match op.code {
            Code::Decide => {
                visitor.decided(entry);
                Ok(self.decisions[op.a as usize])
            }
            Code::Share => self.share(op.a, entry, view, visitor),
            _ => self.follow(entry, view, visitor),
        }
    }

    #[inline(never)]
    fn follow<V: Visitor>(
        &self,
        entry: u32,
        view: View<'_>,
        visitor: &mut V,
    ) -> Result<Decision, Stop> {
        let mut at = entry;
        loop {
            let op = &self.ops[at as usize];
            let answer = match self.simple(op, &view.context.facts, view) {
                Some(holds) => Ok(holds),
                None => match op.code {
                    Code::Decide => {
                        visitor.decided(at);
                        return Ok(self.decisions[op.a as usize]);
                    }
                    Code::Share => return self.share(op.a, at, view, visitor),
                    Code::Serve => return self.serve(op.a, at, view, visitor),
                    Code::Yield => return Ok(Decision::answer(op.a)),
                    Code::Jump => {
                        at = op.target;
                        continue;
                    }
                    Code::Switch => {
                        at = if V::LINEAR {
                            at + 1
                        } else {
                            self.switch(op, at, view)
                        };
                        continue;
                    }
                    Code::Require => self.required(op.a, view, visitor),
                    _ => self.other(op, view),
                },
            };
            match answer {
                Ok(holds) if holds == op.jump_if => at = op.target,
                Ok(_) => at += 1,
                Err(key) => return Err(Stop { at, key }),
            }
        }
    }

    /// Ends a flag by a percentage.
    #[inline(never)]
    fn share<V: Visitor>(
        &self,
        number: u32,
        at: u32,
        view: View<'_>,
        visitor: &mut V,
    ) -> Result<Decision, Stop> {
        visitor.decided(at);
        let percentage = &self.percentages[number as usize];
        self.by_percentage(percentage, view, visitor)
            .map_err(|key| Stop { at, key })
    }

    /// Ends a flag by any other serving.
    #[inline(never)]
    fn serve<V: Visitor>(
        &self,
        number: u32,
        at: u32,
        view: View<'_>,
        visitor: &mut V,
    ) -> Result<Decision, Stop> {
        visitor.decided(at);
        let serving = &self.servings[number as usize];
        self.by_serving(serving, view, visitor)
            .map_err(|key| Stop { at, key })
    }

    /// Returns where a table of rules leads.
    #[inline(never)]
    fn switch(&self, op: &Op, at: u32, view: View<'_>) -> u32 {
        let switch = &self.switches[op.a as usize];
        let id = view.context.facts.word(op.slot);
        match switch.target(id) {
            Some(target) => target,
            // The rules themselves stand behind the table.
            None if id == LIST => at + 1,
            None => switch.otherwise,
        }
    }

    /// Returns whether a dependency is satisfied.
    #[inline(never)]
    fn required<V: Visitor>(
        &self,
        number: u32,
        view: View<'_>,
        visitor: &mut V,
    ) -> Result<bool, u32> {
        let requirement = &self.requirements[number as usize];
        let served = self.served(requirement, view)?;
        let satisfied = served.is_some_and(|outcome| self.satisfies(outcome, requirement));
        visitor.required(number, served, satisfied);
        Ok(satisfied)
    }

    /// Returns the outcome that the required flag serves; `None` for an error.
    fn served(&self, requirement: &Requirement, view: View<'_>) -> Result<Option<u32>, u32> {
        let Some(number) = requirement.flag else {
            return Ok(None);
        };
        let flag = self.flags[number as usize];
        let answer = if flag.flat {
            // It needs nobody's answer, so it neither stops nor recurses further.
            self.run(flag.entry, view, &mut Silent)
                .map_or(Memo::NONE, Decision::memo)
        } else {
            Memo::known(view.memo, number)?
        };
        Ok((answer != Memo::NONE).then_some(answer))
    }

    /// Goes on after a stop: finds the answers that are missing, depth first, until the first
    /// evaluation ends.
    #[cold]
    #[inline(never)]
    pub(super) fn resume<V: Visitor>(
        &self,
        stop: Stop,
        context: &Context,
        time: i64,
        memo: &mut Memo,
        visitor: &mut V,
    ) -> Option<Decision> {
        let mut waiting = vec![stop];
        let mut next = self.start(stop.key);
        while let Some(entry) = next {
            let view = View {
                context,
                time,
                memo: Some(memo),
            };
            // The one that waits for nobody is the first.
            let ended = if waiting.is_empty() {
                self.run(entry, view, visitor)
            } else {
                self.run(entry, view, &mut Silent)
            };
            match (ended, waiting.pop()) {
                (Ok(decision), None) => return Some(decision),
                (Ok(decision), Some(last)) => {
                    memo.0.insert(last.key, decision.memo());
                    next = Some(last.at);
                }
                (Err(stop), last) => {
                    waiting.extend(last);
                    waiting.push(stop);
                    next = self.start(stop.key);
                }
            }
        }
        None
    }

    /// Finds the answer of a flag or routine ahead of its use.
    pub(super) fn prepare(&self, key: u32, context: &Context, time: i64, memo: &mut Memo) {
        let Some(entry) = self.start(key) else { return };
        let view = View {
            context,
            time,
            memo: Some(memo),
        };
        let decision = match self.run(entry, view, &mut Silent) {
            Ok(decision) => Some(decision),
            Err(stop) => self.resume(stop, context, time, memo, &mut Silent),
        };
        memo.0
            .insert(key, decision.map_or(Memo::NONE, Decision::memo));
    }

    fn start(&self, key: u32) -> Option<u32> {
        if key & Memo::ROUTINE == 0 {
            self.flags.get(key as usize).map(|flag| flag.entry)
        } else {
            self.routines.get((key & !Memo::ROUTINE) as usize).copied()
        }
    }
}

impl Decision {
    /// The end of a routine.
    fn answer(answer: u32) -> Self {
        Self {
            outcome: answer,
            rule: Name::NONE,
            reason: Reason::Static,
            error: None,
        }
    }

    /// What a memo keeps of it.
    fn memo(self) -> u32 {
        if self.error.is_some() {
            Memo::NONE
        } else {
            self.outcome
        }
    }
}

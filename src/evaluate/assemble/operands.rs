//! From a typed test to an instruction, and the tables of operands that it points into.

use std::hash::Hash;

use hashbrown::DefaultHashBuilder;

use super::super::attribute::{Attribute, Layout};
use super::super::dictionary::Dictionary;
use super::super::error::Fault;
use super::super::op::{Code, Op};
use super::super::pattern::{Pattern, RegexShelf};
use super::super::program::IdSet;
use super::super::scale::{Order, Scale};
use super::super::text::Texts;
use super::draft::{Draft, Source, place};
use super::test::{Test, negates};
use crate::literal::second_reaching;
use crate::ruleset::{Operand, Operator, Scalar};

/// What tests are compared with.
#[derive(Default)]
pub(super) struct Operands {
    pub(super) texts: Texts,
    pub(super) hasher: DefaultHashBuilder,
    pub(super) sets: Vec<IdSet>,
    pub(super) patterns: Vec<Pattern>,
    regexes: RegexShelf,
    /// The ids of the operands numbered last.
    pub(super) ids: Vec<u32>,
}

impl Draft {
    /// Returns the instruction of a condition on an attribute. Its `jump_if` says whether the
    /// condition is the test's negation; it has no target.
    ///
    /// # Errors
    ///
    /// If the operand is not one of the operator's, or a table is full.
    pub(super) fn lower(
        &mut self,
        attribute: &str,
        operator: Operator,
        operand: Option<&Operand<'_>>,
    ) -> Result<Op, Fault> {
        let test = Test::parse(attribute, operator, operand)?;
        let op = match self.source(attribute) {
            Source::Known(number) => {
                let attribute = &mut self.intake.attributes[number];
                self.operands
                    .test(attribute, &mut self.intake.layout, &test)?
            }
            Source::Late(number) => {
                let late = &mut self.late[number];
                let inner = self.program.inner.len();
                late.inner.push(inner);
                self.program.inner.push(self.operands.test(
                    &mut late.attribute,
                    &mut late.layout,
                    &test,
                )?);
                Op::new(Code::Late, place(number)?, place(inner)?)
            }
            Source::Now => now(&test),
            Source::Nothing => Op::NEVER,
        };
        Ok(Op {
            jump_if: negates(attribute, operator),
            ..op
        })
    }

    /// Numbers operands that an attribute is compared with, and returns its word and their ids in
    /// order; `None` if its id is not known ahead of an evaluation.
    pub(super) fn number_operands(
        &mut self,
        attribute: &str,
        operands: &[Scalar<'_>],
    ) -> Result<Option<(u16, &[u32])>, Fault> {
        let Source::Known(number) = self.source(attribute) else {
            return Ok(None);
        };
        let attribute = &mut self.intake.attributes[number];
        let word = self
            .operands
            .number_all(attribute, &mut self.intake.layout, operands)?;
        Ok(Some((word, &self.operands.ids)))
    }
}

impl Operands {
    fn test(
        &mut self,
        attribute: &mut Attribute,
        layout: &mut Layout,
        test: &Test<'_>,
    ) -> Result<Op, Fault> {
        match test {
            Test::Equals(scalar) => {
                let word = self.number_all(attribute, layout, std::slice::from_ref(*scalar))?;
                Ok(self
                    .ids
                    .first()
                    .map_or(Op::NEVER, |id| Op::test(Code::Range, word, *id, 1)))
            }
            Test::In(list) => {
                let word = self.number_all(attribute, layout, list)?;
                self.member(word)
            }
            Test::Number(order, number) => ordered(&mut attribute.numbers, layout, *order, *number),
            Test::Version(order, version) => {
                ordered(&mut attribute.versions, layout, *order, version.clone())
            }
            Test::Instant(order, instant) => {
                ordered(&mut attribute.instants, layout, *order, *instant)
            }
            Test::Exists => {
                let word = match attribute.presence {
                    Some(word) => word,
                    None => *attribute.presence.insert(layout.word()?),
                };
                Ok(Op::test(Code::Range, word, 1, 1))
            }
            Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_) | Test::Matches(_) => {
                let raw = match attribute.raw {
                    Some(raw) => raw,
                    None => *attribute.raw.insert(layout.raw()?),
                };
                Ok(Op::test(Code::Pattern, raw, self.pattern(test)?, 0))
            }
        }
    }

    /// Puts the ids of operands into `ids`, as they come, and returns the word of their attribute.
    fn number_all(
        &mut self,
        attribute: &mut Attribute,
        layout: &mut Layout,
        operands: &[Scalar<'_>],
    ) -> Result<u16, Fault> {
        let (word, dictionary) = match &mut attribute.identity {
            Some(identity) => identity,
            identity => identity.insert((layout.word()?, Dictionary::default())),
        };
        self.ids.clear();
        self.ids.reserve(operands.len());
        for operand in operands {
            self.ids
                .extend(dictionary.number(operand, &mut self.texts, &self.hasher)?);
        }
        Ok(*word)
    }

    /// Returns the test for membership in `ids`, in the smallest form that fits.
    fn member(&mut self, word: u16) -> Result<Op, Fault> {
        self.ids.sort_unstable();
        self.ids.dedup();
        let (Some(first), Some(last)) = (self.ids.first().copied(), self.ids.last().copied())
        else {
            return Ok(Op::NEVER);
        };
        let count = place(self.ids.len())?;
        let span = last - first + 1;
        if span == count {
            return Ok(Op::test(Code::Member, word, first, count));
        }
        if last < 64 {
            let mask = self.ids.iter().fold(0, |mask, id| mask | 1_u64 << id);
            return Ok(Op::wide(Code::Mask, word, mask));
        }
        let number = place(self.sets.len())?;
        // At most eight bytes for each member, however far apart they are.
        let set = if span.div_ceil(64) <= count.max(8) {
            let mut words = vec![0_u64; span.div_ceil(64) as usize];
            for id in &self.ids {
                words[(id - first) as usize / 64] |= 1 << ((id - first) % 64);
            }
            IdSet::Bits(first, words.into())
        } else {
            IdSet::Sorted(self.ids.as_slice().into())
        };
        self.sets.push(set);
        Ok(Op::test(Code::Set, word, number, 0))
    }

    fn pattern(&mut self, test: &Test<'_>) -> Result<u32, Fault> {
        let (wrap, parts): (fn(_) -> Pattern, _) = match test {
            Test::Contains(parts) => (Pattern::Contains, parts),
            Test::StartsWith(parts) => (Pattern::StartsWith, parts),
            Test::EndsWith(parts) => (Pattern::EndsWith, parts),
            Test::Matches(pattern) => return self.regexes.number(pattern, &mut self.patterns),
            _ => return Ok(u32::MAX),
        };
        let number = place(self.patterns.len())?;
        let parts = parts
            .iter()
            .map(|part| self.texts.intern(part))
            .collect::<Result<_, _>>()?;
        self.patterns.push(wrap(parts));
        Ok(number)
    }
}

/// A test by rank; the operand's number and the order stand in for the ranks.
fn ordered<T: Ord + Hash>(
    kind: &mut Option<(u16, Scale<T>)>,
    layout: &mut Layout,
    order: Order,
    operand: T,
) -> Result<Op, Fault> {
    let (word, scale) = match kind {
        Some(kind) => kind,
        kind => kind.insert((layout.word()?, Scale::default())),
    };
    Ok(Op::test(
        Code::Range,
        *word,
        scale.number(operand),
        order.code(),
    ))
}

/// A test of the time. It is a date-time, so only the tests of those can hold.
fn now(test: &Test<'_>) -> Op {
    match test {
        // The time is whole seconds: it is not before an instant from the next second on.
        Test::Instant(_, instant) => {
            Op::wide(Code::Reached, 0, second_reaching(*instant).cast_unsigned())
        }
        Test::Exists => Op::ALWAYS,
        _ => Op::NEVER,
    }
}

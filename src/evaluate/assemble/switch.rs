//! Runs of rules that compare one attribute for equality, as one table.
//!
//! A hundred such rules then cost one look-up. The rules stand behind the table all the same: for
//! attributes that are lists, and for the trace.

use std::iter::repeat_n;

use super::super::error::{Fault, LoadError};
use super::super::op::{Code, Op};
use super::super::program::{Lookup, Switch};
use super::draft::place;
use super::flags::{FlagWriter, equality};
use super::serving::Setting;
use crate::ruleset::Rule;

/// The rules from which on a table pays.
pub(super) const SHORTEST: usize = 4;

impl FlagWriter<'_, '_> {
    /// Emits a run of rules that are single equalities on one attribute, behind a table of them.
    pub(super) fn switch(
        &mut self,
        key: &str,
        run: &[Rule<'_>],
        setting: Setting,
    ) -> Result<(), LoadError> {
        let fault = |fault| LoadError::flag(key, fault);
        let Some((word, targets)) = self.targets(run).map_err(fault)? else {
            return run
                .iter()
                .try_for_each(|rule| self.rule(key, rule, setting));
        };
        let number = place(self.draft.program.switches.len()).map_err(fault)?;
        let switch = Switch {
            lookup: Lookup::Sorted(Box::default()),
            otherwise: 0,
        };
        self.draft.program.switches.push(switch);
        self.draft.push(Op::test(Code::Switch, word, number, 0));
        let mut servings = Vec::with_capacity(run.len());
        for rule in run {
            // Behind its one test.
            servings.push(place(self.draft.here() + 1).map_err(fault)?);
            self.rule(key, rule, setting)?;
        }
        let otherwise = place(self.draft.here()).map_err(fault)?;
        let targets = targets
            .iter()
            .map(|(id, rule)| (*id, servings[*rule]))
            .collect();
        self.draft.program.switches[number as usize] = Switch {
            lookup: lookup(targets, otherwise),
            otherwise,
        };
        Ok(())
    }

    /// Returns the word of the run's attribute, and for each id the first rule that names it,
    /// sorted; `None` if the id is not known ahead of an evaluation.
    #[expect(clippy::type_complexity, reason = "a word, and pairs of id and rule")]
    fn targets(&mut self, run: &[Rule<'_>]) -> Result<Option<(u16, Vec<(u32, usize)>)>, Fault> {
        let mut slot = 0;
        let mut targets = Vec::with_capacity(run.len());
        for (number, (attribute, operands)) in run.iter().filter_map(equality).enumerate() {
            let Some((word, ids)) = self.draft.number_operands(attribute, operands)? else {
                return Ok(None);
            };
            slot = word;
            targets.extend(ids.iter().copied().zip(repeat_n(number, ids.len())));
        }
        targets.sort_unstable();
        targets.dedup_by_key(|(id, _)| *id);
        Ok(Some((slot, targets)))
    }
}

/// Returns the table in the form that is fast for its size: by distance from the first id, unless
/// that would be mostly gaps.
fn lookup(targets: Vec<(u32, u32)>, otherwise: u32) -> Lookup {
    let (Some((first, _)), Some((last, _))) = (targets.first().copied(), targets.last().copied())
    else {
        return Lookup::Sorted(Box::default());
    };
    let span = (last - first) as usize + 1;
    if span > 4 * targets.len() + 16 {
        return Lookup::Sorted(targets.into());
    }
    let mut direct = vec![otherwise; span];
    for (id, target) in targets {
        direct[(id - first) as usize] = target;
    }
    Lookup::Direct(first, direct.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switch(ids: &[u32]) -> Switch {
        Switch {
            lookup: lookup(ids.iter().map(|id| (*id, id + 1000)).collect(), 7),
            otherwise: 7,
        }
    }

    #[test]
    fn both_forms_lead_to_the_same_places() {
        let dense = switch(&[5, 6, 9]);
        assert!(matches!(dense.lookup, Lookup::Direct(5, _)));
        let sparse = switch(&[5, 6, 90_000]);
        assert!(matches!(sparse.lookup, Lookup::Sorted(_)));
        for table in [dense, sparse] {
            assert_eq!(table.target(5), Some(1005));
            assert_eq!(table.target(6), Some(1006));
            for other in [0, 4, 10, 89_999, u32::MAX - 1, u32::MAX] {
                assert_eq!(table.target(other).unwrap_or(7), 7, "{other}");
            }
        }
        assert_eq!(switch(&[]).target(0), None);
    }
}

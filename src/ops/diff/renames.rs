//! Flags that have another key: one is gone, and another is as it was.

use std::collections::BTreeSet;

use similar::TextDiff;

use crate::diff::ChangeKind;
use crate::model::{Flag, FlagKey};

use super::super::effects::{Comparison, Effect};
use super::super::open::Opened;
use super::sides::Pair;

/// How much of a text must be the same for a flag to count as renamed, as Git has it.
const SIMILAR: f32 = 0.5;

/// How many pairs of texts are looked at; beyond that only the salt tells.
const MOST_PAIRS: usize = 1_000;

/// A flag with another key.
pub(super) struct Rename<'p> {
    before: &'p Flag,
    after: &'p Flag,
}

/// Returns the flags that were renamed: who kept the salt of one that is gone, or else says mostly
/// what one said.
pub(super) fn find<'p>(pair: &'p Pair, keys: &BTreeSet<FlagKey>) -> Vec<Rename<'p>> {
    let gone = keys.iter().filter(|key| !pair.after.known.contains(*key));
    let mut gone: Vec<&Flag> = gone.filter_map(|key| pair.flag_before(key)).collect();
    let new = keys.iter().filter(|key| !pair.before.known.contains(*key));
    let new: Vec<&Flag> = new.filter_map(|key| pair.flag_after(key)).collect();
    let few = gone.len() * new.len() <= MOST_PAIRS;
    let mut renames = Vec::new();
    for by_salt in [true, false] {
        for &after in &new {
            let taken = renames
                .iter()
                .any(|rename: &Rename<'_>| rename.after.key == after.key);
            if taken || !(by_salt || few) {
                continue;
            }
            let place = if by_salt {
                gone.iter().position(|before| before.salt() == after.salt())
            } else {
                most_similar(pair, &gone, after)
            };
            if let Some(place) = place {
                let before = gone.remove(place);
                renames.push(Rename { before, after });
            }
        }
    }
    renames
}

fn most_similar(pair: &Pair, gone: &[&Flag], after: &Flag) -> Option<usize> {
    let text = |opened: &Opened, flag: &Flag| opened.sources.get(flag.source).text().to_owned();
    let wanted = text(&pair.after, after);
    let ratio =
        |before: &&Flag| TextDiff::from_lines(text(&pair.before, before), wanted.clone()).ratio();
    let ratios = gone.iter().map(ratio).enumerate();
    let best = ratios.filter(|(_, ratio)| *ratio >= SIMILAR);
    best.max_by(|one, other| one.1.total_cmp(&other.1))
        .map(|(place, _)| place)
}

impl Rename<'_> {
    pub(super) fn is_of(&self, key: &FlagKey) -> bool {
        self.before.key == *key || self.after.key == *key
    }

    /// Returns what the rename does under one of its keys: the old one is gone for those who ask for
    /// it, and the new one is there, with what has changed besides.
    pub(super) fn effects(
        &self,
        comparison: Comparison<'_>,
        key: &FlagKey,
        files: &[String],
    ) -> Vec<Effect> {
        let name = key.as_str();
        if *key == self.before.key {
            let mut gone = comparison.effects(name, Some(self.before), None, files);
            for change in gone.iter_mut().flat_map(|effect| &mut effect.changes) {
                change.effect = format!("renamed to `{}`; {}", self.after.key, change.effect);
            }
            return gone;
        }
        let mut new = comparison.effects(name, None, Some(self.after), files);
        let besides = comparison.effects(name, Some(self.before), Some(self.after), files);
        for effect in &mut new {
            for change in &mut effect.changes {
                let served = change.effect.trim_start_matches("new: ");
                change.effect = format!("renamed from `{}`: {served}", self.before.key);
            }
            let of_it = besides
                .iter()
                .find(|other| other.environment == effect.environment);
            let told = |kind| matches!(kind, ChangeKind::Created | ChangeKind::Removed);
            let more = of_it.into_iter().flat_map(|other| &other.changes);
            effect
                .changes
                .extend(more.filter(|change| !told(change.kind)).cloned());
        }
        new
    }
}

//! Flags that have another key: one is gone, and another is as it was.

use similar::TextDiff;

use crate::model::{Flag, FlagKey};

use super::super::effects::{Comparison, Effect};
use super::super::open::Opened;
use super::sides::Pair;

/// How much of a text must be the same for a flag to count as renamed, as Git has it.
const SIMILAR: f32 = 0.5;

/// How many pairs of texts are looked at; beyond that only the salt and equal texts
/// tell.
const MOST_PAIRS: usize = 1_000;

/// A flag with another key.
pub(super) struct Rename<'p> {
    before: &'p Flag,
    after: &'p Flag,
}

/// A flag that is gone, or a new one.
pub(in crate::ops) struct Candidate {
    /// Its salt; `None` where that cannot be told.
    pub(in crate::ops) salt: Option<String>,
    /// The text of its file.
    pub(in crate::ops) text: String,
}

/// Returns which of the flags that are gone are which of the new ones, by their places: those that
/// kept the salt, then those that say the same, then those that say mostly the same. None is named
/// twice.
pub(in crate::ops) fn matched(gone: &[Candidate], new: &[Candidate]) -> Vec<(usize, usize)> {
    let mut old: Vec<usize> = (0..gone.len()).collect();
    let mut pairs = Vec::new();
    let tests: [fn(&Candidate, &Candidate) -> bool; 2] = [
        |one, other| one.salt.is_some() && one.salt == other.salt,
        |one, other| one.text == other.text,
    ];
    let mut left: Vec<usize> = (0..new.len()).collect();
    for is_same in tests {
        left.retain(|after| {
            let place = old
                .iter()
                .position(|before| is_same(&gone[*before], &new[*after]));
            pairs.extend(place.map(|place| (old.remove(place), *after)));
            place.is_none()
        });
    }
    if old.len() * left.len() > MOST_PAIRS {
        return pairs;
    }
    let mut ratios = Vec::new();
    for after in left {
        for before in &old {
            let ratio = TextDiff::from_lines(&gone[*before].text, &new[after].text).ratio();
            ratios.push((ratio, *before, after));
        }
    }
    ratios.retain(|(ratio, ..)| *ratio >= SIMILAR);
    ratios.sort_by(|one, other| other.0.total_cmp(&one.0));
    for (_, before, after) in ratios {
        let is_free = |pair: &(usize, usize)| pair.0 != before && pair.1 != after;
        if pairs.iter().all(is_free) {
            pairs.push((before, after));
        }
    }
    pairs
}

/// Returns the flags that were renamed.
pub(super) fn find(pair: &Pair) -> Vec<Rename<'_>> {
    let (gone, new) = pair.candidates();
    let candidates = |opened: &Opened, flags: &[&Flag]| -> Vec<Candidate> {
        let candidate = |flag: &&Flag| Candidate {
            salt: Some(flag.salt().to_owned()),
            text: opened.sources.get(flag.source).text().to_owned(),
        };
        flags.iter().map(candidate).collect()
    };
    let pairs = matched(
        &candidates(&pair.before, &gone),
        &candidates(&pair.after, &new),
    );
    let rename = |(before, after): (usize, usize)| Rename {
        before: gone[before],
        after: new[after],
    };
    pairs.into_iter().map(rename).collect()
}

impl Rename<'_> {
    /// Returns both keys.
    pub(super) fn keys(&self) -> [&FlagKey; 2] {
        [&self.before.key, &self.after.key]
    }

    pub(super) fn is_of(&self, key: &FlagKey) -> bool {
        self.before.key == *key || self.after.key == *key
    }

    /// Returns what the rename does under one of its keys.
    pub(super) fn effects(
        &self,
        comparison: Comparison<'_>,
        key: &FlagKey,
        files: &[String],
    ) -> Vec<Effect> {
        comparison.effects_of_rename(self.before, self.after, key, files)
    }
}

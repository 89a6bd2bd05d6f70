//! Ramps that are stopped where they stand, or begun anew.

use crate::document::Tree;
use crate::format::{ENTRY_KEYS, RULE_KEYS};
use crate::literal;
use crate::ruleset::{Gradual, POSITIONS};
use crate::words;

use super::entry::moment;
use super::serving::{next_minute, percent, thousandths};

/// What becomes of a ramp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// It becomes the percentage that it had at a time.
    At(i64),
    /// It was at that time on its way, and begins anew at this one.
    Anew {
        /// The time at which it was on its way.
        was: i64,
        /// The time at which it begins.
        start: i64,
    },
}

impl Hold {
    fn was(self) -> i64 {
        match self {
            Self::At(time) | Self::Anew { was: time, .. } => time,
        }
    }

    /// Holds the ramp of a map of serving keys (an entry, a rule), if it has one that was to grow.
    /// Returns what was done, in words.
    pub(super) fn apply(self, map: &mut Tree, order: &[&str]) -> Option<String> {
        let ramp = gradual(map.get("gradual")?)?;
        if !ramp.is_pending(self.was()) {
            return None;
        }
        match self {
            Self::At(time) => stop(map, order, time),
            Self::Anew { start, .. } => {
                let start = moment(next_minute(start));
                let words = format!("begun anew at {start}");
                map.get_mut("gradual")?.set("start", start, &[]);
                Some(words)
            }
        }
    }

    /// Holds the ramp of an entry.
    pub(super) fn entry(self, map: &mut Tree, notes: &mut Vec<String>, place: &str) -> bool {
        let done = self.apply(map, &ENTRY_KEYS);
        if let Some(done) = &done {
            notes.push(format!("the ramp of {place} is {done}"));
        }
        done.is_some()
    }

    /// Holds the ramps of rules. Returns whether there was one.
    pub(super) fn rules(self, rules: &mut [Tree], notes: &mut Vec<String>, place: &str) -> bool {
        let mut any = false;
        for rule in rules {
            if let Some(done) = self.apply(rule, &RULE_KEYS) {
                let name = rule.get("name").and_then(Tree::as_str).unwrap_or_default();
                notes.push(format!("the ramp of rule {name} of {place} is {done}"));
                any = true;
            }
        }
        any
    }
}

/// Makes the ramp of a map of serving keys the share that it had at a time, one that had come to its
/// end too. Returns what was done where it could still have grown, in words.
pub(super) fn stop(map: &mut Tree, order: &[&str], time: i64) -> Option<String> {
    let ramp = gradual(map.get("gradual")?)?;
    let share = ramp.share_at(time);
    map.set("percentage", percent(share), order);
    map.remove("gradual");
    let words = || format!("held at {}", words::percent(share));
    ramp.is_pending(time).then(words)
}

/// Reads a ramp that was found to be sound when the file was loaded.
fn gradual(tree: &Tree) -> Option<Gradual> {
    let start = literal::date_time(tree.get("start")?.as_str()?)?;
    let increment = thousandths(tree.get("increment")?)?;
    let until = tree.get("until").map_or(Some(POSITIONS), thousandths)?;
    let from = tree
        .get("from")
        .map_or(Some(increment.min(until)), thousandths)?;
    Some(Gradual {
        start: literal::second_reaching(start),
        from,
        increment,
        every: tree.get("every")?.as_str().and_then(literal::seconds)?,
        until,
    })
}

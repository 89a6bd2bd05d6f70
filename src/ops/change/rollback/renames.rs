//! Which flags of then have another key today: those whose salt one other flag has, and no more.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::join_names;
use crate::model::{Flag, FlagKey};
use crate::patch::NewKeys;

use super::super::super::open::Opened;
use super::holds_kill_switch;

/// Flags with another key, and those of which that is in doubt.
#[derive(Default)]
pub(super) struct Renames {
    pub(super) keys: NewKeys,
    in_doubt: Vec<Doubt>,
}

/// A new flag, and the flags of then that it may have been.
struct Doubt {
    new: FlagKey,
    old: Vec<FlagKey>,
    is_killed: bool,
}

/// Returns the renames between two states that are read in full, but for flags of then that stand: they
/// are what they are today.
pub(super) fn find(then: &Opened, today: &Opened, standing: &BTreeSet<FlagKey>) -> Renames {
    let mut keys = Vec::new();
    let mut in_doubt = Vec::new();
    let own = then.catalog.flags.values();
    let stands =
        |flag: &&Flag| standing.contains(&flag.key) && !then.catalog.flags.contains_key(&flag.key);
    let flags = today.catalog.flags.values();
    let then_by_salt = by_salt(own.chain(flags.clone().filter(stands)));
    let today_by_salt = by_salt(flags.clone());
    for new in flags.filter(|flag| !then.known.contains(&flag.key)) {
        let was = then_by_salt.get(new.salt()).map_or(&[][..], Vec::as_slice);
        match (was, today_by_salt.get(new.salt()).map_or(0, Vec::len)) {
            ([old], 1) if is_gone(old, today) && old.value_type == new.value_type => {
                keys.push((old.key.clone(), new.key.clone()));
            }
            (was, _) => {
                // A salt may be shared on purpose; that of a key, or of a flag that is gone, is not.
                let is_named = |old: &&Flag| old.key.as_str() == new.salt();
                if was.iter().any(|old| is_gone(old, today) || is_named(old)) {
                    in_doubt.push(Doubt {
                        new: new.key.clone(),
                        old: was.iter().map(|old| old.key.clone()).collect(),
                        is_killed: holds_kill_switch(new),
                    });
                }
            }
        }
    }
    Renames {
        keys: NewKeys::new(keys),
        in_doubt,
    }
}

fn by_salt<'o>(flags: impl Iterator<Item = &'o Flag>) -> BTreeMap<&'o str, Vec<&'o Flag>> {
    let mut by_salt: BTreeMap<&str, Vec<&Flag>> = BTreeMap::new();
    for flag in flags {
        by_salt.entry(flag.salt()).or_default().push(flag);
    }
    by_salt
}

fn is_gone(old: &Flag, today: &Opened) -> bool {
    !today.known.contains(&old.key)
}

impl Renames {
    /// Returns what is to be said of new flags of which it is not certain what they were.
    pub(super) fn notes(&self, keys: &[String], past: &str) -> Vec<String> {
        let is_meant = |doubt: &&Doubt| {
            let mut both = doubt.old.iter().chain([&doubt.new]);
            both.any(|key| keys.iter().any(|one| one == key.as_str()))
        };
        let in_doubt = self.in_doubt.iter().filter(is_meant);
        let note = |Doubt { new, old, .. }: &Doubt| {
            let old: Vec<&str> = old.iter().map(FlagKey::as_str).collect();
            format!(
                "`{new}` has the salt that {} had at {past}, and may be that flag under a new key; that is not certain, so it counts as another one",
                join_names(&old, "and")
            )
        };
        in_doubt.map(note).collect()
    }

    /// Returns whether a new flag may be one of then.
    pub(super) fn is_in_doubt(&self, new: &str) -> bool {
        let mut in_doubt = self.in_doubt.iter();
        in_doubt.any(|doubt| doubt.new.as_str() == new)
    }

    /// Returns what a flag of then may be called today, where a kill switch stands there.
    pub(super) fn killed(&self, old: &FlagKey) -> Option<&FlagKey> {
        let mut in_doubt = self.in_doubt.iter();
        let found = in_doubt.find(|doubt| doubt.is_killed && doubt.old.contains(old));
        found.map(|doubt| &doubt.new)
    }
}

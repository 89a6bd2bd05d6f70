//! The differences between what a file says and what is wanted: those that can be made at once.
//!
//! Edits are followed by another look; so of each collection only the first change is searched, and
//! only if its parts have none. Changes come before additions, and additions before removals: a
//! collection that keeps or gains a part is never empty in between.

use std::collections::HashMap;

use crate::document::{Tree, TreeValue, View};

use super::change::{Change, Path, same_scalar};
use super::matching::{Pairs, match_items};

/// Keys of which one excludes the others: a new one takes the place of the old one, and the comments
/// around it.
const EXCLUSIVE: [&[&str]; 2] = [&["percentage", "gradual"], &["value", "variant", "split"]];

/// Below so many keys a search costs less than a table.
const FEW: usize = 16;

/// Returns changes that bring the value nearer to what is wanted; without any, the value says what
/// is wanted. None is in a part of what another one changes.
pub(super) fn differences(view: View<'_>, wanted: &Tree) -> Vec<Change> {
    let mut changes = Vec::new();
    at(view, wanted, &mut Vec::new(), &mut changes);
    changes
}

fn at(view: View<'_>, wanted: &Tree, path: &mut Path, changes: &mut Vec<Change>) {
    let before = changes.len();
    match &wanted.value {
        TreeValue::Scalar(scalar) if view.scalar().is_some_and(|old| same_scalar(old, scalar)) => {}
        TreeValue::Map(entries) if view.is_map() => in_map(view, entries, path, changes),
        TreeValue::List(items) if view.is_list() => in_list(view, items, path, changes),
        _ => return changes.push(Change::Set(path.clone(), wanted.clone())),
    }
    // What stands below an alias is not here: the alias is written out first.
    if view.is_alias() && changes.len() > before {
        changes.truncate(before);
        changes.push(Change::Expand(path.clone()));
    }
}

/// Finds keys in the order in which they are nearly always asked for.
struct Keys<'k> {
    written: Vec<&'k str>,
    table: HashMap<&'k str, usize>,
    next: usize,
}

impl<'k> Keys<'k> {
    fn new(keys: impl Iterator<Item = &'k str>) -> Self {
        let written: Vec<&str> = keys.collect();
        let mut table = HashMap::new();
        if written.len() > FEW {
            for (index, key) in written.iter().enumerate() {
                table.entry(*key).or_insert(index);
            }
        }
        Self {
            written,
            table,
            next: 0,
        }
    }

    /// Returns where a key is written first.
    fn find(&mut self, key: &str) -> Option<usize> {
        let found = if self.written.len() > FEW {
            self.table.get(key).copied()
        } else if self
            .written
            .iter()
            .take(self.next)
            .all(|other| *other != key)
            && self.written.get(self.next) == Some(&key)
        {
            Some(self.next)
        } else {
            self.written.iter().position(|other| *other == key)
        };
        self.next = found.map_or(self.next, |index| index + 1);
        found
    }
}

fn in_map(view: View<'_>, wanted: &[(String, Tree)], path: &mut Path, changes: &mut Vec<Change>) {
    let before = changes.len();
    let members: Vec<_> = view.entries().collect();
    let mut old = Keys::new(members.iter().map(|member| member.key));
    let mut kept = vec![false; members.len()];
    let mut missing = Vec::new();
    for (place, (key, tree)) in wanted.iter().enumerate() {
        let Some(index) = old.find(key) else {
            missing.push(place);
            continue;
        };
        if let Some(kept) = kept.get_mut(index) {
            *kept = true;
        }
        if let Some(member) = members.get(index) {
            path.push(index);
            at(member.value, tree, path, changes);
            path.pop();
        }
    }
    if changes.len() > before {
        return;
    }
    if let Some(first) = missing.first() {
        let replaced = missing
            .iter()
            .find_map(|place| replacement(&mut old, wanted, *place, path));
        changes.extend(replaced.or_else(|| new_key(&mut old, wanted, *first, path)));
        return;
    }
    // A key that is written again, and wanted, stays: the file said so before.
    let mut new = Keys::new(wanted.iter().map(|(key, _)| key.as_str()));
    let gone = members
        .iter()
        .rposition(|member| new.find(member.key).is_none());
    changes.extend(gone.map(|gone| Change::Remove(path.clone(), gone)));
}

/// Returns the replacement of a key that goes, and that the new one excludes.
fn replacement(
    old: &mut Keys<'_>,
    wanted: &[(String, Tree)],
    place: usize,
    path: &Path,
) -> Option<Change> {
    let (key, tree) = wanted.get(place)?;
    let group = EXCLUSIVE
        .iter()
        .find(|group| group.contains(&key.as_str()))?;
    let is_wanted = |key: &str| wanted.iter().any(|(other, _)| other == key);
    let mut gone = group.iter().filter(|key| !is_wanted(key));
    let index = gone.find_map(|key| old.find(key))?;
    let mut path = path.clone();
    path.push(index);
    Some(Change::Replace(path, key.clone(), tree.clone()))
}

/// Returns the insertion of a key: behind the one that is wanted before it, else before the next
/// that is there, else at the end.
fn new_key(
    old: &mut Keys<'_>,
    wanted: &[(String, Tree)],
    place: usize,
    path: &Path,
) -> Option<Change> {
    let (key, tree) = wanted.get(place)?;
    let before = wanted
        .iter()
        .take(place)
        .rev()
        .find_map(|(key, _)| old.find(key));
    let behind = wanted
        .iter()
        .skip(place + 1)
        .find_map(|(key, _)| old.find(key));
    let index = before
        .map(|index| index + 1)
        .or(behind)
        .unwrap_or(old.written.len());
    Some(Change::Insert {
        at: path.clone(),
        index,
        key: Some(key.clone()),
        tree: tree.clone(),
    })
}

fn in_list(view: View<'_>, wanted: &[Tree], path: &mut Path, changes: &mut Vec<Change>) {
    let before = changes.len();
    let old: Vec<View<'_>> = view.items().collect();
    let pairs = match_items(&old, wanted);
    for (new, index) in pairs.of_new.iter().enumerate() {
        let (Some(index), Some(tree)) = (*index, wanted.get(new)) else {
            continue;
        };
        if let Some(item) = old.get(index) {
            path.push(index);
            at(*item, tree, path, changes);
            path.pop();
        }
    }
    if changes.len() == before {
        changes.extend(of_items(old.len(), wanted, &pairs, path));
    }
}

/// Returns the first change of a list whose items say what is wanted of them.
fn of_items(old: usize, wanted: &[Tree], pairs: &Pairs, path: &Path) -> Option<Change> {
    if let Some((from, to)) = first_move(pairs) {
        return Some(Change::Move(path.clone(), from, to));
    }
    if let Some(new) = pairs.of_new.iter().position(Option::is_none) {
        let before = pairs.of_new.iter().take(new).rev().find_map(|old| *old);
        let behind = pairs.of_new.iter().skip(new + 1).find_map(|old| *old);
        let index = before.map(|index| index + 1).or(behind);
        return Some(Change::Insert {
            at: path.clone(),
            index: index.unwrap_or(old),
            key: None,
            tree: wanted.get(new)?.clone(),
        });
    }
    let matched: Vec<usize> = pairs.of_new.iter().filter_map(|old| *old).collect();
    let mut is_matched = vec![false; old];
    for index in matched {
        if let Some(is_matched) = is_matched.get_mut(index) {
            *is_matched = true;
        }
    }
    let gone = is_matched.iter().rposition(|is_matched| !is_matched)?;
    Some(Change::Remove(path.clone(), gone))
}

/// Returns the first item that must move, and where to: as few as can be move.
fn first_move(pairs: &Pairs) -> Option<(usize, usize)> {
    let order: Vec<usize> = pairs.of_new.iter().filter_map(|old| *old).collect();
    if order.is_sorted() {
        return None;
    }
    let stays = longest_increasing(&order);
    let place = order.iter().position(|old| !stays.contains(old))?;
    let from = *order.get(place)?;
    let target = match place.checked_sub(1).and_then(|before| order.get(before)) {
        Some(before) => before + 1,
        None => 0,
    };
    Some((from, if from < target { target - 1 } else { target }))
}

/// Returns the members of a longest increasing run of a sequence without repetition.
fn longest_increasing(order: &[usize]) -> std::collections::BTreeSet<usize> {
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(order.len());
    for (place, value) in order.iter().enumerate() {
        let at = tails.partition_point(|tail| order.get(*tail).is_some_and(|tail| tail < value));
        before.push(at.checked_sub(1).and_then(|at| tails.get(at).copied()));
        match tails.get_mut(at) {
            Some(tail) => *tail = place,
            None => tails.push(place),
        }
    }
    let mut run = std::collections::BTreeSet::new();
    let mut next = tails.last().copied();
    while let Some(place) = next {
        run.extend(order.get(place));
        next = before.get(place).copied().flatten();
    }
    run
}

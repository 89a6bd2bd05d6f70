//! Which alias must be written out before a change, so that the change means its own place alone.

use std::collections::HashSet;

use crate::document::{Kind, NodeId};

use super::change::{Change, Path};
use super::layout::Reader;

/// Returns an alias that the change would change the meaning of.
pub(super) fn in_the_way(reader: Reader<'_>, change: &Change) -> Option<Path> {
    let (at, part) = match change {
        Change::Expand(_) => return None,
        Change::Set(path, _) | Change::Replace(path, ..) => (path.as_slice(), None),
        Change::Remove(path, index) => (path.as_slice(), Some(*index)),
        Change::Insert { at, .. } | Change::Move(at, ..) => (at.as_slice(), None),
    };
    let mut path = at.to_vec();
    path.extend(part);
    let mut touched = HashSet::new();
    let mut id = reader.root().id();
    note(reader, id, &mut touched);
    for index in &path {
        id = child(reader, id, *index)?;
        note(reader, id, &mut touched);
    }
    let goes = matches!(
        change,
        Change::Set(..) | Change::Replace(..) | Change::Remove(..)
    );
    if goes {
        each(reader, id, &mut Vec::new(), &mut |id, _| {
            note(reader, id, &mut touched);
            false
        });
    }
    if touched.is_empty() {
        return None;
    }
    find(reader, |target, place| {
        touched.contains(&target) && !(goes && place.starts_with(&path))
    })
}

/// Returns an alias that leads into the list at a path, or out of it: of use where an item cannot
/// move otherwise.
pub(super) fn across(reader: Reader<'_>, path: &[usize]) -> Option<Path> {
    let list = path
        .iter()
        .try_fold(reader.root().id(), |id, index| child(reader, id, *index))?;
    let mut inside = HashSet::new();
    each(reader, list, &mut Vec::new(), &mut |id, _| {
        note(reader, id, &mut inside);
        false
    });
    find(reader, |target, place| {
        inside.contains(&target) || place.starts_with(path)
    })
}

fn note(reader: Reader<'_>, id: NodeId, touched: &mut HashSet<NodeId>) {
    if reader.node(id).anchor.is_some() {
        touched.insert(id);
    }
}

fn child(reader: Reader<'_>, id: NodeId, index: usize) -> Option<NodeId> {
    match &reader.node(id).kind {
        Kind::Mapping(entries) => entries.get(index).map(|entry| entry.value),
        Kind::Sequence(items) => items.get(index).copied(),
        _ => None,
    }
}

fn find(reader: Reader<'_>, is_wanted: impl Fn(NodeId, &[usize]) -> bool) -> Option<Path> {
    let mut found = None;
    each(
        reader,
        reader.root().id(),
        &mut Vec::new(),
        &mut |id, place| {
            let is_found =
                matches!(reader.node(id).kind, Kind::Alias(target) if is_wanted(target, place));
            if is_found {
                found = Some(place.to_vec());
            }
            is_found
        },
    );
    found
}

/// Visits the nodes of a value as written until one visit says that it is enough.
fn each(
    reader: Reader<'_>,
    id: NodeId,
    path: &mut Path,
    visit: &mut impl FnMut(NodeId, &[usize]) -> bool,
) -> bool {
    if visit(id, path) {
        return true;
    }
    let mut index = 0;
    while let Some(child) = child(reader, id, index) {
        path.push(index);
        let is_enough = each(reader, child, path, visit);
        path.pop();
        if is_enough {
            return true;
        }
        index += 1;
    }
    false
}

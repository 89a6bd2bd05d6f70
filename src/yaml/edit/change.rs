//! A primitive change of a value, and its effect on a [`Tree`]: what an edit of the text is held to.

use crate::document::{Scalar, Tree, TreeValue, View};

/// The way to a node: which part of each collection, counted as written.
pub(super) type Path = Vec<usize>;

/// One primitive change.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// Another value at a place.
    Set(Path, Tree),
    /// Another key, with its value, in the place of an entry.
    Replace(Path, String, Tree),
    /// A new part of the collection at a place.
    Insert {
        /// The collection.
        at: Path,
        /// Before which part.
        index: usize,
        /// The key, in a map.
        key: Option<String>,
        /// The value.
        tree: Tree,
    },
    /// A part of the collection at a place goes.
    Remove(Path, usize),
    /// An item of the list at a place goes elsewhere: from, to (counted without it).
    Move(Path, usize, usize),
    /// The alias at a place is written out, which changes no value.
    Expand(Path),
}

impl Change {
    /// Returns the place of the collection in which something changes.
    pub(super) fn collection(&self) -> &[usize] {
        match self {
            Self::Insert { at, .. } | Self::Remove(at, _) | Self::Move(at, ..) => at,
            Self::Set(path, _) | Self::Replace(path, ..) | Self::Expand(path) => {
                path.split_last().map_or(&[], |(_, above)| above)
            }
        }
    }

    /// Makes the change.
    pub(super) fn apply(&self, root: &mut Tree) -> Option<()> {
        match self {
            Self::Expand(_) => {}
            Self::Set(path, tree) => node(root, path)?.value = tree.value.clone(),
            Self::Replace(path, key, tree) => {
                let (index, above) = path.split_last()?;
                let TreeValue::Map(entries) = &mut node(root, above)?.value else {
                    return None;
                };
                *entries.get_mut(*index)? = (key.clone(), tree.clone());
            }
            Self::Insert {
                at,
                index,
                key,
                tree,
            } => insert(node(root, at)?, *index, key.as_deref(), tree)?,
            Self::Remove(path, index) => match &mut node(root, path)?.value {
                TreeValue::Map(entries) if *index < entries.len() => drop(entries.remove(*index)),
                TreeValue::List(items) if *index < items.len() => drop(items.remove(*index)),
                _ => return None,
            },
            Self::Move(path, from, to) => {
                let items = node(root, path)?.items_mut()?;
                if *from >= items.len() || *to >= items.len() {
                    return None;
                }
                let item = items.remove(*from);
                items.insert(*to, item);
            }
        }
        Some(())
    }
}

fn insert(into: &mut Tree, index: usize, key: Option<&str>, tree: &Tree) -> Option<()> {
    // A null, or a document that is not there, becomes the collection.
    if into.is_null() {
        into.value = match key {
            Some(_) => TreeValue::Map(Vec::new()),
            None => TreeValue::List(Vec::new()),
        };
    }
    match (&mut into.value, key) {
        (TreeValue::Map(entries), Some(key)) if index <= entries.len() => {
            entries.insert(index, (key.to_owned(), tree.clone()));
        }
        (TreeValue::List(items), None) if index <= items.len() => {
            items.insert(index, tree.clone());
        }
        _ => return None,
    }
    Some(())
}

fn node<'t>(root: &'t mut Tree, path: &[usize]) -> Option<&'t mut Tree> {
    path.iter()
        .try_fold(root, |tree, part| match &mut tree.value {
            TreeValue::Map(entries) => entries.get_mut(*part).map(|(_, tree)| tree),
            TreeValue::List(items) => items.get_mut(*part),
            TreeValue::Scalar(_) => None,
        })
}

/// Returns the part of a tree at a place.
pub(super) fn at<'t>(root: &'t Tree, path: &[usize]) -> Option<&'t Tree> {
    path.iter().try_fold(root, |tree, part| match &tree.value {
        TreeValue::Map(entries) => entries.get(*part).map(|(_, tree)| tree),
        TreeValue::List(items) => items.get(*part),
        TreeValue::Scalar(_) => None,
    })
}

/// Returns the value at a place with all its parts as written: [`Tree::of`] leaves out keys that
/// were there before.
pub(super) fn whole(view: View<'_>) -> Tree {
    let value = if let Some(scalar) = view.scalar() {
        TreeValue::Scalar(scalar.clone().into_owned())
    } else if view.is_list() {
        TreeValue::List(view.items().map(whole).collect())
    } else {
        let entries = view.entries();
        TreeValue::Map(
            entries
                .map(|member| (member.key.to_owned(), whole(member.value)))
                .collect(),
        )
    };
    Tree {
        value,
        style: Some(view.style()),
    }
}

/// Returns whether two scalars mean the same; a number that is none equals itself here.
pub(super) fn same_scalar(one: &Scalar<'_>, other: &Scalar<'_>) -> bool {
    let is_nan = |scalar: &Scalar<'_>| matches!(scalar, Scalar::Float(value) if value.is_nan());
    one == other || (is_nan(one) && is_nan(other))
}

/// Returns whether two trees say the same with their parts in the same order.
pub(super) fn same(one: &Tree, other: &Tree) -> bool {
    match (&one.value, &other.value) {
        (TreeValue::Scalar(a), TreeValue::Scalar(b)) => same_scalar(a, b),
        (TreeValue::List(a), TreeValue::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (TreeValue::Map(a), TreeValue::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && same(&a.1, &b.1))
        }
        _ => false,
    }
}

//! A primitive change as replacements of bytes: what all kinds of change share.

use crate::document::{Kind, Style, Tree, TreeValue};

use super::change::Change;
use super::habits::Habits;
use super::layout::{Place, Reader};
use super::render::{Renderer, fits_in_brackets};
use super::splice::Splice;
use super::{block, flow, replace};

/// The form that a change is tried in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// Whether texts of several lines may become literal blocks.
    pub(super) literals: bool,
    /// Whether blocks may be written.
    pub(super) blocks: bool,
}

/// The forms in the order in which they are tried: a comment that stays, for one, may become part
/// of a literal block, and then the value is told from what was wanted.
pub(super) const FORMS: [Form; 3] = [
    Form {
        literals: true,
        blocks: true,
    },
    Form {
        literals: false,
        blocks: true,
    },
    Form {
        literals: false,
        blocks: false,
    },
];

/// What a change is planned with.
pub(super) struct Planner<'d> {
    pub(super) reader: Reader<'d>,
    pub(super) way: Vec<Place>,
    pub(super) path: &'d [usize],
    pub(super) habits: Habits,
    pub(super) form: Form,
}

/// Returns the replacements that make a change; `None` if this form has none.
pub(super) fn plan(reader: Reader<'_>, change: &Change, form: Form) -> Option<Vec<Splice>> {
    let path = match change {
        Change::Set(path, _) | Change::Replace(path, ..) | Change::Expand(path) => path,
        Change::Insert { at, .. } | Change::Remove(at, _) | Change::Move(at, ..) => at,
    };
    let way = reader.way(path)?;
    let needs_habits = matches!(
        change,
        Change::Set(..) | Change::Replace(..) | Change::Insert { .. } | Change::Expand(_)
    );
    let habits = if needs_habits {
        Habits::of(reader, &way)
    } else {
        Habits::of_text(reader.text)
    };
    let planner = Planner {
        reader,
        way,
        path,
        habits,
        form,
    };
    match change {
        Change::Set(_, tree) => replace::set(&planner, tree),
        Change::Replace(_, key, tree) => replace::entry(&planner, key, tree),
        Change::Expand(_) => replace::expand(&planner),
        Change::Insert {
            index, key, tree, ..
        } => planner.insert(*index, key.as_deref(), tree),
        Change::Remove(_, index) if planner.is_flow() => flow::remove(&planner, *index),
        Change::Remove(_, index) => block::remove(&planner, *index),
        Change::Move(_, from, to) if planner.is_flow() => flow::reorder(&planner, *from, *to),
        Change::Move(_, from, to) => block::reorder(&planner, *from, *to),
    }
}

impl Planner<'_> {
    /// Returns the place that the change is at.
    pub(super) fn place(&self) -> Option<&Place> {
        self.way.last()
    }

    fn is_flow(&self) -> bool {
        self.place()
            .is_some_and(|place| self.reader.node(place.id).style == Style::Flow)
    }

    pub(super) fn renderer(&self) -> Renderer<'_> {
        Renderer {
            habits: &self.habits,
            literals: self.form.literals,
        }
    }

    fn insert(&self, index: usize, key: Option<&str>, tree: &Tree) -> Option<Vec<Splice>> {
        if !self.is_flow() {
            return block::insert(self, index, key, tree);
        }
        let place = self.place()?;
        let is_empty = self.reader.parts(place).is_empty();
        if is_empty && replace::may_become_block(self, place, key.is_some(), tree) {
            let value = match key {
                Some(key) => TreeValue::Map(vec![(key.to_owned(), tree.clone())]),
                None => TreeValue::List(vec![tree.clone()]),
            };
            let style = Some(Style::Plain);
            return replace::set(self, &Tree { value, style });
        }
        flow::insert(self, index, key, tree)
    }

    /// Returns the key under which a place of the way stands; without one, nothing.
    pub(super) fn key_at(&self, depth: usize) -> &str {
        let index = depth.checked_sub(1).and_then(|above| self.path.get(above));
        let parent = depth.checked_sub(1).and_then(|above| self.way.get(above));
        let (Some(index), Some(parent)) = (index, parent) else {
            return "";
        };
        match &self.reader.node(parent.id).kind {
            Kind::Mapping(entries) => entries.get(*index).map_or("", |entry| &entry.key),
            _ => "",
        }
    }

    /// Returns the tree with the style of the last sibling that is a map with parts, where it has
    /// no style of its own and is such a map too. In brackets only what fits on a line.
    pub(super) fn like_siblings(&self, tree: &Tree, parent: &Place, except: Option<usize>) -> Tree {
        let mut tree = tree.clone();
        if tree.style.is_none()
            && !tree.entries().is_empty()
            && let Kind::Mapping(entries) = &self.reader.node(parent.id).kind
        {
            let maps = entries.iter().enumerate().rev();
            let style = maps
                .filter(|(index, _)| Some(*index) != except)
                .find_map(|(_, entry)| {
                    let node = self.reader.node(entry.value);
                    let has_parts =
                        matches!(&node.kind, Kind::Mapping(entries) if !entries.is_empty());
                    has_parts.then_some(node.style)
                });
            // Brackets that would not fit on a line are nobody's style.
            tree.style = match style {
                Some(Style::Flow) if !fits_in_brackets(&tree) => Some(Style::Plain),
                style => style,
            };
        }
        tree
    }
}

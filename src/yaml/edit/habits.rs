//! How a file is written: line ending, indentation, brackets.

use crate::document::{Entry, Kind, NodeId, Style};

use super::layout::{Place, Reader};
use super::lines::{byte, column, slice};
use super::scalar::Quote;

/// What new text keeps to.
#[derive(Debug, Clone)]
pub(super) struct Habits {
    /// The line ending.
    pub(super) line_break: &'static str,
    /// By how much a map is indented below its key.
    pub(super) step: usize,
    /// By how much a list is indented below its key.
    pub(super) list_step: usize,
    /// Whether maps stand in brackets anywhere.
    pub(super) flow_maps: bool,
    /// How keys and strings in brackets are quoted: all of them, where those near the place are.
    pub(super) quotes: Quote,
    /// How lists of scalars are written, where there are any.
    pub(super) scalar_lists: Option<Style>,
    /// How maps in lists are written: by the list's key.
    item_maps: Vec<(String, Style)>,
}

impl Habits {
    /// The house's own, for new files.
    pub(super) fn house() -> Self {
        Self {
            line_break: "\n",
            step: 2,
            list_step: 2,
            flow_maps: true,
            quotes: Quote::AsNeeded,
            scalar_lists: None,
            item_maps: Vec::new(),
        }
    }

    /// Returns those of a text without a document.
    pub(super) fn of_text(text: &str) -> Self {
        let first = text.find('\n').unwrap_or(0);
        let is_crlf = first > 0 && slice(text, first - 1..first) == "\r";
        Self {
            line_break: if is_crlf { "\r\n" } else { "\n" },
            ..Self::house()
        }
    }

    /// Returns those of a file; what is written near a place counts more than the rest.
    pub(super) fn of(reader: Reader<'_>, near: &[Place]) -> Self {
        let mut found = Found::default();
        for place in near.iter().rev() {
            if found.step.is_some() && found.list_step.is_some() {
                break;
            }
            found.visit(reader, place.id, "");
        }
        found.visit(reader, reader.root().id(), "");
        let of_text = Self::of_text(reader.text);
        Self {
            line_break: of_text.line_break,
            step: found.step.unwrap_or(2),
            list_step: found.list_step.unwrap_or_else(|| found.step.unwrap_or(2)),
            flow_maps: found.flow_maps,
            quotes: quotes(reader, near),
            scalar_lists: found.scalar_lists,
            item_maps: found.item_maps,
        }
    }

    /// Returns how maps in the lists of a key are written; without any such list, in any list.
    pub(super) fn item_map(&self, key: &str) -> Option<Style> {
        let same = self.item_maps.iter().find(|(name, _)| name == key);
        same.map(|(_, style)| *style)
    }
}

/// Returns the quotes of the nearest map in brackets, by its keys.
fn quotes(reader: Reader<'_>, near: &[Place]) -> Quote {
    let keys = near.iter().rev().find_map(|place| {
        let node = reader.node(place.id);
        match &node.kind {
            Kind::Mapping(entries) if node.style == Style::Flow && !entries.is_empty() => {
                Some(entries)
            }
            _ => None,
        }
    });
    let is_quoted =
        |entry: &Entry<'_>| byte(reader.text, entry.key_span.range().start) == Some(b'"');
    match keys {
        Some(keys) if keys.iter().all(is_quoted) => Quote::Double,
        _ => Quote::AsNeeded,
    }
}

#[derive(Default)]
struct Found {
    step: Option<usize>,
    list_step: Option<usize>,
    flow_maps: bool,
    scalar_lists: Option<Style>,
    item_maps: Vec<(String, Style)>,
}

impl Found {
    fn visit(&mut self, reader: Reader<'_>, id: NodeId, key: &str) {
        let node = reader.node(id);
        match &node.kind {
            Kind::Mapping(entries) => {
                self.flow_maps |= node.style == Style::Flow && !entries.is_empty();
                for entry in entries {
                    if node.style != Style::Flow {
                        self.indentation(reader, entry.key_span.range(), entry.value);
                    }
                    self.visit(reader, entry.value, &entry.key);
                }
            }
            Kind::Sequence(items) => {
                for item in items {
                    self.item(reader, node.style, *item, key);
                    self.visit(reader, *item, "");
                }
            }
            _ => {}
        }
    }

    fn indentation(&mut self, reader: Reader<'_>, key: std::ops::Range<usize>, value: NodeId) {
        let own = column(reader.text, key.start);
        let node = reader.node(value);
        let text = reader.text;
        match &node.kind {
            Kind::Mapping(_) if node.style == Style::Plain && self.step.is_none() => {
                let deeper = column(text, node.span.range().start).saturating_sub(own);
                self.step = (deeper > 0).then_some(deeper);
            }
            Kind::Sequence(_) if node.style == Style::Plain && self.list_step.is_none() => {
                let from = text.get(key.end..).and_then(|rest| rest.find(':'));
                let slot = reader.slot(key.end + from.unwrap_or(0) + 1, value);
                self.list_step = Some(column(text, slot.start).saturating_sub(own));
            }
            _ => {}
        }
    }

    fn item(&mut self, reader: Reader<'_>, list: Style, item: NodeId, key: &str) {
        let node = reader.node(item);
        match &node.kind {
            Kind::Mapping(_) if self.item_maps.iter().all(|(name, _)| name != key) => {
                self.item_maps.push((key.to_owned(), node.style));
            }
            Kind::Scalar(_) if self.scalar_lists.is_none() => self.scalar_lists = Some(list),
            _ => {}
        }
    }
}

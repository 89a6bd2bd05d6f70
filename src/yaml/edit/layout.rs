//! Where the parts of a value stand in the text: keys, dashes, commas, and the value behind each.
//!
//! The tree's spans hold the values alone. What an edit needs besides (the colon, an anchor and a
//! tag, the header of a block scalar, the dash of an item) is found here, between the spans.

use std::ops::Range;

use crate::document::{Document, Kind, Node, NodeId, Scalar, Style, View};

use super::lines::{byte, column, line_end, line_start, skip_space, slice, text_start};

/// The place of a value.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// Behind the colon or dash, or where a document begins.
    pub(super) intro: usize,
    /// Behind the anchor; without one, the intro.
    pub(super) head: usize,
    /// The tags.
    pub(super) tags: Vec<Range<usize>>,
    /// Where the value begins; for a block scalar with its header.
    pub(super) start: usize,
    /// Where the header of a block scalar ends; for anything else, the end.
    pub(super) header_end: usize,
    /// The end, without the trailing line break of a block.
    pub(super) end: usize,
}

/// A part of a collection.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Where its key, its dash or its flow item begins.
    pub(super) start: usize,
    /// Whether a colon stands behind the key, which in brackets need not be so.
    pub(super) colon: bool,
    /// The comma behind it, in brackets.
    pub(super) comma: Option<usize>,
    /// The value.
    pub(super) id: NodeId,
    /// Where the value stands.
    pub(super) slot: Slot,
}

/// A place on the way to a value.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The value; a document that is not there has none.
    pub(super) id: NodeId,
    /// Where it stands.
    pub(super) slot: Slot,
    /// Whether it stands in brackets.
    pub(super) flow: bool,
    /// Where the part that it belongs to begins; the root has none.
    pub(super) part: Option<usize>,
    /// Whether it is the item of a block list.
    pub(super) is_item: bool,
    /// Whether a key stands before it without a colon.
    pub(super) lacks_colon: bool,
}

/// A text with its document.
#[derive(Clone, Copy)]
pub(super) struct Reader<'d> {
    pub(super) text: &'d str,
    pub(super) document: &'d Document<'d>,
}

impl<'d> Reader<'d> {
    pub(super) fn node(&self, id: NodeId) -> &'d Node<'d> {
        self.document.node(id)
    }

    pub(super) fn root(&self) -> View<'d> {
        self.document.root()
    }

    /// Returns the place of the root.
    pub(super) fn root_place(&self) -> Place {
        let id = self.root().id();
        Place {
            id,
            slot: self.slot(self.document_start(), id),
            flow: false,
            part: None,
            is_item: false,
            lacks_colon: false,
        }
    }

    fn document_start(&self) -> usize {
        let begin = text_start(self.text);
        let mut at = skip_space(self.text, begin);
        while byte(self.text, at) == Some(b'%') {
            at = skip_space(self.text, line_end(self.text, at));
        }
        if slice(self.text, at..at + 3) == "---" {
            at + 3
        } else {
            begin
        }
    }

    /// Returns the places on the way to a value, from the root to the value itself.
    pub(super) fn way(&self, path: &[usize]) -> Option<Vec<Place>> {
        let mut places = vec![self.root_place()];
        for index in path {
            let parent = places.last()?;
            let is_flow = self.node(parent.id).style == Style::Flow;
            let part = self.parts(parent).into_iter().nth(*index)?;
            let is_list = matches!(self.node(parent.id).kind, Kind::Sequence(_));
            places.push(Place {
                id: part.id,
                slot: part.slot,
                flow: is_flow,
                part: Some(part.start),
                is_item: is_list && !is_flow,
                lacks_colon: !part.colon,
            });
        }
        Some(places)
    }

    /// Returns the first text below a place that keeps the line breaks behind it (`|+`).
    pub(super) fn keeper(&self, path: &[usize]) -> Option<Vec<usize>> {
        let place = self.way(path)?.pop()?;
        let mut path = path.to_vec();
        self.find_keeper(&place.slot, place.id, &mut path)
            .then_some(path)
    }

    fn find_keeper(&self, slot: &Slot, id: NodeId, path: &mut Vec<usize>) -> bool {
        if self.node(id).style == Style::Block {
            return slice(self.text, slot.start..slot.header_end).contains('+');
        }
        let parts = self.parts_of(id, slot.intro, slot.start);
        parts.iter().enumerate().any(|(index, part)| {
            path.push(index);
            let is_found = self.find_keeper(&part.slot, part.id, path);
            if !is_found {
                path.pop();
            }
            is_found
        })
    }

    /// Returns the parts of the collection at a place.
    pub(super) fn parts(&self, place: &Place) -> Vec<Part> {
        self.parts_of(place.id, place.slot.intro, place.slot.start)
    }

    fn parts_of(&self, id: NodeId, intro: usize, start: usize) -> Vec<Part> {
        let node = self.node(id);
        match (&node.kind, node.style) {
            (Kind::Mapping(_) | Kind::Sequence(_), Style::Flow) => self.flow_parts(node),
            (Kind::Mapping(entries), _) => {
                let column = column(self.text, node.span.range().start);
                let part = |entry: &crate::document::Entry<'_>| {
                    self.entry(entry.key_span.range(), entry.value, column)
                };
                entries.iter().map(part).collect()
            }
            (Kind::Sequence(items), _) => {
                let mut parts: Vec<Part> = Vec::with_capacity(items.len());
                let first = if start > intro { start } else { intro };
                let mut at = self.dash(first);
                for item in items {
                    let slot = self.slot(at + 1, *item);
                    let next = self.dash(slot.end);
                    parts.push(Part {
                        start: at,
                        colon: true,
                        comma: None,
                        id: *item,
                        slot,
                    });
                    at = next;
                }
                parts
            }
            _ => Vec::new(),
        }
    }

    fn dash(&self, from: usize) -> usize {
        skip_space(self.text, from)
    }

    fn entry(&self, key: Range<usize>, value: NodeId, column: usize) -> Part {
        // A key may have an anchor or a tag of its own before it, or `?`.
        let begin = line_start(self.text, key.start) + column;
        let has_more = slice(self.text, begin..key.start).starts_with(['&', '!', '?']);
        let (colon, intro) = self.colon(key.end);
        Part {
            start: if has_more { begin } else { key.start },
            colon,
            comma: None,
            id: value,
            slot: self.slot(intro, value),
        }
    }

    fn colon(&self, key_end: usize) -> (bool, usize) {
        let at = skip_space(self.text, key_end);
        if byte(self.text, at) == Some(b':') {
            (true, at + 1)
        } else {
            (false, key_end)
        }
    }

    fn flow_parts(&self, node: &Node<'_>) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut at = node.span.range().start + 1;
        let mut add = |key: Option<usize>, id: NodeId| {
            let start = skip_space(self.text, at);
            let (colon, intro) = key.map_or((true, at), |end| self.colon(end));
            let slot = self.slot(intro, id);
            let behind = skip_space(self.text, slot.end);
            let comma = (byte(self.text, behind) == Some(b',')).then_some(behind);
            at = comma.map_or(behind, |comma| comma + 1);
            parts.push(Part {
                start,
                colon,
                comma,
                id,
                slot,
            });
        };
        match &node.kind {
            Kind::Mapping(entries) => entries
                .iter()
                .for_each(|entry| add(Some(entry.key_span.range().end), entry.value)),
            Kind::Sequence(items) => items.iter().for_each(|item| add(None, *item)),
            _ => {}
        }
        parts
    }

    /// Returns the place of a value behind its intro.
    pub(super) fn slot(&self, intro: usize, id: NodeId) -> Slot {
        let node = self.node(id);
        let (head, tags, at) = self.properties(intro, node);
        let mut slot = Slot {
            intro,
            head,
            tags,
            start: at,
            header_end: at,
            end: at,
        };
        let span = node.span.range();
        match (&node.kind, node.style) {
            (Kind::Scalar(Scalar::Null | Scalar::String(_)), Style::Plain) if span.is_empty() => {}
            (Kind::Scalar(_), Style::Block) => self.block_scalar(&mut slot, span),
            (Kind::Sequence(_), Style::Plain) => {
                slot.start = skip_space(self.text, at);
                let parts = self.parts_of(id, intro, slot.start);
                slot.end = parts.last().map_or(slot.start, |part| part.slot.end);
                slot.header_end = slot.end;
            }
            (Kind::Mapping(entries), Style::Plain) => {
                let last = entries.last().map(|entry| {
                    let (_, intro) = self.colon(entry.key_span.range().end);
                    self.slot(intro, entry.value).end
                });
                slot.start = span.start;
                slot.end = last.unwrap_or(span.end);
                slot.header_end = slot.end;
            }
            _ => {
                slot.start = span.start;
                slot.end = span.end;
                slot.header_end = span.end;
            }
        }
        slot
    }

    fn block_scalar(&self, slot: &mut Slot, span: Range<usize>) {
        slot.start = skip_space(self.text, slot.start);
        let rest = self.text.get(slot.start..).unwrap_or_default();
        let header = rest.split(|c: char| c.is_ascii_whitespace()).next();
        let header = header.unwrap_or_default();
        slot.header_end = slot.start + header.len();
        let content = slice(self.text, span.clone());
        let kept = if header.contains('+') {
            // The bytes go on to the next line's first character.
            let lines = content.trim_end_matches([' ', '\t']);
            let content = lines.strip_suffix('\n').unwrap_or(content);
            content.strip_suffix('\r').unwrap_or(content)
        } else {
            content.trim_end_matches([' ', '\t', '\r', '\n'])
        };
        slot.end = if kept.is_empty() {
            slot.header_end
        } else {
            span.start + kept.len()
        };
    }

    /// Returns the end of the anchor, the tags, and the end of both.
    fn properties(&self, intro: usize, node: &Node<'_>) -> (usize, Vec<Range<usize>>, usize) {
        let (mut head, mut tags, mut at) = (intro, Vec::new(), intro);
        loop {
            let next = skip_space(self.text, at);
            let anchor = node.anchor.map(crate::text::Span::range);
            match byte(self.text, next) {
                Some(b'&') if anchor.as_ref().is_some_and(|range| range.start == next) => {
                    at = anchor.map_or(next, |range| range.end);
                    head = at;
                }
                Some(b'!') => {
                    let rest = self.text.get(next..).unwrap_or_default();
                    let end = rest.find([' ', '\t', '\r', '\n', ',', ']', '}']);
                    at = next + end.unwrap_or(rest.len());
                    tags.push(next..at);
                }
                _ => return (head, tags, at),
            }
        }
    }
}

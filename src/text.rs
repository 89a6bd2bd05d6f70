//! Source texts and places in them.
//!
//! A [`Source`] is a file as it was read; a [`Span`] is a byte range in it; a [`Location`] is both.
//! Lines and columns are derived only when something is shown. Knows nothing of any format.

use std::sync::OnceLock;

/// Names a source of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A byte range, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte behind the last.
    pub end: u32,
}

impl Span {
    /// Returns the span of two byte offsets; offsets beyond 4 GiB are clamped.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            start: clamp(start),
            end: clamp(end),
        }
    }

    /// Returns the span as a range of `usize`.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Returns the smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A place in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The source.
    pub source: SourceId,
    /// The bytes in it.
    pub span: Span,
}

impl Location {
    /// Returns the place of a span in a source.
    #[must_use]
    pub fn new(source: SourceId, span: Span) -> Self {
        Self { source, span }
    }
}

/// A line and a column, both counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// A text with its name.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
    line_starts: OnceLock<Vec<u32>>,
}

impl Source {
    /// Returns a source of that name (a path with forward slashes) and text.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
        }
    }

    /// Returns the name: a path relative to the project, with forward slashes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the line and column of a byte offset; an offset beyond the end is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let starts = self.line_starts.get_or_init(|| {
            let after_breaks = self
                .text
                .bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0)
                .chain(after_breaks.map(|(at, _)| Span::new(at + 1, at + 1).start))
                .collect()
        });
        let line = starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1);
        let start = starts.get(line).map_or(0, |start| *start as usize);
        let end = (offset as usize).min(self.text.len());
        let before = self.text.get(start..end).unwrap_or_default();
        // A byte order mark stands at the head of the file, not in its first column.
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        Position {
            line: line + 1,
            column,
        }
    }
}

/// The sources of one run.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl<'s> IntoIterator for &'s SourceMap {
    type Item = &'s Source;
    type IntoIter = std::slice::Iter<'s, Source>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl SourceMap {
    /// Adds a source and returns its name in this map.
    pub fn add(&mut self, source: Source) -> SourceId {
        let id = self.next_id();
        self.sources.push(source);
        id
    }

    /// Returns the id that the next added source will get.
    #[must_use]
    pub fn next_id(&self) -> SourceId {
        SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX))
    }

    /// Returns the source of that id.
    ///
    /// # Panics
    ///
    /// Panics if the id is of another map.
    #[must_use]
    pub fn get(&self, id: SourceId) -> &Source {
        self.sources
            .get(id.0 as usize)
            .expect("a source id is used with the map that gave it")
    }

    /// Returns the sources, in the order in which they were added.
    pub fn iter(&self) -> std::slice::Iter<'_, Source> {
        self.sources.iter()
    }

    /// Returns how many sources there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Returns the line and column where a location begins.
    #[must_use]
    pub fn start(&self, location: Location) -> Position {
        self.get(location.source).position(location.span.start)
    }

    /// Returns the line and column behind a location.
    #[must_use]
    pub fn end(&self, location: Location) -> Position {
        self.get(location.source).position(location.span.end)
    }
}

impl SourceId {
    /// Returns the id `offset` places further: sources that are read in parallel get their ids
    /// before they are added, in order.
    #[must_use]
    pub fn plus(self, offset: usize) -> Self {
        Self(
            self.0
                .saturating_add(u32::try_from(offset).unwrap_or(u32::MAX)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_survive_crlf() {
        let source = Source::new("a", "é: x\r\nb: ü y\n");
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(2), Position { line: 1, column: 2 });
        assert_eq!(source.position(7), Position { line: 2, column: 1 });
        assert_eq!(source.position(13), Position { line: 2, column: 6 });
        assert_eq!(source.position(999), Position { line: 3, column: 1 });
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let source = Source::new("a", "\u{feff}key: 1\n");
        assert_eq!(source.position(3), Position { line: 1, column: 1 });
    }
}

//! One arena for all strings of an engine: flag keys, variants, rule names, salts, operands.
//!
//! A string is a [`Span`] of eight bytes in the arena, not an allocation of its own; equal strings
//! are kept once. [`Texts`] collects them while a ruleset is loaded, [`Arena`] is what remains.

use std::hash::{BuildHasher, Hasher as _};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::error::Fault;

/// A string in an [`Arena`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    length: u32,
}

impl Span {
    /// No string: every arena answers `None`.
    pub(super) const NONE: Self = Self {
        start: u32::MAX,
        length: 0,
    };

    /// Returns whether this is [`Span::NONE`].
    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// The strings of a loaded engine.
#[derive(Debug, Default)]
pub(super) struct Arena(Box<str>);

impl Arena {
    /// Returns the string, or `None` for [`Span::NONE`].
    #[inline]
    pub(super) fn get(&self, span: Span) -> Option<&str> {
        let start = span.start as usize;
        self.0.get(start..start + span.length as usize)
    }

    /// Returns the string, empty for [`Span::NONE`].
    #[inline]
    pub(super) fn text(&self, span: Span) -> &str {
        self.get(span).unwrap_or_default()
    }
}

/// Hashes a string for the tables of an engine.
///
/// The bytes go to the hasher in one piece: `str`'s own `Hash` appends a terminator, a second
/// round that a table of strings alone does not need.
#[inline]
pub(super) fn hash(hasher: &DefaultHashBuilder, text: &str) -> u64 {
    let mut state = hasher.build_hasher();
    state.write(text.as_bytes());
    state.finish()
}

/// The arena while it grows.
#[derive(Default)]
pub(super) struct Texts {
    arena: String,
    index: HashTable<Span>,
    hasher: DefaultHashBuilder,
}

impl Texts {
    /// Returns the string's place, adding it if it is new.
    ///
    /// # Errors
    ///
    /// If the strings would exceed 4 GiB.
    pub(super) fn intern(&mut self, text: &str) -> Result<Span, Fault> {
        let Self {
            arena,
            index,
            hasher,
        } = self;
        let hashed = hash(hasher, text);
        if let Some(span) = index.find(hashed, |span| slice(arena, *span) == text) {
            return Ok(*span);
        }
        let span = append(arena, text)?;
        index.insert_unique(hashed, span, |span| hash(hasher, slice(arena, *span)));
        Ok(span)
    }

    /// Adds a string that is known to be new, without looking for an equal one.
    ///
    /// # Errors
    ///
    /// If the strings would exceed 4 GiB.
    pub(super) fn push(&mut self, text: &str) -> Result<Span, Fault> {
        append(&mut self.arena, text)
    }

    /// Returns the string, empty for [`Span::NONE`].
    pub(super) fn text(&self, span: Span) -> &str {
        slice(&self.arena, span)
    }

    /// Ends the collection.
    pub(super) fn finish(self) -> Arena {
        Arena(self.arena.into_boxed_str())
    }
}

fn slice(arena: &str, span: Span) -> &str {
    let start = span.start as usize;
    arena
        .get(start..start + span.length as usize)
        .unwrap_or_default()
}

fn append(arena: &mut String, text: &str) -> Result<Span, Fault> {
    let end = arena.len() + text.len();
    let (Ok(start), Ok(length), true) = (
        u32::try_from(arena.len()),
        u32::try_from(text.len()),
        end < u32::MAX as usize,
    ) else {
        return Err(Fault::TooLarge("strings"));
    };
    arena.push_str(text);
    Ok(Span { start, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_are_kept_once() {
        let mut texts = Texts::default();
        let on = texts.intern("on").unwrap();
        assert_ne!(texts.intern("off").unwrap(), on);
        assert_eq!(texts.intern("on").unwrap(), on);
        let arena = texts.finish();
        assert_eq!(arena.text(on), "on");
        assert_eq!(arena.0.len(), "onoff".len());
    }

    #[test]
    fn no_span_is_no_string() {
        let mut texts = Texts::default();
        let empty = texts.intern("").unwrap();
        assert_eq!(texts.text(Span::NONE), "");
        let arena = texts.finish();
        assert_eq!(arena.get(Span::NONE), None);
        assert_eq!(arena.get(empty), Some(""));
    }
}

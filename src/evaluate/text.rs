//! The strings of an engine.
//!
//! Keys, salts and operands lie in one arena: a string is a [`Span`] of eight bytes there, not an
//! allocation of its own, and equal strings are kept once. [`Texts`] collects them while a ruleset
//! is loaded, [`Arena`] is what remains. Variants and the names of rules, of which every answer
//! holds some, are numbered [`Names`]: reading one touches no byte of it, where a part of an arena
//! is first checked to begin and end between characters.

use std::hash::{BuildHasher as _, Hasher as _};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::error::Fault;

/// A string in an [`Arena`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    length: u32,
}

/// The strings of a loaded engine.
#[derive(Debug, Default)]
pub(super) struct Arena(Box<str>);

impl Arena {
    /// Returns the string.
    #[inline]
    pub(super) fn text(&self, span: Span) -> &str {
        slice(&self.0, span)
    }

    /// Returns whether the string is that text.
    #[inline]
    pub(super) fn is(&self, span: Span, text: &str) -> bool {
        bytes(&self.0, span) == text.as_bytes()
    }
}

/// The number of a name, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name(u32);

impl Name {
    /// No name.
    pub(super) const NONE: Self = Self(u32::MAX);

    /// Returns whether this is [`Name::NONE`].
    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// Names, each kept once.
#[derive(Debug, Default)]
pub(super) struct Names {
    list: Vec<Box<str>>,
    /// Empty once all names are known.
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Names {
    /// Returns the name; `None` for [`Name::NONE`].
    #[inline]
    pub(super) fn get(&self, name: Name) -> Option<&str> {
        self.list.get(name.0 as usize).map(|name| &**name)
    }

    /// Returns the name's number, adding it if it is new.
    ///
    /// # Errors
    ///
    /// If there are 2^31 already.
    pub(super) fn number(&mut self, name: &str) -> Result<Name, Fault> {
        let Self {
            list,
            index,
            hasher,
        } = self;
        let digest = hash(hasher, name);
        if let Some(number) = index.find(digest, |number| *list[*number as usize] == *name) {
            return Ok(Name(*number));
        }
        let number = u32::try_from(list.len())
            .ok()
            .filter(|number| number >> 31 == 0);
        let number = number.ok_or(Fault::TooLarge("names"))?;
        list.push(name.into());
        index.insert_unique(digest, number, |number| {
            hash(hasher, &list[*number as usize])
        });
        Ok(Name(number))
    }

    /// Gives back what only numbering needs.
    pub(super) fn shrink(&mut self) {
        self.list.shrink_to_fit();
        self.index = HashTable::new();
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
        let digest = hash(hasher, text);
        if let Some(span) = index.find(digest, |span| bytes(arena, *span) == text.as_bytes()) {
            return Ok(*span);
        }
        let span = append(arena, text)?;
        index.insert_unique(digest, span, |span| hash(hasher, slice(arena, *span)));
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

    /// Returns the string.
    pub(super) fn text(&self, span: Span) -> &str {
        slice(&self.arena, span)
    }

    /// Returns whether the string is that text.
    pub(super) fn is(&self, span: Span, text: &str) -> bool {
        bytes(&self.arena, span) == text.as_bytes()
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

/// The string's bytes, for comparisons: these need no look at where characters end.
fn bytes(arena: &str, span: Span) -> &[u8] {
    let start = span.start as usize;
    arena
        .as_bytes()
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
    fn equal_names_have_one_number() {
        let mut names = Names::default();
        let on = names.number("on").unwrap();
        let empty = names.number("").unwrap();
        assert_eq!(names.number("on").unwrap(), on);
        names.shrink();
        assert_eq!(
            (names.get(on), names.get(empty), names.get(Name::NONE)),
            (Some("on"), Some(""), None)
        );
        assert!(Name::NONE.is_none() && !on.is_none());
    }
}

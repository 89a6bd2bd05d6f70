//! What conditions test: the attributes of a context, reduced to what the ruleset asks of them.
//!
//! A word is an id, a rank or a presence of one attribute; strings are kept only for attributes
//! that a pattern tests. [`super::attribute`] fills them in.

/// The word of an attribute that is missing, of another type, or equal to no operand. It is
/// outside every range of ranks and ids.
pub(super) const MISSING: u32 = u32::MAX;

/// The id of a list that holds at least one operand; its members' ids are in [`Facts::lists`].
pub(super) const LIST: u32 = u32::MAX - 1;

/// The tested attributes of a context.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Ids, ranks and presences, numbered by the ruleset.
    pub(super) words: Box<[u32]>,
    /// The strings that patterns test, numbered by the ruleset.
    pub(super) raws: Box<[Raw]>,
    /// For words that are [`LIST`], the ids of the members; sorted by word.
    pub(super) lists: Vec<(u16, Box<[u32]>)>,
}

/// An attribute's text as a pattern sees it.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    /// Missing or of another type.
    Missing,
    /// A string.
    Text(Box<str>),
    /// The strings of a list.
    List(Box<[Box<str>]>),
}

impl Facts {
    /// Nothing is known yet.
    pub(super) fn new(words: usize, raws: usize) -> Self {
        Self {
            words: vec![MISSING; words].into(),
            raws: vec![Raw::Missing; raws].into(),
            lists: Vec::new(),
        }
    }

    /// Returns a word; [`MISSING`] if the number is of another engine.
    #[inline]
    pub(super) fn word(&self, number: u16) -> u32 {
        self.words
            .get(usize::from(number))
            .copied()
            .unwrap_or(MISSING)
    }

    /// Returns the ids of the list that stands for a word.
    pub(super) fn members(&self, number: u16) -> &[u32] {
        let place = self.lists.binary_search_by_key(&number, |(word, _)| *word);
        place.map_or(&[], |place| &self.lists[place].1)
    }

    /// Returns a text; missing if the number is of another engine.
    pub(super) fn raw(&self, number: u16) -> &Raw {
        self.raws.get(usize::from(number)).unwrap_or(&Raw::Missing)
    }
}

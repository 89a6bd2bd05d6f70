//! Tests of strings that no number can stand for: parts, prefixes, suffixes, regular expressions.
//!
//! Regular expressions are compiled once per pattern and engine. A hostile ruleset could spend
//! any amount of memory on them, so a [`RegexShelf`] keeps count of an upper bound.

use hashbrown::HashMap;
use regex::{Regex, RegexBuilder};

use super::error::Fault;
use super::facts::Raw;
use super::text::{Arena, Span};

/// A test of an attribute's text.
#[derive(Debug)]
pub(super) enum Pattern {
    /// One of these is a part of a string, or a member of a list.
    Contains(Box<[Span]>),
    /// A string begins with one of these.
    StartsWith(Box<[Span]>),
    /// A string ends with one of these.
    EndsWith(Box<[Span]>),
    /// A string has a match anywhere.
    Matches(Box<Regex>),
}

impl Pattern {
    /// Returns whether a text passes.
    pub(super) fn holds(&self, raw: &Raw, arena: &Arena) -> bool {
        match (self, raw) {
            (Self::Contains(parts), Raw::Text(text)) => {
                any(parts, arena, |part| text.contains(part))
            }
            (Self::Contains(parts), Raw::List(members)) => any(parts, arena, |part| {
                members.iter().any(|member| **member == *part)
            }),
            (Self::StartsWith(parts), Raw::Text(text)) => {
                any(parts, arena, |part| text.starts_with(part))
            }
            (Self::EndsWith(parts), Raw::Text(text)) => {
                any(parts, arena, |part| text.ends_with(part))
            }
            (Self::Matches(regex), Raw::Text(text)) => regex.is_match(text),
            (_, Raw::Missing | Raw::List(_)) => false,
        }
    }
}

fn any(parts: &[Span], arena: &Arena, passes: impl Fn(&str) -> bool) -> bool {
    parts.iter().any(|part| passes(arena.text(*part)))
}

/// Compiles regular expressions, each pattern once, within a budget.
#[derive(Debug)]
pub(super) struct RegexShelf {
    compiled: HashMap<String, u32>,
    budget: usize,
}

impl Default for RegexShelf {
    fn default() -> Self {
        Self {
            compiled: HashMap::new(),
            budget: Self::BUDGET,
        }
    }
}

impl RegexShelf {
    /// Bytes that all regular expressions of an engine may take together, by the bounds below.
    const BUDGET: usize = 1 << 30;

    /// The first of the size limits that are tried in turn. The crate does not tell a program's
    /// size, so the limit that it fits in is charged; each is twice the one before, and so less
    /// than twice the size.
    const FIRST_LIMIT: usize = 64 << 10;

    /// The last of them: the `regex` crate's own default.
    const LAST_LIMIT: usize = 10 << 20;

    /// Returns the number of the pattern in `patterns`, compiling it if it is new.
    ///
    /// # Errors
    ///
    /// If the pattern is not valid, or the budget is spent.
    pub(super) fn number(
        &mut self,
        pattern: &str,
        patterns: &mut Vec<Pattern>,
    ) -> Result<u32, Fault> {
        if let Some(number) = self.compiled.get(pattern) {
            return Ok(*number);
        }
        let number = u32::try_from(patterns.len()).map_err(|_| Fault::TooLarge("patterns"))?;
        patterns.push(Pattern::Matches(Box::new(self.compile(pattern)?)));
        self.compiled.insert(pattern.to_owned(), number);
        Ok(number)
    }

    fn compile(&mut self, pattern: &str) -> Result<Regex, Fault> {
        let mut limit = Self::FIRST_LIMIT;
        loop {
            match RegexBuilder::new(pattern).size_limit(limit).build() {
                Ok(regex) => {
                    self.budget = self.budget.checked_sub(limit).ok_or(Fault::RegexBudget)?;
                    return Ok(regex);
                }
                Err(regex::Error::CompiledTooBig(_)) if limit == Self::LAST_LIMIT => {
                    return Err(Fault::Regex(
                        pattern.to_owned(),
                        "it is too large".to_owned(),
                    ));
                }
                Err(regex::Error::CompiledTooBig(_)) if limit < self.budget => {
                    limit = Self::LAST_LIMIT.min(limit * 2);
                }
                Err(regex::Error::CompiledTooBig(_)) => return Err(Fault::RegexBudget),
                Err(error) => return Err(Fault::Regex(pattern.to_owned(), error.to_string())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_compiled_once() {
        let (mut shelf, mut patterns) = (RegexShelf::default(), Vec::new());
        assert_eq!(shelf.number("^a+$", &mut patterns).unwrap(), 0);
        assert_eq!(shelf.number("b", &mut patterns).unwrap(), 1);
        assert_eq!(shelf.number("^a+$", &mut patterns).unwrap(), 0);
        assert_eq!(patterns.len(), 2);
    }

    #[test]
    fn invalid_and_oversized_patterns_are_refused() {
        let (mut shelf, mut patterns) = (RegexShelf::default(), Vec::new());
        for pattern in ["(", "(?=a)", r"(a)\1", r"\w{5000}"] {
            assert!(
                matches!(shelf.number(pattern, &mut patterns), Err(Fault::Regex(..))),
                "{pattern}"
            );
        }
    }

    /// Two hundred; without optimisation, which takes a minute for that, some with their part of
    /// the budget.
    #[test]
    fn many_patterns_of_middling_size_fit() {
        let count = if cfg!(debug_assertions) { 4 } else { 200 };
        let budget = RegexShelf::BUDGET / 200 * count;
        let (mut shelf, mut patterns) = (
            RegexShelf {
                budget,
                ..RegexShelf::default()
            },
            Vec::new(),
        );
        for team in 0..count {
            let pattern = format!(r"^[\w.+-]{{1,64}}@team{team}[.]example[.]com$");
            shelf.number(&pattern, &mut patterns).unwrap();
        }
        assert_eq!(patterns.len(), count);
    }

    #[test]
    fn many_large_patterns_spend_the_budget() {
        let (mut shelf, mut patterns) = (
            RegexShelf {
                budget: 3 << 20,
                ..RegexShelf::default()
            },
            Vec::new(),
        );
        let spent =
            (0..100).find_map(|n| shelf.number(&format!(r"\w{{30}}{n}"), &mut patterns).err());
        assert!(matches!(spent, Some(Fault::RegexBudget)), "{spent:?}");
    }
}

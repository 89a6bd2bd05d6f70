//! The attributes that a ruleset names, and how a context's value becomes [`Facts`].
//!
//! For each attribute it is known at load which kinds of test there are: equality, order of
//! numbers, versions or instants, presence, patterns. Only those are prepared, once per context.

use hashbrown::DefaultHashBuilder;
use jiff::Timestamp;
use semver::Version;
use serde_json::{Map, Value};

use super::dictionary::Dictionary;
use super::error::Fault;
use super::facts::{Facts, LIST, Raw};
use super::scale::{Number, Scale};
use super::text::Arena;
use crate::literal;

/// An attribute, with what the ruleset compares it with.
#[derive(Debug, Default)]
pub(super) struct Attribute {
    /// Equality and membership: the number of the word, and the operands.
    pub(super) identity: Option<(u16, Dictionary)>,
    /// Order of numbers, likewise.
    pub(super) numbers: Option<(u16, Scale<Number>)>,
    /// Order of versions, likewise.
    pub(super) versions: Option<(u16, Scale<Version>)>,
    /// Order of instants, likewise.
    pub(super) instants: Option<(u16, Scale<Timestamp>)>,
    /// Presence: the number of the word.
    pub(super) presence: Option<u16>,
    /// Patterns: the number of the text.
    pub(super) raw: Option<u16>,
}

/// Numbers the words and texts of the facts of one context.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// How many words there are.
    pub(super) words: u16,
    /// How many texts there are.
    pub(super) raws: u16,
}

impl Layout {
    /// Returns the next word's number.
    ///
    /// # Errors
    ///
    /// If there are 65,535 already.
    pub(super) fn word(&mut self) -> Result<u16, Fault> {
        next(&mut self.words)
    }

    /// Returns the next text's number.
    ///
    /// # Errors
    ///
    /// If there are 65,535 already.
    pub(super) fn raw(&mut self) -> Result<u16, Fault> {
        next(&mut self.raws)
    }

    /// Returns facts of which nothing is known yet.
    pub(super) fn facts(&self) -> Facts {
        Facts::new(usize::from(self.words), usize::from(self.raws))
    }
}

/// The highest number is left to tests that never hold.
fn next(counter: &mut u16) -> Result<u16, Fault> {
    let number = *counter;
    *counter = number.checked_add(1).ok_or(Fault::TooLarge("attributes"))?;
    Ok(number)
}

impl Attribute {
    /// Notes a context's value in its facts. Null is as good as missing.
    pub(super) fn fill(
        &self,
        value: &Value,
        arena: &Arena,
        hasher: &DefaultHashBuilder,
        facts: &mut Facts,
    ) {
        if value.is_null() {
            return;
        }
        if let Some(word) = self.presence {
            set(facts, word, 1);
        }
        if let Some((word, dictionary)) = &self.identity {
            if let Value::Array(members) = value {
                let ids = members
                    .iter()
                    .filter_map(|member| dictionary.id(member, arena, hasher))
                    .collect();
                facts.lists.push((*word, ids));
                set(facts, *word, LIST);
            } else if let Some(id) = dictionary.id(value, arena, hasher) {
                set(facts, *word, id);
            }
        }
        match value {
            Value::String(text) => self.fill_text(text, facts),
            Value::Number(number) => {
                let number = number.as_f64().and_then(Number::new);
                if let (Some((word, scale)), Some(number)) = (&self.numbers, number) {
                    set(facts, *word, scale.rank(&number));
                }
            }
            Value::Array(members) => {
                let texts = members
                    .iter()
                    .filter_map(Value::as_str)
                    .map(Box::from)
                    .collect();
                self.fill_raw(Raw::List(texts), facts);
            }
            _ => {}
        }
    }

    fn fill_text(&self, text: &str, facts: &mut Facts) {
        if let Some((word, scale)) = &self.versions
            && let Some(version) = literal::version(text)
        {
            set(facts, *word, scale.rank(&version));
        }
        if let Some((word, scale)) = &self.instants
            && let Some(instant) = literal::moment(text)
        {
            set(facts, *word, scale.rank(&instant));
        }
        if self.raw.is_some() {
            self.fill_raw(Raw::Text(text.into()), facts);
        }
    }

    fn fill_raw(&self, raw: Raw, facts: &mut Facts) {
        if let Some(place) = self
            .raw
            .and_then(|number| facts.raws.get_mut(usize::from(number)))
        {
            *place = raw;
        }
    }
}

fn set(facts: &mut Facts, word: u16, value: u32) {
    if let Some(place) = facts.words.get_mut(usize::from(word)) {
        *place = value;
    }
}

/// Returns the value that a name reaches: dots lead into nested maps, and never mean a key that
/// itself holds dots.
pub(super) fn reach<'v>(map: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let mut parts = name.split('.');
    let mut value = map.get(parts.next()?)?;
    for part in parts {
        value = value.as_object()?.get(part)?;
    }
    (!value.is_null()).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dotted_names_walk_nested_maps_only() {
        let value = json!({"device": {"os": {"name": "linux"}}, "device.os": 1, "list": [{"a": 1}], "none": null});
        let map = value.as_object().unwrap();
        assert_eq!(reach(map, "device.os.name"), Some(&json!("linux")));
        assert_eq!(reach(map, "device.os"), Some(&json!({"name": "linux"})));
        for name in [
            "device.cpu",
            "device.os.name.x",
            "list.a",
            "list.0.a",
            "none",
            "none.x",
            "",
            ".",
            "device.",
        ] {
            assert_eq!(reach(map, name), None, "{name}");
        }
    }
}

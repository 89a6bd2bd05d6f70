//! What a flag's file may name.

use std::borrow::Cow;
use std::collections::BTreeSet;

use regex::bytes::{Regex, RegexBuilder};

use crate::document::{Tree, TreeValue};
use crate::yaml;

/// The keys of a flag's file below which other flags are named: a file without them names none.
const NAMING: [&str; 2] = ["depends_on", "flags"];

/// Returns the words of a file that may be names of flags, each once, with spaces between them.
/// Whatever name the file has, as a key or as a value, is one of them, if the file can name a flag
/// at all. It is not parsed, unless there are escapes in it: without them, names stand in YAML as
/// they are.
pub(super) fn words(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes);
    if text.contains('\\') {
        text = Cow::Owned(unescaped(&text));
    }
    if !NAMING.iter().any(|key| text.contains(key)) {
        return String::new();
    }
    let words: BTreeSet<&str> = text.split(|c| !may_be_named(c)).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn may_be_named(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

/// Returns a text, and behind it each of its strings as it is meant.
fn unescaped(text: &str) -> String {
    let mut all = text.to_owned();
    if let Some(tree) = yaml::tree(text) {
        add_strings(&tree, &mut all);
    }
    all
}

fn add_strings(tree: &Tree, all: &mut String) {
    match &tree.value {
        TreeValue::Scalar(_) => add(tree.as_str().unwrap_or_default(), all),
        TreeValue::List(items) => items.iter().for_each(|item| add_strings(item, all)),
        TreeValue::Map(entries) => {
            for (key, value) in entries {
                add(key, all);
                add_strings(value, all);
            }
        }
    }
}

fn add(text: &str, all: &mut String) {
    all.push('\n');
    all.push_str(text);
}

/// Flags that are looked for.
pub(super) struct Wanted<'k> {
    keys: BTreeSet<&'k str>,
    /// Finds any of the keys in one pass, however many they are. Without it every file may name one.
    any: Option<Regex>,
}

impl<'k> Wanted<'k> {
    pub(super) fn new(keys: &'k [String]) -> Self {
        let escaped: Vec<String> = keys.iter().map(|key| regex::escape(key)).collect();
        let any = RegexBuilder::new(&escaped.join("|"))
            .size_limit(1 << 30)
            .build()
            .ok();
        let keys = keys.iter().map(String::as_str).collect();
        Self { keys, any }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Returns whether one of the flags is among the words.
    pub(super) fn is_in(&self, words: &str) -> bool {
        self.may_be_in(words.as_bytes()) && words.split(' ').any(|word| self.keys.contains(word))
    }

    /// Returns whether one of the flags is among the words of a file: most are told apart at a
    /// glance.
    pub(super) fn is_in_file(&self, bytes: &[u8]) -> bool {
        (self.may_be_in(bytes) || bytes.contains(&b'\\')) && self.is_in(&words(bytes))
    }

    fn may_be_in(&self, bytes: &[u8]) -> bool {
        self.any.as_ref().is_none_or(|any| any.is_match(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_names_flags_has_all_its_words() {
        let file = b"depends_on: [{flag: cart, required_value: 'a b'}]\n# cart.\n";
        let found = words(file);
        assert_eq!(found, "a b cart cart. depends_on flag required_value");
        assert_eq!(words(b"default_value: cart\n"), "");
        assert_eq!(
            words(b"tests:\n- flags: {cart: true}\n"),
            "- cart flags tests true"
        );
    }

    #[test]
    fn names_are_found_however_they_are_written() {
        let files = [
            "depends_on: [{flag: cart}]",
            "depends_on: [{\"flag\":\"cart\"}]",
            "depends_on: [{flag: \"c\\x61rt\"}]",
            "\"depends\\x5fon\": [{flag: cart}]",
            "\"depends\\x5fon\": [{flag: \"ca\\\n  rt\"}]",
            "description: &it cart\ndepends_on: [{flag: *it}]",
            "depends_on:\n- flag:\n    cart\n",
            "depends_on: [{flag: cart}\nbroken: \\",
        ];
        let (keys, others) = (["cart".to_owned()], ["art".to_owned(), "carts".to_owned()]);
        for file in files {
            assert!(Wanted::new(&keys).is_in(&words(file.as_bytes())), "{file}");
            assert!(Wanted::new(&keys).is_in_file(file.as_bytes()), "{file}");
            assert!(!Wanted::new(&others).is_in_file(file.as_bytes()), "{file}");
        }
    }
}

//! The lossless editor: a text, and what it is to say, to the same text with the fewest bytes changed.
//!
//! Declarative: [`rewrite`] compares what a text says with the wanted [`Tree`] and makes one
//! primitive change at a time (`diff`, `matching`), as replacements of bytes (`plan`, `replace`,
//! `block`, `flow`). After each the text is parsed again and held to the change (`change`): exactly
//! this value is another, and nothing else. What cannot be held to it is not written. An edit
//! changes the meaning of the node it names and of no other, so aliases of what changes are written
//! out first (`alias`). Comments, spacing and styles stay; new text keeps the file's habits
//! (`habits`, `render`).

mod alias;
mod block;
mod change;
mod diff;
mod flow;
mod habits;
mod layout;
mod lines;
mod matching;
mod plan;
mod render;
mod replace;
mod scalar;
mod splice;

use std::fmt;

use crate::diagnostic::Diagnostics;
use crate::document::{Document, Scalar, Style, Tree};
use crate::text::SourceMap;

use change::{Change, same, whole};
use habits::Habits;
use layout::Reader;
use lines::text_start;
use plan::{FORMS, plan};
use splice::splice;

pub use render::render_document;

/// Why a text was not rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RewriteError {
    /// The text cannot be read, for this reason.
    Unreadable {
        /// What the parser reports.
        reason: String,
    },
    /// A change of the text did not do what it was made for, so it was dropped: a bug.
    Bug {
        /// The change.
        change: String,
    },
}

impl fmt::Display for RewriteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { reason } => write!(formatter, "the file cannot be read: {reason}"),
            Self::Bug { .. } => formatter.write_str(
                "the file is written in a way in which this change cannot be made safely \
                 (keys behind `?`, or comments in odd places), so nothing was written",
            ),
        }
    }
}

impl std::error::Error for RewriteError {}

/// Returns the text changed so that it says `wanted`, with only the bytes changed that the change
/// needs.
///
/// A text that says so already is returned as it is. Findings that leave a text readable, like a
/// key that is written twice, do not stop an edit; of such a key the first is edited.
///
/// # Errors
///
/// Returns an error if the text cannot be read, or if an edit does not stand the check that it
/// changed what it was to change and nothing else.
pub fn rewrite(text: &str, wanted: &Tree) -> Result<String, RewriteError> {
    let mut text = text.to_owned();
    // Every change brings the text nearer; that many are never needed.
    let mut budget = 1000 + text.len() + 16 * size(wanted);
    while budget > 0 {
        let Some(document) = read(&text)? else {
            if wanted.is_null() {
                return Ok(text);
            }
            return begin(&text, wanted);
        };
        let Some(change) = diff::difference(document.root(), wanted) else {
            drop(document);
            return Ok(text);
        };
        let next = step(&document, &change)?;
        drop(document);
        text = next;
        budget -= 1;
    }
    Err(RewriteError::Bug {
        change: "the changes come to no end".into(),
    })
}

fn size(tree: &Tree) -> usize {
    let entries = tree.entries().iter().map(|(_, tree)| size(tree));
    let items = tree.items().iter().map(size);
    1 + entries.chain(items).sum::<usize>()
}

/// Parses a text; one that holds nothing has no document.
fn read(text: &str) -> Result<Option<Document<'_>>, RewriteError> {
    let mut diagnostics = Diagnostics::default();
    let document = super::parse(SourceMap::default().next_id(), text, &mut diagnostics);
    if document.is_none()
        && let Some(error) = diagnostics.errors().next()
    {
        let reason = error.message.clone();
        return Err(RewriteError::Unreadable { reason });
    }
    Ok(document)
}

/// Writes the first value into a text that has none.
fn begin(text: &str, wanted: &Tree) -> Result<String, RewriteError> {
    let habits = Habits::of_text(text);
    let new = render_document(wanted).replace('\n', habits.line_break);
    let is_open = !text.ends_with('\n') && text.len() > text_start(text);
    let begun = if is_open {
        let new = new.strip_suffix(habits.line_break).unwrap_or(&new);
        format!("{text}{}{new}", habits.line_break)
    } else {
        format!("{text}{new}")
    };
    let says_so =
        read(&begun)?.is_some_and(|document| diff::difference(document.root(), wanted).is_none());
    if says_so {
        Ok(begun)
    } else {
        Err(bug(&Change::Set(Vec::new(), wanted.clone())))
    }
}

fn bug(change: &Change) -> RewriteError {
    RewriteError::Bug {
        change: format!("{change:?}"),
    }
}

/// Makes one change, or what must be done before it.
fn step(document: &Document<'_>, change: &Change) -> Result<String, RewriteError> {
    let reader = Reader {
        text: document.text(),
        document,
    };
    let old = whole(document.root());
    let first = alias::in_the_way(reader, change).map(Change::Expand);
    let change = first.as_ref().unwrap_or(change);
    if let Some(text) = attempt(reader, &old, change) {
        return Ok(text);
    }
    // A text that keeps its line breaks takes those that come behind it: quotes end that.
    if let Some(path) = reader.keeper(change.collection()) {
        let tree = Tree {
            value: change::at(&old, &path)
                .ok_or_else(|| bug(change))?
                .value
                .clone(),
            style: Some(Style::Quoted),
        };
        if let Some(text) = attempt(reader, &old, &Change::Set(path, tree)) {
            return Ok(text);
        }
    }
    // Items with anchors or aliases cannot always pass one another.
    if let Change::Move(path, ..) = change
        && let Some(alias) = alias::across(reader, path)
        && let Some(text) = attempt(reader, &old, &Change::Expand(alias))
    {
        return Ok(text);
    }
    let whole = coarser(reader, &old, change);
    whole
        .and_then(|change| attempt(reader, &old, &change))
        .ok_or_else(|| bug(change))
}

/// Returns the text after a change, in the first form that stands the check.
fn attempt(reader: Reader<'_>, old: &Tree, change: &Change) -> Option<String> {
    let mut wanted = old.clone();
    change.apply(&mut wanted)?;
    FORMS.iter().find_map(|form| {
        let text = splice(reader.text, plan(reader, change, *form)?)?;
        let is_so = match read(&text).ok()? {
            Some(document) => same(&whole(document.root()), &wanted),
            None => wanted.scalar() == Some(&Scalar::Null),
        };
        is_so.then_some(text)
    })
}

/// Returns the change as a new value of the collection that it is in. That loses the collection's
/// spacing, so it is for what is written so unusually that no finer change fits; with comments in
/// it, it is not done.
fn coarser(reader: Reader<'_>, old: &Tree, change: &Change) -> Option<Change> {
    let path = change.collection().to_vec();
    let slot = reader.way(&path)?.pop()?.slot;
    if lines::slice(reader.text, slot.intro..slot.end).contains('#') {
        return None;
    }
    let mut wanted = old.clone();
    change.apply(&mut wanted)?;
    let tree = change::at(&wanted, &path)?.clone();
    let change = Change::Set(path, tree);
    let first = alias::in_the_way(reader, &change).map(Change::Expand);
    Some(first.unwrap_or(change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::TreeValue;

    #[test]
    fn a_new_document_has_blocks_above_and_brackets_below() {
        let mut lifecycle =
            Tree::map_of([("kind", "release".into()), ("created", "2026-10-02".into())]);
        lifecycle.style = Some(Style::Flow);
        let mut environments = Tree::map_of([
            ("staging", true.into()),
            ("production", Tree::map_of([("enabled", false.into())])),
        ]);
        environments.style = Some(Style::Plain);
        let tree = Tree::map_of([
            ("description", "says: \"no\"".into()),
            ("tags", vec!["a".into(), "no".into()].into()),
            ("lifecycle", lifecycle),
            ("environments", environments),
            (
                "rules",
                vec![Tree::map_of([
                    ("name", "beta".into()),
                    ("value", true.into()),
                ])]
                .into(),
            ),
        ]);
        let expected = "description: \"says: \\\"no\\\"\"\n\
            tags: [a, \"no\"]\n\
            lifecycle: {kind: release, created: 2026-10-02}\n\
            environments:\n  staging: true\n  production: {enabled: false}\n\
            rules:\n  - {name: beta, value: true}\n";
        assert_eq!(render_document(&tree), expected);
        assert_eq!(rewrite("", &tree).as_deref(), Ok(expected));
    }

    #[test]
    fn what_cannot_be_read_is_not_written() {
        let wanted = Tree::map();
        let error = rewrite("a: [1\n", &wanted).unwrap_err();
        assert!(matches!(error, RewriteError::Unreadable { .. }));
        assert!(
            error
                .to_string()
                .starts_with("the file cannot be read: this is not YAML")
        );
    }

    #[test]
    fn numbers_that_are_none_are_equal_to_themselves() {
        let text = "a: .nan\nb: 1\n";
        let mut wanted = Tree::map_of([
            ("a", Scalar::Float(f64::NAN).into()),
            ("b", Scalar::Integer(1).into()),
        ]);
        assert_eq!(rewrite(text, &wanted).as_deref(), Ok(text));
        wanted.set("b", Tree::from(TreeValue::Scalar(Scalar::Integer(2))), &[]);
        assert_eq!(rewrite(text, &wanted).as_deref(), Ok("a: .nan\nb: 2\n"));
    }

    /// One change costs a few readings of the file: anything quadratic would not end here.
    #[test]
    fn a_large_file_is_edited_soon() {
        let mut text = String::from("flags:\n");
        for number in 0..20_000 {
            text.push_str(&format!("  flag_{number}: {{enabled: true}}\n"));
        }
        let mut wanted = {
            let document = read(&text).expect("YAML").expect("a document");
            whole(document.root())
        };
        let flags = wanted.get_mut("flags").expect("just written");
        flags.set("flag_19999", false, &[]);
        let edited = rewrite(&text, &wanted).expect("an edit");
        assert!(edited.ends_with("  flag_19999: false\n"));
    }
}

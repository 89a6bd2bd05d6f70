//! The lossless editor: a text, and what it is to say, to the same text with the fewest bytes changed.
//!
//! Declarative: [`rewrite`] compares what a text says with the wanted [`Tree`] and makes the
//! primitive changes that are apart from each other (`diff`, `matching`), as replacements of bytes
//! (`plan`, `replace`, `block`, `flow`). Then the text is parsed again and held to the changes
//! (`change`): exactly these values are others, and nothing else. Changes that do not stand this
//! together are made one at a time, and what does not stand it by itself is not written. An edit
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
use splice::{Splice, splice};

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
                 (keys of several lines, or comments in odd places), so nothing was written",
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
    EditText::read(text)?.rewrite(wanted)
}

/// A text that is to be edited, read once.
#[derive(Debug)]
pub struct EditText<'t> {
    text: &'t str,
    document: Option<Document<'t>>,
}

impl<'t> EditText<'t> {
    /// Reads a text.
    ///
    /// # Errors
    ///
    /// Returns an error if the text cannot be read.
    pub fn read(text: &'t str) -> Result<Self, RewriteError> {
        let document = read(text)?;
        Ok(Self { text, document })
    }

    /// Returns what it says; `None` if it holds nothing.
    #[must_use]
    pub fn tree(&self) -> Option<Tree> {
        self.document
            .as_ref()
            .map(|document| Tree::of(document.root()))
    }

    /// As [`rewrite`].
    ///
    /// # Errors
    ///
    /// As [`rewrite`].
    pub fn rewrite(&self, wanted: &Tree) -> Result<String, RewriteError> {
        // Every change brings the text nearer; that many are never needed.
        let mut budget = 1000 + self.text.len() + 16 * size(wanted);
        let Some(mut made) = nearer(self.text, self.document.as_ref(), wanted)? else {
            return Ok(self.text.to_owned());
        };
        while budget > 0 && made.says != *wanted {
            let document = read(&made.text)?;
            let Some(next) = nearer(&made.text, document.as_ref(), wanted)? else {
                break;
            };
            drop(document);
            made = next;
            budget -= 1;
        }
        if budget == 0 {
            return Err(RewriteError::Bug {
                change: "the changes come to no end".into(),
            });
        }
        Ok(made.text)
    }
}

/// Returns a text that is nearer to what is wanted; `None` where it says that already.
fn nearer(
    text: &str,
    document: Option<&Document<'_>>,
    wanted: &Tree,
) -> Result<Option<Made>, RewriteError> {
    let Some(document) = document else {
        if wanted.is_null() {
            return Ok(None);
        }
        let text = begin(text, wanted)?;
        let says = wanted.clone();
        return Ok(Some(Made { text, says }));
    };
    let changes = diff::differences(document.root(), wanted);
    let Some(first) = changes.first() else {
        return Ok(None);
    };
    match several(document, &changes) {
        Some(made) => Ok(Some(made)),
        None => step(document, first).map(Some),
    }
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
        read(&begun)?.is_some_and(|document| diff::differences(document.root(), wanted).is_empty());
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

/// A text with changes that stood the check, and what it says now.
struct Made {
    text: String,
    says: Tree,
}

/// Makes as many of the changes at once as stand the check together. `None` if that is not even two:
/// then the first must be made by itself.
fn several(document: &Document<'_>, changes: &[Change]) -> Option<Made> {
    if changes.len() < 2 {
        return None;
    }
    let reader = Reader {
        text: document.text(),
        document,
    };
    let apart = apart(reader, changes);
    let old = whole(document.root());
    let mut count = apart.len();
    while count > 1 {
        let made = apart.get(..count)?;
        let mut wanted = old.clone();
        made.iter()
            .try_for_each(|(change, _)| change.apply(&mut wanted))?;
        let splices = made.iter().flat_map(|(_, splices)| splices.clone());
        let text = splice(reader.text, splices.collect())?;
        if says(&text, &wanted) {
            return Some(Made { text, says: wanted });
        }
        count /= 2;
    }
    None
}

/// Returns the changes that each stand behind those before them in the text, with their
/// replacements. What has aliases in its way waits.
fn apart<'c>(reader: Reader<'_>, changes: &'c [Change]) -> Vec<(&'c Change, Vec<Splice>)> {
    let mut apart = Vec::with_capacity(changes.len());
    let mut end = None;
    for change in changes {
        if matches!(change, Change::Expand(_)) || alias::in_the_way(reader, change).is_some() {
            continue;
        }
        let [form, ..] = FORMS;
        let splices = plan(reader, change, form).unwrap_or_default();
        let start = splices.iter().map(|splice| splice.range.start).min();
        if start > end {
            end = splices.iter().map(|splice| splice.range.end).max();
            apart.push((change, splices));
        }
    }
    apart
}

/// Makes one change, or what must be done before it.
fn step(document: &Document<'_>, change: &Change) -> Result<Made, RewriteError> {
    let reader = Reader {
        text: document.text(),
        document,
    };
    let old = whole(document.root());
    let first = alias::in_the_way(reader, change).map(Change::Expand);
    let change = first.as_ref().unwrap_or(change);
    if let Some(made) = attempt(reader, &old, change) {
        return Ok(made);
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
        if let Some(made) = attempt(reader, &old, &Change::Set(path, tree)) {
            return Ok(made);
        }
    }
    // Items with anchors or aliases cannot always pass one another.
    if let Change::Move(path, ..) = change
        && let Some(alias) = alias::across(reader, path)
        && let Some(made) = attempt(reader, &old, &Change::Expand(alias))
    {
        return Ok(made);
    }
    let whole = coarser(reader, &old, change);
    whole
        .and_then(|change| attempt(reader, &old, &change))
        .ok_or_else(|| bug(change))
}

/// Returns the text after a change, in the first form that stands the check.
fn attempt(reader: Reader<'_>, old: &Tree, change: &Change) -> Option<Made> {
    let mut wanted = old.clone();
    change.apply(&mut wanted)?;
    let text = FORMS.iter().find_map(|form| {
        let text = splice(reader.text, plan(reader, change, *form)?)?;
        says(&text, &wanted).then_some(text)
    })?;
    Some(Made { text, says: wanted })
}

/// Returns whether a text says this and nothing else.
fn says(text: &str, wanted: &Tree) -> bool {
    match read(text) {
        Ok(Some(document)) => same(&whole(document.root()), wanted),
        Ok(None) => wanted.scalar() == Some(&Scalar::Null),
        Err(_) => false,
    }
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

    /// Many changes cost a few readings of the file, too, and leave every other byte alone.
    #[test]
    fn many_changes_of_a_file_are_made_soon() {
        let rules = |serving: &str| {
            let mut text = String::from("targeting_rules:\n");
            for number in 0..400 {
                text.push_str(&format!(
                    "  - name: rule_{number}  # {number}\n    # how many\n    {serving}\n\n    value: {number}\n"
                ));
            }
            text
        };
        let text = rules("bucket_by: user  # by whom\n    limit:   10 # for now");
        let mut wanted = {
            let document = read(&text).expect("YAML").expect("a document");
            whole(document.root())
        };
        let list = wanted.get_mut("targeting_rules").expect("just written");
        for rule in list.items_mut().expect("a list") {
            rule.set("limit", Scalar::Integer(20), &[]);
            rule.set("after", true, &[]);
            rule.remove("bucket_by");
        }
        let expected = rules("limit:   20 # for now");
        let expected: String = expected
            .split_inclusive('\n')
            .flat_map(|line| {
                let is_last = line.starts_with("    value:");
                [line, if is_last { "    after: true\n" } else { "" }]
            })
            .collect();
        assert_eq!(rewrite(&text, &wanted), Ok(expected));
    }
}

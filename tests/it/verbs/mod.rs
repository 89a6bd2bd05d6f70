//! The verbs that change whole flags: what each clause of the manual makes of a file, as trees.

mod archive;
mod create;
mod promote;
mod rename;
mod rollback;
mod undo;

use std::collections::BTreeMap;

use ffctl::diagnostic::{Diagnostics, Severity};
use ffctl::document::{Tree, TreeValue};
use ffctl::model::{Catalog, EnvironmentId};
use ffctl::patch::{Refusal, Subject};
use ffctl::text::SourceMap;
use ffctl::tree::MemoryTree;
use ffctl::workspace::{self, Loaded, Selection};

/// The time of every change: 2026-11-20T12:00:00Z.
const NOW: i64 = 1_795_176_000;

/// A project in memory.
struct Project {
    files: BTreeMap<String, String>,
    catalog: Catalog,
    roots: BTreeMap<String, Tree>,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let files = files.iter();
        Self::of(
            files
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                .collect(),
        )
    }

    fn of(files: BTreeMap<String, String>) -> Self {
        let loaded = load(&files);
        let errors: Vec<String> = loaded
            .diagnostics
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| format!("{}: {}", finding.code, finding.message))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}\n{files:#?}");
        let roots = files
            .iter()
            .map(|(path, text)| (path.clone(), tree_of(text)))
            .collect();
        Self {
            catalog: loaded.catalog,
            files,
            roots,
        }
    }

    fn subject(&self, key: &str) -> Subject<'_> {
        Subject {
            catalog: &self.catalog,
            flag: &self.catalog.flags[key],
            root: &self.roots[&format!("{key}.yaml")],
            now: NOW,
        }
    }

    fn environment(&self, name: &str) -> EnvironmentId {
        self.catalog.environments.find(name).unwrap()
    }

    /// The project with another file in place of one: it is sound.
    fn with(&self, path: &str, root: &Tree) -> Self {
        let mut files = self.files.clone();
        files.insert(path.to_owned(), yaml_of(root));
        Self::of(files)
    }
}

fn load(files: &BTreeMap<String, String>) -> Loaded {
    let placed = files
        .iter()
        .map(|(path, text)| (format!("flags/{path}"), text.clone()));
    let begun = (SourceMap::default(), Diagnostics::default());
    workspace::load(&MemoryTree::new(placed), None, begun, Selection::All)
}

/// Reads a text with the project's own reader.
fn tree_of(text: &str) -> Tree {
    ffctl::yaml::value(text).unwrap_or_else(|problem| panic!("{problem}: {text}"))
}

/// Writes a tree with another program's writer.
fn yaml_of(root: &Tree) -> String {
    serde_yaml::to_string(&root.to_json()).unwrap()
}

/// A tree in one line, its keys in their order.
fn line(tree: &Tree) -> String {
    let join = |parts: Vec<String>| parts.join(", ");
    match &tree.value {
        TreeValue::Scalar(_) => tree.to_json().to_string(),
        TreeValue::List(items) => format!("[{}]", join(items.iter().map(line).collect())),
        TreeValue::Map(entries) => {
            let parts = entries
                .iter()
                .map(|(key, tree)| format!("{key}: {}", line(tree)));
            format!("{{{}}}", join(parts.collect()))
        }
    }
}

#[track_caller]
fn assert_tree(actual: &Tree, expected: &str) {
    assert_eq!(line(actual), line(&tree_of(expected)));
}

/// A refusal that asks for something, or says no, in these words.
#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T, Refusal>, is_usage: bool, words: &[&str]) {
    let refusal = result.expect_err("this is refused");
    assert_eq!(refusal.is_usage, is_usage, "{refusal:?}");
    let hint = refusal.hint.unwrap_or_default();
    assert!(!hint.is_empty(), "{} has no hint", refusal.message);
    let said = format!("{}\n{hint}", refusal.message);
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

#[test]
fn a_kill_switch_that_stands_in_an_unread_file_is_left() {
    use ffctl::patch::{Kill, Unread, kill_unread};
    let kill = |until| Kill {
        reason: "s".to_owned(),
        until,
        by: None,
    };
    let root = tree_of(
        "environments:\n  staging: {kill_switch: {reason: r}}\n  lab: {kill_switch: null}\n  qa: 5\n",
    );
    let unread = |place, until| kill_unread(&root, Some(place), &kill(until), NOW);
    assert!(matches!(unread("staging", None), Ok(Unread::Already)));
    assert!(matches!(unread("lab", None), Ok(Unread::Killed(_))));
    assert!(matches!(unread("qa", None), Ok(Unread::Unknown)));
    assert!(unread("lab", Some(NOW)).unwrap_err().is_usage);
}

//! tests/edits: what an edit makes of a text, byte for byte, in the format of its README.md.

use ffctl::diagnostic::Diagnostics;
use ffctl::document::{Scalar, Tree, TreeValue};
use ffctl::text::SourceMap;
use ffctl::yaml::{self, rewrite};

use crate::edit_oracle;
use crate::support::{files_below, repository};

struct Edit {
    name: String,
    text: String,
    change: String,
    expected: String,
}

fn edits() -> Vec<Edit> {
    let mut edits = Vec::new();
    for file in files_below(&repository().join("tests/edits")) {
        if file.extension().is_none_or(|extension| extension != "case") {
            continue;
        }
        let content = std::fs::read_to_string(&file).unwrap();
        for case in content.split("=== ").skip(1) {
            let (title, body) = case.split_once('\n').unwrap();
            let mut parts = body.split("\n--- ");
            let text = parts.next().unwrap();
            for part in parts {
                let (change, expected) = part.split_once('\n').unwrap_or((part, ""));
                edits.push(Edit {
                    name: format!("{}: {title}: {change}", file.display()),
                    text: unescape(text),
                    change: change.to_owned(),
                    expected: unescape(expected.strip_suffix('\n').unwrap_or(expected)),
                });
            }
        }
    }
    assert!(edits.len() >= 80, "{}", edits.len());
    edits
}

/// The text of a section: a last line `\` stands for no line break at the end.
fn unescape(text: &str) -> String {
    match text.strip_suffix("\n\\") {
        Some(text) => text.to_owned(),
        None if text.is_empty() => String::new(),
        None => format!("{text}\n"),
    }
}

pub(crate) fn tree_of(text: &str) -> Tree {
    let mut diagnostics = Diagnostics::default();
    let document = yaml::parse(SourceMap::default().next_id(), text, &mut diagnostics);
    document.map_or_else(|| Scalar::Null.into(), |document| Tree::of(document.root()))
}

fn without_styles(tree: Tree) -> Tree {
    match tree.value {
        TreeValue::Scalar(scalar) => scalar.into(),
        TreeValue::List(items) => items
            .into_iter()
            .map(without_styles)
            .collect::<Vec<_>>()
            .into(),
        TreeValue::Map(entries) => {
            let entries = entries.into_iter();
            TreeValue::Map(
                entries
                    .map(|(key, tree)| (key, without_styles(tree)))
                    .collect(),
            )
            .into()
        }
    }
}

fn step<'t>(tree: &'t mut Tree, part: &str) -> &'t mut Tree {
    match &mut tree.value {
        TreeValue::List(items) => &mut items[part.parse::<usize>().unwrap()],
        TreeValue::Map(entries) => {
            let entry = entries.iter_mut().find(|(key, _)| key == part);
            &mut entry.unwrap_or_else(|| panic!("no {part}")).1
        }
        TreeValue::Scalar(_) => panic!("no {part}"),
    }
}

/// `set PATH = VALUE`, `insert PATH = VALUE [after KEY|before KEY]`, `remove PATH`,
/// `move PATH FROM TO`; a path of one dot is the root.
fn make(tree: &mut Tree, change: &str) {
    let (verb, rest) = change.split_once(' ').unwrap();
    let (path, value) = rest.split_once(" = ").unwrap_or((rest, ""));
    if verb == "move" {
        let words: Vec<&str> = path.split(' ').collect();
        let parts = words[0].split('.').filter(|part| !part.is_empty());
        let list = parts.fold(tree, step).items_mut().unwrap();
        let item = list.remove(words[1].parse().unwrap());
        list.insert(words[2].parse().unwrap(), item);
        return;
    }
    let (above, last) = path.rsplit_once('.').unwrap_or(("", path));
    let parts = above.split('.').filter(|part| !part.is_empty());
    if last.is_empty() {
        *tree = without_styles(tree_of(value));
        return;
    }
    let parent = parts.fold(tree, step);
    let mut order = None;
    let mut value = value;
    for word in [" after ", " before "] {
        if let Some((head, key)) = value.rsplit_once(word) {
            value = head;
            order = Some((word, key));
        }
    }
    let new = without_styles(tree_of(value));
    match (verb, &mut parent.value) {
        ("set", _) => *step(parent, last) = new,
        ("insert", TreeValue::List(items)) => items.insert(last.parse().unwrap(), new),
        ("insert", TreeValue::Map(entries)) => {
            let at = order.map_or(entries.len(), |(word, key)| {
                let at = entries.iter().position(|(name, _)| name == key).unwrap();
                at + usize::from(word == " after ")
            });
            entries.insert(at, (last.to_owned(), new));
        }
        ("remove", TreeValue::List(items)) => drop(items.remove(last.parse().unwrap())),
        ("remove", _) => assert!(parent.remove(last).is_some()),
        _ => panic!("{change}"),
    }
}

fn wanted(edit: &Edit, text: &str) -> Tree {
    let mut tree = tree_of(text);
    for change in edit.change.trim_end_matches(" (lossy)").split(" ; ") {
        make(&mut tree, change);
    }
    tree
}

/// The same file as other editors write it.
fn twins(text: &str) -> Vec<String> {
    let crlf = text.replace('\n', "\r\n");
    let open = text.strip_suffix('\n').unwrap_or(text).to_owned();
    vec![text.to_owned(), crlf, format!("\u{feff}{text}"), open]
}

#[test]
fn edits_give_the_expected_bytes() {
    let mut faults = Vec::new();
    for edit in edits() {
        for (text, expected) in twins(&edit.text).iter().zip(twins(&edit.expected)) {
            if text.trim_start_matches('\u{feff}').is_empty() {
                continue;
            }
            let result = rewrite(text, &wanted(&edit, text));
            if result.as_ref() != Ok(&expected) {
                let got = result.unwrap_or_else(|error| error.to_string());
                faults.push(format!(
                    "{}\n{text:?}\n got {got:?}\nwant {expected:?}\n{got}",
                    edit.name
                ));
                break;
            }
        }
    }
    no_faults(&faults);
}

#[track_caller]
fn no_faults(faults: &[String]) {
    assert!(
        faults.is_empty(),
        "{}\n{} faults",
        faults.join("\n\n"),
        faults.len()
    );
}

/// An insertion, or another scalar, is undone to the byte; anything else to the value.
#[test]
fn edits_are_undone() {
    let mut faults = Vec::new();
    for edit in edits() {
        let is_lossy = edit.change.ends_with(" (lossy)");
        for text in twins(&edit.text) {
            let Ok(new) = rewrite(&text, &wanted(&edit, &text)) else {
                continue;
            };
            let old = tree_of(&text);
            let undone = rewrite(&new, &old);
            let is_exact = edit.change.starts_with("insert") || edit.change.starts_with("set");
            match undone {
                Ok(undone) if is_exact && !is_lossy && undone == text => {}
                Ok(undone) if (!is_exact || is_lossy) && tree_of(&undone) == old => {}
                other => {
                    faults.push(format!(
                        "{}\n{text:?}\nmade {new:?}\nback {other:?}",
                        edit.name
                    ));
                    break;
                }
            }
        }
    }
    no_faults(&faults);
}

#[test]
fn another_editor_reads_the_same_values() {
    let (mut faults, mut read) = (Vec::new(), 0);
    for edit in edits() {
        for text in twins(&edit.expected) {
            if text.trim_start_matches('\u{feff}').is_empty()
                || edit_oracle::beyond_it(&text).is_some()
            {
                continue;
            }
            read += 1;
            let other = edit_oracle::read(&text);
            if other.as_ref() != Ok(&tree_of(&text)) {
                faults.push(format!("{}\n{text:?}\n{other:?}", edit.name));
                break;
            }
        }
    }
    no_faults(&faults);
    assert!(read > 200, "{read}");
}

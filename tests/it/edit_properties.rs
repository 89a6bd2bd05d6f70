//! Any edit of any file: it says what was wanted, keeps every comment it may keep, and is undone.

use std::collections::BTreeSet;

use ffctl::diagnostic::Diagnostics;
use ffctl::document::{Document, Scalar, Style, Tree, TreeValue, View};
use ffctl::text::SourceMap;
use ffctl::yaml::{self, rewrite};
use proptest::prelude::*;

use crate::edit_oracle;
use crate::edits::tree_of;

const KEYS: [&str; 9] = [
    "a", "key", "name", "x-1", "\"q k\"", "'s'", "é", "at", "long_key",
];
const PLAIN: [&str; 12] = [
    "true",
    "12",
    "-0.5",
    "text",
    "two words",
    "a#b",
    "2026-10-02",
    "é😀",
    "null",
    "x:y",
    "0x1F",
    "~",
];
const QUOTED: [&str; 8] = [
    "'single'",
    "\"double\"",
    "'it''s'",
    "\"a\\nb\"",
    "\"# no\"",
    "'a: b'",
    "\"\"",
    "'no'",
];

/// Draws choices from bytes; behind their end, the first choice.
pub(crate) struct Tape<'b> {
    pub(crate) bytes: std::slice::Iter<'b, u8>,
}

impl Tape<'_> {
    pub(crate) fn draw(&mut self, below: usize) -> usize {
        let byte = self.bytes.next().copied().unwrap_or(0);
        usize::from(byte) * below / 256
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.draw(100) + percent >= 100
    }

    pub(crate) fn pick<'p>(&mut self, from: &[&'p str]) -> &'p str {
        from[self.draw(from.len())]
    }
}

/// Writes a file as nobody would, but could.
struct Writer<'t, 'b> {
    tape: &'t mut Tape<'b>,
    text: String,
    comments: usize,
    anchors: Vec<String>,
    step: usize,
    list_step: usize,
}

impl Writer<'_, '_> {
    fn document(bytes: &[u8]) -> String {
        let mut tape = Tape {
            bytes: bytes.iter(),
        };
        let (step, list_step) = (2 + 2 * tape.draw(2), 2 * tape.draw(2));
        let (crlf, bom, open) = (tape.chance(20), tape.chance(10), tape.chance(20));
        let mut writer = Writer {
            tape: &mut tape,
            text: String::new(),
            comments: 0,
            anchors: Vec::new(),
            step,
            list_step,
        };
        writer.space(0);
        if writer.tape.chance(10) {
            writer.text.push_str("---\n");
        }
        if writer.tape.chance(25) {
            writer.list(0, 3, false);
        } else {
            writer.map(0, 3, false);
        }
        writer.space(0);
        let mut text = writer.text;
        if open {
            text = text.trim_end_matches('\n').to_owned();
        }
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        if bom {
            text.insert(0, '\u{feff}');
        }
        text
    }

    fn pad(&mut self, column: usize) {
        self.text.push_str(&" ".repeat(column));
    }

    fn comment(&mut self) {
        self.comments += 1;
        self.text.push_str(&format!("#c{};", self.comments));
    }

    /// Blank lines and comment lines between parts.
    fn space(&mut self, column: usize) {
        while self.tape.chance(25) {
            if self.tape.chance(60) {
                let column = match self.tape.draw(6) {
                    0 => 0,
                    1 => column + 1,
                    _ => column,
                };
                self.pad(column);
                self.comment();
            }
            self.text.push('\n');
        }
    }

    fn line_end(&mut self) {
        if self.tape.chance(25) {
            let blanks = 1 + self.tape.draw(2);
            self.pad(blanks);
            self.comment();
        }
        self.text.push('\n');
    }

    fn keys(&mut self) -> Vec<&'static str> {
        let count = 1 + self.tape.draw(3);
        let mut keys = Vec::new();
        for _ in 0..count {
            let key = self.tape.pick(&KEYS);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    fn map(&mut self, column: usize, depth: usize, mut is_begun: bool) {
        for key in self.keys() {
            if !std::mem::take(&mut is_begun) {
                self.space(column);
                self.pad(column);
            }
            self.text.push_str(key);
            self.text.push(':');
            self.value(column, depth, false);
        }
    }

    fn list(&mut self, column: usize, depth: usize, mut is_begun: bool) {
        let gap = 1 + 2 * usize::from(self.tape.chance(15));
        for _ in 0..=self.tape.draw(3) {
            if !std::mem::take(&mut is_begun) {
                self.space(column);
                self.pad(column);
            }
            self.text.push('-');
            if depth > 0 && self.tape.chance(45) {
                self.pad(gap);
                if self.tape.chance(80) {
                    self.map(column + 1 + gap, depth - 1, true);
                } else {
                    self.list(column + 1 + gap, depth - 1, true);
                }
            } else {
                self.value(column, depth, true);
            }
        }
    }

    /// What stands behind a colon or dash, to the end of its lines.
    fn value(&mut self, column: usize, depth: usize, is_item: bool) {
        if self.tape.chance(10) {
            self.line_end();
            return;
        }
        if !self.anchors.is_empty() && self.tape.chance(12) {
            let name = self.anchors[self.tape.draw(self.anchors.len())].clone();
            self.text.push_str(&format!(" *{name}"));
            self.line_end();
            return;
        }
        let anchor = self
            .tape
            .chance(12)
            .then(|| ["x", "y"][self.tape.draw(2)].to_owned());
        if let Some(anchor) = &anchor {
            self.text.push_str(&format!(" &{anchor}"));
            // Within the node that it names an alias would be a cycle.
            self.anchors.retain(|other| other != anchor);
        }
        match self.tape.draw(10) {
            0..=2 if depth > 0 => {
                self.line_end();
                self.map(column + self.step, depth - 1, false);
            }
            3 | 4 if depth > 0 => {
                self.line_end();
                let step = if is_item { 2 } else { self.list_step };
                self.list(column + step, depth - 1, false);
            }
            5 => self.block_scalar(column),
            6 | 7 => {
                self.text.push(' ');
                let lines = self.tape.chance(25);
                self.flow(depth, lines.then_some(column + 2));
                self.line_end();
            }
            8 if self.tape.chance(40) => {
                let pad = " ".repeat(column + 2);
                let form = self.tape.draw(3);
                self.text.push_str(&match form {
                    0 => format!(" plain\n{pad}more"),
                    1 => format!(" \"quoted\n{pad}more\""),
                    _ => format!("\n{pad}below"),
                });
                self.line_end();
            }
            _ => {
                if self.tape.chance(6) {
                    self.text.push_str(" !!str");
                }
                let scalar = self.scalar();
                self.text.push_str(&format!(" {scalar}"));
                self.line_end();
            }
        }
        self.anchors.extend(anchor);
    }

    fn scalar(&mut self) -> &'static str {
        if self.tape.chance(35) {
            self.tape.pick(&QUOTED)
        } else {
            self.tape.pick(&PLAIN)
        }
    }

    fn block_scalar(&mut self, column: usize) {
        let header = self.tape.pick(&["|", "|-", ">", "|+", ">-"]);
        self.text.push_str(&format!(" {header}"));
        self.line_end();
        let pad = " ".repeat(column + 2);
        for _ in 0..=self.tape.draw(2) {
            let line = self.tape.pick(&["line", "# no comment", "  deeper: 1"]);
            self.text.push_str(&format!("{pad}word\n{pad}{line}\n"));
            if self.tape.chance(20) {
                self.text.push('\n');
            }
        }
    }

    fn flow(&mut self, depth: usize, lines: Option<usize>) {
        let is_map = self.tape.chance(50);
        self.text.push(if is_map { '{' } else { '[' });
        let keys = if self.tape.chance(15) {
            Vec::new()
        } else {
            self.keys()
        };
        let inner = lines.is_none() && self.tape.chance(15) && !keys.is_empty();
        if inner {
            self.text.push(' ');
        }
        for (index, key) in keys.iter().enumerate() {
            if let Some(column) = lines {
                self.line_end();
                self.pad(column);
            } else if index > 0 {
                self.text.push(' ');
            }
            if is_map {
                self.text.push_str(&format!("{key}: "));
            }
            if depth > 0 && self.tape.chance(20) {
                self.flow(depth - 1, None);
            } else {
                let scalar = self.scalar();
                self.text.push_str(scalar);
            }
            if index + 1 < keys.len() || (!inner && self.tape.chance(20)) {
                self.text.push(',');
            }
        }
        if let Some(column) = lines.filter(|_| !keys.is_empty()) {
            self.line_end();
            self.pad(column);
        } else if inner {
            self.text.push(' ');
        }
        self.text.push(if is_map { '}' } else { ']' });
    }
}

/// A new value.
fn new_tree(tape: &mut Tape<'_>, depth: usize) -> Tree {
    let mut tree: Tree = match tape.draw(10) {
        0 | 1 if depth > 0 => {
            let keys = ["n1", "n2", "name"].into_iter().take(tape.draw(4));
            Tree::map_of(
                keys.map(|key| (key, new_tree(tape, depth - 1)))
                    .collect::<Vec<_>>(),
            )
        }
        2 | 3 if depth > 0 => {
            let count = tape.draw(4);
            let items: Vec<Tree> = (0..count).map(|_| new_tree(tape, depth - 1)).collect();
            items.into()
        }
        4 => tape.chance(50).into(),
        5 => Scalar::Integer(7).into(),
        6 => Scalar::Float(1e30).into(),
        7 => Scalar::Null.into(),
        _ => tape
            .pick(&[
                "new",
                "no",
                "a, b",
                "one\ntwo\n",
                "x: y",
                "#",
                " pad ",
                "",
                "it's \"so\"",
                "end\n\n",
                "é",
            ])
            .into(),
    };
    tree.style = match tape.draw(8) {
        0 => Some(Style::Flow),
        1 => Some(Style::Plain),
        2 => Some(Style::Quoted),
        _ => None,
    };
    tree
}

#[derive(Debug, PartialEq)]
enum Made {
    /// A part was added.
    Insertion,
    /// A value was replaced, or removed, at this place.
    Gone(Vec<usize>, bool),
    /// Items changed places, or one of several equal items went; whether no comment may be lost.
    Order(bool),
}

/// Makes one change at a drawn place, and says which.
fn change(tree: &mut Tree, tape: &mut Tape<'_>, path: &mut Vec<usize>) -> Made {
    let deeper = tape.chance(70);
    let new = new_tree(tape, 2);
    match &mut tree.value {
        TreeValue::Map(entries) => {
            let index = tape.draw(entries.len().max(1));
            if deeper && let Some((_, inner)) = entries.get_mut(index) {
                path.push(index);
                return change(inner, tape, path);
            }
            match tape.draw(3) {
                0 if !entries.is_empty() => {
                    entries.remove(index);
                    path.push(index);
                    Made::Gone(path.clone(), true)
                }
                1 if !path.is_empty() => {
                    *tree = new;
                    Made::Gone(path.clone(), false)
                }
                _ => {
                    let index = tape.draw(entries.len() + 1);
                    entries.insert(index, ("new key".into(), new));
                    Made::Insertion
                }
            }
        }
        TreeValue::List(items) => {
            let index = tape.draw(items.len().max(1));
            if deeper && let Some(inner) = items.get_mut(index) {
                path.push(index);
                return change(inner, tape, path);
            }
            match tape.draw(4) {
                0 if !items.is_empty() => {
                    let item = items.remove(index);
                    if items.contains(&item) {
                        return Made::Order(false);
                    }
                    path.push(index);
                    Made::Gone(path.clone(), true)
                }
                1 if items.len() > 1 => {
                    let item = items.remove(index);
                    items.insert(tape.draw(items.len() + 1), item);
                    Made::Order(true)
                }
                2 if !path.is_empty() => {
                    *tree = new;
                    Made::Gone(path.clone(), false)
                }
                _ => {
                    let index = tape.draw(items.len() + 1);
                    items.insert(index, new);
                    Made::Insertion
                }
            }
        }
        TreeValue::Scalar(_) => {
            let style = tree.style;
            *tree = new;
            tree.style = tree.style.or(style.filter(|_| tree.scalar().is_some()));
            Made::Gone(path.clone(), false)
        }
    }
}

pub(crate) fn parsed(text: &str) -> Option<Document<'_>> {
    yaml::parse(
        SourceMap::default().next_id(),
        text,
        &mut Diagnostics::default(),
    )
}

pub(crate) fn comments(text: &str) -> BTreeSet<&str> {
    let found = text
        .match_indices("#c")
        .filter_map(|(at, _)| text[at..].split(';').next());
    found.collect()
}

/// The comments that may go with a value: from its key or dash to the end of its lines, and those
/// below that are indented deeper.
pub(crate) fn may_go<'t>(text: &'t str, root: View<'_>, path: &[usize]) -> BTreeSet<&'t str> {
    let (mut view, mut begin) = (root, 0);
    for index in path {
        // Behind an alias nothing goes.
        if view.is_alias() {
            return BTreeSet::new();
        }
        if view.is_map() {
            let member = view.entries().nth(*index).unwrap();
            begin = member.key_span.range().start;
            view = member.value;
        } else {
            view = view.items().nth(*index).unwrap();
            begin = text[..view.span().range().start]
                .rfind(['-', '[', ','])
                .unwrap();
        }
    }
    let mut end = view.span().range().end.max(begin);
    end += text[end..].find('\n').unwrap_or(text.len() - end);
    let head = text.len() - text.trim_start_matches('\u{feff}').len();
    let column = begin - text[..begin].rfind('\n').map_or(head, |at| at + 1);
    let rest = text[end..]
        .find('\n')
        .map_or("", |at| &text[end + at + 1..]);
    for line in rest.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if line.trim().is_empty() || (indent > column && line.trim_start().starts_with('#')) {
            end += line.len();
        } else {
            break;
        }
    }
    comments(&text[begin..(end + 1).min(text.len())])
}

/// What the other editor reads of files as people write them is checked; not of every oddity.
fn is_sampled(text: &str) -> bool {
    !text.contains('|') && !text.contains('>')
}

fn check(document: &[u8], edit: &[u8]) -> Result<(), TestCaseError> {
    let text = Writer::document(document);
    let Some(parsed) = parsed(&text) else {
        return Err(TestCaseError::reject("not YAML"));
    };
    let old = tree_of(&text);
    let mut wanted = old.clone();
    let mut tape = Tape { bytes: edit.iter() };
    let made = change(&mut wanted, &mut tape, &mut Vec::new());
    let new =
        rewrite(&text, &wanted).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
    prop_assert_eq!(&tree_of(&new), &wanted, "{}\nbecame\n{}", text, new);
    if edit_oracle::beyond_it(&new).is_none() && is_sampled(&text) {
        let other = edit_oracle::read(&new);
        prop_assert_eq!(other.as_ref(), Ok(&wanted), "{}", new);
    }
    let mut kept = comments(&text);
    if let Made::Gone(path, _) = &made {
        for comment in may_go(&text, parsed.root(), path) {
            kept.remove(comment);
        }
    }
    let lost: Vec<_> = kept.difference(&comments(&new)).copied().collect();
    prop_assert!(
        made == Made::Order(false) || lost.is_empty(),
        "{:?} lost by {:?}\n{}\nbecame\n{}",
        lost,
        made,
        text,
        new
    );
    let undone = rewrite(&new, &old)
        .map_err(|error| TestCaseError::fail(format!("undo: {error}\n{new}")))?;
    prop_assert_eq!(
        &tree_of(&undone),
        &old,
        "{}\nbecame\n{}\nback\n{}",
        text,
        new,
        undone
    );
    if made == Made::Insertion && !text.contains('*') {
        prop_assert_eq!(
            &text,
            &undone,
            "{}\nbecame\n{}\nback\n{}",
            text,
            new,
            undone
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_edit_says_what_was_wanted_and_is_undone(
        document in proptest::collection::vec(any::<u8>(), 0..160),
        edit in proptest::collection::vec(any::<u8>(), 40),
    ) {
        check(&document, &edit)?;
    }
}

/// Most files that are drawn can be read; the others would hide what is not tested.
#[test]
fn most_drawn_files_are_yaml() {
    let mut state = 1_u64;
    let mut byte = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33).to_le_bytes()[0]
    };
    let mut read = 0;
    for _ in 0..500 {
        let bytes: Vec<u8> = (0..120).map(|_| byte()).collect();
        read += usize::from(parsed(&Writer::document(&bytes)).is_some());
    }
    assert!(read > 400, "{read} of 500");
}

//! Flag files as somebody may have written them: any style, comments anywhere, values named and
//! used again.

use std::borrow::Cow;

use ffctl::document::{Scalar, Tree, TreeValue};
use ffctl::yaml::resolve_plain;

use crate::edit_properties::Tape;

/// Returns a text that says what a tree says.
pub(super) fn written(tree: &Tree, bytes: &[u8]) -> String {
    let mut tape = Tape {
        bytes: bytes.iter(),
    };
    let (step, list_step) = (2 + 2 * tape.draw(2), 2 * tape.draw(2));
    let (crlf, open, anchors) = (tape.chance(15), tape.chance(15), tape.chance(35));
    let mut writer = Writer {
        tape: &mut tape,
        text: String::new(),
        comments: 0,
        anchors: Vec::new(),
        may_anchor: anchors,
        step,
        list_step,
    };
    writer.space(0);
    writer.map(tree, 0, false);
    writer.space(0);
    let mut text = writer.text;
    if open {
        text = text.trim_end_matches('\n').to_owned();
    }
    if crlf {
        text = text.replace('\n', "\r\n");
    }
    text
}

struct Writer<'t, 'b> {
    tape: &'t mut Tape<'b>,
    text: String,
    comments: usize,
    /// The values that have a name so far.
    anchors: Vec<Tree>,
    may_anchor: bool,
    step: usize,
    list_step: usize,
}

impl Writer<'_, '_> {
    fn pad(&mut self, column: usize) {
        self.text.push_str(&" ".repeat(column));
    }

    fn comment(&mut self) {
        self.comments += 1;
        self.text.push_str(&format!("#c{};", self.comments));
    }

    /// Blank lines and comment lines between parts.
    fn space(&mut self, column: usize) {
        while self.tape.chance(20) {
            if self.tape.chance(70) {
                self.pad(column);
                self.comment();
            }
            self.text.push('\n');
        }
    }

    fn line_end(&mut self) {
        if self.tape.chance(20) {
            let blanks = 1 + self.tape.draw(2);
            self.pad(blanks);
            self.comment();
        }
        self.text.push('\n');
    }

    fn map(&mut self, tree: &Tree, column: usize, mut is_begun: bool) {
        for (key, value) in tree.entries() {
            if !std::mem::take(&mut is_begun) {
                self.space(column);
                self.pad(column);
            }
            self.string(key);
            self.text.push(':');
            self.value(value, column, false);
        }
    }

    fn list(&mut self, tree: &Tree, column: usize) {
        for item in tree.items() {
            self.space(column);
            self.pad(column);
            self.text.push('-');
            let is_named = self.anchors.contains(item);
            if !item.entries().is_empty() && !is_named && self.tape.chance(60) {
                self.text.push(' ');
                self.map(item, column + 2, true);
            } else {
                self.value(item, column, true);
            }
        }
    }

    /// What stands behind a colon or dash, to the end of its lines.
    fn value(&mut self, tree: &Tree, column: usize, is_item: bool) {
        let named = self.anchors.iter().position(|other| other == tree);
        if let Some(at) = named.filter(|_| self.tape.chance(70)) {
            self.text.push_str(&format!(" *n{at}"));
            return self.line_end();
        }
        let name = (self.may_anchor && named.is_none() && self.tape.chance(25))
            .then_some(self.anchors.len());
        let place = self.text.len();
        let is_flow = self.tape.chance(35);
        match &tree.value {
            TreeValue::Map(entries) if !entries.is_empty() && !is_flow => {
                self.line_end();
                self.map(tree, column + self.step, false);
            }
            TreeValue::List(items) if !items.is_empty() && !is_flow => {
                self.line_end();
                let step = if is_item { 2 } else { self.list_step };
                self.list(tree, column + step);
            }
            TreeValue::Scalar(_) => {
                self.text.push(' ');
                self.scalar(tree);
                self.line_end();
            }
            _ => {
                self.text.push(' ');
                let lines = self.tape.chance(25);
                self.flow(tree, lines.then_some(column + 2));
                self.line_end();
            }
        }
        // Names given meanwhile would count first.
        if let Some(at) = name.filter(|at| *at == self.anchors.len()) {
            self.text.insert_str(place, &format!(" &n{at}"));
            self.anchors.push(tree.clone());
        }
    }

    fn flow(&mut self, tree: &Tree, lines: Option<usize>) {
        let (open, close) = if tree.is_map() {
            ('{', '}')
        } else {
            ('[', ']')
        };
        self.text.push(open);
        let entries = tree.entries().iter().map(|(key, tree)| (Some(key), tree));
        let items = tree.items().iter().map(|tree| (None, tree));
        let parts: Vec<_> = entries.chain(items).collect();
        for (index, (key, tree)) in parts.iter().enumerate() {
            if let Some(column) = lines {
                self.line_end();
                self.pad(column);
            } else if index > 0 {
                self.text.push(' ');
            }
            if let Some(key) = key {
                self.string(key);
                self.text.push_str(": ");
            }
            if tree.scalar().is_some() {
                self.scalar(tree);
            } else {
                self.flow(tree, None);
            }
            if index + 1 < parts.len() {
                self.text.push(',');
            }
        }
        if let Some(column) = lines.filter(|_| !parts.is_empty()) {
            self.line_end();
            self.pad(column);
        }
        self.text.push(close);
    }

    fn scalar(&mut self, tree: &Tree) {
        match tree.scalar() {
            Some(Scalar::String(text)) => self.string(text),
            // As JSON, 18.0 would be the integer.
            Some(Scalar::Float(number)) => self.text.push_str(&format!("{number:?}")),
            _ => self.text.push_str(&tree.to_json().to_string()),
        }
    }

    fn string(&mut self, text: &str) {
        let quotes = self.tape.draw(10);
        let mut letters = text.chars();
        let is_plain = letters.next().is_some_and(char::is_alphanumeric)
            && letters.all(|letter| letter.is_alphanumeric() || "_-.+@:/".contains(letter))
            && !text.ends_with(':')
            && resolve_plain(Cow::Borrowed(text)) == Scalar::String(Cow::Borrowed(text));
        if is_plain && quotes < 7 {
            self.text.push_str(text);
        } else if quotes.is_multiple_of(2) {
            self.text
                .push_str(&format!("'{}'", text.replace('\'', "''")));
        } else {
            self.text
                .push_str(&serde_json::Value::from(text).to_string());
        }
    }
}

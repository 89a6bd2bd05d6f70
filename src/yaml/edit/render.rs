//! New values as text: in block style or in brackets, as the file does it.

use crate::document::{Scalar, Style, Tree, TreeValue};

use super::habits::Habits;
use super::scalar::{Quote, is_shown, write_key, write_scalar};

/// The longest line that brackets may make.
const MAX_WIDTH: usize = 100;

/// Renders new values.
pub(super) struct Renderer<'h> {
    pub(super) habits: &'h Habits,
    /// Whether texts of several lines may become literal blocks.
    pub(super) literals: bool,
}

/// Returns a whole new document in the house's style.
#[must_use]
pub fn render_document(tree: &Tree) -> String {
    let habits = Habits::house();
    let renderer = Renderer {
        habits: &habits,
        literals: true,
    };
    let mut text = if has_parts(tree) {
        renderer.block(tree, 0)
    } else {
        in_brackets(tree, Quote::AsNeeded)
    };
    text.push('\n');
    text
}

/// Returns whether a tree is a list or map that is not empty.
pub(super) fn has_parts(tree: &Tree) -> bool {
    !tree.entries().is_empty() || !tree.items().is_empty()
}

fn is_scalar(tree: &Tree) -> bool {
    tree.scalar().is_some()
}

fn depth(tree: &Tree) -> usize {
    let of_entries = tree.entries().iter().map(|(_, tree)| depth(tree));
    let of_items = tree.items().iter().map(depth);
    of_entries
        .chain(of_items)
        .max()
        .map_or(usize::from(!is_scalar(tree)), |deepest| deepest + 1)
}

impl Renderer<'_> {
    /// Returns whether a value is to be written as a block, at a column, below a key.
    pub(super) fn wants_block(&self, tree: &Tree, column: usize) -> bool {
        if !has_parts(tree) {
            return false;
        }
        match tree.style {
            Some(Style::Flow) => return false,
            Some(_) => return true,
            None => {}
        }
        let fits = || column + width(tree) <= MAX_WIDTH;
        match &tree.value {
            TreeValue::Map(_) => {
                !(self.habits.flow_maps && depth(tree) <= 2 && (is_small(tree) || fits()))
            }
            TreeValue::List(items) if items.iter().all(is_scalar) => {
                self.habits.scalar_lists == Some(Style::Plain) || !fits()
            }
            TreeValue::List(_) => true,
            TreeValue::Scalar(_) => false,
        }
    }

    /// Returns whether an item is to be written as a block.
    pub(super) fn item_wants_block(
        &self,
        tree: &Tree,
        column: usize,
        key: &str,
        like: Option<Style>,
    ) -> bool {
        if !has_parts(tree) || !tree.is_map() || tree.style.is_some() {
            return self.wants_block(tree, column);
        }
        match like.or_else(|| self.habits.item_map(key)) {
            Some(Style::Flow) => column + width(tree) > MAX_WIDTH + 20,
            Some(_) => true,
            None => !(is_small(tree) && column + width(tree) <= MAX_WIDTH),
        }
    }

    /// Returns a list or map with parts as a block whose first line begins at a column already.
    pub(super) fn block(&self, tree: &Tree, column: usize) -> String {
        self.block_below(tree, column, "")
    }

    fn block_below(&self, tree: &Tree, column: usize, key: &str) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (key, value) in tree.entries() {
            lines.push(self.entry(key, value, column));
        }
        for item in tree.items() {
            lines.push(self.item(item, column, 1, key, None));
        }
        let line_break = format!("{}{}", self.habits.line_break, " ".repeat(column));
        lines.join(&line_break)
    }

    /// Returns a key with its value, at a column.
    pub(super) fn entry(&self, key: &str, value: &Tree, column: usize) -> String {
        let name = write_key(key, Quote::AsNeeded);
        let value = self.behind_key(key, value, column);
        format!("{name}:{value}")
    }

    /// Returns what stands behind the colon of a key at a column.
    pub(super) fn behind_key(&self, key: &str, value: &Tree, column: usize) -> String {
        let name_width = write_key(key, Quote::AsNeeded).chars().count() + 2;
        if self.wants_block(value, column + name_width) {
            return self.below(key, value, column);
        }
        if let Some(text) = self.literal(value, column + self.habits.step) {
            return format!(" {text}");
        }
        let is_flow = has_parts(value);
        let text = if is_flow {
            in_brackets(value, Quote::AsNeeded)
        } else {
            in_line(value)
        };
        format!(" {text}")
    }

    /// Returns a block below a key at a column, with the line break before it.
    pub(super) fn below(&self, key: &str, value: &Tree, column: usize) -> String {
        let step = if value.is_map() {
            self.habits.step
        } else {
            self.habits.list_step
        };
        let inner = column + step;
        let block = self.block_below(value, inner, key);
        format!("{}{}{block}", self.habits.line_break, " ".repeat(inner))
    }

    /// Returns an item with its dash, at a column, with so many blanks behind the dash.
    pub(super) fn item(
        &self,
        tree: &Tree,
        column: usize,
        gap: usize,
        key: &str,
        like: Option<Style>,
    ) -> String {
        let inner = column + 1 + gap;
        let text = self.behind_dash(tree, inner, key, like);
        format!("-{}{text}", " ".repeat(gap))
    }

    /// Returns an item without its dash.
    pub(super) fn behind_dash(
        &self,
        tree: &Tree,
        column: usize,
        key: &str,
        like: Option<Style>,
    ) -> String {
        if self.item_wants_block(tree, column, key, like) {
            return self.block(tree, column);
        }
        if has_parts(tree) {
            return in_brackets(tree, Quote::AsNeeded);
        }
        self.literal(tree, column).unwrap_or_else(|| in_line(tree))
    }

    /// Returns a text of several lines as a literal block whose lines begin at a column.
    pub(super) fn literal(&self, tree: &Tree, column: usize) -> Option<String> {
        let Some(Scalar::String(text)) = tree.scalar() else {
            return None;
        };
        let body = text.strip_suffix('\n').unwrap_or(text);
        let lines: Vec<&str> = body.split('\n').collect();
        let is_safe = |line: &&str| line.chars().all(is_shown) && !line.ends_with(' ');
        let first = lines.first()?;
        let fits = self.literals
            && text.contains('\n')
            && !first.is_empty()
            && !first.starts_with(' ')
            && lines.last().is_some_and(|last| !last.is_empty())
            && tree.style != Some(Style::Quoted)
            && lines.iter().all(is_safe);
        if !fits {
            return None;
        }
        let mut literal = String::from(if text.ends_with('\n') { "|" } else { "|-" });
        for line in lines {
            literal.push_str(self.habits.line_break);
            if !line.is_empty() {
                literal.push_str(&" ".repeat(column.max(1)));
                literal.push_str(line);
            }
        }
        Some(literal)
    }
}

/// Returns whether a value reads well in brackets.
pub(super) fn fits_in_brackets(tree: &Tree) -> bool {
    depth(tree) <= 3 && width(tree) <= MAX_WIDTH
}

/// Returns how wide a value is in brackets.
fn width(tree: &Tree) -> usize {
    in_brackets(tree, Quote::AsNeeded).chars().count()
}

fn is_small(tree: &Tree) -> bool {
    let scalars = tree.entries().iter().all(|(_, tree)| is_scalar(tree));
    scalars && tree.entries().len() <= 4 && tree.items().is_empty()
}

/// Returns a value in one line, its keys and strings in quotes of this kind.
pub(super) fn in_brackets(tree: &Tree, quotes: Quote) -> String {
    let parts: Vec<String> = match &tree.value {
        TreeValue::Scalar(scalar) => {
            return write_scalar(scalar, quotes.or(tree.style), true);
        }
        TreeValue::Map(entries) => {
            let part = |(key, tree): &(String, Tree)| {
                format!("{}: {}", write_key(key, quotes), in_brackets(tree, quotes))
            };
            return format!(
                "{{{}}}",
                entries.iter().map(part).collect::<Vec<_>>().join(", ")
            );
        }
        TreeValue::List(items) => items.iter().map(|item| in_brackets(item, quotes)).collect(),
    };
    format!("[{}]", parts.join(", "))
}

/// Returns a scalar or an empty collection in block context, in one line.
fn in_line(tree: &Tree) -> String {
    match tree.scalar() {
        Some(scalar) => write_scalar(scalar, Quote::of(tree.style), false),
        None => in_brackets(tree, Quote::AsNeeded),
    }
}

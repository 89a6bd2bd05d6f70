//! Parts of block lists and maps: whole lines come, go and change places.

use crate::document::{Kind, Style, Tree, TreeValue};

use super::layout::Part;
use super::lines::{
    begins_line, block_end, column, comments_above, is_blank, line_end, next_line, slice,
    whole_lines,
};
use super::plan::Planner;
use super::replace;
use super::splice::Splice;

/// Adds a part.
pub(super) fn insert(
    planner: &Planner<'_>,
    index: usize,
    key: Option<&str>,
    tree: &Tree,
) -> Option<Vec<Splice>> {
    let text = planner.reader.text;
    let parts = planner.reader.parts(planner.place()?);
    let first = parts.first()?;
    let column = column(text, first.start);
    let new = match key {
        Some(key) => {
            let tree = planner.like_siblings(&in_form(planner, tree), planner.place()?, None);
            planner.renderer().entry(key, &tree, column)
        }
        None => new_item(planner, &parts, tree, column)?,
    };
    let (line_break, pad) = (planner.habits.line_break, " ".repeat(column));
    let splice = match index.checked_sub(1) {
        Some(before) => {
            let end = block_end(text, parts.get(before)?.slot.end, column);
            Splice::insert(end, format!("{line_break}{pad}{new}"))
        }
        None if begins_line(text, first.start) => {
            let at = comments_above(text, first.start);
            Splice::insert(at, format!("{pad}{new}{line_break}"))
        }
        None => Splice::insert(first.start, format!("{new}{line_break}{pad}")),
    };
    Some(vec![splice])
}

/// Where blocks cannot be, brackets are asked for.
fn in_form(planner: &Planner<'_>, tree: &Tree) -> Tree {
    let mut tree = tree.clone();
    if !planner.form.blocks && tree.scalar().is_none() {
        tree.style = Some(Style::Flow);
    }
    tree
}

fn new_item(planner: &Planner<'_>, parts: &[Part], tree: &Tree, column: usize) -> Option<String> {
    let text = planner.reader.text;
    let on_line = |part: &&Part| {
        let before = slice(text, part.slot.intro..part.slot.start);
        !before.is_empty() && before.bytes().all(|b| b == b' ')
    };
    let gap = parts.iter().find(on_line);
    let gap = gap.map_or(1, |part| part.slot.start - part.slot.intro);
    let like = parts.iter().rev().find_map(|part| {
        let node = planner.reader.node(part.id);
        matches!(&node.kind, Kind::Mapping(entries) if !entries.is_empty()).then_some(node.style)
    });
    let key = planner.key_at(planner.way.len().checked_sub(1)?);
    let tree = in_form(planner, tree);
    Some(planner.renderer().item(&tree, column, gap, key, like))
}

/// Takes a part away.
pub(super) fn remove(planner: &Planner<'_>, index: usize) -> Option<Vec<Splice>> {
    let text = planner.reader.text;
    let place = planner.place()?;
    let parts = planner.reader.parts(place);
    let part = parts.get(index)?;
    let mut end = block_end(text, part.slot.end, column(text, part.start));
    if !planner.form.literals {
        // Blank lines would become part of a text above that keeps them.
        end = blank_lines_end(text, end);
    }
    let next = match (begins_line(text, part.start), parts.get(index + 1)) {
        (true, _) if parts.len() > 1 => {
            return Some(vec![Splice::delete(whole_lines(text, part.start, end))]);
        }
        (false, Some(next)) if index == 0 => next,
        _ if parts.len() == 1 => return remove_only(planner, part, end),
        _ => return None,
    };
    // The first part stands behind a dash, where the next one now goes.
    let range = if is_blank(slice(text, end..next.start)) {
        part.start..next.start
    } else {
        place.slot.head..end
    };
    Some(vec![Splice::delete(range)])
}

/// Returns the end of the last of the blank lines below a line.
fn blank_lines_end(text: &str, mut end: usize) -> usize {
    loop {
        let next = next_line(text, end);
        let stop = line_end(text, next);
        if next >= text.len() || !is_blank(slice(text, next..stop)) {
            return end;
        }
        end = stop;
    }
}

/// Takes the only part away, which leaves `{}` or `[]`.
fn remove_only(planner: &Planner<'_>, part: &Part, end: usize) -> Option<Vec<Splice>> {
    let text = planner.reader.text;
    let place = planner.place()?;
    let (value, brackets) = match planner.reader.node(place.id).kind {
        Kind::Mapping(_) => (TreeValue::Map(Vec::new()), "{}"),
        _ => (TreeValue::List(Vec::new()), "[]"),
    };
    let is_below = begins_line(text, part.start) && place.part.is_some();
    if !is_below {
        return replace::set(planner, &value.into());
    }
    Some(vec![
        Splice::insert(place.slot.head, format!(" {brackets}")),
        Splice::delete(whole_lines(text, part.start, end)),
    ])
}

/// Moves an item with the comment lines above it; what stands between items stays where it is.
pub(super) fn reorder(planner: &Planner<'_>, from: usize, to: usize) -> Option<Vec<Splice>> {
    let text = planner.reader.text;
    let parts = planner.reader.parts(planner.place()?);
    let column = column(text, parts.first()?.start);
    let pad = " ".repeat(column);
    let (low, high) = (from.min(to), from.max(to));
    let mut blocks = Vec::with_capacity(high + 1 - low);
    for (index, part) in parts.iter().enumerate().take(high + 1).skip(low) {
        let mut begin = part.start;
        if begins_line(text, part.start) {
            begin = comments_above(text, part.start);
            if let Some(before) = index.checked_sub(1).and_then(|before| parts.get(before)) {
                let end = block_end(text, before.slot.end, column);
                begin = begin.max(next_line(text, end));
            }
        }
        blocks.push(begin..block_end(text, part.slot.end, column));
    }
    let whole = blocks.first()?.start..blocks.last()?.end;
    let is_behind_dash = !begins_line(text, whole.start) && low == 0;
    let mut contents: Vec<String> = blocks
        .iter()
        .map(|range| slice(text, range.clone()).to_owned())
        .collect();
    if is_behind_dash {
        let first = contents.first_mut()?;
        first.insert_str(0, &pad);
    }
    let moved = contents.remove(from - low);
    contents.insert(to - low, moved);
    let mut new = String::new();
    for (index, content) in contents.iter().enumerate() {
        new.push_str(content);
        if let (Some(one), Some(other)) = (blocks.get(index), blocks.get(index + 1)) {
            new.push_str(slice(text, one.end..other.start));
        }
    }
    let new = match new.strip_prefix(&pad) {
        Some(stripped) if is_behind_dash => stripped.to_owned(),
        _ => new,
    };
    let mut splices = vec![Splice::new(whole.clone(), new)];
    if !planner.form.literals {
        // A text that keeps its last line break must have one where the file ends without.
        splices.push(Splice::insert(whole.end, planner.habits.line_break));
    }
    Some(splices)
}

//! Parts of lists and maps in brackets: with their commas, in one line or one to a line.

use crate::document::Tree;

use super::layout::Part;
use super::lines::{
    begins_line, byte, column, is_blank, line_end, line_start, skip_blanks, slice, whole_lines,
};
use super::plan::Planner;
use super::render::in_brackets;
use super::scalar::write_key;
use super::splice::Splice;

/// Adds a part.
pub(super) fn insert(
    planner: &Planner<'_>,
    index: usize,
    key: Option<&str>,
    tree: &Tree,
) -> Option<Vec<Splice>> {
    let (text, place) = (planner.reader.text, planner.place()?);
    if !matches!(byte(text, place.slot.start), Some(b'{' | b'[')) {
        return None;
    }
    let quotes = planner.habits.quotes;
    let value = in_brackets(tree, quotes);
    let new = match key {
        Some(key) => format!("{}: {value}", write_key(key, quotes)),
        None => value,
    };
    let parts = planner.reader.parts(place);
    let one_a_line = !parts.is_empty() && parts.iter().all(|part| begins_line(text, part.start));
    if one_a_line {
        return insert_line(planner, &parts, index, &new);
    }
    let separator = separator(text, &parts);
    Some(vec![match index.checked_sub(1) {
        _ if parts.is_empty() => Splice::insert(place.slot.start + 1, new),
        Some(last) if index == parts.len() => {
            Splice::insert(parts.get(last)?.slot.end, format!("{separator}{new}"))
        }
        _ => Splice::insert(parts.get(index)?.start, format!("{new}{separator}")),
    }])
}

/// Returns what stands between two parts of one line.
fn separator<'t>(text: &'t str, parts: &[Part]) -> &'t str {
    let between = parts.windows(2).find_map(|pair| match pair {
        [one, other] => text.get(one.slot.end..other.start),
        _ => None,
    });
    match between {
        Some(between @ ("," | ",  " | " , ")) => between,
        _ => ", ",
    }
}

fn insert_line(
    planner: &Planner<'_>,
    parts: &[Part],
    index: usize,
    new: &str,
) -> Option<Vec<Splice>> {
    let text = planner.reader.text;
    let line_break = planner.habits.line_break;
    let Some(before) = index.checked_sub(1).and_then(|before| parts.get(before)) else {
        let first = parts.first()?;
        let pad = " ".repeat(column(text, first.start));
        let at = line_start(text, first.start);
        return Some(vec![Splice::insert(at, format!("{pad}{new},{line_break}"))]);
    };
    let pad = " ".repeat(column(text, before.start));
    let end = before.slot.end;
    let line = line_end(text, before.comma.unwrap_or(end));
    let rest = slice(text, before.comma.map_or(end, |comma| comma + 1)..line);
    let is_last_on_line = is_blank(rest) || rest.trim_start().starts_with('#');
    if !is_last_on_line {
        // The bracket stands behind the last part.
        let comma = if before.comma.is_some() { "" } else { "," };
        let at = before.comma.map_or(end, |comma| comma + 1);
        let behind = if index == parts.len() && before.comma.is_none() {
            ""
        } else {
            ","
        };
        let new = format!("{comma}{line_break}{pad}{new}{behind}");
        return Some(vec![Splice::insert(at, new)]);
    }
    let mut splices = Vec::new();
    let comma = if before.comma.is_some() { "," } else { "" };
    if before.comma.is_none() {
        splices.push(Splice::insert(end, ","));
    }
    let new = format!("{line_break}{pad}{new}{comma}");
    splices.push(Splice::insert(line, new));
    Some(splices)
}

/// Takes a part away.
pub(super) fn remove(planner: &Planner<'_>, index: usize) -> Option<Vec<Splice>> {
    let (text, place) = (planner.reader.text, planner.place()?);
    if !matches!(byte(text, place.slot.start), Some(b'{' | b'[')) {
        return None;
    }
    let parts = planner.reader.parts(place);
    let part = parts.get(index)?;
    let behind = part.comma.map_or(part.slot.end, |comma| comma + 1);
    if parts.len() == 1 {
        return Some(vec![remove_only(
            text,
            place.slot.start,
            place.slot.end,
            part,
            behind,
        )]);
    }
    let mut splices = Vec::new();
    let line = line_end(text, behind);
    let is_alone = begins_line(text, part.start) && is_blank(slice(text, behind..line));
    let before = index.checked_sub(1).and_then(|before| parts.get(before));
    let is_last = index + 1 == parts.len();
    let only_line = slice(text, part.slot.end..behind).matches('\n').count() == 0;
    if is_alone && only_line {
        splices.push(Splice::delete(whole_lines(text, part.start, line)));
    } else if let Some(next) = parts.get(index + 1) {
        let gap = slice(text, behind..next.start);
        let end = if gap.contains(['#', '\n']) {
            before_comment(text, part, behind)
        } else {
            next.start
        };
        splices.push(Splice::delete(part.start..end));
    } else if let Some(before) = before {
        let gap = slice(text, before.slot.end..part.start);
        if !gap.contains('#') {
            return Some(vec![Splice::delete(before.slot.end..part.slot.end)]);
        }
        let end = before_comment(text, part, behind);
        splices.push(Splice::delete(part.start..end));
    }
    if is_last
        && part.comma.is_none()
        && let Some(comma) = before.and_then(|before| before.comma)
    {
        splices.push(Splice::delete(comma..comma + 1));
    }
    Some(splices)
}

/// Returns how far a part goes whose line goes on: a comment that stays takes its place.
fn before_comment(text: &str, part: &Part, behind: usize) -> usize {
    let end = skip_blanks(text, behind);
    if byte(text, end) == Some(b'#') && !begins_line(text, part.start) {
        behind
    } else {
        end
    }
}

fn remove_only(text: &str, open: usize, close: usize, part: &Part, behind: usize) -> Splice {
    let inner = [
        slice(text, open + 1..part.start),
        slice(text, behind..close - 1),
    ];
    if inner.iter().any(|gap| gap.contains('#')) || inner == ["", " "] {
        return Splice::delete(part.start..behind);
    }
    Splice::delete(open + 1..close - 1)
}

/// Moves an item; commas and what stands behind them stay where they are.
pub(super) fn reorder(planner: &Planner<'_>, from: usize, to: usize) -> Option<Vec<Splice>> {
    let text = planner.reader.text;
    let parts = planner.reader.parts(planner.place()?);
    let (low, high) = (from.min(to), from.max(to));
    let moved = parts.get(low..=high)?;
    let mut contents: Vec<&str> = moved
        .iter()
        .map(|part| slice(text, part.start..part.slot.end))
        .collect();
    let content = contents.remove(from - low);
    contents.insert(to - low, content);
    let splices = moved.iter().zip(contents);
    Some(
        splices
            .map(|(part, content)| Splice::new(part.start..part.slot.end, content))
            .collect(),
    )
}

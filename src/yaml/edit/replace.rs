//! Another value at a place: scalars, brackets and blocks for one another.
//!
//! The anchor stays, the tag goes, and a comment behind the value stays where it is: the first line
//! of the new value comes before it, all others after its line.

use crate::document::{Kind, Scalar, Style, Tree, View};

use super::change::whole;
use super::layout::{Place, Slot};
use super::lines::{begins_line, block_end, byte, column, is_blank, line_end, line_start, slice};
use super::plan::Planner;
use super::render::{has_parts, in_brackets};
use super::scalar::{Quote, is_plain, write_key, write_scalar};
use super::splice::Splice;

/// A new value: its first line, and the others with the line breaks before them.
struct New {
    first: String,
    rest: String,
}

impl New {
    /// Splits a text behind its first line.
    fn of(text: &str) -> Self {
        let at = line_end(text, 0);
        Self {
            first: slice(text, 0..at).to_owned(),
            rest: slice(text, at..text.len()).to_owned(),
        }
    }
}

/// Returns whether the first part of an empty collection makes it a block. What a removal makes of
/// the block again must be the same bytes, so only `{}` behind one blank does.
pub(super) fn may_become_block(
    planner: &Planner<'_>,
    place: &Place,
    is_map: bool,
    part: &Tree,
) -> bool {
    let text = planner.reader.text;
    let slot = &place.slot;
    let is_bare = matches!(slice(text, slot.start..slot.end), "{}" | "[]");
    let one_blank = place.part.is_none() || slice(text, slot.head..slot.start) == " ";
    // A comment would come to stand behind the first part.
    let behind = slice(text, slot.end..line_end(text, slot.end));
    let is_clear = (place.part.is_some() && !place.is_item) || is_blank(behind);
    // So would comment lines below that are indented deeper than it.
    let habits = &planner.habits;
    let step = if is_map {
        habits.step
    } else {
        habits.list_step
    };
    let inner = match place.part {
        Some(part) if !place.is_item => column(text, part) + step,
        _ => column(text, slot.start),
    };
    let is_clear = is_clear && block_end(text, slot.end, inner) == line_end(text, slot.end);
    let forces_flow = part.style == Some(Style::Flow) && !is_map;
    !place.flow
        && planner.form.blocks
        && is_bare
        && one_blank
        && is_clear
        && slot.tags.is_empty()
        && (is_map || (has_parts(part) && !forces_flow) || part.style == Some(Style::Block))
}

/// Writes out the alias at the place.
pub(super) fn expand(planner: &Planner<'_>) -> Option<Vec<Splice>> {
    let place = planner.place()?;
    let reader = planner.reader;
    let Kind::Alias(target) = reader.node(place.id).kind else {
        return None;
    };
    let node = reader.node(target);
    let written = slice(reader.text, node.span.range());
    let one_line = node.style != Style::Block
        && !written.is_empty()
        && !written.contains('\n')
        && !written.contains(['&', '*', '#'])
        && (node.style != Style::Plain || matches!(node.kind, Kind::Scalar(_)));
    // The bytes as they are, where they can be; in brackets some plain text cannot.
    if one_line && planner.form.literals {
        let range = place.slot.start..place.slot.end;
        return Some(vec![Splice::new(range, written)]);
    }
    let view = view_at(reader.root(), planner.path)?;
    let mut tree = whole(view);
    // In a block the comment behind the alias would come to belong to the first part.
    let end = place.slot.end;
    if place.is_item && !is_blank(slice(reader.text, end..line_end(reader.text, end))) {
        tree.style = Some(Style::Flow);
    }
    set(planner, &tree)
}

fn view_at<'d>(root: View<'d>, path: &[usize]) -> Option<View<'d>> {
    path.iter().try_fold(root, |view, index| {
        if view.is_map() {
            view.entries().nth(*index).map(|member| member.value)
        } else {
            view.items().nth(*index)
        }
    })
}

/// Puts a value at the place.
pub(super) fn set(planner: &Planner<'_>, tree: &Tree) -> Option<Vec<Splice>> {
    let place = planner.place()?;
    if place.flow {
        return Some(set_in_flow(planner, place, tree));
    }
    if place.part.is_none() {
        return Some(set_root(planner, place, tree));
    }
    let text = planner.reader.text;
    let slot = &place.slot;
    let is_below = slice(text, slot.intro..slot.start).contains('\n');
    let is_block = is_block(planner, place);
    if is_below && !is_block {
        let column = column(text, slot.start);
        let new = in_place(planner, place, tree, column);
        let mut splices = without_tags(text, slot, slot.start);
        splices.push(Splice::new(
            slot.start..slot.end,
            format!("{}{}", new.first, new.rest),
        ));
        return Some(splices);
    }
    let new = new_value(planner, place, tree);
    Some(if is_below {
        set_below(text, slot, &new)
    } else {
        set_inline(text, slot, &new)
    })
}

/// Puts another key, with its value, in the place of an entry.
pub(super) fn entry(planner: &Planner<'_>, key: &str, tree: &Tree) -> Option<Vec<Splice>> {
    let (index, _) = planner.path.split_last()?;
    let map = planner.way.iter().nth_back(1)?;
    let Kind::Mapping(entries) = &planner.reader.node(map.id).kind else {
        return None;
    };
    let old = entries.get(*index)?.key_span.range();
    let quotes = match byte(planner.reader.text, old.start) {
        Some(b'"') => Quote::Double,
        _ => Quote::AsNeeded,
    };
    let mut splices = set(planner, tree)?;
    splices.push(Splice::new(old, write_key(key, quotes)));
    Some(splices)
}

fn is_block(planner: &Planner<'_>, place: &Place) -> bool {
    let node = planner.reader.node(place.id);
    node.style == Style::Plain && matches!(node.kind, Kind::Mapping(_) | Kind::Sequence(_))
}

/// Returns the new value as it goes behind the colon or dash.
fn new_value(planner: &Planner<'_>, place: &Place, tree: &Tree) -> New {
    let (text, slot) = (planner.reader.text, &place.slot);
    let part = column(text, place.part.unwrap_or_default());
    if place.is_item {
        let has_start = slot.start > slot.intro && begins_on(text, slot);
        let inner = if has_start && slot.head == slot.intro {
            column(text, slot.start)
        } else {
            part + 2
        };
        return in_place(planner, place, tree, inner);
    }
    let depth = planner.way.len() - 1;
    let key = planner.key_at(depth);
    let renderer = planner.renderer();
    let parent = depth
        .checked_sub(1)
        .and_then(|above| planner.way.get(above));
    let tree = match parent {
        Some(parent) => planner.like_siblings(tree, parent, planner.path.last().copied()),
        None => tree.clone(),
    };
    let begin = column(text, slot.head) + 1;
    if planner.form.blocks && renderer.wants_block(&tree, begin) {
        return New {
            first: String::new(),
            rest: renderer.below(key, &tree, part),
        };
    }
    one_value(planner, place, &tree, part + planner.habits.step)
}

fn begins_on(text: &str, slot: &Slot) -> bool {
    line_start(text, slot.intro) == line_start(text, slot.start)
}

/// Returns the new value for a place where its first line begins at a column.
fn in_place(planner: &Planner<'_>, place: &Place, tree: &Tree, inner: usize) -> New {
    let renderer = planner.renderer();
    let key = planner.key_at(
        planner
            .way
            .len()
            .saturating_sub(if place.is_item { 2 } else { 1 }),
    );
    let wants_block = if place.is_item {
        renderer.item_wants_block(tree, inner, key, None)
    } else {
        renderer.wants_block(tree, inner)
    };
    // Behind an anchor a block would begin a key of its own: it goes below.
    if planner.form.blocks
        && wants_block
        && place.slot.head != place.slot.intro
        && place.part.is_some()
    {
        let pad = " ".repeat(inner);
        let rest = format!(
            "{}{pad}{}",
            planner.habits.line_break,
            renderer.block(tree, inner)
        );
        return New {
            first: String::new(),
            rest,
        };
    }
    if planner.form.blocks && wants_block {
        return New::of(&renderer.block(tree, inner));
    }
    one_value(planner, place, tree, inner)
}

/// Returns a scalar, or a collection in brackets, or a literal block.
fn one_value(planner: &Planner<'_>, place: &Place, tree: &Tree, inner: usize) -> New {
    let renderer = planner.renderer();
    let quote = quote(planner, place, tree);
    if let Some(scalar) = tree.scalar() {
        if quote == Quote::AsNeeded
            && !place.flow
            && planner.form.blocks
            && let Some(literal) = renderer.literal(tree, inner)
        {
            return New::of(&literal);
        }
        let first = write_scalar(scalar, quote, place.flow);
        return New {
            first,
            rest: String::new(),
        };
    }
    New {
        first: in_brackets(tree, planner.habits.quotes),
        rest: String::new(),
    }
}

/// Returns the quotes of a new scalar: those that it replaces stay, unless only the old text needed
/// them and none are asked for.
fn quote(planner: &Planner<'_>, place: &Place, tree: &Tree) -> Quote {
    let old = planner.reader.node(place.id);
    let (Kind::Scalar(Scalar::String(text)), Style::Quoted) = (&old.kind, old.style) else {
        let quotes = if place.flow {
            planner.habits.quotes
        } else {
            Quote::AsNeeded
        };
        return quotes.or(tree.style);
    };
    let new = tree.as_str().unwrap_or_default();
    if planner.habits.quotes == Quote::AsNeeded
        && tree.style == Some(Style::Plain)
        && !is_plain(text, place.flow)
        && is_plain(new, place.flow)
    {
        return Quote::AsNeeded;
    }
    if byte(planner.reader.text, place.slot.start) == Some(b'\'') {
        Quote::Single
    } else {
        Quote::Double
    }
}

fn set_in_flow(planner: &Planner<'_>, place: &Place, tree: &Tree) -> Vec<Splice> {
    let (text, slot) = (planner.reader.text, &place.slot);
    let new = one_value(planner, place, tree, 0).first;
    if slot.start == slot.end {
        let colon = if place.lacks_colon { ":" } else { "" };
        return vec![Splice::new(slot.head..slot.end, format!("{colon} {new}"))];
    }
    let mut splices = without_tags(text, slot, slot.start);
    splices.push(Splice::new(slot.start..slot.end, new));
    splices
}

fn set_root(planner: &Planner<'_>, place: &Place, tree: &Tree) -> Vec<Splice> {
    let (text, slot) = (planner.reader.text, &place.slot);
    let renderer = planner.renderer();
    let is_old_block = is_block(planner, place);
    let wants_block = planner.form.blocks && has_parts(tree) && tree.style != Some(Style::Flow);
    let end = if is_old_block {
        line_end(text, slot.end)
    } else {
        slot.end
    };
    if is_old_block && tree.is_null() {
        return vec![Splice::delete(super::lines::whole_lines(
            text, slot.start, end,
        ))];
    }
    let new = if wants_block {
        New::of(&renderer.block(tree, 0))
    } else {
        one_value(planner, place, tree, planner.habits.step)
    };
    if slot.start == slot.end || (wants_block && !begins_line(text, slot.start)) {
        let at = line_end(text, slot.end);
        let mut splices = vec![Splice::insert(
            at,
            format!("{}{}{}", planner.habits.line_break, new.first, new.rest),
        )];
        if slot.start < slot.end {
            splices.push(Splice::delete(slot.head..slot.end));
        }
        return splices;
    }
    let mut splices = without_tags(text, slot, slot.start);
    if new.rest.is_empty() || is_old_block || slot.header_end != slot.end {
        let whole = format!("{}{}", new.first, new.rest);
        splices.push(Splice::new(slot.start..end, whole));
    } else {
        splices.push(Splice::new(slot.start..end, new.first));
        splices.push(Splice::insert(line_end(text, end), new.rest));
    }
    splices
}

/// Deletes the tags before an offset, with the blanks before them.
fn without_tags(text: &str, slot: &Slot, until: usize) -> Vec<Splice> {
    let before = slot.tags.iter().filter(|tag| tag.start < until);
    let delete = |tag: &std::ops::Range<usize>| {
        let blanks = slice(text, slot.intro..tag.start);
        let begin = slot.intro + blanks.trim_end_matches([' ', '\t']).len();
        if begin < tag.start {
            return Splice::delete(begin..tag.end);
        }
        Splice::delete(tag.start..super::lines::skip_blanks(text, tag.end))
    };
    before.map(delete).collect()
}

/// The old value begins in the line of its key or dash.
fn set_inline(text: &str, slot: &Slot, new: &New) -> Vec<Splice> {
    let is_literal = slot.header_end != slot.end;
    let shown_end = if is_literal {
        slot.header_end
    } else {
        slot.end
    };
    let is_empty = slot.start == slot.end;
    let base = if new.first.is_empty() || is_empty {
        slot.head
    } else {
        slot.start
    };
    let mut splices = without_tags(text, slot, base);
    let line = line_end(text, shown_end);
    let end = if is_empty && is_blank(slice(text, shown_end..line)) {
        line
    } else {
        shown_end
    };
    let first = if is_empty && !new.first.is_empty() {
        format!(" {}", new.first)
    } else {
        new.first.clone()
    };
    splices.push(Splice::new(base..end, first));
    let rest = if is_literal {
        line..slot.end
    } else {
        line..line
    };
    splices.push(Splice::new(rest, new.rest.clone()));
    splices
}

/// The old value is a block below its key or dash.
fn set_below(text: &str, slot: &Slot, new: &New) -> Vec<Splice> {
    let head = slot
        .tags
        .last()
        .map_or(slot.head, |tag| tag.end.max(slot.head));
    let mut splices = without_tags(text, slot, slot.start);
    if !new.first.is_empty() {
        splices.push(Splice::insert(slot.head, format!(" {}", new.first)));
    }
    let old = line_end(text, head)..line_end(text, slot.end);
    splices.push(Splice::new(old, new.rest.clone()));
    splices
}

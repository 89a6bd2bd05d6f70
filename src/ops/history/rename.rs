//! Which flag that is gone a new one was.

use std::collections::HashMap;

use crate::workspace::Past;

use super::{Pair, Place};

/// Returns the file, of those that are gone, that a new one was: the same content, or half of its
/// lines and more.
pub(super) fn origin<'p>(
    past: &Past,
    pairs: &'p [Pair],
    added: &Place,
) -> anyhow::Result<Option<&'p Place>> {
    let gone: Vec<&Place> = pairs
        .iter()
        .filter(|pair| pair.after.is_none())
        .filter_map(|pair| pair.before.as_ref())
        .collect();
    if let Some(same) = gone.iter().find(|place| place.file == added.file) {
        return Ok(Some(same));
    }
    let mut best: Option<(usize, &Place)> = None;
    if gone.is_empty() {
        return Ok(None);
    }
    let text = past.objects().blob(added.file.id)?;
    for place in gone {
        let other = past.objects().blob(place.file.id)?;
        let share = likeness(&other, &text);
        if share >= 50 && best.is_none_or(|(most, _)| share > most) {
            best = Some((share, place));
        }
    }
    Ok(best.map(|(_, place)| place))
}

/// Returns the new file that one that is gone has become.
pub(super) fn goal<'p>(
    past: &Past,
    pairs: &'p [Pair],
    gone: &Pair,
) -> anyhow::Result<Option<&'p Place>> {
    let is_new = |pair: &&Pair| pair.before.is_none();
    for after in pairs
        .iter()
        .filter(is_new)
        .filter_map(|pair| pair.after.as_ref())
    {
        if origin(past, pairs, after)? == gone.before.as_ref() {
            return Ok(Some(after));
        }
    }
    Ok(None)
}

/// Returns how much two texts have in common, in percent of the longer one's bytes.
fn likeness(one: &[u8], other: &[u8]) -> usize {
    let mut lines: HashMap<&[u8], usize> = HashMap::new();
    for line in one.split(|byte| *byte == b'\n') {
        *lines.entry(line).or_default() += 1;
    }
    let mut common = 0;
    for line in other.split(|byte| *byte == b'\n') {
        if let Some(left) = lines.get_mut(line).filter(|left| **left > 0) {
            *left -= 1;
            common += line.len() + 1;
        }
    }
    common * 100 / (one.len().max(other.len()) + 1)
}

/// Joins flags that are gone with new ones that they became.
pub(super) fn join(past: &Past, pairs: Vec<Pair>) -> anyhow::Result<Vec<Pair>> {
    let is_gone = |pair: &Pair| pair.after.is_none();
    let is_new = |pair: &Pair| pair.before.is_none();
    if !pairs.iter().any(is_gone) || !pairs.iter().any(is_new) {
        return Ok(pairs);
    }
    let (mut gone, rest): (Vec<Pair>, Vec<Pair>) = pairs.into_iter().partition(is_gone);
    let mut joined = Vec::new();
    for mut pair in rest {
        if let (None, Some(after)) = (&pair.before, &pair.after)
            && let Some(was) = origin(past, &gone, after)?.cloned()
        {
            gone.retain(|other| other.before.as_ref() != Some(&was));
            pair.before = Some(was);
        }
        joined.push(pair);
    }
    joined.extend(gone);
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_is_by_lines() {
        assert_eq!(likeness(b"a\nb\n", b"a\nb\n"), 100);
        assert_eq!(likeness(b"type: boolean\nx\n", b"nothing\nelse\n"), 5);
        assert!(likeness(b"aaaa\nbbbb\ncccc\n", b"aaaa\nbbbb\ndddd\n") >= 50);
    }
}

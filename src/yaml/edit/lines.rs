//! Lines, blanks and comments of a text: what an edit must step around.

use std::ops::Range;

/// Returns the bytes of a range; of one that does not fit, none.
pub(super) fn slice(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// Returns the byte at an offset.
pub(super) fn byte(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

/// Returns where the text begins, behind a byte order mark.
pub(super) fn text_start(text: &str) -> usize {
    if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    }
}

/// Returns where the line of an offset begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let begin = slice(text, 0..at).rfind('\n').map_or(0, |found| found + 1);
    begin.max(text_start(text))
}

/// Returns where the line of an offset ends, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let Some(found) = rest.find('\n') else {
        return text.len();
    };
    let end = at + found;
    if end > at && byte(text, end - 1) == Some(b'\r') {
        end - 1
    } else {
        end
    }
}

/// Returns where the next line begins; behind the last line, the end of the text.
pub(super) fn next_line(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |found| at + found + 1)
}

/// Returns the column of an offset, in bytes.
pub(super) fn column(text: &str, at: usize) -> usize {
    at.saturating_sub(line_start(text, at))
}

/// Returns whether nothing but blanks stands before the offset in its line.
pub(super) fn begins_line(text: &str, at: usize) -> bool {
    is_blank(slice(text, line_start(text, at)..at))
}

/// Returns whether a part of a line has no character to see.
pub(super) fn is_blank(part: &str) -> bool {
    part.bytes()
        .all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Returns the offset behind blanks of the same line.
pub(super) fn skip_blanks(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.len() - rest.trim_start_matches([' ', '\t']).len()
}

/// Returns the offset behind blanks, line breaks and comments.
pub(super) fn skip_space(text: &str, mut at: usize) -> usize {
    loop {
        match byte(text, at) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b'#') => at = line_end(text, at),
            _ => return at,
        }
    }
}

/// Returns where the comment lines directly above the line of an offset begin; without any, where
/// the line begins. Lines that are indented deeper than what stands at the offset belong to what is
/// above them.
pub(super) fn comments_above(text: &str, at: usize) -> usize {
    let mut begin = line_start(text, at);
    let own = column(text, at);
    while begin > text_start(text) {
        let above = line_start(text, begin - 1);
        let line = slice(text, above..begin);
        let rest = line.trim_start_matches(' ');
        if !rest.starts_with('#') || line.len() - rest.len() > own {
            break;
        }
        begin = above;
    }
    begin
}

/// Returns the end of the last line that belongs to something at `column` whose last value ends at
/// `end`: comment lines that are indented deeper belong to it.
pub(super) fn block_end(text: &str, end: usize, column: usize) -> usize {
    let mut last = line_end(text, end);
    let mut at = next_line(text, last);
    while at < text.len() {
        let stop = line_end(text, at);
        let line = slice(text, at..stop);
        let rest = line.trim_start_matches(' ');
        if rest.starts_with('#') && line.len() - rest.len() > column {
            last = stop;
        } else if !is_blank(line) {
            break;
        }
        at = next_line(text, stop);
    }
    last
}

/// Returns the range of whole lines with the line break that goes with them: their own, or the one
/// before them where the file ends without.
pub(super) fn whole_lines(text: &str, start: usize, end: usize) -> Range<usize> {
    let begin = line_start(text, start);
    let stop = next_line(text, end);
    if stop > end && slice(text, end..stop).ends_with('\n') {
        return begin..stop;
    }
    if begin <= text_start(text) {
        return begin..stop;
    }
    line_end(text, line_start(text, begin - 1))..stop
}

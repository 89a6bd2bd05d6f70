//! The index: the words of flag files, kept from one run to the next.
//!
//! A text of lines. The first has the format, the program's version and a digest of the rest, so
//! that what is damaged or another's is told from what counts. Then there is a line a file, sorted
//! by path: its stamp, its path, and its words.

use std::fmt::Write as _;

use crate::store::digest;
use crate::tree::Stamp;

use super::super::project::VERSION;

const FORMAT: &str = "ffctl.mentions/v1";

/// The words of a file as it was when it had that stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry<'t> {
    pub(super) stamp: Stamp,
    pub(super) path: &'t str,
    pub(super) words: &'t str,
}

/// Returns the entries of an index, sorted by path; none if it is damaged or another version's.
pub(super) fn read(bytes: &[u8]) -> Vec<Entry<'_>> {
    entries(bytes).unwrap_or_default()
}

fn entries(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    let (head, body) = std::str::from_utf8(bytes).ok()?.split_once('\n')?;
    if head != head_of(body) {
        return None;
    }
    body.lines().map(entry).collect()
}

fn entry(line: &str) -> Option<Entry<'_>> {
    let (stamp, rest) = line.split_once(' ')?;
    let (path, words) = rest.split_once('\t')?;
    Some(Entry {
        stamp: stamp.parse().ok()?,
        path,
        words,
    })
}

/// Returns the index of those files, which are sorted by path. A file whose path does not fit into a
/// line is left out.
pub(super) fn write<'t>(entries: impl Iterator<Item = Entry<'t>>) -> String {
    let mut body = String::new();
    for Entry { stamp, path, words } in entries.filter(|entry| fits(entry.path)) {
        let _ = writeln!(body, "{stamp} {path}\t{words}");
    }
    format!("{}\n{body}", head_of(&body))
}

fn fits(path: &str) -> bool {
    !path.contains(['\t', '\n', '\r'])
}

fn head_of(body: &str) -> String {
    format!("{FORMAT} {VERSION} {:016x}", digest(body.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry<'_> {
        Entry {
            stamp: "1-2-3-4".parse().unwrap(),
            path,
            words: "cart depends_on",
        }
    }

    #[test]
    fn an_index_is_read_as_it_was_written() {
        let index = write([entry("flags/a b.yaml"), entry("flags/ä.yaml")].into_iter());
        let read = read(index.as_bytes());
        assert_eq!(read, [entry("flags/a b.yaml"), entry("flags/ä.yaml")]);
        let none = write([entry("flags/a\tb.yaml"), entry("flags/a\nb.yaml")].into_iter());
        assert_eq!(super::read(none.as_bytes()), []);
    }

    #[test]
    fn what_is_damaged_or_anothers_is_nothing() {
        let index = write([entry("flags/a.yaml"), entry("flags/b.yaml")].into_iter());
        for at in 0..index.len() {
            assert_eq!(read(&index.as_bytes()[..at]), [], "cut at {at}");
            let mut bytes = index.clone().into_bytes();
            bytes[at] ^= 1;
            assert_eq!(read(&bytes), [], "damaged at {at}");
        }
        let (format, version) = ("mentions/v2", "0.0.0");
        assert_eq!(read(index.replace("mentions/v1", format).as_bytes()), []);
        assert_eq!(read(index.replace(VERSION, version).as_bytes()), []);
    }
}

//! What tells that a file has not changed.

use std::fmt;
use std::str::FromStr;

/// What a file looked like from outside: where the stamp of a path is the same, its content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Its size in bytes.
    pub(super) size: u64,
    /// The file that the path leads to.
    pub(super) file: u64,
    /// When its content was written, in nanoseconds.
    pub(super) modified: u64,
    /// When anything of it was changed, in nanoseconds.
    pub(super) changed: u64,
}

/// How long a file must have been left alone, in nanoseconds, for its times to tell the next change
/// from the last: clocks of file systems are coarse.
const SETTLED: u64 = 2_000_000_000;

impl Stamp {
    /// Returns the stamp, unless the file was written so short a time ago that another write could
    /// leave it the same.
    pub(super) fn settled(self, now: u64) -> Option<Self> {
        let newest = self.modified.max(self.changed);
        (newest.saturating_add(SETTLED) < now).then_some(self)
    }

    /// Returns whether a file looks as another program noted it: sizes and numbers of files may be cut
    /// off there at 32 bits. Times are in nanoseconds.
    #[must_use]
    pub fn is_noted(&self, size: u32, file: u32, modified: u64, changed: u64) -> bool {
        let low = |number: u64| number & u64::from(u32::MAX);
        low(self.size) == u64::from(size)
            && low(self.file) == u64::from(file)
            && (self.modified, self.changed) == (modified, changed)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            size,
            file,
            modified,
            changed,
        } = self;
        write!(formatter, "{size:x}-{file:x}-{modified:x}-{changed:x}")
    }
}

/// A text that is no stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoStampError;

impl FromStr for Stamp {
    type Err = NoStampError;

    fn from_str(text: &str) -> Result<Self, NoStampError> {
        let mut parts = text.split('-');
        let mut number = || {
            let part = parts.next().ok_or(NoStampError)?;
            u64::from_str_radix(part, 16).map_err(|_| NoStampError)
        };
        let stamp = Self {
            size: number()?,
            file: number()?,
            modified: number()?,
            changed: number()?,
        };
        if parts.next().is_some() {
            return Err(NoStampError);
        }
        Ok(stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp {
        size: 10,
        file: 255,
        modified: 5_000_000_000,
        changed: 7_000_000_000,
    };

    #[test]
    fn what_was_written_just_now_has_no_stamp() {
        assert_eq!(STAMP.settled(9_000_000_001), Some(STAMP));
        for now in [0, 7_000_000_000, 9_000_000_000] {
            assert_eq!(STAMP.settled(now), None);
        }
        let ahead = Stamp {
            modified: u64::MAX,
            ..STAMP
        };
        assert_eq!(ahead.settled(9_000_000_001), None);
    }

    #[test]
    fn a_note_of_32_bits_is_enough() {
        let large = Stamp {
            size: (1 << 32) + 10,
            file: (7 << 32) + 255,
            ..STAMP
        };
        assert!(large.is_noted(10, 255, STAMP.modified, STAMP.changed));
        assert!(!large.is_noted(11, 255, STAMP.modified, STAMP.changed));
        assert!(!large.is_noted(10, 254, STAMP.modified, STAMP.changed));
        assert!(!large.is_noted(10, 255, STAMP.modified + 1, STAMP.changed));
        assert!(!large.is_noted(10, 255, STAMP.modified, 0));
    }

    #[test]
    fn stamps_are_read_as_they_are_written() {
        assert_eq!(STAMP.to_string().parse(), Ok(STAMP));
        for bad in [
            "",
            "a-b-c",
            "a-b-c-d-e",
            "a-b-c-x",
            "1-2-3-10000000000000000",
        ] {
            assert_eq!(bad.parse::<Stamp>(), Err(NoStampError), "{bad}");
        }
    }
}

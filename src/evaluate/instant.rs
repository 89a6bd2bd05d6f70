//! Points in time of conditions and contexts: RFC 3339 date-times, and dates as their midnight in
//! UTC.
//!
//! The shape is checked here, because the calendar library accepts more than RFC 3339 does; the
//! calendar is left to it. Instants are exact to the nanosecond; further digits are cut off.

use jiff::Timestamp;

/// An instant in nanoseconds since 1970-01-01T00:00:00Z.
pub(super) type Instant = i128;

/// Parses `2026-12-01`, `2026-12-01T09:00:00Z` or `2026-12-01T09:00:00.5+01:00`.
///
/// Years are 0000 to 9999, `T` and `Z` may be lower case, and a leap second is the second before.
pub(super) fn parse(text: &str) -> Option<Instant> {
    let bytes = text.as_bytes();
    let timestamp: Timestamp = if has_shape(bytes, b"0000-00-00") {
        format!("{text}T00:00:00Z").parse().ok()?
    } else {
        let (seconds, rest) = bytes.split_at_checked(19)?;
        let digits = match rest.first() {
            Some(b'.') => {
                rest[1..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count()
                    + 1
            }
            _ => 0,
        };
        let offset = &rest[digits..];
        if digits == 1 || !has_shape(seconds, b"0000-00-00T00:00:00") || !is_offset(offset) {
            return None;
        }
        let seconds_and_fraction = text.get(..19 + digits.min(10))?;
        format!("{seconds_and_fraction}{}", text.get(19 + digits..)?)
            .parse()
            .ok()?
    };
    Some(timestamp.as_nanosecond())
}

/// Returns the first whole Unix second that is not before an instant.
pub(super) fn ceil_second(instant: Instant) -> i64 {
    const NANOSECONDS: i128 = 1_000_000_000;
    let rounded =
        instant.div_euclid(NANOSECONDS) + i128::from(instant.rem_euclid(NANOSECONDS) != 0);
    // Years 0000 to 9999 lie well within.
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// Returns whether digits stand where the shape has `0`, and its letters and marks elsewhere.
fn has_shape(bytes: &[u8], shape: &[u8]) -> bool {
    bytes.len() == shape.len()
        && bytes
            .iter()
            .zip(shape)
            .all(|(byte, expected)| match expected {
                b'0' => byte.is_ascii_digit(),
                _ => byte.eq_ignore_ascii_case(expected),
            })
}

fn is_offset(offset: &[u8]) -> bool {
    if offset.eq_ignore_ascii_case(b"Z") {
        return true;
    }
    (has_shape(offset, b"+00:00") || has_shape(offset, b"-00:00"))
        && &offset[1..3] <= b"23".as_slice()
        && offset[4] <= b'5'
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i128 = 1_000_000_000;

    #[test]
    fn date_times_and_dates_are_read() {
        for (text, expected) in [
            ("1970-01-01", 0),
            ("1970-01-02", 86_400 * SECOND),
            ("1970-01-01T00:00:01Z", SECOND),
            ("1970-01-01t00:00:01z", SECOND),
            ("1970-01-01T01:00:01+01:00", SECOND),
            ("1969-12-31T23:00:01-01:00", SECOND),
            ("1970-01-01T00:00:01-00:00", SECOND),
            ("1970-01-01T00:00:00.5Z", SECOND / 2),
            ("1970-01-01T00:00:00.123456789999Z", 123_456_789),
            ("1972-06-30T23:59:60Z", 78_796_799 * SECOND),
            (
                "0000-01-01T00:00:00+23:59",
                -62_167_219_200 * SECOND - 86_340 * SECOND,
            ),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_date() {
        for text in [
            "",
            "1970",
            "1970-1-1",
            "1970-02-30",
            "1970-01-01T00:00Z",
            "1970-01-01T00:00:00",
            "1970-01-01 00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00,5Z",
            "1970-01-01T00:00:00+0100",
            "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00+01:60",
            "1970-01-01T00:00:00Z[UTC]",
            " 1970-01-01",
            "+001970-01-01",
            "1970-01-01T00:00:00é",
            "1970-01-01T00:00:00+é1",
            "0",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn fractions_round_up_to_whole_seconds() {
        for (instant, second) in [
            (0, 0),
            (1, 1),
            (SECOND, 1),
            (SECOND + 1, 2),
            (-1, 0),
            (-SECOND, -1),
            (-SECOND - 1, -1),
        ] {
            assert_eq!(ceil_second(instant), second, "{instant}");
        }
    }
}

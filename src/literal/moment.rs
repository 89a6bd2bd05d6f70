//! Points in time: RFC 3339 date-times, and dates as their midnight in UTC.
//!
//! The shape is checked here, because the calendar library accepts more than RFC 3339 does; the
//! calendar is left to it. Moments are exact to the nanosecond; further digits are cut off.

use jiff::Timestamp;

/// Returns the moment that a text says: an RFC 3339 date-time with its offset, or a date, which is
/// its first moment in UTC.
///
/// ```
/// use ffctl::literal::moment;
/// assert_eq!(moment("2027-01-10"), moment("2027-01-10T01:00:00+01:00"));
/// assert!(moment("2027-01-10T01:00:00").is_none());
/// assert!(moment("2027-02-30").is_none());
/// ```
#[must_use]
pub fn moment(text: &str) -> Option<Timestamp> {
    if has_shape(text.as_bytes(), b"0000-00-00") {
        return format!("{text}T00:00:00Z").parse().ok();
    }
    date_time(text)
}

/// Returns the moment that an RFC 3339 date-time with an offset says.
///
/// Years are 0000 to 9999, `T` and `Z` may be lower case, and a leap second is the second before.
#[must_use]
pub fn date_time(text: &str) -> Option<Timestamp> {
    let (seconds, rest) = text.as_bytes().split_at_checked(19)?;
    let digits = match rest.split_first() {
        Some((b'.', fraction)) => {
            1 + fraction
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count()
        }
        _ => 0,
    };
    let offset = rest.get(digits..)?;
    if digits == 1 || !has_shape(seconds, b"0000-00-00T00:00:00") || !is_offset(offset) {
        return None;
    }
    let seconds_and_fraction = text.get(..19 + digits.min(10))?;
    format!("{seconds_and_fraction}{}", text.get(19 + digits..)?)
        .parse()
        .ok()
}

/// Returns a moment in whole Unix seconds, a fraction rounded down: the time of an evaluation.
#[must_use]
pub fn whole_second(moment: Timestamp) -> i64 {
    moment.as_second() - i64::from(moment.subsec_nanosecond() < 0)
}

/// Returns a moment in whole Unix seconds, a fraction rounded up: a time in whole seconds has
/// reached the moment exactly when it has reached this second.
#[must_use]
pub fn second_reaching(moment: Timestamp) -> i64 {
    whole_second(moment) + i64::from(moment.subsec_nanosecond() != 0)
}

/// Returns whether digits stand where the shape has `0`, and its letters and marks elsewhere.
pub(super) fn has_shape(bytes: &[u8], shape: &[u8]) -> bool {
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
    let [_, hours @ .., b':', tens, _] = offset else {
        return false;
    };
    (has_shape(offset, b"+00:00") || has_shape(offset, b"-00:00"))
        && hours <= b"23".as_slice()
        && *tens <= b'5'
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i128 = 1_000_000_000;

    fn nanoseconds(text: &str) -> Option<i128> {
        moment(text).map(Timestamp::as_nanosecond)
    }

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
            assert_eq!(nanoseconds(text), Some(expected), "{text}");
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
            assert_eq!(moment(text), None, "{text}");
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
            let moment = Timestamp::from_nanosecond(instant).unwrap();
            assert_eq!(second_reaching(moment), second, "{instant}");
            assert_eq!(
                whole_second(moment),
                i64::try_from(instant.div_euclid(SECOND)).unwrap()
            );
        }
    }
}

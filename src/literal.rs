//! Versions, moments and shares as text: one reading for files and contexts alike.

use jiff::Timestamp;
use semver::Version;

/// Returns the version that a text says: SemVer 2.0, with a leading `v` and a missing minor or
/// patch accepted (`v2`, `2.1-rc.1`).
///
/// ```
/// use ffctl::literal::version;
/// assert_eq!(version("v2.1").unwrap(), version("2.1.0").unwrap());
/// assert!(version("2.1.0.4").is_none());
/// assert!(version("02.1").is_none());
/// ```
#[must_use]
pub fn version(text: &str) -> Option<Version> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    if let Ok(version) = Version::parse(text) {
        return Some(version);
    }
    let core_end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, rest) = text.split_at_checked(core_end)?;
    let padding = match core.matches('.').count() {
        0 => ".0.0",
        1 => ".0",
        _ => return None,
    };
    Version::parse(&format!("{core}{padding}{rest}")).ok()
}

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
    match text.len() {
        10 => date(text)?
            .at(0, 0, 0, 0)
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp()),
        _ => date_time(text),
    }
}

/// Returns the day that a text says (`2027-03-31`).
#[must_use]
pub fn date(text: &str) -> Option<jiff::civil::Date> {
    let shaped = text.len() == 10 && shape(text.as_bytes(), b"0000-00-00");
    shaped.then(|| text.parse().ok()).flatten()
}

/// Returns the moment that an RFC 3339 date-time with an offset says.
#[must_use]
pub fn date_time(text: &str) -> Option<Timestamp> {
    let (head, tail) = text.as_bytes().split_at_checked(19)?;
    let head_fits = shape(head, b"0000-00-00T00:00:00") || shape(head, b"0000-00-00t00:00:00");
    let offset = match tail.strip_prefix(b".") {
        None => tail,
        Some(fraction) => {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            // Longer fractions exist on paper; no clock writes them, and none could be compared.
            if digits == 0 || digits > 9 {
                return None;
            }
            fraction.get(digits..)?
        }
    };
    let offset_fits =
        matches!(offset, b"Z" | b"z") || shape(offset, b"+00:00") || shape(offset, b"-00:00");
    (head_fits && offset_fits)
        .then(|| text.parse().ok())
        .flatten()
}

/// `0` in the pattern is any digit; anything else is itself.
fn shape(text: &[u8], pattern: &[u8]) -> bool {
    text.len() == pattern.len()
        && text.iter().zip(pattern).all(|(have, want)| {
            if *want == b'0' {
                have.is_ascii_digit()
            } else {
                have == want
            }
        })
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

/// Returns a number in thousandths, if it is not negative and has at most three decimals.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be in range and integral"
)]
pub fn thousandths(number: f64) -> Option<u64> {
    let scaled = (number * 1000.0).round();
    // Dividing back gives the nearest double of the three-decimal number, which is what the text
    // was read as exactly if it had no more decimals.
    #[expect(clippy::float_cmp, reason = "equal bits are the point")]
    let exact = scaled / 1000.0 == number;
    (exact && (0.0..=9e15).contains(&scaled)).then_some(scaled as u64)
}

/// Returns how many seconds a duration has: a whole number with `s`, `m`, `h`, `d` (of 86,400 s) or
/// `w`.
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    let unit = match text.as_bytes().last()? {
        b's' => 1,
        b'm' => 60,
        b'h' => 3_600,
        b'd' => 86_400,
        b'w' => 604_800,
        _ => return None,
    };
    let digits = text.get(..text.len() - 1)?;
    let number: u64 = digits
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()?;
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_three_decimals_at_most() {
        assert_eq!(thousandths(12.345), Some(12_345));
        assert_eq!(thousandths(0.001), Some(1));
        assert_eq!(thousandths(33.3), Some(33_300));
        assert_eq!(thousandths(1e9), Some(1_000_000_000_000));
        for bad in [12.3456, 1e-10, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(thousandths(bad), None, "{bad}");
        }
    }

    #[test]
    fn date_times_are_strict() {
        for good in [
            "2026-12-01T09:00:00Z",
            "2026-12-01t09:00:00.5+05:30",
            "2026-12-01T09:00:00z",
            "2000-02-29T00:00:00-00:00",
        ] {
            assert!(date_time(good).is_some(), "{good}");
        }
        for bad in [
            "2026-12-01T09:00Z",
            "2026-12-01T09:00:00",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-12-01T25:00:00Z",
            "2026-12-01T09:00:00+0530",
            "2026-12-01T09:00:00Z[Europe/Rome]",
            "2026-12-01 09:00:00Z",
            "now",
        ] {
            assert!(date_time(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn fractions_of_a_second_are_reached_late() {
        let at = |text| second_reaching(moment(text).expect("a moment"));
        assert_eq!(at("1970-01-01T00:00:10Z"), 10);
        assert_eq!(at("1970-01-01T00:00:10.001Z"), 11);
        assert_eq!(at("1969-12-31T23:59:58.5Z"), -1);
        assert_eq!(at("1969-12-31T23:59:58Z"), -2);
    }

    #[test]
    fn durations_are_whole_numbers_with_a_unit() {
        assert_eq!(seconds("90m"), Some(5_400));
        assert_eq!(seconds("2w"), Some(1_209_600));
        for bad in ["", "d", "1.5d", "1y", "-1d", "99999999999999999999s"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}

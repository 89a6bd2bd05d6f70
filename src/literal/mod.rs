//! Versions, moments, shares and durations as text: one reading for files and contexts alike.
//!
//! [`crate::lower`] checks what files say with these, and [`crate::evaluate`] reads operands and
//! attribute values with the same.

mod moment;
mod version;

pub use moment::{date_time, moment, second_reaching, whole_second};
pub use version::version;

/// Returns the day that a text says (`2027-03-31`).
#[must_use]
pub fn date(text: &str) -> Option<jiff::civil::Date> {
    let shaped = moment::has_shape(text.as_bytes(), b"0000-00-00");
    shaped.then(|| text.parse().ok()).flatten()
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
    fn durations_are_whole_numbers_with_a_unit() {
        assert_eq!(seconds("90m"), Some(5_400));
        assert_eq!(seconds("2w"), Some(1_209_600));
        for bad in ["", "d", "1.5d", "1y", "-1d", "99999999999999999999s"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}

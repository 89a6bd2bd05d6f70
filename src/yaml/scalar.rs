//! The scalar resolver: what a plain scalar means in the YAML 1.2 core schema, and where YAML 1.1
//! tools differ.
//!
//! Source: YAML 1.2.2, section 10.3.2 (tag resolution of the core schema); the YAML 1.1 type
//! repository (bool, int, float, sexagesimal) for what older tools make of the same text.

use std::borrow::Cow;

use crate::document::Scalar;

/// Returns what a plain (unquoted) scalar means. An integer beyond 64 bits saturates; later stages
/// report what lies outside ±(2^53−1).
#[must_use]
pub fn resolve_plain(text: Cow<'_, str>) -> Scalar<'_> {
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Boolean(true),
        "false" | "False" | "FALSE" => return Scalar::Boolean(false),
        _ => {}
    }
    let numeric = text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
    let number = numeric.then(|| resolve_number(&text)).flatten();
    number.unwrap_or(Scalar::String(text))
}

fn resolve_number(text: &str) -> Option<Scalar<'static>> {
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    let (negative, unsigned) = match text.as_bytes() {
        [b'-', ..] => (true, text.get(1..)?),
        [b'+', ..] => (false, text.get(1..)?),
        _ => (false, text),
    };
    match unsigned {
        ".inf" | ".Inf" | ".INF" => {
            return Some(Scalar::Float(if negative {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            }));
        }
        ".nan" | ".NaN" | ".NAN" if unsigned.len() == text.len() => {
            return Some(Scalar::Float(f64::NAN));
        }
        _ => {}
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let saturated = if negative { i64::MIN } else { i64::MAX };
        return Some(Scalar::Integer(
            text.trim_start_matches('+').parse().unwrap_or(saturated),
        ));
    }
    is_float(unsigned)
        .then(|| text.parse().ok().map(Scalar::Float))
        .flatten()
}

fn radix(digits: &str, radix: u32) -> Option<Scalar<'static>> {
    let valid = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    valid.then(|| Scalar::Integer(i64::from_str_radix(digits, radix).unwrap_or(i64::MAX)))
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let mut rest = text.get(whole..).unwrap_or_default();
    let mut fraction = 0;
    if let Some(after) = rest.strip_prefix('.') {
        fraction = digits(after);
        rest = after.get(fraction..).unwrap_or_default();
    }
    if whole == 0 && fraction == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        None => rest.is_empty(),
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !exponent.is_empty() && exponent.bytes().all(|b| b.is_ascii_digit())
        }
    }
}

/// Returns how YAML 1.1 tools (`PyYAML`, Ruby, many Go and Java programs) read a plain scalar, where
/// they read it otherwise than YAML 1.2 does. Dates are left out: they are meant as such.
#[must_use]
pub fn yaml_1_1_reading(text: &str) -> Option<&'static str> {
    let first = *text.as_bytes().first()?;
    match first {
        b'y' | b'Y' | b'n' | b'N' | b'o' | b'O' => match text {
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some("the boolean true"),
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some("the boolean false"),
            _ => None,
        },
        b'0'..=b'9' | b'+' | b'-' => number_1_1(text.trim_start_matches(['+', '-'])),
        _ => None,
    }
}

fn number_1_1(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    if !bytes.first()?.is_ascii_digit() {
        return None;
    }
    let all = |allowed: fn(&u8) -> bool| bytes.iter().all(allowed);
    if text.len() > 1 && bytes.first() == Some(&b'0') {
        if let Some(digits) = text.strip_prefix("0b") {
            let binary =
                !digits.is_empty() && digits.bytes().all(|b| matches!(b, b'0' | b'1' | b'_'));
            return binary.then_some("a binary number");
        }
        if let Some(digits) = text.strip_prefix("0o") {
            let octal = !digits.is_empty() && digits.bytes().all(|b| matches!(b, b'0'..=b'7'));
            return octal.then_some("a string");
        }
        if all(|b| matches!(b, b'0'..=b'7' | b'_')) {
            return Some("an octal number");
        }
        if all(u8::is_ascii_digit) {
            // No octal number for its 8 or 9, and no decimal one for its zero.
            return Some("a string");
        }
        if let Some(digits) = text.strip_prefix("0x") {
            let hexadecimal = digits.bytes().any(|b| b.is_ascii_hexdigit())
                && digits.bytes().all(|b| b.is_ascii_hexdigit() || b == b'_');
            return (hexadecimal && text.contains('_')).then_some("a hexadecimal number");
        }
    }
    if all(|b| matches!(b, b'0'..=b'9' | b'_' | b'.')) && text.contains('_') {
        return Some("a number");
    }
    if text.contains(':') && sexagesimal(text) {
        return Some("a number in base 60");
    }
    let exponent = text.split_once(['e', 'E']);
    let without_dot = exponent.is_some_and(|(mantissa, power)| {
        mantissa.bytes().all(|b| b.is_ascii_digit())
            && power
                .trim_start_matches(['+', '-'])
                .bytes()
                .all(|b| b.is_ascii_digit())
    });
    without_dot.then_some("a string")
}

/// `[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
fn sexagesimal(text: &str) -> bool {
    let text = text.split_once('.').map_or(text, |(whole, _)| whole);
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let leads = matches!(first.as_bytes().first(), Some(b'1'..=b'9'))
        && first.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let sixty = |part: &str| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    leads && parts.clone().count() > 0 && parts.all(sixty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Scalar<'_> {
        resolve_plain(Cow::Borrowed(text))
    }

    /// The examples of YAML 1.2.2, section 10.3, and the forms that parsers disagree on.
    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(plain(text), Scalar::Null, "{text:?}");
        }
        assert_eq!(plain("True"), Scalar::Boolean(true));
        assert_eq!(plain("FALSE"), Scalar::Boolean(false));
        for (text, value) in [
            ("0", 0),
            ("0o7", 7),
            ("0x3A", 58),
            ("-19", -19),
            ("+12", 12),
            ("012", 12),
        ] {
            assert_eq!(plain(text), Scalar::Integer(value), "{text}");
        }
        for (text, value) in [
            ("0.", 0.0),
            ("-0.0", -0.0),
            (".5", 0.5),
            ("+12e03", 12000.0),
            ("-2E+05", -200_000.0),
        ] {
            assert_eq!(plain(text), Scalar::Float(value), "{text}");
        }
        assert_eq!(plain("-.INF"), Scalar::Float(f64::NEG_INFINITY));
        let strings = [
            "yes",
            "no",
            "on",
            "Off",
            "1_000",
            "0b11",
            "12:30:45",
            "2024-01-01",
            "1.2.3",
            "e3",
            ".",
            "+",
            "-",
            "0o8",
            "0x",
            "1e",
            "tRUE",
            "nUll",
            "-.nan",
        ];
        for text in strings {
            assert_eq!(plain(text), Scalar::String(text.into()), "{text}");
        }
        assert_eq!(
            plain("99999999999999999999999999999"),
            Scalar::Integer(i64::MAX)
        );
    }

    #[test]
    fn the_traps_of_yaml_1_1_are_known() {
        for text in [
            "no",
            "on",
            "YES",
            "y",
            "012",
            "1_000",
            "0b11",
            "0o14",
            "08",
            "-019",
            "0x1_F",
            "16:00",
            "190:20:30",
            "1e3",
        ] {
            assert!(yaml_1_1_reading(text).is_some(), "{text}");
        }
        for text in [
            "true",
            "12",
            "0",
            "1.5",
            "09:00",
            "2026-10-02",
            "name",
            "1.5e3",
            "0x1F",
            "NOT",
            "one",
            "7d",
            "10%",
        ] {
            assert_eq!(yaml_1_1_reading(text), None, "{text}");
        }
    }
}

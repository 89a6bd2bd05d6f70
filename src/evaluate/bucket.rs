//! Buckets: the position of a subject, and which bytes are hashed for it.
//!
//! A position is in 0..100,000, thousandths of a percent: `(u64(hash) * 100_000) >> 32`. The hash
//! is that of flagd's `fractional`: of the plain string in its second generation, of the string in
//! CBOR in its third (see [`Bucketing`]).

use serde_json::Value;

use super::murmur::Murmur;
use super::text::{Arena, Span};
use crate::ruleset::{Bucketing, POSITIONS};

/// How a subject gets its position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    /// The hash after the salt; unused where a header comes before the salt.
    seeded: Murmur,
    /// Hashed before the subject.
    pub(super) salt: Span,
    /// The number of the subject, and of the one that stands in for it (or [`Bucket::NOBODY`]).
    pub(super) subjects: [u16; 2],
    bucketing: Bucketing,
}

impl Bucket {
    /// No subject stands in.
    pub(super) const NOBODY: u16 = u16::MAX;

    /// Prepares a bucket.
    pub(super) fn new(bucketing: Bucketing, salt: Span, text: &str, subjects: [u16; 2]) -> Self {
        Self {
            seeded: Murmur::new().with(text.as_bytes()),
            salt,
            subjects,
            bucketing,
        }
    }

    /// Returns a subject's position.
    #[inline]
    pub(super) fn position(&self, subject: &str, arena: &Arena) -> u32 {
        let hash = match self.bucketing {
            Bucketing::FlagdV2 => self.seeded.with(subject.as_bytes()).finish(),
            Bucketing::FlagdV3 => cbor_hash(arena.text(self.salt), subject),
        };
        scale(hash)
    }
}

#[inline]
fn scale(hash: u32) -> u32 {
    ((u64::from(hash) * u64::from(POSITIONS)) >> 32) as u32
}

/// Hashes salt and subject, as one CBOR text string in its shortest form (RFC 8949, 4.2.1).
#[inline(never)]
fn cbor_hash(salt: &str, subject: &str) -> u32 {
    const TEXT: u8 = 3 << 5;
    let length = (salt.len() + subject.len()) as u64;
    let bytes = length.to_be_bytes();
    let (argument, size) = match length {
        0..24 => return cbor_rest(&[TEXT | bytes[7]], salt, subject),
        24..0x100 => (24, 1),
        0x100..0x1_0000 => (25, 2),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 8),
    };
    let mut header = [0; 9];
    header[0] = TEXT | argument;
    header[1..=size].copy_from_slice(&bytes[8 - size..]);
    cbor_rest(&header[..=size], salt, subject)
}

fn cbor_rest(header: &[u8], salt: &str, subject: &str) -> u32 {
    Murmur::new()
        .with(header)
        .with(salt.as_bytes())
        .with(subject.as_bytes())
        .finish()
}

/// Returns the text under which a value is a subject: a non-empty string, or the decimal text of a
/// number of integral value within ±(2^53−1).
pub(super) fn subject(value: &Value) -> Option<Box<str>> {
    const LIMIT: f64 = 9_007_199_254_740_991.0;
    match value {
        Value::String(text) if !text.is_empty() => Some(text.as_str().into()),
        Value::Number(number) => {
            let value = number.as_f64()?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the value is integral and within 2^53"
            )]
            let text =
                (value.fract() == 0.0 && value.abs() <= LIMIT).then(|| (value as i64).to_string());
            text.map(String::into_boxed_str)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::evaluate::text::Texts;

    fn position(bucketing: Bucketing, salt: &str, subject: &str) -> u32 {
        let mut texts = Texts::default();
        let span = texts.intern(salt).unwrap();
        Bucket::new(bucketing, span, salt, [0; 2]).position(subject, &texts.finish())
    }

    /// The variant of equal shares, in flagd's order.
    fn variant<'v>(
        bucketing: Bucketing,
        salt: &str,
        subject: &str,
        variants: &[&'v str],
    ) -> &'v str {
        variants[position(bucketing, salt, subject) as usize * variants.len() / 100_000]
    }

    const SUITS: [&str; 4] = ["clubs", "diamonds", "hearts", "spades"];
    const COIN: [&str; 2] = ["heads", "tails"];

    /// open-feature/flagd-testbed at 82ba89e, `gherkin/targeting.feature`: the fractional
    /// operator, examples v2.
    #[test]
    fn second_generation_gives_flagds_variants() {
        for (salt, subject, variants, expected) in [
            ("fractional-flag", "jack", &SUITS[..], "hearts"),
            ("fractional-flag", "queen", &SUITS, "spades"),
            ("fractional-flag", "ten", &SUITS, "clubs"),
            ("fractional-flag", "nine", &SUITS, "diamonds"),
            ("fractional-flag", "3", &SUITS, "clubs"),
            ("shared-seed", "seven", &SUITS, "hearts"),
            ("shared-seed", "eight", &SUITS, "diamonds"),
            ("shared-seed", "nine", &SUITS, "clubs"),
            ("shared-seed", "two", &SUITS, "spades"),
            (
                "fractional-flag-shorthand",
                "jon@company.com",
                &COIN,
                "heads",
            ),
            (
                "fractional-flag-shorthand",
                "jane@company.com",
                &COIN,
                "tails",
            ),
            ("", "ejOoVL", &["lower", "upper"], "lower"),
            ("", "bY9fO-", &["lower", "upper"], "lower"),
            ("", "SI7p-", &["lower", "upper"], "lower"),
            ("", "6LvT0", &["lower", "upper"], "upper"),
            ("", "ceQdGm", &["lower", "upper"], "upper"),
        ] {
            assert_eq!(
                variant(Bucketing::FlagdV2, salt, subject, variants),
                expected,
                "{salt} {subject}"
            );
        }
    }

    /// The same file, examples v3: strings only, as our subjects are. (Without an explicit string
    /// flagd's third generation hashes a list of flag key and targeting key, which we never do.)
    #[test]
    fn third_generation_gives_flagds_variants() {
        for (salt, subject, variants, expected) in [
            ("fractional-flag", "jack", &SUITS[..], "diamonds"),
            ("fractional-flag", "queen", &SUITS, "diamonds"),
            ("fractional-flag", "ten", &SUITS, "clubs"),
            ("fractional-flag", "nine", &SUITS, "clubs"),
            ("fractional-flag", "3", &SUITS, "spades"),
            ("shared-seed", "seven", &SUITS, "hearts"),
            ("shared-seed", "eight", &SUITS, "hearts"),
            ("shared-seed", "nine", &SUITS, "diamonds"),
            ("shared-seed", "two", &SUITS, "diamonds"),
        ] {
            assert_eq!(
                variant(Bucketing::FlagdV3, salt, subject, variants),
                expected,
                "{salt} {subject}"
            );
        }
    }

    /// The same file, v3: 25 equal buckets, around the lengths at which the CBOR header grows.
    #[test]
    fn third_generation_counts_bytes_in_the_header() {
        for (subject, bucket) in [
            ("user1".to_owned(), 22),
            ("user2".to_owned(), 16),
            ("123".to_owned(), 22),
            ("true".to_owned(), 24),
            ("null".to_owned(), 8),
            ("1.23".to_owned(), 4),
            (String::new(), 4),
            ("a".to_owned(), 6),
            ("12345678901234567890123".to_owned(), 4),
            ("123456789012345678901234".to_owned(), 14),
            ("a".repeat(255), 18),
            ("a".repeat(256), 7),
            ("あいうえおかき".to_owned(), 17),
            ("あいうえおかきく".to_owned(), 16),
            ("é".repeat(11), 16),
            ("é".repeat(12), 19),
            ("café façade résumé café".to_owned(), 9),
            // Gherkin knows no such escapes: these are the characters as they stand.
            (r"A\u0000B".to_owned(), 15),
            (r"e\u0301".to_owned(), 7),
            (r"\uD83D\uDE00".to_owned(), 23),
        ] {
            // The salt may be any part of the hashed string.
            let salt = subject.chars().next().map_or(0, char::len_utf8);
            for (salt, rest) in [("", subject.as_str()), subject.split_at(salt)] {
                assert_eq!(
                    position(Bucketing::FlagdV3, salt, rest) / 4_000 + 1,
                    bucket,
                    "{subject}"
                );
            }
        }
    }

    #[test]
    fn long_headers_follow_the_specification() {
        let hash = |header: &[u8], length: usize| {
            Murmur::new()
                .with(header)
                .with(&vec![b'x'; length])
                .finish()
        };
        assert_eq!(
            cbor_hash("x", &"x".repeat(65_534)),
            hash(&[0x79, 0xff, 0xff], 65_535)
        );
        assert_eq!(
            cbor_hash("x", &"x".repeat(65_535)),
            hash(&[0x7a, 0, 1, 0, 0], 65_536)
        );
    }

    #[test]
    fn positions_span_the_space() {
        assert_eq!((scale(0), scale(u32::MAX)), (0, 99_999));
        assert_eq!((scale(0x7fff_ffff), scale(0x8000_0000)), (49_999, 50_000));
    }

    #[test]
    fn subjects_are_strings_and_whole_numbers() {
        for (value, expected) in [
            (json!("a"), Some("a")),
            (json!(" "), Some(" ")),
            (json!(42), Some("42")),
            (json!(-7), Some("-7")),
            (json!(42.0), Some("42")),
            (json!(1e3), Some("1000")),
            (json!(-0.0), Some("0")),
            (json!(9_007_199_254_740_991_i64), Some("9007199254740991")),
            (json!(-9_007_199_254_740_991_i64), Some("-9007199254740991")),
            (json!(9_007_199_254_740_992_i64), None),
            (json!(u64::MAX), None),
            (json!(1.5), None),
            (json!(1e300), None),
            (json!(""), None),
            (json!(true), None),
            (json!(null), None),
            (json!(["a"]), None),
            (json!({}), None),
        ] {
            assert_eq!(subject(&value).as_deref(), expected, "{value}");
        }
    }
}

//! Versions of conditions and contexts: Semantic Versioning 2.0 with the usual leniency.
//!
//! A leading `v` or `V` and a missing minor or patch are accepted, also before a pre-release or
//! build (`1-rc.1` is `1.0.0-rc.1`). Build metadata is dropped, so that equality and order of the
//! parsed versions are the precedence of that specification, section 11.

use semver::{BuildMetadata, Version};

/// Parses a version; `None` if the text is none.
pub(super) fn parse(text: &str) -> Option<Version> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let core = text.find(['-', '+']).unwrap_or(text.len());
    let (core, rest) = text.split_at(core);
    let mut version = match core.bytes().filter(|byte| *byte == b'.').count() {
        0 => Version::parse(&format!("{core}.0.0{rest}")),
        1 => Version::parse(&format!("{core}.0{rest}")),
        _ => Version::parse(text),
    }
    .ok()?;
    version.build = BuildMetadata::EMPTY;
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_parts_and_a_leading_v_are_accepted() {
        for (text, full) in [
            ("1", "1.0.0"),
            ("v1", "1.0.0"),
            ("V1.2", "1.2.0"),
            ("1.2.3", "1.2.3"),
            ("1-rc.1", "1.0.0-rc.1"),
            ("1.2-rc.1+b", "1.2.0-rc.1"),
            ("1+build-5.x", "1.0.0"),
            ("1.2.3+build", "1.2.3"),
        ] {
            assert_eq!(parse(text), Version::parse(full).ok(), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_version() {
        for text in [
            "", "v", "vv1", " 1", "1 ", "1.", "1..2", "1.2.3.4", "01", "1.02", "1.2.x", "-1", "1-",
            "1.2.3-01", "a",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn order_is_that_of_the_specification() {
        let order = [
            "1-alpha",
            "1.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1",
            "1.0.1",
            "1.1",
            "2",
        ];
        for pair in order.windows(2) {
            assert!(parse(pair[0]) < parse(pair[1]), "{pair:?}");
        }
        assert_eq!(parse("1.0.0+a"), parse("v1+b"));
    }
}

//! Versions: Semantic Versioning 2.0 with the usual leniency.
//!
//! A leading `v` or `V` and a missing minor or patch are accepted, also before a pre-release or
//! build (`1-rc.1` is `1.0.0-rc.1`). Build metadata is dropped, so that equality and order of the
//! parsed versions are the precedence of that specification, section 11.

use semver::{BuildMetadata, Version};

/// Returns the version that a text says, without its build metadata.
///
/// ```
/// use ffctl::literal::version;
/// assert_eq!(version("v2.1"), version("2.1.0+build.7"));
/// assert!(version("2.1.0.4").is_none());
/// assert!(version("02.1").is_none());
/// ```
#[must_use]
pub fn version(text: &str) -> Option<Version> {
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
            assert_eq!(version(text), Version::parse(full).ok(), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_version() {
        for text in [
            "", "v", "vv1", " 1", "1 ", "1.", "1..2", "1.2.3.4", "01", "1.02", "1.2.x", "-1", "1-",
            "1.2.3-01", "a",
        ] {
            assert_eq!(version(text), None, "{text}");
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
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
        assert_eq!(version("1.0.0+a"), version("v1+b"));
    }
}

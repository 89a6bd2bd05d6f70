//! The canonical bytes of a ruleset, and the digest that is its version.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::ruleset::Ruleset;

/// Returns the document in the canonical form of RFC 8785.
///
/// # Errors
///
/// Fails if a number in it is not finite, which the format does not let happen.
pub fn canonical(document: &impl serde::Serialize) -> Result<Vec<u8>, serde_json::Error> {
    serde_json_canonicalizer::to_vec(document)
}

/// Returns a ruleset that has no version yet with its version, in canonical form.
///
/// The version digests everything else, so the bytes are made once: `version` sorts behind every
/// other member of the document, and is appended to what was digested.
#[must_use]
pub fn versioned(unversioned: &Ruleset<'_>) -> (String, Vec<u8>) {
    debug_assert!(unversioned.version.is_empty());
    let mut bytes = canonical(unversioned).expect("every number of a catalog is finite");
    let version = digest(&bytes);
    bytes.pop();
    bytes.extend_from_slice(format!(",\"version\":\"{version}\"}}").as_bytes());
    (version, bytes)
}

/// Returns `sha256:` and the digest of some bytes in hexadecimal.
fn digest(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(71);
    text.push_str("sha256:");
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::{FORMAT, Table, Text};

    #[test]
    fn the_version_digests_the_document_without_itself() {
        let ruleset = |version: &str| Ruleset {
            format: Text::from(FORMAT),
            version: Text::from(version.to_owned()),
            project: Text::from("p"),
            environment: Text::from("e"),
            computed: Table::default(),
            segments: Table::default(),
            metadata: crate::ruleset::Metadata::default(),
            flags: Table::default(),
        };
        let (version, bytes) = versioned(&ruleset(""));
        let without =
            br#"{"environment":"e","flags":{},"format":"ffctl.ruleset/v1","project":"p"}"#;
        assert_eq!(version, digest(without));
        assert_eq!(bytes, canonical(&ruleset(&version)).expect("JSON"));
    }
}

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

/// Returns `sha256:` and the digest of the canonical document without its version.
pub(super) fn version(unversioned: &Ruleset<'_>) -> String {
    let bytes = canonical(unversioned).expect("every number of a catalog is finite");
    let digest = Sha256::digest(&bytes);
    let mut text = String::with_capacity(71);
    text.push_str("sha256:");
    for byte in digest {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
    }
    text
}

//! Names: `[A-Za-z0-9][A-Za-z0-9._-]{0,99}`, unique without regard to case.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The names that rules cannot have, because evaluations report them as variants.
pub const RESERVED_RULE_NAMES: [&str; 4] = ["on", "off", "default", "rollout"];

/// The file stems that flags cannot have, because the format's own files have them.
pub const RESERVED_STEMS: [&str; 4] = [
    "environments",
    "segments",
    "attributes",
    "flag-dependencies",
];

/// A text that is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidNameError;

impl fmt::Display for InvalidNameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "names begin with a letter or digit and hold at most 100 letters, digits, `.`, `_` and `-`",
        )
    }
}

impl std::error::Error for InvalidNameError {}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric())
        && text.len() <= 100
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub struct $name(Arc<str>);

            impl $name {
                /// Returns the name of that text.
                ///
                /// # Errors
                ///
                /// Fails if the text is not a name.
                pub fn new(text: &str) -> Result<Self, InvalidNameError> {
                    if is_name(text) { Ok(Self(text.into())) } else { Err(InvalidNameError) }
                }

                /// Returns the text.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str(&self.0)
                }
            }

            impl Borrow<str> for $name {
                fn borrow(&self) -> &str {
                    &self.0
                }
            }
        )*
    };
}

names! {
    /// The key of a flag: the stem of its file.
    FlagKey;
    /// The name of an environment, a segment, a variant or a rule.
    Name;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for good in [
            "a",
            "9lives",
            "checkout_one_page",
            "team.flag-2",
            &"x".repeat(100),
        ] {
            assert!(FlagKey::new(good).is_ok(), "{good}");
        }
        for bad in ["", "_a", "-a", ".a", "a b", "a/b", "é", &"x".repeat(101)] {
            assert!(FlagKey::new(bad).is_err(), "{bad}");
        }
    }
}

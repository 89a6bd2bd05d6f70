//! What an evaluation answers: value, variant, reason, rule and error.
//!
//! An [`Outcome`] borrows from the engine, so that an evaluation allocates nothing. Spellings are
//! those of `OpenFeature`, with `PREREQUISITE_FAILED` added.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// The answer to one evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome<'e> {
    /// The value; `None` only if the flag is unknown.
    pub value: Option<&'e Value>,
    /// The variant's name; `None` only if the flag is unknown.
    pub variant: Option<&'e str>,
    /// Why it was served.
    pub reason: Reason,
    /// The rule that decided, that left the subject out of its percentage, or that lacked a
    /// subject.
    pub rule: Option<&'e str>,
    /// What went wrong, if the reason is [`Reason::Error`].
    pub error: Option<ErrorCode>,
}

impl Outcome<'_> {
    /// The answer for a flag that the ruleset does not hold.
    pub(super) const UNKNOWN: Self = Self {
        value: None,
        variant: None,
        reason: Reason::Error,
        rule: None,
        error: Some(ErrorCode::FlagNotFound),
    };
}

/// Why an outcome was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing could have decided otherwise: no rules, buckets, dependencies or pending time.
    Static,
    /// No rule took the subject, or it is outside a percentage.
    Default,
    /// A rule decided, without a bucket.
    TargetingMatch,
    /// A percentage included the subject, or a split of two or more chose.
    Split,
    /// The flag is killed or not enabled.
    Disabled,
    /// A flag that this one depends on does not serve what is required.
    PrerequisiteFailed,
    /// See [`Outcome::error`].
    Error,
}

impl Reason {
    /// Returns the reason as `OpenFeature` spells it.
    ///
    /// ```
    /// # use ffctl::evaluate::Reason;
    /// assert_eq!(Reason::TargetingMatch.as_str(), "TARGETING_MATCH");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Static => "STATIC",
            Self::Default => "DEFAULT",
            Self::TargetingMatch => "TARGETING_MATCH",
            Self::Split => "SPLIT",
            Self::Disabled => "DISABLED",
            Self::PrerequisiteFailed => "PREREQUISITE_FAILED",
            Self::Error => "ERROR",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What went wrong in an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The ruleset holds no flag of that name.
    FlagNotFound,
    /// A bucket was needed, and the context names no subject.
    TargetingKeyMissing,
    /// What was asked could not be read. The engine never answers so; those who ask it for others
    /// do.
    ParseError,
    /// What was asked names something that is not there, likewise.
    General,
}

impl ErrorCode {
    /// Returns the code as `OpenFeature` spells it.
    ///
    /// ```
    /// # use ffctl::evaluate::ErrorCode;
    /// assert_eq!(ErrorCode::FlagNotFound.as_str(), "FLAG_NOT_FOUND");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FlagNotFound => "FLAG_NOT_FOUND",
            Self::TargetingKeyMissing => "TARGETING_KEY_MISSING",
            Self::ParseError => "PARSE_ERROR",
            Self::General => "GENERAL",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A flag of one engine, for evaluating without a look-up by name.
///
/// Only the engine that gave it out understands it: another one answers for whichever flag stands
/// at the same place, or that the flag is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlagId(pub(super) u32);

//! Why a ruleset cannot be loaded, and where in it.
//!
//! A ruleset is written by a compiler and seldom wrong; an engine all the same takes nothing for
//! granted that it would otherwise have to check at evaluation. Each error names the flag and
//! rule, segment or computed attribute at fault.

use std::fmt;

use crate::ruleset::Operator;

/// A ruleset that cannot be loaded.
#[derive(Debug)]
pub struct LoadError {
    place: Place,
    fault: Fault,
}

/// The part of a ruleset that is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The document as a whole.
    Document,
    /// A flag.
    Flag(String),
    /// A rule of a flag.
    Rule {
        /// The flag's key.
        flag: String,
        /// The rule's name.
        rule: String,
    },
    /// A segment.
    Segment(String),
    /// A computed attribute.
    Computed(String),
}

/// What is wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Not UTF-8, not JSON, or not of the ruleset's shape.
    Json(serde_json::Error),
    /// The bytes are not UTF-8; the number of valid ones.
    Encoding(usize),
    /// A format that this version does not read.
    Format(String),
    /// More of something than the engine's tables can number.
    TooLarge(&'static str),
    /// Conditions nested too deeply.
    TooDeep,
    /// A name that stands twice.
    Duplicate,
    /// A flag without phases.
    NoPhase,
    /// The first phase has a `from`, or a later one has none or does not come later.
    PhaseOrder,
    /// A number that is not a position in the flag's outcomes.
    UnknownOutcome(u32),
    /// A serving that has not exactly one of `outcome` and `split`.
    Serving,
    /// An exposure that has not exactly one of `ranges` and `gradual`.
    Exposure,
    /// Ranges that are not half-open, ascending and within 0..=100000, or a split with gaps.
    Ranges,
    /// A ramp with a share above 100000, or with `every` 0.
    Gradual,
    /// A dependency that requires neither values nor variants.
    Dependency,
    /// Flags that depend on each other, in order.
    DependencyCycle(Vec<String>),
    /// A condition on a segment that does not exist.
    UnknownSegment(String),
    /// Segments that use each other, in order.
    SegmentCycle(Vec<String>),
    /// A computed attribute whose conditions use a computed attribute.
    NestedComputed,
    /// A computed attribute that is called `now`.
    ComputedNow,
    /// An operand of a kind that the operator does not take.
    Operand {
        /// The attribute of the condition.
        attribute: String,
        /// The operator of the condition.
        operator: Operator,
        /// What it takes.
        expected: &'static str,
    },
    /// A regular expression that is not valid; the pattern and the reason.
    Regex(String, String),
    /// Regular expressions that together need more memory than an engine spends on them.
    RegexBudget,
}

impl LoadError {
    pub(super) fn new(place: Place, fault: Fault) -> Self {
        Self { place, fault }
    }

    pub(super) fn document(fault: Fault) -> Self {
        Self::new(Place::Document, fault)
    }

    pub(super) fn flag(flag: &str, fault: Fault) -> Self {
        Self::new(Place::Flag(flag.to_owned()), fault)
    }

    pub(super) fn rule(flag: &str, rule: &str, fault: Fault) -> Self {
        Self::new(
            Place::Rule {
                flag: flag.to_owned(),
                rule: rule.to_owned(),
            },
            fault,
        )
    }

    /// Returns the part of the ruleset that is at fault.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Document => write!(formatter, "the ruleset cannot be read: ")?,
            Place::Flag(flag) => write!(formatter, "flag `{flag}`: ")?,
            Place::Rule { flag, rule } => write!(formatter, "flag `{flag}`, rule `{rule}`: ")?,
            Place::Segment(name) => write!(formatter, "segment `{name}`: ")?,
            Place::Computed(name) => write!(formatter, "computed attribute `{name}`: ")?,
        }
        self.fault.fmt(formatter)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(formatter),
            Self::Encoding(valid) => write!(formatter, "it is not UTF-8 after {valid} bytes"),
            Self::Format(found) => {
                write!(
                    formatter,
                    "its format is `{found}`, this version reads `{}`",
                    crate::ruleset::FORMAT
                )
            }
            Self::TooLarge(what) => write!(formatter, "it has too many {what}"),
            Self::TooDeep => formatter.write_str("its conditions are nested too deeply"),
            Self::Duplicate => formatter.write_str("it stands twice"),
            Self::NoPhase => formatter.write_str("it has no phases"),
            Self::PhaseOrder => formatter.write_str("its phases are not in order of time"),
            Self::UnknownOutcome(position) => write!(formatter, "it has no outcome {position}"),
            Self::Serving => {
                formatter.write_str("a serving has exactly one of `outcome` and `split`")
            }
            Self::Exposure => {
                formatter.write_str("an exposure has exactly one of `ranges` and `gradual`")
            }
            Self::Ranges => formatter.write_str(
                "ranges are half-open, ascending and within 0..=100000, a split's without gaps",
            ),
            Self::Gradual => {
                formatter.write_str("a ramp's shares are at most 100000, and `every` at least 1")
            }
            Self::Dependency => formatter.write_str("a dependency has `values` or `variants`"),
            Self::DependencyCycle(flags) => {
                write!(formatter, "flags depend on each other: {}", Loop(flags))
            }
            Self::UnknownSegment(name) => write!(formatter, "there is no segment `{name}`"),
            Self::SegmentCycle(names) => {
                write!(formatter, "segments use each other: {}", Loop(names))
            }
            Self::ComputedNow => formatter.write_str("`now` is the time and cannot be computed"),
            Self::NestedComputed => formatter.write_str("its conditions use a computed attribute"),
            Self::Operand {
                attribute,
                operator,
                expected,
            } => {
                write!(
                    formatter,
                    "`{attribute}` `{}` takes {expected}",
                    operator.name()
                )
            }
            Self::Regex(pattern, message) => {
                write!(
                    formatter,
                    "`{pattern}` is not a valid regular expression: {message}"
                )
            }
            Self::RegexBudget => {
                formatter.write_str("the regular expressions together are too large")
            }
        }
    }
}

/// Names that lead back to the first.
struct Loop<'n>(&'n [String]);

impl fmt::Display for Loop<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in self.0 {
            write!(formatter, "`{name}` → ")?;
        }
        write!(formatter, "`{}`", self.0.first().map_or("", String::as_str))
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Fault::Json(error) => Some(error),
            _ => None,
        }
    }
}

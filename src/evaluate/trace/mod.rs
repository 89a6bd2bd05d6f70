//! What an evaluation looked at, as data.
//!
//! A [`Tracer`] evaluates with the very code of the [`Engine`](super::Engine), before a visitor
//! that writes down dependencies, buckets and the place that decided. Conditions are then shown in
//! full, also those that the evaluation had no need of: each is tested again by the function that
//! the evaluation uses. The types here hold no text but names; rendering is left to others.

mod record;
mod tracer;
mod walk;

use serde::Serialize;
use serde_json::Value;

pub use tracer::Tracer;

use crate::ruleset::Operator;

/// How an outcome came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// The flag's key.
    pub flag: String,
    /// The time of the evaluation, in Unix seconds.
    pub time: i64,
    /// Whether the flag was looked into at all.
    pub state: State,
    /// When the phase in force began, in Unix seconds; `None` if it has always been.
    pub since: Option<i64>,
    /// The flags that it depends on, in order.
    pub dependencies: Vec<DependencyTrace>,
    /// The rules of the phase in force, in order.
    pub rules: Vec<RuleTrace>,
    /// The environment's serving, if it was reached and there is one.
    pub serving: Option<ServingTrace>,
    /// What those get whom nothing includes; `None` unless the flag is enabled.
    pub default: Option<VariantTrace>,
}

/// Whether a flag was looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// There is no such flag.
    Unknown,
    /// A kill switch is in force.
    Killed,
    /// It is off in the phase in force.
    Disabled,
    /// It is on.
    Enabled,
}

/// A dependency on another flag.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DependencyTrace {
    /// The other flag's key.
    pub flag: String,
    /// The values one of which it must serve.
    pub values: Option<Vec<Value>>,
    /// The variants one of which it must serve.
    pub variants: Option<Vec<String>>,
    /// What it serves; `None` if it is unknown, in error, or was not looked at.
    pub served: Option<VariantTrace>,
    /// Whether that is what is required; `None` if it was not looked at.
    pub satisfied: Option<bool>,
}

/// A variant and its value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantTrace {
    /// The variant's name.
    pub variant: String,
    /// Its value.
    pub value: Value,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleTrace {
    /// The rule's name.
    pub name: String,
    /// What became of it.
    pub status: RuleStatus,
    /// Its conditions; empty if it was not reached.
    pub conditions: Vec<ConditionTrace>,
    /// What it serves, if its conditions hold.
    pub serving: Option<ServingTrace>,
}

/// What became of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleStatus {
    /// Its conditions hold and it served; or it lacked a subject.
    Decided,
    /// Its conditions hold, and the subject is outside its percentage.
    Outside,
    /// Its conditions do not hold.
    NotMatched,
    /// An earlier rule ended the evaluation, or a dependency did.
    NotReached,
}

/// A condition, in the form of a flag file, with its truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ConditionTrace {
    /// A comparison of an attribute.
    Test {
        /// The attribute's name.
        attribute: String,
        /// How it is compared.
        operator: Operator,
        /// What it is compared with; null for `exists` and `not_exists`.
        value: Value,
        /// What the context holds; null if it is missing.
        actual: Value,
        /// Whether the condition holds.
        holds: bool,
    },
    /// A segment.
    Segment {
        /// The segment's name.
        segment: String,
        /// Whether it holds.
        holds: bool,
        /// Its conditions; `None` where segments within segments would make the trace endless.
        conditions: Option<Vec<Self>>,
    },
    /// At least one must hold.
    Any {
        /// The conditions.
        any: Vec<Self>,
        /// Whether one holds.
        holds: bool,
    },
    /// All must hold.
    All {
        /// The conditions.
        all: Vec<Self>,
        /// Whether all hold.
        holds: bool,
    },
    /// Must not hold.
    Not {
        /// The condition.
        not: Box<Self>,
        /// Whether it does not hold.
        holds: bool,
    },
}

impl ConditionTrace {
    /// Returns whether the condition holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        match self {
            Self::Test { holds, .. }
            | Self::Segment { holds, .. }
            | Self::Any { holds, .. }
            | Self::All { holds, .. }
            | Self::Not { holds, .. } => *holds,
        }
    }
}

/// What is served, and to how many.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServingTrace {
    /// Who is included; `None` is everybody.
    pub exposure: Option<ExposureTrace>,
    /// The variant, where there is but one.
    pub variant: Option<String>,
    /// The variants by bucket.
    pub split: Option<SplitTrace>,
}

/// A percentage or a ramp.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExposureTrace {
    /// The subject's bucket.
    #[serde(flatten)]
    pub bucket: BucketTrace,
    /// The included positions, half-open.
    pub ranges: Option<Vec<(u32, u32)>>,
    /// The share of a ramp at the time, in thousandths of a percent.
    pub share: Option<u32>,
    /// Whether the subject is included; `None` if a subject is needed and missing.
    pub included: Option<bool>,
}

/// The place of a subject among 100,000.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BucketTrace {
    /// Hashed before the subject.
    pub salt: String,
    /// The attribute that gives the subject. Where none is named, it is `user_id` if that stands
    /// in, and else `targetingKey`.
    pub attribute: String,
    /// Whether the evaluation needed the bucket. Shares of none and of all, and splits that were
    /// not reached, need none.
    pub needed: bool,
    /// The subject as it is hashed; `None` if it was not needed, or is needed and missing.
    pub subject: Option<String>,
    /// Its position, in thousandths of a percent, likewise.
    pub position: Option<u32>,
}

/// A choice between variants.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SplitTrace {
    /// The subject's bucket.
    #[serde(flatten)]
    pub bucket: BucketTrace,
    /// The positions of each variant, half-open.
    pub ranges: Vec<(u32, u32, String)>,
}

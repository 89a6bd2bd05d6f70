//! The compiled ruleset: one document per environment, with everything resolved.
//!
//! These are the types of the exported artifact (`export --format ruleset`), and the only thing
//! that [`crate::evaluate`] knows. A document holds no name that must be looked up elsewhere:
//! inheritance and schedules are laid out as time-ordered phases, default splits and off values
//! are written out, shares and weights are integers. The JSON form is
//! `schema/ruleset.schema.json`; its bytes follow RFC 8785.
//!
//! Strings are borrowed from the JSON text where it allows that, so that a ruleset of ten thousand
//! flags is read without ten thousand small copies. The module knows nothing of files, Git or the
//! clock.

mod condition;
mod table;
mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use condition::{Condition, Operator};
pub use table::Table;
pub use text::{Operand, Scalar, Text};

/// The value of [`Ruleset::format`] that this version writes and reads.
pub const FORMAT: &str = "ffctl.ruleset/v1";

/// The number of positions in a bucket space: thousandths of a percent.
pub const POSITIONS: u32 = 100_000;

/// Everything that decides what the flags of one environment serve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ffctl ruleset")]
pub struct Ruleset<'a> {
    /// Always `ffctl.ruleset/v1`.
    #[serde(borrow)]
    pub format: Text<'a>,
    /// `sha256:` and the SHA-256 of the canonical document without this member.
    #[serde(borrow, default, skip_serializing_if = "Text::is_empty")]
    pub version: Text<'a>,
    /// The name of the project, from ffctl.toml.
    #[serde(borrow)]
    pub project: Text<'a>,
    /// The environment that the flags are resolved for.
    #[serde(borrow)]
    pub environment: Text<'a>,
    /// Computed attributes: the first entry whose conditions hold gives the value.
    #[serde(borrow, default, skip_serializing_if = "Table::is_empty")]
    pub computed: Table<'a, Vec<ComputedEntry<'a>>>,
    /// Named conditions; a list is an AND.
    #[serde(borrow, default, skip_serializing_if = "Table::is_empty")]
    pub segments: Table<'a, Vec<Condition<'a>>>,
    /// Free data of the environment and of the segments.
    #[serde(borrow, default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata<'a>,
    /// The flags by key, sorted. Archived flags are not here.
    #[serde(borrow)]
    pub flags: Table<'a, Flag<'a>>,
}

/// Free data for consumers, beside that of flags and rules.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metadata<'a> {
    /// What environments.yaml says of the environment.
    #[serde(borrow, default, skip_serializing_if = "Table::is_empty")]
    pub environment: Table<'a, Scalar<'a>>,
    /// What segments.yaml says of the segments, by name.
    #[serde(borrow, default, skip_serializing_if = "Table::is_empty")]
    pub segments: Table<'a, Table<'a, Scalar<'a>>>,
}

impl Metadata<'_> {
    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.environment.is_empty() && self.segments.is_empty()
    }
}

/// One entry of a computed attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComputedEntry<'a> {
    /// All must hold; an empty list holds.
    #[serde(borrow, default)]
    pub conditions: Vec<Condition<'a>>,
    /// The value that the attribute then has.
    #[serde(borrow)]
    pub value: Scalar<'a>,
}

/// A flag as one environment serves it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flag<'a> {
    /// The type of its values.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// Which bytes are hashed for this flag's buckets.
    pub bucketing: Bucketing,
    /// Whether a kill switch is in force: the off outcome is served whatever else stands here.
    #[serde(default, skip_serializing_if = "is_false")]
    pub killed: bool,
    /// What the flag can serve; the numbers elsewhere in it are positions in this list.
    #[serde(borrow)]
    pub outcomes: Vec<Outcome<'a>>,
    /// What a killed or disabled flag serves: a position in `outcomes`.
    pub off: u32,
    /// Flags of this ruleset that must serve given values first.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency<'a>>,
    /// The flag's settings over time, in order; the last whose `from` has been reached is in force.
    /// The first has no `from`.
    #[serde(borrow)]
    pub phases: Vec<Phase<'a>>,
    /// Free data for consumers.
    #[serde(borrow, default, skip_serializing_if = "Table::is_empty")]
    pub metadata: Table<'a, Scalar<'a>>,
}

/// A value that a flag can serve, and the name that evaluations report for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome<'a> {
    /// The variant's key, or for flags without variants `on`, `off`, `default`, `rollout` or a
    /// rule's name.
    #[serde(borrow)]
    pub variant: Text<'a>,
    /// The value itself, of the flag's type.
    pub value: serde_json::Value,
}

/// A requirement on another flag of the same ruleset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependency<'a> {
    /// The flag that must be served.
    #[serde(borrow)]
    pub flag: Text<'a>,
    /// Its served value must equal one of these.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Scalar<'a>>>,
    /// Its served variant must be one of these.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub variants: Option<Vec<Text<'a>>>,
}

/// A flag's settings in one period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase<'a> {
    /// When the period begins, in Unix seconds; the first phase has always begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Whether the flag is on; off, the off outcome is served.
    pub enabled: bool,
    /// What those get whom no rule takes and no serving includes: a position in `outcomes`.
    pub default: u32,
    /// Targeting rules, in order: the first whose conditions hold decides.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule<'a>>,
    /// What those get whom no rule takes, if they are included; absent, they get the default.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub serving: Option<Serving<'a>>,
}

/// A targeting rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule<'a> {
    /// The rule's name, as evaluations report it.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// All must hold; an empty list takes everybody.
    #[serde(borrow)]
    pub conditions: Vec<Condition<'a>>,
    /// What the rule serves; those outside its exposure get the phase's default.
    #[serde(borrow)]
    pub serving: Serving<'a>,
    /// Free data for consumers.
    #[serde(borrow, default, skip_serializing_if = "Table::is_empty")]
    pub metadata: Table<'a, Scalar<'a>>,
}

/// What is served, and to how many. Exactly one of `outcome` and `split` is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Serving<'a> {
    /// Who is included; absent, everybody, and no bucket is needed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Exposure<'a>>,
    /// The one outcome: a position in `outcomes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<u32>,
    /// The outcome by bucket.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split<'a>>,
}

/// Who is included, by position in the bucket space. Exactly one of `ranges` and `gradual` is
/// there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exposure<'a> {
    /// Hashed before the subject.
    #[serde(borrow)]
    pub salt: Text<'a>,
    /// The attribute that names the subject; absent, `targetingKey` with `user_id` standing in.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<Text<'a>>,
    /// Included positions, half-open, ascending, in 0..=100000; empty is nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Vec<(u32, u32)>>,
    /// A share that grows with time: positions below it are included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradual: Option<Gradual>,
}

/// A ramp. Before `start` nobody is included; at `start` the share is `from`, and after each full
/// `every` it is `increment` more, at most `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gradual {
    /// Unix seconds.
    pub start: i64,
    /// Thousandths of a percent.
    pub from: u32,
    /// Thousandths of a percent.
    pub increment: u32,
    /// Seconds, at least 1.
    pub every: u64,
    /// Thousandths of a percent.
    pub until: u32,
}

impl Gradual {
    /// Returns the share at a time (Unix seconds), in thousandths of a percent.
    ///
    /// ```
    /// # use ffctl::ruleset::Gradual;
    /// let ramp = Gradual { start: 0, from: 10_000, increment: 10_000, every: 86_400, until: 100_000 };
    /// assert_eq!(ramp.share_at(-1), 0);
    /// assert_eq!(ramp.share_at(86_399), 10_000);
    /// assert_eq!(ramp.share_at(86_400), 20_000);
    /// assert_eq!(ramp.share_at(i64::MAX), 100_000);
    /// ```
    #[must_use]
    pub fn share_at(&self, time: i64) -> u32 {
        if time < self.start {
            return 0;
        }
        let elapsed = time.abs_diff(self.start) / self.every.max(1);
        let grown = u64::from(self.increment).saturating_mul(elapsed);
        let share = grown.saturating_add(u64::from(self.from));
        u32::try_from(share).map_or(self.until, |share| share.min(self.until))
    }

    /// Returns whether the share can still grow after a time.
    #[must_use]
    pub fn is_pending(&self, time: i64) -> bool {
        time < self.start || self.share_at(time) < self.until
    }
}

/// The outcome by bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Split<'a> {
    /// Hashed before the subject.
    #[serde(borrow)]
    pub salt: Text<'a>,
    /// The attribute that names the subject; absent, `targetingKey` with `user_id` standing in.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<Text<'a>>,
    /// `[from, to, outcome]`: half-open, ascending, without gaps, from 0 to 100000.
    pub ranges: Vec<(u32, u32, u32)>,
}

/// The type of a flag's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any finite number.
    Number,
    /// A map or a list.
    Json,
}

impl ValueType {
    /// Returns its name, as files write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Json => "json",
        }
    }
}

/// Which bytes are hashed for a bucket: the two generations of flagd's `fractional`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub enum Bucketing {
    /// The string's UTF-8 bytes.
    #[default]
    #[serde(rename = "flagd-v2")]
    FlagdV2,
    /// The string as a deterministic CBOR text string (RFC 8949, 4.2.1).
    #[serde(rename = "flagd-v3")]
    FlagdV3,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde calls"
)]
fn is_false(value: &bool) -> bool {
    !*value
}

//! The record of a flag in an environment: everything that decides what it serves there, now or
//! later.
//!
//! Input: a flag of a sound [`Catalog`](crate::model::Catalog); output: a [`Record`] that borrows
//! from it. Approvals, diffs and rollbacks speak of records: two writings that an environment
//! resolves the same have equal ones. Unlike a ruleset, a record keeps what is held back (rules
//! beneath `enabled: false`, what a kill switch covers) and what decides how the flag may be
//! changed; it leaves out who owns it and what it is called. The form is
//! `schema/record.schema.json`. No clock enters: steps that have elapsed are in it, and ramps are
//! formulas.

mod build;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::ruleset::{Bucketing, ComputedEntry, Condition, Gradual, Table, Text, ValueType};

pub use build::{record, whole_segment, written_out};

/// The value of [`Record::format`] that this version writes.
pub const FORMAT: &str = "ffctl.record/v1";

/// Everything that decides what a flag serves in an environment, now or later.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, as the JSON form has it"
)]
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "ffctl record")]
pub struct Record<'c> {
    /// Always `ffctl.record/v1`.
    pub format: &'static str,
    /// The type of its values.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// What the flag is for: `lifecycle.kind`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Whether it is archived: kept, and not served.
    pub archived: bool,
    /// Whether it may be killed without approval, whatever its kind.
    pub killable: bool,
    /// Whether it may be shipped to browsers and apps.
    pub client_side: bool,
    /// Whether a kill switch is in force, here or from above.
    pub killed: bool,
    /// Which bytes are hashed for buckets.
    pub bucketing: Bucketing,
    /// Hashed before the subject.
    pub salt: Text<'c>,
    /// The named values, in order; empty on flags without variants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant<'c>>,
    /// What is served while it is disabled or killed, or a dependency is not met.
    pub off: Served<'c>,
    /// What must serve given values first, sorted; the order decides nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency<'c>>,
    /// The computed attributes that the conditions and buckets use, by name.
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub computed: Table<'c, Vec<ComputedEntry<'c>>>,
    /// The settings over time, in order; the last whose `from` has been reached is in force. The
    /// first has no `from`.
    pub phases: Vec<Phase<'c>>,
}

/// A named value.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "RecordVariant")]
pub struct Variant<'c> {
    /// Its name.
    pub key: Text<'c>,
    /// Its value, of the flag's type.
    pub value: &'c Value,
    /// Its weight in the standard split, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u64>,
}

/// One thing that is served: `value` on flags without variants, `variant` on the others.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Served<'c> {
    /// A value of the flag's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<&'c Value>,
    /// The name of a variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<Text<'c>>,
}

/// A requirement on another flag.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "RecordDependency")]
pub struct Dependency<'c> {
    /// The repository that the flag lives in; absent for this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<Text<'c>>,
    /// The flag.
    pub flag: Text<'c>,
    /// Its served value must equal one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<&'c Value>>,
    /// Its served variant must be one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variants: Option<Vec<Text<'c>>>,
}

/// A flag's settings in one period.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "RecordPhase")]
pub struct Phase<'c> {
    /// When the period begins, in Unix seconds; the first has always begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// The master switch. What it holds back stands here all the same.
    pub enabled: bool,
    /// What those get whom no rule takes and no serving includes.
    pub default: Served<'c>,
    /// The rules, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule<'c>>,
    /// What those get whom no rule takes, if they are included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serving: Option<Serving<'c>>,
    /// The attribute that names the subject where a rule has none of its own; absent,
    /// `targetingKey` with `user_id` standing in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket_by: Option<Text<'c>>,
}

/// A targeting rule.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "RecordRule")]
pub struct Rule<'c> {
    /// The rule's name, as evaluations report it.
    pub name: Text<'c>,
    /// All must hold, segments written out; an empty list takes everybody.
    pub conditions: Vec<Condition<'c>>,
    /// What the rule serves; those outside get the default.
    pub serving: Serving<'c>,
    /// The attribute that names its subject: the rule's own, or else the phase's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket_by: Option<Text<'c>>,
}

/// What is served (`value`, `variant` or `split`), and to how many.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "RecordServing")]
pub struct Serving<'c> {
    /// One thing.
    #[serde(flatten)]
    pub one: Option<Served<'c>>,
    /// Two variants or more by weight, in the order of the flag's list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Vec<Weight<'c>>>,
    /// The share that is included, in thousandths of a percent; absent where it is a ramp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<u32>,
    /// A share that grows with time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradual: Option<Gradual>,
}

/// A variant with its weight.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "RecordWeight")]
pub struct Weight<'c> {
    /// The variant.
    pub variant: Text<'c>,
    /// Its weight, in thousandths; above 0.
    pub weight: u64,
}

impl PartialEq for Variant<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.weight == other.weight && same_value(self.value, other.value)
    }
}

impl PartialEq for Served<'_> {
    fn eq(&self, other: &Self) -> bool {
        let same = match (self.value, other.value) {
            (Some(one), Some(other)) => same_value(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        same && self.variant == other.variant
    }
}

/// Returns whether two values are the same to those who read JSON: `1` and `1.0` are, and the order
/// of keys says nothing.
#[must_use]
pub fn same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| same_value(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| {
                    other.get(key).is_some_and(|other| same_value(value, other))
                })
        }
        _ => one == other,
    }
}

impl<'c> Record<'c> {
    /// Returns the position of the phase that is in force at a time, in Unix seconds.
    #[must_use]
    pub fn position_at(&self, time: i64) -> usize {
        self.phases
            .partition_point(|phase| phase.from.is_none_or(|from| from <= time))
            .saturating_sub(1)
    }

    /// Returns the value of what is served.
    #[must_use]
    pub fn value(&self, served: &Served<'c>) -> &'c Value {
        const NULL: &Value = &Value::Null;
        let named = || {
            let name = served.variant.as_ref()?;
            self.variants
                .iter()
                .find(|variant| variant.key == *name)
                .map(|variant| variant.value)
        };
        served.value.or_else(named).unwrap_or(NULL)
    }
}

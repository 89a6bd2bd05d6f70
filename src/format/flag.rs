//! A flag's own file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::ruleset::ValueType;

use super::{AnyValue, Condition, Dependency, KEY_PATTERN, Metadata, ScalarValue};

/// A feature flag. The file's stem is the flag's key.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(title = "ffctl flag", deny_unknown_fields, extend("examples" = [
    {"type": "boolean", "description": "One-page checkout", "owner": "payments", "default_value": false,
     "environments": {"development": true, "staging": {"enabled": true, "percentage": 25}, "production": false}},
]))]
pub struct FlagFile {
    /// The flag's key once more; equals the file's stem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag_id: Option<String>,
    /// The type of the values. Left out, it is that of the default: boolean, string, number, json.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub value_type: Option<ValueType>,
    /// What the flag is for, in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The person or team that answers for the flag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Words to select flags by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub tags: Vec<String>,
    /// What kind of flag this is and how long it lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// What is served where nothing else decides. Required on flags without `variants`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<AnyValue>,
    /// What a disabled or killed flag serves. Left out: `false` for a boolean, else the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off_value: Option<AnyValue>,
    /// The flag's named values. A flag that lists variants names them everywhere and writes no raw
    /// values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1_000))]
    pub variants: Option<Vec<Variant>>,
    /// The variant that is served where nothing else decides. Required on flags with `variants`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_variant: Option<String>,
    /// The variant that a disabled or killed flag serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off_variant: Option<String>,
    /// Hashed before the subject for buckets; the flag's key if left out. Changing it reshuffles
    /// people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub salt: Option<String>,
    /// The attribute that names the subject of percentages and splits, instead of `targetingKey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub bucket_by: Option<String>,
    /// Flags that must serve given values before this one serves anything but its off value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depends_on: Option<Vec<Dependency>>,
    /// Rules for every environment that has an entry and does not bring its own: the first whose
    /// conditions all hold decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targeting_rules: Option<Vec<Rule>>,
    /// What each environment serves: a value for everybody, or a map of slots.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = {"pattern": KEY_PATTERN}))]
    pub environments: Option<BTreeMap<String, FlagEntry>>,
    /// Forces the off value in every environment while it stands here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kill_switch: Option<KillSwitch>,
    /// Whether the flag may be killed without approval. Release and experiment flags may anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub killable: Option<bool>,
    /// Whether `promote` may move the flag between environments; true if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotable: Option<bool>,
    /// Whether the flag may be shipped to browsers and apps; false if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_side: Option<bool>,
    /// The flag is kept and validated, but not compiled any more; its key stays taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<Archived>,
    /// Free data that is exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Tests of this flag: contexts and what they are meant to be served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tests: Option<Vec<FlagTest>>,
}

/// A named value.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Variant {
    /// The variant's name.
    #[schemars(regex(pattern = KEY_PATTERN))]
    pub key: String,
    /// Its value, of the flag's type.
    pub value: AnyValue,
    /// Its weight in the standard split: relative, up to three decimals. All variants have one, or
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000_000))]
    pub weight: Option<f64>,
}

/// What kind of flag this is and how long it lives.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Lifecycle {
    /// What the flag is for; it decides how long it should live and who may kill it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<LifecycleKind>,
    /// The day the flag was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub created: Option<String>,
    /// The day by which the flag should be gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub expires: Option<String>,
    /// The decision has been made; the code may be cleaned up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<Completed>,
}

/// The kinds of flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LifecycleKind {
    /// Hides a feature until it is released.
    Release,
    /// Compares variants for a while.
    Experiment,
    /// Lets operators steer the running system.
    Operational,
    /// Gives features to those who may have them.
    Permission,
    /// Stays.
    Permanent,
}

/// The decision that a flag ended with.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Completed {
    /// The value, or the variant, that stays.
    pub keep: AnyValue,
}

/// A flag that is kept but not compiled.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Archived {
    /// When it was archived: a date, or a date and time with an offset.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// Forces the off value while it stands here, and leaves everything else in place.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct KillSwitch {
    /// Why the flag was killed.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// When. The switch is in force by standing here, whatever this says.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// When somebody must have looked; seven days after `at` if left out. The flag stays off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub until: Option<String>,
    /// Who, for readers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A targeting rule. The first rule whose conditions all hold decides.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Rule {
    /// The rule's name, unique in its list and stable: history, diff and merge know it by this.
    #[schemars(regex(pattern = KEY_PATTERN))]
    pub name: String,
    /// All must hold; `[]` takes everybody.
    pub conditions: Vec<Condition>,
    /// What the rule serves, on flags without variants. Left out, a boolean serves `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<AnyValue>,
    /// The variant that the rule serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The variants that the rule serves, by weight; `default` takes the variants' own weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// To how many of those whom the rule takes, in percent; the others get the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub percentage: Option<f64>,
    /// To how many, growing with time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradual: Option<GradualRollout>,
    /// The attribute that names the subject of this rule's percentage and split.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub bucket_by: Option<String>,
    /// What those get whom the percentage leaves out. Only `default` is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["default"]))]
    pub otherwise: Option<String>,
    /// Whether `promote` may move the rule; true if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotable: Option<bool>,
    /// What the rule is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Free data that is exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// Variants by weight, or `default`.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Split(pub serde_json::Value);

impl JsonSchema for Split {
    fn schema_name() -> Cow<'static, str> {
        "Split".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Variants by weight, or `default` for the variants' own weights.",
            "type": ["object", "string"],
            "propertyNames": {"pattern": KEY_PATTERN},
            "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1_000_000_000},
            "minProperties": 1,
            "pattern": "^default$",
            "examples": [{"control": 90, "treatment": 10}, "default"],
        })
    }
}

/// A share that grows with time: nobody before `start`, `from` at `start`, `increment` more after
/// each full `every`, at most `until`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("examples" = [
    {"start": "2026-12-01T09:00:00Z", "increment": 10, "every": "1d"},
]))]
pub struct GradualRollout {
    /// The first moment, RFC 3339 with an offset.
    #[schemars(extend("format" = "date-time"))]
    pub start: String,
    /// The share at `start`, in percent; `increment` if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub from: Option<f64>,
    /// How much is added each time, in percent.
    #[schemars(range(min = 0, max = 100))]
    pub increment: f64,
    /// How long between two additions: a number with s, m, h, d or w.
    #[schemars(regex(pattern = "^[0-9]{1,9}[smhdw]$"))]
    pub every: String,
    /// The last share, in percent; 100 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub until: Option<f64>,
}

/// What an environment serves: a value (or variant) for everybody whom no rule takes, `false` on a
/// boolean for off, or a map of slots.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum FlagEntry {
    /// A value for everybody whom no rule takes; `false` on a boolean is off.
    Scalar(ScalarValue),
    /// A map of slots.
    Map(Box<EntryMap>),
}

/// An environment's entry as a map.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
pub struct EntryMap {
    /// The slots that the entry sets.
    #[serde(flatten)]
    pub slots: Slots,
    /// Changes in time: from `at` on, `set` lies over this entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub schedule: Option<Vec<Step>>,
    /// Forces the off value in this environment, and in those that inherit from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kill_switch: Option<KillSwitch>,
    /// `false` cuts the entry off from the parent environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inherit: Option<bool>,
}

/// The slots of an environment's entry. `null` means the flag's own, not the parent's.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Slots {
    /// The master switch; off serves the off value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-nullable" = true))]
    pub enabled: Option<bool>,
    /// Replaces the flag's list of rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-nullable" = true))]
    pub targeting_rules: Option<Vec<Rule>>,
    /// The value that is served to those whom no rule takes. Left out beside a percentage, a
    /// boolean serves `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<AnyValue>,
    /// The variant that is served to those whom no rule takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The variants that are served, by weight; `default` takes the variants' own weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// To how many, in percent with up to three decimals; the others get the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100), extend("x-nullable" = true))]
    pub percentage: Option<f64>,
    /// To how many, growing with time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradual: Option<GradualRollout>,
    /// The environment's default, for all whom no rule takes and no percentage includes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<AnyValue>,
    /// The environment's default variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_variant: Option<String>,
    /// The attribute that names the subject of percentages and splits in this environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), extend("x-nullable" = true))]
    pub bucket_by: Option<String>,
}

impl JsonSchema for FlagEntry {
    fn schema_name() -> Cow<'static, str> {
        "Entry".into()
    }

    /// One schema whose object keywords speak of maps only: editors complete the slots, and no
    /// union stands between a fault and its message.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = EntryMap::json_schema(generator);
        schema.insert(
            "type".into(),
            serde_json::json!(["boolean", "number", "string", "object"]),
        );
        schema.insert(
            "description".into(),
            "What the environment serves: a value (or variant) for everybody whom no rule takes, `false` on a \
             boolean for off, or a map of slots."
                .into(),
        );
        schema.insert(
            "examples".into(),
            serde_json::json!([true, false, {"enabled": true, "percentage": 25}, {"enabled": true, "targeting_rules": []}]),
        );
        schema
    }
}

/// A change in time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Step {
    /// When the change takes place, RFC 3339 with an offset.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// The slots that then lie over the entry.
    pub set: StepSlots,
}

/// The slots that a schedule step sets.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
pub struct StepSlots {
    /// The slots.
    #[serde(flatten)]
    pub slots: Slots,
}

/// A test of a flag: a context and what it is meant to be served.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct FlagTest {
    /// What the test shows, in words.
    pub name: String,
    /// The environment to evaluate in.
    pub environment: String,
    /// The evaluation context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<BTreeMap<String, AnyValue>>,
    /// Values by attribute; every combination runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matrix: Option<BTreeMap<String, Vec<AnyValue>>>,
    /// The subject's exposure position in percent, instead of its hash (this flag only).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub bucket: Option<f64>,
    /// What dependencies serve, instead of evaluating them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<BTreeMap<String, AnyValue>>,
    /// The time of the evaluation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub at: Option<String>,
    /// What must come out.
    pub expect: Expectation,
}

/// What an evaluation must give; what is left out is not looked at.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
pub struct Expectation {
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<AnyValue>,
    /// The variant's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The reason, in OpenFeature's spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED", "PREREQUISITE_FAILED", "ERROR"]))]
    pub reason: Option<String>,
    /// The rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

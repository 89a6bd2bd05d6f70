//! A condition, wherever it stands: in a rule, a segment or a computed attribute.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::ruleset::Operator;

/// A condition: `{attribute, operator, value}`, `{segment}`, `{any}`, `{all}` or `{not}`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [
    {"required": ["attribute"]},
    {"required": ["segment"]},
    {"required": ["any"]},
    {"required": ["all"]},
    {"required": ["not"]},
], "dependentRequired" = {"attribute": ["operator"]}, "examples" = [
    {"attribute": "country", "operator": "in", "value": ["US", "CA"]},
    {"segment": "beta_testers"},
    {"any": [{"segment": "internal_staff"}, {"attribute": "app_version", "operator": "semver_greater_than_or_equal", "value": "2.4.0"}]},
]))]
pub struct Condition {
    /// The attribute of the context that is compared. Dots reach into nested maps (`device.os`).
    /// `now` is the time of the evaluation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// How it is compared. `not_x` is exactly the negation of `x`; a missing attribute makes every
    /// positive operator false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// What it is compared with. Nothing is coerced: `"30"` is not a number. `exists` and
    /// `not_exists` take none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<OperandValue>,
    /// Another spelling of `value` for a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<ScalarValue>>,
    /// The name of a segment of segments.yaml that must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// At least one of these must hold; an empty list does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any: Option<Vec<Self>>,
    /// All of these must hold; an empty list does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<Vec<Self>>,
    /// This must not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<Self>>,
}

/// A string, a number or a boolean.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ScalarValue(pub serde_json::Value);

impl JsonSchema for ScalarValue {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ScalarValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean"]})
    }
}

/// A string, a number, a boolean, or a list of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct OperandValue(pub serde_json::Value);

impl JsonSchema for OperandValue {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "OperandValue".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number", "boolean", "array"],
            "items": {"type": ["string", "number", "boolean"]},
        })
    }
}

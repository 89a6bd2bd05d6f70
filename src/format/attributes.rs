//! attributes.yaml: the context attributes that rules may use.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Condition, ScalarValue};

/// The context attributes that rules may use, with their types.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl attributes", deny_unknown_fields)]
pub struct AttributesFile {
    /// The attributes by name. Built in without being listed: `targetingKey`, `user_id`, `email`,
    /// `country`, `platform`, `app_version`, `now`.
    #[schemars(extend("propertyNames" = {"minLength": 1}))]
    pub attributes: BTreeMap<String, AttributeDefinition>,
}

/// An attribute.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AttributeDefinition {
    /// The type of its values.
    #[serde(rename = "type")]
    pub attribute_type: AttributeType,
    /// What the attribute says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The values that it can have, where they are few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<ScalarValue>>,
    /// The attribute is computed: the first entry whose conditions hold gives the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub computed: Option<Vec<ComputedEntry>>,
}

/// One entry of a computed attribute.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ComputedEntry {
    /// All must hold; left out, everybody is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// The value that the attribute then has.
    pub value: ScalarValue,
}

/// The type of an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttributeType {
    /// Text.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A version, as text.
    Semver,
    /// A date, or a date and time, as text.
    Datetime,
    /// A list of scalars.
    List,
}

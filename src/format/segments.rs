//! segments.yaml: named, reusable conditions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Condition, KEY_PATTERN, Metadata};

/// Named, reusable conditions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl segments", deny_unknown_fields)]
pub struct SegmentsFile {
    /// The segments by name.
    #[schemars(extend("propertyNames" = {"pattern": KEY_PATTERN}))]
    pub segments: BTreeMap<String, SegmentDefinition>,
}

/// A named condition.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SegmentDefinition {
    /// Who is in the segment, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// All must hold. Segments may use segments.
    pub conditions: Vec<Condition>,
    /// The person or team that answers for the segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Free data that is exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

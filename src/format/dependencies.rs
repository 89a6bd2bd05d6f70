//! Dependencies: in a flag's own file, and in flag-dependencies.yaml.

use schemars::JsonSchema;
use serde::Serialize;

use super::{AnyValue, KEY_PATTERN};

/// Dependencies written apart from the flags.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl flag dependencies", deny_unknown_fields)]
pub struct FlagDependenciesFile {
    /// The flags with what they depend on. The same dependency does not stand in the flag's own
    /// file too.
    pub dependencies: Vec<DependencyList>,
}

/// What one flag depends on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DependencyList {
    /// The dependent flag.
    #[schemars(regex(pattern = KEY_PATTERN))]
    pub flag: String,
    /// What it depends on.
    #[schemars(length(min = 1))]
    pub depends_on: Vec<Dependency>,
}

/// A flag that must serve given values first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [
    {"required": ["required_value"]},
    {"required": ["required_variant"]},
]))]
pub struct Dependency {
    /// The repository that the flag lives in; this one if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub repository: Option<String>,
    /// The flag that must be served.
    #[schemars(regex(pattern = KEY_PATTERN))]
    pub flag: String,
    /// The value that it must serve; a list means one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = ["boolean", "number", "string", "array"], "minItems" = 1,
        "items" = {"type": ["boolean", "number", "string"]}))]
    pub required_value: Option<AnyValue>,
    /// The variant that it must serve; a list means one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = ["string", "array"], "minItems" = 1, "items" = {"type": "string"}))]
    pub required_variant: Option<AnyValue>,
}

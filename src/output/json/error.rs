//! An error of a command run with `--json`, on stderr.

use schemars::JsonSchema;
use serde::Serialize;

use super::Finding;

/// An error.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl error")]
pub struct ErrorDocument {
    /// The error.
    pub error: ErrorBody,
    /// What is wrong with the files, where that is behind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// What went wrong.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ErrorBody {
    /// What went wrong, in one sentence.
    pub message: String,
    /// What was behind it, outermost first.
    pub causes: Vec<String>,
    /// The next step.
    pub hint: Option<String>,
}

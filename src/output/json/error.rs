//! An error of a command run with `--json`, on stderr.

use schemars::JsonSchema;
use serde::Serialize;

/// An error.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl error")]
pub struct ErrorDocument {
    /// The error.
    pub error: ErrorBody,
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

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

impl ErrorDocument {
    /// Returns the document of a line of `evaluate --batch` that could not be answered.
    #[must_use]
    pub fn of_line(message: &str) -> Self {
        Self {
            error: ErrorBody {
                message: message.to_owned(),
                causes: Vec::new(),
                hint: None,
            },
        }
    }
}

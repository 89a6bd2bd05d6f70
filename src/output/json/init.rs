//! `init --json` and `schema --write --json`.

use schemars::JsonSchema;
use serde::Serialize;

/// The files that were written.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl init --json")]
pub struct InitDocument {
    /// Always `ffctl.init/v1`.
    pub format: &'static str,
    /// The files, relative to the folder.
    pub files: Vec<String>,
}

impl InitDocument {
    /// Returns the document of those files.
    #[must_use]
    pub fn new(files: &[String]) -> Self {
        Self {
            format: "ffctl.init/v1",
            files: files.to_vec(),
        }
    }
}

//! `export --json` with `--output`, and the envelope of an exported document.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::{Envelope, ExportReport, ExportStatus};

/// What was exported into a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl export --json")]
pub struct ExportDocument {
    /// Always `ffctl.export/v1`.
    pub format: &'static str,
    /// The documents.
    pub outputs: Vec<OutputBody>,
}

/// An exported document.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OutputBody {
    /// The environment.
    pub environment: String,
    /// The file, as it was named.
    pub output: Option<String>,
    /// `written`, `unchanged`, `stale`, `missing` or `refused`.
    pub status: &'static str,
    /// The document's version.
    pub version: String,
    /// How many flags it holds.
    pub flags: usize,
}

impl From<&ExportReport> for ExportDocument {
    fn from(report: &ExportReport) -> Self {
        let status = match report.status {
            ExportStatus::Refused => "refused",
            ExportStatus::Printed(_) | ExportStatus::Written => "written",
            ExportStatus::Unchanged => "unchanged",
            ExportStatus::Stale => "stale",
            ExportStatus::Missing => "missing",
        };
        let output = OutputBody {
            environment: report.environment.clone(),
            output: report
                .output
                .as_ref()
                .map(|path| path.display().to_string()),
            status,
            version: report.version.clone(),
            flags: report.flags,
        };
        Self {
            format: "ffctl.export/v1",
            outputs: vec![output],
        }
    }
}

/// What a ruleset leaves out on purpose: where its definitions came from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl export --envelope")]
pub struct EnvelopeDocument {
    /// Always `ffctl.envelope/v1`.
    pub format: &'static str,
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// The version of the document that this belongs to.
    pub version: String,
    /// The commit that was checked out; null outside of Git and before the first commit.
    pub commit: Option<String>,
    /// The commit's committer time.
    pub committed_at: Option<String>,
    /// Whether files of the catalog differed from the commit; null where there is none.
    pub dirty: Option<bool>,
}

impl From<&Envelope> for EnvelopeDocument {
    fn from(envelope: &Envelope) -> Self {
        let head = envelope.head.as_ref();
        Self {
            format: "ffctl.envelope/v1",
            project: envelope.project.clone(),
            environment: envelope.environment.clone(),
            version: envelope.version.clone(),
            commit: head.map(|head| head.commit.clone()),
            committed_at: head.map(|head| head.committed_at.to_string()),
            dirty: head.map(|head| head.dirty),
        }
    }
}

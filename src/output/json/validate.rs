//! `validate --json`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::ops::ValidateReport;
use crate::text::{Location, SourceMap};

/// Every finding.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl validate --json")]
pub struct ValidateDocument {
    /// Always `ffctl.validate/v1`.
    pub format: &'static str,
    /// The findings, sorted by file and place.
    pub findings: Vec<Finding>,
    /// How much was looked at and found.
    pub summary: Summary,
}

/// A finding.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// One plain sentence.
    pub message: String,
    /// The next step.
    pub help: Option<String>,
    /// The place.
    #[serde(flatten)]
    pub place: Place,
    /// Other places that belong to it.
    pub related: Vec<RelatedPlace>,
}

/// A place in a file. Lines and columns count from 1, columns in characters; offsets in bytes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Place {
    /// The file, relative to ffctl.toml.
    pub file: String,
    /// The first line.
    pub line: usize,
    /// The first column.
    pub column: usize,
    /// The last line.
    pub end_line: usize,
    /// The column behind the last.
    pub end_column: usize,
    /// The first byte.
    pub start_offset: u32,
    /// The byte behind the last.
    pub end_offset: u32,
}

/// A place that explains a finding.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RelatedPlace {
    /// What is to be seen there.
    pub message: String,
    /// The place.
    #[serde(flatten)]
    pub place: Place,
}

/// How much was looked at and found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Summary {
    /// Files that were read.
    pub files: usize,
    /// Flags that exist.
    pub flags: usize,
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
}

impl From<&ValidateReport> for ValidateDocument {
    fn from(report: &ValidateReport) -> Self {
        Self {
            format: "ffctl.validate/v1",
            findings: findings(&report.diagnostics, &report.sources),
            summary: Summary {
                files: report.files,
                flags: report.flags,
                errors: report.count(Severity::Error),
                warnings: report.count(Severity::Warning),
            },
        }
    }
}

/// Returns findings in their JSON form.
#[must_use]
pub fn findings(diagnostics: &Diagnostics, sources: &SourceMap) -> Vec<Finding> {
    let each = diagnostics.iter();
    each.map(|finding| self::finding(finding, sources))
        .collect()
}

fn finding(finding: &Diagnostic, sources: &SourceMap) -> Finding {
    let related = finding.related.iter().map(|related| RelatedPlace {
        message: related.note.clone(),
        place: place(related.location, sources),
    });
    Finding {
        check: finding.code.name(),
        severity: finding.severity.name(),
        message: finding.message.clone(),
        help: finding.help.clone(),
        place: place(finding.location, sources),
        related: related.collect(),
    }
}

fn place(location: Location, sources: &SourceMap) -> Place {
    let (start, end) = (sources.start(location), sources.end(location));
    Place {
        file: sources.get(location.source).name().to_owned(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        start_offset: location.span.start,
        end_offset: location.span.end,
    }
}

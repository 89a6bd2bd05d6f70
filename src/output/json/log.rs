//! `ffctl log --json`

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::{Fault, LogEntry, LogReport, LoggedChange};

use super::changes::ChangeDocument;

/// The commits that changed what is served.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl log --json")]
pub struct LogDocument {
    /// Always `ffctl.log/v1`.
    pub format: &'static str,
    /// The commits, the newest first.
    pub entries: Vec<LogEntryDocument>,
    /// Whether the history ends where this clone ends, which is shallow.
    pub is_cut_off: bool,
}

/// A commit that changed what is served.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "LogEntry")]
pub struct LogEntryDocument {
    /// Its id.
    pub commit: String,
    /// Who wrote it: `NAME <EMAIL>`.
    pub author: String,
    /// When it was committed, in UTC; the effects are told for this time.
    pub date: String,
    /// The kind of its most significant change; `broken` if it changed nothing and left a file so
    /// that it cannot be understood.
    pub action: &'static str,
    /// The first line of its message.
    pub subject: String,
    /// The `Reason:` lines of its message, joined by `; `; null without one.
    pub reason: Option<String>,
    /// The `Approved-by:` lines of its message.
    pub approvals: Vec<String>,
    /// The flags that it changed.
    pub flags: Vec<String>,
    /// The environments in which it did.
    pub environments: Vec<String>,
    /// The first `Deployment-Id:` of its message; null without one.
    pub deployment_id: Option<String>,
    /// All of them: a squash merge may have several.
    pub deployment_ids: Vec<String>,
    /// What it changed.
    pub changes: Vec<ChangeDocument>,
    /// The files that it left so that they cannot be understood; what they said before counts until
    /// they are mended.
    pub broken: Vec<FaultDocument>,
}

/// A file that cannot be understood.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Fault")]
pub struct FaultDocument {
    /// The file, relative to ffctl.toml.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl From<&LogReport> for LogDocument {
    fn from(report: &LogReport) -> Self {
        Self {
            format: "ffctl.log/v1",
            entries: report.entries.iter().map(LogEntryDocument::from).collect(),
            is_cut_off: report.is_cut_off,
        }
    }
}

impl From<&LogEntry> for LogEntryDocument {
    fn from(entry: &LogEntry) -> Self {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let reason = entry.reasons.join("; ");
        Self {
            commit: entry.commit.clone(),
            author: format!("{} <{}>", entry.author.name, entry.author.email),
            date: entry.date.to_string(),
            action: entry.action.name(),
            subject: entry.subject.clone(),
            reason: (!reason.is_empty()).then_some(reason),
            approvals: entry.approvals.clone(),
            flags: owned(entry.flags()),
            environments: owned(entry.environments()),
            deployment_id: entry.deployments.first().cloned(),
            deployment_ids: entry.deployments.clone(),
            changes: entry.changes.iter().map(change).collect(),
            broken: entry.broken.iter().map(FaultDocument::from).collect(),
        }
    }
}

fn change(logged: &LoggedChange) -> ChangeDocument {
    ChangeDocument::new(
        &logged.flag,
        &logged.environment,
        &logged.change,
        &logged.files,
    )
}

impl From<&Fault> for FaultDocument {
    fn from(fault: &Fault) -> Self {
        Self {
            file: fault.path.clone(),
            line: fault.line,
            column: fault.column,
            message: fault.message.clone(),
        }
    }
}

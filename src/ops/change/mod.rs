//! Changes of flags: a request in, a plan that is checked, and what became of it out.
//!
//! A plan is made for a project's folder: the flags' files are read and patched, the result is
//! loaded again beside what depends on it, and what each environment served before and serves
//! after is told. [`write()`](super::write::write) decides in which folder that is, and writes.

mod create;
mod dependencies;
mod deploy;
mod emergency;
mod guard;
mod judge;
mod message;
mod plan;
mod rename;
mod rollback;
mod select;
mod sound;
mod verb;

use std::fmt;

use jiff::Timestamp;

use crate::diagnostic::Diagnostics;
use crate::patch::Refusal;
use crate::text::SourceMap;
use crate::workspace::Project;

use super::UsageError;
use super::write::{CommitMode, WriteOptions, WriteReport, write};

pub use create::NewFlag;
pub use deploy::Deploy;
pub use plan::{Cause, Plan, Skipped};
pub use rollback::{Rollback, Target};
pub use verb::{RuleAction, Verb};

/// A change that is wanted.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is to be done.
    pub verb: Verb,
    /// To these flags.
    pub flags: Vec<String>,
    /// And to all with one of these tags.
    pub tags: Vec<String>,
    /// And to all of one of these owners.
    pub owners: Vec<String>,
    /// In these environments; none is the default one, or the flag itself.
    pub environments: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// The environments with rollback protection that are meant to be changed.
    pub confirm: Vec<String>,
    /// The time of the change.
    pub now: Timestamp,
    /// Where and how it is written.
    pub write: WriteOptions,
}

/// A change that the catalog does not allow. The command line ends with status 1.
#[derive(Debug)]
pub struct RefusedError {
    /// Why.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
    /// The findings that say it in full.
    pub diagnostics: Diagnostics,
    /// The texts that they point into.
    pub sources: SourceMap,
}

impl fmt::Display for RefusedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for RefusedError {}

impl RefusedError {
    /// Returns a refusal with its next step and without findings.
    pub fn new(message: impl Into<String>, hint: impl Into<Option<String>>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
            diagnostics: Diagnostics::default(),
            sources: SourceMap::default(),
        }
    }
}

/// Turns a refusal of a patch into the error that the command ends with.
pub(super) fn refused(refusal: Refusal) -> anyhow::Error {
    let Refusal {
        is_usage,
        message,
        hint,
    } = refusal;
    if is_usage {
        UsageError::new(message, hint).into()
    } else {
        RefusedError::new(message, hint).into()
    }
}

/// What is rolled back is looked up once: branches may move while a plan is made again.
fn with_fixed_target(request: &Request) -> anyhow::Result<Request> {
    let mut request = request.clone();
    if let Verb::Rollback(rollback) = &mut request.verb {
        rollback.target = rollback.target.fixed(&request.write.folder)?;
    }
    Ok(request)
}

/// Plans a change, and writes it.
///
/// # Errors
///
/// Fails if there is no project, on unknown names, on what [`Request`] leaves unsaid
/// ([`UsageError`]), and on what the catalog does not allow ([`RefusedError`]); nothing is written
/// then. Fails if files cannot be written or committed; they are as they were then.
pub fn change(request: &Request) -> anyhow::Result<WriteReport<Plan>> {
    let request = &with_fixed_target(request)?;
    let result = write(&request.write, |root| plan::plan(root, request));
    result.map_err(|error| match restorable_on(request, &error) {
        Some(branch) => RefusedError::new(
            format!("{error} here; the kill switch is on `{branch}`"),
            format!("restore it there, with `--branch {branch}`"),
        )
        .into(),
        None => error,
    })
}

/// Returns the release branch, if what is not killed here is killed there: that is where kill
/// switches are committed, whatever is checked out.
fn restorable_on(request: &Request, error: &anyhow::Error) -> Option<String> {
    let refused = error.downcast_ref::<RefusedError>()?;
    let is_restore = matches!(request.verb, Verb::Restore(_));
    if !is_restore || request.write.branch.is_some() || refused.diagnostics.iter().next().is_some()
    {
        return None;
    }
    let config = Project::find(&request.write.folder).ok()?.config?;
    let branch = config.release_branch?;
    let there = WriteOptions {
        commit: CommitMode::Yes,
        branch: Some(branch.clone()),
        push: false,
        dry_run: true,
        ..request.write.clone()
    };
    let look = write(&there, |root| plan::plan(root, request)).ok()?;
    (!look.planned.is_empty()).then_some(branch)
}

//! `--json` of every command that writes flags.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::{Cause, Effect, InForce, Note, Plan, WriteReport, WriteStatus};

use super::changes::{ChangeDocument, ChangesBody};

/// What a command changes, and what became of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl plan --json")]
pub struct PlanDocument {
    /// `ffctl.<command>/v1`: `ffctl.enable/v1`, `ffctl.rule-add/v1`.
    pub format: String,
    /// `unchanged`; `planned` (`--dry-run`); `written`; `committed`.
    pub status: &'static str,
    /// What is done, in one line.
    pub title: String,
    #[serde(flatten)]
    #[schemars(flatten)]
    pub(super) body: ChangesBody,
    /// For `rollback`: what was served then, is now and will be, by flag and environment. Empty for
    /// the other commands.
    pub served: Vec<ServedStages>,
    /// The files.
    pub files: Vec<PlannedFile>,
    /// The flags that were left as they are.
    pub skipped: Vec<SkippedFlag>,
    /// The commit; null if there is none.
    pub commit: Option<PlanCommit>,
    /// Where the commit was pushed to; null if it was not.
    pub pushed: Option<PlanPush>,
    /// For `emergency-disable`: how far it has come. Null for the other commands.
    pub in_force: Option<PlanInForce>,
    /// What may be in the way of shipping it.
    pub warnings: Vec<String>,
    /// What else was done, and what should be known.
    pub notes: Vec<String>,
}

/// What a flag serves in an environment, in words for people; null where there is no such flag or
/// environment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ServedStages {
    /// The flag.
    pub flag: String,
    /// The environment.
    pub environment: String,
    /// At the time to which is rolled back.
    pub then: Option<String>,
    /// Before the change.
    pub now: Option<String>,
    /// After it.
    pub after: Option<String>,
}

/// A file of a plan.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlannedFile {
    /// The file, relative to ffctl.toml.
    pub path: String,
    /// `created`, `changed` or `removed`.
    pub action: &'static str,
    /// What it held; null where there was none.
    pub before: Option<String>,
    /// What it holds; null where there is none.
    pub after: Option<String>,
}

/// A flag that was left as it is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SkippedFlag {
    /// The flag.
    pub flag: String,
    /// `done` (it is as wanted), `unaffected` (nobody would be served anything else) or `broken` (it
    /// cannot be changed).
    pub cause: &'static str,
    /// Why, in words.
    pub why: String,
}

/// A commit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanCommit {
    /// Its id.
    pub id: String,
    /// Its branch; null on a detached HEAD.
    pub branch: Option<String>,
}

/// A push.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanPush {
    /// The remote.
    pub remote: String,
    /// The branch there.
    pub branch: String,
}

/// How far an emergency has come.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanInForce {
    /// Whether the release branch of the remote has it.
    pub in_force: bool,
    /// `pushed`, `committed`, `written`, `on-branch` or `held`.
    pub state: &'static str,
    /// The branch that waits to be merged; null if there is none.
    pub branch: Option<String>,
}

impl PlanDocument {
    /// Returns the document of a command's report.
    #[must_use]
    pub fn new(command: &str, report: &WriteReport<Plan>) -> Self {
        let plan = &report.planned.payload;
        let mut notes = plan.notes.clone();
        notes.extend(report.notes.iter().map(sentence));
        let mut warnings = plan.warnings.clone();
        warnings.extend(report.warnings.iter().map(sentence));
        notes.extend(report.changed_by_hook.iter().map(|file| {
            format!("a hook changed what `{file}` says, and so what was committed is not the plan")
        }));
        let is_empty = report.planned.is_empty();
        Self {
            format: format!("ffctl.{}/v1", command.replace(' ', "-")),
            status: match report.status {
                _ if is_empty => "unchanged",
                WriteStatus::Nothing => "unchanged",
                WriteStatus::Planned => "planned",
                WriteStatus::Written => "written",
                WriteStatus::Committed => "committed",
            },
            title: plan.title.clone(),
            body: ChangesBody::new(ChangeDocument::of_effects(&plan.effects)),
            served: plan.effects.iter().filter_map(served).collect(),
            files: files(report),
            skipped: skipped(plan),
            commit: report.commit.as_ref().map(|commit| PlanCommit {
                id: commit.id.clone(),
                branch: commit.branch.clone(),
            }),
            pushed: report.pushed.as_ref().map(|to| PlanPush {
                remote: to.remote.clone(),
                branch: to.branch.clone(),
            }),
            in_force: report.in_force.as_ref().map(in_force),
            warnings,
            notes,
        }
    }
}

fn sentence(note: &Note) -> String {
    match &note.hint {
        Some(hint) => format!("{}; {hint}", note.message),
        None => note.message.clone(),
    }
}

fn files(report: &WriteReport<Plan>) -> Vec<PlannedFile> {
    let files = report.planned.files.iter();
    let files = files.map(|file| PlannedFile {
        path: file.path.clone(),
        action: match (&file.before, &file.after) {
            (None, _) => "created",
            (_, None) => "removed",
            _ => "changed",
        },
        before: file.before.clone(),
        after: file.after.clone(),
    });
    files.collect()
}

fn served(effect: &Effect) -> Option<ServedStages> {
    let stages = effect.stages.as_ref()?;
    Some(ServedStages {
        flag: effect.flag.clone(),
        environment: effect.environment.clone(),
        then: stages.then.clone(),
        now: stages.now.clone(),
        after: stages.after.clone(),
    })
}

fn skipped(plan: &Plan) -> Vec<SkippedFlag> {
    let skipped = plan.skipped.iter().map(|skipped| SkippedFlag {
        flag: skipped.flag.clone(),
        cause: match skipped.cause {
            Cause::Done => "done",
            Cause::Unaffected => "unaffected",
            Cause::Broken => "broken",
        },
        why: skipped.why.clone(),
    });
    skipped.collect()
}

fn in_force(state: &InForce) -> PlanInForce {
    let (name, branch) = match state {
        InForce::Pushed => ("pushed", None),
        InForce::Committed => ("committed", None),
        InForce::Written => ("written", None),
        InForce::OnBranch(name) => ("on-branch", Some(name.clone())),
        InForce::Held => ("held", None),
    };
    PlanInForce {
        in_force: *state == InForce::Pushed,
        state: name,
        branch,
    }
}

//! What the writing commands share: a request carried out, and its report told.

use std::path::Path;

use crate::cli::args::{Clock, FlagsArg, WriteArgs};
use crate::cli::{ExitStatus, Ui};
use crate::ops::{self, Cause, InForce, Plan, Request, Skipped, Verb, WriteReport, WriteStatus};
use crate::output::{human, json};

/// Returns the request of a command.
pub(super) fn request(
    verb: Verb,
    flags: &FlagsArg,
    environments: Vec<String>,
    write: &WriteArgs,
    folder: &Path,
    clock: Clock,
) -> Request {
    Request {
        verb,
        flags: flags.flags.clone(),
        tags: flags.tags.clone(),
        owners: flags.owners.clone(),
        environments,
        reason: write.change.reason.clone(),
        confirm: write.change.confirm.clone(),
        now: clock.now(),
        write: write.options(folder),
    }
}

/// Returns the flags of a command that changes one.
pub(super) fn one_flag(key: &str) -> FlagsArg {
    FlagsArg {
        flags: vec![key.to_owned()],
        tags: Vec::new(),
        owners: Vec::new(),
    }
}

/// Carries a request out, and tells.
pub(super) fn run(mut request: Request, ui: &mut Ui) -> anyhow::Result<ExitStatus> {
    request.write.waiting = ui.waiting();
    let report = ops::change(&request)?;
    tell(&request, &report, ui)?;
    Ok(status(&request, &report))
}

/// Tells what a writing command did.
fn tell(request: &Request, report: &WriteReport<Plan>, ui: &mut Ui) -> anyhow::Result<()> {
    if ui.is_json() {
        return ui.result(&json::text(&json::PlanDocument::new(
            request.verb.name(),
            report,
        )));
    }
    let plan = &report.planned.payload;
    for warning in &plan.warnings {
        ui.warn(&format!("warning: {}", human::line(warning)));
    }
    for note in &plan.notes {
        ui.note(&format!("note: {}", human::line(note)));
    }
    for note in &report.notes {
        ui.op_note(note);
    }
    for warning in &report.warnings {
        ui.op_warning(warning);
    }
    for file in &report.changed_by_hook {
        ui.warn(&format!(
            "warning: a hook changed what {} says, and so what was committed is not the plan",
            human::line(file)
        ));
    }
    if report.status == WriteStatus::Written
        && let Some(said) = said(request)
    {
        ui.note(&format!(
            "note: nothing was committed, so {said} are recorded nowhere"
        ));
    }
    ui.result(&human::plan(report))
}

/// Returns what was said that only a commit's message can hold.
fn said(request: &Request) -> Option<&'static str> {
    let said = request.write.message.is_some() || request.reason.is_some();
    match request.verb {
        Verb::EmergencyDisable(_) => None,
        Verb::Deploy(_) => Some("the deployment's id and phase"),
        _ => said.then_some("reason and message"),
    }
}

/// A kill that changes nothing is a no; so is a flag that could not be killed, and a commit that
/// says something else; and a rollback that leaves something of what was asked for.
fn status(request: &Request, report: &WriteReport<Plan>) -> ExitStatus {
    if !report.changed_by_hook.is_empty() || report.in_force == Some(InForce::Held) {
        return ExitStatus::No;
    }
    let plan = &report.planned.payload;
    if let Verb::EmergencyDisable(_) = request.verb {
        let broken = plan
            .skipped
            .iter()
            .any(|skipped| skipped.cause == Cause::Broken);
        let nothing = report.planned.is_empty() || report.status == WriteStatus::Nothing;
        let all_done = plan
            .skipped
            .iter()
            .all(|skipped| skipped.cause == Cause::Done);
        if broken || (nothing && !all_done) {
            return ExitStatus::No;
        }
    }
    if let Verb::Rollback(_) = request.verb {
        // Something else may have been written.
        let is_left = |skipped: &Skipped| skipped.cause == Cause::Broken;
        if plan.skipped.iter().any(is_left) {
            return ExitStatus::No;
        }
    }
    ExitStatus::Success
}

//! `ffctl environments`

use std::path::Path;

use clap::Args;

use crate::cli::args::{AtArg, Clock, RevArg};
use crate::cli::{ExitStatus, Ui};
use crate::ops;
use crate::output::{human, json};

/// Show the environments: inheritance, protection, windows and freezes
#[derive(Debug, Args)]
pub(in crate::cli) struct EnvironmentsArgs {
    #[command(flatten)]
    rev: RevArg,

    #[command(flatten)]
    at: AtArg,
}

pub(super) fn run(
    args: &EnvironmentsArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let report = ops::environments(&args.rev.place(folder), clock.at(&args.at))?;
    ui.findings(&report.diagnostics, &report.sources);
    if ui.is_json() {
        ui.result(&json::text(&json::EnvironmentsDocument::from(&report)))?;
    } else {
        ui.result(&human::environments(&report))?;
    }
    Ok(if report.diagnostics.has_errors() {
        ExitStatus::No
    } else {
        ExitStatus::Success
    })
}

//! `ffctl blame`

use std::path::Path;

use clap::Args;

use crate::cli::args::{Clock, OnlyEnvironmentArg, RevArg};
use crate::cli::{ExitStatus, Ui};
use crate::ops::{self, BlameOptions};
use crate::output::{human, json};

/// Tell for each setting of a flag which commit set it: who, when and why
///
/// Settings are those that an environment resolves, inherited ones included, each followed through
/// the history as long as its value was the same: comments, moves and other lines change nothing.
#[derive(Debug, Args)]
pub(in crate::cli) struct BlameArgs {
    /// The flag
    #[arg(short, long, value_name = "KEY")]
    flag: String,

    #[command(flatten)]
    environment: OnlyEnvironmentArg,

    #[command(flatten)]
    rev: RevArg,
}

pub(super) fn run(
    args: &BlameArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let report = ops::blame(&BlameOptions {
        place: args.rev.place(folder),
        flag: args.flag.clone(),
        environment: args.environment.env.clone(),
        now: clock.now(),
    })?;
    ui.findings(&report.diagnostics, &report.sources);
    if report.environments.is_empty() {
        return Ok(ExitStatus::No);
    }
    if ui.is_json() {
        ui.result(&json::text(&json::BlameDocument::from(&report)))?;
    } else {
        ui.result(&human::blame(&report))?;
    }
    for note in &report.notes {
        ui.op_warning(note);
    }
    Ok(ExitStatus::Success)
}

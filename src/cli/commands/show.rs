//! `ffctl show`

use std::path::Path;

use clap::Args;

use crate::cli::args::{AtArg, Clock, OnlyEnvironmentArg, RevArg};
use crate::cli::{ExitStatus, Ui};
use crate::ops::{self, ShowOptions};
use crate::output::{human, json};

/// Show a flag as written and, for each environment, as resolved, each slot with its origin
#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// The flag
    #[arg(short, long, value_name = "KEY")]
    flag: String,

    #[command(flatten)]
    environment: OnlyEnvironmentArg,

    #[command(flatten)]
    rev: RevArg,

    #[command(flatten)]
    at: AtArg,
}

pub(super) fn run(
    args: &ShowArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let options = ShowOptions {
        place: args.rev.place(folder),
        flag: args.flag.clone(),
        environment: args.environment.env.clone(),
        now: clock.at(&args.at),
    };
    let report = ops::show(&options)?;
    ui.findings(&report.diagnostics, &report.sources);
    if let Some(shown) = &report.shown {
        if ui.is_json() {
            ui.result(&json::text(&json::ShowDocument::from(shown)))?;
        } else {
            ui.result(&human::show(shown))?;
        }
    }
    Ok(if report.diagnostics.has_errors() {
        ExitStatus::No
    } else {
        ExitStatus::Success
    })
}

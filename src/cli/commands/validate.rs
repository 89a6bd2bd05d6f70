//! `ffctl validate`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::args::{AtArg, Clock, RevArg};
use crate::cli::{ExitStatus, Ui};
use crate::ops::{self, ValidateOptions};
use crate::output::{human, json};

/// Report everything that is wrong with the flag files, in one run
///
/// Each finding has its place, its source line and the next step. Exits with 1 if there is an
/// error.
#[derive(Debug, Args)]
pub(in crate::cli) struct ValidateArgs {
    /// Only findings in these files and folders; the whole catalog is read all the same
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How findings are printed
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,

    /// Fail on warnings too; those that come and go with the clock are not counted
    #[arg(long, value_name = "LEVEL")]
    deny: Option<Deny>,

    #[command(flatten)]
    rev: RevArg,

    #[command(flatten)]
    at: AtArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

pub(super) fn run(
    args: &ValidateArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    if args.format == Format::Json {
        ui.use_json();
    }
    let options = ValidateOptions {
        place: args.rev.place(folder),
        paths: args.paths.clone(),
        now: clock.at(&args.at),
    };
    let report = ops::validate(&options)?;
    if ui.is_json() {
        ui.bytes(json::text(&json::ValidateDocument::from(&report)).as_bytes())?;
    } else {
        ui.result(&human::diagnostics(&report.diagnostics, &report.sources))?;
        ui.result(&human::validate_summary(&report))?;
    }
    Ok(if report.fails(args.deny == Some(Deny::Warnings)) {
        ExitStatus::No
    } else {
        ExitStatus::Success
    })
}

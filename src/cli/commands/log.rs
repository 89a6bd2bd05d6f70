//! `ffctl log`

use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use crate::cli::args::{Clock, RevArg};
use crate::cli::{ExitStatus, Ui};
use crate::ops::{self, Action, LogOptions, UsageError};
use crate::output::{csv, human, json};

/// Tell who changed what is served, when and why, commit by commit
///
/// What changed is derived from the files, whatever the messages say; a merge is told only for what
/// it changed itself. Comments, owners and descriptions change nothing. The reason, approvals and
/// deployment are `Reason:`, `Approved-by:` and `Deployment-Id:` lines anywhere in the message.
/// Renamed flags and moved folders are followed.
#[derive(Debug, Args)]
pub(in crate::cli) struct LogArgs {
    /// Only this flag, one that is gone too (repeatable: any of them)
    #[arg(short, long = "flag", value_name = "KEY")]
    flags: Vec<String>,

    /// Only changes in this environment (repeatable: any of them)
    #[arg(
        short,
        long = "env",
        visible_alias = "environment",
        value_name = "NAME"
    )]
    environments: Vec<String>,

    /// Only commits since this time: a date, a date and time, `2 weeks ago`, `yesterday`, or another
    /// form that Git takes
    #[arg(long, value_name = "TIME", visible_alias = "after")]
    since: Option<String>,

    /// Only commits until this time
    #[arg(long, value_name = "TIME", visible_alias = "before")]
    until: Option<String>,

    /// Only commits whose author's name or address matches (repeatable: any of them)
    #[arg(long = "author", value_name = "REGEX")]
    authors: Vec<String>,

    /// Only commits with such a change; the commands that make them are understood too, `deploy` and
    /// `rollback` by what the message says (repeatable: any of them)
    #[arg(long = "action", value_name = "ACTION", value_parser = PossibleValuesParser::new(Action::names()))]
    actions: Vec<String>,

    /// Only commits of this deployment (repeatable: any of them)
    #[arg(long = "deployment-id", value_name = "ID")]
    deployments: Vec<String>,

    /// No more commits than this
    #[arg(short = 'n', long = "max-count", value_name = "NUMBER", value_parser = parse_count)]
    limit: Option<usize>,

    /// The format
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    #[command(flatten)]
    rev: RevArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// As with `--json`
    Json,
    /// A row for each change, with a header
    Csv,
}

pub(super) fn run(
    args: &LogArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let format = format(args, ui)?;
    let options = LogOptions {
        place: args.rev.place(folder),
        flags: args.flags.clone(),
        environments: args.environments.clone(),
        since: args.since.clone(),
        until: args.until.clone(),
        authors: args.authors.clone(),
        actions: args
            .actions
            .iter()
            .filter_map(|name| Action::named(name))
            .collect(),
        deployments: args.deployments.clone(),
        limit: args.limit,
        now: clock.now(),
        progress: ui.progress(),
    };
    let report = ops::log(&options);
    ui.end_progress();
    let report = report?;
    match format {
        Format::Human => ui.result(&human::log(&report))?,
        Format::Json => ui.result(&json::text(&json::LogDocument::from(&report)))?,
        Format::Csv => ui.bytes(csv::log(&report).as_bytes())?,
    }
    for note in &report.notes {
        ui.op_warning(note);
    }
    Ok(ExitStatus::Success)
}

fn parse_count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "write a whole number from 1 on".to_owned())
}

fn format(args: &LogArgs, ui: &mut Ui) -> Result<Format, UsageError> {
    match args.format {
        None if ui.is_json() => Ok(Format::Json),
        None => Ok(Format::Human),
        Some(Format::Json) => {
            ui.use_json();
            Ok(Format::Json)
        }
        Some(format) if ui.is_json() => {
            let name = if format == Format::Csv {
                "csv"
            } else {
                "human"
            };
            let message = format!("`--json` and `--format {name}` exclude each other");
            Err(UsageError::new(message, "leave out one".to_owned()))
        }
        Some(format) => Ok(format),
    }
}

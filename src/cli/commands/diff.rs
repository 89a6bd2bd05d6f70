//! `ffctl diff`

use std::path::Path;

use clap::{Args, ValueEnum};

use crate::cli::args::{AtArg, Clock};
use crate::cli::{ExitStatus, Ui};
use crate::ops::{self, DiffOptions, UsageError};
use crate::output::{human, json};

/// Show what changes in what is served, between revisions or environments
///
/// Compares two revisions, or a revision with the working tree: the flags' records, and what they
/// serve in each environment, inherited effects included. Without a revision: HEAD with the working
/// tree.
#[derive(Debug, Args)]
pub(in crate::cli) struct DiffArgs {
    /// The revision before: a commit, tag, branch, `HEAD~3`, or `BASE..HEAD`; HEAD if left out
    #[arg(value_name = "BASE")]
    base: Option<String>,

    /// The revision after; the working tree if left out
    #[arg(value_name = "HEAD")]
    head: Option<String>,

    /// Only this flag (repeatable)
    #[arg(short, long = "flag", value_name = "KEY")]
    flags: Vec<String>,

    /// Only this environment (repeatable)
    #[arg(
        short,
        long = "env",
        visible_alias = "environment",
        value_name = "NAME"
    )]
    envs: Vec<String>,

    /// Compare the environment with this one: what is otherwise in `--env` than here
    #[arg(long, value_name = "NAME", requires = "envs")]
    against: Option<String>,

    /// How differences are printed
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,

    /// Exit with 1 if there is a difference
    #[arg(long)]
    exit_code: bool,

    #[command(flatten)]
    at: AtArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}

pub(super) fn run(
    args: &DiffArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    if args.format == Format::Json {
        ui.use_json();
    }
    let (base, head) = revisions(args)?;
    let options = DiffOptions {
        folder: folder.to_owned(),
        base,
        head,
        flags: args.flags.clone(),
        environments: args.envs.clone(),
        against: args.against.clone(),
        now: clock.at(&args.at),
    };
    let report = ops::diff(&options)?;
    for (diagnostics, sources) in &report.findings {
        ui.findings(diagnostics, sources);
    }
    if ui.is_json() {
        ui.result(&json::text(&json::DiffDocument::from(&report)))?;
    } else if args.format == Format::Markdown {
        ui.bytes(human::diff_markdown(&report).as_bytes())?;
    } else {
        ui.result(&human::diff(&report))?;
    }
    let has_errors = report
        .findings
        .iter()
        .any(|(diagnostics, _)| diagnostics.has_errors());
    Ok(if has_errors || (args.exit_code && report.differs()) {
        ExitStatus::No
    } else {
        ExitStatus::Success
    })
}

/// Returns the two revisions; `A..B` is short for both.
fn revisions(args: &DiffArgs) -> Result<(Option<String>, Option<String>), UsageError> {
    let (base, head) = (args.base.clone(), args.head.clone());
    let Some(range) = base.as_deref().filter(|_| head.is_none()) else {
        return Ok((base, head));
    };
    if let Some((one, other)) = range.split_once("...") {
        let or_head = |name: &str| {
            if name.is_empty() {
                "HEAD".to_owned()
            } else {
                name.to_owned()
            }
        };
        let (one, other) = (or_head(one), or_head(other));
        let hint = format!(
            "`ffctl diff \"$(git merge-base {one} {other})\" {other}` tells what {other} brings"
        );
        return Err(UsageError::new(
            "differences are two-point, from one revision to the other",
            hint,
        ));
    }
    let Some((one, other)) = range.split_once("..") else {
        return Ok((base, head));
    };
    let named = |name: &str| Some(if name.is_empty() { "HEAD" } else { name }.to_owned());
    Ok((named(one), named(other)))
}

//! `ffctl evaluate`

use std::io::{self, BufRead as _};
use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

use crate::cli::args::{AtArg, Clock, EnvironmentArg, RevArg};
use crate::cli::{ExitStatus, Ui};
use crate::ops::{
    self, Assignment, BatchFailure, BatchRunner, EvaluateOptions, EvaluateReport, UsageError,
};
use crate::output::{human, json};

/// Evaluate flags for a context: value, variant and reason
///
/// `--trace` shows every rule and condition with the attribute's actual value, and the place in
/// the files that decided. `--batch` reads one JSON object a line on standard input (`flag`,
/// `environment`, `context`, `at`) and answers each with a line.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["flags", "all", "batch"])))]
pub(in crate::cli) struct EvaluateArgs {
    /// The flag (repeatable)
    #[arg(short, long = "flag", value_name = "KEY")]
    flags: Vec<String>,

    /// Evaluate every flag
    #[arg(long)]
    all: bool,

    /// Answer questions from standard input, one JSON object a line
    #[arg(long, conflicts_with_all = ["context", "attributes", "trace"])]
    batch: bool,

    #[command(flatten)]
    environment: EnvironmentArg,

    /// The context as a JSON object, or `@FILE` with one
    #[arg(long, value_name = "JSON|@FILE")]
    context: Option<String>,

    /// An attribute of the context (repeatable); dots reach into nested maps
    #[arg(short, long = "attr", value_name = "NAME=VALUE")]
    attributes: Vec<Assignment>,

    /// Show everything that was looked at
    #[arg(long)]
    trace: bool,

    #[command(flatten)]
    rev: RevArg,

    #[command(flatten)]
    at: AtArg,
}

pub(super) fn run(
    args: &EvaluateArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let options = EvaluateOptions {
        place: args.rev.place(folder),
        flags: (!args.all && !args.batch).then(|| args.flags.clone()),
        environment: args.environment.env.clone(),
        context: args
            .context
            .as_deref()
            .map(|text| context(text, folder))
            .transpose()?,
        attributes: args.attributes.clone(),
        trace: args.trace,
        at: clock.at(&args.at),
    };
    if args.batch {
        return batch(&options, ui);
    }
    let report = ops::evaluate(&options)?;
    if report.refused {
        return Ok(refused(&report, &options, ui));
    }
    if ui.is_json() {
        ui.result(&json::text(&json::EvaluateDocument::new(
            &report,
            args.all || args.flags.len() > 1,
        )))?;
    } else {
        ui.result(&human::evaluate(&report))?;
    }
    let failed = report
        .evaluations
        .iter()
        .any(|evaluation| evaluation.error.is_some());
    Ok(if failed {
        ExitStatus::No
    } else {
        ExitStatus::Success
    })
}

fn refused(report: &EvaluateReport, options: &EvaluateOptions, ui: &mut Ui) -> ExitStatus {
    ui.findings(&report.diagnostics, &report.sources);
    ui.error(
        "the catalog does not compile, so nothing was evaluated",
        &[],
        Some(options.place.advice()),
    );
    ExitStatus::No
}

fn context(text: &str, folder: &Path) -> anyhow::Result<Value> {
    let (json, origin) = match text.strip_prefix('@') {
        None => (text.to_owned(), "`--context`".to_owned()),
        Some(file) => {
            let path = folder.join(file);
            let json = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            (json, format!("`{}`", path.display()))
        }
    };
    let parsed = serde_json::from_str(&json).map_err(|error| {
        UsageError::new(
            format!("{origin} is not JSON: {error}"),
            Some("write {\"country\": \"US\"}, or @FILE".to_owned()),
        )
    });
    Ok(parsed?)
}

fn batch(options: &EvaluateOptions, ui: &mut Ui) -> anyhow::Result<ExitStatus> {
    let mut runner = match BatchRunner::open(options)? {
        Ok(runner) => runner,
        Err(report) => return Ok(refused(&report, options, ui)),
    };
    let mut status = ExitStatus::Success;
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    while input
        .read_until(b'\n', &mut line)
        .context("cannot read standard input")?
        > 0
    {
        let question = std::str::from_utf8(&line).map(str::trim);
        let answer = match question {
            Ok("") => {
                line.clear();
                continue;
            }
            Ok(question) => runner.answer(question),
            Err(error) => Err(BatchFailure::no_question(&error)),
        };
        line.clear();
        let document = match &answer {
            Ok(evaluation) => json::line(&json::EvaluationDocument::from(evaluation)),
            Err(failure) => json::line(&json::FailureDocument::from(failure)),
        };
        if answer.map_or(true, |evaluation| evaluation.error.is_some()) {
            status = ExitStatus::No;
        }
        ui.bytes(document.as_bytes())?;
        // Whoever asks line by line waits for the answer.
        ui.finish()?;
    }
    Ok(status)
}

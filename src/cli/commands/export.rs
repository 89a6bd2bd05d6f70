//! `ffctl export`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::args::{Clock, EnvironmentArg, RevArg};
use crate::cli::{ExitStatus, Ui};
use crate::ops::{self, ExportOptions, ExportReport, ExportStatus};
use crate::output::json;

/// Compile the flags of an environment into a document for runtime consumers
///
/// The same definitions give the same bytes everywhere: no commit, clock or path stands in the
/// document. `--envelope` writes those beside it.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    #[command(flatten)]
    environment: EnvironmentArg,

    /// The format of the document
    #[arg(long, value_name = "FORMAT", required = true)]
    format: Format,

    /// Only flags with this tag, and what they depend on (repeatable: any of them)
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,

    /// Write this document, exported before, with the kill switches of today added: for when a
    /// file is broken, so that nothing compiles
    ///
    /// Nothing else changes, and no kill switch is lifted. Flags that the document does not hold
    /// are not added.
    #[arg(long, value_name = "PREVIOUS", conflicts_with = "tags")]
    kills_only: Option<PathBuf>,

    /// The file to write; standard output if left out
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write nothing; fail if the file is not what would be written
    #[arg(long, requires = "output", conflicts_with = "envelope")]
    check: bool,

    /// Write commit, commit time and dirty state into this file
    #[arg(long, value_name = "FILE")]
    envelope: Option<PathBuf>,

    #[command(flatten)]
    rev: RevArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The compiled ruleset: one JSON document, canonical (RFC 8785)
    Ruleset,
}

pub(super) fn run(
    args: &ExportArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let Format::Ruleset = args.format;
    let options = ExportOptions {
        place: args.rev.place(folder),
        environment: args.environment.env.clone(),
        tags: args.tags.clone(),
        kills_only: args.kills_only.clone(),
        output: args.output.clone(),
        check: args.check,
        envelope: args.envelope.clone(),
        now: clock.now(),
    };
    let (report, envelope) = ops::export(&options)?;
    ui.findings(&report.diagnostics, &report.sources);
    for note in &report.notes {
        ui.warn(&format!("note: {}", crate::output::human::line(note)));
    }
    if let (Some(envelope), Some(path)) = (&envelope, &args.envelope) {
        let text = json::text(&json::EnvelopeDocument::from(envelope));
        ops::write_file(&folder.join(path), text.as_bytes())?;
    }
    match &report.status {
        ExportStatus::Refused => {
            ui.error(
                "the catalog does not compile, so nothing was exported",
                &[],
                Some(options.place.advice()),
            );
        }
        ExportStatus::Printed(bytes) => ui.bytes(bytes)?,
        _ if ui.is_json() => ui.result(&json::text(&json::ExportDocument::from(&report)))?,
        _ => ui.result(&sentence(&report))?,
    }
    Ok(match report.status {
        ExportStatus::Refused | ExportStatus::Stale | ExportStatus::Missing => ExitStatus::No,
        _ => ExitStatus::Success,
    })
}

fn sentence(report: &ExportReport) -> String {
    let file = report
        .output
        .as_ref()
        .map_or_else(String::new, |path| path.display().to_string());
    let flags = crate::output::human::count(report.flags, "flag");
    let what = format!(
        "{} of {}, {}",
        flags,
        report.environment,
        short(&report.version)
    );
    match report.status {
        ExportStatus::Written => format!("wrote {file}: {what}\n"),
        ExportStatus::Unchanged => format!("{file} is up to date: {what}\n"),
        ExportStatus::Stale => {
            format!("{file} is stale: `ffctl export` without `--check` writes {what}\n")
        }
        ExportStatus::Missing => {
            format!("{file} does not exist: `ffctl export` without `--check` writes {what}\n")
        }
        ExportStatus::Refused | ExportStatus::Printed(_) => String::new(),
    }
}

/// The first digits of a version tell it apart.
fn short(version: &str) -> &str {
    version.get(..19).unwrap_or(version)
}

//! The options that all commands share, and the list of commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::literal;
use crate::ops::UsageError;

use super::commands;
use super::ui::Ui;

/// Feature flags in Git: read, validate, evaluate and ship YAML flag files
#[derive(Debug, Parser)]
#[command(
    name = "ffctl",
    version,
    propagate_version = true,
    disable_help_subcommand = false,
    arg_required_else_help = true,
    after_help = "Exit status: 0 done and clean; 1 the answer is no; 2 a bad option or no project; 101 a bug."
)]
pub struct Cli {
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Run as if started in this folder
    #[arg(
        short = 'C',
        long = "directory",
        value_name = "DIR",
        global = true,
        default_value = ".",
        hide_default_value = true
    )]
    pub(super) directory: PathBuf,

    /// Print results as JSON
    #[arg(long, global = true)]
    pub(super) json: bool,

    /// Colour the output
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub(super) color: ColorArg,

    /// Print results and errors only
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,

    /// Print warnings about the files too, whatever the command
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(super) verbose: bool,
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorArg {
    /// On a terminal, and where `NO_COLOR` is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Init(commands::init::InitArgs),
    Validate(commands::validate::ValidateArgs),
    List(commands::list::ListArgs),
    Show(commands::show::ShowArgs),
    Environments(commands::environments::EnvironmentsArgs),
    Evaluate(commands::evaluate::EvaluateArgs),
    Export(commands::export::ExportArgs),
    Schema(commands::schema::SchemaArgs),
    Completions(commands::completions::CompletionsArgs),
    Man(commands::man::ManArgs),
}

/// The time of a command.
#[derive(Debug, Clone, Args)]
pub(super) struct AtArg {
    /// Answer for this time instead of now: a date, or a date and time with an offset
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) at: Option<Timestamp>,
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    literal::moment(text)
        .ok_or_else(|| "write RFC 3339, like 2026-12-01T09:00:00Z, or a date".to_owned())
}

/// The environment of a command that needs one.
#[derive(Debug, Clone, Args)]
pub(super) struct EnvironmentArg {
    /// The environment; `[project] default_environment` if left out
    #[arg(
        short,
        long = "env",
        visible_alias = "environment",
        value_name = "NAME"
    )]
    pub(super) env: Option<String>,
}

/// The clock of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    now: Timestamp,
}

impl Clock {
    /// Returns the time that was asked for, or the clock's.
    pub(super) fn at(self, argument: &AtArg) -> Timestamp {
        argument.at.unwrap_or(self.now)
    }

    /// Returns the clock's time.
    pub(super) fn now(self) -> Timestamp {
        self.now
    }
}

impl Clock {
    /// Reads the clock: the system's, or `FFCTL_NOW`, which is for tests and says so.
    pub(super) fn read(ui: &mut Ui) -> anyhow::Result<Self> {
        let now = match std::env::var("FFCTL_NOW") {
            Err(std::env::VarError::NotPresent) => Timestamp::now(),
            Ok(text) => {
                let now = literal::date_time(&text).ok_or_else(|| bad_clock(&text))?;
                ui.warn(&format!("note: FFCTL_NOW sets the clock to {now}"));
                now
            }
            Err(std::env::VarError::NotUnicode(text)) => {
                return Err(bad_clock(&text.to_string_lossy()).into());
            }
        };
        Ok(Self { now })
    }
}

fn bad_clock(text: &str) -> UsageError {
    UsageError::new(
        format!("FFCTL_NOW is `{text}`, which is not a date and time with an offset"),
        Some("write RFC 3339, like 2026-12-01T09:00:00Z, or unset it".to_owned()),
    )
}

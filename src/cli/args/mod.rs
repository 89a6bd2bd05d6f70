//! The options that all commands share, and the list of commands.

mod serve;
mod write;

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::literal;
use crate::model::FlagKind;
use crate::ops::{Place, UsageError};
use crate::ruleset::ValueType;

use super::commands;
use super::ui::Ui;

pub(in crate::cli) use serve::{ServeArgs, parse_percentage};
pub(in crate::cli) use write::{ChangeArgs, FlagsArg, ScheduleArgs, WriteArgs, parse_text};

/// Feature flags in Git: read, change, validate, evaluate and ship YAML flag files
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
    pub(in crate::cli) global: GlobalArgs,
    #[command(subcommand)]
    pub(in crate::cli) command: Command,
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
    pub(in crate::cli) directory: PathBuf,

    /// Print results as JSON
    #[arg(long, global = true)]
    pub(in crate::cli) json: bool,

    /// Colour the output
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    pub(in crate::cli) color: ColorArg,

    /// Print results, warnings and errors only
    #[arg(short, long, global = true)]
    pub(in crate::cli) quiet: bool,

    /// Print warnings about the files too, whatever the command
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(in crate::cli) verbose: bool,
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ColorArg {
    /// On a terminal, and where `NO_COLOR` is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    Init(commands::init::InitArgs),
    Create(commands::create::CreateArgs),
    Validate(commands::validate::ValidateArgs),
    List(commands::list::ListArgs),
    Show(commands::show::ShowArgs),
    Log(commands::log::LogArgs),
    Blame(commands::blame::BlameArgs),
    Environments(commands::environments::EnvironmentsArgs),
    Evaluate(commands::evaluate::EvaluateArgs),
    Export(commands::export::ExportArgs),
    Diff(commands::diff::DiffArgs),
    Enable(commands::enable::EnableArgs),
    Disable(commands::disable::DisableArgs),
    Set(commands::set::SetArgs),
    Rule(commands::rule::RuleArgs),
    Promote(commands::promote::PromoteArgs),
    Rename(commands::rename::RenameArgs),
    Archive(commands::archive::ArchiveArgs),
    EmergencyDisable(commands::emergency_disable::EmergencyDisableArgs),
    Restore(commands::restore::RestoreArgs),
    Rollback(commands::rollback::RollbackArgs),
    Deploy(commands::deploy::DeployArgs),
    Schema(commands::schema::SchemaArgs),
    Completions(commands::completions::CompletionsArgs),
    Man(commands::man::ManArgs),
}

/// The time of a command.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct AtArg {
    /// Answer for this time instead of now: a date, or a date and time with an offset
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(in crate::cli) at: Option<Timestamp>,
}

/// The revision of a command that only reads.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct RevArg {
    /// Read this Git revision instead of the working tree: a commit, tag, branch, `HEAD~3`
    #[arg(long, value_name = "REV", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(in crate::cli) rev: Option<String>,
}

impl RevArg {
    /// Returns where the command looks.
    pub(in crate::cli) fn place(&self, folder: &Path) -> Place {
        Place {
            folder: folder.to_owned(),
            revision: self.rev.clone(),
        }
    }
}

/// Reads a date, or a date and time with an offset.
pub(in crate::cli) fn parse_time(text: &str) -> Result<Timestamp, String> {
    literal::moment(text)
        .ok_or_else(|| "write RFC 3339, like 2026-12-01T09:00:00Z, or a date".to_owned())
}

/// The environment of a command that needs one.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct EnvironmentArg {
    /// The environment; `[project] default_environment` if left out
    #[arg(
        short,
        long = "env",
        visible_alias = "environment",
        value_name = "NAME"
    )]
    pub(in crate::cli) env: Option<String>,
}

/// The environment of a command that also works without one.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct OptionalEnvironmentArg {
    /// The environment; the flag itself if left out
    #[arg(
        short,
        long = "env",
        visible_alias = "environment",
        value_name = "NAME"
    )]
    pub(in crate::cli) env: Option<String>,
}

/// The environment that a report is narrowed to.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct OnlyEnvironmentArg {
    /// Only this environment
    #[arg(
        short,
        long = "env",
        visible_alias = "environment",
        value_name = "NAME"
    )]
    pub(in crate::cli) env: Option<String>,
}

/// A kind of flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum KindArg {
    Release,
    Experiment,
    Operational,
    Permission,
    Permanent,
}

impl From<KindArg> for FlagKind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Release => Self::Release,
            KindArg::Experiment => Self::Experiment,
            KindArg::Operational => Self::Operational,
            KindArg::Permission => Self::Permission,
            KindArg::Permanent => Self::Permanent,
        }
    }
}

/// A type of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TypeArg {
    Boolean,
    String,
    Integer,
    Number,
    Json,
}

impl From<TypeArg> for ValueType {
    fn from(value_type: TypeArg) -> Self {
        match value_type {
            TypeArg::Boolean => Self::Boolean,
            TypeArg::String => Self::String,
            TypeArg::Integer => Self::Integer,
            TypeArg::Number => Self::Number,
            TypeArg::Json => Self::Json,
        }
    }
}

/// The clock of a run.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Clock {
    now: Timestamp,
}

impl Clock {
    /// Returns the time that was asked for, or the clock's.
    pub(in crate::cli) fn at(self, argument: &AtArg) -> Timestamp {
        argument.at.unwrap_or(self.now)
    }

    /// Returns the clock's time.
    pub(in crate::cli) fn now(self) -> Timestamp {
        self.now
    }
}

impl Clock {
    /// Reads the clock: the system's, or `FFCTL_NOW`, which is for tests and says so.
    pub(in crate::cli) fn read(ui: &mut Ui) -> anyhow::Result<Self> {
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

//! The options that all commands share, and the list of commands.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::document::Tree;
use crate::literal;
use crate::model::FlagKind;
use crate::ops::{CommitMode, UsageError, WriteOptions};
use crate::patch::{Pending, Share, What};
use crate::ruleset::ValueType;

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
    Create(commands::create::CreateArgs),
    Validate(commands::validate::ValidateArgs),
    List(commands::list::ListArgs),
    Show(commands::show::ShowArgs),
    Environments(commands::environments::EnvironmentsArgs),
    Evaluate(commands::evaluate::EvaluateArgs),
    Export(commands::export::ExportArgs),
    Enable(commands::enable::EnableArgs),
    Disable(commands::disable::DisableArgs),
    Set(commands::set::SetArgs),
    Rule(commands::rule::RuleArgs),
    Promote(commands::promote::PromoteArgs),
    Rename(commands::rename::RenameArgs),
    Archive(commands::archive::ArchiveArgs),
    EmergencyDisable(commands::emergency_disable::EmergencyDisableArgs),
    Restore(commands::restore::RestoreArgs),
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

/// The environment of a command that also works without one.
#[derive(Debug, Clone, Args)]
pub(super) struct OptionalEnvironmentArg {
    /// The environment; the flag itself if left out
    #[arg(
        short,
        long = "env",
        visible_alias = "environment",
        value_name = "NAME"
    )]
    pub(super) env: Option<String>,
}

/// The flags of a command that changes several.
#[derive(Debug, Clone, Args)]
#[command(group(clap::ArgGroup::new("which").required(true).multiple(true).args(["flags", "tags", "owners"])))]
pub(super) struct FlagsArg {
    /// The flag (repeatable)
    #[arg(short, long = "flag", value_name = "KEY")]
    pub(super) flags: Vec<String>,

    /// All flags with this tag (repeatable: any of them)
    #[arg(long = "tag", value_name = "TAG")]
    pub(super) tags: Vec<String>,

    /// All flags of this owner (repeatable: any of them)
    #[arg(long = "owner", value_name = "OWNER")]
    pub(super) owners: Vec<String>,
}

/// A kind of flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum KindArg {
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
pub(super) enum TypeArg {
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

/// How a change is written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Writing")]
pub(super) struct WriteArgs {
    /// Show the plan and the difference of the files, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Commit exactly the files of the plan
    #[arg(long, overrides_with = "no_commit")]
    pub(super) commit: bool,

    /// Write the files and commit nothing
    #[arg(long, overrides_with = "commit")]
    pub(super) no_commit: bool,

    /// The subject of the commit's message
    #[arg(short, long, value_name = "TEXT")]
    pub(super) message: Option<String>,

    /// Why the change is made
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,

    /// Change this environment although it has rollback protection (repeatable)
    #[arg(long, value_name = "ENV")]
    pub(super) confirm: Vec<String>,

    /// Commit on this branch, without touching the checkout
    #[arg(long, value_name = "NAME")]
    pub(super) branch: Option<String>,

    /// Push the commit; where others were first, the change is made anew on theirs
    #[arg(long)]
    pub(super) push: bool,
}

impl WriteArgs {
    /// Returns how the change is written, by a command that commits as the project says.
    pub(super) fn options(&self, folder: &Path) -> WriteOptions {
        let commit = match (self.commit, self.no_commit) {
            (true, _) => CommitMode::Yes,
            (_, true) => CommitMode::No,
            _ => CommitMode::Settings,
        };
        WriteOptions {
            folder: folder.to_owned(),
            commit,
            message: self.message.clone(),
            branch: self.branch.clone(),
            push: self.push,
            dry_run: self.dry_run,
            emergency: None,
        }
    }
}

/// What becomes of schedule steps ahead.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ScheduleArgs {
    /// Keep schedule steps ahead that set the same
    #[arg(long, conflicts_with = "drop_schedule")]
    pub(super) keep_schedule: bool,

    /// Drop schedule steps ahead that set the same
    #[arg(long)]
    pub(super) drop_schedule: bool,
}

impl ScheduleArgs {
    /// Returns what becomes of them.
    pub(super) fn pending(self) -> Pending {
        match (self.keep_schedule, self.drop_schedule) {
            (true, _) => Pending::Keep,
            (_, true) => Pending::Drop,
            _ => Pending::Ask,
        }
    }
}

/// What is served, and to how many.
#[derive(Debug, Clone, Args)]
pub(super) struct ServeArgs {
    /// To how many, in percent with up to three decimals
    #[arg(short, long, value_name = "P", value_parser = parse_percentage)]
    pub(super) percentage: Option<u32>,

    /// The value to serve, as YAML; on string flags the text itself
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(super) value: Option<String>,

    /// The variant to serve
    #[arg(long, value_name = "VARIANT", conflicts_with = "value")]
    pub(super) variant: Option<String>,

    /// The variants to serve, by weight: `a=90,b=10`, or `default`
    #[arg(long, value_name = "SPLIT", value_parser = parse_split, conflicts_with_all = ["value", "variant"])]
    pub(super) split: Option<Tree>,

    /// To a share that grows from now on: `10/1d` adds 10% each day
    #[arg(long, value_name = "STEP/TIME", value_parser = parse_gradual, conflicts_with = "percentage")]
    pub(super) gradual: Option<Share>,
}

impl ServeArgs {
    /// Returns what is to be served.
    pub(super) fn what(&self) -> Option<What> {
        let value = self.value.clone().map(What::Typed);
        let variant = self.variant.clone().map(What::Variant);
        value
            .or(variant)
            .or_else(|| self.split.clone().map(What::Split))
    }

    /// Returns to how many.
    pub(super) fn share(&self) -> Option<Share> {
        self.percentage.map(Share::Percentage).or(self.gradual)
    }
}

/// Reads a percentage, with or without its sign, in thousandths of a percent.
pub(super) fn parse_percentage(text: &str) -> Result<u32, String> {
    let number = text.trim().trim_end_matches('%').trim();
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let share = number.parse::<f64>().ok().filter(|_| plain);
    let share = share.filter(|share| *share <= 100.0);
    share
        .and_then(literal::thousandths)
        .and_then(|share| u32::try_from(share).ok())
        .ok_or_else(|| "write 0 to 100, with up to three decimals".to_owned())
}

fn parse_gradual(text: &str) -> Result<Share, String> {
    let help = || "write a share and a time, like 10/1d: 10% more each day".to_owned();
    let (increment, every) = text.split_once('/').ok_or_else(help)?;
    let increment = parse_percentage(increment)?;
    let every = literal::seconds(every.trim()).ok_or_else(help)?;
    if increment == 0 || every == 0 {
        return Err("a ramp grows: write a share and a time above 0".to_owned());
    }
    Ok(Share::Gradual { increment, every })
}

fn parse_split(text: &str) -> Result<Tree, String> {
    if text == "default" {
        return Ok(text.into());
    }
    let mut split = Tree::map();
    for part in text.split(',') {
        let (name, weight) = part
            .split_once(['=', ':'])
            .ok_or("write variants with weights, like a=90,b=10")?;
        let weight = weight.trim();
        let tree = if let Ok(whole) = weight.parse::<u32>() {
            Tree::from(i64::from(whole))
        } else {
            let number = weight.parse::<f64>().ok().filter(|number| *number >= 0.0);
            let known = number.filter(|number| literal::thousandths(*number).is_some());
            Tree::from(known.ok_or("weights are numbers of 0 or more, with up to three decimals")?)
        };
        let name = name.trim();
        if split.has(name) {
            return Err(format!("`{name}` is named twice"));
        }
        split.set(name, tree, &[]);
    }
    Ok(split)
}

/// Reads a time ahead: a date and time with an offset, or a date.
pub(super) fn parse_moment(text: &str) -> Result<Timestamp, String> {
    parse_time(text)
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

//! The options of every command that changes flags.

use std::path::Path;

use clap::Args;

use crate::ops::{CommitMode, WriteOptions};
use crate::patch::Pending;

/// The flags of a command that changes several.
#[derive(Debug, Clone, Args)]
#[command(group(clap::ArgGroup::new("which").required(true).multiple(true).args(["flags", "tags", "owners"])))]
pub(in crate::cli) struct FlagsArg {
    /// The flag (repeatable)
    #[arg(short, long = "flag", value_name = "KEY")]
    pub(in crate::cli) flags: Vec<String>,

    /// All flags with this tag (repeatable: any of them)
    #[arg(long = "tag", value_name = "TAG")]
    pub(in crate::cli) tags: Vec<String>,

    /// All flags of this owner (repeatable: any of them)
    #[arg(long = "owner", value_name = "OWNER")]
    pub(in crate::cli) owners: Vec<String>,
}

/// How a change is told, and where it goes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Writing")]
pub(in crate::cli) struct ChangeArgs {
    /// Show the plan and the difference of the files, and write nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,

    /// The subject of the commit's message
    #[arg(short, long, value_name = "TEXT", value_parser = parse_text)]
    pub(in crate::cli) message: Option<String>,

    /// Why the change is made
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    pub(in crate::cli) reason: Option<String>,

    /// Change this environment although it has rollback protection (repeatable)
    #[arg(long, value_name = "ENV")]
    pub(in crate::cli) confirm: Vec<String>,

    /// Commit on this branch, without touching the checkout
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) branch: Option<String>,

    /// Push the commit; where others were first, the change is made anew on theirs
    #[arg(long)]
    pub(in crate::cli) push: bool,
}

/// How a change is written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Writing")]
pub(in crate::cli) struct WriteArgs {
    #[command(flatten)]
    pub(in crate::cli) change: ChangeArgs,

    /// Commit exactly the files of the plan
    #[arg(long, overrides_with = "no_commit")]
    pub(in crate::cli) commit: bool,

    /// Write the files and commit nothing
    #[arg(long, overrides_with = "commit")]
    pub(in crate::cli) no_commit: bool,
}

impl ChangeArgs {
    /// Returns how the change is written.
    pub(in crate::cli) fn options(&self, folder: &Path, commit: CommitMode) -> WriteOptions {
        WriteOptions {
            folder: folder.to_owned(),
            commit,
            message: self.message.clone(),
            branch: self.branch.clone(),
            push: self.push,
            dry_run: self.dry_run,
            emergency: None,
            waiting: None,
        }
    }
}

impl WriteArgs {
    /// Returns how the change is written, by a command that commits as the project says.
    pub(in crate::cli) fn options(&self, folder: &Path) -> WriteOptions {
        let commit = match (self.commit, self.no_commit) {
            (true, _) => CommitMode::Yes,
            (_, true) => CommitMode::No,
            _ => CommitMode::Settings,
        };
        self.change.options(folder, commit)
    }
}

/// What becomes of schedule steps ahead.
#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct ScheduleArgs {
    /// Keep schedule steps ahead that set the same
    #[arg(long, conflicts_with = "drop_schedule")]
    pub(in crate::cli) keep_schedule: bool,

    /// Drop schedule steps ahead that set the same
    #[arg(long)]
    pub(in crate::cli) drop_schedule: bool,
}

impl ScheduleArgs {
    /// Returns what becomes of them.
    pub(in crate::cli) fn pending(self) -> Pending {
        match (self.keep_schedule, self.drop_schedule) {
            (true, _) => Pending::Keep,
            (_, true) => Pending::Drop,
            _ => Pending::Ask,
        }
    }
}

/// Reads a text that says something.
pub(in crate::cli) fn parse_text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("it is blank: say something, or leave the option out".to_owned());
    }
    Ok(text.to_owned())
}

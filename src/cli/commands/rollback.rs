//! `ffctl rollback`

use std::path::Path;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args};

use crate::cli::args::{ChangeArgs, Clock};
use crate::cli::{ExitStatus, Ui};
use crate::ops::{CommitMode, Request, Rollback, Target, Verb};
use crate::patch::Newer;

use super::change;

/// Bring back what was served at an earlier revision, or undo a commit or a deployment
///
/// History stays as it is: the rollback is a commit on top. Kill switches in force stay, ramps and
/// schedules are held at what they gave then, and flags that did not exist then are left alone.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("target").required(true).args(["to", "to_version", "commit", "deployment_id"])))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches of the command line, each for itself"
)]
pub(in crate::cli) struct RollbackArgs {
    /// Serve what was served at this revision: a commit, tag, branch, `HEAD~3`
    #[arg(long, value_name = "REV", value_parser = NonEmptyStringValueParser::new())]
    to: Option<String>,

    /// Serve what was served at this version: the tag X, vX or PROJECT-vX
    #[arg(long, value_name = "X", value_parser = NonEmptyStringValueParser::new())]
    to_version: Option<String>,

    /// Undo this commit, and keep later edits of other slots
    #[arg(long, value_name = "REV", value_parser = NonEmptyStringValueParser::new())]
    commit: Option<String>,

    /// Undo the commits with the line `Deployment-Id: ID`, the newest first
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    deployment_id: Option<String>,

    /// Only this flag (repeatable)
    #[arg(short, long = "flag", value_name = "KEY")]
    flags: Vec<String>,

    /// Only the entries of this environment (repeatable)
    #[arg(
        short,
        long = "env",
        visible_alias = "environment",
        value_name = "NAME"
    )]
    environments: Vec<String>,

    /// Let ramps and schedules go on as if nothing had happened
    #[arg(long)]
    resume: bool,

    /// Take kill switches away that were not in force then
    #[arg(long)]
    lift_kill_switches: bool,

    /// Refuse what an entry cannot say without copying what it had from elsewhere
    #[arg(long, conflicts_with_all = ["commit", "deployment_id"])]
    no_pin: bool,

    /// Archive flags that did not exist then
    #[arg(long, conflicts_with_all = ["commit", "deployment_id"])]
    prune: bool,

    /// Leave what was changed again since
    #[arg(long, conflicts_with_all = ["take_older", "to", "to_version"])]
    keep_newer: bool,

    /// Undo also what was changed again since
    #[arg(long, conflicts_with_all = ["to", "to_version"])]
    take_older: bool,

    /// Write the files and commit nothing
    #[arg(long, help_heading = "Writing", conflicts_with_all = ["branch", "push"])]
    no_commit: bool,

    #[command(flatten)]
    change: ChangeArgs,
}

pub(super) fn run(
    args: &RollbackArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let commit = if args.no_commit {
        CommitMode::No
    } else {
        CommitMode::Preferred
    };
    let request = Request {
        verb: Verb::Rollback(rollback(args)),
        flags: args.flags.clone(),
        tags: Vec::new(),
        owners: Vec::new(),
        environments: args.environments.clone(),
        reason: args.change.reason.clone(),
        confirm: args.change.confirm.clone(),
        now: clock.now(),
        write: args.change.options(folder, commit),
    };
    change::run(request, ui)
}

fn rollback(args: &RollbackArgs) -> Rollback {
    Rollback {
        target: target(args),
        resume: args.resume,
        lift_kill_switches: args.lift_kill_switches,
        pin: !args.no_pin,
        prune: args.prune,
        newer: match (args.keep_newer, args.take_older) {
            (true, _) => Newer::Keep,
            (_, true) => Newer::Drop,
            _ => Newer::Ask,
        },
    }
}

/// One of the four is there: clap sees to it.
fn target(args: &RollbackArgs) -> Target {
    let to = args.to.clone().map(Target::Revision);
    let version = args.to_version.clone().map(Target::Version);
    let commit = args.commit.clone().map(Target::Commit);
    let deployment = args.deployment_id.clone().map(Target::Deployment);
    let target = to.or(version).or(commit).or(deployment);
    target.unwrap_or_else(|| Target::Revision("HEAD".to_owned()))
}

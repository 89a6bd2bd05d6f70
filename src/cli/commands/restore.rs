//! `ffctl restore`

use std::path::Path;

use clap::Args;

use crate::cli::args::{Clock, FlagsArg, OptionalEnvironmentArg, ScheduleArgs, WriteArgs};
use crate::cli::{ExitStatus, Ui};
use crate::ops::{CommitMode, Verb};
use crate::patch::{Restore, Return};

use super::{change, emergency_disable};

/// Take a kill switch away: what was served when it was thrown comes back, and no more
#[derive(Debug, Args)]
pub(in crate::cli) struct RestoreArgs {
    #[command(flatten)]
    flags: FlagsArg,

    #[command(flatten)]
    environment: OptionalEnvironmentArg,

    /// Go on as if nothing had happened: ramps and schedules at their present step
    #[arg(long, conflicts_with = "restart")]
    resume: bool,

    /// Begin ramps anew
    #[arg(long)]
    restart: bool,

    #[command(flatten)]
    schedule: ScheduleArgs,

    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(
    args: &RestoreArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let mut write = args.write.clone();
    write.change.reason = Some(emergency_disable::reason(&write, "restored", ui)?);
    let verb = Verb::Restore(Restore {
        back: match (args.resume, args.restart) {
            (true, _) => Return::Resume,
            (_, true) => Return::Restart,
            _ => Return::AsItWas,
        },
        pending: args.schedule.pending(),
    });
    let environments = args.environment.env.iter().cloned().collect();
    let mut request = change::request(verb, &args.flags, environments, &write, folder, clock);
    if request.write.commit == CommitMode::Settings {
        request.write.commit = CommitMode::Preferred;
    }
    change::run(request, ui)
}

//! `ffctl disable`

use std::path::Path;

use clap::Args;
use jiff::Timestamp;

use crate::cli::args::{Clock, EnvironmentArg, FlagsArg, WriteArgs, parse_time};
use crate::cli::{ExitStatus, Ui};
use crate::literal;
use crate::ops::Verb;
use crate::patch::Disable;

use super::change;

/// Switch flags off in an environment, and keep what they served for the way back
///
/// Ramps are held where they are, and schedule steps ahead that would expose anything are dropped
/// and shown.
#[derive(Debug, Args)]
pub(in crate::cli) struct DisableArgs {
    #[command(flatten)]
    flags: FlagsArg,

    #[command(flatten)]
    environment: EnvironmentArg,

    /// Write a schedule step for this time instead
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,

    /// Keep schedule steps ahead, also those that expose something
    #[arg(long)]
    keep_schedule: bool,

    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(
    args: &DisableArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let verb = Verb::Disable(Disable {
        at: args.at.map(literal::second_reaching),
        keep_schedule: args.keep_schedule,
    });
    let environments = args.environment.env.iter().cloned().collect();
    let request = change::request(verb, &args.flags, environments, &args.write, folder, clock);
    change::run(request, ui)
}

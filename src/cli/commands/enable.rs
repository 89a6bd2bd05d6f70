//! `ffctl enable`

use std::path::Path;

use clap::Args;
use jiff::Timestamp;

use crate::cli::args::{
    Clock, EnvironmentArg, FlagsArg, ScheduleArgs, ServeArgs, WriteArgs, parse_time,
};
use crate::cli::{ExitStatus, Ui};
use crate::literal;
use crate::ops::Verb;
use crate::patch::Enable;

use super::change;

/// Switch flags on in an environment, for everybody or for some
///
/// Without options, what `disable` has held back comes back; a flag that was never on is then on
/// for everybody. `--percentage` and `--gradual` keep what is served and replace each other. In a
/// protected environment it must be said to how many.
#[derive(Debug, Args)]
pub(in crate::cli) struct EnableArgs {
    #[command(flatten)]
    flags: FlagsArg,

    #[command(flatten)]
    environment: EnvironmentArg,

    #[command(flatten)]
    serve: ServeArgs,

    /// Enable the flags that must be served first as well
    #[arg(long)]
    with_dependencies: bool,

    /// Write a schedule step for this time instead
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,

    #[command(flatten)]
    schedule: ScheduleArgs,

    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(
    args: &EnableArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let verb = Verb::Enable {
        options: Enable {
            what: args.serve.what(),
            share: args.serve.share(),
            at: args.at.map(literal::second_reaching),
            pending: args.schedule.pending(),
        },
        with_dependencies: args.with_dependencies,
    };
    let environments = args.environment.env.iter().cloned().collect();
    let request = change::request(verb, &args.flags, environments, &args.write, folder, clock);
    change::run(request, ui)
}

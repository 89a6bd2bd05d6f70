//! `ffctl promote`

use std::path::Path;

use clap::Args;
use jiff::Timestamp;

use crate::cli::args::{Clock, FlagsArg, ScheduleArgs, WriteArgs, parse_percentage, parse_time};
use crate::cli::{ExitStatus, Ui};
use crate::literal;
use crate::ops::Verb;
use crate::patch::Promote;

use super::change;

/// Bring the structure of flags from one environment to another that follows it
///
/// Rules, values, variants and splits move; who is exposed stays, rule by rule. What the other
/// environment does not know yet needs `--percentage`, or `--as-is` to move exposure too. In what
/// the two differ is shown first.
#[derive(Debug, Args)]
pub(in crate::cli) struct PromoteArgs {
    #[command(flatten)]
    flags: FlagsArg,

    /// The environment that it comes from
    #[arg(long, value_name = "ENV")]
    from: String,

    /// The environment that it goes to
    #[arg(long, value_name = "ENV")]
    to: String,

    /// To how many what is new goes, in percent
    #[arg(short, long, value_name = "P", value_parser = parse_percentage, conflicts_with = "as_is")]
    percentage: Option<u32>,

    /// Bring exposure and the default too
    #[arg(long)]
    as_is: bool,

    /// When ramps and schedules that are brought begin
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    restart_at: Option<Timestamp>,

    #[command(flatten)]
    schedule: ScheduleArgs,

    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(
    args: &PromoteArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let verb = Verb::Promote {
        from: args.from.clone(),
        options: Promote {
            percentage: args.percentage,
            as_is: args.as_is,
            restart_at: args.restart_at.map(literal::second_reaching),
            pending: args.schedule.pending(),
        },
    };
    let environments = vec![args.to.clone()];
    let request = change::request(verb, &args.flags, environments, &args.write, folder, clock);
    change::run(request, ui)
}

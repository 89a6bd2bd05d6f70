//! `ffctl set`

use std::path::Path;

use clap::Args;

use crate::cli::args::{Clock, FlagsArg, OptionalEnvironmentArg, ScheduleArgs, WriteArgs};
use crate::cli::{ExitStatus, Ui};
use crate::ops::Verb;
use crate::patch::Assignment;

use super::change;

/// Set any single slot of an environment, or a field of the flag
///
/// Values are YAML, and plain text where the slot is text. Dotted names reach into maps:
/// `lifecycle.expires=2027-03-31`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SetArgs {
    #[command(flatten)]
    flags: FlagsArg,

    #[command(flatten)]
    environment: OptionalEnvironmentArg,

    /// A slot with its new value (repeatable)
    #[arg(value_name = "SLOT=VALUE", value_parser = parse_assignment, required_unless_present = "unset")]
    assignments: Vec<Assignment>,

    /// Take a slot away (repeatable)
    #[arg(long, value_name = "SLOT")]
    unset: Vec<String>,

    #[command(flatten)]
    schedule: ScheduleArgs,

    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(
    args: &SetArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let unset = args.unset.iter().map(|slot| Assignment {
        slot: slot.clone(),
        value: None,
    });
    let verb = Verb::Set {
        assignments: args.assignments.iter().cloned().chain(unset).collect(),
        pending: args.schedule.pending(),
    };
    let environments = args.environment.env.iter().cloned().collect();
    let request = change::request(verb, &args.flags, environments, &args.write, folder, clock);
    change::run(request, ui)
}

fn parse_assignment(text: &str) -> Result<Assignment, String> {
    let (slot, value) = text
        .split_once('=')
        .ok_or("write a slot and its value, like percentage=25")?;
    Ok(Assignment {
        slot: slot.trim().to_owned(),
        value: Some(value.to_owned()),
    })
}

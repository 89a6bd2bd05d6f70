//! `ffctl list`

use std::path::Path;

use clap::{Args, ValueEnum};

use crate::cli::args::{AtArg, Clock, KindArg, OnlyEnvironmentArg, RevArg};
use crate::cli::{ExitStatus, Ui};
use crate::model::FlagKind;
use crate::ops::{self, ListOptions, State};
use crate::output::{human, json};

/// List the flags: a row a flag, a column an environment
#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    #[command(flatten)]
    environment: OnlyEnvironmentArg,

    /// Only flags with this tag (repeatable: any of them)
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,

    /// Only flags of this owner (repeatable: any of them)
    #[arg(long = "owner", value_name = "OWNER")]
    owners: Vec<String>,

    /// Only flags of this kind (repeatable: any of them)
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<KindArg>,

    /// Only flags that are in this state in a listed environment
    #[arg(long, value_name = "STATE")]
    state: Option<StateArg>,

    /// Only flags whose rules use this segment, themselves or through other segments
    #[arg(long, value_name = "SEGMENT")]
    uses_segment: Option<String>,

    /// Only flags whose rules look at this attribute, themselves or through segments
    #[arg(long, value_name = "ATTRIBUTE")]
    uses_attribute: Option<String>,

    #[command(flatten)]
    rev: RevArg,

    #[command(flatten)]
    at: AtArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StateArg {
    On,
    Off,
    Partial,
    Killed,
}

pub(super) fn run(
    args: &ListArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let options = ListOptions {
        place: args.rev.place(folder),
        environment: args.environment.env.clone(),
        tags: args.tags.clone(),
        owners: args.owners.clone(),
        kinds: args.kinds.iter().copied().map(FlagKind::from).collect(),
        state: args.state.map(State::from),
        uses_segment: args.uses_segment.clone(),
        uses_attribute: args.uses_attribute.clone(),
        now: clock.at(&args.at),
    };
    let report = ops::list(&options)?;
    ui.findings(&report.diagnostics, &report.sources);
    if ui.is_json() {
        ui.result(&json::text(&json::ListDocument::from(&report)))?;
    } else {
        ui.result(&human::list(&report))?;
    }
    Ok(if report.diagnostics.has_errors() {
        ExitStatus::No
    } else {
        ExitStatus::Success
    })
}

impl From<StateArg> for State {
    fn from(state: StateArg) -> Self {
        match state {
            StateArg::On => Self::On,
            StateArg::Off => Self::Off,
            StateArg::Partial => Self::Partial,
            StateArg::Killed => Self::Killed,
        }
    }
}

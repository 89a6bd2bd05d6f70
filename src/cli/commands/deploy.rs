//! `ffctl deploy`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::args::{Clock, EnvironmentArg, ScheduleArgs, WriteArgs};
use crate::cli::{ExitStatus, Ui};
use crate::model::DeploymentPhase;
use crate::ops::{CommitMode, Deploy, Request, Verb};

use super::change;

/// Do the flag steps of a deployment's phase, as one commit with the deployment's id
///
/// The steps are done in order: `enable_flag`, `disable_flag`, and `verify_flags`, which fails where
/// somebody is served the off value. All of them are done or none. To do a phase again is to do
/// nothing.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeployArgs {
    /// The file with the steps: `ffctl schema deployment` prints what it may say
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,

    /// The phase
    #[arg(long)]
    phase: PhaseArg,

    #[command(flatten)]
    environment: EnvironmentArg,

    /// Which deployment it is, for the commit's message
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    deployment_id: String,

    #[command(flatten)]
    schedule: ScheduleArgs,

    #[command(flatten)]
    write: WriteArgs,
}

/// A phase of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PhaseArg {
    /// Before the code is deployed
    #[value(name = "pre_deploy", alias = "pre-deploy")]
    Pre,
    /// After it
    #[value(name = "post_deploy", alias = "post-deploy")]
    Post,
}

impl From<PhaseArg> for DeploymentPhase {
    fn from(phase: PhaseArg) -> Self {
        match phase {
            PhaseArg::Pre => Self::Pre,
            PhaseArg::Post => Self::Post,
        }
    }
}

pub(super) fn run(
    args: &DeployArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let deploy = Deploy::read(
        folder,
        &args.plan,
        args.phase.into(),
        &args.deployment_id,
        args.schedule.pending(),
    )?;
    let mut request = Request {
        verb: Verb::Deploy(deploy),
        flags: Vec::new(),
        tags: Vec::new(),
        owners: Vec::new(),
        environments: args.environment.env.iter().cloned().collect(),
        reason: args.write.change.reason.clone(),
        confirm: args.write.change.confirm.clone(),
        now: clock.now(),
        write: args.write.options(folder),
    };
    if request.write.commit == CommitMode::Settings {
        request.write.commit = CommitMode::Preferred;
    }
    change::run(request, ui)
}

//! `ffctl rule`

use std::path::Path;

use clap::{Args, Subcommand};

use crate::cli::args::{Clock, OptionalEnvironmentArg, ScheduleArgs, ServeArgs, WriteArgs};
use crate::cli::{ExitStatus, Ui};
use crate::ops::{RuleAction, Verb};
use crate::patch::RuleParts;

use super::change;

/// Add, change, move or remove targeting rules
#[derive(Debug, Args)]
pub(in crate::cli) struct RuleArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a rule, before another one or at the end
    Add(AddArgs),
    /// Change the parts of a rule that are said
    Set(SetArgs),
    /// Move a rule, before another one or to the end
    Move(MoveArgs),
    /// Remove a rule
    Remove(RemoveArgs),
}

/// The rule, and where it is.
#[derive(Debug, Args)]
struct Place {
    /// The flag
    #[arg(short, long, value_name = "KEY")]
    flag: String,

    #[command(flatten)]
    environment: OptionalEnvironmentArg,

    /// The rule's name
    #[arg(short, long, value_name = "NAME")]
    name: String,
}

/// How the change is written.
#[derive(Debug, Args)]
struct Writing {
    #[command(flatten)]
    schedule: ScheduleArgs,

    #[command(flatten)]
    write: WriteArgs,
}

/// The parts of a rule.
#[derive(Debug, Args)]
struct Parts {
    /// A condition, like `country in [US, CA]` or `segment beta` (repeatable: all must hold); a new
    /// rule without conditions takes everybody
    #[arg(long, value_name = "CONDITION")]
    when: Vec<String>,

    #[command(flatten)]
    serve: ServeArgs,

    /// The attribute that names the subject of the rule's percentage and split
    #[arg(long, value_name = "ATTRIBUTE")]
    bucket_by: Option<String>,

    /// What the rule is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

#[derive(Debug, Args)]
struct AddArgs {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    parts: Parts,

    /// The rule to stand before; the end of the list if left out
    #[arg(long, value_name = "NAME")]
    before: Option<String>,

    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
struct SetArgs {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    parts: Parts,

    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
struct MoveArgs {
    #[command(flatten)]
    place: Place,

    /// The rule to stand before; the end of the list if left out
    #[arg(long, value_name = "NAME")]
    before: Option<String>,

    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
struct RemoveArgs {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    writing: Writing,
}

impl Parts {
    fn parts(&self) -> RuleParts {
        RuleParts {
            when: self.when.clone(),
            what: self.serve.what(),
            share: self.serve.share(),
            bucket_by: self.bucket_by.clone(),
            description: self.description.clone(),
        }
    }
}

pub(super) fn run(
    args: &RuleArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let (place, writing, action) = match &args.action {
        Action::Add(args) => {
            let action = RuleAction::Add(args.parts.parts(), args.before.clone());
            (&args.place, &args.writing, action)
        }
        Action::Set(args) => {
            let action = RuleAction::Set(args.parts.parts());
            (&args.place, &args.writing, action)
        }
        Action::Move(args) => {
            let action = RuleAction::Move(args.before.clone());
            (&args.place, &args.writing, action)
        }
        Action::Remove(args) => (&args.place, &args.writing, RuleAction::Remove),
    };
    let verb = Verb::Rule {
        name: place.name.clone(),
        action,
        pending: writing.schedule.pending(),
    };
    let environments = place.environment.env.iter().cloned().collect();
    let flags = change::one_flag(&place.flag);
    let request = change::request(verb, &flags, environments, &writing.write, folder, clock);
    change::run(request, ui)
}

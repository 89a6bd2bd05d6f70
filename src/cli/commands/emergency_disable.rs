//! `ffctl emergency-disable`

use std::io::{self, IsTerminal as _};
use std::path::Path;

use clap::Args;
use jiff::Timestamp;

use crate::cli::args::{Clock, FlagsArg, WriteArgs, parse_time};
use crate::cli::{ExitStatus, Ui};
use crate::literal;
use crate::ops::{CommitMode, EmergencyWrite, UsageError, Verb};
use crate::patch::Kill;

use super::change;

/// Throw the kill switch: the off value for everybody, whatever else is said
///
/// Without `--env` everywhere. The commit goes to the release branch, also where other files are
/// broken or this one has other changes; nothing else of the flag is touched, and `restore` takes
/// the switch away.
#[derive(Debug, Args)]
pub(in crate::cli) struct EmergencyDisableArgs {
    #[command(flatten)]
    flags: FlagsArg,

    /// All the flags that `--tag` and `--owner` select are meant
    #[arg(long)]
    yes: bool,

    /// Only in this environment, and where it is inherited (repeatable)
    #[arg(
        short,
        long = "env",
        visible_alias = "environment",
        value_name = "NAME"
    )]
    environments: Vec<String>,

    /// When somebody must have looked; a week from now if left out
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Timestamp>,

    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(
    args: &EmergencyDisableArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let selects = !args.flags.tags.is_empty() || !args.flags.owners.is_empty();
    if selects && !args.yes && !args.write.change.dry_run {
        let hint = "add `--yes`; `--dry-run` shows which flags they are".to_owned();
        return Err(UsageError::new("a tag or an owner may select many flags", hint).into());
    }
    let mut write = args.write.clone();
    let reason = reason(&write, "killed", ui)?;
    write.change.reason = Some(reason.clone());
    let verb = Verb::EmergencyDisable(Kill {
        reason,
        until: args.until.map(literal::second_reaching),
        by: None,
    });
    let environments = args.environments.clone();
    let mut request = change::request(verb, &args.flags, environments, &write, folder, clock);
    if request.write.commit == CommitMode::Settings {
        request.write.commit = CommitMode::Preferred;
    }
    let name = args.flags.flags.first().or(args.flags.tags.first());
    let time = clock.now().strftime("%Y%m%dT%H%M%SZ");
    request.write.emergency = Some(EmergencyWrite {
        name: format!("{}-{time}", name.map_or("flags", String::as_str)),
    });
    change::run(request, ui)
}

/// Returns the reason: as it was said, or as it is typed where somebody can be asked.
pub(super) fn reason(write: &WriteArgs, what: &str, ui: &mut Ui) -> anyhow::Result<String> {
    let said = match &write.change.reason {
        Some(reason) => reason.clone(),
        None if io::stdin().is_terminal() && io::stderr().is_terminal() => {
            ui.warn(&format!("why is it {what}? "));
            let mut line = String::new();
            io::stdin().read_line(&mut line)?;
            line
        }
        None => String::new(),
    };
    let said = said.trim();
    if said.is_empty() {
        let hint = "add `--reason TEXT`: those who come later will want to know".to_owned();
        return Err(UsageError::new(format!("nobody said why the flag is {what}"), hint).into());
    }
    Ok(said.to_owned())
}

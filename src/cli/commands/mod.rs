//! The commands: one file each, arguments and wiring.

pub(super) mod archive;
pub(super) mod blame;
mod change;
pub(super) mod completions;
pub(super) mod create;
pub(super) mod deploy;
pub(super) mod diff;
pub(super) mod disable;
pub(super) mod emergency_disable;
pub(super) mod enable;
pub(super) mod environments;
pub(super) mod evaluate;
pub(super) mod export;
pub(super) mod init;
pub(super) mod list;
pub(super) mod log;
pub(super) mod man;
pub(super) mod promote;
pub(super) mod rename;
pub(super) mod restore;
pub(super) mod rollback;
pub(super) mod rule;
pub(super) mod schema;
pub(super) mod set;
pub(super) mod show;
pub(super) mod validate;

use super::args::{Cli, Clock, Command};
use super::exit::ExitStatus;
use super::ui::Ui;
use crate::ops;

/// Runs the command that the arguments name.
pub(super) fn run(cli: &Cli, clock: Clock, ui: &mut Ui) -> anyhow::Result<ExitStatus> {
    let folder = cli.global.directory.as_path();
    if reads_flags(&cli.command)
        && let Some(note) = ops::recover(folder, ui.waiting())?
    {
        ui.op_note(&note);
    }
    match &cli.command {
        Command::Init(args) => init::run(args, folder, ui),
        Command::Create(args) => create::run(args, folder, clock, ui),
        Command::Validate(args) => validate::run(args, folder, clock, ui),
        Command::List(args) => list::run(args, folder, clock, ui),
        Command::Log(args) => log::run(args, folder, clock, ui),
        Command::Blame(args) => blame::run(args, folder, clock, ui),
        Command::Show(args) => show::run(args, folder, clock, ui),
        Command::Diff(args) => diff::run(args, folder, clock, ui),
        Command::Environments(args) => environments::run(args, folder, clock, ui),
        Command::Evaluate(args) => evaluate::run(args, folder, clock, ui),
        Command::Export(args) => export::run(args, folder, clock, ui),
        Command::Enable(args) => enable::run(args, folder, clock, ui),
        Command::Disable(args) => disable::run(args, folder, clock, ui),
        Command::Set(args) => set::run(args, folder, clock, ui),
        Command::Rule(args) => rule::run(args, folder, clock, ui),
        Command::Promote(args) => promote::run(args, folder, clock, ui),
        Command::Rename(args) => rename::run(args, folder, clock, ui),
        Command::Archive(args) => archive::run(args, folder, clock, ui),
        Command::EmergencyDisable(args) => emergency_disable::run(args, folder, clock, ui),
        Command::Restore(args) => restore::run(args, folder, clock, ui),
        Command::Rollback(args) => rollback::run(args, folder, clock, ui),
        Command::Deploy(args) => deploy::run(args, folder, clock, ui),
        Command::Schema(args) => schema::run(args, folder, ui),
        Command::Completions(args) => completions::run(args, ui),
        Command::Man(args) => man::run(args, ui),
    }
}

/// Returns whether a command looks at a project's files. The others work whatever state they are in.
fn reads_flags(command: &Command) -> bool {
    !matches!(
        command,
        Command::Init(_) | Command::Schema(_) | Command::Completions(_) | Command::Man(_)
    )
}

//! The commands: one file each, arguments and wiring.

pub(super) mod completions;
pub(super) mod environments;
pub(super) mod evaluate;
pub(super) mod export;
pub(super) mod init;
pub(super) mod list;
pub(super) mod man;
pub(super) mod schema;
pub(super) mod show;
pub(super) mod validate;

use super::args::{Cli, Clock, Command};
use super::exit::ExitStatus;
use super::ui::Ui;

/// Runs the command that the arguments name.
pub(super) fn run(cli: &Cli, clock: Clock, ui: &mut Ui) -> anyhow::Result<ExitStatus> {
    let folder = cli.global.directory.as_path();
    match &cli.command {
        Command::Init(args) => init::run(args, folder, ui),
        Command::Validate(args) => validate::run(args, folder, clock, ui),
        Command::List(args) => list::run(args, folder, clock, ui),
        Command::Show(args) => show::run(args, folder, clock, ui),
        Command::Environments(args) => environments::run(args, folder, clock, ui),
        Command::Evaluate(args) => evaluate::run(args, folder, clock, ui),
        Command::Export(args) => export::run(args, folder, clock, ui),
        Command::Schema(args) => schema::run(args, folder, ui),
        Command::Completions(args) => completions::run(args, ui),
        Command::Man(args) => man::run(args, ui),
    }
}

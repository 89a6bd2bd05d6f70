//! The command line: arguments in, streams and exit status out.
//!
//! Each command is one file in `commands`: an `Args` struct, whose doc comments are its help, and
//! a function that calls one op and prints its report. [`Ui`] owns the streams; nothing else
//! writes to them. Errors become a message, its causes and a hint in `error` alone.
#![expect(
    clippy::disallowed_methods,
    reason = "an edge: environment, clock and files that arguments name"
)]

mod args;
mod commands;
mod error;
mod exit;
mod ui;

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _};

pub use args::Cli;
pub use exit::ExitStatus;
pub use ui::Ui;

/// Runs the program with its arguments (the first is its name) and returns how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitStatus {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let parsed = Cli::command()
        .try_get_matches_from(&arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return error::of_arguments(&error, &arguments),
    };
    let mut ui = Ui::new(&cli.global);
    let result = args::Clock::read(&mut ui).and_then(|clock| commands::run(&cli, clock, &mut ui));
    match result.and_then(|status| ui.finish().map(|()| status)) {
        Ok(status) => status,
        Err(error) => error::of_command(&error, &mut ui),
    }
}

/// Returns the definition of the command line, for manual pages and completions.
#[must_use]
pub fn definition() -> clap::Command {
    Cli::command()
}

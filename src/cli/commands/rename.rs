//! `ffctl rename`

use std::path::Path;

use clap::Args;

use crate::cli::args::{Clock, WriteArgs};
use crate::cli::{ExitStatus, Ui};
use crate::ops::Verb;

use super::change;

/// Give a flag another key, in all files that name it
///
/// The old key becomes the salt, so that nobody is reshuffled. Code and other repositories that
/// name the flag must follow.
#[derive(Debug, Args)]
pub(in crate::cli) struct RenameArgs {
    /// The flag
    #[arg(short, long, value_name = "KEY")]
    flag: String,

    /// Its new key
    #[arg(long, value_name = "KEY")]
    to: String,

    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(
    args: &RenameArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let verb = Verb::Rename {
        to: args.to.clone(),
    };
    let flags = change::one_flag(&args.flag);
    let request = change::request(verb, &flags, Vec::new(), &args.write, folder, clock);
    change::run(request, ui)
}

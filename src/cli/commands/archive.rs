//! `ffctl archive`

use std::path::Path;

use clap::Args;

use crate::cli::args::{Clock, FlagsArg, WriteArgs};
use crate::cli::{ExitStatus, Ui};
use crate::ops::Verb;

use super::{change, emergency_disable};

/// Keep flags that have settled, and compile them no more
///
/// Refused while others depend on a flag, or while it serves anybody more than its settled value.
/// Runtimes then get the default of their code.
#[derive(Debug, Args)]
pub(in crate::cli) struct ArchiveArgs {
    #[command(flatten)]
    flags: FlagsArg,

    #[command(flatten)]
    write: WriteArgs,
}

pub(super) fn run(
    args: &ArchiveArgs,
    folder: &Path,
    clock: Clock,
    ui: &mut Ui,
) -> anyhow::Result<ExitStatus> {
    let mut write = args.write.clone();
    write.change.reason = Some(emergency_disable::reason(&write, "archived", ui)?);
    let request = change::request(
        Verb::Archive,
        &args.flags,
        Vec::new(),
        &write,
        folder,
        clock,
    );
    change::run(request, ui)
}

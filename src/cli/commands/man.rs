//! `ffctl man`

use clap::Args;

use crate::cli::{ExitStatus, Ui, definition};

/// Print the manual page, of ffctl or of one of its commands
///
/// Read it with `ffctl man | man -l -`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ManArgs {
    /// The command; ffctl itself if left out
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(super) fn run(args: &ManArgs, ui: &mut Ui) -> anyhow::Result<ExitStatus> {
    let mut root = definition();
    // Building names the pages of commands in full (`ffctl-list`) and hands down global options.
    root.build();
    let command = match &args.command {
        None => root,
        Some(name) => {
            let found = root.find_subcommand(name).cloned();
            let names: Vec<String> = root
                .get_subcommands()
                .map(|command| command.get_name().to_owned())
                .collect();
            found.ok_or_else(|| {
                let near = crate::diagnostic::did_you_mean(name, names.iter().map(String::as_str));
                crate::ops::UsageError::new(format!("there is no command `{name}`"), near)
            })?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    ui.bytes(&page)?;
    Ok(ExitStatus::Success)
}

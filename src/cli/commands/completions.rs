//! `ffctl completions`

use clap::Args;
use clap_complete::Shell;

use crate::cli::{ExitStatus, Ui, definition};

/// Print the completion script of a shell
///
/// For bash: `ffctl completions bash > ~/.local/share/bash-completion/completions/ffctl`.
#[derive(Debug, Args)]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, ui: &mut Ui) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition(), "ffctl", &mut script);
    ui.bytes(&script)?;
    Ok(ExitStatus::Success)
}

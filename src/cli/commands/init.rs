//! `ffctl init`

use std::path::Path;

use clap::Args;

use crate::cli::{ExitStatus, Ui};
use crate::ops::{self, InitOptions};
use crate::output::json;

/// Begin a project: ffctl.toml, flags/ with environments.yaml, schema/ and a first flag
///
/// Refuses to overwrite: if one of the files is there already, nothing is written.
#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// Write the example catalog: commented flags of every kind, the tutorial of the format
    #[arg(long)]
    example: bool,
}

pub(super) fn run(args: &InitArgs, folder: &Path, ui: &mut Ui) -> anyhow::Result<ExitStatus> {
    let options = InitOptions {
        folder: folder.to_owned(),
        example: args.example,
    };
    let report = ops::init(&options, &json::all_schemas())?;
    if ui.is_json() {
        ui.result(&json::text(&json::InitDocument::new(&report.files)))?;
    } else {
        for file in &report.files {
            ui.result(&format!("wrote {file}\n"))?;
        }
        ui.note("next: `ffctl list` shows the flags, `ffctl validate` checks them");
    }
    Ok(ExitStatus::Success)
}

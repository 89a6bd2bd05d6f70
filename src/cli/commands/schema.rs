//! `ffctl schema`

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::{ExitStatus, Ui};
use crate::diagnostic::did_you_mean;
use crate::ops::{self, SchemaDocument, UsageError};
use crate::output::json;

/// Print the JSON Schema of a kind of file or output, or write all of them
///
/// Without KIND, lists the kinds. Editors use the files' schemas for completion: begin a flag file
/// with `# yaml-language-server: $schema=../schema/flag.schema.json`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SchemaArgs {
    /// The kind: flag, environments, segments, attributes, flag-dependencies, config, ruleset, …
    #[arg(value_name = "KIND")]
    kind: Option<String>,

    /// Write the schemas into this folder, those that changed only
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

pub(super) fn run(args: &SchemaArgs, folder: &Path, ui: &mut Ui) -> anyhow::Result<ExitStatus> {
    let all = json::all_schemas();
    let chosen: Vec<SchemaDocument> = match &args.kind {
        None => all,
        Some(kind) => {
            let kinds: Vec<String> = all.iter().map(|schema| schema.kind.clone()).collect();
            let found = all.into_iter().find(|schema| schema.kind == *kind);
            vec![found.ok_or_else(|| {
                let near = did_you_mean(kind, kinds.iter().map(String::as_str));
                UsageError::new(
                    format!("there is no schema `{kind}`"),
                    near.or(Some(format!("the kinds are {}", kinds.join(", ")))),
                )
            })?]
        }
    };
    if let Some(target) = &args.write {
        let written = ops::write_schemas(&folder.join(target), &chosen)?;
        if ui.is_json() {
            ui.result(&json::text(&json::InitDocument::new(&written)))?;
        } else {
            for file in &written {
                ui.result(&format!("wrote {}\n", target.join(file).display()))?;
            }
            ui.note(&format!(
                "{} of {} changed",
                written.len(),
                crate::output::human::count(chosen.len(), "schema")
            ));
        }
        return Ok(ExitStatus::Success);
    }
    match (args.kind.is_some(), chosen.as_slice()) {
        (true, [schema]) => ui.bytes(schema.text().as_bytes())?,
        _ => {
            for schema in &chosen {
                ui.result(&format!("{}\n", schema.kind))?;
            }
        }
    }
    Ok(ExitStatus::Success)
}

//! Errors to messages: the one place that knows how.

use std::ffi::OsString;
use std::io;

use clap::error::ErrorKind;

use crate::ops::{Interrupted, LOST_HINT, NotTrusted, RefusedError, RevisionError, UsageError};
use crate::output::json;
use crate::workspace::ProjectError;

use super::exit::ExitStatus;
use super::ui::Ui;

/// Tells of an error of a command and returns how the program ends.
pub(super) fn of_command(error: &anyhow::Error, ui: &mut Ui) -> ExitStatus {
    // A reader that has seen enough closes the pipe; that is no failure.
    let broken_pipe = error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    });
    if broken_pipe {
        return ExitStatus::Success;
    }
    if let Some(refused) = error.downcast_ref::<RefusedError>() {
        ui.findings(&refused.diagnostics, &refused.sources);
        ui.error(&refused.message, &[], refused.hint.as_deref());
        return ExitStatus::No;
    }
    let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
    ui.error(&error.to_string(), &causes, hint(error).as_deref());
    if error.is::<Interrupted>() {
        return ExitStatus::Interrupted;
    }
    ExitStatus::Usage
}

fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(usage) = error.downcast_ref::<UsageError>() {
        return usage.hint.clone();
    }
    if let Some(revision) = error.downcast_ref::<RevisionError>() {
        return revision.hint.clone();
    }
    if let Some(NotTrusted { folder }) = error.downcast_ref::<NotTrusted>() {
        let folder = folder.display();
        return Some(format!(
            "if you trust it, say so: `git config --global --add safe.directory {folder}`"
        ));
    }
    match error.downcast_ref::<ProjectError>() {
        Some(ProjectError::NotFound(_)) => {
            Some("run `ffctl init` to begin a project, or name its folder with `-C`".to_owned())
        }
        Some(ProjectError::Bare(_)) => Some(
            "commands that read take `--rev REV` here, and `diff` two revisions; changes are made in a clone"
                .to_owned(),
        ),
        Some(ProjectError::Lost(..)) => Some(LOST_HINT.to_owned()),
        _ => None,
    }
}

/// Tells of arguments that make no sense, or prints the help that was asked for.
pub(super) fn of_arguments(error: &clap::Error, arguments: &[OsString]) -> ExitStatus {
    let asked_for = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    if !asked_for && arguments.iter().any(|argument| argument == "--json") {
        let rendered = error.to_string();
        // The first paragraph says what is wrong, a tip what may be meant; usage follows.
        let lines = rendered.lines().map(str::trim);
        let first: Vec<&str> = lines.clone().take_while(|line| !line.is_empty()).collect();
        let message = first.join(" ").trim_start_matches("error: ").to_owned();
        let tip = lines
            .clone()
            .find_map(|line| line.strip_prefix("tip: "))
            .unwrap_or("`ffctl help` lists the commands and their options");
        let hint = Some(tip.to_owned());
        let document = json::ErrorDocument {
            error: json::ErrorBody {
                message,
                causes: Vec::new(),
                hint,
            },
            findings: Vec::new(),
        };
        let _ = io::Write::write_all(&mut io::stderr(), json::text(&document).as_bytes());
        return ExitStatus::Usage;
    }
    // Printing fails only where the stream is closed, and then nobody reads.
    let _ = error.print();
    if asked_for {
        ExitStatus::Success
    } else {
        ExitStatus::Usage
    }
}

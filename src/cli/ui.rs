//! The streams: results on stdout, everything else on stderr.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::ops::{Note, Waiting};
use crate::output::{human, json};
use crate::text::SourceMap;

use super::args::{ColorArg, GlobalArgs};

/// The streams, and how they are written.
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches of the command line, each for itself"
)]
pub struct Ui {
    stdout: io::BufWriter<io::Stdout>,
    /// Whether results for people keep their colours.
    styled: bool,
    stderr: AutoStream<io::Stderr>,
    json: bool,
    quiet: bool,
    verbose: bool,
    /// Findings that are not told yet, in JSON mode.
    findings: Vec<json::Finding>,
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Ui")
            .field("json", &self.json)
            .field("quiet", &self.quiet)
            .finish_non_exhaustive()
    }
}

impl Ui {
    /// Returns the streams as the options want them.
    #[must_use]
    pub fn new(global: &GlobalArgs) -> Self {
        let choice = match global.color {
            ColorArg::Auto => None,
            ColorArg::Always => Some(ColorChoice::Always),
            ColorArg::Never => Some(ColorChoice::Never),
        };
        let (out, err) = (io::stdout(), io::stderr());
        let out_choice = choice.unwrap_or_else(|| AutoStream::choice(&out));
        let styled = !matches!(out_choice, ColorChoice::Never);
        let err_choice = choice.unwrap_or_else(|| AutoStream::choice(&err));
        Self {
            stdout: io::BufWriter::new(out),
            styled,
            stderr: AutoStream::new(err, err_choice),
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose,
            findings: Vec::new(),
        }
    }

    /// Returns whether results are JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Writes a result; one for people loses its colours where they are not wanted.
    ///
    /// # Errors
    ///
    /// Fails if stdout cannot be written.
    pub fn result(&mut self, text: &str) -> anyhow::Result<()> {
        if self.styled || self.json {
            return self.bytes(text.as_bytes());
        }
        let plain = anstream::adapter::strip_str(text).to_string();
        self.bytes(plain.as_bytes())
    }

    /// Writes a result that is not for people, to the last byte as it is.
    ///
    /// # Errors
    ///
    /// Fails if stdout cannot be written.
    pub fn bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.stdout.write_all(bytes)?)
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    ///
    /// Fails if stdout cannot be written.
    pub fn finish(&mut self) -> anyhow::Result<()> {
        if !self.findings.is_empty() {
            let message = "the files hold what should be looked at";
            self.error(message, &[], Some("`ffctl validate` shows it in full"));
        }
        Ok(self.stdout.flush()?)
    }

    /// Writes something worth knowing beside the result; `--quiet` silences it.
    pub fn note(&mut self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// Writes a note of an op with its next step.
    pub fn op_note(&mut self, note: &Note) {
        self.note(&noted("note", note));
    }

    /// Writes a warning of an op with its next step, which `--quiet` does not silence.
    pub fn op_warning(&mut self, warning: &Note) {
        self.warn(&noted("warning", warning));
    }

    /// Returns what to call where another program is waited for. Programs that read this one's
    /// stderr as JSON are not told.
    #[must_use]
    pub fn waiting(&self) -> Option<Waiting> {
        let tell = || {
            let mut stderr = io::stderr();
            let _ = stderr.write_all(b"waiting for another ffctl that is at work here\n");
        };
        (!self.quiet && !self.json).then_some(tell)
    }

    /// Returns what to call while a long history is read. Only a terminal is told.
    #[must_use]
    pub fn progress(&self) -> Option<fn(usize)> {
        let is_seen = io::stderr().is_terminal() && !self.quiet && !self.json;
        is_seen.then_some(|commits| {
            let mut stderr = io::stderr();
            let _ = write!(stderr, "\r{commits} commits");
        })
    }

    /// Takes away what progress has left on the terminal.
    pub fn end_progress(&mut self) {
        if self.progress().is_some() {
            let _ = self.stderr.write_all(b"\r\x1b[K");
        }
    }

    /// Writes to stderr. What cannot be written there cannot be told anywhere.
    pub fn warn(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes());
        if !text.ends_with('\n') {
            let _ = self.stderr.write_all(b"\n");
        }
    }

    /// Writes the findings of a catalog that a command other than `validate` ran on: errors
    /// always, for they say why something is missing, those of a revision too, although nobody can
    /// mend them there; and other warnings with `--verbose`.
    pub fn findings(&mut self, diagnostics: &Diagnostics, sources: &SourceMap) {
        let is_error = |finding: &Diagnostic| {
            finding.severity == Severity::Error || finding.code.severity() == Severity::Error
        };
        let wanted = |finding: &&Diagnostic| self.verbose || is_error(finding);
        let told: Diagnostics = diagnostics.iter().filter(wanted).cloned().collect();
        if told.is_empty() {
            return;
        }
        if self.json {
            // One document is told at the end, with the error if there is one.
            self.findings = json::findings(&told, sources);
            return;
        }
        let text = human::diagnostics(&told, sources);
        self.warn(text.trim_end());
    }

    /// Makes results and errors JSON, for commands with a format of their own.
    pub fn use_json(&mut self) {
        self.json = true;
    }

    /// Writes an error.
    pub fn error(&mut self, message: &str, causes: &[String], hint: Option<&str>) {
        if self.json {
            let error = json::ErrorBody {
                message: message.to_owned(),
                causes: causes.to_vec(),
                hint: hint.map(str::to_owned),
            };
            let findings = std::mem::take(&mut self.findings);
            self.warn(&json::text(&json::ErrorDocument { error, findings }));
            return;
        }
        let bold_red = anstyle::AnsiColor::Red.on_default().bold();
        let bold = anstyle::Style::new().bold();
        self.warn(&format!("{bold_red}error{bold_red:#}: {message}"));
        for cause in causes {
            self.warn(&format!("  caused by: {cause}"));
        }
        if let Some(hint) = hint {
            self.warn(&format!("{bold}hint{bold:#}: {hint}"));
        }
    }
}

fn noted(kind: &str, note: &Note) -> String {
    let message = human::line(&note.message);
    match &note.hint {
        Some(hint) => {
            let indent = " ".repeat(kind.len() + 2);
            format!("{kind}: {message}\n{indent}{}", human::line(hint))
        }
        None => format!("{kind}: {message}"),
    }
}

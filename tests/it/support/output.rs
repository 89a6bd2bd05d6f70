//! What a run of the program gave.

use std::fmt;

use serde_json::Value;

/// What a run of the program gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    /// The result.
    pub(crate) stdout: String,
    /// Everything else.
    pub(crate) stderr: String,
    /// The exit status; `None` where a signal ended it.
    pub(crate) status: Option<i32>,
}

/// A finding of `validate --json`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// The file.
    pub(crate) file: String,
    /// The line.
    pub(crate) line: u64,
    /// The column.
    pub(crate) column: u64,
    /// The check.
    pub(crate) check: String,
    /// The sentence.
    pub(crate) message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}:{} {}",
            self.file, self.line, self.column, self.check
        )
    }
}

impl Output {
    /// Returns what a process gave.
    pub(crate) fn of(output: &std::process::Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            status: output.status.code(),
        }
    }

    /// Checks the exit status.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{self}");
        self
    }

    /// Returns stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Returns stderr as JSON, without the line about the clock.
    #[track_caller]
    pub(crate) fn error_json(&self) -> Value {
        let text = self.without_clock();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Returns stderr without the line about the clock.
    pub(crate) fn without_clock(&self) -> String {
        let lines = self.stderr.lines();
        let kept: Vec<&str> = lines
            .filter(|line| !line.starts_with("note: FFCTL_NOW"))
            .collect();
        kept.join("\n")
    }

    /// Returns the findings of `validate --json`.
    #[track_caller]
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let document = self.json();
        let findings = document["findings"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        findings
            .iter()
            .map(|finding| Finding {
                file: text(&finding["file"]),
                line: finding["line"].as_u64().unwrap(),
                column: finding["column"].as_u64().unwrap(),
                check: text(&finding["check"]),
                message: text(&finding["message"]),
            })
            .collect()
    }
}

impl fmt::Display for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "status: {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.status, self.stdout, self.stderr
        )
    }
}

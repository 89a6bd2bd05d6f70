//! How the program ends.

use std::process::ExitCode;

/// How the program ends. A bug ends it with 101 (see the program itself).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done, and clean.
    Success,
    /// The answer is no.
    No,
    /// A bad option, or a world that cannot be worked in.
    Usage,
    /// Interrupted, and what was begun is taken back.
    Interrupted,
}

impl ExitStatus {
    /// Returns the status as a number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

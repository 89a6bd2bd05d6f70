//! Files, changed: all of a plan or none, whatever happens in between.
//!
//! [`apply`] takes the files of a plan, each with what was read and what it is to hold. Under the
//! [`Lock`] it makes sure that they still hold what was read, writes a journal, writes every new
//! content beside its file, and only then puts them in place one by one. A program that is killed
//! on the way leaves each file old or new, and the journal; [`recover`], which every command calls
//! first, then finishes the plan or takes it back. What the files mean, and where Git keeps its
//! folder, is no concern of this module: a [`Place`] says where lock and journal are.
#![expect(clippy::disallowed_methods, reason = "an edge: files are written here")]

mod apply;
mod disk;
mod journal;
mod kept;
mod lock;
mod recover;
mod target;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

pub use apply::{Applied, apply, undo};
pub use kept::{digest, keep, kept, this_program};
pub use lock::{Lock, Waiting};
pub use recover::{Recovered, recover, recover_locked};

/// Where a project is, and where the program keeps what it needs to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The folder that paths are relative to. Nothing outside of it is written.
    pub root: PathBuf,
    /// The file that is locked; made where there is none, and never removed.
    pub lock: PathBuf,
    /// The folder that is there while a plan is carried out, and after a program was killed.
    pub journal: PathBuf,
}

/// What becomes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path, relative to the project, with forward slashes.
    pub path: String,
    /// What was read; `None` if there was no such file.
    pub before: Option<String>,
    /// What it is to hold; `None` if it is to be removed.
    pub after: Option<String>,
}

impl FileChange {
    /// Returns the change that takes this one back.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self {
            path: self.path,
            before: self.after,
            after: self.before,
        }
    }
}

/// A file is not what was read any more. Plan again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The file.
    pub path: String,
}

impl fmt::Display for Changed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` changed while it was worked on", self.path)
    }
}

impl std::error::Error for Changed {}

/// What is about to be done to the disk. Tests stop here; the program never does.
#[derive(Debug, Clone, Copy)]
enum Step<'s> {
    /// The journal is written.
    Journal,
    /// A folder is made.
    Folder,
    /// A new content is written beside its file.
    Beside(#[cfg_attr(not(test), expect(dead_code, reason = "tests look at it"))] &'s Path),
    /// A file gets its new content.
    Replace,
    /// A file is removed.
    Remove,
    /// The journal is removed.
    Forget,
}

/// Called before each step; an error is taken for the step's own.
type Steps<'s> = &'s mut dyn FnMut(Step<'_>) -> std::io::Result<()>;

/// The steps of the program: all are taken.
#[expect(clippy::unnecessary_wraps, reason = "a step may fail; these do not")]
fn all_steps(_: Step<'_>) -> std::io::Result<()> {
    Ok(())
}

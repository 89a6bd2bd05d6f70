//! Where files come from: one trait for the disk, for memory and for Git.
//!
//! Paths are relative to the tree's root, with forward slashes. A tree lists and reads; it knows
//! nothing of what the files mean.
#![expect(clippy::disallowed_methods, reason = "an edge: files are read here")]

mod disk;
mod memory;
mod overlay;
mod stamp;

use std::fmt;

pub use disk::{DiskTree, real_path};
pub use memory::MemoryTree;
pub use overlay::Overlay;
pub use stamp::{NoStampError, Stamp};

/// The largest file that is read: 8 MiB. Flag files are a few kilobytes; lists of users belong
/// into the application's own data.
pub const MAX_FILE_SIZE: u64 = 8 * 1024 * 1024;

/// Files by path.
pub trait FileTree: Sync {
    /// Lists all files below a folder, at any depth, sorted by path; hidden files and folders
    /// (their name begins with a dot) are skipped. A folder that does not exist holds nothing.
    ///
    /// # Errors
    ///
    /// Fails if a folder cannot be listed.
    fn list(&self, folder: &str) -> Result<Vec<TreeFile>, ReadError>;

    /// Reads a file. Returns `None` if there is none.
    ///
    /// # Errors
    ///
    /// Fails if the file is there and cannot be read.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError>;

    /// Returns what tells that a file's content is still the same; `None` where that cannot be told.
    fn stamp(&self, _path: &str) -> Option<Stamp> {
        None
    }
}

/// A file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Its path.
    pub path: String,
    /// Why it cannot be read, if that is known by now.
    pub problem: Option<ReadError>,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// It is larger than [`MAX_FILE_SIZE`]; its size in bytes.
    TooLarge(u64),
    /// It is a symbolic link that leads out of the project.
    LinkOutside,
    /// It is a symbolic link to a folder that is not below the listed one.
    LinkedFolder,
    /// It is neither a file nor a folder, or a link that leads nowhere or in a circle.
    NotAFile,
    /// The system says no.
    Io(String),
    /// Git cannot read what was committed.
    Lost(String),
}

impl ReadError {
    /// Returns whether a path with this problem may be a folder with files in it.
    #[must_use]
    pub fn hides_files(&self) -> bool {
        matches!(self, Self::LinkedFolder | Self::Io(_) | Self::Lost(_))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(size) => {
                write!(
                    formatter,
                    "it has {size} bytes; at most {MAX_FILE_SIZE} are read"
                )
            }
            Self::LinkOutside => {
                formatter.write_str("it is a symbolic link that leads out of the project")
            }
            Self::LinkedFolder => formatter
                .write_str("it is a symbolic link to a folder elsewhere, which is not followed"),
            Self::NotAFile => {
                formatter.write_str("it is not a regular file, or a link that leads nowhere")
            }
            Self::Io(message) | Self::Lost(message) => formatter.write_str(message),
        }
    }
}

impl std::error::Error for ReadError {}

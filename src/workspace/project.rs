//! The project that a folder belongs to.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::config::{self, Config};
use crate::diagnostic::Diagnostics;
use crate::text::{Location, Source, SourceMap};
use crate::tree::{self, DiskTree, FileTree as _};

/// The name of the file that marks the root of a project.
pub const CONFIG_FILE: &str = "ffctl.toml";

/// A project on disk, with its settings.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its files.
    pub tree: DiskTree,
    /// Its settings; `None` where ffctl.toml is not TOML.
    pub config: Option<Config>,
    /// The text of ffctl.toml, to begin a load with.
    config_text: String,
    config_diagnostics: Diagnostics,
}

/// Why a project cannot be worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectError {
    /// There is no ffctl.toml in the folder or above it.
    NotFound(PathBuf),
    /// The folder or its ffctl.toml cannot be read.
    Unreadable(PathBuf, String),
    /// The project pins other versions of ffctl, or a format that this one does not know.
    Version {
        /// Where it says so: file, line and column.
        place: String,
        /// What it says.
        message: String,
    },
}

impl fmt::Display for ProjectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(folder) => {
                write!(
                    formatter,
                    "no {CONFIG_FILE} in `{}` or any folder above it",
                    folder.display()
                )
            }
            Self::Unreadable(path, reason) => {
                write!(formatter, "cannot read `{}`: {reason}", path.display())
            }
            Self::Version { place, message } => write!(formatter, "{place}: {message}"),
        }
    }
}

impl std::error::Error for ProjectError {}

impl Project {
    /// Finds the project that a folder belongs to, by walking up to the nearest ffctl.toml.
    ///
    /// # Errors
    ///
    /// Fails if there is none, if it cannot be read, or if it pins another version of ffctl.
    pub fn find(folder: &Path) -> Result<Self, ProjectError> {
        let unreadable =
            |error: std::io::Error| ProjectError::Unreadable(folder.to_owned(), error.to_string());
        // Links and `..` are resolved before anything is walked up: `-C ..` means the folder above.
        let start = match tree::real_path(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => folder.to_owned(),
            other => other.map_err(unreadable)?,
        };
        if !start.is_dir() {
            let reason = if start.exists() {
                "it is not a folder"
            } else {
                "there is no such folder"
            };
            return Err(ProjectError::Unreadable(
                folder.to_owned(),
                reason.to_owned(),
            ));
        }
        let root = start
            .ancestors()
            .find(|folder| folder.join(CONFIG_FILE).is_file());
        let root = root.ok_or_else(|| ProjectError::NotFound(start.clone()))?;
        Self::open(root)
    }

    /// Opens the project whose ffctl.toml lies in a folder.
    ///
    /// # Errors
    ///
    /// As [`Project::find`].
    pub fn open(root: &Path) -> Result<Self, ProjectError> {
        let file = root.join(CONFIG_FILE);
        let unreadable = |reason: String| ProjectError::Unreadable(file.clone(), reason);
        let tree = DiskTree::new(root).map_err(|error| unreadable(error.to_string()))?;
        let bytes = tree
            .read(CONFIG_FILE)
            .map_err(|error| unreadable(error.to_string()))?;
        let bytes = bytes.ok_or_else(|| ProjectError::NotFound(root.to_owned()))?;
        let config_text =
            String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
        let mut sources = SourceMap::default();
        let mut config_diagnostics = Diagnostics::default();
        let source = sources.add(Source::new(CONFIG_FILE, config_text.clone()));
        let config = config::parse(source, &config_text, &mut config_diagnostics);
        if let Some(config) = &config {
            pinned_version(config, &sources)?;
        }
        Ok(Self {
            tree,
            config,
            config_text,
            config_diagnostics,
        })
    }

    /// Returns the sources and findings that a load begins with: ffctl.toml itself.
    #[must_use]
    pub fn begin(&self) -> (SourceMap, Diagnostics) {
        let mut sources = SourceMap::default();
        sources.add(Source::new(CONFIG_FILE, self.config_text.clone()));
        (sources, self.config_diagnostics.clone())
    }
}

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn pinned_version(config: &Config, sources: &SourceMap) -> Result<(), ProjectError> {
    let place = |span| {
        let position = sources.start(Location::new(config.source, span));
        format!("{CONFIG_FILE}:{}:{}", position.line, position.column)
    };
    if config.format.value != config::FORMAT {
        let message = format!(
            "the project's format is {}, and this ffctl {VERSION} knows {} only; use a newer ffctl",
            config.format.value,
            config::FORMAT
        );
        return Err(ProjectError::Version {
            place: place(config.format.span),
            message,
        });
    }
    let Some(requires) = &config.requires else {
        return Ok(());
    };
    let message = match (
        semver::VersionReq::parse(&requires.value),
        semver::Version::parse(VERSION),
    ) {
        (Ok(wanted), Ok(version)) if wanted.matches(&version) => return Ok(()),
        (Ok(_), _) => format!(
            "the project requires ffctl {}, and this is {VERSION}",
            requires.value
        ),
        (Err(error), _) => {
            format!("`requires` is not a range of versions: {error}; write one like \">=0.4\"")
        }
    };
    Err(ProjectError::Version {
        place: place(requires.span),
        message,
    })
}

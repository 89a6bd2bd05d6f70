//! The project that a folder belongs to.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{self, Config};
use crate::diagnostic::{Diagnostics, join_names};
use crate::git::{Commit, ObjectId, Objects, RevisionError};
use crate::text::{Location, Source, SourceMap, Span};
use crate::tree::{self, DiskTree, FileTree, ReadError, Stamp, TreeFile};

use super::revision::RevisionTree;

/// The name of the file that marks the root of a project.
pub const CONFIG_FILE: &str = "ffctl.toml";

/// A project, on disk or at a revision, with its settings.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its files.
    pub tree: ProjectTree,
    root: PathBuf,
    /// Its settings; `None` where ffctl.toml is not TOML.
    pub config: Option<Config>,
    /// The text of ffctl.toml, to begin a load with.
    config_text: String,
    config_diagnostics: Diagnostics,
}

/// Where the files of a project are.
#[derive(Debug, Clone)]
pub enum ProjectTree {
    /// In the working tree, or in a folder outside of Git.
    Disk(DiskTree),
    /// In a commit.
    Revision(RevisionTree),
}

impl FileTree for ProjectTree {
    fn list(&self, folder: &str) -> Result<Vec<TreeFile>, ReadError> {
        match self {
            Self::Disk(tree) => tree.list(folder),
            Self::Revision(tree) => tree.list(folder),
        }
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        match self {
            Self::Disk(tree) => tree.read(path),
            Self::Revision(tree) => tree.read(path),
        }
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        match self {
            Self::Disk(tree) => tree.stamp(path),
            Self::Revision(tree) => tree.stamp(path),
        }
    }
}

/// Why a project cannot be worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectError {
    /// There is no ffctl.toml in the folder or above it.
    NotFound(PathBuf),
    /// The folder is in a bare repository: there are no files but the committed ones.
    Bare(PathBuf),
    /// The folder or its ffctl.toml cannot be read.
    Unreadable(PathBuf, String),
    /// Git cannot read the ffctl.toml of a revision.
    Lost(PathBuf, String),
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
            Self::Bare(folder) => {
                let folder = folder.display();
                write!(
                    formatter,
                    "`{folder}` is in a bare repository, which has no working tree"
                )
            }
            Self::Unreadable(path, reason) | Self::Lost(path, reason) => {
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
        match root {
            Some(root) => Self::open(root),
            None if is_bare(&start) => Err(ProjectError::Bare(start)),
            None => Err(ProjectError::NotFound(start)),
        }
    }

    /// Opens the project whose ffctl.toml lies in a folder.
    ///
    /// # Errors
    ///
    /// As [`Project::find`].
    pub fn open(root: &Path) -> Result<Self, ProjectError> {
        let tree = DiskTree::new(root)
            .map_err(|error| unreadable(&root.join(CONFIG_FILE), error.to_string()))?;
        Self::with(root, ProjectTree::Disk(tree))
    }

    /// Finds the project of a folder as a revision has it, in a bare repository too. One that has
    /// moved since is known by its name, or by being the only one.
    ///
    /// # Errors
    ///
    /// Fails outside of Git, with a [`RevisionError`] if there is no such revision or if it has no
    /// such project, and as [`Project::find`].
    pub fn at(folder: &Path, revision: &str) -> anyhow::Result<Self> {
        let Some(objects) = Objects::find(folder)? else {
            return Err(RevisionError {
                message: format!("`{}` is not in a Git repository", folder.display()),
                hint: Some("there is no history: `git init` and commit first".to_owned()),
            }
            .into());
        };
        let commit = objects.commit(revision)?;
        Self::at_commit(folder, &Arc::new(objects), revision, commit)
    }

    /// As [`Project::at`], for a commit that was found already.
    ///
    /// # Errors
    ///
    /// As [`Project::at`].
    pub fn at_commit(
        folder: &Path,
        objects: &Arc<Objects>,
        revision: &str,
        commit: Commit,
    ) -> anyhow::Result<Self> {
        let today = Self::find(folder).ok();
        let root = today.as_ref().map_or(folder, Self::root);
        let named = today
            .as_ref()
            .and_then(|project| project.config.as_ref()?.name.clone());
        let inside = folder_in(objects, root);
        let place = place_at(objects, revision, commit.id, inside, named.as_deref())?;
        let tree = RevisionTree::new(Arc::clone(objects), revision, commit, &place);
        Ok(Self::with(root, ProjectTree::Revision(tree))?)
    }

    /// Returns the folder of a project in a commit: where it is today, or else where the one of its
    /// name is, or the only one.
    ///
    /// # Errors
    ///
    /// Fails with a [`RevisionError`] if there is none.
    pub fn folder_at(
        objects: &Objects,
        commit: ObjectId,
        today: &str,
        name: Option<&str>,
    ) -> anyhow::Result<String> {
        let today = today.trim_end_matches('/').to_owned();
        place_at(objects, &commit.short(), commit, today, name)
    }

    fn with(root: &Path, tree: ProjectTree) -> Result<Self, ProjectError> {
        let file = root.join(CONFIG_FILE);
        let bytes = tree.read(CONFIG_FILE).map_err(|error| match error {
            ReadError::Lost(reason) => ProjectError::Lost(PathBuf::from(CONFIG_FILE), reason),
            error => unreadable(&file, error.to_string()),
        })?;
        let bytes = bytes.ok_or_else(|| ProjectError::NotFound(root.to_owned()))?;
        let config_text = String::from_utf8(bytes)
            .map_err(|_| unreadable(&file, "it is not UTF-8".to_owned()))?;
        let mut sources = SourceMap::default();
        let mut config_diagnostics = Diagnostics::default();
        let source = sources.add(Source::new(CONFIG_FILE, config_text.clone()));
        let config = config::parse(source, &config_text, &mut config_diagnostics);
        if let Some(config) = &config {
            known_format(config, &sources)?;
            // What was pinned back then says nothing of what may look at it today.
            if let ProjectTree::Disk(_) = tree {
                pinned_version(config, &sources)?;
            }
        }
        Ok(Self {
            tree,
            root: root.to_owned(),
            config,
            config_text,
            config_diagnostics,
        })
    }

    /// Returns the folder of ffctl.toml; for a project at a revision, where it is in the working
    /// tree, or else the folder that it was asked for in.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the folder of the flags' files, relative to the root.
    #[must_use]
    pub fn flags_folder(&self) -> &str {
        let config = self.config.as_ref();
        config.map_or("flags", |config| config.flags.as_str())
    }

    /// Returns the files of the revision; `None` for a project on disk.
    #[must_use]
    pub fn revision(&self) -> Option<&RevisionTree> {
        match &self.tree {
            ProjectTree::Disk(_) => None,
            ProjectTree::Revision(tree) => Some(tree),
        }
    }

    /// Returns where the project is in a repository's working tree, with a slash behind it; empty for
    /// its root.
    #[must_use]
    pub fn prefix_in(&self, objects: &Objects) -> String {
        let folder = folder_in(objects, &self.root);
        if folder.is_empty() {
            folder
        } else {
            format!("{folder}/")
        }
    }

    /// Returns the sources and findings that a load begins with: ffctl.toml itself.
    #[must_use]
    pub fn begin(&self) -> (SourceMap, Diagnostics) {
        let mut sources = SourceMap::default();
        sources.add(Source::new(CONFIG_FILE, self.config_text.clone()));
        (sources, self.config_diagnostics.clone())
    }
}

fn is_bare(folder: &Path) -> bool {
    let objects = Objects::find(folder).ok().flatten();
    objects.is_some_and(|objects| objects.workdir().is_none())
}

fn unreadable(file: &Path, reason: String) -> ProjectError {
    ProjectError::Unreadable(file.to_owned(), reason)
}

/// Returns a folder's path in the working tree; empty for its root and in bare repositories.
fn folder_in(objects: &Objects, folder: &Path) -> String {
    let real = tree::real_path(folder).ok();
    let inside = objects.workdir().zip(real.as_deref());
    let inside = inside.and_then(|(workdir, real)| real.strip_prefix(workdir).ok());
    let parts = inside.into_iter().flat_map(Path::components);
    let parts: Vec<_> = parts
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

/// Returns the folder of the project in a commit.
fn place_at(
    objects: &Objects,
    revision: &str,
    commit: ObjectId,
    today: String,
    named: Option<&str>,
) -> anyhow::Result<String> {
    let config_in = |folder: &str| {
        let parts = [folder, CONFIG_FILE];
        parts
            .map(|part| part.trim_matches('/'))
            .join("/")
            .trim_matches('/')
            .to_owned()
    };
    if objects.entry(commit, &config_in(&today))?.is_some() {
        return Ok(today);
    }
    let is_config = |path: &str| path.rsplit('/').next() == Some(CONFIG_FILE);
    let files = objects.files(commit, "")?;
    let configs = files.iter().filter(|file| is_config(&file.path));
    let mut places: Vec<(&str, Option<String>)> = Vec::new();
    for file in configs {
        let text = objects.blob(file.id)?;
        let text = String::from_utf8_lossy(&text);
        let mut sources = SourceMap::default();
        let source = sources.add(Source::new(CONFIG_FILE, text.clone()));
        let config = config::parse(source, &text, &mut Diagnostics::default());
        let folder = file.path.strip_suffix(CONFIG_FILE).unwrap_or_default();
        places.push((
            folder.trim_end_matches('/'),
            config.and_then(|config| config.name),
        ));
    }
    let of_name = |place: &&(&str, Option<String>)| named.is_some() && place.1.as_deref() == named;
    let mut same = places.iter().filter(of_name);
    match (same.next(), same.next(), places.as_slice()) {
        (Some((place, _)), None, _) | (None, None, [(place, _)]) => Ok((*place).to_owned()),
        _ => Err(no_project(revision, &places).into()),
    }
}

fn no_project(revision: &str, places: &[(&str, Option<String>)]) -> RevisionError {
    let folders: Vec<String> = places
        .iter()
        .map(|(folder, _)| format!("{folder}/"))
        .collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    RevisionError {
        message: format!("`{revision}` has no {CONFIG_FILE} of this project"),
        hint: Some(match folders.as_slice() {
            [] => "it is older than the project, or of another branch".to_owned(),
            folders => format!("it has others, in {}", join_names(folders, "and")),
        }),
    }
}

/// The version of this program.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

fn place_of(config: &Config, sources: &SourceMap, span: Span) -> String {
    let position = sources.start(Location::new(config.source, span));
    format!("{CONFIG_FILE}:{}:{}", position.line, position.column)
}

fn known_format(config: &Config, sources: &SourceMap) -> Result<(), ProjectError> {
    if config.format.value == config::FORMAT {
        return Ok(());
    }
    let message = format!(
        "the project's format is {}, and this ffctl {VERSION} knows {} only; use a newer ffctl",
        config.format.value,
        config::FORMAT
    );
    Err(ProjectError::Version {
        place: place_of(config, sources, config.format.span),
        message,
    })
}

fn pinned_version(config: &Config, sources: &SourceMap) -> Result<(), ProjectError> {
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
        place: place_of(config, sources, requires.span),
        message,
    })
}

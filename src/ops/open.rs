//! What every op begins with: a project, loaded and checked.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use jiff::Timestamp;

use crate::check::{self, Subject};
use crate::config::Config;
use crate::diagnostic::{Diagnostics, did_you_mean, join_names};
use crate::model::{Catalog, EnvironmentId, FlagKey};
use crate::text::SourceMap;
use crate::tree::FileTree;
use crate::workspace::{self, Project, Selection};

/// A project's files, read and checked.
#[derive(Debug)]
pub struct Opened {
    /// The project.
    pub project: Project,
    /// What the files say, as far as it is sound.
    pub catalog: Catalog,
    /// The texts.
    pub sources: SourceMap,
    /// What is wrong, sorted, with the project's levels applied.
    pub diagnostics: Diagnostics,
    /// How many files were read.
    pub files: usize,
    /// The keys of all flags, read or not.
    pub known: BTreeSet<FlagKey>,
}

/// A name or option that cannot be used. The command line ends with status 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError {
    /// What is wrong.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
}

impl fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for UsageError {}

impl UsageError {
    /// Returns an error with its next step.
    pub fn new(message: impl Into<String>, hint: impl Into<Option<String>>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

/// Finds the project of a folder, reads the selected flags, and checks them. A change that was
/// stopped half way is read as it is: call [`recover`](super::recover) first.
///
/// # Errors
///
/// Fails if there is no project, or if it pins another version of ffctl.
pub fn open(folder: &Path, selection: Selection<'_>, now: Timestamp) -> anyhow::Result<Opened> {
    let project = Project::find(folder)?;
    let tree = project.tree.clone();
    Ok(read(project, &tree, selection, now))
}

/// Reads the selected flags of a project from a tree, and checks them.
pub(super) fn read(
    project: Project,
    tree: &impl FileTree,
    selection: Selection<'_>,
    now: Timestamp,
) -> Opened {
    let loaded = workspace::load(tree, project.config.as_ref(), project.begin(), selection);
    let mut diagnostics = loaded.diagnostics;
    let subject = Subject {
        catalog: &loaded.catalog,
        config: project.config.as_ref(),
        now,
    };
    check::run(&subject, &mut diagnostics);
    if let Some(config) = &project.config {
        config.apply_levels(&mut diagnostics);
    }
    diagnostics.sort(&loaded.sources);
    Opened {
        project,
        catalog: loaded.catalog,
        sources: loaded.sources,
        diagnostics,
        files: loaded.files,
        known: loaded.known,
    }
}

impl Opened {
    /// Returns the project's settings.
    #[must_use]
    pub fn config(&self) -> Option<&Config> {
        self.project.config.as_ref()
    }

    /// Returns the findings that keep the catalog from being served.
    #[must_use]
    pub fn errors(&self) -> Option<&Diagnostics> {
        self.diagnostics.has_errors().then_some(&self.diagnostics)
    }
}

/// Returns the environment of that name, or the default one where none is named.
///
/// # Errors
///
/// Fails with the nearest names, or with all where none is named and there is no default.
pub fn find_environment(opened: &Opened, name: Option<&str>) -> Result<EnvironmentId, UsageError> {
    let environments = &opened.catalog.environments;
    let default = opened
        .config()
        .and_then(|config| config.default_environment.as_ref());
    let Some(name) = name.or(default.map(|default| default.value.as_str())) else {
        let names: Vec<&str> = environments.names().collect();
        let hint = format!(
            "the environments are {}; `[project] default_environment` names one for good",
            join_names(&names, "and")
        );
        return Err(UsageError::new(
            "no environment is named: add `--env NAME`",
            hint,
        ));
    };
    environments.find(name).ok_or_else(|| {
        UsageError::new(
            format!("there is no environment `{name}`"),
            did_you_mean(name, environments.names())
                .or_else(|| Some("`ffctl environments` shows them".to_owned())),
        )
    })
}

/// Returns the error about a flag that does not exist.
#[must_use]
pub fn unknown_flag(opened: &Opened, key: &str) -> UsageError {
    UsageError::new(
        format!("there is no flag `{key}`"),
        did_you_mean(key, opened.known.iter().map(FlagKey::as_str))
            .or_else(|| Some("`ffctl list` shows the flags".to_owned())),
    )
}

//! What every op begins with: a project, loaded and checked.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::check::{self, Subject};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, did_you_mean, join_names};
use crate::model::{Catalog, EnvironmentId, FlagKey, RESERVED_STEMS};
use crate::text::{SourceId, SourceMap};
use crate::tree::FileTree;
use crate::workspace::{self, Files, Project, Selection, yaml_stem};

/// Where a command that only reads looks.
#[derive(Debug, Clone)]
pub struct Place {
    /// The folder to begin in.
    pub folder: PathBuf,
    /// The revision whose files are read; the working tree's if left out.
    pub revision: Option<String>,
}

impl Place {
    /// Returns the next step where the findings in the files keep a command from its answer.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self.revision {
            Some(_) => "what is committed stays as it is: choose another revision",
            None => "mend the findings above",
        }
    }
}

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
    pub known: Arc<BTreeSet<FlagKey>>,
    /// The flags that were read and whose files cannot be understood in full.
    pub unsound: BTreeSet<FlagKey>,
    /// The files that all flags share and that cannot be understood in full, by their paths.
    pub broken: BTreeSet<String>,
}

/// How findings in the files of a revision are taken: nobody can mend them there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// As they are.
    Strict,
    /// As warnings, as far as what is asked for can be told in spite of them: flags that cannot be
    /// understood are left out of a whole catalog, and stay errors where they are asked for.
    Lenient,
    /// As warnings; flags that cannot be understood are left out.
    LeftOut,
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

/// Finds the project of a place, reads the selected flags, and checks them. A change that was
/// stopped half way is read as it is: call [`recover`](super::recover) first. What is wrong with
/// the files of a revision are warnings, as far as they can be read in spite of it.
///
/// # Errors
///
/// Fails if there is no project or no such revision, or if it pins another version of ffctl.
pub fn open(place: &Place, selection: Selection<'_>, now: Timestamp) -> anyhow::Result<Opened> {
    open_as(place, selection, now, Past::Lenient)
}

/// As [`open`], with the findings of a revision taken as said.
pub(super) fn open_as(
    place: &Place,
    selection: Selection<'_>,
    now: Timestamp,
    past: Past,
) -> anyhow::Result<Opened> {
    let project = match &place.revision {
        Some(revision) => Project::at(&place.folder, revision)?,
        None => Project::find(&place.folder)?,
    };
    Ok(read_as(project, selection, now, past))
}

/// Reads the selected flags of a project, and checks them.
pub(super) fn read_as(
    project: Project,
    selection: Selection<'_>,
    now: Timestamp,
    past: Past,
) -> Opened {
    let tree = project.tree.clone();
    let mut opened = read(project, &tree, selection, now);
    let is_past = opened.project.revision().is_some() && past != Past::Strict;
    if is_past && !opened.lacks_environments() {
        opened.be_lenient(past == Past::LeftOut || matches!(selection, Selection::All));
    }
    opened
}

/// Reads the selected flags of a project from a tree, and checks them.
pub(super) fn read(
    project: Project,
    tree: &impl FileTree,
    selection: Selection<'_>,
    now: Timestamp,
) -> Opened {
    let files = Files::list(tree, project.config.as_ref());
    read_files(project, tree, &files, selection, now)
}

/// As [`read`], where the files are listed already.
pub(super) fn read_files(
    project: Project,
    tree: &impl FileTree,
    files: &Files,
    selection: Selection<'_>,
    now: Timestamp,
) -> Opened {
    let config = project.config.as_ref();
    let loaded = workspace::load_files(tree, files, config, project.begin(), selection);
    let mut diagnostics = loaded.diagnostics;
    let (unsound, broken) = unsound(&loaded.catalog, &loaded.sources, &diagnostics);
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
        unsound,
        broken,
    }
}

/// Returns the flags whose files have errors before anything is judged: these are not, or not in
/// full, what the catalog holds of them. Where segments or attributes cannot be understood, nor can
/// any flag with rules.
fn unsound(
    catalog: &Catalog,
    sources: &SourceMap,
    diagnostics: &Diagnostics,
) -> (BTreeSet<FlagKey>, BTreeSet<String>) {
    let files: BTreeSet<SourceId> = diagnostics.errors().map(|e| e.location.source).collect();
    let path = |source: &SourceId| sources.get(*source).name();
    let is_shared = |source: &&SourceId| {
        let stem = yaml_stem(path(source));
        stem.is_none_or(|stem| RESERVED_STEMS.contains(&stem))
    };
    let (shared, own): (Vec<_>, Vec<_>) = files.iter().partition(is_shared);
    let of_file = |source: &SourceId| {
        let mut flags = catalog.flags.values();
        let flag = flags.find(|flag| flag.source == *source);
        let stem = || FlagKey::new(yaml_stem(path(source))?).ok();
        flag.map(|flag| flag.key.clone()).or_else(stem)
    };
    let mut unsound: BTreeSet<FlagKey> = own.into_iter().filter_map(of_file).collect();
    let names_conditions =
        |source: &&SourceId| matches!(yaml_stem(path(source)), Some("segments" | "attributes"));
    if shared.iter().any(names_conditions) {
        let ruled = catalog.flags.values().filter(|flag| flag.has_rules());
        unsound.extend(ruled.map(|flag| flag.key.clone()));
    }
    let broken = shared.into_iter().map(|source| path(source).to_owned());
    (unsound, broken.collect())
}

impl Opened {
    /// Turns errors into warnings. Flags that are unsound are left out, or stay errors.
    fn be_lenient(&mut self, leaves_out: bool) {
        let sources = &self.sources;
        let unsound = &self.unsound;
        let stays = |finding: &Diagnostic| {
            let stem = yaml_stem(sources.get(finding.location.source).name());
            !leaves_out && stem.is_some_and(|stem| unsound.contains(stem))
        };
        self.diagnostics.retain_mut(|finding| {
            if !stays(finding) {
                finding.severity = Severity::Warning;
            }
            true
        });
        if leaves_out {
            self.catalog.flags.retain(|key, _| !unsound.contains(key));
        }
    }

    /// Returns whether it is not known, or not in full, which environments there are.
    #[must_use]
    pub fn lacks_environments(&self) -> bool {
        self.catalog.environments.is_empty() || self.is_broken("environments")
    }

    /// Returns whether one of the format's own files cannot be understood in full.
    #[must_use]
    pub fn is_broken(&self, stem: &str) -> bool {
        self.broken.iter().any(|path| yaml_stem(path) == Some(stem))
    }

    /// Returns whether all that decides what a flag serves was understood: its own file, and those
    /// of the flags that it depends on.
    #[must_use]
    pub fn can_tell(&self, flag: &FlagKey) -> bool {
        if self.is_broken("flag-dependencies") {
            return false;
        }
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![flag.as_str()];
        while let Some(key) = open.pop() {
            if self.unsound.contains(key) {
                return false;
            }
            let flag = self.catalog.flags.get(key).filter(|_| seen.insert(key));
            let needed = flag.into_iter().flat_map(|flag| &flag.depends_on);
            let here = needed.filter(|dependency| dependency.repository.is_none());
            open.extend(here.map(|dependency| dependency.flag.as_str()));
        }
        true
    }

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
    no_flag(key, opened.known.iter())
}

/// As [`unknown_flag`], where these are known.
pub(super) fn no_flag<'k>(key: &str, known: impl Iterator<Item = &'k FlagKey>) -> UsageError {
    UsageError::new(
        format!("there is no flag `{key}`"),
        did_you_mean(key, known.map(FlagKey::as_str))
            .or_else(|| Some("`ffctl list` shows the flags".to_owned())),
    )
}

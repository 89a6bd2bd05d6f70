//! `export`: compiled rulesets for runtime consumers.

mod kills;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;

use crate::compile::{compile, versioned};
use crate::diagnostic::Diagnostics;
use crate::git::{self, Head};
use crate::model::Flag;
use crate::ruleset::Ruleset;
use crate::text::SourceMap;
use crate::workspace::{CONFIG_FILE, Selection};

use super::UsageError;
use super::list::known_tags;
use super::open::{Opened, Past, Place, find_environment, open_as};

/// What to export, and where to.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// Where to look. Files are written below its folder.
    pub place: Place,
    /// The environment; the default one if left out.
    pub environment: Option<String>,
    /// Only flags with one of these tags, and what they depend on.
    pub tags: Vec<String>,
    /// A document that was exported before: nothing is compiled, and it gets the kill switches of
    /// today.
    pub kills_only: Option<PathBuf>,
    /// The file to write; standard output if left out.
    pub output: Option<PathBuf>,
    /// Write nothing; tell whether the file is what would be written.
    pub check: bool,
    /// A file for what the document leaves out on purpose: commit, commit time, dirty state.
    pub envelope: Option<PathBuf>,
    /// The time of findings that depend on it; it does not enter the document.
    pub now: Timestamp,
}

/// What was exported.
#[derive(Debug)]
pub struct ExportReport {
    /// What became of it.
    pub status: ExportStatus,
    /// The environment.
    pub environment: String,
    /// The document's version.
    pub version: String,
    /// How many flags it holds.
    pub flags: usize,
    /// The file.
    pub output: Option<PathBuf>,
    /// What should be known: sentences for people.
    pub notes: Vec<String>,
    /// What is wrong with the files.
    pub diagnostics: Diagnostics,
    /// The texts.
    pub sources: SourceMap,
}

/// What became of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportStatus {
    /// The catalog does not compile; nothing was written.
    Refused,
    /// The bytes for standard output.
    Printed(Vec<u8>),
    /// The file was written.
    Written,
    /// The file is what would be written.
    Unchanged,
    /// The file is not what would be written (`--check`).
    Stale,
    /// The file does not exist (`--check`).
    Missing,
}

/// What a ruleset leaves out on purpose, so that its bytes depend on definitions alone.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// The document's version.
    pub version: String,
    /// The commit that is checked out, and whether the catalog differs from it; `None` outside of
    /// Git.
    pub head: Option<Head>,
}

/// A document with its version.
struct Document {
    project: String,
    environment: String,
    version: String,
    flags: usize,
    bytes: Vec<u8>,
    notes: Vec<String>,
}

/// Exports a ruleset. The envelope is returned for the caller to render and write with
/// [`write_file`].
///
/// # Errors
///
/// Fails if there is no project, on an unknown environment, if the project has no name, on a
/// previous document that is not one of this environment, or if the file cannot be written.
pub fn export(options: &ExportOptions) -> anyhow::Result<(ExportReport, Option<Envelope>)> {
    let opened = open_as(&options.place, Selection::All, options.now, Past::Strict)?;
    let targets = [options.output.as_deref(), options.envelope.as_deref()];
    for path in targets.into_iter().flatten() {
        not_a_source(&opened, &options.place.folder.join(path))?;
    }
    if options.output.is_some() && options.output == options.envelope {
        let hint = "give the envelope a file of its own".to_owned();
        return Err(UsageError::new("`--output` and `--envelope` name the same file", hint).into());
    }
    let document = match &options.kills_only {
        Some(previous) => kills::document_of(&opened, options, previous)?,
        None if opened.errors().is_some() => {
            let report = ExportReport {
                status: ExportStatus::Refused,
                environment: options.environment.clone().unwrap_or_default(),
                version: String::new(),
                flags: 0,
                output: options.output.clone(),
                notes: Vec::new(),
                diagnostics: opened.diagnostics,
                sources: opened.sources,
            };
            return Ok((report, None));
        }
        None => compiled(&opened, options)?,
    };
    let envelope = match options.envelope {
        Some(_) => Some(envelope(&opened, &document)?),
        None => None,
    };
    let status = match &options.output {
        None => ExportStatus::Printed(document.bytes),
        Some(path) => deliver(
            &options.place.folder.join(path),
            &document.bytes,
            options.check,
        )?,
    };
    let report = ExportReport {
        status,
        environment: document.environment,
        version: document.version,
        flags: document.flags,
        output: options.output.clone(),
        notes: document.notes,
        diagnostics: opened.diagnostics,
        sources: opened.sources,
    };
    Ok((report, envelope))
}

fn compiled(opened: &Opened, options: &ExportOptions) -> anyhow::Result<Document> {
    let environment = find_environment(opened, options.environment.as_deref())?;
    let Some(project) = opened.catalog.project.clone() else {
        return Err(nameless().into());
    };
    known_tags(&opened.catalog, &options.tags)?;
    let tagged = |flag: &Flag| {
        options.tags.is_empty() || options.tags.iter().any(|tag| flag.tags.contains(tag))
    };
    let ruleset = compile(&opened.catalog, environment, tagged);
    Ok(document(project, &ruleset, Vec::new()))
}

fn nameless() -> UsageError {
    let hint = format!("add `name = \"…\"` under `[project]` in {CONFIG_FILE}");
    UsageError::new("a project without a name cannot be exported", hint)
}

fn document(project: String, ruleset: &Ruleset<'_>, notes: Vec<String>) -> Document {
    let (version, mut bytes) = versioned(ruleset);
    bytes.push(b'\n');
    Document {
        project,
        environment: ruleset.environment.as_str().to_owned(),
        version,
        flags: ruleset.flags.0.len(),
        bytes,
        notes,
    }
}

fn envelope(opened: &Opened, document: &Document) -> anyhow::Result<Envelope> {
    let head = match opened.project.revision() {
        Some(revision) => Some(Head {
            commit: revision.commit().id.to_string(),
            committed_at: revision.commit().committed_at,
            dirty: false,
        }),
        None => git::head(
            opened.project.root(),
            &[CONFIG_FILE, opened.project.flags_folder()],
        )?,
    };
    Ok(Envelope {
        project: document.project.clone(),
        environment: document.environment.clone(),
        version: document.version.clone(),
        head,
    })
}

/// Refuses to write over what the document is made from.
fn not_a_source(opened: &Opened, path: &Path) -> Result<(), UsageError> {
    let root = opened.project.root();
    let flags = opened
        .config()
        .map_or("flags", |config| config.flags.as_str());
    // A file that is not there yet is known by its folder.
    let real = |path: &Path| {
        let folder = path
            .parent()
            .and_then(|folder| fs::canonicalize(folder).ok());
        let named = folder
            .zip(path.file_name())
            .map(|(folder, name)| folder.join(name));
        fs::canonicalize(path).ok().or(named)
    };
    let (Some(target), Ok(root)) = (real(path), fs::canonicalize(root)) else {
        return Ok(());
    };
    let flags_folder = fs::canonicalize(root.join(flags)).ok();
    let inside = flags_folder.is_some_and(|folder| target.starts_with(folder));
    if !inside && target != root.join(CONFIG_FILE) {
        return Ok(());
    }
    let message = format!("`{}` is a file of the project itself", path.display());
    let hint = format!("exports go anywhere but {CONFIG_FILE} and the {flags} folder");
    Err(UsageError::new(message, hint))
}

fn deliver(path: &Path, bytes: &[u8], check: bool) -> anyhow::Result<ExportStatus> {
    let existing = match fs::read(path) {
        Ok(existing) => Some(existing),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read `{}`", path.display()));
        }
    };
    Ok(match existing {
        Some(existing) if existing == bytes => ExportStatus::Unchanged,
        Some(_) if check => ExportStatus::Stale,
        None if check => ExportStatus::Missing,
        _ => {
            write_file(path, bytes)?;
            ExportStatus::Written
        }
    })
}

/// Writes a file whole or not at all: beside it first, then renamed over it. Its folder is made
/// where there is none.
///
/// # Errors
///
/// Fails if the folder cannot be made, or if the file cannot be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let cannot = || format!("cannot write `{}`", path.display());
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let no_folder = || format!("cannot make the folder `{}`", folder.display());
    fs::create_dir_all(folder).with_context(no_folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ffctl-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A temporary file is private; an exported one is as readable as what it replaces.
        let mode = fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode());
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let mut file = builder.tempfile_in(folder).with_context(cannot)?;
    file.write_all(bytes).with_context(cannot)?;
    file.as_file().sync_all().with_context(cannot)?;
    file.persist(path).with_context(cannot)?;
    Ok(())
}

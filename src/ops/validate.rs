//! `validate`: every finding in one run.

use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;

use crate::diagnostic::{Diagnostics, Severity};
use crate::text::SourceMap;
use crate::workspace::Selection;

use super::open::{Past, Place, UsageError, open_as};

/// What to validate.
#[derive(Debug, Clone)]
pub struct ValidateOptions {
    /// Where to look.
    pub place: Place,
    /// Only findings in these files or folders; all if empty. The whole catalog is read anyway.
    pub paths: Vec<PathBuf>,
    /// The time of findings that depend on it.
    pub now: Timestamp,
}

/// Every finding.
#[derive(Debug)]
pub struct ValidateReport {
    /// The findings, sorted.
    pub diagnostics: Diagnostics,
    /// The texts that they point at.
    pub sources: SourceMap,
    /// How many files were read.
    pub files: usize,
    /// How many flags there are.
    pub flags: usize,
}

impl ValidateReport {
    /// Returns how many findings have a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// Returns whether the findings fail: an error does, and with `deny_warnings` every warning
    /// that does not come and go with the clock.
    #[must_use]
    pub fn fails(&self, deny_warnings: bool) -> bool {
        self.diagnostics.iter().any(|finding| {
            finding.severity == Severity::Error
                || (deny_warnings && !finding.code.depends_on_clock())
        })
    }
}

/// Validates a project.
///
/// # Errors
///
/// Fails if there is no project, or if a path does not exist.
pub fn validate(options: &ValidateOptions) -> anyhow::Result<ValidateReport> {
    let mut opened = open_as(&options.place, Selection::All, options.now, Past::Strict)?;
    if !options.paths.is_empty() {
        let root = opened.project.root();
        let exists = opened.project.revision().is_none();
        let folder = &options.place.folder;
        let wanted = options.paths.iter();
        let wanted = wanted.map(|path| relative(root, folder, path, exists));
        let wanted: Vec<String> = wanted.collect::<Result<_, _>>()?;
        let sources = &opened.sources;
        opened.diagnostics.retain_mut(|finding| {
            let name = sources.get(finding.location.source).name();
            wanted.iter().any(|path| {
                path.is_empty()
                    || name == path
                    || name
                        .strip_prefix(path.as_str())
                        .is_some_and(|rest| rest.starts_with('/'))
            })
        });
    }
    Ok(ValidateReport {
        flags: opened.known.len(),
        diagnostics: opened.diagnostics,
        sources: opened.sources,
        files: opened.files,
    })
}

/// Returns a path as sources are named: relative to the project, with forward slashes. A link is
/// named as itself, not as what it leads to.
fn relative(root: &Path, folder: &Path, path: &Path, exists: bool) -> Result<String, UsageError> {
    let outside = |reason: &str| UsageError::new(format!("`{}` {reason}", path.display()), None);
    let whole = folder.join(path);
    let missing = || outside("does not exist");
    if whole.symlink_metadata().is_err() {
        // At a revision there may be what the working tree has no more.
        return match whole.strip_prefix(root) {
            Ok(inside) if !exists => Ok(joined(inside)),
            _ => Err(missing()),
        };
    }
    let real = match (whole.parent(), whole.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => {
            std::fs::canonicalize(parent)
                .map_err(|_| missing())?
                .join(name)
        }
        _ => std::fs::canonicalize(&whole).map_err(|_| missing())?,
    };
    let root = std::fs::canonicalize(root).map_err(|_| outside("cannot be looked up"))?;
    let inside = real
        .strip_prefix(&root)
        .map_err(|_| outside("lies outside the project"))?;
    Ok(joined(inside))
}

fn joined(path: &Path) -> String {
    let parts = path
        .components()
        .filter(|part| !matches!(part, Component::CurDir));
    let parts: Vec<_> = parts
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

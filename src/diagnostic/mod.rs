//! What is wrong with the files, as data.
//!
//! A [`Diagnostic`] names the check that found it, one place (and related ones), one sentence and
//! the next step. Stages push them into [`Diagnostics`] and go on; nothing here renders, and
//! nothing here is an error of the program: see [`crate::cli`] for those.

mod code;
mod plain;
mod suggest;

use crate::text::{Location, SourceMap};

use plain::plain_sentence;

pub use code::{Code, Severity};
pub use plain::{loop_path, plain_text};
pub use suggest::{did_you_mean, join_names, near_names, nearest};

/// A finding: what is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The check that found it.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// One plain sentence, without a full stop.
    pub message: String,
    /// The place.
    pub location: Location,
    /// The next step.
    pub help: Option<String>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
}

/// A place that explains a finding, with a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The place.
    pub location: Location,
    /// What is to be seen there.
    pub note: String,
}

impl Diagnostic {
    /// Returns a finding of the code's usual severity.
    #[must_use]
    pub fn new(code: Code, location: Location, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: plain_sentence(message.into()),
            location,
            help: None,
            related: Vec::new(),
        }
    }

    /// Adds the next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(plain_sentence(help.into()));
        self
    }

    /// Adds the next step if there is one to name.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.map(plain_sentence).or(self.help);
        self
    }

    /// Adds a next step where none is named yet.
    #[must_use]
    pub fn maybe_help_else(mut self, help: &str) -> Self {
        self.help.get_or_insert_with(|| help.to_owned());
        self
    }

    /// Adds a related place.
    #[must_use]
    pub fn related(mut self, location: Location, note: impl Into<String>) -> Self {
        self.related.push(Related {
            location,
            note: note.into(),
        });
        self
    }
}

/// Findings in the order in which they were made.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds all findings of another collection.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// Returns the findings.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns those that are errors.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        let findings = self.list.iter();
        findings.filter(|finding| finding.severity == Severity::Error)
    }

    /// Returns whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// Keeps the findings for which `keep` holds; `keep` may change them.
    pub fn retain_mut(&mut self, keep: impl FnMut(&mut Diagnostic) -> bool) {
        self.list.retain_mut(keep);
    }

    /// Sorts by file, place and code, and drops what is said twice of one place.
    pub fn sort(&mut self, sources: &SourceMap) {
        self.list.sort_by(|a, b| {
            let key = |d: &Diagnostic| (d.location.span, d.code.name());
            let name = |d: &Diagnostic| sources.get(d.location.source).name().to_owned();
            if a.location.source == b.location.source {
                key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
            } else {
                name(a).cmp(&name(b)).then_with(|| key(a).cmp(&key(b)))
            }
        });
        self.list.dedup_by(|a, b| {
            a.code == b.code && a.location == b.location && a.message == b.message
        });
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(list: I) -> Self {
        Self {
            list: list.into_iter().collect(),
        }
    }
}

//! A file before a change, or after it: not there, not understood, or what it says.

use std::fmt;

use crate::diagnostic::Diagnostics;
use crate::document::Tree;
use crate::lower::{self, AttributeScope, Scope};
use crate::model::FlagKey;
use crate::schema::{self, FileKind};
use crate::text::SourceMap;
use crate::tree::FileTree as _;
use crate::workspace::{Project, yaml_stem};
use crate::yaml;

use super::super::super::open::{Opened, Past as Findings, read_as};
use super::super::{RefusedError, Request};
use super::past::{self, Past};
use crate::workspace::Selection;

/// A file of a side; `None` where there is none.
pub(super) type File = Option<Side>;

/// A file as a commit has it.
#[derive(Debug, Clone)]
pub(super) struct Side {
    pub(super) path: String,
    pub(super) text: String,
    /// What the commit is called.
    revision: String,
    /// What it says; `None` where that cannot be understood in full.
    tree: Option<Tree>,
}

impl Side {
    /// Returns what a flag's file says, or why it cannot be gone back to.
    pub(super) fn flag(&self, key: &str) -> Result<&Tree, RefusedError> {
        let hint = format!(
            "`ffctl rollback --to REV --flag {key}` brings back a revision at which it was sound"
        );
        self.understood(&format!("`{key}`"), hint)
    }

    /// As [`Side::flag`], of a file of definitions.
    pub(super) fn definitions(&self) -> Result<&Tree, RefusedError> {
        let hint = "edit the file by hand; `ffctl rollback --to REV` brings flags back to a revision at which it was sound".to_owned();
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        self.understood(name, hint)
    }

    /// Returns whether what it says cannot be understood in full.
    pub(super) fn is_broken(&self) -> bool {
        self.tree.is_none()
    }

    fn understood(&self, name: &str, hint: String) -> Result<&Tree, RefusedError> {
        self.tree.as_ref().ok_or_else(|| {
            let message = format!(
                "{name} cannot be understood at {}, so what the commit changed in it cannot be undone",
                self.revision
            );
            RefusedError::new(message, hint)
        })
    }
}

/// Refuses to go by a commit of which something is missing from the repository.
pub(super) fn unread(what: &str, revision: &str, error: &impl fmt::Display) -> RefusedError {
    let message = format!("{what} cannot be read at {revision}: {error}");
    let hint = "get what is missing first: `git fetch` gets what a partial clone left out, `git fsck` shows what is damaged";
    RefusedError::new(message, hint.to_owned())
}

/// Returns whether two files are the same, byte for byte.
pub(super) fn is_same(one: &File, other: &File) -> bool {
    let text = |file: &File| file.as_ref().map(|side| side.text.clone());
    text(one) == text(other)
}

/// A commit whose files are read.
pub(super) struct Reader {
    pub(super) project: Project,
    pub(super) name: String,
    opened: Opened,
    scope: Scope,
}

impl Reader {
    pub(super) fn new(
        root: &std::path::Path,
        past: &Past,
        request: &Request,
    ) -> anyhow::Result<Self> {
        let project = past::project(root, past)?;
        let opened = read_as(
            project.clone(),
            Selection::Flags(&[]),
            request.now,
            Findings::Strict,
        );
        let environments = opened.catalog.environments.clone();
        let are_segments_broken = opened.diagnostics.errors().any(|error| {
            yaml_stem(opened.sources.get(error.location.source).name()) == Some("segments")
        });
        // What is not known is no reason to doubt the files that name it.
        let scope = Scope {
            environments: (!environments.is_empty()).then_some(environments),
            segments: (!are_segments_broken).then(|| opened.catalog.segments.clone()),
            attributes: AttributeScope::Open,
        };
        Ok(Self {
            project,
            name: past.name.clone(),
            opened,
            scope,
        })
    }

    /// Reads a file.
    pub(super) fn file(&self, path: &str, is_definition: bool) -> anyhow::Result<File> {
        let bytes = self.project.tree.read(path);
        let bytes = bytes.map_err(|error| unread(path, &self.name, &error))?;
        let Some(bytes) = bytes else { return Ok(None) };
        let (text, tree) = match String::from_utf8(bytes) {
            Ok(text) => {
                let tree = self.tree(path, &text, is_definition);
                (text, tree)
            }
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), None),
        };
        Ok(Some(Side {
            path: path.to_owned(),
            text,
            revision: self.name.clone(),
            tree,
        }))
    }

    fn tree(&self, path: &str, text: &str, is_definition: bool) -> Option<Tree> {
        let mut told = Diagnostics::default();
        let document = yaml::parse(SourceMap::default().next_id(), text, &mut told);
        if is_definition {
            let of_file = |source| -> bool { self.opened.sources.get(source).name() == path };
            let mut errors = self.opened.diagnostics.errors();
            let is_broken = told.has_errors() || errors.any(|one| of_file(one.location.source));
            // A file with nothing in it defines nothing.
            let tree = document.map_or_else(Tree::map, |document| Tree::of(document.root()));
            return (!is_broken).then_some(tree);
        }
        let document = document?;
        schema::check(FileKind::Flag, &document, &mut told);
        let key = FlagKey::new(yaml_stem(path)?).ok()?;
        if told.has_errors() {
            return None;
        }
        lower::flag(&document, &key, &self.scope, &mut told)?;
        (!told.has_errors()).then(|| Tree::of(document.root()))
    }
}

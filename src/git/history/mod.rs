//! The history of files: commits from the newest on, each with what it changed.
//!
//! `git log --raw` walks, because it knows the commit-graph and its changed-path filters; without the
//! program libgit2 does, slower. Nothing is read but commits and folders.

mod library;
mod program;
mod read;

use std::collections::HashSet;
use std::fs;

use super::objects::{Backend, EntryKind, ObjectId, Objects};
use super::program::NotInstalled;

/// A commit of a history.
#[derive(Debug, Clone, Default)]
pub struct PastCommit {
    /// Its id.
    pub id: ObjectId,
    /// Its parents.
    pub parents: Vec<ObjectId>,
    /// The commits that the history goes on with: for each parent the nearest ancestor that it holds,
    /// or none where none does; one that stands for several parents is named once.
    pub next: Vec<ObjectId>,
    /// Who wrote it.
    pub author: Person,
    /// Who committed it, and when that was.
    pub committer: Person,
    /// Its message.
    pub message: String,
    /// For each of `next` the watched files that differ; where there is none, one list of all.
    pub differences: Vec<Vec<Difference>>,
    /// Whether its parents are not in this clone, which is shallow.
    pub is_cut_off: bool,
}

/// Who did something, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The time, in Unix seconds.
    pub time: i64,
}

/// A file that a commit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its path, from the root of the repository.
    pub path: String,
    /// What it was; `None` where there was none.
    pub before: Option<FileId>,
    /// What it is; `None` where there is none.
    pub after: Option<FileId>,
}

/// A file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId {
    /// The object.
    pub id: ObjectId,
    /// What it is.
    pub kind: EntryKind,
}

/// Files whose history is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Watched {
    /// A file, or all files below a folder.
    Path(String),
    /// The files of a name at any depth below a folder.
    Named {
        /// The folder; empty for the root of the repository.
        folder: String,
        /// The name.
        name: String,
    },
}

/// A walk through the history, from the newest commit on. It may be left at any point.
pub struct History {
    source: Source,
    shallow: HashSet<ObjectId>,
}

enum Source {
    Program(Box<program::Run>),
    Library(library::Walk),
}

impl Objects {
    /// Returns the commits that a commit descends from, itself first, that change a watched file,
    /// and merges. Every one stands behind one of its children. `since` (Unix seconds) ends the walk
    /// at commits that are older.
    ///
    /// # Errors
    ///
    /// Fails if the walk cannot begin.
    pub fn history(
        &self,
        start: ObjectId,
        watched: &[Watched],
        since: Option<i64>,
    ) -> anyhow::Result<History> {
        let source = match (
            program::Run::start(self, start, watched, since),
            &self.backend,
        ) {
            (Ok(run), _) => Source::Program(Box::new(run)),
            (Err(error), Backend::Library(library)) if error.is::<NotInstalled>() => {
                Source::Library(library::Walk::start(library, start, watched, since)?)
            }
            (Err(error), _) => return Err(error),
        };
        Ok(History {
            source,
            shallow: self.cut_off(),
        })
    }

    /// Returns the commits of a shallow clone whose parents are not here.
    fn cut_off(&self) -> HashSet<ObjectId> {
        let list = fs::read_to_string(self.common_dir.join("shallow")).unwrap_or_default();
        list.lines().filter_map(ObjectId::parse).collect()
    }

    /// Returns a time that Git understands (`2 weeks ago`), in Unix seconds; `None` without the
    /// program.
    ///
    /// # Errors
    ///
    /// Fails if Git cannot be run.
    pub fn time_of(&self, text: &str) -> anyhow::Result<Option<i64>> {
        program::time_of(self, text)
    }
}

impl History {
    /// Returns the next commit; `None` at the end.
    ///
    /// # Errors
    ///
    /// Fails if the history cannot be read on: an object is missing or damaged.
    pub fn read(&mut self) -> anyhow::Result<Option<PastCommit>> {
        let commit = match &mut self.source {
            Source::Program(run) => run.read()?,
            Source::Library(walk) => walk.read()?,
        };
        Ok(commit.map(|mut commit| {
            commit.is_cut_off = self.shallow.contains(&commit.id);
            commit
        }))
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("History").finish_non_exhaustive()
    }
}

impl Watched {
    /// Returns whether a path is watched.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        match self {
            Self::Path(own) => is_in(path, own),
            Self::Named { folder, name } => {
                is_in(path, folder) && path.rsplit('/').next() == Some(name)
            }
        }
    }
}

fn is_in(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    folder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

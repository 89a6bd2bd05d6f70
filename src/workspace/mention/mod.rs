//! Which flags' files name other flags, without reading what they mean.
//!
//! There may be thousands of files, and to read them all takes longer than all the rest of a
//! command. So the words in them are kept, in an index: of a file that has not changed since, as its
//! [`Stamp`](crate::tree::Stamp) tells, they are known. What the index does not know is read, so
//! the answer is the same without one.

mod index;
mod words;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;

use rayon::prelude::*;

use crate::diagnostic::Diagnostics;
use crate::lower;
use crate::model::FlagKey;
use crate::schema::FileKind;
use crate::store;
use crate::text::SourceMap;
use crate::tree::{FileTree, Stamp};
use crate::yaml;

use super::files::{Files, FlagPath};
use index::Entry;
use words::{Wanted, words};

/// From how many files on it is worth it to read them in parallel, and to keep what was read.
const MANY: usize = 100;

/// Where the index of a project is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The file. It may be missing, or hold anything: then it counts for nothing.
    pub file: PathBuf,
    /// Whether it is written anew where that is worth it. Whoever says so has the lock.
    pub is_kept: bool,
}

/// Returns the flags, other than those of the keys, whose files name one of the keys, and those that
/// flag-dependencies.yaml may tie to one: a superset of the flags that depend on them, found without
/// parsing.
#[must_use]
pub fn mentioning(
    tree: &impl FileTree,
    files: &Files,
    keys: &[String],
    index: Option<&Index>,
) -> BTreeSet<FlagKey> {
    let wanted = Wanted::new(keys);
    let apart = files
        .special
        .iter()
        .filter(|(kind, _)| *kind == FileKind::FlagDependencies)
        .filter_map(|(_, file)| tree.read(&file.path).ok().flatten())
        .flat_map(|bytes| dependents_apart(&String::from_utf8_lossy(&bytes), &wanted));
    let mut found: BTreeSet<FlagKey> = apart.collect();
    let naming = match index {
        Some(index) => with_index(tree, files, &wanted, index),
        None => by_reading(tree, files, &wanted),
    };
    let others = naming.iter().filter(|file| !wanted.has(file.stem()));
    found.extend(others.filter_map(|file| file.key.clone()));
    found
}

fn by_reading<'f>(
    tree: &impl FileTree,
    files: &'f Files,
    wanted: &Wanted<'_>,
) -> Vec<&'f FlagPath> {
    let names_one = |file: &&FlagPath| {
        file.file.problem.is_none()
            && tree
                .read(&file.file.path)
                .is_ok_and(|bytes| bytes.is_some_and(|bytes| wanted.is_in_file(&bytes)))
    };
    files.flags.par_iter().filter(names_one).collect()
}

/// A flag's file, and what is known of it.
struct Looked<'f, 'i> {
    file: &'f FlagPath,
    /// From before it is read, so that a write in between gives it another. `None` where what it
    /// says cannot be kept.
    stamp: Option<Stamp>,
    /// Its words: those of the index, or as they were read; `None` before that.
    words: Option<Cow<'i, str>>,
}

fn with_index<'f>(
    tree: &impl FileTree,
    files: &'f Files,
    wanted: &Wanted<'_>,
    index: &Index,
) -> Vec<&'f FlagPath> {
    let kept = store::kept(&index.file).unwrap_or_default();
    let mut looked = look(tree, files, index::read(&kept));
    let is_unread = |looked: &&mut Looked<'_, '_>| looked.words.is_none();
    let unread: Vec<&mut Looked<'_, '_>> = looked.iter_mut().filter(is_unread).collect();
    if unread.len() < MANY {
        for looked in unread {
            looked.read(tree);
        }
    } else {
        unread.into_par_iter().for_each(|looked| looked.read(tree));
    }
    let is_new = |looked: &&Looked<'_, '_>| {
        looked.stamp.is_some() && matches!(looked.words, Some(Cow::Owned(_)))
    };
    if index.is_kept && looked.iter().filter(is_new).count() >= MANY {
        let entries = looked.iter().filter_map(Looked::entry);
        store::keep(&index.file, index::write(entries).as_bytes());
    }
    let names_one = |looked: &&Looked<'_, '_>| {
        let words = looked.words.as_deref();
        words.is_some_and(|words| wanted.is_in(words))
    };
    let naming = looked.iter().filter(names_one);
    naming.map(|looked| looked.file).collect()
}

/// Looks at the files from outside. Of those that have not changed since the index was written, it
/// has the words. Both are sorted by path.
fn look<'f, 'i>(
    tree: &impl FileTree,
    files: &'f Files,
    entries: Vec<Entry<'i>>,
) -> Vec<Looked<'f, 'i>> {
    let mut entries = entries.into_iter().peekable();
    let look = |file: &'f FlagPath| {
        let path = file.file.path.as_str();
        while entries.next_if(|entry| entry.path < path).is_some() {}
        let entry = entries.next_if(|entry| entry.path == path);
        let stamp = tree.stamp(path);
        let known = entry.filter(|entry| Some(entry.stamp) == stamp);
        Looked {
            file,
            stamp,
            words: known.map(|entry| Cow::Borrowed(entry.words)),
        }
    };
    let files = files.flags.iter();
    files
        .filter(|file| file.file.problem.is_none())
        .map(look)
        .collect()
}

impl Looked<'_, '_> {
    fn read(&mut self, tree: &impl FileTree) {
        match tree.read(&self.file.file.path) {
            Ok(Some(bytes)) => self.words = Some(Cow::Owned(words(&bytes))),
            // What cannot be read now may be read another time, and no stamp tells.
            Ok(None) | Err(_) => self.stamp = None,
        }
    }

    fn entry(&self) -> Option<Entry<'_>> {
        Some(Entry {
            stamp: self.stamp?,
            path: &self.file.file.path,
            words: self.words.as_deref()?,
        })
    }
}

/// Returns the flags that flag-dependencies.yaml ties to one of the keys.
fn dependents_apart(text: &str, wanted: &Wanted<'_>) -> Vec<FlagKey> {
    let mut told = Diagnostics::default();
    let Some(document) = yaml::parse(SourceMap::default().next_id(), text, &mut told) else {
        return Vec::new();
    };
    let lists = lower::dependencies_apart(&document).into_iter();
    let on_them = |list: &lower::DependenciesApart| {
        list.depends_on
            .iter()
            .any(|d| d.repository.is_none() && wanted.has(d.flag.as_str()))
    };
    lists.filter(on_them).map(|list| list.flag).collect()
}

#[cfg(test)]
mod tests;

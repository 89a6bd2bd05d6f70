//! The two sides, read as far as they differ.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::diagnostic::Diagnostics;
use crate::git::{Index, ObjectId, Objects, RevisionError};
use crate::model::{Flag, FlagKey, RESERVED_STEMS};
use crate::text::SourceMap;
use crate::tree::FileTree as _;
use crate::workspace::{CONFIG_FILE, Project, Selection, yaml_stem};

use super::super::RefusedError;
use super::super::open::{Opened, Past, read_as};
use super::definitions::Definition;
use super::renames::{self, Rename};

/// What the working tree is called.
pub(super) const WORKING_TREE: &str = "working tree";

/// Two states of a project.
pub(super) struct Pair {
    pub(super) before: Opened,
    pub(super) after: Opened,
    pub(super) before_name: String,
    pub(super) after_name: String,
    files: Files,
    /// The flags that are compared, where not all are.
    only: Option<BTreeSet<FlagKey>>,
    /// The flags that the compared ones may be under another key, and these; `None` for all.
    related: Option<BTreeSet<FlagKey>>,
}

/// The files that differ.
#[derive(Debug, Clone, Default)]
struct Files {
    /// The flags whose files do, with their paths.
    flags: BTreeMap<FlagKey, BTreeSet<String>>,
    /// The flags that are gone.
    gone: BTreeSet<FlagKey>,
    /// The flags that are new.
    new: BTreeSet<FlagKey>,
    /// Those that all flags share.
    shared: BTreeSet<String>,
}

/// Opens both sides. Of the flags that are not named only those are read that a named one was, or is
/// now, under another key. Of flags whose files are the same on both, and where all that flags share is,
/// nothing is read.
pub(super) fn open(
    folder: &Path,
    base: Option<&str>,
    head: Option<&str>,
    flags: &[String],
    now: Timestamp,
) -> anyhow::Result<Pair> {
    let objects = Objects::find(folder)?.map(Arc::new);
    let Some(objects) = objects else {
        return Err(RevisionError {
            message: format!("`{}` is not in a Git repository", folder.display()),
            hint: Some(
                "differences are told between revisions: `git init` and commit first".to_owned(),
            ),
        }
        .into());
    };
    let at = |revision: &str| {
        let commit = objects.commit(revision)?;
        Project::at_commit(folder, &objects, revision, commit)
    };
    let before = at(base.unwrap_or("HEAD"))?;
    let after = match head {
        Some(revision) => at(revision)?,
        None => Project::find(folder)?,
    };
    let files = Files::differing(&before, &after, &objects);
    let named: BTreeSet<FlagKey> = flags
        .iter()
        .filter_map(|key| FlagKey::new(key).ok())
        .collect();
    let only = match (flags.is_empty(), files.shared.is_empty()) {
        (true, true) => Some(files.flags.keys().cloned().collect()),
        (true, false) => None,
        (false, _) => Some(named),
    };
    let read = |only: Option<BTreeSet<FlagKey>>, related: Option<BTreeSet<FlagKey>>| {
        let keys: Vec<&str> = related.iter().flatten().map(FlagKey::as_str).collect();
        let selection = match &related {
            Some(_) => Selection::Flags(&keys),
            None => Selection::All,
        };
        let open = |project: &Project| read_as(project.clone(), selection, now, Past::LeftOut);
        Pair {
            before: open(&before),
            after: open(&after),
            before_name: base.unwrap_or("HEAD").to_owned(),
            after_name: head.unwrap_or(WORKING_TREE).to_owned(),
            files: files.clone(),
            only,
            related,
        }
    };
    let mut related = only.clone();
    let named = related.as_mut().filter(|_| !flags.is_empty());
    if let Some(keys) = named.filter(|keys| files.may_rename(keys)) {
        // Which flag a named one was, or is now, is told only beside all that it could be.
        let one_sided = files.gone.union(&files.new);
        let all = one_sided.chain(keys.iter()).cloned().collect();
        let wide = read(None, Some(all));
        let renames = renames::find(&wide);
        let is_named = |rename: &&Rename<'_>| keys.iter().any(|key| rename.is_of(key));
        let found = renames.iter().filter(is_named).flat_map(Rename::keys);
        let others: Vec<FlagKey> = found.cloned().collect();
        keys.extend(others);
    }
    Ok(read(only, related))
}

impl Pair {
    /// Refuses to compare where a file cannot be understood that decides what every flag is.
    pub(super) fn understood(&self) -> Result<(), RefusedError> {
        let sides = [
            (&self.before, &self.before_name),
            (&self.after, &self.after_name),
        ];
        for (side, name) in sides {
            let decides = |path: &&String| {
                matches!(
                    yaml_stem(path),
                    Some("environments" | "flag-dependencies") | None
                )
            };
            let first = side.broken.iter().find(decides);
            let missing = || {
                side.catalog
                    .environments
                    .is_empty()
                    .then_some("environments.yaml")
            };
            let Some(file) = first.map(String::as_str).or_else(missing) else {
                continue;
            };
            let message =
                format!("{file} cannot be understood in {name}, so nothing can be compared");
            let hint = "mend it, or compare with another revision".to_owned();
            return Err(RefusedError {
                message,
                hint: Some(hint),
                diagnostics: side.diagnostics.clone(),
                sources: side.sources.clone(),
            });
        }
        Ok(())
    }

    /// Returns the flags to compare.
    pub(super) fn keys(&self) -> BTreeSet<FlagKey> {
        let sides = [&self.before, &self.after];
        let keys = sides.into_iter().flat_map(|side| side.catalog.flags.keys());
        keys.filter(|key| self.is_compared(key)).cloned().collect()
    }

    /// Returns whether a flag is to be compared; what those depend on is read too.
    pub(super) fn is_compared(&self, key: &FlagKey) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(key))
    }

    /// Returns the flags of which one may be another under another key: those that are gone or new,
    /// and understood.
    pub(super) fn candidates(&self) -> (Vec<&Flag>, Vec<&Flag>) {
        let is_one = |key: &&FlagKey| {
            let is_related = self.related.as_ref().is_none_or(|keys| keys.contains(*key));
            let mut sides = [&self.before, &self.after].into_iter();
            is_related && !sides.any(|side| side.unsound.contains(*key))
        };
        let (gone, new) = (self.files.gone.iter(), self.files.new.iter());
        let gone = gone.filter(is_one).filter_map(|key| self.flag_before(key));
        let new = new.filter(is_one).filter_map(|key| self.flag_after(key));
        (gone.collect(), new.collect())
    }

    pub(super) fn flag_before(&self, key: &FlagKey) -> Option<&Flag> {
        self.before.catalog.flags.get(key)
    }

    pub(super) fn flag_after(&self, key: &FlagKey) -> Option<&Flag> {
        self.after.catalog.flags.get(key)
    }

    /// Returns the files that bring a change of a flag about: its own, and those of definitions that
    /// it uses; where there are none, all that differ of those that flags share.
    pub(super) fn files_of(&self, key: &FlagKey, definitions: &[Definition]) -> Vec<String> {
        let own = self.files.flags.get(key).into_iter().flatten().cloned();
        let mut files: BTreeSet<String> = own.collect();
        let of_it =
            |definition: &&Definition| definition.flags.iter().any(|flag| flag == key.as_str());
        let used = definitions.iter().filter(of_it);
        files.extend(used.map(|definition| definition.file.clone()));
        if files.is_empty() {
            files.extend(self.files.shared.iter().cloned());
        }
        files.into_iter().collect()
    }

    /// Returns what is wrong on each side.
    pub(super) fn findings(self) -> Vec<(Diagnostics, SourceMap)> {
        let sides = [self.before, self.after];
        let findings = sides.map(|side| (side.diagnostics, side.sources));
        findings.into_iter().collect()
    }
}

impl Files {
    fn differing(before: &Project, after: &Project, objects: &Objects) -> Self {
        let (was, is) = (contents(before, objects), contents(after, objects));
        let mut files = Self::default();
        let mut differ = |name: &str, paths: BTreeSet<String>, (had, has): (bool, bool)| {
            match FlagKey::new(name) {
                Ok(key) if !is_shared(name) => {
                    if !has {
                        files.gone.insert(key.clone());
                    }
                    if !had {
                        files.new.insert(key.clone());
                    }
                    files.flags.insert(key, paths);
                }
                _ => files.shared.extend(paths),
            }
        };
        let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        for name in names {
            let (one, other) = (was.get(name), is.get(name));
            let ids = |list: Option<&Vec<Content>>| -> Option<Vec<ObjectId>> {
                list?.iter().map(|content| content.id).collect()
            };
            let same = one.is_some() && ids(one).is_some() && ids(one) == ids(other);
            if !same {
                let all = one.into_iter().chain(other).flatten();
                let paths = all.map(|content| content.path.clone()).collect();
                differ(name, paths, (one.is_some(), other.is_some()));
            }
        }
        files
    }

    /// Returns whether one of these flags is gone or new, and may be there under another key.
    fn may_rename(&self, keys: &BTreeSet<FlagKey>) -> bool {
        let some = !self.gone.is_empty() && !self.new.is_empty();
        let is_one_sided = |key: &FlagKey| self.gone.contains(key) || self.new.contains(key);
        some && keys.iter().any(is_one_sided)
    }
}

fn is_shared(name: &str) -> bool {
    name == CONFIG_FILE || RESERVED_STEMS.contains(&name)
}

/// A file: its path in the project, and what it holds.
struct Content {
    path: String,
    /// `None` where that is not known: it may differ from anything.
    id: Option<ObjectId>,
}

/// Returns the content of a file of the working tree, if Git has seen it as it is.
fn seen(
    project: &Project,
    objects: &Objects,
    (index, prefix): (&Index, &str),
    path: &str,
) -> Option<ObjectId> {
    let seen = index.get(&format!("{prefix}{path}"))?;
    // What a filter makes of a file when it is checked out is not what Git keeps of it.
    if objects.size(seen.id).ok() != Some(u64::from(seen.size)) {
        return None;
    }
    let stamp = project.tree.stamp(path)?;
    let is_it = stamp.is_noted(seen.size, seen.file, seen.modified, seen.changed);
    is_it.then_some(seen.id)
}

/// Returns the project's files by what they are of: a flag's key, a file that flags share.
fn contents(project: &Project, objects: &Objects) -> BTreeMap<String, Vec<Content>> {
    let (index, prefix) = match project.revision() {
        Some(_) => (Index::default(), String::new()),
        None => (objects.index(), project.prefix_in(objects)),
    };
    let content = |path: String| {
        let id = if let Some(tree) = project.revision() {
            tree.id(&path).ok().flatten()
        } else {
            let known = seen(project, objects, (&index, &prefix), &path);
            known.or_else(|| {
                let bytes = project.tree.read(&path).ok().flatten();
                bytes.and_then(|bytes| ObjectId::of_content(&bytes))
            })
        };
        Content { path, id }
    };
    let mut contents: BTreeMap<String, Vec<Content>> = BTreeMap::new();
    for file in project
        .tree
        .list(project.flags_folder())
        .unwrap_or_default()
    {
        if let Some(stem) = yaml_stem(&file.path) {
            let stem = stem.to_owned();
            contents.entry(stem).or_default().push(content(file.path));
        }
    }
    contents.insert(
        CONFIG_FILE.to_owned(),
        vec![content(CONFIG_FILE.to_owned())],
    );
    contents
}

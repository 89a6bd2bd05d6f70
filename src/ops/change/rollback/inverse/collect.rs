//! What commits changed: each file before, and after.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::git;
use crate::literal;
use crate::model::RESERVED_STEMS;
use crate::tree::FileTree as _;
use crate::workspace::{CONFIG_FILE, yaml_stem};

use super::super::past::{self, Past};
use super::super::side::{File, Reader, is_same, unread};
use super::{RefusedError, Request};

/// What one commit changed, by flag and by file of definitions: before, and after.
pub(super) struct Change {
    pub(super) past: Past,
    pub(super) parent: Past,
    pub(super) flags: BTreeMap<String, (File, File)>,
    pub(super) definitions: BTreeMap<String, (File, File)>,
    /// Whether ffctl.toml was changed too.
    pub(super) settings: bool,
}

/// Returns what commits changed, the newest first: of flags, those that are meant. What follows on
/// from each other counts as one change.
pub(super) fn changes(
    root: &Path,
    commits: &[Past],
    request: &Request,
) -> anyhow::Result<Vec<Change>> {
    let mut changes = Vec::new();
    for commit in commits {
        changes.push(change(root, commit, request)?);
    }
    join(&mut changes);
    Ok(changes)
}

impl Change {
    /// Returns when the commit was made: not later than now, whatever its clock said.
    pub(super) fn made_at(&self, request: &Request) -> i64 {
        literal::whole_second(self.past.commit.committed_at.min(request.now))
    }
}

fn change(root: &Path, past: &Past, request: &Request) -> anyhow::Result<Change> {
    let parent = past::parent(root, past)?;
    let before = Reader::new(root, &parent, request)?;
    let after = Reader::new(root, past, request)?;
    let (was, is) = (files(&before)?, files(&after)?);
    let differs =
        |path: &str| -> anyhow::Result<bool> { Ok(id(&before, path)? != id(&after, path)?) };
    let mut change = Change {
        past: past.clone(),
        parent,
        flags: BTreeMap::new(),
        definitions: BTreeMap::new(),
        settings: differs(CONFIG_FILE)?,
    };
    let all: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    for path in all {
        let Some(stem) = yaml_stem(path) else {
            continue;
        };
        let is_definition = was.get(path).or(is.get(path)) == Some(&true);
        let is_meant = is_definition
            || request.flags.is_empty()
            || request.flags.iter().any(|key| key == stem);
        if !is_meant || !differs(path)? {
            continue;
        }
        // A file that has moved is found by its name on the other side.
        let side = |reader: &Reader, files: &BTreeMap<String, bool>| -> anyhow::Result<File> {
            let named = |path: &&String| yaml_stem(path) == Some(stem);
            let own = files.contains_key(path).then_some(path);
            match own.or_else(|| files.keys().find(named)) {
                Some(found) => reader.file(found, is_definition),
                None => Ok(None),
            }
        };
        let sides = (side(&before, &was)?, side(&after, &is)?);
        let list = if is_definition {
            &mut change.definitions
        } else {
            &mut change.flags
        };
        list.insert(stem.to_owned(), sides);
    }
    Ok(change)
}

fn id(side: &Reader, path: &str) -> Result<Option<git::ObjectId>, RefusedError> {
    let Some(revision) = side.project.revision() else {
        return Ok(None);
    };
    let id = revision.id(path);
    id.map_err(|error| unread(path, &side.name, &error))
}

/// Joins what follows on from each other: a file that one commit left as the next one found it was
/// changed once. The older commit of the two has the whole then.
fn join(changes: &mut [Change]) {
    for at in 1..changes.len() {
        let (newer, older) = changes.split_at_mut(at);
        let Some(older) = older.first_mut() else {
            return;
        };
        for newer in newer.iter_mut().rev() {
            join_files(&mut newer.flags, &mut older.flags);
            join_files(&mut newer.definitions, &mut older.definitions);
        }
    }
}

fn join_files(
    newer: &mut BTreeMap<String, (File, File)>,
    older: &mut BTreeMap<String, (File, File)>,
) {
    for (key, (_, after)) in older {
        if newer
            .get(key)
            .is_some_and(|(before, _)| is_same(before, after))
            && let Some((_, last)) = newer.remove(key)
        {
            *after = last;
        }
    }
}

/// Returns the YAML files of a project, and whether each is one of definitions.
fn files(side: &Reader) -> Result<BTreeMap<String, bool>, RefusedError> {
    let folder = side.project.flags_folder();
    let listed = side.project.tree.list(folder);
    let listed = listed.map_err(|error| unread(folder, &side.name, &error))?;
    let files = listed.into_iter().filter_map(|file| {
        let stem = yaml_stem(&file.path)?;
        let inside = file.path.strip_prefix(folder)?.trim_start_matches('/');
        let is_definition = !inside.contains('/') && RESERVED_STEMS.contains(&stem);
        Some((file.path, is_definition))
    });
    Ok(files.collect())
}

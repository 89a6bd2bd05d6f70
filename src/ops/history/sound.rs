//! What counts while a file cannot be understood: what it said before.

use std::sync::Arc;

use crate::git::{ObjectId, Watched};
use crate::model::Flag;
use crate::workspace::{Fault, Layout, Past, PastScope, ScopeFiles, Version};

use super::Place;

/// How many files of a scope are replaced by older ones before it is taken as it is.
const MOST_REPLACED: usize = 50;

/// Returns the scope of a commit; files of it that are broken count as they were before that. Also
/// returns what is broken. `until` is the newest commit of those, without a gap, that have the same
/// scope: what counts is the same for all of them.
pub(in crate::ops) fn scope_at(
    past: &Past,
    (commit, until): (ObjectId, ObjectId),
    layout: &Layout,
    files: &ScopeFiles,
) -> anyhow::Result<(Arc<PastScope>, Vec<Fault>)> {
    let first = past.scope(files)?;
    let faults = first.faults.clone();
    if faults.is_empty() {
        return Ok((first, faults));
    }
    if let Some(scope) = past.sound_scope(files, layout, until) {
        return Ok((scope, faults));
    }
    let scope = replaced(past, commit, layout, &first)?;
    past.tell_sound(files, layout, until, Arc::clone(&scope));
    Ok((scope, faults))
}

/// Returns the scope in which the broken files are as they were before.
fn replaced(
    past: &Past,
    commit: ObjectId,
    layout: &Layout,
    first: &Arc<PastScope>,
) -> anyhow::Result<Arc<PastScope>> {
    let mut scope = Arc::clone(first);
    for _ in 0..MOST_REPLACED {
        let Some(fault) = scope.faults.first() else {
            return Ok(scope);
        };
        let Some(older) = older_scope(past, commit, layout, &scope.files, &fault.path)? else {
            break;
        };
        scope = past.scope(&older)?;
    }
    Ok(Arc::clone(first))
}

fn older_scope(
    past: &Past,
    commit: ObjectId,
    layout: &Layout,
    files: &ScopeFiles,
    path: &str,
) -> anyhow::Result<Option<ScopeFiles>> {
    let whole = format!("{}{path}", layout.prefix);
    let watched = [Watched::Path(whole)];
    let mut history = past.objects().history(commit, &watched, None)?;
    while let Some(commit) = history.read()? {
        for differences in &commit.differences {
            let older = files.before(layout, differences);
            let is_change = differences
                .iter()
                .any(|one| one.after.map(|file| file.id) == files.id(path) && one.before.is_some());
            if is_change && older != *files {
                return Ok(Some(older));
            }
        }
    }
    Ok(None)
}

/// Returns the flag of a file, or what it was when it could last be understood at or before a
/// commit; `None` if it never could.
pub(in crate::ops) fn sound_version(
    past: &Past,
    commit: ObjectId,
    layout: &Layout,
    scope: &PastScope,
    place: &Place,
) -> anyhow::Result<Option<Arc<Flag>>> {
    if let Version::Sound(flag) = past.flag(scope, &place.key, &place.path, place.file)? {
        return Ok(Some(flag));
    }
    let whole = format!("{}{}", layout.prefix, place.path);
    let watched = [Watched::Path(whole)];
    let mut history = past.objects().history(commit, &watched, None)?;
    while let Some(commit) = history.read()? {
        let files = commit.differences.iter().flatten();
        for file in files.filter_map(|difference| difference.before) {
            if let Version::Sound(flag) = past.flag(scope, &place.key, &place.path, file)? {
                return Ok(Some(flag));
            }
        }
    }
    Ok(None)
}

//! What counts while a file cannot be understood: what it said before.

use std::sync::Arc;

use crate::git::{ObjectId, Watched};
use crate::model::Flag;
use crate::workspace::{Fault, Layout, Past, PastScope, ScopeFiles, Version};

use super::Place;

/// How many files of a scope are replaced by older ones before it is taken as it is.
const MOST_REPLACED: usize = 50;

/// Returns the scope of a commit; files of it that are broken count as they were before that. Also
/// returns what is broken.
pub(in crate::ops) fn scope_at(
    past: &Past,
    commit: ObjectId,
    layout: &Layout,
    files: &ScopeFiles,
) -> anyhow::Result<(Arc<PastScope>, Vec<Fault>)> {
    let first = past.scope(files)?;
    let faults = first.faults.clone();
    let mut scope = Arc::clone(&first);
    for _ in 0..MOST_REPLACED {
        let Some(fault) = scope.faults.first() else {
            return Ok((scope, faults));
        };
        let Some(older) = older_scope(past, commit, layout, &scope.files, &fault.path)? else {
            break;
        };
        scope = past.scope(&older)?;
    }
    Ok((first, faults))
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

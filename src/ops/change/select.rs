//! Which flags are meant.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::FlagKey;
use crate::tree::FileTree;
use crate::workspace::{Project, Selection};

use super::super::UsageError;
use super::super::list::known_tags;
use super::super::open::read;
use super::Request;

/// Returns the keys of the flags that a request names, by themselves or by tag and owner, each
/// once. Whether they exist is for those who read them.
pub(super) fn keys(
    project: &Project,
    tree: &impl FileTree,
    request: &Request,
    now: Timestamp,
) -> anyhow::Result<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    for key in &request.flags {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    if request.tags.is_empty() && request.owners.is_empty() {
        return Ok(keys);
    }
    let opened = read(project.clone(), tree, Selection::All, now);
    known_tags(&opened.catalog, &request.tags)?;
    for flag in opened.catalog.flags.values() {
        let tagged = request.tags.iter().any(|tag| flag.tags.contains(tag));
        let owned = flag
            .owner
            .as_ref()
            .is_some_and(|owner| request.owners.contains(owner));
        let key = flag.key.as_str();
        if (tagged || owned) && flag.archived.is_none() && !keys.iter().any(|other| other == key) {
            keys.push(key.to_owned());
        }
    }
    if keys.is_empty() {
        let hint = "`ffctl list` shows the flags with their owners".to_owned();
        return Err(UsageError::new("no flag is of that owner or has that tag", hint).into());
    }
    Ok(keys)
}

/// Returns the flags whose files name one of the keys: those that may depend on it.
pub(super) fn mentioning(
    project: &Project,
    tree: &impl FileTree,
    keys: &[String],
) -> BTreeSet<FlagKey> {
    let folder = project
        .config
        .as_ref()
        .map_or("flags", |config| config.flags.as_str());
    crate::workspace::mentioning(tree, folder, keys)
}

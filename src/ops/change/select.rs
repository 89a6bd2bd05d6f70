//! Which flags are meant.

use jiff::Timestamp;

use crate::model::FlagKey;
use crate::tree::FileTree;
use crate::workspace::{Project, Selection};

use super::super::UsageError;
use super::super::list::known_tags;
use super::super::open::read;
use super::Request;

/// The flags that a request means.
#[derive(Debug, Default)]
pub(super) struct Selected {
    /// Their keys, each once. Whether they exist is for those who read them.
    pub(super) keys: Vec<String>,
    /// Flags of which it is not known whether they are meant: what they say cannot be read.
    pub(super) unread: Vec<String>,
}

/// Returns the flags that a request names, by themselves or by tag and owner.
pub(super) fn select(
    project: &Project,
    tree: &impl FileTree,
    request: &Request,
    now: Timestamp,
) -> anyhow::Result<Selected> {
    let mut keys: Vec<String> = Vec::new();
    for key in &request.flags {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    if request.tags.is_empty() && request.owners.is_empty() {
        return Ok(Selected {
            keys,
            unread: Vec::new(),
        });
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
    let is_unread = |key: &&FlagKey| !opened.catalog.flags.contains_key(key.as_str());
    let unread = opened.known.iter().filter(is_unread);
    let unread: Vec<String> = unread.map(ToString::to_string).collect();
    if keys.is_empty() && unread.is_empty() {
        let hint = "`ffctl list` shows the flags with their owners".to_owned();
        return Err(UsageError::new("no flag is of that owner or has that tag", hint).into());
    }
    Ok(Selected { keys, unread })
}

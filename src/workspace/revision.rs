//! A project's files at a revision.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::git::{Commit, Entry, EntryKind, ObjectId, Objects};
use crate::tree::{FileTree, MAX_FILE_SIZE, ReadError, TreeFile};

/// How many links are followed from one to the next.
const MOST_LINKS: usize = 8;

/// The files of a commit below a folder, which is the project's.
#[derive(Debug, Clone)]
pub struct RevisionTree {
    objects: Arc<Objects>,
    revision: String,
    commit: Commit,
    /// The folder, with a slash behind it; empty for the root of the repository.
    prefix: String,
    /// What was listed, by path in the project.
    listed: Arc<Mutex<HashMap<String, Entry>>>,
}

impl RevisionTree {
    /// Returns the files of a commit below a folder of the repository (empty for its root).
    /// `revision` is what the commit is called in messages.
    #[must_use]
    pub fn new(objects: Arc<Objects>, revision: &str, commit: Commit, folder: &str) -> Self {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        Self {
            objects,
            revision: revision.to_owned(),
            commit,
            prefix,
            listed: Arc::default(),
        }
    }

    /// Returns the commit.
    #[must_use]
    pub fn commit(&self) -> Commit {
        self.commit
    }

    /// Returns what the commit is called.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// Returns the repository's objects.
    #[must_use]
    pub fn objects(&self) -> &Arc<Objects> {
        &self.objects
    }

    /// Returns the project's folder in the repository, with a slash behind it; empty for the root.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns the content of a file, by its id; `None` if there is none.
    ///
    /// # Errors
    ///
    /// Fails if the commit cannot be read.
    pub fn id(&self, path: &str) -> Result<Option<ObjectId>, ReadError> {
        Ok(self.entry(path)?.map(|entry| entry.id))
    }

    fn entry(&self, path: &str) -> Result<Option<Entry>, ReadError> {
        let known = self.listed.lock().ok();
        if let Some(entry) = known.and_then(|listed| listed.get(path).cloned()) {
            return Ok(Some(entry));
        }
        let whole = format!("{}{path}", self.prefix);
        self.objects
            .entry(self.commit.id, &whole)
            .map_err(unreadable)
    }

    /// Returns what a link leads to, in the end.
    fn followed(&self, path: &str, entry: Entry) -> Result<Entry, ReadError> {
        let (mut path, mut entry) = (path.to_owned(), entry);
        for _ in 0..MOST_LINKS {
            if entry.kind != EntryKind::Link {
                return Ok(entry);
            }
            let target = self.objects.blob(entry.id).map_err(unreadable)?;
            let target = String::from_utf8(target).map_err(|_| ReadError::NotAFile)?;
            path = joined(&path, &target).ok_or(ReadError::LinkOutside)?;
            entry = self.entry(&path)?.ok_or(ReadError::NotAFile)?;
        }
        Err(ReadError::NotAFile)
    }

    /// Returns an entry as a file of the list; a link to a folder below `start` is left out.
    fn file(&self, start: &str, path: String, entry: Entry) -> Option<TreeFile> {
        let is_link = entry.kind == EntryKind::Link;
        let problem = match self.followed(&path, entry) {
            Err(problem) => Some(problem),
            Ok(target) => match target.kind {
                EntryKind::File => None,
                EntryKind::Folder if is_link && is_below(&target.path, start) => return None,
                EntryKind::Folder if is_link => Some(ReadError::LinkedFolder),
                _ => Some(ReadError::NotAFile),
            },
        };
        Some(TreeFile { path, problem })
    }
}

impl FileTree for RevisionTree {
    fn list(&self, folder: &str) -> Result<Vec<TreeFile>, ReadError> {
        let start = format!("{}{folder}", self.prefix);
        let start = start.trim_end_matches('/');
        let entries = self
            .objects
            .files(self.commit.id, start)
            .map_err(unreadable)?;
        let mut files = Vec::with_capacity(entries.len());
        for entry in entries {
            let below = entry.path.strip_prefix(start).unwrap_or(&entry.path);
            let is_hidden = below.split('/').any(|part| part.starts_with('.'));
            let own = entry.path.strip_prefix(&self.prefix).map(str::to_owned);
            // A submodule is a folder without files as far as this repository is concerned.
            let Some(path) = own.filter(|_| !is_hidden && entry.kind != EntryKind::Submodule)
            else {
                continue;
            };
            if let Ok(mut listed) = self.listed.lock() {
                listed.insert(path.clone(), entry.clone());
            }
            files.extend(self.file(start, path, entry));
        }
        Ok(files)
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(entry) = self.entry(path)? else {
            return Ok(None);
        };
        let entry = self.followed(path, entry)?;
        if entry.kind != EntryKind::File {
            return Err(ReadError::NotAFile);
        }
        let size = self.objects.size(entry.id).map_err(unreadable)?;
        if size > MAX_FILE_SIZE {
            return Err(ReadError::TooLarge(size));
        }
        self.objects.blob(entry.id).map(Some).map_err(unreadable)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "maps errors")]
fn unreadable(error: anyhow::Error) -> ReadError {
    ReadError::Lost(format!("{error:#}"))
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// Returns where the target of a link leads; `None` where that is outside of the project.
fn joined(link: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_where_they_stand() {
        assert_eq!(
            joined("flags/a/x.yaml", "../b.yaml").as_deref(),
            Some("flags/b.yaml")
        );
        assert_eq!(
            joined("flags/x.yaml", "./y.yaml").as_deref(),
            Some("flags/y.yaml")
        );
        assert_eq!(joined("flags/x.yaml", "../../y.yaml"), None);
        assert_eq!(joined("flags/x.yaml", "/etc/passwd"), None);
    }
}

//! Files as a change would leave them, over a tree that stays as it is.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::{FileTree, ReadError, Stamp, TreeFile};

/// A tree with some files changed, added or removed. Folders of the tree below are listed once,
/// however often the overlay is read.
#[derive(Debug)]
pub struct Overlay<'t, T> {
    below: &'t T,
    changed: BTreeMap<String, Option<String>>,
    listed: Mutex<BTreeMap<String, Vec<TreeFile>>>,
}

impl<'t, T: FileTree> Overlay<'t, T> {
    /// Returns an overlay that changes nothing yet.
    #[must_use]
    pub fn new(below: &'t T) -> Self {
        Self {
            below,
            changed: BTreeMap::new(),
            listed: Mutex::default(),
        }
    }

    /// Sets the text of a file, or with `None` takes it away.
    pub fn set(&mut self, path: &str, text: Option<String>) {
        self.changed.insert(path.to_owned(), text);
    }

    fn below(&self, folder: &str) -> Result<Vec<TreeFile>, ReadError> {
        let known = |listed: &BTreeMap<String, Vec<TreeFile>>| listed.get(folder).cloned();
        if let Some(files) = self.listed.lock().ok().and_then(|listed| known(&listed)) {
            return Ok(files);
        }
        let files = self.below.list(folder)?;
        if let Ok(mut listed) = self.listed.lock() {
            listed.insert(folder.to_owned(), files.clone());
        }
        Ok(files)
    }
}

impl<T: FileTree> FileTree for Overlay<'_, T> {
    fn list(&self, folder: &str) -> Result<Vec<TreeFile>, ReadError> {
        let mut files = self.below(folder)?;
        if self.changed.is_empty() {
            return Ok(files);
        }
        files.retain(|file| self.changed.get(&file.path) != Some(&None));
        let prefix = format!("{folder}/");
        for (path, text) in &self.changed {
            let is_new = text.is_some() && path.starts_with(&prefix);
            if is_new && let Err(at) = files.binary_search_by(|file| file.path.as_str().cmp(path)) {
                files.insert(
                    at,
                    TreeFile {
                        path: path.clone(),
                        problem: None,
                    },
                );
            }
        }
        Ok(files)
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        match self.changed.get(path) {
            Some(text) => Ok(text.as_ref().map(|text| text.clone().into_bytes())),
            None => self.below.read(path),
        }
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        let is_below = !self.changed.contains_key(path);
        is_below.then(|| self.below.stamp(path)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryTree;
    use super::*;

    #[test]
    fn changes_lie_over_what_is_there() {
        let below = MemoryTree::new([("flags/a.yaml", "a"), ("flags/c.yaml", "c")]);
        let mut overlay = Overlay::new(&below);
        overlay.set("flags/a.yaml", None);
        overlay.set("flags/b.yaml", Some("b".to_owned()));
        overlay.set("flags/c.yaml", Some("C".to_owned()));
        let paths: Vec<String> = overlay
            .list("flags")
            .unwrap()
            .into_iter()
            .map(|file| file.path)
            .collect();
        assert_eq!(paths, ["flags/b.yaml", "flags/c.yaml"]);
        assert_eq!(overlay.read("flags/a.yaml").unwrap(), None);
        assert_eq!(overlay.read("flags/c.yaml").unwrap(), Some(b"C".to_vec()));
    }
}

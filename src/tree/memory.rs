//! Files in memory: for tests, and for documents that exist nowhere yet.

use std::collections::BTreeMap;

use super::{FileTree, ReadError, TreeFile};

/// Files in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryTree {
    /// Returns a tree of those files.
    pub fn new<P: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        Self {
            files: files
                .into_iter()
                .map(|(path, bytes)| (path.into(), bytes.into()))
                .collect(),
        }
    }
}

impl FileTree for MemoryTree {
    fn list(&self, folder: &str) -> Result<Vec<TreeFile>, ReadError> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let inside = |path: &&String| {
            path.strip_prefix(&prefix)
                .is_some_and(|rest| !rest.split('/').any(|part| part.starts_with('.')))
        };
        let files = self.files.keys().filter(inside);
        Ok(files
            .map(|path| TreeFile {
                path: path.clone(),
                problem: None,
            })
            .collect())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.files.get(path).cloned())
    }
}

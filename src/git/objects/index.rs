//! What Git's index knows of the files of the working tree.

use std::collections::HashMap;
use std::fs;
use std::time::UNIX_EPOCH;

use git2::{IndexTime, Repository};

use super::ObjectId;
use super::library::id_of;

/// The files of the working tree as Git saw them last, by path in the repository. Of files that may
/// have been written since without a trace, nothing is known.
#[derive(Debug, Default)]
pub struct Index(HashMap<String, Seen>);

/// A file as Git saw it last. Sizes and numbers of files are cut off at 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// What it held.
    pub id: ObjectId,
    /// Its size in bytes.
    pub size: u32,
    /// Which file it was.
    pub file: u32,
    /// When its content was written, in nanoseconds.
    pub modified: u64,
    /// When anything of it was changed, in nanoseconds.
    pub changed: u64,
}

impl Index {
    /// Returns what Git saw at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Seen> {
        self.0.get(path)
    }

    pub(super) fn read(repository: &Repository) -> anyhow::Result<Self> {
        // Before it is read, so that what Git writes in between only makes less known.
        let written = fs::metadata(repository.path().join("index")).ok();
        let written =
            written.and_then(|file| file.modified().ok()?.duration_since(UNIX_EPOCH).ok());
        let Some(written) = written.and_then(|time| u64::try_from(time.as_nanos()).ok()) else {
            return Ok(Self::default());
        };
        let index = repository.index()?;
        let mut files = HashMap::with_capacity(index.len());
        for entry in index.iter() {
            let (modified, changed) = (nanoseconds(entry.mtime), nanoseconds(entry.ctime));
            // A file of the age of the index may have been written after it: "racily clean".
            if modified.max(changed) >= written {
                continue;
            }
            let Ok(path) = String::from_utf8(entry.path) else {
                continue;
            };
            let seen = Seen {
                id: id_of(entry.id),
                size: entry.file_size,
                file: entry.ino,
                modified,
                changed,
            };
            files.insert(path, seen);
        }
        Ok(Self(files))
    }
}

fn nanoseconds(time: IndexTime) -> u64 {
    let seconds = u64::try_from(time.seconds()).unwrap_or_default();
    seconds * 1_000_000_000 + u64::from(time.nanoseconds())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use super::*;

    /// A repository with one file, and an index that was written this long after 2020.
    fn index(written: u64) -> (tempfile::TempDir, Index) {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init(folder.path()).unwrap();
        fs::write(folder.path().join("a.yaml"), "a: 1\n").unwrap();
        let mut index = repository.index().unwrap();
        index.add_path(std::path::Path::new("a.yaml")).unwrap();
        index.write().unwrap();
        let file = File::options()
            .write(true)
            .open(index.path().unwrap())
            .unwrap();
        let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_577_836_800 + written);
        file.set_modified(written).unwrap();
        let index = Index::read(&Repository::open(folder.path()).unwrap()).unwrap();
        (folder, index)
    }

    #[test]
    fn what_git_has_seen_is_known() {
        let (_folder, index) = index(10_000_000_000);
        let seen = index.get("a.yaml").unwrap();
        assert_eq!(Some(seen.id), ObjectId::of_content(b"a: 1\n"));
        assert_eq!(seen.size, 5);
        assert_eq!(index.get("b.yaml"), None);
    }

    #[test]
    fn what_may_have_been_written_after_the_index_is_not_known() {
        let (_folder, index) = index(0);
        assert_eq!(index.get("a.yaml"), None);
    }
}

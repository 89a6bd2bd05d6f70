//! Files on disk.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::SystemTime;

use super::{FileTree, MAX_FILE_SIZE, ReadError, Stamp, TreeFile};

/// The files below a folder of the disk. Symbolic links are followed within the folder, and
/// refused where they lead out of it.
#[derive(Debug, Clone)]
pub struct DiskTree {
    root: PathBuf,
    /// The root with links resolved, to tell what lies within.
    real_root: PathBuf,
}

impl DiskTree {
    /// Returns the tree below a folder.
    ///
    /// # Errors
    ///
    /// Fails if the folder does not exist or cannot be entered.
    pub fn new(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        let real_root = fs::canonicalize(&root)?;
        Ok(Self { root, real_root })
    }

    /// Returns the folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path_of(&self, path: &Path) -> String {
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        let parts: Vec<String> = relative
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        parts.join("/")
    }

    /// Returns the link as a file of the list, with its problem if it must not be followed. A link
    /// to a folder below `start` is left out: folders are walked where they are, and once.
    fn link(&self, path: &Path, start: &Path) -> Option<TreeFile> {
        let within =
            |target: &Path| fs::canonicalize(start).is_ok_and(|start| target.starts_with(start));
        let problem = match fs::canonicalize(path) {
            Err(_) => Some(ReadError::NotAFile),
            Ok(target) if target.is_dir() && within(&target) => return None,
            Ok(target) if target.is_dir() => Some(ReadError::LinkedFolder),
            Ok(target) if !target.starts_with(&self.real_root) => Some(ReadError::LinkOutside),
            Ok(target) => (!target.is_file()).then_some(ReadError::NotAFile),
        };
        Some(TreeFile {
            path: self.path_of(path),
            problem,
        })
    }
}

/// Returns a path with links and `..` resolved.
///
/// # Errors
///
/// Fails if there is no such file or folder, or if it may not be looked up.
pub fn real_path(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

/// A walk below a folder: what it has found, and where it still has to look.
struct Walk<'t> {
    tree: &'t DiskTree,
    start: &'t Path,
    files: Vec<TreeFile>,
    /// Folders, by their paths in the tree and on the disk.
    open: Vec<(String, PathBuf)>,
}

impl Walk<'_> {
    fn folder(&mut self, path: &str, folder: &Path) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.unreadable(path.to_owned(), &error),
        };
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(path, &entry),
                Err(error) => self.unreadable(path.to_owned(), &error),
            }
        }
    }

    fn entry(&mut self, folder: &str, entry: &fs::DirEntry) {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') {
            return;
        }
        let path = joined(folder, &name);
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => self.open.push((path, entry.path())),
            Ok(kind) if kind.is_symlink() => {
                self.files.extend(self.tree.link(&entry.path(), self.start));
            }
            Ok(kind) => {
                let problem = (!kind.is_file()).then_some(ReadError::NotAFile);
                self.files.push(TreeFile { path, problem });
            }
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn unreadable(&mut self, path: String, error: &io::Error) {
        let problem = Some(ReadError::Io(error.to_string()));
        self.files.push(TreeFile { path, problem });
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        return name.to_owned();
    }
    let mut path = String::with_capacity(folder.len() + 1 + name.len());
    path.push_str(folder);
    path.push('/');
    path.push_str(name);
    path
}

impl FileTree for DiskTree {
    fn list(&self, folder: &str) -> Result<Vec<TreeFile>, ReadError> {
        let start = self.root.join(folder);
        if !start.is_dir() {
            return Ok(Vec::new());
        }
        if !fs::canonicalize(&start).is_ok_and(|real| real.starts_with(&self.real_root)) {
            return Err(ReadError::LinkOutside);
        }
        let path = self.path_of(&start);
        let mut walk = Walk {
            tree: self,
            start: &start,
            files: Vec::new(),
            open: vec![(path.trim_end_matches('/').to_owned(), start.clone())],
        };
        while let Some((path, folder)) = walk.open.pop() {
            walk.folder(&path, &folder);
        }
        let mut files = walk.files;
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let path = self.root.join(path);
        let io = |error: io::Error| ReadError::Io(error.to_string());
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(error)),
        };
        let size = file.metadata().map_err(io)?.len();
        if size > MAX_FILE_SIZE {
            return Err(ReadError::TooLarge(size));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        // What is added meanwhile is not looked for, which is a call of the system less for each of
        // thousands of files. Some file systems tell no sizes.
        let limit = if size == 0 { MAX_FILE_SIZE + 1 } else { size };
        file.take(limit).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > MAX_FILE_SIZE {
            return Err(ReadError::TooLarge(bytes.len() as u64));
        }
        Ok(Some(bytes))
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        stamp_of(&fs::metadata(self.root.join(path)).ok()?)
    }
}

#[cfg(unix)]
fn stamp_of(metadata: &fs::Metadata) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt as _;

    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let stamp = Stamp {
        size: metadata.size(),
        file: metadata.ino(),
        modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec())?,
        changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec())?,
    };
    stamp.settled(u64::try_from(now.ok()?.as_nanos()).ok()?)
}

#[cfg(unix)]
fn nanoseconds(seconds: i64, rest: i64) -> Option<u64> {
    let seconds = u64::try_from(seconds).ok()?;
    let rest = u64::try_from(rest).ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(rest)
}

/// Elsewhere no time tells every change of a file.
#[cfg(not(unix))]
fn stamp_of(_: &fs::Metadata) -> Option<Stamp> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_by_path_without_hidden_ones() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "flags/a/x",
            "flags/a-b",
            "flags/a.b/.x",
            "flags/.a/x",
            "flags/é/x",
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let tree = DiskTree::new(folder.path()).unwrap();
        let paths = |folder: &str| -> Vec<String> {
            let files = tree.list(folder).unwrap();
            assert!(files.iter().all(|file| file.problem.is_none()));
            files.into_iter().map(|file| file.path).collect()
        };
        let all = ["flags/a-b", "flags/a/x", "flags/é/x"];
        assert_eq!(paths("flags"), all);
        assert_eq!(paths("flags/"), all);
        assert_eq!(paths(""), all);
        assert_eq!(paths("flags/a"), ["flags/a/x"]);
        assert_eq!(paths("none"), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn what_was_just_written_has_no_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        let file = fs::File::create(&path).unwrap();
        let tree = DiskTree::new(folder.path()).unwrap();
        assert_eq!(tree.stamp("a.yaml"), None);
        // An old time of the content is not enough: it can be set.
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(tree.stamp("a.yaml"), None);
        assert_eq!(tree.stamp("none"), None);
    }
}

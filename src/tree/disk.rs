//! Files on disk.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{FileTree, MAX_FILE_SIZE, ReadError, TreeFile};

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
        // Most paths are as they should be: there are many, and this is all that is done to them.
        if let Some(text) = relative.to_str()
            && std::path::MAIN_SEPARATOR == '/'
            && !text.contains("//")
            && !text.contains("./")
        {
            return text.to_owned();
        }
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

fn is_hidden(entry: &walkdir::DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.')
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
        let mut files = Vec::new();
        for entry in WalkDir::new(&start)
            .into_iter()
            .filter_entry(|entry| !is_hidden(entry))
        {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error
                        .path()
                        .map_or_else(|| folder.to_owned(), |path| self.path_of(path));
                    let reason = error
                        .io_error()
                        .map_or_else(|| error.to_string(), ToString::to_string);
                    files.push(TreeFile {
                        path,
                        problem: Some(ReadError::Io(reason)),
                    });
                    continue;
                }
            };
            let kind = entry.file_type();
            if kind.is_dir() {
                continue;
            }
            if kind.is_symlink() {
                files.extend(self.link(entry.path(), &start));
                continue;
            }
            files.push(TreeFile {
                path: self.path_of(entry.path()),
                problem: (!kind.is_file()).then_some(ReadError::NotAFile),
            });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
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
        // The limit holds too for a file that grows while it is read.
        file.take(MAX_FILE_SIZE + 1)
            .read_to_end(&mut bytes)
            .map_err(io)?;
        if bytes.len() as u64 > MAX_FILE_SIZE {
            return Err(ReadError::TooLarge(bytes.len() as u64));
        }
        Ok(Some(bytes))
    }
}

//! Committed files, read without a checkout.
//!
//! libgit2 reads them; where it does not know the repository's format (SHA-256, reftables, partial
//! clones), the `git` program does, with the same answers.

mod index;
mod library;
mod program;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use git2::{ErrorCode, Repository};
use jiff::Timestamp;

use super::history::FileId;

use program::Program;

pub use index::{Index, Seen};

pub(super) use library::{Library, id_of, oid};

/// The next step where Git cannot read an object.
pub const LOST_HINT: &str =
    "`git fsck` tells what is damaged or missing; `git fetch` may bring it back";

/// The id of an object: SHA-1 or SHA-256.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    bytes: [u8; 32],
    length: u8,
}

/// A commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: ObjectId,
    /// Its committer's time.
    pub committed_at: Timestamp,
}

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path, from the root of the repository.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Its content.
    pub id: ObjectId,
}

/// What an entry of a commit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A file.
    File,
    /// A symbolic link; its content is the target.
    Link,
    /// A folder.
    Folder,
    /// Another repository.
    Submodule,
}

/// A revision that cannot be read. The command line ends with status 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionError {
    /// What is wrong.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
}

impl fmt::Display for RevisionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for RevisionError {}

/// The objects of a repository, bare or not. It may be read from several threads.
pub struct Objects {
    pub(super) backend: Backend,
    workdir: Option<PathBuf>,
    pub(super) common_dir: PathBuf,
}

pub(super) enum Backend {
    Library(Library),
    Program(Program),
}

impl Objects {
    /// Finds the repository that a folder belongs to. Returns `None` outside of Git.
    ///
    /// # Errors
    ///
    /// Fails if there is a repository that neither libgit2 nor `git` can read.
    pub fn find(folder: &Path) -> anyhow::Result<Option<Self>> {
        let cannot = || format!("cannot open the Git repository of `{}`", folder.display());
        let (backend, workdir, common_dir) = match Repository::discover(folder) {
            // What is missing in a partial clone only Git can fetch.
            Ok(repository) if !is_partial(&repository) => {
                let workdir = repository.workdir().map(Path::to_owned);
                let common_dir = repository.commondir().to_owned();
                let library = Library::new(repository);
                (Backend::Library(library), workdir, common_dir)
            }
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            // libgit2 knows fewer formats than Git does, which has the last word.
            Ok(_) | Err(_) => {
                let (program, workdir, common_dir) = Program::find(folder).with_context(cannot)?;
                (Backend::Program(program), workdir, common_dir)
            }
        };
        let workdir = workdir.map(std::fs::canonicalize).transpose();
        Ok(Some(Self {
            backend,
            workdir: workdir.with_context(cannot)?,
            common_dir,
        }))
    }

    /// Returns the root of the working tree, links resolved; `None` for a bare repository.
    #[must_use]
    pub fn workdir(&self) -> Option<&Path> {
        self.workdir.as_deref()
    }

    /// Returns the commit that a revision names, in any of Git's notations.
    ///
    /// # Errors
    ///
    /// Fails with a [`RevisionError`] if there is none, or if it is not here: in a clone that is
    /// shallow, or on a branch without commits.
    pub fn commit(&self, revision: &str) -> anyhow::Result<Commit> {
        let found = match &self.backend {
            Backend::Library(library) => match library.commit(revision)? {
                Some(commit) => Some(commit),
                // Some notations only Git itself knows; without the program they are not known.
                None => Program::at(self.folder()).commit(revision).ok().flatten(),
            },
            Backend::Program(program) => program.commit(revision)?,
        };
        found.ok_or_else(|| self.unknown(revision).into())
    }

    /// Returns the best common ancestor of two commits; `None` where there is none, or more than one.
    ///
    /// # Errors
    ///
    /// Fails if the history cannot be read.
    pub fn merge_base(&self, one: ObjectId, other: ObjectId) -> anyhow::Result<Option<ObjectId>> {
        let base = match &self.backend {
            Backend::Library(library) => library.merge_base(one, other),
            Backend::Program(program) => program.merge_base(one, other),
        };
        // It may not be here.
        base.or_else(|error| {
            if self.is_shallow() {
                Ok(None)
            } else {
                Err(error)
            }
        })
    }

    /// Returns a file or folder of a commit.
    ///
    /// # Errors
    ///
    /// Fails if the commit or one of its folders cannot be read.
    pub fn entry(&self, commit: ObjectId, path: &str) -> anyhow::Result<Option<Entry>> {
        let cannot = || format!("cannot look up `{path}` in the commit {}", commit.short());
        let entry = match &self.backend {
            Backend::Library(library) => library.entry(commit, path),
            Backend::Program(program) => program.entry(commit, path),
        };
        entry.with_context(cannot).map_err(broken)
    }

    /// Lists the files of a commit below a folder (empty for all), at any depth, sorted by path.
    ///
    /// # Errors
    ///
    /// Fails if the commit or one of its folders cannot be read.
    pub fn files(&self, commit: ObjectId, folder: &str) -> anyhow::Result<Vec<Entry>> {
        let cannot = || format!("cannot list the files of the commit {}", commit.short());
        let files = match &self.backend {
            Backend::Library(library) => library.files(commit, folder),
            Backend::Program(program) => program.files(commit, folder),
        };
        let mut files = files.with_context(cannot).map_err(broken)?;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(files)
    }

    /// Reads the content of a file.
    ///
    /// # Errors
    ///
    /// Fails if it is not here (a partial clone that cannot fetch it), or damaged.
    pub fn blob(&self, id: ObjectId) -> anyhow::Result<Vec<u8>> {
        let blob = match &self.backend {
            Backend::Library(library) => library.blob(id),
            Backend::Program(program) => program.blob(id),
        };
        blob.with_context(|| format!("cannot read the object {id}"))
            .map_err(broken)
    }

    /// Returns the size of a file's content in bytes.
    ///
    /// # Errors
    ///
    /// As [`Objects::blob`].
    pub fn size(&self, id: ObjectId) -> anyhow::Result<u64> {
        let size = match &self.backend {
            Backend::Library(library) => library.size(id),
            Backend::Program(program) => program.blob(id).map(|bytes| bytes.len() as u64),
        };
        size.with_context(|| format!("cannot read the object {id}"))
            .map_err(broken)
    }

    /// Returns what Git's index knows of the working tree: nothing, where it cannot be read here.
    #[must_use]
    pub fn index(&self) -> Index {
        match &self.backend {
            Backend::Library(library) => library.index().unwrap_or_default(),
            Backend::Program(_) => Index::default(),
        }
    }

    /// Returns the folder in which `git` is run for this repository.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.workdir.as_deref().unwrap_or(&self.common_dir)
    }

    /// Returns whether the history ends before the first commit.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.common_dir.join("shallow").is_file()
    }

    fn unknown(&self, revision: &str) -> RevisionError {
        let has_commits = match &self.backend {
            Backend::Library(library) => library.commit("HEAD").ok().flatten().is_some(),
            Backend::Program(program) => program.commit("HEAD").ok().flatten().is_some(),
        };
        let hint = if self.is_shallow() {
            "this clone is shallow: `git fetch --unshallow` gets the whole history, `git fetch --deepen=N` more of it"
        } else if has_commits {
            "`git log --oneline` shows commits, `git tag` and `git branch --all` names; `git fetch` gets what is new"
        } else {
            "the branch that is checked out has no commit yet"
        };
        RevisionError {
            message: format!("there is no revision `{revision}` here"),
            hint: Some(hint.to_owned()),
        }
    }
}

fn is_partial(repository: &Repository) -> bool {
    let promisors = |config: git2::Config| -> Result<bool, git2::Error> {
        Ok(config
            .entries(Some("^remote\\..*\\.promisor$"))?
            .next()
            .is_some())
    };
    repository.config().and_then(promisors).unwrap_or_default()
}

/// Tells of an object that cannot be read, with the next step.
#[expect(clippy::needless_pass_by_value, reason = "maps errors")]
pub(super) fn broken(error: anyhow::Error) -> anyhow::Error {
    RevisionError {
        message: format!("{error:#}"),
        hint: Some(LOST_HINT.to_owned()),
    }
    .into()
}

impl ObjectId {
    /// Reads an id in hexadecimal.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !matches!(text.len(), 40 | 64) {
            return None;
        }
        let digit = |byte: &u8| char::from(*byte).to_digit(16)?.try_into().ok();
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low]: [Option<u8>; 2] = [digit(&digits[0]), digit(&digits[1])];
            *byte = (high? << 4) | low?;
        }
        Some(Self {
            bytes,
            length: u8::try_from(text.len() / 2).ok()?,
        })
    }

    /// Returns the id that a file of this content has in a repository of SHA-1 ids.
    #[must_use]
    pub fn of_content(content: &[u8]) -> Option<Self> {
        let id = git2::Oid::hash_object(git2::ObjectType::Blob, content).ok()?;
        Some(Self::of_bytes(id.as_bytes()))
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        let mut own = [0; 32];
        let length = bytes.len().min(own.len());
        own[..length].copy_from_slice(&bytes[..length]);
        Self {
            bytes: own,
            length: u8::try_from(length).unwrap_or_default(),
        }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Returns whether it stands for no object.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.bytes == [0; 32]
    }

    /// Returns its first twelve digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |number: u8| char::from_digit(u32::from(number), 16).unwrap_or_default();
        let bytes = self.as_bytes().iter();
        let text: String = bytes
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
            .collect();
        formatter.write_str(&text)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Entry {
    /// Returns its content.
    #[must_use]
    pub fn file_id(&self) -> FileId {
        FileId {
            id: self.id,
            kind: self.kind,
        }
    }
}

impl EntryKind {
    pub(super) fn of_mode(mode: u32) -> Self {
        match mode {
            0o120_000 => Self::Link,
            0o160_000 => Self::Submodule,
            0o040_000 => Self::Folder,
            _ => Self::File,
        }
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Objects")
            .field("folder", &self.folder())
            .finish_non_exhaustive()
    }
}

//! Objects by libgit2.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Context as _;
use git2::{ErrorCode, ObjectType, Oid, Repository, TreeWalkMode, TreeWalkResult};
use jiff::Timestamp;

use super::{Commit, Entry, EntryKind, Index, ObjectId, broken};

/// Handles of one repository: each is used by one thread at a time.
pub(in crate::git) struct Library {
    git_dir: PathBuf,
    idle: Mutex<Vec<Repository>>,
}

impl Library {
    pub(super) fn new(repository: Repository) -> Self {
        Self {
            git_dir: repository.path().to_owned(),
            idle: Mutex::new(vec![repository]),
        }
    }

    /// Returns Git's own folder.
    pub(in crate::git) fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    fn with<R>(&self, work: impl FnOnce(&Repository) -> anyhow::Result<R>) -> anyhow::Result<R> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let repository = match idle {
            Some(repository) => repository,
            None => Repository::open(&self.git_dir)?,
        };
        let result = work(&repository);
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(repository);
        }
        result
    }

    pub(super) fn merge_base(
        &self,
        one: ObjectId,
        other: ObjectId,
    ) -> anyhow::Result<Option<ObjectId>> {
        self.with(
            |repository| match repository.merge_bases(oid(one)?, oid(other)?) {
                Ok(bases) => match bases[..] {
                    [base] => Ok(Some(id_of(base))),
                    _ => Ok(None),
                },
                Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
                Err(error) => Err(broken(error.into())),
            },
        )
    }

    /// Returns `None` where the revision names no commit.
    pub(super) fn commit(&self, revision: &str) -> anyhow::Result<Option<Commit>> {
        self.with(|repository| {
            let Ok(object) = repository.revparse_single(revision) else {
                return Ok(None);
            };
            let id = object.id();
            let commit = match object.peel_to_commit() {
                Ok(commit) => commit,
                Err(_) if matches!(object.kind(), Some(ObjectType::Tree | ObjectType::Blob)) => {
                    return Ok(None);
                }
                Err(error) if matches!(error.code(), ErrorCode::Peel | ErrorCode::InvalidSpec) => {
                    return Ok(None);
                }
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot read the object {id}"));
                }
            };
            let seconds = commit.time().seconds();
            let committed_at =
                Timestamp::from_second(seconds).context("the commit's time is out of range")?;
            Ok(Some(Commit {
                id: id_of(commit.id()),
                committed_at,
            }))
        })
    }

    pub(super) fn entry(&self, commit: ObjectId, path: &str) -> anyhow::Result<Option<Entry>> {
        self.with(|repository| {
            let tree = repository.find_commit(oid(commit)?)?.tree()?;
            match tree.get_path(Path::new(path)) {
                Ok(entry) => Ok(Some(entry_of(path.to_owned(), &entry))),
                Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }

    pub(super) fn files(&self, commit: ObjectId, folder: &str) -> anyhow::Result<Vec<Entry>> {
        self.with(|repository| {
            let mut tree = repository.find_commit(oid(commit)?)?.tree()?;
            if !folder.is_empty() {
                let entry = match tree.get_path(Path::new(folder)) {
                    Ok(entry) => entry,
                    Err(error) if error.code() == ErrorCode::NotFound => return Ok(Vec::new()),
                    Err(error) => return Err(error.into()),
                };
                if entry.kind() != Some(ObjectType::Tree) {
                    return Ok(Vec::new());
                }
                tree = repository.find_tree(entry.id())?;
            }
            let mut files = Vec::new();
            let prefix = if folder.is_empty() {
                String::new()
            } else {
                format!("{folder}/")
            };
            tree.walk(TreeWalkMode::PreOrder, |root, entry| {
                // Names that are not UTF-8 are nothing that a flag could be called by.
                if entry.kind() != Some(ObjectType::Tree)
                    && let Ok(name) = entry.name()
                {
                    files.push(entry_of(format!("{prefix}{root}{name}"), entry));
                }
                TreeWalkResult::Ok
            })?;
            Ok(files)
        })
    }

    pub(super) fn blob(&self, id: ObjectId) -> anyhow::Result<Vec<u8>> {
        self.with(|repository| Ok(repository.find_blob(oid(id)?)?.content().to_owned()))
    }

    pub(super) fn index(&self) -> anyhow::Result<Index> {
        self.with(Index::read)
    }

    pub(super) fn size(&self, id: ObjectId) -> anyhow::Result<u64> {
        self.with(|repository| {
            let (size, _) = repository.odb()?.read_header(oid(id)?)?;
            Ok(size as u64)
        })
    }
}

fn entry_of(path: String, entry: &git2::TreeEntry<'_>) -> Entry {
    Entry {
        path,
        kind: EntryKind::of_mode(u32::try_from(entry.filemode()).unwrap_or_default()),
        id: id_of(entry.id()),
    }
}

pub(in crate::git) fn id_of(id: Oid) -> ObjectId {
    ObjectId::of_bytes(id.as_bytes())
}

pub(in crate::git) fn oid(id: ObjectId) -> anyhow::Result<Oid> {
    Ok(Oid::from_bytes(id.as_bytes())?)
}

//! The walk by libgit2: every commit is looked at.

use std::path::PathBuf;

use anyhow::Context as _;
use git2::{Commit, Delta, DiffOptions, Oid, Repository, Sort, Tree};

use super::{Difference, FileId, PastCommit, Person, Watched};
use crate::git::objects::{EntryKind, Library, ObjectId, broken, id_of, oid};

/// The commits that are still to be told.
pub(super) struct Walk {
    repository: Repository,
    commits: std::vec::IntoIter<Oid>,
    watched: Vec<Watched>,
    since: Option<i64>,
}

impl Walk {
    pub(super) fn start(
        library: &Library,
        start: ObjectId,
        watched: &[Watched],
        since: Option<i64>,
    ) -> anyhow::Result<Self> {
        let git_dir: PathBuf = library.git_dir().to_owned();
        let repository = Repository::open(git_dir)?;
        let mut walk = repository.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
        walk.push(oid(start)?)?;
        let commits: Result<Vec<Oid>, _> = walk.collect();
        let commits = commits
            .context("the history cannot be read")
            .map_err(broken)?;
        Ok(Self {
            repository,
            commits: commits.into_iter(),
            watched: watched.to_vec(),
            since,
        })
    }

    pub(super) fn read(&mut self) -> anyhow::Result<Option<PastCommit>> {
        let Some(id) = self.commits.next() else {
            return Ok(None);
        };
        let commit = self.repository.find_commit(id)?;
        if self
            .since
            .is_some_and(|since| commit.time().seconds() < since)
        {
            return Ok(None);
        }
        let told = self.told(&commit);
        told.with_context(|| format!("cannot read the commit {id}"))
            .map_err(broken)
            .map(Some)
    }

    fn told(&self, commit: &Commit<'_>) -> anyhow::Result<PastCommit> {
        let parents: Vec<ObjectId> = commit.parent_ids().map(id_of).collect();
        let tree = commit.tree()?;
        let mut differences = Vec::new();
        for parent in commit.parents() {
            differences.push(self.differences(Some(&parent.tree()?), &tree)?);
        }
        if parents.is_empty() {
            differences.push(self.differences(None, &tree)?);
        }
        Ok(PastCommit {
            id: id_of(commit.id()),
            next: parents.clone(),
            parents,
            author: person(&commit.author()),
            committer: person(&commit.committer()),
            message: String::from_utf8_lossy(commit.message_bytes())
                .trim_end()
                .to_owned(),
            differences,
            is_cut_off: false,
        })
    }

    fn differences(
        &self,
        before: Option<&Tree<'_>>,
        after: &Tree<'_>,
    ) -> anyhow::Result<Vec<Difference>> {
        let mut options = DiffOptions::new();
        options
            .disable_pathspec_match(true)
            .include_typechange(true);
        let folders = self.watched.iter().map(|watched| match watched {
            Watched::Path(path) => path,
            Watched::Named { folder, .. } => folder,
        });
        for folder in folders.filter(|folder| !folder.is_empty()) {
            options.pathspec(folder);
        }
        let diff = self
            .repository
            .diff_tree_to_tree(before, Some(after), Some(&mut options))?;
        let deltas = diff.deltas().filter_map(|delta| {
            let file = delta
                .new_file()
                .path()
                .or_else(|| delta.old_file().path())?;
            let path = file.to_str()?.to_owned();
            let was = delta.status() != Delta::Added;
            let is = delta.status() != Delta::Deleted;
            Some(Difference {
                path,
                before: was.then(|| file_id(&delta.old_file())),
                after: is.then(|| file_id(&delta.new_file())),
            })
        });
        let is_watched = |one: &Difference| self.watched.iter().any(|own| own.holds(&one.path));
        Ok(deltas.filter(is_watched).collect())
    }
}

fn file_id(file: &git2::DiffFile<'_>) -> FileId {
    FileId {
        id: id_of(file.id()),
        kind: EntryKind::of_mode(u32::from(file.mode())),
    }
}

fn person(signature: &git2::Signature<'_>) -> Person {
    Person {
        name: String::from_utf8_lossy(signature.name_bytes()).into_owned(),
        email: String::from_utf8_lossy(signature.email_bytes()).into_owned(),
        time: signature.when().seconds(),
    }
}

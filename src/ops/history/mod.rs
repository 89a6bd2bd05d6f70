//! The history of a project's flags: commit by commit, what was before and what is.
//!
//! A [`Trail`] walks from the newest commit on. What the scope of a commit is follows from that of
//! its child and what the child changed, so that no folder is looked up on the way. Where the
//! project, its flags folder or a followed flag's file lay elsewhere, a new leg of the walk begins.

mod compare;
mod dropped;
mod kept;
mod leg;
mod merged;
pub(super) mod message;
mod rename;
pub(super) mod sites;
mod sound;
mod trail;

use crate::git::{FileId, ObjectId, PastCommit};
use crate::model::FlagKey;
use crate::workspace::{Fault, Layout, ScopeFiles};

pub(super) use compare::{Compared, Told, compare};
pub(super) use kept::Kept;
pub(super) use leg::places;
pub(super) use sound::{scope_at, sound_version};
pub(super) use trail::Trail;

use super::write::Note;

/// A flag's file at a commit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) key: FlagKey,
    /// Relative to ffctl.toml.
    pub(super) path: String,
    pub(super) file: FileId,
}

/// A flag's file before and after; with two keys it was renamed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pair {
    pub(super) before: Option<Place>,
    pub(super) after: Option<Place>,
}

/// A commit beside one of its parents.
#[derive(Debug, Clone)]
pub(super) struct Side {
    /// The parent; `None` beside nothing.
    pub(super) parent: Option<ObjectId>,
    /// Where the project was.
    pub(super) layout: Layout,
    /// The scope; `None` where there was no project.
    pub(super) scope: Option<ScopeFiles>,
    /// The newest commit of those, without a gap, that have the same scope.
    pub(super) until: ObjectId,
    /// The flags whose files differ.
    pub(super) pairs: Vec<Pair>,
    /// The commit of the trail that what was so before is asked of.
    pub(super) onward: Option<ObjectId>,
    /// The files of the scope that differ, relative to ffctl.toml.
    pub(super) scope_paths: Vec<String>,
}

/// A commit of the trail.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) commit: PastCommit,
    /// Where its leg of the trail was begun, if it is the first there: nothing has changed since.
    pub(super) begins: Option<ObjectId>,
    pub(super) layout: Layout,
    pub(super) scope: ScopeFiles,
    /// The newest commit of those, without a gap, that have the same scope.
    pub(super) until: ObjectId,
    /// One for each parent; one beside nothing where there is none.
    pub(super) sides: Vec<Side>,
    /// The flags that are followed; `None` for all.
    pub(super) wanted: Option<Vec<FlagKey>>,
}

/// Which flags are followed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    /// All.
    All,
    /// These, each by the path of its file in the repository; without one, wherever a file of that
    /// name lies.
    Flags(Vec<(FlagKey, Option<String>)>),
}

impl Pair {
    pub(super) fn is_of(&self, key: &FlagKey) -> bool {
        let mut places = self.after.iter().chain(&self.before);
        places.any(|place| place.key == *key)
    }

    /// Returns whether the content differs.
    fn is_edited(&self) -> bool {
        let file = |place: &Option<Place>| place.as_ref().map(|place| place.file);
        file(&self.before) != file(&self.after)
    }

    fn is_renamed(&self) -> bool {
        let places = self.before.as_ref().zip(self.after.as_ref());
        places.is_some_and(|(before, after)| before.key != after.key)
    }

    /// The key that the flag has, or else had.
    pub(super) fn key(&self) -> Option<&FlagKey> {
        let mut places = self.after.iter().chain(&self.before);
        places.next().map(|place| &place.key)
    }
}

impl Wanted {
    /// Returns whether a flag is followed.
    pub(super) fn has(&self, key: &FlagKey) -> bool {
        match self {
            Self::All => true,
            Self::Flags(list) => list.iter().any(|(own, _)| own == key),
        }
    }

    fn keys(&self) -> Option<Vec<FlagKey>> {
        match self {
            Self::All => None,
            Self::Flags(list) => Some(list.iter().map(|(key, _)| key.clone()).collect()),
        }
    }
}

/// A file that a commit left so that it cannot be understood.
pub(super) type Broken = Fault;

/// Tells that the history ends where a shallow clone does.
pub(super) fn shallow(commit: ObjectId) -> Note {
    let message = format!(
        "this clone is shallow: what {} changed, and all before it, cannot be told",
        commit.short()
    );
    let hint = "`git fetch --unshallow` gets the whole history, `git fetch --deepen=N` more of it";
    Note {
        message,
        hint: Some(hint.to_owned()),
    }
}

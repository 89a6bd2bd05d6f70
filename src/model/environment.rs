//! Environments and what protects them.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};

use crate::text::{SourceId, Span};

use super::{Metadata, Name};

/// Names an environment of [`Environments`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnvironmentId(u16);

/// The environments, in the order of their file.
#[derive(Debug, Clone, Default)]
pub struct Environments {
    list: Vec<Environment>,
}

/// An environment.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Its name.
    pub name: Name,
    /// Where its name stands.
    pub span: Span,
    /// The file.
    pub source: SourceId,
    /// The environment that it follows.
    pub parent: Option<EnvironmentId>,
    /// Whether flags resolved in the parent are the base of its entries.
    pub auto_sync: bool,
    /// What it is for.
    pub description: Option<String>,
    /// Whether changes of what it serves need approval.
    pub approval_required: bool,
    /// Who may approve; empty for anybody but an author.
    pub approvers: Vec<String>,
    /// How many approvals a change needs.
    pub required_approvals: u32,
    /// When changes may be made; empty for any time.
    pub change_windows: Vec<ChangeWindow>,
    /// When no change may be made.
    pub freezes: Vec<Freeze>,
    /// Whether every change but an emergency needs a reason and a confirmation.
    pub rollback_protection: bool,
    /// Free data that is exported.
    pub metadata: Metadata,
}

/// A weekly period in which changes may be made. It begins on one of `days` at `start` (inclusive)
/// and ends at `end` (exclusive), on the next day where `end` is not after `start`.
#[derive(Debug, Clone)]
pub struct ChangeWindow {
    /// The days on which it begins.
    pub days: Vec<Weekday>,
    /// The time of day at which it begins.
    pub start: Time,
    /// The time of day at which it ends; `None` is midnight at the end of the day.
    pub end: Option<Time>,
    /// The IANA name of the time zone that the times are in.
    pub timezone: String,
}

/// A period in which no change may be made: `from` inclusive, `to` exclusive.
#[derive(Debug, Clone)]
pub struct Freeze {
    /// The first moment.
    pub from: Timestamp,
    /// The moment behind the last.
    pub to: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

impl Environment {
    /// Returns whether changes of what it serves are held to more than a commit.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.approval_required || self.rollback_protection
    }
}

impl Environments {
    /// Adds an environment and returns its id.
    pub fn add(&mut self, environment: Environment) -> EnvironmentId {
        let id = Self::id_at(self.list.len());
        self.list.push(environment);
        id
    }

    fn id_at(index: usize) -> EnvironmentId {
        EnvironmentId(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// Returns the environment of that id.
    ///
    /// # Panics
    ///
    /// Panics if the id is of another catalog.
    #[must_use]
    pub fn get(&self, id: EnvironmentId) -> &Environment {
        self.list
            .get(usize::from(id.0))
            .expect("an environment id is used with the catalog that gave it")
    }

    /// Returns the environment of that id, for writing.
    pub fn get_mut(&mut self, id: EnvironmentId) -> Option<&mut Environment> {
        self.list.get_mut(usize::from(id.0))
    }

    /// Returns the environment of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<EnvironmentId> {
        self.list
            .iter()
            .position(|environment| environment.name.as_str() == name)
            .map(Self::id_at)
    }

    /// Returns the environments with their ids, in the order of the file.
    #[must_use]
    pub fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (EnvironmentId, &Environment)> + ExactSizeIterator {
        self.list
            .iter()
            .enumerate()
            .map(|(index, environment)| (Self::id_at(index), environment))
    }

    /// Returns the names, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list
            .iter()
            .map(|environment| environment.name.as_str())
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the environment and those whose kill switches reach it: its parents, as far as
    /// `auto_sync` leads. A loop, which is an error elsewhere, is walked once.
    pub fn sync_line(&self, id: EnvironmentId) -> impl Iterator<Item = EnvironmentId> + '_ {
        std::iter::successors(Some(id), |id| self.sync_parent(*id)).take(self.len().max(1))
    }

    /// Returns the environment whose resolved flags are the base of this one's entries.
    #[must_use]
    pub fn sync_parent(&self, id: EnvironmentId) -> Option<EnvironmentId> {
        let environment = self.get(id);
        environment.parent.filter(|_| environment.auto_sync)
    }
}

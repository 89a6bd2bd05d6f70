//! What changes for a flag in each environment: the common part of plans, differences and history.

use crate::diff::{self, Change, Renamed, ServedChange, Side};
use crate::model::{Catalog, Environment, EnvironmentId, Flag, FlagKey};

/// A flag in an environment that a change reaches.
#[derive(Debug, Clone)]
pub struct Effect {
    /// The flag.
    pub flag: String,
    /// The environment.
    pub environment: String,
    /// Whether changes of the environment are held to more than a commit.
    pub is_protected: bool,
    /// Whether the environment was named; the others inherit, or the flag itself was changed.
    pub is_named: bool,
    /// What was served and what is, in words, where that changes now.
    pub served: Option<ServedChange>,
    /// For a rollback: what was served then, is now, and will be.
    pub stages: Option<Stages>,
    /// The changes, one of each kind.
    pub changes: Vec<Change>,
    /// The files that bring it.
    pub files: Vec<String>,
}

/// What is served, in words; `None` where there is no such flag or environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stages {
    /// At the time to which is rolled back.
    pub then: Option<String>,
    /// Before the change.
    pub now: Option<String>,
    /// After it.
    pub after: Option<String>,
}

/// Two catalogs, to be compared at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison<'c> {
    pub(super) before: &'c Catalog,
    pub(super) after: &'c Catalog,
    /// In Unix seconds.
    pub(super) now: i64,
}

impl<'c> Comparison<'c> {
    /// Returns what changes for a flag in each environment, protected environments first.
    pub(super) fn effects(
        self,
        key: &str,
        before: Option<&'c Flag>,
        after: Option<&'c Flag>,
        files: &[String],
    ) -> Vec<Effect> {
        self.each(key, files, |name| {
            let was = Side::of(self.before, before, name);
            let is = Side::of(self.after, after, name);
            let served = diff::served_change(was, is, self.now);
            (diff::changes(was, is, self.now), served)
        })
    }

    /// Returns what a rename does under one of the flag's keys.
    pub(super) fn effects_of_rename(
        self,
        before: &'c Flag,
        after: &'c Flag,
        key: &FlagKey,
        files: &[String],
    ) -> Vec<Effect> {
        self.each(key.as_str(), files, |name| {
            let was = Side::of(self.before, Some(before), name);
            let is = Side::of(self.after, Some(after), name);
            let (old, new) = (&before.key, &after.key);
            let Renamed { gone, here } = diff::renamed((old, was), (new, is), self.now);
            (if key == old { gone } else { here }, None)
        })
    }

    fn each(
        self,
        key: &str,
        files: &[String],
        of: impl Fn(&str) -> (Vec<Change>, Option<ServedChange>),
    ) -> Vec<Effect> {
        let of_environment = |environment: &Environment| {
            let name = environment.name.as_str();
            let (changes, served) = of(name);
            (!changes.is_empty()).then(|| Effect {
                flag: key.to_owned(),
                environment: name.to_owned(),
                is_protected: self.protects(name),
                is_named: false,
                served,
                stages: None,
                changes,
                files: files.to_vec(),
            })
        };
        let mut effects: Vec<Effect> = self.environments().filter_map(of_environment).collect();
        effects.sort_by_key(|effect| !effect.is_protected);
        effects
    }

    /// Returns whether an environment is protected on either side.
    fn protects(self, name: &str) -> bool {
        [self.after, self.before].into_iter().any(|catalog| {
            let id = catalog.environments.find(name);
            id.is_some_and(|id| catalog.environments.get(id).is_protected())
        })
    }

    /// Returns the environments of after, then those that are gone.
    pub(super) fn environments(self) -> impl Iterator<Item = &'c Environment> {
        let of = |catalog: &'c Catalog| {
            let list: Vec<(EnvironmentId, &Environment)> = catalog.environments.iter().collect();
            list.into_iter().map(|(_, environment)| environment)
        };
        let is_gone = move |environment: &&Environment| {
            let name = environment.name.as_str();
            self.after.environments.find(name).is_none()
        };
        of(self.after).chain(of(self.before).filter(is_gone))
    }
}

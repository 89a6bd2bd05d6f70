//! What a command means, as a change of a flag's file.
//!
//! Input: a sound flag with its [`Catalog`], its file as a [`Tree`], a time, and what is wanted.
//! Output: the tree that the file should say ([`crate::yaml::rewrite`] finds the bytes), with notes
//! on what else that took; or a [`Refusal`]. Everything is done on trees, so that what is not
//! named keeps its writing; the model and [`crate::resolve`] tell what it means. Knows no files, and
//! checks nothing that loading the result would find.

mod archive;
mod create;
mod depends;
mod disable;
mod enable;
mod entry;
mod hold;
mod kill;
mod promote;
mod rename;
mod rest;
mod restore;
mod rollback;
mod rule;
mod served;
mod serving;
mod set;
mod undo;

use crate::document::Tree;
use crate::format::FLAG_KEYS;
use crate::literal;
use crate::model::{Catalog, EnvironmentId, Flag};
use crate::resolve;

pub use archive::archive;
pub use create::{Create, create, not_reserved};
pub use depends::{Met, met, reach};
pub use disable::{Disable, disable};
pub use enable::{Enable, enable};
pub use kill::{Kill, Unread, kill, kill_unread};
pub use promote::{Promote, Promoted, drift, promote};
pub use rename::{Renamed, rename};
pub use restore::{Restore, Return, restore};
pub use rollback::{Age, Back, Found, NewKeys, RolledBack, prune, roll_back, settled, stands};
pub use rule::{RuleParts, add_rule, move_rule, remove_rule, set_rule};
pub use served::serves_only_off;
pub use serving::{Share, What};
pub use set::{Assignment, set};
pub use undo::{
    Conflict, Newer, Undo, Undone, hold_elsewhere, idle_at_rest, says_the_same, undo,
    undo_definitions,
};

/// The keys of a flag's file that are part of its record, but for `environments`, `kill_switch` and
/// the kind.
const RECORD_KEYS: [&str; 13] = [
    "type",
    "default_value",
    "off_value",
    "variants",
    "default_variant",
    "off_variant",
    "salt",
    "bucket_by",
    "depends_on",
    "targeting_rules",
    "killable",
    "client_side",
    "archived",
];

/// A flag to change.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'c> {
    /// What the files say.
    pub catalog: &'c Catalog,
    /// The flag.
    pub flag: &'c Flag,
    /// Its file.
    pub root: &'c Tree,
    /// The time of the change, in Unix seconds.
    pub now: i64,
}

/// What the flag's file should say.
#[derive(Debug, Clone)]
pub struct Patched {
    /// The whole file.
    pub root: Tree,
    /// What else was done, and why: sentences for people.
    pub notes: Vec<String>,
}

/// Why a change is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whether something must be said that was not; else the catalog says no.
    pub is_usage: bool,
    /// What is wrong.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
}

/// What becomes of schedule steps that are still ahead and set what the change sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pending {
    /// Nobody has said; the change is refused.
    #[default]
    Ask,
    /// They stay.
    Keep,
    /// They go.
    Drop,
}

impl Refusal {
    /// Returns a refusal because of what the catalog says.
    pub fn no(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            is_usage: false,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// Returns a refusal because something must be said first.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            is_usage: true,
            ..Self::no(message, hint)
        }
    }
}

impl<'c> Subject<'c> {
    fn environment_name(&self, environment: EnvironmentId) -> &'c str {
        self.catalog.environments.get(environment).name.as_str()
    }

    /// Returns the time up to which steps and ramps count as gone by: now, or under a kill switch
    /// the moment at which it was thrown, for that is what `restore` brings back.
    fn settled(&self, environment: EnvironmentId) -> i64 {
        let kills = resolve::kills(self.catalog, self.flag, environment);
        let thrown = kills.map(|kill| literal::whole_second(kill.switch.at));
        thrown.fold(self.now, i64::min)
    }

    /// Returns the file with one of its keys set.
    fn with_key(&self, key: &str, tree: Tree) -> Tree {
        let mut root = self.root.clone();
        root.set(key, tree, &FLAG_KEYS);
        root
    }

    /// Refuses flags that are archived.
    fn not_archived(&self) -> Result<(), Refusal> {
        match &self.flag.archived {
            None => Ok(()),
            Some(archived) => Err(Refusal::no(
                format!("`{}` is archived: {}", self.flag.key, archived.reason),
                "remove `archived:` from its file if it is needed again",
            )),
        }
    }
}

//! A flag with another key: it is gone under the one, and there under the other.

use crate::model::FlagKey;

use super::{Change, ChangeKind, Side, changes};

/// What a rename does under each of the keys.
#[derive(Debug, Clone)]
pub struct Renamed {
    /// Under the old one: it is gone for those who ask for it.
    pub gone: Vec<Change>,
    /// Under the new one: it is there, with what has changed besides.
    pub here: Vec<Change>,
}

/// Returns what a rename does to a flag in an environment, each side naming the other key.
#[must_use]
pub fn renamed(
    (old, was): (&FlagKey, Option<Side<'_>>),
    (new, is): (&FlagKey, Option<Side<'_>>),
    now: i64,
) -> Renamed {
    let gone = changes(was, None, now).into_iter().map(|change| {
        let was = change.effect.trim_start_matches("removed; ");
        let effect = format!("renamed to `{new}`; {was}");
        Change { effect, ..change }
    });
    let here = changes(None, is, now).into_iter().map(|change| {
        let served = change.effect.trim_start_matches("new: ");
        let effect = format!("renamed from `{old}`: {served}");
        Change { effect, ..change }
    });
    let is_told = |kind| matches!(kind, ChangeKind::Created | ChangeKind::Removed);
    let besides = changes(was, is, now).into_iter();
    let besides = besides.filter(|change| !is_told(change.kind));
    Renamed {
        gone: gone.collect(),
        here: here.chain(besides).collect(),
    }
}

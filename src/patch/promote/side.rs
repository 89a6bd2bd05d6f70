//! An environment as it stands at a promotion: as it is meant, and as it is written.

use crate::document::Tree;
use crate::model::{EnvironmentId, Rule};
use crate::resolve::{self, Moment, Resolved};

use crate::patch::Subject;
use crate::patch::entry::{Draft, holds_slot, inherited, serving_of};
use crate::patch::serving::{Keys, inherited_serving, rules_of};

/// One of the two environments.
pub(super) struct Side<'s> {
    pub(super) subject: &'s Subject<'s>,
    pub(super) id: EnvironmentId,
    pub(super) name: &'s str,
    /// The time at which it is looked at: what a kill switch holds back stays back.
    pub(super) settled: i64,
    /// What it makes of the flag.
    pub(super) resolved: Resolved<'s>,
    /// Its entry, a scalar as the map that it is short for, elapsed steps folded in.
    pub(super) map: Tree,
    /// The rules that hold there, as they are written where they stand.
    pub(super) rules: Vec<Written<'s>>,
    /// The serving that holds there.
    pub(super) keys: Keys,
}

/// A rule, as it is written and as it is meant.
#[derive(Clone)]
pub(super) struct Written<'s> {
    pub(super) tree: Tree,
    pub(super) rule: &'s Rule,
}

impl<'s> Side<'s> {
    pub(super) fn new(subject: &'s Subject<'s>, id: EnvironmentId) -> Self {
        let now = subject.settled(id);
        let resolved = resolve::resolve(subject.catalog, subject.flag, id, Moment::At(now));
        let mut draft = Draft::new(subject, id);
        draft.fold(now);
        let map = draft.map;
        // Of a flag that is not mentioned no rule is looked at.
        let rules = if resolved.exposed {
            rules_of(subject, id, &map, now)
        } else {
            Vec::new()
        };
        let rules = rules.into_iter().filter_map(|tree| {
            let name = tree.get("name").and_then(Tree::as_str)?;
            let mut meant = resolved.rules.value.iter();
            let rule = meant.find(|rule| rule.name.as_str() == name)?;
            Some(Written { tree, rule })
        });
        let rules = rules.collect();
        let keys = serving_of(&map).or_else(|| inherited_serving(subject, id, now));
        Self {
            subject,
            id,
            name: subject.environment_name(id),
            settled: now,
            resolved,
            map,
            rules,
            keys: Keys(keys.unwrap_or_default()),
        }
    }

    /// Returns the rule of a name.
    pub(super) fn rule(&self, name: &str) -> Option<&Written<'s>> {
        self.rules.iter().find(|written| written.name() == name)
    }

    /// Returns whether all that holds here is inherited from another environment.
    pub(super) fn copies(&self, other: &Self) -> bool {
        let subject = self.subject;
        let chain = resolve::chain(subject.catalog, subject.flag, self.id);
        let Some(between) = chain.iter().position(|id| *id == other.id) else {
            return false;
        };
        let mut inherited = inherited(subject, self.id, self.settled);
        !holds_slot(&self.map)
            && inherited
                .by_ref()
                .take(between.saturating_sub(1))
                .all(|layer| !holds_slot(&layer))
    }

    /// Returns whether an entry that this environment inherits from writes a key.
    pub(super) fn inherits(&self, key: &str) -> bool {
        inherited(self.subject, self.id, self.settled).any(|layer| layer.has(key))
    }
}

impl Written<'_> {
    pub(super) fn name(&self) -> &str {
        self.rule.name.as_str()
    }
}

//! What flags are read in the light of, and which of them a change of it reaches.

use std::collections::{BTreeMap, BTreeSet};

use crate::lower::{DependenciesApart, Scope};
use crate::model::{Catalog, Condition, Dependency, FlagKey, Leaf, Name, Segment};

use super::Fault;
use super::layout::ScopeFiles;

/// What flags were read in the light of.
#[derive(Debug)]
pub struct PastScope {
    /// Tells scopes apart.
    pub(super) number: usize,
    /// The files.
    pub files: ScopeFiles,
    /// Everything but the flags.
    pub catalog: Catalog,
    /// The first fault of each file that has one, by path in the project.
    pub faults: Vec<Fault>,
    pub(super) scope: Scope,
    pub(super) apart: Vec<DependenciesApart>,
}

/// Which flags a change of the scope may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// None.
    Nothing,
    /// Those whose files hold one of the names, and those of the keys.
    Some {
        /// Names of segments and attributes.
        names: BTreeSet<String>,
        /// Keys.
        flags: BTreeSet<FlagKey>,
    },
    /// All.
    All,
}

impl PastScope {
    /// Returns which flags' records may differ from what they are in another scope. What protects an
    /// environment decides nothing.
    #[must_use]
    pub fn reach(&self, other: &Self) -> Reach {
        if self.files == other.files {
            return Reach::Nothing;
        }
        let is_general = self.catalog.bucketing != other.catalog.bucketing
            || self.inheritance() != other.inheritance()
            || self.catalog.attributes.is_some() != other.catalog.attributes.is_some()
            || !(self.faults.is_empty() && other.faults.is_empty());
        if is_general {
            return Reach::All;
        }
        let mut names = self.changed_attributes(other);
        names.extend(self.changed_segments(other));
        for scope in [self, other] {
            scope.close(&mut names);
        }
        let flags = self.changed_lists(other);
        if names.is_empty() && flags.is_empty() {
            return Reach::Nothing;
        }
        Reach::Some { names, flags }
    }

    fn changed_segments(&self, other: &Self) -> BTreeSet<String> {
        let (one, other) = (&self.catalog.segments, &other.catalog.segments);
        let names = one.keys().chain(other.keys());
        let conditions = |segments: &BTreeMap<Name, Segment>, name: &Name| {
            segments.get(name).map(|segment| segment.conditions.clone())
        };
        let differs = |name: &&Name| conditions(one, name) != conditions(other, name);
        names
            .filter(differs)
            .map(|name| name.as_str().to_owned())
            .collect()
    }

    fn changed_attributes(&self, other: &Self) -> BTreeSet<String> {
        let none = BTreeMap::new();
        let one = self.catalog.attributes.as_ref().unwrap_or(&none);
        let other = other.catalog.attributes.as_ref().unwrap_or(&none);
        let names = one.keys().chain(other.keys());
        let same = |name: &String| match (one.get(name), other.get(name)) {
            (Some(one), Some(other)) => one.decides_as(other),
            _ => false,
        };
        names.filter(|name| !same(name)).cloned().collect()
    }

    /// Returns the flags whose dependencies are written apart, and otherwise.
    fn changed_lists(&self, other: &Self) -> BTreeSet<FlagKey> {
        let of = |scope: &Self, flag: &FlagKey| -> Vec<Dependency> {
            let lists = scope.apart.iter().filter(|list| list.flag == *flag);
            lists.flat_map(|list| list.depends_on.clone()).collect()
        };
        let lists = self.apart.iter().chain(&other.apart);
        let differs = |flag: &FlagKey| of(self, flag) != of(other, flag);
        lists
            .map(|list| &list.flag)
            .filter(|flag| differs(flag))
            .cloned()
            .collect()
    }

    /// Adds the segments and attributes that use one of the names, themselves or through others.
    fn close(&self, names: &mut BTreeSet<String>) {
        loop {
            let before = names.len();
            for (name, segment) in &self.catalog.segments {
                if uses(&segment.conditions, names) {
                    names.insert(name.as_str().to_owned());
                }
            }
            for (name, attribute) in self.catalog.attributes.iter().flatten() {
                let mut entries = attribute.computed.iter().flatten();
                if entries.any(|entry| uses(&entry.conditions, names)) {
                    names.insert(name.clone());
                }
            }
            if names.len() == before {
                return;
            }
        }
    }

    fn inheritance(&self) -> Vec<(&str, Option<&str>)> {
        let environments = &self.catalog.environments;
        let list = environments.iter().map(|(id, environment)| {
            let parent = environments.sync_parent(id).map(|id| environments.get(id));
            let parent = parent.map(|parent| parent.name.as_str());
            (environment.name.as_str(), parent)
        });
        list.collect()
    }
}

/// Returns whether conditions use a segment or an attribute of the names.
fn uses(conditions: &[Condition], names: &BTreeSet<String>) -> bool {
    let mut found = false;
    for condition in conditions {
        condition.walk(&mut |leaf| {
            found |= match leaf {
                Leaf::Test(test) => names.contains(&*test.attribute),
                Leaf::Segment(name, _) => names.contains(name.as_str()),
            }
        });
    }
    found
}

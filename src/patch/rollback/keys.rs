//! Flags of then that have another key today.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::document::Tree;
use crate::format::FLAG_KEYS;
use crate::model::{Flag, FlagKey};
use crate::patch::rename::Names;

/// The keys that flags of then have today, where that is another one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewKeys(BTreeMap<FlagKey, FlagKey>);

impl NewKeys {
    /// Returns nothing but these: the key of then, and that of today.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = (FlagKey, FlagKey)>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// Returns the key that a flag of then has today, if it is another one.
    #[must_use]
    pub fn today(&self, then: &str) -> Option<&FlagKey> {
        self.0.get(then)
    }

    /// Returns the key that a flag of today had then, if it was another one.
    #[must_use]
    pub fn then(&self, today: &str) -> Option<&FlagKey> {
        let mut keys = self.0.iter();
        let found = keys.find(|(_, key)| key.as_str() == today);
        found.map(|(key, _)| key)
    }

    /// Returns a flag of then, and its file, as they would be with the keys of today: a flag with
    /// another key has the old one as its salt, so that everybody stays where they are.
    #[must_use]
    pub fn renamed<'f>(&self, flag: &'f Flag, root: &'f Tree) -> (Cow<'f, Flag>, Cow<'f, Tree>) {
        if self.0.is_empty() {
            return (Cow::Borrowed(flag), Cow::Borrowed(root));
        }
        let (mut flag, mut root) = (flag.clone(), root.clone());
        if let Some(key) = self.today(flag.key.as_str()) {
            let salt = flag.salt().to_owned();
            if !root.has("salt") {
                root.set("salt", salt.as_str(), &FLAG_KEYS);
            }
            flag.salt = Some(salt);
            flag.key = key.clone();
        }
        for names in self.names() {
            names.in_depends_on(&mut root);
        }
        let own = flag.depends_on.iter_mut();
        for needed in own.filter(|needed| needed.repository.is_none()) {
            if let Some(key) = self.today(needed.flag.as_str()) {
                needed.flag = key.clone();
            }
        }
        (Cow::Owned(flag), Cow::Owned(root))
    }

    /// Returns flag-dependencies.yaml of then with the keys of today.
    #[must_use]
    pub fn apart(&self, apart: &Tree) -> Tree {
        let mut apart = apart.clone();
        for names in self.names() {
            names.in_dependencies_apart(&mut apart);
        }
        apart
    }

    fn names(&self) -> impl Iterator<Item = Names<'_>> {
        self.0.iter().map(|(from, to)| Names { from, to })
    }
}

//! Files to the model: the only place where a [`crate::model`] is made from what was written.
//!
//! Input: documents that were checked against their schema (every misfit of shape is reported by
//! then, so this stage passes over it silently) and a [`Scope`] with the names that exist. Output:
//! parts of a [`crate::model::Catalog`], and a diagnostic for everything that a schema cannot say.
//! One bad part does not hide its neighbours: each is read by itself.

mod attribute;
mod condition;
mod dependency;
mod deployment;
mod entry;
mod environment;
mod flag;
mod link;
mod reader;
mod segment;
mod serving;

use std::collections::BTreeMap;

use crate::model::{
    Attribute, AttributeKind, BUILT_IN_ATTRIBUTES, Catalog, Environments, Name, Segment,
};

pub use attribute::{attributes, computed_attributes};
pub use dependency::{DependenciesApart, dependencies_apart};
pub use deployment::deployment;
pub use environment::environments;
pub use flag::flag;
pub use link::{LinkOptions, link};
pub use segment::segments;

/// The names that flags may use. A file that could not be read leaves `None`: what it would have
/// named is then not reported as unknown.
#[derive(Debug, Default)]
pub struct Scope {
    /// The environments.
    pub environments: Option<Environments>,
    /// The segments.
    pub segments: Option<BTreeMap<Name, Segment>>,
    /// The attributes.
    pub attributes: AttributeScope,
}

impl Scope {
    /// Returns the names that a catalog has.
    #[must_use]
    pub fn of(catalog: &Catalog) -> Self {
        let listed = catalog.attributes.clone();
        Self {
            environments: Some(catalog.environments.clone()),
            segments: Some(catalog.segments.clone()),
            attributes: listed.map_or(AttributeScope::Open, AttributeScope::Listed),
        }
    }
}

/// What is known of attributes.
#[derive(Debug, Default)]
pub enum AttributeScope {
    /// There is no attributes.yaml: any attribute may be used.
    #[default]
    Open,
    /// There is one, but it could not be read.
    Unreadable,
    /// These, and the built-in ones.
    Listed(BTreeMap<String, Attribute>),
}

impl AttributeScope {
    /// Returns whether rules may use the attribute.
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        match self {
            Self::Open | Self::Unreadable => true,
            Self::Listed(listed) => {
                listed.contains_key(name) || BUILT_IN_ATTRIBUTES.contains(&name)
            }
        }
    }

    /// Returns whether the attribute is known to be a number.
    #[must_use]
    pub fn is_number(&self, name: &str) -> bool {
        match self {
            Self::Open | Self::Unreadable => false,
            Self::Listed(listed) => listed
                .get(name)
                .is_some_and(|attribute| attribute.kind == AttributeKind::Number),
        }
    }

    /// Returns the names that can be suggested.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let listed = match self {
            Self::Listed(listed) => Some(listed.keys().map(String::as_str)),
            _ => None,
        };
        listed.into_iter().flatten().chain(BUILT_IN_ATTRIBUTES)
    }
}

/// Returns whether a key of a map of named things is the user's own, which the format ignores.
fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

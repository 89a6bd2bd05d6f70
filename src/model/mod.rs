//! The catalog as it is meant: environments, segments, attributes and flags, valid by construction.
//!
//! Only [`crate::lower`] makes these from files, and it reports instead of making what would be
//! wrong: names resolve, values are of their flag's type, shares are whole thousandths of a
//! percent, regular expressions and versions parse. Every part that can be pointed at keeps its
//! bytes. Nothing is resolved yet: inheritance is [`crate::resolve`]'s.

mod condition;
mod deployment;
mod environment;
mod flag;
mod name;
mod serving;
mod uses;

use std::collections::BTreeMap;

use crate::ruleset::Bucketing;

pub use condition::{
    Attribute, AttributeKind, BUILT_IN_ATTRIBUTES, ComputedEntry, Condition, Leaf, Segment, Test,
};
pub use deployment::{Deployment, DeploymentAction, DeploymentPhase, DeploymentStep};
pub use environment::{ChangeWindow, Environment, EnvironmentId, Environments, Freeze};
pub use flag::{
    Archived, BucketBy, Dependency, Entry, EntryServing, Flag, FlagKind, KillSwitch, Lifecycle,
    Required, Slots, Step, Variant,
};
pub use name::{FlagKey, InvalidNameError, Name, RESERVED_RULE_NAMES, RESERVED_STEMS};
pub use serving::{Rule, Serve, Serving, Share, VariantId, What};
pub use uses::Uses;

/// A value with its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands, in its owner's file.
    pub span: crate::text::Span,
}

impl<T> At<T> {
    /// Returns the value at a place.
    pub fn new(value: T, span: crate::text::Span) -> Self {
        Self { value, span }
    }
}

/// Free data that is exported: names and values, in the order of the file.
pub type Metadata = Vec<(String, crate::ruleset::Scalar<'static>)>;

/// Everything that the files of a project say.
#[derive(Debug)]
pub struct Catalog {
    /// The project's name, where it has one.
    pub project: Option<String>,
    /// Which bytes are hashed for buckets.
    pub bucketing: Bucketing,
    /// The environments.
    pub environments: Environments,
    /// The segments by name.
    pub segments: BTreeMap<Name, Segment>,
    /// The attributes by name; `None` where there is no attributes.yaml.
    pub attributes: Option<BTreeMap<String, Attribute>>,
    /// The flags by key, archived ones too.
    pub flags: BTreeMap<FlagKey, Flag>,
}

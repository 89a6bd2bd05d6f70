//! A flag as its file says it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::ruleset::ValueType;
use crate::text::{Location, SourceId, Span};

use super::{At, EnvironmentId, FlagKey, Metadata, Name, Rule, Serve, Serving, VariantId};

/// A flag.
#[derive(Debug, Clone)]
pub struct Flag {
    /// Its key: the stem of its file.
    pub key: FlagKey,
    /// Its file.
    pub source: SourceId,
    /// The first key of the file.
    pub span: Span,
    /// The type of its values.
    pub value_type: ValueType,
    /// What it is for.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// What kind of flag it is and how long it lives.
    pub lifecycle: Lifecycle,
    /// What is served where nothing else decides.
    pub default: At<Serve>,
    /// What is served while it is disabled or killed.
    pub off: Serve,
    /// Its named values; empty on flags without variants.
    pub variants: Vec<Variant>,
    /// Hashed before the subject, where it is not the key.
    pub salt: Option<String>,
    /// The attribute that names the subject of its buckets.
    pub bucket_by: BucketBy,
    /// What it depends on, in its own file and apart.
    pub depends_on: Vec<Dependency>,
    /// Its rules; where an environment has an entry and does not bring its own.
    pub rules: At<Vec<Rule>>,
    /// The environments' entries; `None` where the file has no `environments`.
    pub entries: Option<BTreeMap<EnvironmentId, Box<Entry>>>,
    /// Forces the off value everywhere.
    pub kill_switch: Option<KillSwitch>,
    /// Whether it may be killed without approval, beside those whose kind allows it.
    pub killable: bool,
    /// Whether `promote` may move it.
    pub promotable: bool,
    /// Whether it may be shipped to browsers and apps.
    pub client_side: bool,
    /// Whether it is kept but not compiled any more.
    pub archived: Option<Archived>,
    /// Free data that is exported.
    pub metadata: Metadata,
}

/// The attribute that names the subject of buckets; `None` is the subject itself.
pub type BucketBy = Option<Box<str>>;

/// A named value.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its name.
    pub key: Name,
    /// Its value, of the flag's type.
    pub value: Value,
    /// Its weight in the standard split, in thousandths; all variants have one, or none.
    pub weight: Option<u64>,
    /// Where it stands.
    pub span: Span,
}

/// What kind of flag it is and how long it lives.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lifecycle {
    /// What it is for.
    pub kind: Option<FlagKind>,
    /// The day it was made.
    pub created: Option<jiff::civil::Date>,
    /// The day by which it should be gone.
    pub expires: Option<At<jiff::civil::Date>>,
    /// The decision that it ended with.
    pub completed: Option<Serve>,
}

/// What a flag is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the format's")]
pub enum FlagKind {
    Release,
    Experiment,
    Operational,
    Permission,
    Permanent,
}

impl FlagKind {
    /// Returns the kind's name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Experiment => "experiment",
            Self::Operational => "operational",
            Self::Permission => "permission",
            Self::Permanent => "permanent",
        }
    }

    /// Returns the kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Release,
            Self::Experiment,
            Self::Operational,
            Self::Permission,
            Self::Permanent,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }
}

/// A flag that is kept but not compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Where it says so.
    pub span: Span,
}

/// Forces the off value while it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KillSwitch {
    /// Why.
    pub reason: String,
    /// When it was thrown.
    pub at: Timestamp,
    /// When somebody must have looked.
    pub until: Timestamp,
    /// Who threw it.
    pub by: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// A flag that must serve given values first.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependency {
    /// The repository that the flag lives in; `None` is this one.
    pub repository: Option<String>,
    /// The flag.
    pub flag: FlagKey,
    /// What it must serve.
    pub required: Required,
    /// Where the dependency stands: in the flag's own file, or in flag-dependencies.yaml.
    pub location: Location,
}

/// What a dependency must serve: one of these.
#[derive(Debug, Clone, PartialEq)]
pub enum Required {
    /// Values.
    Values(Vec<Value>),
    /// Names of variants, as evaluations report them.
    Variants(Vec<String>),
}

/// What one environment says of a flag.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// The entry's key.
    pub span: Span,
    /// The key and everything under it.
    pub whole: Span,
    /// Whether it is a scalar.
    pub scalar: bool,
    /// The slots that it sets.
    pub slots: Slots,
    /// Changes in time, strictly increasing.
    pub schedule: Vec<Step>,
    /// Forces the off value here and where this is inherited.
    pub kill_switch: Option<KillSwitch>,
    /// Whether it is cut off from the parent environment.
    pub cut_off: bool,
}

/// The slots of an entry. The outer `None` is a slot that is not written; the inner one is `null`:
/// the flag's own, not the parent's.
#[derive(Debug, Clone, Default)]
pub struct Slots {
    /// The master switch.
    pub enabled: Option<At<Option<bool>>>,
    /// The list of rules.
    pub rules: Option<At<Option<Vec<Rule>>>>,
    /// What is served to whom no rule takes.
    pub serving: Option<At<Option<EntryServing>>>,
    /// The attribute that names the subject.
    pub bucket_by: Option<At<BucketBy>>,
}

impl Slots {
    /// Returns whether no slot is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.enabled.is_none()
            && self.rules.is_none()
            && self.serving.is_none()
            && self.bucket_by.is_none()
    }
}

/// The serving slot: all three parts together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EntryServing {
    /// What is served, and to how many; `None` where the entry says neither.
    pub step: Option<Serving>,
    /// The environment's default, where it has its own.
    pub default: Option<Serve>,
}

/// A change in time.
#[derive(Debug, Clone)]
pub struct Step {
    /// When, in whole Unix seconds (a fraction is rounded up: time is whole seconds).
    pub at: i64,
    /// Where the time stands.
    pub span: Span,
    /// The slots that then lie over the entry.
    pub set: Slots,
}

impl Flag {
    /// Returns what is hashed before the subject.
    #[must_use]
    pub fn salt(&self) -> &str {
        self.salt.as_deref().unwrap_or(self.key.as_str())
    }

    /// Returns the value that is served.
    #[must_use]
    pub fn value<'f>(&'f self, serve: &'f Serve) -> &'f Value {
        match serve {
            Serve::Value(value) => value,
            Serve::Variant(id) => self
                .variants
                .get(usize::from(id.0))
                .map_or(&Value::Null, |variant| &variant.value),
        }
    }

    /// Returns the entry of an environment.
    #[must_use]
    pub fn entry(&self, environment: EnvironmentId) -> Option<&Entry> {
        self.entries.as_ref()?.get(&environment).map(Box::as_ref)
    }

    /// Returns whether it has targeting rules, of its own or in an environment, at any time.
    #[must_use]
    pub fn has_rules(&self) -> bool {
        let any = |slots: &Slots| {
            let rules = slots.rules.as_ref().and_then(|rules| rules.value.as_ref());
            rules.is_some_and(|rules| !rules.is_empty())
        };
        let mut entries = self.entries.iter().flat_map(BTreeMap::values);
        !self.rules.value.is_empty()
            || entries
                .any(|entry| any(&entry.slots) || entry.schedule.iter().any(|step| any(&step.set)))
    }

    /// Returns the variants' own weights, in thousandths.
    pub fn default_weights(&self) -> impl Iterator<Item = (VariantId, u64)> + '_ {
        (0_u16..)
            .zip(&self.variants)
            .map(|(at, variant)| (VariantId(at), variant.weight.unwrap_or(0)))
    }
}

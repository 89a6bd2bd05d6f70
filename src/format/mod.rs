//! The files as they are written: the source of the JSON Schemas, and of new files.
//!
//! These types say what may stand where, with the texts that editors show; they have no behaviour.
//! Reading goes through [`crate::document`] and [`crate::lower`], where every key keeps its place;
//! writing a new file serialises these types. Keys that begin with `x-` are allowed in every map
//! of the format (see [`crate::schema`]) and are not listed here.

mod attributes;
mod condition;
mod config;
mod dependencies;
mod deployment;
mod environments;
mod flag;
mod order;
mod segments;

pub use attributes::{AttributeDefinition, AttributeType, AttributesFile, ComputedEntry};
pub use condition::{Condition, OperandValue, ScalarValue};
pub use config::{
    Audience, CheckLevel, ConfigFile, Consumer, EnvExport, EvaluationSettings, ExportFormat,
    ExportSettings, GitSettings, LargeIncrease, PolicySettings, ProjectSettings, Repository,
    Target,
};
pub use dependencies::{Dependency, DependencyList, FlagDependenciesFile};
pub use deployment::{DeploymentFile, DeploymentPhases, DeploymentStep};
pub use environments::{ChangeWindow, EnvironmentDefinition, EnvironmentsFile, Freeze, Weekday};
pub use flag::{
    Archived, Completed, EntryMap, Expectation, FlagEntry, FlagFile, FlagTest, GradualRollout,
    KillSwitch, Lifecycle, LifecycleKind, Rule, Slots, Split, Step, StepSlots, Variant,
};
pub use order::{ENTRY_KEYS, FLAG_KEYS, RULE_KEYS, SERVING_KEYS};
pub use segments::{SegmentDefinition, SegmentsFile};

/// The pattern of keys: flags, environments, variants, segments, rules.
pub const KEY_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$";

/// A value of the flag's type: a boolean, text, a number, or for `json` flags a map or a list.
pub type AnyValue = serde_json::Value;

/// Free data for people and consumers: strings, numbers and booleans by name. Exported.
pub type Metadata = std::collections::BTreeMap<String, ScalarValue>;

//! JSON Schemas: made from the types of [`crate::format`], and checked against documents.
//!
//! [`generate`] gives the published form of a type's schema (draft 2020-12): keys that begin with
//! `x-` are allowed in every map of the format, and null only where the format gives it a meaning.
//! [`check`] runs a document against its schema and says in plain words, at the place in the
//! file, what does not fit.

mod check;
mod transform;

use std::sync::OnceLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::format::{
    AttributesFile, ConfigFile, DeploymentFile, EnvironmentsFile, FlagDependenciesFile, FlagFile,
    SegmentsFile,
};

pub use check::check;
pub(crate) use check::invalid_name;

/// The kinds of files that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A flag.
    Flag,
    /// environments.yaml.
    Environments,
    /// segments.yaml.
    Segments,
    /// attributes.yaml.
    Attributes,
    /// flag-dependencies.yaml.
    FlagDependencies,
    /// ffctl.toml.
    Config,
    /// A deployment plan, whatever it is called.
    Deployment,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Flag,
        Self::Environments,
        Self::Segments,
        Self::Attributes,
        Self::FlagDependencies,
        Self::Config,
        Self::Deployment,
    ];

    /// Returns the kind's name, as `ffctl schema` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environments => "environments",
            Self::Segments => "segments",
            Self::Attributes => "attributes",
            Self::FlagDependencies => "flag-dependencies",
            Self::Config => "config",
            Self::Deployment => "deployment",
        }
    }

    /// Returns the key of the one list that a file of the kind is there for, if there is one.
    #[must_use]
    pub fn list_key(self) -> Option<&'static str> {
        match self {
            Self::Environments => Some("environments"),
            Self::Segments => Some("segments"),
            Self::Attributes => Some("attributes"),
            Self::FlagDependencies => Some("dependencies"),
            Self::Flag | Self::Config | Self::Deployment => None,
        }
    }

    /// Returns the kind's JSON Schema.
    #[must_use]
    pub fn schema(self) -> &'static Value {
        static SCHEMAS: [OnceLock<Value>; 7] = [const { OnceLock::new() }; 7];
        let [
            flag,
            environments,
            segments,
            attributes,
            dependencies,
            config,
            deployment,
        ] = &SCHEMAS;
        match self {
            Self::Flag => flag.get_or_init(generate_format::<FlagFile>),
            Self::Environments => environments.get_or_init(generate_format::<EnvironmentsFile>),
            Self::Segments => segments.get_or_init(generate_format::<SegmentsFile>),
            Self::Attributes => attributes.get_or_init(generate_format::<AttributesFile>),
            Self::FlagDependencies => {
                dependencies.get_or_init(generate_format::<FlagDependenciesFile>)
            }
            Self::Config => config.get_or_init(generate_format::<ConfigFile>),
            Self::Deployment => deployment.get_or_init(generate_format::<DeploymentFile>),
        }
    }
}

/// Returns the schema of a type of the file format, with the format's conventions.
fn generate_format<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(transform::FormatConventions);
    settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Returns the schema of a document that ffctl writes or prints.
#[must_use]
pub fn generate<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(transform::PlainNumbers);
    settings
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

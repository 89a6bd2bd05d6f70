//! ffctl.toml: the settings of a project.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::KEY_PATTERN;
use crate::ruleset::Bucketing;

/// The settings of a project. An empty file is a valid project.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(title = "ffctl project settings", deny_unknown_fields)]
pub struct ConfigFile {
    /// The project itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectSettings>,
    /// How flags are evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<EvaluationSettings>,
    /// How changes are committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<GitSettings>,
    /// What a reviewed change needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicySettings>,
    /// Groups of people, by `@name`: their e-mail addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = {"minLength": 1}))]
    pub groups: Option<BTreeMap<String, Vec<String>>>,
    /// Forge logins and the e-mail addresses that they commit with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = {"minLength": 1}))]
    pub identities: Option<BTreeMap<String, String>>,
    /// Levels of checks, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = {"minLength": 1}))]
    pub checks: Option<BTreeMap<String, CheckLevel>>,
    /// Settings of export formats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<ExportSettings>,
    /// What `export` without options builds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    /// Other repositories that flags depend on, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = {"minLength": 1}))]
    pub repositories: Option<BTreeMap<String, Repository>>,
    /// Other repositories whose flags depend on flags of this one, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = {"minLength": 1}))]
    pub consumers: Option<BTreeMap<String, Consumer>>,
}

/// The project itself.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ProjectSettings {
    /// The version of the flag files' format; 1 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub format: Option<u32>,
    /// The versions of ffctl that may work on the project: `">=0.4"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires: Option<String>,
    /// How other repositories call this one. Required to export.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = KEY_PATTERN))]
    pub name: Option<String>,
    /// The folder of the flag files; `flags` if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub flags: Option<String>,
    /// The environment of commands that name none; never a protected one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_environment: Option<String>,
    /// How flags are named: `snake_case`, `kebab-case`, `component_feature_action`, or a regular
    /// expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub naming: Option<String>,
}

/// How flags are evaluated.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EvaluationSettings {
    /// Which bytes are hashed for buckets; `flagd-v2` if left out. Changing it reshuffles people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucketing: Option<Bucketing>,
}

/// How changes are committed.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GitSettings {
    /// Whether writing commands commit by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<bool>,
    /// Branches that changes are merged into: a commit made on one directly is warned of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protected_branches: Option<Vec<String>>,
    /// The branch that runtimes are built from: where emergencies go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_branch: Option<String>,
}

/// What a reviewed change needs.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PolicySettings {
    /// An increase of exposure that needs more approvals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub large_increase: Option<LargeIncrease>,
    /// Whether `approve` commits count without a verified signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsigned_approvals: Option<bool>,
    /// Whether approvals count that name no commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbound_approvals: Option<bool>,
    /// How old an observation of another repository may be: a number with s, m, h, d or w.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[0-9]{1,9}[smhdw]$"))]
    pub max_age: Option<String>,
}

/// An increase of exposure that needs more approvals.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LargeIncrease {
    /// From how many percentage points on an increase is large.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub percentage: Option<f64>,
    /// How many approvals it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub required_approvals: Option<u32>,
}

/// How a check's findings weigh in this project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckLevel {
    /// Not reported.
    Off,
    /// Reported; fails only where warnings are denied.
    Warning,
    /// Fails.
    Error,
}

/// Settings of export formats.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ExportSettings {
    /// Settings of `--format env`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<EnvExport>,
}

/// Settings of `--format env`.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EnvExport {
    /// Flags that get one more variable for each value of an attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = {"minLength": 1}))]
    pub fan_out: Option<BTreeMap<String, String>>,
}

/// A file that `export` builds.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Target {
    /// The target's name.
    #[schemars(regex(pattern = KEY_PATTERN))]
    pub name: String,
    /// The environment that is compiled.
    pub environment: String,
    /// The format; `ruleset` if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ExportFormat>,
    /// Only flags with one of these tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Who gets the file: `client` takes only flags with `client_side: true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
    /// The file, relative to ffctl.toml.
    #[schemars(length(min = 1))]
    pub output: String,
}

/// The formats that `export` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// The compiled ruleset.
    Ruleset,
    /// flagd's flag definitions.
    Flagd,
    /// An OpenFeature Operator resource.
    K8s,
    /// Environment variables.
    Env,
    /// The OpenFeature CLI's manifest.
    Manifest,
}

/// Who gets an exported file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Servers: all flags.
    Server,
    /// Browsers and apps: only flags with `client_side: true`.
    Client,
}

/// Another repository that flags depend on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Repository {
    /// Where it is: anything that Git understands, a relative path included.
    pub url: String,
    /// The branch that is followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The tag that is followed, instead of a branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The folder of its ffctl.toml; its root if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Names of environments here and there, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = {"minLength": 1}))]
    pub environments: Option<BTreeMap<String, String>>,
}

/// Another repository whose flags depend on flags of this one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Consumer {
    /// Where it is.
    pub url: String,
}

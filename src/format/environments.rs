//! environments.yaml: the environments, their inheritance and their protection.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{KEY_PATTERN, Metadata};

/// The environments, their inheritance and their protection.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl environments", deny_unknown_fields)]
pub struct EnvironmentsFile {
    /// The environments by name, in the order in which changes travel.
    #[schemars(extend("propertyNames" = {"pattern": KEY_PATTERN}, "minProperties" = 1, "maxProperties" = 1_000))]
    pub environments: BTreeMap<String, EnvironmentDefinition>,
}

/// An environment.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EnvironmentDefinition {
    /// The environment that this one follows; `null` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-nullable" = true))]
    pub parent: Option<String>,
    /// What the environment is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether flags resolved in the parent are the base of this environment's entries. Without it
    /// the parent gives the order of promotion only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_sync: Option<bool>,
    /// Whether changes of what this environment serves need approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_required: Option<bool>,
    /// Who may approve: `@groups` and e-mail addresses; anybody but an author if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub approvers: Option<Vec<String>>,
    /// How many approvals a change needs; 1 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub required_approvals: Option<u32>,
    /// When changes may be made; any time if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub change_windows: Option<Vec<ChangeWindow>>,
    /// When no change may be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freezes: Option<Vec<Freeze>>,
    /// Whether every change but an emergency needs a reason and a confirmation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_protection: Option<bool>,
    /// Free data that is exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// A weekly period in which changes may be made.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("examples" = [
    {"days": ["mon", "tue", "wed", "thu"], "start": "09:00", "end": "16:00", "timezone": "Europe/Rome"},
]))]
pub struct ChangeWindow {
    /// The days on which the window opens.
    #[schemars(length(min = 1))]
    pub days: Vec<Weekday>,
    /// The first minute, in quotes: `"09:00"`.
    #[schemars(regex(pattern = "^[0-9]{2}:[0-9]{2}$"))]
    pub start: String,
    /// The minute behind the last; before `start`, it is on the next day. `"24:00"` is midnight.
    #[schemars(regex(pattern = "^[0-9]{2}:[0-9]{2}$"))]
    pub end: String,
    /// The IANA name of the time zone; UTC if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// A period in which no change may be made.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Freeze {
    /// The first moment, RFC 3339 with an offset.
    #[schemars(extend("format" = "date-time"))]
    pub from: String,
    /// The moment behind the last.
    #[schemars(extend("format" = "date-time"))]
    pub to: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

//! `environments --json`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Freeze;
use crate::ops::EnvironmentsReport;
use crate::output::human::day_name;

/// The environments of a project.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl environments --json")]
pub struct EnvironmentsDocument {
    /// Always `ffctl.environments/v1`.
    pub format: &'static str,
    /// The environments; each stands behind its parent.
    pub environments: Vec<EnvironmentBody>,
}

/// An environment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EnvironmentBody {
    /// Its name.
    pub environment: String,
    /// Its parent.
    pub parent: Option<String>,
    /// Whether flags resolved in the parent are the base of its entries.
    pub auto_sync: bool,
    /// What it is for.
    pub description: Option<String>,
    /// Whether changes need approval.
    pub approval_required: bool,
    /// Who may approve; empty for anybody but an author.
    pub approvers: Vec<String>,
    /// How many approvals a change needs.
    pub required_approvals: u32,
    /// Whether changes need a reason and a confirmation.
    pub rollback_protection: bool,
    /// When changes may be made; empty for any time.
    pub change_windows: Vec<WindowBody>,
    /// When no change may be made.
    pub freezes: Vec<FreezeBody>,
    /// The freeze that is in force.
    pub open_freeze: Option<FreezeBody>,
    /// How many flags have an entry for it.
    pub overrides: usize,
}

/// A weekly period in which changes may be made.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WindowBody {
    /// The days on which it begins.
    pub days: Vec<String>,
    /// The first minute.
    pub start: String,
    /// The minute behind the last.
    pub end: String,
    /// The IANA name of the time zone.
    pub timezone: String,
}

/// A period in which no change may be made.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FreezeBody {
    /// The first moment.
    pub from: String,
    /// The moment behind the last.
    pub to: String,
    /// Why.
    pub reason: Option<String>,
}

impl From<&Freeze> for FreezeBody {
    fn from(freeze: &Freeze) -> Self {
        Self {
            from: freeze.from.to_string(),
            to: freeze.to.to_string(),
            reason: freeze.reason.clone(),
        }
    }
}

impl From<&EnvironmentsReport> for EnvironmentsDocument {
    fn from(report: &EnvironmentsReport) -> Self {
        let environments = report.rows.iter().map(|row| EnvironmentBody {
            environment: row.name.clone(),
            parent: row.parent.clone(),
            auto_sync: row.auto_sync,
            description: row.description.clone(),
            approval_required: row.approval_required,
            approvers: row.approvers.clone(),
            required_approvals: row.required_approvals,
            rollback_protection: row.rollback_protection,
            change_windows: row
                .change_windows
                .iter()
                .map(|window| WindowBody {
                    days: window
                        .days
                        .iter()
                        .map(|day| day_name(*day).to_owned())
                        .collect(),
                    start: window.start.strftime("%H:%M").to_string(),
                    end: window.end.map_or_else(
                        || "24:00".to_owned(),
                        |end| end.strftime("%H:%M").to_string(),
                    ),
                    timezone: window.timezone.clone(),
                })
                .collect(),
            freezes: row.freezes.iter().map(FreezeBody::from).collect(),
            open_freeze: row.open_freeze.as_ref().map(FreezeBody::from),
            overrides: row.overrides,
        });
        Self {
            format: "ffctl.environments/v1",
            environments: environments.collect(),
        }
    }
}

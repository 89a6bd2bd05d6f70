//! `list --json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::ListReport;

/// The flags of a project.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl list --json")]
pub struct ListDocument {
    /// Always `ffctl.list/v1`.
    pub format: &'static str,
    /// The flags, by key.
    pub flags: Vec<ListedFlag>,
}

/// A flag.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ListedFlag {
    /// Its key.
    pub flag: String,
    /// The type of its values.
    #[serde(rename = "type")]
    pub value_type: &'static str,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its file, relative to ffctl.toml.
    pub file: String,
    /// Whether it is archived.
    pub archived: bool,
    /// What it is, by environment.
    pub environments: BTreeMap<String, ListedState>,
}

/// A flag in an environment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ListedState {
    /// `killed`; `off` (disabled, or nothing said); `partial` (what is served depends on the
    /// context); else `on`.
    pub state: &'static str,
    /// A few words, as in the table.
    pub summary: String,
}

impl From<&ListReport> for ListDocument {
    fn from(report: &ListReport) -> Self {
        let flags = report.rows.iter().map(|row| ListedFlag {
            flag: row.flag.clone(),
            value_type: row.value_type.name(),
            owner: row.owner.clone(),
            tags: row.tags.clone(),
            file: row.file.clone(),
            archived: row.archived,
            environments: row
                .cells
                .iter()
                .map(|(name, cell)| {
                    (
                        name.clone(),
                        ListedState {
                            state: cell.state.name(),
                            summary: cell.summary.clone(),
                        },
                    )
                })
                .collect(),
        });
        Self {
            format: "ffctl.list/v1",
            flags: flags.collect(),
        }
    }
}

//! `environments`: the inheritance tree, and what protects each.

use jiff::Timestamp;

use crate::diagnostic::Diagnostics;
use crate::model::{ChangeWindow, Environment, EnvironmentId, Environments, Freeze};
use crate::policy;
use crate::text::SourceMap;
use crate::workspace::Selection;

use super::open::{Place, open};

/// The environments of a project.
#[derive(Debug)]
pub struct EnvironmentsReport {
    /// The environments; each stands behind its parent.
    pub rows: Vec<EnvironmentRow>,
    /// What is wrong with the files.
    pub diagnostics: Diagnostics,
    /// The texts.
    pub sources: SourceMap,
}

/// An environment.
#[derive(Debug, Clone)]
pub struct EnvironmentRow {
    /// Its name.
    pub name: String,
    /// How many ancestors it has.
    pub depth: usize,
    /// Its parent.
    pub parent: Option<String>,
    /// Whether flags resolved in the parent are the base of its entries.
    pub auto_sync: bool,
    /// What it is for.
    pub description: Option<String>,
    /// Whether changes need approval.
    pub approval_required: bool,
    /// Who may approve.
    pub approvers: Vec<String>,
    /// How many approvals a change needs.
    pub required_approvals: u32,
    /// Whether changes need a reason and a confirmation.
    pub rollback_protection: bool,
    /// When changes may be made.
    pub change_windows: Vec<ChangeWindow>,
    /// When no change may be made.
    pub freezes: Vec<Freeze>,
    /// The freeze that is in force at the time of the report.
    pub open_freeze: Option<Freeze>,
    /// How many flags have an entry for it.
    pub overrides: usize,
}

/// Reports the environments.
///
/// # Errors
///
/// Fails if there is no project.
pub fn environments(place: &Place, now: Timestamp) -> anyhow::Result<EnvironmentsReport> {
    let opened = open(place, Selection::All, now)?;
    let environments = &opened.catalog.environments;
    let mut rows = Vec::with_capacity(environments.len());
    let roots = environments
        .iter()
        .filter(|(_, environment)| environment.parent.is_none())
        .map(|(id, _)| (id, 0));
    let mut open: Vec<(EnvironmentId, usize)> = roots.rev().collect();
    while let Some((id, depth)) = open.pop() {
        let environment = environments.get(id);
        let overrides = opened
            .catalog
            .flags
            .values()
            .filter(|flag| flag.archived.is_none() && flag.entry(id).is_some());
        rows.push(row(
            environments,
            environment,
            depth,
            overrides.count(),
            now,
        ));
        let children = environments
            .iter()
            .filter(|(_, child)| child.parent == Some(id))
            .map(|(id, _)| (id, depth + 1));
        open.extend(children.rev());
    }
    Ok(EnvironmentsReport {
        rows,
        diagnostics: opened.diagnostics,
        sources: opened.sources,
    })
}

fn row(
    environments: &Environments,
    environment: &Environment,
    depth: usize,
    overrides: usize,
    now: Timestamp,
) -> EnvironmentRow {
    EnvironmentRow {
        name: environment.name.to_string(),
        depth,
        parent: environment
            .parent
            .map(|parent| environments.get(parent).name.to_string()),
        auto_sync: environment.auto_sync,
        description: environment.description.clone(),
        approval_required: environment.approval_required,
        approvers: environment.approvers.clone(),
        required_approvals: environment.required_approvals,
        rollback_protection: environment.rollback_protection,
        change_windows: environment.change_windows.clone(),
        freezes: environment.freezes.clone(),
        open_freeze: policy::freeze_at(environment, now).cloned(),
        overrides,
    }
}

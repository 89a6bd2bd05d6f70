//! `deploy`: the steps of a deployment plan's phase, as one plan.

mod done;
mod file;
mod steps;

use std::path::Path;

use crate::diagnostic::did_you_mean;
use crate::model::{At, DeploymentPhase, DeploymentStep, EnvironmentId, FlagKey};
use crate::patch::Pending;
use crate::tree::{DiskTree, FileTree as _, Overlay};
use crate::workspace::{Project, ProjectTree};

use super::super::UsageError;
use super::super::open::find_environment;
use super::super::write::Planned;
use super::Request;
use super::plan::{Plan, Planner};

use file::PlanFile;
use steps::Run;

/// The phase of a deployment that is to be done.
#[derive(Debug, Clone)]
pub struct Deploy {
    /// The plan's file as it was named.
    name: String,
    bytes: Vec<u8>,
    phase: DeploymentPhase,
    id: String,
    pending: Pending,
}

impl Deploy {
    /// Reads the file of a deployment plan, which may lie anywhere; its path begins at a folder.
    ///
    /// # Errors
    ///
    /// Fails if there is no project, if the file cannot be read, or if the id is no text that a line of a commit's message
    /// can end with.
    pub fn read(
        folder: &Path,
        file: &Path,
        phase: DeploymentPhase,
        id: &str,
        pending: Pending,
    ) -> anyhow::Result<Self> {
        fits_on_a_line(id)?;
        let name = file.display().to_string();
        // Where there is no project, that is what to tell.
        Project::find(folder)?;
        let tree = DiskTree::new(folder)?;
        let hint = || "`--plan FILE` names the deployment's steps".to_owned();
        let bytes = tree.read(&name).map_err(|error| {
            UsageError::new(format!("cannot read the plan `{name}`: {error}"), hint())
        })?;
        let bytes =
            bytes.ok_or_else(|| UsageError::new(format!("there is no plan `{name}`"), hint()))?;
        Ok(Self {
            name,
            bytes,
            phase,
            id: id.to_owned(),
            pending,
        })
    }

    /// Returns the deployment's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the phase that is done.
    #[must_use]
    pub fn phase(&self) -> DeploymentPhase {
        self.phase
    }
}

/// The id is found again as the end of a line: so it is one line, and as it was typed.
fn fits_on_a_line(id: &str) -> Result<(), UsageError> {
    let breaks =
        |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    let message = if id.trim().is_empty() {
        "the deployment's id is blank"
    } else if id.contains(breaks) {
        "the deployment's id has line breaks or control characters in it"
    } else if id.trim() != id {
        "the deployment's id has blanks at its ends"
    } else {
        return Ok(());
    };
    let hint = "write it as it will be looked for: `--deployment-id 2026-12-01.3`".to_owned();
    Err(UsageError::new(message, hint))
}

/// Plans the steps of the phase that run in the environment.
pub(super) fn plan(
    project: Project,
    overlay: Overlay<'_, ProjectTree>,
    request: &Request,
    deploy: &Deploy,
) -> anyhow::Result<Planned<Plan>> {
    let mut planner = Planner::open(project, overlay, Vec::new(), request);
    planner.sound_settings()?;
    planner.sound_environments()?;
    let named = request.environments.first().map(String::as_str);
    let environment = find_environment(&planner.before, named)?;
    let file = PlanFile::read(deploy, &planner.before.catalog.environments)?;
    planner.plan.warnings.extend(file.warnings());
    let phase = file.deployment.phase(deploy.phase);
    let steps: Vec<&DeploymentStep> = phase
        .unwrap_or_default()
        .iter()
        .filter(|step| step.runs_in(environment))
        .collect();
    planner.turn_to(keys_of(&steps));
    known(&mut planner, &file, &steps)?;
    planner.sound()?;
    if steps.is_empty() {
        let note = nothing_to_do(&planner, &file, deploy, phase.is_some(), environment);
        planner.plan.notes.push(note);
    }
    Run::new(planner, &file, deploy, environment)?.make(&steps)
}

/// Returns the flags of steps, each once.
fn keys_of(steps: &[&DeploymentStep]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for flag in steps.iter().flat_map(|step| &step.flags) {
        if !keys.iter().any(|key| key == flag.value.as_str()) {
            keys.push(flag.value.to_string());
        }
    }
    keys
}

/// Refuses steps with flags that do not exist, and warns of such steps that do not run now.
fn known(
    planner: &mut Planner<'_>,
    file: &PlanFile,
    steps: &[&DeploymentStep],
) -> Result<(), UsageError> {
    let known = &planner.before.known;
    let all = DeploymentPhase::ALL
        .iter()
        .filter_map(|phase| file.deployment.phase(*phase));
    for step in all.flatten() {
        let unknown = |flag: &&At<FlagKey>| !known.contains(&flag.value);
        for flag in step.flags.iter().filter(unknown) {
            let message = format!(
                "{}: there is no flag `{}`",
                file.place(flag.span),
                flag.value
            );
            let near = did_you_mean(flag.value.as_str(), known.iter().map(FlagKey::as_str));
            if steps.iter().any(|other| std::ptr::eq(*other, step)) {
                let hint = near.or_else(|| Some("`ffctl list` shows the flags".to_owned()));
                return Err(UsageError::new(message, hint));
            }
            let near = near.map_or_else(String::new, |near| format!("; {near}"));
            planner.plan.warnings.push(format!("{message}{near}"));
        }
    }
    Ok(())
}

fn nothing_to_do(
    planner: &Planner<'_>,
    file: &PlanFile,
    deploy: &Deploy,
    has_phase: bool,
    environment: EnvironmentId,
) -> String {
    let (name, phase) = (file.name(), deploy.phase.name());
    if has_phase {
        let environment = planner.before.catalog.environments.get(environment);
        format!("{name} has no step of `{phase}` for {}", environment.name)
    } else {
        format!("{name} has no `{phase}`")
    }
}

//! `rollback`: what was is again, as a commit on top.
//!
//! A revision is looked up where the user is, and read beside the project of today (`past`). Back to
//! a revision means each flag by itself (`to`); one commit, or those of a deployment, are undone slot
//! by slot (`inverse`). Either way the plan is judged as every other, and tells what was served then.

mod audience;
mod inverse;
mod past;
mod renames;
mod side;
mod standing;
mod to;
mod verify;

use std::path::Path;

use crate::diff;
use crate::literal;
use crate::model::{EnvironmentId, Flag, FlagKey};
use crate::patch::{Back, NewKeys, Newer};
use crate::tree::{FileTree, Overlay};
use crate::workspace::{Files, Project, ProjectTree};

use super::super::effects::Stages;
use super::super::open::Opened;
use super::super::write::Planned;
use super::plan::{Plan, Planner};
use super::{RefusedError, Request, message};

/// A rollback.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "switches, each for itself")]
pub struct Rollback {
    /// To what.
    pub target: Target,
    /// Whether ramps and schedules go on as if nothing had happened.
    pub resume: bool,
    /// Whether kill switches are taken away that were not in force then.
    pub lift_kill_switches: bool,
    /// Whether what an entry had from elsewhere may be written into it.
    pub pin: bool,
    /// Whether flags that did not exist are archived.
    pub prune: bool,
    /// What becomes of what was changed again since the change that is undone.
    pub newer: Newer,
}

/// What is rolled back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Everything since a revision.
    Revision(String),
    /// Everything since a version: a tag that is called so, with or without `v`.
    Version(String),
    /// One commit.
    Commit(String),
    /// The commits of a deployment.
    Deployment(String),
}

impl Rollback {
    fn back<'r>(&self, environments: Option<&'r [EnvironmentId]>) -> Back<'r> {
        Back {
            environments,
            resume: self.resume,
            lift_kill_switches: self.lift_kill_switches,
            pin: self.pin,
        }
    }
}

impl Target {
    /// Returns the target with the id of a commit in the place of a name that may move.
    pub(super) fn fixed(&self, folder: &Path) -> anyhow::Result<Self> {
        Ok(match self {
            Self::Revision(typed) => Self::Revision(past::fixed(folder, typed)?),
            Self::Commit(typed) => Self::Commit(past::fixed(folder, typed)?),
            Self::Version(_) | Self::Deployment(_) => self.clone(),
        })
    }
}

/// Plans a rollback for the project of a folder.
pub(super) fn plan(
    root: &Path,
    project: Project,
    overlay: Overlay<'_, ProjectTree>,
    request: &Request,
    options: &Rollback,
) -> anyhow::Result<Planned<Plan>> {
    match &options.target {
        Target::Revision(revision) => {
            let past = past::named(request, revision)?;
            to::plan(root, project, overlay, request, options, &past)
        }
        Target::Version(version) => {
            let past = past::version(request, &project, version)?;
            to::plan(root, project, overlay, request, options, &past)
        }
        Target::Commit(revision) => {
            let past = past::named(request, revision)?;
            past::is_behind(root, request, &past)?;
            let heading = Heading {
                title: format!("of commit {}", past.commit.id.short()),
                line: ("Rollback-Of", past.commit.id.to_string()),
            };
            inverse::plan(
                root,
                project,
                overlay,
                request,
                options,
                (&[past], &heading),
            )
        }
        Target::Deployment(id) => {
            let (commits, warnings) = past::deployment(root, id)?;
            let heading = Heading {
                title: format!("of deployment {id}"),
                line: ("Rollback-Of", id.trim().to_owned()),
            };
            let target = (commits.as_slice(), &heading);
            let mut planned = inverse::plan(root, project, overlay, request, options, target)?;
            planned.payload.warnings.extend(warnings);
            Ok(planned)
        }
    }
}

/// What a rollback is called: behind the flags, and in the line for programs.
struct Heading {
    title: String,
    line: (&'static str, String),
}

/// Returns the keys of all flags of a project.
fn all_keys(project: &Project, tree: &impl FileTree) -> Vec<String> {
    let listed = Files::list(tree, project.config.as_ref());
    listed.known.iter().map(ToString::to_string).collect()
}

/// Returns whether a kill switch stands anywhere in a flag's file.
fn holds_kill_switch(flag: &Flag) -> bool {
    let mut entries = flag.entries.iter().flatten();
    flag.kill_switch.is_some() || entries.any(|(_, entry)| entry.kill_switch.is_some())
}

/// Refuses to replace a file that cannot be understood where only a part is meant, and where a kill
/// switch may be lost.
fn whole_only(
    key: &str,
    text: &str,
    has_environments: bool,
    options: &Rollback,
) -> Result<(), RefusedError> {
    let why = if has_environments {
        ", and comes back as a whole only: leave out `--env`, or"
    } else if text.contains("kill_switch") && !options.lift_kill_switches {
        ", and may hold a kill switch: `--lift-kill-switches` takes that away"
    } else {
        return Ok(());
    };
    Err(not_understood(key, why))
}

/// Refuses a flag's file that cannot be understood.
fn not_understood(key: &str, why: &str) -> RefusedError {
    let hint = "mend the file first: `ffctl validate` shows what is wrong with it".to_owned();
    RefusedError::new(
        format!("the file of `{key}` cannot be understood{why}"),
        hint,
    )
}

/// Returns the path at which a flag that is gone comes back: where it was in the flags folder, which
/// may be another one today.
fn way_back(planner: &Planner<'_>, then: &Opened, was: &Flag) -> anyhow::Result<String> {
    planner.is_free(was.key.as_str(), None)?;
    let name = then.sources.get(was.source).name();
    let below = name.strip_prefix(then.project.flags_folder());
    let folder = planner.project.flags_folder();
    let path = format!("{folder}{}", below.unwrap_or(name));
    if planner
        .overlay
        .read(&path)
        .is_ok_and(|bytes| bytes.is_none())
    {
        return Ok(path);
    }
    let hint = "move that file away first".to_owned();
    Err(RefusedError::new(format!("`{path}` is there already"), hint).into())
}

/// Names the plan by what it writes, and tells what was served then, is now and will be.
fn tell(
    planner: &mut Planner<'_>,
    after: Option<&Opened>,
    (then, time, renamed): (&Opened, i64, &NewKeys),
    heading: &Heading,
) {
    let mut keys: Vec<String> = planner.files.iter().map(|(key, _)| key.clone()).collect();
    keys.retain(|key| !key.is_empty());
    keys.dedup();
    if keys.is_empty() {
        keys.extend(
            planner
                .plan
                .effects
                .iter()
                .map(|effect| effect.flag.clone()),
        );
        keys.dedup();
    }
    let environments = planner.request.environments.join(" and ");
    let place = if environments.is_empty() {
        String::new()
    } else {
        format!(" in {environments}")
    };
    let flags = match keys.as_slice() {
        [] => String::new(),
        keys => format!("{} ", message::listed(keys)),
    };
    planner.plan.title = format!("rollback {flags}{}{place}", heading.title);
    planner.plan.lines.push(heading.line.clone());
    let Some(after) = after else { return };
    let now = literal::whole_second(planner.request.now);
    let served = |opened: &Opened, flag: &str, environment: &str, time| {
        let id = opened.catalog.environments.find(environment)?;
        let flag = opened.catalog.flags.get(flag)?;
        Some(diff::served_in_full(&opened.catalog, flag, id, time))
    };
    let before = &planner.before;
    for effect in &mut planner.plan.effects {
        let (flag, environment) = (effect.flag.as_str(), effect.environment.as_str());
        effect.stages = Some(Stages {
            then: {
                let key = renamed.then(flag);
                served(then, key.map_or(flag, FlagKey::as_str), environment, time)
            },
            now: served(before, flag, environment, now),
            after: served(after, flag, environment, now),
        });
    }
}

//! The steps of a phase, done one after the other: each sees what those before it have made of the
//! files.

use std::collections::BTreeMap;

use crate::diff;
use crate::literal;
use crate::model::{
    At, Catalog, Dependency, DeploymentAction, DeploymentStep, EnvironmentId, Flag, FlagKey,
};
use crate::patch::{self, Disable, Enable, Met, Pending, Share, Subject};
use crate::resolve::{self, Moment};

use super::super::super::UsageError;
use super::super::super::open::Opened;
use super::super::super::write::Planned;
use super::super::plan::{Job, Plan, Planner};
use super::super::{RefusedError, Verb, dependencies, message};
use super::Deploy;
use super::done;
use super::done::Done;
use super::file::PlanFile;

/// A phase in the making.
pub(super) struct Run<'d, 'r> {
    planner: Planner<'r>,
    file: &'d PlanFile,
    deploy: &'d Deploy,
    environment: EnvironmentId,
    /// The time, in Unix seconds.
    time: i64,
    /// The files as the steps so far have made them; `None` where they are as they were.
    made: Option<Opened>,
    jobs: Vec<Job>,
    /// What to say of flags that are left as they are.
    left: BTreeMap<String, String>,
    /// The flags that commits of this deployment's phase have changed here, with the commit.
    done: BTreeMap<String, Done>,
}

impl<'d, 'r> Run<'d, 'r> {
    pub(super) fn new(
        planner: Planner<'r>,
        file: &'d PlanFile,
        deploy: &'d Deploy,
        environment: EnvironmentId,
    ) -> anyhow::Result<Self> {
        let name = &planner.before.catalog.environments.get(environment).name;
        let done = done::before(planner.project.root(), deploy, name.as_str())?;
        Ok(Self {
            done,
            file,
            deploy,
            environment,
            time: literal::whole_second(planner.request.now),
            planner,
            made: None,
            jobs: Vec::new(),
            left: BTreeMap::new(),
        })
    }

    /// Does the steps, and judges what they come to.
    pub(super) fn make(mut self, steps: &[&DeploymentStep]) -> anyhow::Result<Planned<Plan>> {
        for step in steps {
            match step.action {
                DeploymentAction::Verify => self.verify(step)?,
                action => {
                    for flag in &step.flags {
                        let done = self.change(action, flag);
                        done.map_err(|error| at(&self.file.place(flag.span), error))?;
                    }
                }
            }
        }
        self.still_met()?;
        self.planner.judge(&self.jobs)?;
        for skipped in &mut self.planner.plan.skipped {
            if let Some(why) = self.left.remove(&skipped.flag) {
                skipped.why = why;
            }
        }
        self.planner.plan.title = self.title();
        Ok(self.planner.finish())
    }

    /// A step may take away what a flag needs that an earlier one has enabled.
    fn still_met(&self) -> anyhow::Result<()> {
        for key in self.planner.files.iter().map(|(key, _)| key) {
            let last = self.jobs.iter().rev().find(|job| job.key == *key);
            if last.is_some_and(|job| matches!(job.verb, Verb::Enable { .. })) {
                dependencies::served_by_now(self.catalog(), key, self.environment, self.time)?;
            }
        }
        Ok(())
    }

    fn so_far(&self) -> &Opened {
        self.made.as_ref().unwrap_or(&self.planner.before)
    }

    fn catalog(&self) -> &Catalog {
        &self.so_far().catalog
    }

    fn flag(&self, key: &str) -> &Flag {
        let flag = self.catalog().flags.get(key);
        flag.expect("flags that are not sound were refused")
    }

    fn environment_name(&self) -> &str {
        let environment = self.catalog().environments.get(self.environment);
        environment.name.as_str()
    }

    /// Switches a flag on or off.
    fn change(&mut self, action: DeploymentAction, flag: &At<FlagKey>) -> anyhow::Result<()> {
        let key = flag.value.as_str();
        if let Some(done) = self.done.get(key) {
            let (commit, undone) = (done.commit.short(), done.undone_by);
            let undone = undone.map_or_else(String::new, |undone| {
                format!(
                    ", and undone since by {}: another `--deployment-id` does it again",
                    undone.short()
                )
            });
            let why = format!("this phase was done to it already, by {commit}{undone}");
            self.left.insert(key.to_owned(), why);
            return Ok(());
        }
        let verb = match action {
            DeploymentAction::Enable { percentage: None } if self.is_on(key)? => {
                self.leave_on(key);
                return Ok(());
            }
            DeploymentAction::Enable { percentage } => self.enable(key, percentage)?,
            _ => Verb::Disable(Disable {
                at: None,
                keep_schedule: self.deploy.pending == Pending::Keep,
            }),
        };
        let job = Job {
            key: key.to_owned(),
            verb,
            environment: Some(self.environment),
        };
        let patched = self.planner.patch(self.so_far(), &job);
        let patched = patched.map_err(|error| as_with(&job, error))?;
        self.planner.write(&job, patched, true)?;
        self.made = Some(self.planner.sound_again()?);
        self.jobs.push(job);
        Ok(())
    }

    fn enable(&mut self, key: &str, percentage: Option<u32>) -> anyhow::Result<Verb> {
        let (catalog, environment) = (self.catalog(), self.environment);
        let notes = dependencies::served_by_now(catalog, key, environment, self.time)?;
        self.planner.plan.notes.extend(notes);
        Ok(Verb::Enable {
            options: Enable {
                share: percentage.map(Share::Percentage),
                pending: self.deploy.pending,
                ..Enable::default()
            },
            with_dependencies: false,
        })
    }

    /// Returns whether a flag is switched on and serves somebody more than its off value, now or
    /// later: then it is on already, to however many.
    fn is_on(&self, key: &str) -> anyhow::Result<bool> {
        let (catalog, flag) = (self.catalog(), self.flag(key));
        let root = self.planner.root(key)?;
        let subject = Subject {
            catalog,
            flag,
            root: &root,
            now: self.time,
        };
        let time = Moment::At(self.time);
        let resolved = resolve::resolve(catalog, flag, self.environment, time);
        let is_served = !patch::serves_only_off(&subject, self.environment);
        Ok(flag.archived.is_none() && resolved.enabled.value && is_served)
    }

    /// What was on before the deployment, or came back by it, is not raised: to do a deployment
    /// again is to do nothing.
    fn leave_on(&mut self, key: &str) {
        let reach = patch::reach(self.catalog(), self.flag(key), self.environment, self.time);
        if reach == Met::Everybody {
            return;
        }
        let words = self.served(key);
        let why =
            format!("on already, {words}; a step with `percentage: 100` brings it to everybody");
        self.left.insert(key.to_owned(), why);
    }

    fn served(&self, key: &str) -> String {
        diff::served(self.catalog(), self.flag(key), self.environment, self.time)
    }

    /// Refuses to go on where somebody is served the off value of one of the flags.
    fn verify(&mut self, step: &DeploymentStep) -> anyhow::Result<()> {
        let mut failed = Vec::new();
        for flag in &step.flags {
            let key = flag.value.as_str();
            let reach = patch::reach(self.catalog(), self.flag(key), self.environment, self.time);
            if reach == Met::Everybody {
                let why = || "verified: served to everybody".to_owned();
                self.left.entry(key.to_owned()).or_insert_with(why);
            } else {
                failed.push(format!("`{key}` ({}{})", self.served(key), self.unmet(key)));
            }
        }
        let Some(first) = step.flags.first().filter(|_| !failed.is_empty()) else {
            return Ok(());
        };
        let name = self.environment_name();
        let message = format!(
            "{}: not served to everybody in {name}: {}",
            self.file.place(first.span),
            failed.join(", ")
        );
        let hint = format!(
            "nothing was written, for a phase is done as a whole; `ffctl show --flag KEY --env {name}` shows where it comes from"
        );
        Err(RefusedError::new(message, hint).into())
    }

    /// Returns the flags that one needs and that not everybody is served, in words.
    fn unmet(&self, key: &str) -> String {
        let unmet = |dependency: &&Dependency| {
            let met = patch::met(self.catalog(), dependency, self.environment, self.time);
            dependency.repository.is_none() && met != Met::Everybody
        };
        let needed = self.flag(key).depends_on.iter().filter(unmet);
        let words =
            needed.map(|dependency| format!("; `{}` is not served as needed", dependency.flag));
        words.collect()
    }

    /// Says what is done to the flags that change, by name where they are few.
    fn title(&self) -> String {
        let title = self.planner.request.verb.title("", self.environment_name());
        let changed = self.planner.files.iter().map(|(key, _)| key);
        let done: Vec<String> = changed
            .filter_map(|key| self.jobs.iter().rev().find(|job| job.key == *key))
            .map(|job| job.verb.title(&job.key, ""))
            .collect();
        if done.is_empty() {
            return title;
        }
        format!("{title}: {}", message::listed(&done))
    }
}

/// Says of a refusal by which step it came.
fn at(place: &str, error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<RefusedError>() {
        Ok(mut refused) => {
            refused.message = format!("{place}: {}", refused.message);
            refused.into()
        }
        Err(error) => match error.downcast::<UsageError>() {
            Ok(mut usage) => {
                usage.message = format!("{place}: {}", usage.message);
                usage.into()
            }
            Err(error) => error,
        },
    }
}

/// Says of which command the options are that a hint names.
fn as_with(job: &Job, error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<UsageError>() {
        Ok(mut usage) => {
            let (verb, key) = (job.verb.name(), &job.key);
            usage.message = format!("as with `ffctl {verb} --flag {key}`: {}", usage.message);
            usage.into()
        }
        Err(error) => error,
    }
}

//! `enable`: what must be served first.

use crate::literal;
use crate::model::{Catalog, Dependency, EnvironmentId, Required};
use crate::patch::{self, Enable, Met, What};

use super::plan::{Job, Planner};
use super::{RefusedError, Verb};

/// Puts the flags that must be served first before those that need them, if that is wanted, or
/// refuses; and notes what is served to some only.
pub(super) fn settle(
    planner: &Planner<'_>,
    jobs: Vec<Job>,
) -> anyhow::Result<(Vec<Job>, Vec<String>)> {
    let mut settled = Vec::new();
    let mut notes = Vec::new();
    for job in jobs {
        if let (
            Verb::Enable {
                with_dependencies, ..
            },
            Some(environment),
        ) = (&job.verb, job.environment)
        {
            let settling = Settling {
                catalog: &planner.before.catalog,
                planned: &planner.keys,
                environment,
                now: literal::whole_second(planner.request.now),
                otherwise: if *with_dependencies {
                    Otherwise::Enable
                } else {
                    Otherwise::Refuse
                },
            };
            settling.needs(&job.key, &mut settled, &mut notes)?;
        }
        if !settled.iter().any(|other: &Job| same(other, &job)) {
            settled.push(job);
        }
    }
    Ok((settled, notes))
}

/// Refuses to enable a flag in a deployment before the flags that it needs are served; returns notes
/// on what is served to some only.
pub(super) fn served_by_now(
    catalog: &Catalog,
    key: &str,
    environment: EnvironmentId,
    now: i64,
) -> anyhow::Result<Vec<String>> {
    let settling = Settling {
        catalog,
        planned: &[],
        environment,
        now,
        otherwise: Otherwise::EarlierStep,
    };
    let mut notes = Vec::new();
    settling.needs(key, &mut Vec::new(), &mut notes)?;
    Ok(notes)
}

fn same(job: &Job, other: &Job) -> bool {
    job.key == other.key && job.environment == other.environment
}

struct Settling<'p> {
    catalog: &'p Catalog,
    /// The flags that are changed as well.
    planned: &'p [String],
    environment: EnvironmentId,
    now: i64,
    otherwise: Otherwise,
}

/// What becomes of a flag that is needed and not served.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Otherwise {
    /// It is enabled first.
    Enable,
    /// Somebody has to enable it first.
    Refuse,
    /// A step before has to.
    EarlierStep,
}

impl Settling<'_> {
    fn needs(&self, key: &str, jobs: &mut Vec<Job>, notes: &mut Vec<String>) -> anyhow::Result<()> {
        let catalog = self.catalog;
        let Some(flag) = catalog.flags.get(key) else {
            return Ok(());
        };
        let name = &catalog.environments.get(self.environment).name;
        for dependency in flag.depends_on.iter().filter(|d| d.repository.is_none()) {
            let first = dependency.flag.as_str();
            let planned = self.planned.iter().any(|other| other == first)
                || jobs.iter().any(|job| job.key == first);
            match patch::met(catalog, dependency, self.environment, self.now) {
                Met::Everybody => {}
                Met::Some => notes.push(format!(
                    "`{key}` needs `{first}`, which only some are served in {name}"
                )),
                Met::Nobody if planned => {}
                Met::Nobody if self.otherwise == Otherwise::Enable => {
                    self.needs(first, jobs, notes)?;
                    jobs.push(self.first(dependency)?);
                }
                Met::Nobody => {
                    return Err(RefusedError::new(
                        format!("`{key}` needs `{first}`, which is not served in {name}"),
                        self.advice(first, name.as_str()),
                    )
                    .into());
                }
            }
        }
        Ok(())
    }

    fn advice(&self, first: &str, name: &str) -> String {
        if self.otherwise == Otherwise::EarlierStep {
            return format!("put a step `enable_flag: {first}` before it");
        }
        format!(
            "enable that first: `ffctl enable --flag {first} --env {name}`, or both with `--with-dependencies`"
        )
    }

    /// The job that serves what is required, to everybody.
    fn first(&self, dependency: &Dependency) -> anyhow::Result<Job> {
        let catalog = self.catalog;
        let environment = catalog.environments.get(self.environment);
        let key = dependency.flag.as_str();
        if environment.is_protected() {
            return Err(RefusedError::new(
                format!(
                    "`{key}` would be enabled for everybody in {}, which is protected",
                    environment.name
                ),
                format!(
                    "enable it by itself: `ffctl enable --flag {key} --env {} --percentage P`",
                    environment.name
                ),
            )
            .into());
        }
        let what = match &dependency.required {
            Required::Values(values) if values.contains(&true.into()) => None,
            Required::Values(values) => values
                .first()
                .map(|value| What::Value(crate::document::Tree::from_json(value))),
            Required::Variants(names) if names.iter().any(|name| name == "on") => None,
            Required::Variants(names) => names.first().cloned().map(What::Variant),
        };
        let flag = catalog.flags.get(key);
        // A flag with variants is asked for by name: of a value, the variant that has it.
        let what = match (what, flag) {
            (Some(What::Value(value)), Some(flag)) if !flag.variants.is_empty() => {
                let json = value.to_json();
                let named = flag.variants.iter().find(|variant| variant.value == json);
                named.map(|variant| What::Variant(variant.key.to_string()))
            }
            (what, _) => what,
        };
        Ok(Job {
            key: key.to_owned(),
            verb: Verb::Enable {
                options: Enable {
                    what,
                    ..Enable::default()
                },
                with_dependencies: true,
            },
            environment: Some(self.environment),
        })
    }
}

//! `emergency-disable`: a plan that works when all else is broken.

use crate::diagnostic::{Diagnostics, join_names};
use crate::document::Tree;
use crate::literal;
use crate::model::EnvironmentId;
use crate::patch::{self, Kill, Subject, Unread};
use crate::resolve;
use crate::store::FileChange;
use crate::text::SourceMap;
use crate::tree::Overlay;
use crate::workspace::{Project, ProjectTree};
use crate::yaml;

use super::super::open::{Opened, find_environment, unknown_flag};
use super::super::write::{CommitMode, Planned};
use super::plan::{Cause, Job, Plan, Planner};
use super::{Request, Verb, message, refused};

/// Plans the kill switch for flags: only their own files must be YAML.
pub(super) fn plan(
    project: Project,
    overlay: Overlay<'_, ProjectTree>,
    keys: &[String],
    unread: &[String],
    request: &Request,
    kill: &Kill,
) -> anyhow::Result<Planned<Plan>> {
    let planner = Planner::open(project, overlay, keys.to_vec(), request);
    for key in keys {
        if !planner.before.known.contains(key.as_str()) {
            let mut unknown = unknown_flag(&planner.before, key);
            if request.write.commit != CommitMode::No {
                unknown.hint = Some(format!(
                    "{}; if the release branch does not have it yet, `--no-commit` writes the working file",
                    unknown.hint.unwrap_or_default()
                ));
            }
            return Err(unknown.into());
        }
    }
    let mut emergency = Emergency {
        planner,
        kill,
        scope: Vec::new(),
        unread: Vec::new(),
        jobs: Vec::new(),
    };
    emergency.find_scope()?;
    for key in keys {
        emergency.flag(key)?;
    }
    for key in unread.iter().filter(|key| !keys.contains(key)) {
        let why =
            "its file cannot be read, so its tags and owner are not known: name it with `--flag`";
        emergency.skip(key, why, Cause::Broken)?;
    }
    Ok(emergency.finish())
}

struct Emergency<'p, 'r> {
    planner: Planner<'r>,
    kill: &'p Kill,
    /// The named environments; none is everywhere.
    scope: Vec<EnvironmentId>,
    /// The named environments, where environments.yaml cannot be read.
    unread: Vec<String>,
    jobs: Vec<Job>,
}

impl Emergency<'_, '_> {
    fn find_scope(&mut self) -> anyhow::Result<()> {
        let names = &self.planner.request.environments;
        if self.planner.before.catalog.environments.is_empty() {
            self.unread.clone_from(names);
            return Ok(());
        }
        for name in names {
            match find_environment(&self.planner.before, Some(name)) {
                Ok(id) if self.scope.contains(&id) => {}
                Ok(id) => self.scope.push(id),
                Err(_) if self.has_broken_environments() => self.unread.clone_from(names),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Returns whether there may be more environments than could be read.
    fn has_broken_environments(&self) -> bool {
        let before = &self.planner.before;
        let mut environments = before.catalog.environments.iter();
        let source = environments
            .next()
            .map(|(_, environment)| environment.source);
        before
            .diagnostics
            .errors()
            .any(|finding| Some(finding.location.source) == source)
    }

    fn flag(&mut self, key: &str) -> anyhow::Result<()> {
        let catalog = &self.planner.before.catalog;
        let now = literal::whole_second(self.planner.request.now);
        let known = catalog.flags.get(key).filter(|_| self.unread.is_empty());
        let Some(flag) = known else {
            return self.unread_flag(key, now);
        };
        if flag.archived.is_some() {
            return self.skip(
                key,
                "it is archived, so no runtime gets it",
                Cause::Unaffected,
            );
        }
        let all = || catalog.environments.iter().map(|(id, _)| id);
        let scope: Vec<EnvironmentId> = if self.scope.is_empty() {
            all().collect()
        } else {
            self.scope.clone()
        };
        let killed = |id: &EnvironmentId| resolve::kill(catalog, flag, *id).is_some();
        let is_killed = if self.scope.is_empty() {
            flag.kill_switch.is_some()
        } else {
            scope.iter().all(killed)
        };
        if is_killed {
            return self.skip(key, "it is killed already", Cause::Done);
        }
        let mut root = self.planner.root(key)?;
        let subject = Subject {
            catalog,
            flag,
            root: &root,
            now,
        };
        // Where something could not be read, what is served here says little of what runtimes have.
        let is_sound = !self.planner.before.diagnostics.has_errors();
        let dark = |id: &EnvironmentId| patch::serves_only_off(&subject, *id);
        let environments = &catalog.environments;
        let follows = |id: &EnvironmentId| {
            let mut line = environments.sync_line(*id);
            line.any(|id| scope.contains(&id))
        };
        let reached: Vec<EnvironmentId> = all().filter(follows).collect();
        if is_sound && !reached.is_empty() && reached.iter().all(dark) {
            let why = "it serves its off value to everybody, now and later";
            return self.skip(key, why, Cause::Unaffected);
        }
        let places: Vec<Option<EnvironmentId>> = if self.scope.is_empty() {
            vec![None]
        } else {
            scope
                .into_iter()
                .filter(|id| !killed(id))
                .map(Some)
                .collect()
        };
        for place in places {
            let subject = Subject {
                catalog,
                flag,
                root: &root,
                now,
            };
            root = patch::kill(&subject, place, self.kill)
                .map_err(refused)?
                .root;
            self.jobs.push(Job {
                key: key.to_owned(),
                verb: self.planner.request.verb.clone(),
                environment: place,
            });
        }
        let (path, text) = self.planner.file(key);
        self.edit(key, path, text, &root)
    }

    /// A flag whose file has errors, or whose environments cannot be read.
    fn unread_flag(&mut self, key: &str, now: i64) -> anyhow::Result<()> {
        let Some((path, text)) = self.planner.raw_file(key) else {
            return self.skip(key, "its file cannot be read", Cause::Broken);
        };
        let mut told = Diagnostics::default();
        let document = yaml::parse(SourceMap::default().next_id(), &text, &mut told);
        let Some(document) = document.filter(|document| document.root().is_map()) else {
            let why = told
                .iter()
                .map(|finding| finding.message.clone())
                .next()
                .unwrap_or_else(|| "it says nothing".to_owned());
            return self.skip(
                key,
                &format!("its file {path} cannot be edited: {why}"),
                Cause::Broken,
            );
        };
        let mut root = Tree::of(document.root());
        let present = root.get("kill_switch");
        if present.is_some_and(|tree| !tree.is_null()) {
            return self.skip(key, "it is killed already", Cause::Done);
        }
        let names = self.planner.request.environments.clone();
        let places: Vec<Option<&str>> = if names.is_empty() {
            vec![None]
        } else {
            names.iter().map(|name| Some(name.as_str())).collect()
        };
        let mut is_written = false;
        for place in places {
            match patch::kill_unread(&root, place, self.kill, now).map_err(refused)? {
                Unread::Killed(killed) => {
                    root = killed;
                    is_written = true;
                }
                Unread::Already => {}
                Unread::Unknown => {
                    let why = "its file or environments.yaml has errors: kill it everywhere, without `--env`";
                    return self.skip(key, why, Cause::Broken);
                }
            }
        }
        if !is_written {
            return self.skip(key, "it is killed already", Cause::Done);
        }
        self.planner.plan.notes.push(format!(
            "{path} or environments.yaml has errors: what `{key}` served cannot be told"
        ));
        self.edit(key, path, text, &root)
    }

    fn edit(&mut self, key: &str, path: String, text: String, root: &Tree) -> anyhow::Result<()> {
        match yaml::rewrite(&text, root) {
            Ok(after) => {
                let change = FileChange {
                    path,
                    before: Some(text),
                    after: Some(after),
                };
                self.planner.take(key, change);
                Ok(())
            }
            Err(error) => self.skip(
                key,
                &format!("{path} cannot be edited: {error}"),
                Cause::Broken,
            ),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "ends the work on a flag")]
    fn skip(&mut self, key: &str, why: &str, cause: Cause) -> anyhow::Result<()> {
        self.planner.skip(key, why, cause);
        Ok(())
    }

    fn finish(mut self) -> Planned<Plan> {
        let request = self.planner.request;
        let skipped = |key: &String| self.planner.plan.skipped.iter().any(|s| s.flag == *key);
        let written: Vec<String> = self
            .planner
            .keys
            .iter()
            .filter(|key| !skipped(key))
            .cloned()
            .collect();
        let names = request.environments.join(" and ");
        self.planner.plan.title =
            Verb::EmergencyDisable(self.kill.clone()).title(&message::listed(&written), &names);
        if !written.is_empty() {
            let after = self.planner.read_again();
            let jobs = std::mem::take(&mut self.jobs);
            self.planner.compare(&jobs, &after);
            let broken: Vec<String> = files_with_errors(&after);
            if !broken.is_empty() {
                self.planner.plan.notes.push(format!(
                    "{} {} errors, so the catalog does not compile: `ffctl export --env ENV --format ruleset --kills-only PREVIOUS` ships the kill switch all the same",
                    join_names(&broken, "and"),
                    if broken.len() == 1 { "has" } else { "have" },
                ));
            }
        }
        self.planner.finish()
    }
}

fn files_with_errors(opened: &Opened) -> Vec<String> {
    let mut files: Vec<String> = opened
        .diagnostics
        .errors()
        .map(|finding| {
            opened
                .sources
                .get(finding.location.source)
                .name()
                .to_owned()
        })
        .collect();
    files.dedup();
    files
}

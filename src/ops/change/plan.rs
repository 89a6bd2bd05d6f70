//! A plan for a project's folder: files read and patched. What it means is judged beside.

use std::collections::BTreeSet;
use std::path::Path;

use crate::document::Tree;
use crate::literal;
use crate::model::{EnvironmentId, Flag, FlagKey};
use crate::patch::{self, Patched, Subject};
use crate::store::FileChange;
use crate::tree::{FileTree, Overlay};
use crate::workspace::{Files, Index, Project, ProjectTree, Selection, mentioning, yaml_stem};
use crate::yaml::{self, RewriteError};

use super::super::effects::Effect;
use super::super::open::{Opened, find_environment, read_files, unknown_flag};
use super::super::write::{Planned, index_of};
use super::select::Selected;
use super::{
    RefusedError, Request, Verb, create, dependencies, deploy, emergency, message, refused, rename,
    rollback, select,
};

/// What a change does.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What is done, in one line.
    pub title: String,
    /// What each environment served and serves, protected environments first.
    pub effects: Vec<Effect>,
    /// What else is done, and what should be known.
    pub notes: Vec<String>,
    /// What may be in the way of shipping it.
    pub warnings: Vec<String>,
    /// The flags that are left as they are.
    pub skipped: Vec<Skipped>,
    /// Lines that the commit's message has for programs, beside those of every change: a key, and
    /// what it says.
    pub lines: Vec<(&'static str, String)>,
}

/// A flag that is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The flag.
    pub flag: String,
    /// Why.
    pub why: String,
    /// What that means.
    pub cause: Cause,
}

/// Why a flag is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It is as wanted already.
    Done,
    /// The change would change nothing.
    Unaffected,
    /// It cannot be changed.
    Broken,
}

/// One flag to change, in one environment or as a whole.
pub(super) struct Job {
    pub(super) key: String,
    pub(super) verb: Verb,
    pub(super) environment: Option<EnvironmentId>,
}

/// Plans a request for the project of a folder.
pub(super) fn plan(root: &Path, request: &Request) -> anyhow::Result<Planned<Plan>> {
    let project = Project::find(root)?;
    let disk = project.tree.clone();
    let overlay = Overlay::new(&disk);
    let Selected { keys, unread } = select::select(&project, &overlay, request, request.now)?;
    match (&request.verb, keys.as_slice()) {
        (Verb::EmergencyDisable(kill), keys) => {
            return emergency::plan(project, overlay, keys, &unread, request, kill);
        }
        (Verb::Create(new), [key]) => return create::plan(project, overlay, key, request, new),
        (Verb::Deploy(deploy), _) => return deploy::plan(project, overlay, request, deploy),
        (Verb::Rollback(options), _) => {
            return rollback::plan(root, project, overlay, request, options);
        }
        (Verb::Rename { to }, [key]) => return rename::plan(project, overlay, key, request, to),
        _ => {}
    }
    let mut planner = Planner::open(project, overlay, keys, request);
    let in_doubt = unread.iter().map(|key| {
        format!("the file of `{key}` cannot be read, so it is left out whatever its tags and owner")
    });
    planner.plan.warnings.extend(in_doubt);
    planner.make()?;
    Ok(planner.finish())
}

/// A plan in the making.
pub(super) struct Planner<'r> {
    pub(super) request: &'r Request,
    pub(super) project: Project,
    pub(super) overlay: Overlay<'r, ProjectTree>,
    /// The project's files, as they are.
    pub(super) listed: Files,
    pub(super) keys: Vec<String>,
    /// Flags whose files name one of the keys, where that matters.
    pub(super) related: BTreeSet<FlagKey>,
    pub(super) before: Opened,
    pub(super) plan: Plan,
    pub(super) files: Vec<(String, FileChange)>,
}

impl<'r> Planner<'r> {
    pub(super) fn open(
        project: Project,
        overlay: Overlay<'r, ProjectTree>,
        keys: Vec<String>,
        request: &'r Request,
    ) -> Self {
        let listed = Files::list(&overlay, project.config.as_ref());
        let (related, before) = opened(&project, &overlay, &listed, &keys, request);
        Self {
            request,
            project,
            overlay,
            listed,
            keys,
            related,
            before,
            plan: Plan::default(),
            files: Vec::new(),
        }
    }

    /// Turns to other flags, before anything is planned.
    pub(super) fn turn_to(&mut self, keys: Vec<String>) {
        (self.related, self.before) = opened(
            &self.project,
            &self.overlay,
            &self.listed,
            &keys,
            self.request,
        );
        self.keys = keys;
    }

    /// Leaves flags out that were read, because nothing is to be done to them. Those that depend on one
    /// of the others are looked at all the same.
    pub(super) fn leave_out(&mut self, left: &BTreeSet<FlagKey>) {
        self.keys.retain(|key| !left.contains(key.as_str()));
        let keys: BTreeSet<&str> = self.keys.iter().map(String::as_str).collect();
        let flags = &self.before.catalog.flags;
        let depends = |key: &&FlagKey| {
            let flag = flags.get(key.as_str()).into_iter();
            let mut needed = flag.flat_map(|flag| &flag.depends_on);
            needed.any(|one| one.repository.is_none() && keys.contains(one.flag.as_str()))
        };
        self.related.extend(left.iter().filter(depends).cloned());
    }

    fn make(&mut self) -> anyhow::Result<()> {
        self.sound_settings()?;
        for key in &self.keys {
            if !self.before.known.contains(key.as_str()) {
                return Err(unknown_flag(&self.before, key).into());
            }
        }
        self.sound()?;
        let environments = self.environments()?;
        let jobs = self.jobs(&self.keys, &environments);
        let (jobs, notes) = dependencies::settle(self, jobs)?;
        self.plan.notes.extend(notes);
        self.plan.title = self.title(&environments);
        for job in &jobs {
            let patched = self.patch(&self.before, job)?;
            self.write(job, patched, jobs.len() > 1)?;
        }
        self.judge(&jobs)
    }

    /// Returns a job for each flag in each environment.
    pub(super) fn jobs<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k String>,
        environments: &[Option<EnvironmentId>],
    ) -> Vec<Job> {
        let job = |key: &String, environment: &Option<EnvironmentId>| Job {
            key: key.clone(),
            verb: self.request.verb.clone(),
            environment: *environment,
        };
        let keys = keys.into_iter();
        let jobs = keys.flat_map(|key| environments.iter().map(move |id| (key, id)));
        jobs.map(|(key, id)| job(key, id)).collect()
    }

    /// Returns the environments that are named; one `None` is the flag itself.
    pub(super) fn environments(&self) -> anyhow::Result<Vec<Option<EnvironmentId>>> {
        let names = &self.request.environments;
        if names.is_empty() && !self.request.verb.needs_environment() {
            return Ok(vec![None]);
        }
        if names.is_empty() {
            return Ok(vec![Some(find_environment(&self.before, None)?)]);
        }
        let mut ids: Vec<Option<EnvironmentId>> = Vec::new();
        for name in names {
            let id = Some(find_environment(&self.before, Some(name))?);
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    fn title(&self, environments: &[Option<EnvironmentId>]) -> String {
        let catalog = &self.before.catalog;
        let names: Vec<&str> = environments
            .iter()
            .flatten()
            .map(|id| catalog.environments.get(*id).name.as_str())
            .collect();
        self.request
            .verb
            .title(&message::listed(&self.keys), &names.join(" and "))
    }

    /// Does a job to a flag's file, as it was read last.
    pub(super) fn patch(&self, opened: &Opened, job: &Job) -> anyhow::Result<Patched> {
        let catalog = &opened.catalog;
        let flag = catalog
            .flags
            .get(job.key.as_str())
            .expect("flags that are not sound were refused");
        let root = self.root(&job.key)?;
        let now = literal::whole_second(self.request.now);
        let subject = Subject {
            catalog,
            flag,
            root: &root,
            now,
        };
        let patched = match &job.verb {
            Verb::Promote { from, options } => {
                let from = find_environment(&self.before, Some(from))?;
                let to = job.environment.expect("promote names an environment");
                let promoted = patch::promote(&subject, from, to, options).map_err(refused)?;
                let notes = promoted.drift.into_iter().chain(promoted.notes);
                Patched {
                    root: promoted.root,
                    notes: notes.collect(),
                }
            }
            Verb::Archive => {
                let reason = self.request.reason.as_deref().unwrap_or_default();
                let dependants = self.dependants(&job.key);
                patch::archive(&subject, reason, &dependants).map_err(refused)?
            }
            verb => verb.patch(&subject, job.environment).map_err(refused)?,
        };
        Ok(patched)
    }

    /// Returns a flag's file as the plan has it so far.
    pub(super) fn root(&self, key: &str) -> anyhow::Result<Tree> {
        let text = self.text(key);
        yaml::tree(&text)
            .ok_or_else(|| anyhow::anyhow!("the file of `{key}` cannot be read any more"))
    }

    /// Returns the text of a flag's file as the plan has it so far.
    pub(super) fn text(&self, key: &str) -> String {
        if let Some((_, change)) = self.files.iter().find(|(other, _)| other == key) {
            return change.after.clone().unwrap_or_default();
        }
        self.file(key).1
    }

    /// Returns the path and the text of a flag's file.
    pub(super) fn file(&self, key: &str) -> (String, String) {
        let source = self
            .flag(key)
            .map(|flag| self.before.sources.get(flag.source));
        source.map_or_else(Default::default, |source| {
            (source.name().to_owned(), source.text().to_owned())
        })
    }

    fn flag(&self, key: &str) -> Option<&Flag> {
        self.before.catalog.flags.get(key)
    }

    /// Returns the path and the text of the file that a key is the stem of, whatever it says; `None`
    /// if there is none, or more than one.
    pub(super) fn raw_file(&self, key: &str) -> Option<(String, String)> {
        let files = self.overlay.list(self.project.flags_folder()).ok()?;
        let mut files = files
            .into_iter()
            .filter(|file| yaml_stem(&file.path) == Some(key));
        let (file, None) = (files.next()?, files.next()) else {
            return None;
        };
        let bytes = self.overlay.read(&file.path).ok().flatten()?;
        Some((file.path, String::from_utf8(bytes).ok()?))
    }

    /// Returns whether the plan replaces a flag's file that cannot be understood as it is.
    pub(super) fn is_unread(&self, key: &str) -> bool {
        let before = &self.before;
        let is_planned = self.files.iter().any(|(other, _)| other == key);
        if !is_planned || !before.unsound.contains(key) {
            return false;
        }
        let source = self.flag(key).map(|flag| flag.source);
        let mut errors = before.diagnostics.errors();
        source.is_none_or(|source| errors.any(|error| error.location.source == source))
    }

    /// Returns the flags of the catalog that depend on a flag.
    pub(super) fn dependants(&self, key: &str) -> Vec<FlagKey> {
        let on_it = |flag: &&Flag| {
            flag.archived.is_none()
                && flag
                    .depends_on
                    .iter()
                    .any(|d| d.repository.is_none() && d.flag.as_str() == key)
        };
        let flags = self.before.catalog.flags.values().filter(on_it);
        flags.map(|flag| flag.key.clone()).collect()
    }

    /// Takes a flag's file as it should be into the plan, and what there is to say of it, by name
    /// where it is one of several.
    pub(super) fn write(
        &mut self,
        job: &Job,
        patched: Patched,
        several: bool,
    ) -> anyhow::Result<()> {
        self.note(&job.key, patched.notes, several);
        self.edit(&job.key, &patched.root)
    }

    /// Takes what there is to say of a flag into the plan, by name where it is one of several.
    pub(super) fn note(&mut self, key: &str, notes: Vec<String>, several: bool) {
        let notes = notes.into_iter().map(|note| {
            if several {
                format!("`{key}`: {note}")
            } else {
                note
            }
        });
        self.plan.notes.extend(notes);
    }

    /// Leaves a flag as it is, and says why.
    pub(super) fn skip(&mut self, key: &str, why: impl Into<String>, cause: Cause) {
        self.plan.skipped.push(Skipped {
            flag: key.to_owned(),
            why: why.into(),
            cause,
        });
    }

    /// Takes a flag's file as it should be into the plan.
    pub(super) fn edit(&mut self, key: &str, root: &Tree) -> anyhow::Result<()> {
        let text = self.text(key);
        let (path, _) = self.file(key);
        let changed = edited(&text, root, &path)?;
        self.change(key, changed);
        Ok(())
    }

    /// Takes a flag's text as it should be into the plan.
    pub(super) fn change(&mut self, key: &str, changed: String) {
        if let Some((_, change)) = self.files.iter_mut().find(|(other, _)| other == key) {
            self.overlay.set(&change.path, Some(changed.clone()));
            change.after = Some(changed);
        } else {
            let (path, before) = self.file(key);
            self.overlay.set(&path, Some(changed.clone()));
            let change = FileChange {
                path,
                before: Some(before),
                after: Some(changed),
            };
            self.files.push((key.to_owned(), change));
        }
    }

    pub(super) fn finish(self) -> Planned<Plan> {
        let written = self.files.iter().map(|(key, _)| key.as_str());
        let written = written.filter(|key| !key.is_empty());
        let written: Vec<&str> = match &self.request.verb {
            Verb::Rename { to } => self
                .request
                .flags
                .iter()
                .chain([to])
                .map(String::as_str)
                .collect(),
            _ => written.collect(),
        };
        let message = message::commit(self.request, &self.plan, &written);
        Planned {
            files: self.files.into_iter().map(|(_, change)| change).collect(),
            message,
            payload: self.plan,
        }
    }

    /// Takes a file into the plan that was edited apart.
    pub(super) fn take(&mut self, key: &str, change: FileChange) {
        self.overlay.set(&change.path, change.after.clone());
        self.files.push((key.to_owned(), change));
    }
}

/// Reads flags, and those whose files name them where that matters.
fn opened(
    project: &Project,
    overlay: &Overlay<'_, ProjectTree>,
    listed: &Files,
    keys: &[String],
    request: &Request,
) -> (BTreeSet<FlagKey>, Opened) {
    let verb = &request.verb;
    let named: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    let are_all = || listed.known.iter().all(|key| named.contains(key.as_str()));
    let wants_related = (verb.names_dependants() || verb.touches_contract()) && !are_all();
    let related = if wants_related {
        let index = index_of(project.root()).map(|file| Index {
            file,
            is_kept: !request.write.dry_run,
        });
        mentioning(overlay, listed, keys, index.as_ref())
    } else {
        BTreeSet::new()
    };
    let selected: Vec<&str> = keys
        .iter()
        .map(String::as_str)
        .chain(related.iter().map(FlagKey::as_str))
        .collect();
    let selection = Selection::Flags(&selected);
    let before = read_files(project.clone(), overlay, listed, selection, request.now);
    (related, before)
}

/// Returns one of the format's own files at the top of the flags folder: its path, its text and what
/// it says.
pub(super) fn special_file(
    tree: &impl FileTree,
    folder: &str,
    stem: &str,
) -> Option<(String, String, Tree)> {
    ["yaml", "yml"].into_iter().find_map(|extension| {
        let path = format!("{folder}/{stem}.{extension}");
        let bytes = tree.read(&path).ok().flatten()?;
        let text = String::from_utf8(bytes).ok()?;
        let tree = yaml::tree(&text)?;
        Some((path, text, tree))
    })
}

/// Returns a file's text as it is to be, or why that cannot be.
pub(super) fn edited(text: &str, root: &Tree, path: &str) -> anyhow::Result<String> {
    yaml::rewrite(text, root).map_err(|error| not_edited(path, &error))
}

/// Tells why a file cannot be edited.
pub(super) fn not_edited(path: &str, error: &RewriteError) -> anyhow::Error {
    let hint = "make the change by hand, or write the file plainer first".to_owned();
    RefusedError::new(format!("{path}: {error}"), hint).into()
}

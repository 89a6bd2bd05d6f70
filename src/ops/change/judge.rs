//! What a plan means: the files are read again as they would be, and compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::literal;
use crate::model::{Catalog, EnvironmentId, Flag, FlagKey};
use crate::store::FileChange;
use crate::workspace::Selection;

use super::super::effects::{Comparison, Effect};
use super::super::open::{Opened, read, read_files};
use super::plan::{Cause, Job, Planner, Skipped};
use super::sound::refuse;
use super::{guard, message};

impl Planner<'_> {
    /// Reads the files as they would be, and tells what that means.
    pub(super) fn judge(&mut self, jobs: &[Job]) -> anyhow::Result<()> {
        self.files
            .retain(|(_, change)| change.before != change.after);
        if self.files.is_empty() {
            self.plan.skipped = self.keys.iter().map(|key| unchanged(key)).collect();
            return Ok(());
        }
        let after = self.sound_again()?;
        self.effects(jobs, &after);
        self.drop_unchanged(jobs);
        self.guarded(&after.catalog)?;
        self.name_dependants(jobs);
        Ok(())
    }

    /// Refuses what too little is said of; a look is only told what will be asked for, but a name that
    /// is wrong is wrong there too.
    fn guarded(&mut self, catalog: &Catalog) -> anyhow::Result<()> {
        let sides = guard::Sides {
            before: &self.before.catalog,
            after: catalog,
        };
        guard::known_confirmations(self.request, sides)?;
        match guard::said(self.request, &self.keys, sides, &self.plan.effects) {
            Err(missing) if self.request.write.dry_run => {
                let hint = missing.hint.unwrap_or_default();
                self.plan
                    .warnings
                    .push(format!("{}: {hint}", missing.message));
            }
            said => said?,
        }
        let warnings = guard::warnings(sides, &self.plan.effects, self.request.now);
        self.plan.warnings.extend(warnings);
        Ok(())
    }

    pub(super) fn read_again(&self) -> Opened {
        let keys: Vec<&str> = self
            .files
            .iter()
            .map(|(key, _)| key.as_str())
            .chain(self.keys.iter().map(String::as_str))
            .chain(self.related.iter().map(FlagKey::as_str))
            .collect();
        let selection = Selection::Flags(&keys);
        let (project, overlay, now) = (self.project.clone(), &self.overlay, self.request.now);
        let files_stay =
            |(_, change): &(String, FileChange)| change.before.is_some() && change.after.is_some();
        if self.files.iter().all(files_stay) {
            read_files(project, overlay, &self.listed, selection, now)
        } else {
            read(project, overlay, selection, now)
        }
    }

    /// Reads the files as they would be, and refuses new errors.
    pub(super) fn sound_again(&self) -> anyhow::Result<Opened> {
        let after = self.read_again();
        self.no_new_errors(&after)?;
        Ok(after)
    }

    fn no_new_errors(&self, after: &Opened) -> anyhow::Result<()> {
        let before = self.before.diagnostics.errors();
        let known: BTreeSet<_> = before
            .map(|finding| name_of(&self.before, finding))
            .collect();
        let is_new = |finding: &&Diagnostic| !known.contains(&name_of(after, finding));
        let new: Diagnostics = after.diagnostics.errors().filter(is_new).cloned().collect();
        if new.is_empty() {
            return Ok(());
        }
        Err(refuse(
            "the change would bring errors, so nothing was written",
            "the findings show the files as they would be",
            new,
            &after.sources,
        ))
    }

    fn effects(&mut self, jobs: &[Job], after: &Opened) {
        let named = Named::of(jobs);
        let effects = self.files.iter().flat_map(|(key, change)| {
            let before = self.before.catalog.flags.get(key.as_str());
            self.effects_of(
                key,
                before,
                after,
                &named,
                std::slice::from_ref(&change.path),
            )
        });
        let mut effects: Vec<Effect> = effects.collect();
        effects.sort_by_key(|effect| effect.flag.clone());
        self.plan.effects = effects;
    }

    /// Returns what changes for a flag in each environment, protected environments first.
    fn effects_of(
        &self,
        key: &str,
        before: Option<&Flag>,
        after: &Opened,
        named: &Named<'_>,
        files: &[String],
    ) -> Vec<Effect> {
        let comparison = Comparison {
            before: &self.before.catalog,
            after: &after.catalog,
            now: literal::whole_second(self.request.now),
        };
        let is = after.catalog.flags.get(key);
        let mut effects = comparison.effects(key, before, is, files);
        for effect in &mut effects {
            let id = after.catalog.environments.find(&effect.environment);
            effect.is_named = id.is_some_and(|id| named.0.contains(&(key, id)));
        }
        effects
    }

    /// Leaves out the files of flags whose record stays as it is: there is nothing to change.
    fn drop_unchanged(&mut self, jobs: &[Job]) {
        let effects = &self.plan.effects;
        let counts = |key: &str| {
            let by_text = |job: &Job| job.key == key && job.verb.is_judged_by_text(job.environment);
            jobs.iter().any(by_text) || effects.iter().any(|effect| effect.flag == key)
        };
        self.files.retain(|(key, _)| counts(key));
        let written = |key: &str| self.files.iter().any(|(other, _)| other == key);
        let rest = self.keys.iter().filter(|key| !written(key));
        self.plan.skipped = rest.map(|key| unchanged(key)).collect();
    }

    fn name_dependants(&mut self, jobs: &[Job]) {
        // A deployment may do several things to a flag: the last one stands.
        let verb_of = |key: &str| {
            let last = jobs.iter().rev().find(|job| job.key == key);
            last.map_or(&self.request.verb, |job| &job.verb)
        };
        let changed = self.files.iter().map(|(key, _)| key.clone());
        let changed: Vec<String> = changed
            .filter(|key| verb_of(key).names_dependants())
            .collect();
        for key in changed {
            let dependants = self.dependants(&key);
            if !dependants.is_empty() {
                self.plan.notes.push(message::depend_on(&dependants, &key));
            }
        }
    }

    /// Judges a plan whose files were edited apart.
    pub(super) fn judge_all(&mut self) -> anyhow::Result<()> {
        let after = self.sound_again()?;
        self.effects(&[], &after);
        self.guarded(&after.catalog)
    }

    /// Judges a plan in which a flag has another key: what it serves is compared with what it served
    /// under the old one.
    pub(super) fn judge_renamed(&mut self, from: &str, to: &str) -> anyhow::Result<()> {
        let after = self.sound_again()?;
        let before = self.before.catalog.flags.get(from);
        self.plan.effects = self.effects_of(to, before, &after, &Named::default(), &[]);
        self.guarded(&after.catalog)
    }

    /// Judges a rollback, and returns the files as they would be read: those of definitions reach
    /// flags whose own files stay.
    pub(super) fn judge_rollback(&mut self, jobs: &[Job]) -> anyhow::Result<Option<Opened>> {
        self.files
            .retain(|(_, change)| change.before != change.after);
        if self.files.is_empty() {
            self.nothing_to_change();
            return Ok(None);
        }
        let after = self.read_again();
        self.no_new_errors(&after)?;
        let named = Named::of(jobs);
        let mut paths: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (key, change) in &self.files {
            paths.entry(key).or_default().push(change.path.clone());
        }
        let shared = paths.get("").cloned().unwrap_or_default();
        let mut effects = Vec::new();
        for key in &self.keys {
            let own = paths.get(key.as_str()).into_iter().flatten();
            let files: Vec<String> = own.chain(&shared).cloned().collect();
            // What can be read of a file that is broken is not what was served.
            let before = self.before.catalog.flags.get(key.as_str());
            let before = before.filter(|_| !self.is_unread(key));
            effects.extend(self.effects_of(key, before, &after, &named, &files));
        }
        self.plan.effects = effects;
        let effects = self.plan.effects.iter();
        let affected: BTreeSet<&str> = effects.map(|effect| effect.flag.as_str()).collect();
        let files = self.files.iter();
        let unread = files.filter(|(key, _)| self.is_unread(key));
        let unread: BTreeSet<String> = unread.map(|(key, _)| key.clone()).collect();
        let counts = |key: &str, change: &FileChange| {
            let moves = change.before.is_none() || change.after.is_none();
            key.is_empty() || moves || affected.contains(key) || unread.contains(key)
        };
        self.files.retain(|(key, change)| counts(key, change));
        if self.files.is_empty() {
            self.nothing_to_change();
            return Ok(None);
        }
        self.guarded(&after.catalog)?;
        Ok(Some(after))
    }

    /// What there is to say where all is as it was: of all flags, nothing by name.
    fn nothing_to_change(&mut self) {
        let skipped = &mut self.plan.skipped;
        let told: BTreeSet<String> = skipped.iter().map(|one| one.flag.clone()).collect();
        let keys = self.request.flags.iter().filter(|key| !told.contains(*key));
        skipped.extend(keys.map(|key| unchanged(key)));
    }

    /// Compares what is served, for a plan that was made apart.
    pub(super) fn compare(&mut self, jobs: &[Job], after: &Opened) {
        self.effects(jobs, after);
        self.name_dependants(jobs);
    }
}

/// The flags that are named, each with the environment.
#[derive(Default)]
struct Named<'j>(BTreeSet<(&'j str, EnvironmentId)>);

impl<'j> Named<'j> {
    fn of(jobs: &'j [Job]) -> Self {
        let named = |job: &'j Job| Some((job.key.as_str(), job.environment?));
        Self(jobs.iter().filter_map(named).collect())
    }
}

fn unchanged(key: &str) -> Skipped {
    Skipped {
        flag: key.to_owned(),
        why: "nothing to change".to_owned(),
        cause: Cause::Done,
    }
}

/// What tells a finding apart when lines have moved.
fn name_of<'o>(opened: &'o Opened, finding: &'o Diagnostic) -> (&'o str, &'o str, &'o str) {
    let file = opened.sources.get(finding.location.source).name();
    (finding.code.name(), file, &finding.message)
}

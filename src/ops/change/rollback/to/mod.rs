//! Back to a revision: flag by flag. Those that are on one side only are in `one_sided`.

mod one_sided;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::join_names;
use crate::document::Tree;
use crate::git::{self, Repo};
use crate::literal;
use crate::lower::Scope;
use crate::model::{EnvironmentId, Flag, FlagKey};
use crate::patch::{self, Age, Back, Found, NewKeys, RolledBack};
use crate::store::FileChange;
use crate::tree::Overlay;
use crate::workspace::{Project, ProjectTree, Selection};
use crate::yaml::{self, EditText, RewriteError};

use super::super::super::UsageError;
use super::super::super::open::{Opened, Past as Findings, read_as, unknown_flag};
use super::super::super::write::Planned;
use super::super::plan::{Cause, Job, Plan, Planner, edited, not_edited, special_file};
use super::super::{RefusedError, Request, refused};
use super::past::{self, Past};
use super::renames::{self, Renames};
use super::side::unread;
use super::{Heading, Rollback, all_keys, holds_kill_switch, standing, tell};

/// Plans what makes flags serve again what they served at a commit.
pub(super) fn plan(
    root: &Path,
    project: Project,
    overlay: Overlay<'_, ProjectTree>,
    request: &Request,
    options: &Rollback,
    past: &Past,
) -> anyhow::Result<Planned<Plan>> {
    if options.prune && !request.environments.is_empty() {
        let hint = "leave out `--prune`, or `--env`".to_owned();
        return Err(UsageError::new("flags are archived in all environments at once", hint).into());
    }
    let was = past::project(root, past)?;
    let keys = keys(&project, &overlay, request, &was);
    let mut planner = Planner::open(project, overlay, keys, request);
    let same_scope = standing::same_scope(&planner, &was);
    let standing = if same_scope {
        standing::find(&planner, &was)
    } else {
        BTreeSet::new()
    };
    planner.leave_out(&standing);
    let moved: Vec<&str> = planner.keys.iter().map(String::as_str).collect();
    let mut then = read_as(
        was,
        Selection::Flags(&moved),
        request.now,
        Findings::LeftOut,
    );
    sound_then(&then, past)?;
    let renames = if request.flags.is_empty() {
        renames::find(&then, &planner.before, &standing)
    } else if may_be_renamed(&planner, &then) {
        // Which flag is which is known by all flags only.
        let keys = std::mem::take(&mut planner.keys);
        then = past::open(root, past, Selection::All, request)?;
        sound_then(&then, past)?;
        let all = all_keys(&planner.project, &planner.overlay);
        planner.turn_to(all);
        let renames = renames::find(&then, &planner.before, &BTreeSet::new());
        planner.turn_to(today(keys, &renames.keys));
        renames
    } else {
        Renames::default()
    };
    planner.keys = today(planner.keys, &renames.keys);
    let scope = Arc::new(Scope::of(&planner.before.catalog));
    let was_scope = if same_scope {
        Arc::clone(&scope)
    } else {
        Arc::new(Scope::of(&then.catalog))
    };
    let folder = then.project.flags_folder();
    let needed = special_file(&then.project.tree, folder, "flag-dependencies");
    let going = Going {
        planner,
        then: &then,
        // A clock that ran ahead does not let ramps have grown further than they have.
        time: literal::whole_second(past.commit.committed_at.min(request.now)),
        past,
        options,
        environments: None,
        needed: needed.map(|needed| Arc::new(renames.keys.apart(&needed.2))),
        apart: None,
        scopes: (was_scope, scope),
        done: Vec::new(),
        renames,
        held: Vec::new(),
    };
    going.plan()
}

/// Returns whether a flag that is meant, or one that it needed, is not known on both sides.
fn may_be_renamed(planner: &Planner<'_>, then: &Opened) -> bool {
    let today = &planner.before.known;
    let own = planner.keys.iter().map(String::as_str);
    let was = own
        .clone()
        .filter_map(|key| then.catalog.flags.get(key))
        .flat_map(|flag| &flag.depends_on)
        .filter(|needed| needed.repository.is_none())
        .map(|needed| needed.flag.as_str());
    let is_one_sided = |key: &str| then.known.contains(key) != today.contains(key);
    own.chain(was).any(is_one_sided)
}

/// Returns the keys that flags have today.
fn today(keys: Vec<String>, renamed: &NewKeys) -> Vec<String> {
    let keys = keys.into_iter().map(|key| match renamed.today(&key) {
        Some(new) => new.to_string(),
        None => key,
    });
    let mut keys: Vec<String> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Refuses a revision of which it is not known what it served where.
fn sound_then(then: &Opened, past: &Past) -> Result<(), RefusedError> {
    if let Some((file, error)) = past::unread(then) {
        return Err(unread(&file, &past.name, &error));
    }
    if !then.catalog.environments.is_empty() {
        return Ok(());
    }
    let message = format!("environments.yaml cannot be understood at {}", past.name);
    let hint = "choose another revision".to_owned();
    Err(RefusedError::new(message, hint))
}

/// Returns the flags that are meant, or all that there are and were.
fn keys(
    project: &Project,
    overlay: &Overlay<'_, ProjectTree>,
    request: &Request,
    then: &Project,
) -> Vec<String> {
    if !request.flags.is_empty() {
        let mut keys = request.flags.clone();
        keys.dedup();
        return keys;
    }
    let mut keys = all_keys(project, overlay);
    keys.extend(all_keys(then, &then.tree));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// A flag-dependencies.yaml: its path, its text and what it says.
type Apart = (String, String, Arc<Tree>);

struct Going<'g, 'r> {
    planner: Planner<'r>,
    then: &'g Opened,
    time: i64,
    past: &'g Past,
    options: &'g Rollback,
    environments: Option<Vec<EnvironmentId>>,
    /// flag-dependencies.yaml as it was.
    needed: Option<Arc<Tree>>,
    /// flag-dependencies.yaml as the plan has it so far.
    apart: Option<Apart>,
    /// The names of then, and those of today: one, where nothing but flags has changed.
    scopes: (Arc<Scope>, Arc<Scope>),
    done: Vec<(String, RolledBack)>,
    renames: Renames,
    /// The flags that nobody changed, and whose ramps or steps are held.
    held: Vec<String>,
}

impl Going<'_, '_> {
    fn plan(mut self) -> anyhow::Result<Planned<Plan>> {
        let keys = self.sound()?;
        let folder = self.planner.project.flags_folder().to_owned();
        let apart = special_file(&self.planner.overlay, &folder, "flag-dependencies");
        self.apart = apart.map(|(path, text, tree)| (path, text, Arc::new(tree)));
        let written = self.apart.clone();
        let mut left = Vec::new();
        for key in &keys {
            self.flag(key, &mut left)?;
        }
        self.left(&left);
        self.tell_held();
        let notes = self.renames.notes(&keys, &self.past.name);
        self.planner.plan.notes.extend(notes);
        self.take_apart(written)?;
        let jobs = self.jobs(&keys);
        let after = self.planner.judge_rollback(&jobs)?;
        if let Some(after) = &after {
            self.verify(after)?;
        }
        let heading = Heading {
            title: format!("to {}", self.past.name),
            line: ("Rollback-To", self.past.commit.id.to_string()),
        };
        tell(
            &mut self.planner,
            after.as_ref(),
            (self.then, self.time, &self.renames.keys),
            &heading,
        );
        if self.planner.files.is_empty() {
            let warning = self.uncommitted()?;
            self.planner.plan.warnings.extend(warning);
        }
        Ok(self.planner.finish())
    }

    /// Where there is nothing to write, the files may be as they are wanted, and what is committed not.
    fn uncommitted(&self) -> anyhow::Result<Option<String>> {
        let planner = &self.planner;
        let root = planner.project.root();
        let Some(repo) = Repo::find(root)? else {
            return Ok(None);
        };
        let named = planner.request.flags.iter().map(|key| planner.file(key).0);
        let mut files: Vec<String> = named.filter(|path| !path.is_empty()).collect();
        if planner.request.flags.is_empty() {
            files.push(planner.project.flags_folder().to_owned());
        }
        let files: anyhow::Result<Vec<String>> = files
            .iter()
            .map(|path| repo.path_of(&root.join(path)))
            .collect();
        let files = files?;
        let names: Vec<&str> = files.iter().map(String::as_str).collect();
        if names.is_empty() {
            return Ok(None);
        }
        let differing = git::differing(&repo, &names)?;
        let names: Vec<&str> = differing.iter().map(String::as_str).collect();
        Ok((!names.is_empty()).then(|| {
            format!(
                "{} {} not committed: the files serve what is wanted, and HEAD may not",
                join_names(&names, "and"),
                if names.len() == 1 { "is" } else { "are" },
            )
        }))
    }

    /// Refuses what is not known, and returns the flags that are meant.
    fn sound(&mut self) -> anyhow::Result<Vec<String>> {
        let planner = &mut self.planner;
        planner.sound_settings()?;
        let keys = planner.keys.clone();
        let is_there = |key: &String| planner.before.known.contains(key.as_str());
        let was_there = |key: &String| self.then.known.contains(key.as_str());
        if let Some(key) = keys.iter().find(|key| !is_there(key) && !was_there(key)) {
            return Err(unknown_flag(&planner.before, key).into());
        }
        // What is wrong with a flag's file may be what is to be undone.
        planner.keys.clear();
        planner.sound()?;
        planner.sound_environments()?;
        planner.keys.clone_from(&keys);
        let ids: Vec<EnvironmentId> = planner.environments()?.into_iter().flatten().collect();
        self.environments = (!ids.is_empty()).then_some(ids);
        Ok(keys)
    }

    fn options(&self) -> Back<'_> {
        self.options.back(self.environments.as_deref())
    }

    fn then(&self) -> Age<'_> {
        let scope = self.scopes.0.clone();
        Age::in_scope(&self.then.catalog, self.needed.clone(), self.time, scope)
    }

    fn today(&self) -> Age<'_> {
        let apart = self.apart.as_ref().map(|apart| apart.2.clone());
        let now = literal::whole_second(self.planner.request.now);
        let scope = self.scopes.1.clone();
        Age::in_scope(&self.planner.before.catalog, apart, now, scope)
    }

    fn flag(&mut self, key: &str, left: &mut Vec<String>) -> anyhow::Result<()> {
        let old = self.renames.keys.then(key).cloned();
        let was = self
            .then
            .catalog
            .flags
            .get(old.as_ref().map_or(key, FlagKey::as_str));
        let Some(was) = was.filter(|was| !self.then.unsound.contains(&was.key)) else {
            return self.flag_that_was_not(key, left);
        };
        if self.planner.before.unsound.contains(key) {
            return self.flag_that_is_broken(key, was);
        }
        let is = self.planner.before.catalog.flags.get(key);
        let would_archive = was.archived.is_some()
            && is.is_some_and(|flag| flag.archived.is_none() && holds_kill_switch(flag));
        if would_archive && !self.options.lift_kill_switches {
            let why = "it was archived then and is killed now: archived, it would be served by the code's default; `--lift-kill-switches` archives it";
            self.planner.skip(key, why, Cause::Broken);
            return Ok(());
        }
        let is = is.is_some();
        if !is && self.environments.is_some() && self.planner.request.flags.is_empty() {
            self.planner.skip(
                key,
                "it is gone, and comes back as a whole only: leave out `--env`",
                Cause::Broken,
            );
            return Ok(());
        }
        if !is
            && !self.options.lift_kill_switches
            && let Some(new) = self.renames.killed(&was.key)
        {
            let why = format!(
                "it may be called `{new}` now and is killed there: `--lift-kill-switches` brings it back without the switch"
            );
            self.planner.skip(key, why, Cause::Broken);
            return Ok(());
        }
        let text = self.then.sources.get(was.source).text();
        let root = yaml::tree(text).unwrap_or_else(Tree::map);
        let (then, root) = self.renames.keys.renamed(was, &root);
        let text = self.planner.text(key);
        let own = EditText::read(&text).map_err(|error| self.not_edited(key, &error))?;
        let today = own.tree().unwrap_or_else(Tree::map);
        let done = self.roll_back(key, (&then, &root), &today)?;
        let several = self.planner.keys.len() > 1;
        let is_asked_for = !self.planner.request.flags.is_empty();
        if let Some(old) = old
            && (is_asked_for || today != done.root)
        {
            let called = format!("called `{old}` at {}", self.past.name);
            self.planner.note(key, vec![called], several);
        }
        self.planner.note(key, done.notes.clone(), several);
        if let Some(why) = &done.stays_killed {
            if is_asked_for && today == done.root {
                self.planner.skip(key, why, Cause::Broken);
            } else {
                self.planner.note(key, vec![why.clone()], several);
            }
        }
        if is {
            if done.is_held && patch::says_the_same(&root, &today) {
                self.held.push(key.to_owned());
            }
            let changed = own.rewrite(&done.root);
            let changed = changed.map_err(|error| self.not_edited(key, &error))?;
            self.planner.change(key, changed);
        } else {
            self.bring_back(key, was, &done.root)?;
        }
        if let (Some(tree), Some(apart)) = (&done.apart, &mut self.apart) {
            apart.2 = Arc::new(tree.clone());
        }
        self.done.push((key.to_owned(), done));
        Ok(())
    }

    fn roll_back(
        &self,
        key: &str,
        (was, root): (&Flag, &Tree),
        today: &Tree,
    ) -> anyhow::Result<RolledBack> {
        let was = Found { flag: was, root };
        let flag = self.planner.before.catalog.flags.get(key);
        let is = flag.map(|flag| Found { flag, root: today });
        patch::roll_back(&self.then(), &self.today(), was, is, &self.options()).map_err(refused)
    }

    fn not_edited(&self, key: &str, error: &RewriteError) -> anyhow::Error {
        not_edited(&self.planner.file(key).0, error)
    }

    /// What only time has changed is named: it may be more than was meant.
    fn tell_held(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let moment = jiff::Timestamp::from_second(self.time);
        let hint = if self.planner.request.flags.is_empty() {
            "; `--resume` lets them go on, `--flag` leaves the others alone"
        } else {
            "; `--resume` lets them go on"
        };
        self.planner.plan.notes.push(format!(
            "the ramps and steps of {} are held at what they gave {}, though nobody changed them since{hint}",
            join_names(&self.held, "and"),
            moment.map_or_else(|_| "then".to_owned(), |moment| format!("at {moment}")),
        ));
    }

    fn take_apart(&mut self, written: Option<Apart>) -> anyhow::Result<()> {
        let (Some((path, text, before)), Some((_, _, after))) = (written, &self.apart) else {
            return Ok(());
        };
        if before != *after {
            let change = FileChange {
                after: Some(edited(&text, after, &path)?),
                before: Some(text),
                path,
            };
            self.planner.take("", change);
        }
        Ok(())
    }

    fn jobs(&self, keys: &[String]) -> Vec<Job> {
        let ids: Vec<Option<EnvironmentId>> = match &self.environments {
            Some(ids) => ids.iter().copied().map(Some).collect(),
            None => vec![None],
        };
        self.planner.jobs(keys, &ids)
    }

    /// The project with the new files serves what it served then, or nothing is written.
    fn verify(&self, after: &Opened) -> anyhow::Result<()> {
        let (then, today, options) = (self.then(), self.today(), self.options());
        for (key, done) in &self.done {
            let before = self.planner.before.catalog.flags.get(key.as_str());
            let Some(flag) = after.catalog.flags.get(key.as_str()) else {
                continue;
            };
            let failing = done.failing(&then, (&today, before), (&after.catalog, flag), &options);
            if !failing.is_empty() {
                let names: Vec<&str> = failing.iter().map(String::as_str).collect();
                let message = format!(
                    "`{key}` would not serve in {} what it served at {}, so nothing was written",
                    join_names(&names, "and").replace('`', ""),
                    self.past.name
                );
                let hint = "please report this; `git checkout` brings the file back by hand";
                return Err(RefusedError::new(message, hint.to_owned()).into());
            }
        }
        Ok(())
    }
}

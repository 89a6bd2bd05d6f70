//! Flags without what commits changed in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::diagnostic::join_names;
use crate::document::Tree;
use crate::literal;
use crate::model::Flag;
use crate::patch::{self, Age, Found, Newer, Undo, Undone};
use crate::store::FileChange;
use crate::workspace::{CONFIG_FILE, Selection};
use crate::yaml;

use super::super::super::super::open::{Opened, read};
use super::super::super::plan::{Planner, special_file};
use super::super::super::{RefusedError, refused};
use super::super::side::{File, Side};
use super::super::{Rollback, past, renames, way_back, whole_only};
use super::collect::Change;
use super::conflict::{Told, later};
use super::sheet::{Sheet, key_of};

/// What of the changes is undone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'s> {
    /// The environments whose entries go back; none is all, and all else too.
    pub(super) environments: &'s [String],
    /// Whether the files of definitions go back.
    pub(super) definitions: bool,
    /// What becomes of what was changed again.
    pub(super) newer: Newer,
}

/// What a flag that comes back as a whole depends on by flag-dependencies.yaml.
#[derive(Debug, Clone, Copy)]
enum Needed {
    /// What it did then.
    Then,
    /// What it does today: that file is its own.
    Today,
}

/// What an undoing comes to.
#[derive(Default)]
pub(super) struct Work {
    /// The files, by the keys of their flags and by their names.
    pub(super) sheets: BTreeMap<String, Sheet>,
    pub(super) conflicts: Vec<Told>,
    pub(super) notes: Vec<String>,
    /// What is left as it is, and why.
    pub(super) skipped: Vec<(String, String)>,
    /// The flags that were gone.
    pub(super) back: Vec<String>,
}

impl Work {
    /// Returns the files as they are to be, with the keys of their flags.
    pub(super) fn files(self) -> anyhow::Result<Vec<(String, FileChange)>> {
        let mut files = Vec::new();
        for (name, sheet) in self.sheets {
            let change = sheet.change()?;
            files.extend(change.map(|change| (key_of(&name).to_owned(), change)));
        }
        Ok(files)
    }
}

pub(super) struct Undoing<'u, 'r> {
    pub(super) planner: &'u Planner<'r>,
    pub(super) root: &'u Path,
    options: &'u Rollback,
    scope: Scope<'u>,
    pub(super) work: Work,
}

fn holds_kill_switch(root: &Tree) -> bool {
    let entries = root.get("environments").map(Tree::entries);
    let mut entries = entries.unwrap_or_default().iter();
    root.has("kill_switch") || entries.any(|(_, entry)| entry.has("kill_switch"))
}

/// Returns the path and the text of a flag's file that a commit left so that it cannot be understood,
/// if it is today what it was then, byte for byte.
pub(super) fn still_broken(
    planner: &Planner<'_>,
    key: &str,
    after: &File,
) -> Option<(String, String)> {
    let after = after.as_ref().filter(|side| side.is_broken())?;
    let file = planner.raw_file(key);
    file.filter(|(_, text)| *text == after.text)
}

/// Refuses to go back to before a commit where a flag was not sound.
fn not_sound(key: &str, change: &Change) -> RefusedError {
    let message = format!("`{key}` cannot be understood at {}", change.parent.name);
    let hint = format!(
        "`ffctl rollback --to REV --flag {key}` brings back a revision at which it was sound"
    );
    RefusedError::new(message, hint)
}

impl<'u, 'r> Undoing<'u, 'r> {
    pub(super) fn new(
        planner: &'u Planner<'r>,
        root: &'u Path,
        options: &'u Rollback,
        scope: Scope<'u>,
    ) -> Self {
        Self {
            planner,
            root,
            options,
            scope,
            work: Work::default(),
        }
    }

    /// Undoes changes, the newest first.
    pub(super) fn undo(mut self, changes: &[Change]) -> anyhow::Result<Work> {
        for change in changes {
            self.change(change)?;
        }
        self.put_to_rest();
        Ok(self.work)
    }

    /// Entries that are left on with nothing to serve say so.
    fn put_to_rest(&mut self) {
        let request = self.planner.request;
        let now = literal::whole_second(request.now);
        let today = Age::new(&self.planner.before.catalog, None, now);
        for (key, sheet) in &mut self.work.sheets {
            let flag = self.planner.before.catalog.flags.get(key.as_str());
            let is = sheet.before.as_deref().and_then(yaml::tree);
            let Some((flag, is)) = flag.zip(is) else {
                continue;
            };
            let root = sheet.root.take();
            sheet.root = root.map(|root| patch::idle_at_rest(&today, flag, root, &is));
        }
    }

    fn change(&mut self, change: &Change) -> anyhow::Result<()> {
        if change.settings && self.planner.request.flags.is_empty() {
            let why = format!(
                "the commit {} changed it, and that is not undone: edit it by hand",
                change.past.name
            );
            self.skip(CONFIG_FILE, why);
        }
        if self.scope.definitions {
            for (stem, (before, after)) in &change.definitions {
                self.definitions(stem, before, after, change)?;
            }
        } else if !change.definitions.is_empty() {
            let files = change.definitions.keys();
            let names: Vec<String> = files.map(|stem| format!("{stem}.yaml")).collect();
            self.note(format!(
                "the commit {} changed {} too, which stays: leave out `--flag` and `--env` to undo that",
                change.past.name,
                join_names(&names, "and").replace('`', "")
            ));
        }
        for (key, (before, after)) in &change.flags {
            self.flag(key, before, after, change)?;
        }
        Ok(())
    }

    pub(super) fn undo_options(&self, change: &Change) -> Undo<'u> {
        let environments = self.scope.environments;
        let request = self.planner.request;
        Undo {
            environments: (!environments.is_empty()).then_some(environments),
            newer: self.scope.newer,
            lift_kill_switches: self.options.lift_kill_switches,
            resume: self.options.resume,
            at: change.made_at(request),
            now: literal::whole_second(request.now),
        }
    }

    fn note(&mut self, note: String) {
        self.work.notes.push(note);
    }

    fn skip(&mut self, key: &str, why: impl Into<String>) {
        self.work.skipped.push((key.to_owned(), why.into()));
    }

    /// Returns a flag's file as the plan has it so far.
    fn sheet(&mut self, key: &str) -> Option<&mut Sheet> {
        let sheets = &mut self.work.sheets;
        if !sheets.contains_key(key) && self.planner.before.catalog.flags.contains_key(key) {
            let (path, text) = self.planner.file(key);
            let root = yaml::tree(&text);
            let sheet = Sheet {
                path,
                before: Some(text.clone()),
                text,
                root,
            };
            sheets.insert(key.to_owned(), sheet);
        }
        sheets.get_mut(key)
    }

    fn flag(
        &mut self,
        key: &str,
        before: &File,
        after: &File,
        change: &Change,
    ) -> anyhow::Result<()> {
        let is_new = !self.work.sheets.contains_key(key);
        if is_new && let Some(file) = still_broken(self.planner, key, after) {
            return self.unbroken(key, file, before, change);
        }
        let tree = |file: &File| {
            file.as_ref()
                .map(|side| side.flag(key).cloned())
                .transpose()
        };
        let (was, is) = (tree(before)?, tree(after)?);
        let today = self.sheet(key).and_then(|sheet| sheet.root.clone());
        match (was, is, today) {
            (Some(was), Some(is), Some(today)) => {
                let undone = patch::undo(&was, &is, &today, &self.undo_options(change));
                let would_archive = undone.root.has("archived") && !today.has("archived");
                if would_archive && holds_kill_switch(&today) && !self.options.lift_kill_switches {
                    let why = "it was archived before and is killed now: archived, it would be served by the code's default; `--lift-kill-switches` archives it";
                    self.skip(key, why);
                    return Ok(());
                }
                let path = self.sheet(key).map(|sheet| sheet.path.clone());
                self.keep(key, &path.unwrap_or_default(), undone, change)
            }
            (None, Some(is), Some(today)) => {
                self.created(key, &is, &today, change);
                Ok(())
            }
            (Some(_), None, None) => self.deleted(key, before, change),
            (Some(was), None, Some(today)) if !patch::says_the_same(&was, &today) => {
                let why = format!(
                    "the commit {} removed it, and it is there again and another",
                    change.past.name
                );
                self.stuck(key, (&why, key), change);
                Ok(())
            }
            (Some(was), Some(is), None) if !patch::says_the_same(&was, &is) => {
                self.gone(key, change)
            }
            _ => Ok(()),
        }
    }

    /// Takes over what a file is to say, with the conflicts on the way there.
    fn keep(
        &mut self,
        key: &str,
        path: &str,
        undone: Undone,
        change: &Change,
    ) -> anyhow::Result<()> {
        for conflict in &undone.conflicts {
            let later = later(self.root, path, conflict, change)?;
            let mut words = conflict.words();
            if !key.is_empty() {
                words = format!("{words} of `{key}`");
            }
            self.work.conflicts.push(Told {
                what: words,
                commit: change.past.name.clone(),
                later,
                stuck: None,
            });
        }
        let several = self.planner.keys.len() > 1;
        for note in undone.notes {
            self.note(if several {
                format!("`{key}`: {note}")
            } else {
                note
            });
        }
        if let Some(sheet) = self.work.sheets.get_mut(key) {
            sheet.root = Some(undone.root);
        }
        Ok(())
    }

    /// The commit made the flag: it goes, unless it was changed since.
    fn created(&mut self, key: &str, is: &Tree, today: &Tree, change: &Change) {
        if !self.scope.environments.is_empty() {
            self.note(format!(
                "the commit {} created `{key}`: leave out `--env` to take it away",
                change.past.name
            ));
            return;
        }
        let is_same = patch::says_the_same(is, today);
        if !is_same {
            self.whole(key, None, change);
        }
        let is_killed = holds_kill_switch(today) && !self.options.lift_kill_switches;
        if is_killed {
            self.note(format!(
                "`{key}` is killed and stays: `--lift-kill-switches` lets it go"
            ));
        }
        let goes = !is_killed && (is_same || self.scope.newer == Newer::Drop);
        if let Some(sheet) = self.work.sheets.get_mut(key).filter(|_| goes) {
            sheet.root = None;
        }
    }

    /// The commit removed the flag: it comes back as it was.
    fn deleted(&mut self, key: &str, before: &File, change: &Change) -> anyhow::Result<()> {
        if !self.scope.environments.is_empty() {
            self.note(format!(
                "the commit {} removed `{key}`: leave out `--env` to bring it back",
                change.past.name
            ));
            return Ok(());
        }
        let then = self.before(key, change)?;
        let (Some(Side { text, .. }), Some(flag)) = (before, then.catalog.flags.get(key)) else {
            return Err(not_sound(key, change).into());
        };
        let path = way_back(self.planner, &then, flag)?;
        let root = self.brought_back(&then, flag, text, change, Needed::Then)?;
        self.work.back.push(key.to_owned());
        let sheet = Sheet {
            path,
            before: self
                .work
                .sheets
                .get(key)
                .and_then(|sheet| sheet.before.clone()),
            text: text.clone(),
            root: Some(root),
        };
        self.work.sheets.insert(key.to_owned(), sheet);
        Ok(())
    }

    /// The commit broke the flag's file, and nobody has touched it since: it is as it was, as a whole,
    /// for nothing in it can be kept.
    fn unbroken(
        &mut self,
        key: &str,
        (path, broken): (String, String),
        before: &File,
        change: &Change,
    ) -> anyhow::Result<()> {
        let has_environments = !self.scope.environments.is_empty();
        whole_only(key, &broken, has_environments, self.options)?;
        let mut sheet = Sheet {
            path,
            before: Some(broken.clone()),
            text: broken,
            root: None,
        };
        if let Some(side) = before {
            side.flag(key)?;
            let then = self.before(key, change)?;
            let flag = then.catalog.flags.get(key);
            let flag = flag.ok_or_else(|| not_sound(key, change))?;
            let root = self.brought_back(&then, flag, &side.text, change, Needed::Today)?;
            sheet.text.clone_from(&side.text);
            sheet.root = Some(root);
            self.work.back.push(key.to_owned());
            self.note(format!(
                "the file of `{key}` cannot be understood as it is, so it is wholly as it was at {}",
                change.parent.name
            ));
        } else {
            self.note(format!(
                "the file of `{key}`, which the commit {} created, cannot be understood, so it goes as a whole",
                change.past.name
            ));
        }
        self.work.sheets.insert(key.to_owned(), sheet);
        Ok(())
    }

    /// Reads a flag as it was before a commit.
    fn before(&self, key: &str, change: &Change) -> anyhow::Result<Opened> {
        let selection = Selection::Flags(&[key]);
        past::open(self.root, &change.parent, selection, self.planner.request)
    }

    fn brought_back(
        &mut self,
        then: &Opened,
        flag: &Flag,
        text: &str,
        change: &Change,
        needed: Needed,
    ) -> anyhow::Result<Tree> {
        let own = yaml::tree(text).unwrap_or_else(Tree::map);
        let options = self.options.back(None);
        let at = change.made_at(self.planner.request);
        let now = literal::whole_second(self.planner.request.now);
        let was = Found { flag, root: &own };
        let stem = "flag-dependencies";
        let name = format!("{stem}.yaml");
        if !self.work.sheets.contains_key(&name) {
            let sheet = self.definition_sheet(stem, &None)?;
            if sheet.before.is_some() && sheet.root.is_none() {
                return Err(sheet.not_understood().into());
            }
            self.work.sheets.insert(name.clone(), sheet);
        }
        let apart = self
            .work
            .sheets
            .get(&name)
            .and_then(|sheet| sheet.root.clone());
        let needed = match needed {
            Needed::Then => special_file(&then.project.tree, then.project.flags_folder(), stem)
                .map(|needed| needed.2),
            Needed::Today => apart.clone(),
        };
        let then = Age::new(&then.catalog, needed, at);
        let today = Age::new(&self.planner.before.catalog, apart, now);
        let done = patch::roll_back(&then, &today, was, None, &options).map_err(refused)?;
        if let (Some(apart), Some(sheet)) = (done.apart, self.work.sheets.get_mut(&name)) {
            sheet.root = Some(apart);
        }
        for note in done.notes {
            self.note(format!("`{}`: {note}", flag.key));
        }
        Ok(done.root)
    }

    /// The flag is gone, or has another key now: where that is certain, it is named.
    fn gone(&mut self, key: &str, change: &Change) -> anyhow::Result<()> {
        let (planner, request) = (self.planner, self.planner.request);
        let then = past::open(self.root, &change.past, Selection::All, request)?;
        let (project, all) = (planner.project.clone(), Selection::All);
        let today = read(project, &planner.overlay, all, request.now);
        let renames = renames::find(&then, &today, &BTreeSet::new());
        match renames.keys.today(key) {
            Some(new) => {
                let why = format!("it is called `{new}` now");
                self.stuck(key, (&why, new.as_str()), change);
            }
            None => self.stuck(key, ("it is gone", key), change),
        }
        Ok(())
    }

    /// The flag as a whole was changed again, so that there is no file to undo the change in: it is
    /// brought back, by the key that it has today, only as it was.
    fn stuck(&mut self, key: &str, (why, today): (&str, &str), change: &Change) {
        let why = format!(
            "{why}: `ffctl rollback --to {} --flag {today}` brings back what it was",
            change.parent.name
        );
        self.whole(key, Some((key.to_owned(), why)), change);
    }

    /// The flag as a whole was changed again.
    fn whole(&mut self, key: &str, stuck: Option<(String, String)>, change: &Change) {
        self.work.conflicts.push(Told {
            what: format!("the flag `{key}`"),
            commit: change.past.name.clone(),
            later: None,
            stuck,
        });
    }
}

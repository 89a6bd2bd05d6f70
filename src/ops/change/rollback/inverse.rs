//! One commit undone, or several: slot by slot, in the files as they are today.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::diagnostic::{Diagnostics, join_names};
use crate::document::Tree;
use crate::git;
use crate::literal;
use crate::model::{Flag, RESERVED_STEMS};
use crate::patch::{self, Age, Conflict, Found, Newer, Undo, Undone};
use crate::store::FileChange;
use crate::text::SourceMap;
use crate::tree::{FileTree, Overlay};
use crate::workspace::{CONFIG_FILE, Project, ProjectTree, Selection, yaml_stem};
use crate::yaml;

use super::super::super::open::{Opened, unknown_flag};
use super::super::super::write::Planned;
use super::super::plan::{Cause, Job, Plan, Planner, edited, special_file};
use super::super::{RefusedError, Request, refused};
use super::past::{self, Past};
use super::side::{File, Reader, Side, is_same};
use super::{Rollback, all_keys, tell, verify, way_back};

/// What one commit changed, by flag and by file of definitions: before, and after.
struct Change {
    past: Past,
    parent: Past,
    flags: BTreeMap<String, (File, File)>,
    definitions: BTreeMap<String, (File, File)>,
    /// The files of definitions that stay, for only a part is to go back.
    left: Vec<String>,
    /// Whether ffctl.toml was changed too.
    settings: bool,
}

/// Plans what undoes commits, the newest first.
pub(super) fn plan(
    root: &Path,
    project: Project,
    overlay: Overlay<'_, ProjectTree>,
    request: &Request,
    options: &Rollback,
    (commits, title): (&[Past], &str),
) -> anyhow::Result<Planned<Plan>> {
    let mut changes = Vec::new();
    for commit in commits {
        changes.push(change(root, commit, request)?);
    }
    join(&mut changes);
    let touched = touched(&changes, request);
    let defines = changes.iter().any(|change| !change.definitions.is_empty());
    let mut keys: BTreeSet<String> = touched.clone();
    if defines && request.environments.is_empty() && request.flags.is_empty() {
        keys.extend(all_keys(&project, &overlay));
    }
    let planner = Planner::open(project, overlay, keys.into_iter().collect(), request);
    let undoing = Undoing {
        planner,
        root,
        options,
        sheets: BTreeMap::new(),
        conflicts: Vec::new(),
        back: Vec::new(),
    };
    undoing.plan(&changes, &touched, title)
}

fn change(root: &Path, past: &Past, request: &Request) -> anyhow::Result<Change> {
    let parent = past::parent(root, past)?;
    let before = Reader::new(root, &parent, request)?;
    let after = Reader::new(root, past, request)?;
    let (was, is) = (files(&before.project)?, files(&after.project)?);
    let differs = |path: &str| -> anyhow::Result<bool> {
        Ok(id(&before.project, path)? != id(&after.project, path)?)
    };
    let mut change = Change {
        past: past.clone(),
        parent,
        flags: BTreeMap::new(),
        definitions: BTreeMap::new(),
        left: Vec::new(),
        settings: differs(CONFIG_FILE)?,
    };
    let narrows = !request.environments.is_empty() || !request.flags.is_empty();
    let all: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    for path in all {
        let Some(stem) = yaml_stem(path) else {
            continue;
        };
        let is_definition = was.get(path).or(is.get(path)) == Some(&true);
        let is_meant = is_definition
            || request.flags.is_empty()
            || request.flags.iter().any(|key| key == stem);
        if !is_meant || !differs(path)? {
            continue;
        }
        if is_definition && narrows {
            change.left.push(format!("{stem}.yaml"));
            continue;
        }
        // A file that has moved is found by its name on the other side.
        let side = |reader: &Reader, files: &BTreeMap<String, bool>| -> anyhow::Result<File> {
            let named = |path: &&String| yaml_stem(path) == Some(stem);
            let own = files.contains_key(path).then_some(path);
            match own.or_else(|| files.keys().find(named)) {
                Some(found) => reader.file(found, is_definition),
                None => Ok(None),
            }
        };
        let sides = (side(&before, &was)?, side(&after, &is)?);
        let list = if is_definition {
            &mut change.definitions
        } else {
            &mut change.flags
        };
        list.insert(stem.to_owned(), sides);
    }
    Ok(change)
}

fn id(project: &Project, path: &str) -> anyhow::Result<Option<git::ObjectId>> {
    let Some(revision) = project.revision() else {
        return Ok(None);
    };
    Ok(revision.id(path)?)
}

fn holds_kill_switch(root: &Tree) -> bool {
    let entries = root.get("environments").map(Tree::entries);
    let mut entries = entries.unwrap_or_default().iter();
    root.has("kill_switch") || entries.any(|(_, entry)| entry.has("kill_switch"))
}

/// Returns when a commit was made: not later than now, whatever its clock said.
fn made_at(past: &Past, request: &Request) -> i64 {
    literal::whole_second(past.commit.committed_at.min(request.now))
}

/// Joins what follows on from each other: a file that one commit left as the next one found it was
/// changed once. The older commit of the two has the whole then.
fn join(changes: &mut [Change]) {
    for at in 1..changes.len() {
        let (newer, older) = changes.split_at_mut(at);
        let Some(older) = older.first_mut() else {
            return;
        };
        for newer in newer.iter_mut().rev() {
            join_files(&mut newer.flags, &mut older.flags);
            join_files(&mut newer.definitions, &mut older.definitions);
        }
    }
}

fn join_files(
    newer: &mut BTreeMap<String, (File, File)>,
    older: &mut BTreeMap<String, (File, File)>,
) {
    for (key, (_, after)) in older {
        if newer
            .get(key)
            .is_some_and(|(before, _)| is_same(before, after))
            && let Some((_, last)) = newer.remove(key)
        {
            *after = last;
        }
    }
}

/// Returns the YAML files of a project, and whether each is one of definitions.
fn files(project: &Project) -> anyhow::Result<BTreeMap<String, bool>> {
    let folder = project.flags_folder();
    let listed = project.tree.list(folder)?;
    let files = listed.into_iter().filter_map(|file| {
        let stem = yaml_stem(&file.path)?;
        let inside = file.path.strip_prefix(folder)?.trim_start_matches('/');
        let is_definition = !inside.contains('/') && RESERVED_STEMS.contains(&stem);
        Some((file.path, is_definition))
    });
    Ok(files.collect())
}

fn text(tree: &impl FileTree, path: &str) -> Option<String> {
    String::from_utf8(tree.read(path).ok().flatten()?).ok()
}

/// Returns the flags that are to go back.
fn touched(changes: &[Change], request: &Request) -> BTreeSet<String> {
    let keys = changes.iter().flat_map(|change| change.flags.keys());
    let is_meant = |key: &&String| request.flags.is_empty() || request.flags.contains(key);
    keys.filter(is_meant).cloned().collect()
}

/// A file of today, as the plan has it so far.
struct Sheet {
    path: String,
    /// What it says today; `None` where there is no such file.
    before: Option<String>,
    /// The text that is edited.
    text: String,
    /// What it is to say; `None` where it is to be removed.
    root: Option<Tree>,
}

impl Sheet {
    fn not_understood(&self) -> RefusedError {
        let message = format!("{} cannot be understood as it is", self.path);
        let hint = "mend the file first: `ffctl validate` shows what is wrong with it";
        RefusedError::new(message, hint.to_owned())
    }

    /// Returns whether nothing is planned yet for a file that says this.
    fn is_as_it_was(&self, text: &str) -> bool {
        self.before.as_deref() == Some(text) && self.text == text
    }
}

/// Returns what a file of definitions says: nothing, where nothing is in it. `None` where it cannot
/// be understood.
fn definitions_of(text: &str) -> Option<Tree> {
    let mut told = Diagnostics::default();
    let document = yaml::parse(SourceMap::default().next_id(), text, &mut told);
    let tree = document.map_or_else(Tree::map, |document| Tree::of(document.root()));
    (!told.has_errors()).then_some(tree)
}

/// A conflict: where, and with which commit.
struct Told {
    what: String,
    commit: String,
    later: Option<String>,
}

struct Undoing<'u, 'r> {
    planner: Planner<'r>,
    root: &'u Path,
    options: &'u Rollback,
    sheets: BTreeMap<String, Sheet>,
    conflicts: Vec<Told>,
    /// The flags that were gone.
    back: Vec<String>,
}

impl Undoing<'_, '_> {
    fn plan(
        mut self,
        changes: &[Change],
        touched: &BTreeSet<String>,
        title: &str,
    ) -> anyhow::Result<Planned<Plan>> {
        self.sound(touched)?;
        for change in changes {
            self.undo(change)?;
        }
        self.refuse_conflicts()?;
        self.take()?;
        let jobs = self.jobs(touched)?;
        let after = self.planner.judge_rollback(&jobs)?;
        let oldest = changes.last().expect("a rollback has a commit to undo");
        let keys: Vec<&str> = self.planner.keys.iter().map(String::as_str).collect();
        let request = self.planner.request;
        let mut times = Vec::new();
        for change in changes {
            let then = past::open(self.root, &change.parent, Selection::Flags(&keys), request)?;
            times.push((then, made_at(&change.past, request)));
        }
        if let Some(after) = &after {
            self.verify(after, &times, &oldest.parent.name)?;
        }
        let (then, time) = times.last().expect("as many as commits");
        tell(&mut self.planner, after.as_ref(), (then, *time), title);
        Ok(self.planner.finish())
    }

    /// Nobody is served more than before, no kill switch is lost, and what came back is what it was.
    fn verify(
        &self,
        after: &Opened,
        times: &[(Opened, i64)],
        parent: &str,
    ) -> Result<(), RefusedError> {
        if !self.options.lift_kill_switches {
            verify::keeps_kills(&self.planner, after)?;
        }
        if !self.options.resume {
            verify::serves_no_more(&self.planner, after, times, parent)?;
        }
        let mut back = self.back.iter();
        if let Some(key) = back.find(|key| !after.catalog.flags.contains_key(key.as_str())) {
            let message = format!("`{key}` would not come back, so nothing was written");
            let hint = format!("`ffctl rollback --to {parent} --flag {key}` brings it back");
            return Err(RefusedError::new(message, hint));
        }
        Ok(())
    }

    fn sound(&mut self, touched: &BTreeSet<String>) -> anyhow::Result<()> {
        let planner = &mut self.planner;
        planner.sound_settings()?;
        let unknown =
            |key: &&String| !touched.contains(*key) && !planner.before.known.contains(key.as_str());
        if let Some(key) = planner.request.flags.iter().find(unknown) {
            return Err(unknown_flag(&planner.before, key).into());
        }
        let keys = planner.keys.clone();
        let is_there = |key: &&String| planner.before.known.contains(key.as_str());
        planner.keys = touched.iter().filter(is_there).cloned().collect();
        planner.understood()?;
        planner.keys = keys;
        planner.environments().map(drop)
    }

    fn undo_options(&self, change: &Change) -> Undo<'_> {
        let environments = &self.planner.request.environments;
        Undo {
            environments: (!environments.is_empty()).then_some(environments.as_slice()),
            newer: self.options.newer,
            lift_kill_switches: self.options.lift_kill_switches,
            resume: self.options.resume,
            at: made_at(&change.past, self.planner.request),
            now: literal::whole_second(self.planner.request.now),
        }
    }

    fn undo(&mut self, change: &Change) -> anyhow::Result<()> {
        let request = self.planner.request;
        if change.settings && request.flags.is_empty() {
            let why = format!(
                "the commit {} changed it, and that is not undone: edit it by hand",
                change.past.name
            );
            self.planner.skip(CONFIG_FILE, why, Cause::Unaffected);
        }
        if !change.left.is_empty() {
            let names: Vec<&str> = change.left.iter().map(String::as_str).collect();
            self.note(format!(
                "the commit {} changed {} too, which stays: leave out `--flag` and `--env` to undo that",
                change.past.name,
                join_names(&names, "and").replace('`', "")
            ));
        }
        for (stem, (before, after)) in &change.definitions {
            self.definitions(stem, before, after, change)?;
        }
        for (key, (before, after)) in &change.flags {
            if request.flags.is_empty() || request.flags.contains(key) {
                self.flag(key, before, after, change)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, note: String) {
        self.planner.plan.notes.push(note);
    }

    /// Returns a flag's file as the plan has it so far.
    fn sheet(&mut self, key: &str) -> Option<&mut Sheet> {
        if !self.sheets.contains_key(key) && self.planner.before.catalog.flags.contains_key(key) {
            let (path, text) = self.planner.file(key);
            let root = yaml::tree(&text);
            let sheet = Sheet {
                path,
                before: Some(text.clone()),
                text,
                root,
            };
            self.sheets.insert(key.to_owned(), sheet);
        }
        self.sheets.get_mut(key)
    }

    fn flag(
        &mut self,
        key: &str,
        before: &File,
        after: &File,
        change: &Change,
    ) -> anyhow::Result<()> {
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
                    self.planner.skip(key, why, Cause::Unaffected);
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
                self.whole(key, change);
                Ok(())
            }
            (Some(was), Some(is), None) if !patch::says_the_same(&was, &is) => {
                self.whole(key, change);
                Ok(())
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
            let later = self.later(path, conflict, change)?;
            let mut words = conflict.words();
            if !key.is_empty() {
                words = format!("{words} of `{key}`");
            }
            self.conflicts.push(Told {
                what: words,
                commit: change.past.name.clone(),
                later,
            });
        }
        let several = self.planner.keys.len() > 1;
        self.planner.note(key, undone.notes, several);
        if let Some(sheet) = self.sheets.get_mut(key) {
            sheet.root = Some(undone.root);
        }
        Ok(())
    }

    /// The commit made the flag: it goes, unless it was changed since.
    fn created(&mut self, key: &str, is: &Tree, today: &Tree, change: &Change) {
        if !self.planner.request.environments.is_empty() {
            self.note(format!(
                "the commit {} created `{key}`: leave out `--env` to take it away",
                change.past.name
            ));
            return;
        }
        let is_same = patch::says_the_same(is, today);
        if !is_same {
            self.whole(key, change);
        }
        let is_killed = holds_kill_switch(today) && !self.options.lift_kill_switches;
        if is_killed {
            self.note(format!(
                "`{key}` is killed and stays: `--lift-kill-switches` lets it go"
            ));
        }
        let goes = !is_killed && (is_same || self.options.newer == Newer::Drop);
        if let Some(sheet) = self.sheets.get_mut(key).filter(|_| goes) {
            sheet.root = None;
        }
    }

    /// The commit removed the flag: it comes back as it was.
    fn deleted(&mut self, key: &str, before: &File, change: &Change) -> anyhow::Result<()> {
        if !self.planner.request.environments.is_empty() {
            self.note(format!(
                "the commit {} removed `{key}`: leave out `--env` to bring it back",
                change.past.name
            ));
            return Ok(());
        }
        let then = past::open(
            self.root,
            &change.parent,
            Selection::Flags(&[key]),
            self.planner.request,
        )?;
        let (Some(Side { text, .. }), Some(flag)) = (before, then.catalog.flags.get(key)) else {
            let message = format!("`{key}` cannot be understood at {}", change.parent.name);
            let hint = format!(
                "`ffctl rollback --to REV --flag {key}` brings back a revision at which it was sound"
            );
            return Err(RefusedError::new(message, hint).into());
        };
        let path = way_back(&self.planner, &then, flag)?;
        let root = self.brought_back(&then, flag, text, change)?;
        self.back.push(key.to_owned());
        let sheet = Sheet {
            path,
            before: self.sheets.get(key).and_then(|sheet| sheet.before.clone()),
            text: text.clone(),
            root: Some(root),
        };
        self.sheets.insert(key.to_owned(), sheet);
        Ok(())
    }

    fn brought_back(
        &mut self,
        then: &Opened,
        flag: &Flag,
        text: &str,
        change: &Change,
    ) -> anyhow::Result<Tree> {
        let own = yaml::tree(text).unwrap_or_else(Tree::map);
        let options = self.options.back(None);
        let at = made_at(&change.past, self.planner.request);
        let now = literal::whole_second(self.planner.request.now);
        let was = Found { flag, root: &own };
        let stem = "flag-dependencies";
        let needed = special_file(&then.project.tree, then.project.flags_folder(), stem);
        let name = format!("{stem}.yaml");
        if !self.sheets.contains_key(&name) {
            let sheet = self.definition_sheet(stem, &None)?;
            if sheet.before.is_some() && sheet.root.is_none() {
                return Err(sheet.not_understood().into());
            }
            self.sheets.insert(name.clone(), sheet);
        }
        let apart = self.sheets.get(&name).and_then(|sheet| sheet.root.clone());
        let done = patch::roll_back(
            &Age::new(&then.catalog, needed.map(|needed| needed.2), at),
            &Age::new(&self.planner.before.catalog, apart, now),
            was,
            None,
            &options,
        );
        let done = done.map_err(refused)?;
        if let (Some(apart), Some(sheet)) = (done.apart, self.sheets.get_mut(&name)) {
            sheet.root = Some(apart);
        }
        for note in done.notes {
            self.note(format!("`{}`: {note}", flag.key));
        }
        Ok(done.root)
    }

    /// The flag as a whole was changed again.
    fn whole(&mut self, key: &str, change: &Change) {
        self.conflicts.push(Told {
            what: format!("the flag `{key}`"),
            commit: change.past.name.clone(),
            later: None,
        });
    }

    fn definitions(
        &mut self,
        stem: &str,
        before: &File,
        after: &File,
        change: &Change,
    ) -> anyhow::Result<()> {
        let list = if stem == "flag-dependencies" {
            "dependencies"
        } else {
            stem
        };
        let name = format!("{stem}.yaml");
        if !self.sheets.contains_key(&name) {
            let sheet = self.definition_sheet(stem, before)?;
            self.sheets.insert(name.clone(), sheet);
        }
        let Some(sheet) = self.sheets.get_mut(&name) else {
            return Ok(());
        };
        let tree = |file: &File| -> Result<Tree, RefusedError> {
            let side = file.as_ref().map(Side::definitions).transpose()?;
            Ok(side.cloned().unwrap_or_else(Tree::map))
        };
        let was = tree(before)?;
        let is_untouched = after
            .as_ref()
            .is_some_and(|side| sheet.is_as_it_was(&side.text));
        if is_untouched
            && (after
                .as_ref()
                .is_some_and(|side| side.definitions().is_err()))
        {
            // What the commit broke is as it was, as a whole: nothing else can be kept.
            sheet.root = before.is_some().then(|| was.clone());
            sheet.text = before
                .as_ref()
                .map_or_else(String::new, |side| side.text.clone());
            return Ok(());
        }
        let is = tree(after)?;
        if sheet.before.is_some() && sheet.root.is_none() && sheet.is_as_it_was(&sheet.text) {
            return Err(sheet.not_understood().into());
        }
        let (path, today) = (sheet.path.clone(), sheet.root.clone());
        let today = today.unwrap_or_else(Tree::map);
        let undone = patch::undo_definitions(list, &was, &is, &today, &self.undo_options(change));
        let conflicts = undone.conflicts.clone();
        for conflict in conflicts {
            let later = self.last(&path, change)?;
            self.conflicts.push(Told {
                what: format!("`{}` in {name}", conflict.slot),
                commit: change.past.name.clone(),
                later,
            });
        }
        if let Some(sheet) = self.sheets.get_mut(&name) {
            // A file that did not exist before and defines nothing now goes again.
            let defines = undone
                .root
                .get(list)
                .is_some_and(|list| !list.entries().is_empty() || !list.items().is_empty());
            sheet.root = (before.is_some() || defines).then_some(undone.root);
        }
        Ok(())
    }

    fn definition_sheet(&self, stem: &str, before: &File) -> anyhow::Result<Sheet> {
        let folder = self.planner.project.flags_folder();
        for extension in ["yaml", "yml"] {
            let path = format!("{folder}/{stem}.{extension}");
            let Some(bytes) = self.planner.overlay.read(&path)? else {
                continue;
            };
            let text = String::from_utf8(bytes).map_err(|_| {
                let hint = "mend the file first".to_owned();
                RefusedError::new(format!("{path} is not UTF-8"), hint)
            })?;
            return Ok(Sheet {
                root: definitions_of(&text),
                before: Some(text.clone()),
                text,
                path,
            });
        }
        let text = before
            .as_ref()
            .map_or_else(String::new, |side| side.text.clone());
        let path = before.as_ref().map_or("", |side| side.path.as_str());
        let extension = path
            .rsplit_once('.')
            .map_or("yaml", |(_, extension)| extension);
        Ok(Sheet {
            path: format!("{folder}/{stem}.{extension}"),
            before: None,
            text,
            root: None,
        })
    }

    /// Returns the newest commit since that changed a slot.
    fn later(
        &self,
        path: &str,
        conflict: &Conflict,
        change: &Change,
    ) -> anyhow::Result<Option<String>> {
        for id in git::commits_since(self.root, change.past.commit.id, path)? {
            let value = |revision: String| {
                let project = Project::at(self.root, &revision).ok()?;
                conflict.value(&yaml::tree(&text(&project.tree, path)?)?)
            };
            if value(id.to_string()) != value(format!("{id}^")) {
                return Ok(Some(id.short()));
            }
        }
        Ok(None)
    }

    /// Returns the newest commit since that changed a file.
    fn last(&self, path: &str, change: &Change) -> anyhow::Result<Option<String>> {
        let commits = git::commits_since(self.root, change.past.commit.id, path)?;
        Ok(commits.first().map(git::ObjectId::short))
    }

    fn refuse_conflicts(&mut self) -> anyhow::Result<()> {
        let told = self.conflicts.iter().map(|conflict| {
            let later = conflict.later.as_ref();
            let later =
                later.map_or_else(|| "since".to_owned(), |later| format!("by {later} since"));
            format!(
                "{} was changed by {} and again {later}",
                conflict.what, conflict.commit
            )
        });
        let told: Vec<String> = told.collect();
        match self.options.newer {
            _ if told.is_empty() => Ok(()),
            Newer::Ask => {
                let hint = "`--keep-newer` leaves what was changed again, `--take-older` undoes it all the same";
                Err(RefusedError::new(told.join("; "), hint.to_owned()).into())
            }
            Newer::Keep | Newer::Drop => {
                let done = if self.options.newer == Newer::Keep {
                    "it stays"
                } else {
                    "it goes back all the same"
                };
                for told in told {
                    self.note(format!("{told}: {done}"));
                }
                Ok(())
            }
        }
    }

    /// Takes the files into the plan.
    fn take(&mut self) -> anyhow::Result<()> {
        for (name, sheet) in std::mem::take(&mut self.sheets) {
            let after = match &sheet.root {
                Some(root) => Some(edited(&sheet.text, root, &sheet.path)?),
                None => None,
            };
            // What did not exist, and does not now, is no file.
            if sheet.before.is_none() && after.is_none() {
                continue;
            }
            let is_definition = yaml_stem(&name).is_some_and(|stem| RESERVED_STEMS.contains(&stem));
            let key = if is_definition { "" } else { name.as_str() };
            let change = FileChange {
                path: sheet.path,
                before: sheet.before,
                after,
            };
            self.planner.take(key, change);
        }
        Ok(())
    }

    fn jobs(&self, touched: &BTreeSet<String>) -> anyhow::Result<Vec<Job>> {
        let ids = self.planner.environments()?;
        Ok(self.planner.jobs(touched, &ids))
    }
}

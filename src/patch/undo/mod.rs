//! `rollback --commit`: the inverse of one change, slot by slot, in files that may have changed since.
//!
//! Three trees meet for each file: what it said before the change, after it, and today. A slot that
//! the change did not touch stays as it is; one that stands as the change left it gets what it was
//! before; one that is so again already stays; and any other was changed again since, which is a
//! [`Conflict`]. Slots are the keys of a flag that are part of its record, the rules by their names,
//! of each environment's entry the slots of the format (serving is one) and the schedule's steps by
//! their times; and in the files of definitions each definition.

mod elsewhere;
mod entry;
mod idle;
mod list;

use crate::document::Tree;
use crate::format::FLAG_KEYS;

pub use elsewhere::hold_elsewhere;
pub use idle::idle_at_rest;

use super::RECORD_KEYS;
use super::entry::as_map_in;

/// What becomes of a slot that was changed again since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Newer {
    /// Nobody has said; the change is not undone.
    #[default]
    Ask,
    /// It stays.
    Keep,
    /// It gets what it was before the change that is undone.
    Drop,
}

/// How to undo a change.
#[derive(Debug, Clone, Copy)]
pub struct Undo<'u> {
    /// The environments whose entries go back; `None` is all, and all else too.
    pub environments: Option<&'u [String]>,
    /// What becomes of what was changed again.
    pub newer: Newer,
    /// Whether kill switches that the change threw are taken away.
    pub lift_kill_switches: bool,
    /// Whether ramps and steps that come back go on as if nothing had happened.
    pub resume: bool,
    /// When the change was made, in Unix seconds.
    pub at: i64,
    /// The time of today, in Unix seconds.
    pub now: i64,
}

/// A slot that was changed again since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The environment whose entry it is in; `None` for the flag itself.
    pub environment: Option<String>,
    /// Its name.
    pub slot: String,
}

/// A file without a change.
#[derive(Debug, Clone)]
pub struct Undone {
    /// The whole file.
    pub root: Tree,
    /// The slots that were changed again since, whatever became of them.
    pub conflicts: Vec<Conflict>,
    /// What else was done or left, and why: sentences for people.
    pub notes: Vec<String>,
}

/// A value before a change, after it, and today.
#[derive(Debug, Clone, Copy)]
struct Three<'t> {
    before: Option<&'t Tree>,
    after: Option<&'t Tree>,
    today: Option<&'t Tree>,
}

impl<'t> Three<'t> {
    fn each(self, part: impl Fn(&'t Tree) -> Option<&'t Tree>) -> Self {
        Self {
            before: self.before.and_then(&part),
            after: self.after.and_then(&part),
            today: self.today.and_then(&part),
        }
    }

    fn key(self, key: &str) -> Self {
        self.each(|tree| tree.get(key))
    }
}

/// Returns a flag's file without a change that was made to it.
#[must_use]
pub fn undo(before: &Tree, after: &Tree, today: &Tree, options: &Undo<'_>) -> Undone {
    let three = Three {
        before: Some(before),
        after: Some(after),
        today: Some(today),
    };
    let mut undoing = Undoing::new(options, today);
    if options.environments.is_none() {
        undoing.flag(three);
    } else if differs_beside_entries(before, after) {
        undoing.notes.push(
            "the flag itself was changed too, for all environments: leave out `--env` to undo that"
                .to_owned(),
        );
    }
    undoing.entries(three);
    if today.has("kill_switch") && !undoing.root.has("kill_switch") {
        let thrown = undoing.thrown(today);
        undoing.hold_all(thrown);
    }
    undoing.done()
}

/// Returns a file of definitions (segments.yaml and its like, which hold `list`) without a change
/// that was made to it. A file that did not exist is one that defines nothing.
#[must_use]
pub fn undo_definitions(
    list: &str,
    before: &Tree,
    after: &Tree,
    today: &Tree,
    options: &Undo<'_>,
) -> Undone {
    let three = Three {
        before: Some(before),
        after: Some(after),
        today: Some(today),
    };
    let mut undoing = Undoing::new(options, today);
    let three = three.key(list);
    let changed = if list == "dependencies" {
        undoing.list(three, "flag")
    } else {
        undoing.map(three)
    };
    if let Some(tree) = changed {
        undoing.root.set(list, tree, &[]);
    }
    undoing.done()
}

fn differs_beside_entries(before: &Tree, after: &Tree) -> bool {
    let kind = |root: &Tree| {
        root.get("lifecycle")
            .and_then(|life| life.get("kind"))
            .cloned()
    };
    let keys = RECORD_KEYS.into_iter().chain(["kill_switch"]);
    keys.into_iter()
        .any(|key| before.get(key) != after.get(key))
        || kind(before) != kind(after)
}

/// Returns the entry of an environment, as a flag's file has it.
pub(super) fn entry_of<'t>(root: &'t Tree, environment: &str) -> Option<&'t Tree> {
    root.get("environments")?.get(environment)
}

/// Returns whether two files of a flag say the same, as far as it decides what is served.
#[must_use]
pub fn says_the_same(one: &Tree, other: &Tree) -> bool {
    !differs_beside_entries(one, other) && one.get("environments") == other.get("environments")
}

struct Undoing<'u> {
    options: &'u Undo<'u>,
    root: Tree,
    /// The environment that is looked at.
    environment: Option<String>,
    conflicts: Vec<Conflict>,
    notes: Vec<String>,
    /// The environments whose entries went.
    gone: Vec<String>,
}

impl<'u> Undoing<'u> {
    fn new(options: &'u Undo<'u>, today: &Tree) -> Self {
        Self {
            options,
            root: today.clone(),
            environment: None,
            conflicts: Vec::new(),
            notes: Vec::new(),
            gone: Vec::new(),
        }
    }

    fn done(self) -> Undone {
        Undone {
            root: self.root,
            conflicts: self.conflicts,
            notes: self.notes,
        }
    }

    /// Returns what a slot is to be, if it is to be something else than today.
    fn slot<'t>(&mut self, name: &str, three: Three<'t>) -> Option<Option<&'t Tree>> {
        let Three {
            before,
            after,
            today,
        } = three;
        if before == after || today == before {
            return None;
        }
        if today == after {
            return Some(before);
        }
        self.conflicts.push(Conflict {
            environment: self.environment.clone(),
            slot: name.to_owned(),
        });
        (self.options.newer == Newer::Drop).then_some(before)
    }

    /// As [`Undoing::slot`]; a kill switch that is in force stays, unless it is to be lifted.
    fn kill_switch<'t>(&mut self, three: Three<'t>) -> Option<Option<&'t Tree>> {
        let is_lifted = three.before.is_none() && three.after.is_some() && three.today.is_some();
        if is_lifted && !self.options.lift_kill_switches {
            let place = self.place();
            self.notes.push(format!(
                "the kill switch of {place} stays: `--lift-kill-switches` takes it away"
            ));
            return None;
        }
        self.slot("kill_switch", three)
    }

    fn place(&self) -> &str {
        self.environment.as_deref().unwrap_or("the flag")
    }

    fn flag(&mut self, three: Three<'_>) {
        for key in RECORD_KEYS
            .into_iter()
            .filter(|key| *key != "targeting_rules")
        {
            if let Some(tree) = self.slot(key, three.key(key)) {
                self.put(key, tree.cloned());
            }
        }
        if let Some(rules) = self.rules(three.key("targeting_rules")) {
            self.put("targeting_rules", rules);
        }
        if let Some(switch) = self.kill_switch(three.key("kill_switch")) {
            self.put("kill_switch", switch.cloned());
        }
        let kind = three.each(|root| root.get("lifecycle")?.get("kind"));
        if let Some(kind) = self.slot("lifecycle.kind", kind) {
            super::rollback::set_kind(&mut self.root, kind);
        }
    }

    fn put(&mut self, key: &str, tree: Option<Tree>) {
        match tree {
            Some(tree) => self.root.set(key, tree, &FLAG_KEYS),
            None => drop(self.root.remove(key)),
        }
    }

    /// Undoes a change of a map of definitions. Returns the map, if it is to be another.
    fn map(&mut self, three: Three<'_>) -> Option<Tree> {
        let mut map = three.today.map_or_else(Tree::map, Clone::clone);
        let mut changed = false;
        for name in names_of(three) {
            if let Some(tree) = self.slot(&name, three.key(&name)) {
                changed = true;
                match tree {
                    Some(tree) => map.set(&name, tree.clone(), &[]),
                    None => drop(map.remove(&name)),
                }
            }
        }
        changed.then_some(map)
    }
}

/// Returns the keys that stand in a map before or after a change.
fn names_of(three: Three<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let maps = three.before.into_iter().chain(three.after);
    for (name, _) in maps.flat_map(Tree::entries) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

impl Conflict {
    /// Returns what a flag's file says of the slot.
    #[must_use]
    pub fn value(&self, root: &Tree) -> Option<Tree> {
        let holder = match &self.environment {
            None => root.clone(),
            Some(name) => {
                let entry = root.get("environments")?.get(name)?;
                as_map_in(root, entry)
            }
        };
        if let Some(name) = self.slot.strip_prefix("rule ") {
            let rules = holder.get("targeting_rules")?.items().iter();
            return rules
                .into_iter()
                .find(|rule| list::id(rule, "name") == Some(name))
                .cloned();
        }
        if self.slot == "serving" {
            return Some(entry::serving(&holder));
        }
        if self.slot.starts_with("step ") {
            return holder.get("schedule").cloned();
        }
        match self.slot.split_once('.') {
            Some((outer, inner)) => holder.get(outer)?.get(inner).cloned(),
            None => holder.get(&self.slot).cloned(),
        }
    }

    /// Returns it in words.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.environment {
            None => self.slot.clone(),
            Some(name) => format!("{} in {name}", self.slot),
        }
    }
}

//! The file that a rollback writes, in the making.

use std::rc::Rc;
use std::sync::Arc;

use crate::document::{Style, Tree};
use crate::format::{ENTRY_KEYS, FLAG_KEYS};
use crate::model::{Dependency, EnvironmentId};
use crate::patch::entry::{as_map, holds_slot, write_entry};
use crate::patch::{RECORD_KEYS, Refusal, Subject, says_the_same};

use super::{Age, Found, Reading, Rollback, apart_of};

pub(super) struct NewFile {
    pub(super) root: Tree,
    /// flag-dependencies.yaml, where it changes.
    pub(super) apart: Option<Tree>,
    pub(super) notes: Vec<String>,
    /// What the flag depends on by that file.
    needs_apart: Vec<Dependency>,
    /// What the file says, once it was read.
    reading: Option<Rc<Reading>>,
}

impl NewFile {
    /// Returns the file of today with what is brought back, nothing pinned yet.
    pub(super) fn new(rollback: &Rollback<'_>) -> Result<Self, Refusal> {
        let root = match rollback.is {
            Some(is) => is.root.clone(),
            None => rollback.root.clone(),
        };
        let needs = rollback.is.map_or(rollback.was.flag, |is| is.flag);
        let mut file = Self {
            root,
            apart: None,
            notes: Vec::new(),
            needs_apart: apart_of(needs),
            reading: None,
        };
        match (rollback.options.environments, rollback.is) {
            (Some(ids), Some(is)) => file.entries(rollback, ids, is),
            (Some(_), None) => return Err(gone(rollback)),
            (None, _) => file.whole(rollback),
        }
        Ok(file)
    }

    /// Reads the file as it is so far.
    pub(super) fn read(&mut self, rollback: &Rollback<'_>) -> Option<Rc<Reading>> {
        if self.reading.is_none() && self.says_it_already(rollback) {
            // Nothing is read otherwise than it was then.
            let flag = rollback.wanted.clone();
            let is_sound = true;
            self.reading = Some(Rc::new(Reading { flag, is_sound }));
        }
        if self.reading.is_none() {
            let (key, apart) = (&rollback.wanted.key, self.needs_apart.clone());
            self.reading = rollback.today.read(&self.root, key, apart).map(Rc::new);
        }
        self.reading.clone()
    }

    fn says_it_already(&self, rollback: &Rollback<'_>) -> bool {
        Arc::ptr_eq(&rollback.then.scope, &rollback.today.scope)
            && rollback.is_as_it_was
            && says_the_same(&self.root, &rollback.root)
    }

    /// Gives an environment this entry.
    pub(super) fn write(&mut self, subject: &Subject<'_>, id: EnvironmentId, entry: Tree) {
        write_entry(subject, &mut self.root, id, Some(entry));
        self.reading = None;
    }

    fn entries(&mut self, rollback: &Rollback<'_>, ids: &[EnvironmentId], is: Found<'_>) {
        let subject = rollback.today.subject(is.flag, is.root);
        for (id, _) in rollback.places.iter().filter(|(id, _)| ids.contains(id)) {
            let entry = rollback.entry(rollback.today.name(*id));
            write_entry(&subject, &mut self.root, *id, entry);
        }
    }

    fn whole(&mut self, rollback: &Rollback<'_>) {
        for key in RECORD_KEYS {
            self.take(key, rollback.root.get(key));
        }
        let kind = rollback.root.get("lifecycle");
        set_kind(
            &mut self.root,
            kind.and_then(|lifecycle| lifecycle.get("kind")),
        );
        let killed = rollback
            .kill_switch(|root| root.get("kill_switch"))
            .cloned();
        self.take("kill_switch", killed.as_ref());
        self.dependencies(rollback);
        self.environments(rollback);
    }

    fn take(&mut self, key: &str, tree: Option<&Tree>) {
        match tree {
            Some(tree) => self.root.set(key, tree.clone(), &FLAG_KEYS),
            None => drop(self.root.remove(key)),
        }
    }

    /// What flag-dependencies.yaml said of the flag goes back there, or into the flag's own file
    /// where there is no such file today.
    fn dependencies(&mut self, rollback: &Rollback<'_>) {
        let key = rollback.wanted.key.as_str();
        let of = |age: &Age<'_>| {
            age.apart
                .as_ref()
                .map(|apart| needs(apart, key))
                .unwrap_or_default()
        };
        let (was, is) = (of(rollback.then), of(rollback.today));
        self.needs_apart = apart_of(rollback.was.flag);
        if was.len() == is.len() && was.iter().all(|one| is.contains(one)) {
            return;
        }
        if let Some(apart) = &rollback.today.apart {
            self.apart = Some(with_needs(apart, key, was));
            return;
        }
        self.needs_apart = Vec::new();
        match self.root.get_mut("depends_on").and_then(Tree::items_mut) {
            Some(own) => own.extend(was),
            None => self.root.set("depends_on", was, &FLAG_KEYS),
        }
    }

    fn environments(&mut self, rollback: &Rollback<'_>) {
        let today = rollback.today;
        let names: Vec<&str> = today.catalog.environments.names().collect();
        self.without_vanished(rollback, &names);
        if !rollback.root.has("environments") {
            return self.same_everywhere(rollback);
        }
        if !self.root.get("environments").is_some_and(Tree::is_map) {
            let mut list = Tree::map();
            list.style = Some(Style::Plain);
            self.root.set("environments", list, &FLAG_KEYS);
        }
        let Some(list) = self.root.get_mut("environments") else {
            return;
        };
        for (id, _) in &rollback.places {
            let name = today.name(*id);
            match rollback.entry(name) {
                Some(entry) => list.set(name, entry, &names),
                None => drop(list.remove(name)),
            }
        }
    }

    /// Environments that are no more cannot have an entry.
    fn without_vanished(&mut self, rollback: &Rollback<'_>, names: &[&str]) {
        let list = rollback
            .root
            .get("environments")
            .map(Tree::entries)
            .unwrap_or_default();
        for (name, _) in list {
            if !names.contains(&name.as_str()) && !name.starts_with("x-") {
                self.notes.push(format!(
                    "there is no environment {name} any more: what was said for it is left out"
                ));
                if let Some(list) = self.root.get_mut("environments") {
                    list.remove(name);
                }
            }
        }
    }

    /// The file had no `environments`. What stands there today and cannot go (kill switches,
    /// environments that are new) stays, and the others keep the flag's rules.
    fn same_everywhere(&mut self, rollback: &Rollback<'_>) {
        let old = self.root.remove("environments");
        let subject = rollback.today.subject(&rollback.wanted, &rollback.root);
        let is_back = |id: EnvironmentId| rollback.places.iter().any(|place| place.0 == id);
        for (id, environment) in rollback.today.catalog.environments.iter() {
            let name = environment.name.as_str();
            let entry = if is_back(id) {
                rollback.entry(name)
            } else {
                old.as_ref().and_then(|list| list.get(name)).cloned()
            };
            let Some(mut entry) = entry else { continue };
            if entry.is_map() && !holds_slot(&entry) && !rollback.wanted.rules.value.is_empty() {
                entry.set("enabled", true, &ENTRY_KEYS);
            }
            write_entry(&subject, &mut self.root, id, Some(entry));
        }
    }

    /// Returns an entry as a map.
    pub(super) fn entry(&self, subject: &Subject<'_>, name: &str) -> Tree {
        let entry = self
            .root
            .get("environments")
            .and_then(|list| list.get(name));
        entry.map_or_else(Tree::map, |entry| as_map(subject, entry))
    }
}

/// Of the lifecycle, only the kind is part of the record.
pub(in crate::patch) fn set_kind(root: &mut Tree, kind: Option<&Tree>) {
    match (kind, root.get_mut("lifecycle")) {
        (Some(kind), Some(lifecycle)) => lifecycle.set("kind", kind.clone(), &["kind"]),
        (Some(kind), None) => {
            let lifecycle = Tree::map_of([("kind", kind.clone())]).in_brackets();
            root.set("lifecycle", lifecycle, &FLAG_KEYS);
        }
        (None, Some(lifecycle)) => {
            lifecycle.remove("kind");
            if lifecycle.entries().is_empty() {
                root.remove("lifecycle");
            }
        }
        (None, None) => {}
    }
}

fn gone(rollback: &Rollback<'_>) -> Refusal {
    Refusal::no(
        format!("there is no flag `{}` any more", rollback.wanted.key),
        "leave out `--env` to bring the whole flag back",
    )
}

impl Rollback<'_> {
    /// Returns the entry that an environment had, with the kill switch that it is to have.
    fn entry(&self, name: &str) -> Option<Tree> {
        let of = |root: &Tree| {
            root.get("environments")
                .and_then(|list| list.get(name))
                .cloned()
        };
        let then = of(&self.root);
        let own = then.as_ref().and_then(|entry| entry.get("kill_switch"));
        let kill = self.kill_switch(|root| root.get("environments")?.get(name)?.get("kill_switch"));
        if kill == own {
            return then;
        }
        let subject = self.then.subject(&self.wanted, &self.root);
        let mut map = then.map_or_else(Tree::map, |entry| as_map(&subject, &entry));
        match kill {
            Some(kill) => map.set("kill_switch", kill.clone(), &ENTRY_KEYS),
            None => drop(map.remove("kill_switch")),
        }
        Some(map)
    }

    /// Returns the kill switch of a place: the one that stands there today, unless that is to be
    /// lifted, or else the one of then.
    fn kill_switch<'t>(&'t self, place: impl Fn(&'t Tree) -> Option<&'t Tree>) -> Option<&'t Tree> {
        let stays = self.is.filter(|_| !self.options.lift_kill_switches);
        stays
            .and_then(|is| place(is.root))
            .or_else(|| place(&self.root))
    }
}

/// Returns what a flag needs by flag-dependencies.yaml.
fn needs(apart: &Tree, key: &str) -> Vec<Tree> {
    let items = apart
        .get("dependencies")
        .map(Tree::items)
        .unwrap_or_default();
    let own = items.iter().filter(|item| is_of(item, key));
    own.filter_map(|item| item.get("depends_on"))
        .flat_map(Tree::items)
        .cloned()
        .collect()
}

fn is_of(item: &Tree, key: &str) -> bool {
    item.get("flag").and_then(Tree::as_str) == Some(key)
}

fn with_needs(apart: &Tree, key: &str, needs: Vec<Tree>) -> Tree {
    let mut apart = apart.clone();
    if let Some(items) = apart.get_mut("dependencies").and_then(Tree::items_mut) {
        let at = items.iter().position(|item| is_of(item, key));
        items.retain(|item| !is_of(item, key));
        if !needs.is_empty() {
            let item = Tree::map_of([("flag", key.into()), ("depends_on", needs.into())]);
            items.insert(at.unwrap_or(items.len()), item);
        }
    }
    apart
}

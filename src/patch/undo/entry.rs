//! Entries of environments.

use crate::document::{Style, Tree};
use crate::format::{ENTRY_KEYS, FLAG_KEYS, SERVING_KEYS};
use crate::literal;
use crate::patch::entry::{
    as_map_in, describe_step, fold, insert_step, moment, step_time, steps, take_steps,
};
use crate::patch::hold;

use super::{Three, Undoing, names_of};

/// Returns the whole serving of an entry.
pub(super) fn serving(entry: &Tree) -> Tree {
    let keys = entry.entries().iter();
    let keys = keys.filter(|(key, _)| SERVING_KEYS.contains(&key.as_str()));
    Tree::map_of(keys.map(|(key, tree)| (key.as_str(), tree.clone())))
}

impl Undoing<'_> {
    pub(super) fn entries(&mut self, three: Three<'_>) {
        let lists = three.key("environments");
        for name in names_of(lists) {
            let is_meant = |names: &[String]| names.contains(&name);
            if name.starts_with("x-") || !self.options.environments.is_none_or(is_meant) {
                continue;
            }
            let entry = lists.key(&name);
            if entry.before == entry.after {
                continue;
            }
            self.environment = Some(name.clone());
            let maps = [
                (three.before, entry.before),
                (three.after, entry.after),
                (three.today, entry.today),
            ];
            let maps = maps.map(|(root, entry)| match (root, entry) {
                (Some(root), Some(entry)) => as_map_in(root, entry),
                _ => Tree::map(),
            });
            let [before, after, today] = &maps;
            let merged = self.entry(before, after, today);
            self.environment = None;
            // What says the same may be written as the flag's type of today does not allow.
            let is_rewritten = entry.today == entry.after && merged == *before;
            if merged != *today || is_rewritten {
                let as_before = entry.before.filter(|_| merged == *before).cloned();
                self.write(&name, as_before.unwrap_or(merged));
            }
        }
        if let (Some(before), Some(after)) = (three.before, three.after) {
            self.everywhere(before, after);
        }
    }

    /// Returns an entry as a map, without the change.
    fn entry(&mut self, before: &Tree, after: &Tree, today: &Tree) -> Tree {
        let three = Three {
            before: Some(before),
            after: Some(after),
            today: Some(today),
        };
        let mut map = today.clone();
        for key in ["enabled", "bucket_by", "inherit"] {
            if let Some(tree) = self.slot(key, three.key(key)) {
                put(&mut map, key, tree.cloned());
            }
        }
        for key in names_of(three).iter().filter(|key| key.starts_with("x-")) {
            // What nobody reads goes back where it still stands, and is never in conflict.
            let own = three.key(key);
            if own.today == own.after {
                put(&mut map, key, own.before.cloned());
            }
        }
        if let Some(rules) = self.rules(three.key("targeting_rules")) {
            put(&mut map, "targeting_rules", rules);
        }
        self.serving(three, &mut map);
        self.schedule(three, &mut map);
        if let Some(switch) = self.kill_switch(three.key("kill_switch")) {
            put(&mut map, "kill_switch", switch.cloned());
        }
        let is_off = |entry: &Tree| entry.get("enabled").and_then(Tree::as_bool) == Some(false);
        let comes_on = (is_off(today) && !is_off(&map)).then_some(self.options.at);
        let is_lifted = today.has("kill_switch") && !map.has("kill_switch");
        let lifted = is_lifted.then(|| self.thrown(today));
        if let Some(time) = comes_on.into_iter().chain(lifted).min() {
            self.hold(&mut map, time);
        }
        map
    }

    /// Returns when the kill switch of a flag or an entry was thrown.
    pub(super) fn thrown(&self, holder: &Tree) -> i64 {
        let at = || literal::date_time(holder.get("kill_switch")?.get("at")?.as_str()?);
        let thrown = at().map_or(self.options.at, literal::whole_second);
        thrown.min(self.options.now)
    }

    /// What comes on again is what it was at a time: steps that had elapsed are folded in, those that
    /// have elapsed since are dropped, and ramps are held.
    pub(super) fn hold(&mut self, map: &mut Tree, time: i64) {
        if self.options.resume {
            return;
        }
        fold(map, time);
        let now = self.options.now;
        let dropped = take_steps(map, |step| step_time(step).is_none_or(|at| at > now));
        for step in &dropped {
            let note = format!("dropped {} of {}", describe_step(step), self.place());
            self.notes.push(note);
        }
        if let Some(done) = hold::stop(map, &ENTRY_KEYS, time) {
            let note = format!("the ramp of {} is {done}", self.place());
            self.notes.push(note);
        }
        let rules = map.get_mut("targeting_rules").and_then(Tree::items_mut);
        for rule in rules.into_iter().flatten() {
            self.hold_rule(rule, time);
        }
    }

    /// As [`Undoing::hold`], where the switch of the whole flag is lifted.
    pub(super) fn hold_all(&mut self, time: i64) {
        if self.options.resume {
            return;
        }
        let mut root = std::mem::replace(&mut self.root, Tree::map());
        let rules = root.get_mut("targeting_rules").and_then(Tree::items_mut);
        for rule in rules.into_iter().flatten() {
            self.hold_rule(rule, time);
        }
        if let Some(list) = root.get_mut("environments") {
            for (name, _) in list.clone().entries() {
                if let Some(entry) = list.get_mut(name).filter(|entry| entry.is_map()) {
                    self.environment = Some(name.clone());
                    self.hold(entry, time);
                }
            }
            self.environment = None;
        }
        self.root = root;
    }

    fn serving(&mut self, three: Three<'_>, map: &mut Tree) {
        let parts = [three.before, three.after, three.today];
        let parts = parts.map(|entry| entry.map_or_else(Tree::map, serving));
        let [before, after, today] = &parts;
        let three = Three {
            before: Some(before),
            after: Some(after),
            today: Some(today),
        };
        let Some(wanted) = self.slot("serving", three) else {
            return;
        };
        for key in SERVING_KEYS {
            put(map, key, wanted.and_then(|wanted| wanted.get(key)).cloned());
        }
        if !self.options.resume
            && let Some(done) = hold::stop(map, &ENTRY_KEYS, self.options.at)
        {
            let note = format!("the ramp of {} is {done}", self.place());
            self.notes.push(note);
        }
    }

    fn schedule(&mut self, three: Three<'_>, map: &mut Tree) {
        let of = |entry: Option<&Tree>| entry.map(steps).unwrap_or_default();
        let (before, after, today) = (of(three.before), of(three.after), of(three.today));
        let mut times: Vec<i64> = before.iter().chain(&after).filter_map(step_time).collect();
        times.sort_unstable();
        times.dedup();
        let mut list = today.clone();
        for time in times {
            let at = |steps: &'_ [Tree]| {
                steps
                    .iter()
                    .find(|step| step_time(step) == Some(time))
                    .cloned()
            };
            let (before, after, today) = (at(&before), at(&after), at(&today));
            let three = Three {
                before: before.as_ref(),
                after: after.as_ref(),
                today: today.as_ref(),
            };
            let name = format!("step at {}", moment(time));
            let Some(step) = self.slot(&name, three) else {
                continue;
            };
            list.retain(|other| step_time(other) != Some(time));
            let Some(step) = step else { continue };
            if self.has_gone_by(time) {
                let note = format!("dropped {} of {}", describe_step(step), self.place());
                self.notes.push(note);
                continue;
            }
            insert_step(&mut list, time, step.clone());
        }
        if list != today {
            let list = (!list.is_empty()).then(|| list.into());
            put(map, "schedule", list);
        }
    }

    /// Returns whether a step was ahead when the change was made, and is not any more.
    fn has_gone_by(&self, time: i64) -> bool {
        !self.options.resume && time > self.options.at && time <= self.options.now
    }

    fn write(&mut self, name: &str, entry: Tree) {
        if !self.root.get("environments").is_some_and(Tree::is_map) {
            self.no_entries();
        }
        let Some(list) = self.root.get_mut("environments") else {
            return;
        };
        if entry.is_map() && entry.entries().is_empty() {
            list.remove(name);
            self.gone.push(name.to_owned());
        } else {
            list.set(name, entry, &[]);
        }
    }

    fn no_entries(&mut self) {
        let mut list = Tree::map();
        list.style = Some(Style::Plain);
        self.root.set("environments", list, &FLAG_KEYS);
    }

    /// A flag without any `environments` is the same everywhere: where entries that came later keep
    /// it from being so again, the flag's rules hold by an entry that says so.
    fn everywhere(&mut self, before: &Tree, after: &Tree) {
        match (before.has("environments"), after.has("environments")) {
            (false, true) => {}
            (true, false) if !self.root.has("environments") => return self.no_entries(),
            _ => return,
        }
        let rules = before.get("targeting_rules").map(Tree::items);
        let has_rules = rules.is_some_and(|rules| !rules.is_empty());
        let Some(list) = self.root.get_mut("environments") else {
            return;
        };
        if list.entries().is_empty() {
            self.root.remove("environments");
        } else if has_rules {
            for name in std::mem::take(&mut self.gone) {
                list.set(&name, Tree::map_of([("enabled", true.into())]), &[]);
            }
        }
    }
}

fn put(map: &mut Tree, key: &str, tree: Option<Tree>) {
    match tree {
        Some(tree) => map.set(key, tree, &ENTRY_KEYS),
        None => drop(map.remove(key)),
    }
}

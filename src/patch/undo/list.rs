//! Lists whose items have names.

use crate::document::{Tree, TreeValue};
use crate::format::RULE_KEYS;
use crate::patch::hold;

use super::{Three, Undoing};

/// Returns the name of an item.
pub(super) fn id<'t>(item: &'t Tree, key: &str) -> Option<&'t str> {
    item.get(key).and_then(Tree::as_str)
}

fn find<'t>(list: Option<&'t Tree>, key: &str, name: &str) -> Option<&'t Tree> {
    let mut items = list.map(Tree::items).unwrap_or_default().iter();
    items.find(|item| id(item, key) == Some(name))
}

fn names<'t>(list: Option<&'t Tree>, key: &str) -> Vec<&'t str> {
    let items = list.map(Tree::items).unwrap_or_default().iter();
    items.filter_map(|item| id(item, key)).collect()
}

impl Undoing<'_> {
    /// Undoes a change of rules. Returns the slot, if it is to be another.
    pub(super) fn rules(&mut self, three: Three<'_>) -> Option<Option<Tree>> {
        let is_list =
            |tree: Option<&Tree>| tree.is_some_and(|tree| matches!(tree.value, TreeValue::List(_)));
        let by_name = is_list(three.before) && is_list(three.after) && is_list(three.today);
        if by_name && three.today != three.after {
            return self.list(three, "name").map(Some);
        }
        let rules = self.slot("targeting_rules", three)?;
        let mut rules = rules.cloned();
        for rule in rules
            .as_mut()
            .and_then(Tree::items_mut)
            .into_iter()
            .flatten()
        {
            if find(three.after, "name", id(rule, "name").unwrap_or_default()) != Some(rule) {
                self.hold_rule(rule, self.options.at);
            }
        }
        Some(rules)
    }

    pub(super) fn hold_rule(&mut self, rule: &mut Tree, time: i64) {
        if self.options.resume {
            return;
        }
        if let Some(done) = hold::stop(rule, &RULE_KEYS, time) {
            let name = id(rule, "name").unwrap_or_default().to_owned();
            let place = self.place();
            let note = format!("the ramp of rule {name} of {place} is {done}");
            self.notes.push(note);
        }
    }

    /// Undoes a change of a list, item by item. Returns the list, if it is to be another.
    pub(super) fn list(&mut self, three: Three<'_>, key: &str) -> Option<Tree> {
        let mut list = three
            .today
            .map_or_else(|| Tree::from(Vec::new()), Clone::clone);
        let (before, after) = (names(three.before, key), names(three.after, key));
        let mut all = before.clone();
        all.extend(after.iter().filter(|name| !before.contains(name)));
        let mut changed = self.order(&mut list, key, (&before, &after));
        for name in all {
            let item = three.each(|list| find(Some(list), key, name));
            let words = if key == "name" {
                format!("rule {name}")
            } else {
                name.to_owned()
            };
            let Some(item) = self.slot(&words, item) else {
                continue;
            };
            let mut item = item.cloned();
            if let Some(rule) = item.as_mut().filter(|_| key == "name") {
                self.hold_rule(rule, self.options.at);
            }
            changed = true;
            put(&mut list, key, name, item, &before);
        }
        changed.then_some(list)
    }

    /// The order of those that are in all lists goes back too.
    fn order(&mut self, list: &mut Tree, key: &str, (before, after): (&[&str], &[&str])) -> bool {
        let is_common = |name: &str| before.contains(&name) && after.contains(&name);
        let today: Vec<String> = names(Some(list), key)
            .into_iter()
            .filter(|name| is_common(name))
            .map(str::to_owned)
            .collect();
        let of = |names: &[&str]| -> Vec<String> {
            let kept = names
                .iter()
                .filter(|name| today.iter().any(|other| other == *name));
            kept.map(|name| (*name).to_owned()).collect()
        };
        let (was, is) = (of(before), of(after));
        if was == is || today == was {
            return false;
        }
        let tree = |names: &[String]| -> Tree {
            let names: Vec<Tree> = names.iter().map(|name| name.as_str().into()).collect();
            names.into()
        };
        let (was_tree, is_tree, today) = (tree(&was), tree(&is), tree(&today));
        let three = Three {
            before: Some(&was_tree),
            after: Some(&is_tree),
            today: Some(&today),
        };
        if self.slot("the order of the rules", three).is_none() {
            return false;
        }
        reorder(list, key, &was);
        true
    }
}

/// Puts an item into a list, or takes it out: a new one goes behind the one that it stood behind.
fn put(list: &mut Tree, key: &str, name: &str, item: Option<Tree>, order: &[&str]) {
    let Some(items) = list.items_mut() else {
        return;
    };
    let place = items.iter().position(|other| id(other, key) == Some(name));
    match (place, item) {
        (Some(place), None) => drop(items.remove(place)),
        (Some(place), Some(item)) => items[place] = item,
        (None, None) => {}
        (None, Some(item)) => {
            let own = order
                .iter()
                .position(|other| *other == name)
                .unwrap_or_default();
            let behind = order.iter().take(own).rev();
            let places = behind.filter_map(|before| {
                items
                    .iter()
                    .position(|other| id(other, key) == Some(*before))
            });
            let place = places.map(|place| place + 1).next().unwrap_or(0);
            items.insert(place, item);
        }
    }
}

/// Puts the named items into an order, at the places that they have together.
fn reorder(list: &mut Tree, key: &str, order: &[String]) {
    let Some(items) = list.items_mut() else {
        return;
    };
    let is_named =
        |item: &Tree| id(item, key).is_some_and(|name| order.iter().any(|one| one == name));
    let mut sorted: Vec<Tree> = items
        .iter()
        .filter(|item| is_named(item))
        .cloned()
        .collect();
    sorted.sort_by_key(|item| {
        order
            .iter()
            .position(|one| Some(one.as_str()) == id(item, key))
    });
    let mut sorted = sorted.into_iter();
    for item in items.iter_mut().filter(|item| is_named(item)) {
        if let Some(next) = sorted.next() {
            *item = next;
        }
    }
}

//! An environment's entry while it is changed: a map whatever it was, and its way back to a scalar.

use crate::document::{Scalar, Style, Tree, TreeValue};
use crate::format::{ENTRY_KEYS, SERVING_KEYS};
use crate::literal;
use crate::model::EnvironmentId;
use crate::resolve;
use crate::ruleset::ValueType;

use super::{Patched, Pending, Refusal, Subject};

/// How an entry was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Not at all.
    Absent,
    /// As a scalar.
    Scalar,
    /// As a map.
    Map,
}

/// An entry as a map.
#[derive(Debug, Clone)]
pub(super) struct Draft<'s> {
    subject: &'s Subject<'s>,
    environment: EnvironmentId,
    /// How it was written.
    pub(super) form: Form,
    /// The map.
    pub(super) map: Tree,
    /// What it was before anything was changed, elapsed steps included.
    written: Tree,
    pub(super) notes: Vec<String>,
}

impl<'s> Draft<'s> {
    /// Returns the entry as it is written, a scalar as the map that it is short for.
    pub(super) fn new(subject: &'s Subject<'s>, environment: EnvironmentId) -> Self {
        let name = subject.environment_name(environment);
        let entry = subject
            .root
            .get("environments")
            .and_then(|list| list.get(name));
        let form = match entry {
            None => Form::Absent,
            Some(entry) if entry.is_map() => Form::Map,
            Some(_) => Form::Scalar,
        };
        let map = entry.map_or_else(Tree::map, |entry| as_map(subject, entry));
        Self {
            subject,
            environment,
            form,
            written: map.clone(),
            map,
            notes: Vec::new(),
        }
    }

    /// Lays the schedule steps that have elapsed at a time over the entry, and takes them out.
    pub(super) fn fold(&mut self, time: i64) {
        fold(&mut self.map, time);
    }

    /// Folds what has elapsed, but not what a kill switch has kept from taking effect.
    pub(super) fn fold_elapsed(&mut self) {
        self.fold(self.subject.settled(self.environment));
    }

    /// Takes out the steps for which `keep` does not hold, and returns them.
    pub(super) fn take_steps(&mut self, keep: impl Fn(&Tree) -> bool) -> Vec<Tree> {
        take_steps(&mut self.map, keep)
    }

    /// Adds a schedule step at its place in time.
    pub(super) fn add_step(&mut self, at: i64, set: Tree) -> Result<(), Refusal> {
        let mut steps = steps(&self.map);
        if steps.iter().any(|step| step_time(step) == Some(at)) {
            return Err(Refusal::no(
                format!(
                    "the schedule of {} has a step at {} already",
                    self.name(),
                    moment(at)
                ),
                "change that step in the file, or choose another time",
            ));
        }
        let step = Tree::map_of([("at", moment(at).into()), ("set", set)]);
        insert_step(&mut steps, at, step);
        match self.map.get_mut("schedule").and_then(Tree::items_mut) {
            Some(items) => *items = steps,
            None => self.set("schedule", steps),
        }
        Ok(())
    }

    /// Sets a key of the entry.
    pub(super) fn set(&mut self, key: &str, tree: impl Into<Tree>) {
        self.map.set(key, tree, &ENTRY_KEYS);
    }

    /// Replaces the whole serving of the entry.
    pub(super) fn set_serving(&mut self, serving: &[(String, Tree)]) {
        for key in SERVING_KEYS {
            if serving.iter().all(|(name, _)| name != key) {
                self.map.remove(key);
            }
        }
        for (key, tree) in serving {
            self.set(key, tree.clone());
        }
    }

    /// Returns the name of the environment.
    pub(super) fn name(&self) -> &'s str {
        self.subject.environment_name(self.environment)
    }

    /// Returns whether the entry itself is off.
    pub(super) fn is_off(&self) -> bool {
        self.map.get("enabled").and_then(Tree::as_bool) == Some(false)
    }

    /// Returns whether the entry holds nothing but the master switch and a default, and what that
    /// is: such an entry may be a scalar.
    pub(super) fn as_scalar(&self) -> Option<Tree> {
        let keys = || self.map.entries().iter().map(|(key, _)| key.as_str());
        let key = default_key(self.subject);
        if keys().any(|name| name != "enabled" && name != key) {
            return None;
        }
        let is_boolean = is_plain_boolean(self.subject);
        match (
            self.map.get("enabled").and_then(Tree::as_bool),
            self.map.get(key),
        ) {
            (Some(false), None) if is_boolean => Some(false.into()),
            (Some(true), Some(value)) => {
                let scalar = value.scalar().is_some() && !value.is_null();
                // `false` would mean off.
                (scalar && value.as_bool() != Some(false)).then(|| value.clone())
            }
            _ => None,
        }
    }

    /// Returns the file with the entry as a map, or without it if it is empty.
    pub(super) fn finish(mut self, pending: Pending) -> Result<Patched, Refusal> {
        self.settle_pending(pending)?;
        let map = (!self.map.entries().is_empty()).then(|| self.map.clone());
        Ok(self.write(map))
    }

    /// Returns the file with the entry as the scalar that it can be, else as [`Draft::finish`].
    pub(super) fn finish_short(mut self, pending: Pending) -> Result<Patched, Refusal> {
        self.settle_pending(pending)?;
        match self.as_scalar() {
            Some(scalar) => Ok(self.write(Some(scalar))),
            None => self.finish(pending),
        }
    }

    fn write(self, entry: Option<Tree>) -> Patched {
        let mut root = self.subject.root.clone();
        write_entry(self.subject, &mut root, self.environment, entry);
        Patched {
            root,
            notes: self.notes,
        }
    }

    /// A step ahead that sets what was changed would undo it: somebody has to decide.
    fn settle_pending(&mut self, pending: Pending) -> Result<(), Refusal> {
        let mut before = self.written.clone();
        let now = self.subject.settled(self.environment);
        for step in steps(&self.written) {
            if let (Some(true), Some(set)) = (step_time(&step).map(|at| at <= now), step.get("set"))
            {
                lay_over(&mut before, set);
            }
        }
        let changed = |group: &[&str]| group.iter().any(|key| before.get(key) != self.map.get(key));
        let touched: Vec<&[&str]> = GROUPS
            .iter()
            .copied()
            .filter(|group| changed(group))
            .collect();
        let sets = |step: &Tree| {
            let set = step.get("set");
            touched
                .iter()
                .flat_map(|group| group.iter())
                .any(|key| set.is_some_and(|set| set.has(key)))
        };
        let clashing: Vec<String> = steps(&self.map)
            .iter()
            .filter(|step| steps(&self.written).contains(step) && sets(step))
            .filter_map(step_time)
            .map(moment)
            .collect();
        if clashing.is_empty() || pending == Pending::Keep {
            return Ok(());
        }
        if pending == Pending::Ask {
            return Err(Refusal::usage(
                format!(
                    "the schedule of {} sets the same at {}",
                    self.name(),
                    clashing.join(" and ")
                ),
                "say what becomes of it: `--keep-schedule` or `--drop-schedule`",
            ));
        }
        let written = steps(&self.written);
        for step in self.take_steps(|step| !(written.contains(step) && sets(step))) {
            self.notes.push(format!("dropped {}", describe_step(&step)));
        }
        Ok(())
    }
}

/// The keys of each slot.
pub(super) const GROUPS: [&[&str]; 4] = [
    &["enabled"],
    &["targeting_rules"],
    &SERVING_KEYS,
    &["bucket_by"],
];

/// Writes an entry into a file, or takes it out. Where it is the first of a flag that was the same
/// everywhere, the environments that would lose the flag's rules by that get `{enabled: true}`.
pub(super) fn write_entry(
    subject: &Subject<'_>,
    root: &mut Tree,
    environment: EnvironmentId,
    entry: Option<Tree>,
) {
    let names: Vec<&str> = subject.catalog.environments.names().collect();
    let name = subject.environment_name(environment);
    let Some(mut entry) = entry else {
        if let Some(list) = root.get_mut("environments") {
            list.remove(name);
        }
        return;
    };
    if let Some(list) = root.get_mut("environments") {
        list.set(name, entry, &names);
        return;
    }
    let mut list = Tree::map();
    list.style = Some(Style::Plain);
    if subject.flag.rules.value.is_empty() {
        list.set(name, entry, &names);
    } else {
        // An entry without a slot counts as none, and then no rule would be looked at.
        if entry.is_map() && !holds_slot(&entry) {
            entry.set("enabled", true, &ENTRY_KEYS);
        }
        list.set(name, entry, &names);
        keep_rules_elsewhere(subject, environment, &mut list, &names);
    }
    root.set("environments", list, &crate::format::FLAG_KEYS);
}

/// Parents come first, so that an environment that inherits from one that was written needs none.
fn keep_rules_elsewhere(
    subject: &Subject<'_>,
    environment: EnvironmentId,
    list: &mut Tree,
    names: &[&str],
) {
    let environments = &subject.catalog.environments;
    let mut others: Vec<EnvironmentId> = environments.iter().map(|(id, _)| id).collect();
    others.retain(|id| *id != environment);
    others.sort_by_key(|id| environments.sync_line(*id).count());
    let mut written = vec![environment];
    for id in others {
        let mut ancestors = environments.sync_line(id).skip(1);
        if !ancestors.any(|ancestor| written.contains(&ancestor)) {
            let entry = Tree::map_of([("enabled", true.into())]);
            list.set(subject.environment_name(id), entry, names);
            written.push(id);
        }
    }
}

/// Returns an entry as a map: a scalar as what it is short for.
pub(super) fn as_map(subject: &Subject<'_>, entry: &Tree) -> Tree {
    spelled_out(entry, is_plain_boolean(subject), default_key(subject))
}

/// As [`as_map`], by what the flag's file says of itself.
pub(super) fn as_map_in(root: &Tree, entry: &Tree) -> Tree {
    let has_variants = root.has("variants");
    let is_boolean = match root.get("type").and_then(Tree::as_str) {
        Some(name) => name == "boolean",
        None => root.get("default_value").and_then(Tree::as_bool).is_some(),
    };
    let key = if has_variants {
        "default_variant"
    } else {
        "default_value"
    };
    spelled_out(entry, is_boolean && !has_variants, key)
}

fn spelled_out(entry: &Tree, is_plain_boolean: bool, default_key: &str) -> Tree {
    if entry.is_map() {
        return entry.clone();
    }
    if is_plain_boolean && entry.as_bool() == Some(false) {
        return Tree::map_of([("enabled", false.into())]);
    }
    Tree::map_of([("enabled", true.into()), (default_key, entry.clone())])
}

/// Returns whether an entry writes anything of what it serves.
pub(super) fn holds_slot(map: &Tree) -> bool {
    GROUPS
        .iter()
        .flat_map(|group| group.iter())
        .any(|key| map.has(key))
}

/// Lays the slots of a step over an entry, whole slots at a time.
pub(super) fn lay_over(map: &mut Tree, set: &Tree) {
    for group in GROUPS {
        if group.iter().any(|key| set.has(key)) {
            for key in group {
                map.remove(key);
            }
            for key in group {
                if let Some(value) = set.get(key) {
                    map.set(key, value.clone(), &ENTRY_KEYS);
                }
            }
        }
    }
}

/// Returns whether the flag is a boolean without variants.
pub(super) fn is_plain_boolean(subject: &Subject<'_>) -> bool {
    subject.flag.value_type == ValueType::Boolean && subject.flag.variants.is_empty()
}

/// Returns the key of an entry's own default.
pub(super) fn default_key(subject: &Subject<'_>) -> &'static str {
    if subject.flag.variants.is_empty() {
        "default_value"
    } else {
        "default_variant"
    }
}

/// Returns the schedule steps of an entry.
pub(super) fn steps(map: &Tree) -> Vec<Tree> {
    map.get("schedule")
        .map(|schedule| schedule.items().to_vec())
        .unwrap_or_default()
}

/// Lays the steps that have elapsed at a time over an entry, and takes them out.
pub(super) fn fold(map: &mut Tree, time: i64) {
    let elapsed = take_steps(map, |step| step_time(step).is_none_or(|at| at > time));
    for set in elapsed.iter().filter_map(|step| step.get("set")) {
        lay_over(map, set);
    }
}

/// Takes the steps out of an entry for which `keep` does not hold, and returns them.
pub(super) fn take_steps(map: &mut Tree, keep: impl Fn(&Tree) -> bool) -> Vec<Tree> {
    let (kept, taken) = steps(map)
        .into_iter()
        .partition::<Vec<Tree>, _>(|step| keep(step));
    if taken.is_empty() {
        return taken;
    }
    if kept.is_empty() {
        map.remove("schedule");
    } else if let Some(items) = map.get_mut("schedule").and_then(Tree::items_mut) {
        *items = kept;
    }
    taken
}

/// Puts a step at its place in time.
pub(super) fn insert_step(steps: &mut Vec<Tree>, at: i64, step: Tree) {
    let place = steps.partition_point(|step| step_time(step).is_some_and(|other| other < at));
    steps.insert(place, step);
}

/// Returns when a schedule step takes place, in Unix seconds.
pub(super) fn step_time(step: &Tree) -> Option<i64> {
    let at = step.get("at").and_then(Tree::as_str)?;
    literal::date_time(at).map(literal::second_reaching)
}

/// Returns a step in words: when, and what it would have set.
pub(super) fn describe_step(step: &Tree) -> String {
    let at = step.get("at").and_then(Tree::as_str).unwrap_or_default();
    let set = step.get("set").map(in_one_line).unwrap_or_default();
    format!("the step at {at}: {set}")
}

/// Returns a tree in one line, as files write it.
pub(super) fn in_one_line(tree: &Tree) -> String {
    let join = |parts: Vec<String>| parts.join(", ");
    match &tree.value {
        TreeValue::Scalar(Scalar::String(text)) => text.to_string(),
        TreeValue::Scalar(Scalar::Null) => "null".to_owned(),
        TreeValue::Scalar(Scalar::Boolean(value)) => value.to_string(),
        TreeValue::Scalar(Scalar::Integer(value)) => value.to_string(),
        TreeValue::Scalar(Scalar::Float(value)) => value.to_string(),
        TreeValue::List(items) => format!("[{}]", join(items.iter().map(in_one_line).collect())),
        TreeValue::Map(entries) => {
            let parts = entries
                .iter()
                .map(|(key, tree)| format!("{key}: {}", in_one_line(tree)));
            format!("{{{}}}", join(parts.collect()))
        }
    }
}

/// Returns a time as files write it.
pub(super) fn moment(time: i64) -> String {
    jiff::Timestamp::from_second(time)
        .map_or_else(|_| time.to_string(), |moment| moment.to_string())
}

/// Returns the serving of a layer; `None` where it has none, empty for `percentage: null`.
pub(super) fn serving_of(map: &Tree) -> Option<Vec<(String, Tree)>> {
    let written: Vec<(String, Tree)> = map
        .entries()
        .iter()
        .filter(|(key, _)| SERVING_KEYS.contains(&key.as_str()))
        .cloned()
        .collect();
    let own = |(key, tree): &(String, Tree)| !(key == "percentage" && tree.is_null());
    (!written.is_empty()).then(|| written.into_iter().filter(own).collect())
}

/// Returns the entries that an environment inherits, the nearest first, each at a time.
pub(super) fn inherited(
    subject: &Subject<'_>,
    environment: EnvironmentId,
    time: i64,
) -> impl Iterator<Item = Tree> {
    let chain = resolve::chain(subject.catalog, subject.flag, environment);
    let layers: Vec<Tree> = chain
        .into_iter()
        .skip(1)
        .map(|environment| {
            let mut draft = Draft::new(subject, environment);
            draft.fold(time);
            draft.map
        })
        .collect();
    layers.into_iter()
}

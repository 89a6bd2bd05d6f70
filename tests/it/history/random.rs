//! Random histories: what is rolled back is what it was, whatever has happened since, and all else
//! stays.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ffctl::check::Subject;
use ffctl::compile::compile;
use ffctl::diagnostic::Diagnostics;
use ffctl::evaluate::Engine;
use ffctl::model::{Catalog, FlagKey};
use ffctl::record::record;
use ffctl::ruleset::ValueType;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::generate::{self, Generated, mutated};
use crate::support::git::{Repositories, TestRepo};
use crate::support::{Output, files_below, sound_or_none};

/// A history: each catalog is sound, and differs from the one before in a few lines.
#[derive(Debug, Clone)]
struct History {
    states: Vec<Generated>,
}

/// The files that no flag has for itself.
const SHARED: [&str; 4] = [
    "environments",
    "segments",
    "attributes",
    "flag-dependencies",
];

/// An edit: which file, which line, and how.
fn edit() -> impl Strategy<Value = (usize, usize, usize)> {
    (0_usize..100, 0_usize..1000, 0_usize..100)
}

/// An edit as commits in conflict have them: in few files, and mostly of a value.
fn edit_of_few() -> impl Strategy<Value = (usize, usize, usize)> {
    let how = prop_oneof![9 => 6_usize..90, 1 => 0_usize..100];
    (0_usize..2, 0_usize..1000, how)
}

fn histories(
    commits: Range<usize>,
    edit: impl Strategy<Value = (usize, usize, usize)>,
) -> impl Strategy<Value = History> {
    let steps = prop::collection::vec(prop::collection::vec(edit, 1..4), commits);
    (generate::catalog(), steps).prop_map(|(first, steps)| {
        let mut states = vec![first];
        for step in steps {
            let mut next = states.last().unwrap().clone();
            for (file, line, how) in step {
                let other = match how {
                    // What is computed cannot be pinned: a rollback over it is refused.
                    _ if changes_attributes(&next, file) => continue,
                    // Flags come and go.
                    90..=94 => without(&next, file),
                    95..=99 => with_copy(&next, file, line),
                    _ => edited(&next, file, line, how),
                };
                if sound_or_none(&other).is_some() {
                    next = other;
                }
            }
            states.push(next);
        }
        History { states }
    })
}

/// Makes an edit, or a like one where that changes nothing or leaves no catalog.
fn edited(state: &Generated, file: usize, line: usize, how: usize) -> Generated {
    let others = (0..2).map(|more| mutated(state, file, line + more, 6 + (how + more) % 84));
    let mut edits = std::iter::once(mutated(state, file, line, how)).chain(others);
    let is_one = |other: &Generated| other.files != state.files && sound_or_none(other).is_some();
    edits.find(is_one).unwrap_or_else(|| state.clone())
}

fn stem(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}

/// Segments may be part of what is computed.
fn changes_attributes(state: &Generated, file: usize) -> bool {
    let path = state.files.keys().nth(file % state.files.len());
    path.is_some_and(|path| ["attributes", "segments"].contains(&stem(path)))
        && state.files.values().any(|text| text.contains("computed"))
}

fn without(state: &Generated, file: usize) -> Generated {
    let mut other = state.clone();
    if let Some(path) = flag_file(state, file) {
        other.files.remove(&path);
    }
    other
}

fn with_copy(state: &Generated, file: usize, line: usize) -> Generated {
    let mut other = state.clone();
    if let Some(path) = flag_file(state, file) {
        let text = other.files[&path].replace("flag_id:", "x-was:");
        other.files.insert(format!("copy_{line}.yaml"), text);
    }
    other
}

fn flag_file(state: &Generated, file: usize) -> Option<String> {
    let is_flag = |path: &&String| !SHARED.contains(&stem(path));
    let flags: Vec<&String> = state.files.keys().filter(is_flag).collect();
    flags
        .get(file % flags.len().max(1))
        .map(|path| (*path).clone())
}

impl History {
    /// Commits every state, ten days apart, the first on the first of December.
    fn commit(&self, repositories: &Repositories) -> (TestRepo, Vec<String>) {
        self.commit_as(repositories, |at| format!("state {at}"))
    }

    /// As [`History::commit`], each with its message.
    fn commit_as(
        &self,
        repositories: &Repositories,
        message: impl Fn(usize) -> String,
    ) -> (TestRepo, Vec<String>) {
        let repo = repositories.init("here");
        let bucketing = &self.states[0].bucketing;
        repo.write(
            "ffctl.toml",
            &format!(
                "[project]\nname = \"generated\"\n[evaluation]\nbucketing = \"{bucketing}\"\n"
            ),
        );
        let mut commits = Vec::new();
        for (at, state) in self.states.iter().enumerate() {
            let _ = std::fs::remove_dir_all(repo.path.join("flags"));
            for (path, text) in &state.files {
                repo.write(&format!("flags/{path}"), text);
            }
            commits.push(repo.commit_at(&Self::date(at), &message(at)));
        }
        (repo, commits)
    }

    fn time(at: usize) -> i64 {
        let first: jiff::Timestamp = "2026-12-01T00:00:30Z".parse().unwrap();
        first.as_second() + i64::try_from(at).unwrap() * 10 * 86_400
    }

    fn date(at: usize) -> String {
        jiff::Timestamp::from_second(Self::time(at))
            .unwrap()
            .to_string()
    }
}

/// The working tree's files.
fn working(repo: &TestRepo, like: &Generated) -> Generated {
    let root = repo.path.join("flags");
    let files = files_below(&root).into_iter().map(|file| {
        let path = file
            .strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        (path, std::fs::read_to_string(&file).unwrap())
    });
    Generated {
        files: files.collect(),
        ..like.clone()
    }
}

/// Rolls back at the time behind the last state.
fn roll_back(repo: &TestRepo, history: &History, to: &str, more: &[&str]) -> Output {
    roll(repo, history, &[&["--to", to], more].concat())
}

fn roll(repo: &TestRepo, history: &History, more: &[&str]) -> Output {
    let mut words = vec!["rollback", "--reason", "r"];
    words.extend(more);
    let mut command = repo.command(&words);
    let now = History::date(history.states.len());
    command.env("FFCTL_NOW", &now);
    command
        .env("GIT_COMMITTER_DATE", &now)
        .env("GIT_AUTHOR_DATE", &now);
    Output::of(&command.output().unwrap())
}

/// The keys that flags have today: where one is gone, the only flag with its salt, on both sides, is
/// the same one.
fn renamed(then: &Catalog, today: &Catalog) -> BTreeMap<FlagKey, FlagKey> {
    let with_salt = |catalog: &Catalog, salt: &str| -> Vec<(FlagKey, ValueType)> {
        let flags = catalog.flags.values();
        let own = flags.filter(|flag| flag.salt() == salt);
        own.map(|flag| (flag.key.clone(), flag.value_type))
            .collect()
    };
    let mut renamed = BTreeMap::new();
    for flag in then.flags.values() {
        let pair = (with_salt(then, flag.salt()), with_salt(today, flag.salt()));
        if let ([(old, was)], [(new, is)]) = (pair.0.as_slice(), pair.1.as_slice())
            && !today.flags.contains_key(old)
            && !then.flags.contains_key(new)
            && was == is
        {
            renamed.insert(old.clone(), new.clone());
        }
    }
    renamed
}

/// The record of each flag in each environment, less what a kill switch says, and less steps that
/// change nothing; flags are found, and needed, by the keys that they have today.
fn records(
    catalog: &Catalog,
    keys: &Catalog,
    renamed: &BTreeMap<FlagKey, FlagKey>,
) -> Vec<(String, Value)> {
    let mut records = Vec::new();
    for (id, environment) in catalog.environments.iter() {
        for key in keys.flags.keys() {
            let by = |key: &FlagKey| catalog.flags.get(key);
            let Some(flag) = by(key).or_else(|| by(renamed.get(key)?)) else {
                continue;
            };
            let mut value = serde_json::to_value(record(catalog, flag, id)).unwrap();
            value.as_object_mut().unwrap().remove("killed");
            if let Some(needed) = value.get_mut("depends_on").and_then(Value::as_array_mut) {
                for one in needed
                    .iter_mut()
                    .filter(|one| one.get("repository").is_none())
                {
                    let today = renamed.get(one["flag"].as_str().unwrap());
                    if let Some(today) = today {
                        one["flag"] = today.as_str().into();
                    }
                }
                needed.sort_by_key(ToString::to_string);
            }
            let phases = value["phases"].as_array_mut().unwrap();
            phases.dedup_by(|next, phase| {
                let content = |phase: &Value| {
                    let mut phase = phase.clone();
                    phase.as_object_mut().unwrap().remove("from");
                    phase
                };
                content(next) == content(phase)
            });
            records.push((format!("{key} in {}", environment.name), value));
        }
    }
    records
}

/// The commits of a history that are undone, and how.
#[derive(Debug, Clone)]
struct Undo {
    /// Which commits, counted from the first state, which is none of them.
    commits: BTreeSet<usize>,
    /// Whether kill switches that they threw go.
    lift: bool,
}

/// By what name commits are undone.
#[derive(Debug, Clone, Copy)]
enum Target {
    Deployment,
    /// The first of them alone.
    Commit,
}

/// A history, and some of its later commits.
fn deployments() -> impl Strategy<Value = (History, Undo)> {
    // At times every other one.
    let some = prop::collection::vec(0_usize..100, 1..4);
    let chosen = prop_oneof![some, Just(vec![0, 2])];
    (histories(3..7, edit_of_few()), chosen, any::<bool>()).prop_map(|(history, chosen, lift)| {
        let later = history.states.len() - 1;
        let commits = chosen.into_iter().map(|at| 1 + at % later).collect();
        (history, Undo { commits, lift })
    })
}

/// What an environment has of a flag: the parts of its record, with the time from which each holds.
type Slots = BTreeMap<String, Value>;

/// Returns every slot of a flag's record; `None` where there is no such flag or environment.
fn slots(catalog: &Catalog, key: &str, environment: &str) -> Option<Slots> {
    let flag = catalog.flags.get(key)?;
    let id = catalog.environments.find(environment)?;
    let Value::Object(mut parts) = serde_json::to_value(record(catalog, flag, id)).unwrap() else {
        return None;
    };
    let phases = parts.remove("phases").unwrap();
    let mut slots: Slots = parts.into_iter().collect();
    for phase in phases.as_array().unwrap() {
        let from = &phase["from"];
        for (name, part) in phase.as_object().unwrap() {
            if name != "rules" {
                slots.insert(format!("{name} from {from}"), part.clone());
            }
        }
        let rules = phase["rules"].as_array().cloned().unwrap_or_default();
        let names = rules.iter().map(|rule| rule["name"].clone()).collect();
        slots.insert(format!("order of rules from {from}"), names);
        for rule in rules {
            slots.insert(format!("rule {} from {from}", rule["name"]), rule);
        }
    }
    Some(slots)
}

/// A file with every value that decides nothing of where a slot comes from left out: two files with
/// one shape hold the same slots, rules and steps, and ask for the same segments.
fn shape(text: &str) -> Value {
    fn of(value: &Value, path: &[&str]) -> Value {
        match value {
            Value::Object(map) => {
                let parts = map.iter().map(|(key, value)| {
                    let path = [path, &[key.as_str()]].concat();
                    (key.clone(), of(value, &path))
                });
                Value::Object(parts.collect())
            }
            Value::Array(list) => list.iter().map(|value| of(value, path)).collect(),
            Value::Null => Value::Null,
            // An entry `false` of a boolean holds a switch alone.
            _ if matches!(path, ["environments", _]) => json!(*value == false),
            _ if ["name", "key", "flag", "segment", "at", "type", "inherit"]
                .contains(path.last().unwrap_or(&"")) =>
            {
                value.clone()
            }
            Value::Bool(_) => json!("switch"),
            Value::Number(_) => json!("number"),
            Value::String(_) => json!("text"),
        }
    }
    of(&serde_yaml::from_str(text).unwrap(), &[])
}

impl History {
    /// Returns the file of a flag in each state.
    fn files_of(&self, key: &str) -> Vec<Option<&str>> {
        let of = |state: &'_ Generated| {
            state
                .files
                .keys()
                .find(|path| is_file_of(path, key))
                .cloned()
        };
        let states = self.states.iter();
        states
            .map(|state| state.files.get(&of(state)?).map(String::as_str))
            .collect()
    }

    /// Returns what all flags share in each state.
    fn shared(&self) -> Vec<BTreeMap<&str, &str>> {
        let mut shared = Vec::new();
        for state in &self.states {
            let files = state.files.iter();
            let files = files.filter(|(path, _)| SHARED.contains(&stem(path)));
            shared.push(
                files
                    .map(|(path, text)| (path.as_str(), text.as_str()))
                    .collect(),
            );
        }
        shared
    }
}

fn is_file_of(path: &str, key: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    stem(name) == key && !SHARED.contains(&stem(path))
}

/// What has come of the flags: the states that the undone commits began from, that they left, and
/// that is there today and afterwards.
struct Undone<'h> {
    history: &'h History,
    undo: &'h Undo,
    catalogs: Vec<Catalog>,
    after: Catalog,
}

/// Leaves out whether what serves the off value alone is on: undone, it is written as off.
fn at_rest(mut slots: Slots) -> Slots {
    let of = |name: &str| format!("{name} from null");
    let serves = slots.contains_key(&of("serving"));
    let has_rules = slots.get(&of("order of rules")) != Some(&json!([]));
    if !serves && !has_rules && slots.get(&of("default")) == slots.get("off") {
        slots.remove(&of("enabled"));
    }
    slots
}

impl Undone<'_> {
    /// The state before the first of the commits.
    fn before(&self) -> usize {
        self.undo.commits.first().unwrap() - 1
    }

    fn last(&self) -> usize {
        self.history.states.len() - 1
    }

    /// Returns whether something changed in an undone commit, and in another since the first of them.
    fn touched(&self, differs: impl Fn(usize, usize) -> bool) -> (bool, bool) {
        let mut since = self.before() + 1..=self.last();
        let is_own = |at: &usize| self.undo.commits.contains(at);
        let own = since.clone().any(|at| is_own(&at) && differs(at - 1, at));
        (own, since.any(|at| !is_own(&at) && differs(at - 1, at)))
    }

    /// Checks every slot of a flag in an environment.
    fn check(&self, key: &str, environment: &str) -> Result<(), TestCaseError> {
        let (files, shared) = (self.history.files_of(key), self.history.shared());
        let touched = self.touched(|a, b| files[a] != files[b] || shared[a] != shared[b]);
        let catalogs = self.catalogs.iter();
        let slots_of: Vec<Option<Slots>> = catalogs
            .map(|catalog| slots(catalog, key, environment))
            .collect();
        let (before, tip) = (&slots_of[self.before()], &slots_of[self.last()]);
        let after = slots(&self.after, key, environment);
        let mut expected = match touched {
            (false, _) => tip.clone(),
            (true, false) => before.clone(),
            (true, true) if self.is_steady(key) => {
                let mut expected = Slots::new();
                let all = slots_of.iter().chain([&after]).flatten();
                for name in all.flat_map(BTreeMap::keys) {
                    let at = |slots: &Option<Slots>| slots.as_ref()?.get(name).cloned();
                    let value = match self.touched(|a, b| at(&slots_of[a]) != at(&slots_of[b])) {
                        (false, _) => at(tip),
                        (true, false) => at(before),
                        (true, true) => at(&after),
                    };
                    expected.extend(value.map(|value| (name.clone(), value)));
                }
                Some(expected)
            }
            (true, true) => return Ok(()),
        };
        let is_killed = |slots: &Option<Slots>| {
            let slots = slots.as_ref();
            slots.is_some_and(|slots| slots["killed"] == json!(true))
        };
        if !self.undo.lift && self.is_killed_anywhere(key) {
            // The switch stays, and with it a flag that was not there or was archived.
            prop_assert!(
                is_killed(&after) || !is_killed(tip),
                "{key} in {environment}"
            );
            match &mut expected {
                None => return Ok(()),
                Some(slots) if slots["archived"] == json!(true) => return Ok(()),
                Some(slots) if is_killed(tip) => {
                    drop(slots.insert("killed".to_owned(), json!(true)));
                }
                Some(_) => {}
            }
        }
        prop_assert_eq!(
            after.map(at_rest),
            expected.map(at_rest),
            "{} in {} {:?}",
            key,
            environment,
            self.undo
        );
        Ok(())
    }

    fn tip(&self) -> &Catalog {
        &self.catalogs[self.last()]
    }

    /// Returns every flag that there was at any time, in every environment.
    fn pairs(&self) -> BTreeSet<(String, String)> {
        let mut pairs = BTreeSet::new();
        for catalog in self.catalogs.iter().chain([&self.after]) {
            for environment in catalog.environments.names() {
                let keys = catalog.flags.keys().map(|key| key.as_str().to_owned());
                pairs.extend(keys.map(|key| (key, environment.to_owned())));
            }
        }
        pairs
    }

    /// Returns whether a kill switch stands in the flag today, wherever.
    fn is_killed_anywhere(&self, key: &str) -> bool {
        let tip = self.tip();
        let flag = tip.flags.get(key);
        flag.is_some_and(|flag| {
            let mut environments = tip.environments.iter();
            environments.any(|(id, _)| record(tip, flag, id).killed)
        })
    }

    /// Returns whether each slot of a flag came from one place all the time since the commits.
    fn is_steady(&self, key: &str) -> bool {
        let since = &self.history.states[self.before()..];
        let environments: BTreeSet<_> = since
            .iter()
            .map(|state| state.files.get("environments.yaml"))
            .collect();
        let shared = &self.history.shared()[self.before()..];
        let shapes: BTreeSet<String> = shared
            .iter()
            .map(|files| {
                let files = files.iter();
                let shapes: BTreeMap<_, _> =
                    files.map(|(path, text)| (path, shape(text))).collect();
                format!("{shapes:?}")
            })
            .collect();
        let files = &self.history.files_of(key)[self.before()..];
        let own: Option<BTreeSet<String>> = files
            .iter()
            .map(|file| file.map(|text| shape(text).to_string()))
            .collect();
        environments.len() == 1 && shapes.len() == 1 && own.is_some_and(|own| own.len() == 1)
    }
}

/// Undoes commits of a history: what they did not change stays, what only they changed is as it was
/// before them, and without a clear answer nothing is written.
fn take_back(history: &History, undo: &Undo, target: Target) -> Result<(), TestCaseError> {
    let repositories = Repositories::new();
    let (repo, commits) = history.commit_as(&repositories, |at| {
        let is_own = undo.commits.contains(&at);
        let line = if is_own { "\n\nDeployment-Id: d1" } else { "" };
        format!("state {at}{line}")
    });
    let (tip, last) = (repo.id("HEAD"), history.states.last().unwrap());
    let mut words = match target {
        Target::Deployment => vec!["--deployment-id", "d1"],
        Target::Commit => vec!["--commit", &commits[*undo.commits.first().unwrap()]],
    };
    words.push("--resume");
    words.extend(undo.lift.then_some("--lift-kill-switches"));
    let output = roll(&repo, history, &words);
    prop_assert_eq!(repo.status(), Vec::<String>::new(), "{}", output);
    if output.status != Some(0) {
        prop_assert_eq!(output.status, Some(1), "{}", output);
        prop_assert_eq!(repo.id("HEAD"), tip, "{}", output);
        prop_assert_eq!(&working(&repo, last).files, &last.files, "{}", output);
        return Ok(());
    }
    let files = working(&repo, last);
    let after = sound_or_none(&files);
    prop_assert!(after.is_some(), "{:?}", files);
    let states = history.states.iter();
    let undone = Undone {
        history,
        undo,
        catalogs: states.map(|state| sound_or_none(state).unwrap()).collect(),
        after: after.unwrap(),
    };
    let pairs = undone.pairs();
    for (key, environment) in &pairs {
        undone.check(key, environment)?;
    }
    let changes = files.files != last.files;
    let before = if changes { "HEAD~1" } else { "HEAD" };
    prop_assert_eq!(repo.id(before), tip, "{}", output);
    let now = undone.tip();
    if !changes || !is_allowed(now, History::time(history.states.len())) {
        return Ok(());
    }
    let words = ["--commit", "HEAD", "--resume", "--lift-kill-switches"];
    let back = roll(&repo, history, &words);
    prop_assert_eq!(back.status, Some(0), "{}", back);
    let again = sound_or_none(&working(&repo, last)).unwrap();
    for (key, environment) in &pairs {
        let (is, was) = (
            slots(&again, key, environment),
            slots(now, key, environment),
        );
        prop_assert_eq!(is, was, "{} in {}", key, environment);
    }
    Ok(())
}

/// Returns whether a plan may bring a catalog about: it has no error that new files must not have.
fn is_allowed(catalog: &Catalog, now: i64) -> bool {
    let mut told = Diagnostics::default();
    let subject = Subject {
        catalog,
        config: None,
        now: jiff::Timestamp::from_second(now).unwrap(),
    };
    ffctl::check::run(&subject, &mut told);
    !told.has_errors()
}

/// Returns whether a rollback was refused because attributes.yaml, which stays as it is, has not what
/// rules of then ask for.
fn lacks_an_attribute(output: &Output) -> bool {
    output.status == Some(1) && output.stderr.contains("error[unknown-attribute]")
}

fn same_environments(one: &Catalog, other: &Catalog) -> bool {
    let of = |catalog: &Catalog| -> Vec<String> {
        catalog.environments.names().map(str::to_owned).collect()
    };
    of(one) == of(other)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::evaluation::cases(24), max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// What was is again, for every flag that was, kill switches apart; and back again.
    #[test]
    fn a_rollback_brings_the_records_back(history in histories(4..12, edit()), to in 0_usize..12) {
        let repositories = Repositories::new();
        let (repo, commits) = history.commit(&repositories);
        let to = to % commits.len();
        let then = sound_or_none(&history.states[to]).unwrap();
        let last = history.states.last().unwrap();
        let now = sound_or_none(last).unwrap();
        prop_assume!(same_environments(&then, &now));
        prop_assume!(is_allowed(&then, History::time(to)) && is_allowed(&now, History::time(to)));
        let called = renamed(&then, &now);
        let output = roll_back(&repo, &history, &commits[to], &["--resume"]);
        // Which of two flags it is, and whether it is killed there, cannot be told.
        prop_assume!(!output.stdout.contains("it may be called"));
        if lacks_an_attribute(&output) {
            return Ok(());
        }
        prop_assert_eq!(output.status, Some(0), "{}", output);
        let after = working(&repo, last);
        let after_catalog = sound_or_none(&after);
        prop_assert!(after_catalog.is_some(), "{:?}", after);
        let after_catalog = after_catalog.unwrap();
        for ((name, is), (other, was)) in records(&after_catalog, &then, &called).into_iter().zip(records(&then, &then, &called)) {
            prop_assert_eq!(&name, &other);
            prop_assert_eq!(is, was, "{}\n{:?}", name, after);
        }
        // Flags that were not are left alone.
        for (key, flag) in &now.flags {
            let is_new = !then.flags.contains_key(key) && called.values().all(|new| new != key);
            if is_new {
                prop_assert_eq!(&after_catalog.flags[key].default, &flag.default);
            }
        }
        let back = roll_back(&repo, &history, commits.last().unwrap(), &["--resume"]);
        prop_assert_eq!(back.status, Some(0), "{}", back);
        let again = sound_or_none(&working(&repo, last)).unwrap();
        for ((name, is), (other, was)) in records(&again, &now, &called).into_iter().zip(records(&now, &now, &called)) {
            prop_assert_eq!(&name, &other);
            prop_assert_eq!(is, was, "{}", name);
        }
    }

    /// Without `--resume` time stands still: what was served at the revision's time is served now.
    #[test]
    fn a_rollback_serves_what_was_served_then(
        history in histories(4..12, edit()),
        to in 0_usize..12,
        contexts in prop::collection::vec(generate::context(), 12),
    ) {
        let repositories = Repositories::new();
        let (repo, commits) = history.commit(&repositories);
        let to = to % commits.len();
        let then = sound_or_none(&history.states[to]).unwrap();
        let last = history.states.last().unwrap();
        let now = sound_or_none(last).unwrap();
        // Conditions on the time decide otherwise at another time.
        let is_timeless = !history.states[to].files.values().any(|text| text.contains("now"));
        prop_assume!(is_timeless && same_environments(&then, &now));
        prop_assume!(is_allowed(&then, History::time(to)));
        let output = roll_back(&repo, &history, &commits[to], &["--lift-kill-switches"]);
        if lacks_an_attribute(&output) {
            return Ok(());
        }
        prop_assert_eq!(output.status, Some(0), "{}", output);
        let files = working(&repo, last);
        let after = sound_or_none(&files).unwrap();
        let called = renamed(&then, &now);
        let (is_at, was_at) = (History::time(history.states.len()), History::time(to));
        for (id, environment) in then.environments.iter() {
            let other = after.environments.find(environment.name.as_str()).unwrap();
            let was = Engine::new(&compile(&then, id, |_| true)).unwrap();
            let is = Engine::new(&compile(&after, other, |_| true)).unwrap();
            for key in then.flags.keys() {
                let today = called.get(key).unwrap_or(key);
                // A kill switch that stood and stands in another environment may reach further today.
                let killed = record(&after, &after.flags[today], other).killed;
                if killed && !record(&then, &then.flags[key], id).killed {
                    continue;
                }
                for context in &contexts {
                    let facts = context.as_object().unwrap();
                    let one = was.evaluate(key.as_str(), &was.context(facts), was_at);
                    let other = is.evaluate(today.as_str(), &is.context(facts), is_at);
                    prop_assert_eq!(
                        json!([one.value, one.error.map(ffctl::evaluate::ErrorCode::as_str)]),
                        json!([other.value, other.error.map(ffctl::evaluate::ErrorCode::as_str)]),
                        "{} in {} for {}:\n{}\nthen {:?}\nnow {:?}\nafter {:?}", key, environment.name, context, output, history.states[to], last, files
                    );
                }
            }
        }
    }

    /// Without a deployment, what only it changed is what it was before, and all else what it is.
    #[test]
    fn without_a_deployment_the_rest_stays((history, undo) in deployments()) {
        take_back(&history, &undo, Target::Deployment)?;
    }

    /// Without one commit, too.
    #[test]
    fn without_a_commit_the_rest_stays((history, undo) in deployments()) {
        let first = *undo.commits.first().unwrap();
        let undo = Undo { commits: [first].into(), ..undo };
        take_back(&history, &undo, Target::Commit)?;
    }
}

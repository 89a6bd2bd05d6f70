//! Random histories: what is rolled back is what it was, whatever has happened since.

use ffctl::check::Subject;
use ffctl::compile::compile;
use ffctl::diagnostic::Diagnostics;
use ffctl::evaluate::Engine;
use ffctl::model::Catalog;
use ffctl::record::record;
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

fn histories() -> impl Strategy<Value = History> {
    let mutation = (0_usize..100, 0_usize..1000, 0_usize..100);
    let steps = prop::collection::vec(prop::collection::vec(mutation, 1..4), 4..12);
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
                    _ => mutated(&next, file, line, how),
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
    let shared = [
        "environments",
        "segments",
        "attributes",
        "flag-dependencies",
    ];
    let is_flag = |path: &&String| !shared.contains(&stem(path));
    let flags: Vec<&String> = state.files.keys().filter(is_flag).collect();
    flags
        .get(file % flags.len().max(1))
        .map(|path| (*path).clone())
}

impl History {
    /// Commits every state, ten days apart, the first on the first of December.
    fn commit(&self, repositories: &Repositories) -> (TestRepo, Vec<String>) {
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
            commits.push(repo.commit_at(&Self::date(at), &format!("state {at}")));
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
    let mut words = vec!["rollback", "--to", to, "--reason", "r"];
    for environment in &history.states[0].environments {
        words.extend(["--confirm", environment]);
    }
    words.extend(more);
    let mut command = repo.command(&words);
    let now = History::date(history.states.len());
    command.env("FFCTL_NOW", &now);
    command
        .env("GIT_COMMITTER_DATE", &now)
        .env("GIT_AUTHOR_DATE", &now);
    Output::of(&command.output().unwrap())
}

/// The record of each flag in each environment, less what a kill switch says, and less steps that
/// change nothing.
fn records(catalog: &Catalog, keys: &Catalog) -> Vec<(String, Value)> {
    let mut records = Vec::new();
    for (id, environment) in catalog.environments.iter() {
        for key in keys.flags.keys() {
            let Some(flag) = catalog.flags.get(key) else {
                continue;
            };
            let mut value = serde_json::to_value(record(catalog, flag, id)).unwrap();
            value.as_object_mut().unwrap().remove("killed");
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
    fn a_rollback_brings_the_records_back(history in histories(), to in 0_usize..12) {
        let repositories = Repositories::new();
        let (repo, commits) = history.commit(&repositories);
        let to = to % commits.len();
        let then = sound_or_none(&history.states[to]).unwrap();
        let last = history.states.last().unwrap();
        let now = sound_or_none(last).unwrap();
        prop_assume!(same_environments(&then, &now));
        prop_assume!(is_allowed(&then, History::time(to)) && is_allowed(&now, History::time(to)));
        let output = roll_back(&repo, &history, &commits[to], &["--resume"]);
        prop_assert_eq!(output.status, Some(0), "{}", output);
        let after = working(&repo, last);
        let after_catalog = sound_or_none(&after);
        prop_assert!(after_catalog.is_some(), "{:?}", after);
        let after_catalog = after_catalog.unwrap();
        for ((name, is), (other, was)) in records(&after_catalog, &then).into_iter().zip(records(&then, &then)) {
            prop_assert_eq!(&name, &other);
            prop_assert_eq!(is, was, "{}\n{:?}", name, after);
        }
        // Flags that were not are left alone.
        for (key, flag) in &now.flags {
            if !then.flags.contains_key(key) {
                prop_assert_eq!(&after_catalog.flags[key].default, &flag.default);
            }
        }
        let back = roll_back(&repo, &history, commits.last().unwrap(), &["--resume"]);
        prop_assert_eq!(back.status, Some(0), "{}", back);
        let again = sound_or_none(&working(&repo, last)).unwrap();
        for ((name, is), (other, was)) in records(&again, &now).into_iter().zip(records(&now, &now)) {
            prop_assert_eq!(&name, &other);
            prop_assert_eq!(is, was, "{}", name);
        }
    }

    /// Without `--resume` time stands still: what was served at the revision's time is served now.
    #[test]
    fn a_rollback_serves_what_was_served_then(
        history in histories(),
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
        prop_assert_eq!(output.status, Some(0), "{}", output);
        let files = working(&repo, last);
        let after = sound_or_none(&files).unwrap();
        let (is_at, was_at) = (History::time(history.states.len()), History::time(to));
        for (id, environment) in then.environments.iter() {
            let other = after.environments.find(environment.name.as_str()).unwrap();
            let was = Engine::new(&compile(&then, id, |_| true)).unwrap();
            let is = Engine::new(&compile(&after, other, |_| true)).unwrap();
            for key in then.flags.keys() {
                // A kill switch that stood and stands in another environment may reach further today.
                let killed = record(&after, &after.flags[key], other).killed;
                if killed && !record(&then, &then.flags[key], id).killed {
                    continue;
                }
                for context in &contexts {
                    let facts = context.as_object().unwrap();
                    let one = was.evaluate(key.as_str(), &was.context(facts), was_at);
                    let other = is.evaluate(key.as_str(), &is.context(facts), is_at);
                    prop_assert_eq!(
                        json!([one.value, one.error.map(ffctl::evaluate::ErrorCode::as_str)]),
                        json!([other.value, other.error.map(ffctl::evaluate::ErrorCode::as_str)]),
                        "{} in {} for {}:\n{}\nthen {:?}\nnow {:?}\nafter {:?}", key, environment.name, context, output, history.states[to], last, files
                    );
                }
            }
        }
    }
}

//! What holds of every rollback, whatever the flags.

use std::collections::BTreeMap;

use ffctl::diagnostic::Severity;
use ffctl::document::Tree;
use ffctl::model::{Catalog, EnvironmentId};
use ffctl::patch::{Age, Back, Found, roll_back};
use ffctl::record::record;
use proptest::prelude::*;
use serde_json::Value;

use super::{ALL, RESUME};
use crate::support::generate;
use crate::verbs::{load, tree_of, yaml_of};

type Files = BTreeMap<String, String>;

/// What a flag serves, each period once: those that say the same are one.
fn served(catalog: &Catalog, key: &str, id: EnvironmentId) -> Value {
    let record = record(catalog, &catalog.flags[key], id);
    let mut value = serde_json::to_value(&record).unwrap();
    for mark in ["kind", "killable", "client_side", "killed"] {
        value.as_object_mut().unwrap().remove(mark);
    }
    let without_time = |phase: &Value| {
        let mut phase = phase.clone();
        phase.as_object_mut().unwrap().remove("from");
        phase
    };
    let phases = value["phases"].as_array_mut().unwrap();
    phases.dedup_by(|one, before| without_time(one) == without_time(before));
    value
}

/// As [`served`], without the salt of a flag that deals nobody out.
fn dealt(catalog: &Catalog, key: &str, id: EnvironmentId) -> Value {
    let mut value = served(catalog, key, id);
    let text = value["phases"].to_string();
    let text = text
        .replace("\"share\":100000", "")
        .replace("\"share\":0", "");
    let deals = ["\"share\"", "\"gradual\"", "\"split\""];
    if deals.iter().all(|key| !text.contains(key)) {
        value.as_object_mut().unwrap().remove("salt");
    }
    value
}

fn sound(files: &Files) -> Option<Catalog> {
    let loaded = load(files);
    let mut findings = loaded.diagnostics.iter();
    let is_sound = findings.all(|finding| finding.severity != Severity::Error);
    is_sound.then_some(loaded.catalog)
}

fn path_of<'f>(files: &'f Files, key: &str) -> Option<&'f String> {
    files.keys().find(|path| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.strip_suffix(".yaml").or(name.strip_suffix(".yml")) == Some(key)
    })
}

/// Rolls one flag back, and returns the files as they are then; `None` where that is refused.
fn back(
    (was, then, at): (&Files, &Catalog, i64),
    (is, today, now): (&Files, &Catalog, i64),
    key: &str,
    options: &Back<'_>,
) -> Option<Files> {
    let root = |files: &Files| path_of(files, key).map(|path| tree_of(&files[path]));
    let apart =
        |files: &Files| path_of(files, "flag-dependencies").map(|path| tree_of(&files[path]));
    let (old, new): (Option<Tree>, Option<Tree>) = (root(was), root(is));
    let found = new.as_ref().map(|root| Found {
        flag: &today.flags[key],
        root,
    });
    let done = roll_back(
        &Age::new(then, apart(was), at),
        &Age::new(today, apart(is), now),
        Found {
            flag: &then.flags[key],
            root: old.as_ref()?,
        },
        found,
        options,
    )
    .ok()?;
    let mut files = is.clone();
    let path = path_of(is, key).or_else(|| path_of(was, key))?.clone();
    files.insert(path, yaml_of(&done.root));
    if let (Some(apart), Some(path)) = (done.apart, path_of(is, "flag-dependencies")) {
        files.insert(path.clone(), yaml_of(&apart));
    }
    Some(files)
}

fn shared(then: &Catalog, today: &Catalog) -> Vec<(EnvironmentId, EnvironmentId)> {
    let environments = today.environments.iter();
    let pairs = environments.filter_map(|(id, environment)| {
        Some((id, then.environments.find(environment.name.as_str())?))
    });
    pairs.collect()
}

/// Files of the one, and for some paths those of the other.
fn mixed(one: &Files, other: &Files, mask: u32) -> Files {
    let mut files = one.clone();
    for (at, (path, text)) in other.iter().enumerate() {
        if mask & (1 << (at % 32)) != 0 {
            files.insert(path.clone(), text.clone());
        }
    }
    files
}

/// The same flags, with what one environment said said by the next, other rules, and other segments.
fn turned(files: &Files) -> Files {
    let turn = |path: &String, text: &String| {
        let mut file = tree_of(text).to_json();
        let key = if path.starts_with("segments") {
            "segments"
        } else {
            "environments"
        };
        let is_turned = !path.starts_with("environments");
        if let Some(map) = file
            .get_mut(key)
            .and_then(Value::as_object_mut)
            .filter(|_| is_turned)
        {
            let mut values: Vec<Value> = map.values().cloned().collect();
            values.rotate_right(1.min(map.len()));
            for (slot, value) in map.values_mut().zip(values) {
                *slot = value;
            }
        }
        if let Some(rules) = file
            .get_mut("targeting_rules")
            .and_then(Value::as_array_mut)
        {
            rules.reverse();
        }
        (path.clone(), serde_yaml::to_string(&file).unwrap())
    };
    files.iter().map(|(path, text)| turn(path, text)).collect()
}

fn check(was: &Files, is: &Files, at: i64, now: i64) -> Result<usize, TestCaseError> {
    let (Some(then), Some(today)) = (sound(was), sound(is)) else {
        return Ok(0);
    };
    let mut done = 0;
    for key in then.flags.keys() {
        let key = key.as_str();
        let sides = ((was, &then, at), (is, &today, now));
        if let Some(files) = back(sides.0, sides.1, key, &RESUME)
            && let Some(after) = sound(&files)
        {
            done += 1;
            for (id, then_id) in shared(&then, &today) {
                prop_assert_eq!(
                    served(&then, key, then_id),
                    served(&after, key, id),
                    "{}",
                    key
                );
            }
            // And back again.
            if today.flags.contains_key(key)
                && let Some(again) = back((is, &today, now), (&files, &after, now), key, &RESUME)
                && let Some(again) = sound(&again)
            {
                for (id, _) in shared(&then, &today) {
                    prop_assert_eq!(served(&today, key, id), served(&again, key, id), "{}", key);
                }
            }
        }
        for id in today.environments.iter().map(|(id, _)| id) {
            let ids = [id];
            let options = Back {
                environments: Some(&ids),
                ..RESUME
            };
            let Some(files) = back(sides.0, sides.1, key, &options) else {
                continue;
            };
            let Some(after) = sound(&files) else { continue };
            done += 1;
            let name = today.environments.get(id).name.as_str();
            let then_id = then.environments.find(name).expect("others are refused");
            prop_assert_eq!(
                dealt(&then, key, then_id),
                dealt(&after, key, id),
                "{} in {}",
                key,
                name
            );
        }
        if let Some(files) = back(sides.0, sides.1, key, &ALL)
            && let Some(after) = sound(&files)
        {
            for (id, then_id) in shared(&then, &today) {
                held(&then, &after, key, (then_id, id), at, now)?;
            }
        }
    }
    Ok(done)
}

/// From now on nobody is served more than then, and no ramp runs on.
fn held(
    then: &Catalog,
    after: &Catalog,
    key: &str,
    (then_id, id): (EnvironmentId, EnvironmentId),
    at: i64,
    now: i64,
) -> Result<(), TestCaseError> {
    let (was, is) = (&then.flags[key], &after.flags[key]);
    if was.archived.is_some() || ffctl::resolve::kill(after, is, id).is_some() {
        return Ok(());
    }
    let (was, is) = (record(then, was, then_id), record(after, is, id));
    let phase = |record: &ffctl::record::Record<'_>, time| {
        let phase = record.phases.get(record.position_at(time)).unwrap();
        let share = |serving: &ffctl::record::Serving<'_>| {
            let ramp = serving.gradual.map(|ramp| ramp.share_at(time));
            ramp.or(serving.share)
        };
        let rules: Vec<(String, Option<u32>)> = phase
            .rules
            .iter()
            .map(|rule| (rule.name.as_str().to_owned(), share(&rule.serving)))
            .collect();
        let default = serde_json::to_value(&phase.default).unwrap();
        let serving = phase.serving.as_ref().map(share);
        let serving = serving.filter(|share| *share != Some(0));
        // What is on and serves the off value alone may as well be off.
        let is_idle = rules.is_empty() && serving.is_none() && phase.default == record.off;
        (phase.enabled && !is_idle, rules, serving, default)
    };
    prop_assert_eq!(phase(&was, at), phase(&is, now), "{}", key);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    /// The record of then comes back, with its environments or in one alone; a rollback of a
    /// rollback restores; and without `--resume` it is what time gave then.
    #[test]
    fn what_was_is_again(
        then in generate::catalog(),
        other in generate::catalog(),
        mask in any::<u32>(),
        at in generate::time(),
        passed in 0_i64..1_000_000,
    ) {
        check(&then.files, &other.files, at, at + passed)?;
        check(&then.files, &mixed(&then.files, &other.files, mask), at, at + passed)?;
        check(&then.files, &turned(&then.files), at, at + passed)?;
    }
}

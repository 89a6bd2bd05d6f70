//! Histories: what the commands tell of a repository's past, and bring back.

mod back;
mod long;
mod random;
mod scenario;
mod whole;

use serde_json::{Value, json};

use crate::support::git::Repositories;
use scenario::{Scenario, date};

/// The changes of a document, as the scenario has them.
fn changes(document: &Value) -> Vec<String> {
    let text = |change: &Value, key: &str| change[key].as_str().unwrap().to_owned();
    let changes = document["changes"].as_array().unwrap().iter();
    let mut changes: Vec<String> = changes
        .map(|change| {
            let words = ["environment", "flag", "kind"].map(|key| text(change, key));
            words.join(" ")
        })
        .collect();
    changes.sort_unstable();
    changes
}

#[test]
fn each_commit_differs_from_the_one_before_in_what_it_changed() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    assert!(scenario.told.len() >= 40);
    for told in &scenario.told[1..] {
        // A merge tells its own changes only, and the file of c25 cannot be read.
        if told.subject.starts_with("merge") || ["c25", "c26"].contains(&told.tag) {
            continue;
        }
        let day: u32 = told.tag[1..].parse().unwrap();
        let before = format!("{}^", told.tag);
        let arguments = ["diff", &before, told.tag, "--json", "--at", &date(day)];
        let document = scenario.repo.ffctl(&arguments).exits(0).json();
        assert_eq!(
            changes(&document),
            told.changes,
            "{} {}",
            told.tag,
            told.subject
        );
        assert_eq!(document["unread"], json!([]), "{}", told.tag);
    }
}

#[test]
fn a_broken_revision_is_named_on_its_side() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    for (base, head) in [("c24", "c25"), ("c25", "c26")] {
        let document = scenario
            .repo
            .ffctl(&["diff", base, head, "--json"])
            .exits(0)
            .json();
        assert_eq!(
            document["unread"],
            json!([{"flag": "search", "side": "c25"}])
        );
        assert_eq!(document["changes"], json!([]));
    }
    // Around it, all is known.
    let document = scenario
        .repo
        .ffctl(&["diff", "c24", "c26", "--json"])
        .exits(0)
        .json();
    assert_eq!(changes(&document), scenario.of("c26").changes);
}

#[test]
fn distant_revisions_differ_in_what_has_come_of_it() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    let diff = |base: &str, head: &str, more: &[&str]| {
        let arguments = [
            &["diff", base, head, "--json", "--at", "2026-02-15T12:00:00Z"],
            more,
        ]
        .concat();
        scenario.repo.ffctl(&arguments).exits(0).json()
    };
    // Over a moved folder: checkout went from 60% to 75%, and is dealt anew.
    let document = diff("c21", "c45", &["--flag", "checkout", "--env", "production"]);
    assert_eq!(
        changes(&document),
        [
            "production checkout exposure",
            "production checkout reshuffle"
        ]
    );
    let effect = document["changes"][0]["effect"].as_str().unwrap();
    assert!(effect.contains("60% → 75%"), "{effect}");
    // What was done and undone is no difference.
    for (base, head) in [
        ("c22", "c24"),
        ("c26", "c28"),
        ("c32", "c34"),
        ("c35", "c37"),
        ("c40", "c42"),
    ] {
        let document = diff(base, head, &[]);
        assert_eq!(changes(&document), [""; 0], "{base} {head}");
    }
    // The other way round it is the other way round.
    let document = diff("c07", "c06", &[]);
    let effect = document["changes"][0]["effect"].as_str().unwrap();
    assert!(effect.contains("25% → 10%"), "{effect}");
}

/// The entries of a log: the tag of each commit, and what it changed.
fn log(scenario: &Scenario, options: &[&str]) -> Vec<Value> {
    let arguments = [&["log", "--json"], options].concat();
    let document = scenario.repo.ffctl(&arguments).exits(0).json();
    document["entries"].as_array().unwrap().clone()
}

fn tags(scenario: &Scenario, entries: &[Value]) -> Vec<&'static str> {
    let commits: Vec<(&'static str, String)> = scenario
        .told
        .iter()
        .map(|told| (told.tag, scenario.repo.id(told.tag)))
        .collect();
    let tag = |entry: &Value| {
        let id = entry["commit"].as_str().unwrap();
        commits.iter().find(|(_, commit)| commit == id).unwrap().0
    };
    entries.iter().map(tag).collect()
}

#[test]
fn the_log_tells_each_change_once_and_where_it_was_made() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    let entries = log(&scenario, &[]);
    let told = scenario.told.iter().rev();
    // The newest first; those that change nothing are not told, but for the one that broke a file.
    let expected: Vec<_> = told
        .filter(|told| !told.changes.is_empty() || told.tag == "c25")
        .collect();
    let expected_tags: Vec<&str> = expected.iter().map(|told| told.tag).collect();
    assert_eq!(tags(&scenario, &entries), expected_tags);
    for (entry, told) in entries.iter().zip(expected) {
        assert_eq!(
            changes(entry),
            told.changes,
            "{} {}",
            told.tag,
            told.subject
        );
        assert_eq!(entry["author"], json!("Ada <ada@example.com>"));
        let day: u32 = told.tag[1..].parse().unwrap();
        assert_eq!(entry["date"], json!(date(day)), "{}", told.tag);
        let first = told.changes.is_empty();
        assert_eq!(entry["action"] == json!("broken"), first, "{}", told.tag);
    }
    // A new file tells no reason, a squash merge those of all its commits.
    let of = |tag: &str| {
        let place = tags(&scenario, &entries).iter().position(|one| *one == tag);
        entries[place.unwrap()].clone()
    };
    assert_eq!(of("c02")["reason"], Value::Null);
    assert_eq!(
        (&of("c19")["reason"], &of("c19")["deployment_id"]),
        (&json!("it holds"), &json!("d1"))
    );
    assert_eq!(of("c28")["reason"], json!("the fire is out"));
    assert_eq!(of("c28")["approvals"], json!(["Grace <grace@example.com>"]));
    assert_eq!(of("c28")["action"], json!("restored"));
    assert_eq!(of("c29")["action"], json!("schedule"));
    assert_eq!(of("c38")["environments"].as_array().unwrap().len(), 4);
    // A change that was told before the file broke is told from there on.
    let effect = of("c26")["changes"][0]["effect"].clone();
    assert!(effect.as_str().unwrap().contains("5% → 20%"), "{effect}");
    // And the merge's own is told against what the branch had.
    let effect = of("c32")["changes"][0]["effect"].clone();
    assert!(effect.as_str().unwrap().contains("sale!!"), "{effect}");
}

#[test]
fn the_log_is_filtered_by_what_was_changed() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    for (options, expected) in [
        (&["--deployment-id", "d2"][..], &["c44", "c43"][..]),
        (&["--deployment-id", "d1"], &["c19"]),
        (&["--action", "killed"], &["c27"]),
        (&["--action", "emergency-disable"], &["c27"]),
        (&["--action", "schedule"], &["c29"]),
        (&["--flag", "layout"], &["c39", "c38"]),
        // By the names that it had.
        (
            &["--flag", "hero"],
            &[
                "c37", "c36", "c35", "c32", "c31", "c30", "c21", "c20", "c14", "c04",
            ],
        ),
        (
            &["--flag", "search", "--env", "staging"],
            &["c42", "c41", "c37", "c36", "c13", "c03"],
        ),
        (
            &["--env", "qa"],
            &["c42", "c41", "c40", "c39", "c38", "c35"],
        ),
        (&["-n", "2"], &["c44", "c43"]),
        (&["--rev", "c12", "-n", "1"], &["c12"]),
        (&["--since", "2026-02-12T00:00:00Z"], &["c44", "c43"]),
        (&["--until", "2026-01-02T23:00:00Z"], &["c02"]),
        (&["--author", "nobody"], &[]),
    ] {
        assert_eq!(
            tags(&scenario, &log(&scenario, options)),
            expected,
            "{options:?}"
        );
    }
}

#[test]
fn blame_names_who_set_each_slot() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    let blame = |flag: &str, environment: &str| -> Vec<(String, &'static str)> {
        let arguments = ["blame", "--flag", flag, "--env", environment, "--json"];
        let document = scenario.repo.ffctl(&arguments).exits(0).json();
        let slots = document["environments"][0]["slots"].as_array().unwrap();
        let set_by: Vec<Value> = slots.iter().map(|slot| slot["set_by"].clone()).collect();
        let names = slots
            .iter()
            .map(|slot| slot["slot"].as_str().unwrap().to_owned());
        names.zip(tags(&scenario, &set_by)).collect()
    };
    let of = |slots: &[(String, &'static str)], name: &str| {
        let slot = slots.iter().find(|(slot, _)| slot == name);
        slot.map(|(_, tag)| *tag)
    };
    let production = blame("checkout", "production");
    for (slot, tag) in [
        ("enabled", "c06"),
        // Its condition says who is a tester.
        ("rule beta", "c12"),
        ("serving", "c44"),
        ("salt", "c40"),
        ("killed", "c28"),
        ("off", "c02"),
    ] {
        assert_eq!(of(&production, slot), Some(tag), "{slot}: {production:?}");
    }
    // What staging inherits was set where it was written: it lost and got it back with the parent.
    let staging = blame("checkout", "staging");
    assert_eq!(of(&staging, "default"), Some("c37"), "{staging:?}");
    assert_eq!(
        of(&blame("checkout", "development"), "default"),
        Some("c05")
    );
    let hero = blame("hero", "production");
    assert_eq!(of(&hero, "default"), Some("c32"), "{hero:?}");
    assert_eq!(of(&hero, "salt"), Some("c04"), "{hero:?}");
    let layout = blame("layout", "production");
    assert_eq!(of(&layout, "variants"), Some("c39"), "{layout:?}");
    assert_eq!(of(&layout, "archived"), Some("c38"), "{layout:?}");
    let search = blame("search", "production");
    assert_eq!(of(&search, "serving"), Some("c43"), "{search:?}");
    assert_eq!(of(&search, "schedule"), Some("c29"), "{search:?}");
    assert_eq!(of(&search, "archived"), Some("c42"), "{search:?}");
}

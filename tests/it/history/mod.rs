//! Histories: what the commands tell of a repository's past, and bring back.

mod scenario;

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

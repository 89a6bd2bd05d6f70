//! Rollbacks over the scenario: what each brings back, where, and that it is a commit on top.
//!
//! The tables are written down from what the scenario's commits do and from what `rollback` is to do
//! with that. Every row begins at a tip of its own.
#![cfg(unix)]

use std::collections::BTreeMap;

use serde_json::Value;

use super::changes;
use super::scenario::Scenario;
use crate::support::Output;
use crate::support::git::{Repositories, TestRepo};

/// The day of most rollbacks: all commits are made, and the step of `search` is ahead.
const NOW: &str = "2026-02-22T12:00:00Z";
/// The step of `search` has elapsed, on the first of March.
const MARCH: &str = "2026-03-10T12:00:00Z";

const ENVIRONMENTS: [&str; 4] = ["development", "staging", "qa", "production"];

/// A rollback, and what comes of it.
struct Row {
    /// The commit that `main` is at.
    tip: &'static str,
    now: &'static str,
    /// The options.
    words: String,
    status: i32,
    /// `environment+environment flag+flag kind+kind`: each kind of each flag in each environment.
    /// Without any, nothing is committed.
    changes: &'static [&'static str],
    /// `flag: cell | cell | cell | cell`, what is served in each of [`ENVIRONMENTS`]. Of two cells,
    /// the first is that of all but production. Flags that are not listed serve what they did, and
    /// those of which all cells are `-` are not there.
    serves: &'static [&'static str],
    /// What the log tells besides, which follows a flag from one name to the other.
    followed: &'static [&'static str],
    /// What is told, on stderr or in the plan.
    told: &'static [&'static str],
}

fn row(words: &str, changes: &'static [&'static str], serves: &'static [&'static str]) -> Row {
    Row {
        tip: "c45",
        now: NOW,
        words: words.to_owned(),
        status: 0,
        changes,
        serves,
        followed: &[],
        told: &[],
    }
}

/// Nothing is to be done.
fn idle(words: &str) -> Row {
    row(words, &[], &[])
}

/// The answer is no.
fn refused(words: &str, told: &'static [&'static str]) -> Row {
    let status = 1;
    Row {
        status,
        told,
        ..idle(words)
    }
}

impl Row {
    fn from(self, tip: &'static str) -> Self {
        Self { tip, ..self }
    }

    fn at(self, now: &'static str) -> Self {
        Self { now, ..self }
    }

    fn tells(self, told: &'static [&'static str]) -> Self {
        Self { told, ..self }
    }

    /// Not all that was asked for is done.
    fn partly(self) -> Self {
        let status = 1;
        Self { status, ..self }
    }

    fn follows(self, followed: &'static [&'static str]) -> Self {
        Self { followed, ..self }
    }
}

/// Returns changes one by one, as a document has them.
fn lines(changes: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for change in changes {
        let words: Vec<&str> = change.split(' ').collect();
        let [environments, flags, kinds] = words[..] else {
            panic!("{change}");
        };
        for environment in environments.split('+') {
            for flag in flags.split('+') {
                let kinds = kinds.split('+');
                lines.extend(kinds.map(|kind| format!("{environment} {flag} {kind}")));
            }
        }
    }
    lines.sort_unstable();
    lines
}

/// All but production.
macro_rules! all_but {
    ($rest:literal) => {
        concat!("development+staging+qa ", $rest)
    };
}

/// Every environment.
macro_rules! all {
    ($rest:literal) => {
        concat!("development+staging+qa+production ", $rest)
    };
}

mod to;
mod without;

/// What is served in each environment, by flag.
type Serves = BTreeMap<String, Vec<String>>;

/// Returns what the rulesets of all environments serve. Where there is no such flag or environment,
/// it is `-`.
fn served(repo: &TestRepo) -> Serves {
    let mut serves = Serves::new();
    for (at, environment) in ENVIRONMENTS.into_iter().enumerate() {
        let output = repo.ffctl(&["export", "--format", "ruleset", "--env", environment]);
        if output.status == Some(2) {
            continue;
        }
        let document = output.exits(0).json();
        for (key, flag) in document["flags"].as_object().unwrap() {
            let none = || vec!["-".to_owned(); ENVIRONMENTS.len()];
            serves.entry(key.clone()).or_insert_with(none)[at] = cell(flag, &document["segments"]);
        }
    }
    serves
}

/// What a flag of a ruleset serves: `75% by SALT`, and before it the rules, each with whom it takes.
fn cell(flag: &Value, segments: &Value) -> String {
    let phases = flag["phases"].as_array().unwrap().iter();
    let cells = phases.map(|phase| {
        let cell = cell_of(flag, phase, segments);
        match phase["from"].as_i64() {
            None => cell,
            Some(from) => {
                let from = jiff::Timestamp::from_second(from).unwrap().to_string();
                format!("{cell} from {}", &from[..10])
            }
        }
    });
    let cells: Vec<String> = cells.collect();
    let switch = if flag["killed"] == true {
        "killed, "
    } else {
        ""
    };
    format!("{switch}{}", cells.join(", "))
}

fn cell_of(flag: &Value, phase: &Value, segments: &Value) -> String {
    if phase["enabled"] == false {
        return "off".to_owned();
    }
    let outcome = |at: &Value| {
        let outcome = &flag["outcomes"][usize::try_from(at.as_u64().unwrap()).unwrap()];
        match &outcome["value"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    };
    let percent = |from: &Value, to: &Value| (to.as_u64().unwrap() - from.as_u64().unwrap()) / 1000;
    let serving = |serving: &Value| {
        let exposure = &serving["exposure"];
        if let Some(split) = serving["split"]["ranges"].as_array() {
            let parts = split
                .iter()
                .map(|part| format!("{} {}%", outcome(&part[2]), percent(&part[0], &part[1])));
            return parts.collect::<Vec<String>>().join(" ");
        }
        if exposure.is_null() {
            return outcome(&serving["outcome"]);
        }
        assert_eq!(outcome(&serving["outcome"]), "true");
        let salt = exposure["salt"].as_str().unwrap();
        match exposure["ranges"].as_array() {
            Some(ranges) => format!("{}% by {salt}", percent(&ranges[0][0], &ranges[0][1])),
            None => format!("ramp by {salt}"),
        }
    };
    let rest = match phase.get("serving") {
        Some(one) => serving(one),
        None => outcome(&phase["default"]),
    };
    let mut cell = String::new();
    for rule in phase["rules"].as_array().into_iter().flatten() {
        let condition = &rule["conditions"][0];
        let condition = match condition["segment"].as_str() {
            Some(name) => &segments[name][0],
            None => condition,
        };
        let value = condition["value"].as_str().unwrap_or("?");
        let name = rule["name"].as_str().unwrap();
        assert_eq!(serving(&rule["serving"]), "true");
        cell.push_str(&format!("{name}[{value}] "));
    }
    cell + &rest
}

/// What is served, as a row has it.
fn written(serves: &[&str], has_qa: bool) -> Serves {
    let flag = |line: &&str| {
        let (key, cells) = line.split_once(": ").unwrap();
        let cells: Vec<&str> = cells.split(" | ").collect();
        let cells = match cells[..] {
            [others, production] if has_qa => vec![others, others, others, production],
            [others, production] => vec![others, others, "-", production],
            _ => cells,
        };
        (
            key.to_owned(),
            cells.into_iter().map(str::to_owned).collect(),
        )
    };
    serves.iter().map(flag).collect()
}

/// What is served at c45.
const SERVED: [&str; 4] = [
    "checkout: beta[tester] true | beta[tester] 75% by pepper",
    "search: true | 30% by search, 50% by search from 2026-03-01",
    "hero: hi devs | SALE",
    "layout: b 50% a 50% | b 10% a 90%",
];

/// Rolls back, and commits at the same time.
fn roll_back(repo: &TestRepo, row: &Row) -> Output {
    let words = row.words.split(' ');
    let words: Vec<&str> = ["rollback", "--json"].into_iter().chain(words).collect();
    let mut command = repo.command(&words);
    for name in ["FFCTL_NOW", "GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"] {
        command.env(name, row.now);
    }
    Output::of(&command.output().unwrap())
}

/// Checks the rows, each from its own tip, and tells all that are wrong.
fn check(repo: &TestRepo, rows: &[Row]) {
    let mut served_at: BTreeMap<&str, Serves> = BTreeMap::new();
    let mut wrong = String::new();
    for row in rows {
        repo.git(&["reset", "--quiet", "--hard", row.tip]);
        let before = served_at.entry(row.tip).or_insert_with(|| served(repo));
        if let Err(told) = comes_back(repo, row, before) {
            let Row {
                tip, now, words, ..
            } = row;
            wrong.push_str(&format!("at {tip}, {now}, rollback {words}: {told}\n\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, expected: &T) -> Result<(), String> {
    let told = || format!("{what}\n     is {is:?}\n  not as {expected:?}");
    if is == expected { Ok(()) } else { Err(told()) }
}

/// Rolls back, and compares all that comes of it with what the row says.
fn comes_back(repo: &TestRepo, row: &Row, before: &Serves) -> Result<(), String> {
    let output = roll_back(repo, row);
    if output.status != Some(row.status) {
        return Err(format!("status {:?}: {}", output.status, output.stderr));
    }
    let text = output.to_string();
    if let Some(told) = row.told.iter().find(|told| !text.contains(*told)) {
        return Err(format!("`{told}` is not in {text}"));
    }
    let planned = lines(row.changes);
    if row.status == 0 || !planned.is_empty() {
        same("the plan", &changes(&output.json()), &planned)?;
    }
    // The history before stays, whatever has come of it.
    let tip = if planned.is_empty() { "HEAD" } else { "HEAD~1" };
    same(tip, &repo.id(tip), &repo.id(row.tip))?;
    same("git status", &repo.status(), &Vec::new())?;
    let has_qa = before["checkout"][2] != "-";
    let mut expected = before.clone();
    for (flag, cells) in written(row.serves, has_qa) {
        if cells.iter().all(|cell| cell == "-") {
            expected.remove(&flag);
        } else {
            expected.insert(flag, cells);
        }
    }
    same("what is served", &served(repo), &expected)?;
    if !planned.is_empty() {
        let log = repo.ffctl(&["log", "-n", "1", "--json"]).exits(0).json();
        let entry = &log["entries"][0];
        same(
            "the commit",
            &entry["commit"].as_str(),
            &Some(repo.id("HEAD").as_str()),
        )?;
        same(
            "the log",
            &changes(entry),
            &lines(&[row.changes, row.followed].concat()),
        )?;
    }
    Ok(())
}

#[test]
fn the_end_of_the_scenario_serves_what_its_commits_say() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    assert_eq!(served(&scenario.repo), written(&SERVED, true));
}

#[test]
fn a_rollback_of_a_rollback_serves_what_was_served_before_both() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    let repo = &scenario.repo;
    let before = served(repo);
    for words in [
        "--to c38",
        "--to c07 --prune",
        "--to c36 --env staging",
        "--commit c12",
        "--commit c20 --take-older",
        "--commit c37",
        "--deployment-id d2",
        "--deployment-id d1 --take-older",
    ] {
        repo.git(&["reset", "--quiet", "--hard", "c45"]);
        for words in [words, "--commit HEAD"] {
            roll_back(repo, &idle(words)).exits(0);
        }
        assert_eq!(repo.id("HEAD~2"), repo.id("c45"), "{words}");
        assert_eq!(served(repo), before, "{words}");
        let document = repo
            .ffctl(&["diff", "c45", "HEAD", "--json"])
            .exits(0)
            .json();
        assert_eq!(changes(&document), [""; 0], "{words}");
    }
}

#[test]
fn back_before_a_file_was_broken_it_says_what_it_said() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    let repo = &scenario.repo;
    for words in [
        "--to c24",
        "--to c24 --flag search",
        "--commit HEAD",
        "--commit c25 --flag search",
    ] {
        repo.git(&["reset", "--quiet", "--hard", "c25"]);
        let output = roll_back(repo, &idle(words)).exits(0);
        assert_eq!(repo.id("HEAD~1"), repo.id("c25"), "{words}: {output}");
        let path = "config/flags/search.yaml";
        assert_eq!(repo.read(path), repo.show("c24", path), "{words}: {output}");
        assert_eq!(repo.git(&["diff", "c24", "HEAD"]), "", "{words}");
        assert_eq!(served(repo)["search"][3], "5% by search", "{words}");
    }
}

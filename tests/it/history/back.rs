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
#[expect(clippy::too_many_lines, reason = "a table")]
fn back_to_a_revision() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    check(
        &scenario.repo,
        &[
            // The last revisions differ in nothing, or in one flag.
            idle("--to c45"),
            idle("--to c44"),
            row(
                "--to c43",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 60% by pepper"],
            ),
            // Before the first merge: search is on nowhere, and there is no step; what was `banner` is
            // called `hero`.
            row(
                "--to c14",
                &[
                    all!("hero serving"),
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    all_but!("search disabled"),
                    "production search disabled+schedule",
                ],
                &[
                    "hero: hi dev | sale",
                    "checkout: beta[tester] true | beta[tester] 25% by checkout",
                    "search: off | off",
                ],
            ),
            // After it: search is on in development, and in what follows it.
            row(
                "--to c15",
                &[
                    all!("hero serving"),
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search disabled+schedule",
                ],
                &[
                    "hero: hi dev | sale",
                    "checkout: beta[tester] true | beta[tester] 25% by checkout",
                    "search: true | off",
                ],
            ),
            // Before the squash merge, and after it.
            row(
                "--to c18 --flag checkout --flag search",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search exposure+schedule",
                ],
                &[
                    "checkout: beta[tester] true | beta[tester] 25% by checkout",
                    "search: true | 5% by search",
                ],
            ),
            row(
                "--to c19",
                &[
                    all!("hero serving"),
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search exposure+schedule",
                ],
                &[
                    "hero: hi dev | sale",
                    "checkout: beta[tester] true | beta[tester] 60% by checkout",
                    "search: true | 5% by search",
                ],
            )
            .tells(&["`layout` did not exist at c19", "called `banner` at c19"]),
            // The flag is called as today.
            row(
                "--to c20",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search exposure+schedule",
                    all!("hero serving"),
                ],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by checkout",
                    "search: true | 5% by search",
                    "hero: hi dev | sale",
                ],
            ),
            // On both sides of the move it is the same.
            row(
                "--to c21 --flag hero",
                &[all!("hero serving")],
                &["hero: hi dev | sale!"],
            ),
            row(
                "--to c22 --flag hero",
                &[all!("hero serving")],
                &["hero: hi dev | sale!"],
            ),
            idle("--to c21").from("c22"),
            // What was reverted, and the revert. All or nothing needs no bucket.
            row(
                "--to c23 --flag checkout",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+latent",
                ],
                &["checkout: beta[tester] true | beta[tester] true"],
            ),
            row(
                "--to c24 --flag checkout",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                ],
                &["checkout: beta[tester] true | beta[tester] 60% by checkout"],
            ),
            row(
                "--to c23",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] true"],
            )
            .from("c24"),
            // What the broken file said is not known: the flag stays as it is.
            row(
                "--to c25",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    all!("hero serving"),
                ],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by checkout",
                    "hero: hi dev | sale!",
                ],
            )
            .partly()
            .tells(&["its file had errors at c25"]),
            refused("--to c25 --flag search", &["had errors at c25"]),
            row(
                "--to c26 --flag search",
                &["production search exposure+schedule"],
                &["search: true | 20% by search"],
            ),
            // A merge that did what neither side had done, and the two sides.
            row(
                "--to c30 --flag hero",
                &["production hero serving"],
                &["hero: hi devs | sale!"],
            ),
            row(
                "--to c31 --flag hero",
                &[all!("hero serving")],
                &["hero: hi dev | sale!!"],
            ),
            idle("--to c32 --flag hero"),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn back_to_where_there_were_other_flags_and_environments() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    check(
        &scenario.repo,
        &[
            // Long before. What did not exist is left, or archived.
            row(
                "--to c07",
                &[
                    all!("hero serving"),
                    all_but!("checkout latent"),
                    "production checkout exposure+rules+reshuffle",
                    all_but!("search disabled"),
                    "production search disabled+schedule",
                ],
                &[
                    "hero: hi dev | hi",
                    "checkout: true | 25% by checkout",
                    "search: off | off",
                ],
            )
            .tells(&["`layout` did not exist at c07", "called `banner` at c07"]),
            row(
                "--to c07 --prune",
                &[
                    all!("hero serving"),
                    all_but!("checkout latent"),
                    "production checkout exposure+rules+reshuffle",
                    all!("layout removed"),
                    all_but!("search disabled"),
                    "production search disabled+schedule",
                ],
                &[
                    "hero: hi dev | hi",
                    "checkout: true | 25% by checkout",
                    "layout: - | -",
                    "search: off | off",
                ],
            ),
            // The rule asked for others then.
            row(
                "--to c11 --flag checkout",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+rules+reshuffle",
                ],
                &["checkout: beta[beta] true | beta[beta] 25% by checkout"],
            ),
            // A flag that is gone comes back.
            row(
                "--to c33",
                &[
                    all!("temp created"),
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search exposure",
                ],
                &[
                    "temp: true | false",
                    "checkout: beta[tester] true | beta[tester] 60% by checkout",
                    "search: true | 20% by search, 50% by search from 2026-03-01",
                ],
            ),
            // It comes back as a whole only.
            row(
                "--to c33 --env production --flag search",
                &["production search exposure"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            ),
            refused("--to c33 --env production --flag temp", &["temp"]),
            // Staging stood alone, and had no entries: it served the defaults.
            row(
                "--to c36",
                &[
                    "development+qa checkout latent",
                    "staging checkout+search disabled",
                    "staging hero serving",
                    "production checkout exposure+reshuffle",
                    "production search exposure",
                ],
                &[
                    "checkout: beta[tester] true | false | beta[tester] true | beta[tester] 60% by checkout",
                    "search: true | false | true | 20% by search, 50% by search from 2026-03-01",
                    "hero: hi devs | hi | hi devs | SALE",
                ],
            ),
            row(
                "--to c36 --env staging",
                &["staging checkout+search disabled", "staging hero serving"],
                &[
                    "checkout: beta[tester] true | false | beta[tester] true | beta[tester] 75% by pepper",
                    "search: true | false | true | 30% by search, 50% by search from 2026-03-01",
                    "hero: hi devs | hi | hi devs | SALE",
                ],
            ),
            refused("--to c36 --env staging --no-pin", &["--no-pin"]),
            // It follows again.
            row(
                "--to c37",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                    "production search exposure",
                ],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by checkout",
                    "search: true | 20% by search, 50% by search from 2026-03-01",
                ],
            )
            .tells(&["`layout` did not exist at c37"]),
            row(
                "--to c37 --prune --flag layout",
                &[all!("layout removed")],
                &["layout: - | -"],
            ),
            // Others were first in line.
            row(
                "--to c38 --flag layout",
                &[all!("layout reshuffle")],
                &["layout: a 50% b 50% | a 90% b 10%"],
            ),
            row(
                "--to c40",
                &["production checkout+search exposure"],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by pepper",
                    "search: true | 20% by search, 50% by search from 2026-03-01",
                ],
            ),
            // One environment, and those that follow it.
            row(
                "--to c40 --env production --flag search",
                &["production search exposure"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            ),
            row(
                "--to c05 --env production --flag checkout --flag search",
                &[
                    "production checkout disabled",
                    "production search disabled+schedule",
                ],
                &["checkout: beta[tester] true | off", "search: true | off"],
            ),
            row(
                "--to c04 --env development --flag checkout --flag search",
                &[all_but!("checkout+search disabled")],
                &[
                    "checkout: off | beta[tester] 75% by pepper",
                    "search: off | 30% by search, 50% by search from 2026-03-01",
                ],
            ),
            // The salt is not the entry's to say, and it decides who is in.
            refused(
                "--to c12 --env production --flag checkout",
                &["salt", "leave out `--env`"],
            ),
            row(
                "--to c23 --env production --flag checkout",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] true"],
            ),
            // It was archived then.
            row(
                "--to c41",
                &["production checkout exposure", all!("search removed")],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by pepper",
                    "search: - | -",
                ],
            ),
        ],
    );
}

#[test]
fn back_to_a_revision_over_kill_switches_and_time() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    check(
        &scenario.repo,
        &[
            // A kill switch that was in force then comes back.
            row(
                "--to c27",
                &[
                    all_but!("checkout killed+latent"),
                    "production checkout killed+latent",
                    "production search exposure+schedule",
                    all!("hero serving"),
                ],
                &[
                    "checkout: killed, beta[tester] true | killed, beta[tester] 60% by checkout",
                    "search: true | 20% by search",
                    "hero: hi dev | sale!",
                ],
            ),
            row(
                "--to c28 --flag checkout",
                &[
                    all_but!("checkout latent"),
                    "production checkout exposure+reshuffle",
                ],
                &["checkout: beta[tester] true | beta[tester] 60% by checkout"],
            ),
            // One that has been thrown since stays, unless it is to go.
            idle("--to c26").from("c27"),
            row(
                "--to c26 --lift-kill-switches",
                &["development+staging+production checkout restored"],
                &["checkout: beta[tester] true | beta[tester] 60% by checkout"],
            )
            .from("c27"),
            row(
                "--to c23",
                &["production checkout latent", "production search exposure"],
                &[
                    "checkout: killed, beta[tester] true | killed, beta[tester] true",
                    "search: true | 5% by search",
                ],
            )
            .from("c27"),
            row(
                "--to c23 --lift-kill-switches",
                &[
                    "development+staging+production checkout restored",
                    "production search exposure",
                ],
                &[
                    "checkout: beta[tester] true | beta[tester] true",
                    "search: true | 5% by search",
                ],
            )
            .from("c27"),
            // The step was ahead then. While it still is, it stays; elapsed, it goes.
            row(
                "--to c42 --flag search",
                &["production search exposure"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            ),
            row(
                "--to c42 --flag search",
                &["production search exposure+schedule"],
                &["search: true | 20% by search"],
            )
            .at(MARCH),
            row(
                "--to c42 --flag search --resume",
                &["production search latent"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            )
            .at(MARCH),
            row(
                "--to c45",
                &["production search exposure+schedule"],
                &["search: true | 30% by search"],
            )
            .at(MARCH),
            idle("--to c45 --resume").at(MARCH),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn without_a_commit() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    check(
        &scenario.repo,
        &[
            // Comments and owners are no part of what comes back.
            idle("--commit c08"),
            idle("--commit c09"),
            // An ordinary edit, and one with a later edit beside it.
            row(
                "--commit c43",
                &["production search exposure"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            ),
            row(
                "--commit c44",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 60% by pepper"],
            ),
            // A share that was changed again; the switch was not.
            refused(
                "--commit c06",
                &[
                    "serving in production of `checkout`",
                    "--keep-newer",
                    "--take-older",
                ],
            ),
            row(
                "--commit c06 --keep-newer",
                &["production checkout disabled"],
                &["checkout: beta[tester] true | off"],
            ),
            row(
                "--commit c06 --take-older",
                &["production checkout disabled+latent"],
                &["checkout: beta[tester] true | off"],
            ),
            // A rule, and the segment that it asks for.
            row(
                "--commit c11",
                &[all_but!("checkout latent"), "production checkout rules"],
                &["checkout: true | 75% by pepper"],
            ),
            row(
                "--commit c12",
                &[all_but!("checkout latent"), "production checkout rules"],
                &["checkout: beta[beta] true | beta[beta] 75% by pepper"],
            ),
            refused("--commit c10", &["`beta_testers` in segments.yaml"]),
            // A merge is what it brought, and its branch's commit is the same.
            row(
                "--commit c15",
                &[all_but!("search disabled")],
                &["search: off | 30% by search, 50% by search from 2026-03-01"],
            ),
            row(
                "--commit c13",
                &[all_but!("search disabled")],
                &["search: off | 30% by search, 50% by search from 2026-03-01"],
            ),
            // A merge that did what neither side had done.
            row(
                "--commit c32",
                &[all!("hero serving")],
                &["hero: hi dev | sale!!"],
            ),
            row(
                "--commit c30",
                &[all_but!("hero serving")],
                &["hero: hi dev | SALE"],
            ),
            refused("--commit c31", &["serving in production of `hero`"]),
            // A squash merge, in a folder that has moved since, and where all was changed again.
            row(
                "--commit c19",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 25% by checkout"],
            )
            .from("c22"),
            refused("--commit c19", &["serving in production of `checkout`"]),
            idle("--commit c19 --keep-newer"),
            row(
                "--commit c19 --take-older",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 25% by pepper"],
            ),
            // A rename is a flag that goes, and another that comes.
            row(
                "--commit c20",
                &[
                    "development+staging+production banner created",
                    "development+staging+production hero removed",
                ],
                &["banner: hi dev | sale", "hero: - | -"],
            )
            .from("c20"),
            refused("--commit c20", &["the flag `hero`"]),
            row(
                "--commit c20 --keep-newer",
                &[all!("banner created")],
                &["banner: hi dev | sale"],
            ),
            row(
                "--commit c20 --take-older",
                &[all!("banner created"), all!("hero removed")],
                &["banner: hi dev | sale", "hero: - | -"],
            )
            .follows(&[all!("banner serving")]),
            // The moved folder is a setting, which stays.
            refused("--commit c22", &["ffctl.toml", "not undone"]),
            // What was reverted, the revert, and a revert of a revert.
            idle("--commit c23").from("c24"),
            row(
                "--commit c24",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] true"],
            )
            .from("c24"),
            refused("--commit c24", &["serving in production of `checkout`"]),
        ],
    );
}

#[test]
fn without_a_commit_of_a_broken_file_of_a_switch_or_of_an_environment() {
    let repositories = Repositories::new();
    let scenario = Scenario::new(&repositories);
    check(
        &scenario.repo,
        &[
            // What the file said while it was broken is not known, and it was mended since.
            refused("--commit c25", &["`search` cannot be understood at"]),
            refused("--commit c26", &["`search` cannot be understood at"]),
            // A kill switch stays, unless it is to go; one that was lifted comes back.
            idle("--commit c27").from("c27").tells(&["kill switch"]),
            row(
                "--commit c27 --lift-kill-switches",
                &["development+staging+production checkout restored"],
                &["checkout: beta[tester] true | beta[tester] 60% by checkout"],
            )
            .from("c27"),
            row(
                "--commit c28",
                &[all!("checkout killed")],
                &["checkout: killed, beta[tester] true | killed, beta[tester] 75% by pepper"],
            ),
            // A step.
            row(
                "--commit c29",
                &["production search schedule"],
                &["search: true | 30% by search"],
            ),
            // Flags that came and went.
            idle("--commit c33"),
            row(
                "--commit c34",
                &[all!("temp created")],
                &["temp: true | false"],
            ),
            refused("--commit c38", &["the flag `layout`"]),
            row(
                "--commit c38",
                &[all!("layout removed")],
                &["layout: - | -"],
            )
            .from("c38"),
            row(
                "--commit c39",
                &[all!("layout reshuffle")],
                &["layout: a 50% b 50% | a 90% b 10%"],
            ),
            // An environment.
            row(
                "--commit c35",
                &["qa checkout+hero+layout+search removed"],
                &[
                    "checkout: beta[tester] true | beta[tester] true | - | beta[tester] 75% by pepper",
                    "search: true | true | - | 30% by search, 50% by search from 2026-03-01",
                    "hero: hi devs | hi devs | - | SALE",
                    "layout: b 50% a 50% | b 50% a 50% | - | b 10% a 90%",
                ],
            ),
            // What an environment follows, and the revert of that.
            idle("--commit c36"),
            row(
                "--commit c37",
                &[
                    "staging checkout+search disabled",
                    "staging hero+layout serving",
                ],
                &[
                    "checkout: beta[tester] true | false | beta[tester] true | beta[tester] 75% by pepper",
                    "search: true | false | true | 30% by search, 50% by search from 2026-03-01",
                    "hero: hi devs | hi | hi devs | SALE",
                    "layout: b 50% a 50% | a | b 50% a 50% | b 10% a 90%",
                ],
            ),
            // Who is dealt how.
            row(
                "--commit c40",
                &[all_but!("checkout latent"), "production checkout reshuffle"],
                &["checkout: beta[tester] true | beta[tester] 75% by checkout"],
            ),
            // A flag was archived, and came back.
            idle("--commit c41"),
            row(
                "--commit c42",
                &[all!("search removed")],
                &["search: - | -"],
            ),
            // One flag or one environment of a commit that has several.
            row(
                "--commit c44 --env production --flag checkout",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 60% by pepper"],
            ),
            idle("--commit c44 --env staging"),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn without_a_deployment() {
    let repositories = Repositories::new();
    let mut scenario = Scenario::new(&repositories);
    scenario.february();
    check(
        &scenario.repo,
        &[
            // Two commits, one of each phase, and an edit beside them.
            row(
                "--deployment-id d2",
                &["production search+checkout exposure"],
                &[
                    "checkout: beta[tester] true | beta[tester] 60% by pepper",
                    "search: true | 20% by search, 50% by search from 2026-03-01",
                ],
            ),
            row(
                "--deployment-id d2 --flag search",
                &["production search exposure"],
                &["search: true | 20% by search, 50% by search from 2026-03-01"],
            ),
            row(
                "--deployment-id d2 --env production --flag checkout",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 60% by pepper"],
            ),
            idle("--deployment-id d2 --env staging"),
            // A squash merge that has the line of one of its commits.
            row(
                "--deployment-id d1",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 25% by checkout"],
            )
            .from("c22"),
            refused(
                "--deployment-id d1",
                &["serving in production of `checkout`"],
            ),
            idle("--deployment-id d1 --keep-newer"),
            row(
                "--deployment-id d1 --take-older",
                &["production checkout exposure"],
                &["checkout: beta[tester] true | beta[tester] 25% by pepper"],
            ),
            // A ramp is held at what it gave when the deployment ended it, four steps along; or
            // goes on, nine steps along.
            row(
                "--deployment-id d3",
                &["production pay exposure", "production hero serving"],
                &["pay: true | 40% by pay", "hero: hi devs | SALE"],
            )
            .from("c49")
            .tells(&["held at 40%"]),
            row(
                "--deployment-id d3 --resume",
                &["production pay exposure", "production hero serving"],
                &["pay: true | ramp by pay", "hero: hi devs | SALE"],
            )
            .from("c49"),
            row(
                "--to c46 --flag pay",
                &["production pay exposure"],
                &["pay: true | 20% by pay"],
            )
            .from("c49")
            .tells(&["held at 20%"]),
            row(
                "--to c46 --flag pay --resume",
                &["production pay exposure"],
                &["pay: true | ramp by pay"],
            )
            .from("c49"),
            // Over a segment that has changed since, and back.
            row(
                "--to c46 --flag checkout",
                &[all_but!("checkout latent"), "production checkout rules"],
                &["checkout: beta[tester] true | beta[tester] 75% by pepper"],
            )
            .from("c49"),
            // One of its slots was changed again, the other was not.
            refused("--deployment-id d3", &["serving in production of `hero`"]).from("c50"),
            row(
                "--deployment-id d3 --keep-newer",
                &["production pay exposure"],
                &["pay: true | 40% by pay"],
            )
            .from("c50"),
            row(
                "--deployment-id d3 --take-older",
                &["production pay exposure", "production hero serving"],
                &["pay: true | 40% by pay", "hero: hi devs | SALE"],
            )
            .from("c50"),
            // A kill switch that a deployment threw stays.
            row(
                "--deployment-id d4",
                &["production layout serving+reshuffle"],
                &["layout: b 50% a 50% | b 10% a 90%"],
            )
            .from("c52"),
            row(
                "--deployment-id d4 --lift-kill-switches",
                &[
                    "production layout serving+reshuffle",
                    "production search restored",
                ],
                &[
                    "layout: b 50% a 50% | b 10% a 90%",
                    "search: true | 30% by search, 50% by search from 2026-03-01",
                ],
            )
            .from("c52"),
        ],
    );
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

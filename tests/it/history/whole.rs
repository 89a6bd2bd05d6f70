//! Random histories: `log` tells of each commit what a comparison of the whole catalogs, at the
//! commit and at each of its parents, says.
#![cfg(unix)]

use std::collections::BTreeSet;

use ffctl::diff::{Side, changes};
use ffctl::model::Catalog;
use ffctl::workspace::{Project, Selection, load};
use serde_json::Value;

use crate::support::git::{Repositories, TestRepo, hermetic};

/// Numbers that look random, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

/// A change as it is compared: flag, environment and kind, and its effect.
type Line = (String, String, String, String);

fn catalog_at(repo: &TestRepo, commit: &str) -> Option<Catalog> {
    let project = Project::at(&repo.path, commit).ok()?;
    let config = project.config.as_ref();
    Some(load(&project.tree, config, project.begin(), Selection::All).catalog)
}

fn between(before: Option<&Catalog>, after: &Catalog, now: i64) -> Vec<Line> {
    let none = Catalog {
        project: None,
        bucketing: after.bucketing,
        environments: ffctl::model::Environments::default(),
        segments: std::collections::BTreeMap::new(),
        attributes: None,
        flags: std::collections::BTreeMap::new(),
    };
    let before = before.unwrap_or(&none);
    let keys: BTreeSet<_> = before.flags.keys().chain(after.flags.keys()).collect();
    let names = after
        .environments
        .names()
        .chain(before.environments.names());
    let names: BTreeSet<&str> = names.collect();
    let mut lines = Vec::new();
    for key in keys {
        for name in &names {
            let was = Side::of(before, before.flags.get(key), name);
            let is = Side::of(after, after.flags.get(key), name);
            for change in changes(was, is, now) {
                let kind = change.kind.name().to_owned();
                let flag = key.as_str().to_owned();
                lines.push((flag, (*name).to_owned(), kind, change.effect));
            }
        }
    }
    lines
}

/// Returns whether a merge has a part of a flag's record, or lacks the flag, as no parent does. The
/// flags of these histories have one phase and at most one rule.
fn is_own(parents: &[&Catalog], merge: &Catalog, key: &str, environment: &str) -> bool {
    let parts = |catalog: &Catalog| {
        let parts = parts(catalog, key, environment)?;
        Some(parts.map(|part| part.as_object().unwrap().clone()))
    };
    let was: Vec<_> = parents.iter().map(|parent| parts(parent)).collect();
    let Some(is) = parts(merge) else {
        return was.iter().all(Option::is_some);
    };
    let names = was.iter().flatten().chain([&is]).flat_map(|parts| {
        let places = parts.iter().enumerate();
        places.flat_map(|(at, part)| part.keys().map(move |name| (at, name.clone())))
    });
    let names: BTreeSet<(usize, String)> = names.collect();
    let differs = |(at, name): &(usize, String)| {
        let mut was = was.iter().flatten();
        was.all(|was| was[*at].get(name) != is[*at].get(name))
    };
    names.iter().any(differs)
}

/// The parts of a flag's record in an environment, by their names.
fn parts(catalog: &Catalog, key: &str, environment: &str) -> Option<[Value; 2]> {
    let side = Side::of(catalog, catalog.flags.get(key), environment)?;
    let mut record = serde_json::to_value(side.record()).unwrap();
    let phase = record["phases"][0].take();
    Some([record, phase])
}

/// What a merge did not take of a parent.
#[derive(Default)]
struct Undone {
    /// The changes that it thereby makes.
    lines: Vec<Line>,
    /// The flags and environments in which parts were dropped, and other parts were not.
    mixed: BTreeSet<(String, String)>,
}

/// Returns what only one parent had changed since the merge base, and the merge has as the base.
fn undone(repo: &TestRepo, parents: [&str; 2], merge: &Catalog, now: i64) -> Undone {
    let bases = repo.git(&["merge-base", "--all", parents[0], parents[1]]);
    let mut undone = Undone::default();
    let at = |id: &str| {
        Some((
            catalog_at(repo, id)?,
            repo.git(&["show", &format!("{id}:ffctl.toml")]),
        ))
    };
    // One that lies elsewhere is not looked at.
    let (Some(base), Some(one), Some(other)) = (at(&bases), at(parents[0]), at(parents[1])) else {
        return undone;
    };
    if base.1 != one.1 || base.1 != other.1 {
        return undone;
    }
    let base = base.0;
    for (own, other) in [(&one.0, &other.0), (&other.0, &one.0)] {
        for line in between(Some(own), merge, now) {
            let of = |catalog: &Catalog| parts(catalog, &line.0, &line.1);
            let [was, own, other, is] = [&base, own, other, merge].map(of);
            if was == other && was == is {
                undone.lines.push(line);
                continue;
            }
            let (Some(was), Some(own), Some(other), Some(is)) = (was, own, other, is) else {
                continue;
            };
            let names = own
                .iter()
                .chain(&was)
                .flat_map(|part| part.as_object().unwrap().keys());
            let is_dropped = |name: &String| {
                (0..2).any(|at| {
                    let [was, own, other, is] =
                        [&was, &own, &other, &is].map(|one| one[at].get(name));
                    was == is && was == other && was != own
                })
            };
            if names.clone().any(is_dropped) {
                undone.mixed.insert((line.0, line.1));
            }
        }
    }
    undone
}

/// Returns what a commit changed, by comparing whole catalogs, and in which flags and environments that
/// does not tell all.
fn expected(repo: &TestRepo, commit: &str) -> (Vec<Line>, BTreeSet<(String, String)>) {
    let now: i64 = repo
        .git(&["show", "-s", "--format=%ct", commit])
        .parse()
        .unwrap();
    let parents = repo.git(&["show", "-s", "--format=%P", commit]);
    let after = catalog_at(repo, commit).unwrap();
    let ids: Vec<&str> = parents.split_whitespace().collect();
    let mut parents = ids.iter().copied();
    let first = parents.next().and_then(|parent| catalog_at(repo, parent));
    let mut lines = between(first.as_ref(), &after, now);
    let others: Vec<Catalog> = parents.filter_map(|id| catalog_at(repo, id)).collect();
    if !others.is_empty() {
        let all: Vec<&Catalog> = first.iter().chain(&others).collect();
        lines.retain(|line| is_own(&all, &after, &line.0, &line.1));
    }
    let mut mixed = BTreeSet::new();
    if let [one, other] = ids[..] {
        let undone = undone(repo, [one, other], &after, now);
        mixed = undone.mixed;
        lines.extend(undone.lines);
        lines.retain(|line| !mixed.contains(&(line.0.clone(), line.1.clone())));
    }
    lines.sort();
    (lines, mixed)
}

fn told(entry: Option<&Value>) -> Vec<Line> {
    let changes = entry.and_then(|entry| entry["changes"].as_array());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |change: &Value| {
        let [flag, environment, kind, effect] =
            ["flag", "environment", "kind", "effect"].map(|part| text(&change[part]));
        (flag, environment, kind, effect)
    };
    let mut lines: Vec<Line> = changes.into_iter().flatten().map(line).collect();
    lines.sort();
    lines
}

fn flag(dice: &mut Dice) -> String {
    let rules = match dice.roll(3) {
        0 => "targeting_rules: [{name: r, conditions: [{segment: s0}], value: true}]\n",
        1 => "targeting_rules: [{name: r, conditions: [{segment: s1}], value: true}]\n",
        _ => "",
    };
    let share = |dice: &mut Dice| match dice.roll(3) {
        0 => "{enabled: false, percentage: 7}".to_owned(),
        _ => format!("{{enabled: true, percentage: {}}}", dice.roll(99) + 1),
    };
    // No two files are alike, so that none is taken for another's rename.
    let own: Vec<String> = (0..40)
        .map(|_| format!("# {}", dice.roll(1 << 30)))
        .collect();
    let own = own.join("\n");
    format!(
        "{own}\ndefault_value: false\n{rules}environments: {{staging: {}, production: {}}}\n",
        share(dice),
        share(dice)
    )
}

fn scope(repo: &TestRepo, folder: &str, dice: &mut Dice) {
    let sync = ["true", "false"][usize::try_from(dice.roll(2)).unwrap()];
    if dice.roll(3) == 0 {
        let text = format!(
            "environments:\n  staging: {{}}\n  production: {{parent: staging, auto_sync: {sync}}}\n"
        );
        repo.write(&format!("{folder}/environments.yaml"), &text);
    }
    let country = |dice: &mut Dice| ["IT", "NO", "SE"][usize::try_from(dice.roll(3)).unwrap()];
    let text = format!(
        "segments:\n  s0: {{conditions: [{{attribute: country, operator: equals, value: {}}}]}}\n  s1: {{conditions: [{{segment: s0}}, {{attribute: plan, operator: equals, value: {}}}]}}\n",
        country(dice),
        country(dice)
    );
    repo.write(&format!("{folder}/segments.yaml"), &text);
}

/// Makes one commit; returns the flags folder.
fn commit(repo: &TestRepo, folder: &str, dice: &mut Dice, number: usize) -> String {
    let mut folder = folder.to_owned();
    match dice.roll(12) {
        0 => scope(repo, &folder, dice),
        1 => {
            let to = if folder == "flags" {
                "features"
            } else {
                "flags"
            };
            repo.git(&["mv", &folder, to]);
            repo.write("ffctl.toml", &format!("[project]\nflags = \"{to}\"\n"));
            to.clone_into(&mut folder);
        }
        2 => {
            let path = format!("{folder}/f{}.yaml", dice.roll(6));
            drop(std::fs::remove_file(repo.path.join(path)));
        }
        3 => repo.write("code.txt", &number.to_string()),
        _ => {
            let path = format!("{folder}/f{}.yaml", dice.roll(6));
            repo.write(&path, &flag(dice));
        }
    }
    repo.commit(&number.to_string());
    folder
}

/// Makes a history with branches, each merged at once, cleanly or not.
fn make(repo: &TestRepo, dice: &mut Dice) {
    repo.write("ffctl.toml", "[project]\nflags = \"flags\"\n");
    repo.write(
        "flags/environments.yaml",
        "environments: {staging: {}, production: {}}\n",
    );
    scope(repo, "flags", dice);
    repo.commit("begin");
    let mut folder = "flags".to_owned();
    for number in 0..24 {
        if dice.roll(4) > 0 {
            folder = commit(repo, &folder, dice, number);
            continue;
        }
        repo.git(&["checkout", "--quiet", "-B", "side"]);
        let there = commit(repo, &folder, dice, number);
        repo.git(&["checkout", "--quiet", "main"]);
        folder = commit(repo, &folder, dice, number);
        let merged = repo.try_git(&["merge", "--quiet", "--no-ff", "--no-edit", "side"]);
        if !merged.status.success() || there != folder {
            drop(repo.try_git(&["merge", "--abort"]));
            if merged.status.success() {
                repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
            }
            repo.git(&["merge", "--quiet", "--strategy=ours", "--no-edit", "side"]);
        }
    }
}

fn check(seed: u64) {
    let repositories = Repositories::new();
    let repo = repositories.init("here");
    make(&repo, &mut Dice(seed));
    let output = repo.ffctl(&["log", "--json"]).exits(0);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let entries = document["entries"].as_array().unwrap();
    let commits = repo.git(&["rev-list", "HEAD"]);
    for commit in commits.lines() {
        let mut of_commit = entries.iter().filter(|entry| entry["commit"] == commit);
        let mut told = told(of_commit.next());
        assert!(of_commit.next().is_none(), "{commit} is told twice");
        let (expected, mixed) = expected(&repo, commit);
        told.retain(|line| !mixed.contains(&(line.0.clone(), line.1.clone())));
        assert_eq!(told, expected, "seed {seed}, commit {commit}");
    }
    assert!(entries.len() > 8, "seed {seed} makes a history");
    for key in 0..6 {
        followed(&repo, entries, &format!("f{key}"));
    }
}

/// What is told of one flag is what is told of it among all.
fn followed(repo: &TestRepo, entries: &[Value], key: &str) {
    let of_key = |entries: &[Value]| -> BTreeSet<(String, Line)> {
        let lines = entries.iter().flat_map(|entry| {
            let id = entry["commit"].as_str().unwrap().to_owned();
            told(Some(entry))
                .into_iter()
                .map(move |line| (id.clone(), line))
        });
        lines.filter(|(_, line)| line.0 == key).collect()
    };
    let expected = of_key(entries);
    if expected.is_empty() {
        return;
    }
    let output = repo.ffctl(&["log", "--json", "--flag", key]).exits(0);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        of_key(document["entries"].as_array().unwrap()),
        expected,
        "{key}"
    );
}

#[test]
fn each_commit_is_told_as_whole_catalogs_compare() {
    hermetic(|| (1..6).for_each(check));
}

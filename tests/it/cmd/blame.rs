//! `ffctl blame`: who set what, written by hand from each history, read with and without `git`.
#![cfg(unix)]

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::git::{Repositories, TestRepo};
use crate::support::{ENVIRONMENTS, Output};

const RULES: &str = "\
default_value: false
targeting_rules:
  - {name: first, conditions: [{attribute: country, operator: equals, value: IT}], value: true}
  - {name: second, conditions: [{attribute: country, operator: equals, value: NO}], value: true}
environments:
  development: {enabled: true}
  production: {enabled: true, percentage: 10}
";

fn project(repositories: &Repositories) -> TestRepo {
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.commit("begin");
    repo
}

/// Returns for each slot, `ENVIRONMENT SLOT`, the subject of the commit that set it, or its state.
fn blamed(output: &Output) -> BTreeMap<String, String> {
    assert_eq!(output.status, Some(0), "{output}");
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["format"], "ffctl.blame/v1");
    let mut blamed = BTreeMap::new();
    for environment in document["environments"].as_array().unwrap() {
        for slot in environment["slots"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let name = format!(
                "{} {}",
                text(&environment["environment"]),
                text(&slot["slot"])
            );
            let set_by = match &slot["set_by"] {
                Value::Null => text(&slot["state"]),
                commit => text(&commit["subject"]),
            };
            blamed.insert(name, set_by);
        }
    }
    blamed
}

#[track_caller]
fn blame(repo: &TestRepo, options: &[&str]) -> BTreeMap<String, String> {
    let arguments: Vec<&str> = ["blame", "--json", "--flag"]
        .iter()
        .chain(options)
        .copied()
        .collect();
    let own = blamed(&repo.ffctl(&arguments));
    let alone = repo.command(&arguments).env("PATH", "/nowhere").output();
    assert_eq!(
        own,
        blamed(&Output::of(&alone.unwrap())),
        "with and without git"
    );
    own
}

#[track_caller]
fn check(blamed: &BTreeMap<String, String>, expected: &[(&str, &str)]) {
    for (slot, subject) in expected {
        assert_eq!(
            blamed.get(*slot).map(String::as_str),
            Some(*subject),
            "{slot}"
        );
    }
}

#[test]
fn each_slot_has_the_commit_that_set_it() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write("flags/a.yaml", RULES);
    repo.commit("new");
    let more = RULES.replace("percentage: 10", "percentage: 20");
    repo.write("flags/a.yaml", &more);
    repo.commit("more");
    let norway = more.replace("NO", "SE");
    repo.write("flags/a.yaml", &format!("# a comment\n{norway}"));
    repo.commit("Sweden\n\nReason: they asked");
    repo.write("flags/a.yaml", &format!("owner: somebody\n{norway}"));
    repo.commit("owner");
    let all = blame(&repo, &["a"]);
    check(
        &all,
        &[
            ("production serving", "more"),
            ("production enabled", "new"),
            ("production rule first", "new"),
            ("production rule second", "Sweden"),
            ("production rules", "new"),
            ("staging rule second", "Sweden"),
            ("staging enabled", "new"),
            ("development rule second", "Sweden"),
            ("development salt", "new"),
        ],
    );
    let one = blame(&repo, &["a", "--env", "production"]);
    assert!(one.keys().all(|slot| slot.starts_with("production ")));
    check(
        &blame(&repo, &["a", "--rev", "HEAD~2"]),
        &[("production rule second", "new")],
    );

    repo.write(
        "flags/a.yaml",
        &norway.replace("percentage: 20", "percentage: 30"),
    );
    check(
        &blame(&repo, &["a"]),
        &[
            ("production serving", "uncommitted"),
            ("production enabled", "new"),
        ],
    );
    let human = repo
        .ffctl(&["blame", "--flag", "a", "--env", "production"])
        .exits(0)
        .stdout;
    let [begin, sweden] = ["HEAD~3", "HEAD~1"].map(|rev| repo.id(rev)[..10].to_owned());
    assert_eq!(
        human,
        format!(
            "production\n\
             \x20 not committed yet\n\
             \x20   serving  true to 30%\n\
             \x20 {sweden}  2026-11-20  Ada  Sweden\n\
             \x20   reason: they asked\n\
             \x20   rule second  country equals SE → true\n\
             \x20 the rest: {begin}  2026-11-20  Ada  new\n\
             \x20   enabled true, rules first, second, rule first, default false, archived false, killed false, off false, salt a\n"
        )
    );
    repo.ffctl(&["blame", "--flag", "b"]).exits(2);
    repo.ffctl(&["blame", "--flag", "a", "--env", "b"]).exits(2);
    repo.write("flags/a.yaml", "<<<<<<< HEAD\n");
    let output = repo.ffctl(&["blame", "--flag", "a"]).exits(1);
    assert!(output.stderr.contains("flags/a.yaml"), "{output}");
}

#[test]
fn merges_renames_moves_and_broken_files_are_seen_through() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write("flags/old.yaml", RULES);
    repo.commit("new");
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    let more = RULES.replace("percentage: 10", "percentage: 20");
    repo.write("flags/old.yaml", &more);
    repo.commit("on the side");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("flags/other.yaml", "default_value: true\n");
    repo.commit("another");
    repo.git(&["merge", "--quiet", "--no-edit", "side"]);
    repo.write("flags/old.yaml", "default_value: [\n");
    repo.commit("broken");
    repo.git(&["mv", "flags/old.yaml", "flags/new.yaml"]);
    repo.git(&["mv", "flags/new.yaml", "flags/old.yaml"]);
    repo.write("flags/old.yaml", &more);
    repo.commit("mended");
    repo.git(&["mv", "flags/old.yaml", "flags/new.yaml"]);
    repo.write("flags/new.yaml", &format!("salt: old\n{more}"));
    repo.commit("renamed");
    repo.git(&["mv", "flags", "features"]);
    repo.write("ffctl.toml", "[project]\nflags = \"features\"\n");
    repo.commit("moved");
    repo.write("features/new.yaml", &format!("salt: other\n{more}"));
    repo.commit("salted");
    check(
        &blame(&repo, &["new"]),
        &[
            ("production serving", "on the side"),
            ("production enabled", "new"),
            ("production salt", "salted"),
            ("staging rule first", "new"),
        ],
    );
    check(
        &blame(&repo, &["new", "--rev", "HEAD~1"]),
        &[("production salt", "new")],
    );
}

#[test]
fn the_scope_sets_what_it_decides() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write(
        "flags/a.yaml",
        "default_value: false\nenvironments: {development: true}\n",
    );
    repo.commit("new");
    repo.write(
        "flags/environments.yaml",
        &ENVIRONMENTS.replace(
            "production: {parent: staging}",
            "production: {parent: staging, auto_sync: true}",
        ),
    );
    repo.commit("inherits");
    check(
        &blame(&repo, &["a"]),
        &[
            ("production default", "inherits"),
            ("staging default", "new"),
            ("production off", "new"),
        ],
    );
}

#[test]
fn a_shallow_clone_says_what_it_lacks() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write("flags/a.yaml", RULES);
    repo.commit("new");
    let shallow = repositories.path("shallow");
    let url = format!("file://{}", repo.path.display());
    repo.git(&[
        "clone",
        "--quiet",
        "--depth=1",
        &url,
        shallow.to_str().unwrap(),
    ]);
    let shallow = TestRepo { path: shallow };
    shallow.write(
        "flags/a.yaml",
        &RULES.replace("percentage: 10", "percentage: 20"),
    );
    shallow.commit("more");
    check(
        &blame(&shallow, &["a"]),
        &[
            ("production serving", "more"),
            ("production enabled", "older"),
        ],
    );
    let output = shallow.ffctl(&["blame", "--flag", "a"]).exits(0);
    assert!(output.stderr.contains("git fetch --unshallow"), "{output}");

    let unborn = repositories.init("unborn");
    unborn.write("ffctl.toml", "");
    let output = unborn.ffctl(&["blame", "--flag", "a"]).exits(2);
    assert!(output.stderr.contains("no commit yet"), "{output}");
    let bare = repositories.path("bare.git");
    repo.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    check(
        &blame(&TestRepo { path: bare }, &["a"]),
        &[("production serving", "new")],
    );
}

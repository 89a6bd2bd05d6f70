//! `rollback`: what of an earlier file comes back, as trees.

mod properties;

use ffctl::model::EnvironmentId;
use ffctl::patch::{Age, Back, Found, Refusal, RolledBack, roll_back};

use super::{NOW, Project, assert_refused, assert_tree};

/// A week before.
const THEN: i64 = NOW - 7 * 86_400;

const ENVIRONMENTS: &str = "environments:\n  development: {}\n  staging: {parent: development, auto_sync: true}\n  production: {}\n";

const ALL: Back<'static> = Back {
    environments: None,
    resume: false,
    lift_kill_switches: false,
    pin: true,
};

const RESUME: Back<'static> = Back {
    resume: true,
    ..ALL
};

fn project(files: &[(&str, &str)]) -> Project {
    let mut all = vec![("environments.yaml", ENVIRONMENTS)];
    all.retain(|(path, _)| files.iter().all(|(other, _)| other != path));
    all.extend(files);
    Project::new(&all)
}

fn apart(project: &Project) -> Option<ffctl::document::Tree> {
    project.roots.get("flag-dependencies.yaml").cloned()
}

fn back(then: &Project, today: &Project, options: &Back<'_>) -> Result<RolledBack, Refusal> {
    let found = |project| {
        let project: &Project = project;
        let flag = project.catalog.flags.get("f")?;
        Some(Found {
            flag,
            root: &project.roots["f.yaml"],
        })
    };
    roll_back(
        &Age::new(&then.catalog, apart(then), THEN),
        &Age::new(&today.catalog, apart(today), NOW),
        found(then).expect("it was there"),
        found(today),
        options,
    )
}

/// Rolls back a flag between two files of it.
fn flag_back(then: &str, today: &str, options: &Back<'_>) -> Result<RolledBack, Refusal> {
    let (then, today) = (project(&[("f.yaml", then)]), project(&[("f.yaml", today)]));
    back(&then, &today, options)
}

#[track_caller]
fn assert_back(then: &str, today: &str, options: &Back<'_>, expected: &str) -> RolledBack {
    let done = flag_back(then, today, options).unwrap();
    assert_tree(&done.root, expected);
    done
}

fn named(project: &Project, names: &[&str]) -> Vec<EnvironmentId> {
    names.iter().map(|name| project.environment(name)).collect()
}

#[track_caller]
fn in_environment(then: &str, today: &str, name: &str, pin: bool) -> Result<RolledBack, Refusal> {
    let (then, today) = (project(&[("f.yaml", then)]), project(&[("f.yaml", today)]));
    let ids = named(&today, &[name]);
    let options = Back {
        environments: Some(&ids),
        pin,
        ..ALL
    };
    back(&then, &today, &options)
}

#[test]
fn the_record_comes_back_and_the_rest_stays() {
    let done = assert_back(
        "owner: a\ndescription: old\nlifecycle: {kind: release, created: 2026-01-01}\ndefault_value: false\nenvironments: {development: true, production: {enabled: true, percentage: 25}}\ntests: []\n",
        "owner: b\ntags: [new]\nlifecycle: {kind: permanent, expires: 2027-01-01}\ndefault_value: false\nsalt: s\nenvironments: {development: true, production: true, staging: false}\nmetadata: {m: 1}\n",
        &ALL,
        "{owner: b, tags: [new], lifecycle: {kind: release, expires: 2027-01-01}, default_value: false, environments: {development: true, production: {enabled: true, percentage: 25}}, metadata: {m: 1}}",
    );
    assert!(done.notes.is_empty(), "{:?}", done.notes);
}

#[test]
fn where_nothing_differs_nothing_is_written() {
    let then = "default_value: false\nenvironments: {production: {percentage: 25}}\n";
    let today = "default_value: false\nowner: me\nenvironments: {production: {enabled: true, percentage: 25}, development: {percentage: 0, schedule: [{at: 2026-01-01T00:00:00Z, set: {percentage: null}}]}}\n";
    let (then, today) = (project(&[("f.yaml", then)]), project(&[("f.yaml", today)]));
    let done = back(&then, &today, &ALL).unwrap();
    assert_eq!(done.root, today.roots["f.yaml"]);
}

#[test]
fn ramps_and_steps_are_held_at_what_they_gave_then() {
    // Then (2026-11-13T12:00Z) the ramp was at 30%, and one of three steps had elapsed.
    let then = "default_value: false\nenvironments:\n  production: {gradual: {start: 2026-11-11T00:00:00Z, increment: 10, every: 1d}}\n  development:\n    percentage: 1\n    schedule:\n      - {at: 2026-11-10T00:00:00Z, set: {percentage: 2}}\n      - {at: 2026-11-15T00:00:00Z, set: {percentage: 3}}\n      - {at: 2026-12-15T00:00:00Z, set: {percentage: 4}}\n";
    let today = "default_value: false\nenvironments: {production: true, development: true}\n";
    let done = assert_back(
        then,
        today,
        &ALL,
        "{default_value: false, environments: {production: {percentage: 30}, development: {percentage: 2, schedule: [{at: 2026-12-15T00:00:00Z, set: {percentage: 4}}]}}}",
    );
    assert_eq!(
        done.notes,
        [
            "dropped the step at 2026-11-15T00:00:00Z: {percentage: 3} of development",
            "the ramp of production is held at 30%",
        ]
    );
    let (was, is) = (project(&[("f.yaml", then)]), project(&[("f.yaml", today)]));
    assert_eq!(back(&was, &is, &RESUME).unwrap().root, was.roots["f.yaml"]);
}

#[test]
fn a_ramp_that_nobody_touched_goes_back_too() {
    let file = "default_value: false\nenvironments: {production: {gradual: {start: 2026-11-11T00:00:00Z, increment: 10, every: 1d}}}\n";
    assert_back(
        file,
        file,
        &ALL,
        "{default_value: false, environments: {production: {percentage: 30}}}",
    );
    let over = file.replace("2026-11-11", "2026-01-01");
    let same = project(&[("f.yaml", &over)]);
    assert_eq!(back(&same, &same, &ALL).unwrap().root, same.roots["f.yaml"]);
}

#[test]
fn kill_switches_stay_unless_they_are_lifted() {
    let then =
        "default_value: false\nenvironments: {production: {percentage: 25}, development: true}\n";
    let today = "default_value: false\nkill_switch: {reason: r, at: 2026-11-18T00:00:00Z}\nenvironments: {production: {kill_switch: {reason: p, at: 2026-11-18T00:00:00Z}}, development: false}\n";
    let kept = "{default_value: false, kill_switch: {reason: r, at: 2026-11-18T00:00:00Z}, environments: {production: {percentage: 25, kill_switch: {reason: p, at: 2026-11-18T00:00:00Z}}, development: true}}";
    let done = flag_back(then, today, &ALL).unwrap();
    assert_eq!(done.root, super::tree_of(kept));
    let lift = Back {
        lift_kill_switches: true,
        ..ALL
    };
    let done = flag_back(then, today, &lift).unwrap();
    assert_eq!(done.root, super::tree_of(then));
    // One that stood then comes back.
    let done = flag_back(today, then, &lift).unwrap();
    assert_eq!(done.root, super::tree_of(today));
}

#[test]
fn one_environment_changes_its_entry_alone() {
    let then = "default_value: false\ntargeting_rules: [{name: r, conditions: [], percentage: 5}]\nenvironments: {development: true, production: {enabled: true, percentage: 25}}\n";
    let today = "default_value: false\ntargeting_rules: [{name: r, conditions: [], percentage: 50}]\nenvironments: {development: true, production: {enabled: true, percentage: 50}}\n";
    let done = in_environment(then, today, "production", true).unwrap();
    assert_tree(
        &done.root,
        "{default_value: false, targeting_rules: [{name: r, conditions: [], percentage: 50}], environments: {development: true, production: {enabled: true, targeting_rules: [{name: r, conditions: [], percentage: 5}], percentage: 25}}}",
    );
    assert_eq!(
        done.notes,
        ["pinned in production, for it came from elsewhere then and has changed since: rules"]
    );
    assert_refused(
        in_environment(then, today, "production", false),
        false,
        &["took its rules from elsewhere", "--no-pin"],
    );
}

#[test]
fn what_was_inherited_is_pinned() {
    let then =
        "default_value: false\nenvironments: {development: {percentage: 25, bucket_by: email}}\n";
    let today =
        "default_value: false\nenvironments: {development: {enabled: false, percentage: 75}}\n";
    let done = in_environment(then, today, "staging", true).unwrap();
    assert_tree(
        &done.root,
        "{default_value: false, environments: {development: {enabled: false, percentage: 75}, staging: {enabled: true, percentage: 25, bucket_by: email}}}",
    );
}

#[test]
fn an_environment_of_which_nothing_was_said_is_cut_off() {
    let then = "default_value: false\nenvironments: {}\n";
    let today = "default_value: false\nenvironments: {development: true}\n";
    let done = in_environment(then, today, "staging", true).unwrap();
    assert_tree(
        &done.root,
        "{default_value: false, environments: {development: true, staging: {inherit: false}}}",
    );
}

#[test]
fn an_entry_cannot_say_everything() {
    let refused = |then: &str, today: &str, words: &[&str]| {
        let result = in_environment(then, today, "production", true);
        assert_refused(result, false, words);
    };
    let entry = "environments: {production: {percentage: 25}}\n";
    let flag = |keys: &str| format!("{keys}\n{entry}");
    let base = flag("default_value: false");
    refused(
        &flag("default_value: false\nsalt: s"),
        &base,
        &["salt of `f`", "--env"],
    );
    refused(
        &flag("default_value: false\noff_value: true"),
        &base,
        &["off value", "--env"],
    );
    // A salt that nobody is dealt out by makes no difference, nor does what is not served.
    let then = "default_value: false\nsalt: s\nkillable: true\nenvironments: {production: true}\n";
    let today = "default_value: false\nenvironments: {production: false}\n";
    let done = in_environment(then, today, "production", true).unwrap();
    assert_tree(
        &done.root,
        "{default_value: false, environments: {production: true}}",
    );
}

#[test]
fn a_segment_that_has_changed_is_written_out() {
    let segments = |value: &str| {
        format!(
            "segments: {{beta: {{conditions: [{{segment: inner}}, {{attribute: country, operator: in, value: [IT, 1.5, 2]}}]}}, inner: {{conditions: [{{attribute: email, operator: ends_with, value: {value}}}]}}, same: {{conditions: []}}}}\n"
        )
    };
    let flag = |share: &str| {
        format!(
            "default_value: false\ntargeting_rules: [{{name: r, conditions: [{{segment: same}}, {{not: {{segment: beta}}}}], percentage: {share}}}]\nenvironments: {{production: {{enabled: true}}}}\n"
        )
    };
    let then = project(&[("f.yaml", &flag("5")), ("segments.yaml", &segments("a"))]);
    let today = project(&[("f.yaml", &flag("50")), ("segments.yaml", &segments("b"))]);
    let done = back(&then, &today, &ALL).unwrap();
    assert_tree(
        &done.root,
        "{default_value: false, targeting_rules: [{name: r, conditions: [{segment: same}, {not: {all: [{attribute: email, operator: ends_with, value: a}, {attribute: country, operator: in, value: [IT, 1.5, 2]}]}}], percentage: 5}], environments: {production: {enabled: true}}}",
    );
}

#[test]
fn a_flag_that_is_gone_comes_back_whole() {
    let then = project(&[(
        "f.yaml",
        "owner: a\ndefault_value: false\nenvironments: {production: {gradual: {start: 2026-11-11T00:00:00Z, increment: 10, every: 1d}}}\n",
    )]);
    let today = project(&[]);
    let done = back(&then, &today, &ALL).unwrap();
    assert_tree(
        &done.root,
        "{owner: a, default_value: false, environments: {production: {percentage: 30}}}",
    );
    let ids = named(&today, &["production"]);
    let options = Back {
        environments: Some(&ids),
        ..ALL
    };
    assert_refused(
        back(&then, &today, &options),
        false,
        &["no flag `f`", "--env"],
    );
}

#[test]
fn environments_come_and_go() {
    let then = project(&[
        (
            "environments.yaml",
            "environments:\n  old: {}\n  production: {}\n",
        ),
        (
            "f.yaml",
            "default_value: false\nenvironments: {old: true, production: {percentage: 25}}\n",
        ),
    ]);
    let today = project(&[
        (
            "environments.yaml",
            "environments:\n  new: {}\n  production: {parent: new, auto_sync: true}\n",
        ),
        (
            "f.yaml",
            "default_value: false\nenvironments: {new: {enabled: false, bucket_by: email, percentage: 1}, production: {enabled: true}}\n",
        ),
    ]);
    let done = back(&then, &today, &ALL).unwrap();
    assert_tree(
        &done.root,
        "{default_value: false, environments: {new: {enabled: false, bucket_by: email, percentage: 1}, production: {enabled: true, percentage: 25, bucket_by: null}}}",
    );
    let ids = named(&today, &["new"]);
    let options = Back {
        environments: Some(&ids),
        ..ALL
    };
    assert_refused(
        back(&then, &today, &options),
        true,
        &["no environment new then"],
    );
}

#[test]
fn a_flag_that_was_the_same_everywhere_is_so_again() {
    let then = "default_value: false\ntargeting_rules: [{name: r, conditions: []}]\n";
    let today = "default_value: false\ntargeting_rules: [{name: r, conditions: []}]\nenvironments: {production: {enabled: false, kill_switch: {reason: p, at: 2026-11-18T00:00:00Z}}}\n";
    assert_back(
        then,
        today,
        &ALL,
        "{default_value: false, targeting_rules: [{name: r, conditions: []}], environments: {development: {enabled: true}, production: {enabled: true, kill_switch: {reason: p, at: 2026-11-18T00:00:00Z}}}}",
    );
}

#[test]
fn dependencies_go_back_to_where_they_stood() {
    let flag = |needs: &str| {
        format!("default_value: false\n{needs}environments: {{production: {{percentage: 5}}}}\n")
    };
    let other = (
        "g.yaml",
        "default_value: true\nenvironments: {production: true}\n",
    );
    let apart = "dependencies: [{flag: f, depends_on: [{flag: g, required_value: true}]}]\n";
    let none = "dependencies: []\n";
    let then = project(&[
        ("f.yaml", &flag("")),
        other,
        ("flag-dependencies.yaml", apart),
    ]);
    let today = project(&[
        ("f.yaml", &flag("")),
        other,
        ("flag-dependencies.yaml", none),
    ]);
    let done = back(&then, &today, &ALL).unwrap();
    assert_eq!(done.root, today.roots["f.yaml"]);
    assert_eq!(done.apart, Some(super::tree_of(apart)));
    assert_eq!(
        back(&today, &then, &ALL).unwrap().apart,
        Some(super::tree_of(none))
    );
    // Without such a file they stand at the flag.
    let alone = project(&[("f.yaml", &flag("")), other]);
    let done = back(&then, &alone, &ALL).unwrap();
    assert_eq!(
        done.root,
        super::tree_of(&flag("depends_on: [{flag: g, required_value: true}]\n"))
    );
}

#[test]
fn a_kill_switch_elsewhere_is_not_lifted_with_one_environment() {
    let then = project(&[(
        "f.yaml",
        "default_value: false\nenvironments: {development: true, staging: {percentage: 5}}\n",
    )]);
    let today = project(&[(
        "f.yaml",
        "default_value: false\nenvironments: {development: {enabled: true, default_value: true, kill_switch: {reason: r, at: 2026-11-18T00:00:00Z}}, staging: {percentage: 6}}\n",
    )]);
    let ids = named(&today, &["staging"]);
    let options = Back {
        environments: Some(&ids),
        lift_kill_switches: true,
        ..ALL
    };
    let done = back(&then, &today, &options).unwrap();
    assert!(
        done.notes
            .iter()
            .any(|note| note.starts_with("staging stays killed")),
        "{:?}",
        done.notes
    );
    let entry = done
        .root
        .get("environments")
        .unwrap()
        .get("staging")
        .unwrap();
    assert_tree(entry, "{percentage: 5}");
}

#[test]
fn a_kill_switch_of_then_that_stood_elsewhere_is_pinned() {
    let then = "default_value: false\nkill_switch: {reason: r, at: 2026-11-01T00:00:00Z}\nenvironments: {production: {percentage: 5}}\n";
    let today = "default_value: false\nenvironments: {production: {percentage: 50}}\n";
    let done = in_environment(then, today, "production", true).unwrap();
    assert_tree(
        &done.root,
        "{default_value: false, environments: {production: {percentage: 5, kill_switch: {reason: r, at: 2026-11-01T00:00:00Z}}}}",
    );
}

//! `rollback --commit`: one change undone in a file that has others since, as trees.

use ffctl::document::Tree;
use ffctl::patch::{Newer, Undo, Undone, says_the_same, undo, undo_definitions};
use proptest::prelude::*;

use super::{NOW, assert_tree, line, tree_of};
use crate::support::generate;

const UNDO: Undo<'static> = Undo {
    environments: None,
    newer: Newer::Ask,
    lift_kill_switches: false,
    resume: false,
    at: NOW - 86_400,
    now: NOW,
};

fn done(before: &str, after: &str, today: &str, options: &Undo<'_>) -> Undone {
    undo(&tree_of(before), &tree_of(after), &tree_of(today), options)
}

#[track_caller]
fn assert_undone(before: &str, after: &str, today: &str, expected: &str) -> Undone {
    let undone = done(before, after, today, &UNDO);
    assert_tree(&undone.root, expected);
    assert_eq!(undone.conflicts, [], "{expected}");
    undone
}

#[test]
fn later_edits_of_other_slots_stay() {
    assert_undone(
        "{owner: a, default_value: false, environments: {staging: true, production: false}}",
        "{owner: b, default_value: false, environments: {staging: true, production: {enabled: true, percentage: 25}}}",
        "{owner: c, default_value: false, salt: s, environments: {staging: false, production: {enabled: true, percentage: 25, bucket_by: email}}}",
        "{owner: c, default_value: false, salt: s, environments: {staging: false, production: {enabled: false, bucket_by: email}}}",
    );
}

#[test]
fn an_entry_without_the_change_reads_as_before() {
    assert_undone(
        "{default_value: false, environments: {production: false}}",
        "{default_value: false, environments: {production: {enabled: true, percentage: 25}, staging: true}}",
        "{default_value: false, environments: {production: {enabled: true, percentage: 25}, staging: true}}",
        "{default_value: false, environments: {production: false}}",
    );
}

#[test]
fn rules_go_by_their_names() {
    let rule =
        |name: &str, share: u32| format!("{{name: {name}, conditions: [], percentage: {share}}}");
    let flag = |rules: &[String]| {
        format!(
            "{{default_value: false, targeting_rules: [{}]}}",
            rules.join(", ")
        )
    };
    let (a, b, c) = (rule("a", 1), rule("b", 1), rule("c", 1));
    let late = rule("late", 9);
    assert_undone(
        &flag(&[a.clone(), b.clone(), c.clone()]),
        &flag(&[c.clone(), a.clone(), rule("new", 2)]),
        &flag(&[late.clone(), c.clone(), a.clone(), rule("new", 2)]),
        &flag(&[late, a, b, c]),
    );
}

#[test]
fn a_slot_that_was_changed_again_is_a_conflict() {
    let entry = |share: u32| {
        format!("{{default_value: false, environments: {{production: {{percentage: {share}}}}}}}")
    };
    let (before, after, today) = (entry(5), entry(25), entry(50));
    let asked = done(&before, &after, &today, &UNDO);
    let words: Vec<String> = asked
        .conflicts
        .iter()
        .map(ffctl::patch::Conflict::words)
        .collect();
    assert_eq!(words, ["serving in production"]);
    let value = asked.conflicts[0].value(&tree_of(&today)).unwrap();
    assert_tree(&value, "{percentage: 50}");
    assert_tree(&asked.root, &today);
    let with = |newer| done(&before, &after, &today, &Undo { newer, ..UNDO }).root;
    assert_tree(&with(Newer::Keep), &today);
    assert_tree(&with(Newer::Drop), &before);
    // What is as it was already is none.
    assert_undone(&before, &after, &before, &before);
}

#[test]
fn kill_switches_stay_and_come_back() {
    let killed = "{default_value: false, environments: {production: {percentage: 5, kill_switch: {reason: r, at: 2026-11-18T00:00:00Z}}}}";
    let free = "{default_value: false, environments: {production: {percentage: 5}}}";
    let undone = assert_undone(free, killed, killed, killed);
    assert_eq!(
        undone.notes,
        ["the kill switch of production stays: `--lift-kill-switches` takes it away"]
    );
    let lifted = done(
        free,
        killed,
        killed,
        &Undo {
            lift_kill_switches: true,
            ..UNDO
        },
    );
    assert_tree(&lifted.root, free);
    assert_undone(killed, free, free, killed);
}

#[test]
fn what_time_has_moved_on_is_held_at_the_change() {
    let before = "{default_value: false, environments: {production: {gradual: {start: 2026-11-11T00:00:00Z, increment: 5, every: 1d}, schedule: [{at: 2026-11-20T00:00:00Z, set: {percentage: 99}}, {at: 2026-12-20T00:00:00Z, set: {percentage: 100}}]}}}";
    let after = "{default_value: false, environments: {production: true}}";
    let undone = assert_undone(
        before,
        after,
        after,
        "{default_value: false, environments: {production: {percentage: 45, schedule: [{at: 2026-12-20T00:00:00Z, set: {percentage: 100}}]}}}",
    );
    assert_eq!(undone.notes.len(), 2, "{:?}", undone.notes);
    let resumed = done(
        before,
        after,
        after,
        &Undo {
            resume: true,
            ..UNDO
        },
    );
    assert_tree(&resumed.root, before);
}

#[test]
fn the_first_entry_goes_and_the_flag_is_the_same_everywhere() {
    let before = "{default_value: false, targeting_rules: [{name: r, conditions: []}]}";
    let after = "{default_value: false, targeting_rules: [{name: r, conditions: []}], environments: {production: false, staging: {enabled: true}}}";
    assert_undone(before, after, after, before);
    let later = after.replace("production: false", "production: false, lab: true");
    assert_undone(
        before,
        after,
        &later,
        "{default_value: false, targeting_rules: [{name: r, conditions: []}], environments: {lab: true, production: {enabled: true}, staging: {enabled: true}}}",
    );
}

#[test]
fn one_environment_is_undone_alone() {
    let names = ["production".to_owned()];
    let options = Undo {
        environments: Some(&names),
        ..UNDO
    };
    let undone = done(
        "{default_value: false, environments: {staging: false, production: false}}",
        "{default_value: false, salt: s, environments: {staging: true, production: true}}",
        "{default_value: false, salt: s, environments: {staging: true, production: true}}",
        &options,
    );
    assert_tree(
        &undone.root,
        "{default_value: false, salt: s, environments: {staging: true, production: false}}",
    );
    assert!(
        undone.notes[0].contains("leave out `--env`"),
        "{:?}",
        undone.notes
    );
}

#[test]
fn definitions_go_key_by_key() {
    let file = |names: &str| tree_of(&format!("{{segments: {{{names}}}}}"));
    let undone = undo_definitions(
        "segments",
        &file("a: {conditions: []}, gone: {conditions: []}"),
        &file("a: {conditions: [1]}, new: {conditions: []}"),
        &file("a: {conditions: [1]}, new: {conditions: []}, late: {conditions: []}"),
        &UNDO,
    );
    assert_eq!(undone.conflicts, []);
    assert_eq!(
        undone.root,
        file("a: {conditions: []}, late: {conditions: []}, gone: {conditions: []}")
    );
    let list = |items: &str| tree_of(&format!("{{dependencies: [{items}]}}"));
    let (f, g) = ("{flag: f, depends_on: []}", "{flag: g, depends_on: []}");
    let today = list(&format!("{f}, {g}"));
    let undone = undo_definitions("dependencies", &list(""), &list(f), &today, &UNDO);
    assert_eq!(undone.root, list(g));
}

fn flags(generated: &generate::Generated) -> Vec<(String, Tree)> {
    let files = generated.files.iter();
    let is_flag = |path: &str| {
        !["environments", "segments", "attributes", "flag-dep"]
            .iter()
            .any(|s| path.starts_with(s))
    };
    files
        .filter(|(path, _)| is_flag(path))
        .map(|(path, text)| (path.clone(), tree_of(text)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    /// Whatever a change was, without it the file says what it said; undone in a file that never had
    /// it, nothing changes that both agree on.
    #[test]
    fn a_change_undone_is_none(one in generate::catalog(), other in generate::catalog()) {
        let options = Undo { resume: true, lift_kill_switches: true, ..UNDO };
        for (path, before) in flags(&one) {
            for (_, after) in flags(&other).into_iter().filter(|(name, _)| *name == path) {
                let undone = undo(&before, &after, &after, &options);
                prop_assert_eq!(&undone.conflicts, &vec![]);
                prop_assert!(
                    says_the_same(&undone.root, &before),
                    "{}\n{}\n{}", line(&before), line(&after), line(&undone.root)
                );
                let nothing = undo(&before, &after, &before, &options);
                prop_assert!(says_the_same(&nothing.root, &before), "{}", line(&nothing.root));
                prop_assert_eq!(&nothing.conflicts, &vec![]);
            }
        }
    }

    /// What a change did not touch stays as it is today, whatever is undone.
    #[test]
    fn what_was_not_touched_stays(
        one in generate::catalog(),
        other in generate::catalog(),
        third in generate::catalog(),
    ) {
        let options = Undo { newer: Newer::Drop, lift_kill_switches: true, ..UNDO };
        let of = |generated, path: &String| -> Option<Tree> {
            let mut files = flags(generated).into_iter();
            files.find(|(name, _)| name == path).map(|(_, tree)| tree)
        };
        for (path, before) in flags(&one) {
            let (Some(after), Some(today)) = (of(&other, &path), of(&third, &path)) else { continue };
            let undone = undo(&before, &after, &today, &options).root;
            for key in ["type", "default_value", "salt", "targeting_rules", "kill_switch", "owner", "tags"] {
                if before.get(key) == after.get(key) {
                    prop_assert_eq!(undone.get(key), today.get(key), "{}", key);
                }
            }
            let entry = |root: &Tree, name: &str| root.get("environments")?.get(name).cloned();
            let entries = today.get("environments").map(Tree::entries).unwrap_or_default();
            for (name, present) in entries {
                let was = entry(&before, name);
                if was.is_some() && was == entry(&after, name) {
                    prop_assert_eq!(entry(&undone, name), Some(present.clone()), "{}", name);
                }
            }
        }
    }
}

//! What drawn sequences have found.

use std::collections::BTreeMap;

use ffctl::patch::{self, Disable, Enable, Pending, Restore, Return};
use ffctl::yaml::rewrite;

use crate::edits::tree_of;
use crate::support::settings;

use super::world::World;

/// 2026-12-01T00:00:00Z.
const NOW: i64 = 1_796_083_200;

fn world(flag: &str) -> World {
    let environments = "environments:\n  staging: {parent: null}\n  \
                        production: {parent: staging, auto_sync: true}\n  \
                        elsewhere: {parent: null}\n";
    let files = [("environments.yaml", environments), ("x.yaml", flag)];
    let files: BTreeMap<String, String> = files
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
    let world = World::new(files, &settings("flagd-v2"), NOW);
    assert!(world.errors.is_empty(), "{:?}", world.errors);
    world
}

fn disabled(text: &str, environment: &str) -> String {
    let world = world(text);
    let root = tree_of(text);
    let id = world.catalog().environments.find(environment).unwrap();
    let subject = world.subject("x", &root, NOW);
    let patched = patch::disable(&subject, id, Disable::default()).unwrap();
    rewrite(text, &patched.root).unwrap()
}

fn enabled(text: &str, environment: &str) -> String {
    let world = world(text);
    let root = tree_of(text);
    let id = world.catalog().environments.find(environment).unwrap();
    let subject = world.subject("x", &root, NOW);
    let patched = patch::enable(&subject, id, &Enable::default()).unwrap();
    rewrite(text, &patched.root).unwrap()
}

/// `false` comes back as `true`, for everybody: what is inherited, or what rules give, is more
/// than that, and less.
#[test]
fn what_is_inherited_comes_back_as_it_was() {
    let inherited =
        "default_value: false\nenvironments:\n  staging: {enabled: true, percentage: 10}\n";
    let off = disabled(inherited, "production");
    assert_eq!(
        off,
        format!("{inherited}  production: {{enabled: false}}\n")
    );
    let on = enabled(&off, "production");
    assert_eq!(on, format!("{inherited}  production: {{enabled: true}}\n"));
    let ruled = "default_value: false\ntargeting_rules: [{name: r, conditions: [{attribute: \
                 country, operator: equals, value: IT}], value: true}]\nenvironments:\n  \
                 production: {enabled: true}\n";
    assert_eq!(enabled(&disabled(ruled, "production"), "production"), ruled);
    let own = "default_value: false\nenvironments:\n  production: true\n";
    assert_eq!(disabled(own, "production"), own.replace("true", "false"));
}

/// An elapsed step that is folded in vain would be an error, and keep the flag killed.
#[test]
fn entries_that_a_restore_need_not_change_are_left_alone() {
    let text = "default_value: false\nenvironments:\n  staging:\n    schedule: [{at: \
                2026-11-01T00:00:00Z, set: {enabled: true}}]\n";
    let killed = format!("{text}kill_switch: {{reason: r, at: 2026-11-20T00:00:00Z}}\n");
    let world = world(&killed);
    let root = tree_of(&killed);
    for back in [Return::AsItWas, Return::Resume] {
        let options = Restore {
            back,
            pending: Pending::Ask,
        };
        let patched = patch::restore(&world.subject("x", &root, NOW), None, options).unwrap();
        assert_eq!(rewrite(&killed, &patched.root).unwrap(), text);
    }
}

/// A list written as `null`, or cut off, is the flag's: its ramp goes on for others, and is held in
/// the environments' own copies.
#[test]
fn ramps_of_the_flag_are_held_where_it_was_killed() {
    let rule = "{name: r, conditions: [], value: true, gradual: {start: 2026-11-01T00:00:00Z, \
                increment: 1, every: 1d}}";
    let text = format!(
        "default_value: false\ntargeting_rules: [{rule}]\nenvironments:\n  elsewhere: {{enabled: \
         true}}\n  staging: {{enabled: true, targeting_rules: null, kill_switch: {{reason: r, at: 2026-11-10T00:00:00Z}}}}\n  \
         production: {{enabled: true, inherit: false}}\n"
    );
    let world = world(&text);
    let root = tree_of(&text);
    let staging = world.catalog().environments.find("staging");
    let subject = world.subject("x", &root, NOW);
    let patched = patch::restore(&subject, staging, Restore::default()).unwrap();
    let held = tree_of("[{name: r, conditions: [], value: true, percentage: 10}]");
    let entries = patched.root.get("environments").unwrap();
    for name in ["staging", "production"] {
        let entry = entries.get(name).unwrap();
        assert_eq!(entry.get("targeting_rules"), Some(&held), "{name}");
    }
    assert_eq!(
        patched.root.get("targeting_rules"),
        root.get("targeting_rules")
    );
}

/// A step that has elapsed since is dropped; it was not there, and neither were the flag's rules.
#[test]
fn what_was_not_mentioned_when_it_was_killed_is_not_afterwards() {
    let text = "default_value: false\ntargeting_rules: [{name: r, conditions: [], value: \
                true}]\nenvironments:\n  staging: {schedule: [{at: 2026-11-20T00:00:00Z, set: \
                {enabled: true}}], kill_switch: {reason: r, at: 2026-11-10T00:00:00Z}}\n";
    let world = world(text);
    let root = tree_of(text);
    let staging = world.catalog().environments.find("staging");
    let subject = world.subject("x", &root, NOW);
    let patched = patch::restore(&subject, staging, Restore::default()).unwrap();
    assert_eq!(patched.root.get("environments"), Some(&tree_of("{}")));
}

//! `restore`: who is served afterwards, by position.

use crate::support::{NOW, Sandbox};

const FLAG: &str = "default_value: false\nenvironments:\n  staging: {gradual: {start: 2026-11-19T12:00:00Z, increment: 10, every: 1d}}\n";

/// Three days later the ramp would be at 50%.
const LATER: &str = "2026-11-23T12:00:00Z";

/// Returns how many of the subjects are served `true` at a time.
fn served(sandbox: &Sandbox, now: &str) -> usize {
    let lines: Vec<String> = (0..100)
        .map(|subject| {
            format!(
                "{{\"flag\":\"f\",\"environment\":\"staging\",\"context\":{{\"targetingKey\":\"s{subject}\"}}}}\n"
            )
        })
        .collect();
    let run = sandbox.command(["evaluate", "--batch"]).now(Some(now));
    let output = run.input(lines.concat()).run().exits(0);
    assert_eq!(output.stdout.lines().count(), 100, "{output}");
    let is_on = |line: &&str| line.contains("\"value\":true");
    output.stdout.lines().filter(is_on).count()
}

fn at(sandbox: &Sandbox, now: &str, words: &[&str]) {
    let place = ["--flag", "f", "--env", "staging", "--reason", "r"];
    let run = sandbox.command(words.iter().chain(&place)).now(Some(now));
    run.run().exits(0);
}

fn killed() -> Sandbox {
    let sandbox = Sandbox::new().file("flags/f.yaml", FLAG);
    at(&sandbox, NOW, &["emergency-disable"]);
    assert_eq!(served(&sandbox, NOW), 0);
    sandbox
}

#[test]
fn nobody_is_served_who_was_not_when_the_switch_was_thrown() {
    let plain = Sandbox::new().file("flags/f.yaml", FLAG);
    let (then, by_now) = (served(&plain, NOW), served(&plain, LATER));
    assert!((10..30).contains(&then) && by_now > then, "{then} {by_now}");
    let sandbox = killed();
    at(&sandbox, LATER, &["restore"]);
    assert_eq!(served(&sandbox, LATER), then);
    assert_eq!(served(&sandbox, "2027-06-01T00:00:00Z"), then);
}

#[test]
fn resume_takes_the_present_step_and_restart_the_first() {
    let plain = Sandbox::new().file("flags/f.yaml", FLAG);
    let sandbox = killed();
    at(&sandbox, LATER, &["restore", "--resume"]);
    assert_eq!(served(&sandbox, LATER), served(&plain, LATER));
    let sandbox = killed();
    at(&sandbox, LATER, &["restore", "--restart"]);
    let first = served(&plain, "2026-11-19T12:00:00Z");
    assert_eq!(served(&sandbox, LATER), first);
}

/// Several environments of one flag, and a child that inherits.
#[test]
fn other_environments_are_not_touched() {
    let sandbox = Sandbox::new().file(
        "flags/f.yaml",
        "default_value: false\ntargeting_rules: [{name: all, conditions: [], gradual: {start: 2026-11-19T12:00:00Z, increment: 10, every: 1d}}]\nenvironments:\n  staging: {enabled: true}\n  production: {enabled: true}\n",
    );
    at(&sandbox, NOW, &["emergency-disable"]);
    at(&sandbox, LATER, &["restore"]);
    let text = sandbox.read("flags/f.yaml");
    assert!(
        text.contains("targeting_rules: [{name: all, conditions: [], gradual:"),
        "{text}"
    );
    let copy =
        "staging: {enabled: true, targeting_rules: [{name: all, conditions: [], percentage: 20}]}";
    assert!(text.contains(copy), "{text}");
    assert!(text.contains("production: {enabled: true}"), "{text}");
}

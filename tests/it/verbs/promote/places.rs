//! Which environments, their switches, and in what they differed.

use ffctl::patch::drift;

use super::{AS_IS, Becomes, Case, KEEP, Refused, Stays, case, project, run, to_some};
use crate::verbs::assert_refused;

#[test]
fn switches_stay() {
    let cases = [
        case(
            "a kill here stays here",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {value: c, percentage: 10, kill_switch: {reason: x, at: 2026-11-19T00:00:00Z}}\n  production: {value: b, percentage: 10}\n",
            "staging",
            Becomes("{value: c, percentage: 10}"),
        )
        .says(&["kill switch of staging stays"]),
        case(
            "a kill there stays there",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {value: c, percentage: 10}\n  production: {value: b, percentage: 10, kill_switch: {reason: x, at: 2026-11-19T00:00:00Z}}\n",
            "staging",
            Becomes("{value: c, percentage: 10, kill_switch: {reason: x, at: \"2026-11-19T00:00:00Z\"}}"),
        )
        .says(&["production stays killed"]),
        case(
            "what is off here leaves the other on",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {enabled: false, value: c, percentage: 10}\n  production: {enabled: true, value: b, percentage: 10}\n",
            "staging",
            Becomes("{enabled: true, value: c, percentage: 10}"),
        )
        .with(AS_IS)
        .says(&["staging is off, and production stays on"]),
    ];
    cases.into_iter().for_each(Case::run);
}

#[test]
fn who_follows_whom_decides() {
    const FLAG: &str = "type: string\ndefault_value: a\nenvironments:\n  development: {value: c, percentage: 10}\n  production: {value: b, percentage: 10}\n  lab: {value: z, percentage: 10}\n";
    let cases = [
        case("an ancestor is one over any edge", FLAG, "development", Becomes("{value: c, percentage: 10}")),
        case("a sibling is none", FLAG, "lab", Refused(true)).says(&["does not follow", "`staging`", "`development`"]),
        case("a child is none", FLAG, "production", Refused(true)).to("development").says(&["does not follow"]),
        case("it is not its own", FLAG, "production", Refused(true)),
        case("what is inherited is there", FLAG, "development", Stays).to("staging").says(&["inherits from development"]),
        case(
            "also from further up",
            "type: string\ndefault_value: a\nenvironments:\n  production: {value: c, percentage: 10}\n",
            "production",
            Stays,
        )
        .to("canary")
        .with(to_some(1_000))
        .says(&["inherits from production"]),
        case(
            "what is the same everywhere stays so",
            "default_value: false\ntargeting_rules: [{name: r, conditions: []}]\n",
            "staging",
            Stays,
        )
        .with(AS_IS)
        .says(&["nothing to promote"]),
        case("nothing said is nothing to bring", "default_value: false\nenvironments:\n  production: {percentage: 10}\n", "staging", Stays)
            .with(AS_IS)
            .says(&["nothing is said"]),
        case(
            "the same stays as it is written",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: r, conditions: [{attribute: country, operator: in, value: [US, CA]}], value: true}], percentage: 50}\n  production: {enabled: false, value: true, percentage: 5, targeting_rules: [{name: r, percentage: 3, conditions: [{operator: in, attribute: country, values: [US, CA]}]}], schedule: [{at: 2026-11-01T00:00:00Z, set: {enabled: true}}]}\n",
            "staging",
            Stays,
        )
        .says(&["nothing to promote"]),
    ];
    cases.into_iter().for_each(Case::run);
}

#[test]
fn an_archived_flag_is_refused() {
    let archived = project(
        "default_value: false\narchived: {at: 2026-11-01, reason: done}\nenvironments: {staging: true}\n",
    );
    assert_refused(
        run(&archived, "staging", "production", &AS_IS),
        false,
        &["archived"],
    );
}

#[test]
fn drift_is_told_in_words() {
    let flag = "type: string\ndefault_value: a\nenvironments:\n  staging: {value: x, bucket_by: account_id, targeting_rules: [{name: one, conditions: [{attribute: country, operator: equals, value: US}], value: b}, {name: new, conditions: [], value: b}, {name: two, conditions: [], value: b, bucket_by: country}]}\n  production: {value: y, percentage: 3, targeting_rules: [{name: two, conditions: [], value: c, percentage: 5}, {name: one, conditions: [{attribute: country, operator: equals, value: IT}], value: b}, {name: own, conditions: [], value: b, promotable: false}]}\n";
    let project = project(flag);
    let expected = [
        "rule `one` takes `[{attribute: country, operator: equals, value: US}]` in staging, and `[{attribute: country, operator: equals, value: IT}]` in production",
        "rule `new` is in staging only",
        "rule `two` serves `b` in staging, and `c` in production",
        "rule `two` buckets by `country` in staging, and the subject in production",
        "rule `own` is in production only",
        "the rules stand as one, two in staging, and two, one in production",
        "whom no rule takes is served `x` in staging, and `y` in production",
        "buckets go by `account_id` in staging, and the subject in production",
    ];
    let done = run(&project, "staging", "production", &to_some(0)).unwrap();
    assert_eq!(done.drift, expected);
    let (from, to) = (
        project.environment("staging"),
        project.environment("production"),
    );
    assert_eq!(drift(&project.subject("f"), from, to), expected);
    let after = project.with("f.yaml", &done.root);
    let left = drift(&after.subject("f"), from, to);
    assert_eq!(left, ["rule `own` is in production only"]);
}

#[test]
fn exposure_alone_is_no_drift() {
    let flag = "default_value: false\nenvironments:\n  staging: {percentage: 90, targeting_rules: [{name: r, conditions: [], percentage: 9}]}\n  production: {gradual: {start: 2026-11-18T00:00:00Z, increment: 10, every: 1d}, targeting_rules: [{name: r, conditions: []}]}\n";
    let done = run(&project(flag), "staging", "production", &KEEP).unwrap();
    assert!(done.drift.is_empty(), "{:?}", done.drift);
}

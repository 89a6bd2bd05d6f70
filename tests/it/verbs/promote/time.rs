//! Ramps and schedules, of either side.

use ffctl::patch::{Pending, Promote};

use super::{AS_IS, Becomes, Case, Exposes, KEEP, RESTART, Refused, Stays, case, to_some};
use crate::verbs::NOW;

#[test]
fn time_is_brought_only_when_it_is_said() {
    const RAMP: &str = "default_value: false\nenvironments:\n  staging: {gradual: {start: 2026-11-18T00:00:00Z, increment: 10, every: 1d}}\n  production: {percentage: 5}\n";
    const ENDED: &str = "default_value: false\nenvironments:\n  staging: {gradual: {start: 2026-11-01T00:00:00Z, increment: 10, every: 1d, until: 50}}\n  production: {percentage: 5}\n";
    const STEPS: &str = "default_value: false\nenvironments:\n  staging: {percentage: 5, schedule: [{at: 2026-11-21T00:00:00Z, set: {percentage: 50}}, {at: 2026-11-22T12:00:00Z, set: {gradual: {start: 2026-11-23T00:00:00Z, from: 50, increment: 10, every: 1d}, targeting_rules: [{name: r, conditions: [], gradual: {start: 2026-11-22T12:00:00Z, increment: 10, every: 1d}}]}}]}\n  production: {percentage: 5}\n";
    let cases = [
        case("a ramp asks when", RAMP, "staging", Refused(true)).with(AS_IS).says(&["--restart-at"]),
        case(
            "a ramp begins then",
            RAMP,
            "staging",
            Exposes("{gradual: {start: \"2026-12-01T09:00:00Z\", increment: 10, every: 1d}}"),
        )
        .with(RESTART),
        case("shares stay, so a ramp is not brought", RAMP, "staging", Stays),
        case(
            "a rule's ramp asks when",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: r, conditions: [], gradual: {start: 2026-12-18T00:00:00Z, increment: 10, every: 1d}}]}\n  production: false\n",
            "staging",
            Refused(true),
        )
        .with(AS_IS)
        .says(&["rule `r` of staging", "--restart-at"]),
        case(
            "a rule's ramp begins then",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: r, conditions: [], gradual: {start: 2026-12-18T00:00:00Z, increment: 10, every: 1d}}]}\n  production: {percentage: 0}\n",
            "staging",
            Exposes("{targeting_rules: [{name: r, conditions: [], gradual: {start: \"2026-12-01T09:00:00Z\", increment: 10, every: 1d}}]}"),
        )
        .with(RESTART),
        case(
            "a new rule on a ramp goes to a share that is said",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: r, conditions: [], gradual: {start: 2026-12-18T00:00:00Z, increment: 10, every: 1d}}]}\n  production: {percentage: 0}\n",
            "staging",
            Exposes("{targeting_rules: [{name: r, conditions: [], percentage: 1}], percentage: 0}"),
        )
        .with(to_some(1_000)),
        case("a ramp that has ended is a percentage", ENDED, "staging", Exposes("{percentage: 50}")).with(AS_IS),
        case("a schedule asks when", STEPS, "staging", Refused(true)).with(AS_IS).says(&["schedule", "--restart-at"]),
        case(
            "a schedule moves as a whole, its ramps with it",
            STEPS,
            "staging",
            Exposes("{percentage: 5, schedule: [{at: \"2026-12-01T09:00:00Z\", set: {percentage: 50}}, {at: \"2026-12-02T21:00:00Z\", set: {gradual: {start: \"2026-12-03T09:00:00Z\", from: 50, increment: 10, every: 1d}, targeting_rules: [{name: r, conditions: [], gradual: {start: \"2026-12-02T21:00:00Z\", increment: 10, every: 1d}}]}}]}"),
        )
        .with(RESTART),
        case("without --as-is a schedule stays", STEPS, "staging", Stays).says(&["schedule of staging stays"]),
        case("what has passed is no beginning", RAMP, "staging", Refused(true))
            .with(Promote { restart_at: Some(NOW - 1), ..AS_IS })
            .says(&["has passed"]),
        case(
            "a step that sets the same asks",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {value: c}\n  production: {value: b, schedule: [{at: 2026-12-24T00:00:00Z, set: {value: b}}]}\n",
            "staging",
            Refused(true),
        )
        .says(&["--keep-schedule", "--drop-schedule"]),
        case(
            "or goes",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {value: c}\n  production: {value: b, schedule: [{at: 2026-12-24T00:00:00Z, set: {value: b}}, {at: 2026-12-25T00:00:00Z, set: {enabled: false}}]}\n",
            "staging",
            Becomes("{value: c, schedule: [{at: \"2026-12-25T00:00:00Z\", set: {enabled: false}}]}"),
        )
        .with(Promote { pending: Pending::Drop, ..KEEP })
        .says(&["dropped the step at 2026-12-24"]),
    ];
    cases.into_iter().for_each(Case::run);
}

#[test]
fn what_a_kill_holds_back_stays_back() {
    let cases = [
        case(
            "a step of the other that came under its kill is not folded",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {value: c}\n  production: {value: b, schedule: [{at: 2026-11-19T00:00:00Z, set: {enabled: false}}], kill_switch: {reason: r, at: 2026-11-18T00:00:00Z}}\n",
            "staging",
            Becomes("{value: c, schedule: [{at: \"2026-11-19T00:00:00Z\", set: {enabled: false}}], kill_switch: {reason: r, at: \"2026-11-18T00:00:00Z\"}}"),
        ),
        case(
            "a step that came under the kill of the one is not brought",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {value: c, schedule: [{at: 2026-11-19T00:00:00Z, set: {value: d}}], kill_switch: {reason: r, at: 2026-11-18T00:00:00Z}}\n  production: {value: b}\n",
            "staging",
            Becomes("{value: c}"),
        )
        .says(&["kill switch of staging stays"]),
    ];
    cases.into_iter().for_each(Case::run);
}

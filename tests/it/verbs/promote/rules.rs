//! Rules: what of them moves, what is new, and what is left.

use ffctl::patch::{Pending, Promote};

use super::{AS_IS, Becomes, Case, Exposes, RESTART, Refused, Stays, case, to_some};

#[test]
fn rules_move_and_their_shares_stay() {
    let cases = [
        case(
            "conditions come, the percentage stays",
            "default_value: false\nenvironments:\n  staging: {enabled: true, targeting_rules: [{name: us, conditions: [{attribute: country, operator: equals, value: US}, {attribute: user_type, operator: equals, value: beta}], percentage: 100}]}\n  production: {enabled: true, targeting_rules: [{name: us, conditions: [{attribute: country, operator: equals, value: US}], percentage: 10}]}\n",
            "staging",
            Becomes(
                "{enabled: true, targeting_rules: [{name: us, conditions: [{attribute: country, operator: equals, value: US}, {attribute: user_type, operator: equals, value: beta}], percentage: 10}]}",
            ),
        ),
        case(
            "no percentage is a share too",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {targeting_rules: [{name: us, conditions: [{attribute: country, operator: equals, value: US}], value: c, percentage: 5}]}\n  production: {targeting_rules: [{name: us, conditions: [{attribute: country, operator: equals, value: US}], value: b}]}\n",
            "staging",
            Becomes(
                "{targeting_rules: [{name: us, conditions: [{attribute: country, operator: equals, value: US}], value: c}]}",
            ),
        ),
        case(
            "a ramp that runs there is a share too, and this one's needs no time",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: us, conditions: [{attribute: country, operator: in, value: [US]}], gradual: {start: 2026-11-19T00:00:00Z, increment: 1, every: 1d}}]}\n  production: {targeting_rules: [{name: us, conditions: [{attribute: country, operator: equals, value: US}], gradual: {start: 2026-11-18T00:00:00Z, increment: 10, every: 1d}}]}\n",
            "staging",
            Becomes(
                "{targeting_rules: [{name: us, conditions: [{attribute: country, operator: in, value: [US]}], gradual: {start: \"2026-11-18T00:00:00Z\", increment: 10, every: 1d}}]}",
            ),
        ),
        case(
            "a rule's bucket_by, description and metadata come; x- keys are each side's own",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: r, description: new, conditions: [], percentage: 50, bucket_by: account_id, metadata: {a: b}, x-note: s}]}\n  production: {targeting_rules: [{name: r, description: old, conditions: [], percentage: 0, x-note: p}]}\n",
            "staging",
            Becomes(
                "{targeting_rules: [{name: r, description: new, conditions: [], percentage: 0, bucket_by: account_id, metadata: {a: b}, x-note: p}]}",
            ),
        ),
        case(
            "what is left out here goes there",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: r, conditions: [], percentage: 50}]}\n  production: {targeting_rules: [{name: r, conditions: [], value: false, percentage: 0, bucket_by: account_id}]}\n",
            "staging",
            Becomes("{targeting_rules: [{name: r, conditions: [], percentage: 0}]}"),
        ),
        case(
            "a split comes",
            "type: string\nvariants: [{key: a, value: x}, {key: b, value: y}, {key: c, value: z}]\ndefault_variant: a\nenvironments:\n  staging: {targeting_rules: [{name: r, conditions: [], split: {b: 50, c: 50}}]}\n  production: {targeting_rules: [{name: r, conditions: [], variant: b, percentage: 20}]}\n",
            "staging",
            Becomes(
                "{targeting_rules: [{name: r, conditions: [], split: {b: 50, c: 50}, percentage: 20}]}",
            ),
        ),
        case(
            "the order is this side's",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: two, conditions: [{attribute: country, operator: equals, value: US}], percentage: 10}, {name: one, conditions: [{attribute: user_type, operator: equals, value: beta}], percentage: 10}]}\n  production: {targeting_rules: [{name: one, conditions: [{attribute: user_type, operator: equals, value: beta}], percentage: 10}, {name: two, conditions: [{attribute: country, operator: equals, value: US}], percentage: 10}]}\n",
            "staging",
            Becomes(
                "{targeting_rules: [{name: two, conditions: [{attribute: country, operator: equals, value: US}], percentage: 10}, {name: one, conditions: [{attribute: user_type, operator: equals, value: beta}], percentage: 10}]}",
            ),
        ),
        case(
            "rules of the flag that this side changed for itself become the other's own",
            "default_value: false\ntargeting_rules: [{name: r, conditions: [{attribute: country, operator: equals, value: US}], percentage: 10}]\nenvironments:\n  staging: {targeting_rules: [{name: r, conditions: [{attribute: country, operator: equals, value: US}, {attribute: user_type, operator: equals, value: beta}], percentage: 90}]}\n  production: {enabled: true}\n",
            "staging",
            Becomes(
                "{enabled: true, targeting_rules: [{name: r, conditions: [{attribute: country, operator: equals, value: US}, {attribute: user_type, operator: equals, value: beta}], percentage: 10}]}",
            ),
        ),
        case(
            "a step that has been is what this side has now, and what the other has is folded",
            "default_value: false\nenvironments:\n  staging: {enabled: true, schedule: [{at: 2026-11-01T00:00:00Z, set: {targeting_rules: [{name: r, conditions: [{attribute: country, operator: equals, value: US}], percentage: 90}]}}]}\n  production: {enabled: false, targeting_rules: [{name: r, conditions: [], percentage: 1}], schedule: [{at: 2026-11-02T00:00:00Z, set: {enabled: true}}]}\n",
            "staging",
            Becomes(
                "{enabled: true, targeting_rules: [{name: r, conditions: [{attribute: country, operator: equals, value: US}], percentage: 1}]}",
            ),
        ),
    ];
    cases.into_iter().for_each(Case::run);
}

#[test]
fn what_is_new_needs_a_share() {
    const NEW: &str = "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: new, conditions: [{attribute: country, operator: equals, value: US}], percentage: 90}, {name: old, conditions: []}]}\n  production: {enabled: true, targeting_rules: [{name: old, conditions: [], percentage: 5}]}\n";
    const ABSENT: &str = "default_value: false\ntargeting_rules: [{name: r, conditions: [{attribute: country, operator: equals, value: US}], percentage: 90}]\nenvironments:\n  staging: {enabled: true, percentage: 50}\n";
    let cases = [
        case("a new rule asks", NEW, "staging", Refused(true)).says(&["`new`", "--percentage", "--as-is"]),
        case(
            "a new rule stands where it stands here; the old share stays",
            NEW,
            "staging",
            Exposes("{enabled: true, targeting_rules: [{name: new, conditions: [{attribute: country, operator: equals, value: US}], percentage: 2.5}, {name: old, conditions: [], percentage: 5}]}"),
        )
        .with(to_some(2_500)),
        case(
            "as it is, every share comes",
            NEW,
            "staging",
            Exposes("{enabled: true, targeting_rules: [{name: new, conditions: [{attribute: country, operator: equals, value: US}], percentage: 90}, {name: old, conditions: []}]}"),
        )
        .with(AS_IS),
        case("no entry asks", ABSENT, "staging", Refused(true)).says(&["no entry in production", "--percentage"]),
        case(
            "without an entry all goes to so many, the flag's rules too",
            ABSENT,
            "staging",
            Exposes("{enabled: true, targeting_rules: [{name: r, conditions: [{attribute: country, operator: equals, value: US}], percentage: 10}], percentage: 10}"),
        )
        .with(to_some(10_000)),
        case(
            "as it is, the flag's rules need no copy",
            ABSENT,
            "staging",
            Exposes("{enabled: true, percentage: 50}"),
        )
        .with(AS_IS),
        case(
            "an entry without a slot is none, and what it holds stays",
            "default_value: false\nenvironments:\n  staging: {percentage: 50}\n  production: {schedule: [{at: 2026-12-24T00:00:00Z, set: {enabled: false}}]}\n",
            "staging",
            Exposes("{enabled: true, percentage: 10, schedule: [{at: \"2026-12-24T00:00:00Z\", set: {enabled: false}}]}"),
        )
        .with(Promote { pending: Pending::Keep, ..to_some(10_000) }),
        case(
            "what is off here is off there",
            "default_value: false\nenvironments:\n  staging: {enabled: false, percentage: 50}\n",
            "staging",
            Becomes("{enabled: false, percentage: 100}"),
        )
        .with(to_some(100_000))
        .says(&["staging is off, and so is production"]),
        case(
            "a scalar stays one",
            "type: number\ndefault_value: 30\nenvironments:\n  staging: 45\n",
            "staging",
            Exposes("45"),
        )
        .with(AS_IS),
        case(
            "nobody is a share",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: r, conditions: []}]}\n  production: false\n",
            "staging",
            Becomes("{enabled: false, targeting_rules: [{name: r, conditions: [], percentage: 0}]}"),
        )
        .with(to_some(0))
        .says(&["stays off"]),
        case(
            "a share of nothing is not written",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {enabled: true}\n",
            "staging",
            Stays,
        )
        .with(to_some(10_000)),
        case(
            "both options contradict",
            ABSENT,
            "staging",
            Refused(true),
        )
        .with(Promote { percentage: Some(1), ..AS_IS })
        .says(&["exclude"]),
    ];
    cases.into_iter().for_each(Case::run);
}

#[test]
fn what_is_not_promotable_is_left() {
    let cases = [
        case(
            "a flag",
            "type: string\ndefault_value: a\npromotable: false\nenvironments:\n  staging: {value: c}\n  production: {value: b}\n",
            "staging",
            Stays,
        )
        .with(AS_IS)
        .says(&["not promotable"]),
        case(
            "a rule of both, whichever side says so",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: r, conditions: [{attribute: country, operator: equals, value: US}], promotable: false}]}\n  production: {targeting_rules: [{name: r, conditions: [], percentage: 1}]}\n",
            "staging",
            Stays,
        )
        .with(AS_IS)
        .says(&["rule `r` is not promotable: left"]),
        case(
            "a rule that the other lacks, the flag's too",
            "default_value: false\ntargeting_rules: [{name: staff, conditions: [{attribute: user_type, operator: equals, value: beta}], promotable: false}, {name: r, conditions: []}]\nenvironments:\n  staging: {enabled: true}\n",
            "staging",
            Exposes("{enabled: true, targeting_rules: [{name: r, conditions: []}]}"),
        )
        .with(AS_IS)
        .says(&["rule `staff` is not promotable: not brought"]),
        case(
            "a rule of the other, behind the one that it stood behind",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: b, conditions: []}, {name: a, conditions: []}]}\n  production: {targeting_rules: [{name: first, conditions: [], percentage: 0, promotable: false}, {name: a, conditions: [], percentage: 0}, {name: own, conditions: [], percentage: 0, promotable: false}, {name: more, conditions: [], percentage: 0, promotable: false}, {name: b, conditions: [], percentage: 0}]}\n",
            "staging",
            Becomes("{targeting_rules: [{name: first, conditions: [], percentage: 0, promotable: false}, {name: b, conditions: [], percentage: 0}, {name: a, conditions: [], percentage: 0}, {name: own, conditions: [], percentage: 0, promotable: false}, {name: more, conditions: [], percentage: 0, promotable: false}]}"),
        ),
        case(
            "a rule of the other's own conflicts",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: []}\n  production: {targeting_rules: [{name: hotfix, conditions: []}, {name: left, conditions: [], promotable: false}]}\n",
            "staging",
            Refused(false),
        )
        .with(AS_IS)
        .says(&["`hotfix`", "ffctl rule remove --flag f --env production --name hotfix", "ffctl rule add --flag f --env staging"]),
        case(
            "a schedule that would replace a rule that is left",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [], schedule: [{at: 2026-12-24T00:00:00Z, set: {targeting_rules: []}}]}\n  production: {targeting_rules: [{name: own, conditions: [], promotable: false}]}\n",
            "staging",
            Refused(false),
        )
        .with(RESTART)
        .says(&["`own` is not promotable"]),
    ];
    cases.into_iter().for_each(Case::run);
}

#[test]
fn a_share_of_all_is_the_same_however_it_is_written() {
    case(
        "all of them, as a fraction and not at all",
        "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: r, conditions: []}]}\n  production: {targeting_rules: [{name: r, conditions: [], percentage: 100.0}]}\n",
        "staging",
        Stays,
    )
    .with(AS_IS)
    .run();
}

//! What is served to whom no rule takes, and the attribute of its buckets.

use super::{AS_IS, Becomes, Case, Exposes, Stays, case, to_some};

#[test]
fn what_is_served_moves_and_to_how_many_stays() {
    let cases = [
        case(
            "a value comes to the same share",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {value: c, percentage: 80}\n  production: {enabled: true, value: b, percentage: 10, default_value: z}\n",
            "staging",
            Becomes("{enabled: true, value: c, percentage: 10, default_value: z}"),
        ),
        case(
            "a split comes beside a ramp",
            "type: string\nvariants: [{key: a, value: x}, {key: b, value: y}]\ndefault_variant: a\nenvironments:\n  staging: {split: {a: 1, b: 3}}\n  production: {variant: b, gradual: {start: 2026-11-01T00:00:00Z, increment: 1, every: 1d}}\n",
            "staging",
            Becomes("{split: {a: 1, b: 3}, gradual: {start: \"2026-11-01T00:00:00Z\", increment: 1, every: 1d}}"),
        ),
        case(
            "what is implied here is said there, where nothing else would",
            "default_value: false\nenvironments:\n  staging: {percentage: 80}\n  production: {value: false, default_value: true}\n",
            "staging",
            Becomes("{value: true, default_value: true}"),
        ),
        case(
            "and so is the default split",
            "type: string\nvariants: [{key: a, value: x, weight: 1}, {key: b, value: y, weight: 1}]\ndefault_variant: a\nenvironments:\n  staging: {percentage: 80}\n  production: {variant: b}\n",
            "staging",
            Becomes("{split: default}"),
        ),
        case(
            "a serving that is inherited is restated as a whole",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {value: c, percentage: 80}\n  production: {value: b, percentage: 10, default_value: d}\n  canary: {enabled: true}\n",
            "staging",
            Becomes("{enabled: true, value: c, percentage: 10, default_value: d}"),
        )
        .to("canary"),
        case(
            "a share that is said is not for what is there",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {value: c, percentage: 50}\n  production: {value: b, percentage: 10}\n",
            "staging",
            Becomes("{value: c, percentage: 10}"),
        )
        .with(to_some(90_000)),
        case(
            "nor where this side serves nothing but the flag's default",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: [{name: r, conditions: []}]}\n  production: {percentage: 10, targeting_rules: [{name: r, conditions: []}]}\n",
            "staging",
            Stays,
        )
        .with(to_some(90_000)),
        case(
            "what only the other serves to some stays there",
            "default_value: false\nenvironments:\n  staging: {targeting_rules: []}\n  production: {percentage: 10}\n",
            "staging",
            Stays,
        )
        .says(&["what differs is left"]),
        case(
            "an entry is not emptied",
            "default_value: false\ntargeting_rules: [{name: r, conditions: []}]\nenvironments:\n  staging: {enabled: true}\n  production: {percentage: 0}\n",
            "staging",
            Becomes("{enabled: true}"),
        )
        .with(AS_IS),
    ];
    cases.into_iter().for_each(Case::run);
}

#[test]
fn defaults_are_exposure() {
    let cases = [
        case(
            "a default is exposure, and stays",
            "type: number\ndefault_value: 30\nenvironments:\n  staging: 45\n  production: 60\n",
            "staging",
            Stays,
        )
        .says(&["`45`", "--percentage", "--as-is"]),
        case(
            "a default becomes what some get, and the rest keeps the other's",
            "type: number\ndefault_value: 30\nenvironments:\n  staging: 45\n  production: 60\n",
            "staging",
            Exposes("{enabled: true, value: 45, percentage: 10, default_value: 60}"),
        )
        .with(to_some(10_000)),
        case(
            "a default variant becomes the variant",
            "type: string\nvariants: [{key: a, value: x}, {key: b, value: y}]\ndefault_variant: a\nenvironments:\n  staging: b\n  production: {enabled: true}\n",
            "staging",
            Exposes("{enabled: true, variant: b, percentage: 10}"),
        )
        .with(to_some(10_000)),
        case(
            "true becomes the value, and off stays off",
            "default_value: false\nenvironments:\n  staging: true\n  production: false\n",
            "staging",
            Becomes("{enabled: false, value: true, percentage: 25}"),
        )
        .with(to_some(25_000))
        .says(&["production stays off"]),
        case(
            "a default moves as it is, and off stays off",
            "default_value: false\nenvironments:\n  staging: true\n  production: false\n",
            "staging",
            Becomes("{enabled: false, default_value: true}"),
        )
        .with(AS_IS),
        case(
            "as it is, the whole serving is replaced",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {value: c, percentage: 80, default_value: e}\n  production: {enabled: true, value: b, percentage: 10, default_value: d}\n",
            "staging",
            Exposes("{enabled: true, value: c, percentage: 80, default_value: e}"),
        )
        .with(AS_IS),
        case(
            "the flag's own serving is said where another is inherited",
            "type: string\ndefault_value: a\nenvironments:\n  development: {enabled: true}\n  production: {value: b, percentage: 10}\n  canary: {enabled: true}\n",
            "development",
            Becomes("{enabled: true, percentage: null}"),
        )
        .to("canary")
        .with(AS_IS),
        case(
            "what this side serves to some and the other to nobody is left",
            "default_value: false\nenvironments:\n  staging: {percentage: 50}\n  production: {targeting_rules: []}\n",
            "staging",
            Stays,
        )
        .says(&["served to nobody in production", "--percentage"]),
        case(
            "unless it is said to how many",
            "type: string\ndefault_value: a\nenvironments:\n  staging: {value: b}\n  production: {enabled: true, default_value: c}\n",
            "staging",
            Exposes("{enabled: true, value: b, percentage: 10, default_value: c}"),
        )
        .with(to_some(10_000)),
        case(
            "or everybody has it already",
            "default_value: false\nenvironments:\n  staging: {percentage: 50}\n  production: true\n",
            "staging",
            Stays,
        )
        .with(to_some(10_000))
        .says(&["everybody"]),
    ];
    cases.into_iter().for_each(Case::run);
}

#[test]
fn the_attribute_of_buckets_moves() {
    let cases = [
        case(
            "another attribute comes",
            "default_value: false\nenvironments:\n  staging: {percentage: 50, bucket_by: account_id}\n  production: {percentage: 0}\n",
            "staging",
            Becomes("{percentage: 0, bucket_by: account_id}"),
        )
        .says(&["anew"]),
        case(
            "the flag's own is had by writing none",
            "default_value: false\nbucket_by: account_id\nenvironments:\n  staging: {percentage: 50}\n  production: {percentage: 0, bucket_by: country}\n",
            "staging",
            Becomes("{percentage: 0}"),
        ),
        case(
            "or by null where another is inherited",
            "default_value: false\nenvironments:\n  staging: {percentage: 50}\n  production: {percentage: 0, bucket_by: country}\n  canary: {percentage: 0}\n",
            "staging",
            Becomes("{percentage: 0, bucket_by: null}"),
        )
        .to("canary"),
    ];
    cases.into_iter().for_each(Case::run);
}

//! A flag's record: equal where an environment resolves the same, and else not.

use ffctl::model::Catalog;
use ffctl::record::record;
use serde_json::{Value, json};

use crate::support::{Sandbox, catalog};

const ENVIRONMENTS: &str = "environments:\n  development: {}\n  staging: {parent: development, auto_sync: true}\n  production: {}\n";

fn load(flag: &str) -> Catalog {
    catalog(&[
        ("environments.yaml", ENVIRONMENTS),
        (
            "segments.yaml",
            "segments: {beta: {conditions: [{attribute: user_type, operator: equals, value: beta}]}}\n",
        ),
        (
            "attributes.yaml",
            "attributes:\n  user_type: {type: string}\n  tier: {type: string, computed: [{conditions: [{segment: beta}], value: gold}, {value: standard}]}\n",
        ),
        ("f.yaml", flag),
    ])
}

fn json_of(catalog: &Catalog, environment: &str) -> Value {
    let environment = catalog.environments.find(environment).expect("it exists");
    serde_json::to_value(record(catalog, &catalog.flags["f"], environment)).expect("JSON")
}

fn are_equal(one: &str, other: &str, environment: &str) -> bool {
    let (one, other) = (load(one), load(other));
    let of = |catalog: &Catalog| catalog.environments.find(environment).expect("it exists");
    let equal =
        record(&one, &one.flags["f"], of(&one)) == record(&other, &other.flags["f"], of(&other));
    assert_eq!(
        equal,
        json_of(&one, environment) == json_of(&other, environment)
    );
    equal
}

#[test]
fn other_writings_have_the_same_record() {
    let pairs = [
        (
            "a scalar and its map",
            "default_value: false\nenvironments: {staging: true}\n",
            "default_value: false\nenvironments: {staging: {enabled: true, default_value: true}}\n",
        ),
        (
            "inherited and restated",
            "default_value: false\nenvironments: {development: {percentage: 25}}\n",
            "default_value: false\nenvironments: {development: {percentage: 25}, staging: {percentage: 25}}\n",
        ),
        (
            "other order, and what is not part of it",
            "default_value: false\nowner: a\nenvironments: {staging: {percentage: 25, bucket_by: email}}\n",
            "environments: {staging: {bucket_by: email, percentage: 25.0}}\ndescription: d\ndefault_value: false\ntype: boolean\n",
        ),
        (
            "a segment and its conditions",
            "default_value: false\ntargeting_rules: [{name: r, conditions: [{segment: beta}]}]\nenvironments: {staging: {enabled: true}}\n",
            "default_value: false\ntargeting_rules: [{name: r, conditions: [{attribute: user_type, operator: equals, value: beta}]}]\nenvironments: {staging: {enabled: true}}\n",
        ),
        (
            "a standard split and its weights",
            "type: string\nvariants: [{key: a, value: A, weight: 1}, {key: b, value: B, weight: 3}]\ndefault_variant: a\nenvironments: {staging: {split: default}}\n",
            "type: string\nvariants: [{key: a, value: A, weight: 1}, {key: b, value: B, weight: 3}]\ndefault_variant: a\nenvironments: {staging: {split: {b: 3, a: 1}}}\n",
        ),
    ];
    for (what, one, other) in pairs {
        assert!(are_equal(one, other, "staging"), "{what}");
    }
}

#[test]
fn what_decides_now_or_later_is_part_of_it() {
    let base = "default_value: false\nenvironments: {staging: {enabled: false, percentage: 25}}\n";
    for other in [
        "default_value: false\nenvironments: {staging: {enabled: false, percentage: 26}}\n",
        "default_value: false\nenvironments: {staging: {percentage: 25}}\n",
        "default_value: false\nsalt: s\nenvironments: {staging: {enabled: false, percentage: 25}}\n",
        "default_value: false\nkillable: true\nenvironments: {staging: {enabled: false, percentage: 25}}\n",
        "default_value: false\nclient_side: true\nenvironments: {staging: {enabled: false, percentage: 25}}\n",
        "default_value: false\nlifecycle: {kind: release}\nenvironments: {staging: {enabled: false, percentage: 25}}\n",
        "default_value: false\noff_value: true\nenvironments: {staging: {enabled: false, percentage: 25}}\n",
        "default_value: false\nenvironments: {staging: {enabled: false, percentage: 25, schedule: [{at: 2020-01-01T00:00:00Z, set: {enabled: false}}]}}\n",
        "default_value: false\nkill_switch: {reason: r, at: 2026-01-01T00:00:00Z}\nenvironments: {staging: {enabled: false, percentage: 25}}\n",
        "default_value: false\narchived: {at: 2026-01-01T00:00:00Z, reason: r}\nenvironments: {staging: {enabled: false, percentage: 25}}\n",
    ] {
        assert!(!are_equal(base, other, "staging"), "{other}");
    }
}

#[test]
fn latent_rules_are_written_out() {
    let catalog = load(
        "default_value: false\ntargeting_rules:\n  - {name: r, conditions: [{attribute: tier, operator: equals, value: gold}], percentage: 12.5}\nenvironments: {staging: {enabled: false}}\n",
    );
    let beta = json!({"attribute": "user_type", "operator": "equals", "value": "beta"});
    assert_eq!(
        json_of(&catalog, "staging"),
        json!({
            "format": "ffctl.record/v1", "type": "boolean", "archived": false, "killable": false,
            "client_side": false, "killed": false, "bucketing": "flagd-v2", "salt": "f",
            "off": {"value": false},
            "computed": {"tier": [
                {"conditions": [beta], "value": "gold"}, {"conditions": [], "value": "standard"},
            ]},
            "phases": [{
                "enabled": false, "default": {"value": false},
                "rules": [{
                    "name": "r",
                    "conditions": [{"attribute": "tier", "operator": "equals", "value": "gold"}],
                    "serving": {"value": true, "share": 12_500},
                }],
            }],
        })
    );
}

#[test]
fn records_fit_the_published_schema() {
    let schema = Sandbox::empty().run(["schema", "record"]).exits(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let catalog = load(
        "type: string\nvariants: [{key: a, value: A, weight: 1}, {key: b, value: B, weight: 3}]\ndefault_variant: a\ndepends_on: [{repository: other, flag: x, required_value: true}]\nenvironments: {staging: {split: default, schedule: [{at: 2027-01-01T00:00:00Z, set: {variant: b, gradual: {start: 2027-01-01T00:00:00Z, increment: 10, every: 1d}}}]}}\n",
    );
    let document = json_of(&catalog, "staging");
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?} in {document:#}");
}

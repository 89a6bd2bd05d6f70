//! `archive`: what counts as settled, and what does not.

use ffctl::compile::compile;
use ffctl::evaluate::Engine;
use ffctl::model::FlagKey;
use ffctl::patch::{Patched, Refusal, Subject, archive};
use proptest::prelude::*;
use serde_json::Value;

use super::{Project, assert_refused, assert_tree, load, tree_of};
use crate::support::{ENVIRONMENTS, generate};

fn project(flag: &str) -> Project {
    Project::new(&[
        ("environments.yaml", ENVIRONMENTS),
        ("old.yaml", flag),
        (
            "base.yaml",
            "default_value: false\nenvironments: {development: true, production: true}\n",
        ),
        (
            "half.yaml",
            "default_value: false\nenvironments: {development: {percentage: 50}, production: true}\n",
        ),
    ])
}

fn archived(flag: &str) -> Result<Patched, Refusal> {
    archive(&project(flag).subject("old"), "shipped", &[])
}

#[test]
fn the_block_says_when_and_why() {
    let done = archived("default_value: false\nenvironments: {development: true, production: true}\nmetadata: {a: b}\n").unwrap();
    assert_tree(
        &done.root,
        "{default_value: false, environments: {development: true, production: true}, \
         archived: {at: \"2026-11-20T12:00:00Z\", reason: shipped}, metadata: {a: b}}",
    );
    assert!(done.notes[0].contains("the default of their code"));
    assert!(done.notes[0].contains("`true`"));
    project("default_value: false\nenvironments: {development: true, production: true}\n")
        .with("old.yaml", &done.root);
}

#[test]
fn one_value_for_everybody_is_settled() {
    let settled = [
        "default_value: false\nenvironments: {development: true, staging: true, production: true}\n",
        // Off everywhere, however that is written.
        "default_value: false\nenvironments: {development: false, production: {percentage: 0}}\n",
        "default_value: true\nenvironments: {development: {enabled: false, percentage: 50, default_value: false}, production: false}\n",
        // Killed: the off value.
        "default_value: false\nkill_switch: {reason: x, at: 2026-11-01T00:00:00Z}\nenvironments: {development: true, production: {percentage: 50}}\n",
        "type: number\ndefault_value: 45\nenvironments: {production: {value: 45, percentage: 100}}\n",
        // A ramp that has come to its end, and a step that has been.
        "default_value: false\nenvironments: {development: true, production: {gradual: {start: 2026-11-01T00:00:00Z, increment: 50, every: 1d}}}\n",
        "default_value: false\nenvironments: {development: true, production: {enabled: false, schedule: [{at: 2026-11-19T00:00:00Z, set: {enabled: true, percentage: 100}}]}}\n",
        // A rule that serves what all others get as well.
        "default_value: true\ntargeting_rules: [{name: us, conditions: [{attribute: country, operator: equals, value: US}], percentage: 10}]\nenvironments: {production: true}\n",
        // Nobody reaches what stands behind a rule for everybody.
        "default_value: false\ntargeting_rules: [{name: everybody, conditions: []}]\nenvironments: {development: {enabled: true}, production: {percentage: 50}}\n",
        // A dependency that always holds.
        "default_value: false\ndepends_on: [{flag: base, required_value: true}]\nenvironments: {development: true, production: true}\n",
        "default_value: false\ndepends_on: [{flag: base, required_variant: \"off\"}]\nenvironments: {development: {percentage: 50}, production: true}\n",
        "type: string\nvariants: [{key: a, value: x}, {key: b, value: y}]\ndefault_variant: a\noff_variant: a\nenvironments: {production: {split: {a: 1, b: 0}}}\n",
    ];
    for flag in settled {
        assert!(archived(flag).is_ok(), "{:?}\n{flag}", archived(flag));
    }
}

#[test]
fn anything_else_is_named_where_it_is_served() {
    let cases: [(&str, &[&str]); 9] = [
        (
            "default_value: false\nenvironments: {development: true, production: false}\n",
            &["development serves `true`", "production serves `false`"],
        ),
        (
            "default_value: false\nenvironments: {development: true, production: {percentage: 99.999}}\n",
            &["production serves `true` or `false`"],
        ),
        // The other environments serve the default: nothing is said of them.
        (
            "default_value: false\nenvironments: {production: true}\n",
            &["development serves `false`"],
        ),
        (
            "default_value: false\nenvironments: {development: true, production: {enabled: true, default_value: true, schedule: [{at: 2026-12-01T00:00:00Z, set: {enabled: false}}]}}\n",
            &["production serves `true` or `false`"],
        ),
        (
            "default_value: false\nenvironments: {development: true, production: {gradual: {start: 2026-11-18T00:00:00Z, increment: 10, every: 1d}}}\n",
            &["production serves `true` or `false`"],
        ),
        (
            "default_value: false\ntargeting_rules: [{name: us, conditions: [{attribute: country, operator: equals, value: US}]}]\nenvironments: {development: false, production: {enabled: true}}\n",
            &["production serves `true` or `false`"],
        ),
        (
            "default_value: false\ndepends_on: [{flag: half, required_value: true}]\nenvironments: {development: true, production: true}\n",
            &[
                "development serves `false` or `true`",
                "production serves `true`",
            ],
        ),
        (
            "default_value: false\nenvironments: {development: {default_value: true, kill_switch: {reason: x, at: 2026-11-01T00:00:00Z}}, production: true}\n",
            &["staging serves `false`", "production serves `true`"],
        ),
        (
            "type: string\nvariants: [{key: a, value: x, weight: 1}, {key: b, value: y, weight: 1}]\ndefault_variant: a\nenvironments: {production: {split: default}}\n",
            &["development serves `a`", "production serves `a` or `b`"],
        ),
    ];
    for (flag, words) in cases {
        assert_refused(archived(flag), false, words);
    }
}

#[test]
fn the_kept_value_is_the_settled_one() {
    let flag = |keep: &str, development: &str| {
        format!(
            "default_value: false\nlifecycle: {{completed: {{keep: {keep}}}}}\nenvironments: {{development: {development}, production: true}}\n"
        )
    };
    assert!(archived(&flag("true", "true")).is_ok());
    // One value, but another one than was decided.
    let other = archived(&flag("false", "true"));
    assert_refused(other, false, &["keep `false`", "production serves `true`"]);
    let Err(refusal) = archived(&flag("true", "{percentage: 50}")) else {
        panic!("half of development is not settled");
    };
    assert!(refusal.message.contains("development serves"));
    assert!(
        !refusal.message.contains("production"),
        "what has settled is not named: {}",
        refusal.message
    );
}

#[test]
fn dependants_keep_it() {
    let project = project("default_value: false\nenvironments: {}\n");
    let dependants = ["checkout", "till"].map(|key| FlagKey::new(key).unwrap());
    let one = archive(&project.subject("old"), "done", &dependants[..1]);
    assert_refused(one, false, &["`checkout` still depends on `old`"]);
    let two = archive(&project.subject("old"), "done", &dependants);
    assert_refused(two, false, &["`checkout` and `till` still depend on `old`"]);
}

#[test]
fn a_reason_is_given_and_nothing_is_archived_twice() {
    let project = project("default_value: false\nenvironments: {}\n");
    let silent = archive(&project.subject("old"), " ", &[]);
    assert_refused(silent, true, &["--reason"]);
    let done = archive(&project.subject("old"), "done", &[]).unwrap();
    let after = project.with("old.yaml", &done.root);
    let again = archive(&after.subject("old"), "done", &[]);
    assert_refused(again, false, &["is archived: done"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    /// What may be archived answers everybody alike from now on, wherever it is asked.
    #[test]
    fn settled_flags_answer_everybody_alike(
        generated in generate::catalog(),
        contexts in prop::collection::vec(generate::context(), 12),
        now in generate::time(),
        waits in prop::collection::vec(0_i64..20 * 86_400, 6),
    ) {
        let catalog = load(&generated.files).catalog;
        let root = tree_of("{default_value: false}");
        let settled: Vec<&str> = catalog.flags.values()
            .filter(|flag| archive(&Subject { catalog: &catalog, flag, root: &root, now }, "r", &[]).is_ok())
            .map(|flag| flag.key.as_str())
            .collect();
        let mut answers: Vec<Option<Value>> = vec![None; settled.len()];
        for (environment, _) in catalog.environments.iter() {
            let ruleset = compile(&catalog, environment, |_| true);
            let engine = Engine::new(&ruleset).unwrap();
            for context in &contexts {
                let context = engine.context(context.as_object().unwrap());
                for wait in &waits {
                    for (key, answer) in settled.iter().zip(&mut answers) {
                        let outcome = engine.evaluate(key, &context, now + wait);
                        let value = outcome.value.unwrap().clone();
                        let first = answer.get_or_insert_with(|| value.clone());
                        prop_assert_eq!(&*first, &value, "{} in {:?}", key, environment);
                    }
                }
            }
        }
    }
}

//! Properties of evaluation: the compiled engine against a naive reference, and what must hold of
//! buckets whatever the catalog.

use std::collections::BTreeMap;

use ffctl::compile::{compile, versioned};
use ffctl::evaluate::{Engine, Outcome, Tracer};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::generate::{self, Generated};
use crate::support::reference::{Reference, same_answer};
use crate::support::{Sandbox, sound};

fn answer(outcome: &Outcome<'_>) -> Value {
    json!({
        "value": outcome.value,
        "variant": outcome.variant,
        "reason": outcome.reason.as_str(),
        "rule": outcome.rule,
        "error": outcome.error.map(ffctl::evaluate::ErrorCode::as_str),
    })
}

fn object(context: &Value) -> Map<String, Value> {
    context.as_object().expect("a context is an object").clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(256), max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    /// The engine over the compiled ruleset, the engine over the exported JSON and the tracer
    /// answer as the reference does.
    #[test]
    fn the_engine_answers_as_the_reference(
        generated in generate::catalog(),
        contexts in prop::collection::vec(generate::context(), 1..6),
        times in prop::collection::vec(generate::time(), 1..4),
    ) {
        let catalog = sound(&generated);
        let reference = Reference::new(&generated.files, &generated.bucketing);
        for name in &generated.environments {
            let environment = catalog.environments.find(name).expect("the environment exists");
            let ruleset = compile(&catalog, environment, |_| true);
            let engine = Engine::new(&ruleset).expect("a compiled ruleset loads");
            let (_, exported) = versioned(&ruleset);
            let reloaded = Engine::from_json(&exported).expect("an exported ruleset loads");
            let tracer = Tracer::new(ruleset).expect("a compiled ruleset loads");
            for context in &contexts {
                let attributes = object(context);
                let ready = engine.context(&attributes);
                let again = reloaded.context(&attributes);
                for time in &times {
                    for flag in &generated.flags {
                        let expected = reference.evaluate(name, flag, context, *time);
                        let actual = answer(&engine.evaluate(flag, &ready, *time));
                        prop_assert!(same_answer(&expected, &actual),
                            "{flag} in {name} at {time} for {context}\nreference {expected}\nengine    {actual}");
                        let from_json = answer(&reloaded.evaluate(flag, &again, *time));
                        prop_assert_eq!(&actual, &from_json, "{} from JSON", flag);
                        let traced = answer(&tracer.evaluate(flag, &attributes, *time).0);
                        prop_assert_eq!(&actual, &traced, "{} traced", flag);
                    }
                    let mut all = BTreeMap::new();
                    engine.evaluate_all(&ready, *time, |key, outcome| { all.insert(key.to_owned(), answer(&outcome)); });
                    for (key, outcome) in all {
                        let single = answer(&engine.evaluate(&key, &ready, *time));
                        prop_assert_eq!(single, outcome, "{} among all", key);
                    }
                }
            }
        }
    }

    /// A growing percentage only ever adds subjects, and never moves one to another variant.
    #[test]
    fn growing_exposure_keeps_what_was_served(
        low in 0_u32..=100_000,
        more in 0_u32..=100_000,
        weights in (1_u32..1000, 1_u32..1000, 0_u32..1000),
        bucketing in prop::sample::select(vec!["flagd-v2", "flagd-v3"]),
        subjects in prop::collection::vec("\\PC{1,40}", 1..40),
    ) {
        let high = (low + more).min(100_000);
        let catalog = |share: u32| {
            let (a, b, c) = weights;
            let flag = format!(
                "type: string\nvariants:\n  - {{key: a, value: A}}\n  - {{key: b, value: B}}\n  - {{key: c, value: C}}\n  - {{key: none, value: N}}\n\
                 default_variant: none\nenvironments:\n  test:\n    enabled: true\n    percentage: {}.{:03}\n    split: {{a: {a}, b: {b}, c: {c}}}\n",
                share / 1000, share % 1000,
            );
            let files = BTreeMap::from([
                ("environments.yaml".to_owned(), "environments: {test: {}}\n".to_owned()),
                ("split_test.yaml".to_owned(), flag),
            ]);
            sound(&Generated { files, environments: vec![], flags: vec![], bucketing: bucketing.to_owned() })
        };
        let (before, after) = (catalog(low), catalog(high));
        let environment = before.environments.find("test").expect("the environment exists");
        let engines = [&before, &after].map(|catalog| Engine::new(&compile(catalog, environment, |_| true)).expect("loads"));
        for subject in subjects {
            let attributes = object(&json!({"targetingKey": subject}));
            let [was, is] = engines.each_ref().map(|engine| {
                let context = engine.context(&attributes);
                engine.evaluate("split_test", &context, 0).variant.map(str::to_owned)
            });
            if was.as_deref() != Some("none") {
                prop_assert_eq!(was, is, "{}", subject);
            }
        }
    }
}

/// How many cases a property runs: more where the environment asks for it.
pub(crate) fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

/// A share over 100,000 subjects lies within five standard deviations of a binomial.
#[test]
fn shares_are_as_large_as_they_say() {
    for bucketing in ["flagd-v2", "flagd-v3"] {
        for share in [0.1_f64, 1.0, 10.0, 25.0, 50.0, 99.0] {
            let files = BTreeMap::from([
                (
                    "environments.yaml".to_owned(),
                    "environments: {test: {}}\n".to_owned(),
                ),
                (
                    "share.yaml".to_owned(),
                    format!(
                        "default_value: false\nenvironments: {{test: {{enabled: true, percentage: {share}}}}}\n"
                    ),
                ),
            ]);
            let catalog = sound(&Generated {
                files,
                environments: vec![],
                flags: vec![],
                bucketing: bucketing.to_owned(),
            });
            let environment = catalog
                .environments
                .find("test")
                .expect("the environment exists");
            let engine = Engine::new(&compile(&catalog, environment, |_| true)).expect("loads");
            let subjects = 100_000;
            let included = (0..subjects)
                .filter(|subject| {
                    let context = engine
                        .context(&object(&json!({"targetingKey": format!("user-{subject}")})));
                    engine.evaluate("share", &context, 0).value == Some(&Value::Bool(true))
                })
                .count();
            let p = share / 100.0;
            let n = f64::from(subjects);
            let bound = 5.0 * (n * p * (1.0 - p)).sqrt();
            let off = (included as f64 - n * p).abs();
            assert!(
                off <= bound,
                "{bucketing} {share}%: {included} of {subjects}, bound {bound}"
            );
        }
    }
}

/// No clock, path or folder enters an exported document.
#[test]
fn two_exports_are_equal_bytes() {
    let flag = "default_value: false\nenvironments: {test: {percentage: 12.5}}\n";
    let environments = "environments: {test: {}}\n";
    let export = |folder: &str| {
        let files = BTreeMap::from([
            ("environments.yaml".to_owned(), environments.to_owned()),
            (format!("{folder}/x.yaml"), flag.to_owned()),
        ]);
        let catalog = sound(&Generated {
            files,
            environments: vec![],
            flags: vec![],
            bucketing: "flagd-v2".to_owned(),
        });
        let environment = catalog
            .environments
            .find("test")
            .expect("the environment exists");
        versioned(&compile(&catalog, environment, |_| true))
    };
    assert_eq!(export("here"), export("there/and/deeper"));
}

/// The published schema describes every step of a trace, and traces fit it.
#[test]
fn traces_fit_the_published_schema() {
    let sandbox = Sandbox::example();
    let schema = sandbox.run(["schema", "evaluate-output"]).exits(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document = sandbox
        .run([
            "evaluate",
            "--all",
            "--env",
            "production",
            "--trace",
            "--json",
        ])
        .json();
    assert!(document["flags"][0]["trace"]["rules"].is_array());
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let mut other = document;
    other["flags"][0]["trace"]["rules"] = json!("none");
    assert!(!validator.is_valid(&other));
}

//! The evaluator on the workload that flag engines are compared by: a boolean by name, in a set of
//! 1,004 flags, contexts built before, 1,024 of them in rotation.
//!
//! - `static`: a flag that is on;
//! - `rules`: four rules of two conditions, all eight are tested, the last rule matches;
//! - `split`: 50/50 by a 36-character id;
//! - `table`: a hundred rules of one equality, none matches;
//! - `all`: every flag of a mixed set of 1,000, for one context;
//! - `load`: a JSON ruleset of 10,000 mixed flags to a ready engine.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the documents are built by nesting calls"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use ffctl::evaluate::{Context, Engine};
use serde_json::{Map, Value, json};

const CONTEXTS: usize = 1024;
const NOW: i64 = 1_800_000_000;

fn contexts() -> Vec<Map<String, Value>> {
    let mut s: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut next = || {
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        s
    };
    (0..CONTEXTS)
        .map(|_| {
            let (a, b) = (next(), next());
            let user = format!(
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                a >> 32,
                (a >> 16) & 0xffff,
                a & 0xfff,
                b >> 52,
                b & 0xffff_ffff_ffff
            );
            let context = json!({
                "targetingKey": user, "country": "se", "email": "user@example.com",
                "plan": "enterprise", "version": "3.4.1", "seats": 42.0,
            });
            context.as_object().cloned().unwrap_or_default()
        })
        .collect()
}

fn list20(prefix: &str, last: Option<&str>) -> Value {
    let count = if last.is_some() { 19 } else { 20 };
    let mut list: Vec<String> = (0..count).map(|i| format!("{prefix}{i:02}")).collect();
    list.extend(last.map(String::from));
    json!(list)
}

fn test(attribute: &str, operator: &str, value: Value) -> Value {
    json!({"attribute": attribute, "operator": operator, "value": value})
}

fn rule(number: usize, conditions: Vec<Value>) -> Value {
    json!({"name": format!("rule-{number}"), "conditions": conditions, "serving": {"outcome": 1}})
}

fn flag(phase: Value) -> Value {
    json!({
        "type": "boolean", "bucketing": "flagd-v2", "off": 0,
        "outcomes": [{"variant": "off", "value": false}, {"variant": "on", "value": true}],
        "phases": [phase],
    })
}

fn fixed() -> Value {
    flag(json!({"enabled": true, "default": 1}))
}

fn rules(rules: Vec<Vec<Value>>) -> Value {
    let rules: Vec<Value> = rules
        .into_iter()
        .enumerate()
        .map(|(number, conditions)| rule(number, conditions))
        .collect();
    flag(json!({"enabled": true, "default": 0, "rules": rules}))
}

fn w2() -> Value {
    rules(vec![
        vec![
            test("country", "equals", json!("se")),
            test("plan", "in", list20("plan-", None)),
        ],
        vec![
            test("email", "equals", json!("user@example.com")),
            test("seats", "greater_than", json!(100)),
        ],
        vec![
            test("plan", "equals", json!("enterprise")),
            test("version", "semver_greater_than_or_equal", json!("9.0.0")),
        ],
        vec![
            test("country", "in", list20("x", Some("se"))),
            test("version", "semver_greater_than_or_equal", json!("2.0.0")),
        ],
    ])
}

fn w4() -> Value {
    rules(
        (0..100)
            .map(|i| vec![test("plan", "equals", json!(format!("plan-{i:03}")))])
            .collect(),
    )
}

fn split(key: &str) -> Value {
    flag(json!({
        "enabled": true, "default": 0,
        "serving": {"outcome": 1, "exposure": {"salt": key, "ranges": [[0, 50_000]]}},
    }))
}

fn mixed(count: usize) -> Map<String, Value> {
    (0..count)
        .map(|i| {
            let key = format!("team-{:02}.feature-{i:05}", i % 37);
            let flag = match i % 4 {
                0 => fixed(),
                1 => w2(),
                2 => split(&key),
                _ => rules(vec![vec![
                    test("country", "in", list20("y", Some("se"))),
                    test("seats", "greater_than", json!(18)),
                ]]),
            };
            (key, flag)
        })
        .collect()
}

fn micro() -> Map<String, Value> {
    let mut flags = mixed(1000);
    flags.insert("w1".into(), fixed());
    flags.insert("w2".into(), w2());
    flags.insert("w3".into(), split("w3"));
    flags.insert("w4".into(), w4());
    flags
}

fn document(flags: Map<String, Value>) -> String {
    json!({
        "format": "ffctl.ruleset/v1", "version": "sha256:0", "project": "web", "environment": "production",
        "flags": flags,
    })
    .to_string()
}

fn load_engine(flags: Map<String, Value>) -> Engine {
    Engine::from_json(document(flags).as_bytes()).expect("the document is sound")
}

fn is_on(engine: &Engine, key: &str, context: &Context) -> bool {
    matches!(
        engine.evaluate(key, context, NOW).value,
        Some(Value::Bool(true))
    )
}

/// What is measured must be what is meant.
fn check(engine: &Engine, contexts: &[Context]) {
    let on = |key| {
        contexts
            .iter()
            .filter(|context| is_on(engine, key, context))
            .count()
    };
    assert_eq!(on("w1"), CONTEXTS);
    assert_eq!(on("w2"), CONTEXTS);
    assert_eq!(on("w4"), 0);
    assert!((420..=604).contains(&on("w3")), "{}", on("w3"));
}

fn single(criterion: &mut Criterion) {
    let engine = load_engine(micro());
    let maps = contexts();
    let contexts: Vec<Context> = maps.iter().map(|map| engine.context(map)).collect();
    check(&engine, &contexts);
    let mut group = criterion.benchmark_group("evaluate");
    for (name, key) in [
        ("static", "w1"),
        ("rules", "w2"),
        ("split", "w3"),
        ("table", "w4"),
    ] {
        let mut at = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                at = (at + 1) % CONTEXTS;
                contexts
                    .get(at)
                    .is_some_and(|context| is_on(&engine, black_box(key), context))
            });
        });
    }
    let mut at = 0;
    group.bench_function("context of 6 attributes", |bencher| {
        bencher.iter(|| {
            at = (at + 1) % CONTEXTS;
            maps.get(at).map(|map| engine.context(black_box(map)))
        });
    });
    group.finish();
}

fn bulk(criterion: &mut Criterion) {
    let engine = load_engine(mixed(1000));
    let contexts: Vec<Context> = contexts().iter().map(|map| engine.context(map)).collect();
    let mut at = 0;
    criterion.bench_function("all of 1,000", |bencher| {
        bencher.iter(|| {
            at = (at + 1) % CONTEXTS;
            let mut on = 0_u32;
            if let Some(context) = contexts.get(at) {
                engine.evaluate_all(context, NOW, |_, outcome| {
                    on += u32::from(matches!(outcome.value, Some(Value::Bool(true))));
                });
            }
            on
        });
    });
}

fn load(criterion: &mut Criterion) {
    let json = document(mixed(10_000));
    let mut group = criterion.benchmark_group("load");
    group.sample_size(20);
    group.bench_function("10,000 flags", |bencher| {
        bencher.iter(|| Engine::from_json(black_box(json.as_bytes())).map(|engine| engine.len()));
    });
    group.finish();
}

criterion_group!(benches, single, bulk, load);
criterion_main!(benches);

//! Tests of the engine as a whole: rulesets in, outcomes out. Expected values follow from the
//! flag model (MODEL.md, sections 3, 5 and 6).
//!
//! Every evaluation here is also explained, and both must agree.

#![expect(
    clippy::needless_pass_by_value,
    reason = "literals of JSON read best as arguments"
)]

mod buckets;
mod conditions;
mod dependencies;
mod load;
mod operators;
mod oracle;
mod properties;
mod reasons;
mod segments;
mod trace;

use serde_json::{Map, Value, json};

use super::*;

/// A ruleset around flags.
fn document(flags: &Value) -> Value {
    json!({
        "format": "ffctl.ruleset/v1", "version": "sha256:0", "project": "web", "environment": "production",
        "flags": flags,
    })
}

/// A ruleset with one flag, `f`.
fn single(flag: &Value) -> Value {
    document(&json!({ "f": flag }))
}

/// A boolean flag of one enabled phase, off by default; `phase` adds to it.
fn boolean(phase: Value) -> Value {
    let mut whole = json!({"enabled": true, "default": 0});
    merge(&mut whole, phase);
    json!({
        "type": "boolean", "bucketing": "flagd-v2", "off": 0,
        "outcomes": [{"variant": "off", "value": false}, {"variant": "on", "value": true}],
        "phases": [whole],
    })
}

/// Adds members to an object.
fn merge(object: &mut Value, members: Value) {
    let (Value::Object(object), Value::Object(members)) = (object, members) else {
        panic!("objects")
    };
    object.extend(members);
}

/// The same object with more members.
fn with(mut object: Value, members: Value) -> Value {
    merge(&mut object, members);
    object
}

/// A rule that serves `on`.
fn rule(name: &str, conditions: Value) -> Value {
    json!({"name": name, "conditions": conditions, "serving": {"outcome": 1}})
}

fn test(attribute: &str, operator: &str, value: Value) -> Value {
    json!({"attribute": attribute, "operator": operator, "value": value})
}

fn engine(document: &Value) -> Engine {
    Engine::from_json(document.to_string().as_bytes()).unwrap()
}

fn map(attributes: &Value) -> &Map<String, Value> {
    attributes.as_object().unwrap()
}

/// What an evaluation answers, owned.
#[derive(Debug, Clone, PartialEq)]
struct Answer {
    value: Value,
    variant: String,
    reason: &'static str,
    rule: Option<String>,
    error: Option<&'static str>,
}

impl From<Outcome<'_>> for Answer {
    fn from(outcome: Outcome<'_>) -> Self {
        Self {
            value: outcome.value.cloned().unwrap_or_default(),
            variant: outcome.variant.unwrap_or_default().to_owned(),
            reason: outcome.reason.as_str(),
            rule: outcome.rule.map(str::to_owned),
            error: outcome.error.map(ErrorCode::as_str),
        }
    }
}

/// Evaluates in every way there is, and returns what they agree on.
fn evaluate(document: &Value, key: &str, attributes: &Value, time: i64) -> Answer {
    let text = document.to_string();
    let engine = Engine::from_json(text.as_bytes()).unwrap();
    let tracer = Tracer::new(serde_json::from_str(&text).unwrap()).unwrap();
    let context = engine.context(map(attributes));
    let answer = Answer::from(engine.evaluate(key, &context, time));
    let (explained, trace) = tracer.evaluate(key, map(attributes), time);
    assert_eq!(Answer::from(explained), answer, "the trace: {trace:#?}");
    engine.evaluate_all(&context, time, |other, outcome| {
        if other == key {
            assert_eq!(Answer::from(outcome), answer, "all flags at once");
        }
    });
    answer
}

/// Variant, reason and rule of flag `f`.
fn brief(
    document: &Value,
    attributes: &Value,
    time: i64,
) -> (String, &'static str, Option<String>) {
    let answer = evaluate(document, "f", attributes, time);
    (answer.variant, answer.reason, answer.rule)
}

#[test]
fn engine_describes_itself() {
    let engine = engine(&document(
        &json!({"a": boolean(json!({})), "b": boolean(json!({}))}),
    ));
    assert_eq!(
        (engine.project(), engine.environment(), engine.version()),
        ("web", "production", "sha256:0")
    );
    assert_eq!((engine.len(), engine.is_empty()), (2, false));
    assert_eq!(engine.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert!(engine.flag("a").is_some() && engine.flag("A").is_none() && engine.flag("").is_none());
    assert!(format!("{engine:?}").contains("production"));
}

#[test]
fn unknown_flags_are_not_found() {
    let answer = evaluate(&single(&boolean(json!({}))), "g", &json!({}), 0);
    assert_eq!(
        answer,
        Answer {
            value: json!(null),
            variant: String::new(),
            reason: "ERROR",
            rule: None,
            error: Some("FLAG_NOT_FOUND")
        }
    );
    let engine = engine(&single(&boolean(json!({}))));
    let outcome = engine.evaluate_id(FlagId(7), &engine.context(&Map::new()), 0);
    assert_eq!(
        (outcome.value, outcome.variant, outcome.error),
        (None, None, Some(ErrorCode::FlagNotFound))
    );
}

#[test]
fn engines_and_contexts_are_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Engine>();
    is_shared::<Context>();
    is_shared::<Tracer<'_>>();
    is_shared::<LoadError>();
}

#[test]
fn contexts_and_flags_of_another_engine_do_no_harm() {
    let rules = json!([
        rule("r", json!([test("a", "equals", json!("x")), test("b", "in", json!(["x", "y"])), test("c", "contains", json!("x"))])),
        {"name": "s", "conditions": [], "serving": {"outcome": 1, "exposure": {"salt": "f", "ranges": [[0, 50_000]]}}},
    ]);
    let large = engine(&single(&boolean(json!({"rules": rules}))));
    let small = engine(&single(&boolean(json!({}))));
    let foreign = small.context(map(&json!({"a": "x", "targetingKey": "u"})));
    assert_eq!(
        large.evaluate("f", &foreign, 0).error,
        Some(ErrorCode::TargetingKeyMissing)
    );
    assert_eq!(
        small.evaluate("f", &large.context(&Map::new()), 0).reason,
        Reason::Static
    );
}

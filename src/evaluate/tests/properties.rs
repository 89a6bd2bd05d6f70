//! Random rulesets and contexts: the engine, its trace, all flags at once and the oracle agree.
//!
//! The trace takes the rules one by one where the engine takes tables, so agreement also shows
//! that both forms are the same.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::Answer;
use super::oracle::Oracle;
use crate::evaluate::{Engine, RuleStatus, State, Trace, Tracer};
use crate::ruleset::{Operator, Ruleset};

/// A source of choices, by a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        &from[self.roll(from.len())]
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn list(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> Value) -> Value {
        let count = self.roll(most + 1);
        (0..count).map(|_| make(self)).collect()
    }

    fn scalar(&mut self) -> Value {
        let texts = [
            "",
            "a",
            "ab",
            "b",
            "1",
            "1.2",
            "v1.2.0",
            "2-rc.1",
            "2",
            "2026-01-01",
            "2026-01-01T00:00:00.5Z",
            "true",
        ];
        match self.roll(8) {
            0 => json!(self.one_in(2)),
            1 | 2 => self
                .pick(&[
                    json!(0),
                    json!(-0.0),
                    json!(1),
                    json!(1.0),
                    json!(2),
                    json!(0.5),
                    json!(-3),
                    json!(1e300),
                ])
                .clone(),
            _ => json!(self.pick(&texts)),
        }
    }

    fn value(&mut self) -> Value {
        match self.roll(12) {
            0 => Value::Null,
            1 | 2 => self.list(4, Self::scalar),
            3 => json!({"x": self.scalar(), "y": {"z": self.scalar()}}),
            _ => self.scalar(),
        }
    }

    fn text_operand(&mut self) -> Value {
        let text = |dice: &mut Self| json!(dice.pick(&["", "a", "b", "1", ".2", "rc", "2026"]));
        if self.one_in(2) {
            text(self)
        } else {
            self.list(3, text)
        }
    }

    fn operand(&mut self, operator: Operator) -> Option<Value> {
        let name = operator.name().trim_start_matches("not_");
        Some(match name {
            "exists" => return None,
            "equals" => self.scalar(),
            "in" => self.list(6, Self::scalar),
            "contains" | "starts_with" | "ends_with" => self.text_operand(),
            "matches" => json!(self.pick(&["", "a", "^a$", "[0-9]", r"\.", "(?i)A|x"])),
            "before" | "after" => json!(self.pick(&[
                "2026-01-01",
                "2026-01-01T00:00:00.5Z",
                "2026-01-01T01:00:01+01:00",
                "1970-01-01",
                "2030-01-01"
            ])),
            name if name.starts_with("semver") => {
                json!(self.pick(&["1", "1.2", "v1.2.0", "2-rc.1", "2.0.0+x", "0.0.1"]))
            }
            _ => self
                .pick(&[json!(0), json!(1), json!(2), json!(0.5), json!(-3)])
                .clone(),
        })
    }

    fn test(&mut self, attributes: &[&str]) -> Value {
        let attribute = self.pick(attributes);
        let operator = *if self.one_in(2) {
            self.pick(&[Operator::Equals, Operator::In])
        } else {
            self.pick(&Operator::ALL)
        };
        let mut test = json!({"attribute": attribute, "operator": operator.name()});
        if let Some(operand) = self.operand(operator) {
            test["value"] = operand;
        }
        test
    }

    fn condition(&mut self, depth: usize, attributes: &[&str], segments: usize) -> Value {
        match self.roll(if depth == 0 { 6 } else { 10 }) {
            6 => json!({"any": self.conditions(depth - 1, attributes, segments)}),
            7 => json!({"all": self.conditions(depth - 1, attributes, segments)}),
            8 => json!({"not": self.condition(depth - 1, attributes, segments)}),
            5 | 9 if segments > 0 => json!({"segment": format!("s{}", self.roll(segments))}),
            _ => self.test(attributes),
        }
    }

    fn conditions(&mut self, depth: usize, attributes: &[&str], segments: usize) -> Value {
        let most = if self.one_in(6) { 12 } else { 3 };
        self.list(most, |dice| dice.condition(depth, attributes, segments))
    }

    fn ends(&mut self) -> Vec<u32> {
        let mut ends: Vec<u32> = (0..self.roll(4))
            .map(|_| *self.pick(&[0, 1, 25_000, 50_000, 50_000, 75_000, 99_999, 100_000]))
            .collect();
        ends.sort_unstable();
        ends
    }

    fn bucketed(&mut self, member: Value) -> Value {
        let mut bucketed = member;
        bucketed["salt"] =
            json!(self.pick(&["", "f", "salt", "a-long-salt-of-more-than-24-bytes"]));
        if self.one_in(3) {
            bucketed["attribute"] =
                json!(self.pick(&["targetingKey", "user_id", "a", "b.x", "c0", "c1", "now"]));
        }
        bucketed
    }

    fn serving(&mut self) -> Value {
        let mut serving = json!({});
        if self.one_in(2) {
            let exposure = if self.one_in(3) {
                let shares: Vec<u32> = (0..3)
                    .map(|_| *self.pick(&[0, 10_000, 50_000, 100_000]))
                    .collect();
                json!({"gradual": {"start": 1_767_225_600, "from": shares[0], "increment": shares[1], "every": 2, "until": shares[2]}})
            } else {
                let ends = self.ends();
                json!({"ranges": ends.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect::<Vec<_>>()})
            };
            serving["exposure"] = self.bucketed(exposure);
        }
        if self.one_in(3) {
            let mut ends = self.ends();
            ends.push(100_000);
            let mut from = 0;
            let ranges: Vec<Value> = ends
                .iter()
                .map(|to| json!([std::mem::replace(&mut from, *to), to, self.roll(3)]))
                .collect();
            serving["split"] = self.bucketed(json!({ "ranges": ranges }));
        } else {
            serving["outcome"] = json!(self.roll(3));
        }
        serving
    }

    fn rules(&mut self) -> Value {
        let mut rules = Vec::new();
        for block in 0..self.roll(4) {
            // Sometimes a run that becomes a table.
            let run = if self.one_in(2) {
                Some(*self.pick(&["a", "b.x", "c0", "c1", "user_id"]))
            } else {
                None
            };
            for number in 0..self.roll(8) {
                let conditions = match run {
                    Some(attribute) if self.one_in(2) => {
                        json!([{"attribute": attribute, "operator": "equals", "value": self.scalar()}])
                    }
                    Some(attribute) => {
                        json!([{"attribute": attribute, "operator": "in", "value": self.list(5, Self::scalar)}])
                    }
                    None => self.conditions(2, &ATTRIBUTES, SEGMENTS),
                };
                rules.push(json!({"name": format!("r{block}-{number}"), "conditions": conditions, "serving": self.serving()}));
            }
        }
        json!(rules)
    }

    fn flag(&mut self, number: usize) -> Value {
        let outcomes = json!([{"variant": "x", "value": "a"}, {"variant": "y", "value": 1}, {"variant": "z", "value": {"k": [1]}}]);
        let phases: Vec<Value> = (0..=self.roll(3) / 2)
            .map(|phase| {
                let mut whole = json!({"enabled": !self.one_in(8), "default": self.roll(3), "rules": self.rules()});
                if phase > 0 {
                    whole["from"] = json!(1_767_225_600);
                }
                if self.one_in(2) {
                    whole["serving"] = self.serving();
                }
                if self.one_in(3) {
                    whole["rules"] = json!([]);
                }
                whole
            })
            .collect();
        let depends_on = if self.one_in(2) {
            json!([])
        } else {
            self.list(3, |dice| dice.dependency(number))
        };
        json!({
            "type": "json", "bucketing": self.pick(&["flagd-v2", "flagd-v3"]), "killed": self.one_in(12),
            "outcomes": outcomes, "off": self.roll(3), "phases": phases, "depends_on": depends_on,
        })
    }

    /// On an earlier flag, or on none.
    fn dependency(&mut self, number: usize) -> Value {
        let mut dependency = json!({"flag": if number == 0 || self.one_in(8) { "none".to_owned() } else { format!("f{}", self.roll(number)) }});
        if self.one_in(2) {
            dependency["values"] = self
                .pick(&[json!(["a"]), json!([1.0]), json!(["a", 1]), json!([true])])
                .clone();
        } else {
            dependency["variants"] = self
                .pick(&[json!(["x"]), json!(["y", "z"]), json!([])])
                .clone();
        }
        dependency
    }

    fn ruleset(&mut self) -> Value {
        let segments: Map<String, Value> = (0..SEGMENTS)
            .map(|number| {
                let attributes: &[&str] = if number < PLAIN_SEGMENTS {
                    &PLAIN
                } else {
                    &ATTRIBUTES
                };
                (format!("s{number}"), self.conditions(3, attributes, number))
            })
            .collect();
        let computed: Map<String, Value> = (0..2)
            .map(|number| {
                let entries = self.list(4, |dice| {
                    json!({"conditions": dice.conditions(1, &PLAIN, PLAIN_SEGMENTS), "value": dice.scalar()})
                });
                (format!("c{number}"), entries)
            })
            .collect();
        let flags: Map<String, Value> = (0..6)
            .map(|number| (format!("f{number}"), self.flag(number)))
            .collect();
        json!({
            "format": "ffctl.ruleset/v1", "version": "v", "project": "p", "environment": "e",
            "computed": computed, "segments": segments, "flags": flags,
        })
    }

    fn attributes(&mut self) -> Value {
        let mut attributes = Map::new();
        for name in ["targetingKey", "user_id", "a", "b", "c0", "now"] {
            if !self.one_in(4) {
                attributes.insert(name.to_owned(), self.value());
            }
        }
        attributes.into()
    }
}

const SEGMENTS: usize = 6;
const PLAIN_SEGMENTS: usize = 3;
const PLAIN: [&str; 6] = ["a", "a", "b.x", "b.y.z", "user_id", "now"];
const ATTRIBUTES: [&str; 9] = [
    "a", "a", "b.x", "b.y.z", "user_id", "now", "c0", "c1", "c0.x",
];

/// Checks every flag of a ruleset for some contexts at some times.
fn check(document: &Value, contexts: &[Value], times: &[i64]) -> Result<(), TestCaseError> {
    let text = document.to_string();
    let ruleset: Ruleset<'_> = serde_json::from_str(&text).unwrap();
    let engine = Engine::from_json(text.as_bytes()).unwrap();
    let tracer = Tracer::new(ruleset.clone()).unwrap();
    for attributes in contexts.iter().filter_map(Value::as_object) {
        let context = engine.context(attributes);
        for time in times.iter().copied() {
            let oracle = Oracle {
                ruleset: &ruleset,
                attributes,
                time,
            };
            let mut all = Vec::new();
            engine.evaluate_all(&context, time, |key, outcome| {
                all.push((key, Answer::from(outcome)));
            });
            prop_assert_eq!(all.len(), engine.len());
            for (key, at_once) in all {
                let expected = oracle.evaluate(key);
                let alone = Answer::from(engine.evaluate(key, &context, time));
                prop_assert_eq!(
                    &alone,
                    &expected,
                    "{} at {} for {:?}",
                    key,
                    time,
                    attributes
                );
                prop_assert_eq!(&at_once, &expected, "{} with all", key);
                let (explained, trace) = tracer.evaluate(key, attributes, time);
                prop_assert_eq!(&Answer::from(explained), &expected, "{} traced", key);
                agrees(&trace, &expected)?;
            }
        }
    }
    Ok(())
}

/// What a trace says must be what was served.
fn agrees(trace: &Trace, answer: &Answer) -> Result<(), TestCaseError> {
    prop_assert_eq!(trace.state == State::Enabled, answer.reason != "DISABLED");
    let failed = trace
        .dependencies
        .iter()
        .any(|dependency| dependency.satisfied == Some(false));
    prop_assert_eq!(failed, answer.reason == "PREREQUISITE_FAILED");
    let decided = trace
        .rules
        .iter()
        .find(|rule| matches!(rule.status, RuleStatus::Decided | RuleStatus::Outside));
    prop_assert_eq!(decided.map(|rule| &rule.name), answer.rule.as_ref());
    let serving = decided
        .and_then(|rule| rule.serving.as_ref())
        .or(trace.serving.as_ref());
    let Some(serving) = serving else {
        return Ok(());
    };
    let included = serving
        .exposure
        .as_ref()
        .map_or(Some(true), |exposure| exposure.included);
    let expected = match (included, &serving.split) {
        (Some(true), Some(split)) if answer.error.is_none() => {
            let position = split.bucket.position;
            let mut ranges = split.ranges.iter().filter(|(from, to, _)| from < to);
            let chosen = ranges.find(|(from, to, _)| {
                position.is_none_or(|position| (*from..*to).contains(&position))
            });
            chosen.map(|(.., variant)| variant)
        }
        (Some(true), None) => serving.variant.as_ref(),
        _ => trace.default.as_ref().map(|default| &default.variant),
    };
    prop_assert_eq!(expected, Some(&answer.variant));
    Ok(())
}

proptest! {
    #[test]
    fn engine_trace_and_oracle_agree(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let document = dice.ruleset();
        let contexts: Vec<Value> = (0..6).map(|_| dice.attributes()).collect();
        let times = [1_767_225_599, 1_767_225_600, 1_767_225_601, 1_767_225_603];
        check(&document, &contexts, &times)?;
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(Engine::from_json(&bytes).is_err());
    }

    /// A document with one byte changed loads or is refused; what loads evaluates.
    #[test]
    fn altered_documents_never_panic(seed in any::<u64>(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut dice = Dice(seed);
        let mut bytes = dice.ruleset().to_string().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(engine) = Engine::from_json(&bytes) {
            let attributes = dice.attributes();
            let context = engine.context(attributes.as_object().unwrap());
            engine.evaluate_all(&context, 0, |_, outcome| assert!(outcome.variant.is_some()));
        }
    }
}

//! The affected part of a record on both sides, as JSON.

use serde_json::{Map, Value, json};

use crate::record::{Record, Rule, Serving};
use crate::ruleset::Text;

use super::phrase;
use super::view::View;
use super::{Change, ChangeKind};

/// The affected parts of both sides, as JSON.
#[derive(Default)]
pub(super) struct Sides {
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl Sides {
    pub(super) fn put(&mut self, name: &str, before: Value, after: Value) {
        self.before.insert(name.to_owned(), before);
        self.after.insert(name.to_owned(), after);
    }

    pub(super) fn add(
        &mut self,
        kind: ChangeKind,
        rules: Option<(&Rule<'_>, &Rule<'_>)>,
        before: View<'_>,
        after: View<'_>,
    ) {
        let part = |serving: Option<&Serving<'_>>, bucket_by| {
            serving.map_or(Value::Null, |serving| affected(kind, serving, bucket_by))
        };
        let slots = match rules {
            Some((was, is)) => [was, is].map(|rule| (Some(&rule.serving), rule.bucket_by.as_ref())),
            None => [before, after]
                .map(|view| (view.phase.serving.as_ref(), view.phase.bucket_by.as_ref())),
        };
        let mut parts = slots.map(|(serving, bucket_by)| part(serving, bucket_by));
        // A value that everybody gets anyway is no share, whatever the share that is written.
        if matches!(&parts, [was, is] if was == is) {
            parts = slots.map(|(serving, _)| json(&serving));
        }
        let [was, is] = parts;
        match rules {
            None => self.put("serving", was, is),
            Some((_, rule)) => {
                for (side, part) in [(&mut self.before, was), (&mut self.after, is)] {
                    let rules = side.entry("rules").or_insert_with(|| json!({}));
                    if let Some(rules) = rules.as_object_mut() {
                        rules.insert(phrase::name(rule).to_owned(), part);
                    }
                }
            }
        }
        self.defaults(kind, before, after);
    }

    fn defaults(&mut self, kind: ChangeKind, before: View<'_>, after: View<'_>) {
        if kind != ChangeKind::Reshuffle && before.phase.default != after.phase.default {
            self.put(
                "default",
                json(&before.phase.default),
                json(&after.phase.default),
            );
        }
    }

    /// Adds what all audiences share: what is hashed, and the values behind the variants.
    pub(super) fn shared(&mut self, kind: ChangeKind, before: &Record<'_>, after: &Record<'_>) {
        if kind != ChangeKind::Exposure && before.variants != after.variants {
            self.put("variants", json(&before.variants), json(&after.variants));
        }
        if kind == ChangeKind::Reshuffle && before.salt != after.salt {
            self.put("salt", json(&before.salt), json(&after.salt));
        }
        if kind == ChangeKind::Reshuffle && before.bucketing != after.bucketing {
            self.put("bucketing", json(&before.bucketing), json(&after.bucketing));
        }
        if kind == ChangeKind::Reshuffle && before.computed != after.computed {
            self.put("computed", json(&before.computed), json(&after.computed));
        }
    }

    pub(super) fn change(self, kind: ChangeKind, effect: String) -> Change {
        Change {
            kind,
            before: Value::Object(self.before).into(),
            after: Value::Object(self.after).into(),
            effect,
        }
    }
}

/// Returns the part of what is served that a kind of change is about.
fn affected(kind: ChangeKind, serving: &Serving<'_>, bucket_by: Option<&Text<'_>>) -> Value {
    let mut part = json(serving);
    if let Some(members) = part.as_object_mut() {
        members.retain(|name, _| match kind {
            ChangeKind::Exposure => name == "share" || name == "gradual",
            ChangeKind::Serving => name != "share" && name != "gradual",
            _ => name == "split",
        });
        if kind == ChangeKind::Reshuffle {
            members.insert("bucket_by".to_owned(), json(&bucket_by));
        }
    }
    part
}

/// Returns a part of a record as JSON.
pub(super) fn json(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).expect("a record is JSON")
}

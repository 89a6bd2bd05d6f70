//! What `enable` means.

use ffctl::model::EnvironmentId;
use ffctl::patch::{self, Enable, Pending, Share, What};
use ffctl::ruleset::{Gradual, POSITIONS, ValueType};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::edits::tree_of;

use super::{Case, Held, named, same, served};

impl Case<'_> {
    pub(super) fn enabled(&self, id: EnvironmentId, options: &Enable) -> Held {
        if let Some(at) = options.at {
            return self.enabled_then(id, options, at);
        }
        let (was, is) = (
            served(&self.was(id), self.now),
            served(&self.is(id), self.now),
        );
        let told = || format!("{was}\nbecame\n{is}");
        prop_assert_eq!(&is["enabled"], true, "{}", told());
        prop_assert!(!self.is(id).killed);
        if self.is_exposed(id) {
            prop_assert_eq!(&is["rules"], &was["rules"], "{}", told());
        }
        prop_assert_eq!(&is["bucket_by"], &was["bucket_by"], "{}", told());
        if options.what.is_none() && options.share.is_none() {
            return self.on_again(id, &was, &is);
        }
        let share = match options.share {
            Some(Share::Percentage(share)) => Some(json!(share)),
            Some(Share::Gradual { increment, every }) => {
                let minute = self.now.div_euclid(60) + i64::from(self.now.rem_euclid(60) > 0);
                let phase = self.is(id);
                let phase = &phase.phases[phase.position_at(self.now)];
                let ramp = phase.serving.as_ref().and_then(|serving| serving.gradual);
                let expected = Gradual {
                    start: minute * 60,
                    from: increment,
                    increment,
                    every,
                    until: POSITIONS,
                };
                prop_assert_eq!(ramp, Some(expected));
                Some(json!(expected.share_at(self.now)))
            }
            None => None,
        };
        let (what, share, default) = self.wanted(&was, options.what.as_ref(), share);
        // One thing for everybody may be written as the default.
        if is["serving"].is_null() {
            prop_assert_eq!(share, json!(POSITIONS), "{}", told());
            prop_assert!(same(&named(&is["default"]), &what), "{what}\n{}", told());
        } else {
            prop_assert_eq!(&is["serving"]["share"], &share, "{}", told());
            let split = json!({"split": is["serving"]["split"]});
            let served = if is["serving"].get("split").is_some() {
                split
            } else {
                named(&is["serving"])
            };
            prop_assert!(same(&served, &what), "{what}\n{}", told());
            let is_default = share == POSITIONS || same(&named(&is["default"]), &default);
            prop_assert!(is_default, "{default}\n{}", told());
        }
        self.answers(id, &is)
    }

    /// What is to be served, to how many, and what the rest gets.
    fn wanted(
        &self,
        was: &Value,
        what: Option<&What>,
        share: Option<Value>,
    ) -> (Value, Value, Value) {
        let step = Some(&was["serving"]).filter(|step| !step.is_null());
        let (old, flags) = (named(&was["default"]), self.flag_default());
        let said = what.map(|what| self.said(what));
        let present = step.map(|step| match step.get("split") {
            Some(split) => json!({"split": split}),
            None => named(step),
        });
        let serves = said.clone().or(present).unwrap_or_else(|| {
            let weights = self.weights();
            if self.is_boolean() {
                json!({"value": true})
            } else if !same(&old, &flags) || weights.is_null() {
                old.clone()
            } else {
                weights
            }
        });
        let all = json!(POSITIONS);
        let present = step.map(|step| step["share"].clone());
        let share = share.or(present).unwrap_or(all);
        // What everybody had is now what some have.
        let moves = step.is_none() && (said.is_none() && !self.is_boolean() || same(&old, &serves));
        let mut default = if moves { flags.clone() } else { old };
        if same(&default, &serves) {
            default = if self.is_boolean() && same(&flags, &serves) {
                self.off()
            } else {
                flags
            };
        }
        (serves, share, default)
    }

    fn weights(&self) -> Value {
        let variants = &self.before.flag(self.key).variants;
        let weights = variants.iter().filter_map(|variant| {
            let weight = variant.weight?;
            (weight > 0).then(|| json!({"variant": variant.key.as_str(), "weight": weight}))
        });
        let weights: Vec<Value> = weights.collect();
        match weights.as_slice() {
            [] => Value::Null,
            [one] => json!({"variant": one["variant"]}),
            several => json!({"split": several}),
        }
    }

    fn said(&self, what: &What) -> Value {
        match what {
            What::Value(tree) => json!({"value": tree.to_json()}),
            What::Typed(text) if self.before.flag(self.key).value_type == ValueType::String => {
                json!({"value": text})
            }
            What::Typed(text) => json!({"value": tree_of(text).to_json()}),
            What::Variant(name) => json!({"variant": name}),
            What::Split(weights) => {
                let variants = &self.before.flag(self.key).variants;
                let weights = variants.iter().filter_map(|variant| {
                    let weight = weights.get(variant.key.as_str())?.to_json().as_u64()? * 1000;
                    Some(json!({"variant": variant.key.as_str(), "weight": weight}))
                });
                let weights: Vec<Value> = weights.collect();
                match weights.as_slice() {
                    [one] => json!({"variant": one["variant"]}),
                    several => json!({"split": several}),
                }
            }
        }
    }

    /// Without options: as it was, where that serves somebody something; else all to everybody.
    fn on_again(&self, id: EnvironmentId, was: &Value, is: &Value) -> Held {
        let parts = ["serving", "default"];
        let as_it_was = parts.iter().all(|part| same(&was[part], &is[part]));
        let default = named(&is["default"]);
        if as_it_was {
            let rules = is["rules"]
                .as_array()
                .is_some_and(|rules| !rules.is_empty());
            let record = self.is(id);
            let phase = &record.phases[record.position_at(self.now)];
            let serving = phase.serving.as_ref();
            // A ramp that begins later is something too.
            let step = serving.is_some_and(|serving| serving.share != Some(0));
            let own = !same(&default, &self.flag_default());
            let on = same(&default, &json!({"value": true})) || was["enabled"] == true;
            prop_assert!(rules || step || own || on, "nothing is served: {is}");
            return Ok(());
        }
        let all = is["serving"].is_null() || is["serving"]["share"] == POSITIONS;
        prop_assert!(all, "{was}\nbecame\n{is}");
        if self.is_boolean() {
            let on = json!({"value": true});
            let served = if is["serving"].is_null() {
                default
            } else {
                named(&is["serving"])
            };
            prop_assert!(same(&served, &on), "{was}\nbecame\n{is}");
        }
        Ok(())
    }

    /// A step restates what `enable` would give then; until then nothing changes.
    fn enabled_then(&self, id: EnvironmentId, options: &Enable, at: i64) -> Held {
        self.until(id, at)?;
        let root = tree_of(self.before.text(self.key));
        let options = Enable {
            at: None,
            pending: Pending::Keep,
            ..options.clone()
        };
        let subject = self.before.subject(self.key, &root, at);
        let Ok(then) = patch::enable(&subject, id, &options) else {
            return Ok(());
        };
        let Some(then) = self.with(&then.root) else {
            return Ok(());
        };
        let (then, is) = (then.record(self.key, id), self.is(id));
        prop_assert!(
            same(&served(&then, at), &served(&is, at)),
            "at {at}: {:?}\nnot\n{:?}",
            is,
            then
        );
        Ok(())
    }
}

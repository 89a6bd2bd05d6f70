//! What each command means, stated apart from how it is done: on records, and on answers.

use ffctl::compile::compile;
use ffctl::evaluate::{Engine, Reason};
use ffctl::model::{EnvironmentId, Serve};
use ffctl::patch::{self, Disable, Enable, Pending, Restore, Return, Share, What};
use ffctl::record::Record;
use ffctl::resolve::{self, Moment};
use ffctl::ruleset::{Gradual, POSITIONS, ValueType};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::edits::tree_of;

use super::command::{Action, Command};
use super::world::World;

type Held = Result<(), TestCaseError>;

/// Holds a change to what its command means. `keys` are the flag's key before and after.
pub(super) fn holds(
    before: &World,
    after: &World,
    keys: (&str, &str),
    command: &Command,
    now: i64,
    contexts: &[Value],
) -> Held {
    others_are_as_before(before, after, keys)?;
    let case = Case {
        before,
        after,
        key: keys.0,
        now,
        contexts,
    };
    if let Command::Rename(to) = command {
        return case.renamed(to);
    }
    case.stays_within(command)?;
    match command {
        Command::Enable(id, options) => case.enabled(*id, options),
        Command::Disable(id, options) => case.disabled(*id, *options),
        Command::Set(Some(id), assignments, _) => {
            for assignment in assignments {
                case.slot_set(*id, &assignment.slot, assignment.value.as_deref())?;
            }
            Ok(())
        }
        Command::Rule(id, name, action, _) => case.ruled(*id, name, action),
        Command::Promote(from, id, options) => case.promoted(*from, *id, options),
        Command::Kill(id) => case.killed(*id),
        Command::Restore(id, options) => case.restored(*id, *options),
        Command::Archive => {
            for id in before.environments() {
                let mut expected = case.was(id);
                expected.archived = true;
                prop_assert_eq!(&expected, &case.is(id));
            }
            Ok(())
        }
        Command::Set(None, ..) | Command::Rename(_) => Ok(()),
    }
}

fn others_are_as_before(before: &World, after: &World, (key, new): (&str, &str)) -> Held {
    for other in before
        .catalog()
        .flags
        .keys()
        .filter(|other| other.as_str() != key)
    {
        for id in before.environments() {
            let was = serde_json::to_value(before.record(other.as_str(), id)).unwrap();
            let is = serde_json::to_value(after.record(other.as_str(), id)).unwrap();
            let name = |record: &Value, from: &str| {
                let mut record = record.clone();
                for on in record["depends_on"].as_array_mut().into_iter().flatten() {
                    if on["flag"] == from && on.get("repository").is_none() {
                        on["flag"] = json!("");
                    }
                }
                let depends_on = record["depends_on"].as_array_mut();
                if let Some(list) = depends_on {
                    list.sort_by_key(ToString::to_string);
                }
                record
            };
            prop_assert_eq!(name(&was, key), name(&is, new), "{} is another flag", other);
        }
        if key == new {
            prop_assert_eq!(before.text(other.as_str()), after.text(other.as_str()));
        }
    }
    Ok(())
}

/// A phase at a time without its ramps: what it serves then. Keys: enabled, default, rules,
/// serving, `bucket_by`.
fn served(record: &Record<'_>, time: i64) -> Value {
    let phase = &record.phases[record.position_at(time)];
    let mut phase = serde_json::to_value(phase).unwrap();
    phase.as_object_mut().unwrap().remove("from");
    hold(&mut phase["serving"], time);
    for rule in phase["rules"].as_array_mut().into_iter().flatten() {
        hold(&mut rule["serving"], time);
    }
    phase
}

fn hold(serving: &mut Value, time: i64) {
    let Some(ramp) = serving
        .as_object_mut()
        .and_then(|map| map.remove("gradual"))
    else {
        return;
    };
    let ramp: Gradual = serde_json::from_value(ramp).unwrap();
    serving["share"] = json!(ramp.share_at(time));
}

/// The value, or the variant, as records have it.
fn named(what: &Value) -> Value {
    match (what.get("value"), what.get("variant")) {
        (Some(value), _) => json!({"value": value}),
        (None, Some(variant)) => json!({"variant": variant}),
        (None, None) => Value::Null,
    }
}

/// The same for those who read JSON: 1 and 1.0 are.
fn same(one: &Value, other: &Value) -> bool {
    ffctl::record::same_value(one, other)
}

#[derive(Clone, Copy)]
struct Case<'w> {
    before: &'w World,
    after: &'w World,
    key: &'w str,
    now: i64,
    contexts: &'w [Value],
}

impl<'w> Case<'w> {
    fn was(&self, id: EnvironmentId) -> Record<'w> {
        self.before.record(self.key, id)
    }

    fn is(&self, id: EnvironmentId) -> Record<'w> {
        self.after.record(self.key, id)
    }

    fn is_exposed(&self, id: EnvironmentId) -> bool {
        let (catalog, flag) = (self.before.catalog(), self.before.flag(self.key));
        resolve::resolve(catalog, flag, id, Moment::At(self.now)).exposed
    }

    fn renamed(&self, to: &str) -> Held {
        for id in self.before.environments() {
            prop_assert_eq!(self.was(id), self.after.record(to, id));
        }
        Ok(())
    }

    /// Environments that neither are named nor follow one that is have their record, and the
    /// file's other parts say what they said.
    fn stays_within(&self, command: &Command) -> Held {
        let old = tree_of(self.before.text(self.key));
        let new = tree_of(self.after.text(self.key));
        let Some(environment) = command.environment() else {
            let may: &[&str] = match command {
                Command::Set(_, assignments, _) => {
                    &[assignments[0].slot.split('.').next().unwrap()]
                }
                Command::Rule(..) => &["targeting_rules"],
                Command::Kill(_) => &["kill_switch"],
                Command::Restore(..) => &["kill_switch", "targeting_rules", "environments"],
                _ => &["archived"],
            };
            let keys = old.entries().iter().chain(new.entries());
            for (key, _) in keys.filter(|(key, _)| !may.contains(&key.as_str())) {
                prop_assert_eq!(old.get(key), new.get(key), "{} was not named", key);
            }
            if let Command::Set(_, assignments, _) = command {
                let slot = assignments[0].slot.as_str();
                let decides = ["killable", "client_side", "salt"].contains(&slot);
                for id in self.before.environments().into_iter().filter(|_| !decides) {
                    prop_assert_eq!(self.was(id), self.is(id), "{} decides nothing", slot);
                }
            }
            return Ok(());
        };
        let keys = old.entries().iter().chain(new.entries());
        for (key, _) in keys.filter(|(key, _)| key != "environments") {
            prop_assert_eq!(old.get(key), new.get(key), "the flag itself was not named");
        }
        let affected = self.before.following(environment);
        for id in self.before.environments() {
            if !affected.contains(&id) {
                let name = self.before.environment_name(id);
                prop_assert_eq!(self.was(id), self.is(id), "{} was not named", name);
            }
        }
        let may: &[&str] = match command {
            Command::Kill(_) => &["kill_switch", "enabled"],
            Command::Rule(..) => &["targeting_rules"],
            _ => return Ok(()),
        };
        let (Some(old), Some(new)) = (
            self.before.entry(self.key, environment),
            self.after.entry(self.key, environment),
        ) else {
            return Ok(());
        };
        if !old.is_map() || old.has("schedule") && !matches!(command, Command::Kill(_)) {
            return Ok(());
        }
        for (key, _) in old.entries().iter().chain(new.entries()) {
            let stays = may.contains(&key.as_str()) || old.get(key) == new.get(key);
            prop_assert!(stays, "{} of the entry was not named", key);
        }
        Ok(())
    }

    fn flag_default(&self) -> Value {
        self.serve(&self.before.flag(self.key).default.value)
    }

    fn off(&self) -> Value {
        self.serve(&self.before.flag(self.key).off)
    }

    fn serve(&self, serve: &Serve) -> Value {
        match serve {
            Serve::Value(value) => json!({"value": value}),
            Serve::Variant(id) => {
                let variants = &self.before.flag(self.key).variants;
                json!({"variant": variants[usize::from(id.0)].key.as_str()})
            }
        }
    }

    fn is_boolean(&self) -> bool {
        let flag = self.before.flag(self.key);
        flag.value_type == ValueType::Boolean && flag.variants.is_empty()
    }

    fn enabled(&self, id: EnvironmentId, options: &Enable) -> Held {
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
            default = if same(&flags, &serves) {
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

    /// From now to a time, what is served is what it was.
    fn until(&self, id: EnvironmentId, at: i64) -> Held {
        let (was, is) = (self.was(id), self.is(id));
        if !self.is_exposed(id) {
            return Ok(());
        }
        for time in [self.now, self.now.midpoint(at), at - 1] {
            prop_assert!(
                same(&served(&was, time), &served(&is, time)),
                "at {time}: {was:?}\nbecame\n{is:?}"
            );
        }
        Ok(())
    }

    /// The world with another file of the flag, if it is sound.
    fn with(&self, root: &ffctl::document::Tree) -> Option<World> {
        let mut files = self.before.files.clone();
        let text = ffctl::yaml::rewrite(self.before.text(self.key), root).ok()?;
        files.insert(self.before.path(self.key).to_owned(), text);
        let bucketing = match self.before.catalog().bucketing {
            ffctl::ruleset::Bucketing::FlagdV2 => "flagd-v2",
            ffctl::ruleset::Bucketing::FlagdV3 => "flagd-v3",
        };
        let world = World::new(files, &crate::support::settings(bucketing), self.now);
        world.errors.is_subset(&self.before.errors).then_some(world)
    }

    fn disabled(&self, id: EnvironmentId, options: Disable) -> Held {
        let (was, is) = (self.was(id), self.is(id));
        if let Some(at) = options.at {
            self.until(id, at)?;
            prop_assert_eq!(&served(&is, at)["enabled"], false);
            return Ok(());
        }
        let (then, now) = (served(&was, self.now), served(&is, self.now));
        let told = || format!("{then}\nbecame\n{now}");
        prop_assert_eq!(&now["enabled"], false, "{}", told());
        // What it served is held back as it was.
        if self.is_exposed(id) && then["enabled"] == true {
            prop_assert!(same(&then["rules"], &now["rules"]), "{}", told());
            let is_true = then["default"] == json!({"value": true}) && then["serving"].is_null();
            if !is_true {
                prop_assert!(same(&then["serving"], &now["serving"]), "{}", told());
                prop_assert!(same(&then["default"], &now["default"]), "{}", told());
            }
        }
        if !options.keep_schedule {
            let ahead = is.phases.iter().skip(is.position_at(self.now));
            for phase in ahead {
                prop_assert!(!phase.enabled, "{phase:?} comes back by itself");
            }
        }
        self.all_get(id, &self.off())?;
        if then["enabled"] == true && !was.killed && !options.keep_schedule {
            self.comes_back(id, &then)?;
        }
        Ok(())
    }

    /// Enabled again, it serves what it served, and never more later.
    fn comes_back(&self, id: EnvironmentId, then: &Value) -> Held {
        let default = named(&then["default"]);
        let rules = then["rules"]
            .as_array()
            .is_some_and(|rules| !rules.is_empty());
        let step = !then["serving"].is_null() && then["serving"]["share"] != 0;
        let own = !same(&default, &self.flag_default());
        if !(rules || step || own) || self.is_false(id) {
            return Ok(());
        }
        let root = tree_of(self.after.text(self.key));
        let subject = self.after.subject(self.key, &root, self.now);
        let back = patch::enable(&subject, id, &Enable::default());
        let Ok(back) = back else { return Ok(()) };
        let again = Self {
            before: self.after,
            ..*self
        };
        let Some(back) = again.with(&back.root) else {
            return Ok(());
        };
        let record = back.record(self.key, id);
        let now = served(&record, self.now);
        prop_assert!(
            same(then, &now),
            "{then}\ncame back as\n{now}\n{}",
            back.text(self.key)
        );
        // What others bring is theirs to bring.
        let shared = resolve::step_times(back.catalog(), back.flag(self.key), id);
        if shared.iter().all(|time| *time <= self.now) && self.is_exposed(id) {
            let later = served(&record, self.now + 1_000 * 86_400);
            prop_assert!(same(&now, &later), "{now}\ngrew to\n{later}");
        }
        Ok(())
    }

    /// Whether the entry was a scalar and says `false` now: then `enable` makes `true` of it.
    fn is_false(&self, id: EnvironmentId) -> bool {
        let entry = |world: &World| world.entry(self.key, id);
        let was_scalar = entry(self.before).is_some_and(|entry| !entry.is_map());
        was_scalar && entry(self.after).is_some_and(|entry| entry.as_bool() == Some(false))
    }

    fn slot_set(&self, id: EnvironmentId, slot: &str, value: Option<&str>) -> Held {
        let (was, is) = (
            served(&self.was(id), self.now),
            served(&self.is(id), self.now),
        );
        let told = || format!("{was}\nbecame\n{is}");
        let group: &[&str] = match slot {
            "enabled" => &["enabled"],
            "bucket_by" => &["bucket_by", "rules"],
            _ => &["serving", "default"],
        };
        if self.is_exposed(id) && value.is_some() {
            for part in ["enabled", "rules", "serving", "default", "bucket_by"] {
                let stays = group.contains(&part) || same(&was[part], &is[part]);
                prop_assert!(stays, "{part} was not named\n{}", told());
            }
        }
        let Some(value) = value else { return Ok(()) };
        let value = tree_of(value).to_json();
        match slot {
            "enabled" => {
                prop_assert_eq!(&is["enabled"], &json!(value != false), "{}", told());
            }
            "percentage" if value.is_null() => {
                prop_assert!(is["serving"].is_null(), "{}", told());
            }
            "percentage" => {
                let share = (value.as_f64().unwrap() * 1000.0).round();
                prop_assert_eq!(is["serving"]["share"].as_f64(), Some(share), "{}", told());
            }
            "default_variant" => prop_assert_eq!(&is["default"]["variant"], &value, "{}", told()),
            "bucket_by" if !value.is_null() => {
                prop_assert_eq!(&is["bucket_by"], &value, "{}", told());
            }
            _ => {}
        }
        Ok(())
    }

    fn ruled(&self, id: Option<EnvironmentId>, name: &str, action: &Action) -> Held {
        let names = |rules: &Value| -> Vec<String> {
            let rules = rules.as_array().into_iter().flatten();
            rules
                .map(|rule| rule["name"].as_str().unwrap().to_owned())
                .collect()
        };
        let (old, new) = match id {
            Some(id) => {
                let (was, is) = (
                    served(&self.was(id), self.now),
                    served(&self.is(id), self.now),
                );
                if !self.is_exposed(id) {
                    return Ok(());
                }
                for part in ["enabled", "serving", "default", "bucket_by"] {
                    prop_assert!(same(&was[part], &is[part]), "{part}: {was}\nbecame\n{is}");
                }
                for rule in was["rules"].as_array().into_iter().flatten() {
                    let rules = is["rules"].as_array().into_iter().flatten();
                    let other = rules
                        .into_iter()
                        .find(|other| other["name"] == rule["name"]);
                    let stays =
                        rule["name"] == name || other.is_some_and(|other| same(rule, other));
                    prop_assert!(stays, "{rule} was not named\n{is}");
                }
                (names(&was["rules"]), names(&is["rules"]))
            }
            None => {
                let names = |world: &World| -> Vec<String> {
                    let rules = &world.flag(self.key).rules.value;
                    rules.iter().map(|rule| rule.name.to_string()).collect()
                };
                (names(self.before), names(self.after))
            }
        };
        let mut expected = old;
        let at = expected.iter().position(|other| other == name);
        let place = |list: &[String], before: &Option<String>| {
            let before = before.as_ref();
            before.map_or(list.len(), |before| {
                list.iter().position(|other| other == before).unwrap()
            })
        };
        match action {
            Action::Add(_, before) => {
                let at = place(&expected, before);
                expected.insert(at, name.to_owned());
            }
            Action::Set(_) => {}
            Action::Move(Some(before)) if before == name => {}
            Action::Move(before) => {
                expected.remove(at.unwrap());
                let at = place(&expected, before);
                expected.insert(at, name.to_owned());
            }
            Action::Remove => drop(expected.remove(at.unwrap())),
        }
        prop_assert_eq!(expected, new);
        Ok(())
    }

    /// Where nothing else is said, what B knows goes to as many as before.
    fn promoted(&self, from: EnvironmentId, id: EnvironmentId, options: &patch::Promote) -> Held {
        let (was, is) = (
            served(&self.was(id), self.now),
            served(&self.is(id), self.now),
        );
        let told = || format!("{was}\nbecame\n{is}");
        prop_assert_eq!(self.was(id).killed, self.is(id).killed);
        if !self.is_exposed(id) {
            return Ok(());
        }
        prop_assert_eq!(&was["enabled"], &is["enabled"], "{}", told());
        if options.as_is {
            return Ok(());
        }
        prop_assert!(same(&was["default"], &is["default"]), "{}", told());
        let rules = |phase: &Value| phase["rules"].as_array().cloned().unwrap_or_default();
        let (old, new) = (rules(&was), rules(&is));
        let said = options.percentage.map(|share| json!(share));
        for rule in &new {
            let theirs = old.iter().find(|other| other["name"] == rule["name"]);
            let share = &rule["serving"]["share"];
            match theirs {
                Some(theirs) => prop_assert_eq!(share, &theirs["serving"]["share"], "{}", told()),
                None => prop_assert_eq!(Some(share), said.as_ref(), "{}", told()),
            }
        }
        // A default that is served alone becomes a value for so many.
        let by_default = served(&self.was(from), self.now)["serving"].is_null();
        if !was["serving"].is_null() && (!by_default || was["serving"] == is["serving"]) {
            prop_assert_eq!(
                &was["serving"]["share"],
                &is["serving"]["share"],
                "{}",
                told()
            );
        } else if !is["serving"].is_null() {
            let share = Some(&is["serving"]["share"]);
            prop_assert_eq!(share, said.as_ref(), "{}", told());
        }
        Ok(())
    }

    fn killed(&self, id: Option<EnvironmentId>) -> Held {
        let covered = id.map_or_else(
            || self.before.environments(),
            |id| self.before.following(id),
        );
        for id in &covered {
            let mut expected = self.was(*id);
            expected.killed = true;
            prop_assert_eq!(&expected, &self.is(*id));
            self.all_get(*id, &self.off())?;
        }
        let root = tree_of(self.after.text(self.key));
        let subject = self.after.subject(self.key, &root, self.now);
        let options = Restore {
            back: Return::Resume,
            pending: Pending::Keep,
        };
        // Taken away at once, it has changed nothing that is served from now on.
        let back = patch::restore(&subject, id, options);
        let back = back.map_err(|refusal| TestCaseError::fail(format!("{refusal:?}")))?;
        let again = Self {
            before: self.after,
            ..*self
        };
        let Some(back) = again.with(&back.root) else {
            // Steps folded into the entry may leave it without effect.
            prop_assert!(id.is_some(), "what comes back has errors");
            return Ok(());
        };
        for id in covered {
            if self.was(id).killed {
                continue;
            }
            let (was, is) = (self.was(id), back.record(self.key, id));
            prop_assert!(!is.killed);
            let from = |record: &Record<'_>| -> Vec<Value> {
                let ahead = record.phases.iter().skip(record.position_at(self.now) + 1);
                let ahead = ahead.map(|phase| serde_json::to_value(phase).unwrap());
                std::iter::once(served(record, self.now))
                    .chain(ahead)
                    .collect()
            };
            prop_assert_eq!(from(&was), from(&is), "{}", back.text(self.key));
        }
        Ok(())
    }

    fn restored(&self, id: Option<EnvironmentId>, options: Restore) -> Held {
        let flag = self.before.flag(self.key);
        let switch = match id {
            None => flag.kill_switch.as_ref(),
            Some(id) => flag.entry(id).and_then(|entry| entry.kill_switch.as_ref()),
        };
        let killed = switch.unwrap().at.as_second().min(self.now);
        let covered = id.map_or_else(
            || self.before.environments(),
            |id| self.before.following(id),
        );
        for covered in covered {
            let (was, is) = (self.was(covered), self.is(covered));
            let name = self.before.environment_name(covered);
            let expected = match options.back {
                Return::AsItWas => served(&was, killed),
                Return::Resume => served(&was, self.now),
                Return::Restart => continue,
            };
            let now = served(&is, self.now);
            prop_assert!(
                same(&expected, &now),
                "{name}: {expected}\ncame back as\n{now}"
            );
            let steps =
                resolve::step_times(self.after.catalog(), self.after.flag(self.key), covered);
            let ahead = steps.iter().any(|time| *time > self.now);
            if options.back == Return::AsItWas && !ahead {
                let later = served(&is, self.now + 1_000 * 86_400);
                prop_assert!(same(&now, &later), "{name}: {now}\ngrows to\n{later}");
            }
        }
        Ok(())
    }

    /// Everybody is answered with one value.
    fn all_get(&self, id: EnvironmentId, expected: &Value) -> Held {
        if self.is(id).archived {
            return Ok(());
        }
        let engine = self.engine(id);
        let record = self.is(id);
        let expected = match expected.get("variant") {
            Some(name) => {
                let variant = record.variants.iter().find(|v| *name == v.key.as_str());
                variant.unwrap().value.clone()
            }
            None => expected["value"].clone(),
        };
        for context in self.contexts {
            let context = engine.context(context.as_object().unwrap());
            let outcome = engine.evaluate(self.key, &context, self.now);
            prop_assert_eq!(outcome.reason, Reason::Disabled);
            prop_assert!(outcome.value.is_some_and(|value| same(value, &expected)));
        }
        Ok(())
    }

    fn engine(&self, id: EnvironmentId) -> Engine {
        let key = self.key;
        let ruleset = compile(self.after.catalog(), id, |flag| flag.key.as_str() == key);
        Engine::new(&ruleset).expect("a compiled ruleset loads")
    }

    /// Whom no rule takes is served by position.
    fn answers(&self, id: EnvironmentId, phase: &Value) -> Held {
        let record = self.is(id);
        let is_plain = phase.get("bucket_by").is_none_or(Value::is_null)
            && self.before.catalog().bucketing == ffctl::ruleset::Bucketing::FlagdV2
            && phase["serving"].get("split").is_none();
        if record.archived || !is_plain {
            return Ok(());
        }
        let value = |what: &Value| match what.get("variant") {
            Some(name) => {
                let variant = record.variants.iter().find(|v| *name == v.key.as_str());
                variant.unwrap().value.clone()
            }
            None => what["value"].clone(),
        };
        let engine = self.engine(id);
        for context in self.contexts {
            let Some(subject) = context["targetingKey"].as_str().filter(|s| !s.is_empty()) else {
                continue;
            };
            let ready = engine.context(context.as_object().unwrap());
            let outcome = engine.evaluate(self.key, &ready, self.now);
            if outcome.rule.is_some()
                || outcome.error.is_some()
                || outcome.reason == Reason::PrerequisiteFailed
            {
                continue;
            }
            let salted = format!("{}{subject}", record.salt.as_str());
            let hash = murmur3::murmur3_32(&mut std::io::Cursor::new(salted), 0).unwrap();
            let position = (u64::from(hash) * 100_000) >> 32;
            let share = phase["serving"]["share"].as_u64();
            let expected = match share {
                Some(share) if position < share => value(&phase["serving"]),
                _ => value(&phase["default"]),
            };
            let is_it = outcome.value.is_some_and(|value| same(value, &expected));
            prop_assert!(
                is_it,
                "{subject} at {position} gets {outcome:?}, not {expected}: {phase}"
            );
        }
        Ok(())
    }
}

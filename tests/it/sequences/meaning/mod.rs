//! What each command means, stated apart from how it is done: on records, and on answers.

mod off;
mod on;
mod slots;

use ffctl::compile::compile;
use ffctl::evaluate::{Engine, Reason};
use ffctl::model::{EnvironmentId, Serve};
use ffctl::record::Record;
use ffctl::resolve::{self, Moment};
use ffctl::ruleset::{Gradual, ValueType};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::edits::tree_of;

use super::command::Command;
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
        self.is_exposed_at(id, self.now)
    }

    fn is_exposed_at(&self, id: EnvironmentId, time: i64) -> bool {
        let (catalog, flag) = (self.before.catalog(), self.before.flag(self.key));
        resolve::resolve(catalog, flag, id, Moment::At(time)).exposed
    }

    /// The environment and those that it copies, nearest first.
    fn chain(&self, id: EnvironmentId) -> impl Iterator<Item = EnvironmentId> + 'w {
        let environments = &self.before.catalog().environments;
        std::iter::successors(Some(id), |id| environments.sync_parent(*id))
    }

    fn is_switched_off_in(&self, id: EnvironmentId) -> bool {
        let entry = self.before.flag(self.key).entry(id);
        entry.is_some_and(|entry| entry.kill_switch.is_some())
    }

    /// The time at which the environment stands: now, or when the first of the kill switches that
    /// hold it back was thrown, for that is what comes back.
    fn standing(&self, id: EnvironmentId) -> i64 {
        let flag = self.before.flag(self.key);
        let entries = self.chain(id).filter_map(|id| flag.entry(id));
        let switches = entries.filter_map(|entry| entry.kill_switch.as_ref());
        let thrown = switches.chain(&flag.kill_switch);
        let thrown = thrown.map(|switch| switch.at.as_second());
        thrown.fold(self.now, i64::min)
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
        // Ramps that no other environment uses are held where they stand.
        let may: &[&str] = match command {
            Command::Restore(..) => &["environments", "targeting_rules"],
            _ => &["environments"],
        };
        let keys = old.entries().iter().chain(new.entries());
        for (key, _) in keys.filter(|(key, _)| !may.contains(&key.as_str())) {
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

//! A record in slots: the parts that a commit sets.

use serde_json::{Map, Value};

use crate::model::{Catalog, EnvironmentId, Flag};
use crate::record::record;

/// A part of a flag's record in an environment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slot {
    pub(super) environment: String,
    pub(super) name: String,
    /// Null where there is none.
    pub(super) value: Value,
}

impl Slot {
    /// Returns its environment and its name.
    pub(super) fn place(&self) -> (&str, &str) {
        (&self.environment, &self.name)
    }
}

/// The slots that every record has, in the order in which they are told: those of the flag, and
/// those of its first phase.
const OF_FLAG: [&str; 13] = [
    "type",
    "kind",
    "archived",
    "killed",
    "killable",
    "client_side",
    "variants",
    "off",
    "depends_on",
    "salt",
    "bucketing",
    "computed",
    "bucket_by",
];

/// Returns the slots of a flag in every environment.
pub(super) fn slots(catalog: &Catalog, flag: &Flag) -> Vec<Slot> {
    let environments = catalog.environments.iter();
    environments
        .flat_map(|(id, environment)| of_environment(catalog, flag, id, environment.name.as_str()))
        .collect()
}

fn of_environment(
    catalog: &Catalog,
    flag: &Flag,
    id: EnvironmentId,
    environment: &str,
) -> Vec<Slot> {
    let record = record(catalog, flag, id);
    let mut whole = serde_json::to_value(&record).unwrap_or_default();
    let phases = whole.get_mut("phases").map(Value::take).unwrap_or_default();
    let phases: Vec<Value> = phases.as_array().cloned().unwrap_or_default();
    let first = phases.first().cloned().unwrap_or_default();
    let slot = |name: &str, value: Value| Slot {
        environment: environment.to_owned(),
        name: name.to_owned(),
        value,
    };
    let part = |of: &Value, name: &str| of.get(name).cloned().unwrap_or_default();
    let mut slots = vec![slot("enabled", part(&first, "enabled"))];
    let rules = part(&first, "rules");
    let rules = rules.as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<Value> = rules.iter().map(|rule| part(rule, "name")).collect();
    if names.len() > 1 {
        slots.push(slot("rules", Value::Array(names)));
    }
    for rule in rules {
        let mut rule = rule.clone();
        let name = rule.as_object_mut().and_then(|rule| rule.remove("name"));
        let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
        slots.push(slot(&format!("rule {name}"), rule));
    }
    slots.push(slot("serving", part(&first, "serving")));
    slots.push(slot("default", part(&first, "default")));
    slots.push(slot("schedule", schedule(&phases)));
    for name in OF_FLAG {
        let of = if name == "bucket_by" { &first } else { &whole };
        slots.push(slot(name, part(of, name)));
    }
    slots
}

/// Returns the steps, each with what it changes; null without one.
fn schedule(phases: &[Value]) -> Value {
    let pairs = phases.iter().zip(phases.iter().skip(1));
    let steps: Vec<Value> = pairs.map(|(before, after)| step(before, after)).collect();
    if steps.is_empty() {
        return Value::Null;
    }
    Value::Array(steps)
}

fn step(before: &Value, after: &Value) -> Value {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (before, after) = (members(before), members(after));
    let mut step = Map::new();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        step.insert(name.clone(), Value::Null);
    }
    for (name, value) in after {
        if before.get(&name) != Some(&value) {
            step.insert(name, value);
        }
    }
    Value::Object(step)
}

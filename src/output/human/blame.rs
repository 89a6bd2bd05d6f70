//! Who set what a flag is, for people.

use std::cmp::Reverse;

use anstyle::Style;
use jiff::Timestamp;
use serde_json::Value;

use crate::ops::{BlameReport, BlamedEnvironment, BlamedSlot, SetBy, Setter};
use crate::words::{describe_conditions, percent, plain, thousandths};

use super::line;

/// Returns the settings of each environment by the commit that set them, the newest first. Those that
/// are as they were since the beginning are the rest.
#[must_use]
pub fn blame(report: &BlameReport) -> String {
    let oldest = oldest(report);
    let environments = report.environments.iter();
    let environments: Vec<String> = environments.map(|one| environment(one, oldest)).collect();
    environments.join("\n")
}

/// Returns the commit that began the flag, or else the first that is known.
fn oldest(report: &BlameReport) -> Option<&Setter> {
    let slots = report.environments.iter().flat_map(|one| &one.slots);
    let setters = slots.filter_map(|slot| match &slot.set_by {
        SetBy::Commit(setter) => Some(&**setter),
        _ => None,
    });
    // Of the settings that are told last, which a flag has from its beginning on, the last counts.
    let mut oldest: Option<&Setter> = None;
    for setter in setters {
        if oldest.is_none_or(|oldest| setter.date <= oldest.date) {
            oldest = Some(setter);
        }
    }
    oldest
}

fn environment(environment: &BlamedEnvironment, oldest: Option<&Setter>) -> String {
    let bold = Style::new().bold();
    let slots = environment.slots.iter().filter(|slot| !is_quiet(slot));
    let mut groups: Vec<(&SetBy, Vec<&BlamedSlot>)> = Vec::new();
    for slot in slots {
        match groups
            .iter_mut()
            .find(|group| is_one(group.0, &slot.set_by))
        {
            Some(group) => group.1.push(slot),
            None => groups.push((&slot.set_by, vec![slot])),
        }
    }
    groups.sort_by_key(|(set_by, _)| Reverse(newness(set_by)));
    let is_rest = |set_by: &SetBy| match set_by {
        SetBy::NotCommitted => false,
        SetBy::Older => true,
        SetBy::Commit(setter) => Some(&**setter) == oldest,
    };
    let (rest, set): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| is_rest(group.0));
    let mut text = format!("{bold}{}{bold:#}\n", environment.name);
    for (set_by, slots) in &set {
        text.push_str(&format!("  {}\n", head(set_by)));
        text.push_str(&reasons(set_by));
        let width = slots.iter().map(|slot| slot.slot.chars().count()).max();
        let width = width.unwrap_or_default();
        for slot in slots {
            let value = line(&value(slot));
            text.push_str(&format!("    {:width$}  {value}\n", slot.slot));
        }
    }
    for (set_by, slots) in &rest {
        let which = if set.is_empty() { "all" } else { "the rest" };
        text.push_str(&format!("  {which}: {}\n", head(set_by)));
        text.push_str(&reasons(set_by));
        let short: Vec<String> = slots.iter().map(|slot| in_short(slot)).collect();
        text.push_str(&format!("    {}\n", line(&short.join(", "))));
    }
    text
}

fn is_one(one: &SetBy, other: &SetBy) -> bool {
    match (one, other) {
        (SetBy::Commit(one), SetBy::Commit(other)) => one.commit == other.commit,
        (SetBy::NotCommitted, SetBy::NotCommitted) | (SetBy::Older, SetBy::Older) => true,
        _ => false,
    }
}

/// What is not committed yet is the newest.
fn newness(set_by: &SetBy) -> (u8, Option<Timestamp>) {
    match set_by {
        SetBy::NotCommitted => (2, None),
        SetBy::Commit(setter) => (1, Some(setter.date)),
        SetBy::Older => (0, None),
    }
}

/// What is not there needs no line, unless its going was a change that counts.
fn is_quiet(slot: &BlamedSlot) -> bool {
    let counts = ["enabled", "killed", "archived"].contains(&slot.slot.as_str());
    let is_plain = ["type", "bucketing"].contains(&slot.slot.as_str());
    slot.value.is_null() || is_plain || (slot.value == Value::Bool(false) && !counts)
}

fn head(set_by: &SetBy) -> String {
    match set_by {
        SetBy::NotCommitted => "not committed yet".to_owned(),
        SetBy::Older => "not in this clone".to_owned(),
        SetBy::Commit(setter) => {
            let id = setter.commit.get(..10).unwrap_or(&setter.commit);
            let date = setter.date.strftime("%Y-%m-%d");
            let author = line(&setter.author.name);
            format!("{id}  {date}  {author}  {}", line(&setter.subject))
        }
    }
}

fn reasons(set_by: &SetBy) -> String {
    let SetBy::Commit(setter) = set_by else {
        return String::new();
    };
    let mut text = String::new();
    for reason in &setter.reasons {
        text.push_str(&format!("    reason: {}\n", line(reason)));
    }
    text
}

/// Returns a setting with its value, a rule by its name alone.
fn in_short(slot: &BlamedSlot) -> String {
    if slot.slot.starts_with("rule ") {
        return slot.slot.clone();
    }
    format!("{} {}", slot.slot, value(slot))
}

fn value(slot: &BlamedSlot) -> String {
    let value = &slot.value;
    match slot.slot.as_str() {
        "default" | "off" => served(value),
        "serving" => serving(value),
        "rules" => names(value, None),
        "variants" => names(value, Some("key")),
        "depends_on" => names(value, Some("flag")),
        "schedule" => steps(value),
        name if name.starts_with("rule ") => {
            let conditions = value.get("conditions").unwrap_or(&Value::Null);
            let serving = value.get("serving").unwrap_or(&Value::Null);
            format!(
                "{} → {}",
                describe_conditions(conditions),
                self::serving(serving)
            )
        }
        _ => short(value),
    }
}

fn served(value: &Value) -> String {
    let named = value.get("variant").and_then(Value::as_str);
    let plainly = || short(value.get("value").unwrap_or(value));
    named.map_or_else(plainly, str::to_owned)
}

fn serving(value: &Value) -> String {
    let weight = |part: &Value| {
        let name = part.get("variant").and_then(Value::as_str)?;
        let weight = part.get("weight").and_then(Value::as_u64)?;
        Some(format!("{name}={}", thousandths(weight)))
    };
    let split = value.get("split").and_then(Value::as_array);
    let what = match split {
        Some(parts) => {
            let parts: Vec<String> = parts.iter().filter_map(weight).collect();
            format!("split {}", parts.join(", "))
        }
        None => served(value),
    };
    let share = value.get("share").and_then(Value::as_u64);
    match share.and_then(|share| u32::try_from(share).ok()) {
        Some(100_000) => what,
        Some(share) => format!("{what} to {}", percent(share)),
        None => format!("{what} to a growing share"),
    }
}

fn names(value: &Value, member: Option<&str>) -> String {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    let name = |value: &Value| {
        let value = member.map_or(Some(value), |member| value.get(member));
        value.and_then(Value::as_str).map(str::to_owned)
    };
    let names: Vec<String> = list.iter().filter_map(name).collect();
    names.join(", ")
}

fn steps(value: &Value) -> String {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    let time = |step: &Value| {
        let time = Timestamp::from_second(step.get("from")?.as_i64()?).ok()?;
        Some(format!("at {time}"))
    };
    let times: Vec<String> = list.iter().filter_map(time).collect();
    times.join(", ")
}

/// How many characters of a value are shown.
const MAX_VALUE: usize = 60;

fn short(value: &Value) -> String {
    let text = plain(value);
    if text.chars().count() <= MAX_VALUE {
        return text;
    }
    let short: String = text.chars().take(MAX_VALUE).collect();
    short + "…"
}

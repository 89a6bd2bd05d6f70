//! Who set what a flag is, for people.

use anstyle::Style;
use serde_json::Value;

use crate::ops::{BlameReport, BlamedEnvironment, BlamedSlot, SetBy};
use crate::words::{describe_conditions, percent, plain, thousandths};

use super::table::table;

/// Returns a table for each environment: a row a slot, with the commit that set it and its reason,
/// or else its subject.
#[must_use]
pub fn blame(report: &BlameReport) -> String {
    let environments: Vec<String> = report.environments.iter().map(environment).collect();
    environments.join("\n")
}

fn environment(environment: &BlamedEnvironment) -> String {
    let bold = Style::new().bold();
    let rows = environment.slots.iter().filter(|slot| !is_quiet(slot));
    let header = ["slot", "value", "commit", "date", "author", "reason"];
    format!(
        "{bold}{}{bold:#}\n{}",
        environment.name,
        table(&header, rows.map(row))
    )
}

/// What is not there needs no row, unless its going was a change that counts.
fn is_quiet(slot: &BlamedSlot) -> bool {
    let counts = ["enabled", "killed", "archived"].contains(&slot.slot.as_str());
    let is_plain = ["type", "bucketing"].contains(&slot.slot.as_str());
    slot.value.is_null() || is_plain || (slot.value == Value::Bool(false) && !counts)
}

fn row(slot: &BlamedSlot) -> Vec<String> {
    let mut row = vec![slot.slot.clone(), value(slot)];
    match &slot.set_by {
        SetBy::NotCommitted => row.push("not committed yet".to_owned()),
        SetBy::Older => row.push("not in this clone".to_owned()),
        SetBy::Commit(setter) => {
            let id = setter.commit.get(..10).unwrap_or(&setter.commit);
            let reason = setter.reasons.join("; ");
            let date = setter.date.strftime("%Y-%m-%d").to_string();
            let why = if reason.is_empty() {
                setter.subject.clone()
            } else {
                reason
            };
            row.extend([id.to_owned(), date, setter.author.name.clone(), why]);
        }
    }
    row.resize(6, String::new());
    row
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
        let time = jiff::Timestamp::from_second(step.get("from")?.as_i64()?).ok()?;
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

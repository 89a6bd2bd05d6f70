//! A flag as written and as resolved.

use jiff::Timestamp;
use serde_json::Value;

use crate::ops::{ShownEnvironment, ShownFlag, ShownServing, ShownSlot};

use crate::words::{describe_conditions, duration, one_line, plain, source_line, thousandths};

/// Returns the file, then each environment with its slots and their origins.
#[must_use]
pub fn show(report: &ShownFlag) -> String {
    let mut text = format!("{}  ({})\n", report.flag, one_line(&report.file));
    if let Some(reason) = &report.archived {
        text.push_str(&format!("archived: {}\n", one_line(reason)));
    }
    text.push('\n');
    for line in report.text.trim_end().lines() {
        let line = format!("  | {}", source_line(line));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    for environment in &report.environments {
        text.push_str(&shown(environment));
    }
    text
}

fn shown(environment: &ShownEnvironment) -> String {
    let mut text = format!("\n{}: {}\n", environment.name, environment.cell.summary);
    let mut line = |name: &str, value: String, origin: String| {
        text.push_str(&format!("  {name:<16}{value}{origin}\n"));
    };
    if let Some(killed) = &environment.killed {
        let value = format!(
            "since {}: {}",
            killed.value.at,
            one_line(&killed.value.reason)
        );
        line("killed", value, origin(killed));
    }
    line(
        "enabled",
        environment.enabled.value.to_string(),
        origin(&environment.enabled),
    );
    if environment.rules.value.is_empty() {
        line("rules", "none".to_owned(), origin(&environment.rules));
    }
    for rule in &environment.rules.value {
        let value = format!(
            "{}: {} → {}",
            rule.name,
            describe_conditions(&rule.conditions),
            describe_serving(&rule.serving)
        );
        line("rule", value, rule_origin(environment, rule.line));
    }
    if let Some(serving) = &environment.serving.value {
        line(
            "serving",
            describe_serving(serving),
            origin(&environment.serving),
        );
    }
    let default = environment
        .default_variant
        .clone()
        .unwrap_or_else(|| shown_value(&environment.default.value));
    line("default", default, origin(&environment.default));
    if let Some(attribute) = &environment.bucket_by.value {
        line(
            "bucket_by",
            one_line(attribute),
            origin(&environment.bucket_by),
        );
    }
    text
}

/// A rule has its own line; its list has the file and the environment.
fn rule_origin(environment: &ShownEnvironment, line: usize) -> String {
    let slot = ShownSlot {
        value: (),
        environment: environment.rules.environment.clone(),
        place: environment
            .rules
            .place
            .as_ref()
            .map(|(file, _)| (file.clone(), line)),
    };
    origin(&slot)
}

fn origin<T>(slot: &ShownSlot<T>) -> String {
    let Some((file, line)) = &slot.place else {
        return String::new();
    };
    let owner = slot.environment.as_deref().unwrap_or("the flag");
    format!("   {}:{line} ({owner})", one_line(file))
}

fn shown_value(value: &Value) -> String {
    match value {
        Value::Object(_) => one_line(&value.to_string()),
        other => plain(other),
    }
}

/// Returns what is served and to how many, in words: `true to 25%`.
fn describe_serving(serving: &ShownServing) -> String {
    let what = match (&serving.value, &serving.variant, &serving.split) {
        (Some(value), _, _) => shown_value(value),
        (_, Some(variant), _) => variant.clone(),
        (_, _, Some(split)) => {
            let parts: Vec<String> = split
                .iter()
                .map(|(name, weight)| format!("{name}={}", thousandths(*weight)))
                .collect();
            format!("split {}", parts.join(", "))
        }
        _ => "nothing".to_owned(),
    };
    let how_many = match (serving.percentage, serving.gradual) {
        (Some(share), _) => format!(" to {}%", thousandths(u64::from(share))),
        (_, Some(ramp)) => format!(
            " to {}% from {}, {}% more every {}, until {}%",
            thousandths(u64::from(ramp.from)),
            Timestamp::from_second(ramp.start)
                .map_or_else(|_| ramp.start.to_string(), |start| start.to_string()),
            thousandths(u64::from(ramp.increment)),
            duration(ramp.every),
            thousandths(u64::from(ramp.until)),
        ),
        _ => String::new(),
    };
    what + &how_many
}

//! Numbers, conditions and shares in words.

use jiff::civil::Weekday;
use serde_json::Value;

use crate::diagnostic::plain_text;

/// Returns a number with its noun: `1 flag`, `2 flags`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// Returns conditions (in the JSON form of the files) in one line:
/// `country in [US, CA] and segment beta_testers`.
#[must_use]
pub fn describe_conditions(conditions: &Value) -> String {
    let list = conditions.as_array().map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() {
        "everybody".to_owned()
    } else {
        join(list, " and ")
    }
}

fn join(list: &[Value], word: &str) -> String {
    list.iter()
        .map(|condition| describe(condition, list.len() > 1))
        .collect::<Vec<_>>()
        .join(word)
}

fn describe(condition: &Value, inside: bool) -> String {
    let text = |key: &str| condition.get(key).and_then(Value::as_str);
    if let (Some(attribute), Some(operator)) = (text("attribute"), text("operator")) {
        let operator = operator.replace('_', " ");
        return match condition.get("value") {
            Some(value) => format!("{} {operator} {}", plain_text(attribute), plain(value)),
            None => format!("{} {operator}", plain_text(attribute)),
        };
    }
    if let Some(segment) = text("segment") {
        return format!("segment {segment}");
    }
    let bracket = |list: &Vec<Value>, word: &str, empty: &str| match list.as_slice() {
        [] => empty.to_owned(),
        [only] => describe(only, inside),
        _ if inside => format!("({})", join(list, word)),
        _ => join(list, word),
    };
    if let Some(Value::Array(list)) = condition.get("any") {
        return bracket(list, " or ", "nobody");
    }
    if let Some(Value::Array(list)) = condition.get("all") {
        return bracket(list, " and ", "everybody");
    }
    condition.get("not").map_or_else(String::new, |inner| {
        format!("not ({})", describe(inner, false))
    })
}

/// Returns a value as people write it: text without quotes where it is plain, lists in brackets.
#[must_use]
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(plain).collect::<Vec<_>>().join(", ")
        ),
        // Numbers of conditions are floating, and people write `18`.
        Value::Number(number) if number.as_f64().is_some_and(|n| n.fract() == 0.0) => {
            let text = number.to_string();
            text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
        }
        // JSON escapes some control characters, and no others that a terminal obeys.
        other => plain_text(&other.to_string()).into_owned(),
    }
}

/// Returns free text of a file on one line, with control characters written as escapes.
#[must_use]
pub fn one_line(text: &str) -> String {
    plain_text(text.trim_end()).into_owned()
}

/// Returns a line of a file with its control characters written as escapes; tabs stay.
#[must_use]
pub fn source_line(line: &str) -> String {
    let parts: Vec<_> = line.trim_end().split('\t').map(plain_text).collect();
    parts.join("\t")
}

/// Returns a number of thousandths as a decimal: `12.5`.
#[must_use]
pub fn thousandths(number: u64) -> String {
    let (whole, rest) = (number / 1000, number % 1000);
    if rest == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{}", format!("{rest:03}").trim_end_matches('0'))
    }
}

/// Returns thousandths of a percent as text: `25%`, `12.5%`.
#[must_use]
pub fn percent(share: u32) -> String {
    format!("{}%", thousandths(u64::from(share)))
}

/// Returns a duration as files write it, in the largest unit that divides it: `1d`.
#[must_use]
pub fn duration(seconds: u64) -> String {
    let units = [(604_800, 'w'), (86_400, 'd'), (3_600, 'h'), (60, 'm')];
    let fitting = units
        .into_iter()
        .find(|(length, _)| seconds > 0 && seconds.is_multiple_of(*length));
    let (length, unit) = fitting.unwrap_or((1, 's'));
    format!("{}{unit}", seconds / length)
}

/// Returns the name of a day, as files write it.
#[must_use]
pub fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || "._-@:+/".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shares_are_written_as_people_write_them() {
        assert_eq!(percent(25_000), "25%");
        assert_eq!(percent(12_500), "12.5%");
        assert_eq!(percent(1), "0.001%");
        assert_eq!(percent(0), "0%");
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(
            [0, 1, 12_500, 25_000].map(thousandths),
            ["0", "0.001", "12.5", "25"]
        );
        assert_eq!(
            [1, 90, 300, 7_200, 86_400, 604_800].map(duration),
            ["1s", "90s", "5m", "2h", "1d", "1w"]
        );
    }

    #[test]
    fn a_terminal_obeys_nothing() {
        assert_eq!(plain(&json!("a\u{9b}2J\u{202e}")), r#""a\u{9b}2J\u{202e}""#);
        assert_eq!(one_line("two\nlines\n"), r"two\nlines");
        assert_eq!(source_line("a\tb \u{1b}[2J "), "a\tb \\u{1b}[2J");
    }

    #[test]
    fn conditions_read_as_a_sentence() {
        let conditions = json!([
            {"attribute": "country", "operator": "in", "value": ["US", "CA"]},
            {"any": [{"segment": "beta"}, {"not": {"attribute": "plan", "operator": "exists"}}]},
        ]);
        assert_eq!(
            describe_conditions(&conditions),
            "country in [US, CA] and (segment beta or not (plan exists))"
        );
        assert_eq!(describe_conditions(&json!([])), "everybody");
    }
}

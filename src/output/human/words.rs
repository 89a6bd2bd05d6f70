//! Numbers, conditions and shares in words.

use serde_json::Value;

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
            Some(value) => format!("{attribute} {operator} {}", plain(value)),
            None => format!("{attribute} {operator}"),
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
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(plain).collect::<Vec<_>>().join(", ")
        ),
        other => other.to_string(),
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

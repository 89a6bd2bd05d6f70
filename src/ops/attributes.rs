//! Contexts from the command line.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::model::{Attribute, AttributeKind};

use super::UsageError;

/// An attribute with its value, as written: `country=US`, `device.os=ios`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The attribute; dots reach into nested maps.
    pub name: String,
    /// The text of its value.
    pub text: String,
}

impl FromStr for Assignment {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, value) = parts.ok_or_else(|| {
            UsageError::new(
                format!("`{text}` is not an attribute with its value"),
                Some("write NAME=VALUE, like country=US".to_owned()),
            )
        })?;
        Ok(Self {
            name: name.to_owned(),
            text: value.to_owned(),
        })
    }
}

/// The attributes that are text whatever they look like.
const TEXTS: [&str; 6] = [
    "targetingKey",
    "user_id",
    "email",
    "country",
    "platform",
    "app_version",
];

/// How deep a dotted name may reach: as deep as files may nest.
const MAX_DEPTH: usize = 64;

/// Returns a context: `base` with the assignments laid over it. A value has the type that
/// attributes.yaml gives the attribute; where none is given, JSON is taken as such (`30`, `true`,
/// `["a"]`) and everything else as text.
///
/// # Errors
///
/// Fails if a value is not of its attribute's type, or if `base` is not a map.
pub fn context_of(
    base: Option<Value>,
    assignments: &[Assignment],
    attributes: Option<&BTreeMap<String, Attribute>>,
) -> Result<Map<String, Value>, UsageError> {
    let mut context = match base {
        None => Map::new(),
        Some(Value::Object(map)) => map,
        Some(_) => {
            return Err(UsageError::new(
                "the context is not a JSON object",
                Some("write {\"country\": \"US\"}".to_owned()),
            ));
        }
    };
    for assignment in assignments {
        let kind = attributes
            .and_then(|attributes| attributes.get(&assignment.name))
            .map(|attribute| attribute.kind);
        let value = typed(assignment, kind)?;
        if assignment.name.split('.').count() > MAX_DEPTH {
            let message = "an attribute's name nests too deep";
            return Err(UsageError::new(
                message,
                Some(format!("at most {MAX_DEPTH} names deep")),
            ));
        }
        insert(&mut context, &assignment.name, value)?;
    }
    Ok(context)
}

fn typed(assignment: &Assignment, kind: Option<AttributeKind>) -> Result<Value, UsageError> {
    let text = &assignment.text;
    let json: Option<Value> = serde_json::from_str(text).ok();
    let as_text = || Value::String(text.clone());
    let wrong = |wanted: &str| {
        UsageError::new(
            format!("`{text}` is not {wanted}, which `{}` is", assignment.name),
            Some(
                "attributes.yaml gives the types of attributes; `--context` takes any JSON"
                    .to_owned(),
            ),
        )
    };
    match kind {
        Some(AttributeKind::String | AttributeKind::Semver | AttributeKind::Datetime) => {
            Ok(as_text())
        }
        Some(AttributeKind::Number) => json
            .filter(Value::is_number)
            .ok_or_else(|| wrong("a number")),
        Some(AttributeKind::Boolean) => json
            .filter(Value::is_boolean)
            .ok_or_else(|| wrong("true or false")),
        Some(AttributeKind::List) => Ok(match json {
            Some(Value::Array(items)) => Value::Array(items),
            _ if text.is_empty() => Value::Array(Vec::new()),
            _ => Value::Array(
                text.split(',')
                    .map(|item| Value::String(item.trim().to_owned()))
                    .collect(),
            ),
        }),
        None if TEXTS.contains(&assignment.name.as_str()) => Ok(as_text()),
        None => Ok(json.unwrap_or_else(as_text)),
    }
}

fn insert(context: &mut Map<String, Value>, name: &str, value: Value) -> Result<(), UsageError> {
    let Some((head, rest)) = name.split_once('.') else {
        context.insert(name.to_owned(), value);
        return Ok(());
    };
    let inner = context
        .entry(head)
        .or_insert_with(|| Value::Object(Map::new()));
    match inner {
        Value::Object(map) => insert(map, rest, value),
        _ => Err(UsageError::new(
            format!("`{head}` is a value already and cannot hold `{rest}`"),
            None,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn context(assignments: &[&str]) -> Value {
        let assignments: Vec<Assignment> = assignments
            .iter()
            .map(|text| text.parse().expect("an assignment"))
            .collect();
        Value::Object(context_of(None, &assignments, None).expect("a context"))
    }

    #[test]
    fn values_are_json_where_they_can_be_and_text_otherwise() {
        assert_eq!(
            context(&["age=30", "beta=true", "plan=pro", "tags=[1,\"a\"]"]),
            json!({"age": 30, "beta": true, "plan": "pro", "tags": [1, "a"]})
        );
    }

    #[test]
    fn subjects_and_countries_stay_text() {
        assert_eq!(
            context(&["user_id=42", "app_version=2.10"]),
            json!({"user_id": "42", "app_version": "2.10"})
        );
    }

    #[test]
    fn dots_nest() {
        assert_eq!(
            context(&["device.os=ios", "device.v=2"]),
            json!({"device": {"os": "ios", "v": 2}})
        );
    }
}

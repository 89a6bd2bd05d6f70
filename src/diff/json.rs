//! Parts of records as JSON, kept small: a history has very many of them.

use std::fmt;

use serde_json::Value;

/// A part of a record as JSON; null where there is none. Equal where the texts are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Json(Option<Box<str>>);

impl Json {
    /// Returns the JSON that a text is; null where it is none.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self((text != "null").then(|| text.into()))
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.as_deref().unwrap_or("null")
    }

    /// Returns both: of maps their members, and of all else the other.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        fn join(one: Value, other: Value) -> Value {
            match (one, other) {
                (Value::Object(mut own), Value::Object(other)) => {
                    for (name, value) in other {
                        let joined = match own.remove(&name) {
                            Some(before) => join(before, value),
                            None => value,
                        };
                        own.insert(name, joined);
                    }
                    Value::Object(own)
                }
                (_, other) => other,
            }
        }
        join(self.value(), other.value()).into()
    }

    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_default()
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self((!value.is_null()).then(|| value.to_string().into()))
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_are_joined_member_by_member() {
        let one = Json::from(json!({"serving": {"share": 1000}, "rules": {"a": {"share": 1}}}));
        let other = Json::from(json!({"rules": {"b": {"share": 2}}}));
        let both =
            json!({"serving": {"share": 1000}, "rules": {"a": {"share": 1}, "b": {"share": 2}}});
        assert_eq!(one.with(&other).value(), both);
        assert_eq!(Json::default().with(&other), other);
    }
}

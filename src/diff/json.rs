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

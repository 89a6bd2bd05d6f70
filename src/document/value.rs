//! A document's values as JSON.

use serde_json::{Map, Number, Value};

use super::{Scalar, View};

/// Returns the value as JSON. Numbers with an integral value become integers, so that equal
/// numbers are equal JSON. Of a key that is written twice the first counts, as for [`View::get`].
/// A number that JSON does not have (`.inf`) was reported when the file was
/// parsed, and is 0 here.
#[must_use]
pub fn to_json(view: View<'_>) -> Value {
    if let Some(scalar) = view.scalar() {
        return scalar_to_json(scalar);
    }
    if view.is_list() {
        return Value::Array(view.items().map(to_json).collect());
    }
    let mut map = Map::new();
    for member in view.entries() {
        if !map.contains_key(member.key) {
            map.insert(member.key.to_owned(), to_json(member.value));
        }
    }
    Value::Object(map)
}

pub(super) fn scalar_to_json(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(*value),
        Scalar::Integer(value) => Value::from(*value),
        Scalar::Float(value) => number_to_json(*value),
        Scalar::String(text) => Value::String(text.clone().into_owned()),
    }
}

/// The largest integer that every consumer of JSON numbers reads exactly: 2^53 − 1.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to be integral and within 2^53"
)]
fn number_to_json(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() <= MAX_EXACT {
        Value::from(value as i64)
    } else {
        Number::from_f64(value).map_or(Value::from(0), Value::Number)
    }
}

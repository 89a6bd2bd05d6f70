//! What the format's conventions add to the schemas that the types give.

use schemars::Schema;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Map, Value, json};

/// Applies the conventions of the file format to every subschema:
///
/// - null is allowed only where a type is marked `x-nullable`;
/// - closed maps, and maps of named things, take keys that begin with `x-`;
/// - widths of Rust's integers are not part of the format.
#[derive(Debug, Clone)]
pub(super) struct FormatConventions;

impl Transform for FormatConventions {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        let nullable = object.remove("x-nullable").is_some();
        strip_null(object);
        if nullable {
            allow_null(object);
        }
        strip_number_format(object);
        allow_extensions(object);
    }
}

/// Removes the widths of Rust's integers, which say nothing to readers of JSON.
#[derive(Debug, Clone)]
pub(super) struct PlainNumbers;

impl Transform for PlainNumbers {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if let Some(object) = schema.as_object_mut() {
            strip_number_format(object);
        }
    }
}

fn strip_number_format(object: &mut Map<String, Value>) {
    let width = object.get("format").and_then(Value::as_str);
    if width.is_some_and(|width| {
        width.starts_with("int") || width.starts_with("uint") || width == "double"
    }) {
        object.remove("format");
    }
}

/// `type: [T, "null"]` becomes `type: T`, and `anyOf: [S, {type: null}]` becomes S.
fn strip_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    let null = json!({"type": "null"});
    let inner = match object.get("anyOf") {
        Some(Value::Array(branches)) => match branches.as_slice() {
            [inner, other] if *other == null => inner.as_object().cloned(),
            _ => None,
        },
        _ => None,
    };
    if let Some(inner) = inner {
        object.remove("anyOf");
        for (key, value) in inner {
            object.entry(key).or_insert(value);
        }
    }
}

fn allow_null(object: &mut Map<String, Value>) {
    if let Some(Value::String(name)) = object.get("type") {
        let types = json!([name, "null"]);
        object.insert("type".into(), types);
    }
}

/// Closed maps (`additionalProperties: false`) and maps of named things (`propertyNames`) take
/// keys that begin with `x-`. Splits, metadata, contexts and JSON values do not.
fn allow_extensions(object: &mut Map<String, Value>) {
    let closed = object.get("additionalProperties") == Some(&Value::Bool(false));
    let named = object.contains_key("propertyNames") && object.get("pattern").is_none();
    if named
        && let Some(Value::String(pattern)) = object
            .get_mut("propertyNames")
            .and_then(|names| names.get_mut("pattern"))
    {
        pattern.insert_str(0, "^x-|");
    }
    if closed || named {
        object.insert("patternProperties".into(), json!({"^x-": true}));
    }
}

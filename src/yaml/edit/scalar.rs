//! Scalars to text: plain where every reader takes it for the same, else in quotes.

use std::borrow::Cow;

use crate::document::{Scalar, Style};
use crate::yaml::{resolve_plain, yaml_1_1_reading};

/// How strings are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    /// Where plain will not do.
    AsNeeded,
    /// With `'`, where that can be.
    Single,
    /// With `"`.
    Double,
}

impl Quote {
    /// Returns what a hint asks for.
    pub(super) fn of(style: Option<Style>) -> Self {
        Self::AsNeeded.or(style)
    }

    /// Returns these quotes, if a hint asks for no others.
    pub(super) fn or(self, style: Option<Style>) -> Self {
        match style {
            Some(Style::Quoted) => Self::Double,
            _ => self,
        }
    }
}

/// Returns a scalar as text of one line.
pub(super) fn write_scalar(scalar: &Scalar<'_>, quote: Quote, flow: bool) -> String {
    match scalar {
        Scalar::Null => "null".into(),
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Integer(value) => value.to_string(),
        Scalar::Float(value) => float(*value),
        Scalar::String(text) => string(text, quote, flow),
    }
}

/// Returns a key as text.
pub(super) fn write_key(key: &str, quote: Quote) -> String {
    // Plain keys of flow maps are plain enough for block maps too.
    string(key, quote, true)
}

fn string(text: &str, quote: Quote, flow: bool) -> String {
    match quote {
        Quote::AsNeeded if is_plain(text, flow) => text.to_owned(),
        Quote::Single if text.chars().all(is_shown) => format!("'{}'", text.replace('\'', "''")),
        _ => double(text),
    }
}

/// Returns a float that reads as a float, to YAML 1.1 tools too: those want a dot, and a sign
/// before the exponent.
fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    let text = format!("{value:?}");
    let Some((number, exponent)) = text.split_once('e') else {
        return text;
    };
    let dot = if number.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{number}{dot}e{sign}{exponent}")
}

/// Returns whether a string can stand without quotes and is the same string to every reader.
pub(super) fn is_plain(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let is_string =
        matches!(resolve_plain(Cow::Borrowed(text)), Scalar::String(ref read) if read == text);
    is_string
        && yaml_1_1_reading(text).is_none()
        && !"-?:,[]{}#&*!|>'\"%@`=".contains(first)
        && text != "<<"
        && !text.starts_with("...")
        && !text.starts_with(' ')
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(is_shown)
        && !(flow && text.contains([',', '[', ']', '{', '}']))
}

/// Returns whether a character can stand for itself in a line.
pub(super) fn is_shown(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
        && !matches!(character, '\u{fffe}' | '\u{ffff}')
}

fn double(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            character if is_shown(character) => quoted.push(character),
            character => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
        }
    }
    quoted.push('"');
    quoted
}

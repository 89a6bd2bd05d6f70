//! `create`: a new flag, in the house style, off everywhere.

use crate::diagnostic::join_names;
use crate::document::{Scalar, Style, Tree, TreeValue};
use crate::format::FLAG_KEYS;
use crate::model::{FlagKey, FlagKind, RESERVED_STEMS};
use crate::ruleset::ValueType;

use super::Refusal;
use super::set::typed;

/// What to create.
#[derive(Debug, Clone)]
pub struct Create<'o> {
    /// Its key. It stands in the name of the file, and is not repeated in it.
    pub key: &'o FlagKey,
    /// The type of its values; left out, that of the default.
    pub value_type: Option<ValueType>,
    /// Its default as it was typed: YAML, on string flags the text itself.
    pub default: Option<&'o str>,
    /// What it is for.
    pub description: Option<&'o str>,
    /// Who answers for it.
    pub owner: Option<&'o str>,
    /// What kind of flag it is.
    pub kind: Option<FlagKind>,
    /// Words to select it by.
    pub tags: &'o [String],
    /// The day by which it should be gone.
    pub expires: Option<jiff::civil::Date>,
    /// Today.
    pub created: jiff::civil::Date,
}

/// Returns the file of a new flag that is off in each of these environments. The type is always
/// written: a default of 5 alone would not tell an integer from a number.
///
/// # Errors
///
/// Refuses a key that is one of the format's own files, a default that is not of the type, and
/// without a default any type but boolean: what nobody has said would be served.
pub fn create(options: &Create<'_>, environments: &[&str]) -> Result<Tree, Refusal> {
    not_reserved(options.key.as_str())?;
    let (value_type, default) = default(options)?;
    let mut root = Tree::map();
    let mut set = |key: &str, tree: Tree| root.set(key, tree, &FLAG_KEYS);
    set("type", value_type.name().into());
    if let Some(description) = options.description {
        set("description", description.into());
    }
    if let Some(owner) = options.owner {
        set("owner", owner.into());
    }
    if !options.tags.is_empty() {
        let tags = options.tags.iter().map(|tag| tag.as_str().into());
        set(
            "tags",
            Tree::from(tags.collect::<Vec<Tree>>()).in_brackets(),
        );
    }
    set("lifecycle", lifecycle(options));
    set("default_value", default);
    let off = || match value_type {
        ValueType::Boolean => false.into(),
        _ => Tree::map_of([("enabled", false.into())]).in_brackets(),
    };
    let entries = environments.iter().map(|name| (*name, off()));
    let mut entries = Tree::map_of(entries);
    entries.style = Some(Style::Plain);
    set("environments", entries);
    Ok(root)
}

/// Refuses the names of the format's own files, which are no flags whether they are there or not.
///
/// # Errors
///
/// Names the file.
pub fn not_reserved(key: &str) -> Result<(), Refusal> {
    let mut reserved = RESERVED_STEMS.into_iter();
    let Some(stem) = reserved.find(|stem| stem.eq_ignore_ascii_case(key)) else {
        return Ok(());
    };
    Err(Refusal::usage(
        format!("a flag cannot be called `{key}`: {stem}.yaml is a file of the format's own"),
        "choose another key",
    ))
}

fn lifecycle(options: &Create<'_>) -> Tree {
    let mut lifecycle = Tree::map();
    if let Some(kind) = options.kind {
        lifecycle.set("kind", kind.name(), &[]);
    }
    lifecycle.set("created", options.created.to_string(), &[]);
    if let Some(expires) = options.expires {
        lifecycle.set("expires", expires.to_string(), &[]);
    }
    lifecycle.in_brackets()
}

fn default(options: &Create<'_>) -> Result<(ValueType, Tree), Refusal> {
    let Some(text) = options.default else {
        return match options.value_type {
            None | Some(ValueType::Boolean) => Ok((ValueType::Boolean, false.into())),
            Some(other) => Err(Refusal::usage(
                format!("it is not said what `{}` serves by default", options.key),
                format!("say it with `--default`, a value of type {}", other.name()),
            )),
        };
    };
    if options.value_type == Some(ValueType::String) {
        return Ok((ValueType::String, text.into()));
    }
    let tree = typed(text).map_err(|problem| {
        Refusal::usage(
            format!("the default is not YAML: {problem}"),
            "write it as in the file, and in quotes for the shell",
        )
    })?;
    let fitting = types_of(&tree);
    let Some(first) = fitting.first() else {
        return Err(Refusal::usage(
            "a flag's value is never null",
            "say a value, or leave `--default` out for a boolean that is false",
        ));
    };
    let wanted = options.value_type.unwrap_or(*first);
    if fitting.contains(&wanted) {
        return Ok((wanted, tree));
    }
    let names: Vec<&str> = fitting.iter().map(|fitting| fitting.name()).collect();
    Err(Refusal::usage(
        format!("the default `{text}` is not of type {}", wanted.name()),
        format!(
            "say another `--default`, or for `--type` {}",
            join_names(&names, "or")
        ),
    ))
}

/// Returns the types that a value can be of, first the one that it has where none is said: a number
/// is never meant to be an integer.
fn types_of(tree: &Tree) -> Vec<ValueType> {
    match &tree.value {
        TreeValue::Scalar(Scalar::Null) => Vec::new(),
        TreeValue::Scalar(Scalar::Boolean(_)) => vec![ValueType::Boolean],
        TreeValue::Scalar(Scalar::Integer(_)) => vec![ValueType::Number, ValueType::Integer],
        TreeValue::Scalar(Scalar::Float(_)) => vec![ValueType::Number],
        TreeValue::Scalar(Scalar::String(_)) => vec![ValueType::String],
        TreeValue::List(_) | TreeValue::Map(_) => vec![ValueType::Json],
    }
}

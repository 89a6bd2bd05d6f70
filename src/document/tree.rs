//! Values apart from any file: what an edit wants a file to say.

use serde_json::Value;

use super::value::scalar_to_json;
use super::{Scalar, Style, View};

/// A value that is to stand in a file. Two trees are equal if they mean the same, whatever their
/// styles; the order of a map's keys is style too.
#[derive(Debug, Clone)]
pub struct Tree {
    /// What it is.
    pub value: TreeValue,
    /// How it is to be written where it is new; `None` leaves that to the file it goes to.
    pub style: Option<Style>,
}

/// What a [`Tree`] is.
#[derive(Debug, Clone)]
pub enum TreeValue {
    /// A value without parts.
    Scalar(Scalar<'static>),
    /// A list.
    List(Vec<Tree>),
    /// A map: keys with their values, each key once, in the order in which new ones are written.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// Returns a map without keys.
    #[must_use]
    pub fn map() -> Self {
        TreeValue::Map(Vec::new()).into()
    }

    /// Returns a map of these keys.
    #[must_use]
    pub fn map_of<'k>(entries: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        let entries = entries.into_iter();
        TreeValue::Map(entries.map(|(key, tree)| (key.to_owned(), tree)).collect()).into()
    }

    /// Returns the value that stands at a place of a file, aliases written out, with its style.
    #[must_use]
    pub fn of(view: View<'_>) -> Self {
        let value = if let Some(scalar) = view.scalar() {
            TreeValue::Scalar(scalar.clone().into_owned())
        } else if view.is_list() {
            TreeValue::List(view.items().map(Self::of).collect())
        } else {
            let mut entries: Vec<(String, Self)> = Vec::with_capacity(view.entries().len());
            for member in view.entries() {
                if entries.iter().all(|(key, _)| key != member.key) {
                    entries.push((member.key.to_owned(), Self::of(member.value)));
                }
            }
            TreeValue::Map(entries)
        };
        Self {
            value,
            style: Some(view.style()),
        }
    }

    /// Returns the same in brackets, where it is new.
    #[must_use]
    pub fn in_brackets(mut self) -> Self {
        self.style = Some(Style::Flow);
        self
    }

    /// Returns a JSON value.
    #[must_use]
    pub fn from_json(value: &Value) -> Self {
        match value {
            Value::Null => Scalar::Null.into(),
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Scalar::Integer(integer).into(),
                None => Scalar::Float(number.as_f64().unwrap_or_default()).into(),
            },
            Value::String(text) => text.as_str().into(),
            Value::Array(items) => items.iter().map(Self::from_json).collect::<Vec<_>>().into(),
            Value::Object(map) => {
                let entries = map.iter();
                Self::map_of(entries.map(|(key, value)| (key.as_str(), Self::from_json(value))))
            }
        }
    }

    /// Returns the value as JSON, as [`super::to_json`] does.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.value {
            TreeValue::Scalar(scalar) => scalar_to_json(scalar),
            TreeValue::List(items) => items.iter().map(Self::to_json).collect(),
            TreeValue::Map(entries) => entries
                .iter()
                .map(|(key, tree)| (key.clone(), tree.to_json()))
                .collect(),
        }
    }

    /// Returns the scalar, if it is one.
    #[must_use]
    pub fn scalar(&self) -> Option<&Scalar<'static>> {
        match &self.value {
            TreeValue::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Returns the text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self.scalar() {
            Some(Scalar::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns the boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.scalar() {
            Some(Scalar::Boolean(value)) => Some(*value),
            _ => None,
        }
    }

    /// Returns whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.scalar() == Some(&Scalar::Null)
    }

    /// Returns whether it is a map.
    #[must_use]
    pub fn is_map(&self) -> bool {
        matches!(self.value, TreeValue::Map(_))
    }

    /// Returns the entries of a map; of anything else, none.
    #[must_use]
    pub fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            TreeValue::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Returns the items of a list; of anything else, none.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            TreeValue::List(items) => items,
            _ => &[],
        }
    }

    /// Returns the items of a list, for writing; of anything else, nothing.
    pub fn items_mut(&mut self) -> Option<&mut Vec<Self>> {
        match &mut self.value {
            TreeValue::List(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the value of a key, if it is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, tree)| tree)
    }

    /// Returns the value of a key for writing, if it is a map that has it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            TreeValue::Map(entries) => entries
                .iter_mut()
                .find(|(name, _)| name == key)
                .map(|(_, tree)| tree),
            _ => None,
        }
    }

    /// Returns whether it is a map that has the key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Sets a key of a map. A new key goes where `order` puts it: behind the last of the keys that
    /// stand before it there, else before the first that stand behind it, else to the end. On
    /// anything but a map nothing happens.
    pub fn set(&mut self, key: &str, tree: impl Into<Self>, order: &[&str]) {
        let tree = tree.into();
        if let Some(present) = self.get_mut(key) {
            // How a scalar is written says nothing of a map in its place.
            let is_alike =
                std::mem::discriminant(&present.value) == std::mem::discriminant(&tree.value);
            let style = present.style.filter(|_| is_alike);
            *present = tree;
            present.style = present.style.or(style);
            return;
        }
        let TreeValue::Map(entries) = &mut self.value else {
            return;
        };
        let rank = |name: &str| order.iter().position(|other| *other == name);
        let own = rank(key);
        let before = entries
            .iter()
            .rposition(|(name, _)| matches!((rank(name), own), (Some(a), Some(b)) if a < b));
        let behind = entries
            .iter()
            .position(|(name, _)| matches!((rank(name), own), (Some(a), Some(b)) if a > b));
        let at = before.map(|at| at + 1).or(behind).unwrap_or(entries.len());
        entries.insert(at, (key.to_owned(), tree));
    }

    /// Takes a key out of a map and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        let TreeValue::Map(entries) = &mut self.value else {
            return None;
        };
        let at = entries.iter().position(|(name, _)| name == key)?;
        Some(entries.remove(at).1)
    }
}

impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (TreeValue::Scalar(a), TreeValue::Scalar(b)) => a == b,
            (TreeValue::List(a), TreeValue::List(b)) => a == b,
            (TreeValue::Map(a), TreeValue::Map(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b)
                        .all(|((key, tree), (other_key, other_tree))| {
                            // In the same order, as nearly always, no key is searched.
                            if key == other_key {
                                tree == other_tree
                            } else {
                                other.get(key) == Some(tree)
                            }
                        })
            }
            _ => false,
        }
    }
}

impl From<TreeValue> for Tree {
    fn from(value: TreeValue) -> Self {
        Self { value, style: None }
    }
}

impl From<Scalar<'static>> for Tree {
    fn from(scalar: Scalar<'static>) -> Self {
        TreeValue::Scalar(scalar).into()
    }
}

impl From<bool> for Tree {
    fn from(value: bool) -> Self {
        Scalar::Boolean(value).into()
    }
}

impl From<i64> for Tree {
    fn from(value: i64) -> Self {
        Scalar::Integer(value).into()
    }
}

impl From<f64> for Tree {
    fn from(value: f64) -> Self {
        Scalar::Float(value).into()
    }
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Scalar::String(text.to_owned().into()).into()
    }
}

impl From<String> for Tree {
    fn from(text: String) -> Self {
        Scalar::String(text.into()).into()
    }
}

impl From<Vec<Self>> for Tree {
    fn from(items: Vec<Self>) -> Self {
        TreeValue::List(items).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(tree: &Tree) -> Vec<&str> {
        tree.entries().iter().map(|(key, _)| key.as_str()).collect()
    }

    #[test]
    fn a_new_key_goes_where_the_order_puts_it() {
        let order = ["enabled", "percentage", "default_value", "schedule"];
        let mut tree = Tree::map();
        tree.set("percentage", true, &order);
        tree.set("x-note", true, &order);
        tree.set("schedule", true, &order);
        tree.set("enabled", true, &order);
        tree.set("default_value", true, &order);
        assert_eq!(
            keys(&tree),
            [
                "enabled",
                "percentage",
                "default_value",
                "schedule",
                "x-note"
            ]
        );
    }

    #[test]
    fn order_and_style_do_not_make_trees_differ() {
        let one = Tree::map_of([("a", true.into()), ("b", "x".into())]);
        let mut other = Tree::map_of([("b", "x".into()), ("a", true.into())]);
        other.style = Some(Style::Flow);
        assert_eq!(one, other);
        other.set("b", "y", &[]);
        assert_ne!(one, other);
    }
}

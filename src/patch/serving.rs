//! What is to be served, and to how many, as a change says it.

use crate::document::{Scalar, Tree};
use crate::literal;
use crate::model::{EnvironmentId, Serve};
use crate::ruleset::ValueType;
use crate::words;

use super::entry::{Draft, default_key, inherited, is_plain_boolean, moment, serving_of, steps};
use super::{Refusal, Subject};

/// The keys of what is served.
pub(super) const WHAT_KEYS: [&str; 3] = ["value", "variant", "split"];

/// The keys of to how many.
pub(super) const SHARE_KEYS: [&str; 2] = ["percentage", "gradual"];

/// What is to be served.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A value, on flags without variants.
    Value(Tree),
    /// A value as it was typed: YAML, on string flags the text itself.
    Typed(String),
    /// A variant.
    Variant(String),
    /// Variants by weight: a map, or `default`.
    Split(Tree),
}

/// To how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// A percentage, in thousandths of a percent.
    Percentage(u32),
    /// A percentage that grows from the time of the change on.
    Gradual {
        /// How much is added each time, in thousandths of a percent.
        increment: u32,
        /// How long between two additions, in seconds.
        every: u64,
    },
}

impl What {
    /// Returns the key with its value.
    pub(super) fn entry(&self) -> (&'static str, Tree) {
        match self {
            Self::Value(tree) => ("value", tree.clone()),
            Self::Typed(text) => ("value", text.as_str().into()),
            Self::Variant(name) => ("variant", name.as_str().into()),
            Self::Split(weights) => ("split", weights.clone()),
        }
    }

    /// Returns what is meant for a flag: a typed value is read as the flag's type wants it. Refuses
    /// a value on a flag with variants, and variants on one without.
    pub(super) fn of(&self, subject: &Subject<'_>) -> Result<Self, Refusal> {
        self.check(subject)?;
        let Self::Typed(text) = self else {
            return Ok(self.clone());
        };
        if subject.flag.value_type == ValueType::String {
            return Ok(Self::Value(text.as_str().into()));
        }
        let value = crate::yaml::value(text).map_err(|problem| {
            Refusal::usage(
                format!("the value `{text}` is not YAML: {problem}"),
                "write it as in the file, and in quotes for the shell",
            )
        })?;
        Ok(Self::Value(value))
    }

    fn check(&self, subject: &Subject<'_>) -> Result<(), Refusal> {
        let flag = subject.flag;
        let names: Vec<&str> = flag.variants.iter().map(|v| v.key.as_str()).collect();
        if names.is_empty() {
            return match self {
                Self::Value(_) | Self::Typed(_) => Ok(()),
                _ => Err(Refusal::usage(
                    format!("`{}` lists no variants", flag.key),
                    "say what it serves with `--value`",
                )),
            };
        }
        let unknown = |name: &str| {
            Refusal::usage(
                format!("`{}` has no variant `{name}`", flag.key),
                crate::diagnostic::did_you_mean(name, names.iter().copied()).unwrap_or_default(),
            )
        };
        match self {
            Self::Value(_) | Self::Typed(_) => Err(Refusal::usage(
                format!("`{}` lists variants, so it serves them by name", flag.key),
                format!(
                    "say `--variant` and one of {}",
                    crate::diagnostic::join_names(&names, "and")
                ),
            )),
            Self::Variant(name) if !names.contains(&name.as_str()) => Err(unknown(name)),
            Self::Variant(_) => Ok(()),
            Self::Split(weights) => weights
                .entries()
                .iter()
                .find(|(name, _)| !names.contains(&name.as_str()))
                .map_or(Ok(()), |(name, _)| Err(unknown(name))),
        }
    }
}

impl Share {
    /// Returns the key with its value; a ramp begins at `time`, rounded up to the minute.
    pub(super) fn entry(self, time: i64) -> (&'static str, Tree) {
        match self {
            Self::Percentage(share) => ("percentage", percent(share)),
            Self::Gradual { increment, every } => {
                let ramp = [
                    ("start", moment(next_minute(time)).into()),
                    ("increment", percent(increment)),
                    ("every", words::duration(every).into()),
                ];
                ("gradual", Tree::map_of(ramp))
            }
        }
    }
}

/// Returns a time rounded up to the minute.
pub(super) fn next_minute(time: i64) -> i64 {
    time.div_euclid(60)
        .saturating_add(i64::from(time.rem_euclid(60) > 0))
        .saturating_mul(60)
}

/// Returns thousandths of a percent as files write them.
pub(super) fn percent(share: u32) -> Tree {
    if share.is_multiple_of(1000) {
        Scalar::Integer(i64::from(share / 1000)).into()
    } else {
        Scalar::Float(f64::from(share) / 1000.0).into()
    }
}

/// Returns the serving that an environment inherits at a time, as keys of an entry.
pub(super) fn inherited_serving(
    subject: &Subject<'_>,
    environment: EnvironmentId,
    time: i64,
) -> Option<Vec<(String, Tree)>> {
    inherited(subject, environment, time).find_map(|layer| serving_of(&layer))
}

/// Returns the rules that hold in an environment at a time, as they are written where they stand:
/// in its own entry (`map`), in one that it inherits, or at the flag.
pub(super) fn rules_of(
    subject: &Subject<'_>,
    environment: EnvironmentId,
    map: &Tree,
    time: i64,
) -> Vec<Tree> {
    let list = |tree: &Tree| tree.items().to_vec();
    let of_flag = || subject.root.get("targeting_rules").map(list);
    let mut layers = std::iter::once(map.clone())
        .chain(inherited(subject, environment, time))
        .filter_map(|layer| layer.get("targeting_rules").cloned());
    match layers.next() {
        Some(rules) if rules.is_null() => of_flag().unwrap_or_default(),
        Some(rules) => list(&rules),
        None => of_flag().unwrap_or_default(),
    }
}

/// Returns whether an entry of a boolean is on and serves the off value to everybody,
/// now and later.
pub(super) fn is_idle(subject: &Subject<'_>, environment: EnvironmentId, map: &Tree) -> bool {
    let Subject { flag, now, .. } = *subject;
    let layers: Vec<Tree> = std::iter::once(map.clone())
        .chain(inherited(subject, environment, now))
        .collect();
    let key = default_key(subject);
    let default = layers.iter().find_map(|layer| layer.get(key));
    let serves_off = match default {
        Some(default) => says(subject, default, &flag.off),
        None => flag.default.value == flag.off,
    };
    flag.value_type == ValueType::Boolean
        && map.get("enabled").and_then(Tree::as_bool) == Some(true)
        && serves_off
        && layers.iter().all(|layer| steps(layer).is_empty())
        && layers
            .iter()
            .find_map(serving_of)
            .is_none_or(|serving| serving.iter().all(|(name, _)| name == key))
        && rules_of(subject, environment, map, now).is_empty()
}

/// Makes an idle entry one that says so: off, or where entries that follow may be on by it, to
/// nobody.
pub(super) fn put_to_rest(
    draft: &mut Draft<'_>,
    subject: &Subject<'_>,
    environment: EnvironmentId,
) {
    let environments = &subject.catalog.environments;
    let follows = |id: EnvironmentId| {
        let mut line = environments.sync_line(id).skip(1);
        line.any(|other| other == environment) && subject.flag.entry(id).is_some()
    };
    if environments.iter().any(|(id, _)| follows(id)) {
        draft.set("percentage", 0);
        // Where there are variants, a share is of one of them, be it of nobody.
        if !subject.flag.variants.is_empty() && !draft.map.has("split") {
            draft.set("variant", tree_of(subject, &subject.flag.default.value));
        }
    } else {
        draft.set("enabled", false);
    }
}

/// Returns whether a tree says what the flag's own default is.
pub(super) fn is_flag_default(subject: &Subject<'_>, tree: &Tree) -> bool {
    says(subject, tree, &subject.flag.default.value)
}

/// Returns whether a tree names a value, or a variant, that is served.
pub(super) fn says(subject: &Subject<'_>, tree: &Tree, serve: &Serve) -> bool {
    match serve {
        Serve::Value(value) => tree.to_json() == *value,
        Serve::Variant(id) => {
            let variant = subject.flag.variants.get(usize::from(id.0));
            variant.is_some_and(|variant| tree.as_str() == Some(variant.key.as_str()))
        }
    }
}

/// Returns a served value as files write it: a value, or the name of a variant.
pub(super) fn tree_of(subject: &Subject<'_>, serve: &Serve) -> Tree {
    match serve {
        Serve::Value(value) => Tree::from_json(value),
        Serve::Variant(id) => subject
            .flag
            .variants
            .get(usize::from(id.0))
            .map_or("", |variant| variant.key.as_str())
            .into(),
    }
}

/// A serving as keys, while it is changed.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys(pub(super) Vec<(String, Tree)>);

impl Keys {
    pub(super) fn get(&self, key: &str) -> Option<&Tree> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, tree)| tree)
    }

    pub(super) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.get(key).is_some())
    }

    pub(super) fn remove(&mut self, keys: &[&str]) {
        self.0.retain(|(name, _)| !keys.contains(&name.as_str()));
    }

    /// Sets one of a group of keys that exclude each other.
    pub(super) fn replace(&mut self, group: &[&str], (key, tree): (&str, Tree)) {
        let others: Vec<&str> = group
            .iter()
            .copied()
            .filter(|other| *other != key)
            .collect();
        self.remove(&others);
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some((_, present)) => *present = tree,
            None => self.0.push((key.to_owned(), tree)),
        }
    }

    /// Returns whether it says what, or to how many.
    pub(super) fn has_step(&self) -> bool {
        self.has_any(&WHAT_KEYS) || self.has_any(&SHARE_KEYS)
    }

    /// Returns whether its step reaches somebody.
    pub(super) fn reaches_somebody(&self) -> bool {
        let nobody = self.get("percentage").and_then(thousandths) == Some(0);
        self.has_step() && !nobody
    }

    /// Returns the one thing that the step serves, as a tree; `None` for a split of several.
    pub(super) fn single(&self, subject: &Subject<'_>) -> Option<Tree> {
        if let Some(one) = self.get("value").or_else(|| self.get("variant")) {
            return Some(one.clone());
        }
        if let Some(weights) = self.get("split").filter(|split| split.is_map()) {
            let mut above = weights
                .entries()
                .iter()
                .filter(|(_, weight)| !is_zero(weight));
            return match (above.next(), above.next()) {
                (Some((name, _)), None) => Some(name.as_str().into()),
                _ => None,
            };
        }
        is_plain_boolean(subject).then(|| true.into())
    }

    /// Returns the environment's own default.
    pub(super) fn default(&self, subject: &Subject<'_>) -> Option<&Tree> {
        self.get(default_key(subject))
    }
}

fn is_zero(tree: &Tree) -> bool {
    match tree.scalar() {
        Some(Scalar::Integer(value)) => *value == 0,
        Some(Scalar::Float(value)) => *value == 0.0,
        _ => false,
    }
}

/// Returns the share of a percentage key, in thousandths of a percent.
pub(super) fn thousandths(tree: &Tree) -> Option<u32> {
    let share = match tree.scalar()? {
        #[expect(clippy::cast_precision_loss, reason = "percentages are small")]
        Scalar::Integer(value) => literal::thousandths(*value as f64),
        Scalar::Float(value) => literal::thousandths(*value),
        _ => None,
    };
    share.and_then(|share| u32::try_from(share).ok())
}

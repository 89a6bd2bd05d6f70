//! `set`: any single slot of an environment, or top-level field of the flag.

use crate::document::Tree;
use crate::format::{ENTRY_KEYS, FLAG_KEYS, SERVING_KEYS};
use crate::model::EnvironmentId;
use crate::resolve::{self, Moment};
use crate::ruleset::ValueType;
use crate::yaml;

use super::entry::{Draft, Form, default_key, holds_slot, serving_of};
use super::serving::{Keys, SHARE_KEYS, WHAT_KEYS, inherited_serving};
use super::{Patched, Pending, Refusal, Subject};

/// A slot, with the text of its new value; `None` takes it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The slot: dots reach into maps.
    pub slot: String,
    /// The value as it was typed.
    pub value: Option<String>,
}

/// The fields that commands of their own write, with these commands.
const ELSEWHERE: [(&str, &str); 4] = [
    ("environments", "name the environment with `--env`"),
    (
        "kill_switch",
        "`ffctl emergency-disable` and `ffctl restore` write it",
    ),
    ("archived", "`ffctl archive` writes it"),
    ("flag_id", "`ffctl rename` gives a flag another key"),
];

/// The slots whose value is text, whatever it looks like.
const TEXT_SLOTS: [&str; 9] = [
    "type",
    "description",
    "owner",
    "salt",
    "bucket_by",
    "variant",
    "default_variant",
    "off_variant",
    "lifecycle.kind",
];

/// Sets slots of an environment's entry, or without an environment fields of the flag.
///
/// # Errors
///
/// Refuses slots that do not exist or that other commands write, values that are not YAML, and
/// what [`Pending`] asks for.
pub fn set(
    subject: &Subject<'_>,
    environment: Option<EnvironmentId>,
    assignments: &[Assignment],
    pending: Pending,
) -> Result<Patched, Refusal> {
    not_twice(assignments)?;
    match environment {
        Some(environment) => set_slots(subject, environment, assignments, pending),
        None => set_fields(subject, assignments),
    }
}

/// Refuses a slot that is named more than once: which of them is meant, nobody can tell.
fn not_twice(assignments: &[Assignment]) -> Result<(), Refusal> {
    let mut rest = assignments;
    while let Some((first, others)) = rest.split_first() {
        if others.iter().any(|other| other.slot == first.slot) {
            return Err(Refusal::usage(
                format!("`{}` is set or unset twice", first.slot),
                "say it once, as it is meant",
            ));
        }
        rest = others;
    }
    Ok(())
}

fn set_fields(subject: &Subject<'_>, assignments: &[Assignment]) -> Result<Patched, Refusal> {
    let mut root = subject.root.clone();
    for assignment in assignments {
        let path: Vec<&str> = assignment.slot.split('.').collect();
        known(path.first().copied().unwrap_or_default(), &FLAG_KEYS)?;
        let value = assignment
            .value
            .as_deref()
            .map(|text| value(subject, &assignment.slot, text))
            .transpose()?;
        assign(&mut root, &path, value, &FLAG_KEYS, &assignment.slot)?;
    }
    Ok(Patched {
        root,
        notes: Vec::new(),
    })
}

fn set_slots(
    subject: &Subject<'_>,
    environment: EnvironmentId,
    assignments: &[Assignment],
    pending: Pending,
) -> Result<Patched, Refusal> {
    subject.not_archived()?;
    let mut draft = Draft::new(subject, environment);
    draft.fold_elapsed();
    let only_default = |key: &str| key == default_key(subject);
    let mut stays_scalar = draft.form == Form::Scalar;
    // How many parts of the serving are set, and which of them to null.
    let (mut parts, mut null) = (0_usize, None);
    for assignment in assignments {
        let path: Vec<&str> = assignment.slot.split('.').collect();
        let key = path.first().copied().unwrap_or_default();
        known(key, &ENTRY_KEYS)?;
        let value = assignment
            .value
            .as_deref()
            .map(|text| value(subject, &assignment.slot, text))
            .transpose()?;
        stays_scalar &= only_default(key);
        if SERVING_KEYS.contains(&key) && value.is_some() {
            let whole = value.as_ref().filter(|_| path.len() == 1);
            parts += 1;
            if whole.is_some_and(Tree::is_null) {
                null = Some(assignment.slot.as_str());
            }
            restate(subject, environment, &mut draft, key, whole);
        }
        assign(&mut draft.map, &path, value, &ENTRY_KEYS, &assignment.slot)?;
    }
    if let Some(slot) = null.filter(|_| parts > 1) {
        return Err(Refusal::usage(
            format!("`{slot}=null` takes the flag's own serving, and the rest says another"),
            "say one of them: `percentage=null` stands alone",
        ));
    }
    stays_dark(subject, environment, &draft)?;
    if stays_scalar {
        draft.finish_short(pending)
    } else {
        draft.finish(pending)
    }
}

/// Refuses an entry that would let the flag's rules take effect where nothing is said of the flag
/// yet, and says nothing of what is served.
fn stays_dark(
    subject: &Subject<'_>,
    environment: EnvironmentId,
    draft: &Draft<'_>,
) -> Result<(), Refusal> {
    let Subject { catalog, flag, .. } = *subject;
    let time = Moment::At(subject.settled(environment));
    let present = resolve::resolve(catalog, flag, environment, time);
    let map = &draft.map;
    let is_said = map.has("enabled") || map.has("targeting_rules") || serving_of(map).is_some();
    if present.exposed || flag.rules.value.is_empty() || is_said || !holds_slot(map) {
        return Ok(());
    }
    let name = draft.name();
    Err(Refusal::usage(
        format!(
            "nothing is said of `{}` in {name} yet: an entry would switch its rules on there",
            flag.key
        ),
        format!(
            "`ffctl enable --flag {} --env {name}` first, if that is meant",
            flag.key
        ),
    ))
}

/// Makes room for a part of the serving: what it excludes goes, and over an inherited base the rest
/// of the serving is restated, since an entry that writes any of it replaces all of it.
fn restate(
    subject: &Subject<'_>,
    environment: EnvironmentId,
    draft: &mut Draft<'_>,
    key: &str,
    value: Option<&Tree>,
) {
    if value.is_some_and(Tree::is_null) {
        // `percentage: null` stands alone: the flag's own serving.
        draft.set_serving(&[]);
        return;
    }
    let own = serving_of(&draft.map);
    let mut keys = Keys(
        own.or_else(|| inherited_serving(subject, environment, subject.settled(environment)))
            .unwrap_or_default(),
    );
    for group in [&WHAT_KEYS[..], &SHARE_KEYS[..]] {
        if group.contains(&key) {
            let others: Vec<&str> = group
                .iter()
                .copied()
                .filter(|other| *other != key)
                .collect();
            keys.remove(&others);
        }
    }
    draft.set_serving(&keys.0);
}

fn known(key: &str, keys: &[&str]) -> Result<(), Refusal> {
    if let Some((_, hint)) = ELSEWHERE.iter().find(|(other, _)| *other == key) {
        return Err(Refusal::usage(
            format!("`{key}` is not written by `set`"),
            *hint,
        ));
    }
    if keys.contains(&key) || key.starts_with("x-") {
        return Ok(());
    }
    let hint = crate::diagnostic::near_names(key, keys.iter().copied())
        .unwrap_or_else(|| format!("known are {}", crate::diagnostic::join_names(keys, "and")));
    Err(Refusal::usage(format!("there is no slot `{key}`"), hint))
}

/// Reads a typed value: YAML, or on text slots the text itself.
fn value(subject: &Subject<'_>, slot: &str, text: &str) -> Result<Tree, Refusal> {
    let last = slot.rsplit('.').next().unwrap_or_default();
    let of_flag = ["value", "default_value", "off_value"].contains(&last);
    let is_text = TEXT_SLOTS.contains(&slot)
        || TEXT_SLOTS.contains(&last)
        || (of_flag && subject.flag.value_type == ValueType::String);
    // `null` gives a slot of an environment back to the flag.
    if is_text && !(text == "null" && slot == "bucket_by") {
        return Ok(text.into());
    }
    typed(text).map_err(|problem| {
        Refusal::usage(
            format!("the value of `{slot}` is not YAML: {problem}"),
            "write it as in the file, and in quotes for the shell",
        )
    })
}

/// Reads a value that was typed as YAML.
pub(super) fn typed(text: &str) -> Result<Tree, String> {
    yaml::value(text)
}

fn assign(
    tree: &mut Tree,
    path: &[&str],
    value: Option<Tree>,
    order: &[&str],
    slot: &str,
) -> Result<(), Refusal> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(());
    };
    if key.is_empty() {
        return Err(Refusal::usage(
            format!("`{slot}` is not the name of a slot"),
            "write names with dots between them, like `lifecycle.expires`",
        ));
    }
    if rest.is_empty() {
        match value {
            Some(value) => tree.set(key, value, order),
            None => drop(tree.remove(key)),
        }
        return Ok(());
    }
    if tree.get(key).is_none_or(Tree::is_null) {
        if value.is_none() {
            return Ok(());
        }
        tree.set(key, Tree::map(), order);
    }
    match tree.get_mut(key) {
        Some(inner) if inner.is_map() => assign(inner, rest, value, &[], slot)?,
        _ => {
            return Err(Refusal::usage(
                format!("`{key}` is not a map that `{slot}` could reach into"),
                "set it as a whole",
            ));
        }
    }
    let is_empty = tree
        .get(key)
        .is_some_and(|inner| inner.is_map() && inner.entries().is_empty());
    if is_empty {
        tree.remove(key);
    }
    Ok(())
}

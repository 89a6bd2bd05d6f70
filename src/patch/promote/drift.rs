//! In what the structures of two environments differ, in words.

use crate::document::Tree;
use crate::model::{Condition, Serving};

use super::side::{Side, Written};
use crate::patch::entry::in_one_line;
use crate::patch::serving::WHAT_KEYS;

/// Returns the differences, rules first.
pub(super) fn between(a: &Side<'_>, b: &Side<'_>) -> Vec<String> {
    let mut drift = Vec::new();
    for ours in &a.rules {
        match b.rule(ours.name()) {
            Some(theirs) => of_rule((a, ours), (b, theirs), &mut drift),
            None => drift.push(only(ours, a)),
        }
    }
    let lacking = |theirs: &&Written<'_>| a.rule(theirs.name()).is_none();
    drift.extend(b.rules.iter().filter(lacking).map(|theirs| only(theirs, b)));
    drift.extend(of_order(a, b));
    drift.extend(of_step(a, b));
    if a.resolved.bucket_by.value != b.resolved.bucket_by.value {
        let words = |side: &Side<'_>| by(side.resolved.bucket_by.value);
        drift.push(format!(
            "buckets go by {}",
            both((a, words(a)), (b, words(b)))
        ));
    }
    drift
}

/// Returns whether a rule of both is the same but for its share.
pub(super) fn same_structure(
    one: (&Side<'_>, &Written<'_>),
    other: (&Side<'_>, &Written<'_>),
) -> bool {
    let mut drift = Vec::new();
    of_rule(one, other, &mut drift);
    drift.is_empty()
}

fn only(written: &Written<'_>, side: &Side<'_>) -> String {
    format!("rule `{}` is in {} only", written.name(), side.name)
}

fn both((a, one): (&Side<'_>, String), (b, other): (&Side<'_>, String)) -> String {
    format!("{one} in {}, and {other} in {}", a.name, b.name)
}

fn by(attribute: Option<&str>) -> String {
    attribute.map_or_else(|| "the subject".to_owned(), |name| format!("`{name}`"))
}

fn of_rule(
    (a, ours): (&Side<'_>, &Written<'_>),
    (b, theirs): (&Side<'_>, &Written<'_>),
    drift: &mut Vec<String>,
) {
    let name = ours.name();
    let mut differ = |what: &str, words: &dyn Fn(&Written<'_>) -> String| {
        let both = both((a, words(ours)), (b, words(theirs)));
        drift.push(format!("rule `{name}` {what} {both}"));
    };
    let (one, other) = (ours.rule, theirs.rule);
    let line = |tree: &Tree, key: &str| {
        tree.get(key).map_or_else(
            || "nothing".to_owned(),
            |tree| format!("`{}`", in_one_line(tree)),
        )
    };
    if !same_conditions(&one.conditions, &other.conditions) {
        differ("takes", &|written| line(&written.tree, "conditions"));
    }
    if one.serving.what != other.serving.what {
        differ("serves", &|written| what(written.tree.entries()));
    }
    if one.bucket_by != other.bucket_by {
        differ("buckets by", &|written| {
            by(written.rule.bucket_by.as_deref())
        });
    }
    for key in ["description", "metadata"] {
        if ours.tree.get(key) != theirs.tree.get(key) {
            differ(&format!("has as its {key}"), &|written| {
                line(&written.tree, key)
            });
        }
    }
}

fn of_order(a: &Side<'_>, b: &Side<'_>) -> Option<String> {
    let shared = |one: &Side<'_>, other: &Side<'_>| -> Vec<String> {
        let names = one.rules.iter().map(Written::name);
        names
            .filter(|name| other.rule(name).is_some())
            .map(str::to_owned)
            .collect()
    };
    let (one, other) = (shared(a, b), shared(b, a));
    let (first, second) = (one.join(", "), other.join(", "));
    (one != other).then(|| format!("the rules stand as {}", both((a, first), (b, second))))
}

fn of_step(a: &Side<'_>, b: &Side<'_>) -> Option<String> {
    let step = |side: &Side<'_>, serving: Option<&Serving>| {
        serving.map_or_else(|| "nothing of its own".to_owned(), |_| what(&side.keys.0))
    };
    let (one, other) = (a.resolved.serving.value, b.resolved.serving.value);
    let same = one.map(|serving| &serving.what) == other.map(|serving| &serving.what);
    (!same).then(|| {
        let both = both((a, step(a, one)), (b, step(b, other)));
        format!("whom no rule takes is served {both}")
    })
}

/// Returns what is served, in words; where nothing is written, it is what the format implies.
fn what(keys: &[(String, Tree)]) -> String {
    let mut written = keys.iter();
    written
        .find(|(key, _)| WHAT_KEYS.contains(&key.as_str()))
        .map_or_else(
            || "what is implied".to_owned(),
            |(_, tree)| format!("`{}`", in_one_line(tree)),
        )
}

/// Returns whether conditions mean the same, wherever they stand.
pub(super) fn same_conditions(one: &[Condition], other: &[Condition]) -> bool {
    let mut pairs = one.iter().zip(other);
    one.len() == other.len() && pairs.all(|(one, other)| same_condition(one, other))
}

fn same_condition(one: &Condition, other: &Condition) -> bool {
    match (one, other) {
        (Condition::Test(one), Condition::Test(other)) => {
            one.attribute == other.attribute
                && one.operator == other.operator
                && one.operand == other.operand
        }
        (Condition::Segment { name: one, .. }, Condition::Segment { name: other, .. }) => {
            one == other
        }
        (Condition::Any(one), Condition::Any(other))
        | (Condition::All(one), Condition::All(other)) => same_conditions(one, other),
        (Condition::Not(one), Condition::Not(other)) => same_condition(one, other),
        _ => false,
    }
}

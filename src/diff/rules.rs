//! Rules added, removed, changed and moved. A rule is recognised by its name.

use serde_json::{Value, json};

use crate::record::Rule;
use crate::ruleset::Condition;

use super::part::json;
use super::phrase;
use super::view::{Tone, View};
use super::{Change, ChangeKind};

/// Returns what changes in whom the rules take, between two views that both serve.
pub(super) fn change(before: View<'_>, after: View<'_>) -> Option<Change> {
    let mut effects = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let (was, is) = (Moot::of(before), Moot::of(after));
    let matters = |rule: &&Rule<'_>| !(was.has(rule) && is.has(rule));
    for rule in after.rules().iter().filter(matters) {
        let effect = match find(before.rules(), rule) {
            None => {
                let is_there = find(&before.phase.rules, rule).is_some();
                let (title, words) = (title(rule), words(after, rule));
                match (after.tone, is_there) {
                    (Tone::Change, true) => format!("{title} is reached again: {words}"),
                    (Tone::Change, false) => format!("added {title}: {words}"),
                    (Tone::Comparison(_, name), true) => {
                        format!("only {name} reaches {title}: {words}")
                    }
                    (Tone::Comparison(_, name), false) => {
                        format!("only {name} has {title}: {words}")
                    }
                }
            }
            Some(other) => match conditions(before, other, after, rule) {
                None => continue,
                Some(effect) => effect,
            },
        };
        names.push(phrase::name(rule));
        effects.push(effect);
    }
    for rule in before.rules().iter().filter(matters) {
        if find(after.rules(), rule).is_some() {
            continue;
        }
        names.push(phrase::name(rule));
        let is_there = find(&after.phase.rules, rule).is_some();
        let title = title(rule);
        effects.push(match (before.tone, is_there) {
            (Tone::Change, true) => format!("{title} is not reached any more"),
            (Tone::Change, false) => format!("removed {title}"),
            (Tone::Comparison(name, _), true) => {
                format!("only {name} reaches {title}: {}", words(before, rule))
            }
            (Tone::Comparison(name, _), false) => {
                format!("only {name} has {title}: {}", words(before, rule))
            }
        });
    }
    let order = |view: View<'_>| -> Vec<String> {
        let both = |rule: &&Rule<'_>| {
            find(before.rules(), rule).is_some() && find(after.rules(), rule).is_some()
        };
        let rules = view.rules().iter().filter(matters).filter(both);
        rules.map(|rule| phrase::name(rule).to_owned()).collect()
    };
    effects.extend(moved(order(before), order(after), before.tone));
    if effects.is_empty() {
        return None;
    }
    Some(Change {
        kind: ChangeKind::Rules,
        before: part(before, &names).into(),
        after: part(after, &names).into(),
        effect: phrase::listed(effects, "; "),
    })
}

fn title(rule: &Rule<'_>) -> String {
    phrase::rule_and_conditions(rule)
}

fn words<'r>(view: View<'r>, rule: &'r Rule<'r>) -> String {
    phrase::for_them(&view.of_rule(rule))
}

fn find<'l, 'r>(list: &'l [Rule<'r>], rule: &Rule<'_>) -> Option<&'l Rule<'r>> {
    list.iter().find(|other| other.name == rule.name)
}

fn conditions(
    before: View<'_>,
    other: &Rule<'_>,
    after: View<'_>,
    rule: &Rule<'_>,
) -> Option<String> {
    if other.conditions != rule.conditions {
        let [was, is] = [other, rule].map(|rule| phrase::conditions(&rule.conditions));
        return Some(if was == is {
            format!("rule {}: its conditions change", phrase::name(rule))
        } else {
            format!(
                "rule {}: {}",
                phrase::name(rule),
                after.tone.pair(&was, &is)
            )
        });
    }
    let mut tested = Vec::new();
    for condition in &rule.conditions {
        attributes(condition, &mut tested);
    }
    let computed = |view: View<'_>, name| json(&view.record.computed.get(name));
    tested.retain(|name| computed(before, name) != computed(after, name));
    let name = tested.first()?;
    Some(format!(
        "{}: {} is computed otherwise",
        title(rule),
        phrase::subject(Some(name))
    ))
}

fn attributes<'r>(condition: &'r Condition<'_>, names: &mut Vec<&'r str>) {
    match condition {
        Condition::Test { attribute, .. } => names.push(attribute.as_str()),
        Condition::Any(list) | Condition::All(list) => {
            for condition in list {
                attributes(condition, names);
            }
        }
        Condition::Not(inner) => attributes(inner, names),
        Condition::Segment(_) => {}
    }
}

/// Returns the order of the rules that both sides have, where it changes.
fn moved(was: Vec<String>, is: Vec<String>, tone: Tone<'_>) -> Option<String> {
    (was != is).then(|| {
        let [was, is] = [was, is].map(|names| phrase::listed(names, ", "));
        match tone {
            Tone::Change => format!("order {was} → {is}"),
            Tone::Comparison(..) => {
                format!(
                    "order {}",
                    tone.pair(&format!("({was})"), &format!("({is})"))
                )
            }
        }
    })
}

/// The rules of a view that decide nothing: the last ones, as long as they serve what those get
/// whom no rule takes.
struct Moot<'r> {
    rules: &'r [Rule<'r>],
    deciding: usize,
}

impl<'r> Moot<'r> {
    fn of(view: View<'r>) -> Self {
        let rules = view.rules();
        let rest = view.rest();
        let decides = |rule: &'r Rule<'r>| rest.as_ref() != Some(&view.of_rule(rule));
        let last = rules.iter().rposition(decides);
        Self {
            rules,
            deciding: last.map_or(0, |last| last + 1),
        }
    }

    /// Returns whether a rule decides nothing here, or is not here.
    fn has(&self, rule: &Rule<'_>) -> bool {
        let place = self.rules.iter().position(|other| other.name == rule.name);
        place.is_none_or(|place| place >= self.deciding)
    }
}

/// The order of all rules, and those that the change is about in full.
fn part(view: View<'_>, names: &[&str]) -> Value {
    let rules = view.phase.rules.iter();
    let order: Vec<&str> = rules.clone().map(|rule| phrase::name(rule)).collect();
    let listed = rules.filter(|rule| names.contains(&phrase::name(rule)));
    let listed: Vec<Value> = listed.map(json).collect();
    let mut part = json!({"order": order, "rules": listed});
    // A rule may change by an attribute that it tests.
    if let Some(members) = part
        .as_object_mut()
        .filter(|_| !view.record.computed.is_empty())
    {
        members.insert("computed".to_owned(), json(&view.record.computed));
    }
    part
}

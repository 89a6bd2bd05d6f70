//! What is served, in words: on one line, short, without control characters.

use jiff::Timestamp;
use serde_json::Value;

use crate::diagnostic::plain_text;
use crate::record::{Dependency, Rule};
use crate::ruleset::{Condition, Gradual, POSITIONS, ValueType};
use crate::words::{self, describe_conditions, duration, plain, thousandths};

use super::view::{Dealt, Inside, Key, Part, State, Thing, View};

/// How many rules, steps or parts a phrase lists.
pub(super) const MAX_LISTED: usize = 6;
/// How many characters of conditions are shown.
const MAX_CONDITIONS: usize = 160;
/// How many characters of a value are shown.
const MAX_VALUE: usize = 60;

/// Whom no rule takes.
const ELSE: &str = "everybody else: ";

/// Returns what a record serves at a time: `beta_users: true; 25% of everybody else, by user_id: true;
/// others false`.
pub(super) fn served(view: View<'_>) -> String {
    match view.state() {
        State::Gone => "archived: not served".to_owned(),
        State::Killed => format!("killed ({})", thing(view.off())),
        State::Off if !view.phase.enabled => format!("off ({})", thing(view.off())),
        State::Off | State::On => {
            let rule = |rule| format!("{}: {}", name(rule), of_them(&view.of_rule(rule)));
            exposed(view, false, &rule)
        }
    }
}

/// Returns the same as part of a change, where `on` and `off` say what booleans serve, and rules
/// are told with their conditions.
pub(super) fn in_a_change(view: View<'_>) -> String {
    match view.state() {
        State::Gone | State::Killed => served(view),
        State::Off if is_boolean(view) && *view.dark().value == Value::Bool(false) => {
            "off".to_owned()
        }
        State::Off => format!("off ({})", thing(view.dark())),
        State::On => {
            let rule = |rule| {
                let dealt = view.of_rule(rule);
                format!("{}: {}", rule_and_conditions(rule), for_them(&dealt))
            };
            exposed(view, is_boolean(view), &rule)
        }
    }
}

/// Returns what those whom no rule takes were served and are, with how many move: `10% → 25% of
/// everybody, by user_id: 15% more, nobody leaves`. `None` where that reads the same.
pub(super) fn between(was: View<'_>, is: View<'_>, moves: Option<&str>) -> Option<String> {
    let (before, after) = (was.rest()?, is.rest()?);
    let one =
        |view: View<'_>, dealt| everybody(dealt, is_boolean(view), view.deciding().is_empty());
    let (was_words, is_words) = (one(was, &before), one(is, &after));
    if was_words == is_words {
        return None;
    }
    let tail = |words: &str, dealt| words.strip_prefix(&share(dealt)).map(str::to_owned);
    let tail =
        tail(&is_words, &after).filter(|own| tail(&was_words, &before).as_ref() == Some(own));
    let short = was_words
        .starts_with(ELSE)
        .then(|| is_words.strip_prefix(ELSE));
    let mut text = match (tail, short.flatten()) {
        (Some(tail), _) => format!("{} → {}{tail}", share(&before), share(&after)),
        (None, Some(short)) => format!("{was_words} → {short}"),
        (None, None) => format!("{was_words} → {is_words}"),
    };
    if let Some(moves) = moves {
        text.push_str(&format!(": {moves}"));
    }
    let rules = is.rules().iter().map(|rule| name(rule).to_owned());
    let rules = listed(rules, ", ");
    if !rules.is_empty() {
        text.push_str(&format!("; {rules} as before"));
    }
    text.push_str(&only_where(is));
    Some(text)
}

fn is_boolean(view: View<'_>) -> bool {
    view.record.value_type == ValueType::Boolean && view.record.variants.is_empty()
}

fn exposed<'r>(view: View<'r>, brief: bool, rule: &dyn Fn(&'r Rule<'r>) -> String) -> String {
    let rest = view.rest();
    let rules = view.deciding();
    let rest = rest.map(|rest| everybody(&rest, brief, rules.is_empty()));
    let rules = listed(rules.iter().map(rule), "; ");
    let parts = Some(rules).filter(|rules| !rules.is_empty());
    let text: Vec<String> = parts.into_iter().chain(rest).collect();
    format!("{}{}", text.join("; "), only_where(view))
}

/// Returns which flags must serve something first: `; only where checkout allows it`.
fn only_where(view: View<'_>) -> String {
    let here = view.record.depends_on.iter();
    let needed: Vec<String> = here
        .filter(|dependency| dependency.repository.is_none())
        .map(|dependency| dependency.flag.as_str().to_owned())
        .collect();
    if needed.is_empty() {
        return String::new();
    }
    format!("; only where {} allows it", listed(needed, " and "))
}

/// Returns what those get whom no rule takes; `is_all` where there is no rule.
fn everybody(dealt: &Dealt<'_>, brief: bool, is_all: bool) -> String {
    let is = |thing: Option<Thing<'_>>, value| {
        thing.is_some_and(|thing| brief && *thing.value == Value::Bool(value))
    };
    if let Some(one) = dealt.uniform() {
        return match one.value {
            _ if !is_all => format!("{ELSE}{}", thing(one)),
            Value::Bool(true) if brief => "on for everybody".to_owned(),
            _ => format!("{} for everybody", thing(one)),
        };
    }
    let by = by(dealt.key.as_ref());
    if !dealt.is_partial() {
        let inside = inside(dealt);
        return if is_all {
            format!("{inside} for everybody, {by}")
        } else {
            format!("{ELSE}{inside}, {by}")
        };
    }
    let included = match dealt.inside {
        Some(Inside::One(one)) => Some(one),
        _ => None,
    };
    let who = if is_all {
        "everybody"
    } else {
        "everybody else"
    };
    let share = format!("{} of {who}, {by}", share(dealt));
    if is(included, true) && is(dealt.outside, false) {
        return share;
    }
    format!("{share}: {}", inside_and_others(dealt))
}

/// Returns what those get whom a rule takes: `true`, `25% true, others false`.
fn of_them(dealt: &Dealt<'_>) -> String {
    if dealt.is_partial() {
        let others = dealt.outside.map_or_else(String::new, thing);
        return format!("{} {}, others {others}", share(dealt), inside(dealt));
    }
    inside(dealt)
}

/// Returns the same in full: `true for all of them`.
pub(super) fn for_them(dealt: &Dealt<'_>) -> String {
    if dealt.is_partial() {
        let by = by(dealt.key.as_ref());
        return format!(
            "{} of them, {by}: {}",
            share(dealt),
            inside_and_others(dealt)
        );
    }
    format!("{} for all of them", inside(dealt))
}

fn inside_and_others(dealt: &Dealt<'_>) -> String {
    let others = dealt.outside.map_or_else(String::new, thing);
    format!("{}; others {others}", inside(dealt))
}

/// Returns what the included get: `true`, `control 90 : treatment 10`.
pub(super) fn inside(dealt: &Dealt<'_>) -> String {
    match &dealt.inside {
        Some(Inside::One(one)) => thing(*one),
        Some(Inside::Split(parts)) => split(parts),
        None => "nothing".to_owned(),
    }
}

fn split(parts: &[Part<'_>]) -> String {
    let part = |part: &Part<'_>| format!("{} {}", thing(part.thing), thousandths(part.weight));
    listed(parts.iter().map(part), " : ")
}

/// Returns a share: `25%`, or with its ramp `30% now (10% from T on, 10% more every 1d until 100%)`.
pub(super) fn share(dealt: &Dealt<'_>) -> String {
    match dealt.ramp {
        None => percent(dealt.share),
        Some(ramp) => format!("{} now ({})", percent(dealt.share), growth(&ramp)),
    }
}

fn growth(ramp: &Gradual) -> String {
    format!(
        "{} from {} on, {} more every {} until {}",
        percent(ramp.from),
        moment(ramp.start),
        percent(ramp.increment),
        duration(ramp.every),
        percent(ramp.until)
    )
}

/// Returns the attribute that names the subjects: `by targetingKey`.
pub(super) fn by(key: Option<&Key<'_>>) -> String {
    let attribute = key.and_then(|key| key.attribute);
    format!("by {}", subject(attribute))
}

pub(super) fn subject(attribute: Option<&str>) -> String {
    cut(&plain_text(attribute.unwrap_or("targetingKey")), MAX_VALUE)
}

/// Returns a variant's name, or a value.
pub(super) fn thing(thing: Thing<'_>) -> String {
    thing
        .variant
        .map_or_else(|| value(thing.value), str::to_owned)
}

/// Returns what is served so that it reads otherwise than the other side: a variant whose value
/// changes is told with its value.
pub(super) fn described(one: Thing<'_>, other: Thing<'_>) -> String {
    if one.variant.is_some() && one.variant == other.variant {
        return format!("{} ({})", thing(one), value(one.value));
    }
    thing(one)
}

/// Returns a requirement: `cart_service_v2 to serve true`.
pub(super) fn dependency(dependency: &Dependency<'_>) -> String {
    let values = dependency.values.iter().flatten().map(|one| value(one));
    let names = dependency.variants.iter().flatten();
    let names = names.map(|name| name.as_str().to_owned());
    let required = listed(values.chain(names), " or ");
    let flag = dependency.flag.as_str();
    match &dependency.repository {
        None => format!("{flag} to serve {required}"),
        Some(repository) => {
            let repository = cut(&plain_text(repository.as_str()), MAX_VALUE);
            format!("{flag} of {repository} to serve {required} (not looked at when evaluating)")
        }
    }
}

/// Returns a value, cut where it is long.
pub(super) fn value(value: &Value) -> String {
    cut(&plain(value), MAX_VALUE)
}

pub(super) fn percent(share: u32) -> String {
    words::percent(share.min(POSITIONS))
}

pub(super) fn moment(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

pub(super) fn name<'r>(rule: &'r Rule<'_>) -> &'r str {
    rule.name.as_str()
}

/// Returns a rule with whom it takes: `rule beta_users (user_type equals beta)`.
pub(super) fn rule_and_conditions(rule: &Rule<'_>) -> String {
    format!("rule {} ({})", name(rule), conditions(&rule.conditions))
}

pub(super) fn conditions(list: &[Condition<'_>]) -> String {
    let json = serde_json::to_value(list).expect("conditions are JSON");
    cut(&describe_conditions(&json), MAX_CONDITIONS)
}

/// Joins phrases, and counts those that are too many.
pub(super) fn listed(phrases: impl IntoIterator<Item = String>, separator: &str) -> String {
    let mut phrases: Vec<String> = phrases.into_iter().collect();
    if phrases.len() > MAX_LISTED + 1 {
        let more = phrases.len() - MAX_LISTED;
        phrases.truncate(MAX_LISTED);
        phrases.push(format!("{more} more"));
    }
    phrases.join(separator)
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

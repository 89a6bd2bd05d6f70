//! What changes for those who are served at a time: how many, what, and who is moved.
//!
//! Both sides serve. Audiences are compared one by one: those whom no rule takes, and those of each
//! rule that both sides have, by its name. Numbers are said of slices of the bucket space only;
//! where conditions decide, the rule is named with them.

use serde_json::{Value, json};

use crate::record::Rule;

use super::part::{Sides, json};
use super::phrase;
use super::view::{Dealt, Inside, Key, Thing, Tone, View, aligned};
use super::{Change, ChangeKind, ServedChange};

/// An audience on both sides.
struct Audience<'r> {
    /// The rule that takes it, on both sides; `None` for those whom none does.
    rules: Option<(&'r Rule<'r>, &'r Rule<'r>)>,
    /// Whether there is any other.
    alone: bool,
    before: Dealt<'r>,
    after: Dealt<'r>,
    tone: Tone<'r>,
}

/// Returns what changes between two views that both serve: exposure, serving and reshuffle.
pub(super) fn changes<'r>(before: View<'r>, after: View<'r>) -> Vec<Change> {
    let audiences = audiences(before, after);
    let mut changes = Vec::new();
    for (kind, effect) in [
        (
            ChangeKind::Exposure,
            exposure as fn(&Audience<'_>) -> Option<String>,
        ),
        (ChangeKind::Serving, serving),
        (ChangeKind::Reshuffle, reshuffle),
    ] {
        let mut effects = Vec::new();
        let mut sides = Sides::default();
        for audience in &audiences {
            if let Some(effect) = effect(audience) {
                effects.push(format!("{}{effect}", audience.title()));
                sides.add(kind, audience.rules, before, after);
            }
        }
        if kind == ChangeKind::Serving && off_is_served(before, after) {
            let was = phrase::described(before.off(), after.off());
            let is = phrase::described(after.off(), before.off());
            let words = before.tone.pair(&was, &is);
            effects.push(format!(
                "off value {words}, served where a dependency is not met"
            ));
            sides.put("off", json(&before.record.off), json(&after.record.off));
        }
        if !effects.is_empty() {
            sides.shared(kind, before.record, after.record);
            changes.push(sides.change(kind, phrase::listed(effects, "; ")));
        }
    }
    changes
}

/// Returns what everybody was served and is, those that rules take left out, where nothing else
/// changes; with how many move. What it says need not be told again.
pub(super) fn in_one(was: View<'_>, is: View<'_>) -> Option<ServedChange> {
    let audiences = audiences(was, is);
    let [audience] = audiences.as_slice() else {
        return None;
    };
    if audience.rules.is_some() || super::rules::change(was, is).is_some() {
        return None;
    }
    let mut covers = Vec::new();
    let is_exposure = audience.is_exposed_differently();
    if is_exposure {
        covers.push(ChangeKind::Exposure);
    }
    // Values behind variants that keep their names are told apart.
    let (before, after) = (&audience.before, &audience.after);
    let is_named = before.inside.is_none()
        || after.inside.is_none()
        || before.inside == after.inside
        || phrase::inside(before) != phrase::inside(after);
    let others = before.outside.zip(after.outside);
    let are_named =
        others.is_none_or(|(was, is)| was == is || phrase::thing(was) != phrase::thing(is));
    if is_named && are_named && !off_is_served(was, is) {
        covers.push(ChangeKind::Serving);
    }
    let is_told = is_exposure || serving(audience).is_some();
    let moves = is_exposure.then(|| moved(audience));
    let words = phrase::between(was, is, moves.as_deref())?;
    is_told.then(|| ServedChange {
        words: vec![words],
        covers,
    })
}

/// The off value is served to those for whom a dependency in this repository is not met.
pub(super) fn off_is_served(before: View<'_>, after: View<'_>) -> bool {
    before.depends() && after.depends() && before.off() != after.off()
}

fn audiences<'r>(before: View<'r>, after: View<'r>) -> Vec<Audience<'r>> {
    let alone = before.rules().is_empty() && after.rules().is_empty();
    let mut audiences = Vec::new();
    if let (Some(was), Some(is)) = (before.rest(), after.rest()) {
        audiences.extend(Audience::of(None, alone, (&was, &is), before.tone));
    }
    for rule in after.rules() {
        let mut others = before.rules().iter();
        if let Some(other) = others.find(|other| other.name == rule.name) {
            let (was, is) = (before.of_rule(other), after.of_rule(rule));
            let rules = Some((other, rule));
            audiences.extend(Audience::of(rules, false, (&was, &is), before.tone));
        }
    }
    audiences
}

impl<'r> Audience<'r> {
    fn of(
        rules: Option<(&'r Rule<'r>, &'r Rule<'r>)>,
        alone: bool,
        (before, after): (&Dealt<'r>, &Dealt<'r>),
        tone: Tone<'r>,
    ) -> Option<Self> {
        let (was, is) = aligned(before, after);
        (before != after).then_some(Self {
            rules,
            alone,
            before: was,
            after: is,
            tone,
        })
    }

    fn title(&self) -> String {
        match self.rules {
            Some((_, rule)) => format!("{}: ", phrase::rule_and_conditions(rule)),
            None if self.alone => String::new(),
            None => "those whom no rule takes: ".to_owned(),
        }
    }

    fn is_exposed_differently(&self) -> bool {
        self.before.share != self.after.share || self.before.ramp != self.after.ramp
    }

    /// The keys, where both sides deal the same kind of bucket with different ones.
    fn keys(&self) -> Option<(&Key<'r>, &Key<'r>)> {
        let both_partial = self.before.is_partial() && self.after.is_partial();
        let both_split = self.before.split().is_some() && self.after.split().is_some();
        let keys = self.before.key.as_ref().zip(self.after.key.as_ref());
        keys.filter(|(before, after)| (both_partial || both_split) && before != after)
    }
}

fn exposure(audience: &Audience<'_>) -> Option<String> {
    if !audience.is_exposed_differently() {
        return None;
    }
    let (before, after) = (&audience.before, &audience.after);
    let words = audience
        .tone
        .pair(&phrase::share(before), &phrase::share(after));
    if audience.tone.is_comparison() {
        return Some(words);
    }
    Some(format!("{words}: {}", moved(audience)))
}

/// Returns how many come and go.
fn moved(audience: &Audience<'_>) -> String {
    let (before, after) = (&audience.before, &audience.after);
    if audience.keys().is_some() {
        "dealt anew".to_owned()
    } else if before.share < after.share {
        let more = phrase::percent(after.share - before.share);
        format!("{more} more, nobody leaves")
    } else if after.share < before.share {
        format!("{} leave", phrase::percent(before.share - after.share))
    } else {
        "nobody moves now".to_owned()
    }
}

fn serving(audience: &Audience<'_>) -> Option<String> {
    let (before, after) = (&audience.before, &audience.after);
    let mut parts = Vec::new();
    if let (Some(was), Some(is)) = (&before.inside, &after.inside)
        && shares(was) != shares(is)
    {
        parts.push(differing(
            &phrase::inside(before),
            &phrase::inside(after),
            (was, is),
            audience.tone,
        ));
    }
    if let (Some(was), Some(is)) = (before.outside, after.outside)
        && was != is
    {
        let words = differing(
            &phrase::thing(was),
            &phrase::thing(is),
            (&Inside::One(was), &Inside::One(is)),
            audience.tone,
        );
        let who = if after.is_partial() || before.is_partial() {
            "others"
        } else if after.split().is_some() {
            "those without a subject"
        } else {
            "everybody"
        };
        parts.push(format!("{who} {words}"));
    }
    // Whatever makes two audiences unequal is told as one of the three kinds.
    if parts.is_empty() && !audience.is_exposed_differently() && reshuffle(audience).is_none() {
        let [was, is] = [before, after].map(phrase::inside);
        parts.push(audience.tone.pair(&was, &is));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Returns `a → b`; where the names are the same, the values behind them.
fn differing(
    was: &str,
    is: &str,
    (before, after): (&Inside<'_>, &Inside<'_>),
    tone: Tone<'_>,
) -> String {
    if was != is {
        return tone.pair(was, is);
    }
    let (before, after) = (things(before), things(after));
    let pairs = before
        .into_iter()
        .zip(after)
        .filter(|(one, other)| one != other);
    let words = pairs.map(|(one, other)| {
        let (was, is) = (phrase::value(one.value), phrase::value(other.value));
        format!("{} ({})", phrase::thing(one), tone.pair(&was, &is))
    });
    phrase::listed(words, ", ")
}

fn things<'r>(inside: &Inside<'r>) -> Vec<Thing<'r>> {
    match inside {
        Inside::One(one) => vec![*one],
        Inside::Split(parts) => parts.iter().map(|part| part.thing).collect(),
    }
}

/// What is served to how wide a slice, whatever the order.
fn shares(inside: &Inside<'_>) -> Vec<(String, String, u32)> {
    let width = |thing: Thing<'_>, width| {
        let name = thing.variant.unwrap_or_default().to_owned();
        let value = comparable(thing.value);
        (name, value, width)
    };
    let mut shares = match inside {
        Inside::One(one) => vec![width(*one, 0)],
        Inside::Split(parts) => {
            let starts = std::iter::once(0).chain(parts.iter().map(|part| part.end));
            let widths = parts.iter().zip(starts);
            widths
                .map(|(part, start)| width(part.thing, part.end - start))
                .collect()
        }
    };
    shares.sort();
    shares
}

/// A value as text by which it is compared: numbers as such, keys in order.
fn comparable(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or_default().to_string(),
        Value::Array(list) => format!("{:?}", list.iter().map(comparable).collect::<Vec<_>>()),
        Value::Object(map) => {
            let sorted: std::collections::BTreeMap<_, _> = map
                .iter()
                .map(|(key, value)| (key, comparable(value)))
                .collect();
            format!("{sorted:?}")
        }
        other => other.to_string(),
    }
}

fn reshuffle(audience: &Audience<'_>) -> Option<String> {
    let (before, after) = (&audience.before, &audience.after);
    if let Some((was, is)) = audience.keys() {
        let who = match (
            before.is_partial() && after.is_partial(),
            before.split().is_some(),
        ) {
            (true, _) => "who is included changes",
            (false, _) => "who gets which variant changes",
        };
        let causes = causes(was, is, audience.tone);
        return Some(match audience.tone {
            Tone::Change => format!("{causes}: everybody is dealt anew, {who}"),
            Tone::Comparison(..) => format!("{causes}: dealt out apart from each other"),
        });
    }
    let (Some(was), Some(is)) = (before.split(), after.split()) else {
        return None;
    };
    let moves = moves(was, is);
    let words = moves.iter().map(|(from, to, width)| {
        let width = phrase::percent(*width);
        match audience.tone {
            Tone::Change => format!("{width} move from {from} to {to}"),
            Tone::Comparison(..) => format!("{width} get {}", audience.tone.pair(from, to)),
        }
    });
    let included = if after.is_partial() {
        " of the included"
    } else {
        ""
    };
    (!moves.is_empty()).then(|| format!("{}{included}", phrase::listed(words, ", ")))
}

fn causes(before: &Key<'_>, after: &Key<'_>, tone: Tone<'_>) -> String {
    let mut causes = Vec::new();
    if before.salt != after.salt {
        let [was, is] = [before.salt, after.salt].map(|salt| phrase::value(&json!(salt)));
        causes.push(format!("salt {}", tone.pair(&was, &is)));
    }
    if before.bucketing != after.bucketing {
        let [was, is] = [before.bucketing, after.bucketing].map(|one| phrase::value(&json!(one)));
        causes.push(format!("bucketing {}", tone.pair(&was, &is)));
    }
    if before.attribute != after.attribute {
        let [was, is] = [before.attribute, after.attribute].map(phrase::subject);
        causes.push(format!("bucket_by {}", tone.pair(&was, &is)));
    }
    if causes.is_empty() {
        let attribute = phrase::subject(after.attribute);
        causes.push(format!("{attribute} is computed otherwise"));
    }
    causes.join(", ")
}

/// Returns from which variant to which how wide a slice of a split moves.
fn moves(
    before: &[super::view::Part<'_>],
    after: &[super::view::Part<'_>],
) -> Vec<(String, String, u32)> {
    let mut moves: Vec<(String, String, u32)> = Vec::new();
    let mut start = 0;
    let (mut was, mut is) = (before.iter().peekable(), after.iter().peekable());
    while let (Some(from), Some(to)) = (was.peek(), is.peek()) {
        let end = from.end.min(to.end);
        let names = (phrase::thing(from.thing), phrase::thing(to.thing));
        if end > start && names.0 != names.1 {
            let width = end - start;
            let known = moves
                .iter_mut()
                .find(|one| one.0 == names.0 && one.1 == names.1);
            match known {
                Some(known) => known.2 += width,
                None => moves.push((names.0, names.1, width)),
            }
        }
        start = end;
        let (from_ends, to_ends) = (from.end == end, to.end == end);
        if from_ends {
            was.next();
        }
        if to_ends {
            is.next();
        }
    }
    moves
}

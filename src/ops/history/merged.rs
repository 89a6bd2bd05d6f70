//! What a merge changed itself, part by part.

use crate::record::{Phase, Record, Rule, Served, Serving};
use crate::ruleset::Text;

/// Returns the record that a merge would have, had it changed nothing itself: what it has in common
/// with a parent stays, part by part, and the rest is as the first parent has it.
pub(super) fn inherited<'c>(parents: &[Record<'c>], merge: &Record<'c>) -> Record<'c> {
    let Some(base) = parents.first() else {
        return merge.clone();
    };
    let parents: Vec<&Record<'c>> = parents.iter().collect();
    let variants: Vec<_> = parents.iter().map(|one| &one.variants[..]).collect();
    let needs: Vec<_> = parents.iter().map(|one| &one.depends_on[..]).collect();
    let computed: Vec<_> = parents.iter().map(|one| &one.computed.0[..]).collect();
    let mut record = Record {
        format: merge.format,
        value_type: pick(&parents, merge, |one| &one.value_type),
        kind: pick(&parents, merge, |one| &one.kind),
        archived: pick(&parents, merge, |one| &one.archived),
        killable: pick(&parents, merge, |one| &one.killable),
        client_side: pick(&parents, merge, |one| &one.client_side),
        killed: pick(&parents, merge, |one| &one.killed),
        bucketing: pick(&parents, merge, |one| &one.bucketing),
        salt: pick(&parents, merge, |one| &one.salt),
        variants: listed(&variants, &merge.variants, |one, other| {
            one.key == other.key
        }),
        off: pick(&parents, merge, |one| &one.off),
        depends_on: listed(&needs, &merge.depends_on, |one, other| {
            (&one.repository, &one.flag) == (&other.repository, &other.flag)
        }),
        computed: merge.computed.clone(),
        phases: Vec::new(),
    };
    record.computed.0 = listed(&computed, &merge.computed.0, |one, other| one.0 == other.0);
    record.phases = phases(&parents, merge, base);
    record
}

/// Returns a part: the merge's, where a parent has the same.
fn pick<R, T: Clone + PartialEq>(parents: &[&R], merge: &R, of: impl Fn(&R) -> &T) -> T {
    let own = of(merge);
    let is_inherited = parents.iter().any(|parent| of(parent) == own);
    let base = parents.first().filter(|_| !is_inherited);
    base.map_or(own, |base| of(base)).clone()
}

/// Returns a list whose items are parts, and so is their order.
fn listed<T: Clone + PartialEq>(
    parents: &[&[T]],
    merge: &[T],
    same: impl Fn(&T, &T) -> bool,
) -> Vec<T> {
    let find = |list: &[T], item: &T| list.iter().position(|other| same(other, item));
    let mut list: Vec<T> = Vec::new();
    for item in merge {
        let is_inherited = parents.iter().any(|parent| parent.contains(item));
        let was = || {
            let mut of = parents.iter();
            of.find_map(|parent| find(parent, item).map(|at| parent[at].clone()))
        };
        list.extend(if is_inherited {
            Some(item.clone())
        } else {
            was()
        });
    }
    let base = parents.first().copied().unwrap_or_default();
    for (at, item) in base.iter().enumerate() {
        let had = parents.iter().all(|parent| find(parent, item).is_some());
        if had && find(merge, item).is_none() {
            list.insert(at.min(list.len()), item.clone());
        }
    }
    let keeps_order = |parent: &&[T]| {
        let places: Vec<usize> = merge.iter().filter_map(|item| find(parent, item)).collect();
        places.is_sorted()
    };
    if !parents.iter().any(keeps_order) {
        list.sort_by_key(|item| find(base, item).unwrap_or(usize::MAX));
    }
    list
}

fn phases<'c>(parents: &[&Record<'c>], merge: &Record<'c>, base: &Record<'c>) -> Vec<Phase<'c>> {
    let Some((begins, _)) = merge.phases.split_first() else {
        return Vec::new();
    };
    let firsts: Vec<&Phase<'c>> = parents
        .iter()
        .filter_map(|one| one.phases.first())
        .collect();
    let rules: Vec<&[Rule<'c>]> = firsts.iter().map(|phase| &phase.rules[..]).collect();
    let first = Phase {
        from: begins.from,
        enabled: pick(&firsts, begins, |phase| &phase.enabled),
        default: pick(&firsts, begins, |phase| &phase.default),
        rules: listed(&rules, &begins.rules, |one, other| one.name == other.name),
        serving: pick(&firsts, begins, |phase| &phase.serving),
        bucket_by: pick(&firsts, begins, |phase| &phase.bucket_by),
    };
    let own = steps(merge);
    let is_inherited = parents.iter().any(|parent| steps(parent) == own);
    let of = if is_inherited { merge } else { base };
    let later = of.phases.split_first().map(|(of_first, later)| {
        let later = later.iter();
        later
            .map(|phase| carried(of_first, phase, &first))
            .collect()
    });
    let later: Vec<Phase<'c>> = later.unwrap_or_default();
    std::iter::once(first).chain(later).collect()
}

/// What a step changes in the phase before it.
#[derive(PartialEq)]
pub(super) struct Step<'r, 'c> {
    from: Option<i64>,
    enabled: Option<bool>,
    default: Option<&'r Served<'c>>,
    serving: Option<&'r Option<Serving<'c>>>,
    bucket_by: Option<&'r Option<Text<'c>>>,
    rules: Vec<&'r Rule<'c>>,
    gone: Vec<&'r Text<'c>>,
}

pub(super) fn steps<'r, 'c>(record: &'r Record<'c>) -> Vec<Step<'r, 'c>> {
    let pairs = record.phases.iter().zip(record.phases.iter().skip(1));
    let step = |(before, after): (&'r Phase<'c>, &'r Phase<'c>)| Step {
        from: after.from,
        enabled: (before.enabled != after.enabled).then_some(after.enabled),
        default: (before.default != after.default).then_some(&after.default),
        serving: (before.serving != after.serving).then_some(&after.serving),
        bucket_by: (before.bucket_by != after.bucket_by).then_some(&after.bucket_by),
        rules: (after.rules.iter())
            .filter(|rule| !before.rules.contains(rule))
            .collect(),
        gone: (before.rules.iter().map(|rule| &rule.name))
            .filter(|name| !after.rules.iter().any(|rule| rule.name == **name))
            .collect(),
    };
    pairs.map(step).collect()
}

/// Returns a later phase as it is where another first one goes before it.
pub(super) fn carried<'c>(of_first: &Phase<'c>, phase: &Phase<'c>, first: &Phase<'c>) -> Phase<'c> {
    let of_name =
        |rules: &[Rule<'c>], name: &Text<'c>| rules.iter().find(|rule| rule.name == *name).cloned();
    let names = |rules: &[Rule<'c>]| -> Vec<Text<'c>> {
        rules.iter().map(|rule| rule.name.clone()).collect()
    };
    let rule = |own: &Rule<'c>| {
        let is_carried = of_first.rules.contains(own);
        let carried = of_name(&first.rules, &own.name).filter(|_| is_carried);
        carried.unwrap_or_else(|| own.clone())
    };
    let rules = if names(&of_first.rules) == names(&phase.rules) {
        let set = |rule: &Rule<'c>| {
            let own = of_name(&phase.rules, &rule.name);
            let own = own.filter(|own| !of_first.rules.contains(own));
            own.unwrap_or_else(|| rule.clone())
        };
        first.rules.iter().map(set).collect()
    } else {
        phase.rules.iter().map(rule).collect()
    };
    Phase {
        from: phase.from,
        enabled: *carry(&of_first.enabled, &phase.enabled, &first.enabled),
        default: carry(&of_first.default, &phase.default, &first.default).clone(),
        rules,
        serving: carry(&of_first.serving, &phase.serving, &first.serving).clone(),
        bucket_by: carry(&of_first.bucket_by, &phase.bucket_by, &first.bucket_by).clone(),
    }
}

fn carry<'t, T: PartialEq>(of_first: &T, own: &'t T, first: &'t T) -> &'t T {
    if own == of_first { first } else { own }
}

//! What a merge did not take: the parts of a record that one parent alone had changed since the merge
//! base, and that the merge has as the base had them.
//!
//! The commits that changed them are told, so the merge is told as what undid them. A merge that takes
//! such a part from the parent that changed it, as merges do, dropped nothing.

use std::sync::Arc;

use crate::diff;
use crate::git::ObjectId;
use crate::model::Flag;
use crate::record::{Phase, Record, Rule};
use crate::workspace::PastScope;

use super::compare::{Beside, Told, join};
use super::merged::{carried, steps};
use super::{Pair, Place, scope_at, sound_version};

type InScope = (Option<Arc<Flag>>, Arc<PastScope>);

/// The records of one flag in one environment.
struct Records<'c> {
    base: Option<Record<'c>>,
    /// Beside which the merge is looked at.
    parent: Option<Record<'c>>,
    other: Option<Record<'c>>,
    merge: Option<Record<'c>>,
}

/// Returns what a merge of two parents did not take of either.
pub(super) fn dropped(besides: &[Beside<'_>]) -> anyhow::Result<Vec<Told>> {
    let [first, second] = besides else {
        return Ok(Vec::new());
    };
    let parents = &first.step.commit.parents;
    let [one, other] = parents[..] else {
        return Ok(Vec::new());
    };
    if is_quiet(first) && is_quiet(second) {
        return Ok(Vec::new());
    }
    let Some(base) = first.past.objects().merge_base(one, other)? else {
        return Ok(Vec::new());
    };
    let mut told = of_parent(base, first, second)?;
    join(&mut told, of_parent(base, second, first)?);
    Ok(told)
}

/// Returns what of a parent's changes since the base the merge does not have.
fn of_parent(base: ObjectId, parent: &Beside<'_>, other: &Beside<'_>) -> anyhow::Result<Vec<Told>> {
    let (past, layout) = (parent.past, &parent.step.layout);
    let is_here = |beside: &Beside<'_>| beside.side.layout == *layout && beside.before.is_some();
    if is_quiet(parent) || !is_here(parent) || !is_here(other) {
        return Ok(Vec::new());
    }
    let files = past.scope_files(base, layout)?;
    if !files.has_project() || past.flags_folder(&files)? != layout.flags {
        return Ok(Vec::new());
    }
    let is_same_scope = parent.side.scope.as_ref() == Some(&files);
    let pairs = if is_same_scope {
        parent.side.pairs.clone()
    } else {
        parent.pairs()?
    };
    let (scope, _) = scope_at(past, (base, base), layout, &files)?;
    let mut told = Vec::new();
    for pair in pairs.iter().filter(|pair| !pair.is_renamed()) {
        let at_base = place_at(parent, base, pair)?;
        let file = |place: &Option<Place>| place.as_ref().map(|place| place.file);
        if is_same_scope && file(&at_base) == file(&pair.before) {
            continue;
        }
        let Some(merge) = parent.is(pair)? else {
            continue;
        };
        let was = match &at_base {
            Some(place) => sound_version(past, base, layout, &scope, place)?,
            None => None,
        };
        let sides = [
            (was, Arc::clone(&scope)),
            (parent.was(pair)?, before_of(parent)),
            (of_other(other, pair)?, before_of(other)),
            (merge, Arc::clone(&parent.after)),
        ];
        told.extend(told_of(parent, pair, &sides));
    }
    Ok(told)
}

fn is_quiet(beside: &Beside<'_>) -> bool {
    beside.side.pairs.is_empty() && beside.side.scope_paths.is_empty()
}

fn before_of(beside: &Beside<'_>) -> Arc<PastScope> {
    Arc::clone(beside.before.as_ref().unwrap_or(&beside.after))
}

/// Returns the file of a pair's flag in another commit, at the place where one of both has it.
fn place_at(beside: &Beside<'_>, commit: ObjectId, pair: &Pair) -> anyhow::Result<Option<Place>> {
    for place in pair.before.iter().chain(&pair.after) {
        let whole = format!("{}{}", beside.step.layout.prefix, place.path);
        if let Some(entry) = beside.past.objects().entry(commit, &whole)? {
            let file = entry.file_id();
            return Ok(Some(Place {
                file,
                ..place.clone()
            }));
        }
    }
    Ok(None)
}

/// Returns the flag of a pair as the other parent has it.
fn of_other(other: &Beside<'_>, pair: &Pair) -> anyhow::Result<Option<Arc<Flag>>> {
    let Some(key) = pair.key() else {
        return Ok(None);
    };
    let own = other.side.pairs.iter().find(|own| own.is_of(key));
    let same = Pair {
        before: pair.after.clone(),
        after: pair.after.clone(),
    };
    other.was(own.unwrap_or(&same))
}

fn told_of(parent: &Beside<'_>, pair: &Pair, sides: &[InScope; 4]) -> Vec<Told> {
    let Some(key) = pair.key() else {
        return Vec::new();
    };
    let now = parent.step.commit.committer.time;
    let mut told = Vec::new();
    for (environment, is_protected) in parent.environments() {
        let [base, own, other, merge] = sides.each_ref().map(|(flag, scope)| {
            let side = diff::Side::of(&scope.catalog, flag.as_deref(), &environment);
            side.map(diff::Side::record)
        });
        let records = Records {
            base,
            parent: own,
            other,
            merge,
        };
        let changes = match records.taken() {
            Some(taken) => diff::of_records(taken.as_ref(), records.merge.as_ref(), now),
            None => Vec::new(),
        };
        told.extend(changes.into_iter().map(|change| Told {
            flag: key.clone(),
            environment: environment.clone(),
            is_protected,
            change,
            files: parent.files(pair),
        }));
    }
    told
}

impl<'c> Records<'c> {
    /// Returns the record that the merge would have, had it taken what one parent alone has changed;
    /// `None` where it has taken it.
    fn taken(&self) -> Option<Option<Record<'c>>> {
        match (&self.base, &self.parent, &self.other, &self.merge) {
            (None, Some(parent), None, None) => Some(Some(parent.clone())),
            (Some(base), None, Some(other), Some(merge)) => {
                (base == other && base == merge).then_some(None)
            }
            (Some(base), Some(parent), Some(other), Some(merge)) => {
                let four = Four {
                    base,
                    parent,
                    other,
                    merge,
                };
                Some(Some(four.record()))
            }
            _ => None,
        }
    }
}

/// The four states of a thing.
struct Four<'r, T> {
    base: &'r T,
    parent: &'r T,
    other: &'r T,
    merge: &'r T,
}

impl<'r, T> Four<'r, T> {
    fn of<P>(&self, part: impl Fn(&'r T) -> &'r P) -> Four<'r, P> {
        Four {
            base: part(self.base),
            parent: part(self.parent),
            other: part(self.other),
            merge: part(self.merge),
        }
    }
}

impl<T: Clone + PartialEq> Four<'_, T> {
    fn is_dropped(&self) -> bool {
        self.merge == self.base && self.other == self.base && self.parent != self.base
    }

    /// Returns the part that was dropped, or else the merge's.
    fn pick(&self) -> T {
        let part = if self.is_dropped() {
            self.parent
        } else {
            self.merge
        };
        part.clone()
    }
}

impl<T: Clone + PartialEq> Four<'_, Vec<T>> {
    /// Returns a list whose items are parts, and so is their order.
    fn listed<K: PartialEq>(&self, key: impl Fn(&T) -> K) -> Vec<T> {
        let find = |list: &[T], wanted: &K| list.iter().find(|item| key(item) == *wanted).cloned();
        let item = |wanted: &K| {
            let [base, parent, other, merge] =
                [self.base, self.parent, self.other, self.merge].map(|list| find(list, wanted));
            Four {
                base: &base,
                parent: &parent,
                other: &other,
                merge: &merge,
            }
            .pick()
        };
        let mut list: Vec<T> = self
            .merge
            .iter()
            .filter_map(|one| item(&key(one)))
            .collect();
        for (at, one) in self.parent.iter().enumerate() {
            if find(&list, &key(one)).is_none() {
                list.splice(at.min(list.len())..at.min(list.len()), item(&key(one)));
            }
        }
        let order = |of: &[T]| -> Vec<usize> {
            let places = self.base.iter().map(&key);
            let place = |wanted: K| of.iter().position(|item| key(item) == wanted);
            places.filter_map(place).collect()
        };
        let keeps = |of: &[T]| order(of).is_sorted();
        if keeps(self.merge) && keeps(self.other) && !keeps(self.parent) {
            let place = |one: &T| self.parent.iter().position(|item| key(item) == key(one));
            list.sort_by_key(|one| place(one).unwrap_or(usize::MAX));
        }
        list
    }
}

impl<'c> Four<'_, Record<'c>> {
    fn record(&self) -> Record<'c> {
        let mut record = Record {
            format: self.merge.format,
            value_type: self.of(|one| &one.value_type).pick(),
            kind: self.of(|one| &one.kind).pick(),
            archived: self.of(|one| &one.archived).pick(),
            killable: self.of(|one| &one.killable).pick(),
            client_side: self.of(|one| &one.client_side).pick(),
            killed: self.of(|one| &one.killed).pick(),
            bucketing: self.of(|one| &one.bucketing).pick(),
            salt: self.of(|one| &one.salt).pick(),
            variants: self.of(|one| &one.variants).listed(|one| one.key.clone()),
            off: self.of(|one| &one.off).pick(),
            depends_on: self
                .of(|one| &one.depends_on)
                .listed(|one| (one.repository.clone(), one.flag.clone())),
            computed: self.merge.computed.clone(),
            phases: Vec::new(),
        };
        record.computed.0 = self.of(|one| &one.computed.0).listed(|one| one.0.clone());
        record.phases = self.phases();
        record
    }

    fn phases(&self) -> Vec<Phase<'c>> {
        let first = |one: &'_ Record<'c>| one.phases.first().cloned();
        let (Some(base), Some(parent), Some(other), Some(merge)) = (
            first(self.base),
            first(self.parent),
            first(self.other),
            first(self.merge),
        ) else {
            return self.merge.phases.clone();
        };
        let four = Four {
            base: &base,
            parent: &parent,
            other: &other,
            merge: &merge,
        };
        let begins = Phase {
            from: merge.from,
            enabled: four.of(|one| &one.enabled).pick(),
            default: four.of(|one| &one.default).pick(),
            rules: four
                .of(|one| &one.rules)
                .listed(|one: &Rule<'c>| one.name.clone()),
            serving: four.of(|one| &one.serving).pick(),
            bucket_by: four.of(|one| &one.bucket_by).pick(),
        };
        let of = [self.base, self.parent, self.other, self.merge].map(steps);
        let [base, parent, other, merge] = &of;
        let is_dropped = merge == base && other == base && parent != base;
        let later = if is_dropped { self.parent } else { self.merge };
        let later = later.phases.split_first().into_iter();
        let later = later.flat_map(|(was, later)| {
            let begins = &begins;
            later.iter().map(move |phase| carried(was, phase, begins))
        });
        let later: Vec<Phase<'c>> = later.collect();
        std::iter::once(begins).chain(later).collect()
    }
}

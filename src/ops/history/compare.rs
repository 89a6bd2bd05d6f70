//! What a commit changed: in which flag and environment, and how.

use std::sync::Arc;

use crate::diff::{self, Change, Renamed};
use crate::git::ObjectId;
use crate::model::{Flag, FlagKey};
use crate::record::Record;
use crate::workspace::{Past, PastScope, Reach, Version};

use super::dropped::dropped;
use super::leg::places;
use super::sound::{scope_at, sound_version};
use super::{Broken, Pair, Place, Side, Step, merged, rename};

/// A change that a commit brought.
#[derive(Debug, Clone)]
pub(in crate::ops) struct Told {
    pub(in crate::ops) flag: FlagKey,
    pub(in crate::ops) environment: String,
    pub(in crate::ops) is_protected: bool,
    pub(in crate::ops) change: Change,
    pub(in crate::ops) files: Vec<String>,
}

/// All that a commit did.
#[derive(Debug, Clone, Default)]
pub(in crate::ops) struct Compared {
    pub(in crate::ops) told: Vec<Told>,
    pub(in crate::ops) broken: Vec<Broken>,
}

/// A commit beside one parent, read.
pub(super) struct Beside<'s> {
    pub(super) past: &'s Past,
    pub(super) step: &'s Step,
    pub(super) side: &'s Side,
    pub(super) before: Option<Arc<PastScope>>,
    pub(super) after: Arc<PastScope>,
}

/// Returns what a commit changed. What a merge changed is what it changed beside every parent, and what
/// it did not take of one.
pub(in crate::ops) fn compare(past: &Past, step: &Step) -> anyhow::Result<Compared> {
    let (after, faults) = scope_at(
        past,
        (step.commit.id, step.until),
        &step.layout,
        &step.scope,
    )?;
    let mut besides = Vec::new();
    for side in &step.sides {
        let at = side.parent.unwrap_or(step.commit.id);
        let before = match &side.scope {
            Some(files) => Some(scope_at(past, (at, side.until), &side.layout, files)?.0),
            None => None,
        };
        let after = Arc::clone(&after);
        besides.push(Beside {
            past,
            step,
            side,
            before,
            after,
        });
    }
    let mut pairs: Vec<Vec<Pair>> = Vec::new();
    for beside in &besides {
        pairs.push(beside.pairs()?);
        if pairs.last().is_some_and(Vec::is_empty) {
            pairs.iter_mut().for_each(Vec::clear);
            break;
        }
    }
    let mut compared = Compared {
        told: common(&besides, &pairs)?,
        broken: Vec::new(),
    };
    join(&mut compared.told, dropped(&besides)?);
    let is_touched = |fault: &Broken| {
        let mut sides = step.sides.iter();
        sides.all(|side| side.scope_paths.contains(&fault.path))
    };
    compared
        .broken
        .extend(faults.into_iter().filter(is_touched));
    compared.broken.extend(broken(&besides, &pairs)?);
    Ok(compared)
}

/// Adds changes to those that are told: of a kind one for each flag and environment.
pub(super) fn join(told: &mut Vec<Told>, more: Vec<Told>) {
    for one in more {
        let is_same = |own: &Told| own.flag == one.flag && own.environment == one.environment;
        let mut same = told.iter_mut().filter(|own| is_same(own));
        if let Some(own) = same.find(|own| own.change.kind == one.change.kind) {
            own.change.join(&one.change);
            continue;
        }
        let beside = told.iter().rposition(is_same);
        let beside = beside.or_else(|| told.iter().rposition(|own| own.flag == one.flag));
        told.insert(beside.map_or(told.len(), |at| at + 1), one);
    }
}

/// Returns what a commit changed beside its parent, or a merge beside all of them: the parts of a
/// record that no parent has with the same value.
fn common(besides: &[Beside<'_>], pairs: &[Vec<Pair>]) -> anyhow::Result<Vec<Told>> {
    let (Some((first, others)), Some((own, rest))) = (besides.split_first(), pairs.split_first())
    else {
        return Ok(Vec::new());
    };
    let mut told = Vec::new();
    for pair in own {
        if others.is_empty() {
            told.extend(first.told(pair)?);
            continue;
        }
        let of = |pairs: &'_ Vec<Pair>| pair.key().and_then(|key| of_key(pairs, key).cloned());
        let Some(same) = rest.iter().map(of).collect::<Option<Vec<Pair>>>() else {
            continue;
        };
        told.extend(of_merge(first, pair, others, &same)?);
    }
    Ok(told)
}

/// Returns the pair of the flag that has a key, or else had it.
fn of_key<'p>(pairs: &'p [Pair], key: &FlagKey) -> Option<&'p Pair> {
    let has = |place: &Option<Place>| place.as_ref().is_some_and(|place| place.key == *key);
    let mut has_it = pairs.iter().filter(|pair| has(&pair.after));
    has_it
        .next()
        .or_else(|| pairs.iter().find(|pair| has(&pair.before)))
}

/// Returns what a merge changed itself in a flag.
fn of_merge(
    first: &Beside<'_>,
    pair: &Pair,
    others: &[Beside<'_>],
    same: &[Pair],
) -> anyhow::Result<Vec<Told>> {
    let Some(after) = first.is(pair)? else {
        return Ok(Vec::new());
    };
    let mut was = vec![(first.was(pair)?, first)];
    for (beside, pair) in others.iter().zip(same) {
        was.push((beside.was(pair)?, beside));
    }
    let is_renamed = |pair: &Pair| pair.is_renamed();
    if is_renamed(pair) && same.iter().all(is_renamed) {
        return first.told(pair);
    }
    let now = first.step.commit.committer.time;
    let files = first.files(pair);
    let mut told = Vec::new();
    for (name, is_protected) in first.environments() {
        let parents: Vec<Record<'_>> = was
            .iter()
            .filter_map(|(flag, beside)| {
                let scope = beside.before.as_ref()?;
                diff::Side::of(&scope.catalog, flag.as_deref(), &name).map(diff::Side::record)
            })
            .collect();
        let merge = diff::Side::of(&first.after.catalog, after.as_deref(), &name);
        let changes = match merge.map(diff::Side::record) {
            Some(merge) if parents.is_empty() => diff::of_records(None, Some(&merge), now),
            Some(merge) => {
                let inherited = merged::inherited(&parents, &merge);
                diff::of_records(Some(&inherited), Some(&merge), now)
            }
            None if parents.len() == was.len() => diff::of_records(parents.first(), None, now),
            None => Vec::new(),
        };
        let flag = pair.key();
        told.extend(flag.into_iter().flat_map(|flag| {
            changes.iter().map(|change| Told {
                flag: flag.clone(),
                environment: name.clone(),
                is_protected,
                change: change.clone(),
                files: files.clone(),
            })
        }));
    }
    Ok(told)
}

/// Returns the flags that a commit left so that they cannot be understood: their files, or what
/// the scope makes of them.
fn broken(besides: &[Beside<'_>], pairs: &[Vec<Pair>]) -> anyhow::Result<Vec<Broken>> {
    let (Some(beside), Some((own, others))) = (besides.first(), pairs.split_first()) else {
        return Ok(Vec::new());
    };
    let (past, scope) = (beside.past, &beside.after);
    let mut broken = Vec::new();
    for pair in own {
        let Some(place) = &pair.after else { continue };
        let differs = |pairs: &Vec<Pair>| pairs.iter().any(|pair| pair.is_of(&place.key));
        if !others.iter().all(differs) {
            continue;
        }
        if let Version::Broken(fault) = past.flag(scope, &place.key, &place.path, place.file)?
            && (pair.is_edited() || beside.was_sound(pair)?)
        {
            broken.push((*fault).clone());
        }
        // On the way back it is not asked for again, but where history repeats itself.
        past.forget(scope, &place.key, place.file);
    }
    Ok(broken)
}

impl Beside<'_> {
    /// Returns the flags whose records may differ.
    pub(super) fn pairs(&self) -> anyhow::Result<Vec<Pair>> {
        let mut pairs = match self.step.wanted {
            None => {
                let pairs = self.side.pairs.clone();
                rename::join(self.past, self.before.as_deref(), &self.after, pairs)?
            }
            Some(_) => self.side.pairs.clone(),
        };
        let reach = self.reach();
        if reach == Reach::Nothing {
            return Ok(pairs);
        }
        for place in self.all()? {
            let own = |pair: &Pair| pair.after.as_ref() == Some(&place);
            if !pairs.iter().any(own) && self.past.is_reached(&reach, &place.key, place.file)? {
                pairs.push(unchanged(place));
            }
        }
        Ok(pairs)
    }

    /// Returns which flags the change of the scope may reach.
    fn reach(&self) -> Reach {
        let before = self.before.as_ref();
        before.map_or(Reach::Nothing, |before| before.reach(&self.after))
    }

    fn all(&self) -> anyhow::Result<Vec<Place>> {
        let mut all = places(self.past, self.step.commit.id, &self.step.layout)?;
        if let Some(wanted) = &self.step.wanted {
            all.retain(|place| wanted.contains(&place.key));
        }
        Ok(all)
    }

    fn told(&self, pair: &Pair) -> anyhow::Result<Vec<Told>> {
        let (before, after) = (self.was(pair)?, self.is(pair)?);
        let Some(after) = after else {
            return Ok(Vec::new());
        };
        let was = before.as_deref().zip(self.before.as_deref());
        let is = after.as_deref().map(|flag| (flag, &*self.after));
        let files = self.files(pair);
        let mut told = Vec::new();
        for (name, is_protected) in self.environments() {
            let now = self.step.commit.committer.time;
            for (flag, change) in changes(was, is, &name, now) {
                told.push(Told {
                    flag: flag.clone(),
                    environment: name.clone(),
                    is_protected,
                    change,
                    files: files.clone(),
                });
            }
        }
        Ok(told)
    }

    /// Returns what the flag was; a broken file counts as before it was.
    pub(super) fn was(&self, pair: &Pair) -> anyhow::Result<Option<Arc<Flag>>> {
        let (Some(place), Some(scope)) = (&pair.before, &self.before) else {
            return Ok(None);
        };
        let at: ObjectId = self.side.parent.unwrap_or(self.step.commit.id);
        sound_version(self.past, at, &self.side.layout, scope, place)
    }

    fn was_sound(&self, pair: &Pair) -> anyhow::Result<bool> {
        let (Some(place), Some(scope)) = (&pair.before, &self.before) else {
            return Ok(false);
        };
        let version = self.past.flag(scope, &place.key, &place.path, place.file)?;
        Ok(matches!(version, Version::Sound(_)))
    }

    /// Returns what the flag is; the outer `None` is a broken file, which changes nothing yet.
    pub(super) fn is(&self, pair: &Pair) -> anyhow::Result<Option<Option<Arc<Flag>>>> {
        let Some(place) = &pair.after else {
            return Ok(Some(None));
        };
        let version = self
            .past
            .flag(&self.after, &place.key, &place.path, place.file)?;
        Ok(match version {
            Version::Sound(flag) => Some(Some(flag)),
            Version::Broken(_) => None,
        })
    }

    /// Returns the environments, those that are protected first; a file's order otherwise.
    pub(super) fn environments(&self) -> Vec<(String, bool)> {
        let mut named: Vec<(String, bool)> = Vec::new();
        let scopes = std::iter::once(&self.after).chain(&self.before);
        for (_, environment) in scopes.flat_map(|scope| scope.catalog.environments.iter()) {
            let name = environment.name.as_str();
            if !named.iter().any(|(other, _)| other == name) {
                named.push((name.to_owned(), environment.is_protected()));
            }
        }
        named.sort_by_key(|(_, is_protected)| !is_protected);
        named
    }

    pub(super) fn files(&self, pair: &Pair) -> Vec<String> {
        let places = pair.after.iter().chain(&pair.before);
        let mut files: Vec<String> = places.map(|place| place.path.clone()).collect();
        files.dedup();
        if !pair.is_edited() && files.len() == 1 {
            files.clear();
        }
        if self.reach() != Reach::Nothing || files.is_empty() {
            files.extend(self.side.scope_paths.iter().cloned());
        }
        files
    }
}

fn unchanged(place: Place) -> Pair {
    Pair {
        before: Some(place.clone()),
        after: Some(place),
    }
}

type InScope<'f> = (&'f Flag, &'f PastScope);

/// Returns what changes in an environment, each with its flag: a renamed one has two keys.
fn changes<'f>(
    was: Option<InScope<'f>>,
    is: Option<InScope<'f>>,
    environment: &str,
    now: i64,
) -> Vec<(&'f FlagKey, Change)> {
    let side = |(flag, scope): InScope<'f>| diff::Side::of(&scope.catalog, Some(flag), environment);
    let sides = (was.and_then(side), is.and_then(side));
    let renamed = was.zip(is).filter(|(old, new)| old.0.key != new.0.key);
    let Some(((old, _), (new, _))) = renamed else {
        let Some((flag, _)) = is.or(was) else {
            return Vec::new();
        };
        let changes = diff::changes(sides.0, sides.1, now).into_iter();
        return changes.map(|change| (&flag.key, change)).collect();
    };
    let (old, new) = (&old.key, &new.key);
    let Renamed { gone, here } = diff::renamed((old, sides.0), (new, sides.1), now);
    let here = here.into_iter().map(|change| (new, change));
    here.chain(gone.into_iter().map(|change| (old, change)))
        .collect()
}

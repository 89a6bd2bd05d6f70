//! What a commit changed: in which flag and environment, and how.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diff::{self, Change, ChangeKind};
use crate::git::ObjectId;
use crate::model::{Flag, FlagKey};
use crate::workspace::{Past, PastScope, Reach, Version};

use super::leg::places;
use super::sound::{scope_at, sound_version};
use super::{Broken, Pair, Place, Side, Step, rename};

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
struct Beside<'s> {
    past: &'s Past,
    step: &'s Step,
    side: &'s Side,
    before: Option<Arc<PastScope>>,
    after: Arc<PastScope>,
}

/// Returns what a commit changed. What a merge changed is what it changed beside every parent.
pub(in crate::ops) fn compare(past: &Past, step: &Step) -> anyhow::Result<Compared> {
    let (after, faults) = scope_at(past, step.commit.id, &step.layout, &step.scope)?;
    let mut besides = Vec::new();
    for side in &step.sides {
        let at = side.parent.unwrap_or(step.commit.id);
        let before = match &side.scope {
            Some(files) => Some(scope_at(past, at, &side.layout, files)?.0),
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

/// Returns the changes that appear beside every parent, as beside the first.
fn common(besides: &[Beside<'_>], pairs: &[Vec<Pair>]) -> anyhow::Result<Vec<Told>> {
    let [first, others @ ..] = besides else {
        return Ok(Vec::new());
    };
    let Some((own, rest)) = pairs.split_first() else {
        return Ok(Vec::new());
    };
    let is_common = |pair: &&Pair| {
        let key = pair.key();
        rest.iter()
            .all(|pairs| key.is_some_and(|key| pairs.iter().any(|pair| pair.is_of(key))))
    };
    let candidates: Vec<&Pair> = own.iter().filter(is_common).collect();
    let mut told = Vec::new();
    for pair in &candidates {
        told.extend(first.told(pair)?);
    }
    for (beside, pairs) in others.iter().zip(rest) {
        let keys: BTreeSet<&FlagKey> = told.iter().map(|told| &told.flag).collect();
        let mut seen: BTreeSet<(FlagKey, String, ChangeKind)> = BTreeSet::new();
        for pair in pairs
            .iter()
            .filter(|pair| keys.iter().any(|key| pair.is_of(key)))
        {
            let changes = beside.told(pair)?.into_iter();
            seen.extend(changes.map(|told| (told.flag, told.environment, told.change.kind)));
        }
        told.retain(|told| {
            let name = (
                told.flag.clone(),
                told.environment.clone(),
                told.change.kind,
            );
            seen.contains(&name)
        });
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
    fn pairs(&self) -> anyhow::Result<Vec<Pair>> {
        let mut pairs = match self.step.wanted {
            None => rename::join(self.past, self.side.pairs.clone())?,
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
    fn was(&self, pair: &Pair) -> anyhow::Result<Option<Arc<Flag>>> {
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
    fn is(&self, pair: &Pair) -> anyhow::Result<Option<Option<Arc<Flag>>>> {
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
    fn environments(&self) -> Vec<(String, bool)> {
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

    fn files(&self, pair: &Pair) -> Vec<String> {
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
    let between = diff::changes(was.and_then(side), is.and_then(side), now);
    let Some(((old, _), (new, _))) = was.zip(is).filter(|(old, new)| old.0.key != new.0.key) else {
        let key = is.or(was).map(|(flag, _)| &flag.key);
        return key
            .into_iter()
            .flat_map(|key| between.iter().map(move |change| (key, change.clone())))
            .collect();
    };
    let gone = diff::changes(was.and_then(side), None, now);
    let here = diff::changes(None, is.and_then(side), now);
    let renamed = |change: Change, words: String| Change {
        effect: format!("{words}; {}", change.effect),
        ..change
    };
    let here = here.into_iter().map(|change| {
        let words = format!("renamed from `{}`", old.key);
        (&new.key, renamed(change, words))
    });
    let between = between.into_iter().map(|change| (&new.key, change));
    let gone = gone.into_iter().map(|change| {
        let words = format!("renamed to `{}`", new.key);
        (&old.key, renamed(change, words))
    });
    here.chain(between).chain(gone).collect()
}

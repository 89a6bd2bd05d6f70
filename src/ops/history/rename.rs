//! Which flags that are gone became which new ones.

use crate::workspace::{Past, PastScope, Version};

use super::super::diff::renames::{Candidate, matched};
use super::{Pair, Place};

/// Flags that were renamed.
pub(super) struct Renames(Vec<(Place, Place)>);

impl Renames {
    /// Returns those among what differs between two states of a project. Each file is read once.
    pub(super) fn among(
        past: &Past,
        before: Option<&PastScope>,
        after: &PastScope,
        pairs: &[Pair],
    ) -> anyhow::Result<Self> {
        let gone = pairs.iter().filter(|pair| pair.after.is_none());
        let gone: Vec<&Place> = gone.filter_map(|pair| pair.before.as_ref()).collect();
        let new = pairs.iter().filter(|pair| pair.before.is_none());
        let new: Vec<&Place> = new.filter_map(|pair| pair.after.as_ref()).collect();
        let (Some(before), false, false) = (before, gone.is_empty(), new.is_empty()) else {
            return Ok(Self(Vec::new()));
        };
        let pairs = matched(
            &candidates(past, before, &gone)?,
            &candidates(past, after, &new)?,
        );
        let places = |(one, other): (usize, usize)| (gone[one].clone(), new[other].clone());
        Ok(Self(pairs.into_iter().map(places).collect()))
    }

    /// Returns what a new file was.
    pub(super) fn origin(&self, after: &Place) -> Option<&Place> {
        let mut pairs = self.0.iter();
        pairs.find(|pair| pair.1 == *after).map(|pair| &pair.0)
    }

    /// Returns what a file that is gone has become.
    pub(super) fn goal(&self, before: &Place) -> Option<&Place> {
        let mut pairs = self.0.iter();
        pairs.find(|pair| pair.0 == *before).map(|pair| &pair.1)
    }
}

fn candidates(past: &Past, scope: &PastScope, places: &[&Place]) -> anyhow::Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    for place in places {
        let text = past.objects().blob(place.file.id)?;
        let salt = match past.flag(scope, &place.key, &place.path, place.file)? {
            Version::Sound(flag) => Some(flag.salt().to_owned()),
            Version::Broken(_) => None,
        };
        let text = String::from_utf8_lossy(&text).into_owned();
        candidates.push(Candidate { salt, text });
    }
    Ok(candidates)
}

/// Joins flags that are gone with new ones that they became.
pub(super) fn join(
    past: &Past,
    before: Option<&PastScope>,
    after: &PastScope,
    pairs: Vec<Pair>,
) -> anyhow::Result<Vec<Pair>> {
    let renames = Renames::among(past, before, after, &pairs)?;
    let mut joined = Vec::new();
    for mut pair in pairs {
        match (&pair.before, &pair.after) {
            (None, Some(place)) => pair.before = renames.origin(place).cloned(),
            (Some(place), None) if renames.goal(place).is_some() => continue,
            _ => {}
        }
        joined.push(pair);
    }
    Ok(joined)
}

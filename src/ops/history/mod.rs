//! The history of a project's flags: commit by commit, what was before and what is.
//!
//! A [`Trail`] walks from the newest commit on. What the scope of a commit is follows from that of
//! its child and what the child changed, so that no folder is looked up on the way. Where the
//! project, its flags folder or a followed flag's file lay elsewhere, a new leg of the walk begins.

mod compare;
mod leg;
pub(super) mod message;
mod rename;
pub(super) mod sites;
mod sound;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::git::{Difference, FileId, ObjectId, PastCommit};
use crate::model::FlagKey;
use crate::workspace::{Fault, Layout, Part, Past, ScopeFiles};

pub(super) use compare::{Compared, Told, compare};
pub(super) use leg::places;
pub(super) use sound::{scope_at, sound_version};

use super::write::Note;
use leg::{Leg, State};

/// A flag's file at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) key: FlagKey,
    /// Relative to ffctl.toml.
    pub(super) path: String,
    pub(super) file: FileId,
}

/// A flag's file before and after; with two keys it was renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) before: Option<Place>,
    pub(super) after: Option<Place>,
}

/// A commit beside one of its parents.
#[derive(Debug, Clone)]
pub(super) struct Side {
    /// The parent; `None` beside nothing.
    pub(super) parent: Option<ObjectId>,
    /// Where the project was.
    pub(super) layout: Layout,
    /// The scope; `None` where there was no project.
    pub(super) scope: Option<ScopeFiles>,
    /// The flags whose files differ.
    pub(super) pairs: Vec<Pair>,
    /// The commit of the trail that what was so before is asked of.
    pub(super) onward: Option<ObjectId>,
    /// The files of the scope that differ, relative to ffctl.toml.
    pub(super) scope_paths: Vec<String>,
}

/// A commit of the trail.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) commit: PastCommit,
    /// Where its leg of the trail was begun, if it is the first there: nothing has changed since.
    pub(super) begins: Option<ObjectId>,
    pub(super) layout: Layout,
    pub(super) scope: ScopeFiles,
    /// One for each parent; one beside nothing where there is none.
    pub(super) sides: Vec<Side>,
    /// The flags that are followed; `None` for all.
    pub(super) wanted: Option<Vec<FlagKey>>,
}

/// Which flags are followed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    /// All.
    All,
    /// These, each by the path of its file in the repository; without one, wherever a file of that
    /// name lies.
    Flags(Vec<(FlagKey, Option<String>)>),
}

/// A walk through the history of a project.
pub(super) struct Trail {
    past: Arc<Past>,
    since: Option<i64>,
    leg: Option<Leg>,
    waiting: VecDeque<Start>,
    begun: HashSet<Start>,
    told: HashSet<ObjectId>,
    /// How many commits were looked at.
    pub(super) seen: usize,
    /// A commit whose parents are not in this clone, if the walk has come to one.
    pub(super) cut_off: Option<ObjectId>,
}

/// Where a leg begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Start {
    commit: ObjectId,
    layout: Layout,
    wanted: Wanted,
}

/// What a side is, and how the walk goes on beyond it.
struct Beyond {
    side: Side,
    state: State,
}

impl Trail {
    pub(super) fn new(
        past: Arc<Past>,
        commit: ObjectId,
        layout: Layout,
        wanted: Wanted,
        since: Option<i64>,
    ) -> Self {
        let mut trail = Self {
            past,
            since,
            leg: None,
            waiting: VecDeque::new(),
            begun: HashSet::new(),
            told: HashSet::new(),
            seen: 0,
            cut_off: None,
        };
        trail.go_on_at(commit, layout, wanted);
        trail
    }

    fn go_on_at(&mut self, commit: ObjectId, layout: Layout, wanted: Wanted) {
        let start = Start {
            commit,
            layout,
            wanted,
        };
        if self.begun.insert(start.clone()) {
            self.waiting.push_back(start);
        }
    }

    /// Returns the next commit that changes a followed flag's file or the scope, and merges.
    pub(super) fn read(&mut self) -> anyhow::Result<Option<Step>> {
        loop {
            let Some(mut leg) = self.take_leg()? else {
                return Ok(None);
            };
            let Some(commit) = leg.history.read()? else {
                continue;
            };
            self.seen += 1;
            let step = self.step(&mut leg, commit)?;
            if !leg.is_over() {
                self.leg = Some(leg);
            }
            if let Some(step) = step.filter(|step| self.told.insert(step.commit.id)) {
                return Ok(Some(step));
            }
        }
    }

    fn take_leg(&mut self) -> anyhow::Result<Option<Leg>> {
        if let Some(leg) = self.leg.take() {
            return Ok(Some(leg));
        }
        let Some(start) = self.waiting.pop_front() else {
            return Ok(None);
        };
        Leg::begin(&self.past, start, self.since).map(Some)
    }

    fn step(&mut self, leg: &mut Leg, commit: PastCommit) -> anyhow::Result<Option<Step>> {
        let begins = leg.begins();
        let State::Here(scope) = leg.state_of(&self.past, &commit)? else {
            leg.leave(&commit);
            return Ok(None);
        };
        if commit.is_cut_off {
            self.cut_off = Some(commit.id);
            return Ok(None);
        }
        let mut sides = Vec::new();
        let mut states = Vec::new();
        for (at, (parent, differences)) in parents(&commit).into_iter().enumerate() {
            let mut beyond = self.beyond(leg, &commit, &scope, parent, differences)?;
            if let State::Here(_) = beyond.state {
                beyond.side.onward = commit.next.get(at).copied();
            }
            states.push(beyond.state);
            sides.push(beyond.side);
        }
        leg.go_on(&commit, states);
        Ok(Some(Step {
            layout: leg.layout.clone(),
            scope,
            sides,
            begins,
            wanted: leg.wanted.keys(),
            commit,
        }))
    }

    /// Returns what lies before a commit on the side of one of its parents.
    fn beyond(
        &mut self,
        leg: &Leg,
        commit: &PastCommit,
        scope: &ScopeFiles,
        parent: Option<ObjectId>,
        differences: &[Difference],
    ) -> anyhow::Result<Beyond> {
        let was = scope.before(&leg.layout, differences);
        let mut side = Side {
            parent,
            onward: parent,
            layout: leg.layout.clone(),
            scope: was.has_project().then(|| was.clone()),
            pairs: pairs(&leg.layout, differences),
            scope_paths: scope.differing(&was),
        };
        let Some(parent) = side.parent else {
            return Ok(side.and_nothing());
        };
        if let Some(layout) = self.moved_from(leg, commit.id, parent, &was)? {
            return self.elsewhere(leg, commit.id, parent, layout);
        }
        if side.scope.is_none() {
            return Ok(side.and_nothing());
        }
        if let Some(wanted) = self.renamed_from(leg, commit.id, parent, &mut side.pairs)? {
            self.go_on_at(parent, leg.layout.clone(), wanted);
            return Ok(side.and_nothing());
        }
        let state = State::Here(was);
        Ok(Beyond { side, state })
    }

    /// Returns where the project was at a parent, if that is elsewhere.
    fn moved_from(
        &self,
        leg: &Leg,
        commit: ObjectId,
        parent: ObjectId,
        was: &ScopeFiles,
    ) -> anyhow::Result<Option<Layout>> {
        if was.has_project() {
            let flags = leg.flags_folder(&self.past, was)?;
            let prefix = leg.layout.prefix.clone();
            return Ok((flags != leg.layout.flags).then_some(Layout { prefix, flags }));
        }
        leg::moved_project(&self.past, &leg.layout, commit, parent)
    }

    /// Compares all files of a project that lay elsewhere, and goes on there.
    fn elsewhere(
        &mut self,
        leg: &Leg,
        commit: ObjectId,
        parent: ObjectId,
        layout: Layout,
    ) -> anyhow::Result<Beyond> {
        let before = places(&self.past, parent, &layout)?;
        let after = places(&self.past, commit, &leg.layout)?;
        let was = self.past.scope_files(parent, &layout)?;
        let is = self.past.scope_files(commit, &leg.layout)?;
        let mut pairs = leg::paired(before, after);
        let wanted = match &leg.wanted {
            Wanted::All => Wanted::All,
            Wanted::Flags(list) => {
                pairs.retain(|pair| list.iter().any(|(key, _)| pair.is_of(key)));
                self.origins(parent, &layout, list, &mut pairs)?
            }
        };
        self.go_on_at(parent, layout.clone(), wanted);
        Ok(Side {
            parent: Some(parent),
            onward: Some(parent),
            layout,
            scope_paths: is.differing(&was),
            scope: Some(was),
            pairs,
        }
        .and_nothing())
    }

    /// Finds where followed flags were before the commit that added their files, and returns how the
    /// walk goes on if one was.
    fn renamed_from(
        &self,
        leg: &Leg,
        commit: ObjectId,
        parent: ObjectId,
        pairs: &mut [Pair],
    ) -> anyhow::Result<Option<Wanted>> {
        let Wanted::Flags(list) = &leg.wanted else {
            return Ok(None);
        };
        let is_added = |pair: &Pair| pair.before.is_none() && pair.after.is_some();
        if !pairs
            .iter()
            .any(|pair| is_added(pair) || pair.after.is_none())
        {
            return Ok(None);
        }
        let before = places(&self.past, parent, &leg.layout)?;
        let after = places(&self.past, commit, &leg.layout)?;
        let all = leg::paired(before, after);
        for pair in pairs.iter_mut().filter(|pair| pair.after.is_none()) {
            pair.after = rename::goal(&self.past, &all, pair)?.cloned();
        }
        let mut changed = false;
        for pair in pairs.iter_mut().filter(|pair| is_added(pair)) {
            let Some(after) = pair.after.as_ref() else {
                continue;
            };
            let same = all.iter().find(|other| other.is_of(&after.key));
            pair.before = match same.and_then(|other| other.before.clone()) {
                Some(before) => Some(before),
                None => rename::origin(&self.past, &all, after)?.cloned(),
            };
            changed |= pair.before.is_some();
        }
        if !changed {
            return Ok(None);
        }
        let follow = |(key, path): &(FlagKey, Option<String>)| {
            let pair = pairs.iter().find(|pair| pair.is_of(key));
            match pair.and_then(|pair| pair.before.as_ref()) {
                Some(was) => leg.layout.watch(was),
                None => (key.clone(), path.clone()),
            }
        };
        Ok(Some(Wanted::Flags(list.iter().map(follow).collect())))
    }

    /// Returns where the flags were in another layout.
    fn origins(
        &self,
        parent: ObjectId,
        layout: &Layout,
        list: &[(FlagKey, Option<String>)],
        pairs: &mut [Pair],
    ) -> anyhow::Result<Wanted> {
        let before = places(&self.past, parent, layout)?;
        let mut followed = Vec::new();
        for (key, _) in list {
            let pair = pairs.iter_mut().find(|pair| pair.is_of(key));
            if let Some(pair) = pair
                && let (None, Some(after)) = (&pair.before, &pair.after)
            {
                let gone: Vec<Pair> = before.iter().cloned().map(Pair::gone).collect();
                pair.before = rename::origin(&self.past, &gone, after)?.cloned();
            }
            let of_pair = pairs.iter().find(|pair| pair.is_of(key));
            let was = of_pair.and_then(|pair| pair.before.as_ref());
            let same = before.iter().find(|place| place.key == *key);
            followed.push(match was.or(same) {
                Some(place) => layout.watch(place),
                None => (key.clone(), None),
            });
        }
        Ok(Wanted::Flags(followed))
    }
}

impl Side {
    /// Beyond this side the leg ends.
    fn and_nothing(self) -> Beyond {
        Beyond {
            side: self,
            state: State::Elsewhere,
        }
    }
}

impl Pair {
    pub(super) fn is_of(&self, key: &FlagKey) -> bool {
        let mut places = self.after.iter().chain(&self.before);
        places.any(|place| place.key == *key)
    }

    /// Returns whether the content differs.
    fn is_edited(&self) -> bool {
        let file = |place: &Option<Place>| place.as_ref().map(|place| place.file);
        file(&self.before) != file(&self.after)
    }

    fn gone(place: Place) -> Self {
        Self {
            before: Some(place),
            after: None,
        }
    }

    /// The key that the flag has, or else had.
    pub(super) fn key(&self) -> Option<&FlagKey> {
        let mut places = self.after.iter().chain(&self.before);
        places.next().map(|place| &place.key)
    }
}

impl Wanted {
    fn keys(&self) -> Option<Vec<FlagKey>> {
        match self {
            Self::All => None,
            Self::Flags(list) => Some(list.iter().map(|(key, _)| key.clone()).collect()),
        }
    }
}

/// How a layout's files are watched.
trait Watch {
    fn watch(&self, place: &Place) -> (FlagKey, Option<String>);
}

impl Watch for Layout {
    fn watch(&self, place: &Place) -> (FlagKey, Option<String>) {
        let path = format!("{}{}", self.prefix, place.path);
        (place.key.clone(), Some(path))
    }
}

/// Returns the parents of a commit, each with what differs; nothing stands in where there is none.
fn parents(commit: &PastCommit) -> Vec<(Option<ObjectId>, &[Difference])> {
    let all = commit.differences.first().map_or(&[][..], Vec::as_slice);
    match (commit.next.len(), commit.parents.len()) {
        (0, 0) => vec![(None, all)],
        // No ancestor has any of the files; they may lie elsewhere.
        (0, _) => commit.parents.iter().map(|id| (Some(*id), all)).collect(),
        (nearest, parents) => {
            // What stands for several parents differs from them in no watched file.
            let ids = if nearest == parents {
                &commit.parents
            } else {
                &commit.next
            };
            let lists = commit.differences.iter().map(Vec::as_slice);
            ids.iter().map(|id| Some(*id)).zip(lists).collect()
        }
    }
}

/// Returns the flags' files that differ; a file that went to another folder is one.
fn pairs(layout: &Layout, differences: &[Difference]) -> Vec<Pair> {
    let place = |difference: &Difference, file: Option<FileId>| {
        let Some(Part::Flag(key)) = layout.part(&difference.path) else {
            return None;
        };
        let path = layout.inside(&difference.path).to_owned();
        file.map(|file| Place { key, path, file })
    };
    let before = differences.iter().filter_map(|one| place(one, one.before));
    let after = differences.iter().filter_map(|one| place(one, one.after));
    leg::paired(before.collect(), after.collect())
}

/// A file that a commit left so that it cannot be understood.
pub(super) type Broken = Fault;

/// Tells that the history ends where a shallow clone does.
pub(super) fn shallow(commit: ObjectId) -> Note {
    let message = format!(
        "this clone is shallow: what {} changed, and all before it, cannot be told",
        commit.short()
    );
    let hint = "`git fetch --unshallow` gets the whole history, `git fetch --deepen=N` more of it";
    Note {
        message,
        hint: Some(hint.to_owned()),
    }
}

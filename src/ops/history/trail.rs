//! The walk.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::git::{Difference, EntryKind, FileId, ObjectId, PastCommit};
use crate::model::FlagKey;
use crate::workspace::{Layout, Part, Past, ScopeFiles};

use super::leg::{self, Leg, State, places};
use super::rename::Renames;
use super::{Pair, Place, Side, Step, Wanted};

/// A walk through the history of a project.
pub(in crate::ops) struct Trail {
    past: Arc<Past>,
    since: Option<i64>,
    leg: Option<Leg>,
    waiting: VecDeque<Start>,
    begun: HashSet<Start>,
    told: HashSet<ObjectId>,
    /// How many commits were looked at.
    pub(in crate::ops) seen: usize,
    /// A commit whose parents are not in this clone, if the walk has come to one.
    pub(in crate::ops) cut_off: Option<ObjectId>,
}

/// Where a leg begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Start {
    pub(super) commit: ObjectId,
    pub(super) layout: Layout,
    pub(super) wanted: Wanted,
}

/// What a side is, and how the walk goes on beyond it.
struct Beyond {
    side: Side,
    state: State,
}

impl Trail {
    pub(in crate::ops) fn new(
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
    pub(in crate::ops) fn read(&mut self) -> anyhow::Result<Option<Step>> {
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
        let State::Here(scope, until) = leg.state_of(&self.past, &commit)? else {
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
            let mut beyond = self.beyond(leg, &commit, (&scope, until), parent, differences)?;
            if let State::Here(..) = beyond.state {
                beyond.side.onward = commit.next.get(at).copied();
            }
            states.push(beyond.state);
            sides.push(beyond.side);
        }
        leg.go_on(&commit, states);
        Ok(Some(Step {
            layout: leg.layout.clone(),
            scope,
            until,
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
        (scope, until): (&ScopeFiles, ObjectId),
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
            until,
        };
        if !side.scope_paths.is_empty() {
            side.until = parent.unwrap_or(commit.id);
        }
        let Some(parent) = side.parent else {
            return Ok(side.and_nothing());
        };
        if let Some(layout) = self.moved_from(leg, commit.id, parent, &was)? {
            return self.elsewhere(leg, commit.id, parent, layout);
        }
        if side.scope.is_none() {
            return Ok(side.and_nothing());
        }
        if let Some(wanted) =
            self.renamed_from(leg, commit.id, parent, (&was, scope), &mut side.pairs)?
        {
            self.go_on_at(parent, leg.layout.clone(), wanted);
            return Ok(side.and_nothing());
        }
        let state = State::Here(was, side.until);
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
        let mut pairs = leg::paired(before.clone(), after);
        let wanted = match &leg.wanted {
            Wanted::All => Wanted::All,
            Wanted::Flags(list) => {
                let renames = self.renames(&was, &is, &pairs)?;
                pairs.retain(|pair| list.iter().any(|(key, _)| pair.is_of(key)));
                origins(&layout, list, &before, &renames, &mut pairs)
            }
        };
        self.go_on_at(parent, layout.clone(), wanted);
        Ok(Side {
            parent: Some(parent),
            onward: Some(parent),
            layout,
            scope_paths: is.differing(&was),
            scope: Some(was),
            until: parent,
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
        (was, scope): (&ScopeFiles, &ScopeFiles),
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
        let renames = self.renames(was, scope, &all)?;
        for pair in pairs.iter_mut().filter(|pair| pair.after.is_none()) {
            let goal = pair.before.as_ref().and_then(|gone| renames.goal(gone));
            pair.after = goal.cloned();
        }
        let mut changed = false;
        for pair in pairs.iter_mut().filter(|pair| is_added(pair)) {
            let Some(after) = pair.after.as_ref() else {
                continue;
            };
            let same = all.iter().find(|other| other.is_of(&after.key));
            pair.before = match same.and_then(|other| other.before.clone()) {
                Some(before) => Some(before),
                None => renames.origin(after).cloned(),
            };
            changed |= pair.before.is_some();
        }
        if !changed {
            return Ok(None);
        }
        let follow = |(key, path): &(FlagKey, Option<String>)| {
            let pair = pairs.iter().find(|pair| pair.is_of(key));
            match pair.and_then(|pair| pair.before.as_ref()) {
                Some(was) => followed(&leg.layout, was),
                None => (key.clone(), path.clone()),
            }
        };
        Ok(Some(Wanted::Flags(list.iter().map(follow).collect())))
    }

    fn renames(
        &self,
        was: &ScopeFiles,
        is: &ScopeFiles,
        pairs: &[Pair],
    ) -> anyhow::Result<Renames> {
        let (before, after) = (self.past.scope(was)?, self.past.scope(is)?);
        Renames::among(&self.past, Some(&before), &after, pairs)
    }
}

/// Returns where the flags were in another layout.
fn origins(
    layout: &Layout,
    list: &[(FlagKey, Option<String>)],
    before: &[Place],
    renames: &Renames,
    pairs: &mut [Pair],
) -> Wanted {
    let mut wanted = Vec::new();
    for (key, _) in list {
        let pair = pairs.iter_mut().find(|pair| pair.is_of(key));
        if let Some(pair) = pair
            && let (None, Some(after)) = (&pair.before, &pair.after)
        {
            pair.before = renames.origin(after).cloned();
        }
        let of_pair = pairs.iter().find(|pair| pair.is_of(key));
        let was = of_pair.and_then(|pair| pair.before.as_ref());
        let same = before.iter().find(|place| place.key == *key);
        wanted.push(match was.or(same) {
            Some(place) => followed(layout, place),
            None => (key.clone(), None),
        });
    }
    Wanted::Flags(wanted)
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

/// Returns how a file is followed.
fn followed(layout: &Layout, place: &Place) -> (FlagKey, Option<String>) {
    let path = format!("{}{}", layout.prefix, place.path);
    (place.key.clone(), Some(path))
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

/// Returns the flags' files that differ; a file that went to another folder is one, and one that is or
/// was a symbolic link is none.
fn pairs(layout: &Layout, differences: &[Difference]) -> Vec<Pair> {
    let is_link = |file: &FileId| file.kind == EntryKind::Link;
    let is_file = |one: &&Difference| !one.before.iter().chain(&one.after).any(is_link);
    let place = |difference: &Difference, file: Option<FileId>| {
        let Some(Part::Flag(key)) = layout.part(&difference.path) else {
            return None;
        };
        let path = layout.inside(&difference.path).to_owned();
        file.map(|file| Place { key, path, file })
    };
    let differences = || differences.iter().filter(is_file);
    let before = differences().filter_map(|one| place(one, one.before));
    let after = differences().filter_map(|one| place(one, one.after));
    leg::paired(before.collect(), after.collect())
}

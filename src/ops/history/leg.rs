//! A part of the walk in which the project and the followed files lie where they lie.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::git::{EntryKind, History, ObjectId, PastCommit, RevisionError, Watched};
use crate::model::FlagKey;
use crate::workspace::{CONFIG_FILE, Layout, Part, Past, Project, ScopeFiles};

use super::trail::Start;
use super::{Pair, Place, Wanted};

/// A commit's state, as its children tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// The project is where the leg looks, with this scope, which it has had up to this commit.
    Here(ScopeFiles, ObjectId),
    /// It is not; another leg goes on, or none.
    Elsewhere,
}

pub(super) struct Leg {
    pub(super) layout: Layout,
    pub(super) wanted: Wanted,
    pub(super) history: History,
    start: ObjectId,
    scope: ScopeFiles,
    states: HashMap<ObjectId, State>,
    /// The commits to come that are here.
    open: HashSet<ObjectId>,
    has_begun: bool,
}

impl Leg {
    pub(super) fn begin(past: &Past, start: Start, since: Option<i64>) -> anyhow::Result<Self> {
        let watched = watched(&start.layout, &start.wanted);
        Ok(Self {
            history: past.objects().history(start.commit, &watched, since)?,
            scope: past.scope_files(start.commit, &start.layout)?,
            start: start.commit,
            layout: start.layout,
            wanted: start.wanted,
            states: HashMap::new(),
            open: HashSet::new(),
            has_begun: false,
        })
    }

    /// Returns where it was begun, before its first commit is told.
    pub(super) fn begins(&self) -> Option<ObjectId> {
        (!self.has_begun).then_some(self.start)
    }

    /// Returns whether nothing that is to come is here.
    pub(super) fn is_over(&self) -> bool {
        self.has_begun && self.open.is_empty()
    }

    pub(super) fn state_of(&mut self, past: &Past, commit: &PastCommit) -> anyhow::Result<State> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        self.open.remove(&commit.id);
        if let Some(state) = self.states.remove(&commit.id) {
            return Ok(state);
        }
        if is_first {
            // Whatever lies between has changed nothing.
            return Ok(State::Here(self.scope.clone(), self.start));
        }
        let scope = past.scope_files(commit.id, &self.layout)?;
        Ok(if scope.has_project() {
            State::Here(scope, commit.id)
        } else {
            State::Elsewhere
        })
    }

    /// Goes on from a commit that is not here.
    pub(super) fn leave(&mut self, commit: &PastCommit) {
        for next in &commit.next {
            self.states.entry(*next).or_insert(State::Elsewhere);
        }
    }

    /// Goes on from a commit, with the states on the sides of its parents.
    pub(super) fn go_on(&mut self, commit: &PastCommit, states: Vec<State>) {
        for (next, state) in commit.next.iter().zip(states) {
            self.assign(*next, state);
        }
    }

    fn assign(&mut self, commit: ObjectId, state: State) {
        if let State::Here(..) = state {
            self.open.insert(commit);
            self.states.insert(commit, state);
        } else {
            self.states.entry(commit).or_insert(state);
        }
    }

    /// Returns the flags folder of an earlier scope.
    pub(super) fn flags_folder(&self, past: &Past, was: &ScopeFiles) -> anyhow::Result<String> {
        if was.same_config(&self.scope) {
            return Ok(self.layout.flags.clone());
        }
        past.flags_folder(was)
    }
}

fn watched(layout: &Layout, wanted: &Wanted) -> Vec<Watched> {
    let list = match wanted {
        Wanted::All => {
            let paths = [layout.config_path(), layout.folder()];
            return paths.map(Watched::Path).to_vec();
        }
        Wanted::Flags(list) => list,
    };
    let scope = layout.scope_paths().map(Watched::Path);
    let named = |key: &FlagKey| {
        ["yaml", "yml"].map(|extension| Watched::Named {
            folder: layout.folder(),
            name: format!("{key}.{extension}"),
        })
    };
    let flags = list.iter().flat_map(|(key, path)| match path {
        Some(path) => vec![Watched::Path(path.clone())],
        None => named(key).to_vec(),
    });
    scope.chain(flags).collect()
}

/// Returns the flags' files of a commit. Symbolic links are left out: what they lead to changes
/// without them.
pub(in crate::ops) fn places(
    past: &Past,
    commit: ObjectId,
    layout: &Layout,
) -> anyhow::Result<Vec<Place>> {
    let mut places = listed(past, commit, layout)?;
    places.retain(|place| place.file.kind != EntryKind::Link);
    Ok(places)
}

/// Returns the flags of a commit whose files are symbolic links.
pub(super) fn links(past: &Past, commit: ObjectId, layout: &Layout) -> anyhow::Result<Vec<Place>> {
    let mut places = listed(past, commit, layout)?;
    places.retain(|place| place.file.kind == EntryKind::Link);
    Ok(places)
}

fn listed(past: &Past, commit: ObjectId, layout: &Layout) -> anyhow::Result<Vec<Place>> {
    let files = past.objects().files(commit, &layout.folder())?;
    let places = files.into_iter().filter_map(|entry| {
        let Some(Part::Flag(key)) = layout.part(&entry.path) else {
            return None;
        };
        Some(Place {
            key,
            path: layout.inside(&entry.path).to_owned(),
            file: entry.file_id(),
        })
    });
    Ok(places.collect())
}

/// Returns what differs between two lists of files, by key.
pub(super) fn paired(before: Vec<Place>, after: Vec<Place>) -> Vec<Pair> {
    let mut pairs: BTreeMap<FlagKey, Pair> = BTreeMap::new();
    let none = Pair {
        before: None,
        after: None,
    };
    for place in before {
        let pair = pairs.entry(place.key.clone()).or_insert(none.clone());
        pair.before.get_or_insert(place);
    }
    for place in after {
        let pair = pairs.entry(place.key.clone()).or_insert(none.clone());
        pair.after.get_or_insert(place);
    }
    let differs = |pair: &Pair| match (&pair.before, &pair.after) {
        (Some(before), Some(after)) => before.file != after.file || before.path != after.path,
        _ => true,
    };
    pairs.into_values().filter(differs).collect()
}

/// Returns where a project was at the parent of the commit that put it where it is.
pub(super) fn moved_project(
    past: &Past,
    layout: &Layout,
    commit: ObjectId,
    parent: ObjectId,
) -> anyhow::Result<Option<Layout>> {
    let scope = past.scope_files(commit, layout)?;
    let name = past.project_name(&scope)?;
    let place = Project::folder_at(past.objects(), parent, &layout.prefix, name.as_deref());
    let folder = match place {
        Ok(folder) => folder,
        Err(error) if error.is::<RevisionError>() && is_absent(past, parent)? => {
            match left_folder(past, commit, parent, name.as_deref())? {
                Some(folder) => folder,
                None => return Ok(None),
            }
        }
        Err(error) => return Err(error),
    };
    let prefix = if folder.is_empty() {
        folder
    } else {
        format!("{folder}/")
    };
    let mut was = Layout {
        prefix,
        flags: layout.flags.clone(),
    };
    // A project that is still there is another one.
    let stays = past.objects().entry(commit, &was.config_path())?;
    if was.prefix == layout.prefix || stays.is_some() {
        return Ok(None);
    }
    was.flags = past.flags_folder(&past.scope_files(parent, &was)?)?;
    Ok(Some(was))
}

/// Returns the folder of the only project of a name, or of those without one, that a commit has taken
/// away.
fn left_folder(
    past: &Past,
    commit: ObjectId,
    parent: ObjectId,
    name: Option<&str>,
) -> anyhow::Result<Option<String>> {
    let mut left = Vec::new();
    for entry in past.objects().files(parent, "")? {
        let prefix = entry.path.strip_suffix(CONFIG_FILE);
        let prefix = prefix.filter(|prefix| prefix.is_empty() || prefix.ends_with('/'));
        let Some(prefix) = prefix else { continue };
        if past.objects().entry(commit, &entry.path)?.is_some() {
            continue;
        }
        let layout = Layout {
            prefix: prefix.to_owned(),
            flags: "flags".to_owned(),
        };
        let own = past.project_name(&past.scope_files(parent, &layout)?)?;
        if own.as_deref() == name {
            left.push(prefix.trim_end_matches('/').to_owned());
        }
    }
    Ok(if left.len() == 1 { left.pop() } else { None })
}

/// Returns whether a commit can be read, so that what is not found in it is not there.
fn is_absent(past: &Past, commit: ObjectId) -> anyhow::Result<bool> {
    past.objects().entry(commit, "ffctl.toml").map(|_| true)
}

//! One commit undone, or several: slot by slot, in the files as they are today.
//!
//! What the commits changed is collected (`collect`) and undone, flags (`undo`) and files of
//! definitions (`definitions`) alike; what was changed again since is in `conflict`. Where only a
//! part is meant, `left` tells what of that part stays because it stands elsewhere.

mod collect;
mod conflict;
mod definitions;
mod left;
mod sheet;
mod undo;

use std::collections::BTreeSet;
use std::path::Path;

use crate::literal;
use crate::patch::{self, Age, Found, NewKeys, Newer};
use crate::store::FileChange;
use crate::tree::Overlay;
use crate::workspace::{Project, ProjectTree, Selection};

use super::super::super::open::{Opened, unknown_flag};
use super::super::super::write::Planned;
use super::super::plan::{Cause, Plan, Planner};
use super::super::{RefusedError, Request};
use super::past::{self, Past};
use super::{Heading, Rollback, all_keys, tell, verify};
use collect::{Change, changes};
use undo::{Scope, Undoing, Work, still_broken};
use verify::More;

/// Plans what undoes commits, the newest first.
pub(super) fn plan(
    root: &Path,
    project: Project,
    overlay: Overlay<'_, ProjectTree>,
    request: &Request,
    options: &Rollback,
    (commits, heading): (&[Past], &Heading),
) -> anyhow::Result<Planned<Plan>> {
    let changes = changes(root, commits, request)?;
    let flags = changes.iter().flat_map(|change| change.flags.keys());
    let touched: BTreeSet<String> = flags.cloned().collect();
    let mut keys = touched.clone();
    if defines(&changes) && is_whole(request) {
        keys.extend(all_keys(&project, &overlay));
    }
    let planner = Planner::open(project, overlay, keys.into_iter().collect(), request);
    let inverse = Inverse {
        planner,
        root,
        options,
        changes: &changes,
        touched,
    };
    inverse.plan(heading)
}

/// Returns whether all is meant that the commits changed.
fn is_whole(request: &Request) -> bool {
    request.flags.is_empty() && request.environments.is_empty()
}

fn oldest(changes: &[Change]) -> &Change {
    let oldest = changes.last();
    oldest.expect("a rollback has a commit to undo")
}

/// Returns whether what all flags share was changed.
fn defines(changes: &[Change]) -> bool {
    changes.iter().any(|change| !change.definitions.is_empty())
}

struct Inverse<'i, 'r> {
    planner: Planner<'r>,
    root: &'i Path,
    options: &'i Rollback,
    changes: &'i [Change],
    /// The flags that are to go back.
    touched: BTreeSet<String>,
}

impl Inverse<'_, '_> {
    fn plan(mut self, heading: &Heading) -> anyhow::Result<Planned<Plan>> {
        self.sound()?;
        let request = self.planner.request;
        let meant = Scope {
            environments: &request.environments,
            definitions: is_whole(request),
            newer: self.options.newer,
        };
        let mut work = self.undone(meant)?;
        self.refuse_conflicts(&mut work)?;
        let whole = self.whole();
        let back = work.back.clone();
        let meant = self.take(work)?;
        let ids = self.planner.environments()?;
        let jobs = self.planner.jobs(&self.touched, &ids);
        let mut after = self.planner.judge_rollback(&jobs)?;
        let times = self.times()?;
        let oldest = oldest(self.changes);
        let mut more = self.more(after.as_ref(), &times);
        let mut held = BTreeSet::new();
        while self.hold_elsewhere(after.as_ref(), &more, &mut held)? {
            self.planner.plan.warnings.clear();
            after = self.planner.judge_rollback(&jobs)?;
            more = self.more(after.as_ref(), &times);
        }
        if let Some(after) = &after {
            self.verify(after, &more, &back)?;
        }
        if let Some(whole) = whole {
            let keys = self.reached();
            left::tell(&mut self.planner, &keys, (&meant, whole), oldest);
        }
        let (then, time) = times.last().expect("as many as commits");
        let then = (then, *time, &NewKeys::default());
        tell(&mut self.planner, after.as_ref(), then, heading);
        Ok(self.planner.finish())
    }

    fn sound(&mut self) -> anyhow::Result<()> {
        let (planner, touched) = (&mut self.planner, &self.touched);
        planner.sound_settings()?;
        let unknown =
            |key: &&String| !touched.contains(*key) && !planner.before.known.contains(key.as_str());
        if let Some(key) = planner.request.flags.iter().find(unknown) {
            return Err(unknown_flag(&planner.before, key).into());
        }
        let keys = planner.keys.clone();
        let is_there = |key: &&String| planner.before.known.contains(key.as_str());
        // What the newest commit broke, and nobody has touched since, comes back as a whole.
        let is_broken = |key: &&String| {
            let mut files = self.changes.iter().filter_map(|one| one.flags.get(*key));
            let newest = files.next();
            newest.is_some_and(|(_, after)| still_broken(planner, key, after).is_some())
        };
        let there = touched.iter().filter(is_there);
        planner.keys = there.filter(|key| !is_broken(key)).cloned().collect();
        planner.understood()?;
        planner.keys = keys;
        planner.environments().map(drop)
    }

    fn undone(&self, scope: Scope<'_>) -> anyhow::Result<Work> {
        let undoing = Undoing::new(&self.planner, self.root, self.options, scope);
        undoing.undo(self.changes)
    }

    /// Returns the files as they would be if all were undone, where only a part is meant and more
    /// than that was changed.
    fn whole(&self) -> Option<anyhow::Result<Vec<FileChange>>> {
        let request = self.planner.request;
        if is_whole(request) || (request.environments.is_empty() && !defines(self.changes)) {
            return None;
        }
        let all = Scope {
            environments: &[],
            definitions: true,
            newer: match self.options.newer {
                Newer::Keep => Newer::Keep,
                Newer::Ask | Newer::Drop => Newer::Drop,
            },
        };
        let files = self.undone(all).and_then(Work::files);
        Some(files.map(|files| files.into_iter().map(|(_, change)| change).collect()))
    }

    /// Returns the flags that are meant, and that the changes may reach.
    fn reached(&self) -> Vec<String> {
        let planner = &self.planner;
        if !planner.request.flags.is_empty() {
            planner.request.flags.clone()
        } else if defines(self.changes) {
            all_keys(&planner.project, &planner.overlay)
        } else {
            self.touched.iter().cloned().collect()
        }
    }

    /// Takes the files into the plan, and what there is to say. Returns the files.
    fn take(&mut self, work: Work) -> anyhow::Result<Vec<FileChange>> {
        self.planner.plan.notes.extend(work.notes.iter().cloned());
        for (key, why) in &work.skipped {
            self.planner.skip(key, why, Cause::Broken);
        }
        let files = work.files()?;
        for (key, change) in &files {
            self.planner.take(key, change.clone());
        }
        Ok(files.into_iter().map(|(_, change)| change).collect())
    }

    /// Returns what was before the changes, and when they were made.
    fn times(&self) -> anyhow::Result<Vec<(Opened, i64)>> {
        let request = self.planner.request;
        let keys: Vec<&str> = self.planner.keys.iter().map(String::as_str).collect();
        let time = |change: &Change| {
            let then = past::open(self.root, &change.parent, Selection::Flags(&keys), request)?;
            Ok((then, change.made_at(request)))
        };
        self.changes.iter().map(time).collect()
    }

    fn more(&self, after: Option<&Opened>, times: &[(Opened, i64)]) -> Vec<More> {
        let more = |after| verify::more(&self.planner, after, times, self.options.resume);
        after.map_or_else(Vec::new, more)
    }

    /// Where more would be served because of what stands elsewhere (the flag's own rules, a parent)
    /// and has moved on since, the entry gets its own copy of that, held at what it gave then.
    /// Returns whether there was any. What was `held` once, a flag in an environment, is not again.
    fn hold_elsewhere(
        &mut self,
        after: Option<&Opened>,
        more: &[More],
        held: &mut BTreeSet<(String, String)>,
    ) -> anyhow::Result<bool> {
        let Some(after) = after.filter(|_| !self.options.resume) else {
            return Ok(false);
        };
        let catalog = &after.catalog;
        let request = self.planner.request;
        let today = Age::new(catalog, None, literal::whole_second(request.now));
        let times = self.changes.iter().map(|change| change.made_at(request));
        let time = times.min().unwrap_or(today.time);
        let several = self.planner.keys.len() > 1;
        for one in more.iter().filter(|one| one.is_share) {
            if !held.insert((one.flag.clone(), one.environment.clone())) {
                continue;
            }
            let id = catalog.environments.find(&one.environment);
            let found = catalog.flags.get(one.flag.as_str()).zip(id);
            let Some((flag, id)) = found else { continue };
            let root = self.planner.root(&one.flag)?;
            let found = Found { flag, root: &root };
            let Some(pinned) = patch::hold_elsewhere(&today, found, id, time) else {
                continue;
            };
            self.planner.note(&one.flag, pinned.notes, several);
            self.planner.edit(&one.flag, &pinned.root)?;
            // What else there is may be mended by that.
            return Ok(true);
        }
        Ok(false)
    }

    /// Nobody is served more than before, no kill switch is lost, and what came back is what it was.
    fn verify(
        &mut self,
        after: &Opened,
        more: &[More],
        back: &[String],
    ) -> Result<(), RefusedError> {
        let parent = &oldest(self.changes).parent.name;
        if !self.options.lift_kill_switches {
            verify::keeps_kills(&self.planner, after)?;
        }
        verify::serves_no_more(&mut self.planner, more, parent, self.options.newer)?;
        let mut back = back.iter();
        let is_lost = |key: &&String| {
            let is_there = after.catalog.flags.contains_key(key.as_str());
            !is_there || after.unsound.contains(key.as_str())
        };
        if let Some(key) = back.find(is_lost) {
            let message = format!("`{key}` would not come back, so nothing was written");
            let hint = format!("`ffctl rollback --to {parent} --flag {key}` brings it back");
            return Err(RefusedError::new(message, hint));
        }
        Ok(())
    }
}

//! `rollback --to`: a flag serves again what it served at an earlier time.
//!
//! Two ages of a project meet here. The file of today takes what decides what is served from the
//! file of then, as it was written; what is no part of the record stays. Ramps and steps that time
//! has moved on are held at what they gave then (`freeze`), segments that have changed are written
//! out (`segments`), and what an entry took from places that say something else today is pinned into
//! it (`pin`). The file is then read again, and its records are compared with those of then
//! (`compare`): what differs still is refused by name.

mod compare;
mod file;
mod freeze;
mod keys;
mod pin;
mod refusal;
mod segments;

use std::sync::Arc;

use crate::diagnostic::{Diagnostics, join_names};
use crate::document::Tree;
use crate::lower::{self, Scope};
use crate::model::{Catalog, Dependency, EnvironmentId, Flag, FlagKey};
use crate::record::{Phase, Record, record};
use crate::resolve;
use crate::ruleset::ValueType;
use crate::text::SourceMap;
use crate::yaml;

use super::rest::rest;
use super::{Refusal, Subject};
pub use compare::settled;
use compare::{Difference, Slot, differences};
use file::NewFile;
pub(super) use file::set_kind;
pub use keys::NewKeys;

/// A project at a time.
#[derive(Debug)]
pub struct Age<'c> {
    /// What its files say.
    pub catalog: &'c Catalog,
    /// flag-dependencies.yaml, where there is one.
    pub apart: Option<Arc<Tree>>,
    /// The time, in Unix seconds.
    pub time: i64,
    scope: Arc<Scope>,
}

/// A flag of an age, with its file.
#[derive(Debug, Clone, Copy)]
pub struct Found<'c> {
    /// The flag.
    pub flag: &'c Flag,
    /// Its file.
    pub root: &'c Tree,
}

/// How to roll back.
#[derive(Debug, Clone, Copy)]
pub struct Back<'r> {
    /// The environments, as they are named today; `None` is all, and the flag itself.
    pub environments: Option<&'r [EnvironmentId]>,
    /// Whether ramps and schedules go on as if nothing had happened.
    pub resume: bool,
    /// Whether kill switches that were not in force then are taken away.
    pub lift_kill_switches: bool,
    /// Whether what comes from other places may be written into the entry.
    pub pin: bool,
}

/// What a rollback comes to.
#[derive(Debug)]
pub struct RolledBack {
    /// The whole file.
    pub root: Tree,
    /// flag-dependencies.yaml, where that changes too.
    pub apart: Option<Tree>,
    /// What else was done, and why: sentences for people.
    pub notes: Vec<String>,
    /// Where the flag stays killed and was not then: a sentence for people.
    pub stays_killed: Option<String>,
    /// Whether ramps or steps are held at what they gave then.
    pub is_held: bool,
    wanted: Flag,
}

impl<'c> Age<'c> {
    /// Returns a project at a time.
    #[must_use]
    pub fn new(catalog: &'c Catalog, apart: Option<Tree>, time: i64) -> Self {
        let scope = Arc::new(Scope::of(catalog));
        Self::in_scope(catalog, apart.map(Arc::new), time, scope)
    }

    /// As [`Age::new`], with the names of the catalog: many flags of an age share them, and ages in which
    /// everything but the flags is the same.
    #[must_use]
    pub fn in_scope(
        catalog: &'c Catalog,
        apart: Option<Arc<Tree>>,
        time: i64,
        scope: Arc<Scope>,
    ) -> Self {
        Self {
            catalog,
            apart,
            time,
            scope,
        }
    }

    /// Reads what a flag's file would say in this age. `None` where it says too little.
    fn read(&self, root: &Tree, key: &FlagKey, apart: Vec<Dependency>) -> Option<Reading> {
        let text = yaml::render_document(root);
        let mut told = Diagnostics::default();
        let document = yaml::parse(SourceMap::default().next_id(), &text, &mut told)?;
        let mut flag = lower::flag(&document, key, &self.scope, &mut told)?;
        flag.depends_on.extend(apart);
        Some(Reading {
            flag,
            is_sound: !told.has_errors(),
        })
    }

    /// Returns a flag as its file would mean it in this age.
    pub(super) fn flag_of(&self, root: &Tree, flag: &Flag) -> Option<Flag> {
        let reading = self.read(root, &flag.key, apart_of(flag))?;
        reading.is_sound.then_some(reading.flag)
    }

    pub(super) fn subject<'s>(&self, flag: &'s Flag, root: &'s Tree) -> Subject<'s>
    where
        'c: 's,
    {
        Subject {
            catalog: self.catalog,
            flag,
            root,
            now: self.time,
        }
    }

    fn name(&self, id: EnvironmentId) -> &'c str {
        self.catalog.environments.get(id).name.as_str()
    }
}

/// A file as it is meant.
struct Reading {
    flag: Flag,
    is_sound: bool,
}

/// What a flag depends on by flag-dependencies.yaml.
fn apart_of(flag: &Flag) -> Vec<Dependency> {
    let elsewhere = |dependency: &&Dependency| dependency.location.source != flag.source;
    flag.depends_on.iter().filter(elsewhere).cloned().collect()
}

/// Returns the file of a flag with which it serves what it served then. A flag that is not there
/// today comes back with the file that it had.
///
/// # Errors
///
/// Refuses what cannot be brought back: an environment that did not exist, what one entry cannot
/// say, and definitions that have changed since.
pub fn roll_back(
    then: &Age<'_>,
    today: &Age<'_>,
    was: Found<'_>,
    is: Option<Found<'_>>,
    options: &Back<'_>,
) -> Result<RolledBack, Refusal> {
    let rollback = Rollback::new(then, today, was, is, options)?;
    if rollback.serves_it_already() {
        return Ok(rollback.unchanged());
    }
    rollback.made()
}

/// Returns the file with the flag archived, because it did not exist then: runtimes get the default
/// of their code, as they did.
#[must_use]
pub fn prune(subject: &Subject<'_>, reason: &str) -> Tree {
    let block = Tree::map_of([
        ("at", super::entry::moment(subject.now).into()),
        ("reason", reason.into()),
    ]);
    subject.with_key("archived", block.in_brackets())
}

/// Returns whether time has moved nothing of a flag so far, and no kill switch stands in it: where its
/// file and all that it is read in the light of are what they were, so is what it serves.
#[must_use]
pub fn stands(catalog: &Catalog, flag: &Flag, now: i64) -> bool {
    let mut environments = catalog.environments.iter();
    environments.all(|(id, _)| {
        let record = record(catalog, flag, id);
        let begun = |phase: &Phase<'_>| phase.from.is_some_and(|from| from <= now);
        let ramps = |phase: &Phase<'_>| {
            let mut servings = phase.rules.iter().map(|rule| &rule.serving);
            let own = phase.serving.as_ref();
            own.is_some_and(|own| own.gradual.is_some())
                || servings.any(|one| one.gradual.is_some())
        };
        !record.killed
            && !record
                .phases
                .iter()
                .any(|phase| begun(phase) || ramps(phase))
    })
}

/// Returns a flag's file of then with the entries at rest that were on with nothing to serve, if there
/// are any: nobody was served anything by them, and to write them so is an error. Those that the file
/// of today has too stay.
fn at_rest(then: &Age<'_>, was: &Flag, root: &Tree, is: Option<Found<'_>>) -> Option<Tree> {
    let entry = |root: &Tree, name: &str| root.get("environments")?.get(name).cloned();
    let says_nothing = |entry: &Tree| {
        let is_on = entry.get("enabled").and_then(Tree::as_bool) == Some(true);
        is_on && !entry.has("percentage") && !entry.has("gradual")
    };
    let mut entries = root.get("environments")?.entries().iter();
    if was.value_type != ValueType::Boolean || !entries.any(|(_, entry)| says_nothing(entry)) {
        return None;
    }
    let flag = then.flag_of(root, was)?;
    let mut rested = root.clone();
    rest(&then.subject(&flag, root), &mut rested, |name| {
        is.is_some_and(|is| entry(is.root, name) == entry(root, name))
    });
    (rested != *root).then_some(rested)
}

/// A rollback of one flag in the making.
struct Rollback<'r> {
    then: &'r Age<'r>,
    today: &'r Age<'r>,
    was: Found<'r>,
    is: Option<Found<'r>>,
    options: &'r Back<'r>,
    /// The file of then, held and with segments written out where they have changed.
    root: Tree,
    /// Whether it is as it was: nothing is held or written out.
    is_as_it_was: bool,
    /// What that means.
    wanted: Flag,
    /// What was held, with the environment.
    held: Vec<(Option<String>, String)>,
    /// The environments to bring back: by their ids today, and then. Parents come first.
    places: Vec<(EnvironmentId, EnvironmentId)>,
}

impl<'r> Rollback<'r> {
    fn new(
        then: &'r Age<'r>,
        today: &'r Age<'r>,
        was: Found<'r>,
        is: Option<Found<'r>>,
        options: &'r Back<'r>,
    ) -> Result<Self, Refusal> {
        let mut held = Vec::new();
        let mut root = was.root.clone();
        if !options.resume {
            root = freeze::frozen(&then.subject(was.flag, was.root), today.time, &mut held);
        }
        if let Some(rested) = at_rest(then, was.flag, &root, is) {
            root = rested;
        }
        segments::write_out(&mut root, then.catalog, today.catalog);
        let key = &was.flag.key;
        let is_as_it_was = root == *was.root;
        let wanted = if is_as_it_was {
            was.flag.clone()
        } else {
            let reading = then.read(&root, key, apart_of(was.flag));
            let unsound = || {
                Refusal::no(
                    format!("`{key}` was not sound then"),
                    "choose another revision",
                )
            };
            reading.ok_or_else(unsound)?.flag
        };
        Ok(Self {
            then,
            today,
            was,
            is,
            options,
            root,
            is_as_it_was,
            wanted,
            held,
            places: places(then, today, options)?,
        })
    }

    /// Returns whether nothing is to be done: from now on the same is served, now and later.
    fn serves_it_already(&self) -> bool {
        let Some(is) = self.is else { return false };
        let now = self.today.time;
        !self.places.is_empty()
            && self.places.iter().all(|place| {
                let wanted = self.wanted(*place);
                let present = record(self.today.catalog, is.flag, place.0);
                if wanted.killed != present.killed {
                    return false;
                }
                let differences = if self.options.resume {
                    differences(&wanted, &present)
                } else {
                    differences(&settled(wanted, now), &settled(present, now))
                };
                self.in_question(differences).is_empty()
            })
    }

    /// Leaves out what one entry need not say.
    fn in_question(&self, mut differences: Vec<Difference>) -> Vec<Difference> {
        if self.options.environments.is_some() {
            differences.retain(|difference| *difference != Difference::Marks);
        }
        differences
    }

    /// Returns the record that an environment is to have.
    fn wanted(&self, (id, then): (EnvironmentId, EnvironmentId)) -> Record<'_> {
        let mut wanted = record(self.then.catalog, &self.wanted, then);
        wanted.killed |= self.stays_killed(id);
        wanted
    }

    fn stays_killed(&self, id: EnvironmentId) -> bool {
        let killed = |is: Found<'_>| resolve::kill(self.today.catalog, is.flag, id).is_some();
        !self.options.lift_kill_switches && self.is.is_some_and(killed)
    }

    /// What is killed and was not then stays so, and that is said.
    fn stays_dark(&self) -> Option<String> {
        let newly = |place: &&(EnvironmentId, EnvironmentId)| {
            self.stays_killed(place.0) && !record(self.then.catalog, &self.wanted, place.1).killed
        };
        let names = self.places.iter().filter(newly);
        let names: Vec<&str> = names.map(|place| self.today.name(place.0)).collect();
        let verb = if names.len() == 1 { "stays" } else { "stay" };
        (!names.is_empty()).then(|| {
            format!(
                "{} {verb} killed: `--lift-kill-switches` takes the switch away",
                join_names(&names, "and").replace('`', "")
            )
        })
    }

    fn unchanged(self) -> RolledBack {
        let stays_killed = self.stays_dark();
        let root = self.is.map(|is| is.root.clone());
        RolledBack {
            root: root.unwrap_or(self.root),
            apart: None,
            notes: Vec::new(),
            stays_killed,
            is_held: false,
            wanted: self.wanted,
        }
    }

    fn made(self) -> Result<RolledBack, Refusal> {
        let mut file = NewFile::new(&self)?;
        let mut pinned = Vec::new();
        for place in &self.places {
            pinned.extend(self.settle(&mut file, *place)?);
        }
        let mut notes = self.notes();
        let is_held = !notes.is_empty();
        notes.append(&mut file.notes);
        notes.extend(pinned);
        notes.extend(self.still_killed(&mut file));
        Ok(RolledBack {
            root: file.root,
            apart: file.apart,
            notes,
            stays_killed: self.stays_dark(),
            is_held,
            wanted: self.wanted,
        })
    }

    /// A kill switch that stands elsewhere is not lifted with one environment.
    fn still_killed(&self, file: &mut NewFile) -> Vec<String> {
        if !self.options.lift_kill_switches {
            return Vec::new();
        }
        let Some(reading) = file.read(self) else {
            return Vec::new();
        };
        let flag = &reading.flag;
        let killed = |place: &&(EnvironmentId, EnvironmentId)| {
            let is_killed = resolve::kill(self.today.catalog, flag, place.0).is_some();
            is_killed && !self.wanted(**place).killed
        };
        let names = self.places.iter().filter(killed);
        let note = |place: &(EnvironmentId, EnvironmentId)| {
            format!(
                "{} stays killed: the switch stands elsewhere, and goes without `--env`",
                self.today.name(place.0)
            )
        };
        names.map(note).collect()
    }

    /// What was held in the environments that are brought back.
    fn notes(&self) -> Vec<String> {
        let names: Vec<&str> = self
            .places
            .iter()
            .map(|place| self.today.name(place.0))
            .collect();
        let concerns = |place: &Option<String>| match place {
            None => self.options.environments.is_none(),
            Some(name) => names.contains(&name.as_str()),
        };
        let held = self.held.iter().filter(|(place, _)| concerns(place));
        held.map(|(_, note)| note.clone()).collect()
    }

    /// Pins what an environment has from elsewhere until it has the record of then, or refuses.
    fn settle(
        &self,
        file: &mut NewFile,
        place: (EnvironmentId, EnvironmentId),
    ) -> Result<Option<String>, Refusal> {
        let mut pinned: Vec<Slot> = Vec::new();
        loop {
            let Some(reading) = file.read(self) else {
                return Err(self.unfit());
            };
            if !reading.is_sound {
                // What is wrong is told by those who read the whole project again.
                return Ok(None);
            }
            let wanted = self.wanted(place);
            let present = record(self.today.catalog, &reading.flag, place.0);
            let differences = self.in_question(differences(&wanted, &present));
            if differences.is_empty() {
                return Ok(self.pinned_note(place.0, &pinned));
            }
            if let Some(fixed) = differences.iter().find_map(Difference::fixed) {
                return Err(self.out_of_reach(place.0, fixed));
            }
            let mut slots = differences.iter().filter_map(Difference::slot);
            let Some(slot) = slots.find(|slot| !pinned.contains(slot)) else {
                return Err(self.not_the_same(place.0, &differences));
            };
            if !self.options.pin {
                return Err(self.needs_pins(place.0, &differences));
            }
            pinned.push(pin::pin(self, file, &reading.flag, place, slot));
        }
    }

    fn pinned_note(&self, id: EnvironmentId, pinned: &[Slot]) -> Option<String> {
        if pinned.is_empty() {
            return None;
        }
        Some(format!(
            "pinned in {}, for it came from elsewhere then and has changed since: {}",
            self.today.name(id),
            slots(pinned)
        ))
    }

    fn key(&self) -> &FlagKey {
        &self.wanted.key
    }
}

fn slots(slots: &[Slot]) -> String {
    let names: Vec<&str> = slots.iter().map(|slot| slot.name()).collect();
    join_names(&names, "and").replace('`', "")
}

/// Returns the environments that are brought back, parents first.
fn places(
    then: &Age<'_>,
    today: &Age<'_>,
    options: &Back<'_>,
) -> Result<Vec<(EnvironmentId, EnvironmentId)>, Refusal> {
    let environments = &today.catalog.environments;
    let mut ids: Vec<EnvironmentId> = match options.environments {
        Some(named) => named.to_vec(),
        None => environments.iter().map(|(id, _)| id).collect(),
    };
    ids.sort_by_key(|id| environments.sync_line(*id).count());
    let mut places = Vec::new();
    for id in ids {
        match then.catalog.environments.find(today.name(id)) {
            Some(was) => places.push((id, was)),
            None if options.environments.is_some() => {
                return Err(Refusal::usage(
                    format!("there was no environment {} then", today.name(id)),
                    "choose another revision, or leave it out",
                ));
            }
            None => {}
        }
    }
    Ok(places)
}

impl RolledBack {
    /// Returns the environments in which a flag does not serve what it was to serve: none, where the
    /// file means in its project what it means by itself. `is` is the flag as it was before.
    #[must_use]
    pub fn failing(
        &self,
        then: &Age<'_>,
        (today, is): (&Age<'_>, Option<&Flag>),
        (after, flag): (&Catalog, &Flag),
        options: &Back<'_>,
    ) -> Vec<String> {
        let places = places(then, today, options).unwrap_or_default();
        let fails = |place: &(EnvironmentId, EnvironmentId)| {
            let mut wanted = record(then.catalog, &self.wanted, place.1);
            let killed = |is: &Flag| resolve::kill(today.catalog, is, place.0).is_some();
            wanted.killed |= !options.lift_kill_switches && is.is_some_and(killed);
            let present = record(after, flag, place.0);
            let mut differences =
                differences(&settled(wanted, today.time), &settled(present, today.time));
            differences.retain(|difference| *difference != Difference::Marks);
            !differences.is_empty()
        };
        let failing = places.iter().filter(|place| fails(place));
        failing
            .map(|place| today.name(place.0).to_owned())
            .collect()
    }
}

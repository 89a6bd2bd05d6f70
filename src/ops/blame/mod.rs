//! `blame`: which commit set what a flag is.
//!
//! A slot of the flag's record is followed from commit to commit as long as a parent has it with the
//! same value; the commit of which no parent has it has set it. So what is inherited leads to the
//! commit that set it for the environment above, and a comment or a move to nobody.

mod slots;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::git::{ObjectId, PastCommit, Person};
use crate::model::FlagKey;
use crate::text::SourceMap;
use crate::workspace::{Past, PastScope, Project, Selection};

use super::UsageError;
use super::history::{
    Place as FilePlace, Side, Step, Trail, message, places, scope_at, shallow, sites, sound_version,
};
use super::open::{self, Place, open};
use super::write::Note;
use sites::Site;
use slots::{Slot, slots};

/// Options of [`blame`].
#[derive(Debug, Clone)]
pub struct BlameOptions {
    /// Where to look: the working tree and HEAD, or a revision.
    pub place: Place,
    /// The flag.
    pub flag: String,
    /// Only this environment.
    pub environment: Option<String>,
    /// The time by which the working tree's files are judged.
    pub now: Timestamp,
}

/// What [`blame`] found.
#[derive(Debug)]
pub struct BlameReport {
    /// The flag.
    pub flag: String,
    /// The environments; empty where the flag cannot be understood.
    pub environments: Vec<BlamedEnvironment>,
    /// Why there may be more to tell.
    pub notes: Vec<Note>,
    /// What is wrong with the working tree's files.
    pub diagnostics: Diagnostics,
    /// Their texts.
    pub sources: SourceMap,
}

/// An environment with the slots of the flag's record.
#[derive(Debug, Clone)]
pub struct BlamedEnvironment {
    /// Its name.
    pub name: String,
    /// The slots.
    pub slots: Vec<BlamedSlot>,
}

/// A part of the record, and who set it.
#[derive(Debug, Clone)]
pub struct BlamedSlot {
    /// Its name: `enabled`, `rule beta_users`.
    pub slot: String,
    /// Its value; null where there is none.
    pub value: Value,
    /// Who set it.
    pub set_by: SetBy,
}

/// Who set a slot.
#[derive(Debug, Clone)]
pub enum SetBy {
    /// A commit.
    Commit(Arc<Setter>),
    /// Nobody yet: the working tree has it.
    NotCommitted,
    /// A commit before those that are here.
    Older,
}

/// A commit that set something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setter {
    /// Its id.
    pub commit: String,
    /// Who wrote it.
    pub author: Person,
    /// When it was committed.
    pub date: Timestamp,
    /// The first line of its message.
    pub subject: String,
    /// The reasons that its message gives.
    pub reasons: Vec<String>,
}

/// Tells for each slot of a flag's record which commit set it.
///
/// # Errors
///
/// Fails if there is no project, flag, environment or revision of the name, or if the history
/// cannot be read.
pub fn blame(options: &BlameOptions) -> anyhow::Result<BlameReport> {
    let revision = options.place.revision.as_deref().unwrap_or("HEAD");
    let site = sites::of(&Project::at(&options.place.folder, revision)?)?;
    let past = Arc::new(Past::new(Arc::clone(&site.objects)));
    let mut links = site.links(&past)?.into_iter();
    if let Some((_, note)) = links.find(|(key, _)| key.as_str() == options.flag) {
        return Err(UsageError::new(note.message, note.hint).into());
    }
    let tip = Tip::read(&past, &site, &options.flag)?;
    let mut report = BlameReport {
        flag: options.flag.clone(),
        environments: Vec::new(),
        notes: Vec::new(),
        diagnostics: Diagnostics::default(),
        sources: SourceMap::default(),
    };
    let today = if options.place.revision.is_none() && site.objects.workdir().is_some() {
        let Some(today) = working_tree(options, &mut report)? else {
            return Ok(report);
        };
        today
    } else {
        let unknown = || open::no_flag(&options.flag, tip.keys.iter());
        tip.slots.clone().ok_or_else(unknown)?
    };
    let today = of_environment(today, options.environment.as_deref())?;
    let mut walk = Walk::new(Arc::clone(&past), &site, &tip, &options.flag)?;
    walk.run(&mut report)?;
    report.environments = told(today, &walk.set);
    Ok(report)
}

/// Returns the slots of the working tree's flag; `None` where it cannot be understood.
fn working_tree(
    options: &BlameOptions,
    report: &mut BlameReport,
) -> anyhow::Result<Option<Vec<Slot>>> {
    let keys = [options.flag.as_str()];
    let opened = open(&options.place, Selection::Flags(&keys), options.now)?;
    let Some(flag) = opened.catalog.flags.get(keys[0]) else {
        let is_there = opened.known.contains(keys[0]);
        if !is_there {
            return Err(open::unknown_flag(&opened, keys[0]).into());
        }
        report.diagnostics = opened.diagnostics;
        report.sources = opened.sources;
        return Ok(None);
    };
    let is_sound = !opened.unsound.contains(keys[0]);
    let slots = is_sound.then(|| slots(&opened.catalog, flag));
    report.diagnostics = opened.diagnostics;
    report.sources = opened.sources;
    Ok(slots)
}

fn of_environment(slots: Vec<Slot>, name: Option<&str>) -> Result<Vec<Slot>, UsageError> {
    let Some(name) = name else { return Ok(slots) };
    let mut names: Vec<String> = slots.iter().map(|slot| slot.environment.clone()).collect();
    names.dedup();
    let own: Vec<Slot> = slots
        .into_iter()
        .filter(|slot| slot.environment == name)
        .collect();
    if own.is_empty() {
        let near = did_you_mean(name, names.iter().map(String::as_str));
        let hint = near.unwrap_or_else(|| "`ffctl environments` shows them".to_owned());
        return Err(UsageError::new(
            format!("there is no environment `{name}`"),
            hint,
        ));
    }
    Ok(own)
}

/// Puts what is there beside what is committed.
fn told(today: Vec<Slot>, set: &[(Slot, SetBy)]) -> Vec<BlamedEnvironment> {
    let mut environments: Vec<BlamedEnvironment> = Vec::new();
    let set: HashMap<(&str, &str), (&Value, &SetBy)> = set
        .iter()
        .map(|(slot, set_by)| (slot.place(), (&slot.value, set_by)))
        .collect();
    for slot in today {
        let committed = set.get(&slot.place());
        let committed = committed.filter(|(value, _)| **value == slot.value);
        let set_by = committed.map_or(SetBy::NotCommitted, |(_, set_by)| (*set_by).clone());
        if environments
            .last()
            .is_none_or(|environment| environment.name != slot.environment)
        {
            environments.push(BlamedEnvironment {
                name: slot.environment,
                slots: Vec::new(),
            });
        }
        if let Some(environment) = environments.last_mut() {
            environment.slots.push(BlamedSlot {
                slot: slot.name,
                value: slot.value,
                set_by,
            });
        }
    }
    environments
}

/// The flag at the commit where the walk begins.
struct Tip {
    keys: Vec<FlagKey>,
    place: Option<FilePlace>,
    slots: Option<Vec<Slot>>,
}

impl Tip {
    fn read(past: &Past, site: &Site, flag: &str) -> anyhow::Result<Self> {
        let all = places(past, site.commit, &site.layout)?;
        let keys = all.iter().map(|place| place.key.clone()).collect();
        let place = all.into_iter().find(|place| place.key.as_str() == flag);
        let files = past.scope_files(site.commit, &site.layout)?;
        let (scope, _) = scope_at(past, (site.commit, site.commit), &site.layout, &files)?;
        let version = match &place {
            Some(place) => sound_version(past, site.commit, &site.layout, &scope, place)?,
            None => None,
        };
        let slots = version.map(|flag| slots(&scope.catalog, &flag));
        Ok(Self { keys, place, slots })
    }
}

/// Slots that are asked of a commit, whose file of the flag is known.
struct Asked {
    place: FilePlace,
    slots: Vec<Slot>,
}

struct Walk {
    past: Arc<Past>,
    trail: Trail,
    asked: HashMap<ObjectId, Asked>,
    set: Vec<(Slot, SetBy)>,
}

impl Walk {
    fn new(past: Arc<Past>, site: &Site, tip: &Tip, flag: &str) -> anyhow::Result<Self> {
        let wanted = site.wanted(&past, &[flag.to_owned()])?;
        let layout = site.layout.clone();
        let trail = Trail::new(Arc::clone(&past), site.commit, layout, wanted, None);
        let mut asked = HashMap::new();
        if let (Some(place), Some(slots)) = (tip.place.clone(), tip.slots.clone()) {
            asked.insert(site.commit, Asked { place, slots });
        }
        Ok(Self {
            past,
            trail,
            asked,
            set: Vec::new(),
        })
    }

    fn run(&mut self, report: &mut BlameReport) -> anyhow::Result<()> {
        while !self.asked.is_empty() {
            let Some(step) = self.trail.read()? else {
                break;
            };
            if let Some(start) = step.begins
                && let Some(asked) = self.asked.remove(&start)
            {
                self.ask(step.commit.id, asked);
            }
            if let Some(asked) = self.asked.remove(&step.commit.id) {
                self.answer(&step, asked)?;
            }
        }
        let left: Vec<Asked> = self.asked.drain().map(|(_, asked)| asked).collect();
        let older = left.into_iter().flat_map(|asked| asked.slots);
        self.set.extend(older.map(|slot| (slot, SetBy::Older)));
        if let Some(commit) = self.trail.cut_off {
            report.notes.push(shallow(commit));
        }
        Ok(())
    }

    fn ask(&mut self, commit: ObjectId, asked: Asked) {
        match self.asked.get_mut(&commit) {
            Some(known) => known.slots.extend(asked.slots),
            None => drop(self.asked.insert(commit, asked)),
        }
    }

    /// Hands slots on to the parents that have them; those that none has, the commit has set.
    fn answer(&mut self, step: &Step, asked: Asked) -> anyhow::Result<()> {
        let mut left = asked.slots;
        for side in &step.sides {
            let Some((place, was)) = self.before(step, side, &asked.place)? else {
                continue;
            };
            let was: HashMap<(&str, &str), &Value> =
                was.iter().map(|slot| (slot.place(), &slot.value)).collect();
            let is_same = |slot: &Slot| was.get(&slot.place()) == Some(&&slot.value);
            let (same, others) = left.into_iter().partition(is_same);
            left = others;
            match side.onward {
                Some(commit) if !Vec::is_empty(&same) => {
                    self.ask(commit, Asked { place, slots: same });
                }
                _ => {}
            }
        }
        if !left.is_empty() {
            let setter = Arc::new(setter(&step.commit));
            let set = |slot| (slot, SetBy::Commit(Arc::clone(&setter)));
            self.set.extend(left.into_iter().map(set));
        }
        Ok(())
    }

    /// Returns the flag's file and slots on the side of a parent.
    fn before(
        &self,
        step: &Step,
        side: &Side,
        place: &FilePlace,
    ) -> anyhow::Result<Option<(FilePlace, Vec<Slot>)>> {
        let (Some(files), Some(parent)) = (&side.scope, side.parent) else {
            return Ok(None);
        };
        let pair = side.pairs.iter().find(|pair| pair.is_of(&place.key));
        let was = pair.map_or(Some(place), |pair| pair.before.as_ref());
        let Some(was) = was else { return Ok(None) };
        let layout = &side.layout;
        let scope: Arc<PastScope> = scope_at(&self.past, (parent, side.until), layout, files)?.0;
        let start = side.parent.unwrap_or(step.commit.id);
        let version = sound_version(&self.past, start, layout, &scope, was)?;
        Ok(version.map(|flag| (was.clone(), slots(&scope.catalog, &flag))))
    }
}

fn setter(commit: &PastCommit) -> Setter {
    let said = message::read(&commit.message);
    Setter {
        commit: commit.id.to_string(),
        author: commit.author.clone(),
        date: Timestamp::from_second(commit.committer.time).unwrap_or_default(),
        subject: said.subject,
        reasons: said.reasons,
    }
}

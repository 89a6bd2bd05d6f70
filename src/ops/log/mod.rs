//! `log`: who changed what is served, when and why.

mod filter;
mod time;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::diagnostic::did_you_mean;
use crate::diff::{Change, ChangeKind};
use crate::git::{PastCommit, Person};
use crate::model::FlagKey;
use crate::workspace::{Fault, Past, Project, in_parallel};

use super::history::message::Said;
use super::history::sites::{self, Site};
use super::history::{Compared, Kept, Step, Told, Trail, Wanted, compare, message, shallow};
use super::open::Place;
use super::write::{Note, history_of, place_of};
use super::{RevisionError, UsageError};

use filter::Filter;

pub use filter::Action;

/// How many commits are compared at once: few at first, for those who ask for few.
const BATCHES: [usize; 3] = [16, 64, 256];

/// How many are later. Then there is much to read, and it is worth knowing it already.
const LARGEST: usize = 512;

/// How long nobody needs to be told that there is more to read.
const PATIENCE: Duration = Duration::from_secs(1);

/// Options of [`log`].
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// Where to begin: at HEAD, if no revision is named.
    pub place: Place,
    /// Only these flags; all if empty.
    pub flags: Vec<String>,
    /// Only changes in these environments; in all if empty.
    pub environments: Vec<String>,
    /// Only commits since this time, as Git understands it.
    pub since: Option<String>,
    /// Only commits until this time.
    pub until: Option<String>,
    /// Only commits of authors that match one of these regular expressions.
    pub authors: Vec<String>,
    /// Only commits with a change of one of these.
    pub actions: Vec<Action>,
    /// Only commits of these deployments.
    pub deployments: Vec<String>,
    /// No more entries than this.
    pub limit: Option<usize>,
    /// The time that `yesterday` is told from.
    pub now: Timestamp,
    /// Called with the number of commits that were looked at.
    pub progress: Option<fn(usize)>,
}

impl LogOptions {
    /// Returns what narrows the history down, as it is written.
    fn filters(&self) -> Vec<String> {
        let actions: Vec<String> = self
            .actions
            .iter()
            .map(|one| one.name().to_owned())
            .collect();
        let times = [&self.since, &self.until].map(|time| time.iter().cloned().collect::<Vec<_>>());
        let [since, until] = times;
        let lists: [(&str, &[String]); 7] = [
            ("flag", &self.flags),
            ("env", &self.environments),
            ("since", &since),
            ("until", &until),
            ("author", &self.authors),
            ("action", &actions),
            ("deployment-id", &self.deployments),
        ];
        let named = lists
            .into_iter()
            .flat_map(|(name, list): (&str, &[String])| {
                list.iter().map(move |value| format!("--{name} {value}"))
            });
        named.collect()
    }
}

/// What [`log`] found.
#[derive(Debug, Clone)]
pub struct LogReport {
    /// The commits that changed what is served, the newest first.
    pub entries: Vec<LogEntry>,
    /// Why there may be more.
    pub notes: Vec<Note>,
    /// Whether the history ends where this clone ends, which is shallow.
    pub is_cut_off: bool,
    /// What narrowed the history down: `--env production`.
    pub filters: Vec<String>,
}

/// A commit that changed what is served.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Its id.
    pub commit: String,
    /// Who wrote it.
    pub author: Person,
    /// When it was committed.
    pub date: Timestamp,
    /// The most significant of its changes.
    pub action: Action,
    /// The first line of its message.
    pub subject: String,
    /// The reasons that its message gives.
    pub reasons: Vec<String>,
    /// Who approved of it, as its message says.
    pub approvals: Vec<String>,
    /// The deployments that its message names.
    pub deployments: Vec<String>,
    /// Whether its message says that it takes something back.
    pub is_rollback: bool,
    /// What it changed.
    pub changes: Vec<LoggedChange>,
    /// The files that it left so that they cannot be understood.
    pub broken: Vec<Fault>,
}

/// A change of a flag in an environment.
#[derive(Debug, Clone)]
pub struct LoggedChange {
    /// The flag.
    pub flag: String,
    /// The environment.
    pub environment: String,
    /// Whether changes of the environment are held to more than a commit.
    pub is_protected: bool,
    /// What changed.
    pub change: Change,
    /// The files that brought it, relative to ffctl.toml.
    pub files: Vec<String>,
}

/// Tells what the commits of a project's history changed, the newest first.
///
/// # Errors
///
/// Fails if there is no project or no such revision, if a name is unknown to the whole history, or
/// if the history cannot be read.
pub fn log(options: &LogOptions) -> anyhow::Result<LogReport> {
    let revision = options.place.revision.as_deref().unwrap_or("HEAD");
    let project = Project::at(&options.place.folder, revision)?;
    let site = sites::of(&project)?;
    let past = Arc::new(Past::new(Arc::clone(&site.objects)));
    let filter = Filter::new(options, &site.objects)?;
    let known = site.keys(&past)?;
    let met = Met {
        environments: site.environments(&past)?,
        ..Met::default()
    };
    let wanted = site.wanted(&past, &options.flags)?;
    let mut links = site.links(&past)?;
    links.retain(|(key, _)| wanted.has(key));
    let trail = Trail::new(
        Arc::clone(&past),
        site.commit,
        site.layout.clone(),
        wanted.clone(),
        filter.since,
    );
    let mut reader = Reader {
        options,
        root: project.root().to_owned(),
        kept: None,
        past,
        filter,
        trail,
        begun: Instant::now(),
        entries: Vec::new(),
        met,
    };
    let left_out = links.iter().map(|(key, _)| key.clone());
    reader.met.flags.extend(left_out);
    let is_whole = reader.read()?;
    if let Some(kept) = &reader.kept {
        kept.keep();
    }
    if is_whole {
        reader.met_all(&wanted, &known)?;
    }
    reader.met_environments(&site)?;
    let mut report = reader.report(&site.objects, is_whole)?;
    report.notes.extend(links.into_iter().map(|(_, note)| note));
    Ok(report)
}

struct Reader<'o> {
    options: &'o LogOptions,
    /// The project's folder.
    root: PathBuf,
    /// What earlier runs have found out, where that was asked for.
    kept: Option<Kept>,
    past: Arc<Past>,
    filter: Filter,
    trail: Trail,
    begun: Instant,
    entries: Vec<LogEntry>,
    met: Met,
}

/// The names that the history has shown.
#[derive(Default)]
struct Met {
    flags: BTreeSet<FlagKey>,
    environments: BTreeSet<String>,
}

impl Reader<'_> {
    /// Reads until there is enough, and returns whether that is the whole history.
    fn read(&mut self) -> anyhow::Result<bool> {
        let mut sizes = BATCHES.into_iter();
        loop {
            let size = sizes.next().unwrap_or(LARGEST);
            if size == LARGEST {
                self.remember();
            }
            let steps = self.batch(size)?;
            if steps.is_empty() {
                return Ok(true);
            }
            for (step, compared) in steps.iter().zip(self.compare(&steps)) {
                self.met.see(step);
                let entry = self.entry(&step.commit, compared?);
                self.entries.extend(entry);
                if self.has_enough() {
                    return Ok(false);
                }
            }
            let is_long = self.begun.elapsed() > PATIENCE;
            if let Some(progress) = self.options.progress.filter(|_| is_long) {
                progress(self.trail.seen);
            }
        }
    }

    /// Turns to what is kept of earlier runs. A shallow clone may tell more of a commit tomorrow.
    fn remember(&mut self) {
        if self.kept.is_none() && !self.past.objects().is_shallow() {
            let root = self.root.as_path();
            self.kept = history_of(root).map(|file| Kept::read(file, place_of(root)));
        }
    }

    fn compare(&mut self, steps: &[Step]) -> Vec<anyhow::Result<Compared>> {
        let past = &self.past;
        let Some(kept) = &mut self.kept else {
            return in_parallel(steps, |step| compare(past, step));
        };
        let looked = in_parallel(steps, |step| kept.compare(past, step));
        let compared = looked.into_iter();
        compared.map(|looked| Ok(kept.take(looked?))).collect()
    }

    fn has_enough(&self) -> bool {
        let limit = self.options.limit;
        limit.is_some_and(|limit| self.entries.len() >= limit)
    }

    /// Returns the next commits that may be of interest.
    fn batch(&mut self, size: usize) -> anyhow::Result<Vec<Step>> {
        let mut steps = Vec::new();
        if self.has_enough() {
            return Ok(steps);
        }
        while steps.len() < size {
            let Some(step) = self.trail.read()? else {
                break;
            };
            steps.push(step);
        }
        Ok(steps)
    }

    fn entry(&mut self, commit: &PastCommit, compared: Compared) -> Option<LogEntry> {
        for told in &compared.told {
            self.met.environments.insert(told.environment.clone());
        }
        if !self.filter.takes_commit(commit) {
            return None;
        }
        let entry = entry(commit, self.filter.kept(compared))?;
        self.filter.takes(&entry).then_some(entry)
    }

    /// Fails if a flag or environment that was asked for is none and never was.
    fn met_all(&self, wanted: &Wanted, known: &BTreeSet<FlagKey>) -> anyhow::Result<()> {
        if self.trail.cut_off.is_some() || self.filter.since.is_some() {
            return Ok(());
        }
        if let Wanted::Flags(list) = wanted {
            let unmet = list.iter().find(|(key, _)| !self.met.flags.contains(key));
            if let Some((key, _)) = unmet {
                let near = did_you_mean(key.as_str(), known.iter().map(FlagKey::as_str));
                let hint = near.unwrap_or_else(|| "`ffctl list` shows the flags".to_owned());
                let message = format!("there is no flag `{key}`, and there was none");
                return Err(UsageError::new(message, hint).into());
            }
        }
        Ok(())
    }

    /// Fails if an environment that was asked for is none and never was. What was read may not tell:
    /// then the scopes of the whole history do.
    fn met_environments(&mut self, site: &Site) -> anyhow::Result<()> {
        let named = &self.options.environments;
        if named
            .iter()
            .all(|name| self.met.environments.contains(name))
        {
            return Ok(());
        }
        let nobody = Wanted::Flags(Vec::new());
        let layout = site.layout.clone();
        let past = Arc::clone(&self.past);
        let mut trail = Trail::new(past, site.commit, layout, nobody, None);
        while let Some(step) = trail.read()? {
            let scopes = step.sides.iter().filter_map(|side| side.scope.as_ref());
            for files in std::iter::once(&step.scope).chain(scopes) {
                let scope = self.past.scope(files)?;
                let names = scope.catalog.environments.names();
                self.met.environments.extend(names.map(str::to_owned));
            }
        }
        let environments = &self.met.environments;
        let Some(name) = named.iter().find(|name| !environments.contains(*name)) else {
            return Ok(());
        };
        if trail.cut_off.is_some() {
            // What is not here may have had it.
            return Ok(());
        }
        let near = did_you_mean(name, environments.iter().map(String::as_str));
        let message = format!("there is no environment `{name}`, and there was none");
        Err(UsageError::new(message, near).into())
    }

    fn report(self, objects: &crate::git::Objects, is_whole: bool) -> anyhow::Result<LogReport> {
        let mut notes = Vec::new();
        if let Some(commit) = self
            .trail
            .cut_off
            .filter(|_| is_whole && objects.is_shallow())
        {
            let Note { message, hint } = shallow(commit);
            if self.entries.is_empty() {
                return Err(RevisionError { message, hint }.into());
            }
            notes.push(Note { message, hint });
        }
        Ok(LogReport {
            entries: self.entries,
            is_cut_off: !notes.is_empty(),
            notes,
            filters: self.options.filters(),
        })
    }
}

impl Met {
    fn see(&mut self, step: &Step) {
        let pairs = step.sides.iter().flat_map(|side| &side.pairs);
        let places = pairs.flat_map(|pair| pair.before.iter().chain(&pair.after));
        self.flags.extend(places.map(|place| place.key.clone()));
    }
}

/// Returns an entry; `None` where nothing changed.
fn entry(commit: &PastCommit, compared: Compared) -> Option<LogEntry> {
    let kinds = compared.told.iter().map(|told| told.change.kind);
    let broken = (!compared.broken.is_empty()).then_some(Action::Broken);
    let action = kinds.min().map(Action::Kind).or(broken)?;
    let Said {
        subject,
        reasons,
        approvals,
        deployments,
    } = message::read(&commit.message);
    Some(LogEntry {
        commit: commit.id.to_string(),
        author: commit.author.clone(),
        date: Timestamp::from_second(commit.committer.time).unwrap_or_default(),
        action,
        subject,
        reasons,
        approvals,
        deployments,
        is_rollback: filter::is_rollback(&commit.message),
        changes: compared.told.into_iter().map(LoggedChange::from).collect(),
        broken: compared.broken,
    })
}

impl From<Told> for LoggedChange {
    fn from(told: Told) -> Self {
        Self {
            flag: told.flag.as_str().to_owned(),
            environment: told.environment,
            is_protected: told.is_protected,
            change: told.change,
            files: told.files,
        }
    }
}

impl LogEntry {
    /// Returns the flags that it changed.
    #[must_use]
    pub fn flags(&self) -> Vec<&str> {
        distinct(self.changes.iter().map(|change| change.flag.as_str()))
    }

    /// Returns the environments that it changed.
    #[must_use]
    pub fn environments(&self) -> Vec<&str> {
        distinct(
            self.changes
                .iter()
                .map(|change| change.environment.as_str()),
        )
    }

    fn has(&self, action: Action) -> bool {
        match action {
            Action::Broken => !self.broken.is_empty(),
            Action::Kind(kind) => self.kinds().any(|own| own == kind),
            Action::Deploy => !self.deployments.is_empty(),
            Action::Rollback => self.is_rollback,
        }
    }

    fn kinds(&self) -> impl Iterator<Item = ChangeKind> + '_ {
        self.changes.iter().map(|change| change.change.kind)
    }
}

fn distinct<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}

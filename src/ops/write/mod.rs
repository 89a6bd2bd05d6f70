//! What every writing command ends with: a plan, written and committed.
//!
//! A command brings its options and a planner: a function that reads the project of a folder and
//! returns what its files are to hold. [`write()`] decides where that is: in the working tree; on
//! another branch, or on a remote's newer tip, in a temporary working tree; or on what is staged.
//! So the planner may be called more than once, each time with another folder, and must plan for
//! what it finds there. The report tells of the plan that was written.

mod apart;
mod checkout;
mod elsewhere;
mod emergency;
mod hooks;
mod place;
mod settle;
mod share;

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::git;
use crate::store::{self, FileChange, Lock, Place, Recovered, Waiting};
use crate::workspace::Project;

use super::open::UsageError;

pub use crate::git::{Interrupted, NotTrusted};
pub(super) use place::{history_of, index_of};
pub use place::{place_of, recover};

/// Whether a command commits what it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CommitMode {
    /// As `[git] commit` says.
    #[default]
    Settings,
    /// Where there is a Git repository, as `rollback` does.
    Preferred,
    /// `--commit`.
    Yes,
    /// `--no-commit`.
    No,
}

/// Where and how to write.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// The folder to begin in.
    pub folder: PathBuf,
    /// Whether to commit.
    pub commit: CommitMode,
    /// A subject for the commit, instead of the plan's own; the rest of its message stays.
    pub message: Option<String>,
    /// The branch to commit to, without touching the checkout.
    pub branch: Option<String>,
    /// Whether to push the commit.
    pub push: bool,
    /// Whether to plan only.
    pub dry_run: bool,
    /// Whether the commit goes to the release branch, past whatever is in its way.
    pub emergency: Option<EmergencyWrite>,
    /// What to call once if another program is waited for, for longer than a second.
    pub waiting: Option<Waiting>,
}

/// A change that cannot wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyWrite {
    /// What the branch `ffctl/emergency/…` is called that a rejected push becomes.
    pub name: String,
}

/// A plan: what a planner returns.
#[derive(Debug, Clone, Default)]
pub struct Planned<T> {
    /// The files; none if there is nothing to write, or if the change is refused.
    pub files: Vec<FileChange>,
    /// The commit's message.
    pub message: String,
    /// What the command wants to tell of the plan.
    pub payload: T,
}

impl<T> Planned<T> {
    /// Returns whether the plan changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.iter().all(|file| file.before == file.after)
    }
}

/// What was done.
#[derive(Debug, Clone)]
pub struct WriteReport<T> {
    /// How far it went.
    pub status: WriteStatus,
    /// The plan that was written, or would be.
    pub planned: Planned<T>,
    /// The commit.
    pub commit: Option<Committed>,
    /// Where it was pushed to.
    pub pushed: Option<PushedTo>,
    /// For an emergency: whether it is in force.
    pub in_force: Option<InForce>,
    /// Files whose committed content does not mean what was planned, because a hook changed it.
    pub changed_by_hook: Vec<String>,
    /// What may be in the way of what was done.
    pub warnings: Vec<Note>,
    /// What else there is to know.
    pub notes: Vec<Note>,
}

/// How far a command went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteStatus {
    /// The plan changes nothing.
    Nothing,
    /// Nothing was written (`--dry-run`).
    Planned,
    /// The files of the working tree were written.
    Written,
    /// The files were committed.
    Committed,
}

/// A commit that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its id.
    pub id: String,
    /// The branch that has it; `None` on a detached HEAD.
    pub branch: Option<String>,
}

/// Where a commit was pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedTo {
    /// The remote.
    pub remote: String,
    /// The branch there.
    pub branch: String,
}

/// How far an emergency has come on its way to those who run the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InForce {
    /// The release branch has it, on the remote.
    Pushed,
    /// The release branch has it, here only.
    Committed,
    /// The working file has it, and no commit.
    Written,
    /// A branch of the remote has it and waits to be merged.
    OnBranch(String),
    /// No branch has it: a hook changed the commit's meaning.
    Held,
}

/// Something to know that is no failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
}

impl<T> WriteReport<T> {
    fn new(status: WriteStatus, planned: Planned<T>) -> Self {
        Self {
            status,
            planned,
            commit: None,
            pushed: None,
            in_force: None,
            changed_by_hook: Vec::new(),
            warnings: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// A function that plans for the project of a folder.
type Planner<'p, T> = &'p mut dyn FnMut(&Path) -> anyhow::Result<Planned<T>>;

/// A run: what it was told, and what it has to tell.
struct Session<'s, T> {
    options: &'s WriteOptions,
    config: Option<Config>,
    /// The project's folder, links resolved.
    root: PathBuf,
    planner: Planner<'s, T>,
    warnings: Vec<Note>,
    notes: Vec<Note>,
}

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Plans for the working tree, and writes nothing.
    Look,
    /// Writes the working tree's files.
    Files,
    /// Commits them too.
    Here,
    /// Commits to another branch.
    Elsewhere,
    /// Commits to the release branch.
    Emergency,
}

/// Plans, writes, commits and pushes, as the options say.
///
/// # Errors
///
/// Fails with a [`UsageError`] if the repository is in no state for it, with what the planner or
/// `git` said, or if a file cannot be written. Unless the error says otherwise, nothing has
/// changed then.
pub fn write<T>(
    options: &WriteOptions,
    mut plan: impl FnMut(&Path) -> anyhow::Result<Planned<T>>,
) -> anyhow::Result<WriteReport<T>> {
    let project = Project::find(&options.folder)?;
    let root = project.root().to_owned();
    let mut session = Session {
        options,
        config: project.config,
        root,
        planner: &mut plan,
        warnings: Vec::new(),
        notes: Vec::new(),
    };
    session.check_options()?;
    let place = place_of(&session.root);
    not_from_a_hook(&place)?;
    let mode = session.mode()?;
    // A look needs no lock, and no disk that can be written.
    let lock = (mode != Mode::Look).then(|| Lock::take(&place, options.waiting));
    let lock = lock.transpose()?;
    let recovered = match &lock {
        Some(lock) => store::recover_locked(&place, lock)?,
        None => store::recover(&place, options.waiting)?,
    };
    session.notes.extend(recovered.as_ref().map(note_of));
    let mut report = session.run(mode, lock.as_ref()).map_err(without_git)?;
    report.warnings.splice(..0, session.warnings);
    report.notes.splice(..0, session.notes);
    Ok(report)
}

impl<T> Session<'_, T> {
    fn run(&mut self, mode: Mode, lock: Option<&Lock>) -> anyhow::Result<WriteReport<T>> {
        match (mode, lock) {
            (Mode::Elsewhere, _) => self.commit_elsewhere(),
            (Mode::Files, Some(lock)) => self.write_only(lock),
            (Mode::Here, Some(lock)) => self.commit_here(lock),
            (Mode::Emergency, Some(lock)) => self.emergency(lock),
            (Mode::Look, _) | (_, None) => {
                let planned = self.plan(&self.root.clone())?;
                Ok(WriteReport::new(WriteStatus::Planned, planned))
            }
        }
    }

    /// Returns what is to be done, by the options, the settings and the repository.
    fn mode(&self) -> anyhow::Result<Mode> {
        let options = self.options;
        let commits = self.commits()?;
        Ok(match () {
            () if commits && options.emergency.is_some() => Mode::Emergency,
            () if commits && options.branch.is_some() => Mode::Elsewhere,
            () if options.dry_run => Mode::Look,
            () if commits => Mode::Here,
            () => Mode::Files,
        })
    }

    fn check_options(&self) -> Result<(), UsageError> {
        let options = self.options;
        if options.commit == CommitMode::No && (options.push || options.branch.is_some()) {
            let message = "what is not committed can be neither pushed nor put on a branch";
            let hint = "leave out `--no-commit`".to_owned();
            return Err(UsageError::new(message, hint));
        }
        if options.emergency.is_some() && options.branch.is_some() {
            let message = "an emergency goes to the release branch";
            let hint = "leave out `--branch`; `[git] release_branch` in ffctl.toml names it";
            return Err(UsageError::new(message, hint.to_owned()));
        }
        Ok(())
    }

    /// Plans for the project of a folder, with the message that the user wants.
    fn plan(&mut self, root: &Path) -> anyhow::Result<Planned<T>> {
        let mut planned = (self.planner)(root)?;
        if let Some(subject) = &self.options.message {
            let rest = planned.message.split_once('\n').map(|(_, rest)| rest);
            planned.message = match rest {
                Some(rest) => format!("{}\n{rest}", subject.trim_end()),
                None => subject.clone(),
            };
        }
        Ok(planned)
    }

    fn warn(&mut self, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.warnings.push(Note {
            message: message.into(),
            hint: hint.into(),
        });
    }

    fn note(&mut self, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.notes.push(Note {
            message: message.into(),
            hint: hint.into(),
        });
    }
}

/// Says what can be done where there is no `git` to commit with.
fn without_git(error: anyhow::Error) -> anyhow::Error {
    if !error.is::<git::NotInstalled>() {
        return error;
    }
    let message = "nothing can be committed without the program `git`, and nothing was written";
    let hint = "install it, or write the files only, with `--no-commit`".to_owned();
    error.context(UsageError::new(message, hint))
}

/// Refuses to wait for a lock that is held until this very program ends.
fn not_from_a_hook(place: &Place) -> Result<(), UsageError> {
    let writing = std::env::var_os(git::WRITING).map(PathBuf::from);
    let own = place.lock.parent().and_then(Path::parent);
    let Some(writing) = writing.filter(|writing| own == Some(writing)) else {
        return Ok(());
    };
    let message = format!(
        "an ffctl is at work in `{}`, and this one was started by a hook of its commit",
        writing.display()
    );
    let hint = "hooks may read with ffctl, and write only before or after it".to_owned();
    Err(UsageError::new(message, hint))
}

/// Returns what to tell of a run that was stopped before this one.
fn note_of(recovered: &Recovered) -> Note {
    let message = match recovered {
        Recovered::Dropped => {
            "an ffctl that was stopped had not yet changed anything; nothing is left of it"
                .to_owned()
        }
        Recovered::Finished(files) => {
            format!(
                "an ffctl that was stopped had begun to write {}; that is done now",
                quoted(files)
            )
        }
        Recovered::TakenBack { edited } => format!(
            "an ffctl that was stopped had begun to write files, and {} edited since; that is left as it is, and the others are as they were before",
            match edited.as_slice() {
                [one] => format!("`{one}` was"),
                several => format!("{} were", quoted(several)),
            }
        ),
    };
    let hint = matches!(recovered, Recovered::TakenBack { .. })
        .then(|| "`git diff` shows the edit; give the command again".to_owned());
    Note { message, hint }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Returns the first characters of a commit's id.
fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

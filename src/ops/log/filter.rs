//! Which commits and changes are asked for.

use regex::Regex;

use crate::diff::ChangeKind;
use crate::git::{Objects, PastCommit};

use super::time::time;
use super::{Compared, LogEntry, LogOptions, UsageError};

/// What a commit did, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// A change of that kind.
    Kind(ChangeKind),
    /// It left a file so that it cannot be understood: nothing changes until that is mended.
    Broken,
    /// It was made by a deployment, as its message says.
    Deploy,
    /// It took something back, as its message says.
    Rollback,
}

/// What commands do, by the kind of change that it is.
const VERBS: [(&str, ChangeKind); 7] = [
    ("enable", ChangeKind::Enabled),
    ("disable", ChangeKind::Disabled),
    ("emergency-disable", ChangeKind::Killed),
    ("kill", ChangeKind::Killed),
    ("restore", ChangeKind::Restored),
    ("create", ChangeKind::Created),
    ("archive", ChangeKind::Removed),
];

/// What is no kind of change.
const OTHERS: [Action; 3] = [Action::Broken, Action::Deploy, Action::Rollback];

impl Action {
    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kind(kind) => kind.name(),
            Self::Broken => "broken",
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
        }
    }

    /// Returns the action of a name: a kind of change, or a command that makes such changes.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let kind = ChangeKind::ALL.into_iter().find(|kind| kind.name() == name);
        let verb = || VERBS.iter().find(|(verb, _)| *verb == name);
        let others = || OTHERS.into_iter().find(|other| other.name() == name);
        kind.or_else(|| verb().map(|(_, kind)| *kind))
            .map(Self::Kind)
            .or_else(others)
    }

    /// Returns all names, and then the commands.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let kinds = ChangeKind::ALL.into_iter().map(ChangeKind::name);
        let verbs = VERBS.iter().map(|(verb, _)| *verb);
        let others = OTHERS.into_iter().map(Self::name);
        kinds.chain(others).chain(verbs)
    }
}

/// The options, understood.
pub(super) struct Filter {
    pub(super) since: Option<i64>,
    until: Option<i64>,
    authors: Vec<Regex>,
    environments: Vec<String>,
    actions: Vec<Action>,
    deployments: Vec<String>,
}

impl Filter {
    pub(super) fn new(options: &LogOptions, objects: &Objects) -> anyhow::Result<Self> {
        let time = |text: &Option<String>| match text {
            Some(text) => time(objects, text, options.now).map(Some),
            None => Ok(None),
        };
        let authors = options.authors.iter().map(|pattern| {
            Regex::new(pattern).map_err(|error| {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default();
                let reason = reason.trim_start_matches("error: ");
                let message = format!("`{pattern}` is no regular expression: {reason}");
                let hint = "`\\` before a character takes it as it is, like `\\(`";
                UsageError::new(message, hint.to_owned())
            })
        });
        Ok(Self {
            since: time(&options.since)?,
            until: time(&options.until)?,
            authors: authors.collect::<Result<_, _>>()?,
            environments: options.environments.clone(),
            actions: options.actions.clone(),
            deployments: options.deployments.clone(),
        })
    }

    pub(super) fn takes_commit(&self, commit: &PastCommit) -> bool {
        let time = commit.committer.time;
        let author = format!("{} <{}>", commit.author.name, commit.author.email);
        self.since.is_none_or(|since| time >= since)
            && self.until.is_none_or(|until| time <= until)
            && is_any(&self.authors, |pattern| pattern.is_match(&author))
    }

    /// Returns what is told of the environments that are asked for.
    pub(super) fn kept(&self, mut compared: Compared) -> Compared {
        if !self.environments.is_empty() {
            compared
                .told
                .retain(|told| self.environments.contains(&told.environment));
            compared.broken.clear();
        }
        compared
    }

    pub(super) fn takes(&self, entry: &LogEntry) -> bool {
        is_any(&self.actions, |action| entry.has(*action))
            && is_any(&self.deployments, |id| entry.deployments.contains(id))
    }
}

fn is_any<T>(list: &[T], matches: impl FnMut(&T) -> bool) -> bool {
    list.is_empty() || list.iter().any(matches)
}

/// Returns whether a message says that its commit takes something back: `Rollback-To:` and
/// `Rollback-Of:` lines, or `Action: rollback`, which a squash merge keeps.
pub(super) fn is_rollback(message: &str) -> bool {
    message.lines().skip(1).any(|line| {
        let line = line.trim_start_matches([' ', '\t', '*', '-', '>']);
        line.split_once(':').is_some_and(|(key, value)| {
            let (key, value) = (key.to_ascii_lowercase(), value.trim());
            match key.as_str() {
                "rollback-to" | "rollback-of" => !value.is_empty(),
                "action" => value.eq_ignore_ascii_case("rollback"),
                _ => false,
            }
        })
    })
}

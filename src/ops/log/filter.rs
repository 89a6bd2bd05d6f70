//! Which commits and changes are asked for.

use regex::Regex;

use crate::diff::ChangeKind;
use crate::git::{Objects, PastCommit};
use crate::literal;

use super::{Compared, LogEntry, LogOptions, UsageError};

/// What a commit did, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// A change of that kind.
    Kind(ChangeKind),
    /// It left a file so that it cannot be understood: nothing changes until that is mended.
    Broken,
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

impl Action {
    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kind(kind) => kind.name(),
            Self::Broken => "broken",
        }
    }

    /// Returns the action of a name: a kind of change, or a command that makes such changes.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let kind = ChangeKind::ALL.into_iter().find(|kind| kind.name() == name);
        let verb = || VERBS.iter().find(|(verb, _)| *verb == name);
        let broken = (name == "broken").then_some(Self::Broken);
        kind.or_else(|| verb().map(|(_, kind)| *kind))
            .map(Self::Kind)
            .or(broken)
    }

    /// Returns all names, and then the commands.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let kinds = ChangeKind::ALL.into_iter().map(ChangeKind::name);
        let verbs = VERBS.iter().map(|(verb, _)| *verb);
        kinds.chain(["broken"]).chain(verbs)
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
            Some(text) => time(objects, text).map(Some),
            None => Ok(None),
        };
        let authors = options.authors.iter().map(|pattern| {
            Regex::new(pattern).map_err(|error| {
                let message = format!("`{pattern}` is no regular expression");
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().to_owned();
                UsageError::new(message, reason)
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

fn time(objects: &Objects, text: &str) -> anyhow::Result<i64> {
    let own = literal::moment(text).map(jiff::Timestamp::as_second);
    let time = match own {
        Some(time) => Some(time),
        None => objects.time_of(text)?,
    };
    time.ok_or_else(|| {
        let hint = "write a date, or a date and time with an offset: the program `git`, which knows other forms, is not installed";
        UsageError::new(format!("`{text}` is no time"), hint.to_owned()).into()
    })
}

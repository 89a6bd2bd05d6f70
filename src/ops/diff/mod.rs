//! `diff`: what changes in the flags' records, and in what is served.
//!
//! Two states of a project are compared, or two environments of one. Only files whose bytes differ
//! are read, unless one of those that all flags share does.

mod definitions;
pub(super) mod renames;
mod sides;

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::diagnostic::Diagnostics;
use crate::diff::{self, Side};
use crate::literal;
use crate::model::{Environment, Flag, FlagKey};
use crate::text::SourceMap;
use crate::workspace::Selection;

use super::effects::{Comparison, Effect};
use super::open::{Opened, Past, Place, UsageError, find_environment, open_as, unknown_flag};

pub use definitions::{Definition, DefinitionKind};

/// What to compare.
#[derive(Debug, Clone)]
pub struct DiffOptions {
    /// The folder to begin in.
    pub folder: PathBuf,
    /// The revision before; HEAD if left out.
    pub base: Option<String>,
    /// The revision after; the working tree if left out.
    pub head: Option<String>,
    /// Only these flags.
    pub flags: Vec<String>,
    /// Only these environments.
    pub environments: Vec<String>,
    /// The environment that the named one is compared with, both as `base` or else the working tree
    /// has them.
    pub against: Option<String>,
    /// The time at which what is served is told.
    pub now: Timestamp,
}

/// What differs.
#[derive(Debug)]
pub struct DiffReport {
    /// What the side before is called: a revision, or an environment.
    pub before: String,
    /// What the side after is called.
    pub after: String,
    /// Whether two environments stand beside each other, so that nothing changes.
    pub is_comparison: bool,
    /// What changes, by flag; protected environments first.
    pub effects: Vec<Effect>,
    /// The shared definitions that differ, with the flags that use them.
    pub definitions: Vec<Definition>,
    /// The flags that cannot be compared.
    pub unread: Vec<Unread>,
    /// What is wrong with the files, on each side.
    pub findings: Vec<(Diagnostics, SourceMap)>,
}

/// A flag that cannot be compared, because a file cannot be understood in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The flag.
    pub flag: String,
    /// The side.
    pub side: String,
}

impl DiffReport {
    /// Returns whether anything differs, or may.
    #[must_use]
    pub fn differs(&self) -> bool {
        !self.effects.is_empty() || !self.unread.is_empty()
    }
}

/// Compares two states of a project, or two environments of one.
///
/// # Errors
///
/// Fails if there is no project or no such revision, and on unknown flags and environments.
pub fn diff(options: &DiffOptions) -> anyhow::Result<DiffReport> {
    if let Some(against) = &options.against {
        return environments(options, against);
    }
    let (base, head) = (options.base.as_deref(), options.head.as_deref());
    let pair = sides::open(&options.folder, base, head, &options.flags, options.now)?;
    let (before, after) = (&pair.before, &pair.after);
    for key in &options.flags {
        let known = |opened: &Opened| opened.known.contains(key.as_str());
        if !known(before) && !known(after) {
            return Err(unknown_flag(after, key).into());
        }
    }
    pair.understood()?;
    let comparison = Comparison {
        before: &before.catalog,
        after: &after.catalog,
        now: literal::whole_second(options.now),
    };
    let wanted = wanted_environments(options, comparison, after)?;
    let mut definitions = definitions::differing(before, after);
    if !options.flags.is_empty() {
        let named = |flag: &String| options.flags.contains(flag);
        definitions.retain(|definition| definition.flags.iter().any(named));
    }
    let unread = unread(&pair);
    let mut effects = Vec::new();
    let mut keys = pair.keys();
    keys.retain(|key| !unread.iter().any(|unread| unread.flag == key.as_str()));
    let renames = renames::find(&pair);
    for key in &keys {
        let files = pair.files_of(key, &definitions);
        if let Some(rename) = renames.iter().find(|rename| rename.is_of(key)) {
            effects.extend(rename.effects(comparison, key, &files));
        } else {
            let (was, is) = (pair.flag_before(key), pair.flag_after(key));
            effects.extend(comparison.effects(key.as_str(), was, is, &files));
        }
    }
    effects.retain(|effect| {
        wanted
            .as_ref()
            .is_none_or(|names| names.contains(&effect.environment))
    });
    Ok(DiffReport {
        before: pair.before_name.clone(),
        after: pair.after_name.clone(),
        is_comparison: false,
        effects,
        definitions,
        unread,
        findings: pair.findings(),
    })
}

/// Returns the names of the environments that are asked for; `None` for all.
fn wanted_environments(
    options: &DiffOptions,
    comparison: Comparison<'_>,
    after: &Opened,
) -> anyhow::Result<Option<BTreeSet<String>>> {
    if options.environments.is_empty() {
        return Ok(None);
    }
    for name in &options.environments {
        let mut known = comparison.environments();
        if !known.any(|environment: &Environment| environment.name.as_str() == name) {
            find_environment(after, Some(name))?;
        }
    }
    Ok(Some(options.environments.iter().cloned().collect()))
}

/// Returns the flags that one side has and cannot tell in full.
fn unread(pair: &sides::Pair) -> Vec<Unread> {
    let of = |opened: &Opened, side: &str| -> Vec<Unread> {
        let keys = opened.unsound.iter().filter(|key| pair.is_compared(key));
        let unread = keys.map(|key| Unread {
            flag: key.to_string(),
            side: side.to_owned(),
        });
        unread.collect()
    };
    let mut unread = of(&pair.before, &pair.before_name);
    unread.extend(of(&pair.after, &pair.after_name));
    unread.sort_by(|one, other| one.flag.cmp(&other.flag));
    unread
}

/// Compares an environment with another one.
fn environments(options: &DiffOptions, against: &str) -> anyhow::Result<DiffReport> {
    if options.head.is_some() {
        let hint = "environments are compared at one revision: leave out the second".to_owned();
        return Err(UsageError::new("`--against` takes at most one revision", hint).into());
    }
    let [name] = options.environments.as_slice() else {
        let hint = "add `--env NAME`, once".to_owned();
        return Err(UsageError::new("`--against` compares one environment", hint).into());
    };
    let place = Place {
        folder: options.folder.clone(),
        revision: options.base.clone(),
    };
    let keys: Vec<&str> = options.flags.iter().map(String::as_str).collect();
    let selection = if keys.is_empty() {
        Selection::All
    } else {
        Selection::Flags(&keys)
    };
    let opened = open_as(&place, selection, options.now, Past::LeftOut)?;
    let (environment, other) = (
        find_environment(&opened, Some(name))?,
        find_environment(&opened, Some(against))?,
    );
    for key in &keys {
        if !opened.known.contains(*key) {
            return Err(unknown_flag(&opened, key).into());
        }
    }
    let catalog = &opened.catalog;
    let now = literal::whole_second(options.now);
    let compared = |flag: &&Flag| {
        let is_named = keys.is_empty() || keys.contains(&flag.key.as_str());
        is_named && !opened.unsound.contains(&flag.key)
    };
    let effect = |flag: &Flag| {
        let side = |environment| Side {
            catalog,
            flag,
            environment,
        };
        let names = (against, name.as_str());
        let (changes, served) = diff::compared(side(other), side(environment), names, now);
        (!changes.is_empty()).then(|| Effect {
            flag: flag.key.to_string(),
            environment: name.clone(),
            is_protected: catalog.environments.get(environment).is_protected(),
            is_named: true,
            served,
            stages: None,
            changes,
            files: vec![opened.sources.get(flag.source).name().to_owned()],
        })
    };
    let effects = catalog.flags.values().filter(compared).filter_map(effect);
    let unsound = |key: &FlagKey| Unread {
        flag: key.to_string(),
        side: options
            .base
            .clone()
            .unwrap_or_else(|| sides::WORKING_TREE.to_owned()),
    };
    Ok(DiffReport {
        before: against.to_owned(),
        after: name.clone(),
        is_comparison: true,
        effects: effects.collect(),
        definitions: Vec::new(),
        unread: opened.unsound.iter().map(unsound).collect(),
        findings: vec![(opened.diagnostics, opened.sources)],
    })
}

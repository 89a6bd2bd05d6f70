//! `list`: a row a flag, a cell an environment.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::diagnostic::Diagnostics;
use crate::literal;
use crate::model::{Catalog, EnvironmentId, Flag, FlagKind, Name, Share, Uses, Variant};
use crate::resolve::{self, Moment, Resolved};
use crate::ruleset::{POSITIONS, ValueType};
use crate::text::SourceMap;
use crate::workspace::Selection;

use super::open::{Place, UsageError, find_environment, open};

/// Which flags are listed, and how.
#[derive(Debug, Clone)]
pub struct ListOptions {
    /// Where to look.
    pub place: Place,
    /// Only this environment.
    pub environment: Option<String>,
    /// Only flags with one of these tags.
    pub tags: Vec<String>,
    /// Only flags of one of these owners.
    pub owners: Vec<String>,
    /// Only flags of one of these kinds.
    pub kinds: Vec<FlagKind>,
    /// Only flags that are in this state in a listed environment.
    pub state: Option<State>,
    /// Only flags whose rules use this segment, themselves or through others.
    pub uses_segment: Option<String>,
    /// Only flags whose rules look at this attribute, themselves or through segments.
    pub uses_attribute: Option<String>,
    /// The time that is shown.
    pub now: Timestamp,
}

/// What a flag is in an environment, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Everybody gets the same, and the flag is on.
    On,
    /// The flag is off, or nothing was said for the environment.
    Off,
    /// What is served depends on the context.
    Partial,
    /// A kill switch is in force.
    Killed,
}

impl State {
    /// Returns the state's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Partial => "partial",
            Self::Killed => "killed",
        }
    }
}

/// A flag in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its state.
    pub state: State,
    /// A few words: `on`, `off`, `25%`, `rules`, `split`, `killed`, `scheduled`, joined by commas.
    pub summary: String,
}

/// A flag.
#[derive(Debug, Clone)]
pub struct ListRow {
    /// Its key.
    pub flag: String,
    /// The type of its values.
    pub value_type: ValueType,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its file.
    pub file: String,
    /// Whether it is archived.
    pub archived: bool,
    /// Its cells, by environment, in the order of environments.yaml.
    pub cells: Vec<(String, Cell)>,
}

/// The flags of a project.
#[derive(Debug)]
pub struct ListReport {
    /// The listed environments.
    pub environments: Vec<String>,
    /// The flags, by key.
    pub rows: Vec<ListRow>,
    /// What is wrong with the files; flags that are not sound are not listed.
    pub diagnostics: Diagnostics,
    /// The texts.
    pub sources: SourceMap,
}

/// Lists flags.
///
/// # Errors
///
/// Fails if there is no project, or on an unknown environment, segment or attribute.
pub fn list(options: &ListOptions) -> anyhow::Result<ListReport> {
    let opened = open(&options.place, Selection::All, options.now)?;
    let catalog = &opened.catalog;
    let environments: Vec<EnvironmentId> = match &options.environment {
        Some(name) => match find_environment(&opened, Some(name)) {
            // A file that could not be read hides its names: that is what must be told.
            Err(_) if opened.errors().is_some() => Vec::new(),
            found => vec![found?],
        },
        None => catalog.environments.iter().map(|(id, _)| id).collect(),
    };
    let segment = options
        .uses_segment
        .as_deref()
        .map(|name| known_segment(catalog, name))
        .transpose()?;
    if let Some(name) = &options.uses_attribute {
        known_attribute(catalog, name)?;
    }
    known_tags(catalog, &options.tags)?;
    let time = literal::whole_second(options.now);
    let mut rows = Vec::new();
    for flag in catalog.flags.values() {
        let uses = || Uses::of_flag(catalog, flag);
        let tagged =
            options.tags.is_empty() || options.tags.iter().any(|tag| flag.tags.contains(tag));
        let owned = options.owners.is_empty()
            || flag
                .owner
                .as_ref()
                .is_some_and(|owner| options.owners.contains(owner));
        let of_kind = options.kinds.is_empty()
            || flag
                .lifecycle
                .kind
                .is_some_and(|kind| options.kinds.contains(&kind));
        let segment_used = segment.is_none_or(|name| uses().segments.contains(name));
        let attribute_used = options
            .uses_attribute
            .as_deref()
            .is_none_or(|name| uses().attributes.contains(name));
        if !(tagged && owned && of_kind && segment_used && attribute_used) {
            continue;
        }
        let name = |id: EnvironmentId| catalog.environments.get(id).name.to_string();
        let cells: Vec<(String, Cell)> = environments
            .iter()
            .map(|id| (name(*id), cell(catalog, flag, *id, time)))
            .collect();
        if options
            .state
            .is_some_and(|state| cells.iter().all(|(_, cell)| cell.state != state))
        {
            continue;
        }
        rows.push(ListRow {
            flag: flag.key.to_string(),
            value_type: flag.value_type,
            owner: flag.owner.clone(),
            tags: flag.tags.clone(),
            file: opened.sources.get(flag.source).name().to_owned(),
            archived: flag.archived.is_some(),
            cells,
        });
    }
    let environments = environments
        .into_iter()
        .map(|id| catalog.environments.get(id).name.to_string())
        .collect();
    Ok(ListReport {
        environments,
        rows,
        diagnostics: opened.diagnostics,
        sources: opened.sources,
    })
}

/// Returns what a flag is in an environment at a time.
pub(super) fn cell(catalog: &Catalog, flag: &Flag, environment: EnvironmentId, time: i64) -> Cell {
    if flag.archived.is_some() {
        return Cell {
            state: State::Off,
            summary: "archived".to_owned(),
        };
    }
    if resolve::kill(catalog, flag, environment).is_some() {
        return Cell {
            state: State::Killed,
            summary: "killed".to_owned(),
        };
    }
    let resolved = resolve::resolve(catalog, flag, environment, Moment::At(time));
    let mut words = words(&resolved, &flag.variants, time);
    let state = match words.first().map(String::as_str) {
        Some("off") => State::Off,
        _ if !resolved.rules.value.is_empty()
            || serves_differently(&resolved, &flag.variants, time) =>
        {
            State::Partial
        }
        _ => State::On,
    };
    if resolve::step_times(catalog, flag, environment)
        .last()
        .is_some_and(|last| *last > time)
    {
        words.push("scheduled".to_owned());
    }
    Cell {
        state,
        summary: words.join(", "),
    }
}

fn words(resolved: &Resolved<'_>, variants: &[Variant], time: i64) -> Vec<String> {
    if !resolved.enabled.value || !resolved.exposed {
        return vec!["off".to_owned()];
    }
    let mut words = Vec::new();
    if let Some(serving) = resolved.serving.value {
        if let Some(share) = present_share(serving.share, time) {
            words.push(crate::words::percent(share));
        }
        if serving.what.single(variants).is_none() {
            words.push("split".to_owned());
        }
    }
    if !resolved.rules.value.is_empty() {
        words.push("rules".to_owned());
    }
    if words.is_empty() {
        words.push("on".to_owned());
    }
    words
}

fn serves_differently(resolved: &Resolved<'_>, variants: &[Variant], time: i64) -> bool {
    resolved.serving.value.is_some_and(|serving| {
        let share = present_share(serving.share, time);
        let some = share.is_some_and(|share| (1..POSITIONS).contains(&share));
        let nobody = share == Some(0);
        some || (!nobody && serving.what.single(variants).is_none())
    })
}

/// Returns the share that is included at a time; `None` is all, without a percentage.
fn present_share(share: Share, time: i64) -> Option<u32> {
    match share {
        Share::All => None,
        Share::Percentage(share) => Some(share),
        Share::Gradual(gradual) => Some(gradual.share_at(time)),
    }
}

fn known_segment<'c>(catalog: &'c Catalog, name: &str) -> Result<&'c Name, UsageError> {
    let found = catalog
        .segments
        .keys()
        .find(|segment| segment.as_str() == name);
    found.ok_or_else(|| {
        let known = catalog.segments.keys().map(Name::as_str);
        UsageError::new(
            format!("there is no segment `{name}`"),
            crate::diagnostic::did_you_mean(name, known),
        )
    })
}

fn known_attribute(catalog: &Catalog, name: &str) -> Result<(), UsageError> {
    let built_in = crate::model::BUILT_IN_ATTRIBUTES;
    let Some(listed) = &catalog.attributes else {
        return Ok(());
    };
    if listed.contains_key(name) || built_in.contains(&name) {
        return Ok(());
    }
    let known = listed.keys().map(String::as_str).chain(built_in);
    Err(UsageError::new(
        format!("there is no attribute `{name}`"),
        crate::diagnostic::did_you_mean(name, known),
    ))
}

/// Refuses a tag that no flag has.
pub(super) fn known_tags(catalog: &Catalog, tags: &[String]) -> Result<(), UsageError> {
    let of_flags = catalog.flags.values().flat_map(|flag| &flag.tags);
    let known: BTreeSet<&str> = of_flags.map(String::as_str).collect();
    match tags.iter().find(|tag| !known.contains(tag.as_str())) {
        None => Ok(()),
        Some(tag) => {
            let near = crate::diagnostic::did_you_mean(tag, known);
            Err(UsageError::new(
                format!("no flag has the tag `{tag}`"),
                near,
            ))
        }
    }
}

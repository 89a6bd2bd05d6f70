//! A catalog to the ruleset of one environment.
//!
//! Input: a sound [`Catalog`]; output: a [`Ruleset`] that borrows from it, its flags sorted by key,
//! each with every phase that its schedules bring, and a version that is the digest of its
//! canonical bytes. No clock, commit or path enters: the same definitions give the same bytes.

mod flag;
mod kills;
mod version;

use std::collections::{BTreeMap, VecDeque};

use crate::model::{Catalog, Condition, EnvironmentId, Flag, FlagKey, Metadata, Uses};
use crate::ruleset::{self, FORMAT, Operand, Ruleset, Scalar, Table, Text};

pub use kills::{Kills, add_kills, holds_kill_switch};
pub use version::{canonical, versioned};

/// Compiles the flags of an environment for which `wanted` holds, and the flags that they depend
/// on. Archived flags are left out. The version stays empty: [`versioned`] gives it with the bytes.
#[must_use]
pub fn compile<'c>(
    catalog: &'c Catalog,
    environment: EnvironmentId,
    wanted: impl Fn(&Flag) -> bool,
) -> Ruleset<'c> {
    let flags = with_dependencies(catalog, wanted);
    let mut uses = Uses::default();
    let compiled: Vec<(Text<'c>, ruleset::Flag<'c>)> = flags
        .into_iter()
        .map(|flag| {
            (
                Text::from(flag.key.as_str()),
                flag::flag(catalog, flag, environment, &mut uses),
            )
        })
        .collect();
    uses.close(catalog);
    let computed = computed(catalog, &uses);
    let segments = segments(catalog, &uses);
    let named = segments
        .iter()
        .filter_map(|(name, _)| Some((name, catalog.segments.get(name.as_str())?)));
    let metadata = ruleset::Metadata {
        environment: metadata(&catalog.environments.get(environment).metadata),
        segments: Table(
            named
                .filter(|(_, segment)| !segment.metadata.is_empty())
                .map(|(name, segment)| (name.clone(), metadata(&segment.metadata)))
                .collect(),
        ),
    };
    Ruleset {
        format: Text::from(FORMAT),
        version: Text::from(""),
        project: Text::from(catalog.project.as_deref().unwrap_or_default()),
        environment: Text::from(catalog.environments.get(environment).name.as_str()),
        computed,
        segments,
        metadata,
        flags: Table(compiled),
    }
}

fn with_dependencies(catalog: &Catalog, wanted: impl Fn(&Flag) -> bool) -> Vec<&Flag> {
    let is_live = |flag: &&Flag| flag.archived.is_none();
    let mut chosen: BTreeMap<&FlagKey, &Flag> = BTreeMap::new();
    let mut open: VecDeque<&Flag> = catalog
        .flags
        .values()
        .filter(is_live)
        .filter(|flag| wanted(flag))
        .collect();
    while let Some(flag) = open.pop_front() {
        if chosen.insert(&flag.key, flag).is_none() {
            let here = flag
                .depends_on
                .iter()
                .filter(|dependency| dependency.repository.is_none());
            open.extend(
                here.filter_map(|dependency| catalog.flags.get(&dependency.flag))
                    .filter(is_live),
            );
        }
    }
    chosen.into_values().collect()
}

fn computed<'c>(
    catalog: &'c Catalog,
    uses: &Uses<'c>,
) -> Table<'c, Vec<ruleset::ComputedEntry<'c>>> {
    let used = uses.attributes.iter().filter_map(|name| {
        let attribute = catalog.attributes.as_ref()?.get(*name)?;
        let entries = attribute.computed.as_ref()?.iter();
        let entries = entries.map(|entry| ruleset::ComputedEntry {
            conditions: entry.conditions.iter().map(condition).collect(),
            value: entry.value.borrowed(),
        });
        Some((Text::from(*name), entries.collect()))
    });
    Table(used.collect())
}

fn segments<'c>(catalog: &'c Catalog, uses: &Uses<'c>) -> Table<'c, Vec<ruleset::Condition<'c>>> {
    let used = uses.segments.iter().filter_map(|name| {
        let segment = catalog.segments.get(*name)?;
        let conditions = segment.conditions.iter().map(condition).collect();
        Some((Text::from(name.as_str()), conditions))
    });
    Table(used.collect())
}

/// Writes out conditions, and notes what they use.
fn conditions<'c>(list: &'c [Condition], uses: &mut Uses<'c>) -> Vec<ruleset::Condition<'c>> {
    uses.conditions(list);
    list.iter().map(condition).collect()
}

/// Returns the compiled form of a condition.
#[must_use]
pub fn condition(condition: &Condition) -> ruleset::Condition<'_> {
    match condition {
        Condition::Test(test) => ruleset::Condition::Test {
            attribute: Text::from(&*test.attribute),
            operator: test.operator,
            operand: test.operand.as_ref().map(Operand::borrowed),
        },
        Condition::Segment { name, .. } => ruleset::Condition::Segment(Text::from(name.as_str())),
        Condition::Any(list) => ruleset::Condition::Any(list.iter().map(self::condition).collect()),
        Condition::All(list) => ruleset::Condition::All(list.iter().map(self::condition).collect()),
        Condition::Not(inner) => ruleset::Condition::Not(Box::new(self::condition(inner))),
    }
}

/// Returns free data in its compiled form.
fn metadata(metadata: &Metadata) -> Table<'_, Scalar<'_>> {
    let entries = metadata
        .iter()
        .map(|(name, value)| (Text::from(name.as_str()), value.borrowed()));
    Table(entries.collect())
}

//! Flags among each other: every dependency leads somewhere, fits, and does not lead back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diagnostic::{
    Code, Diagnostic, Diagnostics, Severity, did_you_mean, loop_path, near_names,
};
use crate::graph;
use crate::model::{Dependency, Flag, FlagKey, Required};
use crate::ruleset::ValueType;
use crate::text::Location;

use super::DependenciesApart;

/// How many steps of a loop are pointed at.
const MAX_SHOWN_STEPS: usize = 20;

/// What is known beside the flags themselves.
#[derive(Debug)]
pub struct LinkOptions<'o> {
    /// Every flag key that the project has, also of flags that were not read or hold faults.
    pub known: &'o BTreeSet<FlagKey>,
    /// The repositories that ffctl.toml names.
    pub repositories: &'o BTreeSet<String>,
}

/// Adds the dependencies that are written apart, and checks all of them. Dependencies on a loop
/// are reported and taken out, so that what needs what always ends.
pub fn link(
    flags: &mut BTreeMap<FlagKey, Flag>,
    apart: Vec<DependenciesApart>,
    options: &LinkOptions<'_>,
    diagnostics: &mut Diagnostics,
) {
    for list in apart {
        if let Some(flag) = flags.get_mut(&list.flag) {
            flag.depends_on.extend(list.depends_on);
        } else if !options.known.contains(&list.flag) {
            diagnostics.push(unknown_flag(&list.flag, list.location, options));
        }
    }
    for flag in flags.values() {
        duplicates(flag, diagnostics);
        for dependency in &flag.depends_on {
            check(flag, dependency, flags, options, diagnostics);
        }
    }
    loops(flags, diagnostics);
}

fn unknown_flag(key: &FlagKey, place: Location, options: &LinkOptions<'_>) -> Diagnostic {
    let known = options
        .known
        .iter()
        .map(FlagKey::as_str)
        .filter(|other| *other != key.as_str());
    Diagnostic::new(
        Code::UnknownFlag,
        place,
        format!("there is no flag `{key}`"),
    )
    .maybe_help(near_names(key.as_str(), known))
    .maybe_help_else("create it, or name its `repository`")
}

fn duplicates(flag: &Flag, diagnostics: &mut Diagnostics) {
    for (at, dependency) in flag.depends_on.iter().enumerate() {
        let same = |other: &&Dependency| {
            other.repository == dependency.repository && other.flag == dependency.flag
        };
        if let Some(first) = flag.depends_on.iter().take(at).find(same) {
            let message = format!(
                "the dependency of `{}` on `{}` is written twice",
                flag.key, dependency.flag
            );
            let finding = Diagnostic::new(Code::DuplicateDependency, dependency.location, message)
                .related(first.location, "first written here")
                .help("keep one of the two");
            diagnostics.push(finding);
        }
    }
}

fn check(
    flag: &Flag,
    dependency: &Dependency,
    flags: &BTreeMap<FlagKey, Flag>,
    options: &LinkOptions<'_>,
    diagnostics: &mut Diagnostics,
) {
    if let Some(repository) = &dependency.repository {
        if !options.repositories.contains(repository) {
            let message = format!("ffctl.toml names no repository `{repository}`");
            let mut finding =
                Diagnostic::new(Code::UnknownRepository, dependency.location, message)
                    .maybe_help(did_you_mean(
                        repository,
                        options.repositories.iter().map(String::as_str),
                    ))
                    .maybe_help_else(
                        "name it under `[repositories]`, so that the dependency can be checked",
                    );
            if !options.repositories.is_empty() {
                finding.severity = Severity::Error;
            }
            diagnostics.push(finding);
        }
        return;
    }
    let Some(target) = flags.get(&dependency.flag) else {
        if !options.known.contains(&dependency.flag) {
            diagnostics.push(unknown_flag(&dependency.flag, dependency.location, options));
        }
        return;
    };
    if let Some(archived) = &target.archived
        && flag.archived.is_none()
    {
        let message = format!(
            "`{}` depends on `{}`, which is archived",
            flag.key, target.key
        );
        let finding = Diagnostic::new(Code::ArchivedDependency, dependency.location, message)
            .related(Location::new(target.source, archived.span), "archived here")
            .help("remove the dependency; the archived flag is served no more");
        diagnostics.push(finding);
    }
    match &dependency.required {
        Required::Values(values) => required_values(target, dependency, values, diagnostics),
        Required::Variants(names) => required_variants(target, dependency, names, diagnostics),
    }
}

fn required_values(
    target: &Flag,
    dependency: &Dependency,
    values: &[Value],
    diagnostics: &mut Diagnostics,
) {
    if target.value_type == ValueType::Json {
        let message = format!(
            "`{}` is a json flag, and its values cannot be required",
            target.key
        );
        let finding = Diagnostic::new(Code::ValueTypeMismatch, dependency.location, message);
        diagnostics.push(finding.help("write `required_variant:` and the name that it reports"));
        return;
    }
    let fits = |value: &Value| match target.value_type {
        ValueType::Boolean => value.is_boolean(),
        ValueType::String => value.is_string(),
        ValueType::Integer => value.is_i64() || value.is_u64(),
        ValueType::Number | ValueType::Json => value.is_number(),
    };
    if let Some(value) = values.iter().find(|value| !fits(value)) {
        let message = format!(
            "`{}` never serves {value}: that is not of its type",
            target.key
        );
        let finding = Diagnostic::new(Code::ValueTypeMismatch, dependency.location, message)
            .related(Location::new(target.source, target.span), "the flag")
            .help("require a value of the other flag's type");
        diagnostics.push(finding);
    }
    let named = |value: &&Value| {
        target
            .variants
            .iter()
            .any(|variant| variant.value == **value)
    };
    if !target.variants.is_empty()
        && let Some(value) = values
            .iter()
            .filter(|value| fits(value))
            .find(|value| !named(value))
    {
        let message = format!("no variant of `{}` has the value {value}", target.key);
        let finding = Diagnostic::new(Code::UnknownVariant, dependency.location, message)
            .related(Location::new(target.source, target.span), "the flag")
            .help("require the value of a variant, or name one with `required_variant:`");
        diagnostics.push(finding);
    }
}

fn required_variants(
    target: &Flag,
    dependency: &Dependency,
    names: &[String],
    diagnostics: &mut Diagnostics,
) {
    let known = reported_variants(target);
    for name in names {
        if !known.contains(name.as_str()) {
            let message = format!("`{}` has no variant `{name}`", target.key);
            let finding = Diagnostic::new(Code::UnknownVariant, dependency.location, message)
                .related(Location::new(target.source, target.span), "the flag")
                .maybe_help(did_you_mean(name, known.iter().copied()))
                .maybe_help_else("`ffctl show` lists the flag's rules and variants");
            diagnostics.push(finding);
        }
    }
}

/// Returns the variant names that evaluations of a flag can report.
fn reported_variants(flag: &Flag) -> BTreeSet<&str> {
    if !flag.variants.is_empty() {
        return flag
            .variants
            .iter()
            .map(|variant| variant.key.as_str())
            .collect();
    }
    if flag.value_type == ValueType::Boolean {
        return BTreeSet::from(["on", "off"]);
    }
    let mut names = BTreeSet::from(["default", "off", "rollout"]);
    names.extend(flag.rules.value.iter().map(|rule| rule.name.as_str()));
    for entry in flag.entries.iter().flat_map(BTreeMap::values) {
        let own = entry.slots.rules.iter().chain(
            entry
                .schedule
                .iter()
                .filter_map(|step| step.set.rules.as_ref()),
        );
        names.extend(
            own.filter_map(|slot| slot.value.as_ref())
                .flatten()
                .map(|rule| rule.name.as_str()),
        );
    }
    names
}

fn loops(flags: &mut BTreeMap<FlagKey, Flag>, diagnostics: &mut Diagnostics) {
    let keys: Vec<FlagKey> = flags.keys().cloned().collect();
    let here = |dependency: &Dependency| {
        dependency
            .repository
            .is_none()
            .then(|| keys.binary_search(&dependency.flag).ok())
            .flatten()
    };
    let edges: Vec<Vec<usize>> = flags
        .values()
        .map(|flag| flag.depends_on.iter().filter_map(here).collect())
        .collect();
    for cycle in graph::cycles(&edges) {
        let members: Vec<&FlagKey> = cycle.iter().filter_map(|at| keys.get(*at)).collect();
        let edge = |from: &FlagKey, to: &FlagKey| {
            let dependencies = &flags.get(from)?.depends_on;
            dependencies
                .iter()
                .find(|d| d.repository.is_none() && d.flag == *to)
                .map(|d| d.location)
        };
        let pairs: Vec<(&FlagKey, &FlagKey)> = members
            .iter()
            .copied()
            .zip(members.iter().copied().cycle().skip(1))
            .collect();
        let path: Vec<&str> = members.iter().map(|key| key.as_str()).collect();
        let mut places = pairs
            .iter()
            .filter_map(|(from, to)| edge(from, to).map(|place| (*to, place)));
        let Some((_, first)) = places.next() else {
            continue;
        };
        let message = format!("flags depend on each other in a loop: {}", loop_path(&path));
        let mut finding = Diagnostic::new(Code::DependencyCycle, first, message)
            .help("remove one of these dependencies");
        for (to, place) in places.take(MAX_SHOWN_STEPS) {
            finding = finding.related(place, format!("needs `{to}`"));
        }
        diagnostics.push(finding);
    }
    let groups = graph::groups(&edges);
    let group = |key: &FlagKey| keys.binary_search(key).ok().and_then(|at| groups.get(at));
    for flag in flags.values_mut() {
        let own = group(&flag.key);
        flag.depends_on
            .retain(|dependency| dependency.repository.is_some() || group(&dependency.flag) != own);
    }
}

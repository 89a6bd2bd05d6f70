//! `export --kills-only`: a document of before with the kill switches of today.
//!
//! For when a file is broken, so that the catalog does not compile and a kill switch would not
//! reach anybody. Of each flag's file only this is read; it need not be sound, but be YAML.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::compile::{Kills, add_kills, holds_kill_switch, versioned};
use crate::diagnostic::join_names;
use crate::document::Tree;
use crate::evaluate::Engine;
use crate::ruleset::{Ruleset, Text};
use crate::tree::FileTree as _;
use crate::workspace::yaml_stem;
use crate::yaml;

use super::super::UsageError;
use super::super::open::{Opened, find_environment};
use super::{Document, ExportOptions, document, nameless};

/// Returns the previous document with the kill switches of today added.
pub(super) fn document_of(
    opened: &Opened,
    options: &ExportOptions,
    previous: &Path,
) -> anyhow::Result<Document> {
    let path = options.place.folder.join(previous);
    let name = previous.display().to_string();
    let bytes =
        fs::read(&path).map_err(|error| unusable(&format!("`{name}` cannot be read: {error}")))?;
    let mut ruleset = read(&name, &bytes)?;
    of_this_project(opened, &name, &ruleset)?;
    let environment = environment(opened, options, &name, &ruleset)?;
    let mut notes = Vec::new();
    if was_edited(&ruleset) {
        notes.push(format!(
            "the version of {name} is not that of its content: it was changed after it was exported"
        ));
    }
    let scope = scope(opened, &environment, &mut notes);
    let files = flag_files(opened, &ruleset, &mut notes);
    let killed = files
        .iter()
        .filter(|(_, roots)| roots.iter().any(|root| holds_kill_switch(root, &scope)))
        .map(|(key, _)| key.as_str());
    let kills = add_kills(&mut ruleset, killed);
    notes.extend(told(&kills, &name));
    let project = ruleset.project.as_str().to_owned();
    Ok(document(project, &ruleset, notes))
}

fn unusable(message: &str) -> UsageError {
    let hint = "name a document that `ffctl export --format ruleset` wrote for this environment";
    UsageError::new(message, hint.to_owned())
}

/// Reads a ruleset, and sees that engines can read it too.
fn read<'d>(name: &str, bytes: &'d [u8]) -> Result<Ruleset<'d>, UsageError> {
    Engine::from_json(bytes)
        .map_err(|error| unusable(&format!("`{name}` is not a ruleset: {error}")))?;
    serde_json::from_slice(bytes)
        .map_err(|error| unusable(&format!("`{name}` is not a ruleset: {error}")))
}

fn of_this_project(opened: &Opened, name: &str, ruleset: &Ruleset<'_>) -> Result<(), UsageError> {
    let Some(config) = opened.config() else {
        // ffctl.toml is broken; the findings say so.
        return Ok(());
    };
    let Some(project) = &config.name else {
        return Err(nameless());
    };
    if project == ruleset.project.as_str() {
        return Ok(());
    }
    Err(unusable(&format!(
        "`{name}` is of the project `{}`, and this is `{project}`",
        ruleset.project.as_str()
    )))
}

/// Returns the name of the environment, which the document must be of.
fn environment(
    opened: &Opened,
    options: &ExportOptions,
    name: &str,
    ruleset: &Ruleset<'_>,
) -> Result<String, UsageError> {
    let theirs = ruleset.environment.as_str();
    let named = options.environment.as_deref();
    let wanted = if opened.catalog.environments.is_empty() {
        let default = opened
            .config()
            .and_then(|config| config.default_environment.as_ref());
        let default = default.map(|default| default.value.as_str());
        named.or(default).unwrap_or(theirs).to_owned()
    } else {
        let id = find_environment(opened, named)?;
        opened.catalog.environments.get(id).name.to_string()
    };
    if wanted == theirs {
        return Ok(wanted);
    }
    Err(UsageError::new(
        format!("`{name}` is of the environment {theirs}, and not of {wanted}"),
        format!("say `--env {theirs}`, or name a document of {wanted}"),
    ))
}

/// Returns whether the document's version is not that of its content.
fn was_edited(ruleset: &Ruleset<'_>) -> bool {
    let mut unversioned = ruleset.clone();
    unversioned.version = Text::from("");
    let (version, _) = versioned(&unversioned);
    !ruleset.version.is_empty() && ruleset.version.as_str() != version
}

/// Returns the environment and those that it inherits from over `auto_sync`, as far as that is
/// known.
fn scope<'o>(opened: &'o Opened, environment: &'o str, notes: &mut Vec<String>) -> Vec<&'o str> {
    let environments = &opened.catalog.environments;
    let is_of_environments =
        |source| yaml_stem(opened.sources.get(source).name()) == Some("environments");
    let mut errors = opened.diagnostics.errors();
    let is_broken = errors.any(|finding| is_of_environments(finding.location.source));
    if is_broken || environments.is_empty() {
        notes.push(format!(
            "environments.yaml has errors: only kill switches of whole flags and of {environment} \
             itself are sure to be found, not those that it inherits"
        ));
    }
    let line = environments.find(environment).into_iter();
    let line = line.flat_map(|id| environments.sync_line(id).skip(1));
    let inherited = line.map(|id| environments.get(id).name.as_str());
    std::iter::once(environment).chain(inherited).collect()
}

/// Returns the flags' files that are YAML, by key; two of one name may both kill the flag.
fn flag_files(
    opened: &Opened,
    ruleset: &Ruleset<'_>,
    notes: &mut Vec<String>,
) -> BTreeMap<String, Vec<Tree>> {
    let config = opened.config();
    let folder = config.map_or("flags", |config| config.flags.as_str());
    let tree = &opened.project.tree;
    let mut roots: BTreeMap<String, Vec<Tree>> = BTreeMap::new();
    for file in tree.list(folder).unwrap_or_default() {
        let stem = yaml_stem(&file.path);
        let Some(key) = stem.filter(|stem| opened.known.contains(*stem)) else {
            continue;
        };
        let bytes = tree.read(&file.path).ok().flatten();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        match text.as_deref().and_then(yaml::tree).filter(Tree::is_map) {
            Some(root) => roots.entry(key.to_owned()).or_default().push(root),
            None if ruleset.flags.get(key).is_some() => notes.push(format!(
                "{} cannot be read: whether `{key}` is killed is not known, and it is left as it \
                 was",
                file.path
            )),
            None => {}
        }
    }
    roots
}

/// Tells what was done, and what was not.
fn told(kills: &Kills, name: &str) -> Vec<String> {
    let listed = |keys: &[String]| {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        join_names(&keys, "and")
    };
    let mut told = Vec::new();
    if kills.added.is_empty() {
        told.push(format!(
            "no kill switch is new: {name} says all of them already"
        ));
    } else {
        told.push(format!("killed now: {}", listed(&kills.added)));
    }
    if !kills.kept.is_empty() {
        told.push(format!(
            "killed before, and no kill switch is found today: {}; only a full export lifts it",
            listed(&kills.kept)
        ));
    }
    if !kills.missing.is_empty() {
        told.push(format!(
            "killed today, and not in {name}: {}; nothing was added",
            listed(&kills.missing)
        ));
    }
    told
}

//! `rename`: the flag's file moves, and the files that name it follow.

use std::collections::BTreeMap;

use crate::document::Tree;
use crate::literal;
use crate::model::FlagKey;
use crate::patch::{self, Renamed, Subject};
use crate::store::FileChange;
use crate::tree::Overlay;
use crate::workspace::{Project, ProjectTree};

use super::super::UsageError;
use super::super::open::unknown_flag;
use super::super::write::Planned;
use super::plan::{Plan, Planner, edited, special_file};
use super::{Request, refused};

/// Plans another key for a flag.
pub(super) fn plan(
    project: Project,
    overlay: Overlay<'_, ProjectTree>,
    key: &str,
    request: &Request,
    to: &str,
) -> anyhow::Result<Planned<Plan>> {
    let new = FlagKey::new(to).map_err(|error| {
        UsageError::new(format!("`{to}` is not a flag's key"), error.to_string())
    })?;
    let mut planner = Planner::open(project, overlay, vec![key.to_owned()], request);
    if !planner.before.known.contains(key) {
        return Err(unknown_flag(&planner.before, key).into());
    }
    planner.sound_settings()?;
    planner.sound()?;
    planner.is_free(to, Some(key))?;
    let folder = planner.project.flags_folder();
    let apart = special_file(&planner.overlay, folder, "flag-dependencies");
    let renamed = renamed(&planner, key, apart.as_ref().map(|(_, _, tree)| tree), &new)?;
    planner.plan.title = format!("rename {key} to {to}");
    planner.plan.notes.extend(renamed.notes);
    let (path, text) = planner.file(key);
    let moved = FileChange {
        path: moved_path(&path, to),
        before: None,
        after: Some(edited(&text, &renamed.root, &path)?),
    };
    let gone = FileChange {
        path,
        before: Some(text),
        after: None,
    };
    planner.take(key, gone);
    planner.take(to, moved);
    for (other, root) in renamed.others {
        let (path, text) = planner.file(other.as_str());
        take(&mut planner, other.as_str(), path, text, &root)?;
    }
    if let (Some((path, text, _)), Some(root)) = (apart, renamed.dependencies_apart) {
        take(&mut planner, "", path, text, &root)?;
    }
    planner.judge_renamed(key, to)?;
    Ok(planner.finish())
}

fn renamed(
    planner: &Planner<'_>,
    key: &str,
    apart: Option<&Tree>,
    new: &FlagKey,
) -> anyhow::Result<Renamed> {
    let catalog = &planner.before.catalog;
    let mut roots: BTreeMap<&str, Tree> = BTreeMap::new();
    for other in catalog.flags.keys() {
        roots.insert(other.as_str(), planner.root(other.as_str())?);
    }
    let now = literal::whole_second(planner.request.now);
    let subjects: Vec<Subject<'_>> = catalog
        .flags
        .values()
        .filter_map(|flag| {
            Some(Subject {
                catalog,
                flag,
                root: roots.get(flag.key.as_str())?,
                now,
            })
        })
        .collect();
    let (own, others): (Vec<Subject<'_>>, Vec<Subject<'_>>) = subjects
        .into_iter()
        .partition(|subject| subject.flag.key.as_str() == key);
    let own = own.first().expect("a sound flag is in the catalog");
    patch::rename(own, &others, apart, new).map_err(refused)
}

fn moved_path(path: &str, to: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let extension = name
        .rsplit_once('.')
        .map_or("yaml", |(_, extension)| extension);
    if folder.is_empty() {
        return format!("{to}.{extension}");
    }
    format!("{folder}/{to}.{extension}")
}

fn take(
    planner: &mut Planner<'_>,
    key: &str,
    path: String,
    text: String,
    root: &Tree,
) -> anyhow::Result<()> {
    let after = edited(&text, root, &path)?;
    planner.take(
        key,
        FileChange {
            path,
            before: Some(text),
            after: Some(after),
        },
    );
    Ok(())
}

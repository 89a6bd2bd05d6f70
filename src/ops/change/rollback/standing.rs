//! Flags of which nothing is to be done, found without a second reading: their files, and all that
//! they are read in the light of, are what they were, and time has moved nothing of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::ObjectId;
use crate::literal;
use crate::model::{Flag, FlagKey, RESERVED_STEMS};
use crate::patch;
use crate::tree::FileTree as _;
use crate::workspace::{CONFIG_FILE, Project, yaml_stem};

use super::super::plan::Planner;

/// Returns the flags of today that serve what they served in a project of the past, whose scope is the
/// same.
pub(super) fn find(planner: &Planner<'_>, then: &Project) -> BTreeSet<FlagKey> {
    let before = &planner.before;
    let now = literal::whole_second(planner.request.now);
    let listed = then.tree.list(then.flags_folder()).unwrap_or_default();
    let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in &listed {
        let stem = yaml_stem(&file.path).unwrap_or_default();
        paths.entry(stem).or_default().push(&file.path);
    }
    let is_same = |flag: &Flag| {
        let source = before.sources.get(flag.source);
        // A key with two files was no flag then.
        if paths.get(flag.key.as_str()).map(Vec::as_slice) != Some(&[source.name()]) {
            return false;
        }
        let was = then
            .revision()
            .and_then(|tree| tree.id(source.name()).ok().flatten());
        was.is_some() && was == ObjectId::of_content(source.text().as_bytes())
    };
    let stands = |flag: &&Flag| {
        !before.unsound.contains(&flag.key)
            && is_same(flag)
            && patch::stands(&before.catalog, flag, now)
    };
    let flags = before.catalog.flags.values().filter(stands);
    flags.map(|flag| flag.key.clone()).collect()
}

/// Returns whether the settings and the files that all flags share hold the same bytes.
pub(super) fn same_scope(planner: &Planner<'_>, then: &Project) -> bool {
    let folder = planner.project.flags_folder();
    let shared = RESERVED_STEMS
        .iter()
        .flat_map(|stem| ["yaml", "yml"].map(|extension| format!("{folder}/{stem}.{extension}")));
    let mut shared = shared.chain([CONFIG_FILE.to_owned()]);
    shared.all(
        |path| match (planner.overlay.read(&path), then.tree.read(&path)) {
            (Ok(is), Ok(was)) => is == was,
            _ => false,
        },
    )
}

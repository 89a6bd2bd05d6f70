//! Flags of which nothing is to be done, found without a second reading: their files, and all that
//! they are read in the light of, are what they were, and time has moved nothing of them.

use std::collections::BTreeSet;

use crate::git::ObjectId;
use crate::literal;
use crate::model::{Flag, FlagKey, RESERVED_STEMS};
use crate::patch;
use crate::tree::FileTree as _;
use crate::workspace::{CONFIG_FILE, Project};

use super::super::plan::Planner;

/// Returns the flags of today that serve what they served in a project of the past, whose scope is the
/// same.
pub(super) fn find(planner: &Planner<'_>, then: &Project) -> BTreeSet<FlagKey> {
    let before = &planner.before;
    let now = literal::whole_second(planner.request.now);
    let is_same = |flag: &Flag| {
        let source = before.sources.get(flag.source);
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

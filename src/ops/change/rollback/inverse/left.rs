//! What of the part that is meant stays as it is, because it stands elsewhere.

use std::collections::BTreeMap;

use crate::diagnostic::join_names;
use crate::literal;
use crate::patch::settled;
use crate::record::{Record, record};
use crate::store::FileChange;
use crate::tree::Overlay;
use crate::workspace::Selection;

use super::super::super::super::open::{Opened, read};
use super::super::super::plan::{Cause, Planner};
use super::Request;
use super::collect::Change;

/// Names those of the flags that would have another record in an environment that is meant if all
/// were undone that the commits changed (`whole`), and how to get there. What is `meant` is as it
/// was undone: copies of what stands elsewhere, which hold it, come later.
pub(super) fn tell(
    planner: &mut Planner<'_>,
    keys: &[String],
    (meant, whole): (&[FileChange], anyhow::Result<Vec<FileChange>>),
    oldest: &Change,
) {
    let whole = match whole {
        Ok(whole) => whole,
        Err(error) => {
            for key in keys {
                let why = format!(
                    "whether what was changed elsewhere reaches it cannot be told: {error}"
                );
                skip(planner, key, why);
            }
            return;
        }
    };
    let request = planner.request;
    let selected: Vec<&str> = keys.iter().map(String::as_str).collect();
    let selection = Selection::Flags(&selected);
    let overlay = |files: &[FileChange]| {
        let mut overlay = Overlay::new(&planner.overlay);
        for change in files {
            overlay.set(&change.path, change.after.clone());
        }
        overlay
    };
    let (part, all) = (overlay(meant), overlay(&whole));
    let (project, now) = (&planner.project, request.now);
    let planned = read(project.clone(), &part, selection, now);
    let wanted = read(project.clone(), &all, selection, now);
    let mut left: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let names = planned.catalog.environments.names();
    let is_meant = |name: &&str| {
        let mut meant = request.environments.iter();
        request.environments.is_empty() || meant.any(|one| one == name)
    };
    for name in names.filter(is_meant) {
        for key in &selected {
            let time = literal::whole_second(now);
            if of(&planned, key, name, time) != of(&wanted, key, name, time) {
                left.entry(key).or_default().push(name);
            }
        }
    }
    let skipped: Vec<(String, String)> = left
        .into_iter()
        .map(|(key, names)| (key.to_owned(), why(key, &names, request, oldest)))
        .collect();
    for (key, why) in skipped {
        skip(planner, &key, why);
    }
}

/// Names a flag that is left, and no more as one of which nothing was to change.
fn skip(planner: &mut Planner<'_>, key: &str, why: String) {
    let skipped = &mut planner.plan.skipped;
    skipped.retain(|one| one.flag != key || one.cause != Cause::Done);
    planner.skip(key, why, Cause::Broken);
}

fn why(key: &str, names: &[&str], request: &Request, oldest: &Change) -> String {
    let named = [
        ("`--flag`", !request.flags.is_empty()),
        ("`--env`", !request.environments.is_empty()),
    ];
    let named: Vec<&str> = named
        .into_iter()
        .filter_map(|(option, is_said)| is_said.then_some(option))
        .collect();
    let said = request.environments.iter();
    let options: Vec<String> = said.map(|name| format!(" --env {name}")).collect();
    format!(
        "what was changed elsewhere reaches it in {} and is not undone: leave out {} to undo it too, or `ffctl rollback --to {} --flag {key}{}` brings back what was served before",
        join_names(names, "and").replace('`', ""),
        named.join(" and "),
        oldest.parent.name,
        options.concat()
    )
}

/// Returns what a flag serves in an environment from now on; nothing, where it is not understood.
fn of<'o>(opened: &'o Opened, key: &str, environment: &str, time: i64) -> Option<Record<'o>> {
    let flag = opened.catalog.flags.get(key)?;
    let id = opened.catalog.environments.find(environment)?;
    let record = settled(record(&opened.catalog, flag, id), time);
    // What decides nothing of what is served is no entry's to say.
    Some(Record {
        kind: None,
        killable: false,
        client_side: false,
        ..record
    })
}

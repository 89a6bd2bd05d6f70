//! `rename`: another key, in every file of the repository that names the flag.

use crate::document::{Tree, TreeValue};
use crate::format::FLAG_KEYS;
use crate::model::FlagKey;

use super::create::not_reserved;
use super::{Refusal, Subject};

/// A flag with another key. Its file moves within its folder to the new key's name.
#[derive(Debug, Clone)]
pub struct Renamed {
    /// The flag's own file.
    pub root: Tree,
    /// The files of other flags that named it, as they are to be; those that did not are left out.
    pub others: Vec<(FlagKey, Tree)>,
    /// flag-dependencies.yaml, if it named it.
    pub dependencies_apart: Option<Tree>,
    /// What else was done, and what was not: sentences for people.
    pub notes: Vec<String>,
}

/// Gives a flag another key. `others` are the flags that may name it, in `depends_on` or in their
/// tests. The old key becomes the salt, where there is none: buckets are hashed with the key
/// otherwise, and everybody would be dealt anew.
///
/// # Errors
///
/// Refuses a key that is taken, whatever its case, or that is one of the format's own files.
pub fn rename(
    subject: &Subject<'_>,
    others: &[Subject<'_>],
    dependencies_apart: Option<&Tree>,
    to: &FlagKey,
) -> Result<Renamed, Refusal> {
    let from = &subject.flag.key;
    is_free(subject, to)?;
    let names = Names { from, to };
    let mut notes = Vec::new();
    let mut root = subject.root.clone();
    names.in_flag(&mut root);
    if root.has("flag_id") {
        root.set("flag_id", to.as_str(), &FLAG_KEYS);
    }
    if !root.has("salt") {
        root.set("salt", from.as_str(), &FLAG_KEYS);
        notes.push(format!("`salt: {from}` keeps everybody in their buckets"));
    }
    let dependants = others.iter().filter(|other| other.flag.key != *from);
    let others = dependants.filter_map(|other| {
        let mut changed = other.root.clone();
        names.in_flag(&mut changed);
        (changed != *other.root).then(|| (other.flag.key.clone(), changed))
    });
    let others = others.collect();
    let dependencies_apart = dependencies_apart.and_then(|apart| {
        let mut changed = apart.clone();
        names.in_dependencies_apart(&mut changed);
        (changed != *apart).then_some(changed)
    });
    notes.push(format!(
        "other repositories that depend on `{from}` cannot be seen from here: their `flag:` and \
         ffctl.lock still say `{from}`"
    ));
    notes.push(format!(
        "code, ffctl.toml and deployment plans that name `{from}` are not changed"
    ));
    Ok(Renamed {
        root,
        others,
        dependencies_apart,
        notes,
    })
}

fn is_free(subject: &Subject<'_>, to: &FlagKey) -> Result<(), Refusal> {
    let from = &subject.flag.key;
    if from == to {
        return Err(Refusal::usage(
            format!("the flag is called `{to}` already"),
            "say its new key with `--to`",
        ));
    }
    not_reserved(to.as_str())?;
    // Only its case may change: the flag itself does not take its key away from it.
    let same =
        |other: &&FlagKey| *other != from && other.as_str().eq_ignore_ascii_case(to.as_str());
    match subject.catalog.flags.keys().find(same) {
        None => Ok(()),
        Some(taken) => Err(Refusal::no(
            format!("there is a flag `{taken}` already"),
            "choose another key; that of an archived flag stays taken too",
        )),
    }
}

/// The old key and the new one.
pub(super) struct Names<'k> {
    pub(super) from: &'k FlagKey,
    pub(super) to: &'k FlagKey,
}

impl Names<'_> {
    /// Where a flag's file names another flag of its repository.
    fn in_flag(&self, root: &mut Tree) {
        self.in_depends_on(root);
        for test in root.get_mut("tests").into_iter().flat_map(items_mut) {
            let Some(TreeValue::Map(flags)) = test.get_mut("flags").map(|flags| &mut flags.value)
            else {
                continue;
            };
            for (key, _) in flags {
                if key == self.from.as_str() {
                    self.to.as_str().clone_into(key);
                }
            }
        }
    }

    pub(super) fn in_dependencies_apart(&self, root: &mut Tree) {
        for list in root.get_mut("dependencies").into_iter().flat_map(items_mut) {
            self.in_flag_key(list);
            self.in_depends_on(list);
        }
    }

    pub(super) fn in_depends_on(&self, owner: &mut Tree) {
        for dependency in owner.get_mut("depends_on").into_iter().flat_map(items_mut) {
            // A flag of the same name elsewhere is another flag.
            if !dependency.has("repository") {
                self.in_flag_key(dependency);
            }
        }
    }

    fn in_flag_key(&self, map: &mut Tree) {
        if map.get("flag").and_then(Tree::as_str) == Some(self.from.as_str()) {
            map.set("flag", self.to.as_str(), &[]);
        }
    }
}

fn items_mut(tree: &mut Tree) -> impl Iterator<Item = &mut Tree> {
    tree.items_mut().into_iter().flatten()
}

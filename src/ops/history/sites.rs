//! Where a walk begins.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;

use crate::git::{ObjectId, Objects};
use crate::model::FlagKey;
use crate::workspace::{Layout, Past, Project};

use super::super::UsageError;
use super::leg::{links, places};
use super::sound::scope_at;
use super::{Note, Wanted};

/// A project in a commit.
pub(in crate::ops) struct Site {
    pub(in crate::ops) objects: Arc<Objects>,
    pub(in crate::ops) commit: ObjectId,
    pub(in crate::ops) layout: Layout,
}

/// Returns where a project at a revision is.
pub(in crate::ops) fn of(project: &Project) -> anyhow::Result<Site> {
    let tree = project
        .revision()
        .context("the project is of no revision")?;
    Ok(Site {
        objects: Arc::clone(tree.objects()),
        commit: tree.commit().id,
        layout: Layout {
            prefix: tree.prefix().to_owned(),
            flags: project.flags_folder().to_owned(),
        },
    })
}

impl Site {
    /// Returns the flags that there are.
    pub(in crate::ops) fn keys(&self, past: &Past) -> anyhow::Result<BTreeSet<FlagKey>> {
        let places = places(past, self.commit, &self.layout)?;
        Ok(places.into_iter().map(|place| place.key).collect())
    }

    /// Returns a note for each flag whose file is a symbolic link, with its key.
    pub(in crate::ops) fn links(&self, past: &Past) -> anyhow::Result<Vec<(FlagKey, Note)>> {
        let mut notes = Vec::new();
        for place in links(past, self.commit, &self.layout)? {
            let target = past.objects().blob(place.file.id)?;
            let target = String::from_utf8_lossy(&target).into_owned();
            let (key, path) = (&place.key, &place.path);
            let message = format!(
                "the file of `{key}` is a symbolic link, whose history is not followed: {path} leads to {target}"
            );
            let hint = Some("`git log` tells of the file that it leads to".to_owned());
            notes.push((place.key.clone(), Note { message, hint }));
        }
        Ok(notes)
    }

    /// Returns the names of the environments that there are.
    pub(in crate::ops) fn environments(&self, past: &Past) -> anyhow::Result<BTreeSet<String>> {
        let files = past.scope_files(self.commit, &self.layout)?;
        let (scope, _) = scope_at(past, (self.commit, self.commit), &self.layout, &files)?;
        let names = scope.catalog.environments.names();
        Ok(names.map(str::to_owned).collect())
    }

    /// Returns how flags are followed from here.
    pub(in crate::ops) fn wanted(&self, past: &Past, flags: &[String]) -> anyhow::Result<Wanted> {
        if flags.is_empty() {
            return Ok(Wanted::All);
        }
        let places = places(past, self.commit, &self.layout)?;
        let mut list = Vec::new();
        for name in flags {
            let key = FlagKey::new(name).map_err(|_| {
                let hint =
                    "keys begin with a letter or digit and hold letters, digits, `.`, `_` and `-`";
                UsageError::new(format!("`{name}` is no flag's key"), hint.to_owned())
            })?;
            let place = places.iter().find(|place| place.key == key);
            let path = place.map(|place| format!("{}{}", self.layout.prefix, place.path));
            if !list.iter().any(|(other, _)| *other == key) {
                list.push((key, path));
            }
        }
        Ok(Wanted::Flags(list))
    }
}

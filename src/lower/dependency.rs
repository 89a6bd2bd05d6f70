//! Dependencies: in a flag's own file, and in flag-dependencies.yaml.

use crate::document::{Document, View, to_json};
use crate::model::{Dependency, FlagKey, Required};
use crate::text::Location;

use super::reader::{Reader, string};

/// What flag-dependencies.yaml says of one flag.
#[derive(Debug)]
pub struct DependenciesApart {
    /// The dependent flag.
    pub flag: FlagKey,
    /// Where it is named.
    pub location: Location,
    /// What it depends on.
    pub depends_on: Vec<Dependency>,
}

/// Reads flag-dependencies.yaml. Whether the flags exist is told by [`super::link`].
#[must_use]
pub fn dependencies_apart(document: &Document<'_>) -> Vec<DependenciesApart> {
    let lists = document
        .root()
        .get("dependencies")
        .into_iter()
        .flat_map(|view| view.items());
    lists
        .filter_map(|item| {
            let flag = item.get("flag")?;
            Some(DependenciesApart {
                flag: FlagKey::new(flag.as_str()?).ok()?,
                location: flag.location(),
                depends_on: Reader::dependencies(item.get("depends_on")),
            })
        })
        .collect()
}

impl Reader<'_> {
    /// Reads a list of dependencies.
    pub(super) fn dependencies(view: Option<View<'_>>) -> Vec<Dependency> {
        view.into_iter()
            .flat_map(|view| view.items())
            .filter_map(Self::dependency)
            .collect()
    }

    fn dependency(view: View<'_>) -> Option<Dependency> {
        let flag = FlagKey::new(view.get("flag")?.as_str()?).ok()?;
        let each = |view: View<'_>| -> Vec<serde_json::Value> {
            if view.is_list() {
                view.items().map(to_json).collect()
            } else {
                vec![to_json(view)]
            }
        };
        let required = match (view.get("required_value"), view.get("required_variant")) {
            (Some(value), None) => Required::Values(each(value)),
            (None, Some(variant)) => {
                let names = each(variant)
                    .into_iter()
                    .filter_map(|name| name.as_str().map(str::to_owned));
                Required::Variants(names.collect())
            }
            _ => return None,
        };
        Some(Dependency {
            repository: string(view.get("repository")),
            flag,
            required,
            location: view.location(),
        })
    }
}

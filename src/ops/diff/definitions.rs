//! Definitions that flags share, where they differ: segments and attributes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::Tree;
use crate::model::{Catalog, Uses};
use crate::yaml;

use super::super::open::Opened;

/// A definition that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Whether it is a segment or an attribute.
    pub kind: DefinitionKind,
    /// Its name.
    pub name: String,
    /// Whether it was there before.
    pub was: bool,
    /// Whether it is there after.
    pub is: bool,
    /// The file that it stands in.
    pub file: String,
    /// The flags that use it, before or after, themselves or through others.
    pub flags: Vec<String>,
}

/// What is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefinitionKind {
    /// A segment.
    Segment,
    /// An attribute of the context.
    Attribute,
}

impl DefinitionKind {
    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Attribute => "attribute",
        }
    }

    fn stem(self) -> &'static str {
        match self {
            Self::Segment => "segments",
            Self::Attribute => "attributes",
        }
    }

    /// What decides of a definition: not how it is described.
    fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Segment => &["conditions"],
            Self::Attribute => &["type", "values", "computed"],
        }
    }
}

/// Returns the definitions that differ between two states.
pub(super) fn differing(before: &Opened, after: &Opened) -> Vec<Definition> {
    let kinds = [DefinitionKind::Segment, DefinitionKind::Attribute];
    let of_kind = |kind| of_kind(kind, before, after);
    kinds.into_iter().flat_map(of_kind).collect()
}

fn of_kind(kind: DefinitionKind, before: &Opened, after: &Opened) -> Vec<Definition> {
    let (was, is) = (list(kind, before), list(kind, after));
    if was.tree == is.tree {
        return Vec::new();
    }
    let names: BTreeSet<String> = was.names().chain(is.names()).collect();
    let definition = |name: String| {
        let (one, other) = (was.decides(kind, &name), is.decides(kind, &name));
        (one != other).then(|| {
            let flags = users(kind, &before.catalog, &name);
            let flags: BTreeSet<String> = flags.chain(users(kind, &after.catalog, &name)).collect();
            Definition {
                kind,
                was: one.is_some(),
                is: other.is_some(),
                file: is
                    .file
                    .clone()
                    .or_else(|| was.file.clone())
                    .unwrap_or_default(),
                flags: flags.into_iter().collect(),
                name,
            }
        })
    };
    names.into_iter().filter_map(definition).collect()
}

/// The list of one side.
struct List {
    tree: Option<Tree>,
    file: Option<String>,
}

fn list(kind: DefinitionKind, opened: &Opened) -> List {
    let folder = opened.project.flags_folder();
    let names = ["yaml", "yml"].map(|end| format!("{folder}/{}.{end}", kind.stem()));
    let source = opened
        .sources
        .iter()
        .find(|source| names.iter().any(|name| name == source.name()));
    let tree = source.and_then(|source| yaml::tree(source.text()));
    List {
        tree: tree.and_then(|tree| tree.get(kind.stem()).cloned()),
        file: source.map(|source| source.name().to_owned()),
    }
}

impl List {
    fn names(&self) -> impl Iterator<Item = String> {
        let entries = self.tree.iter().flat_map(Tree::entries);
        entries.map(|(name, _)| name.clone())
    }

    fn decides(&self, kind: DefinitionKind, name: &str) -> Option<Vec<Value>> {
        let definition = self.tree.as_ref()?.get(name)?;
        let part = |part: &&str| definition.get(part).map_or(Value::Null, Tree::to_json);
        Some(kind.parts().iter().map(part).collect())
    }
}

fn users<'c>(
    kind: DefinitionKind,
    catalog: &'c Catalog,
    name: &'c str,
) -> impl Iterator<Item = String> {
    let uses = move |uses: &Uses<'_>| match kind {
        DefinitionKind::Segment => uses.segments.iter().any(|one| one.as_str() == name),
        DefinitionKind::Attribute => uses.attributes.contains(name),
    };
    let flags = catalog.flags.values();
    flags
        .filter(move |flag| uses(&Uses::of_flag(catalog, flag)))
        .map(|flag| flag.key.to_string())
}

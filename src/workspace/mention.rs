//! Which flags' files name other flags, without reading what they mean.

use std::collections::BTreeSet;

use rayon::prelude::*;
use regex::bytes::{Regex, RegexBuilder};

use crate::diagnostic::Diagnostics;
use crate::lower;
use crate::model::FlagKey;
use crate::schema::FileKind;
use crate::text::SourceMap;
use crate::tree::FileTree;
use crate::yaml;

use super::files::Files;

/// Returns the flags, other than those of the keys, whose files hold one of the keys as text, and
/// those that flag-dependencies.yaml may tie to one: a superset of the flags that depend on them,
/// found without parsing.
#[must_use]
pub fn mentioning(tree: &impl FileTree, files: &Files, keys: &[String]) -> BTreeSet<FlagKey> {
    let any = any_of(keys);
    let names = |path: &str| {
        let bytes = tree.read(path).ok().flatten().unwrap_or_default();
        any.as_ref().is_none_or(|any| any.is_match(&bytes))
    };
    let apart = files
        .special
        .iter()
        .filter(|(kind, _)| *kind == FileKind::FlagDependencies)
        .filter_map(|(_, file)| tree.read(&file.path).ok().flatten())
        .flat_map(|bytes| dependents_apart(&String::from_utf8_lossy(&bytes), keys));
    let apart: BTreeSet<FlagKey> = apart.collect();
    let own: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
    let found = files.flags.par_iter().filter(|file| {
        file.file.problem.is_none() && !own.contains(file.stem()) && names(&file.file.path)
    });
    let mut found: BTreeSet<FlagKey> = found.filter_map(|file| file.key.clone()).collect();
    found.extend(apart);
    found
}

/// Returns what finds any of the keys in one pass, however many they are. There may be thousands of
/// files; to look into the bytes as they are takes a tenth of the time of reading them. Without a
/// pattern every file may name one.
fn any_of(keys: &[String]) -> Option<Regex> {
    let keys: Vec<String> = keys.iter().map(|key| regex::escape(key)).collect();
    RegexBuilder::new(&keys.join("|"))
        .size_limit(1 << 30)
        .build()
        .ok()
}

/// Returns the flags that flag-dependencies.yaml ties to one of the keys.
fn dependents_apart(text: &str, keys: &[String]) -> Vec<FlagKey> {
    let mut told = Diagnostics::default();
    let Some(document) = yaml::parse(SourceMap::default().next_id(), text, &mut told) else {
        return Vec::new();
    };
    let lists = lower::dependencies_apart(&document).into_iter();
    let on_them = |list: &lower::DependenciesApart| {
        list.depends_on
            .iter()
            .any(|d| d.repository.is_none() && keys.iter().any(|key| key == d.flag.as_str()))
    };
    lists.filter(on_them).map(|list| list.flag).collect()
}

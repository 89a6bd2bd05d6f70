//! What the tests share: a project in a folder of its own, and the program run in it.

mod catalog;
pub(crate) mod generate;
pub(crate) mod git;
mod output;
pub(crate) mod reference;
mod sandbox;

use std::path::{Path, PathBuf};

pub(crate) use catalog::{catalog, load, settings, sound, sound_or_none};
pub(crate) use output::{Finding, Output};
pub(crate) use sandbox::{NOW, Sandbox};

/// The environments of most tests: a chain in which staging follows development.
pub(crate) const ENVIRONMENTS: &str = "\
environments:
  development: {parent: null}
  staging: {parent: development, auto_sync: true}
  production: {parent: staging}
";

/// Returns the files below a folder, sorted.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Returns the repository's own folder.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

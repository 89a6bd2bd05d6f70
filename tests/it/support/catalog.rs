//! Catalogs from files in memory.

use std::collections::BTreeMap;

use ffctl::config::{self, Config};
use ffctl::diagnostic::Diagnostics;
use ffctl::model::Catalog;
use ffctl::text::{Source, SourceMap};
use ffctl::tree::MemoryTree;
use ffctl::workspace::{self, Loaded, Selection};

use super::generate::Generated;

/// Loads files below flags/, which have no errors.
pub(crate) fn catalog(files: &[(&str, &str)]) -> Catalog {
    let files = files.iter();
    sound(&Generated {
        files: files
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect(),
        environments: vec![],
        flags: vec![],
        bucketing: "flagd-v2".to_owned(),
    })
}

/// The settings of a project with a name.
pub(crate) fn settings(bucketing: &str) -> Config {
    let text =
        format!("[project]\nname = \"generated\"\n\n[evaluation]\nbucketing = \"{bucketing}\"\n");
    let mut sources = SourceMap::default();
    let mut diagnostics = Diagnostics::default();
    let source = sources.add(Source::new("ffctl.toml", text.clone()));
    let config = config::parse(source, &text, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    config.expect("the settings are TOML")
}

/// Loads files below flags/, whatever they say.
pub(crate) fn load(files: &BTreeMap<String, String>, config: &Config) -> Loaded {
    let tree = MemoryTree::new(
        files
            .iter()
            .map(|(path, text)| (format!("flags/{path}"), text.clone())),
    );
    let mut sources = SourceMap::default();
    sources.add(Source::new("ffctl.toml", ""));
    workspace::load(
        &tree,
        Some(config),
        (sources, Diagnostics::default()),
        Selection::All,
    )
}

/// Loads a generated catalog, which has no errors.
pub(crate) fn sound(generated: &Generated) -> Catalog {
    let config = settings(&generated.bucketing);
    let loaded = load(&generated.files, &config);
    let errors: Vec<_> = loaded
        .diagnostics
        .iter()
        .filter(|finding| finding.severity == ffctl::diagnostic::Severity::Error)
        .collect();
    assert!(
        errors.is_empty(),
        "a generated catalog is sound: {errors:#?}"
    );
    loaded.catalog
}

/// Loads a catalog, unless it has errors.
pub(crate) fn sound_or_none(generated: &Generated) -> Option<Catalog> {
    let loaded = load(&generated.files, &settings(&generated.bucketing));
    let mut findings = loaded.diagnostics.iter();
    let has_errors = findings.any(|one| one.severity == ffctl::diagnostic::Severity::Error);
    (!has_errors).then_some(loaded.catalog)
}

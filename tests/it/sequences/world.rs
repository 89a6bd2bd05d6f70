//! A project in memory that commands change: the planner's part, without disk and Git.

use std::collections::{BTreeMap, BTreeSet};

use ffctl::check;
use ffctl::config::Config;
use ffctl::diagnostic::Severity;
use ffctl::document::Tree;
use ffctl::model::{Catalog, EnvironmentId, Flag};
use ffctl::patch::Subject;
use ffctl::record::{Record, record};
use ffctl::workspace::Loaded;

use crate::edits::tree_of;
use crate::support::generate::Generated;
use crate::support::{load, settings};

use super::style;

/// Files, and what they say.
pub(super) struct World {
    pub(super) files: BTreeMap<String, String>,
    pub(super) loaded: Loaded,
    /// Errors, as the planner tells them apart: by check, file and message.
    pub(super) errors: BTreeSet<(&'static str, String, String)>,
}

/// The catalog with its flags' files in other styles.
pub(super) fn restyled(generated: &Generated, styles: &[Vec<u8>]) -> BTreeMap<String, String> {
    let mut styles = styles.iter().cycle();
    let mut files = BTreeMap::new();
    let known = settings(&generated.bucketing);
    let catalog = load(&generated.files, &known);
    let of_flags: BTreeSet<&str> = catalog
        .catalog
        .flags
        .values()
        .map(|flag| catalog.sources.get(flag.source).name())
        .collect();
    for (path, text) in &generated.files {
        let is_flag = of_flags.contains(format!("flags/{path}").as_str());
        let text = match styles.next() {
            Some(bytes) if is_flag => style::written(&tree_of(text), bytes),
            _ => text.clone(),
        };
        files.insert(path.clone(), text);
    }
    files
}

impl World {
    pub(super) fn new(files: BTreeMap<String, String>, config: &Config, now: i64) -> Self {
        let mut loaded = load(&files, config);
        let subject = check::Subject {
            catalog: &loaded.catalog,
            config: Some(config),
            now: jiff::Timestamp::from_second(now).unwrap(),
        };
        check::run(&subject, &mut loaded.diagnostics);
        let errors = loaded
            .diagnostics
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| {
                let file = loaded.sources.get(finding.location.source).name();
                let message = finding.message.clone();
                (finding.code.name(), file.to_owned(), message)
            })
            .collect();
        Self {
            files,
            loaded,
            errors,
        }
    }

    pub(super) fn catalog(&self) -> &Catalog {
        &self.loaded.catalog
    }

    pub(super) fn flag(&self, key: &str) -> &Flag {
        &self.catalog().flags[key]
    }

    /// The path of a flag's file below the folder of flags.
    pub(super) fn path(&self, key: &str) -> &str {
        let name = self.loaded.sources.get(self.flag(key).source).name();
        name.strip_prefix("flags/").unwrap()
    }

    pub(super) fn text(&self, key: &str) -> &str {
        &self.files[self.path(key)]
    }

    pub(super) fn subject<'w>(&'w self, key: &str, root: &'w Tree, now: i64) -> Subject<'w> {
        Subject {
            catalog: self.catalog(),
            flag: self.flag(key),
            root,
            now,
        }
    }

    pub(super) fn environments(&self) -> Vec<EnvironmentId> {
        let environments = self.catalog().environments.iter();
        environments.map(|(id, _)| id).collect()
    }

    pub(super) fn environment_name(&self, id: EnvironmentId) -> &str {
        self.catalog().environments.get(id).name.as_str()
    }

    pub(super) fn record(&self, key: &str, environment: EnvironmentId) -> Record<'_> {
        record(self.catalog(), self.flag(key), environment)
    }

    /// The environment and all that follow one that copies it.
    pub(super) fn following(&self, environment: EnvironmentId) -> Vec<EnvironmentId> {
        let environments = &self.catalog().environments;
        let mut all = self.environments();
        all.retain(|id| {
            std::iter::successors(Some(*id), |id| environments.sync_parent(*id))
                .any(|id| id == environment)
        });
        all
    }

    /// The entry of an environment, as its file has it.
    pub(super) fn entry(&self, key: &str, environment: EnvironmentId) -> Option<Tree> {
        let root = tree_of(self.text(key));
        let entries = root.get("environments")?;
        entries.get(self.environment_name(environment)).cloned()
    }
}

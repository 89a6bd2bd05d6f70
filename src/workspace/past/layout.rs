//! Where a project is in a repository, and what its files are.

use std::collections::BTreeMap;

use crate::git::{Difference, FileId, ObjectId};
use crate::model::FlagKey;

use super::super::files::{special_kind, yaml_stem};
use super::super::project::CONFIG_FILE;

/// Where a project's files are in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Layout {
    /// The project's folder, with a slash behind it; empty for the root of the repository.
    pub prefix: String,
    /// The folder of the flags' files, relative to the project's.
    pub flags: String,
}

/// What a file of a project is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// ffctl.toml, or one of the format's own files, by its path in the project.
    Scope(String),
    /// A flag.
    Flag(FlagKey),
}

/// The contents of ffctl.toml and the format's own files, by path in the project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ScopeFiles(pub(super) BTreeMap<String, ObjectId>);

impl Layout {
    /// Returns the path of ffctl.toml in the repository.
    #[must_use]
    pub fn config_path(&self) -> String {
        format!("{}{CONFIG_FILE}", self.prefix)
    }

    /// Returns the path of the flags folder in the repository.
    #[must_use]
    pub fn folder(&self) -> String {
        let folder = format!("{}{}", self.prefix, self.flags);
        folder.trim_end_matches('/').to_owned()
    }

    /// Returns the paths that the format's own files can have in the repository.
    pub fn scope_paths(&self) -> impl Iterator<Item = String> + '_ {
        let stems = [
            "environments",
            "segments",
            "attributes",
            "flag-dependencies",
        ];
        let names = stems.into_iter().flat_map(|stem| {
            ["yaml", "yml"].map(|extension| format!("{}/{stem}.{extension}", self.folder()))
        });
        std::iter::once(self.config_path())
            .chain(names.map(|path| path.trim_start_matches('/').to_owned()))
    }

    /// Returns a path of the repository as the project calls it.
    #[must_use]
    pub fn inside<'p>(&self, path: &'p str) -> &'p str {
        path.strip_prefix(&self.prefix).unwrap_or(path)
    }

    /// Returns what a file of the repository is to the project; `None` for what it does not read.
    #[must_use]
    pub fn part(&self, path: &str) -> Option<Part> {
        let own = path.strip_prefix(&self.prefix)?;
        if own == CONFIG_FILE {
            return Some(Part::Scope(own.to_owned()));
        }
        let below = own.strip_prefix(&self.flags)?;
        if !self.flags.is_empty() && !below.starts_with('/') {
            return None;
        }
        let below = below.trim_start_matches('/');
        if below.split('/').any(|part| part.starts_with('.')) {
            return None;
        }
        let stem = yaml_stem(below)?;
        if special_kind(stem).is_some() {
            return (!below.contains('/')).then(|| Part::Scope(own.to_owned()));
        }
        FlagKey::new(stem).ok().map(Part::Flag)
    }
}

impl ScopeFiles {
    /// Returns the files as they were before a commit that has changed them.
    #[must_use]
    pub fn before(&self, layout: &Layout, differences: &[Difference]) -> Self {
        let mut files = self.clone();
        for difference in differences {
            if let Some(Part::Scope(path)) = layout.part(&difference.path) {
                files.set(path, difference.before);
            }
        }
        files
    }

    /// Returns the paths of those that two scopes do not have in common.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<String> {
        let paths = self.0.keys().chain(other.0.keys());
        let differs = |path: &&String| self.0.get(*path) != other.0.get(*path);
        let mut paths: Vec<String> = paths.filter(differs).cloned().collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Returns whether there is a project.
    #[must_use]
    pub fn has_project(&self) -> bool {
        self.0.contains_key(CONFIG_FILE)
    }

    /// Returns whether both have the same ffctl.toml.
    #[must_use]
    pub fn same_config(&self, other: &Self) -> bool {
        self.0.get(CONFIG_FILE) == other.0.get(CONFIG_FILE)
    }

    /// Returns the content of a file.
    #[must_use]
    pub fn id(&self, path: &str) -> Option<ObjectId> {
        self.0.get(path).copied()
    }

    fn set(&mut self, path: String, file: Option<FileId>) {
        match file {
            Some(file) => self.0.insert(path, file.id),
            None => self.0.remove(&path),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart() {
        let layout = Layout {
            prefix: "app/".to_owned(),
            flags: "flags".to_owned(),
        };
        let scope = |path: &str| Some(Part::Scope(path.to_owned()));
        assert_eq!(layout.part("app/ffctl.toml"), scope("ffctl.toml"));
        assert_eq!(
            layout.part("app/flags/segments.yml"),
            scope("flags/segments.yml")
        );
        assert_eq!(layout.part("app/flags/a/segments.yml"), None);
        assert_eq!(layout.part("app/flags/.a/x.yaml"), None);
        assert_eq!(layout.part("app/flagsome/x.yaml"), None);
        assert_eq!(layout.part("flags/x.yaml"), None);
        let key = FlagKey::new("x").ok().map(Part::Flag);
        assert_eq!(layout.part("app/flags/a/x.yaml"), key);
    }
}

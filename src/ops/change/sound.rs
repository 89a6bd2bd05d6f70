//! What must be in order before anything is planned.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::FlagKey;
use crate::text::{SourceId, SourceMap};
use crate::workspace::CONFIG_FILE;

use super::RefusedError;
use super::plan::Planner;

impl Planner<'_> {
    /// Refuses a key that a flag has already, in whatever case. A flag that is renamed does not take
    /// its own key away from itself.
    pub(super) fn is_free(&self, key: &str, renamed: Option<&str>) -> Result<(), RefusedError> {
        let mut known = self.before.known.iter().map(FlagKey::as_str);
        let taken = known.find(|other| Some(*other) != renamed && other.eq_ignore_ascii_case(key));
        let Some(taken) = taken else { return Ok(()) };
        let hint = "choose another key; that of an archived flag stays taken too".to_owned();
        Err(RefusedError::new(
            format!("there is a flag `{taken}` already"),
            hint,
        ))
    }

    /// Refuses to plan where the project's settings cannot be told.
    pub(super) fn sound_settings(&self) -> anyhow::Result<()> {
        let sources = &self.before.sources;
        let of_settings =
            |finding: &&Diagnostic| sources.get(finding.location.source).name() == CONFIG_FILE;
        let errors = self.before.diagnostics.errors().filter(of_settings);
        let errors: Diagnostics = errors.cloned().collect();
        if errors.is_empty() {
            return Ok(());
        }
        let message = "the project's settings have errors";
        Err(refuse(message, "mend ffctl.toml first", errors, sources))
    }

    /// Refuses to plan on files of which it is not known what they say.
    pub(super) fn sound(&self) -> anyhow::Result<()> {
        let catalog = &self.before.catalog;
        let keys = self.keys.iter().map(String::as_str);
        let flags = keys.clone().filter_map(|key| catalog.flags.get(key));
        let needed = flags.map(|flag| flag.source).collect();
        let missing = keys.clone().any(|key| !catalog.flags.contains_key(key));
        self.without_errors(needed, missing)
    }

    /// As [`Planner::sound`], but for files that can be understood: what they say may be what is to
    /// be undone.
    pub(super) fn understood(&self) -> anyhow::Result<()> {
        let catalog = &self.before.catalog;
        let unsound = |key: &&String| self.before.unsound.contains(key.as_str());
        let unsound: Vec<&String> = self.keys.iter().filter(unsound).collect();
        let flags = unsound
            .iter()
            .filter_map(|key| catalog.flags.get(key.as_str()));
        let needed = flags.map(|flag| flag.source).collect();
        let missing = unsound
            .iter()
            .any(|key| !catalog.flags.contains_key(key.as_str()));
        self.without_errors(needed, missing)
    }

    /// Refuses errors in the environments and in these files, or wherever they are.
    fn without_errors(&self, mut needed: Vec<SourceId>, anywhere: bool) -> anyhow::Result<()> {
        let environments = &self.before.catalog.environments;
        needed.extend(environments.iter().map(|(_, e)| e.source).next());
        let anywhere = anywhere || environments.is_empty();
        let in_the_way =
            |finding: &&Diagnostic| anywhere || needed.contains(&finding.location.source);
        let errors = self.before.diagnostics.errors().filter(in_the_way);
        let errors: Diagnostics = errors.cloned().collect();
        if errors.is_empty() {
            return Ok(());
        }
        Err(refuse(
            "the files that are to be changed have errors",
            "mend them first; `ffctl validate` shows all that is wrong",
            errors,
            &self.before.sources,
        ))
    }

    /// Refuses to plan where it is not known which environments there are.
    pub(super) fn sound_environments(&self) -> anyhow::Result<()> {
        if !self.before.catalog.environments.is_empty() {
            return Ok(());
        }
        let errors = self.before.diagnostics.clone();
        Err(refuse(
            "it is not known which environments there are",
            "mend environments.yaml first",
            errors,
            &self.before.sources,
        ))
    }
}

pub(super) fn refuse(
    message: &str,
    hint: &str,
    diagnostics: Diagnostics,
    sources: &SourceMap,
) -> anyhow::Error {
    RefusedError {
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
        diagnostics,
        sources: sources.clone(),
    }
    .into()
}

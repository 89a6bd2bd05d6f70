//! What changes in what is served: `diff`, and the plan of every writing command.
//!
//! These parts have no `format` of their own: the documents that hold them do.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::diff::Change;
use crate::ops::Effect;

/// What a change does to a flag in an environment, of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChangeDocument {
    /// The flag.
    pub flag: String,
    /// The environment.
    pub environment: String,
    /// `created`, `removed`, `enabled`, `disabled`, `killed`, `restored`, `exposure`, `serving`,
    /// `rules`, `schedule`, `dependencies`, `reshuffle` or `latent`: at most one of each for a flag
    /// and an environment, in this order.
    pub kind: &'static str,
    /// The affected part of the flag's record before (shares and weights in thousandths, times in
    /// Unix seconds); null where there was none.
    pub before: Value,
    /// The affected part after; null where there is none.
    pub after: Value,
    /// What the change does, in one line for people.
    pub effect: String,
    /// The files that bring it about, relative to ffctl.toml.
    pub files: Vec<String>,
}

/// How much changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangeSummary {
    /// How many flags change in some environment.
    pub flags: usize,
    /// How many environments change in some flag.
    pub environments: usize,
    /// How many changes there are.
    pub changes: usize,
}

/// Changes with their summary: the members `changes` and `summary` of a document.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ChangesBody {
    /// The changes, by flag and environment.
    pub changes: Vec<ChangeDocument>,
    /// How many there are.
    pub summary: ChangeSummary,
}

impl ChangeDocument {
    /// Returns the JSON shapes of all changes, in their order.
    #[must_use]
    pub fn of_effects(effects: &[Effect]) -> Vec<Self> {
        let of_effect = |effect: &Effect| -> Vec<Self> {
            let Effect {
                flag,
                environment,
                files,
                changes,
                ..
            } = effect;
            let document = |change| Self::new(flag, environment, change, files);
            changes.iter().map(document).collect()
        };
        effects.iter().flat_map(of_effect).collect()
    }

    /// Returns the JSON shape of a change of a flag in an environment, brought about by files.
    #[must_use]
    pub fn new(flag: &str, environment: &str, change: &Change, files: &[String]) -> Self {
        Self {
            flag: flag.to_owned(),
            environment: environment.to_owned(),
            kind: change.kind.name(),
            before: change.before.value(),
            after: change.after.value(),
            effect: change.effect.clone(),
            files: files.to_vec(),
        }
    }
}

impl ChangesBody {
    /// Returns changes, in the order given, with their summary.
    #[must_use]
    pub fn new(changes: Vec<ChangeDocument>) -> Self {
        let distinct = |name: fn(&ChangeDocument) -> &String| {
            changes.iter().map(name).collect::<BTreeSet<_>>().len()
        };
        let summary = ChangeSummary {
            flags: distinct(|change| &change.flag),
            environments: distinct(|change| &change.environment),
            changes: changes.len(),
        };
        Self { changes, summary }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::ChangeKind;
    use serde_json::json;

    #[test]
    fn changes_are_counted_by_what_they_are_of() {
        let change = Change {
            kind: ChangeKind::Exposure,
            before: json!({"serving": {"share": 10_000}}).into(),
            after: json!({"serving": {"share": 25_000}}).into(),
            effect: "10% → 25%: 15% more, nobody leaves".to_owned(),
        };
        let files = ["flags/a.yaml".to_owned()];
        let of = |flag, environment| ChangeDocument::new(flag, environment, &change, &files);
        let body = ChangesBody::new(vec![of("a", "test"), of("a", "live"), of("b", "live")]);
        let document = serde_json::to_value(&body).expect("JSON");
        assert_eq!(
            document["summary"],
            json!({"flags": 2, "environments": 2, "changes": 3})
        );
        assert_eq!(
            document["changes"][0],
            json!({
                "flag": "a", "environment": "test", "kind": "exposure",
                "before": {"serving": {"share": 10_000}}, "after": {"serving": {"share": 25_000}},
                "effect": "10% → 25%: 15% more, nobody leaves", "files": ["flags/a.yaml"],
            })
        );
    }
}

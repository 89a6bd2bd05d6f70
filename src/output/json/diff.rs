//! `diff --json`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::{Definition, DiffReport, Unread};

use super::changes::{ChangeDocument, ChangesBody};

/// What differs between two states of a project, or between two environments.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl diff --json")]
pub struct DiffDocument {
    /// Always `ffctl.diff/v1`.
    pub format: &'static str,
    /// What the side before is: a revision, or with `--against` an environment.
    pub base: String,
    /// What the side after is: a revision, `working tree`, or with `--against` an environment.
    pub head: String,
    #[serde(flatten)]
    #[schemars(flatten)]
    pub(super) body: ChangesBody,
    /// The shared definitions that differ.
    pub definitions: Vec<DefinitionDocument>,
    /// The flags that cannot be compared.
    pub unread: Vec<UnreadFlag>,
}

/// A segment or attribute that differs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DefinitionDocument {
    /// `segment` or `attribute`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// `added`, `removed` or `changed`.
    pub action: &'static str,
    /// The file that it stands in, relative to ffctl.toml.
    pub file: String,
    /// The flags that use it, on either side, themselves or through other definitions.
    pub flags: Vec<String>,
}

/// A flag whose file cannot be understood in full.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnreadFlag {
    /// The flag.
    pub flag: String,
    /// Where: a revision, or `working tree`.
    pub side: String,
}

impl From<&DiffReport> for DiffDocument {
    fn from(report: &DiffReport) -> Self {
        let changes = ChangeDocument::of_effects(&report.effects);
        Self {
            format: "ffctl.diff/v1",
            base: report.before.clone(),
            head: report.after.clone(),
            body: ChangesBody::new(changes),
            definitions: report.definitions.iter().map(definition).collect(),
            unread: report.unread.iter().map(unread).collect(),
        }
    }
}

fn definition(definition: &Definition) -> DefinitionDocument {
    DefinitionDocument {
        kind: definition.kind.name(),
        name: definition.name.clone(),
        action: match (definition.was, definition.is) {
            (false, _) => "added",
            (_, false) => "removed",
            _ => "changed",
        },
        file: definition.file.clone(),
        flags: definition.flags.clone(),
    }
}

fn unread(unread: &Unread) -> UnreadFlag {
    UnreadFlag {
        flag: unread.flag.clone(),
        side: unread.side.clone(),
    }
}

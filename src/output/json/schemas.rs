//! Every schema that the project publishes: of files, of the ruleset, of printed JSON.

use crate::ops::SchemaDocument;
use crate::record::Record;
use crate::ruleset::Ruleset;
use crate::schema::{FileKind, generate};

use super::{
    BlameDocument, DiffDocument, EnvelopeDocument, EnvironmentsDocument, ErrorDocument,
    EvaluateDocument, ExportDocument, InitDocument, ListDocument, LogDocument, PlanDocument,
    ShowDocument, ValidateDocument,
};

/// Returns all schemas, each with the name of its kind.
#[must_use]
pub fn all() -> Vec<SchemaDocument> {
    let files = FileKind::ALL
        .into_iter()
        .map(|kind| (kind.name().to_owned(), kind.schema().clone()));
    let documents = [
        ("ruleset", generate::<Ruleset<'_>>()),
        ("record", generate::<Record<'_>>()),
        ("envelope", generate::<EnvelopeDocument>()),
        ("blame-output", generate::<BlameDocument>()),
        ("diff-output", generate::<DiffDocument>()),
        ("environments-output", generate::<EnvironmentsDocument>()),
        ("error-output", generate::<ErrorDocument>()),
        ("evaluate-output", generate::<EvaluateDocument>()),
        ("export-output", generate::<ExportDocument>()),
        ("init-output", generate::<InitDocument>()),
        ("list-output", generate::<ListDocument>()),
        ("log-output", generate::<LogDocument>()),
        ("plan-output", generate::<PlanDocument>()),
        ("show-output", generate::<ShowDocument>()),
        ("validate-output", generate::<ValidateDocument>()),
    ];
    let documents = documents
        .into_iter()
        .map(|(kind, schema)| (kind.to_owned(), schema));
    files
        .chain(documents)
        .map(|(kind, schema)| SchemaDocument { kind, schema })
        .collect()
}

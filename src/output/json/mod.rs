//! Reports for programs: versioned shapes of their own, never a serialised internal type.
//!
//! Each carries `"format": "ffctl.<command>/v1"`. Keys may be added; none changes its meaning.
//! The schemas are generated from these types into schema/.

mod blame;
mod changes;
mod diff;
mod environments;
mod error;
mod evaluate;
mod export;
mod init;
mod list;
mod log;
mod plan;
mod schemas;
mod show;
mod validate;

use serde::Serialize;

pub use blame::BlameDocument;
pub use changes::{ChangeDocument, ChangeSummary, ChangesBody};
pub use diff::DiffDocument;
pub use environments::EnvironmentsDocument;
pub use error::{ErrorBody, ErrorDocument};
pub use evaluate::{EvaluateDocument, EvaluationDocument, FailureDocument};
pub use export::{EnvelopeDocument, ExportDocument};
pub use init::InitDocument;
pub use list::ListDocument;
pub use log::LogDocument;
pub use plan::PlanDocument;
pub use schemas::all as all_schemas;
pub use show::ShowDocument;
pub use validate::{Finding, ValidateDocument, findings};

/// Returns a document as text: indented, with a newline at its end.
#[must_use]
pub fn text(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document)
        .expect("the documents hold no maps with other keys than strings");
    text.push('\n');
    text
}

/// Returns a document as one line.
#[must_use]
pub fn line(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string(document)
        .expect("the documents hold no maps with other keys than strings");
    text.push('\n');
    text
}

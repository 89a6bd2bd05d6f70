//! The use cases: options in, a report out. The library's public face beside the evaluator.
//!
//! An op opens what it needs, does its work and returns data; it prints nothing, and what is wrong
//! with the files is part of its report. An `Err` is a broken world (no project, an unreadable
//! folder) or a [`UsageError`] (an unknown name).
#![expect(clippy::disallowed_methods, reason = "an edge: files are written here")]

mod attributes;
mod blame;
mod change;
mod diff;
mod effects;
mod environments;
mod evaluate;
mod export;
mod history;
mod init;
mod list;
mod log;
mod open;
mod show;
mod validate;
mod write;

pub use crate::git::{LOST_HINT, Person, RevisionError};
pub use crate::store::{FileChange, Waiting};
pub use crate::workspace::Fault;
pub use attributes::{Assignment, context_of};
pub use blame::{BlameOptions, BlameReport, BlamedEnvironment, BlamedSlot, SetBy, Setter, blame};
pub use change::{
    Cause, Deploy, NewFlag, Plan, RefusedError, Request, Rollback, RuleAction, Skipped, Target,
    Verb, change,
};
pub use diff::{Definition, DefinitionKind, DiffOptions, DiffReport, Unread, diff};
pub use effects::{Effect, Stages};
pub use environments::{EnvironmentRow, EnvironmentsReport, environments};
pub use evaluate::{
    BatchFailure, BatchLine, BatchRunner, DecidedBy, EvaluateOptions, EvaluateReport, Evaluation,
    Traced, evaluate,
};
pub use export::{Envelope, ExportOptions, ExportReport, ExportStatus, export, write_file};
pub use init::{InitOptions, InitReport, SchemaDocument, init, write_schemas};
pub use list::{Cell, ListOptions, ListReport, ListRow, State, list};
pub use log::{Action, LogEntry, LogOptions, LogReport, LoggedChange, log};
pub use open::{Opened, Place, UsageError, find_environment, open, unknown_flag};
pub use show::{
    ShowOptions, ShowReport, ShownEnvironment, ShownFlag, ShownKill, ShownRule, ShownServing,
    ShownSlot, show,
};
pub use validate::{ValidateOptions, ValidateReport, validate};
pub use write::{
    CommitMode, Committed, EmergencyWrite, InForce, Interrupted, NotTrusted, Note, Planned,
    PushedTo, WriteOptions, WriteReport, WriteStatus, place_of, recover, write,
};

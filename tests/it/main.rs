//! The integration tests, in one program that links once.
//!
//! To add a module: a file beside this one, and its line below; [`modules`] fails on a file that
//! is not listed.
#![expect(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a test that cannot go on has failed, and tests live at the edge"
)]

mod at_once;
mod cases;
mod changes;
mod cmd;
mod collect;
mod diff;
mod docs;
mod edit_oracle;
mod edit_properties;
mod edits;
mod evaluation;
mod history;
mod hostile;
mod index;
mod killed;
mod layering;
mod modules;
mod record;
mod robustness;
mod seeds;
mod sequences;
mod support;
mod verbs;
mod writing;
mod yaml;

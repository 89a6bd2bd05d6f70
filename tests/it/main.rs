//! The integration tests, in one program.
#![expect(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a test may fail where it stands"
)]

mod evaluation;
mod support;

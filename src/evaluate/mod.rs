//! Evaluates flags: a compiled [`Ruleset`](crate::ruleset::Ruleset) and a context in, an
//! [`Outcome`] out.
//!
//! An [`Engine`] turns the ruleset into a flat program once. Names become numbers, operands are
//! parsed and sorted, runs of alike rules become tables, salts are hashed ahead; a [`Context`]
//! likewise prepares a caller's attributes. An evaluation then compares integers, allocates
//! nothing and answers by reference. A [`Tracer`] runs the same code, and writes down what it saw.
//!
//! Time is an argument, in Unix seconds. The module knows nothing of files, clocks or flags as
//! they are written; it knows only the types of [`crate::ruleset`].
//!
//! The way of a document: `load` or [`Engine::new`] → `assemble` (code and tables) → `program` (what
//! evaluation reads) → `run` (the loop) and `serve` (buckets).

mod assemble;
mod attribute;
mod bucket;
mod context;
mod dictionary;
mod engine;
mod error;
mod facts;
mod load;
mod murmur;
mod op;
mod outcome;
mod pattern;
mod program;
mod run;
mod scale;
mod serve;
mod text;
mod trace;

#[cfg(test)]
mod tests;

pub use context::Context;
pub use engine::Engine;
pub use error::{Fault, LoadError, Place};
pub use outcome::{ErrorCode, FlagId, Outcome, Reason};
pub use trace::{
    BucketTrace, ConditionTrace, DependencyTrace, ExposureTrace, RuleStatus, RuleTrace,
    ServingTrace, SplitTrace, State, Trace, Tracer, VariantTrace,
};

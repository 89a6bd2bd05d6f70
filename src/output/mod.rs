//! Reports as text: [`human`] for people, [`json`] for programs.
//!
//! Input: what [`crate::ops`] returned; output: a string. Nothing is decided or written here; the
//! streams are [`crate::cli`]'s.

pub mod human;
pub mod json;

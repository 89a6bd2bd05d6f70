//! Reports as text: [`human`] for people, [`json`] for programs, [`csv`] for tables.
//!
//! Input: what [`crate::ops`] returned; output: a string. Nothing is decided or written here; the
//! streams are [`crate::cli`]'s.

pub mod csv;
pub mod human;
pub mod json;

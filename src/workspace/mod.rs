//! A project: found, opened and loaded into a catalog.
//!
//! [`Project::find`] walks up to ffctl.toml, [`Project::at`] finds it in a commit; [`load`] reads the flag files of any
//! [`FileTree`](crate::tree::FileTree) in parallel, checks them against their schemas, lowers and
//! links them. What was wrong is in [`Loaded::diagnostics`]; the catalog holds what is sound. With
//! a [`Selection`] only the files that the selected flags need are read. Who loads more than once
//! lists the [`Files`] once. [`Past`] reads flags as any commit had them, each content once.

mod files;
mod load;
mod mention;
mod past;
mod project;
mod revision;

pub(crate) use files::not_utf8;
pub use files::{Files, yaml_stem};
pub(crate) use load::parse;
pub use load::{Loaded, Selection, load, load_files};
pub use mention::{Index, mentioning};
pub use past::{Fault, Layout, Part, Past, PastScope, Reach, ScopeFiles, Version, in_parallel};
pub use project::{CONFIG_FILE, Project, ProjectError, ProjectTree};
pub use revision::RevisionTree;

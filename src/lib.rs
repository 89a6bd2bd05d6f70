//! Feature flags in Git: read, validate, resolve, evaluate and export YAML flag files.
//!
//! This page is the architecture. README.md is the manual: the files' format, the commands, and how
//! to evaluate an exported ruleset with [`evaluate::Engine`].
//!
//! # Layers
//!
//! A file becomes a tree, the tree a model, the model what an environment makes of it, that a
//! ruleset, and the ruleset answers. A later stage never reaches back. Each stage has its own
//! types, so that holding one proves that the stages before it have succeeded. A module uses only
//! those of layers above its own; `tests/it/layering.rs` has the same table, and keeps it.
//!
//! | layer | modules |
//! | --- | --- |
//! | ground | [`text`]: bytes, lines and columns; [`ruleset`]: the compiled document |
//! | findings | [`diagnostic`]: what is wrong, where, and the next step; the registry of checks |
//! | trees | [`document`]: values that know their bytes; [`literal`]: versions, times and shares as text; [`graph`]: loops and orders; [`words`]: numbers, conditions and shares in words; [`mod@format`]: the files as they are written |
//! | reading | [`yaml`]: YAML to a document; [`model`]: the catalog as it is meant |
//! | shape | [`schema`]: JSON Schemas, and documents checked against them |
//! | meaning | [`config`]: ffctl.toml; [`lower`]: documents to the model |
//! | resolution | [`resolve`]: inheritance, schedules and kill switches, with the origin of every slot |
//! | records | [`record`]: all that decides what a flag serves, free of the clock |
//! | judgement | [`check`]: what `validate` finds in a sound catalog; [`compile`]: the catalog to a ruleset; [`patch`]: what a command means, as a change of a flag's file; [`policy`]: when changes may be made |
//! | differences | [`diff`]: what a change does to what is served |
//! | answers | [`evaluate`]: a ruleset and a context to a value; uses [`ruleset`] alone |
//! | edges | [`tree`]: where files come from; [`store`]: files changed, all of a plan or none; [`git`]: the only user of libgit2 and of the `git` program |
//! | project | [`workspace`]: a project, found and loaded |
//! | use cases | [`ops`]: options in, a report out |
//! | reports | [`output`]: reports as text and JSON |
//! | program | [`cli`]: arguments, streams, exit status |
//!
//! Everything before the edges is pure: no files, no environment variables, no clock, no output.
//! Time is an argument. Bad input is data, as [`diagnostic::Diagnostics`]; a broken world (no
//! project, an unreadable folder) is an error.
//!
//! # The life of one `validate`
//!
//! 1. [`cli`] parses the arguments, reads the clock, and calls [`ops::validate()`].
//! 2. [`workspace::Project`] walks up to ffctl.toml, and [`config::parse`] reads it.
//! 3. [`workspace::load`] reads the files below `flags/` in parallel, through a
//!    [`tree::FileTree`]. Each becomes a [`document::Document`] ([`yaml`]), is checked against its
//!    schema ([`schema`]) and lowered to its part of the [`model::Catalog`] ([`lower`]); at the end
//!    dependencies are linked. Each stage reports all it can and passes on what is sound.
//! 4. [`check::run`] looks at the catalog as a whole.
//! 5. The project's levels are applied, findings sorted, and the report goes to [`output`], and
//!    from there to stdout.
//!
//! # The life of one `evaluate`
//!
//! 1. As above, but only the files that the asked flags need are read: see
//!    [`workspace::Selection`]. Errors in them refuse the evaluation.
//! 2. [`compile`] resolves each flag ([`resolve`]) at every moment at which a schedule changes it,
//!    and writes the [`ruleset::Ruleset`] of the environment: the very document that is exported.
//! 3. [`evaluate::Engine`] turns it into a program, the context into facts, and answers. With
//!    `--trace`, an [`evaluate::Tracer`] runs the same code and writes down what it saw.
//! 4. The op finds the place in the files that decided, by resolving the flag once more for its
//!    origins.
//!
//! # The life of one change
//!
//! 1. [`cli`] makes an [`ops::Request`], and [`ops::change()`] hands [`ops::write()`] a planner: a
//!    function from a project's folder to what its files are to hold. It reads the flag and what it
//!    depends on, has [`patch`] say what the file should say and [`yaml::rewrite`] find the bytes,
//!    reads the result again over a [`tree::Overlay`], refuses what would be new errors, and lets
//!    [`diff`] tell what each environment served and serves. The steps of a deployment are planned
//!    each on what those before it have made of the files, and told and written as one.
//! 2. The op takes the working tree's lock ([`store::Lock`]), brings to an end what a killed run
//!    left ([`store::recover_locked`]), and plans.
//! 3. [`store::apply`] writes all of the plan's files or none, if they still hold what was read.
//! 4. [`git`] commits exactly these files, by the user's own program, and reads them again. Commits
//!    for other branches, and on top of what others pushed first, are planned and built anew in a
//!    [`git::TemporaryWorktree`].
//!
//! # The life of one `log`
//!
//! 1. [`git::History`] streams commits from the newest on, each with the files that it changed and
//!    their contents' ids before and after: `git log --raw`, or libgit2.
//! 2. A trail in [`ops`] derives the scope of each commit (settings, environments, segments and the
//!    like) from that of its child and what the child changed, and begins a new leg where the project
//!    or a followed flag lay elsewhere. No folder is looked up on the way.
//! 3. [`workspace::Past`] reads each content once, in the light of its scope, and [`diff`] compares
//!    records, in parallel. A merge keeps what changed beside every parent; `blame` hands each slot on
//!    to a parent that has it.
//!
//! # How to add
//!
//! - **A check of the whole catalog**: a line in the registry of [`diagnostic::Code`], a file in
//!   [`check`] with a function like its neighbours', and its line in the list there. What one file
//!   can tell is reported by [`schema`] (shape) or [`lower`] (meaning) instead.
//! - **A command**: an op in [`ops`] (options in, report out, nothing printed), its two outputs in
//!   [`output::human`] and [`output::json`], and a file in `cli::commands` with an `Args` struct,
//!   whose doc comments are the help, and a function that wires them. It stays under 150 lines.
//! - **A command that changes flags**: what it means in [`patch`] (a tree in, a tree or a refusal out),
//!   and a variant of [`ops::Verb`]; planning, checking, writing and telling are there already.
//! - **An output of a command**: a function in [`output`] over the same report. A JSON shape has its
//!   own structs, a `format` with a version, and a line in [`output::json::all_schemas`].
//! - **An export format**: a pure module that turns a [`ruleset::Ruleset`] into the format and says
//!   what it cannot express, and a value of `export --format`.
//! - **A key of the files**: its type in [`mod@format`] (the schemas follow), its meaning in [`model`]
//!   and [`lower`], its effect in [`resolve`] or [`compile`].

pub mod check;
pub mod cli;
pub mod compile;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod document;
pub mod evaluate;
pub mod format;
pub mod git;
pub mod graph;
pub mod literal;
pub mod lower;
pub mod model;
pub mod ops;
pub mod output;
pub mod patch;
pub mod policy;
pub mod record;
pub mod resolve;
pub mod ruleset;
pub mod schema;
pub mod store;
pub mod text;
pub mod tree;
pub mod words;
pub mod workspace;
pub mod yaml;

/// The README's example, as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! The commands, end to end: wiring, streams, exit status, each format. A file a command.

mod blame;
mod commit;
mod completions;
mod deploy;
mod diff;
mod emergency_commits;
mod emergency_disable;
mod enable;
mod environments;
mod evaluate;
mod export;
mod general;
mod guards;
mod init;
mod list;
mod log;
mod man;
mod restore;
mod revisions;
mod rollback;
mod rollback_inverse;
mod rollback_parts;
mod rollback_renamed;
mod schema;
mod show;
mod validate;

//! The commands, end to end: wiring, streams, exit status, each format. A file a command.

mod completions;
mod environments;
mod evaluate;
mod export;
mod general;
mod init;
mod list;
mod man;
mod schema;
mod show;
mod validate;

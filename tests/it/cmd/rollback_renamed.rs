//! `rollback --to` of flags that have another key today.
#![cfg(unix)]

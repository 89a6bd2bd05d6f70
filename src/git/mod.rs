//! Git: the only user of libgit2 and of the `git` program.
//!
//! libgit2 reads: repositories, branches, committed files. Whatever changes a repository or talks
//! to another one is left to the user's own `git`, so that hooks, signing and credentials work as
//! always. [`Objects`] reads what is committed, in bare repositories too, and its [`History`]. [`Repo`] knows what is where; [`commit_only`] commits named files and nothing else;
//! a [`TemporaryWorktree`] is a checkout apart from the user's, to build commits in; [`push`] tells
//! a lost race from a refusal. Paths are relative to the repository's working tree, with forward
//! slashes. What the files mean is no concern of this module.
#![expect(
    clippy::disallowed_methods,
    reason = "an edge: repositories are found here"
)]

mod commit;
mod head;
mod history;
mod index;
mod interrupt;
mod messages;
mod objects;
mod program;
mod remote;
mod repository;
mod status;
mod worktree;

pub use commit::{Made, commit_only};
pub use head::{Head, head};
pub use history::{Difference, FileId, History, PastCommit, Person, Watched};
pub use index::{Staged, advance, export_index, restage, stage, staged};
pub use interrupt::{Interrupted, Unbroken};
pub use messages::{Within, changed_by, commits_saying, commits_since, is_behind, merged_by};
pub use objects::{
    Commit, Entry, EntryKind, Index, LOST_HINT, ObjectId, Objects, RevisionError, Seen,
};
pub use program::{GitError, NotInstalled, WRITING};
pub use remote::{Pushed, fetch, push, remote_of, upstream_of};
pub use repository::{Checkout, NotTrusted, Repo, git_dir};
pub use status::{differing, ignored};
pub use worktree::{TemporaryWorktree, move_branch, move_detached_head};

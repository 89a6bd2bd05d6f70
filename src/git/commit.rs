//! Exactly these files, committed.

use std::io::Write as _;

use anyhow::Context as _;

use super::Repo;
use super::program::{Git, WRITING, listed};

/// A commit that was made.
#[derive(Debug)]
pub struct Made {
    /// Its id.
    pub id: String,
    /// What failed after HEAD had it.
    pub problem: Option<anyhow::Error>,
}

/// Commits these files as they are in the working tree, and returns the commit. Whatever else
/// is staged stays staged, and whatever else is changed stays so. Files that are new, or gone, are
/// committed as such. Hooks and signing are the user's.
///
/// # Errors
///
/// Fails if `git commit` does, with what it said. The index is then as before.
pub fn commit_only(repo: &Repo, paths: &[&str], message: &str) -> anyhow::Result<Made> {
    let before = repo.checkout()?.commit().map(str::to_owned);
    let added = add_new(repo, paths)?;
    let committed = commit(repo, paths, message);
    if let Err(error) = committed {
        let after = repo.checkout()?.commit().map(str::to_owned);
        if let Some(id) = after.filter(|after| before.as_ref() != Some(after))
            && repo.parent(&id)? == before
        {
            return Ok(Made {
                id,
                problem: Some(error),
            });
        }
        let list = listed(added.iter().map(String::as_str));
        let undone = Git::new(repo.workdir(), "update-index")
            .args(["--force-remove", "-z", "--stdin"])
            .input(list)
            .succeed();
        return match undone {
            Ok(_) => Err(error),
            Err(undo) => Err(error.context(format!("the index keeps new files: {undo:#}"))),
        };
    }
    let head = repo.checkout()?;
    let commit = head.commit().context("`git commit` made no commit")?;
    Ok(Made {
        id: commit.to_owned(),
        problem: None,
    })
}

/// Tells Git of files that it does not know, without their content: only then can they be named.
fn add_new(repo: &Repo, paths: &[&str]) -> anyhow::Result<Vec<String>> {
    let known = Git::new(repo.workdir(), "ls-files")
        .args(["-z", "--"])
        .args(paths)
        .succeed()
        .context("cannot read the index")?;
    let known: Vec<&[u8]> = known.split(|byte| *byte == 0).collect();
    let new: Vec<String> = paths
        .iter()
        .filter(|path| !known.contains(&path.as_bytes()))
        .filter(|path| repo.workdir().join(path).symlink_metadata().is_ok())
        .map(|path| (*path).to_owned())
        .collect();
    if !new.is_empty() {
        Git::new(repo.workdir(), "add")
            .args(["--intent-to-add", "--"])
            .args(&new)
            .succeed()
            .context("cannot add new files")?;
    }
    Ok(new)
}

fn commit(repo: &Repo, paths: &[&str], message: &str) -> anyhow::Result<()> {
    let mut file = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    file.write_all(message.as_bytes())
        .context("cannot write the commit's message")?;
    // Hooks inherit how paths are read: `GIT_LITERAL_PATHSPECS` would break theirs, so each path
    // says for itself that it is one.
    let paths = paths.iter().map(|path| format!(":(top,literal){path}"));
    Git::as_the_user(repo.workdir(), "commit")
        .variable(WRITING, &repo.git_dir().to_string_lossy())
        .args(["--quiet", "--only", "--cleanup=whitespace", "--no-edit"])
        .arg("--file")
        .arg(file.path())
        .arg("--")
        .args(paths)
        .succeed()?;
    Ok(())
}

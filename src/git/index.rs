//! The index, and the working tree with it, brought along with a commit made elsewhere.

use std::path::Path;

use anyhow::{Context as _, bail};

use super::Repo;
use super::program::{Git, listed};

/// How a file is staged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staged {
    /// As in the commit.
    AsCommitted,
    /// Otherwise.
    Differently,
    /// With the sides of a conflict.
    Conflict,
}

/// Returns how a file is staged, compared with a commit.
///
/// # Errors
///
/// Fails if the index or the commit cannot be read.
pub fn staged(repo: &Repo, commit: &str, path: &str) -> anyhow::Result<Staged> {
    let output = Git::new(repo.workdir(), "ls-files")
        .args(["--stage", "-z", "--", path])
        .line()
        .context("cannot read the index")?;
    let mut entries = output.split('\0').filter(|entry| !entry.is_empty());
    // `100644 ID STAGE<tab>path`
    let entry = entries.next().map(|entry| {
        let mut fields = entry.split([' ', '\t']);
        let mut field = || fields.next().unwrap_or_default().to_owned();
        (field(), field(), field())
    });
    let committed = repo.committed_blob(commit, path)?;
    Ok(match (entry, committed) {
        (Some((_, _, stage)), _) if stage != "0" => Staged::Conflict,
        (None, None) => Staged::AsCommitted,
        (Some((_, id, _)), Some((_, committed))) if id == committed => Staged::AsCommitted,
        _ => Staged::Differently,
    })
}

/// Stages files as a commit has them, whatever the working tree has.
///
/// # Errors
///
/// Fails if the index cannot be written.
pub fn restage(repo: &Repo, commit: &str, paths: &[&str]) -> anyhow::Result<()> {
    for path in paths {
        match repo.committed_blob(commit, path)? {
            Some((mode, blob)) => put(repo, mode, &blob, path)?,
            None => remove(repo, path)?,
        }
    }
    Ok(())
}

/// Stages a content for a file, whatever the working tree has.
///
/// # Errors
///
/// Fails if the index cannot be written.
pub fn stage(repo: &Repo, path: &str, content: Option<&str>) -> anyhow::Result<()> {
    let Some(content) = content else {
        return remove(repo, path);
    };
    // Filters see the content as if it came from the file.
    let blob = Git::new(repo.workdir(), "hash-object")
        .args(["-w", "--stdin", "--path", path])
        .input(content)
        .line()
        .context("cannot write to the repository")?;
    put(repo, mode_of(repo, path)?, &blob, path)
}

/// Returns the mode of a file that is staged: a program stays one.
fn mode_of(repo: &Repo, path: &str) -> anyhow::Result<u32> {
    let entry = Git::new(repo.workdir(), "ls-files")
        .args(["--stage", "-z", "--", path])
        .line()
        .context("cannot read the index")?;
    let mode = entry.split(' ').next().unwrap_or_default();
    Ok(u32::from_str_radix(mode, 8).unwrap_or(0o100_644))
}

fn put(repo: &Repo, mode: u32, blob: &str, path: &str) -> anyhow::Result<()> {
    let mut entry = format!("{mode:o} {blob} 0\t{path}").into_bytes();
    entry.push(0);
    Git::new(repo.workdir(), "update-index")
        .args(["-z", "--index-info"])
        .input(entry)
        .succeed()
        .with_context(|| format!("cannot stage `{path}`"))?;
    Ok(())
}

fn remove(repo: &Repo, path: &str) -> anyhow::Result<()> {
    Git::new(repo.workdir(), "update-index")
        .args(["--force-remove", "-z", "--stdin"])
        .input(listed([path]))
        .succeed()
        .with_context(|| format!("cannot stage that `{path}` is removed"))?;
    Ok(())
}

/// Writes what is staged below a folder of the working tree to a folder elsewhere, under the same
/// paths. Files with conflicts are left out.
///
/// # Errors
///
/// Fails if the index cannot be read, or the files cannot be written.
pub fn export_index(repo: &Repo, below: &str, to: &Path) -> anyhow::Result<()> {
    let below = if below.is_empty() { "." } else { below };
    let list = Git::new(repo.workdir(), "ls-files")
        .args(["--stage", "-z", "--", below])
        .succeed()
        .context("cannot read the index")?;
    let list = String::from_utf8_lossy(&list).into_owned();
    let paths = list.split('\0').filter_map(|entry| {
        let (fields, path) = entry.split_once('\t')?;
        (fields.ends_with(" 0") && !fields.starts_with("160000")).then_some(path)
    });
    let mut prefix = to.as_os_str().to_owned();
    prefix.push("/");
    let mut option = std::ffi::OsString::from("--prefix=");
    option.push(prefix);
    Git::new(repo.workdir(), "checkout-index")
        .arg(option)
        .args(["-z", "--stdin"])
        .input(listed(paths))
        .succeed()
        .context("cannot write what is staged")?;
    Ok(())
}

/// Brings index and working tree from one commit to another. What is staged or changed in other
/// files stays so.
///
/// # Errors
///
/// Fails, and changes nothing, if a file that differs between the commits has changes of its own.
pub fn advance(repo: &Repo, from: &str, to: &str) -> anyhow::Result<()> {
    // A file that was merely touched is not a changed one. The status is of no interest.
    Git::new(repo.workdir(), "update-index")
        .args(["-q", "--refresh"])
        .run()?;
    let ran = Git::new(repo.workdir(), "read-tree")
        .args(["-m", "-u", from, to])
        .run()?;
    if ran.status != Some(0) {
        bail!(ran.error());
    }
    Ok(())
}

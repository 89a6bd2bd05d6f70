//! What keeps files from being committed.

use anyhow::Context as _;

use super::Repo;
use super::program::{Git, listed};

/// Returns those of the files that differ from the commit that is checked out: staged or not, and
/// files that it does not have.
///
/// # Errors
///
/// Fails if the state of the working tree cannot be read.
pub fn differing(repo: &Repo, paths: &[&str]) -> anyhow::Result<Vec<String>> {
    let status = Git::new(repo.workdir(), "status")
        // The user's own `git` may be at work.
        .variable("GIT_OPTIONAL_LOCKS", "0")
        .args(["--porcelain=v1", "-z", "--untracked-files=all"])
        .args(["--no-renames", "--ignored=no", "--"])
        .args(paths);
    let output = status
        .succeed()
        .context("cannot read the state of the working tree")?;
    let entries = output.split(|byte| *byte == 0);
    let entries = entries.filter_map(|entry| entry.get(3..));
    Ok(entries
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect())
}

/// Returns the rule that makes Git ignore a file that it does not have: `.gitignore:3: *.yaml`.
///
/// # Errors
///
/// Fails if the rules cannot be read.
pub fn ignored_by(repo: &Repo, path: &str) -> anyhow::Result<Option<String>> {
    // This command refuses `GIT_LITERAL_PATHSPECS`; what begins with `./` has no magic.
    let from_here = format!("./{path}");
    let ran = Git::as_the_user(repo.workdir(), "check-ignore")
        .args(["--verbose", "-z", "--stdin"])
        .input(listed([from_here.as_str()]))
        .run()?;
    match ran.status {
        Some(1) => return Ok(None),
        Some(0) => {}
        _ => {
            return Err(ran.error())
                .with_context(|| format!("cannot tell whether Git ignores `{path}`"));
        }
    }
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    let mut fields = text.split('\0');
    let mut field = || fields.next().unwrap_or_default();
    let (file, line, pattern) = (field(), field(), field());
    // A rule that begins with `!` takes another one back.
    Ok((!pattern.starts_with('!')).then(|| format!("{file}:{line}: {pattern}")))
}

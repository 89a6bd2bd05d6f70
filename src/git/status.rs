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

/// Returns the first of the files that Git does not have and ignores, with the rule:
/// `.gitignore:3: *.yaml`.
///
/// # Errors
///
/// Fails if the rules cannot be read.
pub fn ignored(repo: &Repo, paths: &[String]) -> anyhow::Result<Option<(String, String)>> {
    // This command refuses `GIT_LITERAL_PATHSPECS`; what begins with `./` has no magic.
    let from_here: Vec<String> = paths.iter().map(|path| format!("./{path}")).collect();
    let ran = Git::as_the_user(repo.workdir(), "check-ignore")
        .args(["--verbose", "-z", "--stdin"])
        .input(listed(from_here.iter().map(String::as_str)))
        .run()?;
    match ran.status {
        Some(1) => return Ok(None),
        Some(0) => {}
        _ => return Err(ran.error()).context("cannot tell which files Git ignores"),
    }
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    let fields: Vec<&str> = text.split_terminator('\0').collect();
    let found = fields.chunks_exact(4).find_map(|fields| match fields {
        // A rule that begins with `!` takes another one back.
        [_, _, pattern, _] if pattern.starts_with('!') => None,
        [file, line, pattern, path] => {
            let path = path.strip_prefix("./").unwrap_or(path).to_owned();
            Some((path, format!("{file}:{line}: {pattern}")))
        }
        _ => None,
    });
    Ok(found)
}

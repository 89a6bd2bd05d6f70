//! Other repositories.

use anyhow::Context as _;

use super::Repo;
use super::program::{Git, WRITING};

/// What a remote says of two pushes at the very same time: it finds out only when it takes its own
/// lock, and then calls it a refusal.
const RACES: &[&str] = &[
    "cannot lock ref",
    "failed to update ref",
    "incorrect old value",
    "fetch first",
];

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// The remote branch is at the commit.
    Done,
    /// Somebody else was first: the commit is not on top of the remote branch.
    LostRace,
    /// The remote does not want it, for this reason.
    Rejected(String),
}

/// Pushes a commit to a branch of a remote, never by force. A branch that does not exist is made.
///
/// # Errors
///
/// Fails with what `git push` said if the remote cannot be reached, or a hook here refuses.
pub fn push(repo: &Repo, remote: &str, commit: &str, branch: &str) -> anyhow::Result<Pushed> {
    // A hook before the push is the user's: it sees the variables that the user has set. What
    // `--porcelain` prints is the same in every language.
    let ran = Git::as_the_user(repo.workdir(), "push")
        .variable(WRITING, &repo.git_dir().to_string_lossy())
        .args(["--porcelain", "--", remote])
        .arg(format!("{commit}:refs/heads/{branch}"))
        .run()?;
    if ran.status == Some(0) {
        return Ok(Pushed::Done);
    }
    let said = String::from_utf8_lossy(&ran.stdout);
    outcome(&said, &ran.stderr)
        .map_or_else(|| Err(ran.error()), Ok)
        .with_context(|| format!("cannot push to `{branch}` of `{remote}`"))
}

/// Reads what `git push --porcelain` printed: `!<tab>from:to<tab>[rejected] (fetch first)`.
fn outcome(said: &str, stderr: &str) -> Option<Pushed> {
    let line = said.lines().find_map(|line| line.strip_prefix("!\t"))?;
    let (_, summary) = line.split_once('\t')?;
    if summary.starts_with("[rejected]") {
        return Some(Pushed::LostRace);
    }
    let reason = summary
        .strip_prefix("[remote rejected]")
        .or_else(|| summary.strip_prefix("[remote failure]"))?;
    let reason = reason.trim().trim_start_matches('(').trim_end_matches(')');
    if RACES.iter().any(|race| reason.contains(race)) {
        return Some(Pushed::LostRace);
    }
    let remarks = stderr
        .lines()
        .filter_map(|line| line.strip_prefix("remote:"));
    let remarks: Vec<&str> = remarks
        .map(str::trim)
        .filter(|remark| !remark.is_empty())
        .collect();
    let mut message = reason.to_owned();
    if !remarks.is_empty() {
        message = format!("{message}: {}", remarks.join("; "));
    }
    Some(Pushed::Rejected(message))
}

/// Fetches a branch and returns its commit, or `None` if the remote has no such branch.
///
/// # Errors
///
/// Fails with what `git fetch` said if the remote cannot be reached.
pub fn fetch(repo: &Repo, remote: &str, branch: &str) -> anyhow::Result<Option<String>> {
    // Whatever else is fetched meanwhile would overwrite FETCH_HEAD.
    let own = format!("refs/ffctl/fetched/{}", std::process::id());
    let ran = Git::new(repo.workdir(), "fetch")
        .args(["--quiet", "--no-tags", "--no-recurse-submodules"])
        .args(["--no-write-fetch-head", "--"])
        .arg(remote)
        .arg(format!("+refs/heads/{branch}:{own}"))
        .run()?;
    if ran.status != Some(0) {
        if ran.stderr.contains("couldn't find remote ref") {
            return Ok(None);
        }
        return Err(ran.error()).with_context(|| format!("cannot fetch `{branch}` of `{remote}`"));
    }
    let commit = Git::new(repo.workdir(), "rev-parse")
        .args(["--verify", "--quiet", &format!("{own}^{{commit}}")])
        .line()
        .with_context(|| format!("cannot read what was fetched from `{remote}`"));
    // What is left of it is overwritten or of no harm.
    let _ = Git::new(repo.workdir(), "update-ref")
        .args(["-d", &own])
        .run();
    commit.map(Some)
}

/// Returns the remote that a branch is pushed to, as Git would choose it: by the branch's settings,
/// else the only one, else `origin`. Returns `None` if nothing tells.
///
/// # Errors
///
/// Fails if the remotes cannot be listed.
pub fn remote_of(repo: &Repo, branch: &str) -> anyhow::Result<Option<String>> {
    let settings = [
        format!("branch.{branch}.pushRemote"),
        "remote.pushDefault".to_owned(),
        format!("branch.{branch}.remote"),
    ];
    let mut set = settings.iter().filter_map(|name| repo.setting(name));
    // `.` is this repository: a branch that follows another one here.
    if let Some(remote) = set.find(|remote| remote != ".") {
        return Ok(Some(remote));
    }
    let remotes = repo.remotes()?;
    Ok(match remotes.as_slice() {
        [only] => Some(only.clone()),
        _ => remotes.into_iter().find(|name| name == "origin"),
    })
}

/// Returns the remote and its branch that a branch here follows, if that is set.
#[must_use]
pub fn upstream_of(repo: &Repo, branch: &str) -> Option<(String, String)> {
    let remote = repo.setting(&format!("branch.{branch}.remote"))?;
    let merge = repo.setting(&format!("branch.{branch}.merge"));
    let there = match &merge {
        Some(merge) => merge.strip_prefix("refs/heads/")?,
        None => branch,
    };
    (remote != ".").then(|| (remote, there.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(summary: &str, stderr: &str) -> Option<Pushed> {
        let said = format!("To x\n!\tabc:refs/heads/main\t{summary}\nDone\n");
        outcome(&said, stderr)
    }

    #[test]
    fn a_lost_race_is_no_refusal() {
        for summary in [
            "[rejected] (fetch first)",
            "[rejected] (non-fast-forward)",
            "[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)",
            "[remote rejected] (failed to update ref)",
        ] {
            assert_eq!(of(summary, ""), Some(Pushed::LostRace), "{summary}");
        }
        let rejected = of(
            "[remote rejected] (pre-receive hook declined)",
            "remote: no\nremote: \nerror: x\n",
        );
        let message = "pre-receive hook declined: no".to_owned();
        assert_eq!(rejected, Some(Pushed::Rejected(message)));
        assert_eq!(outcome("", "fatal: no such host"), None);
    }
}

//! Revisions, found and read.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Code, did_you_mean, join_names};
use crate::git::{self, Commit, Objects, Within};
use crate::tree::ReadError;
use crate::workspace::{Project, Selection};

use super::super::super::UsageError;
use super::super::super::history::message::read;
use super::super::super::open::{Opened, Past as Findings, read_as};
use super::super::Request;

/// A commit, and what it is called.
#[derive(Debug, Clone)]
pub(super) struct Past {
    pub(super) commit: Commit,
    pub(super) name: String,
}

impl Past {
    /// Names a commit by what was typed, unless that will mean another one tomorrow.
    fn new(commit: Commit, typed: &str) -> Self {
        let is_moving = typed.contains(['~', '^', '@', ':', ' ']) || typed == "HEAD";
        let is_id = commit.id.to_string().starts_with(typed);
        let name = if is_moving || is_id {
            commit.id.short()
        } else {
            typed.to_owned()
        };
        Self { commit, name }
    }
}

fn objects(folder: &Path) -> anyhow::Result<Objects> {
    Objects::find(folder)?.ok_or_else(|| {
        let message = format!("`{}` is not in a Git repository", folder.display());
        let hint = "there is no earlier state to go back to".to_owned();
        UsageError::new(message, hint).into()
    })
}

/// Returns what was typed if it is a tag, and else the id of the commit that it names now.
pub(super) fn fixed(folder: &Path, typed: &str) -> anyhow::Result<String> {
    let objects = objects(folder)?;
    let commit = objects.commit(typed)?;
    let tagged = objects.commit(&format!("refs/tags/{typed}"));
    let is_tag = tagged.is_ok_and(|tagged| tagged.id == commit.id);
    Ok(if is_tag {
        typed.to_owned()
    } else {
        commit.id.to_string()
    })
}

/// Returns the commit that a revision names where the user is.
pub(super) fn named(request: &Request, revision: &str) -> anyhow::Result<Past> {
    let commit = objects(&request.write.folder)?.commit(revision)?;
    Ok(Past::new(commit, revision))
}

/// Returns the commit of a version: a tag may begin with `v`, or with the project's name.
pub(super) fn version(request: &Request, project: &Project, version: &str) -> anyhow::Result<Past> {
    let objects = objects(&request.write.folder)?;
    let mut names = vec![version.to_owned(), format!("v{version}")];
    let project = project
        .config
        .as_ref()
        .and_then(|config| config.name.as_ref());
    names.extend(project.map(|project| format!("{project}-v{version}")));
    // A tag is meant, whatever branch has the same name.
    let tags = names.iter().map(|name| (format!("refs/tags/{name}"), name));
    let others = names.iter().map(|name| (name.clone(), name));
    for (revision, name) in tags.chain(others) {
        if let Ok(commit) = objects.commit(&revision) {
            return Ok(Past::new(commit, name));
        }
    }
    let tried: Vec<&str> = names.iter().map(String::as_str).collect();
    let message = format!(
        "there is no version `{version}` here: no revision {}",
        join_names(&tried, "or")
    );
    let hint = "`git tag` lists the tags; `git fetch --tags` gets what is new".to_owned();
    Err(UsageError::new(message, hint).into())
}

/// Refuses a commit that is not in the history of the branch: there is nothing of it to undo.
pub(super) fn is_behind(root: &Path, request: &Request, past: &Past) -> anyhow::Result<()> {
    if git::is_behind(root, past.commit.id, "HEAD")? {
        return Ok(());
    }
    let id = past.commit.id.short();
    let message = format!("the commit {id} is no ancestor of {}", branch(request));
    let hint = if objects(root)?.is_shallow() {
        "this clone is shallow: `git fetch --unshallow` gets the whole history".to_owned()
    } else {
        format!(
            "`git branch --contains {id}` shows where it is: `--branch NAME` undoes it there, `git merge {id}` brings it in here; one that was squashed or picked has another id here"
        )
    };
    Err(UsageError::new(message, hint).into())
}

fn branch(request: &Request) -> String {
    match &request.write.branch {
        Some(name) => format!("the branch `{name}`"),
        None => "what is checked out".to_owned(),
    }
}

/// Returns the commits of a deployment, the newest first, and what there is to know of them.
pub(super) fn deployment(root: &Path, id: &str) -> anyhow::Result<(Vec<Past>, Vec<String>)> {
    let objects = objects(root)?;
    let id = id.trim();
    if objects.is_shallow() {
        let message = format!("this clone is shallow, so it is not known which commits `{id}` has");
        let hint = "`git fetch --unshallow` gets the whole history".to_owned();
        return Err(UsageError::new(message, hint).into());
    }
    let of_it = |within| -> anyhow::Result<Vec<(git::ObjectId, String)>> {
        let mut commits = git::commits_saying(root, id, within)?;
        commits.retain(|(_, message)| read(message).deployments.iter().any(|one| one == id));
        Ok(commits)
    };
    let commits = of_it(Within::Head)?;
    if commits.is_empty() {
        let message = format!("no commit here has the line `Deployment-Id: {id}`");
        let elsewhere = of_it(Within::All)?;
        let hint = if let Some((commit, _)) = elsewhere.first() {
            let commit = commit.short();
            format!(
                "{commit} has it, on another branch: `git branch --contains {commit}` shows which, `--branch NAME` undoes it there, `git merge {commit}` brings it in here"
            )
        } else if let Some(near) = near(root, id)? {
            near
        } else {
            "`git log --grep=Deployment-Id` shows the deployments of this branch".to_owned()
        };
        return Err(UsageError::new(message, hint).into());
    }
    let ids: Vec<git::ObjectId> = commits.iter().map(|(id, _)| *id).collect();
    let mut own = Vec::new();
    for id in &ids {
        // A merge that repeats the line of the commits that it merged has others' commits too.
        let merged = git::merged_by(root, *id)?;
        if !merged.iter().any(|one| ids.contains(one)) {
            own.push(*id);
        }
    }
    let of_several = commits
        .iter()
        .filter(|(commit, message)| own.contains(commit) && actions(message) > 1);
    let warnings = of_several.map(|(commit, _)| {
        format!(
            "{} has the messages of several commits, as a squash merge does: all that it changed is undone, and `--flag` names less",
            commit.short()
        )
    });
    let warnings = warnings.collect();
    let commits = own.iter().map(|id| {
        let commit = objects.commit(&id.to_string())?;
        Ok(Past::new(commit, &id.to_string()))
    });
    let commits: anyhow::Result<Vec<Past>> = commits.collect();
    Ok((commits?, warnings))
}

/// Returns how many commands' commits a message tells of.
fn actions(message: &str) -> usize {
    let lines = message.lines();
    lines
        .filter(|line| line.trim_start().starts_with("Action: "))
        .count()
}

/// Returns a line that names the deployments whose ids are nearest to one.
fn near(root: &Path, id: &str) -> anyhow::Result<Option<String>> {
    let commits = git::commits_saying(root, "Deployment-Id", Within::Head)?;
    let ids = commits
        .iter()
        .flat_map(|(_, message)| read(message).deployments);
    let ids: BTreeSet<String> = ids.collect();
    Ok(did_you_mean(id, ids.iter().map(String::as_str)))
}

/// Returns the first parent of a commit.
pub(super) fn parent(root: &Path, past: &Past) -> anyhow::Result<Past> {
    let commit = objects(root)?.commit(&format!("{}^", past.commit.id));
    let commit = commit.map_err(|_| {
        let message = format!("there is nothing before the commit {}", past.name);
        let hint =
            "it is the first one here; a shallow clone has more after `git fetch --unshallow`";
        UsageError::new(message, hint.to_owned())
    })?;
    Ok(Past::new(commit, &commit.id.to_string()))
}

/// Returns the project of a folder as a commit has it.
pub(super) fn project(root: &Path, past: &Past) -> anyhow::Result<Project> {
    let objects = Arc::new(objects(root)?);
    Project::at_commit(root, &objects, &past.name, past.commit)
}

/// Reads flags of the project as a commit has it.
pub(super) fn open(
    root: &Path,
    past: &Past,
    selection: Selection<'_>,
    request: &Request,
) -> anyhow::Result<Opened> {
    let project = project(root, past)?;
    Ok(read_as(project, selection, request.now, Findings::LeftOut))
}

/// Returns a file of a commit that is missing from the repository, and what is said of it.
pub(super) fn unread(then: &Opened) -> Option<(String, String)> {
    // What is no file was none then either.
    let (no_file, begins) = (ReadError::NotAFile.to_string(), "the file is not read: ");
    let mut unread = then.diagnostics.iter().filter_map(|finding| {
        let is_it = finding.code == Code::FileUnreadable;
        let error = finding.message.strip_prefix(begins).filter(|_| is_it)?;
        Some((finding, error)).filter(|(_, error)| *error != no_file)
    });
    let (finding, error) = unread.next()?;
    let file = then.sources.get(finding.location.source).name();
    Some((file.to_owned(), error.to_owned()))
}

//! The walk by `git log --raw`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout};
use std::thread::JoinHandle;

use anyhow::{Context as _, anyhow};

use super::read::{self, Head};
use super::{PastCommit, Watched};
use crate::git::objects::{ObjectId, Objects};
use crate::git::program::{Git, GitError};
use crate::git::{LOST_HINT, RevisionError};

/// A running `git log`.
pub(super) struct Run {
    child: Child,
    output: BufReader<ChildStdout>,
    /// Read beside, so that the program never waits for that.
    complaints: Option<JoinHandle<String>>,
    /// The commit that is being read.
    open: Option<PastCommit>,
    /// Which of the commits behind it the files are compared with.
    parent: usize,
}

/// What the output of a user's own settings would change.
const SETTINGS: &[&str] = &[
    "-c",
    "log.showRoot=true",
    "-c",
    "log.follow=false",
    "-c",
    "log.showSignature=false",
    "-c",
    "log.diffMerges=separate",
    "-c",
    "diff.relative=false",
];

const OPTIONS: &[&str] = &[
    "--raw",
    "-z",
    "--no-abbrev",
    "--pretty=raw",
    "--parents",
    "--full-history",
    "-m",
    "--no-renames",
    "--no-ext-diff",
    "--no-color",
    // Cancels `diff.orderFile`, which may name a file that is not there.
    "-O/dev/null",
    "--no-notes",
    "--no-decorate",
    "--no-mailmap",
    "--encoding=UTF-8",
];

impl Run {
    pub(super) fn start(
        objects: &Objects,
        start: ObjectId,
        watched: &[Watched],
        since: Option<i64>,
    ) -> anyhow::Result<Self> {
        let mut git = Git::reading(objects.folder(), SETTINGS, "log").args(OPTIONS);
        if let Some(since) = since {
            git = git.arg(format!("--max-age={since}"));
        }
        let paths = watched.iter().map(pathspec);
        let mut child = git.arg(start.to_string()).arg("--").args(paths).listen()?;
        let output = child.stdout.take().context("`git log` has no output")?;
        let complaints = child.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let mut said = String::new();
                let _ = stderr.read_to_string(&mut said);
                said
            })
        });
        Ok(Self {
            child,
            output: BufReader::with_capacity(1 << 16, output),
            complaints,
            open: None,
            parent: 0,
        })
    }

    pub(super) fn read(&mut self) -> anyhow::Result<Option<PastCommit>> {
        while let Some(part) = self.part()? {
            if part.is_empty() {
                continue;
            }
            if part.starts_with(':') {
                self.file(&part)?;
                continue;
            }
            let head = read::head(&part).ok_or_else(|| unknown(&part))?;
            if let Some(done) = self.begin(head)? {
                return Ok(Some(done));
            }
        }
        self.end()?;
        Ok(self.open.take())
    }

    /// Begins a commit, or goes on with the same one for its next parent. Returns the one before.
    fn begin(&mut self, head: Head<'_>) -> anyhow::Result<Option<PastCommit>> {
        let of_parent = |id| head.commit.next.iter().position(|parent| *parent == id);
        self.parent = head.from.and_then(of_parent).unwrap_or_default();
        let is_same = self
            .open
            .as_ref()
            .is_some_and(|open| open.id == head.commit.id);
        let done = if is_same {
            None
        } else {
            self.open.replace(head.commit)
        };
        if let Some(first) = head.first {
            self.file(first)?;
        }
        Ok(done)
    }

    fn file(&mut self, line: &str) -> anyhow::Result<()> {
        let path = self.part()?.unwrap_or_default();
        let difference = read::difference(line, path).ok_or_else(|| unknown(line))?;
        let open = self.open.as_mut().ok_or_else(|| unknown(line))?;
        if let Some(differences) = open.differences.get_mut(self.parent) {
            differences.push(difference);
        }
        Ok(())
    }

    /// Returns what stands before the next zero byte; `None` at the end.
    fn part(&mut self) -> anyhow::Result<Option<String>> {
        let mut part = Vec::new();
        self.output.read_until(0, &mut part)?;
        if part.is_empty() {
            return Ok(None);
        }
        if part.last() == Some(&0) {
            part.pop();
        }
        let text = String::from_utf8(part);
        Ok(Some(text.unwrap_or_else(|bytes| {
            String::from_utf8_lossy(bytes.as_bytes()).into_owned()
        })))
    }

    fn end(&mut self) -> anyhow::Result<()> {
        let complaints = self.complaints.take();
        let said = complaints.and_then(|said| said.join().ok());
        let said = said.unwrap_or_default();
        let status = self.child.wait()?;
        if status.success() {
            return Ok(());
        }
        let error = GitError {
            command: "log".to_owned(),
            status: status.code(),
            said: said.trim().to_owned(),
        };
        Err(RevisionError {
            message: format!("the history cannot be read: {error}"),
            hint: Some(LOST_HINT.to_owned()),
        }
        .into())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // One that has ended cannot be stopped, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unknown(text: &str) -> anyhow::Error {
    let line = text.lines().next().unwrap_or_default();
    anyhow!("`git log` said `{line}`")
}

fn pathspec(watched: &Watched) -> String {
    match watched {
        Watched::Path(path) if path.is_empty() => ":(top)".to_owned(),
        Watched::Path(path) => format!(":(top,literal){path}"),
        Watched::Named { folder, name } if folder.is_empty() => {
            format!(":(top,glob)**/{}", literal(name))
        }
        Watched::Named { folder, name } => {
            format!(":(top,glob){}/**/{}", literal(folder), literal(name))
        }
    }
}

/// Returns a text that matches itself in a pattern.
fn literal(text: &str) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if matches!(character, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// Asks Git which time it understands.
pub(super) fn time_of(objects: &Objects, text: &str) -> anyhow::Result<Option<i64>> {
    let git = Git::new(objects.folder(), "rev-parse").arg(format!("--since={text}"));
    match git.line() {
        Ok(line) => Ok(line
            .strip_prefix("--max-age=")
            .and_then(|time| time.parse().ok())),
        Err(error) if error.is::<crate::git::NotInstalled>() => Ok(None),
        Err(error) => Err(error),
    }
}

//! The `git` program: one command, run in one place.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

/// The variable that tells hooks, and the programs that they run, which repository is written to:
/// Git's own folder of the working tree, whose lock is held.
pub const WRITING: &str = "FFCTL_WRITING";

/// Variables that would send the program to another repository than the one that it is run in, or
/// change how it reads paths. A program run from a hook inherits them.
const SCRUBBED: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
];

/// A `git` command that failed, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitError {
    /// The command: `commit`.
    pub command: String,
    /// Its exit status; `None` if it was killed.
    pub status: Option<i32>,
    /// What it said.
    pub said: String,
}

impl fmt::Display for GitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`git {}` failed", self.command)?;
        match (self.said.is_empty(), self.status) {
            (false, _) => write!(formatter, ": {}", self.said),
            (true, Some(status)) => write!(formatter, " with status {status}"),
            (true, None) => formatter.write_str(": it was killed"),
        }
    }
}

impl std::error::Error for GitError {}

/// There is no program `git`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotInstalled;

impl fmt::Display for NotInstalled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the program `git` is not installed, or not in a folder of PATH")
    }
}

impl std::error::Error for NotInstalled {}

/// A run of the program.
pub(super) struct Git {
    command: Command,
    name: String,
    input: Option<Vec<u8>>,
}

/// What a run gave.
pub(super) struct Ran {
    pub(super) status: Option<i32>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
    name: String,
}

impl Git {
    /// Returns a command for a machine to read: in English, paths as they are.
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        let mut git = Self::as_the_user(folder, name);
        git.command
            .env("LC_ALL", "C")
            .env("GIT_LITERAL_PATHSPECS", "1");
        git
    }

    /// As [`Git::new`], with settings, for a command that is told patterns of paths. What replaces
    /// objects for people to see is left out of account, as libgit2 does.
    pub(super) fn reading(folder: &Path, settings: &[&str], name: &str) -> Self {
        let mut git = Self::with_options(folder, settings, name);
        git.command
            .env("LC_ALL", "C")
            .env("GIT_NO_REPLACE_OBJECTS", "1");
        git
    }

    /// As [`Git::new`], for a command whose hooks are meant for people.
    pub(super) fn without_hooks(folder: &Path, name: &str) -> Self {
        let mut git = Self::with_options(folder, &["-c", "core.hooksPath=/dev/null"], name);
        git.command.env("LC_ALL", "C");
        git
    }

    /// Returns a command that runs hooks, which see the variables that the user has set.
    pub(super) fn as_the_user(folder: &Path, name: &str) -> Self {
        Self::with_options(folder, &[], name)
    }

    fn with_options(folder: &Path, options: &[&str], name: &str) -> Self {
        let mut command = Command::new("git");
        command.current_dir(folder);
        for variable in SCRUBBED {
            command.env_remove(variable);
        }
        command.args(options).arg(name);
        Self {
            command,
            name: name.to_owned(),
            input: None,
        }
    }

    pub(super) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(super) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(super) fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives the program something to read. Otherwise it has the user's own input, for prompts.
    pub(super) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// Starts the command, to talk to: its input, its output and its complaints are pipes.
    pub(super) fn start(mut self) -> anyhow::Result<Child> {
        let cannot = || format!("cannot run `git {}`", self.name);
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        self.command
            .spawn()
            .map_err(not_installed)
            .with_context(cannot)
    }

    /// Starts the command, to listen to: its output and its complaints are pipes.
    pub(super) fn listen(mut self) -> anyhow::Result<Child> {
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let spawned = self.command.spawn().map_err(not_installed);
        spawned.with_context(|| format!("cannot run `git {}`", self.name))
    }

    /// Runs the command to its end, however that is.
    pub(super) fn run(mut self) -> anyhow::Result<Ran> {
        let cannot = format!("cannot run `git {}`", self.name);
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if self.input.is_some() {
            self.command.stdin(Stdio::piped());
        }
        let spawned = self.command.spawn().map_err(not_installed);
        let mut child = spawned.with_context(|| cannot.clone())?;
        let writer = child
            .stdin
            .take()
            .zip(self.input)
            .map(|(mut stdin, input)| {
                // The program may end without reading what it is given.
                std::thread::spawn(move || drop(stdin.write_all(&input)))
            });
        let output = child.wait_with_output().context(cannot)?;
        if let Some(writer) = writer {
            drop(writer.join());
        }
        Ok(Ran {
            status: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            name: self.name,
        })
    }

    /// Runs the command, which has to succeed, and returns what it printed.
    pub(super) fn succeed(self) -> anyhow::Result<Vec<u8>> {
        let ran = self.run()?;
        if ran.status == Some(0) {
            return Ok(ran.stdout);
        }
        Err(ran.error().into())
    }

    /// As [`Git::succeed`], for one line of text.
    pub(super) fn line(self) -> anyhow::Result<String> {
        let bytes = self.succeed()?;
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }
}

fn not_installed(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::NotFound => NotInstalled.into(),
        _ => error.into(),
    }
}

impl Ran {
    pub(super) fn error(&self) -> GitError {
        let said = self.stderr.trim();
        let printed = String::from_utf8_lossy(&self.stdout);
        GitError {
            command: self.name.clone(),
            status: self.status,
            // Some hooks complain on standard output.
            said: if said.is_empty() {
                printed.trim()
            } else {
                said
            }
            .to_owned(),
        }
    }
}

/// Returns names for the program to read, each with a zero byte behind it.
pub(super) fn listed<'p>(paths: impl IntoIterator<Item = &'p str>) -> Vec<u8> {
    let mut list = Vec::new();
    for path in paths {
        list.extend_from_slice(path.as_bytes());
        list.push(0);
    }
    list
}

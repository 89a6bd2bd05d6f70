//! A project in a folder of its own.

use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::{ENVIRONMENTS, Output};

/// The time of every run that does not set its own.
pub(crate) const NOW: &str = "2026-11-20T12:00:00Z";

/// How long a run may take: far more than any needs, so that only one that hangs is stopped.
const WATCHDOG: Duration = Duration::from_mins(2);

/// A folder with a home and a project in it, removed at the end.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    /// Returns a sandbox whose project folder is empty.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        std::fs::create_dir(folder.path().join("project")).unwrap();
        Self { folder }
    }

    /// Returns a sandbox with an empty ffctl.toml and the usual environments.
    pub(crate) fn new() -> Self {
        Self::empty()
            .file("ffctl.toml", "")
            .file("flags/environments.yaml", ENVIRONMENTS)
    }

    /// Returns a sandbox with the repository's own example catalog.
    pub(crate) fn example() -> Self {
        let sandbox = Self::empty();
        let root = super::repository();
        let mut files = super::files_below(&root.join("flags"));
        files.push(root.join("ffctl.toml"));
        for file in files {
            let path = file.strip_prefix(root).unwrap();
            sandbox.write(path, std::fs::read(&file).unwrap());
        }
        sandbox
    }

    /// Returns the project's folder.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// Adds a file to the project.
    pub(crate) fn file(self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    /// Writes a file of the project, with its folders.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::write(path, content).unwrap();
    }

    /// Returns the full path of a file of the project, whose folder is there.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// Returns the text of a file of the project.
    pub(crate) fn read(&self, path: impl AsRef<Path>) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap()
    }

    /// Runs the program in the project's folder.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Output {
        self.command(arguments).run()
    }

    /// Returns a run that can be changed before it starts.
    pub(crate) fn command<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run<'_> {
        let arguments = arguments.into_iter();
        Run {
            sandbox: self,
            arguments: arguments
                .map(|argument| argument.as_ref().to_owned())
                .collect(),
            folder: self.root(),
            now: Some(NOW.to_owned()),
            variables: Vec::new(),
            input: String::new(),
        }
    }

    /// Validates the project and returns the findings.
    pub(crate) fn validate(&self) -> Vec<super::Finding> {
        self.run(["validate", "--json"]).findings()
    }
}

/// A run of the program.
pub(crate) struct Run<'s> {
    sandbox: &'s Sandbox,
    arguments: Vec<OsString>,
    folder: PathBuf,
    now: Option<String>,
    variables: Vec<(String, String)>,
    input: String,
}

impl Run<'_> {
    /// Starts in a folder below the project's.
    pub(crate) fn inside(mut self, folder: &str) -> Self {
        self.folder = self.sandbox.root().join(folder);
        self
    }

    /// Sets the clock; `None` leaves the system's.
    pub(crate) fn now(mut self, now: Option<&str>) -> Self {
        self.now = now.map(str::to_owned);
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives the program something to read.
    pub(crate) fn input(mut self, input: impl Into<String>) -> Self {
        self.input = input.into();
        self
    }

    /// Runs the program. One that hangs is stopped, and the test fails.
    pub(crate) fn run(self) -> Output {
        let home = self.sandbox.folder.path().join("home");
        let mut command = Command::new(env!("CARGO_BIN_EXE_ffctl"));
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", &home)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", self.sandbox.folder.path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(now) = &self.now {
            command.env("FFCTL_NOW", now);
        }
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input;
        // The program may end without reading what it is given.
        let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let (sender, receiver) = mpsc::channel();
        let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let err = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).map(|_| text)
        });
        std::thread::spawn(move || {
            let mut text = String::new();
            let read = stdout.read_to_string(&mut text).map(|_| text);
            drop(sender.send(read));
        });
        let Ok(stdout) = receiver.recv_timeout(WATCHDOG) else {
            child.kill().unwrap();
            panic!("`ffctl {:?}` did not end", self.arguments);
        };
        let status = child.wait().unwrap();
        writer.join().unwrap();
        Output {
            stdout: stdout.unwrap(),
            stderr: err.join().unwrap().unwrap(),
            status: status.code(),
        }
    }
}

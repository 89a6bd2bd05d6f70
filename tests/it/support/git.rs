//! Git repositories for tests: no settings of the machine or its user, no clock, no network.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The environment of every `git`, and of the tests that call the library.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_AUTHOR_NAME", "Ada"),
    ("GIT_AUTHOR_EMAIL", "ada@example.com"),
    ("GIT_AUTHOR_DATE", "2026-11-20T12:00:00Z"),
    ("GIT_COMMITTER_NAME", "Ada"),
    ("GIT_COMMITTER_EMAIL", "ada@example.com"),
    ("GIT_COMMITTER_DATE", "2026-11-20T12:00:00Z"),
    ("GIT_TERMINAL_PROMPT", "0"),
    // Submodules of tests are folders.
    ("GIT_ALLOW_PROTOCOL", "file"),
];

/// Says that the test runs in a process of its own.
const INSIDE: &str = "FFCTL_TEST_INSIDE";

/// Runs a test that calls the library, and through it `git`, in a process of its own with nothing
/// but the [`ENVIRONMENT`]. The body is a closure in the test's function, whose name is read from
/// its type.
pub(crate) fn hermetic<F: FnOnce()>(body: F) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let name = std::any::type_name::<F>();
    let name = name.split_once("::").unwrap().1;
    let name = name.trim_end_matches("::{{closure}}");
    let home = tempfile::tempdir().unwrap();
    let output = scrubbed(Command::new(std::env::current_exe().unwrap()), home.path())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{said}");
    assert!(text.contains("1 passed"), "`{name}` is no test: {text}");
}

/// Returns the command with the [`ENVIRONMENT`] and nothing else.
pub(crate) fn scrubbed(mut command: Command, home: &Path) -> Command {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home)
        .envs(ENVIRONMENT.iter().copied());
    command
}

/// A folder for repositories, removed at the end.
pub(crate) struct Repositories {
    folder: tempfile::TempDir,
}

impl Repositories {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    /// Returns the path of a folder in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// Makes a repository without commits, whose branch is `main`.
    pub(crate) fn init(&self, name: &str) -> TestRepo {
        let path = self.path(name);
        std::fs::create_dir_all(&path).unwrap();
        let repo = TestRepo { path };
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    /// Makes a bare repository, to push to.
    pub(crate) fn init_bare(&self, name: &str) -> TestRepo {
        let path = self.path(name);
        std::fs::create_dir_all(&path).unwrap();
        let repo = TestRepo { path };
        repo.git(&["init", "--quiet", "--bare", "--initial-branch=main"]);
        repo
    }

    /// Clones a repository; its remote is `origin`.
    pub(crate) fn clone_of(&self, source: &TestRepo, name: &str) -> TestRepo {
        let path = self.path(name);
        source.git(&["clone", "--quiet", ".", path.to_str().unwrap()]);
        TestRepo { path }
    }

    /// Makes a bare repository whose branch `main` is filled, and a clone of it that follows it.
    pub(crate) fn remote_and_clone(&self, fill: impl Fn(&TestRepo)) -> (TestRepo, TestRepo) {
        let remote = self.init_bare("remote.git");
        let here = self.clone_of(&remote, "here");
        here.git(&["checkout", "--quiet", "-B", "main"]);
        fill(&here);
        here.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
        (remote, here)
    }
}

/// A repository and its working tree.
#[derive(Clone)]
pub(crate) struct TestRepo {
    pub(crate) path: PathBuf,
}

impl TestRepo {
    /// Runs `git` in the repository, and returns its output, less the last line end.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim_end().to_owned()
    }

    /// Runs `git`, which may fail.
    pub(crate) fn try_git(&self, arguments: &[&str]) -> Output {
        self.git_command(arguments).output().unwrap()
    }

    /// Returns a run of `git` in the repository's folder, to be changed before it starts.
    pub(crate) fn git_command(&self, arguments: &[&str]) -> Command {
        let mut command = scrubbed(Command::new("git"), &self.path);
        command.args(arguments).current_dir(&self.path);
        command
    }

    /// Returns a run of the program in the repository's folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let program = Command::new(env!("CARGO_BIN_EXE_ffctl"));
        let mut command = scrubbed(program, &self.path);
        command
            .args(arguments)
            .env("FFCTL_NOW", super::NOW)
            .current_dir(&self.path)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program in the repository's folder.
    pub(crate) fn ffctl(&self, arguments: &[&str]) -> super::Output {
        super::Output::of(&self.command(arguments).output().unwrap())
    }

    /// Writes a file, with its folders.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Returns the text of a file.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path.join(path)).unwrap()
    }

    /// Commits everything, and returns the commit's id.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.id("HEAD")
    }

    /// Commits everything at a time, and returns the commit's id.
    pub(crate) fn commit_at(&self, time: &str, message: &str) -> String {
        self.git(&["add", "--all"]);
        let status = scrubbed(Command::new("git"), &self.path)
            .args(["commit", "--quiet", "--allow-empty", "--message", message])
            .env("GIT_COMMITTER_DATE", time)
            .current_dir(&self.path)
            .status()
            .unwrap();
        assert!(status.success());
        self.id("HEAD")
    }

    /// Returns the id of a revision.
    pub(crate) fn id(&self, revision: &str) -> String {
        self.git(&["rev-parse", "--verify", revision])
    }

    /// Returns the subjects of a revision's history, the newest first.
    pub(crate) fn log(&self, revision: &str) -> Vec<String> {
        let log = self.git(&["log", "--format=%s", revision, "--"]);
        log.lines().map(str::to_owned).collect()
    }

    /// Returns a file of a revision.
    pub(crate) fn show(&self, revision: &str, path: &str) -> String {
        let object = format!("{revision}:{path}");
        let output = self.try_git(&["cat-file", "blob", &object]);
        assert!(output.status.success(), "there is no {object}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Returns what `git status` shows, a line for each file.
    pub(crate) fn status(&self) -> Vec<String> {
        let output = self.try_git(&["status", "--porcelain", "--untracked-files=all"]);
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Installs a hook: a shell script.
    #[cfg(unix)]
    pub(crate) fn hook(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = self.git(&["rev-parse", "--git-path", "hooks"]);
        let path = self.path.join(folder).join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\nset -e\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

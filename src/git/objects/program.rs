//! Objects by the `git` program.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::Mutex;
use std::thread::JoinHandle;

use anyhow::{Context as _, anyhow, bail};
use jiff::Timestamp;

use super::super::program::{Git, GitError};
use super::{Commit, Entry, EntryKind, ObjectId};

pub(in crate::git) struct Program {
    folder: PathBuf,
    batch: Mutex<State>,
}

/// The run of `git cat-file` that answers.
#[derive(Default)]
enum State {
    #[default]
    NotStarted,
    Running(Batch),
    /// One ended with an object that it could not get; the next gets none.
    Ended,
}

/// A running `git cat-file --batch`.
struct Batch {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// What it complains of.
    complaints: Option<JoinHandle<String>>,
}

impl Program {
    pub(super) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            batch: Mutex::default(),
        }
    }

    /// Returns the program for the repository of a folder, the root of its working tree, and Git's
    /// own folder.
    pub(super) fn find(folder: &Path) -> anyhow::Result<(Self, Option<PathBuf>, PathBuf)> {
        let ask = |option: &str| {
            let git = Git::new(folder, "rev-parse").args(["--path-format=absolute", option]);
            git.line().map(PathBuf::from)
        };
        let common_dir = ask("--git-common-dir")?;
        let workdir = ask("--show-toplevel").ok();
        let program = Self::at(workdir.as_deref().unwrap_or(&common_dir));
        Ok((program, workdir, common_dir))
    }

    pub(super) fn commit(&self, revision: &str) -> anyhow::Result<Option<Commit>> {
        let wanted = format!("{revision}^{{commit}}");
        let options = ["--verify", "--quiet", "--end-of-options", &wanted];
        let ran = Git::new(&self.folder, "rev-parse").args(options).run()?;
        let id = String::from_utf8_lossy(&ran.stdout);
        let Some(id) = ObjectId::parse(id.trim()).filter(|_| ran.status == Some(0)) else {
            return Ok(None);
        };
        let show = Git::new(&self.folder, "show").args(["-s", "--format=%ct", &id.to_string()]);
        let seconds = show.line()?;
        let seconds = seconds.parse().context("the commit has no time")?;
        Ok(Some(Commit {
            id,
            committed_at: Timestamp::from_second(seconds)
                .context("the commit's time is out of range")?,
        }))
    }

    pub(super) fn merge_base(
        &self,
        one: ObjectId,
        other: ObjectId,
    ) -> anyhow::Result<Option<ObjectId>> {
        let git = Git::new(&self.folder, "merge-base");
        let ran = git
            .args(["--all", &one.to_string(), &other.to_string()])
            .run()?;
        let bases = String::from_utf8_lossy(&ran.stdout);
        let mut bases = bases.lines();
        Ok(match (ran.status, bases.next(), bases.next()) {
            (Some(0), Some(base), None) => ObjectId::parse(base),
            _ => None,
        })
    }

    pub(super) fn entry(&self, commit: ObjectId, path: &str) -> anyhow::Result<Option<Entry>> {
        let path = path.trim_end_matches('/');
        let found = self.listed(commit, path, false)?;
        Ok(found.into_iter().find(|entry| entry.path == path))
    }

    pub(super) fn files(&self, commit: ObjectId, folder: &str) -> anyhow::Result<Vec<Entry>> {
        let mut files = self.listed(commit, folder, true)?;
        let prefix = format!("{folder}/");
        files.retain(|entry| folder.is_empty() || entry.path.starts_with(&prefix));
        Ok(files)
    }

    fn listed(&self, commit: ObjectId, path: &str, deep: bool) -> anyhow::Result<Vec<Entry>> {
        let id = commit.to_string();
        let mut git = Git::new(&self.folder, "ls-tree").args(["-z", "--full-tree"]);
        if deep {
            git = git.arg("-r");
        }
        git = git.arg(&id);
        if !path.is_empty() {
            git = git.args(["--", path]);
        }
        let list = git.succeed()?;
        let list = String::from_utf8_lossy(&list);
        let lines = list.split('\0').filter(|line| !line.is_empty());
        lines
            .map(|line| entry_of(line).ok_or_else(|| anyhow!("`git ls-tree` said `{line}`")))
            .collect()
    }

    pub(super) fn blob(&self, id: ObjectId) -> anyhow::Result<Vec<u8>> {
        let poisoned = || anyhow!("a reader of objects has failed");
        let mut state = self.batch.lock().map_err(|_| poisoned())?;
        let mut batch = match std::mem::take(&mut *state) {
            State::Running(batch) => batch,
            State::NotStarted => Batch::start(&self.folder, Fetching::Allowed)?,
            State::Ended => Batch::start(&self.folder, Fetching::Off)?,
        };
        match batch.read(id) {
            Ok(answer) => {
                *state = State::Running(batch);
                answer
            }
            Err(error) => {
                *state = State::Ended;
                Err(batch.end().unwrap_or(error))
            }
        }
    }
}

/// Whether what is missing in a partial clone is fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fetching {
    Allowed,
    /// It failed once.
    Off,
}

impl Batch {
    fn start(folder: &Path, fetching: Fetching) -> anyhow::Result<Self> {
        let mut git = Git::new(folder, "cat-file").arg("--batch");
        if fetching == Fetching::Off {
            git = git.variable("GIT_NO_LAZY_FETCH", "1");
        }
        let mut child = git.start()?;
        let questions = child.stdin.take();
        let complaints = child.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let mut said = Vec::new();
                // What was said before it failed is said.
                let _ = stderr.read_to_end(&mut said);
                String::from_utf8_lossy(&said).into_owned()
            })
        });
        let answers = child
            .stdout
            .take()
            .context("`git cat-file` has no output")?;
        Ok(Self {
            child,
            questions,
            answers: BufReader::new(answers),
            complaints,
        })
    }

    /// Ends the program, and returns what it complained of.
    fn end(mut self) -> Option<anyhow::Error> {
        // It has ended, or what it has to say yet is of no use; that it failed it has said by now.
        let _ = self.child.kill();
        let said = self.complaints.take()?.join().ok()?;
        let status = self.child.wait().ok()?;
        let lines = said.lines().map(|line| line.trim().trim_end_matches('.'));
        let faults: Vec<&str> = lines
            .filter_map(|line| {
                let fatal = line.strip_prefix("fatal: ");
                fatal.or_else(|| line.strip_prefix("error: "))
            })
            .collect();
        let said = if faults.is_empty() {
            said.trim().to_owned()
        } else {
            faults.join("; ")
        };
        let error = GitError {
            command: "cat-file".to_owned(),
            status: status.code(),
            said,
        };
        (!error.said.is_empty()).then(|| error.into())
    }

    /// Asks for an object. Fails with the program at its end; an object that it does not know or that
    /// is no file is an answer.
    fn read(&mut self, id: ObjectId) -> anyhow::Result<anyhow::Result<Vec<u8>>> {
        let questions = self
            .questions
            .as_mut()
            .context("`git cat-file` has no input")?;
        writeln!(questions, "{id}")?;
        questions.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let mut words = head.split_whitespace().skip(1);
        let (kind, size) = (words.next(), words.next());
        let size = match (kind, size.map(str::parse::<usize>)) {
            (Some("blob"), Some(Ok(size))) => size,
            (Some("missing"), _) => return Ok(Err(anyhow!("it is missing in this clone"))),
            (None, _) => bail!("`git cat-file` ended: the object is missing or damaged"),
            _ => bail!("`git cat-file` said `{}`", head.trim_end()),
        };
        let mut bytes = vec![0; size];
        self.answers.read_exact(&mut bytes)?;
        let mut newline = [0];
        self.answers.read_exact(&mut newline)?;
        Ok(Ok(bytes))
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // It ends when there are no more questions.
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}

/// Reads `100644 blob ID<TAB>PATH`.
fn entry_of(line: &str) -> Option<Entry> {
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split(' ');
    let mode = u32::from_str_radix(words.next()?, 8).ok()?;
    Some(Entry {
        path: path.to_owned(),
        kind: EntryKind::of_mode(mode),
        id: ObjectId::parse(words.nth(1)?)?,
    })
}

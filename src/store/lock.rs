//! The lock that lets one program at a time write a working tree.
//!
//! It is the kernel's: it ends with the process that holds it, however that ends. The file stays,
//! since removing it would let two programs hold locks on two files of one name.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::Context as _;

use super::Place;

/// How long a lock is waited for without a word: other programs need it for milliseconds, if no
/// hook of a commit is at work.
const PATIENCE: Duration = Duration::from_secs(1);

/// Called once where a lock is waited for that long.
pub type Waiting = fn();

/// The right to write; given back when it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, and waits for it as long as another program holds it. `waiting` is called
    /// once if that takes longer than a second.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be opened, made or locked.
    pub fn take(place: &Place, waiting: Option<Waiting>) -> anyhow::Result<Self> {
        let cannot = || format!("cannot lock `{}`", place.lock.display());
        loop {
            let file = open(&place.lock).with_context(cannot)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    wait(&file, waiting).with_context(cannot)?;
                }
                Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
            }
            if is_still(&file, &place.lock) {
                return Ok(Self { _file: file });
            }
        }
    }

    /// Takes the lock, or returns `None` if another program holds it.
    ///
    /// # Errors
    ///
    /// As [`Lock::take`].
    pub fn try_take(place: &Place) -> anyhow::Result<Option<Self>> {
        let cannot = || format!("cannot lock `{}`", place.lock.display());
        let file = open(&place.lock).with_context(cannot)?;
        match file.try_lock() {
            Ok(()) if is_still(&file, &place.lock) => Ok(Some(Self { _file: file })),
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(cannot),
        }
    }
}

/// Waits for the lock, and tells if it takes long.
fn wait(file: &File, waiting: Option<Waiting>) -> io::Result<()> {
    let Some(waiting) = waiting else {
        return file.lock();
    };
    std::thread::scope(|scope| {
        let (locked, is_locked) = mpsc::channel::<()>();
        scope.spawn(move || {
            if is_locked.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                waiting();
            }
        });
        let result = file.lock();
        drop(locked);
        result
    })
}

/// Some network file systems lock only what is open for writing; others can only be read.
fn open(path: &Path) -> io::Result<File> {
    let existing = OpenOptions::new().read(true).write(true).open(path);
    match existing {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
        }
        Err(_) => File::open(path),
        existing => existing,
    }
}

/// Returns whether the path still leads to the file: an editor may have put another in its place.
#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let same = |held: &fs::Metadata, named: &fs::Metadata| {
        held.dev() == named.dev() && held.ino() == named.ino()
    };
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(named)) => same(&held, &named),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still(_: &File, _: &Path) -> bool {
    true
}

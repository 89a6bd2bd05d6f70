//! What the program keeps for itself to be quicker. It can be removed at any time.

use std::fs;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::disk;

/// Returns what was kept in a file; `None` if that is nothing, or if it cannot be read.
#[must_use]
pub fn kept(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

/// Keeps something in a file, all of it or nothing. Where that fails there is nothing to tell: the
/// next run works without. Callers have the [`Lock`](super::Lock) of the folder; what one that was
/// killed has left is replaced.
pub fn keep(path: &Path, bytes: &[u8]) {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = Path::new(&new);
    let write = || -> io::Result<()> {
        disk::remove(new)?;
        fs::write(new, bytes)?;
        fs::rename(new, path)
    };
    if write().is_err() {
        let _ = disk::remove(new);
    }
}

/// Returns a number that another text hardly has: against damage, not against malice.
#[must_use]
pub fn digest(bytes: &[u8]) -> u64 {
    let length = bytes.len() as u64;
    bytes.chunks(8).fold(length, |digest, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (digest.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}

/// Returns what tells this build of the program from another one, which may put things otherwise.
#[must_use]
pub fn this_program() -> String {
    let file = std::env::current_exe().and_then(fs::metadata);
    let written = file.as_ref().ok().and_then(|file| file.modified().ok());
    let written = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!(
        "{}-{:x}-{:x}",
        env!("CARGO_PKG_VERSION"),
        file.map_or(0, |file| file.len()),
        written.map_or(0, |time| time.as_nanos()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_replaced_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        assert_eq!(kept(&path), None);
        fs::write(folder.path().join("kept.new"), "of a run that was killed").unwrap();
        keep(&path, b"one");
        keep(&path, b"two");
        assert_eq!(kept(&path).as_deref(), Some(&b"two"[..]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        // Where nothing can be kept, nothing is said and nothing left.
        let blocked = folder.path().join("blocked");
        fs::create_dir_all(blocked.join("by a folder")).unwrap();
        keep(&blocked, b"three");
        keep(&folder.path().join("missing/kept"), b"three");
        assert_eq!(kept(&path).as_deref(), Some(&b"two"[..]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}

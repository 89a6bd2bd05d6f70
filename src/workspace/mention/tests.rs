//! The answer is the same with an index, whatever happened to the files since it was written.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::tree::{Overlay, ReadError, TreeFile};

use super::*;

/// Files with stamps, that counts how often they are read.
#[derive(Default)]
struct Stamped {
    files: BTreeMap<String, (String, Option<Stamp>)>,
    clock: u64,
    reads: AtomicUsize,
}

impl FileTree for Stamped {
    fn list(&self, _: &str) -> Result<Vec<TreeFile>, ReadError> {
        let file = |path: &String| TreeFile {
            path: path.clone(),
            problem: None,
        };
        Ok(self.files.keys().map(file).collect())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let file = self.files.get(path);
        Ok(file.map(|(text, _)| text.clone().into_bytes()))
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        self.files.get(path).and_then(|(_, stamp)| *stamp)
    }
}

impl Stamped {
    /// Writes a file, which has a stamp if that was long enough ago.
    fn write(&mut self, path: &str, text: String, is_settled: bool) {
        self.clock += 1;
        let (size, clock) = (text.len(), self.clock);
        let stamp = format!("{size:x}-1-{clock:x}-{clock:x}").parse().unwrap();
        let file = (text, is_settled.then_some(stamp));
        self.files.insert(path.to_owned(), file);
    }

    /// Returns what the index says, what reading says, and how many files were read for the index.
    fn ask(&self, key: usize, index: &Index) -> (BTreeSet<FlagKey>, BTreeSet<FlagKey>, usize) {
        let files = Files::list(self, None);
        let keys = [format!("f{key:03}")];
        self.reads.store(0, Ordering::Relaxed);
        let with = mentioning(self, &files, &keys, Some(index));
        let reads = self.reads.load(Ordering::Relaxed);
        (with, mentioning(self, &files, &keys, None), reads)
    }
}

const FLAGS: usize = 150;

fn path(at: usize) -> String {
    format!("flags/f{at:03}.yaml")
}

/// A flag that depends on another: of the same size, whichever that is.
fn on(other: usize) -> String {
    format!("default_value: false\ndepends_on: [{{flag: f{other:03}, required_value: true}}]\n")
}

fn project() -> Stamped {
    let mut tree = Stamped::default();
    for at in 0..FLAGS {
        tree.write(&path(at), on((at + 1) % FLAGS), true);
    }
    tree
}

fn index(folder: &tempfile::TempDir) -> Index {
    Index {
        file: folder.path().join("mentions"),
        is_kept: true,
    }
}

#[test]
fn what_has_not_changed_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let (mut tree, index) = (project(), index(&folder));
    let (with, without, reads) = tree.ask(8, &index);
    assert_eq!((with, reads), (without, FLAGS));
    let written = store::kept(&index.file).unwrap();
    let (with, without, reads) = tree.ask(8, &index);
    assert_eq!((&with, reads), (&without, 0));
    assert_eq!(with, [FlagKey::new("f007").unwrap()].into());
    // Another of the same size, one just written, and one more.
    tree.write(&path(20), on(8), true);
    tree.write(&path(21), on(8), false);
    tree.write("flags/late.yaml", on(8), true);
    let (with, without, reads) = tree.ask(8, &index);
    assert_eq!((&with, with.len(), reads), (&without, 4, 3));
    // That little is not worth another index.
    assert_eq!(store::kept(&index.file), Some(written));
}

#[test]
fn what_a_plan_changes_is_read_as_it_would_be() {
    let folder = tempfile::tempdir().unwrap();
    let (tree, index) = (project(), index(&folder));
    tree.ask(8, &index);
    let mut overlay = Overlay::new(&tree);
    overlay.set(&path(20), Some(on(8)));
    overlay.set(&path(7), None);
    let files = Files::list(&overlay, None);
    let found = mentioning(&overlay, &files, &["f008".to_owned()], Some(&index));
    assert_eq!(found, [FlagKey::new("f020").unwrap()].into());
}

#[test]
fn an_index_is_kept_only_where_it_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let (tree, mut index) = (project(), index(&folder));
    index.is_kept = false;
    tree.ask(8, &index);
    assert!(!index.file.exists());
    // What was written just now is not kept.
    let mut fresh = Stamped::default();
    for at in 0..FLAGS {
        fresh.write(&path(at), on(8), false);
    }
    index.is_kept = true;
    assert_eq!(fresh.ask(8, &index).2, FLAGS);
    assert!(!index.file.exists());
}

#[test]
fn the_answer_is_the_same_whatever_happens() {
    let folder = tempfile::tempdir().unwrap();
    let (mut tree, index) = (project(), index(&folder));
    let mut state = 7_usize;
    let mut dice = move |sides: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % sides
    };
    for step in 0..200 {
        let (at, other) = (dice(FLAGS), dice(FLAGS));
        match dice(8) {
            0..3 => tree.write(&path(at), on(other), dice(3) > 0),
            3 => {
                tree.files.remove(&path(at));
            }
            // Moved over another, with the stamp it had or with a new one.
            4 => {
                if let Some((text, stamp)) = tree.files.remove(&path(at)) {
                    tree.write(&path(other), text, stamp.is_some());
                }
            }
            5 => tree.write(&path(at), "default_value: false\n".to_owned(), true),
            6 => {
                // Another branch was checked out.
                for at in 0..FLAGS {
                    tree.write(&path(at), on(dice(FLAGS)), dice(20) > 0);
                }
            }
            _ => {
                let mut bytes = store::kept(&index.file).unwrap_or_default();
                let hit = dice(bytes.len().max(1));
                if let Some(byte) = bytes.get_mut(hit) {
                    *byte ^= 1;
                }
                bytes.truncate(bytes.len() - dice(2).min(bytes.len()));
                store::keep(&index.file, &bytes);
            }
        }
        for key in [other, dice(FLAGS)] {
            let (with, without, _) = tree.ask(key, &index);
            assert_eq!(with, without, "step {step}");
        }
    }
}

//! The files of the flags folder by what they are.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;
use std::string::FromUtf8Error;
use std::sync::Arc;

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::git::LOST_HINT;
use crate::model::{FlagKey, RESERVED_STEMS};
use crate::schema::FileKind;
use crate::text::{Location, SourceId, Span};
use crate::tree::{FileTree, ReadError, TreeFile};

/// The files of a project by what they are: listed once, for all that is read of them.
#[derive(Debug, Default)]
pub struct Files {
    /// The flags folder.
    pub(super) folder: String,
    /// Why it cannot be listed.
    pub(super) problem: Option<ReadError>,
    /// The format's own files.
    pub(super) special: Vec<(FileKind, TreeFile)>,
    /// The flags' files, sorted by path.
    pub(super) flags: Vec<FlagPath>,
    /// The keys of all flags.
    pub known: Arc<BTreeSet<FlagKey>>,
    /// The places in `flags` in the order of their stems in small letters.
    by_stem: Vec<usize>,
}

/// A flag's file.
#[derive(Debug)]
pub(super) struct FlagPath {
    pub(super) file: TreeFile,
    /// Where its stem is in its path.
    stem: Range<usize>,
    /// `None` where the stem is no key.
    pub(super) key: Option<FlagKey>,
    /// Faults of the name, told when the file has a place to point at.
    pub(super) faults: Vec<NameFault>,
}

impl Files {
    /// Lists the files of a project.
    #[must_use]
    pub fn list(tree: &impl FileTree, config: Option<&Config>) -> Self {
        Self::below(tree, config.map_or("flags", |config| config.flags.as_str()))
    }

    /// Lists the files of a flags folder.
    pub(super) fn below(tree: &impl FileTree, folder: &str) -> Self {
        let mut files = Self {
            folder: folder.to_owned(),
            ..Self::default()
        };
        let listed = tree.list(folder).unwrap_or_else(|problem| {
            files.problem = Some(problem);
            Vec::new()
        });
        files.flags.reserve(listed.len());
        for file in listed {
            files.sort_in(file);
        }
        files.sort_stems();
        files.find_clashes();
        let by_stem = files.by_stem.iter().map(|at| &files.flags[*at]);
        files.known = Arc::new(by_stem.filter_map(|file| file.key.clone()).collect());
        files
    }

    /// Returns the files that a key is the stem of: more than one where names clash.
    pub(super) fn of_key(&self, key: &str) -> impl Iterator<Item = &FlagPath> {
        let file = |at: &usize| &self.flags[*at];
        let begin = self
            .by_stem
            .partition_point(|at| small_letters(file(at).stem(), key) == Ordering::Less);
        self.by_stem[begin..]
            .iter()
            .map(file)
            .take_while(move |file| file.stem().eq_ignore_ascii_case(key))
            .filter(move |file| file.stem() == key)
    }

    fn sort_in(&mut self, file: TreeFile) {
        let Some(stem) = stem_in(&file.path) else {
            // A folder that cannot be read may hold flags.
            if file.problem.as_ref().is_some_and(ReadError::hides_files) {
                let stem = name_in(&file.path);
                self.flags.push(FlagPath::nameless(file, stem, Vec::new()));
            }
            return;
        };
        let Some(kind) = self.special_kind(&file.path, &stem) else {
            self.flags.push(FlagPath::new(file, stem));
            return;
        };
        match self.special.iter().find(|(other, _)| *other == kind) {
            None => self.special.push((kind, file)),
            // environments.yaml beside environments.yml: the second is one too many.
            Some((_, first)) => {
                let faults = vec![NameFault::Taken(first.path.clone())];
                self.flags.push(FlagPath::nameless(file, stem, faults));
            }
        }
    }

    /// Returns which of the format's own files it is: they lie at the top of the flags folder.
    fn special_kind(&self, path: &str, stem: &Range<usize>) -> Option<FileKind> {
        let kind = special_kind(&path[stem.clone()])?;
        let inside = path.strip_prefix(&self.folder).unwrap_or(path);
        let is_at_top = !inside.trim_start_matches('/').contains('/');
        is_at_top.then_some(kind)
    }

    fn sort_stems(&mut self) {
        let mut by_stem: Vec<usize> = (0..self.flags.len()).collect();
        let stem = |at: &usize| self.flags[*at].stem();
        by_stem.sort_by(|a, b| small_letters(stem(a), stem(b)));
        self.by_stem = by_stem;
    }

    /// Finds the flags whose names are taken by others before them.
    fn find_clashes(&mut self) {
        let flags = &self.flags;
        let stem = |at: &usize| flags[*at].stem();
        let same = |a: &usize, b: &usize| stem(a).eq_ignore_ascii_case(stem(b));
        let mut clashes = Vec::new();
        for places in self.by_stem.chunk_by(same).filter(|same| same.len() > 1) {
            let mut places = places.iter().filter(|at| flags[**at].takes_its_name());
            if let Some(first) = places.next() {
                clashes.extend(places.map(|at| (*at, flags[*first].file.path.clone())));
            }
        }
        for (at, first) in clashes {
            self.flags[at].faults.push(NameFault::Taken(first));
        }
    }
}

impl FlagPath {
    fn new(file: TreeFile, stem: Range<usize>) -> Self {
        let name = &file.path[stem.clone()];
        let key = FlagKey::new(name).ok();
        let is_reserved = |reserved: &&str| name.eq_ignore_ascii_case(reserved);
        let mut faults = Vec::new();
        if key.is_none() {
            faults.push(NameFault::Invalid);
        }
        if RESERVED_STEMS.iter().any(is_reserved) {
            faults.push(NameFault::Reserved);
        }
        Self {
            file,
            stem,
            key,
            faults,
        }
    }

    /// What is among the flags because it may hide some.
    fn nameless(file: TreeFile, stem: Range<usize>, faults: Vec<NameFault>) -> Self {
        Self {
            file,
            stem,
            key: None,
            faults,
        }
    }

    /// Returns the name of the file without its extension.
    pub(super) fn stem(&self) -> &str {
        &self.file.path[self.stem.clone()]
    }

    /// Returns whether no other file can have the name too.
    fn takes_its_name(&self) -> bool {
        let is_taken = |fault: &NameFault| matches!(fault, NameFault::Taken(_));
        stem_in(&self.file.path).is_some() && !self.faults.iter().any(is_taken)
    }

    /// Returns whether the file looks like one of the format's own: what it says is then no flag,
    /// and its name is fault enough.
    pub(super) fn is_foreign(&self) -> bool {
        let has = |wanted: fn(&NameFault) -> bool| self.faults.iter().any(wanted);
        has(|fault| matches!(fault, NameFault::Reserved))
            || (self.key.is_none() && has(|fault| matches!(fault, NameFault::Taken(_))))
    }
}

/// A fault of a file's name.
#[derive(Debug, Clone)]
pub(super) enum NameFault {
    Invalid,
    Reserved,
    Taken(String),
}

/// Returns the name of a YAML file without its folder and extension: what a flag is called by.
#[must_use]
pub fn yaml_stem(path: &str) -> Option<&str> {
    stem_in(path).map(|stem| &path[stem])
}

fn stem_in(path: &str) -> Option<Range<usize>> {
    let stem = path
        .strip_suffix(".yaml")
        .or_else(|| path.strip_suffix(".yml"))?;
    let name = name_in(path);
    (name.start <= stem.len()).then_some(name.start..stem.len())
}

/// Returns which of the format's own files has that stem.
pub(super) fn special_kind(stem: &str) -> Option<FileKind> {
    Some(match stem {
        "environments" => FileKind::Environments,
        "segments" => FileKind::Segments,
        "attributes" => FileKind::Attributes,
        "flag-dependencies" => FileKind::FlagDependencies,
        _ => return None,
    })
}

fn name_in(path: &str) -> Range<usize> {
    path.rfind('/').map_or(0, |slash| slash + 1)..path.len()
}

/// Compares two stems as if they had small letters only.
fn small_letters(a: &str, b: &str) -> Ordering {
    let small = |byte: u8| byte.to_ascii_lowercase();
    a.bytes().map(small).cmp(b.bytes().map(small))
}

impl NameFault {
    /// Returns the finding at the head of the file.
    pub(super) fn finding(&self, stem: &str, place: Location) -> Diagnostic {
        match self {
            Self::Invalid => Diagnostic::new(Code::InvalidName, place, format!("the file's stem `{stem}` is not a flag's key")).help(
                "keys begin with a letter or digit and hold at most 100 letters, digits, `.`, `_` and `-`: rename the file",
            ),
            Self::Reserved => {
                Diagnostic::new(Code::ReservedName, place, format!("`{stem}` is the name of one of the format's own files"))
                    .help("rename the flag, or move the file to the top of the flags folder")
            }
            Self::Taken(first) => {
                Diagnostic::new(Code::NameClash, place, format!("the name `{stem}` is taken by {first}"))
                    .help("keys are unique without regard to case and folder: rename one of the files")
            }
        }
    }
}

/// Returns the finding about a file that cannot be read.
pub(super) fn read_fault(error: &ReadError, place: Location) -> Diagnostic {
    let (code, help) = match error {
        ReadError::TooLarge(_) => (
            Code::FileTooLarge,
            "move lists of users into the application's own data, and tell it by an attribute",
        ),
        ReadError::LinkOutside => (Code::LinkOutside, "copy the file into the project"),
        ReadError::NotAFile => (
            Code::FileUnreadable,
            "remove it, or put a regular file there",
        ),
        ReadError::LinkedFolder => (
            Code::LinkOutside,
            "move the folder below the flags folder; links to single files of the project are fine",
        ),
        ReadError::Io(_) => (
            Code::FileUnreadable,
            "check that the file is there and may be read",
        ),
        ReadError::Lost(_) => (Code::FileUnreadable, LOST_HINT),
    };
    Diagnostic::new(code, place, format!("the file is not read: {error}")).help(help)
}

/// Returns the finding about bytes that are not UTF-8. It points at the first of them: up to there
/// the text that is shown and the bytes are the same.
pub(crate) fn not_utf8(error: &FromUtf8Error, source: SourceId) -> Diagnostic {
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(at).copied().unwrap_or_default();
    let width = char::REPLACEMENT_CHARACTER.len_utf8();
    let place = Location::new(source, Span::new(at, at + width));
    let message = format!("the byte 0x{byte:02X} here is not UTF-8");
    Diagnostic::new(Code::NotUtf8, place, message).help("save the file as UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn list(paths: &[&str]) -> Files {
        let files = paths.iter().map(|path| (format!("flags/{path}"), ""));
        Files::list(&MemoryTree::new(files), None)
    }

    fn faults(file: &FlagPath) -> Vec<String> {
        let said = |fault: &NameFault| match fault {
            NameFault::Invalid => "invalid".to_owned(),
            NameFault::Reserved => "reserved".to_owned(),
            NameFault::Taken(first) => format!("taken by {first}"),
        };
        file.faults.iter().map(said).collect()
    }

    #[test]
    fn names_clash_without_regard_to_case_and_folder() {
        let files = list(&["a/Cart.yaml", "a/till.yaml", "b/cart.yml", "c/Cart.yaml"]);
        let told: Vec<_> = files.flags.iter().map(faults).collect();
        let taken = ["taken by flags/a/Cart.yaml"];
        assert_eq!(told, [&[][..], &[], &taken, &taken]);
        let of_key = |key| files.of_key(key).map(|file| file.file.path.as_str());
        let paths: Vec<&str> = of_key("Cart").collect();
        assert_eq!(paths, ["flags/a/Cart.yaml", "flags/c/Cart.yaml"]);
        assert_eq!(of_key("cart").collect::<Vec<_>>(), ["flags/b/cart.yml"]);
        assert_eq!(of_key("car").count() + of_key("zebra").count(), 0);
        let known: Vec<&str> = files.known.iter().map(FlagKey::as_str).collect();
        assert_eq!(known, ["Cart", "cart", "till"]);
    }

    #[test]
    fn the_formats_own_files_lie_at_the_top() {
        let files = list(&[
            "segments.yaml",
            "segments.yml",
            "shop/segments.yaml",
            "-.yaml",
        ]);
        assert_eq!(files.special.len(), 1);
        let told: Vec<_> = files.flags.iter().map(faults).collect();
        let second = ["taken by flags/segments.yaml"];
        assert_eq!(told, [&["invalid"][..], &second, &["reserved"]]);
    }
}

//! The files of the flags folder by what they are.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::string::FromUtf8Error;

use crate::diagnostic::{Code, Diagnostic};
use crate::model::{FlagKey, RESERVED_STEMS};
use crate::schema::FileKind;
use crate::text::{Location, SourceId, Span};
use crate::tree::{ReadError, TreeFile};

/// The files of a project.
#[derive(Debug, Default)]
pub(super) struct ProjectFiles {
    /// The format's own files.
    pub(super) special: Vec<(FileKind, TreeFile)>,
    /// The flags' files, sorted by path.
    pub(super) flags: Vec<FlagPath>,
}

/// A flag's file.
#[derive(Debug)]
pub(super) struct FlagPath {
    pub(super) file: TreeFile,
    pub(super) stem: String,
    /// `None` where the stem is no key.
    pub(super) key: Option<FlagKey>,
    /// Faults of the name, told when the file has a place to point at.
    pub(super) faults: Vec<NameFault>,
}

impl FlagPath {
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
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))
}

/// Sorts the listed files.
pub(super) fn classify(folder: &str, listed: Vec<TreeFile>) -> ProjectFiles {
    let mut files = ProjectFiles::default();
    // By its stem in small letters, the first flag's place in the list.
    let mut first_of_stem: HashMap<String, usize> = HashMap::with_capacity(listed.len());
    files.flags.reserve(listed.len());
    for file in listed {
        let inside = file
            .path
            .strip_prefix(folder)
            .unwrap_or(&file.path)
            .trim_start_matches('/');
        let (at_top, name) = inside
            .rsplit_once('/')
            .map_or((true, inside), |(_, name)| (false, name));
        let Some(stem) = yaml_stem(name) else {
            // A folder that cannot be read may hold flags.
            if file.problem.as_ref().is_some_and(ReadError::hides_files) {
                files.flags.push(FlagPath {
                    stem: name.to_owned(),
                    key: None,
                    faults: Vec::new(),
                    file,
                });
            }
            continue;
        };
        let special = if at_top { special_kind(stem) } else { None };
        if let Some(kind) = special {
            if files.special.iter().all(|(other, _)| *other != kind) {
                files.special.push((kind, file));
                continue;
            }
            // environments.yaml beside environments.yml: the second is one too many.
            let taken = files
                .special
                .iter()
                .find(|(other, _)| *other == kind)
                .map(|(_, first)| first.path.clone());
            let faults = vec![NameFault::Taken(taken.unwrap_or_default())];
            files.flags.push(FlagPath {
                stem: stem.to_owned(),
                key: None,
                faults,
                file,
            });
            continue;
        }
        let mut faults = Vec::new();
        let key = FlagKey::new(stem).ok();
        if key.is_none() {
            faults.push(NameFault::Invalid);
        }
        if RESERVED_STEMS
            .iter()
            .any(|reserved| stem.eq_ignore_ascii_case(reserved))
        {
            faults.push(NameFault::Reserved);
        }
        match first_of_stem.entry(stem.to_ascii_lowercase()) {
            Entry::Occupied(first) => {
                let first = &files.flags[*first.get()].file.path;
                faults.push(NameFault::Taken(first.clone()));
            }
            Entry::Vacant(place) => {
                place.insert(files.flags.len());
            }
        }
        let stem = stem.to_owned();
        files.flags.push(FlagPath {
            file,
            stem,
            key,
            faults,
        });
    }
    files
}

fn special_kind(stem: &str) -> Option<FileKind> {
    Some(match stem {
        "environments" => FileKind::Environments,
        "segments" => FileKind::Segments,
        "attributes" => FileKind::Attributes,
        "flag-dependencies" => FileKind::FlagDependencies,
        _ => return None,
    })
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
    };
    Diagnostic::new(code, place, format!("the file is not read: {error}")).help(help)
}

/// Returns the finding about bytes that are not UTF-8. It points at the first of them: up to there
/// the text that is shown and the bytes are the same.
pub(super) fn not_utf8(error: &FromUtf8Error, source: SourceId) -> Diagnostic {
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(at).copied().unwrap_or_default();
    let width = char::REPLACEMENT_CHARACTER.len_utf8();
    let place = Location::new(source, Span::new(at, at + width));
    let message = format!("the byte 0x{byte:02X} here is not UTF-8");
    Diagnostic::new(Code::NotUtf8, place, message).help("save the file as UTF-8")
}

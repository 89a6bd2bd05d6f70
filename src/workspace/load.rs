//! From files to a catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::document::Document;
use crate::lower::{self, AttributeScope, DependenciesApart, LinkOptions, Scope};
use crate::model::{Catalog, Dependency, Flag, FlagKey};
use crate::schema::{self, FileKind};
use crate::text::{Location, Source, SourceId, SourceMap, Span};
use crate::tree::{FileTree, TreeFile};
use crate::yaml;

use super::files::{Files, FlagPath, not_utf8, read_fault};

/// Fewer files than this are read sooner than threads are started.
const FEW: usize = 16;

/// Which flags are read.
#[derive(Debug, Clone, Copy)]
pub enum Selection<'s> {
    /// All of them.
    All,
    /// These, and what they depend on in this repository.
    Flags(&'s [&'s str]),
}

/// A project's files, read.
#[derive(Debug)]
pub struct Loaded {
    /// What they say, as far as it is sound.
    pub catalog: Catalog,
    /// The texts.
    pub sources: SourceMap,
    /// What is wrong, not sorted.
    pub diagnostics: Diagnostics,
    /// How many files were read, ffctl.toml not counted.
    pub files: usize,
    /// The keys of all flags, also of those that were not read or are not sound.
    pub known: Arc<BTreeSet<FlagKey>>,
}

/// Reads the flag files of a tree into a catalog.
#[must_use]
pub fn load(
    tree: &impl FileTree,
    config: Option<&Config>,
    begun: (SourceMap, Diagnostics),
    selection: Selection<'_>,
) -> Loaded {
    load_files(tree, &Files::list(tree, config), config, begun, selection)
}

/// As [`load`], where the files are listed already.
#[must_use]
pub fn load_files(
    tree: &impl FileTree,
    files: &Files,
    config: Option<&Config>,
    begun: (SourceMap, Diagnostics),
    selection: Selection<'_>,
) -> Loaded {
    let (sources, diagnostics) = begun;
    let mut loader = Loader {
        tree,
        sources,
        diagnostics,
        scope: Scope::default(),
        files: 0,
    };
    loader.listed(files);
    let apart = loader.special_files(files);
    let mut flags = match selection {
        Selection::All => loader.all_flags(&files.flags),
        Selection::Flags(keys) => loader.selected_flags(keys, files, &apart),
    };
    let repositories = config
        .map(|config| config.repositories.clone())
        .unwrap_or_default();
    let options = LinkOptions {
        known: &files.known,
        repositories: &repositories,
    };
    let apart = match selection {
        Selection::All => apart,
        Selection::Flags(_) => apart
            .into_iter()
            .filter(|list| flags.contains_key(&list.flag))
            .collect(),
    };
    lower::link(&mut flags, apart, &options, &mut loader.diagnostics);
    let Loader {
        sources,
        diagnostics,
        scope,
        files: read,
        ..
    } = loader;
    let catalog = Catalog {
        project: config.and_then(|config| config.name.clone()),
        bucketing: config.map(|config| config.bucketing).unwrap_or_default(),
        environments: scope.environments.unwrap_or_default(),
        segments: scope.segments.unwrap_or_default(),
        attributes: match scope.attributes {
            AttributeScope::Listed(listed) => Some(listed),
            AttributeScope::Open | AttributeScope::Unreadable => None,
        },
        flags,
    };
    Loaded {
        catalog,
        sources,
        diagnostics,
        files: read,
        known: Arc::clone(&files.known),
    }
}

/// What flags are read in the light of.
pub(super) struct ReadScope {
    pub(super) scope: Scope,
    pub(super) apart: Vec<DependenciesApart>,
    pub(super) sources: SourceMap,
    pub(super) diagnostics: Diagnostics,
}

/// Reads the format's own files, and no flag.
pub(super) fn read_scope(tree: &impl FileTree, folder: &str) -> ReadScope {
    let mut loader = Loader {
        tree,
        sources: SourceMap::default(),
        diagnostics: Diagnostics::default(),
        scope: Scope::default(),
        files: 0,
    };
    let files = Files::below(tree, folder);
    loader.listed(&files);
    let apart = loader.special_files(&files);
    ReadScope {
        scope: loader.scope,
        apart,
        sources: loader.sources,
        diagnostics: loader.diagnostics,
    }
}

struct Loader<'l, T> {
    tree: &'l T,
    sources: SourceMap,
    diagnostics: Diagnostics,
    scope: Scope,
    files: usize,
}

/// A flag's file, read and lowered.
struct ReadFlag {
    source: Source,
    flag: Option<Flag>,
    diagnostics: Diagnostics,
}

impl<T: FileTree> Loader<'_, T> {
    /// Tells of a flags folder that could not be listed.
    fn listed(&mut self, files: &Files) {
        if let Some(error) = &files.problem {
            let source = self.sources.add(Source::new(files.folder.clone(), ""));
            self.diagnostics
                .push(read_fault(error, Location::new(source, Span::default())));
        }
    }

    /// Reads the format's own files, in the order of their needs.
    fn special_files(&mut self, files: &Files) -> Vec<DependenciesApart> {
        let find = |kind: FileKind| {
            files
                .special
                .iter()
                .find(|(other, _)| *other == kind)
                .map(|(_, file)| file)
        };
        match find(FileKind::Environments) {
            Some(file) => {
                let read = self.with_document(FileKind::Environments, file, |loader, document| {
                    lower::environments(document, &mut loader.diagnostics)
                });
                self.scope.environments = read.filter(|environments| !environments.is_empty());
            }
            None => self.no_environments(&files.folder),
        }
        let attributes = find(FileKind::Attributes);
        if let Some(file) = attributes {
            let listed = self.with_document(FileKind::Attributes, file, |loader, document| {
                lower::attributes(document, &mut loader.diagnostics)
            });
            self.scope.attributes =
                listed.map_or(AttributeScope::Unreadable, AttributeScope::Listed);
        }
        self.scope.segments = match find(FileKind::Segments) {
            None => Some(BTreeMap::new()),
            Some(file) => self.with_document(FileKind::Segments, file, |loader, document| {
                lower::segments(document, &loader.scope, &mut loader.diagnostics)
            }),
        };
        if let Some(file) =
            attributes.filter(|_| matches!(self.scope.attributes, AttributeScope::Listed(_)))
        {
            self.computed(file);
        }
        let apart = find(FileKind::FlagDependencies).and_then(|file| {
            self.with_document(FileKind::FlagDependencies, file, |_, document| {
                lower::dependencies_apart(document)
            })
        });
        apart.unwrap_or_default()
    }

    fn no_environments(&mut self, folder: &str) {
        let source = self
            .sources
            .add(Source::new(format!("{folder}/environments.yaml"), ""));
        let finding = Diagnostic::new(
            Code::MissingFile,
            Location::new(source, Span::default()),
            "there is no environments.yaml",
        );
        self.diagnostics.push(
            finding
                .help("`ffctl init` writes one; it lists the environments and their inheritance"),
        );
    }

    /// Reads, parses and checks one of the format's own files and hands over its document.
    fn with_document<R>(
        &mut self,
        kind: FileKind,
        file: &TreeFile,
        read: impl FnOnce(&mut Self, &Document<'_>) -> R,
    ) -> Option<R> {
        self.files += 1;
        let id = self.sources.next_id();
        let text = read_text(self.tree, file, id, &mut self.diagnostics);
        let result = text.as_deref().ok().and_then(|text| {
            let document = parse(id, text, &mut self.diagnostics)?;
            schema::check(kind, &document, &mut self.diagnostics);
            // Without its one list the file names nothing: what others name is then not unknown.
            let names_something = kind
                .list_key()
                .and_then(|key| document.root().get(key))
                .is_some_and(|list| list.is_map() || list.is_list());
            names_something.then(|| read(self, &document))
        });
        let text = text.unwrap_or_else(|unreadable| unreadable);
        self.sources.add(Source::new(file.path.clone(), text));
        result
    }

    /// The second look at attributes.yaml, whose faults of form were told at the first.
    fn computed(&mut self, file: &TreeFile) {
        let AttributeScope::Listed(listed) = &self.scope.attributes else {
            return;
        };
        let Some(source) = listed.values().next().map(|attribute| attribute.source) else {
            return;
        };
        let text = self.sources.get(source).text();
        debug_assert_eq!(self.sources.get(source).name(), file.path);
        let mut told = Diagnostics::default();
        if let Some(document) = yaml::parse(source, text, &mut told) {
            lower::computed_attributes(&document, &mut self.scope, &mut self.diagnostics);
        }
    }

    fn all_flags(&mut self, files: &[FlagPath]) -> BTreeMap<FlagKey, Flag> {
        let files: Vec<&FlagPath> = files.iter().collect();
        let mut flags = BTreeMap::new();
        for read in self.read_flags(&files) {
            self.keep(read, &mut flags);
        }
        flags
    }

    /// Reads the named flags, then what these turn out to depend on, and so on.
    fn selected_flags(
        &mut self,
        keys: &[&str],
        files: &Files,
        apart: &[DependenciesApart],
    ) -> BTreeMap<FlagKey, Flag> {
        let mut needed_apart: BTreeMap<&str, Vec<&Dependency>> = BTreeMap::new();
        for list in apart {
            let needed = needed_apart.entry(list.flag.as_str()).or_default();
            needed.extend(&list.depends_on);
        }
        let mut flags = BTreeMap::new();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut wave: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        while !wave.is_empty() {
            wave.retain(|key| seen.insert(key.clone()));
            let paths: Vec<&FlagPath> = wave.iter().flat_map(|key| files.of_key(key)).collect();
            for read in self.read_flags(&paths) {
                self.keep(read, &mut flags);
            }
            let needed = wave.iter().flat_map(|key| {
                let flag = flags.get(key.as_str());
                let own = flag.into_iter().flat_map(|flag: &Flag| &flag.depends_on);
                let apart = needed_apart.get(key.as_str()).into_iter().flatten();
                own.chain(apart.copied())
            });
            let here = needed.filter(|dependency| dependency.repository.is_none());
            wave = here
                .map(|dependency| dependency.flag.as_str().to_owned())
                .collect();
        }
        flags
    }

    /// Reads files of flags, many in parallel.
    fn read_flags(&self, files: &[&FlagPath]) -> Vec<ReadFlag> {
        let first = self.sources.next_id();
        let (tree, scope) = (self.tree, &self.scope);
        let read = |(at, file): (usize, &&FlagPath)| read_flag(tree, file, first.plus(at), scope);
        if files.len() < FEW {
            return files.iter().enumerate().map(read).collect();
        }
        files.par_iter().enumerate().map(read).collect()
    }

    fn keep(&mut self, read: ReadFlag, flags: &mut BTreeMap<FlagKey, Flag>) {
        self.files += 1;
        self.sources.add(read.source);
        self.diagnostics.extend(read.diagnostics);
        if let Some(flag) = read.flag {
            flags.entry(flag.key.clone()).or_insert(flag);
        }
    }
}

fn read_flag(tree: &impl FileTree, file: &FlagPath, id: SourceId, scope: &Scope) -> ReadFlag {
    let mut diagnostics = Diagnostics::default();
    let head = Location::new(id, Span::default());
    diagnostics.extend(
        file.faults
            .iter()
            .map(|fault| fault.finding(file.stem(), head))
            .collect(),
    );
    let text = read_text(tree, &file.file, id, &mut diagnostics);
    let flag = text.as_deref().ok().and_then(|text| {
        let document = parse(id, text, &mut diagnostics)?;
        if file.is_foreign() {
            return None;
        }
        flag_of(&document, file.key.as_ref(), scope, &mut diagnostics)
    });
    ReadFlag {
        source: Source::new(
            file.file.path.clone(),
            text.unwrap_or_else(|unreadable| unreadable),
        ),
        flag,
        diagnostics,
    }
}

/// Reads what a flag's file says; one whose name is no key is checked all the same.
pub(super) fn flag_of(
    document: &Document<'_>,
    key: Option<&FlagKey>,
    scope: &Scope,
    diagnostics: &mut Diagnostics,
) -> Option<Flag> {
    schema::check(FileKind::Flag, document, diagnostics);
    if !document.root().is_map() {
        return None;
    }
    lower::flag(document, key?, scope, diagnostics)
}

/// Parses a file; one that says nothing is a fault of its own.
pub(crate) fn parse<'t>(
    id: SourceId,
    text: &'t str,
    diagnostics: &mut Diagnostics,
) -> Option<Document<'t>> {
    let before = diagnostics.len();
    let document = yaml::parse(id, text, diagnostics);
    let empty = document
        .as_ref()
        .is_none_or(|document| document.root().is_null());
    if empty && diagnostics.len() == before {
        let finding = Diagnostic::new(
            Code::EmptyFile,
            Location::new(id, Span::default()),
            "the file says nothing",
        );
        diagnostics.push(finding.help("fill it in, or remove it"));
    }
    document.filter(|_| !empty)
}

/// Returns the text of a file, or else what can be shown of it.
fn read_text(
    tree: &impl FileTree,
    file: &TreeFile,
    id: SourceId,
    diagnostics: &mut Diagnostics,
) -> Result<String, String> {
    let head = Location::new(id, Span::default());
    let read = match &file.problem {
        Some(problem) => Err(problem.clone()),
        None => tree.read(&file.path),
    };
    match read {
        Ok(Some(bytes)) => match String::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(error) => {
                let shown = String::from_utf8_lossy(error.as_bytes()).into_owned();
                diagnostics.push(not_utf8(&error, id));
                Err(shown)
            }
        },
        Ok(None) => {
            diagnostics.push(read_fault(&crate::tree::ReadError::NotAFile, head));
            Err(String::new())
        }
        Err(error) => {
            diagnostics.push(read_fault(&error, head));
            Err(String::new())
        }
    }
}

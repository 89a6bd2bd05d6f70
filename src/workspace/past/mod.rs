//! Flags as commits had them, each file's content read once.
//!
//! What a flag is depends on its own file and on its scope: the settings and the format's own files.
//! A [`PastScope`] is known by what its files hold, and a flag by its content beneath a scope, so
//! that nothing is read again because a commit lies between.

mod layout;
mod scope;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use crate::config::{self, Config};
use crate::diagnostic::Diagnostics;
use crate::git::{FileId, ObjectId, Objects, RevisionError};
use crate::lower::AttributeScope;
use crate::model::{Catalog, Flag, FlagKey};
use crate::text::{Source, SourceMap};
use crate::tree::{MAX_FILE_SIZE, MemoryTree};

use super::load::{ReadScope, flag_of, parse, read_scope};
use super::project::CONFIG_FILE;

pub use layout::{Layout, Part, ScopeFiles};
pub use scope::{PastScope, Reach};

/// Why a file cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, relative to ffctl.toml.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// What a flag's file held.
#[derive(Debug, Clone)]
pub enum Version {
    /// A flag.
    Sound(Arc<Flag>),
    /// Something that cannot be served.
    Broken(Arc<Fault>),
}

type Slot = Arc<OnceLock<Result<Version, RevisionError>>>;

/// A reader of flags as commits had them. It may be used from several threads.
#[derive(Debug)]
pub struct Past {
    objects: Arc<Objects>,
    scopes: Mutex<HashMap<ScopeFiles, Arc<PastScope>>>,
    flags: Mutex<HashMap<(usize, ObjectId, FlagKey), Slot>>,
    /// What counts instead of files that are broken, by those, the project's place, and up to which
    /// commit they are.
    sound: Mutex<HashMap<(ScopeFiles, Layout, ObjectId), Arc<PastScope>>>,
}

impl Past {
    /// Returns a reader of a repository's objects.
    #[must_use]
    pub fn new(objects: Arc<Objects>) -> Self {
        Self {
            objects,
            scopes: Mutex::default(),
            flags: Mutex::default(),
            sound: Mutex::default(),
        }
    }

    /// Returns the repository's objects.
    #[must_use]
    pub fn objects(&self) -> &Arc<Objects> {
        &self.objects
    }

    /// Returns the scope's files in a commit.
    ///
    /// # Errors
    ///
    /// Fails if the commit cannot be read.
    pub fn scope_files(&self, commit: ObjectId, layout: &Layout) -> anyhow::Result<ScopeFiles> {
        let mut files = ScopeFiles::default();
        for path in layout.scope_paths() {
            if let Some(entry) = self.objects.entry(commit, &path)? {
                files.0.insert(layout.inside(&path).to_owned(), entry.id);
            }
        }
        Ok(files)
    }

    /// Returns the flags folder that a scope names.
    ///
    /// # Errors
    ///
    /// Fails if ffctl.toml cannot be read from the repository.
    pub fn flags_folder(&self, files: &ScopeFiles) -> anyhow::Result<String> {
        let config = self.config(files)?;
        Ok(config.map_or_else(|| "flags".to_owned(), |config| config.flags))
    }

    /// Returns the name that a scope gives the project.
    ///
    /// # Errors
    ///
    /// Fails if ffctl.toml cannot be read from the repository.
    pub fn project_name(&self, files: &ScopeFiles) -> anyhow::Result<Option<String>> {
        Ok(self.config(files)?.and_then(|config| config.name))
    }

    fn config(&self, files: &ScopeFiles) -> anyhow::Result<Option<Config>> {
        let Some(id) = files.0.get(CONFIG_FILE) else {
            return Ok(None);
        };
        let text = self.objects.blob(*id)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut sources = SourceMap::default();
        let source = sources.add(Source::new(CONFIG_FILE, text.clone()));
        Ok(config::parse(source, &text, &mut Diagnostics::default()))
    }

    /// Returns what the files of a scope say.
    ///
    /// # Errors
    ///
    /// Fails if one cannot be read from the repository.
    pub fn scope(&self, files: &ScopeFiles) -> anyhow::Result<Arc<PastScope>> {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scope) = scopes.get(files) {
            return Ok(Arc::clone(scope));
        }
        let scope = Arc::new(self.read_scope(files, scopes.len())?);
        scopes.insert(files.clone(), Arc::clone(&scope));
        Ok(scope)
    }

    fn read_scope(&self, files: &ScopeFiles, number: usize) -> anyhow::Result<PastScope> {
        let config = self.config(files)?;
        let contents: anyhow::Result<Vec<(String, Vec<u8>)>> = files
            .0
            .iter()
            .map(|(path, id)| Ok((path.clone(), self.objects.blob(*id)?)))
            .collect();
        let folder = config.as_ref().map_or("flags", |config| &config.flags);
        let read = read_scope(&MemoryTree::new(contents?), folder);
        let faults = faults(&read.diagnostics, &read.sources);
        let ReadScope { scope, apart, .. } = read;
        let catalog = Catalog {
            project: config.as_ref().and_then(|config| config.name.clone()),
            bucketing: config.map(|config| config.bucketing).unwrap_or_default(),
            environments: scope.environments.clone().unwrap_or_default(),
            segments: scope.segments.clone().unwrap_or_default(),
            attributes: match &scope.attributes {
                AttributeScope::Listed(listed) => Some(listed.clone()),
                AttributeScope::Open | AttributeScope::Unreadable => None,
            },
            flags: BTreeMap::new(),
        };
        Ok(PastScope {
            number,
            files: files.clone(),
            catalog,
            faults,
            scope,
            apart,
        })
    }

    /// Returns what a flag's file held.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be read from the repository.
    pub fn flag(
        &self,
        scope: &PastScope,
        key: &FlagKey,
        path: &str,
        file: FileId,
    ) -> anyhow::Result<Version> {
        let place = (scope.number, file.id, key.clone());
        let slot = {
            let mut flags = self.flags.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(flags.entry(place).or_default())
        };
        let version = slot.get_or_init(|| {
            let bytes = self.objects.blob(file.id).map_err(of_object)?;
            Ok(version(scope, key, path, bytes))
        });
        Ok(version.clone()?)
    }

    /// Returns the scope that counts instead of a broken one, if it was told.
    #[must_use]
    pub fn sound_scope(
        &self,
        files: &ScopeFiles,
        layout: &Layout,
        until: ObjectId,
    ) -> Option<Arc<PastScope>> {
        let sound = self.sound.lock().unwrap_or_else(PoisonError::into_inner);
        sound.get(&(files.clone(), layout.clone(), until)).cloned()
    }

    /// Tells which scope counts instead of a broken one.
    pub fn tell_sound(
        &self,
        files: &ScopeFiles,
        layout: &Layout,
        until: ObjectId,
        scope: Arc<PastScope>,
    ) {
        let mut sound = self.sound.lock().unwrap_or_else(PoisonError::into_inner);
        sound.insert((files.clone(), layout.clone(), until), scope);
    }

    /// Returns whether a change of the scope may reach a flag.
    ///
    /// # Errors
    ///
    /// Fails if its file cannot be read from the repository.
    pub fn is_reached(&self, reach: &Reach, key: &FlagKey, file: FileId) -> anyhow::Result<bool> {
        let (names, flags) = match reach {
            Reach::Nothing => return Ok(false),
            Reach::All => return Ok(true),
            Reach::Some { names, flags } => (names, flags),
        };
        if flags.contains(key) || names.is_empty() {
            return Ok(flags.contains(key));
        }
        let bytes = self.objects.blob(file.id)?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(names.iter().any(|name| text.contains(name)))
    }

    /// Forgets a file that is not expected to be asked for again.
    pub fn forget(&self, scope: &PastScope, key: &FlagKey, file: FileId) {
        let mut flags = self.flags.lock().unwrap_or_else(PoisonError::into_inner);
        flags.remove(&(scope.number, file.id, key.clone()));
    }
}

/// Works on things in parallel, in their order.
pub fn in_parallel<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    things.par_iter().map(work).collect()
}

fn of_object(error: anyhow::Error) -> RevisionError {
    match error.downcast::<RevisionError>() {
        Ok(error) => error,
        Err(error) => RevisionError {
            message: format!("{error:#}"),
            hint: None,
        },
    }
}

fn version(scope: &PastScope, key: &FlagKey, path: &str, bytes: Vec<u8>) -> Version {
    let broken = |message: &str| {
        Version::Broken(Arc::new(Fault {
            path: path.to_owned(),
            line: 1,
            column: 1,
            message: message.to_owned(),
        }))
    };
    if bytes.len() as u64 > MAX_FILE_SIZE {
        return broken("the file is too large");
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return broken("the file is not UTF-8");
    };
    let mut diagnostics = Diagnostics::default();
    let mut sources = SourceMap::default();
    let document = parse(sources.next_id(), &text, &mut diagnostics);
    let flag =
        document.and_then(|document| flag_of(&document, Some(key), &scope.scope, &mut diagnostics));
    match flag {
        Some(mut flag) if !diagnostics.has_errors() => {
            let apart = scope.apart.iter().filter(|list| list.flag == *key);
            flag.depends_on
                .extend(apart.flat_map(|list| list.depends_on.iter().cloned()));
            Version::Sound(Arc::new(flag))
        }
        _ => {
            sources.add(Source::new(path, text));
            let fault = faults(&diagnostics, &sources).into_iter().next();
            fault.map_or_else(
                || broken("it is no flag"),
                |fault| Version::Broken(Arc::new(fault)),
            )
        }
    }
}

/// Returns the first error of each file.
fn faults(diagnostics: &Diagnostics, sources: &SourceMap) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for error in diagnostics.errors() {
        let path = sources.get(error.location.source).name();
        if faults.iter().any(|fault| fault.path == path) {
            continue;
        }
        let position = sources.start(error.location);
        faults.push(Fault {
            path: path.to_owned(),
            line: position.line,
            column: position.column,
            message: error.message.clone(),
        });
    }
    faults
}

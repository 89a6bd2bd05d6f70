//! Flags as commits had them, each file's content read once.
//!
//! What a flag is depends on its own file and on its scope: the settings and the format's own files.
//! A [`PastScope`] is known by what its files hold, and a flag by its content beneath a scope, so
//! that nothing is read again because a commit lies between.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use crate::config::{self, Config};
use crate::diagnostic::Diagnostics;
use crate::git::{Difference, FileId, ObjectId, Objects, RevisionError};
use crate::lower::{AttributeScope, DependenciesApart, Scope};
use crate::model::{Catalog, Condition, Dependency, Flag, FlagKey, Leaf, Name, Segment};
use crate::text::{Source, SourceMap};
use crate::tree::{MAX_FILE_SIZE, MemoryTree};

use super::files::{special_kind, yaml_stem};
use super::load::{ReadScope, flag_of, parse, read_scope};
use super::project::CONFIG_FILE;

/// Where a project's files are in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Layout {
    /// The project's folder, with a slash behind it; empty for the root of the repository.
    pub prefix: String,
    /// The folder of the flags' files, relative to the project's.
    pub flags: String,
}

/// What a file of a project is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// ffctl.toml, or one of the format's own files, by its path in the project.
    Scope(String),
    /// A flag.
    Flag(FlagKey),
}

/// The contents of ffctl.toml and the format's own files, by path in the project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ScopeFiles(BTreeMap<String, ObjectId>);

/// What flags were read in the light of.
#[derive(Debug)]
pub struct PastScope {
    /// Tells scopes apart.
    number: usize,
    /// The files.
    pub files: ScopeFiles,
    /// Everything but the flags.
    pub catalog: Catalog,
    /// The first fault of each file that has one, by path in the project.
    pub faults: Vec<Fault>,
    scope: Scope,
    apart: Vec<DependenciesApart>,
}

/// Which flags a change of the scope may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// None.
    Nothing,
    /// Those whose files hold one of the names, and those of the keys.
    Some {
        /// Names of segments and attributes.
        names: BTreeSet<String>,
        /// Keys.
        flags: BTreeSet<FlagKey>,
    },
    /// All.
    All,
}

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

impl Layout {
    /// Returns the path of ffctl.toml in the repository.
    #[must_use]
    pub fn config_path(&self) -> String {
        format!("{}{CONFIG_FILE}", self.prefix)
    }

    /// Returns the path of the flags folder in the repository.
    #[must_use]
    pub fn folder(&self) -> String {
        let folder = format!("{}{}", self.prefix, self.flags);
        folder.trim_end_matches('/').to_owned()
    }

    /// Returns the paths that the format's own files can have in the repository.
    pub fn scope_paths(&self) -> impl Iterator<Item = String> + '_ {
        let stems = [
            "environments",
            "segments",
            "attributes",
            "flag-dependencies",
        ];
        let names = stems.into_iter().flat_map(|stem| {
            ["yaml", "yml"].map(|extension| format!("{}/{stem}.{extension}", self.folder()))
        });
        std::iter::once(self.config_path())
            .chain(names.map(|path| path.trim_start_matches('/').to_owned()))
    }

    /// Returns a path of the repository as the project calls it.
    #[must_use]
    pub fn inside<'p>(&self, path: &'p str) -> &'p str {
        path.strip_prefix(&self.prefix).unwrap_or(path)
    }

    /// Returns what a file of the repository is to the project; `None` for what it does not read.
    #[must_use]
    pub fn part(&self, path: &str) -> Option<Part> {
        let own = path.strip_prefix(&self.prefix)?;
        if own == CONFIG_FILE {
            return Some(Part::Scope(own.to_owned()));
        }
        let below = own.strip_prefix(&self.flags)?;
        if !self.flags.is_empty() && !below.starts_with('/') {
            return None;
        }
        let below = below.trim_start_matches('/');
        if below.split('/').any(|part| part.starts_with('.')) {
            return None;
        }
        let stem = yaml_stem(below)?;
        if special_kind(stem).is_some() {
            return (!below.contains('/')).then(|| Part::Scope(own.to_owned()));
        }
        FlagKey::new(stem).ok().map(Part::Flag)
    }
}

impl ScopeFiles {
    /// Returns the files as they were before a commit that has changed them.
    #[must_use]
    pub fn before(&self, layout: &Layout, differences: &[Difference]) -> Self {
        let mut files = self.clone();
        for difference in differences {
            if let Some(Part::Scope(path)) = layout.part(&difference.path) {
                files.set(path, difference.before);
            }
        }
        files
    }

    /// Returns the paths of those that two scopes do not have in common.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<String> {
        let paths = self.0.keys().chain(other.0.keys());
        let differs = |path: &&String| self.0.get(*path) != other.0.get(*path);
        let mut paths: Vec<String> = paths.filter(differs).cloned().collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Returns whether there is a project.
    #[must_use]
    pub fn has_project(&self) -> bool {
        self.0.contains_key(CONFIG_FILE)
    }

    /// Returns whether both have the same ffctl.toml.
    #[must_use]
    pub fn same_config(&self, other: &Self) -> bool {
        self.0.get(CONFIG_FILE) == other.0.get(CONFIG_FILE)
    }

    /// Returns the content of a file.
    #[must_use]
    pub fn id(&self, path: &str) -> Option<ObjectId> {
        self.0.get(path).copied()
    }

    fn set(&mut self, path: String, file: Option<FileId>) {
        match file {
            Some(file) => self.0.insert(path, file.id),
            None => self.0.remove(&path),
        };
    }
}

impl PastScope {
    /// Returns which flags' records may differ from what they are in another scope. What protects an
    /// environment decides nothing.
    #[must_use]
    pub fn reach(&self, other: &Self) -> Reach {
        if self.files == other.files {
            return Reach::Nothing;
        }
        let is_general = self.catalog.bucketing != other.catalog.bucketing
            || self.inheritance() != other.inheritance()
            || self.catalog.attributes.is_some() != other.catalog.attributes.is_some()
            || !(self.faults.is_empty() && other.faults.is_empty());
        if is_general {
            return Reach::All;
        }
        let mut names = self.changed_attributes(other);
        names.extend(self.changed_segments(other));
        for scope in [self, other] {
            scope.close(&mut names);
        }
        let flags = self.changed_lists(other);
        if names.is_empty() && flags.is_empty() {
            return Reach::Nothing;
        }
        Reach::Some { names, flags }
    }

    fn changed_segments(&self, other: &Self) -> BTreeSet<String> {
        let (one, other) = (&self.catalog.segments, &other.catalog.segments);
        let names = one.keys().chain(other.keys());
        let conditions = |segments: &BTreeMap<Name, Segment>, name: &Name| {
            segments.get(name).map(|segment| segment.conditions.clone())
        };
        let differs = |name: &&Name| conditions(one, name) != conditions(other, name);
        names
            .filter(differs)
            .map(|name| name.as_str().to_owned())
            .collect()
    }

    fn changed_attributes(&self, other: &Self) -> BTreeSet<String> {
        let none = BTreeMap::new();
        let one = self.catalog.attributes.as_ref().unwrap_or(&none);
        let other = other.catalog.attributes.as_ref().unwrap_or(&none);
        let names = one.keys().chain(other.keys());
        let same = |name: &String| match (one.get(name), other.get(name)) {
            (Some(one), Some(other)) => one.decides_as(other),
            _ => false,
        };
        names.filter(|name| !same(name)).cloned().collect()
    }

    /// Returns the flags whose dependencies are written apart, and otherwise.
    fn changed_lists(&self, other: &Self) -> BTreeSet<FlagKey> {
        let of = |scope: &Self, flag: &FlagKey| -> Vec<Dependency> {
            let lists = scope.apart.iter().filter(|list| list.flag == *flag);
            lists.flat_map(|list| list.depends_on.clone()).collect()
        };
        let lists = self.apart.iter().chain(&other.apart);
        let differs = |flag: &FlagKey| of(self, flag) != of(other, flag);
        lists
            .map(|list| &list.flag)
            .filter(|flag| differs(flag))
            .cloned()
            .collect()
    }

    /// Adds the segments and attributes that use one of the names, themselves or through others.
    fn close(&self, names: &mut BTreeSet<String>) {
        loop {
            let before = names.len();
            for (name, segment) in &self.catalog.segments {
                if uses(&segment.conditions, names) {
                    names.insert(name.as_str().to_owned());
                }
            }
            for (name, attribute) in self.catalog.attributes.iter().flatten() {
                let mut entries = attribute.computed.iter().flatten();
                if entries.any(|entry| uses(&entry.conditions, names)) {
                    names.insert(name.clone());
                }
            }
            if names.len() == before {
                return;
            }
        }
    }

    fn inheritance(&self) -> Vec<(&str, Option<&str>)> {
        let environments = &self.catalog.environments;
        let list = environments.iter().map(|(id, environment)| {
            let parent = environments.sync_parent(id).map(|id| environments.get(id));
            let parent = parent.map(|parent| parent.name.as_str());
            (environment.name.as_str(), parent)
        });
        list.collect()
    }
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

/// Returns whether conditions use a segment or an attribute of the names.
fn uses(conditions: &[Condition], names: &BTreeSet<String>) -> bool {
    let mut found = false;
    for condition in conditions {
        condition.walk(&mut |leaf| {
            found |= match leaf {
                Leaf::Test(test) => names.contains(&*test.attribute),
                Leaf::Segment(name, _) => names.contains(name.as_str()),
            }
        });
    }
    found
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart() {
        let layout = Layout {
            prefix: "app/".to_owned(),
            flags: "flags".to_owned(),
        };
        let scope = |path: &str| Some(Part::Scope(path.to_owned()));
        assert_eq!(layout.part("app/ffctl.toml"), scope("ffctl.toml"));
        assert_eq!(
            layout.part("app/flags/segments.yml"),
            scope("flags/segments.yml")
        );
        assert_eq!(layout.part("app/flags/a/segments.yml"), None);
        assert_eq!(layout.part("app/flags/.a/x.yaml"), None);
        assert_eq!(layout.part("app/flagsome/x.yaml"), None);
        assert_eq!(layout.part("flags/x.yaml"), None);
        let key = FlagKey::new("x").ok().map(Part::Flag);
        assert_eq!(layout.part("app/flags/a/x.yaml"), key);
    }
}

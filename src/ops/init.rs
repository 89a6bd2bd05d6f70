//! `init`: a new project; and `schema --write`: the schemas beside it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;

use crate::workspace::CONFIG_FILE;

use super::UsageError;
use super::export::write_file;

/// The files of the example catalog, built into the program.
macro_rules! example {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../", $path)))),*]
    };
}

include!("example_files.rs");

/// The first files of a project that is not the example.
const FIRST_FILES: &[(&str, &str)] = &[
    (CONFIG_FILE, include_str!("init/ffctl.toml")),
    (
        "flags/environments.yaml",
        include_str!("init/environments.yaml"),
    ),
    (
        "flags/welcome_banner.yaml",
        include_str!("init/welcome_banner.yaml"),
    ),
];

/// Where to begin a project.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// The folder; it is made if it does not exist.
    pub folder: PathBuf,
    /// Whether to write the example catalog instead of a first flag.
    pub example: bool,
}

/// A JSON Schema with the name of its kind.
#[derive(Debug, Clone)]
pub struct SchemaDocument {
    /// The kind: `flag`, `ruleset`, `list-output`.
    pub kind: String,
    /// The schema.
    pub schema: Value,
}

impl SchemaDocument {
    /// Returns the name of the schema's file.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.schema.json", self.kind)
    }

    /// Returns the schema's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.schema).expect("a schema is JSON");
        text.push('\n');
        text
    }
}

/// What was written.
#[derive(Debug, Clone)]
pub struct InitReport {
    /// The files, relative to the folder.
    pub files: Vec<String>,
}

/// Writes the first files of a project, and its schemas.
///
/// # Errors
///
/// Fails, and writes nothing, if one of the files is there already; fails if a file cannot be
/// written.
pub fn init(options: &InitOptions, schemas: &[SchemaDocument]) -> anyhow::Result<InitReport> {
    let texts: &[(&str, &str)] = if options.example {
        EXAMPLE_FILES
    } else {
        FIRST_FILES
    };
    let mut files: Vec<(String, String)> = texts
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    files.extend(
        schemas
            .iter()
            .map(|schema| (format!("schema/{}", schema.file_name()), schema.text())),
    );
    if let Some((taken, _)) = files
        .iter()
        .find(|(path, _)| options.folder.join(path).exists())
    {
        let hint =
            "`init` begins new projects and overwrites nothing; choose another folder with `-C`"
                .to_owned();
        return Err(UsageError::new(format!("`{taken}` is there already"), hint).into());
    }
    for (path, text) in &files {
        let path = options.folder.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        }
        write_file(&path, text.as_bytes())?;
    }
    Ok(InitReport {
        files: files.into_iter().map(|(path, _)| path).collect(),
    })
}

/// Writes schemas into a folder, those that changed only. Returns the names of the written files.
///
/// # Errors
///
/// Fails if a file cannot be written.
pub fn write_schemas(folder: &Path, schemas: &[SchemaDocument]) -> anyhow::Result<Vec<String>> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let mut written = Vec::new();
    for schema in schemas {
        let path = folder.join(schema.file_name());
        let text = schema.text();
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            write_file(&path, text.as_bytes())?;
            written.push(schema.file_name());
        }
    }
    Ok(written)
}

//! The architecture, kept: who may use whom, and which crate is at home where.
//!
//! The same table, with what each module is for, is the first page of the crate's documentation.
//! The sources are scanned for `crate::` paths; a module may use those of layers above its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The layers, in order. Modules of one layer do not use each other.
const LAYERS: &[(&str, &[&str])] = &[
    ("ground", &["text", "ruleset"]),
    ("findings", &["diagnostic"]),
    (
        "trees",
        &["document", "literal", "graph", "words", "format"],
    ),
    ("reading", &["yaml", "model"]),
    ("shape", &["schema"]),
    ("meaning", &["config", "lower"]),
    ("resolution", &["resolve"]),
    ("records", &["record"]),
    ("judgement", &["check", "compile", "patch", "policy"]),
    ("differences", &["diff"]),
    ("answers", &["evaluate"]),
    ("edges", &["tree", "store", "git"]),
    ("project", &["workspace"]),
    ("use cases", &["ops"]),
    ("reports", &["output"]),
    ("program", &["cli"]),
];

/// What some modules may not use although it stands above them.
const NARROWER: &[(&str, &[&str])] = &[
    // An engine is embedded by those who have a ruleset and nothing else.
    ("evaluate", &["ruleset", "literal"]),
    // Where files come from has nothing to do with what they mean.
    ("tree", &[]),
    ("store", &[]),
    ("git", &[]),
    // Reports and commands see use cases, and the types in their reports.
    (
        "output",
        &[
            "diagnostic",
            "diff",
            "evaluate",
            "literal",
            "model",
            "ops",
            "record",
            "ruleset",
            "schema",
            "text",
            "words",
        ],
    ),
    (
        "cli",
        &[
            "diagnostic",
            "document",
            "literal",
            "model",
            "ops",
            "output",
            "patch",
            "ruleset",
            "text",
            "workspace",
        ],
    ),
];

/// The modules in which each of these crates may be named.
const HOMES: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["output"]),
    ("anstream", &["cli"]),
    (
        "anyhow",
        &["cli", "git", "ops", "output", "store", "tree", "workspace"],
    ),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("comfy_table", &["output"]),
    ("git2", &["git"]),
    ("granit_parser", &["yaml"]),
    ("hashbrown", &["evaluate"]),
    ("jsonschema", &["schema"]),
    ("rayon", &["workspace"]),
    (
        "schemars",
        &["format", "output", "record", "ruleset", "schema"],
    ),
    ("serde_json_canonicalizer", &["compile"]),
    ("signal_hook", &["git"]),
    ("similar", &["ops", "output"]),
    ("sha2", &["compile"]),
    ("strsim", &["diagnostic"]),
    ("tempfile", &["git", "ops", "store", "tree", "workspace"]),
    ("toml", &["config"]),
    ("walkdir", &["store"]),
];

/// What only edges may touch: files, environment, clock, processes, streams.
const WORLD: &[&str] = &[
    "std::fs",
    "fs::",
    "std::env",
    "env::",
    "std::process",
    "process::",
    "std::io::stdin",
    "std::io::stdout",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "Instant::now",
];

/// The modules that may.
const EDGES: &[&str] = &["cli", "git", "main", "ops", "store", "tree", "workspace"];

/// The code of every module, without comments.
fn modules() -> BTreeMap<String, String> {
    let mut modules = BTreeMap::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        None,
        &mut modules,
    );
    assert!(modules.len() > 20, "the sources are read");
    modules
}

fn collect(folder: &Path, module: Option<&str>, modules: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let module = module.unwrap_or(&stem);
        if path.is_dir() {
            collect(&path, Some(module), modules);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let code = modules.entry(module.to_owned()).or_default();
            for line in fs::read_to_string(&path).unwrap().lines() {
                code.push_str(line.split("//").next().unwrap_or_default());
                code.push('\n');
            }
        }
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Returns what stands behind each occurrence of a path that begins with `prefix`.
fn behind<'c>(code: &'c str, prefix: &str) -> Vec<&'c str> {
    code.match_indices(prefix)
        .filter(|(at, _)| !code[..*at].ends_with(|before| is_word(before) || before == ':'))
        .map(|(at, _)| &code[at + prefix.len()..])
        .collect()
}

/// Returns the first names of a path, or of a braced list of paths.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| text.trim().chars().take_while(|c| is_word(*c)).collect();
    let Some(list) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let (mut depth, mut begin, mut names) = (0, 0, Vec::new());
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(&list[begin..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(name(&list[begin..at]));
                begin = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name: &String| !name.is_empty());
    names
}

fn layer(module: &str) -> Option<usize> {
    LAYERS
        .iter()
        .position(|(_, modules)| modules.contains(&module))
}

#[test]
fn every_module_has_a_layer() {
    let known: BTreeSet<&str> = LAYERS
        .iter()
        .flat_map(|(_, modules)| modules.iter().copied())
        .collect();
    let modules = modules();
    let found: BTreeSet<&str> = modules
        .keys()
        .map(String::as_str)
        .filter(|module| !["lib", "main"].contains(module))
        .collect();
    assert_eq!(found, known);
}

#[test]
fn modules_use_earlier_layers_only() {
    let mut faults = Vec::new();
    for (module, code) in modules() {
        let Some(own) = layer(&module) else { continue };
        let narrower = NARROWER.iter().find(|(name, _)| *name == module);
        let used: BTreeSet<String> = behind(&code, "crate::")
            .into_iter()
            .flat_map(first_names)
            .filter(|name| *name != module)
            .collect();
        for name in used {
            let allowed = narrower.is_none_or(|(_, allowed)| allowed.contains(&name.as_str()));
            if !allowed || layer(&name).is_none_or(|layer| layer >= own) {
                faults.push(format!("`{module}` uses `{name}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn crates_stay_at_home() {
    let mut faults = Vec::new();
    for (module, code) in modules() {
        for (name, homes) in HOMES {
            let is_used = !behind(&code, &format!("{name}::")).is_empty();
            if is_used && !homes.contains(&module.as_str()) {
                faults.push(format!("`{module}` uses the crate `{name}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn only_edges_touch_the_world() {
    let mut faults = Vec::new();
    for (module, code) in modules() {
        for part in WORLD {
            if !behind(&code, part).is_empty() && !EDGES.contains(&module.as_str()) {
                faults.push(format!("`{module}` uses `{part}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_crate_page_shows_the_same_layers() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"));
    let page = page.unwrap();
    let shown: Vec<(String, Vec<String>)> = page
        .lines()
        .skip_while(|line| *line != "//! | --- | --- |")
        .skip(1)
        .map_while(|line| line.strip_prefix("//! | "))
        .map(|row| {
            let (layer, modules) = row.split_once(" | ").unwrap();
            // `[`name`]: what it is for`, with `mod@` where a name means more than one thing.
            let modules = modules
                .split("[`")
                .skip(1)
                .filter_map(|part| part.split_once("`]: "))
                .map(|(name, _)| name.trim_start_matches("mod@").to_owned());
            (layer.to_owned(), modules.collect())
        })
        .collect();
    let wanted: Vec<(String, Vec<String>)> = LAYERS
        .iter()
        .map(|(layer, modules)| {
            (
                (*layer).to_owned(),
                modules.iter().map(|&module| module.to_owned()).collect(),
            )
        })
        .collect();
    assert_eq!(shown, wanted);
}

#[test]
fn paths_are_read() {
    assert_eq!(first_names("model::{A, B};"), ["model"]);
    assert_eq!(
        first_names("{model::{A, B}, text, yaml::x,};"),
        ["model", "text", "yaml"]
    );
    assert_eq!(
        behind("a::toml::x toml::y mytoml::z", "toml::"),
        ["y mytoml::z"]
    );
}

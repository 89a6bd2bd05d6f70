//! `schema`, and the folder schema/ of the repository.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Sandbox, files_below, repository};

fn kinds(sandbox: &Sandbox) -> Vec<String> {
    let output = sandbox.run(["schema"]).exits(0);
    output.stdout.lines().map(str::to_owned).collect()
}

/// The folder is generated: `ffctl schema --write schema`.
#[test]
fn the_committed_schemas_are_what_the_program_generates() {
    let sandbox = Sandbox::empty();
    sandbox.run(["schema", "--write", "schema"]).exits(0);
    let read = |folder: PathBuf| -> Vec<(String, String)> {
        let files = files_below(&folder).into_iter();
        let texts = files.map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            (
                name,
                std::fs::read_to_string(file).unwrap().replace("\r\n", "\n"),
            )
        });
        texts.collect()
    };
    let (fresh, committed) = (
        read(sandbox.root().join("schema")),
        read(repository().join("schema")),
    );
    let names = |files: &[(String, String)]| {
        files
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&fresh), names(&committed));
    for ((name, fresh), (_, committed)) in fresh.iter().zip(&committed) {
        assert!(
            fresh == committed,
            "schema/{name} is stale: run `ffctl schema --write schema`"
        );
    }
}

#[test]
fn every_kind_prints_a_schema_that_compiles() {
    let sandbox = Sandbox::empty();
    let kinds = kinds(&sandbox);
    for kind in [
        "flag",
        "environments",
        "segments",
        "attributes",
        "flag-dependencies",
        "config",
        "ruleset",
    ] {
        assert!(kinds.contains(&kind.to_owned()), "{kind}");
    }
    for kind in kinds {
        let schema = sandbox.run(["schema", &kind]).exits(0).json();
        assert_eq!(
            schema["$schema"], "https://json-schema.org/draft/2020-12/schema",
            "{kind}"
        );
        assert!(schema["title"].is_string(), "{kind}");
        jsonschema::validator_for(&schema).unwrap();
    }
}

#[test]
fn writing_again_writes_nothing() {
    let sandbox = Sandbox::empty();
    let first = sandbox.run(["schema", "--write", "out"]).exits(0);
    assert_eq!(first.stdout.lines().count(), kinds(&sandbox).len());
    assert_eq!(
        sandbox.run(["schema", "--write", "out"]).exits(0).stdout,
        ""
    );
    sandbox.write("out/flag.schema.json", "{}");
    let third = sandbox.run(["schema", "flag", "--write", "out"]).exits(0);
    assert_eq!(
        third.stdout.replace('\\', "/"),
        "wrote out/flag.schema.json\n"
    );
}

/// Editors complain of nothing that ffctl accepts.
#[test]
fn the_example_fits_the_published_schemas() {
    let sandbox = Sandbox::example();
    let schema = |kind: &str| sandbox.run(["schema", kind]).exits(0).json();
    let special = [
        "environments",
        "segments",
        "attributes",
        "flag-dependencies",
    ];
    let validators = special.map(|kind| (kind, jsonschema::validator_for(&schema(kind)).unwrap()));
    let flag = jsonschema::validator_for(&schema("flag")).unwrap();
    for file in files_below(&sandbox.root().join("flags")) {
        let stem = file.file_stem().unwrap().to_str().unwrap();
        let validator = validators
            .iter()
            .find(|(kind, _)| *kind == stem)
            .map_or(&flag, |(_, found)| found);
        let value: Value = serde_yaml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
    }
}

/// What the program prints fits the schema that it publishes for it.
#[test]
fn outputs_fit_their_schemas() {
    let sandbox = Sandbox::example().file("flags/bad.yaml", "tpye: 1\ntype: boolean\n");
    for (kind, arguments) in [
        ("list-output", vec!["list", "--json"]),
        (
            "show-output",
            vec!["show", "--json", "--flag", "payments_provider"],
        ),
        ("environments-output", vec!["environments", "--json"]),
        ("validate-output", vec!["validate", "--json"]),
    ] {
        let schema = sandbox.run(["schema", kind]).exits(0).json();
        let output = sandbox.run(&arguments).json();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&output)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{kind}: {errors:?}");
    }
    let schema = sandbox.run(["schema", "error-output"]).exits(0).json();
    let error = sandbox
        .run(["show", "--json", "--flag", "gone"])
        .exits(2)
        .error_json();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&error));
}

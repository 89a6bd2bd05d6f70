//! `init`

use crate::support::{Sandbox, files_below};

#[test]
fn a_first_project_is_sound() {
    let sandbox = Sandbox::empty();
    let output = sandbox.run(["init"]).exits(0);
    for file in [
        "ffctl.toml",
        "flags/environments.yaml",
        "schema/flag.schema.json",
    ] {
        assert!(
            output.stdout.contains(&format!("wrote {file}\n")),
            "{output}"
        );
        assert!(!sandbox.read(file).is_empty());
    }
    let output = sandbox.run(["validate", "--deny", "warnings"]).exits(0);
    assert_eq!(output.stdout, "1 flag in 2 files: no findings\n");
}

#[test]
fn the_example_is_sound() {
    let sandbox = Sandbox::empty();
    sandbox.run(["init", "--example"]).exits(0);
    let output = sandbox.run(["validate", "--deny", "warnings"]).exits(0);
    assert!(output.stdout.ends_with(": no findings\n"), "{output}");
}

/// What `init --example` writes is the repository's own catalog, byte for byte and all of it.
#[test]
fn the_example_is_the_catalog_of_the_repository() {
    let (written, own) = (Sandbox::empty(), Sandbox::example());
    written.run(["init", "--example"]).exits(0);
    let read = |sandbox: &Sandbox, folder: &str| -> Vec<(String, String)> {
        let root = sandbox.root();
        let files = files_below(&root.join(folder)).into_iter();
        let texts = files.map(|file| {
            let path = file
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            (path, std::fs::read_to_string(&file).unwrap())
        });
        texts.collect()
    };
    assert_eq!(read(&written, "flags"), read(&own, "flags"));
    assert_eq!(written.read("ffctl.toml"), own.read("ffctl.toml"));
}

#[test]
fn nothing_is_overwritten_and_nothing_is_written_by_halves() {
    let sandbox = Sandbox::empty().file("flags/environments.yaml", "mine\n");
    for arguments in [vec!["init"], vec!["init", "--example"]] {
        let output = sandbox.run(&arguments).exits(2);
        assert!(
            output
                .stderr
                .contains("error: `flags/environments.yaml` is there already"),
            "{output}"
        );
    }
    let root = sandbox.root();
    assert_eq!(files_below(&root), [root.join("flags/environments.yaml")]);
    assert_eq!(sandbox.read("flags/environments.yaml"), "mine\n");
}

#[test]
fn a_new_folder_may_be_named() {
    let sandbox = Sandbox::empty();
    let document = sandbox
        .run(["init", "-C", "shop/web", "--json"])
        .exits(0)
        .json();
    assert_eq!(document["format"], "ffctl.init/v1");
    assert_eq!(document["files"][0], "ffctl.toml");
    sandbox
        .command(["validate"])
        .inside("shop/web/flags")
        .run()
        .exits(0);
}

//! `export`

use serde_json::{Value, json};

use crate::support::{Sandbox, repository};

const RULESET: [&str; 3] = ["export", "--format", "ruleset"];

fn export(sandbox: &Sandbox, options: &[&str]) -> crate::support::Output {
    sandbox.run([&RULESET, options].concat())
}

fn named() -> Sandbox {
    Sandbox::new().file("ffctl.toml", "[project]\nname = \"p\"\n").file(
        "flags/x.yaml",
        "default_value: false\ntags: [web]\nenvironments:\n  production: {enabled: true, percentage: 12.5}\n",
    )
}

/// The document is canonical, says nothing of clock or folder, and fits its schema.
#[test]
fn a_ruleset_is_one_canonical_document() {
    let output = export(&named(), &["--env", "production"]).exits(0);
    let document = output.json();
    let version = document["version"].as_str().unwrap();
    assert!(
        version.starts_with("sha256:") && version.len() == 71,
        "{version}"
    );
    let mut expected = json!({
        "environment": "production",
        "flags": {"x": {
            "bucketing": "flagd-v2", "off": 0, "type": "boolean",
            "outcomes": [{"value": false, "variant": "off"}, {"value": true, "variant": "on"}],
            "phases": [{"default": 0, "enabled": true, "serving": {"exposure": {"ranges": [[0, 12_500]], "salt": "x"}, "outcome": 1}}],
        }},
        "format": "ffctl.ruleset/v1",
        "project": "p",
    });
    expected["version"] = Value::from(version);
    assert_eq!(document, expected);
    assert!(
        !output.stdout.trim_end().contains([' ', '\n']),
        "canonical JSON has no blanks"
    );
    let schema = std::fs::read_to_string(repository().join("schema/ruleset.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    jsonschema::validate(&schema, &document).unwrap();
    let example = export(&Sandbox::example(), &["--env", "production"])
        .exits(0)
        .json();
    jsonschema::validate(&schema, &example).unwrap();
}

#[test]
fn the_same_definitions_give_the_same_bytes() {
    let (here, there) = (named(), named());
    let later = there
        .command([&RULESET[..], &["--env", "production"]].concat())
        .now(Some("2031-01-01T00:00:00Z"));
    assert_eq!(
        export(&here, &["--env", "production"]).stdout,
        later.run().stdout
    );
}

/// Checked, a file is up to date, stale or missing; written, it is made with its folder.
#[test]
fn check_tells_whether_a_file_is_what_would_be_written() {
    let sandbox = named();
    let target = ["--env", "production", "--output", "dist/p.json"];
    let check = [&target[..], &["--check"]].concat();
    let status = |output: &crate::support::Output| output.json()["outputs"][0]["status"].clone();
    let json = |options: &[&str]| export(&sandbox, &[options, &["--json"]].concat());
    assert_eq!(status(&json(&check).exits(1)), "missing");
    assert_eq!(status(&json(&target).exits(0)), "written");
    assert_eq!(status(&json(&target).exits(0)), "unchanged");
    assert_eq!(status(&json(&check).exits(0)), "unchanged");
    let before = sandbox.read("dist/p.json");
    sandbox.write(
        "flags/x.yaml",
        "default_value: false\ntags: [web]\nenvironments: {production: true}\n",
    );
    let output = export(&sandbox, &check).exits(1);
    assert!(output.stdout.contains("stale"), "{output}");
    assert_eq!(
        sandbox.read("dist/p.json"),
        before,
        "a check writes nothing"
    );
    export(&sandbox, &["--env", "production", "--check"]).exits(2);
}

#[test]
fn tags_take_their_flags_and_what_those_depend_on() {
    let sandbox = named()
        .file("flags/base.yaml", "default_value: false\nenvironments: {production: true}\n")
        .file("flags/other.yaml", "default_value: false\nenvironments: {production: true}\n")
        .file(
            "flags/y.yaml",
            "default_value: false\ntags: [web]\ndepends_on: [{flag: base, required_value: true}]\nenvironments: {production: true}\n",
        );
    let document = export(&sandbox, &["--env", "production", "--tag", "web"])
        .exits(0)
        .json();
    let keys: Vec<&String> = document["flags"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["base", "x", "y"]);
    let output = export(&sandbox, &["--env", "production", "--tag", "wbe"]).exits(2);
    assert!(output.stderr.contains("`web`"), "{output}");
}

#[test]
fn what_does_not_compile_is_not_exported() {
    let sandbox = named().file("flags/broken.yaml", "default_value: 5\ntype: boolean\n");
    let output = export(&sandbox, &["--env", "production", "--output", "p.json"]).exits(1);
    assert!(output.stderr.contains("value-type-mismatch"), "{output}");
    assert!(!sandbox.root().join("p.json").exists());
    let nameless = Sandbox::new();
    let output = export(&nameless, &["--env", "production"]).exits(2);
    assert!(output.stderr.contains("name"), "{output}");
    export(&nameless, &[]).exits(2);
}

/// Free data of flags, rules, segments and environments is exported, and changes no answer.
#[test]
fn metadata_of_every_kind_is_exported() {
    let sandbox = Sandbox::new()
        .file("ffctl.toml", "[project]\nname = \"p\"\n")
        .file("flags/environments.yaml", "environments:\n  test:\n    metadata: {region: eu}\n")
        .file(
            "flags/segments.yaml",
            "segments:\n  beta:\n    conditions: []\n    metadata: {crm: 7}\n  plain:\n    conditions: []\n",
        )
        .file(
            "flags/x.yaml",
            "default_value: false\nmetadata: {jira: CHK-42}\ntargeting_rules:\n  - name: testers\n    \
             conditions: [{segment: beta}, {segment: plain}]\n    metadata: {reviewed: true}\nenvironments:\n  \
             test: {enabled: true, percentage: 5}\n",
        );
    let output = export(&sandbox, &["--env", "test"]).exits(0);
    let document = output.json();
    assert_eq!(
        document["metadata"],
        json!({"environment": {"region": "eu"}, "segments": {"beta": {"crm": 7}}})
    );
    let flag = &document["flags"]["x"];
    assert_eq!(flag["metadata"], json!({"jira": "CHK-42"}));
    assert_eq!(
        flag["phases"][0]["rules"][0]["metadata"],
        json!({"reviewed": true})
    );
    let ready = ffctl::evaluate::Engine::from_json(output.stdout.as_bytes());
    assert!(ready.is_ok(), "{:?}", ready.err());
}

/// The envelope says where the definitions came from: nowhere, a commit, a changed commit.
#[test]
fn the_envelope_holds_what_the_document_leaves_out() {
    let sandbox = named();
    let envelope = || -> Value {
        export(
            &sandbox,
            &[
                "--env",
                "production",
                "--output",
                "p.json",
                "--envelope",
                "e.json",
            ],
        )
        .exits(0);
        serde_json::from_str(&sandbox.read("e.json")).unwrap()
    };
    let outside = envelope();
    assert_eq!(
        (&outside["commit"], &outside["dirty"]),
        (&Value::Null, &Value::Null)
    );
    let repository = git2::Repository::init(sandbox.root()).unwrap();
    assert_eq!(envelope()["commit"], Value::Null, "before the first commit");
    let author =
        git2::Signature::new("A", "a@example.com", &git2::Time::new(1_790_000_000, 60)).unwrap();
    let mut index = repository.index().unwrap();
    index
        .add_all(["ffctl.toml", "flags"], git2::IndexAddOption::DEFAULT, None)
        .unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let commit = repository
        .commit(Some("HEAD"), &author, &author, "flags", &tree, &[])
        .unwrap();
    let clean = envelope();
    let document: Value = serde_json::from_str(&sandbox.read("p.json")).unwrap();
    assert_eq!(clean["commit"], commit.to_string());
    assert_eq!(clean["committed_at"], "2026-09-21T14:13:20Z");
    assert_eq!(
        clean["dirty"],
        json!(false),
        "other files do not count: {clean}"
    );
    assert_eq!(clean["version"], document["version"]);
    sandbox.write("flags/new.yaml", "default_value: false\nenvironments: {}\n");
    assert_eq!(envelope()["dirty"], json!(true));
}

/// What the document is made from is never written over.
#[test]
fn the_project_itself_is_no_place_for_an_export() {
    let sandbox = named();
    for target in [
        "flags/x.yaml",
        "flags/new.json",
        "ffctl.toml",
        "./flags/../ffctl.toml",
    ] {
        for option in ["--output", "--envelope"] {
            let options = ["--env", "production", option, target];
            let output = export(&sandbox, &options).exits(2);
            assert!(
                output.stderr.contains("a file of the project itself"),
                "{output}"
            );
        }
    }
    export(
        &sandbox,
        &["--env", "production", "--output", "a", "--envelope", "a"],
    )
    .exits(2);
}

/// What goes through a pipe is what goes into a file, to the last byte.
#[test]
fn control_characters_survive_a_pipe() {
    let sandbox = named().file(
        "flags/odd.yaml",
        "default_value: \"a\\x7Fb\\e[31mc\"\nenvironments: {production: plain}\n",
    );
    let piped = export(&sandbox, &["--env", "production"]).exits(0).stdout;
    export(&sandbox, &["--env", "production", "--output", "o.json"]).exits(0);
    assert!(piped.contains('\u{7f}'));
    assert_eq!(piped, sandbox.read("o.json"));
}

/// A file that cannot be read is told, not the names that it hides.
#[test]
fn broken_environments_are_told_as_such() {
    let sandbox = named().file("flags/environments.yaml", "environments: {\n");
    for arguments in [&RULESET[..], &["list"], &["show", "--flag", "x"]] {
        let output = sandbox
            .run([arguments, &["--env", "production"]].concat())
            .exits(1);
        assert!(output.stderr.contains("yaml-syntax"), "{output}");
    }
}

/// A project with one broken file, and the document of before.
fn broken() -> (Sandbox, Value) {
    let sandbox = Sandbox::new()
        .file("ffctl.toml", "[project]\nname = \"p\"\n")
        .file("flags/environments.yaml", "environments:\n  base: {parent: null}\n  production: {parent: base, auto_sync: true}\n  other: {parent: base}\n")
        .file("flags/deep/a.yaml", "default_value: false\nenvironments:\n  base: true\n  other: true\n")
        .file("flags/b.yaml", "default_value: 1.0\nenvironments:\n  production: {value: 2.5, percentage: 10}\n")
        .file("flags/c.yaml", "default_value: x\nenvironments: {}\nkill_switch: {reason: r, at: 2026-11-01T00:00:00Z}\n");
    let before = export(
        &sandbox,
        &["--env", "production", "--output", "previous.json"],
    );
    before.exits(0);
    let document = serde_json::from_str(&sandbox.read("previous.json")).unwrap();
    sandbox.write("flags/broken.yaml", "default_value: 5\ntype: boolean\n");
    (sandbox, document)
}

const KILLS: [&str; 4] = ["--env", "production", "--kills-only", "previous.json"];

fn killed(document: &Value) -> Vec<&str> {
    let flags = document["flags"].as_object().unwrap().iter();
    flags
        .filter(|(_, flag)| flag["killed"] == true)
        .map(|(key, _)| key.as_str())
        .collect()
}

/// Of any file that is YAML: the flag's own switch, the entry's, that of what it inherits from.
#[test]
fn kills_are_added_to_the_document_of_before() {
    let (sandbox, before) = broken();
    let same = export(&sandbox, &KILLS).exits(0);
    assert_eq!(same.stdout, sandbox.read("previous.json"));
    assert!(same.stderr.contains("no kill switch is new"), "{same}");
    sandbox.write(
        "flags/deep/a.yaml",
        "default_value: false\nenvironments:\n  base: {enabled: true, percentage: 5, kill_switch: {reason: r, at: 2026-11-01T00:00:00Z}}\n  production: {inherit: false, enabled: false}\n",
    );
    let inherited = export(&sandbox, &KILLS).exits(0);
    let document = inherited.json();
    assert_eq!(killed(&document), ["a", "c"]);
    assert!(inherited.stderr.contains("killed now: `a`"), "{inherited}");
    // Nothing but the switch has changed, and the version follows.
    let mut expected = before.clone();
    expected["flags"]["a"]["killed"] = json!(true);
    expected["version"] = document["version"].clone();
    assert_eq!(document, expected);
    assert_ne!(document["version"], before["version"]);
    let engine = ffctl::evaluate::Engine::from_json(inherited.stdout.as_bytes());
    assert!(engine.is_ok(), "{:?}", engine.err());
    // A file with errors of its own, and one that is new and killed.
    sandbox.write(
        "flags/b.yaml",
        "default_value: 1.0\nowner: [\"?\"]\nenvironments:\n  production: {kill_switch: {}}\n",
    );
    sandbox.write(
        "flags/new.yaml",
        "default_value: 1.0\nkill_switch: {reason: r, at: 2026-11-01T00:00:00Z}\nenvironments: {}\n",
    );
    let output = export(&sandbox, &KILLS).exits(0);
    assert_eq!(killed(&output.json()), ["a", "b", "c"]);
    assert!(
        output
            .stderr
            .contains("killed today, and not in previous.json: `new`"),
        "{output}"
    );
    assert_eq!(output.json()["flags"].get("new"), None);
}

#[test]
fn kills_of_before_are_never_lifted() {
    let (sandbox, _) = broken();
    sandbox.write("flags/c.yaml", "default_value: x\nenvironments: {}\n");
    let lifted = export(&sandbox, &KILLS).exits(0);
    assert_eq!(killed(&lifted.json()), ["c"]);
    assert!(
        lifted.stderr.contains("no kill switch is found today: `c`"),
        "{lifted}"
    );
    sandbox.write("flags/c.yaml", "<<<<<<< HEAD\n{\n");
    let unread = export(&sandbox, &KILLS).exits(0);
    assert!(
        unread.stderr.contains("flags/c.yaml cannot be read"),
        "{unread}"
    );
    std::fs::remove_file(sandbox.path("flags/c.yaml")).unwrap();
    assert_eq!(killed(&export(&sandbox, &KILLS).exits(0).json()), ["c"]);
}

/// What an environment inherits is not known without environments.yaml; the rest is.
#[test]
fn kills_are_found_without_the_environments() {
    let (sandbox, _) = broken();
    let kill = "kill_switch: {reason: r, at: 2026-11-01T00:00:00Z}";
    sandbox.write("flags/environments.yaml", "environments: {\n");
    sandbox.write(
        "flags/deep/a.yaml",
        format!("default_value: false\nenvironments: {{base: {{{kill}}}}}\n"),
    );
    sandbox.write(
        "flags/b.yaml",
        format!("default_value: 1.0\nenvironments: {{production: {{{kill}}}}}\n"),
    );
    for options in [&KILLS[..], &KILLS[2..]] {
        let output = export(&sandbox, options).exits(0);
        assert_eq!(killed(&output.json()), ["b", "c"]);
        assert!(
            output.stderr.contains("environments.yaml has errors"),
            "{output}"
        );
    }
}

#[test]
fn kills_go_into_files_and_are_checked_there() {
    let (sandbox, _) = broken();
    let check = [&KILLS[..], &["--output", "previous.json", "--check"]].concat();
    export(&sandbox, &check).exits(0);
    sandbox.write("flags/b.yaml", "default_value: 1.0\nkill_switch: {}\n");
    export(&sandbox, &check).exits(1);
    export(&sandbox, &check[..check.len() - 1]).exits(0);
    export(&sandbox, &check).exits(0);
    assert_eq!(
        killed(&export(&sandbox, &KILLS).exits(0).json()),
        ["b", "c"]
    );
    let envelope = [&KILLS[..], &["--output", "o.json", "--envelope", "e.json"]].concat();
    export(&sandbox, &envelope).exits(0);
    assert!(sandbox.read("e.json").contains("\"production\""));
}

/// Another environment's, another project's, no ruleset, no file: refused, and nothing is written.
#[test]
fn kills_are_not_added_to_another_document() {
    let (sandbox, document) = broken();
    let refused = |name: &str, environment: &str, words: &str| {
        let options = [
            "--env",
            environment,
            "--kills-only",
            name,
            "--output",
            "o.json",
        ];
        let output = export(&sandbox, &options).exits(2);
        assert!(output.stderr.contains(words), "{output}");
        assert!(!sandbox.root().join("o.json").exists());
    };
    refused(
        "previous.json",
        "other",
        "of the environment production, and not of other",
    );
    refused("previous.json", "nowhere", "no environment `nowhere`");
    refused("none.json", "production", "cannot be read");
    refused("ffctl.toml", "production", "is not a ruleset");
    let mut other = document.clone();
    other["project"] = json!("q");
    sandbox.write("q.json", other.to_string());
    refused(
        "q.json",
        "production",
        "of the project `q`, and this is `p`",
    );
    other["format"] = json!("ffctl.ruleset/v9");
    sandbox.write("v9.json", other.to_string());
    refused("v9.json", "production", "ffctl.ruleset/v9");
    let mut edited = document;
    edited["flags"]["a"]["killed"] = json!(true);
    sandbox.write("edited.json", edited.to_string());
    let output = export(
        &sandbox,
        &["--env", "production", "--kills-only", "edited.json"],
    )
    .exits(0);
    assert!(
        output.stderr.contains("changed after it was exported"),
        "{output}"
    );
    let options = [
        "--env",
        "production",
        "--kills-only",
        "previous.json",
        "--tag",
        "web",
    ];
    export(&sandbox, &options).exits(2);
}

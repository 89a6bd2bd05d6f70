//! What all commands share: exit status, streams, errors, where a run starts.

use serde_json::json;

use crate::support::Sandbox;

const FLAG: &str = "default_value: false\nenvironments: {production: true}\n";

fn sandbox() -> Sandbox {
    Sandbox::new().file("flags/shop/checkout.yaml", FLAG)
}

#[test]
fn status_0_is_done_1_is_no_and_2_is_a_wrong_call() {
    let sandbox = sandbox();
    sandbox.run(["validate"]).exits(0);
    sandbox.run(["--help"]).exits(0);
    sandbox.run(["--version"]).exits(0);
    sandbox.run(["validate", "--nonsense"]).exits(2);
    sandbox.run(["nonsense"]).exits(2);
    sandbox.run::<&str>([]).exits(2);
    sandbox.write("flags/cart.yaml", "tpye: boolean\n");
    for command in ["validate", "list", "environments"] {
        sandbox.run([command]).exits(1);
    }
}

#[test]
fn every_command_finds_the_project_above_it() {
    let sandbox = sandbox();
    for command in ["validate", "list", "environments"] {
        let above = sandbox.run([command]).exits(0);
        let inside = sandbox
            .command([command])
            .inside("flags/shop")
            .run()
            .exits(0);
        assert_eq!(above.stdout, inside.stdout);
        let named = sandbox
            .command(["-C", "../..", command])
            .inside("flags/shop")
            .run()
            .exits(0);
        assert_eq!(above.stdout, named.stdout);
        let behind = sandbox
            .command([command, "--directory", "flags"])
            .run()
            .exits(0);
        assert_eq!(above.stdout, behind.stdout);
    }
}

#[test]
fn without_a_project_the_error_says_how_to_begin() {
    let sandbox = Sandbox::empty();
    for command in ["validate", "list", "environments"] {
        let output = sandbox.run([command]).exits(2);
        assert_eq!(output.stdout, "");
        assert!(
            output.stderr.contains("error: no ffctl.toml in "),
            "{output}"
        );
        assert!(output.stderr.contains("hint: run `ffctl init`"), "{output}");
    }
    let missing = sandbox.run(["-C", "nowhere", "list"]).exits(2);
    assert!(
        missing
            .stderr
            .contains("cannot read `nowhere`: there is no such folder"),
        "{missing}"
    );
}

#[test]
fn errors_are_json_where_results_are() {
    let sandbox = sandbox();
    let unknown = sandbox
        .run(["show", "--flag", "chekout", "--json"])
        .exits(2);
    assert_eq!(unknown.stdout, "");
    assert_eq!(
        unknown.error_json(),
        json!({"error": {"message": "there is no flag `chekout`", "causes": [], "hint": "did you mean `checkout`?"}})
    );
    let call = sandbox.run(["show", "--json"]).exits(2).error_json();
    assert_eq!(
        call["error"]["message"],
        "the following required arguments were not provided: --flag <KEY>"
    );
    let command = sandbox.run(["lst", "--json"]).exits(2).error_json();
    assert_eq!(
        command["error"]["hint"],
        "a similar subcommand exists: 'list'"
    );
}

#[test]
fn unknown_names_get_the_nearest() {
    let sandbox = sandbox();
    for (arguments, message, hint) in [
        (
            vec!["show", "--flag", "checkuot"],
            "there is no flag `checkuot`",
            "did you mean `checkout`?",
        ),
        (
            vec!["show", "--flag", "checkout", "--env", "prod"],
            "there is no environment `prod`",
            "did you mean `production`?",
        ),
        (
            vec!["list", "--environment", "stagign"],
            "there is no environment `stagign`",
            "did you mean `staging`?",
        ),
        (
            vec!["list", "--env", "xyz"],
            "there is no environment `xyz`",
            "known are `development`, `staging` and `production`",
        ),
        (
            vec!["schema", "flags"],
            "there is no schema `flags`",
            "did you mean `flag`",
        ),
        (
            vec!["man", "lists"],
            "there is no command `lists`",
            "did you mean `list`?",
        ),
    ] {
        let output = sandbox.run(&arguments).exits(2);
        assert!(
            output.stderr.contains(&format!("error: {message}\n")),
            "{output}"
        );
        assert!(output.stderr.contains(&format!("hint: {hint}")), "{output}");
        assert_eq!(output.stdout, "");
    }
}

#[test]
fn a_set_clock_is_told_and_must_be_a_time() {
    let sandbox = sandbox();
    let output = sandbox.run(["list"]).exits(0);
    assert_eq!(
        output.stderr,
        "note: FFCTL_NOW sets the clock to 2026-11-20T12:00:00Z\n"
    );
    assert_eq!(
        sandbox.command(["list"]).now(None).run().exits(0).stderr,
        ""
    );
    let output = sandbox
        .command(["list"])
        .now(Some("yesterday"))
        .run()
        .exits(2);
    assert!(
        output.stderr.contains("FFCTL_NOW is `yesterday`"),
        "{output}"
    );
    let output = sandbox.run(["list", "--at", "noon"]).exits(2);
    assert!(
        output
            .stderr
            .contains("write RFC 3339, like 2026-12-01T09:00:00Z, or a date"),
        "{output}"
    );
}

#[test]
fn colour_is_for_those_who_ask() {
    let sandbox = sandbox().file("flags/cart.yaml", "tpye: boolean\n");
    assert!(!sandbox.run(["validate"]).stdout.contains('\u{1b}'));
    assert!(
        sandbox
            .run(["validate", "--color", "always"])
            .stdout
            .contains('\u{1b}')
    );
    let forced = sandbox
        .command(["validate"])
        .variable("CLICOLOR_FORCE", "1")
        .variable("NO_COLOR", "1");
    assert!(!forced.run().stdout.contains('\u{1b}'));
    assert!(
        !sandbox
            .run(["validate", "--color", "never"])
            .stdout
            .contains('\u{1b}')
    );
}

#[test]
fn another_format_or_version_is_refused_before_anything_is_read() {
    let newer = sandbox().file("ffctl.toml", "[project]\nformat = 2\n");
    let output = newer.run(["validate"]).exits(2);
    assert!(
        output
            .stderr
            .contains("error: ffctl.toml:2:10: the project's format is 2"),
        "{output}"
    );
    let pinned = sandbox().file("ffctl.toml", "[project]\nrequires = \">=99\"\n");
    let output = pinned.run(["list"]).exits(2);
    assert!(
        output.stderr.contains("the project requires ffctl >=99"),
        "{output}"
    );
}

#[test]
fn names_of_options_may_stand_before_or_behind_the_command() {
    let sandbox = sandbox();
    assert_eq!(
        sandbox.run(["--json", "list"]).stdout,
        sandbox.run(["list", "--json"]).stdout
    );
    sandbox.run(["-q", "-v", "list"]).exits(2);
}

/// `..` and links are resolved before a project is looked for above.
#[test]
fn the_folder_that_is_named_is_the_one_that_is_meant() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.root().join("deep/er")).unwrap();
    sandbox
        .command(["-C", "../..", "list"])
        .inside("deep/er")
        .run()
        .exits(0);
    sandbox.command(["-C", "..", "list"]).run().exits(2);
}

/// A broken catalog is told as one JSON document on stderr.
#[test]
fn refusals_are_one_document_where_results_are_json() {
    let sandbox = Sandbox::new().file("flags/x.yaml", "default_value: [\n");
    for arguments in [
        &["evaluate", "--all", "--env", "staging", "--json"][..],
        &[
            "export", "--format", "ruleset", "--env", "staging", "--output", "o", "--json",
        ],
        &["list", "--json"],
    ] {
        let error = sandbox.run(arguments).exits(1).error_json();
        assert_eq!(error["findings"][0]["check"], "yaml-syntax", "{error}");
    }
}

#[test]
fn what_is_said_says_something() {
    let sandbox = sandbox();
    let create = ["create", "--flag", "cart"];
    for (option, blank) in [("--owner", ""), ("--description", " "), ("--tag", "\t")] {
        let output = sandbox.run([&create[..], &[option, blank]].concat());
        let said = output.exits(2).stderr;
        assert!(said.contains(option) && said.contains("blank"), "{said}");
    }
    let disable = ["disable", "--flag", "checkout", "--env", "production"];
    for (option, name) in [("-m", "--message"), ("--reason", "--reason")] {
        let said = sandbox.run([&disable[..], &[option, ""]].concat());
        let said = said.exits(2).stderr;
        assert!(said.contains(name) && said.contains("blank"), "{said}");
    }
    assert_eq!(sandbox.read("flags/shop/checkout.yaml"), FLAG);
}

//! `validate`

use serde_json::json;

use crate::support::Sandbox;

fn sandbox() -> Sandbox {
    Sandbox::new()
        .file(
            "flags/shop/cart.yaml",
            "tpye: boolean\ndefault_value: false\nenvironments: {}\n",
        )
        .file("flags/shop/checkout.yaml", "default_value: false\n")
        .file(
            "flags/api/search.yaml",
            "default_value: false\nenvironments: {prod: true}\n",
        )
}

#[test]
fn findings_are_shown_with_place_line_and_help() {
    let output = sandbox().run(["validate"]).exits(1);
    insta::assert_snapshot!(output.stdout, @r#"
    error[unknown-environment]: environments.yaml has no environment `prod`
     --> flags/api/search.yaml:2:16
      |
    2 | environments: {prod: true}
      |                ^^^^
      |
      = help: did you mean `production`?

    error[unknown-key]: a flag's file has no key `tpye`
     --> flags/shop/cart.yaml:1:1
      |
    1 | tpye: boolean
      | ^^^^
      |
      = help: did you mean `type`?

    warning[same-everywhere]: `checkout` has no `environments`, so it is the same in every environment
     --> flags/shop/checkout.yaml:1:1
      |
    1 | default_value: false
      | ^^^^^^^^^^^^^
      |
      = help: add an entry for each environment that should differ, or `environments: {}` to expose nothing

    3 flags in 4 files: 2 errors, 1 warning
    "#);
    assert_eq!(output.without_clock(), "");
}

#[test]
fn paths_choose_findings_and_the_whole_catalog_is_read() {
    let sandbox = sandbox();
    let files = |arguments: &[&str], folder: &str| -> Vec<String> {
        let arguments = [&["validate", "--json"], arguments].concat();
        let output = sandbox.command(arguments).inside(folder).run();
        let document = output.json();
        assert_eq!(
            (&document["summary"]["files"], &document["summary"]["flags"]),
            (&json!(4), &json!(3))
        );
        output
            .findings()
            .into_iter()
            .map(|finding| finding.file)
            .collect()
    };
    let (cart, checkout, search) = (
        "flags/shop/cart.yaml",
        "flags/shop/checkout.yaml",
        "flags/api/search.yaml",
    );
    assert_eq!(files(&[], ""), [search, cart, checkout]);
    assert_eq!(files(&[cart], ""), [cart]);
    assert_eq!(files(&["flags/shop"], ""), [cart, checkout]);
    assert_eq!(
        files(&["flags/sh"].map(|_| "flags/api/../shop/cart.yaml"), ""),
        [cart]
    );
    assert_eq!(
        files(&["cart.yaml", "../api"], "flags/shop"),
        [search, cart]
    );
    assert_eq!(files(&["."], ""), [search, cart, checkout]);
    assert_eq!(files(&["flags/environments.yaml"], ""), [""; 0]);
    let none = sandbox
        .run(["validate", "flags/environments.yaml"])
        .exits(0);
    assert_eq!(none.stdout, "3 flags in 4 files: no findings\n");
    let gone = sandbox.run(["validate", "flags/gone.yaml"]).exits(2);
    assert!(
        gone.stderr
            .contains("error: `flags/gone.yaml` does not exist"),
        "{gone}"
    );
}

#[test]
fn warnings_fail_where_they_are_denied() {
    let sandbox = sandbox();
    let warning = ["validate", "flags/shop/checkout.yaml"];
    sandbox.run(warning).exits(0);
    sandbox
        .run([&warning[..], &["--deny", "warnings"]].concat())
        .exits(1);
    sandbox.run(["validate", "--deny", "errors"]).exits(2);
}

#[test]
fn both_spellings_of_json_are_one_document() {
    let sandbox = sandbox();
    let long = sandbox.run(["validate", "--format", "json"]).exits(1);
    let short = sandbox.run(["validate", "--json"]).exits(1);
    assert_eq!(long.stdout, short.stdout);
    let document = short.json();
    assert_eq!(document["format"], "ffctl.validate/v1");
    assert_eq!(
        document["findings"][0],
        json!({
            "check": "unknown-environment",
            "severity": "error",
            "message": "environments.yaml has no environment `prod`",
            "help": "did you mean `production`?",
            "file": "flags/api/search.yaml",
            "line": 2, "column": 16, "end_line": 2, "end_column": 20,
            "start_offset": 36, "end_offset": 40,
            "related": [],
        })
    );
    assert_eq!(
        document["summary"],
        json!({"files": 4, "flags": 3, "errors": 2, "warnings": 1})
    );
}

#[test]
fn levels_of_ffctl_toml_apply() {
    let sandbox = sandbox();
    let checkout = "flags/shop/checkout.yaml";
    sandbox.write("ffctl.toml", "[checks]\nsame-everywhere = \"off\"\n");
    let output = sandbox.run(["validate", checkout]).exits(0);
    assert_eq!(output.stdout, "3 flags in 4 files: no findings\n");
    sandbox.write("ffctl.toml", "[checks]\nsame-everywhere = \"error\"\n");
    sandbox.run(["validate", checkout]).exits(1);
}

/// Findings that come and go with the clock are warnings that nobody can deny, and `--at` and the
/// clock give one answer.
#[test]
fn the_clock_brings_warnings_that_are_not_denied() {
    let sandbox = Sandbox::new().file(
        "flags/checkout.yaml",
        "\
default_value: false
environments:
  staging:
    enabled: false
    schedule: [{at: 2027-01-10T09:00:00Z, set: {enabled: true, percentage: 5}}]
  production:
    kill_switch: {reason: pager, at: 2026-11-20T09:00:00Z}
",
    );
    let checks = |now: &str, at: Option<&str>| -> Vec<String> {
        let mut arguments = vec!["validate", "--json", "--deny", "warnings"];
        arguments.extend(at.into_iter().flat_map(|at| ["--at", at]));
        let output = sandbox.command(arguments).now(Some(now)).run().exits(0);
        output
            .findings()
            .into_iter()
            .map(|finding| finding.check)
            .collect()
    };
    let (early, late) = ("2026-11-27T09:00:00Z", "2027-01-10T09:00:00Z");
    assert_eq!(checks(early, None), [""; 0]);
    assert_eq!(
        checks("2026-11-27T09:00:01Z", None),
        ["expired-kill-switch"]
    );
    assert_eq!(
        checks(late, None),
        ["elapsed-schedule", "expired-kill-switch"]
    );
    assert_eq!(
        checks(early, Some(late)),
        ["elapsed-schedule", "expired-kill-switch"]
    );
    assert_eq!(checks(late, Some(early)), [""; 0]);
    assert_eq!(
        checks(early, Some("2027-01-11")),
        ["elapsed-schedule", "expired-kill-switch"]
    );
}

/// A path that is a link is looked at as itself.
#[cfg(unix)]
#[test]
fn a_linked_file_is_validated_by_its_own_name() {
    let sandbox = Sandbox::new().file("common/x.yaml", "default_value: 5\ntype: boolean\n");
    std::os::unix::fs::symlink("../common/x.yaml", sandbox.path("flags/x.yaml")).unwrap();
    sandbox.run(["validate", "flags/x.yaml"]).exits(1);
    sandbox.run(["validate", "flags/nowhere.yaml"]).exits(2);
}

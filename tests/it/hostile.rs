//! Files that mean harm, or were made by accident: each ends in a plain finding or loads, in
//! bounded time. The sandbox stops a run that hangs.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::{Finding, Output, Sandbox};

/// Returns a project with one flag file of these bytes.
fn flag(bytes: impl AsRef<[u8]>) -> Sandbox {
    Sandbox::new().file("flags/checkout.yaml", bytes)
}

#[track_caller]
fn tells(sandbox: &Sandbox, expected: &[&str]) -> Vec<Finding> {
    let findings = sandbox.validate();
    let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(told, expected);
    findings
}

/// A run for people gets no further than the JSON one, and shows no line of the file whole.
#[track_caller]
fn shown(sandbox: &Sandbox) -> Output {
    let output = sandbox.run(["validate"]).exits(1);
    assert!(
        output.stdout.len() < 20_000,
        "{} bytes",
        output.stdout.len()
    );
    output
}

fn nested(open: &str, inner: &str, close: &str, levels: usize) -> String {
    format!(
        "type: json\nenvironments: {{}}\ndefault_value: {}{inner}{}\n",
        open.repeat(levels),
        close.repeat(levels)
    )
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("type: json\nenvironments: {}\ndefault_value:\n  - &a0 [1, 2]\n");
    for level in 1..64 {
        writeln!(text, "  - &a{level} [*a{0}, *a{0}]", level - 1).unwrap();
    }
    let findings = flag(text).validate();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].check, "alias-expansion");
}

#[test]
fn an_alias_cycle_is_refused() {
    tells(
        &flag("type: json\ndefault_value: &a [1, *a]\nenvironments: {}\n"),
        &["flags/checkout.yaml:2:23 alias-cycle"],
    );
}

#[test]
fn ten_thousand_levels_are_refused() {
    let flow = flag(nested("[", "", "]", 10_000));
    tells(&flow, &["flags/checkout.yaml:3:80 yaml-syntax"]);
    let output = shown(&flow);
    assert!(output.stdout.contains("nest more than 64 deep"), "{output}");
    let maps = flag(nested("{a: ", "1", "}", 10_000));
    assert_eq!(maps.validate()[0].check, "yaml-syntax");
    let dashes = flag(format!(
        "type: json\ndefault_value:\n  {}1\n",
        "- ".repeat(10_000)
    ));
    assert_eq!(dashes.validate()[0].check, "yaml-syntax");
    let mut block = String::from("type: json\ndefault_value:\n");
    for level in 1..=2_000 {
        writeln!(block, "{}a:", " ".repeat(level)).unwrap();
    }
    let findings = flag(block).validate();
    assert_eq!(
        (findings.len(), findings[0].check.as_str()),
        (1, "yaml-syntax")
    );
    let conditions = format!(
        "default_value: false\nenvironments: {{}}\ntargeting_rules: [{{name: a, conditions: [{}{{segment: a}}{}]}}]\n",
        "{not: ".repeat(10_000),
        "}".repeat(10_000)
    );
    assert_eq!(flag(conditions).validate()[0].check, "yaml-syntax");
}

#[test]
fn toml_that_nests_ten_thousand_deep_is_refused() {
    let text = format!("x-deep = {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    let findings = Sandbox::new().file("ffctl.toml", text).validate();
    assert_eq!(
        (findings.len(), findings[0].check.as_str()),
        (1, "toml-syntax")
    );
}

#[test]
fn sixty_levels_of_conditions_are_fine() {
    let text = format!(
        "default_value: false\nenvironments: {{production: {{enabled: true}}}}\n\
         targeting_rules: [{{name: a, conditions: [{}{{any: []}}{}]}}]\n",
        "{not: ".repeat(58),
        "}".repeat(58)
    );
    let sandbox = flag(text);
    tells(&sandbox, &[]);
    let arguments = [
        "evaluate",
        "--json",
        "--flag",
        "checkout",
        "--env",
        "production",
    ];
    assert_eq!(sandbox.run(arguments).exits(0).json()["value"], false);
}

#[test]
fn a_scalar_of_ten_megabytes_is_too_large() {
    let text = format!(
        "type: string\nenvironments: {{}}\ndefault_value: {}\n",
        "a".repeat(10 << 20)
    );
    let sandbox = flag(text);
    tells(&sandbox, &["flags/checkout.yaml:1:1 file-too-large"]);
    shown(&sandbox);
}

#[test]
fn a_scalar_of_seven_megabytes_loads() {
    let text = format!(
        "type: string\nenvironments: {{}}\ndefault_value: {}\n",
        "a".repeat(7 << 20)
    );
    tells(&flag(text), &[]);
}

#[test]
fn a_fault_in_a_line_of_a_megabyte_is_shown_in_part() {
    let text = format!("default_value: \"{}\ntype: boolean\n", "é".repeat(1 << 19));
    shown(&flag(text));
    let text = format!(
        "type: boolean\nenvironments: {{}}\ndefault_value: {}\n",
        "é".repeat(1 << 19)
    );
    shown(&flag(text));
    let text = format!("? {}\n: 1\n", "k".repeat(1 << 20));
    shown(&flag(text));
}

#[test]
fn tabs_indent_nothing() {
    let output = shown(&flag(
        "default_value: false\nenvironments:\n\tstaging: true\n",
    ));
    assert!(output.stdout.contains("indent with spaces"), "{output}");
    tells(
        &flag("default_value:\tfalse\nenvironments: {}\t# none\n"),
        &[],
    );
}

#[test]
fn a_nul_is_no_text() {
    tells(
        &flag("default_value: false\n\0environments: {}\n"),
        &["flags/checkout.yaml:2:1 yaml-syntax"],
    );
}

#[test]
fn what_is_not_utf_8_is_told_where_it_stands() {
    tells(
        &flag(b"default_value: false\ndescription: caf\xe9\n"),
        &["flags/checkout.yaml:2:17 not-utf8"],
    );
    let utf_16: Vec<u8> = "default_value: false\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let utf_16 = [vec![0xff, 0xfe], utf_16].concat();
    tells(&flag(utf_16), &["flags/checkout.yaml:1:1 not-utf8"]);
}

#[test]
fn byte_order_marks_and_windows_lines_load() {
    tells(
        &flag("\u{feff}default_value: false\nenvironments: {}\n"),
        &[],
    );
    tells(
        &flag("default_value: false\r\nenvironments:\r\n  staging: true\r\n"),
        &[],
    );
    tells(
        &flag("\u{feff}default_value: false\r\nenvironments: {}\r\ntpye: boolean\r\n"),
        &["flags/checkout.yaml:3:1 unknown-key"],
    );
    tells(
        &flag("\u{feff}tpye: boolean\r\ndefault_value: false\r\nenvironments: {}\r\n"),
        &["flags/checkout.yaml:1:1 unknown-key"],
    );
}

#[test]
fn odd_documents_are_told() {
    for (text, check) in [
        ("1: a\n", "non-string-key"),
        ("? {a: 1}\n: b\n", "non-string-key"),
        ("? - a\n: b\n", "non-string-key"),
        (": a\n", "non-string-key"),
        ("&a [a]: b\n", "non-string-key"),
        ("a: &b c\n*b : d\n", "non-string-key"),
        ("<<: {default_value: false}\n", "merge-key"),
        ("default_value: false\n--- \na: 1\n", "several-documents"),
        ("default_value: !!binary aGk=\n", "unsupported-tag"),
        ("default_value: !ruby/object:File {}\n", "unsupported-tag"),
        ("", "empty-file"),
        ("\n\n", "empty-file"),
        ("# nothing\n", "empty-file"),
        ("---\n...\n", "empty-file"),
        ("~\n", "empty-file"),
        ("\u{feff}", "empty-file"),
        ("just text\n", "wrong-type"),
        ("[1, 2\n", "yaml-syntax"),
        ("a: b: c\n", "yaml-syntax"),
        ("a: *nowhere\n", "yaml-syntax"),
        ("%YAML 9.9\n---\na: 1\n", "yaml-syntax"),
        ("a: \"\\q\"\n", "yaml-syntax"),
        ("'a\n", "yaml-syntax"),
        ("a: |9\n b\n", "yaml-syntax"),
        ("\u{85}\u{2028}: 1\n", "unknown-key"),
        ("@a: 1\n", "yaml-syntax"),
    ] {
        let sandbox = flag(text);
        let findings = sandbox.validate();
        assert!(
            findings.iter().any(|finding| finding.check == check),
            "{text:?}: {findings:?}"
        );
        shown(&sandbox);
    }
}

#[test]
fn a_name_of_five_thousand_characters_is_told_briefly() {
    let long = "k".repeat(5_000);
    let sandbox = flag(format!(
        "default_value: false\nenvironments: {{}}\n? {long}\n: 1\n"
    ));
    tells(&sandbox, &["flags/checkout.yaml:3:3 unknown-key"]);
    let sandbox = flag(format!(
        "default_value: false\nenvironments:\n  ? {long}\n  : true\n"
    ));
    tells(&sandbox, &["flags/checkout.yaml:3:5 invalid-name"]);
    let findings = sandbox.validate();
    assert!(findings[0].message.len() < 200, "{}", findings[0].message);
    shown(&sandbox);
}

#[test]
fn duplicate_keys_are_told_in_big_maps() {
    let mut text = String::from("type: json\nenvironments: {}\ndefault_value:\n");
    for at in 0..20_000 {
        writeln!(text, "  key_{at}: {at}").unwrap();
    }
    text.push_str("  key_7: again\n  \"key_19999\": again\n");
    tells(
        &flag(text),
        &[
            "flags/checkout.yaml:20004:3 duplicate-key",
            "flags/checkout.yaml:20005:3 duplicate-key",
        ],
    );
}

#[test]
fn twenty_thousand_unknown_keys_are_all_told() {
    let mut text = String::from("default_value: false\nenvironments: {}\n");
    for at in 0..20_000 {
        writeln!(text, "key_{at}: {at}").unwrap();
    }
    assert_eq!(flag(text).validate().len(), 20_000);
}

#[test]
fn a_chain_of_five_thousand_flags_is_followed() {
    let sandbox = Sandbox::new();
    for at in 0..5_000 {
        let needs = if at == 0 {
            String::new()
        } else {
            format!(
                "depends_on: [{{flag: flag_{}, required_value: true}}]\n",
                at - 1
            )
        };
        let text = format!("default_value: false\nenvironments: {{production: true}}\n{needs}");
        sandbox.write(format!("flags/flag_{at}.yaml"), text);
    }
    tells(&sandbox, &[]);
    let arguments = [
        "evaluate",
        "--json",
        "--flag",
        "flag_4999",
        "--env",
        "production",
    ];
    assert_eq!(sandbox.run(arguments).exits(0).json()["value"], true);
    sandbox.write(
        "flags/flag_0.yaml",
        "default_value: false\nenvironments: {production: false}\n",
    );
    let answer = sandbox.run(arguments).exits(0).json();
    assert_eq!(
        (&answer["value"], &answer["reason"]),
        (&json!(false), &json!("PREREQUISITE_FAILED"))
    );
    let back = "default_value: false\nenvironments: {}\ndepends_on: [{flag: flag_4999, required_value: true}]\n";
    sandbox.write("flags/flag_0.yaml", back);
    let findings = tells(&sandbox, &["flags/flag_0.yaml:3:14 dependency-cycle"]);
    assert!(
        findings[0].message.len() < 1_000,
        "{} bytes",
        findings[0].message.len()
    );
}

#[test]
fn segments_that_double_sixty_times_are_refused() {
    let mut text =
        String::from("segments:\n  s0: {conditions: [{attribute: country, operator: exists}]}\n");
    for at in 1..60 {
        let below = at - 1;
        writeln!(
            text,
            "  s{at}: {{conditions: [{{segment: s{below}}}, {{not: {{segment: s{below}}}}}]}}"
        )
        .unwrap();
    }
    let sandbox = Sandbox::new().file("flags/segments.yaml", text).file(
        "flags/checkout.yaml",
        "default_value: false\nenvironments: {}\ntargeting_rules: [{name: a, conditions: [{segment: s59}]}]\n",
    );
    tells(&sandbox, &["flags/segments.yaml:16:3 segment-too-large"]);
}

#[test]
fn a_second_environments_file_is_one_too_many() {
    let sandbox = Sandbox::new().file("flags/environments.yml", "environments: {prod: {}}\n");
    tells(&sandbox, &["flags/environments.yml:1:1 name-clash"]);
}

#[test]
fn a_flags_file_in_place_of_the_folder_has_no_environments() {
    let sandbox = Sandbox::empty()
        .file("ffctl.toml", "")
        .file("flags", "default_value: false\n");
    tells(&sandbox, &["flags/environments.yaml:1:1 missing-file"]);
}

#[test]
fn hidden_files_and_other_files_are_not_read() {
    let sandbox = Sandbox::new()
        .file("flags/.hidden.yaml", "\0")
        .file("flags/.git/checkout.yaml", "\0")
        .file("flags/README.md", "\0")
        .file("flags/checkout.yaml.orig", "\0")
        .file("checkout.yaml", "\0");
    tells(&sandbox, &[]);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::{Sandbox, tells};

    #[test]
    fn links_out_of_the_project_are_refused() {
        let sandbox = Sandbox::new();
        symlink("/etc/hostname", sandbox.path("flags/checkout.yaml")).unwrap();
        symlink("/etc", sandbox.path("flags/payments")).unwrap();
        symlink("/etc/hostname", sandbox.path("flags/README.md")).unwrap();
        tells(
            &sandbox,
            &[
                "flags/checkout.yaml:1:1 link-outside",
                "flags/payments:1:1 link-outside",
            ],
        );
    }

    #[test]
    fn link_loops_end() {
        let sandbox = Sandbox::new().file(
            "flags/shop/cart.yaml",
            "default_value: false\nenvironments: {}\n",
        );
        symlink(".", sandbox.path("flags/shop/again")).unwrap();
        symlink("b.yaml", sandbox.path("flags/a.yaml")).unwrap();
        symlink("a.yaml", sandbox.path("flags/b.yaml")).unwrap();
        tells(
            &sandbox,
            &[
                "flags/a.yaml:1:1 file-unreadable",
                "flags/b.yaml:1:1 file-unreadable",
            ],
        );
    }

    #[test]
    fn a_link_within_the_project_is_followed() {
        let sandbox = Sandbox::new().file(
            "common/cart.yaml",
            "default_value: false\nenvironments: {}\ntpye: a\n",
        );
        symlink("../common/cart.yaml", sandbox.path("flags/cart.yaml")).unwrap();
        tells(&sandbox, &["flags/cart.yaml:3:1 unknown-key"]);
    }

    /// Root may read what nobody may read.
    #[test]
    fn a_file_and_a_folder_that_may_not_be_read_are_told() {
        let sandbox = Sandbox::new()
            .file(
                "flags/cart.yaml",
                "default_value: false\nenvironments: {}\n",
            )
            .file(
                "flags/shop/checkout.yaml",
                "default_value: false\nenvironments: {}\n",
            );
        let close = |path, mode| {
            let path = sandbox.path(path);
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        close("flags/cart.yaml", 0o000);
        close("flags/shop", 0o000);
        let readable_all_the_same = std::fs::read(sandbox.root().join("flags/cart.yaml")).is_ok();
        let expected: &[&str] = if readable_all_the_same {
            &[]
        } else {
            &[
                "flags/cart.yaml:1:1 file-unreadable",
                "flags/shop:1:1 file-unreadable",
            ]
        };
        tells(&sandbox, expected);
        close("flags/shop", 0o755);
    }

    #[test]
    fn a_named_pipe_is_no_file() {
        let sandbox = Sandbox::new();
        let pipe = sandbox.path("flags/checkout.yaml");
        let made = std::process::Command::new("mkfifo").arg(pipe).status();
        if made.is_ok_and(|status| status.success()) {
            tells(&sandbox, &["flags/checkout.yaml:1:1 file-unreadable"]);
        }
    }
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let sandbox =
        flag("\"\\e[2Jgone\": 1\n\"bidi \\u202e\": 2\ndefault_value: false\nenvironments: {}\n");
    let output = shown(&sandbox);
    assert!(
        !output.stdout.contains(['\u{1b}', '\u{202e}']),
        "{output:?}"
    );
    assert!(
        output.stdout.contains(r"no key `\u{1b}[2Jgone`"),
        "{output}"
    );
    let raw = shown(&flag(
        "default_value: false\nenvironments: {}\nowner: [\u{202e}a]\n",
    ));
    assert!(!raw.stdout.contains('\u{202e}'), "{raw:?}");
}

//! `diff`: what changes in what is served, between revisions and environments.

use serde_json::{Value, json};

use crate::support::git::{Repositories, TestRepo};

const ENVIRONMENTS: &str = "\
environments:
  development: {parent: null}
  staging: {parent: development, auto_sync: true}
  production: {parent: staging, approval_required: true}
";
const CART: &str = "\
default_value: false
targeting_rules:
  - {name: beta, conditions: [{segment: beta_testers}]}
environments:
  development: {percentage: 10}
  production: false
";
const SEGMENTS: &str = "\
segments:
  beta_testers: {conditions: [{attribute: user_type, operator: equals, value: beta}]}
  unused: {conditions: [{attribute: country, operator: equals, value: IT}]}
";
const SEARCH: &str = "default_value: false\nenvironments: {production: true}\n";

fn project(repositories: &Repositories) -> TestRepo {
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.write("flags/segments.yaml", SEGMENTS);
    repo.write("flags/cart.yaml", CART);
    repo.write("flags/search.yaml", SEARCH);
    repo.commit("one");
    repo.git(&["tag", "v1"]);
    repo
}

/// The changes, a line each: `environment flag kind: effect`.
fn lines(document: &Value) -> Vec<String> {
    let changes = document["changes"].as_array().unwrap();
    let text = |change: &Value, key: &str| change[key].as_str().unwrap().to_owned();
    changes
        .iter()
        .map(|change| {
            format!(
                "{} {} {}: {}",
                text(change, "environment"),
                text(change, "flag"),
                text(change, "kind"),
                text(change, "effect")
            )
        })
        .collect()
}

fn diff(repo: &TestRepo, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["diff", "--json"], arguments].concat();
    lines(&repo.ffctl(&arguments).exits(0).json())
}

#[test]
fn a_change_is_told_where_it_is_inherited_too() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write(
        "flags/cart.yaml",
        &CART.replace("percentage: 10", "percentage: 25"),
    );
    let expected = [
        "development cart exposure: those whom no rule takes: 10% → 25%: 15% more, nobody leaves",
        "staging cart exposure: those whom no rule takes: 10% → 25%: 15% more, nobody leaves",
    ];
    assert_eq!(diff(&repo, &[]), expected);
    repo.commit("two");
    assert!(diff(&repo, &[]).is_empty());
    assert_eq!(diff(&repo, &["v1"]), expected);
    assert_eq!(diff(&repo, &["v1", "HEAD"]), expected);
    assert_eq!(diff(&repo, &["v1..HEAD"]), expected);
    assert_eq!(diff(&repo, &["v1.."]), expected);
    assert_eq!(
        diff(&repo, &["HEAD", "v1", "--env", "staging"]),
        ["staging cart exposure: those whom no rule takes: 25% → 10%: 15% leave"]
    );
    assert!(diff(&repo, &["v1", "--flag", "search"]).is_empty());
    repo.ffctl(&["diff", "v1", "--flag", "nothing"]).exits(2);
    repo.ffctl(&["diff", "v1", "--env", "nowhere"]).exits(2);
    let three = repo.ffctl(&["diff", "v1...HEAD"]).exits(2);
    assert!(
        three.stderr.contains("git merge-base v1 HEAD"),
        "{}",
        three.stderr
    );
}

#[test]
fn the_answer_is_the_exit_status_on_request() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.ffctl(&["diff", "--exit-code"]).exits(0);
    // A comment, an owner and a move change nothing that is served.
    repo.write("flags/cart.yaml", &format!("# why\nowner: web\n{CART}"));
    repo.write("flags/deep/search.yaml", SEARCH);
    std::fs::remove_file(repo.path.join("flags/search.yaml")).unwrap();
    let same = repo.ffctl(&["diff", "--exit-code"]).exits(0);
    assert!(
        same.stdout.contains("no difference in what is served"),
        "{}",
        same.stdout
    );
    repo.write(
        "flags/cart.yaml",
        &CART.replace("production: false", "production: true"),
    );
    repo.ffctl(&["diff"]).exits(0);
    let differs = repo.ffctl(&["diff", "--exit-code"]).exits(1);
    assert!(
        differs
            .stdout
            .contains("production (protected)  cart  off → on for everybody"),
        "{}",
        differs.stdout
    );
}

#[test]
fn a_definition_is_told_with_all_flags_that_it_reaches() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let changed = SEGMENTS
        .replace("value: beta}", "value: tester}")
        .replace("value: IT", "value: FR");
    repo.write("flags/segments.yaml", &changed);
    let document = repo.ffctl(&["diff", "--json"]).exits(0).json();
    let expected = "rule beta: user_type equals beta → user_type equals tester";
    let told = lines(&document);
    // Production is off: there the rule is changed and nobody is served anything else.
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told[0].starts_with("production cart latent"), "{told:#?}");
    for (line, name) in told[1..].iter().zip(["development", "staging"]) {
        assert_eq!(*line, format!("{name} cart rules: {expected}"));
    }
    assert_eq!(
        document["changes"][0]["files"],
        json!(["flags/segments.yaml"])
    );
    assert_eq!(
        document["definitions"],
        json!([
            {"kind": "segment", "name": "beta_testers", "action": "changed", "file": "flags/segments.yaml", "flags": ["cart"]},
            {"kind": "segment", "name": "unused", "action": "changed", "file": "flags/segments.yaml", "flags": []},
        ])
    );
    let text = repo.ffctl(&["diff"]).exits(0).stdout;
    assert!(
        text.contains("segment beta_testers has changed: used by `cart`"),
        "{text}"
    );
    assert!(
        text.contains("segment unused has changed: no flag uses it"),
        "{text}"
    );
}

#[test]
fn what_an_environment_inherits_changes_all_that_is_served_there() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write(
        "flags/environments.yaml",
        &ENVIRONMENTS.replace("auto_sync: true", "auto_sync: false"),
    );
    assert_eq!(
        diff(&repo, &["--env", "staging", "--flag", "cart"]),
        ["staging cart disabled: 10% of everybody, by targetingKey; rule beta (user_type equals beta): all of them → off"]
            .map(|_| diff(&repo, &["--env", "staging", "--flag", "cart"])[0].clone())
    );
    let document = repo.ffctl(&["diff", "--json"]).exits(0).json();
    assert_eq!(
        document["changes"][0]["files"],
        json!(["flags/environments.yaml"])
    );
}

#[test]
fn a_renamed_flag_is_gone_under_one_key_and_there_under_another() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.ffctl(&["rename", "--flag", "search", "--to", "find"])
        .exits(0);
    assert_eq!(
        diff(&repo, &["--env", "production"]),
        [
            "production find created: renamed from `search`: true for everybody",
            "production search removed: renamed to `find`; was true for everybody",
        ]
    );
    repo.git(&["checkout", "--quiet", "."]);
    std::fs::remove_file(repo.path.join("flags/find.yaml")).unwrap();
    // Without the salt people are dealt anew.
    std::fs::rename(
        repo.path.join("flags/cart.yaml"),
        repo.path.join("flags/basket.yaml"),
    )
    .unwrap();
    let told = diff(&repo, &["--env", "development"]);
    assert!(
        told[0].starts_with(
            "development basket created: renamed from `cart`: beta: true; 10% of everybody else"
        ),
        "{told:#?}"
    );
    assert!(
        told[1].starts_with("development basket reshuffle"),
        "{told:#?}"
    );
    assert!(
        told[2].starts_with("development cart removed: renamed to `basket`"),
        "{told:#?}"
    );
}

#[test]
fn a_renamed_flag_is_told_under_the_key_that_is_asked_for() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.ffctl(&["rename", "--flag", "search", "--to", "find"])
        .exits(0);
    // One is new and one gone beside it; nothing is said of them, broken or not.
    repo.write("flags/other.yaml", "default_value: [\n");
    repo.write("flags/limit.yaml", "type: number\ndefault_value: 5\n");
    std::fs::remove_file(repo.path.join("flags/cart.yaml")).unwrap();
    let created = "production find created: renamed from `search`: true for everybody";
    let removed = "production search removed: renamed to `find`; was true for everybody";
    let told = |flags: &[&str]| {
        let flags = flags.iter().flat_map(|flag| ["--flag", flag]);
        let arguments: Vec<&str> = ["--env", "production"].into_iter().chain(flags).collect();
        let output = repo.ffctl(&[&["diff", "--json"], &arguments[..]].concat());
        let output = output.exits(0);
        assert!(!output.stderr.contains("other.yaml"), "{output}");
        lines(&output.json())
    };
    assert_eq!(told(&["find"]), [created]);
    assert_eq!(told(&["search"]), [removed]);
    assert_eq!(told(&["search", "find"]), [created, removed]);
    let limit = told(&["limit"]);
    assert_eq!(limit, ["production limit created: new: 5 for everybody"]);
}

#[test]
fn a_removed_flag_and_a_new_one_that_have_nothing_in_common_are_no_rename() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    std::fs::remove_file(repo.path.join("flags/search.yaml")).unwrap();
    repo.write(
        "flags/limit.yaml",
        "type: number\ndefault_value: 5\nowner: platform\nenvironments:\n  production: 7\n",
    );
    let told = diff(&repo, &["--env", "production"]);
    assert_eq!(
        told,
        [
            "production limit created: new: 7 for everybody",
            "production search removed: removed; was true for everybody",
        ]
    );
}

#[test]
fn two_environments_are_compared() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    assert_eq!(
        diff(
            &repo,
            &[
                "--env",
                "staging",
                "--against",
                "production",
                "--flag",
                "search"
            ]
        ),
        ["staging search disabled: production on for everybody, staging off"]
    );
    let same = diff(&repo, &["--env", "staging", "--against", "development"]);
    assert!(same.is_empty(), "{same:#?}");
    repo.write(
        "flags/search.yaml",
        "default_value: false\nenvironments: {staging: true, production: true}\n",
    );
    assert!(
        diff(
            &repo,
            &[
                "--env",
                "staging",
                "--against",
                "production",
                "--flag",
                "search"
            ]
        )
        .is_empty()
    );
    // As a revision has them.
    assert_eq!(
        diff(
            &repo,
            &[
                "v1",
                "--env",
                "staging",
                "--against",
                "production",
                "--flag",
                "search"
            ]
        )
        .len(),
        1
    );
    repo.ffctl(&[
        "diff",
        "v1",
        "HEAD",
        "--env",
        "staging",
        "--against",
        "production",
    ])
    .exits(2);
    repo.ffctl(&["diff", "--env", "staging", "--against", "nowhere"])
        .exits(2);
    repo.ffctl(&["diff", "--against", "production"]).exits(2);
}

#[test]
fn between_environments_nothing_happens_to_anybody() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write(
        "flags/cart.yaml",
        "\
default_value: false
targeting_rules:
  - {name: beta, conditions: [{attribute: country, operator: equals, value: IT}], value: true}
environments:
  staging: {enabled: true, percentage: 25}
  production: {enabled: true, percentage: 10, bucket_by: user_id}
",
    );
    repo.write(
        "flags/search.yaml",
        "\
default_value: false
targeting_rules:
  - {name: a, conditions: [{attribute: country, operator: equals, value: IT}], value: true}
environments:
  staging: {enabled: true}
  production:
    enabled: true
    targeting_rules:
      - {name: a, conditions: [{attribute: country, operator: equals, value: NO}], value: true}
      - {name: b, conditions: [{attribute: country, operator: equals, value: SE}], value: true}
    schedule: [{at: 2027-01-01T00:00:00Z, set: {enabled: false}}]
",
    );
    let against = ["--env", "staging", "--against", "production"];
    assert_eq!(
        diff(&repo, &against),
        [
            "staging cart exposure: those whom no rule takes: production 10%, staging 25%",
            "staging cart reshuffle: those whom no rule takes: bucket_by production user_id, staging targetingKey: dealt out apart from each other",
            "staging search rules: rule a: production country equals NO, staging country equals IT; only production has rule b (country equals SE): true for all of them",
            "staging search schedule: only production at 2027-01-01T00:00:00Z: off",
        ]
    );
    let human = repo.ffctl(&[&["diff"][..], &against].concat()).exits(0);
    insta::assert_snapshot!(human.stdout, @r"
    staging compared with production
      cart    production: rule beta (country equals IT): true for all of them; 10% of everybody else, by user_id
              staging:    rule beta (country equals IT): true for all of them; 25% of everybody else, by targetingKey
              those whom no rule takes: bucket_by production user_id, staging targetingKey: dealt out apart from each other
      search  production: rule a (country equals NO): true for all of them; rule b (country equals SE): true for all of them; everybody else: false
              staging:    rule a (country equals IT): true for all of them; everybody else: false
              only production at 2027-01-01T00:00:00Z: off

    2 flags differ between production and staging
    ");
    let markdown = repo.ffctl(&[&["diff", "--format", "markdown"][..], &against].concat());
    let markdown = markdown.exits(0).stdout;
    assert!(
        markdown.starts_with("### Flags: `staging` compared with `production`\n\n2 flags differ between production and staging\n\n| flag | difference |\n| --- | --- |\n| `cart` | production: rule beta"),
        "{markdown}"
    );
}

#[test]
fn environments_in_which_the_same_changes_are_told_together() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write(
        "flags/search.yaml",
        "default_value: false\nenvironments: {development: true, staging: true, production: false}\n",
    );
    let human = repo.ffctl(&["diff"]).exits(0).stdout;
    insta::assert_snapshot!(human, @r"
    HEAD → working tree
      production (protected)  search  on for everybody → off
      development, staging    search  off → on for everybody

    1 flag differs in 3 environments
    ");
    let markdown = repo
        .ffctl(&["diff", "--format", "markdown"])
        .exits(0)
        .stdout;
    assert!(
        markdown.contains("| development, staging | `search` | off → on for everybody |\n"),
        "{markdown}"
    );
    // Each environment is a change of its own for programs.
    assert_eq!(diff(&repo, &[]).len(), 3);
}

#[test]
fn what_was_and_is_served_is_told_once() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let rule = "targeting_rules:\n  - {name: beta, conditions: [{attribute: country, operator: equals, value: IT}], value: true}\n";
    let flag = |rules: &str, entry: &str| {
        format!("default_value: false\n{rules}environments: {{staging: {entry}}}\n")
    };
    let ten = "{enabled: true, percentage: 10}";
    let norway = rule.replace("IT", "NO");
    for (before, after, expected) in [
        (
            flag("", ten),
            flag("", "{enabled: true, percentage: 25}"),
            "  staging  a  10% → 25% of everybody, by targetingKey: 15% more, nobody leaves\n",
        ),
        (
            flag("", "true"),
            flag("", ten),
            "  staging  a  on for everybody → 10% of everybody, by targetingKey: 90% leave\n",
        ),
        (
            flag(rule, ten),
            flag(rule, "{enabled: true, percentage: 5}"),
            "  staging  a  10% → 5% of everybody else, by targetingKey: 5% leave; beta as before\n",
        ),
        (
            flag(rule, ten),
            flag(&norway, ten),
            "  staging  a  rule beta: country equals IT → country equals NO\n",
        ),
        (
            flag("", ten),
            flag("", "{enabled: true, percentage: 10, bucket_by: user_id}"),
            "  staging  a  bucket_by targetingKey → user_id: everybody is dealt anew, who is included changes\n",
        ),
        (
            flag("", ten),
            flag("", "{enabled: true, percentage: 20, bucket_by: user_id}"),
            "  staging  a  10% of everybody, by targetingKey → 20% of everybody, by user_id: dealt anew\n              bucket_by targetingKey → user_id: everybody is dealt anew, who is included changes\n",
        ),
        (
            flag("", "false"),
            flag(rule, "{enabled: true}"),
            "  staging  a  off → rule beta (country equals IT): true for all of them; everybody else: false\n",
        ),
    ] {
        repo.write("flags/a.yaml", &before);
        repo.commit("before");
        repo.write("flags/a.yaml", &after);
        let told = repo.ffctl(&["diff", "--env", "staging"]).exits(0).stdout;
        let lines: Vec<&str> = told.split_inclusive('\n').collect();
        assert_eq!(
            lines[1..lines.len() - 2].concat(),
            expected,
            "{before}{after}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_understood_is_named_and_never_passed_over() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let conflict =
        "<<<<<<< HEAD\ndefault_value: false\n=======\ndefault_value: true\n>>>>>>> other\n";
    repo.write("flags/search.yaml", conflict);
    let output = repo.ffctl(&["diff", "--json"]).exits(1);
    assert_eq!(
        output.json()["unread"],
        json!([{"flag": "search", "side": "working tree"}])
    );
    let text = repo.ffctl(&["diff"]).exits(1);
    assert!(
        text.stdout.contains("search cannot be compared"),
        "{}",
        text.stdout
    );
    assert!(
        text.stderr.contains("flags/search.yaml:1"),
        "{}",
        text.stderr
    );
    assert!(text.stderr.contains("conflict"), "{}", text.stderr);
    // In a commit it is a warning, and the difference is not known.
    repo.commit("a conflict");
    repo.ffctl(&["diff", "v1", "HEAD"]).exits(0);
    repo.ffctl(&["diff", "v1", "HEAD", "--exit-code"]).exits(1);
}

#[test]
fn flags_of_other_revisions_alone_are_known() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    std::fs::remove_file(repo.path.join("flags/search.yaml")).unwrap();
    repo.commit("gone");
    assert_eq!(
        diff(&repo, &["v1", "--flag", "search", "--env", "production"]),
        ["production search removed: removed; was true for everybody"]
    );
    assert_eq!(
        diff(
            &repo,
            &["HEAD", "v1", "--flag", "search", "--env", "production"]
        ),
        ["production search created: new: true for everybody"]
    );
}

#[test]
fn markdown_is_shown_as_it_is_written() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write(
        "flags/search.yaml",
        "default_value: false\nenvironments: {production: {value: true, percentage: 50}}\n",
    );
    let text = repo
        .ffctl(&["diff", "--format", "markdown"])
        .exits(0)
        .stdout;
    insta::assert_snapshot!(text, @r"
    ### Flags: `HEAD` → `working tree`

    1 flag differs in 1 environment

    | environment | flag | change |
    | --- | --- | --- |
    | production (protected) | `search` | on for everybody → 50% of everybody, by targetingKey: 50% leave |
    ");
    // What a flag is called or says cannot break out of its cell.
    repo.write("flags/search.yaml", "type: string\ndefault_value: \"a|b `c` <script> @team\"\nenvironments: {production: \"*x*\"}\n");
    let text = repo
        .ffctl(&["diff", "--format", "markdown"])
        .exits(0)
        .stdout;
    let row = text.lines().find(|line| line.contains("`search`")).unwrap();
    assert_eq!(row.replace("\\|", "").matches('|').count(), 4, "{row}");
    assert!(
        !row.contains("<script>") && !row.contains(" @team"),
        "{row}"
    );
}

#[test]
fn where_the_environments_cannot_be_understood_nothing_is_compared() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write("flags/environments.yaml", "environments: [\n");
    let refused = repo.ffctl(&["diff"]).exits(1);
    assert_eq!(refused.stdout, "");
    let said = "flags/environments.yaml cannot be understood in working tree";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    repo.commit("broken");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    for arguments in [
        &["diff"][..],
        &["diff", "v1", "HEAD"],
        &["diff", "HEAD", "v1"],
    ] {
        let refused = repo.ffctl(arguments).exits(1);
        let said = "flags/environments.yaml cannot be understood in HEAD";
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    assert!(diff(&repo, &["v1"]).is_empty());
}

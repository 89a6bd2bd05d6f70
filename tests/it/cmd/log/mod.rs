//! `ffctl log`: each scenario is a history, and what is told of it is written by hand.
//!
//! Every history is read twice: by `git`, and by libgit2 alone, which must tell the same.
#![cfg(unix)]

mod edges;
mod merges;

use serde_json::Value;

use crate::support::git::{Repositories, TestRepo};
use crate::support::{ENVIRONMENTS, Output};

const OFF: &str = "default_value: false\nenvironments: {staging: false}\n";
const ON: &str = "default_value: false\nenvironments: {staging: true}\n";
const BROKEN: &str = "default_value: [\n";

fn project(repositories: &Repositories, name: &str) -> TestRepo {
    let repo = repositories.init(name);
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.commit("begin");
    repo
}

/// A flag that is served to a share of staging.
fn share(percent: u32) -> String {
    format!(
        "default_value: false\nowner: nobody\nenvironments:\n  staging: {{enabled: true, percentage: {percent}}}\n"
    )
}

/// Runs `log` without a program `git`.
fn alone(repo: &TestRepo, arguments: &[&str]) -> Output {
    let output = repo.command(arguments).env("PATH", "/nowhere").output();
    Output::of(&output.unwrap())
}

fn entries(output: Output) -> Vec<Value> {
    let text = output.exits(0).stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["format"], "ffctl.log/v1");
    document["entries"].as_array().unwrap().clone()
}

/// Returns the history: for each commit its subject and action, and a line for each change.
#[track_caller]
fn told(repo: &TestRepo, options: &[&str]) -> Vec<String> {
    let arguments: Vec<&str> = ["log", "--json"].iter().chain(options).copied().collect();
    let own = entries(repo.ffctl(&arguments));
    assert_eq!(
        own,
        entries(alone(repo, &arguments)),
        "with and without git"
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut lines = Vec::new();
    for entry in own {
        lines.push(format!(
            "{}: {}",
            text(&entry["subject"]),
            text(&entry["action"])
        ));
        for change in entry["changes"].as_array().unwrap() {
            let parts = ["flag", "environment", "kind", "effect"].map(|part| text(&change[part]));
            lines.push(format!("  {}", parts.join(" ")));
        }
        for fault in entry["broken"].as_array().unwrap() {
            lines.push(format!(
                "  {}:{} broken",
                text(&fault["file"]),
                fault["line"]
            ));
        }
    }
    lines
}

#[test]
fn each_commit_tells_what_changed_and_nothing_else_is_told() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("flags/a.yaml", OFF);
    repo.commit("new");
    repo.write("flags/a.yaml", &format!("# nobody is served this\n{OFF}"));
    repo.commit("a comment");
    repo.write("flags/a.yaml", ON);
    repo.write("code.txt", "code");
    repo.commit(
        "enable production for everybody\n\nAction: disabled\nFlag: b\nEnvironment: production",
    );
    repo.git(&["revert", "--no-edit", "HEAD"]);
    repo.git(&["rm", "--quiet", "flags/a.yaml"]);
    repo.commit("gone");
    let whole = [
        "gone: removed",
        "  a staging removed removed; was off (false)",
        "Revert \"enable production for everybody\": disabled",
        "  a staging disabled on for everybody → off",
        "enable production for everybody: enabled",
        "  a staging enabled off → on for everybody",
        "new: created",
        "  a staging created new: off (false)",
    ];
    let without_absent = |lines: Vec<String>| -> Vec<String> {
        let others =
            |line: &String| !line.contains("development") && !line.contains(" a production");
        lines.into_iter().filter(others).collect()
    };
    assert_eq!(without_absent(told(&repo, &[])), whole);
    // One that is gone is found, too.
    assert_eq!(without_absent(told(&repo, &["--flag", "a"])), whole);
    assert_eq!(told(&repo, &["--env", "staging", "-n", "2"]), whole[..4]);
    assert_eq!(told(&repo, &["--action", "enable"]), whole[4..6]);
    assert_eq!(told(&repo, &["--rev", "HEAD~2", "-n", "1"]), whole[4..6]);
}

#[test]
fn authors_and_times_narrow_it_down() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    for (percent, name, date) in [
        (10, "Ada", "2026-01-01T00:00:00Z"),
        (20, "Bob", "2026-02-01T00:00:00Z"),
        (30, "Ada", "2026-03-01T00:00:00Z"),
    ] {
        repo.write("flags/a.yaml", &share(percent));
        repo.git(&["add", "--all"]);
        let author = format!("{name} <{name}@example.com>");
        let commit = std::process::Command::new("git")
            .args([
                "-c",
                "user.name=x",
                "-c",
                "user.email=x@y",
                "commit",
                "--quiet",
            ])
            .args(["--author", &author, "--message", &percent.to_string()])
            .env("GIT_COMMITTER_DATE", date)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .current_dir(&repo.path)
            .status();
        assert!(commit.unwrap().success());
    }
    let subjects = |options: &[&str]| -> Vec<String> {
        let lines = told(&repo, options);
        let heads = lines.iter().filter(|line| !line.starts_with(' '));
        heads
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(subjects(&[]), ["30", "20", "10"]);
    assert_eq!(subjects(&["--author", "Bob"]), ["20"]);
    assert_eq!(subjects(&["--author", "^Ada <Ada@"]), ["30", "10"]);
    assert_eq!(subjects(&["--author", "Bob", "--author", "Ada"]).len(), 3);
    assert_eq!(subjects(&["--since", "2026-02-01"]), ["30", "20"]);
    assert_eq!(subjects(&["--until", "2026-02-01T00:00:00Z"]), ["20", "10"]);
    assert_eq!(
        subjects(&["--since", "2026-01-15", "--until", "2026-02-15"]),
        ["20"]
    );
    let long_ago = repo.ffctl(&["log", "--since", "100 weeks ago"]).exits(0);
    assert_eq!(long_ago.stdout.matches("exposure  ").count(), 2);
    for other in ["last friday", "1 jan 2020"] {
        repo.ffctl(&["log", "--since", other]).exits(0);
        let output = alone(&repo, &["log", "--since", other]).exits(2);
        assert!(output.stderr.contains("not installed"), "{output}");
    }
    repo.ffctl(&["log", "--author", "("]).exits(2);
    repo.ffctl(&["log", "--action", "nothing"]).exits(2);
}

#[test]
fn a_time_is_told_from_the_clock_and_a_typing_error_is_none() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("flags/a.yaml", ON);
    repo.commit("new");
    // The support's commits are of one time.
    let date = repo.git(&["log", "-1", "--format=%cI"]);
    let begun: jiff::Timestamp = date.trim().parse().unwrap();
    let log = |option: &str, time: &str, days: i64| {
        let clock = begun + jiff::SignedDuration::from_hours(24 * days);
        let mut command = repo.command(&["log", option, time]);
        let output = command.env("FFCTL_NOW", clock.to_string()).output();
        Output::of(&output.unwrap())
            .exits(0)
            .stdout
            .contains("new: ")
    };
    for (time, days) in [
        ("2 weeks ago", 14),
        ("yesterday", 1),
        ("1 week 2 days ago", 9),
    ] {
        assert!(log("--since", time, days), "{time}");
        assert!(!log("--since", time, days + 1), "{time}");
        assert!(log("--until", time, days), "{time}");
        assert!(!log("--until", time, days - 1), "{time}");
    }
    repo.git(&["tag", "v1.0.0"]);
    for wrong in [
        "yesturday",
        "2 wekes ago",
        "v1.0.0",
        "HEAD",
        "main",
        "2026-02-30",
        "",
    ] {
        for option in ["--since", "--until"] {
            let output = repo.ffctl(&["log", option, wrong]).exits(2);
            assert!(output.stderr.contains("is no time"), "{output}");
            assert!(output.stderr.contains("`2 weeks ago`"), "{output}");
        }
    }
}

#[test]
fn deployments_and_rollbacks_are_found_by_what_messages_say() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    let messages = [
        "deployed\n\nDeployment-Id: d-1",
        "plain",
        "back\n\nAction: rollback",
        "back to\n\n* one\n\n  Rollback-To: abc",
        "undone\n\nRollback-Of: abc\nDeployment-Id: d-1",
        "Rollback-To: a subject",
        "empty\n\nRollback-Of:\nAction: enable",
    ];
    for (percent, message) in (10..).zip(messages) {
        repo.write("flags/a.yaml", &share(percent));
        repo.commit(message);
    }
    let subjects = |action: &str| -> Vec<String> {
        let lines = told(&repo, &["--action", action]);
        let heads = lines.iter().filter(|line| !line.starts_with(' '));
        heads.cloned().collect()
    };
    assert_eq!(
        subjects("deploy"),
        ["undone: exposure", "deployed: created"]
    );
    assert_eq!(
        subjects("rollback"),
        ["undone: exposure", "back to: exposure", "back: exposure"]
    );
}

#[test]
fn a_renamed_flag_is_followed() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("flags/old.yaml", &share(10));
    repo.commit("new");
    repo.write("flags/old.yaml", &share(20));
    repo.commit("more");
    repo.git(&["mv", "flags/old.yaml", "flags/new.yaml"]);
    repo.write("flags/new.yaml", &format!("salt: old\n{}", share(20)));
    repo.commit("rename");
    repo.write("flags/new.yaml", &format!("salt: old\n{}", share(30)));
    repo.commit("much more");
    let expected = [
        "much more: exposure",
        "  new staging exposure 20% → 30%: 10% more, nobody leaves",
        "rename: created",
        "  new staging created renamed from `old`: 20% of everybody, by targetingKey: true; others false",
        "  old staging removed renamed to `new`; was 20% of everybody, by targetingKey: true; others false",
        "more: exposure",
        "  old staging exposure 10% → 20%: 10% more, nobody leaves",
        "new: created",
        "  old staging created new: 10% of everybody, by targetingKey: true; others false",
    ];
    for options in [
        &["--env", "staging"][..],
        &["--env", "staging", "--flag", "new"],
    ] {
        assert_eq!(told(&repo, options), expected);
    }
    // By its old name it is followed to the rename.
    assert_eq!(
        told(&repo, &["--env", "staging", "--flag", "old"]),
        expected[2..]
    );

    repo.git(&["mv", "flags/new.yaml", "flags/newer.yaml"]);
    repo.write("flags/newer.yaml", &share(30));
    repo.commit("rename again");
    let last = told(&repo, &["--env", "staging", "--flag", "newer"]);
    assert_eq!(last[0], "rename again: created");
    assert!(
        last[2].starts_with("  newer staging reshuffle "),
        "{last:?}"
    );
    assert_eq!(last[4..], expected);
}

#[test]
fn a_moved_folder_is_followed() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("flags/a.yaml", &share(10));
    repo.commit("new");
    repo.git(&["mv", "flags", "features"]);
    repo.write("ffctl.toml", "[project]\nflags = \"features\"\n");
    repo.commit("the folder moves");
    repo.git(&["mv", "features/a.yaml", "features/x.yaml"]);
    repo.git(&["mv", "features/x.yaml", "features/a.yaml"]);
    std::fs::create_dir_all(repo.path.join("features/team")).unwrap();
    repo.git(&["mv", "features/a.yaml", "features/team/a.yaml"]);
    repo.commit("the file moves");
    std::fs::create_dir_all(repo.path.join("app")).unwrap();
    repo.git(&["mv", "features", "ffctl.toml", "app/"]);
    repo.write("app/features/team/a.yaml", &share(20));
    repo.commit("the project moves, and more");
    let app = TestRepo {
        path: repo.path.join("app"),
    };
    let expected = [
        "the project moves, and more: exposure",
        "  a staging exposure 10% → 20%: 10% more, nobody leaves",
        "new: created",
        "  a staging created new: 10% of everybody, by targetingKey: true; others false",
    ];
    assert_eq!(told(&app, &["--env", "staging"]), expected);
    assert_eq!(told(&app, &["--env", "staging", "--flag", "a"]), expected);
}

#[test]
fn a_broken_file_changes_nothing_until_it_is_mended() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("flags/a.yaml", &share(10));
    repo.commit("new");
    repo.write(
        "flags/a.yaml",
        "<<<<<<< HEAD\ndefault_value: true\n=======\n>>>>>>> x\n",
    );
    repo.commit("conflict");
    repo.write("flags/a.yaml", BROKEN);
    repo.commit("broken");
    repo.write("flags/a.yaml", &share(20));
    repo.commit("mended");
    let expected = [
        "mended: exposure",
        "  a staging exposure 10% → 20%: 10% more, nobody leaves",
        "broken: broken",
        "  flags/a.yaml:1 broken",
        "conflict: broken",
        "  flags/a.yaml:1 broken",
        "new: created",
    ];
    assert_eq!(told(&repo, &["--flag", "a"])[..7], expected);
    assert_eq!(told(&repo, &[])[..7], expected);
    assert_eq!(told(&repo, &["--action", "broken"]).len(), 4);

    repo.write("flags/environments.yaml", "environments: [\n");
    repo.commit("no environments");
    repo.write("flags/a.yaml", &share(30));
    repo.commit("more");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.commit("environments again");
    assert_eq!(
        told(&repo, &["-n", "2"]),
        [
            "more: exposure",
            "  a staging exposure 20% → 30%: 10% more, nobody leaves",
            "no environments: broken",
            "  flags/environments.yaml:1 broken",
        ]
    );
}

#[test]
fn the_scope_reaches_all_flags_whose_record_it_changes() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    let rules = "default_value: false\ntargeting_rules:\n  - {name: r, conditions: [{segment: s}], value: true}\nenvironments: {staging: false, production: {enabled: true}}\n";
    let segment = |country: &str| {
        format!(
            "segments:\n  s:\n    conditions: [{{attribute: country, operator: equals, value: {country}}}]\n"
        )
    };
    repo.write("flags/segments.yaml", &segment("IT"));
    repo.write("flags/a.yaml", rules);
    repo.write("flags/b.yaml", rules);
    repo.write("flags/c.yaml", ON);
    repo.commit("new");
    repo.write("flags/segments.yaml", &segment("NO"));
    repo.commit("another country");
    repo.write(
        "flags/environments.yaml",
        &ENVIRONMENTS.replace(
            "production: {parent: staging}",
            "production: {parent: staging, approval_required: true}",
        ),
    );
    repo.commit("protected");
    repo.write(
        "flags/flag-dependencies.yaml",
        "dependencies:\n  - flag: c\n    depends_on: [{flag: a, required_value: true}]\n",
    );
    repo.commit("needed");
    let lines = told(
        &repo,
        &["--rev", "HEAD~1", "--env", "production", "-n", "1"],
    );
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0], "another country: rules");
    assert!(lines[1].starts_with("  a production rules "), "{lines:?}");
    assert!(lines[2].starts_with("  b production rules "), "{lines:?}");
    assert_eq!(
        told(
            &repo,
            &[
                "--rev",
                "HEAD~1",
                "--flag",
                "b",
                "--env",
                "production",
                "-n",
                "1"
            ]
        ),
        [lines[0].clone(), lines[2].clone()]
    );
    assert_eq!(
        told(&repo, &["--env", "staging", "-n", "1"]),
        [
            "needed: dependencies",
            "  c staging dependencies needs a to serve true"
        ]
    );
    let list = entries(repo.ffctl(&["log", "--json", "-n", "1"]));
    assert_eq!(
        list[0]["changes"][0]["files"],
        serde_json::json!(["flags/flag-dependencies.yaml"])
    );
}

#[test]
fn what_is_missing_is_an_error() {
    let repositories = Repositories::new();
    let unborn = repositories.init("unborn");
    unborn.write("ffctl.toml", "");
    let output = unborn.ffctl(&["log"]).exits(2);
    assert!(output.stderr.contains("no commit yet"), "{output}");

    let repo = project(&repositories, "here");
    repo.write("flags/a.yaml", &share(10));
    repo.commit("new");
    repo.write("flags/a.yaml", &share(20));
    repo.commit("more");
    let output = repo.ffctl(&["log", "--flag", "b"]).exits(2);
    assert!(
        output
            .stderr
            .contains("there is no flag `b`, and there was none"),
        "{output}"
    );
    let output = repo.ffctl(&["log", "--env", "stagin"]).exits(2);
    assert!(output.stderr.contains("did you mean `staging`"), "{output}");

    let output = repo
        .ffctl(&["log", "--flag", "a", "--env", "stagin"])
        .exits(2);
    assert!(output.stderr.contains("did you mean `staging`"), "{output}");
    for more in [
        &["-n", "1"][..],
        &["--since", "2020-01-01"],
        &["--flag", "a"],
    ] {
        let arguments = [&["log", "--env", "stagin"], more].concat();
        let output = repo.ffctl(&arguments).exits(2);
        assert!(output.stderr.contains("did you mean `staging`"), "{output}");
    }
    let output = repo
        .ffctl(&["blame", "--flag", "a", "--env", "stagin"])
        .exits(2);
    assert!(output.stderr.contains("did you mean `staging`"), "{output}");
    let output = repo
        .ffctl(&["log", "--env", "production", "--action", "killed"])
        .exits(0);
    assert_eq!(
        output.stdout,
        "no commit matches --env production, --action killed\n"
    );
    let outside = repositories.path("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("ffctl.toml"), "").unwrap();
    let output = TestRepo { path: outside }.ffctl(&["log"]).exits(2);
    assert!(
        output.stderr.contains("not in a Git repository") && output.stderr.contains("`git init`"),
        "{output}"
    );

    let shallow = repositories.path("shallow");
    let url = format!("file://{}", repo.path.display());
    repo.git(&[
        "clone",
        "--quiet",
        "--depth=1",
        &url,
        shallow.to_str().unwrap(),
    ]);
    let shallow = TestRepo { path: shallow };
    let output = shallow.ffctl(&["log"]).exits(2);
    assert!(output.stderr.contains("git fetch --unshallow"), "{output}");
    alone(&shallow, &["log"]).exits(2);
    shallow.write("flags/a.yaml", &share(30));
    shallow.commit("most");
    let output = shallow.ffctl(&["log"]).exits(0);
    assert!(output.stdout.contains("20% → 30%"), "{output}");
    assert!(!output.stdout.contains("new:"), "{output}");
    assert!(output.stderr.contains("git fetch --unshallow"), "{output}");
    // What was asked for is here.
    let output = shallow.ffctl(&["log", "-n", "1"]).exits(0);
    assert!(!output.stderr.contains("shallow"), "{output}");

    let damaged = repositories.clone_of(&repo, "damaged");
    let tree = damaged.id("HEAD~1:flags");
    let object = damaged
        .path
        .join(".git/objects")
        .join(&tree[..2])
        .join(&tree[2..]);
    std::fs::remove_file(object).unwrap();
    for output in [damaged.ffctl(&["log"]), alone(&damaged, &["log"])] {
        let output = output.exits(2);
        assert!(output.stderr.contains("git fsck"), "{output}");
    }

    let blob = repo.id("HEAD~1:flags/a.yaml");
    let object = repo
        .path
        .join(".git/objects")
        .join(&blob[..2])
        .join(&blob[2..]);
    std::fs::remove_file(object).unwrap();
    for output in [repo.ffctl(&["log"]), alone(&repo, &["log"])] {
        let output = output.exits(2);
        assert!(output.stderr.contains(&blob), "{output}");
    }
}

#[test]
fn bare_and_sha256_repositories_are_read() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("flags/a.yaml", ON);
    repo.commit("new");
    let bare = repositories.path("bare.git");
    repo.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    assert_eq!(told(&TestRepo { path: bare }, &[]), told(&repo, &[]));

    let path = repositories.path("sha256");
    std::fs::create_dir_all(&path).unwrap();
    let other = TestRepo { path };
    other.git(&[
        "init",
        "--quiet",
        "--object-format=sha256",
        "--initial-branch=main",
    ]);
    other.write("ffctl.toml", "");
    other.write("flags/environments.yaml", ENVIRONMENTS);
    other.write("flags/a.yaml", ON);
    other.commit("new");
    let output = other.ffctl(&["log", "--env", "staging"]).exits(0);
    assert!(
        output
            .stdout
            .contains("staging  a  new: true for everybody"),
        "{output}"
    );
}

//! `--rev`: what was committed, whatever the working tree says.

use std::process::Command;

use serde_json::json;

use crate::support::git::{Repositories, TestRepo, scrubbed};
use crate::support::{ENVIRONMENTS, NOW, Output};

const ON: &str = "default_value: false\nenvironments: {staging: true, production: true}\n";
const OFF: &str = "default_value: false\nenvironments: {staging: true, production: false}\n";
const BROKEN: &str = "default_value: false\nenvironments: {staging: [\n";

/// `cart` is off in production at `v1`, on at `v2`, and broken in the working tree.
fn fill(repo: &TestRepo) {
    repo.write("ffctl.toml", "[project]\nname = \"shop\"\n");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.write("flags/cart.yaml", OFF);
    repo.write("flags/search.yaml", ON);
    repo.commit("one");
    repo.git(&["tag", "v1"]);
    repo.write("flags/cart.yaml", ON);
    repo.commit("two");
    repo.git(&["tag", "--annotate", "--message", "two", "v2"]);
    repo.write("flags/cart.yaml", BROKEN);
}

fn project(repositories: &Repositories) -> TestRepo {
    let repo = repositories.init("here");
    fill(&repo);
    repo
}

/// The value that `cart` serves in production at a revision.
fn cart(repo: &TestRepo, revision: &str) -> serde_json::Value {
    let arguments = [
        "evaluate",
        "--flag",
        "cart",
        "--env",
        "production",
        "--json",
        "--rev",
        revision,
    ];
    repo.ffctl(&arguments).exits(0).json()["value"].clone()
}

#[test]
fn every_reading_command_reads_the_commit() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    for (revision, value) in [
        ("v1", false),
        ("v2", true),
        ("HEAD~1", false),
        ("HEAD", true),
        ("main", true),
        ("@", true),
    ] {
        assert_eq!(cart(&repo, revision), json!(value), "{revision}");
    }
    assert_eq!(cart(&repo, &repo.id("v1")[..8]), json!(false));
    let states = |revision: &str| {
        let list = repo
            .ffctl(&["list", "--json", "--rev", revision])
            .exits(0)
            .json();
        list["flags"][0]["environments"]["production"]["state"].clone()
    };
    assert_eq!((states("v1"), states("v2")), (json!("off"), json!("on")));
    let shown = repo
        .ffctl(&["show", "--flag", "cart", "--rev", "v1"])
        .exits(0);
    assert!(
        shown.stdout.contains("production: false"),
        "{}",
        shown.stdout
    );
    repo.ffctl(&["validate", "--rev", "v1"]).exits(0);
    repo.ffctl(&["environments", "--rev", "v1"]).exits(0);
    // The working tree is what it is.
    repo.ffctl(&["validate"]).exits(1);
    repo.ffctl(&["evaluate", "--flag", "cart", "--env", "production"])
        .exits(1);
    let batch = ["evaluate", "--batch", "--env", "production", "--rev", "v1"];
    let mut child = repo
        .command(&batch)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"{\"flag\": \"cart\"}\n").unwrap();
    let answer = child.wait_with_output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(answer["value"], json!(false));
}

#[test]
fn an_export_of_a_revision_says_so_beside_the_document() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let export = [
        "export",
        "--format",
        "ruleset",
        "--env",
        "production",
        "--output",
        "out.json",
        "--envelope",
        "envelope.json",
        "--rev",
    ];
    repo.ffctl(&[&export[..], &["v1"]].concat()).exits(0);
    let envelope: serde_json::Value = serde_json::from_str(&repo.read("envelope.json")).unwrap();
    assert_eq!(envelope["commit"], json!(repo.id("v1")));
    assert_eq!(envelope["dirty"], json!(false));
    let first = repo.read("out.json");
    repo.ffctl(&[&export[..], &["v2"]].concat()).exits(0);
    assert_ne!(first, repo.read("out.json"));
}

#[test]
fn what_cannot_be_understood_is_left_out_with_a_warning() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.commit("broken");
    let list = repo.ffctl(&["list", "--rev", "HEAD"]).exits(0);
    assert!(
        !list.stdout.contains("cart") && list.stdout.contains("search"),
        "{}",
        list.stdout
    );
    assert!(
        list.stderr.contains("warning[yaml-syntax]"),
        "{}",
        list.stderr
    );
    // Asked for by name, it is an error; and what is validated or exported is told as it is.
    for arguments in [
        &["show", "--flag", "cart", "--rev", "HEAD"][..],
        &[
            "evaluate",
            "--flag",
            "cart",
            "--env",
            "production",
            "--rev",
            "HEAD",
        ],
        &["validate", "--rev", "HEAD"],
        &[
            "export",
            "--format",
            "ruleset",
            "--env",
            "production",
            "--rev",
            "HEAD",
        ],
    ] {
        repo.ffctl(arguments).exits(1);
    }
    repo.ffctl(&[
        "evaluate",
        "--flag",
        "search",
        "--env",
        "production",
        "--rev",
        "HEAD",
    ])
    .exits(0);
}

#[test]
fn a_flag_that_needs_one_that_cannot_be_understood_is_not_answered_for() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let needs = "default_value: false\ndepends_on: [{flag: cart, required_value: true}]\nenvironments: {production: true}\n";
    repo.write("flags/checkout.yaml", needs);
    repo.commit("broken");
    let all = repo
        .ffctl(&[
            "evaluate",
            "--all",
            "--env",
            "production",
            "--rev",
            "HEAD",
            "--json",
        ])
        .exits(0)
        .json();
    let told: Vec<&str> = all["flags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["flag"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["search"]);
}

#[test]
fn a_finding_that_todays_rules_make_of_the_past_is_a_warning() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    // `enabled-without-effect`: an error today, and plain enough to be read.
    repo.write(
        "flags/cart.yaml",
        "default_value: false\nenvironments: {production: {enabled: true}}\n",
    );
    repo.commit("of old");
    let at = ["evaluate", "--flag", "cart", "--env", "production"];
    repo.ffctl(&at).exits(1);
    let answer = repo.ffctl(&[&at[..], &["--rev", "HEAD"]].concat()).exits(0);
    assert!(answer.stdout.contains("false"), "{}", answer.stdout);
}

#[test]
fn revisions_that_are_not_there_say_why() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let unknown = repo.ffctl(&["list", "--rev", "v9"]).exits(2);
    assert!(
        unknown.stderr.contains("there is no revision `v9`"),
        "{}",
        unknown.stderr
    );
    for evil in ["--all", "-h", "", "HEAD:flags", "a..b"] {
        repo.ffctl(&["list", &format!("--rev={evil}")]).exits(2);
    }
    // A shallow clone does not have it.
    let shallow = repositories.path("shallow");
    let source = format!("file://{}", repo.path.display());
    repo.git(&[
        "clone",
        "--quiet",
        "--depth=1",
        &source,
        shallow.to_str().unwrap(),
    ]);
    let shallow = TestRepo { path: shallow };
    let deeper = shallow.ffctl(&["list", "--rev", "HEAD~1"]).exits(2);
    assert!(
        deeper.stderr.contains("git fetch --unshallow"),
        "{}",
        deeper.stderr
    );
    assert_eq!(cart(&shallow, "HEAD"), json!(true));
    // There is no commit yet.
    let unborn = repositories.init("unborn");
    unborn.write("ffctl.toml", "");
    unborn.write("flags/environments.yaml", ENVIRONMENTS);
    let none = unborn.ffctl(&["list", "--rev", "HEAD"]).exits(2);
    assert!(none.stderr.contains("has no commit yet"), "{}", none.stderr);
    // There is no repository.
    let outside = tempfile::tempdir().unwrap();
    let mut command = scrubbed(Command::new(env!("CARGO_BIN_EXE_ffctl")), outside.path());
    let output = command
        .current_dir(outside.path())
        .args(["list", "--rev", "HEAD"])
        .output()
        .unwrap();
    let output = Output::of(&output).exits(2);
    assert!(
        output.stderr.contains("is not in a Git repository"),
        "{}",
        output.stderr
    );
}

#[test]
fn damaged_objects_are_told_and_not_passed_over() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let blob = repo.id("v1:flags/cart.yaml");
    let object = repo
        .path
        .join(".git/objects")
        .join(&blob[..2])
        .join(&blob[2..]);
    std::fs::remove_file(&object).unwrap();
    let shown = repo
        .ffctl(&["show", "--flag", "cart", "--rev", "v1"])
        .exits(1);
    assert!(
        shown.stderr.contains("cannot read the object"),
        "{}",
        shown.stderr
    );
    assert!(shown.stderr.contains("`git fsck`"), "{}", shown.stderr);
    assert_eq!(cart(&repo, "v2"), json!(true));
    let list = repo.ffctl(&["list", "--rev", "v1"]).exits(0);
    assert!(
        list.stderr.contains("cannot read the object"),
        "{}",
        list.stderr
    );
    // The folder itself.
    let tree = repo.id("v1:flags");
    std::fs::remove_file(
        repo.path
            .join(".git/objects")
            .join(&tree[..2])
            .join(&tree[2..]),
    )
    .unwrap();
    let list = repo.ffctl(&["list", "--rev", "v1"]);
    assert_ne!(list.status, Some(0), "{}", list.stdout);
    assert!(
        list.stderr.contains("git fsck") || list.stderr.contains("cannot"),
        "{}",
        list.stderr
    );
}

#[test]
fn where_there_is_no_working_tree_that_is_said() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let path = repositories.path("bare.git");
    repo.git(&["clone", "--quiet", "--bare", ".", path.to_str().unwrap()]);
    let bare = TestRepo { path };
    let on = ["enable", "--flag", "cart", "--env", "staging"];
    for arguments in [&["list"][..], &["validate"], &["diff"], &on] {
        let output = bare.ffctl(arguments).exits(2);
        for words in ["no working tree", "`--rev REV`", "clone"] {
            assert!(output.stderr.contains(words), "{output}");
        }
        assert!(!output.stderr.contains("init"), "{output}");
    }
}

#[test]
fn nobody_is_told_to_mend_what_was_committed() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.commit("broken");
    let ask = ["evaluate", "--flag", "cart", "--env", "staging"];
    let export = ["export", "--env", "staging", "--format", "ruleset"];
    for arguments in [&ask[..], &export] {
        let today = repo.ffctl(arguments).exits(1);
        assert!(today.stderr.contains("mend the findings"), "{today}");
    }
    let past = repo.ffctl(&[&ask[..], &["--rev", "HEAD"]].concat());
    let past = past.exits(1);
    assert!(!past.stderr.contains("mend the findings"), "{past}");
    assert!(past.stderr.contains("another revision"), "{past}");
}

#[test]
fn bare_repositories_and_linked_working_trees_are_read() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&[
        "clone",
        "--quiet",
        "--bare",
        ".",
        repositories.path("bare.git").to_str().unwrap(),
    ]);
    let bare = TestRepo {
        path: repositories.path("bare.git"),
    };
    assert_eq!(cart(&bare, "v1"), json!(false));
    assert_eq!(cart(&bare, "main"), json!(true));
    repo.git(&[
        "worktree",
        "add",
        "--quiet",
        "--detach",
        repositories.path("linked").to_str().unwrap(),
        "v1",
    ]);
    let linked = TestRepo {
        path: repositories.path("linked"),
    };
    assert_eq!(cart(&linked, "HEAD"), json!(false));
    assert_eq!(cart(&linked, "main"), json!(true));
}

#[test]
fn formats_that_only_git_knows_are_read_by_git() {
    let repositories = Repositories::new();
    for format in [&["--object-format=sha256"][..], &["--ref-format=reftable"]] {
        let name = format[0].replace("--", "").replace('=', "-");
        let path = repositories.path(&name);
        std::fs::create_dir_all(&path).unwrap();
        let repo = TestRepo { path };
        let made = repo.try_git(&[&["init", "--quiet", "--initial-branch=main"], format].concat());
        if !made.status.success() {
            // An older git does not know the format, and nobody has such a repository there.
            continue;
        }
        fill(&repo);
        assert_eq!(cart(&repo, "v1"), json!(false), "{format:?}");
        assert_eq!(cart(&repo, "HEAD"), json!(true), "{format:?}");
        repo.ffctl(&["list", "--rev", "v9"]).exits(2);
        let tree = repo.ffctl(&["diff", "v1", "v2", "--json"]).exits(0).json();
        assert_eq!(tree["summary"]["flags"], json!(1), "{format:?}");
    }
}

#[test]
fn partial_clones_fetch_or_say_what_is_missing() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    repo.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let source = format!("file://{}", repo.path.display());
    let path = repositories.path("partial");
    repo.git(&[
        "clone",
        "--quiet",
        "--filter=blob:none",
        &source,
        path.to_str().unwrap(),
    ]);
    let partial = TestRepo { path };
    // The blobs of HEAD were fetched by the checkout; that of v1 is when it is asked for.
    assert_eq!(cart(&partial, "v1"), json!(false));
    let path = repositories.path("cut");
    repo.git(&[
        "clone",
        "--quiet",
        "--filter=blob:none",
        &source,
        path.to_str().unwrap(),
    ]);
    let cut = TestRepo { path };
    cut.git(&["remote", "set-url", "origin", "file:///nowhere"]);
    let shown = cut
        .ffctl(&["show", "--flag", "cart", "--rev", "v1"])
        .exits(1);
    assert!(
        shown.stderr.contains("from promisor remote"),
        "{}",
        shown.stderr
    );
    assert!(shown.stderr.contains("`git fetch`"), "{}", shown.stderr);
    // What is here is read, whatever is not.
    cut.git(&["checkout", "--quiet", "."]);
    let listed = cut.ffctl(&["list", "--rev", "v1"]).exits(0);
    assert!(listed.stdout.contains("search"), "{listed}");
    let whole = ["Broken pipe", "may be read", "search.yaml"];
    assert!(
        !whole.iter().any(|words| listed.stderr.contains(words)),
        "{listed}"
    );
    assert!(listed.stderr.contains("from promisor remote"), "{listed}");
    let path = repositories.path("bare-cut");
    let arguments = ["clone", "--quiet", "--bare", "--filter=blob:none", &source];
    repo.git(&[&arguments[..], &[path.to_str().unwrap()]].concat());
    let cut = TestRepo { path };
    cut.git(&["remote", "set-url", "origin", "file:///nowhere"]);
    let listed = cut.ffctl(&["list", "--rev", "v1"]).exits(2);
    for words in ["ffctl.toml", "from promisor remote", "`git fetch`"] {
        assert!(listed.stderr.contains(words), "{listed}");
    }
}

#[test]
fn a_project_that_has_moved_is_followed() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write("flags/cart.yaml", ON);
    std::fs::create_dir_all(repo.path.join("apps/web")).unwrap();
    repo.git(&["mv", "ffctl.toml", "flags", "apps/web/"]);
    repo.write(
        "apps/web/ffctl.toml",
        "[project]\nname = \"shop\"\nflags = \"switches\"\n",
    );
    repo.git(&["mv", "apps/web/flags", "apps/web/switches"]);
    repo.write("other/ffctl.toml", "[project]\nname = \"other\"\n");
    repo.commit("moved");
    let web = TestRepo {
        path: repo.path.join("apps/web"),
    };
    assert_eq!(cart(&web, "v1"), json!(false));
    assert_eq!(cart(&web, "HEAD"), json!(true));
    // Another project of the repository is not taken for it.
    repo.write("other/flags/environments.yaml", ENVIRONMENTS);
    repo.commit("other");
    let other = TestRepo {
        path: repo.path.join("other"),
    };
    assert_eq!(
        other
            .ffctl(&["list", "--rev", "HEAD"])
            .exits(0)
            .stdout
            .trim(),
        "no flags"
    );
    let bare = repositories.path("bare.git");
    repo.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let unclear = TestRepo { path: bare }
        .ffctl(&["list", "--rev", "HEAD"])
        .exits(2);
    assert!(
        unclear.stderr.contains("`apps/web/` and `other/`"),
        "{}",
        unclear.stderr
    );
}

#[test]
fn links_within_the_project_are_followed_in_commits_too() {
    #[cfg(unix)]
    {
        let repositories = Repositories::new();
        let repo = project(&repositories);
        repo.write("flags/cart.yaml", ON);
        repo.write("common/linked.txt", ON);
        std::os::unix::fs::symlink("../common/linked.txt", repo.path.join("flags/linked.yaml"))
            .unwrap();
        std::os::unix::fs::symlink("/etc/hostname", repo.path.join("flags/outside.yaml")).unwrap();
        repo.commit("links");
        let list = repo.ffctl(&["list", "--rev", "HEAD"]).exits(0);
        assert!(
            list.stdout.contains("linked") && !list.stdout.contains("outside"),
            "{}",
            list.stdout
        );
        assert!(
            list.stderr.contains("leads out of the project"),
            "{}",
            list.stderr
        );
    }
}

#[test]
fn a_version_pinned_then_does_not_keep_from_looking_now() {
    let repositories = Repositories::new();
    let repo = repositories.init("here");
    repo.write(
        "ffctl.toml",
        "[project]\nname = \"shop\"\nrequires = \"<0.0.1\"\n",
    );
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.write("flags/cart.yaml", ON);
    repo.commit("pinned");
    let output = repo
        .command(&["list"])
        .env("FFCTL_NOW", NOW)
        .output()
        .unwrap();
    Output::of(&output).exits(2);
    repo.ffctl(&["list", "--rev", "HEAD"]).exits(0);
}

//! `ffctl emergency-disable`, and `ffctl restore`: where the commit goes, and whether it is in force.
#![cfg(unix)]

use crate::support::git::{Repositories, TestRepo};
use crate::support::{ENVIRONMENTS, Output};

const CART: &str = "\
default_value: false
tags: [shop]
environments:
  staging: true
  production:
    enabled: true
    percentage: 10   # for now
";
const FILE: &str = "flags/cart.yaml";
const KILL: &[&str] = &[
    "emergency-disable",
    "--flag",
    "cart",
    "--reason",
    "orders are lost",
];
const SETTINGS: &str = "[git]\nrelease_branch = \"main\"\nprotected_branches = [\"main\"]\n";

fn fill(repo: &TestRepo) {
    repo.write("ffctl.toml", SETTINGS);
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.write(FILE, CART);
    repo.write("flags/broken.yaml", "default_value: [\n");
    repo.write("other.txt", "1\n");
    repo.commit("begin");
}

fn project(repositories: &Repositories) -> TestRepo {
    let repo = repositories.init("here");
    fill(&repo);
    repo
}

fn remote_and_clone(repositories: &Repositories) -> (TestRepo, TestRepo) {
    repositories.remote_and_clone(fill)
}

fn kill(repo: &TestRepo, more: &[&str]) -> Output {
    repo.ffctl(&[KILL, more].concat())
}

#[track_caller]
fn last_line(ran: &Output, wanted: &str) {
    assert_eq!(ran.stdout.lines().last(), Some(wanted), "{ran}");
}

/// The file with the block and no other change.
fn is_killed(text: &str) -> bool {
    let block = text.find("kill_switch:").map(|start| {
        let rest = &text[start..];
        let end = rest
            .match_indices('\n')
            .map(|(at, _)| at + 1)
            .find(|at| !rest[*at..].starts_with(' '));
        start..start + end.unwrap_or(rest.len())
    });
    block.is_some_and(|block| {
        let without = [&text[..block.start], &text[block.end..]].concat();
        without.replace("\n\n", "\n") == CART
    })
}

#[test]
fn the_release_branch_that_is_checked_out_gets_it() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write("other.txt", "2\n");
    repo.git(&["add", "other.txt"]);
    let ran = kill(&repo, &[]).exits(0);
    last_line(&ran, "NOT in force until pushed");
    // An emergency may always commit to a protected branch.
    assert!(!ran.stderr.contains("is protected"), "{ran}");
    assert!(is_killed(&repo.show("HEAD", FILE)), "{}", repo.read(FILE));
    assert_eq!(repo.read(FILE), repo.show("HEAD", FILE));
    assert_eq!(repo.status(), ["M  other.txt"]);
    assert_eq!(
        repo.git(&["show", "--format=", "--name-only", "HEAD"]),
        FILE
    );
    let message = repo.git(&["log", "-1", "--format=%B"]);
    let (subject, rest) = message.split_once('\n').unwrap();
    assert_eq!(subject, "emergency-disable cart everywhere");
    let lines =
        "\n\nFlag: cart\nAction: emergency-disable\nReason: orders are lost\nEmergency: true";
    assert!(rest.ends_with(lines), "{message}");
    assert!(rest.contains("cart in production: "), "{message}");
    let again = kill(&repo, &[]).exits(0);
    assert_eq!(again.stdout, "cart: it is killed already\n");
    assert_eq!(repo.log("main").len(), 2);
}

#[test]
fn a_push_is_in_force() {
    let repositories = Repositories::new();
    let (remote, here) = remote_and_clone(&repositories);
    let other = repositories.clone_of(&remote, "other");
    other.write("theirs.txt", "1\n");
    other.commit("theirs");
    other.git(&["push", "--quiet"]);
    let ran = kill(&here, &["--push", "--env", "production"]).exits(0);
    let last = ran.stdout.lines().last().unwrap();
    assert!(last.starts_with("in force"), "{ran}");
    let subject = "emergency-disable cart in production";
    assert_eq!(remote.log("main"), [subject, "theirs", "begin"]);
    assert_eq!(here.id("main"), remote.id("main"));
    assert!(here.status().is_empty());
    let body = here.git(&["log", "-1", "--format=%b"]);
    assert!(body.contains("\nEnvironment: production\n"), "{body}");
}

#[test]
fn a_push_that_is_rejected_waits_on_a_branch() {
    let repositories = Repositories::new();
    let (remote, here) = remote_and_clone(&repositories);
    remote.hook("update", "test \"$1\" != refs/heads/main");
    let ran = kill(&here, &["--push"]).exits(0);
    let branches = remote.git(&["branch", "--list", "ffctl/*", "--format=%(refname:short)"]);
    assert!(branches.starts_with("ffctl/emergency/cart-"), "{branches}");
    assert_eq!(remote.log(&branches).len(), 2);
    assert_eq!((remote.log("main").len(), here.log("main").len()), (1, 1));
    let last =
        format!("NOT in force until {branches} is merged: the release branch did not take it");
    last_line(&ran, &last);
    assert!(is_killed(&here.read(FILE)));
    assert_eq!(here.status(), [" M flags/cart.yaml"]);
}

#[test]
fn a_remote_that_is_away_leaves_the_commit_here() {
    let repositories = Repositories::new();
    let (remote, here) = remote_and_clone(&repositories);
    std::fs::remove_dir_all(&remote.path).unwrap();
    let ran = kill(&here, &["--push"]).exits(0);
    last_line(&ran, "NOT in force until pushed");
    assert!(ran.stderr.contains("`git push origin "), "{ran}");
    assert!(is_killed(&here.show("main", FILE)));
    assert!(here.status().is_empty());
}

#[test]
fn a_dirty_file_keeps_its_changes_out_of_the_commit() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let staged = CART.replace("10 ", "20 ");
    let dirty = staged.replace("shop", "store");
    repo.write(FILE, &staged);
    repo.git(&["add", FILE]);
    repo.write(FILE, &dirty);
    let before = [&["--cached"][..], &[]].map(|more| changes(&repo, more));
    kill(&repo, &[]).exits(0);
    assert!(is_killed(&repo.show("main", FILE)));
    assert_eq!(
        [&["--cached"][..], &[]].map(|more| changes(&repo, more)),
        before
    );
    for text in [repo.show("", FILE), repo.read(FILE)] {
        assert!(text.contains("kill_switch:"), "{text}");
    }
}

/// Returns the lines of a difference that are changed.
fn changes(repo: &TestRepo, more: &[&str]) -> Vec<String> {
    let difference = repo.git(&[&["diff", "--unified=0"], more].concat());
    let lines = difference.lines().filter(|line| {
        line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---")
    });
    lines.map(str::to_owned).collect()
}

#[test]
fn another_branch_that_is_checked_out_is_left_alone() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo.write(FILE, "mine: [\n");
    let before = repo.status();
    kill(&repo, &[]).exits(0);
    assert!(is_killed(&repo.show("main", FILE)));
    assert_eq!(
        (repo.status(), repo.read(FILE).as_str()),
        (before, "mine: [\n")
    );
    assert_eq!(repo.log("work"), ["begin"]);
}

#[test]
fn a_working_tree_that_has_the_branch_gets_the_block() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["worktree", "add", "--quiet", "-b", "work", "../linked"]);
    let linked = TestRepo {
        path: repositories.path("linked"),
    };
    kill(&linked, &[]).exits(0);
    assert!(is_killed(&repo.read(FILE)));
    assert!(repo.status().is_empty() && linked.status().is_empty());
    assert_eq!(linked.read(FILE), CART);
}

#[test]
fn a_detached_head_is_left_where_it_is_if_there_is_a_release_branch() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["checkout", "--quiet", "--detach"]);
    kill(&repo, &[]).exits(0);
    assert!(is_killed(&repo.show("main", FILE)));
    assert_eq!(
        (repo.log("HEAD").len(), repo.read(FILE).as_str()),
        (1, CART)
    );
    assert!(repo.status().is_empty());
    repo.write("ffctl.toml", "");
    repo.commit("no settings");
    kill(&repo, &[]).exits(0);
    assert_eq!(repo.log("HEAD").len(), 3);
    assert!(is_killed(&repo.read(FILE)));
    assert!(repo.status().is_empty());
}

#[test]
fn without_a_commit_the_working_file_gets_the_block() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo.write(FILE, &CART.replace("shop", "store"));
    let ran = kill(&repo, &["--no-commit"]).exits(0);
    let last = ran.stdout.lines().last().unwrap();
    assert!(last.starts_with("NOT in force until "), "{ran}");
    assert!(is_killed(&repo.read(FILE).replace("store", "shop")));
    assert_eq!((repo.log("main").len(), repo.status().len()), (1, 1));
    kill(&repo, &["--no-commit", "--push"]).exits(2);
    let plain = TestRepo {
        path: repositories.path("plain"),
    };
    plain.write("ffctl.toml", "");
    plain.write("flags/environments.yaml", ENVIRONMENTS);
    plain.write(FILE, CART);
    let ran = kill(&plain, &[]).exits(0);
    assert!(
        ran.stdout
            .lines()
            .last()
            .unwrap()
            .starts_with("NOT in force until ")
    );
    assert!(is_killed(&plain.read(FILE)));
}

#[test]
fn in_a_merge_it_is_made_all_the_same() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.write("side.txt", "1\n");
    repo.commit("side");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    kill(&repo, &[]).exits(0);
    assert_eq!(
        repo.log("main"),
        ["emergency-disable cart everywhere", "begin"]
    );
    assert!(is_killed(&repo.read(FILE)));
    assert_eq!(repo.status(), ["A  side.txt"]);
    assert!(repo.path.join(".git/MERGE_HEAD").exists());
}

#[test]
fn what_is_missing_or_changes_nothing_is_said() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let none = ["emergency-disable", "--flag", "cart"];
    let ran = repo.ffctl(&none).exits(2);
    assert!(ran.stderr.contains("--reason"), "{ran}");
    let tag = ["emergency-disable", "--tag", "shop", "--reason", "x"];
    let ran = repo.ffctl(&tag).exits(2);
    assert!(ran.stderr.contains("--yes"), "{ran}");
    kill(&repo, &["--branch", "side"]).exits(2);
    let unknown = ["emergency-disable", "--flag", "card", "--reason", "x"];
    let ran = repo.ffctl(&unknown).exits(2);
    assert!(ran.stderr.contains("`cart`"), "{ran}");
    assert_eq!(repo.log("main"), ["begin"]);
    // Whether the broken file has the tag cannot be told; those that can be killed are.
    let ran = repo.ffctl(&[&tag[..], &["--yes"]].concat()).exits(1);
    assert!(
        ran.stdout.contains("broken: its file cannot be read"),
        "{ran}"
    );
    assert_eq!(repo.log("main").len(), 2);
}

#[test]
fn a_hook_that_refuses_leaves_everything() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.hook("pre-commit", "echo 'no commits today' >&2\nexit 1");
    let ran = kill(&repo, &[]).exits(2);
    assert!(ran.stderr.contains("no commits today"), "{ran}");
    assert!(ran.stderr.contains("--no-commit"), "{ran}");
    assert_eq!(repo.read(FILE), CART);
    assert!(repo.status().is_empty());
    // Neither does a disk without a place for the checkout.
    let nowhere = repositories.path("nowhere");
    let ran = repo.command(KILL).env("TMPDIR", nowhere).output();
    let ran = Output::of(&ran.unwrap()).exits(2);
    assert!(ran.stderr.contains("--no-commit"), "{ran}");
    assert!(repo.status().is_empty());
    repo.hook(
        "pre-commit",
        "sed -i 's/^kill_switch/x-kill_switch/' flags/cart.yaml\ngit add flags/cart.yaml",
    );
    let ran = kill(&repo, &[]).exits(1);
    let last = ran.stdout.lines().last().unwrap();
    assert!(last.starts_with("NOT in force"), "{ran}");
    assert_eq!((repo.log("main").len(), repo.status().len()), (1, 0));
}

#[test]
fn restore_commits_and_asks_why() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write(
        "flags/environments.yaml",
        &ENVIRONMENTS.replace(
            "{parent: staging}",
            "{parent: staging, rollback_protection: true}",
        ),
    );
    repo.commit("protection");
    kill(&repo, &[]).exits(0);
    let restore = ["restore", "--flag", "cart"];
    let ran = repo.ffctl(&restore).exits(2);
    assert!(ran.stderr.contains("--reason"), "{ran}");
    repo.write("other.txt", "2\n");
    let reason = [&restore[..], &["--reason", "mended"]].concat();
    let ran = repo.ffctl(&reason).exits(0);
    assert!(ran.stderr.contains("warning: `main` is protected"), "{ran}");
    assert_eq!(repo.read(FILE), CART);
    assert_eq!(repo.status(), [" M other.txt"]);
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert!(message.starts_with("restore cart\n"), "{message}");
    let lines = "\n\nFlag: cart\nAction: restore\nReason: mended";
    assert!(message.ends_with(lines), "{message}");
    let again = repo.ffctl(&reason);
    assert_eq!(repo.log("main").len(), 4, "{again}");
    kill(&repo, &[]).exits(0);
    repo.ffctl(&[&reason[..], &["--no-commit"]].concat())
        .exits(0);
    assert_eq!(repo.read(FILE), CART);
    assert_eq!(repo.log("main").len(), 5);
}

#[test]
fn a_kill_that_is_not_checked_out_is_restored_where_it_stands() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["switch", "--quiet", "--create", "feature"]);
    kill(&repo, &[]).exits(0);
    let restore = ["restore", "--flag", "cart", "--reason", "orders are found"];
    let refused = repo.ffctl(&restore).exits(1);
    assert!(
        refused.stderr.contains("`cart` is not killed here"),
        "{refused}"
    );
    assert!(refused.stderr.contains("is on `main`"), "{refused}");
    assert!(refused.stderr.contains("`--branch main`"), "{refused}");
    assert!(is_killed(&repo.show("main", FILE)));
    repo.ffctl(&[&restore[..], &["--branch", "main"]].concat())
        .exits(0);
    assert_eq!(repo.show("main", FILE), CART);
    // Then it is killed nowhere.
    let refused = repo.ffctl(&restore).exits(1);
    assert!(!refused.stderr.contains("is on `main`"), "{refused}");
}

#[test]
fn without_a_release_branch_it_is_said_where_the_kill_switch_goes() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let settings = repo.read("ffctl.toml");
    let release: Vec<&str> = settings
        .lines()
        .filter(|line| !line.contains("release_branch"))
        .collect();
    repo.write("ffctl.toml", &(release.join("\n") + "\n"));
    repo.commit("no release branch");
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    let ran = kill(&repo, &[]).exits(0);
    assert!(
        ran.stderr.contains("the emergency goes to `topic`"),
        "{ran}"
    );
    assert!(is_killed(&repo.show("topic", FILE)));
    assert!(!is_killed(&repo.show("main", FILE)));
}

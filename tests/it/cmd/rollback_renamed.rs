//! `rollback --to` of flags that have another key today.
#![cfg(unix)]

use super::rollback_inverse::{DAYS, FLAG, Files, history, roll};
use crate::support::git::{Repositories, TestRepo};

const NEEDY: &str = "default_value: false\ndepends_on: [{flag: k, required_value: true}]\nenvironments: {development: true}\n";

/// A project in which `k`, that `needy` needs, is called `k2` since its first commit, and serves more.
fn renamed(repositories: &Repositories) -> TestRepo {
    let repo = history(
        repositories,
        &[&[
            ("flags/k.yaml", Some(FLAG)),
            ("flags/needy.yaml", Some(NEEDY)),
        ]],
    );
    repo.git(&["tag", "then"]);
    repo.ffctl(&["rename", "--flag", "k", "--to", "k2", "--commit"])
        .exits(0);
    let text = repo.read("flags/k2.yaml").replace("40", "75");
    repo.write("flags/k2.yaml", &text);
    let needy = repo.read("flags/needy.yaml");
    repo.write(
        "flags/needy.yaml",
        &needy.replace("development: true", "development: false"),
    );
    repo.commit_at(DAYS[1], "more");
    repo
}

#[test]
fn a_renamed_flag_goes_back_under_its_new_key() {
    let calls = [
        &["--to", "then"][..],
        &["--to", "then", "--flag", "k2"],
        &["--to", "then", "--flag", "k"],
    ];
    for words in calls {
        let repositories = Repositories::new();
        let repo = renamed(&repositories);
        let was = repo.read("flags/k2.yaml");
        let output = roll(&repo, words).exits(0);
        assert_eq!(repo.read("flags/k2.yaml"), was.replace("75", "40"));
        assert!(was.contains("salt: k\n"), "{was}");
        assert!(!repo.path.join("flags/k.yaml").exists());
        assert!(output.stderr.contains("called `k` at then"), "{output}");
        for told in [
            "then   40% of everybody",
            "now    75% of everybody",
            "after  40% of everybody",
        ] {
            assert!(output.stdout.contains(told), "{output}");
        }
        let again = roll(&repo, words).exits(0);
        assert!(again.stdout.contains("nothing to change"), "{again}");
    }
}

#[test]
fn a_dependency_on_it_goes_by_the_new_key() {
    let calls = [&["--to", "then"][..], &["--to", "then", "--flag", "needy"]];
    for words in calls {
        let repositories = Repositories::new();
        let repo = renamed(&repositories);
        roll(&repo, words).exits(0);
        assert_eq!(
            repo.read("flags/needy.yaml"),
            NEEDY.replace("flag: k,", "flag: k2,")
        );
    }
}

#[test]
fn a_dependency_apart_goes_by_the_new_key() {
    let repositories = Repositories::new();
    let path = "flags/flag-dependencies.yaml";
    let needs = |k: &str, base: &str| {
        format!(
            "dependencies:\n  - flag: {k}\n    depends_on: [{{flag: {base}, required_value: true}}]\n"
        )
    };
    let base = "default_value: false\nenvironments: {development: true, production: true}\n";
    let repo = history(
        &repositories,
        &[&[
            ("flags/k.yaml", Some(FLAG)),
            ("flags/base.yaml", Some(base)),
            (path, Some(&needs("k", "base"))),
        ]],
    );
    repo.git(&["tag", "then"]);
    for (from, to) in [("k", "k2"), ("base", "base2")] {
        repo.ffctl(&["rename", "--flag", from, "--to", to, "--commit"])
            .exits(0);
    }
    assert_eq!(repo.read(path), needs("k2", "base2"));
    repo.write(path, "dependencies: []\n");
    repo.commit_at(DAYS[1], "more");
    roll(&repo, &["--to", "then"]).exits(0);
    let text = repo.read(path);
    assert_eq!(text.matches("flag: k2").count(), 1, "{text}");
    assert!(text.contains("flag: base2, required_value: true"), "{text}");
}

#[test]
fn a_kill_switch_under_the_new_key_stays() {
    let repositories = Repositories::new();
    let repo = renamed(&repositories);
    repo.ffctl(&["emergency-disable", "--flag", "k2", "--reason", "r"])
        .exits(0);
    roll(&repo, &["--to", "then"]).exits(0);
    let text = repo.read("flags/k2.yaml");
    assert!(
        text.contains("kill_switch") && text.contains("40"),
        "{text}"
    );
    assert!(!repo.path.join("flags/k.yaml").exists());
    roll(&repo, &["--to", "then", "--lift-kill-switches"]).exits(0);
    let text = repo.read("flags/k2.yaml");
    assert!(
        !text.contains("kill_switch") && text.contains("40"),
        "{text}"
    );
}

#[test]
fn the_old_key_that_exists_again_is_another_flag() {
    let repositories = Repositories::new();
    let repo = renamed(&repositories);
    let was = repo.read("flags/k2.yaml");
    repo.write("flags/k.yaml", &FLAG.replace("40", "60"));
    repo.commit_at(DAYS[2], "again");
    let output = roll(&repo, &["--to", "then"]).exits(0);
    assert_eq!(repo.read("flags/k2.yaml"), was);
    assert_eq!(repo.read("flags/k.yaml"), FLAG);
    let told = "`k2` has the salt that `k` had at then, and may be that flag";
    assert!(output.stderr.contains(told), "{output}");
}

#[test]
fn of_two_new_keys_neither_is_the_flag() {
    let repositories = Repositories::new();
    let repo = renamed(&repositories);
    let was = repo.read("flags/k2.yaml");
    repo.write("flags/k3.yaml", &was);
    repo.commit_at(DAYS[2], "copied");
    let output = roll(&repo, &["--to", "then"]).exits(0);
    assert_eq!(repo.read("flags/k.yaml"), FLAG);
    for key in ["k2", "k3"] {
        assert_eq!(repo.read(&format!("flags/{key}.yaml")), was);
        let told = format!("`{key}` has the salt that `k` had at then");
        assert!(output.stderr.contains(&told), "{output}");
    }
    // What may be the flag is not archived as one that was not there.
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    let output = roll(&repo, &["--to", "then", "--prune"]).exits(1);
    let told = "k2: it may be a flag under a new key, so it is not archived";
    assert!(output.to_string().contains(told), "{output}");
    // What may be killed does not come back without the switch.
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    repo.ffctl(&["emergency-disable", "--flag", "k3", "--reason", "r"])
        .exits(0);
    let output = roll(&repo, &["--to", "then", "--flag", "k"]).exits(1);
    let told = "k: it may be called `k3` now and is killed there";
    assert!(output.to_string().contains(told), "{output}");
    assert!(!repo.path.join("flags/k.yaml").exists());
}

/// What a commit changed is not undone under another key; that key is named, and the way there.
#[test]
fn a_commit_before_the_new_key_is_left_and_named() {
    let repositories = Repositories::new();
    let more = FLAG.replace("40", "75");
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(FLAG))],
        &[("flags/k.yaml", Some(&more))],
    ];
    let repo = history(&repositories, &files);
    let undone = repo.id("HEAD");
    let parent = repo.id("HEAD^");
    repo.ffctl(&["rename", "--flag", "k", "--to", "k2", "--commit"])
        .exits(0);
    let head = repo.id("HEAD");
    let way = ["rollback", "--to", &parent[..12], "--flag", "k2"];
    let told = format!("it is called `k2` now: `ffctl {}`", way.join(" "));
    for option in [&[][..], &["--take-older"]] {
        let output = repo
            .ffctl(&[&["rollback", "--commit", &undone], option].concat())
            .exits(1);
        assert!(output.to_string().contains(&told), "{output}");
        assert!(!output.stderr.contains("goes back"), "{output}");
        assert_eq!(repo.id("HEAD"), head);
    }
    repo.ffctl(&way).exits(0);
    assert!(repo.read("flags/k2.yaml").contains("40"));
}

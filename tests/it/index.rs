//! The index of what flag files name: commands answer as if there was none.
#![cfg(unix)]

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use crate::support::ENVIRONMENTS;
use crate::support::git::{Repositories, TestRepo};

const SETTLED: &str = "default_value: true\nenvironments: {development: true}\n";

/// A flag that depends on another; both keys have four letters.
fn on(other: &str) -> String {
    format!("{SETTLED}depends_on: [{{flag: {other}, required_value: true}}]\n")
}

/// Writes a file whose content seems to be old.
fn write_old(repo: &TestRepo, path: &str, text: &str) {
    repo.write(path, text);
    let file = File::options().append(true).open(repo.path.join(path));
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    file.unwrap().set_modified(old).unwrap();
}

/// Many flags; one of them depends on `left`, and none on `base`.
fn project(repositories: &Repositories) -> TestRepo {
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    for number in 0..150 {
        write_old(&repo, &format!("flags/f{number}.yaml"), SETTLED);
    }
    for key in ["base", "left"] {
        write_old(&repo, &format!("flags/{key}.yaml"), SETTLED);
    }
    write_old(&repo, "flags/user.yaml", &on("left"));
    repo
}

fn kill(repo: &TestRepo, key: &str) -> String {
    let kill = [
        "emergency-disable",
        "--no-commit",
        "--reason",
        "x",
        "--flag",
    ];
    repo.ffctl(&[&kill[..], &[key]].concat()).exits(0).stderr
}

#[test]
fn a_dependant_that_was_edited_in_place_is_seen() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    assert!(kill(&repo, "left").contains("`user` depends on `left`"));
    write_old(&repo, "flags/user.yaml", &on("base"));
    let archive = ["archive", "--flag", "base", "--reason", "x"];
    let refused = repo.ffctl(&archive).exits(1);
    assert!(refused.stderr.contains("`user`"), "{refused}");
    let rename = ["rename", "--flag", "base", "--to", "root"];
    repo.ffctl(&rename).exits(0);
    assert_eq!(repo.read("flags/user.yaml"), on("root"));
}

#[test]
fn an_index_that_is_none_changes_nothing() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let index = repo.path.join(".git/ffctl/mentions");
    repo.write(
        ".git/ffctl/mentions",
        "ffctl.mentions/v1 0.1.0 0\nof somebody else",
    );
    assert!(kill(&repo, "left").contains("`user` depends on `left`"));
    // A folder can be neither read nor replaced.
    let _ = fs::remove_file(&index);
    fs::create_dir_all(index.join("in the way")).unwrap();
    write_old(&repo, "flags/user.yaml", &on("base"));
    assert!(kill(&repo, "base").contains("`user` depends on `base`"));
    let names = fs::read_dir(repo.path.join(".git/ffctl")).unwrap();
    assert_eq!(names.count(), 2, "the lock and the folder");
}

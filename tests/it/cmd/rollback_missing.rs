//! `rollback` where the repository lacks what it needs: an error that names it, and nothing written.
#![cfg(unix)]

use super::rollback_inverse::{FLAG, Files, history, refused};
use crate::support::git::{Repositories, TestRepo};

const CALLS: [&[&str]; 4] = [
    &["--to", "HEAD^"],
    &["--to", "HEAD^", "--flag", "k"],
    &["--commit", "HEAD"],
    &["--commit", "HEAD", "--flag", "k"],
];

fn project(repositories: &Repositories) -> TestRepo {
    let other = FLAG.replace("40", "50");
    let files: [Files<'_>; 2] = [
        &[("flags/k.yaml", Some(FLAG)), ("flags/j.yaml", Some(FLAG))],
        &[
            ("flags/k.yaml", Some(&other)),
            ("flags/j.yaml", Some("default_value: false\n")),
        ],
    ];
    history(repositories, &files)
}

#[track_caller]
fn all_refused(repo: &TestRepo, told: &[&str]) {
    for words in CALLS {
        let next = ["git fetch", "git fsck"];
        refused(repo, words, &[told, &next].concat());
    }
}

fn object(repo: &TestRepo, id: &str) -> std::path::PathBuf {
    let objects = repo.path.join(".git/objects");
    objects.join(&id[..2]).join(&id[2..])
}

#[test]
fn a_file_that_is_missing_or_damaged_is_named() {
    for damage in [None, Some("no object")] {
        let repositories = Repositories::new();
        let repo = project(&repositories);
        let id = repo.id("HEAD^:flags/k.yaml");
        let path = object(&repo, &id);
        std::fs::remove_file(&path).unwrap();
        if let Some(bytes) = damage {
            std::fs::write(&path, bytes).unwrap();
        }
        all_refused(&repo, &["cannot be read at", &id]);
    }
}

#[test]
fn environments_and_folders_that_are_missing_are_named() {
    for missing in ["HEAD^:flags/environments.yaml", "HEAD^:flags"] {
        let repositories = Repositories::new();
        let repo = project(&repositories);
        let text = repo.read("flags/environments.yaml");
        repo.write("flags/environments.yaml", &format!("# More.\n{text}"));
        repo.git(&["commit", "--quiet", "--all", "--amend", "--message", "more"]);
        let id = repo.id(missing);
        std::fs::remove_file(object(&repo, &id)).unwrap();
        for words in [["--to", "HEAD^"], ["--commit", "HEAD"]] {
            refused(&repo, &words, &["cannot be read at", &id, "git fetch"]);
        }
    }
}

#[test]
fn a_partial_clone_without_its_remote_says_what_it_lacks() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let source = format!("file://{}", repo.path.display());
    let path = repositories.path("partial");
    let words = ["clone", "--quiet", "--filter=blob:none", &source];
    repo.git(&[&words[..], &[path.to_str().unwrap()]].concat());
    let partial = TestRepo { path };
    let id = repo.id("HEAD^:flags/k.yaml");
    std::fs::rename(&repo.path, repositories.path("away")).unwrap();
    all_refused(&partial, &["cannot be read at", &id]);
}

//! A history that is long enough for what it changed to be kept from one run to the next.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use crate::support::git::{Repositories, TestRepo};

const COMMITS: usize = 1_200;
const ENVIRONMENTS: &str = "environments: {production: {parent: null}}\n";

fn flag(commit: usize) -> String {
    let percentage = commit % 100 + 1;
    format!(
        "type: number\ndefault_value: 0.1\nenvironments:\n  production: {{value: 0.3, percentage: {percentage}}}\n"
    )
}

/// A repository in which every commit changes a percentage of one of two flags.
fn long(repositories: &Repositories) -> TestRepo {
    let repo = repositories.init("long");
    let mut stream = String::new();
    let file = |stream: &mut String, path: &str, text: &str| {
        let _ = write!(
            stream,
            "M 100644 inline {path}\ndata {}\n{text}\n",
            text.len()
        );
    };
    for commit in 0..COMMITS {
        let time = 1_767_225_600 + commit * 60;
        let subject = format!("change {commit}");
        let _ = write!(
            stream,
            "commit refs/heads/main\ncommitter Ada <ada@example.org> {time} +0000\ndata {}\n{subject}\n",
            subject.len()
        );
        if commit == 0 {
            file(&mut stream, "ffctl.toml", "");
            file(&mut stream, "flags/environments.yaml", ENVIRONMENTS);
        }
        let path = format!("flags/flag_{}.yaml", commit % 2);
        file(&mut stream, &path, &flag(commit));
    }
    let mut import = repo
        .git_command(&["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = import.stdin.take().unwrap();
    stdin.write_all(stream.as_bytes()).unwrap();
    drop(stdin);
    assert!(import.wait().unwrap().success());
    repo.git(&["reset", "--quiet", "--hard", "main"]);
    repo
}

fn log(repo: &TestRepo) -> String {
    let output = repo.ffctl(&["log", "--json"]);
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    output.stdout
}

#[test]
fn what_a_long_history_changed_is_known_the_second_time() {
    let repositories = Repositories::new();
    let repo = long(&repositories);
    let kept = repo.path.join(".git/ffctl/history");
    let first = log(&repo);
    assert_eq!(first.matches("\"kind\": \"exposure\"").count(), COMMITS - 2);
    let bytes = std::fs::read(&kept).unwrap();
    assert_eq!(log(&repo), first);
    // Nothing of it was told anew.
    assert_eq!(std::fs::read(&kept).unwrap(), bytes);

    // What is damaged is not.
    for at in [0, bytes.len() / 2, bytes.len() - 2] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        std::fs::write(&kept, damaged).unwrap();
        assert_eq!(log(&repo), first);
    }
    std::fs::write(&kept, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(log(&repo), first);

    // What comes later is told, too.
    repo.write("flags/flag_0.yaml", &flag(50));
    repo.commit("one more");
    let more = log(&repo);
    assert!(more.contains("one more"));
    assert_eq!(more.matches("\"kind\": \"exposure\"").count(), COMMITS - 1);
}

#[test]
fn what_a_shallow_clone_could_not_tell_is_told_once_it_can() {
    let repositories = Repositories::new();
    let repo = long(&repositories);
    let path = repositories.path("shallow");
    let url = format!("file://{}", repo.path.display());
    repo.git(&[
        "clone",
        "--quiet",
        "--depth=1000",
        &url,
        &path.display().to_string(),
    ]);
    let clone = TestRepo { path };
    let few = log(&clone);
    assert!(!clone.path.join(".git/ffctl/history").exists());
    assert!(few.contains("change 201\"") && !few.contains("change 199\""));
    clone.git(&["fetch", "--quiet", "--unshallow"]);
    assert_eq!(log(&clone), log(&repo));
}

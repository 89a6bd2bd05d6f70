//! `rollback --commit` and `--deployment-id`: what cannot be undone safely is refused, and nobody is
//! served more than before.
#![cfg(unix)]

use crate::support::Output;
use crate::support::git::{Repositories, TestRepo};

pub(super) const ENVIRONMENTS: &str = "environments:\n  development: {}\n  staging: {parent: development, auto_sync: true}\n  production: {}\n";
pub(super) const FLAG: &str = "default_value: false\nenvironments:\n  development: true\n  production: {enabled: true, percentage: 40}\n";

/// One day after the other, up to the day before the commands' own time.
pub(super) const DAYS: [&str; 4] = [
    "2026-11-10T12:00:00Z",
    "2026-11-12T12:00:00Z",
    "2026-11-14T12:00:00Z",
    "2026-11-16T12:00:00Z",
];

pub(super) type Files<'f> = &'f [(&'f str, Option<&'f str>)];

/// A project with a commit for each list of files.
pub(super) fn history(repositories: &Repositories, commits: &[Files<'_>]) -> TestRepo {
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    for (files, day) in commits.iter().zip(DAYS) {
        for (path, text) in *files {
            match text {
                Some(text) => repo.write(path, text),
                None => std::fs::remove_file(repo.path.join(path)).unwrap(),
            }
        }
        repo.commit_at(day, day);
    }
    repo
}

pub(super) fn roll(repo: &TestRepo, words: &[&str]) -> Output {
    repo.ffctl(&[&["rollback"], words].concat())
}

/// A rollback that is refused leaves everything as it is.
#[track_caller]
pub(super) fn refused(repo: &TestRepo, words: &[&str], told: &[&str]) {
    let before = repo.id("HEAD");
    let output = roll(repo, words).exits(1);
    for word in told {
        assert!(output.stderr.contains(word), "`{word}` is not in {output}");
    }
    assert_eq!(repo.id("HEAD"), before);
    assert_eq!(repo.status(), Vec::<String>::new());
}

#[test]
fn a_file_that_was_broken_before_the_commit_is_no_file_that_was_not_there() {
    let broken = [
        "default_value: false\nenvironments:\n  development: [true\n",
        "default_value: false\ndefault_value: true\nenvironments:\n  development: true\n",
        "default_value: false\nenvironments:\n  nowhere: true\n",
        "",
        "default_value: false\ntargeting_rules: [{conditions: 5}]\n",
    ];
    for text in broken {
        let repositories = Repositories::new();
        let repo = history(
            &repositories,
            &[
                &[("flags/k.yaml", Some(text))],
                &[("flags/k.yaml", Some(FLAG))],
            ],
        );
        let parent = repo.id("HEAD^");
        let told = [
            "`k` cannot be understood at",
            &parent[..12],
            "rollback --to",
        ];
        refused(&repo, &["--commit", "HEAD"], &told);
        // What broke it is no better.
        repo.write("flags/k.yaml", text);
        repo.commit_at(DAYS[2], "broken");
        repo.write("flags/k.yaml", &FLAG.replace("40", "50"));
        repo.commit_at(DAYS[3], "mended");
        refused(
            &repo,
            &["--commit", "HEAD^"],
            &["`k` cannot be understood at"],
        );
    }
}

#[test]
fn a_file_that_was_no_text_is_refused() {
    let repositories = Repositories::new();
    let repo = history(&repositories, &[&[("flags/j.yaml", Some(FLAG))]]);
    std::fs::write(repo.path.join("flags/k.yaml"), b"\xff\xfe bad").unwrap();
    std::fs::write(repo.path.join("flags/segments.yaml"), b"segments: \xff\n").unwrap();
    repo.commit_at(DAYS[1], "no text");
    repo.write("flags/k.yaml", FLAG);
    repo.commit_at(DAYS[2], "text");
    refused(
        &repo,
        &["--commit", "HEAD"],
        &["`k` cannot be understood at"],
    );
    repo.write("flags/segments.yaml", "segments:\n  s: {conditions: []}\n");
    repo.commit_at(DAYS[3], "segments");
    let told = ["segments.yaml cannot be understood at"];
    refused(&repo, &["--commit", "HEAD"], &told);
}

#[test]
fn definitions_that_were_broken_before_the_commit_are_not_emptied() {
    let base = "default_value: false\nenvironments: {development: true, production: false}\n";
    let needs =
        "dependencies:\n  - flag: k\n    depends_on: [{flag: base, required_value: true}]\n";
    let files = [
        (
            "segments",
            "segments: [\n",
            "segments:\n  s: {conditions: []}\n",
        ),
        (
            "segments",
            "segments: 5\n",
            "segments:\n  s: {conditions: []}\n",
        ),
        (
            "flag-dependencies",
            "dependencies:\n  - flag: k\n   depends_on: [\n",
            needs,
        ),
        (
            "attributes",
            "attributes: [\n",
            "attributes:\n  country: {type: string}\n",
        ),
    ];
    for (stem, broken, sound) in files {
        let repositories = Repositories::new();
        let path = format!("flags/{stem}.yaml");
        let repo = history(
            &repositories,
            &[
                &[
                    ("flags/k.yaml", Some(FLAG)),
                    ("flags/base.yaml", Some(base)),
                    (&path, Some(broken)),
                ],
                &[(&path, Some(sound))],
            ],
        );
        let told = [format!("{stem}.yaml cannot be understood at")];
        refused(&repo, &["--commit", "HEAD"], &[&told[0]]);
        assert_eq!(repo.read(&path), sound);
        // What a commit broke comes back as it was.
        repo.write(&path, broken);
        repo.commit_at(DAYS[2], "broken");
        roll(&repo, &["--commit", "HEAD"]).exits(0);
        assert_eq!(repo.read(&path), sound);
    }
}

#[test]
fn a_change_of_the_settings_is_said_not_to_be_undone() {
    let repositories = Repositories::new();
    let repo = history(
        &repositories,
        &[
            &[("flags/k.yaml", Some(FLAG))],
            &[(
                "ffctl.toml",
                Some("[evaluation]\nbucketing = \"flagd-v3\"\n"),
            )],
        ],
    );
    let output = roll(&repo, &["--commit", "HEAD"]).exits(1);
    assert!(
        output.to_string().contains("ffctl.toml: the commit"),
        "{output}"
    );
    assert!(output.to_string().contains("not undone"), "{output}");
    repo.write("ffctl.toml", "");
    repo.write("flags/k.yaml", &FLAG.replace("40", "50"));
    repo.commit_at(DAYS[2], "both");
    let output = roll(&repo, &["--commit", "HEAD"]).exits(1);
    assert!(output.to_string().contains("not undone"), "{output}");
    assert_eq!(repo.read("flags/k.yaml"), FLAG);
}

#[test]
fn an_inherited_kill_switch_is_not_lifted_by_the_environments() {
    let apart = ENVIRONMENTS.replace("auto_sync: true", "auto_sync: false");
    let killed = "default_value: false\nenvironments:\n  development: {enabled: true, kill_switch: {reason: r, at: 2026-11-13T12:00:00Z}}\n  staging: true\n";
    let free =
        "default_value: false\nenvironments:\n  development: {enabled: true}\n  staging: true\n";
    let repositories = Repositories::new();
    let files: [Files<'_>; 3] = [
        &[
            ("flags/k.yaml", Some(free)),
            ("flags/environments.yaml", Some(&apart)),
        ],
        &[("flags/environments.yaml", Some(ENVIRONMENTS))],
        &[("flags/k.yaml", Some(killed))],
    ];
    let repo = history(&repositories, &files);
    let told = [
        "lift the kill switch of `k` in staging",
        "--lift-kill-switches",
    ];
    refused(&repo, &["--commit", "HEAD^"], &told);
    roll(&repo, &["--commit", "HEAD^", "--lift-kill-switches"]).exits(0);
    assert_eq!(repo.read("flags/environments.yaml"), apart);
}

#[test]
fn a_killed_flag_is_not_archived() {
    let archived = format!("{FLAG}archived: {{at: 2026-09-01T00:00:00Z, reason: old}}\n");
    let killed = format!("{FLAG}kill_switch: {{reason: r, at: 2026-11-13T12:00:00Z}}\n");
    let repositories = Repositories::new();
    let files: [Files<'_>; 3] = [
        &[("flags/k.yaml", Some(&archived))],
        &[("flags/k.yaml", Some(FLAG))],
        &[("flags/k.yaml", Some(&killed))],
    ];
    let repo = history(&repositories, &files);
    let output = roll(&repo, &["--commit", "HEAD^"]).exits(1);
    assert!(
        output
            .to_string()
            .contains("k: it was archived before and is killed now"),
        "{output}"
    );
    assert_eq!(repo.read("flags/k.yaml"), killed);
    roll(&repo, &["--commit", "HEAD^", "--lift-kill-switches"]).exits(0);
    assert!(repo.read("flags/k.yaml").contains("archived"));
}

#[test]
fn a_flag_that_was_removed_comes_back_with_its_dependency() {
    let base = "default_value: false\nenvironments: {development: true, production: false}\n";
    let needs =
        "dependencies:\n  - flag: k\n    depends_on: [{flag: base, required_value: true}]\n";
    let none = "dependencies: []\n";
    let path = "flags/flag-dependencies.yaml";
    let repositories = Repositories::new();
    let files: [Files<'_>; 2] = [
        &[
            ("flags/k.yaml", Some(FLAG)),
            ("flags/base.yaml", Some(base)),
            (path, Some(needs)),
        ],
        &[("flags/k.yaml", None), (path, Some(none))],
    ];
    let repo = history(&repositories, &files);
    for words in [
        &["--commit", "HEAD", "--flag", "k"][..],
        &["--commit", "HEAD"],
    ] {
        roll(&repo, words).exits(0);
        assert_eq!(repo.read("flags/k.yaml"), FLAG);
        let text = repo.read(path);
        assert_eq!(text.matches("flag: k").count(), 1, "{text}");
        assert!(text.contains("flag: base, required_value: true"), "{text}");
        repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    }
}

#[test]
fn a_flag_comes_back_into_the_folder_of_today() {
    let repositories = Repositories::new();
    let files: [Files<'_>; 2] = [
        &[
            ("flags/team/k.yaml", Some(FLAG)),
            ("flags/j.yaml", Some(FLAG)),
        ],
        &[("flags/team/k.yaml", None)],
    ];
    let repo = history(&repositories, &files);
    repo.git(&["mv", "flags", "ff"]);
    repo.write("ffctl.toml", "[project]\nflags = \"ff\"\n");
    repo.commit_at(DAYS[2], "moved");
    roll(&repo, &["--commit", "HEAD^"]).exits(0);
    assert_eq!(repo.read("ff/team/k.yaml"), FLAG);
    assert!(!repo.path.join("flags/team").exists());
}

#[test]
fn a_merge_that_repeats_the_id_of_its_commits_undoes_nothing_of_others() {
    let repositories = Repositories::new();
    let repo = history(&repositories, &[&[("flags/k.yaml", Some(FLAG))]]);
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.write("flags/k.yaml", &FLAG.replace("40", "50"));
    repo.commit_at(DAYS[1], "deploy\n\nDeployment-Id: d9\n");
    let foreign = FLAG
        .replace("40", "50")
        .replace("development: true", "development: false");
    repo.write("flags/k.yaml", &foreign);
    repo.commit_at(DAYS[2], "foreign");
    repo.git(&["checkout", "--quiet", "-"]);
    let message = "Merge side (#7)\n\nDeployment-Id: d9\n";
    repo.git(&["merge", "--quiet", "--no-ff", "-m", message, "side"]);
    roll(&repo, &["--deployment-id", "d9"]).exits(0);
    assert_eq!(repo.read("flags/k.yaml"), foreign.replace("50", "40"));
    // Where only the merge has the line, it is all that there is to go by.
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    let tip = repo.id("HEAD^2");
    repo.git(&["checkout", "--quiet", "-B", "other", "HEAD^"]);
    repo.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge\n\nDeployment-Id: d10\n",
        &tip,
    ]);
    roll(&repo, &["--deployment-id", "d10"]).exits(0);
    assert_eq!(repo.read("flags/k.yaml"), FLAG);
}

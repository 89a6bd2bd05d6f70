//! `rollback`: what was is again, as a commit on top.
#![cfg(unix)]

use crate::support::Output;
use crate::support::git::{Repositories, TestRepo};

const ENVIRONMENTS: &str = "environments:\n  development: {}\n  staging: {parent: development, auto_sync: true}\n  production: {rollback_protection: true}\n";

/// A ramp of which a comment tells, at 30% at the time of the first commit.
const RAMP: &str = "default_value: false\nenvironments:\n  staging:   # slowly\n    gradual: {start: 2026-11-08T00:00:00Z, increment: 10, every: 1d}\n";

const OLD: &str = "# The checkout.\nowner: payments\ndefault_value: false\nenvironments:\n  development: true\n  production:\n    enabled: true\n    percentage: 25   # for now\n";
const NEW: &str = "# The checkout.\nowner: others\ndefault_value: false\nenvironments:\n  development: false\n  production:\n    enabled: true\n    percentage: 75   # for now\n";

const THEN: &str = "2026-11-10T12:00:00Z";
const SINCE: &str = "2026-11-12T12:00:00Z";

const SAID: [&str; 4] = ["--reason", "it broke", "--confirm", "production"];

/// A project that was at v1.2.3 with one flag, and has another file of it since.
fn project(repositories: &Repositories) -> TestRepo {
    begun(
        repositories,
        &[("checkout", OLD)],
        &[("checkout", Some(NEW))],
    )
}

fn begun(
    repositories: &Repositories,
    then: &[(&str, &str)],
    since: &[(&str, Option<&str>)],
) -> TestRepo {
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "[project]\nname = \"web\"\n");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    for (key, text) in then {
        repo.write(&file(key), text);
    }
    repo.commit_at(THEN, "begin");
    repo.git(&["tag", "v1.2.3"]);
    for (key, text) in since {
        match text {
            Some(text) => repo.write(&file(key), text),
            None => std::fs::remove_file(repo.path.join(file(key))).unwrap(),
        }
    }
    repo.commit_at(SINCE, "more\n\nDeployment-Id: deploy-20240115\n");
    repo
}

fn file(key: &str) -> String {
    format!("flags/{key}.yaml")
}

fn roll(repo: &TestRepo, words: &[&str]) -> Output {
    let all = [&["rollback"], words, &SAID].concat();
    repo.ffctl(&all)
}

#[track_caller]
fn done(repo: &TestRepo, words: &[&str]) -> Output {
    roll(repo, words).exits(0)
}

#[track_caller]
fn refused(output: Output, status: i32, words: &[&str]) {
    let output = output.exits(status);
    for word in words {
        assert!(output.stderr.contains(word), "`{word}` is not in {output}");
    }
}

#[test]
fn a_revision_comes_back_as_a_commit_on_top() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let before = repo.id("HEAD");
    let output = done(&repo, &["--to", "v1.2.3"]);
    let file = OLD.replace("payments", "others");
    assert_eq!(repo.read("flags/checkout.yaml"), file);
    assert_eq!(repo.id("HEAD^"), before, "history stays");
    assert_eq!(repo.status(), Vec::<String>::new());
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.starts_with("rollback checkout to v1.2.3\n"),
        "{message}"
    );
    let target = format!("Rollback-To: {}", repo.id("v1.2.3"));
    let lines = [
        "Flag: checkout",
        "Action: rollback",
        "Reason: it broke",
        &target,
    ];
    for line in lines {
        assert!(message.lines().any(|one| one == line), "{message}");
    }
    for words in [
        "then   25% of everybody",
        "now    75% of everybody",
        "after  25% of everybody",
    ] {
        assert!(output.stdout.contains(words), "{output}");
    }
    // Once is enough.
    let again = done(&repo, &["--to", "v1.2.3"]);
    assert_eq!(
        again.stdout, "rollback to v1.2.3: nothing to change\n",
        "{again}"
    );
    assert_eq!(repo.id("HEAD^"), before);
}

#[test]
fn a_rollback_of_a_rollback_restores() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    done(&repo, &["--to", "v1.2.3"]);
    done(&repo, &["--to", "HEAD^"]);
    assert_eq!(repo.read("flags/checkout.yaml"), NEW);
    let subject = repo.log("HEAD").swap_remove(0);
    assert!(
        !subject.contains("HEAD"),
        "{subject}: that is another one tomorrow"
    );
    done(&repo, &["--commit", "HEAD"]);
    assert_eq!(
        repo.read("flags/checkout.yaml"),
        OLD.replace("payments", "others")
    );
}

#[test]
fn what_differs_only_in_conditions_does_not_read_the_same() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let flag = |country: &str| {
        format!(
            "default_value: false\ntargeting_rules:\n  - {{name: near, conditions: [{{attribute: country, operator: equals, value: {country}}}], value: true}}\nenvironments: {{staging: {{enabled: true}}}}\n"
        )
    };
    for country in ["IT", "NO"] {
        repo.write("flags/near.yaml", &flag(country));
        repo.commit(country);
    }
    let look = ["--to", "HEAD^", "--flag", "near", "--dry-run"];
    let look = roll(&repo, &look).exits(0).stdout;
    for row in [
        "then   rule near (country equals IT): true for all of them; everybody else: false\n",
        "now    rule near (country equals NO): true for all of them; everybody else: false\n",
        "after  rule near (country equals IT): true for all of them; everybody else: false\n",
    ] {
        assert!(look.contains(row), "{look}");
    }
}

#[test]
fn a_version_is_a_tag_by_several_names() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let title = |words: &[&str]| {
        let output = done(&repo, &[words, &["--dry-run"]].concat());
        output.stdout.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        title(&["--to-version", "1.2.3"]),
        "rollback checkout to v1.2.3"
    );
    assert_eq!(
        title(&["--to-version", "v1.2.3"]),
        "rollback checkout to v1.2.3"
    );
    repo.git(&["tag", "web-v9", "v1.2.3"]);
    assert_eq!(title(&["--to-version", "9"]), "rollback checkout to web-v9");
    refused(
        roll(&repo, &["--to-version", "8"]),
        2,
        &["there is no version `8`", "`v8`", "`web-v8`"],
    );
    refused(
        roll(&repo, &["--to", "nowhere"]),
        2,
        &["no revision `nowhere`"],
    );
}

#[test]
fn one_environment_changes_alone_and_has_its_subject() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    done(
        &repo,
        &[
            "--to-version",
            "1.2.3",
            "--flag",
            "checkout",
            "--env",
            "production",
        ],
    );
    assert_eq!(
        repo.log("HEAD")[0],
        "rollback checkout to v1.2.3 in production"
    );
    assert_eq!(
        repo.read("flags/checkout.yaml"),
        NEW.replace("percentage: 75", "percentage: 25")
    );
}

#[test]
fn what_came_from_elsewhere_is_pinned_or_refused() {
    let rules = "targeting_rules: [{name: r, conditions: [], percentage: 5}]\n";
    let (then, since) = (
        format!("{OLD}{rules}"),
        format!("{OLD}{rules}").replace(" 5}", " 50}"),
    );
    let repositories = Repositories::new();
    let repo = begun(
        &repositories,
        &[("checkout", &then)],
        &[("checkout", Some(&since))],
    );
    let words = ["--to", "v1.2.3", "--env", "production"];
    refused(
        roll(&repo, &[&words[..], &["--no-pin"]].concat()),
        1,
        &["took its rules from elsewhere", "leave out `--no-pin`"],
    );
    let output = done(&repo, &words);
    assert!(
        output.stderr.contains("has changed since: rules"),
        "{output}"
    );
    let text = repo.read("flags/checkout.yaml");
    assert!(
        text.contains("percentage: 50}") && text.contains("percentage: 5}"),
        "{text}"
    );
}

#[test]
fn what_an_entry_cannot_say_is_refused_with_the_way_out() {
    let repositories = Repositories::new();
    let since = format!("{OLD}salt: other\n");
    let repo = begun(
        &repositories,
        &[("checkout", OLD)],
        &[("checkout", Some(&since))],
    );
    refused(
        roll(&repo, &["--to", "v1.2.3", "--env", "production"]),
        1,
        &["the salt of `checkout` changed since", "leave out `--env`"],
    );
    done(&repo, &["--to", "v1.2.3"]);
    assert_eq!(repo.read("flags/checkout.yaml"), OLD);
}

#[test]
fn rollback_protection_wants_a_reason_and_a_confirmation() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let bare = ["rollback", "--to", "v1.2.3"];
    refused(
        repo.ffctl(&bare),
        2,
        &[
            "rollback protection",
            "`--reason TEXT` and `--confirm production`",
        ],
    );
    let some = [&bare[..], &["--reason", "r"]].concat();
    refused(repo.ffctl(&some), 2, &["add `--confirm production`"]);
    assert_eq!(repo.read("flags/checkout.yaml"), NEW);
    // What is not protected needs neither.
    let other = [&bare[..], &["--env", "development"]].concat();
    repo.ffctl(&other).exits(0);
}

#[test]
fn a_commit_is_undone_and_later_edits_stay() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let undone = repo.id("HEAD");
    repo.write(
        "flags/checkout.yaml",
        &NEW.replace("development: false", "development: true"),
    );
    repo.commit("later");
    done(&repo, &["--commit", &undone]);
    assert_eq!(
        repo.read("flags/checkout.yaml"),
        OLD.replace("payments", "others")
    );
    let subject = repo.log("HEAD").swap_remove(0);
    assert_eq!(
        subject,
        format!("rollback checkout of commit {}", &undone[..12])
    );
    let message = repo.git(&["log", "-1", "--format=%B"]);
    let target = format!("Rollback-Of: {undone}");
    assert!(message.lines().any(|line| line == target), "{message}");
}

#[test]
fn what_was_changed_again_is_a_conflict_told_with_both_commits() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let undone = repo.id("HEAD");
    repo.write("flags/checkout.yaml", &NEW.replace("75", "99"));
    let later = repo.commit("later");
    repo.write(
        "flags/checkout.yaml",
        &NEW.replace("75", "99").replace("others", "us"),
    );
    repo.commit("another");
    let words = ["--commit", undone.as_str()];
    refused(
        roll(&repo, &words),
        1,
        &[
            "serving in production of `checkout`",
            &format!("by {} and again by {} since", &undone[..12], &later[..12]),
            "`--keep-newer`",
            "`--take-older`",
        ],
    );
    let with = |option| {
        done(&repo, &[&words[..], &[option]].concat());
        let text = repo.read("flags/checkout.yaml");
        repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
        text
    };
    let kept = with("--keep-newer");
    assert!(
        kept.contains("99") && kept.contains("development: true"),
        "{kept}"
    );
    let taken = with("--take-older");
    assert_eq!(taken, OLD.replace("payments", "us"));
}

#[test]
fn a_deployment_is_undone_and_nothing_else() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write(
        "flags/other.yaml",
        "default_value: false\nenvironments: {development: true}\n",
    );
    repo.commit("between");
    repo.write("flags/checkout.yaml", &NEW.replace("75", "100"));
    // A squash merge keeps the line in the middle of its body.
    repo.commit("squashed (#1)\n\n* one\n\n  deployment-id: deploy-20240115\n\n* two");
    repo.write(
        "flags/other.yaml",
        "default_value: false\nenvironments: {development: false}\n",
    );
    repo.commit("not of it\n\nDeployment-Id: deploy-202401150\n");
    done(
        &repo,
        &[
            "--deployment-id",
            "deploy-20240115",
            "--environment",
            "production",
        ],
    );
    assert_eq!(
        repo.log("HEAD")[0],
        "rollback checkout of deployment deploy-20240115 in production"
    );
    let text = repo.read("flags/checkout.yaml");
    assert_eq!(text, NEW.replace("75", "25"));
    assert!(repo.read("flags/other.yaml").contains("development: false"));
    done(&repo, &["--deployment-id", "deploy-20240115"]);
    assert_eq!(
        repo.read("flags/checkout.yaml"),
        OLD.replace("payments", "others")
    );
    let message = repo.git(&["log", "-1", "--format=%B"]);
    let target = "Rollback-Of: deploy-20240115";
    assert!(message.lines().any(|line| line == target), "{message}");
    let again = done(&repo, &["--deployment-id", "deploy-20240115"]);
    assert_eq!(
        again.stdout,
        "rollback of deployment deploy-20240115: nothing to change\n"
    );
    refused(
        roll(&repo, &["--deployment-id", "no"]),
        2,
        &["no commit here has the line `Deployment-Id: no`"],
    );
    refused(
        roll(&repo, &["--deployment-id", "deploy-20240116"]),
        2,
        &["did you mean `deploy-20240115`"],
    );
}

#[test]
fn definitions_go_back_with_their_commit_and_reach_the_flags() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let segments = |name: &str| {
        format!(
            "segments:\n  beta:   # few\n    conditions: [{{attribute: country, operator: equals, value: {name}}}]\n"
        )
    };
    repo.write("flags/segments.yaml", &segments("IT"));
    repo.write(
        "flags/ruled.yaml",
        "default_value: false\ntargeting_rules: [{name: r, conditions: [{segment: beta}]}]\nenvironments: {development: {enabled: true}}\n",
    );
    repo.commit("segments");
    repo.write("flags/segments.yaml", &segments("NO"));
    repo.commit("wider");
    let output = done(&repo, &["--commit", "HEAD"]);
    assert_eq!(repo.read("flags/segments.yaml"), segments("IT"));
    assert!(
        output
            .stdout
            .contains("rule r: country equals NO → country equals IT"),
        "{output}"
    );
    // Back to a revision, what the segment was is written into the rule instead.
    let before = repo.id("HEAD~1");
    repo.write(
        "flags/ruled.yaml",
        "default_value: false\nenvironments: {}\n",
    );
    repo.commit("without");
    done(&repo, &["--to", &before, "--flag", "ruled"]);
    let text = repo.read("flags/ruled.yaml");
    assert!(
        text.contains("value: \"NO\"") && !text.contains("segment"),
        "{text}"
    );
}

#[test]
fn kill_switches_in_force_stay() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.ffctl(&[
        "emergency-disable",
        "--flag",
        "checkout",
        "--env",
        "production",
        "--reason",
        "r",
    ])
    .exits(0);
    done(&repo, &["--to", "v1.2.3"]);
    let text = repo.read("flags/checkout.yaml");
    assert!(
        text.contains("kill_switch") && text.contains("percentage: 25"),
        "{text}"
    );
    done(&repo, &["--to", "v1.2.3", "--lift-kill-switches"]);
    let text = repo.read("flags/checkout.yaml");
    assert!(!text.contains("kill_switch"), "{text}");
    // The commit that threw it is not undone unasked either.
    let kill = repo.id("HEAD~2");
    repo.git(&["reset", "--quiet", "--hard", &kill]);
    let output = done(&repo, &["--commit", &kill]);
    assert!(
        output
            .stderr
            .contains("the kill switch of production stays"),
        "{output}"
    );
    done(&repo, &["--commit", &kill, "--lift-kill-switches"]);
    assert_eq!(repo.read("flags/checkout.yaml"), NEW);
}

#[test]
fn ramps_are_held_at_what_they_gave_then() {
    let repositories = Repositories::new();
    let repo = begun(
        &repositories,
        &[("ramp", RAMP)],
        &[(
            "ramp",
            Some("default_value: false\nenvironments:\n  staging: true\n"),
        )],
    );
    let output = done(&repo, &["--to", "v1.2.3"]);
    assert!(
        output.stderr.contains("the ramp of staging is held at 30%"),
        "{output}"
    );
    assert!(repo.read("flags/ramp.yaml").contains("percentage: 30"));
    for time in ["2026-11-20T12:00:00Z", "2027-11-20T12:00:00Z"] {
        let mut list = repo.command(&["list", "--env", "staging"]);
        let output = Output::of(&list.env("FFCTL_NOW", time).output().unwrap());
        assert!(output.stdout.contains("30%"), "{output}");
    }
    done(&repo, &["--to", "v1.2.3", "--resume"]);
    assert!(repo.read("flags/ramp.yaml").contains("increment: 10"));
}

#[test]
fn flags_that_were_not_there_are_left_or_archived_and_those_gone_come_back() {
    let gone =
        "# An old one.\nowner: me\ndefault_value: false\nenvironments: {development: true}\n";
    let late = "default_value: false\nenvironments: {development: true}\n";
    let repositories = Repositories::new();
    let repo = begun(
        &repositories,
        &[("checkout", OLD), ("team/gone", gone)],
        &[("team/gone", None), ("late", Some(late))],
    );
    let output = done(&repo, &["--to", "v1.2.3"]);
    assert!(
        output
            .stderr
            .contains("`late` did not exist at v1.2.3 and is left as it is"),
        "{output}"
    );
    assert_eq!(repo.read("flags/team/gone.yaml"), gone);
    assert_eq!(repo.read("flags/late.yaml"), late);
    repo.ffctl(&["emergency-disable", "--flag", "late", "--reason", "r"])
        .exits(0);
    let output = roll(&repo, &["--to", "v1.2.3", "--prune"]).exits(1);
    assert!(output.stdout.contains("late: it is killed"), "{output}");
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    done(&repo, &["--to", "v1.2.3", "--prune"]);
    let text = repo.read("flags/late.yaml");
    assert!(
        text.contains("archived: {at: 2026-11-20T12:00:00Z, reason: it did not exist at v1.2.3}"),
        "{text}"
    );
    refused(
        roll(&repo, &["--to", "v1.2.3", "--flag", "lat"]),
        2,
        &["no flag `lat`", "`late`"],
    );
    refused(
        roll(&repo, &["--to", "v1.2.3", "--prune", "--env", "staging"]),
        2,
        &["--prune"],
    );
}

#[test]
fn a_flag_is_known_by_its_name_wherever_its_file_is() {
    let repositories = Repositories::new();
    let repo = begun(
        &repositories,
        &[("checkout", OLD)],
        &[("checkout", None), ("team/checkout", Some(NEW))],
    );
    done(&repo, &["--to", "v1.2.3"]);
    let back = OLD.replace("payments", "others");
    assert_eq!(repo.read("flags/team/checkout.yaml"), back);
    assert!(!repo.path.join("flags/checkout.yaml").exists());
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    done(&repo, &["--commit", "HEAD"]);
    assert_eq!(repo.read("flags/team/checkout.yaml"), back);
}

#[test]
fn a_created_flag_goes_and_a_removed_one_comes_back_with_their_commit() {
    let repositories = Repositories::new();
    let repo = begun(
        &repositories,
        &[("gone", OLD)],
        &[("gone", None), ("late", Some(NEW))],
    );
    let undone = repo.id("HEAD");
    done(&repo, &["--commit", &undone]);
    assert_eq!(repo.read("flags/gone.yaml"), OLD);
    assert!(!repo.path.join("flags/late.yaml").exists());
    repo.git(&["reset", "--quiet", "--hard", &undone]);
    repo.write("flags/late.yaml", &NEW.replace("75", "80"));
    repo.commit("later");
    refused(
        roll(&repo, &["--commit", &undone]),
        1,
        &["the flag `late`", "--take-older"],
    );
}

#[test]
fn nothing_is_written_on_a_look_and_no_commit_only_writes() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let before = repo.id("HEAD");
    let look = roll(&repo, &["--to", "v1.2.3", "--dry-run", "--json"])
        .exits(0)
        .json();
    assert_eq!(look["format"], "ffctl.rollback/v1");
    assert_eq!(look["status"], "planned");
    let served = look["served"].as_array().unwrap();
    let production = served
        .iter()
        .find(|row| row["environment"] == "production")
        .unwrap();
    assert!(
        production["then"].as_str().unwrap().starts_with("25%"),
        "{production}"
    );
    assert!(
        production["now"].as_str().unwrap().starts_with("75%"),
        "{production}"
    );
    assert_eq!(production["then"], production["after"]);
    assert_eq!(repo.read("flags/checkout.yaml"), NEW);
    done(&repo, &["--to", "v1.2.3", "--no-commit"]);
    assert_eq!(repo.id("HEAD"), before);
    assert_eq!(repo.status(), [" M flags/checkout.yaml"]);
}

#[test]
fn the_commit_may_be_on_another_branch() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["branch", "calm"]);
    done(&repo, &["--to", "HEAD^", "--branch", "calm"]);
    assert_eq!(repo.read("flags/checkout.yaml"), NEW);
    assert_eq!(
        repo.show("calm", "flags/checkout.yaml"),
        OLD.replace("payments", "others")
    );
    done(
        &repo,
        &["--deployment-id", "deploy-20240115", "--branch", "main-2"],
    )
    .exits(0);
}

/// The example catalog, as committed, with a change in every file that has a share.
fn example(repositories: &Repositories) -> TestRepo {
    let repo = repositories.init("example");
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec!["ffctl.toml".to_owned()];
    for entry in walkdir::WalkDir::new(source.join("flags")) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(source).unwrap();
            files.push(path.to_str().unwrap().to_owned());
        }
    }
    let text = |file: &String| std::fs::read_to_string(source.join(file)).unwrap();
    for file in &files {
        repo.write(file, &text(file));
    }
    repo.commit_at(THEN, "begin");
    let mut changed = 0;
    for file in &files {
        let other = text(file)
            .replace("percentage: 25", "percentage: 35")
            .replace("percentage: 100", "percentage: 90")
            .replace("development: true", "development: false");
        changed += usize::from(other != text(file));
        repo.write(file, &other);
    }
    assert!(changed > 10, "{changed}");
    repo.git(&[
        "rm",
        "--quiet",
        "--force",
        "flags/chat/chat_typing_indicator.yaml",
    ]);
    repo.commit_at(SINCE, "more");
    repo
}

#[test]
fn the_rulesets_are_those_of_then() {
    let repositories = Repositories::new();
    let repo = example(&repositories);
    let export = |environment: &str, more: &[&str]| {
        let words = ["export", "--format", "ruleset", "--env", environment];
        repo.ffctl(&[&words[..], more].concat()).exits(0).stdout
    };
    let environments = ["development", "staging", "production"];
    let then = environments.map(|name| export(name, &["--rev", "HEAD^"]));
    let since = environments.map(|name| export(name, &[]));
    assert!((0..3).all(|at| then[at] != since[at]));
    done(&repo, &["--to", "HEAD^", "--resume"]);
    assert_eq!(environments.map(|name| export(name, &[])), then);
    done(&repo, &["--commit", "HEAD", "--resume"]);
    assert_eq!(environments.map(|name| export(name, &[])), since);
    // One environment alone: the others stay as they are, and what is gone as a whole stays so.
    let words = ["--to", "HEAD~3", "--resume", "--env", "production"];
    roll(&repo, &words).exits(1);
    let is = environments.map(|name| export(name, &[]));
    assert_eq!((&is[0], &is[1]), (&since[0], &since[1]));
    assert_ne!(is[2], since[2]);
    done(&repo, &["--commit", "HEAD", "--resume"]);
    assert_eq!(environments.map(|name| export(name, &[])), since);
}

#[test]
fn a_revision_is_looked_up_once_however_branches_move() {
    let repositories = Repositories::new();
    let (_, here) = repositories.remote_and_clone(|repo| {
        repo.write("ffctl.toml", "");
        repo.write("flags/environments.yaml", ENVIRONMENTS);
        repo.write(
            &file("mine"),
            "default_value: false\nenvironments: {staging: false}\n",
        );
        repo.write(
            &file("theirs"),
            "default_value: false\nenvironments: {staging: true}\n",
        );
        repo.commit("begin");
    });
    let remote = TestRepo {
        path: repositories.path("remote.git"),
    };
    here.ffctl(&[
        "enable", "--flag", "mine", "--env", "staging", "--commit", "--push",
    ])
    .exits(0);
    let there = repositories.clone_of(&remote, "there");
    there
        .ffctl(&[
            "disable", "--flag", "theirs", "--env", "staging", "--commit", "--push",
        ])
        .exits(0);
    here.ffctl(&["rollback", "--flag", "mine", "--to", "HEAD~1", "--push"])
        .exits(0);
    let flag = |name: &str| remote.show("main", &file(name));
    assert!(flag("mine").contains("staging: false"), "{}", flag("mine"));
    assert!(
        !flag("theirs").contains("staging: true"),
        "{}",
        flag("theirs")
    );
    // So is a commit to be undone.
    there.git(&["pull", "--quiet"]);
    there
        .ffctl(&[
            "enable", "--flag", "theirs", "--env", "staging", "--commit", "--push",
        ])
        .exits(0);
    here.ffctl(&["rollback", "--commit", "HEAD", "--push"])
        .exits(0);
    assert!(!flag("mine").contains("staging: false"), "{}", flag("mine"));
    assert!(
        flag("theirs").contains("staging: true"),
        "{}",
        flag("theirs")
    );
}

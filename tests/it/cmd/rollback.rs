//! `rollback`: what was is again, as a commit on top.
#![cfg(unix)]

use crate::support::Output;
use crate::support::git::{Repositories, TestRepo};

pub(super) const ENVIRONMENTS: &str = "environments:\n  development: {}\n  staging: {parent: development, auto_sync: true}\n  production: {rollback_protection: true}\n";

/// A ramp of which a comment tells, at 30% at the time of the first commit.
const RAMP: &str = "default_value: false\nenvironments:\n  staging:   # slowly\n    gradual: {start: 2026-11-08T00:00:00Z, increment: 10, every: 1d}\n";

pub(super) const OLD: &str = "# The checkout.\nowner: payments\ndefault_value: false\nenvironments:\n  development: true\n  production:\n    enabled: true\n    percentage: 25   # for now\n";
pub(super) const NEW: &str = "# The checkout.\nowner: others\ndefault_value: false\nenvironments:\n  development: false\n  production:\n    enabled: true\n    percentage: 75   # for now\n";

pub(super) const THEN: &str = "2026-11-10T12:00:00Z";
pub(super) const SINCE: &str = "2026-11-12T12:00:00Z";

const SAID: [&str; 4] = ["--reason", "it broke", "--confirm", "production"];

/// A project that was at v1.2.3 with one flag, and has another file of it since.
pub(super) fn project(repositories: &Repositories) -> TestRepo {
    begun(
        repositories,
        &[("checkout", OLD)],
        &[("checkout", Some(NEW))],
    )
}

pub(super) fn begun(
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

pub(super) fn file(key: &str) -> String {
    format!("flags/{key}.yaml")
}

pub(super) fn roll(repo: &TestRepo, words: &[&str]) -> Output {
    let all = [&["rollback"], words, &SAID].concat();
    repo.ffctl(&all)
}

#[track_caller]
pub(super) fn done(repo: &TestRepo, words: &[&str]) -> Output {
    roll(repo, words).exits(0)
}

#[track_caller]
pub(super) fn refused(output: Output, status: i32, words: &[&str]) {
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

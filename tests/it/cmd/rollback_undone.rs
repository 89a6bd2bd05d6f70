//! `rollback --commit` and `--deployment-id`: one change undone, and later ones kept.
#![cfg(unix)]

use super::rollback::{NEW, OLD, begun, done, project, refused, roll};
use crate::support::git::Repositories;

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

/// It was removed since; or the commit removed it, and it is there again.
#[test]
fn a_flag_that_cannot_be_undone_as_a_whole_is_left_and_named() {
    let again = NEW.replace("75", "80");
    let cases = [
        (Some(NEW), None, "it is gone"),
        (None, Some(again.as_str()), "it is there again"),
    ];
    for (then, today, told) in cases {
        let repositories = Repositories::new();
        let repo = begun(&repositories, &[("k", OLD)], &[("k", then)]);
        let undone = repo.id("HEAD");
        match today {
            Some(text) => repo.write("flags/k.yaml", text),
            None => std::fs::remove_file(repo.path.join("flags/k.yaml")).unwrap(),
        }
        let head = repo.commit("later");
        let way = format!(
            "`ffctl rollback --to {} --flag k`",
            &repo.id("HEAD~2")[..12]
        );
        let words = ["--commit", undone.as_str()];
        let told = ["the flag `k`", told, way.as_str()];
        refused(roll(&repo, &words), 1, &told);
        let output = roll(&repo, &[&words[..], &["--take-older"]].concat()).exits(1);
        for word in &told[1..] {
            assert!(
                output.to_string().contains(word),
                "`{word}` is not in {output}"
            );
        }
        assert!(!output.stderr.contains("all the same"), "{output}");
        let output = roll(&repo, &[&words[..], &["--keep-newer"]].concat()).exits(0);
        assert!(output.stderr.contains("since: it stays"), "{output}");
        assert_eq!(repo.id("HEAD"), head);
    }
}

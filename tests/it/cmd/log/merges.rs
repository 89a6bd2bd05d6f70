//! Merges: what they change themselves, what they drop, and squashes.

use super::{OFF, ON, entries, project, share, told};
use crate::support::git::Repositories;

#[test]
fn a_merge_is_told_for_what_it_changes_itself() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("flags/a.yaml", OFF);
    repo.write("flags/b.yaml", OFF);
    repo.write("flags/c.yaml", &share(10));
    repo.commit("new");
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.write("flags/a.yaml", ON);
    repo.commit("on the side");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("flags/b.yaml", ON);
    repo.commit("on the main");
    repo.git(&["merge", "--quiet", "--no-commit", "side"]);
    repo.commit("merge");
    let clean = told(&repo, &["--env", "staging", "-n", "2"]);
    let mut sorted = clean.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [
            "  a staging enabled off → on for everybody",
            "  b staging enabled off → on for everybody",
            "on the main: enabled",
            "on the side: enabled",
        ]
    );

    repo.git(&["checkout", "--quiet", "-b", "other"]);
    repo.write("flags/a.yaml", OFF);
    repo.commit("other");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("flags/b.yaml", OFF);
    repo.commit("main");
    repo.git(&["merge", "--quiet", "--no-commit", "other"]);
    repo.write("flags/c.yaml", &share(20));
    repo.commit("evil merge");
    assert_eq!(
        told(&repo, &["-n", "1"]),
        [
            "evil merge: exposure",
            "  c staging exposure 10% → 20%: 10% more, nobody leaves",
        ]
    );
    assert_eq!(told(&repo, &["--flag", "c", "-n", "1"]).len(), 2);
}

#[test]
fn a_merge_that_drops_a_branch_is_told_as_what_undid_it() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    let flag = |entry: &str, rule: &str| {
        format!(
            "default_value: false\nenvironments:\n  staging:\n    enabled: true\n    percentage: {entry}\n{rule}"
        )
    };
    let rule = "    targeting_rules:\n      - {name: r, conditions: [{attribute: country, operator: equals, value: IT}], value: true}\n";
    repo.write("flags/a.yaml", OFF);
    repo.write("flags/b.yaml", &flag("10", ""));
    repo.write("flags/c.yaml", OFF);
    repo.write("flags/same.yaml", OFF);
    repo.commit("new");
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.write("flags/a.yaml", ON);
    repo.write("flags/b.yaml", &flag("10", rule));
    repo.write("flags/c.yaml", ON);
    repo.write("flags/added.yaml", ON);
    std::fs::remove_file(repo.path.join("flags/same.yaml")).unwrap();
    repo.commit("on the side");
    repo.git(&["checkout", "--quiet", "main"]);
    // One part of a flag was changed here, and another there; one flag was switched by both.
    repo.write("flags/b.yaml", &flag("20", ""));
    repo.write("flags/c.yaml", ON);
    repo.commit("on the main");
    repo.git(&[
        "merge",
        "--quiet",
        "-s",
        "ours",
        "--no-edit",
        "-m",
        "dropped",
        "side",
    ]);
    let dropped = [
        "dropped: created",
        "  a staging disabled on for everybody → off",
        "  added staging removed removed; was true for everybody",
        "  b staging rules removed rule r (country equals IT)",
        "  same staging created new: off (false)",
    ];
    assert_eq!(told(&repo, &["--env", "staging", "-n", "1"]), dropped);
    assert_eq!(
        told(&repo, &["--env", "staging", "--flag", "a"]),
        [
            "dropped: disabled",
            "  a staging disabled on for everybody → off",
            "on the side: enabled",
            "  a staging enabled off → on for everybody",
            "new: created",
            "  a staging created new: off (false)",
        ]
    );

    // The same from the other side: the branch wins, and what the main line did is undone.
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repo.git(&["checkout", "--quiet", "-b", "theirs", "side"]);
    repo.git(&[
        "merge",
        "--quiet",
        "-s",
        "ours",
        "--no-edit",
        "-m",
        "theirs",
        "main",
    ]);
    assert_eq!(
        told(&repo, &["--env", "staging", "-n", "1"]),
        [
            "theirs: exposure",
            "  b staging exposure those whom no rule takes: 20% → 10%: 10% leave",
        ]
    );

    // What both have changed is decided by the merge, whichever it takes.
    repo.git(&["checkout", "--quiet", "-B", "one", "main"]);
    repo.write("flags/b.yaml", &flag("30", ""));
    repo.commit("thirty");
    repo.git(&["checkout", "--quiet", "-B", "two", "main"]);
    repo.write("flags/b.yaml", &flag("40", ""));
    repo.commit("forty");
    repo.git(&[
        "merge",
        "--quiet",
        "-s",
        "ours",
        "--no-edit",
        "-m",
        "forty it is",
        "one",
    ]);
    let heads = told(&repo, &["--env", "staging", "--flag", "b", "-n", "2"]);
    assert!(
        !heads.iter().any(|line| line.contains("forty it is")),
        "{heads:#?}"
    );
}

#[test]
fn a_dropped_segment_is_told_for_the_flags_that_use_it() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    let segment = |country: &str| {
        format!(
            "segments: {{near: {{conditions: [{{attribute: country, operator: equals, value: {country}}}]}}}}\n"
        )
    };
    repo.write("flags/segments.yaml", &segment("IT"));
    repo.write(
        "flags/a.yaml",
        "default_value: false\ntargeting_rules: [{name: r, conditions: [{segment: near}], value: true}]\nenvironments: {staging: {enabled: true}}\n",
    );
    repo.commit("new");
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.write("flags/segments.yaml", &segment("NO"));
    repo.commit("on the side");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("flags/b.yaml", OFF);
    repo.commit("on the main");
    repo.git(&[
        "merge",
        "--quiet",
        "-s",
        "ours",
        "--no-edit",
        "-m",
        "dropped",
        "side",
    ]);
    assert_eq!(
        told(&repo, &["--env", "staging", "-n", "1"]),
        [
            "dropped: rules",
            "  a staging rules rule r: country equals NO → country equals IT",
        ]
    );
}

#[test]
fn a_squash_merge_keeps_its_reasons() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("flags/a.yaml", OFF);
    repo.commit("new");
    repo.write("flags/a.yaml", ON);
    repo.commit(
        "A feature (#7)\n\n* enable a\n\n    Reason: wanted, \"now\"\n    Deployment-Id: d-1\n\n* more\n\nReason: again\nApproved-by: Bob <bob@example.com>\nDeployment-Id: d-2",
    );
    let list = entries(repo.ffctl(&["log", "--json", "-n", "1"]));
    let entry = &list[0];
    assert_eq!(entry["reason"], "wanted, \"now\"; again");
    assert_eq!(entry["deployment_id"], "d-1");
    assert_eq!(entry["deployment_ids"], serde_json::json!(["d-1", "d-2"]));
    assert_eq!(
        entry["approvals"],
        serde_json::json!(["Bob <bob@example.com>"])
    );
    assert_eq!(entry["flags"], serde_json::json!(["a"]));
    assert_eq!(entry["environments"], serde_json::json!(["staging"]));
    assert_eq!(entry["author"], "Ada <ada@example.com>");
    assert_eq!(entry["date"], "2026-11-20T12:00:00Z");
    assert_eq!(entry["commit"], repo.id("HEAD"));
    assert_eq!(told(&repo, &["--deployment-id", "d-2"]).len(), 2);
    assert_eq!(told(&repo, &["--deployment-id", "d"]).len(), 0);

    let csv = repo
        .ffctl(&["log", "--format", "csv", "-n", "1"])
        .exits(0)
        .stdout;
    let id = repo.id("HEAD");
    assert_eq!(
        csv.lines().nth(1).unwrap(),
        format!(
            "{id},Ada,ada@example.com,2026-11-20T12:00:00Z,enabled,a,staging,enabled,off → on for everybody,flags/a.yaml,\"wanted, \"\"now\"\"; again\",Bob <bob@example.com>,d-1; d-2,A feature (#7)"
        )
    );
    let human = repo.ffctl(&["log", "-n", "1"]).exits(0).stdout;
    assert_eq!(
        human,
        format!(
            "{}  2026-11-20T12:00:00Z  enabled  Ada <ada@example.com>\n  A feature (#7)\n  reason: wanted, \"now\"\n  reason: again\n  approved by: Bob <bob@example.com>\n  deployment: d-1\n  deployment: d-2\n    staging  a  off → on for everybody\n",
            &id[..10]
        )
    );
    repo.ffctl(&["log", "--json", "--format", "csv"]).exits(2);
}

/// What a merge takes back of both sides is one change of a kind.
#[test]
fn a_merge_that_drops_what_both_sides_changed_tells_each_kind_once() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    let flag = |rest: u32, rule: u32| {
        format!(
            "default_value: false\nenvironments:\n  staging:\n    enabled: true\n    percentage: {rest}\n    targeting_rules:\n      - {{name: r, conditions: [{{attribute: country, operator: equals, value: IT}}], value: true, percentage: {rule}}}\n"
        )
    };
    repo.write("flags/a.yaml", &flag(10, 10));
    repo.commit("new");
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.write("flags/a.yaml", &flag(10, 30));
    repo.commit("on the side");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("flags/a.yaml", &flag(20, 10));
    repo.commit("on the main");
    repo.git(&["merge", "--quiet", "--no-commit", "-s", "ours", "side"]);
    repo.write("flags/a.yaml", &flag(10, 10));
    repo.commit("neither");
    let heads = told(&repo, &["--env", "staging", "-n", "1"]);
    let exposed = heads
        .iter()
        .filter(|line| line.contains("a staging exposure"));
    let exposed: Vec<&String> = exposed.collect();
    let [one] = exposed[..] else {
        panic!("{heads:?}");
    };
    assert!(
        one.contains("20% → 10%") && one.contains("30% → 10%"),
        "{one}"
    );
}

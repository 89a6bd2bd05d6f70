//! Merges, renames, and what is damaged or in the way.

use super::{project, told};
use crate::support::git::Repositories;

fn rules(a: u32, b: u32) -> String {
    let rule = |name: &str, country: &str, share: u32| {
        format!(
            "  - name: {name}\n    conditions: [{{attribute: country, operator: equals, value: {country}}}]\n    value: true\n    percentage: {share}\n# pad\n# pad\n# pad\n"
        )
    };
    format!(
        "default_value: false\ntargeting_rules:\n{}{}environments: {{staging: {{enabled: true, percentage: 5}}}}\n",
        rule("a", "US", a),
        rule("b", "IT", b)
    )
}

#[test]
fn a_clean_merge_of_two_changes_of_one_flag_is_not_told() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("flags/k.yaml", &rules(10, 10));
    repo.commit("new");
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.write("flags/k.yaml", &rules(10, 20));
    repo.commit("rule b");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("flags/k.yaml", &rules(20, 10));
    repo.commit("rule a");
    repo.git(&["merge", "--quiet", "--no-edit", "side"]);
    assert_eq!(
        repo.git(&["show", "HEAD:flags/k.yaml"]) + "\n",
        rules(20, 20)
    );
    let heads = |options: &[&str]| -> Vec<String> {
        let lines = told(&repo, options);
        lines
            .into_iter()
            .filter(|line| !line.starts_with(' '))
            .collect()
    };
    let mut of_all = heads(&["--env", "staging"]);
    of_all.sort();
    assert_eq!(
        of_all,
        ["new: created", "rule a: exposure", "rule b: exposure"]
    );
    assert_eq!(heads(&["--env", "staging", "--flag", "k"]).len(), 3);

    // The merge's own part is told, and not what the side brought.
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repo.git(&["merge", "--quiet", "--no-commit", "side"]);
    let text = rules(20, 20).replace("percentage: 5}", "percentage: 7}");
    repo.write("flags/k.yaml", &text);
    repo.commit("evil");
    assert_eq!(
        told(&repo, &["--env", "staging", "-n", "1"]),
        [
            "evil: exposure",
            "  k staging exposure those whom no rule takes: 5% → 7%: 2% more, nobody leaves",
        ]
    );
}

#[test]
fn settings_of_git_change_nothing() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("flags/k.yaml", &rules(10, 10));
    repo.commit("new");
    let before = repo.ffctl(&["log"]).exits(0).stdout;
    for (name, value) in [
        ("diff.orderFile", "/nonexistent"),
        ("diff.relative", "true"),
        ("log.showSignature", "true"),
        ("log.diffMerges", "off"),
        ("log.abbrevCommit", "true"),
        ("format.pretty", "oneline"),
        ("color.ui", "always"),
    ] {
        repo.git(&["config", name, value]);
    }
    assert_eq!(repo.ffctl(&["log"]).exits(0).stdout, before);
    let blame = repo.ffctl(&["blame", "--flag", "k"]).exits(0);
    assert!(blame.stdout.contains("new"), "{blame}");
}

#[test]
fn a_commit_that_is_missing_is_an_error() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("flags/k.yaml", &rules(10, 10));
    repo.commit("new");
    repo.write("flags/k.yaml", &rules(20, 10));
    repo.commit("more");
    let id = repo.id("HEAD~1");
    let object = repo.path.join(".git/objects").join(&id[..2]).join(&id[2..]);
    std::fs::remove_file(object).unwrap();
    for arguments in [&["log"][..], &["log", "-n", "9"], &["blame", "--flag", "k"]] {
        let output = repo.ffctl(arguments).exits(2);
        assert!(output.stderr.contains(&id), "{output}");
        assert_eq!(output.stdout, "", "{output}");
    }
}

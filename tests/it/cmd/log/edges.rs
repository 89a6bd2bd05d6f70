//! Merges, renames, and what is damaged or in the way.

use super::{OFF, ON, project, told};
use crate::support::ENVIRONMENTS;
use crate::support::git::{Repositories, TestRepo};

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
fn a_symbolic_link_is_left_out_by_name_and_never_broken() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    repo.write("shared/a.yaml", OFF);
    repo.write("flags/b.yaml", OFF);
    std::os::unix::fs::symlink("../shared/a.yaml", repo.path.join("flags/a.yaml")).unwrap();
    repo.commit("new");
    repo.write("shared/a.yaml", ON);
    repo.commit("behind the link");
    repo.write("flags/b.yaml", ON);
    repo.commit("a file");
    let expected = [
        "a file: enabled",
        "  b staging enabled off → on for everybody",
        "new: created",
        "  b staging created new: off (false)",
    ];
    assert_eq!(told(&repo, &["--env", "staging"]), expected);
    let words = "the file of `a` is a symbolic link, whose history is not followed: flags/a.yaml leads to ../shared/a.yaml";
    for options in [&["log"][..], &["log", "--flag", "a"]] {
        let output = repo.ffctl(options).exits(0);
        assert!(output.stderr.contains(words), "{output}");
    }
    let output = repo.ffctl(&["log", "--flag", "b", "--json"]).exits(0);
    assert!(!output.stderr.contains("symbolic"), "{output}");
    assert_eq!(output.json()["is_cut_off"], false);
    let output = repo.ffctl(&["blame", "--flag", "a"]).exits(2);
    assert!(output.stderr.contains(words), "{output}");
    // A file that becomes a link, and comes back.
    std::fs::remove_file(repo.path.join("flags/b.yaml")).unwrap();
    std::os::unix::fs::symlink("../shared/a.yaml", repo.path.join("flags/b.yaml")).unwrap();
    repo.commit("a link");
    assert_eq!(told(&repo, &["--env", "staging"]), expected);
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

#[test]
fn flags_renamed_at_once_are_told_apart_by_their_salts() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    let text = |share: u32, salt: &str| {
        format!(
            "default_value: false\n{salt}environments: {{staging: {{enabled: true, percentage: {share}}}}}\n"
        )
    };
    for (key, share) in [("a", 10), ("b", 20), ("c", 30)] {
        repo.write(&format!("flags/{key}.yaml"), &text(share, ""));
    }
    repo.commit("new");
    for key in ["a", "b", "c"] {
        repo.git(&["rm", "--quiet", &format!("flags/{key}.yaml")]);
    }
    // By their texts alone, x would be b.
    for (key, old, share) in [("x", "c", 20), ("y", "a", 30), ("z", "b", 10)] {
        let salt = format!("salt: {old}\n");
        repo.write(&format!("flags/{key}.yaml"), &text(share, &salt));
    }
    repo.commit("renamed");
    let expected = [
        "renamed: created",
        "  x staging created renamed from `c`: 20% of everybody, by targetingKey: true; others false",
        "  x staging exposure 30% → 20%: 10% leave",
        "  c staging removed renamed to `x`; was 30% of everybody, by targetingKey: true; others false",
        "  y staging created renamed from `a`: 30% of everybody, by targetingKey: true; others false",
        "  y staging exposure 10% → 30%: 20% more, nobody leaves",
        "  a staging removed renamed to `y`; was 10% of everybody, by targetingKey: true; others false",
        "  z staging created renamed from `b`: 10% of everybody, by targetingKey: true; others false",
        "  z staging exposure 20% → 10%: 10% leave",
        "  b staging removed renamed to `z`; was 20% of everybody, by targetingKey: true; others false",
    ];
    assert_eq!(told(&repo, &["--env", "staging", "-n", "1"]), expected);
    // `diff` tells the same.
    let arguments = ["diff", "HEAD~1", "HEAD", "--env", "staging", "--json"];
    let document = repo.ffctl(&arguments).exits(0).json();
    let effects = document["changes"].as_array().unwrap().iter();
    let mut of_diff: Vec<&str> = effects
        .map(|change| change["effect"].as_str().unwrap())
        .collect();
    let mut of_log: Vec<&str> = expected[1..]
        .iter()
        .map(|line| line.splitn(6, ' ').nth(5).unwrap())
        .collect();
    of_diff.sort_unstable();
    of_log.sort_unstable();
    assert_eq!(of_diff, of_log);
    // Each is followed to what it was.
    let followed = told(&repo, &["--env", "staging", "--flag", "x"]);
    assert_eq!(followed[1..4], expected[1..4]);
    assert!(
        followed[5].contains("c staging created new: 30%"),
        "{followed:?}"
    );
}

#[test]
fn many_renamed_files_are_read_once() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    let text = |number: u32| {
        format!("default_value: false\nowner: n{number}\nenvironments: {{staging: true}}\n")
    };
    for number in 0..400 {
        repo.write(&format!("flags/old{number}.yaml"), &text(number));
    }
    repo.commit("new");
    for number in 0..400 {
        std::fs::remove_file(repo.path.join(format!("flags/old{number}.yaml"))).unwrap();
        repo.write(&format!("flags/new{number}.yaml"), &text(number));
    }
    repo.commit("renamed");
    let begun = std::time::Instant::now();
    let output = repo.ffctl(&["log", "--env", "staging", "-n", "1"]).exits(0);
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
    for number in 0..400 {
        let line = format!("renamed from `old{number}`: true for everybody");
        assert_eq!(output.stdout.matches(&line).count(), 1, "{number}");
    }
}

#[test]
fn a_shared_file_that_stays_broken_is_looked_up_once_each_time() {
    let repositories = Repositories::new();
    let repo = project(&repositories, "here");
    let segments = |country: &str| {
        format!(
            "segments:\n  s: {{conditions: [{{attribute: country, operator: equals, value: {country}}}]}}\n"
        )
    };
    let flag = |share: u32| {
        format!(
            "default_value: false\ntargeting_rules: [{{name: r, conditions: [{{segment: s}}], value: true, percentage: {share}}}]\nenvironments: {{staging: {{enabled: true, percentage: 0}}}}\n"
        )
    };
    repo.write("flags/segments.yaml", &segments("US"));
    repo.write("flags/k.yaml", &flag(1));
    repo.commit("new");
    // The same broken text twice, over different ones that count meanwhile.
    for country in ["US", "IT"] {
        repo.write("flags/segments.yaml", &segments(country));
        repo.git(&[
            "commit",
            "--quiet",
            "--allow-empty",
            "--all",
            "--message",
            country,
        ]);
        repo.write("flags/segments.yaml", "segments: [\n");
        repo.commit("broken");
        for share in 2..22 {
            repo.write("flags/k.yaml", &flag(share));
            repo.commit(&format!("{country} {share}"));
        }
    }
    let lines = told(&repo, &["--env", "staging"]);
    let heads = lines.iter().filter(|line| !line.starts_with(' '));
    // The new flag, its shares, and Italy for the US; the first share after that is 2% again.
    assert_eq!(heads.count(), 1 + 20 + 1 + 20, "{lines:#?}");
}

#[test]
fn a_project_that_moved_beside_another_is_followed() {
    let repositories = Repositories::new();
    let repo = repositories.init("here");
    for folder in ["p", "q"] {
        repo.write(&format!("{folder}/ffctl.toml"), "");
        repo.write(&format!("{folder}/flags/environments.yaml"), ENVIRONMENTS);
        repo.write(&format!("{folder}/flags/k.yaml"), ON);
    }
    repo.commit("new");
    repo.write("q/flags/k.yaml", OFF);
    repo.commit("of q");
    repo.write("p/flags/k.yaml", OFF);
    repo.commit("of p");
    repo.git(&["mv", "p", "p2"]);
    repo.commit("moved");
    let moved = TestRepo {
        path: repo.path.join("p2"),
    };
    let expected = [
        "of p: disabled",
        "  k staging disabled on for everybody → off",
        "new: created",
        "  k staging created new: true for everybody",
    ];
    assert_eq!(told(&moved, &["--env", "staging"]), expected);
    assert_eq!(told(&moved, &["--env", "staging", "--flag", "k"]), expected);
}

#[test]
fn numbers_and_patterns_that_make_no_sense_are_told() {
    let repositories = Repositories::new();
    let repo = repositories.init("here");
    for number in ["0", "few"] {
        let output = repo.ffctl(&["log", "-n", number]).exits(2);
        assert!(output.stderr.contains("from 1 on"), "{output}");
    }
    repo.write("ffctl.toml", "");
    repo.commit("one");
    let output = repo.ffctl(&["log", "--author", "("]).exits(2);
    let message = "error: `(` is no regular expression: unclosed group";
    assert!(output.stderr.contains(message), "{output}");
    assert!(output.stderr.contains("hint: `\\` before"), "{output}");
}

//! Commits by the writing commands: exactly the plan's files, whatever else is going on.
#![cfg(unix)]

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::git::{Repositories, TestRepo};
use crate::support::{ENVIRONMENTS, Output};

const CART: &str = "\
# The cart, \u{e0} la carte.
default_value: false
environments:
  staging:
    enabled: true
    percentage: 10   # for now
";
const CHECKOUT: &str = "\
default_value: false
depends_on:
  - flag: cart
    required_value: true
environments: {staging: true}
";
const FILE: &str = "flags/cart.yaml";
const ENABLE: &[&str] = &[
    "enable",
    "--flag",
    "cart",
    "--env",
    "staging",
    "--percentage",
    "25",
];

fn fill(repo: &TestRepo) {
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.write(FILE, CART);
    repo.write("flags/checkout.yaml", CHECKOUT);
    for name in ["changed", "staged", "both", "gone", "removed", "old"] {
        repo.write(&format!("{name}.txt"), &format!("{name}\n1\n2\n3\n"));
    }
    repo.commit("begin");
}

fn project(repositories: &Repositories) -> TestRepo {
    let repo = repositories.init("here");
    fill(&repo);
    repo
}

fn remote_and_clone(repositories: &Repositories) -> (TestRepo, TestRepo) {
    repositories.remote_and_clone(fill)
}

/// Stages and changes all kinds of other things.
fn stir(repo: &TestRepo) {
    repo.write("staged.txt", "staged\n");
    repo.write("both.txt", "both, staged\n");
    repo.write("flags/other.yaml", "default_value: true\n");
    repo.git(&["add", "staged.txt", "both.txt", "flags/other.yaml"]);
    repo.git(&["rm", "--quiet", "removed.txt"]);
    repo.git(&["mv", "old.txt", "new.txt"]);
    repo.write("both.txt", "both, and changed again\n");
    repo.write("changed.txt", "changed\n");
    repo.write("flags/untracked.yaml", "default_value: true\n");
    std::fs::remove_file(repo.path.join("gone.txt")).unwrap();
}

/// All that Git knows of what is not committed, to the byte.
fn state(repo: &TestRepo) -> [String; 4] {
    [
        repo.git(&["diff", "--cached"]),
        repo.git(&["diff"]),
        repo.status().join("\n"),
        repo.git(&["stash", "list"]),
    ]
}

fn run(repo: &TestRepo, arguments: &[&str], more: &[&str]) -> Output {
    repo.ffctl(&[arguments, more].concat())
}

/// Returns the files of a commit with what became of each.
fn files_of(repo: &TestRepo, revision: &str) -> Vec<String> {
    let shown = repo.git(&[
        "show",
        "--format=",
        "--name-status",
        "--no-renames",
        revision,
    ]);
    shown.lines().map(|line| line.replace('\t', " ")).collect()
}

#[test]
fn what_else_is_changed_stays_as_it_is() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    stir(&repo);
    let before = state(&repo);
    assert_eq!(before[2].lines().count(), 8, "{}", before[2]);
    let more = ["--commit", "--reason", "a  first\n try"];
    let ran = run(&repo, ENABLE, &more).exits(0);
    assert_eq!(state(&repo), before);
    assert_eq!(files_of(&repo, "HEAD"), ["M flags/cart.yaml"]);
    let changed = CART.replace("percentage: 10 ", "percentage: 25 ");
    assert_eq!(repo.read(FILE), changed);
    assert_eq!(repo.show("HEAD", FILE), changed);
    assert_eq!(
        repo.git(&["log", "-1", "--format=%B"]),
        "enable cart in staging for 25%\n\n\
         cart in staging: 10% → 25%: 15% more, nobody leaves\n\n\
         Flag: cart\nEnvironment: staging\nAction: enable\nReason: a first try"
    );
    let id = &repo.id("HEAD")[..10];
    let last = format!("committed {id} on main: flags/cart.yaml");
    assert_eq!(ran.stdout.lines().last(), Some(last.as_str()));
    assert_eq!(ran.without_clock(), "");
    // To do it again is to do nothing.
    let again = run(&repo, ENABLE, &["--commit"]).exits(0);
    assert_eq!(again.stdout, "cart: nothing to change\n");
    assert_eq!((repo.log("main").len(), state(&repo)), (2, before));
}

#[test]
fn a_file_with_other_changes_is_refused() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let other = format!("{CART}owner: me\n");
    for staged in [false, true] {
        repo.write(FILE, &other);
        if staged {
            repo.git(&["add", FILE]);
        }
        let before = state(&repo);
        let ran = run(&repo, ENABLE, &["--commit"]).exits(2);
        let words = "`flags/cart.yaml` has changes that are not committed";
        assert!(ran.stderr.contains(words), "{ran}");
        assert!(ran.stderr.contains("--no-commit"), "{ran}");
        assert_eq!((state(&repo), repo.read(FILE)), (before, other.clone()));
    }
    run(&repo, ENABLE, &["--no-commit"]).exits(0);
    assert_eq!(
        repo.read(FILE),
        other.replace("percentage: 10 ", "percentage: 25 ")
    );
    assert_eq!(repo.show("", FILE), other, "what is staged stays so");
    assert_eq!(repo.log("main"), ["begin"]);
    // One that Git does not know yet differs from HEAD, too.
    repo.write("flags/till.yaml", CART);
    let till = ["disable", "--flag", "till", "--env", "staging", "--commit"];
    repo.ffctl(&till).exits(2);
    assert_eq!(repo.read("flags/till.yaml"), CART);
}

#[test]
fn new_and_moved_files_are_committed_and_nothing_else() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    stir(&repo);
    let before = state(&repo);
    let create = ["create", "--flag", "till", "--dir", "shop", "--commit"];
    repo.ffctl(&create).exits(0);
    assert_eq!(files_of(&repo, "HEAD"), ["A flags/shop/till.yaml"]);
    assert_eq!(state(&repo), before);
    let rename = ["rename", "--flag", "cart", "--to", "basket", "--commit"];
    repo.ffctl(&rename).exits(0);
    let wanted = [
        "A flags/basket.yaml",
        "D flags/cart.yaml",
        "M flags/checkout.yaml",
    ];
    assert_eq!(files_of(&repo, "HEAD"), wanted);
    assert_eq!(state(&repo), before);
    assert_eq!(
        repo.log("main"),
        ["rename cart to basket", "create till", "begin"]
    );
}

#[test]
fn a_file_that_git_ignores_is_refused() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.write(".gitignore", "shop/\n");
    repo.commit("ignore");
    let create = ["create", "--flag", "till", "--dir", "shop"];
    let ran = run(&repo, &create, &["--commit"]).exits(2);
    assert!(
        ran.stderr.contains("Git ignores `flags/shop/till.yaml`"),
        "{ran}"
    );
    assert!(ran.stderr.contains(".gitignore:1: shop/"), "{ran}");
    assert!(!repo.path.join("flags/shop").exists());
    run(&repo, &create, &["--no-commit"]).exits(0);
    assert!(repo.path.join("flags/shop/till.yaml").exists());
}

#[test]
fn a_submodule_has_its_own_commits() {
    let repositories = Repositories::new();
    let inner = repositories.init("inner");
    inner.write("environments.yaml", ENVIRONMENTS);
    inner.write("cart.yaml", CART);
    inner.commit("begin");
    let outer = repositories.init("outer");
    outer.write("ffctl.toml", "");
    outer.git(&["submodule", "--quiet", "add", "../inner/.git", "flags"]);
    outer.commit("begin");
    run(&outer, ENABLE, &["--commit"]).exits(0);
    let flags = TestRepo {
        path: outer.path.join("flags"),
    };
    assert_eq!(
        flags.log("HEAD"),
        ["enable cart in staging for 25%", "begin"]
    );
    assert_eq!(outer.log("HEAD"), ["begin"]);
    assert_eq!(outer.status(), [" M flags"]);
    assert!(flags.status().is_empty());
    let ran = run(&outer, ENABLE, &["--branch", "side"]).exits(2);
    assert!(ran.stderr.contains("repository of its own"), "{ran}");
}

#[test]
fn a_linked_working_tree_has_its_own_branch() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["worktree", "add", "--quiet", "-b", "side", "../linked"]);
    let linked = TestRepo {
        path: repositories.path("linked"),
    };
    stir(&linked);
    let before = state(&linked);
    run(&linked, ENABLE, &["--commit"]).exits(0);
    assert_eq!(
        repo.log("side"),
        ["enable cart in staging for 25%", "begin"]
    );
    assert_eq!(repo.log("main"), ["begin"]);
    assert_eq!(state(&linked), before);
    assert!(repo.status().is_empty());
    let disable = ["disable", "--flag", "cart", "--env", "staging"];
    let ran = run(&linked, &disable, &["--branch", "main"]).exits(2);
    assert!(ran.stderr.contains("`main` is checked out in"), "{ran}");
    assert!(ran.stderr.contains(repo.path.to_str().unwrap()), "{ran}");
}

#[test]
fn a_detached_head_gets_the_commit_and_cannot_be_pushed() {
    let repositories = Repositories::new();
    let (remote, here) = remote_and_clone(&repositories);
    here.git(&["checkout", "--quiet", "--detach"]);
    let ran = run(&here, ENABLE, &["--push"]).exits(2);
    assert!(ran.stderr.contains("no branch is checked out"), "{ran}");
    assert_eq!(here.read(FILE), CART);
    let ran = run(&here, ENABLE, &["--commit"]).exits(0);
    assert!(!ran.stdout.contains(" on "), "{ran}");
    assert_eq!(here.log("HEAD").len(), 2);
    assert_eq!((here.log("main").len(), remote.log("main").len()), (1, 1));
    assert!(here.status().is_empty());
}

#[test]
fn the_first_commit_of_a_branch_has_the_file_alone() {
    let repositories = Repositories::new();
    let repo = repositories.init("here");
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.git(&["add", "ffctl.toml"]);
    let create = ["create", "--flag", "till"];
    for option in [&["--branch", "side"][..], &["--push"]] {
        run(&repo, &create, option).exits(2);
        assert!(!repo.path.join("flags/till.yaml").exists());
    }
    run(&repo, &create, &["--commit"]).exits(0);
    assert_eq!(files_of(&repo, "HEAD"), ["A flags/till.yaml"]);
    assert_eq!(
        repo.status(),
        ["A  ffctl.toml", "?? flags/environments.yaml"]
    );
}

#[test]
fn a_hook_may_reformat_and_its_form_is_kept() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    stir(&repo);
    let before = state(&repo);
    repo.hook(
        "pre-commit",
        "sed -i 's/   # for now/ # formatted/' flags/cart.yaml\ngit add flags/cart.yaml",
    );
    let ran = run(&repo, ENABLE, &["--commit"]).exits(0);
    let words = "note: a hook reformatted `flags/cart.yaml`";
    assert!(ran.stderr.contains(words), "{ran}");
    assert!(
        repo.show("HEAD", FILE)
            .contains("percentage: 25 # formatted")
    );
    assert_eq!(repo.read(FILE), repo.show("HEAD", FILE));
    assert_eq!(state(&repo), before);
}

#[test]
fn a_hook_that_changes_the_meaning_is_reported() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.hook(
        "pre-commit",
        "sed -i 's/percentage: 25/percentage: 100/' flags/cart.yaml\ngit add flags/cart.yaml",
    );
    let ran = run(&repo, ENABLE, &["--commit"]).exits(1);
    let words = "a hook changed what flags/cart.yaml says";
    assert!(ran.stderr.contains(words), "{ran}");
    assert!(repo.status().is_empty());
}

#[test]
fn what_cannot_be_committed_is_put_back() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    stir(&repo);
    let before = state(&repo);
    let refused = |arguments: &[&str], words: &str| {
        let ran = run(&repo, arguments, &["--commit"]).exits(2);
        assert!(ran.stderr.contains(words), "{ran}");
        assert!(ran.stderr.contains("the files are as before"), "{ran}");
        assert_eq!(state(&repo), before);
        assert_eq!(
            (repo.read(FILE).as_str(), repo.log("main").len()),
            (CART, 1)
        );
    };
    let create = ["create", "--flag", "till", "--dir", "deep/shop"];
    let rename = ["rename", "--flag", "cart", "--to", "basket"];
    repo.hook("pre-commit", "echo 'not on a Friday' >&2\nexit 1");
    for arguments in [ENABLE, &create, &rename] {
        refused(arguments, "not on a Friday");
        assert!(!repo.path.join("flags/deep").exists());
    }
    repo.hook("pre-commit", "exit 0");
    repo.git(&["config", "commit.gpgSign", "true"]);
    repo.git(&["config", "gpg.program", "false"]);
    for arguments in [ENABLE, &create, &rename] {
        refused(arguments, "`git commit` failed");
    }
}

#[test]
fn in_a_merge_nothing_is_committed() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.write("side.txt", "side\n");
    repo.commit("side");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    let before = state(&repo);
    for option in [&["--commit"][..], &["--branch", "other"]] {
        let ran = run(&repo, ENABLE, option).exits(2);
        assert!(ran.stderr.contains("a merge is under way"), "{ran}");
        assert_eq!(state(&repo), before);
    }
    run(&repo, ENABLE, &["--no-commit"]).exits(0);
}

#[test]
fn another_branch_gets_the_commit_and_the_checkout_nothing() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    stir(&repo);
    repo.write(FILE, "broken: [\n");
    let before = state(&repo);
    let disable = ["disable", "--flag", "cart", "--env", "staging"];
    let ran = run(&repo, &disable, &["--branch", "ops/off"]).exits(0);
    assert!(ran.stdout.contains(" on ops/off: flags/cart.yaml"), "{ran}");
    assert_eq!(state(&repo), before);
    assert_eq!(repo.log("ops/off"), ["disable cart in staging", "begin"]);
    assert_eq!(files_of(&repo, "ops/off"), ["M flags/cart.yaml"]);
    assert!(repo.show("ops/off", FILE).contains("enabled: false"));
    assert_eq!(repo.log("main"), ["begin"]);
    let list = repo.git(&["worktree", "list", "--porcelain"]);
    assert_eq!(list.matches("worktree ").count(), 1, "{list}");
    run(&repo, &disable, &["--branch", "x", "--no-commit"]).exits(2);
    run(&repo, &disable, &["--branch", "x", "--dry-run"]).exits(0);
    assert_eq!(repo.git(&["branch", "--list", "x"]), "");
}

#[test]
fn a_new_branch_is_said_and_what_is_no_branch_is_refused() {
    let repositories = Repositories::new();
    let (remote, here) = remote_and_clone(&repositories);
    let new = |name: &str, more: &[&str]| {
        let ran = run(&here, ENABLE, &[&["--branch", name][..], more].concat()).exits(0);
        ran.stderr
            .contains(&format!("`{name}` is a new branch from HEAD"))
    };
    here.git(&["tag", "v1.0.0"]);
    for name in ["v1.0.0", "origin/main", &here.id("HEAD")] {
        let ran = run(&here, ENABLE, &["--branch", name]).exits(2);
        assert!(ran.stderr.contains("no branch"), "{ran}");
        assert_eq!(here.git(&["branch", "--list", name]), "");
    }
    // A branch of the remote is no new one, and the commit goes on top of it.
    let other = repositories.clone_of(&remote, "other");
    other.git(&["checkout", "--quiet", "-b", "release-2"]);
    other.write("theirs.txt", "theirs\n");
    other.commit("theirs");
    other.git(&["push", "--quiet", "origin", "release-2"]);
    assert!(new("release-3", &["--dry-run"]));
    here.git(&["fetch", "--quiet"]);
    assert!(!new("release-2", &[]));
    assert_eq!(here.log("release-2").len(), 3);
    assert!(!new("release-2", &["--dry-run"]), "it is here now");
    let ran = run(&here, ENABLE, &["--branch", "relaese-2"]).exits(0);
    let words = "note: `relaese-2` is a new branch from HEAD\n      did you mean `release-2`";
    assert!(ran.stderr.contains(words), "{ran}");
    assert_eq!(here.log("relaese-2").len(), 2);
    // A tag of the name of a branch hides no branch.
    here.git(&["tag", "calm"]);
    here.git(&["branch", "--quiet", "calm"]);
    assert!(!new("calm", &[]));
    let document = here.ffctl(&[ENABLE, &["--branch", "other", "--json"]].concat());
    let document = document.exits(0).json();
    assert_eq!(document["notes"][0], "`other` is a new branch from HEAD");
}

#[test]
fn a_push_passes_those_who_were_first() {
    let repositories = Repositories::new();
    let (remote, here) = remote_and_clone(&repositories);
    let other = repositories.clone_of(&remote, "other");
    other.write("changed.txt", "theirs\n");
    other.commit("theirs");
    other.git(&["push", "--quiet"]);
    here.write("staged.txt", "mine\n");
    here.git(&["add", "staged.txt"]);
    let ran = run(&here, ENABLE, &["--push"]).exits(0);
    assert!(ran.stdout.contains("; pushed to main of origin"), "{ran}");
    let wanted = ["enable cart in staging for 25%", "theirs", "begin"];
    assert_eq!(remote.log("main"), wanted);
    assert_eq!(here.id("main"), remote.id("main"));
    assert_eq!(here.status(), ["M  staged.txt"]);
    assert_eq!(files_of(&remote, "main"), ["M flags/cart.yaml"]);
}

#[test]
fn a_push_that_is_not_taken_keeps_the_commit_here() {
    let repositories = Repositories::new();
    let (remote, here) = remote_and_clone(&repositories);
    remote.hook("update", "echo 'protected branch' >&2\nexit 1");
    let ran = run(&here, ENABLE, &["--push"]).exits(2);
    assert!(ran.stderr.contains("protected branch"), "{ran}");
    assert!(ran.stderr.contains("is on `main` here only"), "{ran}");
    assert_eq!((here.log("main").len(), remote.log("main").len()), (2, 1));
    assert!(here.status().is_empty());
    std::fs::remove_dir_all(&remote.path).unwrap();
    let disable = ["disable", "--flag", "cart", "--env", "staging"];
    let ran = run(&here, &disable, &["--push"]).exits(2);
    assert!(ran.stderr.contains("is on `main` here only"), "{ran}");
    assert_eq!(here.log("main").len(), 3);
    assert!(here.status().is_empty());
}

#[test]
fn settings_and_options_decide_whether_to_commit() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    run(&repo, ENABLE, &[]).exits(0);
    assert_eq!(
        (repo.log("main").len(), repo.status()),
        (1, vec![" M flags/cart.yaml".into()])
    );
    repo.git(&["checkout", "--quiet", FILE]);
    let settings = "[git]\ncommit = true\nprotected_branches = [\"main\"]\n";
    repo.write("ffctl.toml", settings);
    run(&repo, ENABLE, &["--no-commit"]).exits(0);
    assert_eq!(repo.log("main").len(), 1);
    repo.git(&["checkout", "--quiet", FILE]);
    let ran = run(&repo, ENABLE, &["--quiet", "-m", "#7: more of the cart"]).exits(0);
    let warning = "warning: `main` is protected, and this commits to it directly";
    assert!(ran.stderr.contains(warning), "{ran}");
    assert_eq!(repo.log("main"), ["#7: more of the cart", "begin"]);
    let body = repo.git(&["log", "-1", "--format=%b"]);
    assert!(body.contains("Action: enable"), "{body}");
    let disable = ["disable", "--flag", "cart", "--env", "staging", "--json"];
    let document = repo.ffctl(&disable).exits(0).json();
    assert_eq!(document["status"], "committed");
    assert_eq!(document["commit"]["id"], repo.id("HEAD"));
    assert!(
        document["warnings"][0]
            .as_str()
            .unwrap()
            .starts_with("`main` is protected")
    );
    let side = ["--branch", "side"];
    let ran = run(&repo, ENABLE, &side).exits(0);
    assert_eq!(
        ran.without_clock(),
        "note: `side` is a new branch from HEAD"
    );
    assert_eq!(repo.status(), [" M ffctl.toml"]);
}

#[test]
fn without_the_program_git_the_way_on_is_told() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let nowhere = repositories.path("nowhere");
    let without = |arguments: &[&str], more: &[&str]| {
        let arguments = [arguments, more].concat();
        let output = repo.command(&arguments).env("PATH", &nowhere).output();
        Output::of(&output.unwrap())
    };
    let kill = ["emergency-disable", "--flag", "cart", "--reason", "x"];
    for (arguments, option) in [
        (ENABLE, "--commit"),
        (ENABLE, "--push"),
        (&kill, "--commit"),
    ] {
        let ran = without(arguments, &[option]).exits(2);
        let words = "nothing can be committed without the program `git`";
        assert!(ran.stderr.contains(words), "{ran}");
        assert!(ran.stderr.contains("with `--no-commit`"), "{ran}");
        assert_eq!(repo.read(FILE), CART);
    }
    without(&["list"], &[]).exits(0);
    without(ENABLE, &["--no-commit"]).exits(0);
    let ran = without(&kill, &["--no-commit"]).exits(0);
    assert!(ran.stdout.contains("\nNOT in force until"), "{ran}");
    assert!(repo.read(FILE).contains("kill_switch:"));
}

#[test]
fn outside_of_git_there_is_nothing_to_commit_to() {
    let repositories = Repositories::new();
    let repo = TestRepo {
        path: repositories.path("plain"),
    };
    repo.write("ffctl.toml", "");
    repo.write("flags/environments.yaml", ENVIRONMENTS);
    repo.write(FILE, CART);
    let ran = run(&repo, ENABLE, &["--commit"]).exits(2);
    assert!(ran.stderr.contains("is in no Git repository"), "{ran}");
    assert_eq!(repo.read(FILE), CART);
}

/// Sends a signal to all processes of a group, as a terminal does, once its hook runs.
fn interrupt_in_hook(repo: &TestRepo, signal: &str, more: &[&str]) -> (i32, String) {
    repo.hook("pre-commit", "touch waiting; exec sleep 60");
    let arguments = [ENABLE, more].concat();
    let mut command = repo.command(&arguments);
    command.process_group(0);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let is_waiting = || {
        let list = repo.git(&["worktree", "list", "--porcelain"]);
        let folders = list
            .lines()
            .filter_map(|line| line.strip_prefix("worktree "));
        let mut folders = folders.map(Path::new);
        folders.any(|folder| folder.join("waiting").exists())
    };
    while !is_waiting() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let group = format!("-{}", child.id());
    let kill = Command::new("kill").args([signal, "--", &group]).status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), said)
}

#[test]
fn an_interrupt_in_a_hook_puts_the_files_back() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    for signal in ["-INT", "-TERM"] {
        let (status, said) = interrupt_in_hook(&repo, signal, &["--commit"]);
        assert_eq!(status, 130, "{said}");
        assert!(said.contains("error: interrupted"), "{said}");
        assert!(said.contains("the files are as before"), "{said}");
        std::fs::remove_file(repo.path.join("waiting")).unwrap();
        assert_eq!(repo.read(FILE), CART);
        assert_eq!(repo.log("main"), ["begin"]);
        assert!(repo.status().is_empty(), "{:?}", repo.status());
    }
}

#[test]
fn an_interrupt_in_a_hook_of_another_branch_leaves_nothing() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let (status, said) = interrupt_in_hook(&repo, "-INT", &["--branch", "next"]);
    assert_eq!(status, 130, "{said}");
    assert_eq!(repo.read(FILE), CART);
    assert_eq!(repo.git(&["branch", "--format=%(refname:short)"]), "main");
    let worktrees = repo.git(&["worktree", "list", "--porcelain"]);
    assert_eq!(worktrees.matches("worktree ").count(), 1, "{worktrees}");
    assert!(repo.status().is_empty(), "{:?}", repo.status());
}

#[test]
fn an_edit_made_while_a_hook_was_interrupted_stays() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let mine = "default_value: true\n";
    let hook = format!("printf '{mine}' > {FILE}; kill -INT 0; sleep 60");
    repo.hook("pre-commit", &hook);
    let mut command = repo.command(&[ENABLE, &["--commit"]].concat());
    let output = command.process_group(0).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("stay as they are"), "{said}");
    assert_eq!(repo.read(FILE), mine);
    assert_eq!(repo.log("main"), ["begin"]);
}

/// Only some users may give files away; for all others there is nothing to test.
#[test]
fn a_repository_of_another_user_is_not_trusted() {
    let repositories = Repositories::new();
    let repo = project(&repositories);
    let mut chown = Command::new("chown");
    let given = chown.args(["-R", "12345"]).arg(&repo.path);
    if !given.stderr(Stdio::null()).status().unwrap().success() {
        return;
    }
    let output = repo.ffctl(&[ENABLE, &["--commit"]].concat()).exits(2);
    let folder = repo.path.display();
    let step = format!("git config --global --add safe.directory {folder}");
    assert!(output.stderr.contains("another user"), "{output}");
    assert!(output.stderr.contains(&step), "{output}");
    assert!(!output.stderr.contains("class="), "{output}");
    assert_eq!(repo.read(FILE), CART);
}

//! A shop's flags from January on: one commit a day, with all that happens to repositories.
//!
//! What each commit changes stands beside it, written down from what the commit does and from the
//! rules of the format: environment, flag and kind of change.

use crate::support::git::{Repositories, TestRepo};

/// A commit of the scenario, as it is told.
pub(super) struct Told {
    /// The tag on the commit: `c01` and so on.
    pub(super) tag: &'static str,
    /// The subject.
    pub(super) subject: &'static str,
    /// What it changes: `environment flag kind`, sorted. A merge's own changes only.
    pub(super) changes: Vec<&'static str>,
}

/// The scenario's repository.
pub(super) struct Scenario {
    pub(super) repo: TestRepo,
    /// The commits that `main` has at the end, the oldest first.
    pub(super) told: Vec<Told>,
    day: u32,
}

const ENVIRONMENTS: &str = "\
environments:
  development: {parent: null}
  staging: {parent: development, auto_sync: true}
  production: {parent: staging, approval_required: true}
";
const QA: &str = "  qa: {parent: development, auto_sync: true}\n";
const SEGMENTS: &str = "\
segments:
  beta_testers:
    conditions:
      - {attribute: user_type, operator: equals, value: beta}
";
const CHECKOUT: &str = "\
default_value: false
environments:
  development: false
  production: false
";
const RULES: &str = "\
targeting_rules:
  - {name: beta, conditions: [{segment: beta_testers}]}
";
const SEARCH: &str = "\
default_value: false
environments:
  development: false
  production: false
";
const BANNER: &str = "\
default_value: hi
environments:
  development: hi dev
";
const TEMP: &str = "default_value: false\nenvironments: {development: true}\n";
const LAYOUT: &str = "\
variants:
  - {key: control, value: a, weight: 50}
  - {key: treatment, value: b, weight: 50}
default_variant: control
environments:
  development: {split: default}
  production: {split: {control: 90, treatment: 10}}
";
/// Serves 10% on the fourteenth of February, and 10% more each day.
const RAMP: &str =
    "{enabled: true, gradual: {start: 2026-02-14T12:00:00Z, increment: 10, every: 1d}}";
const PAY: &str = "\
default_value: false
environments:
  development: true
  production: {enabled: true, gradual: {start: 2026-02-14T12:00:00Z, increment: 10, every: 1d}}
";

/// Returns the date of a day of the scenario.
pub(super) fn date(day: u32) -> String {
    let (month, day) = if day > 31 { (2, day - 31) } else { (1, day) };
    format!("2026-{month:02}-{day:02}T12:00:00Z")
}

impl Scenario {
    pub(super) fn new(repositories: &Repositories) -> Self {
        let repo = repositories.init("shop");
        let mut scenario = Self {
            repo,
            told: Vec::new(),
            day: 0,
        };
        scenario.january();
        scenario.branches();
        scenario.moves();
        scenario.emergencies();
        scenario.environments();
        scenario.people();
        scenario.deployments();
        scenario
    }

    /// Returns what is told of a commit.
    pub(super) fn of(&self, tag: &str) -> &Told {
        self.told.iter().find(|told| told.tag == tag).unwrap()
    }

    /// Writes a file anew, with one text for another.
    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.repo.read(path);
        assert!(text.contains(from), "{path}: {text}");
        self.repo.write(path, &text.replacen(from, to, 1));
    }

    /// Runs `git` on the next day.
    fn git(&mut self, arguments: &[&str]) {
        self.day += 1;
        let date = date(self.day);
        let mut command = self.repo.git_command(arguments);
        command
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
    }

    fn tell(&mut self, tag: &'static str, subject: &'static str, changes: &[&'static str]) {
        assert_eq!(tag, format!("c{:02}", self.day));
        self.repo.git(&["tag", tag]);
        let mut changes = changes.to_vec();
        changes.sort_unstable();
        self.told.push(Told {
            tag,
            subject,
            changes,
        });
    }

    /// Commits everything, and tells what that changes.
    fn commit(&mut self, tag: &'static str, message: &'static str, changes: &[&'static str]) {
        self.repo.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        let subject = message.lines().next().unwrap();
        self.tell(tag, subject, changes);
    }

    /// Commits everything on a branch that `main` will not have.
    fn aside(&mut self, message: &str) {
        self.repo.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    fn january(&mut self) {
        self.repo
            .write("ffctl.toml", "[project]\nname = \"shop\"\n");
        self.repo.write("flags/environments.yaml", ENVIRONMENTS);
        self.commit("c01", "begin", &[]);
        self.repo.write("flags/checkout.yaml", CHECKOUT);
        self.commit(
            "c02",
            "create checkout",
            &[
                "development checkout created",
                "staging checkout created",
                "production checkout created",
            ],
        );
        self.repo.write("flags/search.yaml", SEARCH);
        self.commit(
            "c03",
            "create search",
            &[
                "development search created",
                "staging search created",
                "production search created",
            ],
        );
        self.repo.write("flags/banner.yaml", BANNER);
        self.commit(
            "c04",
            "create banner",
            &[
                "development banner created",
                "staging banner created",
                "production banner created",
            ],
        );
        // Staging has no entry: it follows.
        self.edit(
            "flags/checkout.yaml",
            "development: false",
            "development: true",
        );
        self.commit(
            "c05",
            "checkout on in development",
            &["development checkout enabled", "staging checkout enabled"],
        );
        let tenth = "production: {enabled: true, percentage: 10}";
        self.edit("flags/checkout.yaml", "production: false", tenth);
        self.commit("c06", "checkout for 10%", &["production checkout enabled"]);
        self.edit("flags/checkout.yaml", "percentage: 10", "percentage: 25");
        self.commit("c07", "checkout for 25%", &["production checkout exposure"]);
        self.edit(
            "flags/checkout.yaml",
            "default_value",
            "# The new checkout.\ndefault_value",
        );
        self.commit("c08", "say what it is", &[]);
        self.edit(
            "flags/search.yaml",
            "default_value",
            "owner: find\ndefault_value",
        );
        self.commit("c09", "search has an owner", &[]);
        self.repo.write("flags/segments.yaml", SEGMENTS);
        self.commit("c10", "beta testers", &[]);
        // Where everybody is served `true`, a rule that serves it changes nothing.
        self.edit(
            "flags/checkout.yaml",
            "environments:",
            &format!("{RULES}environments:"),
        );
        self.commit(
            "c11",
            "checkout for beta testers",
            &[
                "development checkout latent",
                "staging checkout latent",
                "production checkout rules",
            ],
        );
        self.edit("flags/segments.yaml", "value: beta", "value: tester");
        self.commit(
            "c12",
            "beta testers are called testers",
            &[
                "development checkout latent",
                "staging checkout latent",
                "production checkout rules",
            ],
        );
    }

    fn branches(&mut self) {
        // A merge: what the branch did is told there, once.
        self.repo.git(&["checkout", "--quiet", "-b", "feature"]);
        self.edit(
            "flags/search.yaml",
            "development: false",
            "development: true",
        );
        self.commit(
            "c13",
            "search on in development",
            &["development search enabled", "staging search enabled"],
        );
        self.repo.git(&["checkout", "--quiet", "main"]);
        self.edit(
            "flags/banner.yaml",
            "hi dev\n",
            "hi dev\n  production: sale\n",
        );
        self.commit("c14", "a sale", &["production banner serving"]);
        self.git(&[
            "merge",
            "--quiet",
            "--no-ff",
            "--message",
            "merge feature",
            "feature",
        ]);
        self.tell("c15", "merge feature", &[]);
        // A squash merge: what the branch did is told in one.
        self.repo.git(&["checkout", "--quiet", "-b", "more"]);
        self.edit("flags/checkout.yaml", "percentage: 25", "percentage: 50");
        self.aside("checkout for 50%\n\nReason: it holds");
        self.edit("flags/checkout.yaml", "percentage: 50", "percentage: 60");
        self.aside("checkout for 60%\n\nDeployment-Id: d1");
        self.repo.git(&["checkout", "--quiet", "main"]);
        let twentieth = "production: {enabled: true, percentage: 5}";
        self.edit("flags/search.yaml", "production: false", twentieth);
        self.commit("c18", "search for 5%", &["production search enabled"]);
        self.repo.git(&["merge", "--quiet", "--squash", "more"]);
        self.commit(
            "c19",
            "checkout for more (#7)\n\n* checkout for 50%\n\nReason: it holds\n\n* checkout for 60%\n\nDeployment-Id: d1\n",
            &["production checkout exposure"],
        );
    }

    fn moves(&mut self) {
        self.repo
            .git(&["mv", "flags/banner.yaml", "flags/hero.yaml"]);
        self.edit(
            "flags/hero.yaml",
            "default_value",
            "salt: banner\ndefault_value",
        );
        self.commit(
            "c20",
            "banner is called hero",
            &[
                "development banner removed",
                "staging banner removed",
                "production banner removed",
                "development hero created",
                "staging hero created",
                "production hero created",
            ],
        );
        self.edit("flags/hero.yaml", "production: sale", "production: sale!");
        self.commit("c21", "a louder sale", &["production hero serving"]);
        std::fs::create_dir(self.repo.path.join("config")).unwrap();
        self.repo.git(&["mv", "flags", "config/flags"]);
        let settings = "[project]\nname = \"shop\"\nflags = \"config/flags\"\n";
        self.repo.write("ffctl.toml", settings);
        self.commit("c22", "flags live in config", &[]);
        self.edit(
            "config/flags/checkout.yaml",
            "percentage: 60",
            "percentage: 100",
        );
        self.commit(
            "c23",
            "checkout for everybody",
            &["production checkout exposure"],
        );
        self.git(&["revert", "--no-edit", "HEAD"]);
        self.tell(
            "c24",
            "Revert \"checkout for everybody\"",
            &["production checkout exposure"],
        );
    }

    fn emergencies(&mut self) {
        // A file that says nothing anybody can read, and what it says when it is mended.
        let good = self.repo.read("config/flags/search.yaml");
        self.repo
            .write("config/flags/search.yaml", &format!("{good}  staging: [\n"));
        self.commit("c25", "a slip of the pen", &[]);
        let mended = good.replace("percentage: 5", "percentage: 20");
        self.repo.write("config/flags/search.yaml", &mended);
        self.commit("c26", "search for 20%", &["production search exposure"]);
        let kill = "kill_switch: {reason: fire, at: 2026-01-27T12:00:00Z}\nenvironments:";
        self.edit("config/flags/checkout.yaml", "environments:", kill);
        self.commit(
            "c27",
            "kill checkout",
            &[
                "development checkout killed",
                "staging checkout killed",
                "production checkout killed",
            ],
        );
        self.edit("config/flags/checkout.yaml", kill, "environments:");
        self.commit(
            "c28",
            "restore checkout\n\nReason: the fire is out\nApproved-by: Grace <grace@example.com>",
            &[
                "development checkout restored",
                "staging checkout restored",
                "production checkout restored",
            ],
        );
        let step = "percentage: 20, schedule: [{at: 2026-03-01T09:00:00Z, set: {percentage: 50}}]";
        self.edit("config/flags/search.yaml", "percentage: 20", step);
        self.commit(
            "c29",
            "search for half in March",
            &["production search schedule"],
        );
        // A merge that changes what neither side did.
        self.repo.git(&["checkout", "--quiet", "-b", "texts"]);
        self.edit("config/flags/hero.yaml", "hi dev\n", "hi devs\n");
        self.commit(
            "c30",
            "hi to all",
            &["development hero serving", "staging hero serving"],
        );
        self.repo.git(&["checkout", "--quiet", "main"]);
        self.edit("config/flags/hero.yaml", "sale!", "sale!!");
        self.commit("c31", "a still louder sale", &["production hero serving"]);
        // Both sides changed neighbouring lines: this is a conflict, settled by hand.
        let merge = ["merge", "--quiet", "--no-ff", "--no-commit", "texts"];
        self.repo.try_git(&merge);
        let text = "salt: banner\ndefault_value: hi\nenvironments:\n  development: hi devs\n  production: SALE\n";
        self.repo.write("config/flags/hero.yaml", text);
        self.commit("c32", "merge texts", &["production hero serving"]);
    }

    fn environments(&mut self) {
        self.repo.write("config/flags/temp.yaml", TEMP);
        self.commit(
            "c33",
            "create temp",
            &[
                "development temp created",
                "staging temp created",
                "production temp created",
            ],
        );
        std::fs::remove_file(self.repo.path.join("config/flags/temp.yaml")).unwrap();
        self.commit(
            "c34",
            "temp is gone",
            &[
                "development temp removed",
                "staging temp removed",
                "production temp removed",
            ],
        );
        self.repo.write(
            "config/flags/environments.yaml",
            &format!("{ENVIRONMENTS}{QA}"),
        );
        self.commit(
            "c35",
            "an environment for testers",
            &[
                "qa checkout created",
                "qa hero created",
                "qa search created",
            ],
        );
        // Staging has no entries: on its own, it serves the flags' defaults.
        let apart = "staging: {parent: development, auto_sync: false}";
        let follows = "staging: {parent: development, auto_sync: true}";
        self.edit("config/flags/environments.yaml", follows, apart);
        self.commit(
            "c36",
            "staging stands alone",
            &[
                "staging checkout disabled",
                "staging hero serving",
                "staging search disabled",
            ],
        );
        self.git(&["revert", "--no-edit", "HEAD"]);
        self.tell(
            "c37",
            "Revert \"staging stands alone\"",
            &[
                "staging checkout enabled",
                "staging hero serving",
                "staging search enabled",
            ],
        );
    }

    fn people(&mut self) {
        self.repo.write("config/flags/layout.yaml", LAYOUT);
        self.commit(
            "c38",
            "create layout",
            &[
                "development layout created",
                "staging layout created",
                "qa layout created",
                "production layout created",
            ],
        );
        let (control, treatment) = (
            "  - {key: control, value: a, weight: 50}\n",
            "  - {key: treatment, value: b, weight: 50}\n",
        );
        let turned = LAYOUT.replace(
            &format!("{control}{treatment}"),
            &format!("{treatment}{control}"),
        );
        self.repo.write("config/flags/layout.yaml", &turned);
        self.commit(
            "c39",
            "treatment comes first",
            &[
                "development layout reshuffle",
                "staging layout reshuffle",
                "qa layout reshuffle",
                "production layout reshuffle",
            ],
        );
        // Where everybody is served the same, nobody is dealt anew.
        self.edit(
            "config/flags/checkout.yaml",
            "default_value",
            "salt: pepper\ndefault_value",
        );
        self.commit(
            "c40",
            "deal anew",
            &[
                "development checkout latent",
                "staging checkout latent",
                "qa checkout latent",
                "production checkout reshuffle",
            ],
        );
        let archived = "archived: {at: 2026-02-10T12:00:00Z, reason: done}\ndefault_value";
        self.edit("config/flags/search.yaml", "default_value", archived);
        self.commit(
            "c41",
            "search has settled",
            &[
                "development search removed",
                "staging search removed",
                "qa search removed",
                "production search removed",
            ],
        );
        self.edit("config/flags/search.yaml", archived, "default_value");
        self.commit(
            "c42",
            "search has not settled",
            &[
                "development search created",
                "staging search created",
                "qa search created",
                "production search created",
            ],
        );
    }

    fn deployments(&mut self) {
        self.edit(
            "config/flags/search.yaml",
            "percentage: 20",
            "percentage: 30",
        );
        self.commit(
            "c43",
            "search for 30%\n\nDeployment-Id: d2\nDeployment-Phase: pre_deploy",
            &["production search exposure"],
        );
        self.edit(
            "config/flags/checkout.yaml",
            "percentage: 60",
            "percentage: 75",
        );
        self.commit(
            "c44",
            "checkout for 75%\n\nDeployment-Id: d2\nDeployment-Phase: post_deploy\nReason: it sells",
            &["production checkout exposure"],
        );
        self.edit("config/flags/checkout.yaml", "salt:", "owner: pay\nsalt:");
        self.commit("c45", "checkout has an owner", &[]);
    }

    /// Goes on: deployments that end a ramp and throw a kill switch, and a segment that changes.
    pub(super) fn february(&mut self) {
        self.repo.write("config/flags/pay.yaml", PAY);
        self.commit(
            "c46",
            "create pay",
            &[
                "development pay created",
                "staging pay created",
                "qa pay created",
                "production pay created",
            ],
        );
        self.edit("config/flags/segments.yaml", "tester}", "insider}");
        self.commit(
            "c47",
            "beta testers are insiders",
            &[
                "development checkout latent",
                "staging checkout latent",
                "qa checkout latent",
                "production checkout rules",
            ],
        );
        self.repo
            .write("config/flags/pay.yaml", &PAY.replace(RAMP, "true"));
        self.commit(
            "c48",
            "pay for everybody\n\nDeployment-Id: d3",
            &["production pay exposure"],
        );
        self.edit("config/flags/hero.yaml", "SALE", "Sale");
        self.commit(
            "c49",
            "a calm sale\n\nDeployment-Id: d3",
            &["production hero serving"],
        );
        self.edit("config/flags/hero.yaml", "Sale", "closed");
        self.commit("c50", "the sale is over", &["production hero serving"]);
        let kill = "{kill_switch: {reason: slow, at: 2026-02-20T12:00:00Z}, enabled: true, per";
        self.edit("config/flags/search.yaml", "{enabled: true, per", kill);
        self.commit(
            "c51",
            "kill search\n\nDeployment-Id: d4",
            &["production search killed"],
        );
        let split = ["control: 90, treatment: 10", "control: 80, treatment: 20"];
        self.edit("config/flags/layout.yaml", split[0], split[1]);
        self.commit(
            "c52",
            "more treatment\n\nDeployment-Id: d4",
            &["production layout reshuffle", "production layout serving"],
        );
    }
}

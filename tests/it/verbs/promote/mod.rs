//! `promote`: a table with a case for every clause of the manual, and what holds for all of them.
//!
//! Each case that changes a file is loaded again and evaluated: in no case is anybody served more
//! than before, but where it says so.

mod places;
mod properties;
mod rules;
mod serving;
mod time;

use ffctl::compile::compile;
use ffctl::evaluate::Engine;
use ffctl::patch::{Pending, Promote, Promoted, Refusal, promote};
use serde_json::{Map, Value, json};

use super::{NOW, Project, assert_refused, line, tree_of};

const ENVIRONMENTS: &str = "\
environments:
  development: {parent: null}
  staging: {parent: development, auto_sync: true}
  production: {parent: staging}
  canary: {parent: production, auto_sync: true}
  lab: {parent: development}
";

const KEEP: Promote = Promote {
    percentage: None,
    as_is: false,
    restart_at: None,
    pending: Pending::Ask,
};

const AS_IS: Promote = Promote {
    as_is: true,
    ..KEEP
};

const fn to_some(percentage: u32) -> Promote {
    Promote {
        percentage: Some(percentage),
        ..KEEP
    }
}

/// 2026-12-01T09:00:00Z.
const LATER: i64 = 1_796_115_600;

const RESTART: Promote = Promote {
    restart_at: Some(LATER),
    ..AS_IS
};

fn project(flag: &str) -> Project {
    Project::new(&[("environments.yaml", ENVIRONMENTS), ("f.yaml", flag)])
}

fn run(project: &Project, from: &str, to: &str, options: &Promote) -> Result<Promoted, Refusal> {
    let (from, to) = (project.environment(from), project.environment(to));
    promote(&project.subject("f"), from, to, options)
}

/// What comes of a case.
enum Then {
    /// The entry becomes this; nobody is served more.
    Becomes(&'static str),
    /// The entry becomes this, and it was said that more are served.
    Exposes(&'static str),
    /// The file stays.
    Stays,
    /// It is refused, for want of something said (`true`) or by the catalog.
    Refused(bool),
}
use Then::{Becomes, Exposes, Refused, Stays};

struct Case {
    claim: &'static str,
    /// The flag but for its entries.
    flag: &'static str,
    from: &'static str,
    to: &'static str,
    options: Promote,
    then: Then,
    /// Words of the notes, or of the refusal.
    words: &'static [&'static str],
}

fn case(claim: &'static str, flag: &'static str, from: &'static str, then: Then) -> Case {
    Case {
        claim,
        flag,
        from,
        to: "",
        options: KEEP,
        then,
        words: &[],
    }
}

impl Case {
    fn with(mut self, options: Promote) -> Self {
        self.options = options;
        self
    }

    fn to(mut self, to: &'static str) -> Self {
        self.to = to;
        self
    }

    fn says(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }

    fn name(&self) -> &'static str {
        if self.to.is_empty() {
            "production"
        } else {
            self.to
        }
    }

    #[track_caller]
    fn run(self) {
        let before = project(self.flag);
        let result = run(&before, self.from, self.name(), &self.options);
        if let Refused(is_usage) = self.then {
            assert!(result.is_err(), "{}", self.claim);
            return assert_refused(result, is_usage, self.words);
        }
        let done = result.unwrap_or_else(|refusal| panic!("{}: {refusal:?}", self.claim));
        let notes = done.notes.join("\n");
        for word in self.words {
            assert!(
                notes.contains(word),
                "{}: `{word}` is not in {notes}",
                self.claim
            );
        }
        let (entry, exposes) = match self.then {
            Becomes(entry) => (entry, false),
            Exposes(entry) => (entry, true),
            Stays | Refused(_) => {
                assert_eq!(
                    line(&done.root),
                    line(&before.roots["f.yaml"]),
                    "{}",
                    self.claim
                );
                return;
            }
        };
        self.only_the_entry_changed(&before, &done, entry);
        let after = before.with("f.yaml", &done.root);
        if !exposes {
            nobody_gets_more(&before, &after, self.name());
        }
        self.again(&after);
    }

    #[track_caller]
    fn only_the_entry_changed(&self, before: &Project, done: &Promoted, entry: &str) {
        let entries = done.root.get("environments").unwrap();
        let actual = entries.get(self.name()).unwrap();
        assert_eq!(line(actual), line(&tree_of(entry)), "{}", self.claim);
        let mut expected = before.roots["f.yaml"].clone();
        let names: Vec<&str> = before.catalog.environments.names().collect();
        let list = expected.get_mut("environments").unwrap();
        list.set(self.name(), tree_of(entry), &names);
        assert_eq!(line(&done.root), line(&expected), "{}", self.claim);
    }

    /// What has been promoted is there: nothing is left to do, and no structure differs but what
    /// is left on purpose.
    #[track_caller]
    fn again(&self, after: &Project) {
        let options = Promote {
            pending: Pending::Keep,
            ..self.options
        };
        let again = run(after, self.from, self.name(), &options).unwrap();
        assert_eq!(
            line(&again.root),
            line(&after.roots["f.yaml"]),
            "{} again",
            self.claim
        );
    }
}

fn contexts() -> impl Iterator<Item = Map<String, Value>> {
    (0..120).flat_map(|subject| {
        ["US", "IT", "CA"].into_iter().flat_map(move |country| {
            ["beta", "standard"].into_iter().map(move |kind| {
                let context = json!({
                    "targetingKey": format!("user-{subject}"),
                    "country": country,
                    "user_type": kind,
                    "account_id": format!("account-{}", subject / 3),
                });
                context.as_object().unwrap().clone()
            })
        })
    })
}

fn answers(project: &Project, environment: &str, time: i64) -> Vec<Value> {
    let ruleset = compile(&project.catalog, project.environment(environment), |_| true);
    let engine = Engine::new(&ruleset).unwrap();
    contexts()
        .map(|attributes| {
            let context = engine.context(&attributes);
            engine.evaluate("f", &context, time).value.unwrap().clone()
        })
        .collect()
}

/// Whoever got the environment's default gets it still, now and later; so do those who inherit.
#[track_caller]
fn nobody_gets_more(before: &Project, after: &Project, environment: &str) {
    for name in [environment, "canary"] {
        for time in [NOW, LATER, LATER + 30 * 86_400] {
            let flag = &before.catalog.flags["f"];
            let id = before.environment(name);
            let at = ffctl::resolve::Moment::At(time);
            let resolved = ffctl::resolve::resolve(&before.catalog, flag, id, at);
            let default = flag.value(resolved.default.value);
            let least = [default, flag.value(&flag.off)];
            let was = answers(before, name, time);
            let is = answers(after, name, time);
            for (was, is) in was.iter().zip(&is) {
                let more = least.contains(&was) && !least.contains(&is);
                assert!(!more, "{name} at {time}: {was} became {is}");
            }
        }
    }
    // Elsewhere nothing changes at all.
    for name in ["development", "staging", "lab"] {
        if name != environment {
            assert_eq!(
                answers(before, name, NOW),
                answers(after, name, NOW),
                "{name}"
            );
        }
    }
}

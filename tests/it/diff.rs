//! What a change does to what is served.

use std::collections::BTreeMap;

use ffctl::compile::compile;
use ffctl::diff::{Change, ChangeKind, Side, changes, served};
use ffctl::evaluate::Engine;
use ffctl::literal::moment;
use ffctl::model::{Catalog, Flag};
use ffctl::record::record;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::generate::{self, mutated};
use crate::support::{catalog, sound_or_none};

const ENVIRONMENTS: &str = "environments: {test: {}}\n";

const BETA: &str = "targeting_rules: [{name: beta_users, conditions: [{attribute: user_type, operator: equals, value: beta}]}]\n";

fn now() -> i64 {
    moment("2027-01-01").expect("a date").as_second()
}

fn load(flag: &str) -> Catalog {
    let flag = flag.replace("BETA\n", BETA);
    let needed = "default_value: false\nenvironments: {test: true}\n";
    catalog(&[
        ("environments.yaml", ENVIRONMENTS),
        ("f.yaml", &flag),
        ("g.yaml", needed),
    ])
}

fn between(before: &str, after: &str) -> Vec<Change> {
    let (before, after) = (load(before), load(after));
    let side = |catalog| -> Side<'_> { side(catalog) };
    changes(Some(side(&before)), Some(side(&after)), now())
}

fn side(catalog: &Catalog) -> Side<'_> {
    Side::of(catalog, catalog.flags.get("f"), "test").expect("the flag is there")
}

/// The changes as lines: `kind: effect`.
fn told(before: &str, after: &str) -> Vec<String> {
    between(before, after)
        .iter()
        .map(|change| format!("{}: {}", change.kind.name(), change.effect))
        .collect()
}

/// A boolean with an entry for the environment.
fn entry(entry: &str) -> String {
    format!("default_value: false\nenvironments: {{test: {entry}}}\n")
}

/// The same with a rule for beta users.
fn with_rule(entry: &str) -> String {
    format!("default_value: false\nBETA\nenvironments: {{test: {entry}}}\n")
}

fn ab(entry: &str) -> String {
    format!(
        "type: string\nvariants: [{{key: control, value: C}}, {{key: treatment, value: T}}]\ndefault_variant: control\nenvironments: {{test: {entry}}}\n"
    )
}

fn words(flag: &str) -> String {
    let catalog = load(flag);
    let environment = catalog.environments.find("test").unwrap();
    served(&catalog, &catalog.flags["f"], environment, now())
}

#[test]
fn what_is_served_in_words() {
    for (flag, expected) in [
        (entry("false"), "off (false)"),
        (
            "default_value: false\nenvironments: {}\n".to_owned(),
            "false for everybody",
        ),
        (entry("true"), "true for everybody"),
        (
            entry("{percentage: 12.5}"),
            "12.5% of everybody, by targetingKey: true; others false",
        ),
        (
            with_rule("{percentage: 25}"),
            "beta_users: true; 25% of everybody else, by targetingKey: true; others false",
        ),
        (
            ab("{split: {control: 90, treatment: 10}}"),
            "control 90 : treatment 10 for everybody, by targetingKey",
        ),
        (
            entry("{percentage: 5, kill_switch: {reason: r, at: 2027-01-01T00:00:00Z}}"),
            "killed (false)",
        ),
        (
            entry("{gradual: {start: 2026-12-31T00:00:00Z, increment: 10, every: 1d}}"),
            "20% now (10% from 2026-12-31T00:00:00Z on, 10% more every 1d until 100%) of everybody, by targetingKey: true; others false",
        ),
    ] {
        assert_eq!(words(&flag), expected, "{flag}");
    }
}

#[test]
fn switches() {
    let killed = "{percentage: 25, kill_switch: {reason: r, at: 2027-01-01T00:00:00Z}}";
    for (before, after, expected) in [
        (
            entry("false"),
            entry("{percentage: 25, bucket_by: user_id}"),
            "enabled: off → 25% of everybody, by user_id",
        ),
        (
            entry("false"),
            entry("true"),
            "enabled: off → on for everybody",
        ),
        (
            entry("true"),
            entry("false"),
            "disabled: on for everybody → off",
        ),
        (
            with_rule("false"),
            with_rule("{enabled: true}"),
            "enabled: off → rule beta_users (user_type equals beta): true for all of them; everybody else: false",
        ),
        (
            entry("{percentage: 25}"),
            entry(killed),
            "killed: killed (false); was 25% of everybody, by targetingKey",
        ),
        (
            entry(killed),
            entry("{percentage: 25}"),
            "restored: killed → 25% of everybody, by targetingKey",
        ),
    ] {
        assert_eq!(told(&before, &after), [expected], "{before} to {after}");
    }
}

#[test]
fn flags_come_and_go() {
    let flag = load(&entry("true"));
    let side = Some(side(&flag));
    let created = changes(None, side, now());
    assert_eq!(created[0].kind, ChangeKind::Created);
    assert_eq!(created[0].effect, "new: true for everybody");
    assert!(created[0].before.value().is_null());
    let removed = changes(side, None, now());
    assert_eq!(removed[0].effect, "removed; was true for everybody");
    assert!(removed[0].after.value().is_null());
    assert_eq!((created.len(), removed.len()), (1, 1));
    assert!(Side::of(&flag, flag.flags.get("f"), "elsewhere").is_none());
    let archived = format!(
        "archived: {{at: 2027-01-01T00:00:00Z, reason: r}}\n{}",
        entry("true")
    );
    assert_eq!(
        told(&entry("true"), &archived),
        ["removed: archived, runtimes get the code's default; was true for everybody"]
    );
}

#[test]
fn exposure() {
    let ramp = "{gradual: {start: 2026-12-31T00:00:00Z, increment: 10, every: 1d}}";
    for (before, after, expected) in [
        (
            entry("{percentage: 10}"),
            entry("{percentage: 25}"),
            "exposure: 10% → 25%: 15% more, nobody leaves",
        ),
        (
            entry("{percentage: 25}"),
            entry("{percentage: 10}"),
            "exposure: 25% → 10%: 15% leave",
        ),
        (
            entry("true"),
            entry("{percentage: 25}"),
            "exposure: 100% → 25%: 75% leave",
        ),
        (
            with_rule("{percentage: 10}"),
            with_rule("{percentage: 25}"),
            "exposure: those whom no rule takes: 10% → 25%: 15% more, nobody leaves",
        ),
        (
            entry(ramp),
            entry("{percentage: 20}"),
            "exposure: 20% now (10% from 2026-12-31T00:00:00Z on, 10% more every 1d until 100%) → 20%: nobody moves now",
        ),
    ] {
        assert_eq!(told(&before, &after), [expected], "{before} to {after}");
    }
    let rule = |share| {
        with_rule("{enabled: true}")
            .replace("beta}]}]", &format!("beta}}], percentage: {share}}}]"))
    };
    let before = rule(100).replace(
        "BETA\n",
        &BETA.replace("beta}]}]", "beta}], percentage: 50}]"),
    );
    assert_eq!(
        told(&before, &with_rule("{enabled: true}")),
        ["exposure: rule beta_users (user_type equals beta): 50% → 100%: 50% more, nobody leaves"]
    );
}

#[test]
fn what_is_served() {
    let number = |entry: &str| format!("default_value: 1\nenvironments: {{test: {entry}}}\n");
    assert_eq!(told(&number("2"), &number("3")), ["serving: 2 → 3"]);
    assert_eq!(
        told(
            &number("{value: 2, percentage: 25}"),
            &number("{value: 3, percentage: 25, default_value: 5}")
        ),
        ["serving: 2 → 3, others 1 → 5"]
    );
    let off = |value| format!("off_value: {value}\n{}", number("{enabled: false}"));
    assert_eq!(told(&off(4), &off(5)), ["serving: 4 → 5 for everybody"]);
    assert_eq!(
        told(
            &ab("{variant: treatment, percentage: 10}"),
            &ab("{variant: treatment, percentage: 10}").replace("value: T", "value: U")
        ),
        ["serving: treatment (T → U)"]
    );
}

#[test]
fn splits_and_buckets() {
    let split = |control, treatment| {
        ab(&format!(
            "{{split: {{control: {control}, treatment: {treatment}}}}}"
        ))
    };
    assert_eq!(
        told(&split(90, 10), &split(50, 50)),
        [
            "serving: control 90 : treatment 10 → control 50 : treatment 50",
            "reshuffle: 40% move from control to treatment",
        ]
    );
    assert_eq!(
        told(&split(90, 10), &split(45, 5)),
        ["latent: serves nobody anything else: serving"]
    );
    let turned = split(50, 50).replace(
        "{key: control, value: C}, {key: treatment, value: T}",
        "{key: treatment, value: T}, {key: control, value: C}",
    );
    assert_eq!(
        told(&split(50, 50), &turned),
        ["reshuffle: 50% move from control to treatment, 50% move from treatment to control"]
    );
    let salted = |rest: &str| format!("salt: s\n{rest}");
    assert_eq!(
        told(
            &entry("{percentage: 25}"),
            &salted(&entry("{percentage: 25}"))
        ),
        ["reshuffle: salt f → s: everybody is dealt anew, who is included changes"]
    );
    assert_eq!(
        told(
            &entry("{percentage: 25}"),
            &salted(&entry("{percentage: 10, bucket_by: account}"))
        ),
        [
            "exposure: 25% → 10%: dealt anew",
            "reshuffle: salt f → s, bucket_by targetingKey → account: everybody is dealt anew, who is included changes",
        ]
    );
    assert_eq!(
        told(&entry("true"), &salted(&entry("true"))),
        ["latent: serves nobody anything else: salt f → s"]
    );
}

#[test]
fn rules() {
    let rules = |list: &str| {
        format!(
            "default_value: false\ntargeting_rules: [{list}]\nenvironments: {{test: {{percentage: 5}}}}\n"
        )
    };
    let rule = |name: &str, country: &str| {
        format!(
            "{{name: {name}, conditions: [{{attribute: country, operator: equals, value: {country}}}]}}"
        )
    };
    let (a, b) = (rule("a", "IT"), rule("b", "US"));
    for (before, after, expected) in [
        (
            String::new(),
            a.clone(),
            "rules: added rule a (country equals IT): true for all of them",
        ),
        (
            a.clone(),
            String::new(),
            "rules: removed rule a (country equals IT)",
        ),
        (
            a.clone(),
            rule("a", "FR"),
            "rules: rule a: country equals IT → country equals FR",
        ),
        (
            format!("{a}, {b}"),
            format!("{b}, {a}"),
            "rules: order a, b → b, a",
        ),
    ] {
        assert_eq!(told(&rules(&before), &rules(&after)), [expected]);
    }
    let everybody = "{name: all, conditions: []}";
    assert_eq!(
        told(&rules(&format!("{everybody}, {a}")), &rules(everybody)),
        ["latent: serves nobody anything else: rules"]
    );
    assert_eq!(
        told(&rules(&a), &rules(&format!("{everybody}, {a}"))),
        [
            "rules: added rule all (everybody): true for all of them; rule a (country equals IT) is not reached any more"
        ]
    );
}

#[test]
fn schedules() {
    let step = |at: &str, set: &str| {
        entry(&format!(
            "{{percentage: 10, schedule: [{{at: {at}T00:00:00Z, set: {set}}}]}}"
        ))
    };
    let plain = entry("{percentage: 10}");
    let later = step("2027-02-01", "{percentage: 50}");
    for (before, after, expected) in [
        (
            &plain,
            &later,
            "schedule: added at 2027-02-01T00:00:00Z: 50% of everybody, by targetingKey",
        ),
        (
            &later,
            &plain,
            "schedule: removed at 2027-02-01T00:00:00Z: 50% of everybody, by targetingKey",
        ),
        (
            &later,
            &step("2027-02-01", "{percentage: 60}"),
            "schedule: at 2027-02-01T00:00:00Z: 50% → 60%: 10% more, nobody leaves",
        ),
        (
            &later,
            &later.replace("{percentage: 10,", "{percentage: 20,"),
            "exposure: 10% → 20%: 10% more, nobody leaves",
        ),
        (
            &step("2026-02-01", "{percentage: 50}"),
            &entry("{percentage: 50}"),
            "schedule: the elapsed step of 2026-02-01T00:00:00Z is gone",
        ),
    ] {
        assert_eq!(told(before, after), [expected], "{before} to {after}");
    }
    // What is held back now is served by the step.
    let held = |share: u32| {
        entry(&format!(
            "{{enabled: false, percentage: {share}, schedule: [{{at: 2027-02-01T00:00:00Z, set: {{enabled: true}}}}]}}"
        ))
    };
    assert_eq!(
        told(&held(10), &held(20)),
        ["schedule: at 2027-02-01T00:00:00Z: 10% → 20%: 10% more, nobody leaves"]
    );
}

#[test]
fn dependencies() {
    let needs = |more: &str| format!("depends_on: [{{flag: g, required_value: true}}]\n{more}");
    assert_eq!(
        told(&entry("true"), &needs(&entry("true"))),
        ["dependencies: needs g to serve true"]
    );
    assert_eq!(
        told(&needs(&entry("true")), &entry("true")),
        ["dependencies: no longer needs g to serve true"]
    );
    assert_eq!(
        told(&entry("false"), &needs(&entry("false"))),
        ["latent: while off: dependencies"]
    );
}

#[test]
fn what_nobody_notices() {
    for (before, after, expected) in [
        (
            entry("true"),
            format!(
                "killable: true\nlifecycle: {{kind: release}}\n{}",
                entry("true")
            ),
            "latent: serves nobody anything else: kind none → release; killable false → true",
        ),
        (
            entry("{enabled: false, percentage: 10}"),
            entry("{enabled: false, percentage: 20}"),
            "latent: while off: serving",
        ),
        (
            entry("true"),
            format!("off_value: true\n{}", entry("true")),
            "latent: serves nobody anything else: off value false → true",
        ),
        (
            entry("{percentage: 10, kill_switch: {reason: r, at: 2027-01-01T00:00:00Z}}"),
            entry("{percentage: 20, kill_switch: {reason: r, at: 2027-01-01T00:00:00Z}}"),
            "latent: beneath the kill switch: serving",
        ),
    ] {
        assert_eq!(told(&before, &after), [expected], "{before} to {after}");
    }
    assert!(told(&entry("true"), &entry("{default_value: true}")).is_empty());
}

// What is claimed, against what is served.

/// What contexts are served at times: values, and the names of variants that files give.
fn answers(
    catalog: &Catalog,
    environment: &str,
    flag: &Flag,
    contexts: &[Value],
    times: &[i64],
) -> Vec<Value> {
    let environment = catalog.environments.find(environment).unwrap();
    let engine = Engine::new(&compile(catalog, environment, |_| true)).unwrap();
    let mut answers = Vec::new();
    for context in contexts {
        let context = engine.context(context.as_object().unwrap());
        for time in times {
            let outcome = engine.evaluate(flag.key.as_str(), &context, *time);
            let variant = outcome.variant.filter(|_| !flag.variants.is_empty());
            answers.push(json!([outcome.value, variant]));
        }
    }
    answers
}

/// The flags whose record in an environment is not the same on both sides.
fn differing(before: &Catalog, after: &Catalog, environment: &str) -> BTreeMap<String, bool> {
    let of = |catalog: &Catalog| catalog.environments.find(environment).unwrap();
    let both = before
        .flags
        .values()
        .filter_map(|flag| Some((flag, after.flags.get(&flag.key)?)));
    both.map(|(flag, other)| {
        let differs = record(before, flag, of(before)) != record(after, other, of(after));
        (flag.key.to_string(), differs)
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::evaluation::cases(128), max_shrink_iters: 2_000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    /// Where nothing but latent changes are claimed, everybody gets what they got, now and later.
    #[test]
    fn claims_are_true(
        generated in generate::catalog(),
        mutations in prop::collection::vec((0_usize..100, 0_usize..1000, 0_usize..100), 1..3),
        contexts in prop::collection::vec(generate::context(), 24),
        mut times in prop::collection::vec(generate::time(), 6),
    ) {
        let mut other = generated.clone();
        for (file, line, how) in mutations {
            other = mutated(&other, file, line, how);
        }
        let after = sound_or_none(&other);
        prop_assume!(after.is_some());
        let (before, after) = (sound_or_none(&generated).unwrap(), after.unwrap());
        times.sort_unstable();
        let now = times[1];
        for (_, environment) in before.environments.iter() {
            let name = environment.name.as_str();
            if after.environments.find(name).is_none() {
                continue;
            }
            let differing = differing(&before, &after, name);
            for (key, differs) in &differing {
                let (flag, other_flag) = (&before.flags[key.as_str()], &after.flags[key.as_str()]);
                let was = Side::of(&before, Some(flag), name);
                let is = Side::of(&after, Some(other_flag), name);
                prop_assert!(changes(was, was, now).is_empty());
                let changes = changes(was, is, now);
                prop_assert_eq!(!changes.is_empty(), *differs, "{} in {}: {:?}", key, name, changes);
                prop_assert!(changes.is_sorted_by(|one, other| one.kind < other.kind), "{changes:?}");
                prop_assert!(changes.iter().all(|change| !change.effect.is_empty() && !change.effect.contains(char::is_control)));
                prop_assert!(changes.iter().all(|change| change.before != change.after), "{key} in {name}: {changes:#?}");
                // What the flags that it depends on serve is their change.
                let local = |flag: &Flag| flag.depends_on.iter().any(|one| one.repository.is_none());
                let others = differing.iter().any(|(other, differs)| other != key && *differs);
                if others && (local(flag) || local(other_flag)) {
                    continue;
                }
                let has = |kinds: &[ChangeKind]| changes.iter().any(|change| !kinds.contains(&change.kind));
                let silent = if has(&[ChangeKind::Latent]) { &times[1..2] } else { &times[1..] };
                if !has(&[ChangeKind::Latent, ChangeKind::Schedule]) {
                    let was = answers(&before, name, flag, &contexts, silent);
                    let is = answers(&after, name, other_flag, &contexts, silent);
                    prop_assert_eq!(was, is, "{} in {} from {}: {:#?}\n{:?}", key, name, now, changes, other);
                }
            }
        }
    }
}

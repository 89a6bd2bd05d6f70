//! What holds of every promotion, whatever the flag.

use std::collections::BTreeMap;

use ffctl::diagnostic::Severity;
use ffctl::document::Tree;
use ffctl::model::{Catalog, EnvironmentId, Flag, Share};
use ffctl::patch::{Pending, Promote, Subject, promote};
use ffctl::resolve::{Moment, Resolved, kill, kills, resolve};
use proptest::prelude::*;

use super::{AS_IS, KEEP, to_some};
use crate::support::generate;
use crate::verbs::{line, load, tree_of, yaml_of};

/// What a promotion must not touch, and to how many rules and serving go.
fn kept(resolved: &Resolved<'_>) -> (bool, String, Option<Share>, BTreeMap<String, Share>) {
    let rules = resolved.rules.value.iter();
    (
        resolved.enabled.value,
        format!("{:?}", resolved.default.value),
        resolved.serving.value.map(|serving| serving.share),
        rules
            .map(|rule| (rule.name.to_string(), rule.serving.share))
            .collect(),
    )
}

fn pairs(catalog: &Catalog) -> Vec<(EnvironmentId, EnvironmentId)> {
    let parent = |id: &EnvironmentId| catalog.environments.get(*id).parent;
    let all = catalog.environments.iter().map(|(id, _)| id);
    all.flat_map(|to| std::iter::successors(parent(&to), parent).map(move |from| (from, to)))
        .collect()
}

/// Promotes one flag in one way, and returns what is wrong with what comes of it.
fn check(
    files: &BTreeMap<String, String>,
    catalog: &Catalog,
    (path, key, now): (&str, &str, i64),
    (from, to): (EnvironmentId, EnvironmentId),
    options: &Promote,
) -> Result<(), TestCaseError> {
    let root = tree_of(&files[path]);
    let subject = Subject {
        catalog,
        flag: &catalog.flags[key],
        root: &root,
        now,
    };
    let Ok(done) = promote(&subject, from, to, options) else {
        return Ok(());
    };
    let mut changed = files.clone();
    changed.insert(path.to_owned(), yaml_of(&done.root));
    let loaded = load(&changed);
    let mut errors = loaded
        .diagnostics
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.code.name());
    // What is served may come to be the other's own default: that is for the plan to refuse.
    if errors.clone().count() > 0 {
        let told = line(&done.root);
        prop_assert!(
            errors.all(|code| code == "share-without-effect"),
            "{options:?} {:?}\n{told}",
            loaded.diagnostics
        );
        return Ok(());
    }
    let after = &loaded.catalog;
    let flag = &after.flags[key];
    let time = Moment::At(standing(catalog, subject.flag, to, now));
    let before = resolve(catalog, subject.flag, to, time);
    let is = resolve(after, flag, to, time);
    prop_assert_eq!(
        kill(catalog, subject.flag, to).is_some(),
        kill(after, flag, to).is_some()
    );
    let (was, is) = (kept(&before), kept(&is));
    let told = || format!("{options:?}\n{}\n{}", files[path], yaml_of(&done.root));
    if before.exposed {
        prop_assert_eq!(was.0, is.0, "enabled: {}", told());
    }
    if !options.as_is {
        prop_assert_eq!(&was.1, &is.1, "default: {}", told());
        for (name, share) in &was.3 {
            prop_assert_eq!(Some(share), is.3.get(name), "rule {}: {}", name, told());
        }
        if options.percentage.is_none() {
            prop_assert_eq!(was.2, is.2, "{}", told());
        }
    }
    if line(&done.root) != line(&root) {
        arrived(&loaded.catalog, (key, now), (from, to), options, &told())?;
    }
    let again = Subject {
        catalog: after,
        flag,
        root: &done.root,
        now,
    };
    let again: Option<Tree> = promote(&again, from, to, options)
        .ok()
        .map(|again| again.root);
    prop_assert_eq!(
        again.as_ref().map(line),
        Some(line(&done.root)),
        "again: {}",
        told()
    );
    Ok(())
}

/// Under a kill switch what was there when it was thrown stands, for that is what comes back.
fn standing(catalog: &Catalog, flag: &Flag, id: EnvironmentId, now: i64) -> i64 {
    let thrown = kills(catalog, flag, id).map(|kill| kill.switch.at.as_second());
    thrown.fold(now, i64::min)
}

/// All structure is there but what is left on purpose; as it is, exposure too.
fn arrived(
    catalog: &Catalog,
    (key, now): (&str, i64),
    (from, to): (EnvironmentId, EnvironmentId),
    options: &Promote,
    told: &str,
) -> Result<(), TestCaseError> {
    let flag = &catalog.flags[key];
    let at = |id| {
        let time = standing(catalog, flag, id, now);
        resolve(catalog, flag, id, Moment::At(time))
    };
    let (a, b) = (at(from), at(to));
    let moves = |name: &str| {
        let mut both = a.rules.value.iter().chain(b.rules.value);
        both.all(|rule| rule.name.as_str() != name || rule.promotable)
    };
    let list = |resolved: &Resolved<'_>| -> Vec<(String, String)> {
        let rules = resolved.rules.value.iter();
        rules
            .filter(|rule| moves(rule.name.as_str()))
            .map(|rule| (rule.name.to_string(), format!("{:?}", rule.serving.what)))
            .collect()
    };
    prop_assert_eq!(list(&a), list(&b), "rules: {}", told);
    prop_assert_eq!(a.bucket_by.value, b.bucket_by.value, "{}", told);
    if let (Some(ours), Some(theirs)) = (a.serving.value, b.serving.value) {
        prop_assert_eq!(&ours.what, &theirs.what, "{}", told);
    }
    if options.as_is {
        prop_assert_eq!(a.default.value, b.default.value, "{}", told);
        let share = |resolved: &Resolved<'_>| {
            let share = resolved.serving.value.map(|serving| serving.share);
            share.filter(|share| !matches!(share, Share::Gradual(_)))
        };
        prop_assert_eq!(share(&a), share(&b), "{}", told);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    /// Switches stay, shares and defaults too unless it is said otherwise, and a second promotion
    /// finds nothing to do.
    #[test]
    fn exposure_stays_and_twice_is_once(generated in generate::catalog(), now in generate::time()) {
        let files = &generated.files;
        let catalog = load(files).catalog;
        let restart = Promote { restart_at: Some(now + 3_600), ..AS_IS };
        for path in files.keys() {
            let stem = path.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default();
            let Some((key, _)) = catalog.flags.get_key_value(stem) else { continue };
            for pair in pairs(&catalog) {
                for options in [KEEP, to_some(5_000), restart] {
                    let options = Promote { pending: Pending::Keep, ..options };
                    check(files, &catalog, (path, key.as_str(), now), pair, &options)?;
                }
            }
        }
    }
}

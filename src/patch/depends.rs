//! Whether what a flag depends on is served: the question before it is enabled.

use std::collections::BTreeMap;

use crate::model::{
    Catalog, Dependency, EnvironmentId, Flag, FlagKey, Required, Serve, Serving, Share, What,
};
use crate::resolve::{self, Moment};
use crate::ruleset::{POSITIONS, ValueType};

/// How far something is served in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// Nobody is served what is wanted.
    Nobody,
    /// Some are, or may be: rules or a share decide.
    Some,
    /// Everybody is.
    Everybody,
}

/// Returns how far a dependency on a flag of this repository is served in an environment at a time.
/// A flag that is not in the catalog is served to nobody.
#[must_use]
pub fn met(
    catalog: &Catalog,
    dependency: &Dependency,
    environment: EnvironmentId,
    time: i64,
) -> Met {
    let mut asking = Asking {
        catalog,
        environment,
        time,
        known: BTreeMap::new(),
    };
    asking.met(dependency, catalog.flags.len())
}

/// Returns to whom a flag is served in an environment at a time: to whom it gives anything but its
/// off value, whatever the context. Those who are answered with an error, because a bucket is needed
/// and there is no subject, are not looked at.
#[must_use]
pub fn reach<'c>(
    catalog: &'c Catalog,
    flag: &'c Flag,
    environment: EnvironmentId,
    time: i64,
) -> Met {
    if flag.archived.is_some() {
        return Met::Nobody;
    }
    let mut asking = Asking {
        catalog,
        environment,
        time,
        known: BTreeMap::new(),
    };
    let possible = asking.possible(flag, catalog.flags.len());
    let is_on = |(_, serve): &&(&str, Serve)| *serve != flag.off;
    match possible.iter().filter(is_on).count() {
        0 => Met::Nobody,
        all if all == possible.len() => Met::Everybody,
        _ => Met::Some,
    }
}

/// One question, with what is known of flags by now: many may need the same one.
struct Asking<'c> {
    catalog: &'c Catalog,
    environment: EnvironmentId,
    time: i64,
    known: BTreeMap<&'c FlagKey, Vec<(&'c str, Serve)>>,
}

impl<'c> Asking<'c> {
    /// `depth` ends a loop, which is reported when the files are read.
    fn met(&mut self, dependency: &Dependency, depth: usize) -> Met {
        let flag = self.catalog.flags.get(&dependency.flag);
        let Some(flag) = flag.filter(|flag| flag.archived.is_none()) else {
            return Met::Nobody;
        };
        let possible = self.possible(flag, depth);
        let required = &dependency.required;
        let good = possible
            .iter()
            .filter(|(source, serve)| is_required(flag, required, source, serve))
            .count();
        match good {
            0 => Met::Nobody,
            all if all == possible.len() => Met::Everybody,
            _ => Met::Some,
        }
    }

    /// What a flag may serve, its dependencies looked at.
    fn possible(&mut self, flag: &'c Flag, depth: usize) -> Vec<(&'c str, Serve)> {
        if let Some(known) = self.known.get(&flag.key) {
            return known.clone();
        }
        let mut served = possible(self.catalog, flag, self.environment, self.time);
        for own in flag.depends_on.iter().filter(|d| d.repository.is_none()) {
            let own = match depth.checked_sub(1) {
                Some(depth) => self.met(own, depth),
                None => Met::Nobody,
            };
            match own {
                Met::Everybody => {}
                Met::Some => served.push(("off", flag.off.clone())),
                Met::Nobody => served = vec![("off", flag.off.clone())],
            }
        }
        self.known.insert(&flag.key, served.clone());
        served
    }
}

/// What a flag may serve in an environment at a time, whatever the context, with the name of where
/// it comes from. Its dependencies are not looked at.
fn possible<'c>(
    catalog: &'c Catalog,
    flag: &'c Flag,
    environment: EnvironmentId,
    time: i64,
) -> Vec<(&'c str, Serve)> {
    let resolved = resolve::resolve(catalog, flag, environment, Moment::At(time));
    if resolve::kill(catalog, flag, environment).is_some() || !resolved.enabled.value {
        return vec![("off", flag.off.clone())];
    }
    let default = ("default", resolved.default.value.clone());
    let mut possible = Vec::new();
    for rule in resolved.rules.value {
        add(
            flag,
            &rule.serving,
            rule.name.as_str(),
            &default,
            time,
            &mut possible,
        );
        if rule.conditions.is_empty() {
            // It takes everybody and leaves nothing to what stands behind it.
            return possible;
        }
    }
    match resolved.serving.value {
        Some(serving) => add(flag, serving, "rollout", &default, time, &mut possible),
        None => possible.push(default),
    }
    possible
}

fn add<'c>(
    flag: &'c Flag,
    serving: &'c Serving,
    source: &'c str,
    default: &(&'c str, Serve),
    time: i64,
    possible: &mut Vec<(&'c str, Serve)>,
) {
    let share = match serving.share {
        Share::All => POSITIONS,
        Share::Percentage(share) => share,
        Share::Gradual(ramp) => ramp.share_at(time),
    };
    if share < POSITIONS {
        possible.push(default.clone());
    }
    if share == 0 {
        return;
    }
    match &serving.what {
        What::One(serve) => possible.push((source, serve.clone())),
        several => {
            let named = several.weights(&flag.variants).into_iter();
            possible.extend(named.filter_map(|(id, _)| {
                let variant = flag.variants.get(usize::from(id.0))?;
                Some((variant.key.as_str(), Serve::Variant(id)))
            }));
        }
    }
}

fn is_required(flag: &Flag, required: &Required, source: &str, serve: &Serve) -> bool {
    match required {
        Required::Values(values) => values.contains(flag.value(serve)),
        Required::Variants(names) => {
            let name = match serve {
                Serve::Variant(id) => flag
                    .variants
                    .get(usize::from(id.0))
                    .map_or(source, |variant| variant.key.as_str()),
                Serve::Value(value) if flag.value_type == ValueType::Boolean => {
                    if value.as_bool() == Some(true) {
                        "on"
                    } else {
                        "off"
                    }
                }
                Serve::Value(_) => source,
            };
            names.iter().any(|wanted| wanted == name)
        }
    }
}

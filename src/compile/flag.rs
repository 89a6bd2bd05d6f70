//! One flag: its phases, and the table of what it can serve.

use serde_json::Value;

use crate::model::{
    Catalog, Dependency, EnvironmentId, Flag, Required, Rule, Serve, Serving, Share, Uses,
    VariantId, What,
};
use crate::resolve::{self, Moment, Resolved};
use crate::ruleset::{self, Exposure, Outcome, POSITIONS, Scalar, Split, Text, ValueType};

use super::{conditions, metadata};

/// Compiles a flag as an environment has it.
pub(super) fn flag<'c>(
    catalog: &'c Catalog,
    flag: &'c Flag,
    environment: EnvironmentId,
    uses: &mut Uses<'c>,
) -> ruleset::Flag<'c> {
    let mut outcomes = Outcomes {
        flag,
        list: Vec::new(),
    };
    let off = outcomes.position("off", &flag.off);
    let times = std::iter::once(Moment::Beginning).chain(
        resolve::step_times(catalog, flag, environment)
            .into_iter()
            .map(Moment::At),
    );
    let phases = times
        .map(|time| {
            let resolved = resolve::resolve(catalog, flag, environment, time);
            phase(flag, time, &resolved, &mut outcomes, uses)
        })
        .collect();
    let here = flag
        .depends_on
        .iter()
        .filter(|dependency| dependency.repository.is_none());
    ruleset::Flag {
        value_type: flag.value_type,
        bucketing: catalog.bucketing,
        killed: resolve::kill(catalog, flag, environment).is_some(),
        off,
        depends_on: here.map(dependency).collect(),
        phases,
        metadata: metadata(&flag.metadata),
        outcomes: outcomes.list,
    }
}

fn phase<'c>(
    flag: &'c Flag,
    time: Moment,
    resolved: &Resolved<'c>,
    outcomes: &mut Outcomes<'c>,
    uses: &mut Uses<'c>,
) -> ruleset::Phase<'c> {
    let from = match time {
        Moment::Beginning => None,
        Moment::At(time) => Some(time),
    };
    let default = outcomes.position("default", resolved.default.value);
    // What is held back by `enabled: false` is not served, and not shipped.
    let enabled = resolved.enabled.value;
    let rules: &[Rule] = if enabled { resolved.rules.value } else { &[] };
    let bucket_by = resolved.bucket_by.value;
    ruleset::Phase {
        from,
        enabled,
        default,
        rules: rules
            .iter()
            .map(|rule| ruleset::Rule {
                metadata: metadata(&rule.metadata),
                name: Text::from(rule.name.as_str()),
                conditions: conditions(&rule.conditions, uses),
                serving: serving(
                    flag,
                    &rule.serving,
                    rule.bucket_by.as_deref().or(bucket_by),
                    rule.name.as_str(),
                    outcomes,
                    uses,
                ),
            })
            .collect(),
        serving: resolved
            .serving
            .value
            .filter(|_| enabled)
            .map(|step| serving(flag, step, bucket_by, "rollout", outcomes, uses)),
    }
}

/// Returns the compiled form of what is served and to how many. `source` names the outcome on
/// flags without variants.
fn serving<'c>(
    flag: &'c Flag,
    serving: &'c Serving,
    bucket_by: Option<&'c str>,
    source: &'c str,
    outcomes: &mut Outcomes<'c>,
    uses: &mut Uses<'c>,
) -> ruleset::Serving<'c> {
    if let Some(attribute) = bucket_by {
        uses.attributes.insert(attribute);
    }
    let attribute = bucket_by.map(Text::from);
    let exposure = exposure(flag, serving.share, attribute.clone());
    if let What::One(serve) = &serving.what {
        let outcome = Some(outcomes.position(source, serve));
        return ruleset::Serving {
            exposure,
            outcome,
            split: None,
        };
    }
    let weights = serving.what.weights(&flag.variants);
    let mut positions: Vec<u32> = Vec::with_capacity(weights.len());
    for (variant, _) in &weights {
        positions.push(outcomes.position(source, &Serve::Variant(*variant)));
    }
    if let [only] = positions.as_slice() {
        return ruleset::Serving {
            exposure,
            outcome: Some(*only),
            split: None,
        };
    }
    let ends = boundaries(&weights);
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let ranges = starts
        .zip(&ends)
        .zip(positions)
        .map(|((from, to), outcome)| (from, *to, outcome))
        .collect();
    let salt = Text::from(format!("{}/split", flag.salt()));
    ruleset::Serving {
        exposure,
        outcome: None,
        split: Some(Split {
            salt,
            attribute,
            ranges,
        }),
    }
}

/// Boundary i is floor(cumulated weight × 100,000 / total), in integers; the last is 100,000.
fn boundaries(weights: &[(VariantId, u64)]) -> Vec<u32> {
    let total: u128 = weights.iter().map(|(_, weight)| u128::from(*weight)).sum();
    let mut sum = 0_u128;
    weights
        .iter()
        .map(|(_, weight)| {
            sum += u128::from(*weight);
            u32::try_from(sum * u128::from(POSITIONS) / total.max(1)).unwrap_or(POSITIONS)
        })
        .collect()
}

fn exposure<'c>(flag: &'c Flag, share: Share, attribute: Option<Text<'c>>) -> Option<Exposure<'c>> {
    let (ranges, gradual) = match share {
        Share::All | Share::Percentage(POSITIONS) => return None,
        Share::Percentage(0) => (Some(Vec::new()), None),
        Share::Percentage(share) => (Some(vec![(0, share)]), None),
        Share::Gradual(gradual) => (None, Some(gradual)),
    };
    Some(Exposure {
        salt: Text::from(flag.salt()),
        attribute,
        ranges,
        gradual,
    })
}

fn dependency(dependency: &Dependency) -> ruleset::Dependency<'_> {
    let (values, variants) = match &dependency.required {
        Required::Values(values) => (Some(values.iter().filter_map(json_scalar).collect()), None),
        Required::Variants(names) => (
            None,
            Some(names.iter().map(|name| Text::from(name.as_str())).collect()),
        ),
    };
    ruleset::Dependency {
        flag: Text::from(dependency.flag.as_str()),
        values,
        variants,
    }
}

fn json_scalar(value: &Value) -> Option<Scalar<'_>> {
    match value {
        Value::Bool(value) => Some(Scalar::Boolean(*value)),
        Value::Number(number) => number.as_f64().map(Scalar::Number),
        Value::String(text) => Some(Scalar::Text(Text::from(text.as_str()))),
        _ => None,
    }
}

/// The table of what a flag can serve, each value under each name once.
struct Outcomes<'c> {
    flag: &'c Flag,
    list: Vec<Outcome<'c>>,
}

impl<'c> Outcomes<'c> {
    /// Returns the position of an outcome. A variant has its key as its name and a boolean is `on`
    /// or `off`; anything else is named by where it comes from.
    fn position(&mut self, source: &'c str, serve: &Serve) -> u32 {
        let value = self.flag.value(serve);
        let variant = match serve {
            Serve::Variant(id) => self
                .flag
                .variants
                .get(usize::from(id.0))
                .map_or(source, |variant| variant.key.as_str()),
            Serve::Value(Value::Bool(value)) if self.flag.value_type == ValueType::Boolean => {
                if *value {
                    "on"
                } else {
                    "off"
                }
            }
            Serve::Value(_) => source,
        };
        let same =
            |outcome: &Outcome<'_>| outcome.variant.as_str() == variant && outcome.value == *value;
        let at = self.list.iter().position(same).unwrap_or_else(|| {
            self.list.push(Outcome {
                variant: Text::from(variant),
                value: value.clone(),
            });
            self.list.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }
}

//! A flag to its record.

use serde_json::Value;

use crate::model::{
    Catalog, Condition, Dependency, EnvironmentId, Flag, FlagKind, Required, Segment, Serve,
    Serving, Share, Uses,
};
use crate::resolve::{self, Moment};
use crate::ruleset::{self, ComputedEntry, Operand, POSITIONS, Table, Text};

use super::{FORMAT, Phase, Record, Rule, Served, Variant, Weight};

/// Returns the record of a flag in an environment.
#[must_use]
pub fn record<'c>(catalog: &'c Catalog, flag: &'c Flag, environment: EnvironmentId) -> Record<'c> {
    let builder = Builder { catalog, flag };
    let steps = resolve::step_times(catalog, flag, environment);
    let times = std::iter::once(Moment::Beginning).chain(steps.into_iter().map(Moment::At));
    let mut uses = Uses::default();
    let phases = times
        .map(|time| builder.phase(environment, time, &mut uses))
        .collect();
    uses.close(catalog);
    let mut depends_on: Vec<super::Dependency<'c>> =
        flag.depends_on.iter().map(dependency).collect();
    let place = |one: &super::Dependency<'c>| (one.repository.clone(), one.flag.clone());
    depends_on.sort_by_cached_key(place);
    Record {
        format: FORMAT,
        value_type: flag.value_type,
        kind: flag.lifecycle.kind.map(FlagKind::name),
        archived: flag.archived.is_some(),
        killable: flag.killable,
        client_side: flag.client_side,
        killed: resolve::kill(catalog, flag, environment).is_some(),
        bucketing: catalog.bucketing,
        salt: Text::from(flag.salt()),
        variants: flag.variants.iter().map(variant).collect(),
        off: builder.served(&flag.off),
        depends_on,
        computed: builder.computed(&uses),
        phases,
    }
}

fn variant(variant: &crate::model::Variant) -> Variant<'_> {
    Variant {
        key: Text::from(variant.key.as_str()),
        value: &variant.value,
        weight: variant.weight,
    }
}

fn dependency(dependency: &Dependency) -> super::Dependency<'_> {
    let (values, variants) = match &dependency.required {
        Required::Values(values) => {
            let mut values: Vec<&Value> = values.iter().collect();
            values.sort_by_cached_key(ToString::to_string);
            values.dedup();
            (Some(values), None)
        }
        Required::Variants(names) => {
            let mut names: Vec<Text<'_>> =
                names.iter().map(|name| Text::from(name.as_str())).collect();
            names.sort();
            names.dedup();
            (None, Some(names))
        }
    };
    super::Dependency {
        repository: dependency.repository.as_deref().map(Text::from),
        flag: Text::from(dependency.flag.as_str()),
        values,
        variants,
    }
}

/// What a record is made from.
#[derive(Clone, Copy)]
struct Builder<'c> {
    catalog: &'c Catalog,
    flag: &'c Flag,
}

impl<'c> Builder<'c> {
    fn phase(self, environment: EnvironmentId, time: Moment, uses: &mut Uses<'c>) -> Phase<'c> {
        let resolved = resolve::resolve(self.catalog, self.flag, environment, time);
        let own = resolved.bucket_by.value;
        uses.attributes.extend(own);
        let rules = resolved.rules.value.iter().map(|rule| {
            let bucket_by = rule.bucket_by.as_deref().or(own);
            uses.conditions(&rule.conditions);
            uses.attributes.extend(bucket_by);
            Rule {
                name: Text::from(rule.name.as_str()),
                conditions: self.conditions(&rule.conditions),
                serving: self.serving(&rule.serving),
                bucket_by: bucket_by.map(Text::from),
            }
        });
        Phase {
            rules: rules.collect(),
            from: match time {
                Moment::Beginning => None,
                Moment::At(time) => Some(time),
            },
            enabled: resolved.enabled.value,
            default: self.served(resolved.default.value),
            serving: resolved.serving.value.map(|step| self.serving(step)),
            bucket_by: own.map(Text::from),
        }
    }

    fn served(self, serve: &'c Serve) -> Served<'c> {
        match serve {
            Serve::Value(value) => Served {
                value: Some(value),
                variant: None,
            },
            Serve::Variant(id) => {
                let listed = self.flag.variants.get(usize::from(id.0));
                Served {
                    value: None,
                    variant: listed.map(|variant| Text::from(variant.key.as_str())),
                }
            }
        }
    }

    /// A split with one weight above 0 is that variant, and a standard split is its weights.
    fn serving(self, serving: &'c Serving) -> super::Serving<'c> {
        let variants = &self.flag.variants;
        let one = match &serving.what {
            crate::model::What::One(serve) => Some(self.served(serve)),
            what => what.single(variants).and_then(|serve| match serve {
                Serve::Variant(id) => self.named(usize::from(id.0)),
                Serve::Value(_) => None,
            }),
        };
        let split = one.is_none().then(|| {
            let weights = serving.what.weights(variants).into_iter();
            let named = weights.filter_map(|(id, weight)| {
                let variant = variants.get(usize::from(id.0))?;
                Some(Weight {
                    variant: Text::from(variant.key.as_str()),
                    weight,
                })
            });
            named.collect()
        });
        let (share, gradual) = match serving.share {
            Share::All => (Some(POSITIONS), None),
            Share::Percentage(share) => (Some(share), None),
            Share::Gradual(gradual) => (None, Some(gradual)),
        };
        super::Serving {
            one,
            split,
            share,
            gradual,
        }
    }

    fn named(self, position: usize) -> Option<Served<'c>> {
        let variant = self.flag.variants.get(position)?;
        Some(Served {
            value: None,
            variant: Some(Text::from(variant.key.as_str())),
        })
    }

    fn computed(self, uses: &Uses<'c>) -> Table<'c, Vec<ComputedEntry<'c>>> {
        let used = uses.attributes.iter().filter_map(|name| {
            let attribute = self.catalog.attributes.as_ref()?.get(*name)?;
            let entries = attribute.computed.as_ref()?.iter();
            let entries = entries.map(|entry| ComputedEntry {
                conditions: self.conditions(&entry.conditions),
                value: entry.value.borrowed(),
            });
            Some((Text::from(*name), entries.collect()))
        });
        Table(used.collect())
    }

    fn conditions(self, list: &'c [Condition]) -> Vec<ruleset::Condition<'c>> {
        let conditions = list.iter();
        conditions
            .map(|condition| written_out(self.catalog, condition))
            .collect()
    }
}

/// Returns a condition with its segments written out in place. Segments form no loop, and how large
/// they grow is limited where they are read.
#[must_use]
pub fn written_out<'c>(catalog: &'c Catalog, condition: &'c Condition) -> ruleset::Condition<'c> {
    let all = |list: &'c [Condition]| -> Vec<ruleset::Condition<'c>> {
        list.iter().map(|one| written_out(catalog, one)).collect()
    };
    match condition {
        Condition::Test(test) => ruleset::Condition::Test {
            attribute: Text::from(&*test.attribute),
            operator: test.operator,
            operand: test.operand.as_ref().map(Operand::borrowed),
        },
        Condition::Segment { name, .. } => match catalog.segments.get(name) {
            Some(segment) => whole_segment(catalog, segment),
            None => ruleset::Condition::All(Vec::new()),
        },
        Condition::Any(list) => ruleset::Condition::Any(all(list)),
        Condition::All(list) => ruleset::Condition::All(all(list)),
        Condition::Not(inner) => ruleset::Condition::Not(Box::new(written_out(catalog, inner))),
    }
}

/// Returns what a segment asks, as one condition, the segments that it uses written out.
#[must_use]
pub fn whole_segment<'c>(catalog: &'c Catalog, segment: &'c Segment) -> ruleset::Condition<'c> {
    match &*segment.conditions {
        [only] => written_out(catalog, only),
        list => {
            let conditions = list.iter().map(|one| written_out(catalog, one));
            ruleset::Condition::All(conditions.collect())
        }
    }
}

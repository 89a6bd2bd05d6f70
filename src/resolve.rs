//! What each environment makes of a flag: inheritance, schedules and kill switches, with the origin
//! of every slot.
//!
//! Input: a [`Catalog`]; output: [`Resolved`] for one flag, one environment and one time, borrowing
//! from the catalog. The steps are those of the format's chapter on environments: time first inside
//! each entry, then the entry over its base. Knows nothing of contexts; the clock is an argument.

use crate::model::{
    Catalog, Entry, EntryServing, EnvironmentId, Flag, KillSwitch, Rule, Serve, Serving, Slots,
    Step,
};
use crate::text::Span;

/// A flag as an environment has it at a time.
#[derive(Debug, Clone, Copy)]
pub struct Resolved<'c> {
    /// Whether it is on.
    pub enabled: Slot<bool>,
    /// The rules, in order.
    pub rules: Slot<&'c [Rule]>,
    /// What is served to whom no rule takes, and to how many; `None`: everybody gets the default.
    pub serving: Slot<Option<&'c Serving>>,
    /// What everybody else gets.
    pub default: Slot<&'c Serve>,
    /// The attribute that names the subject, where no rule has its own; `None` is the subject
    /// itself.
    pub bucket_by: Slot<Option<&'c str>>,
    /// Whether anything was said for this environment, by an entry here or one that it inherits.
    pub exposed: bool,
}

/// A value with its origin.
#[derive(Debug, Clone, Copy)]
pub struct Slot<T> {
    /// The value.
    pub value: T,
    /// What set it.
    pub origin: Origin,
}

/// What set a slot: a place in the flag's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The environment whose entry set it; `None` is the flag itself.
    pub environment: Option<EnvironmentId>,
    /// The place in the flag's file; `None` where the format's own default holds.
    pub span: Option<Span>,
}

/// A kill switch in force.
#[derive(Debug, Clone, Copy)]
pub struct Kill<'c> {
    /// The switch.
    pub switch: &'c KillSwitch,
    /// The environment whose entry holds it; `None` is the flag itself.
    pub environment: Option<EnvironmentId>,
}

/// The time of a resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Before every schedule step.
    Beginning,
    /// Unix seconds.
    At(i64),
}

impl Moment {
    fn has_reached(self, step: i64) -> bool {
        match self {
            Self::Beginning => false,
            Self::At(time) => time >= step,
        }
    }
}

/// Returns the environments whose entries make up a flag in an environment, the environment itself
/// first: over `auto_sync` edges, as far as `inherit: false` lets it.
#[must_use]
pub fn chain(catalog: &Catalog, flag: &Flag, environment: EnvironmentId) -> Vec<EnvironmentId> {
    let mut chain = vec![environment];
    let mut current = environment;
    while !flag.entry(current).is_some_and(|entry| entry.cut_off) {
        let Some(parent) = catalog.environments.sync_parent(current) else {
            break;
        };
        chain.push(parent);
        current = parent;
    }
    chain
}

/// Returns the times (Unix seconds, ascending, each once) at which a schedule step changes, or
/// could change, what a flag is in an environment.
#[must_use]
pub fn step_times(catalog: &Catalog, flag: &Flag, environment: EnvironmentId) -> Vec<i64> {
    let chain = chain(catalog, flag, environment);
    let entries = chain
        .into_iter()
        .filter_map(|environment| flag.entry(environment));
    let mut times: Vec<i64> = entries
        .flat_map(|entry| entry.schedule.iter().map(|step| step.at))
        .collect();
    times.sort_unstable();
    times.dedup();
    times
}

/// Resolves a flag in an environment at a time.
#[must_use]
pub fn resolve<'c>(
    catalog: &'c Catalog,
    flag: &'c Flag,
    environment: EnvironmentId,
    time: Moment,
) -> Resolved<'c> {
    let mut resolved = None;
    for environment in chain(catalog, flag, environment).into_iter().rev() {
        let Some(entry) = flag.entry(environment) else {
            continue;
        };
        let layer = Layer::at(entry, time);
        if !layer.is_empty() {
            let base = resolved.unwrap_or_else(|| the_flag_itself(flag));
            resolved = Some(layer.over(base, flag, environment));
        }
    }
    resolved.unwrap_or_else(|| unmentioned(flag))
}

/// Returns the kill switch that is in force, if one is: the flag's, the environment's, or that of
/// an ancestor over `auto_sync` edges, which `inherit: false` does not lift.
#[must_use]
pub fn kill<'c>(
    catalog: &'c Catalog,
    flag: &'c Flag,
    environment: EnvironmentId,
) -> Option<Kill<'c>> {
    kills(catalog, flag, environment).next()
}

/// Returns all kill switches that are in force: the flag's first, then from the environment's own
/// up to that of its furthest ancestor.
pub fn kills<'c>(
    catalog: &'c Catalog,
    flag: &'c Flag,
    environment: EnvironmentId,
) -> impl Iterator<Item = Kill<'c>> {
    let everywhere = flag.kill_switch.as_ref().map(|switch| Kill {
        switch,
        environment: None,
    });
    let line = catalog.environments.sync_line(environment);
    let of_entries = line.filter_map(|id| {
        let switch = flag.entry(id)?.kill_switch.as_ref()?;
        Some(Kill {
            switch,
            environment: Some(id),
        })
    });
    everywhere.into_iter().chain(of_entries)
}

/// The flag as an entry without base lies over it.
fn the_flag_itself(flag: &Flag) -> Resolved<'_> {
    let rules_span = (!flag.rules.value.is_empty()).then_some(flag.rules.span);
    Resolved {
        enabled: Slot {
            value: true,
            origin: Origin::nothing(),
        },
        rules: Slot {
            value: &flag.rules.value,
            origin: Origin {
                environment: None,
                span: rules_span,
            },
        },
        ..unmentioned(flag)
    }
}

/// A flag of which nothing is said for the environment exposes nothing: its default, and no rule.
/// Only a flag without any `environments` is the same everywhere.
fn unmentioned(flag: &Flag) -> Resolved<'_> {
    let everywhere = flag.entries.is_none();
    let rules: &[Rule] = if everywhere { &flag.rules.value } else { &[] };
    let rules_span = (!rules.is_empty()).then_some(flag.rules.span);
    Resolved {
        enabled: Slot {
            value: true,
            origin: Origin::nothing(),
        },
        rules: Slot {
            value: rules,
            origin: Origin {
                environment: None,
                span: rules_span,
            },
        },
        serving: Slot {
            value: None,
            origin: Origin::nothing(),
        },
        default: Slot {
            value: &flag.default.value,
            origin: Origin {
                environment: None,
                span: Some(flag.default.span),
            },
        },
        bucket_by: Slot {
            value: flag.bucket_by.as_deref(),
            origin: Origin::nothing(),
        },
        exposed: everywhere,
    }
}

impl Origin {
    fn nothing() -> Self {
        Self {
            environment: None,
            span: None,
        }
    }
}

/// An entry at a time: its elapsed steps lie over it, whole slots at a time.
struct Layer<'c> {
    slots: &'c Slots,
    steps: &'c [Step],
}

impl<'c> Layer<'c> {
    fn at(entry: &'c Entry, time: Moment) -> Self {
        let elapsed = entry
            .schedule
            .partition_point(|step| time.has_reached(step.at));
        Self {
            slots: &entry.slots,
            steps: entry.schedule.get(..elapsed).unwrap_or_default(),
        }
    }

    /// The slots, the last written first.
    fn written(&self) -> impl Iterator<Item = &'c Slots> + use<'c> {
        self.steps
            .iter()
            .rev()
            .map(|step| &step.set)
            .chain([self.slots])
    }

    fn is_empty(&self) -> bool {
        self.written().all(Slots::is_empty)
    }

    fn over(&self, base: Resolved<'c>, flag: &'c Flag, environment: EnvironmentId) -> Resolved<'c> {
        let by_entry = |span: Span| Origin {
            environment: Some(environment),
            span: Some(span),
        };
        let mut resolved = Resolved {
            exposed: true,
            ..base
        };
        if let Some(slot) = self.written().find_map(|slots| slots.enabled.as_ref()) {
            resolved.enabled = Slot {
                value: slot.value.unwrap_or(true),
                origin: by_entry(slot.span),
            };
        }
        if let Some(slot) = self.written().find_map(|slots| slots.rules.as_ref()) {
            let value = slot.value.as_deref().unwrap_or(&flag.rules.value);
            resolved.rules = Slot {
                value,
                origin: by_entry(slot.span),
            };
        }
        if let Some(slot) = self.written().find_map(|slots| slots.bucket_by.as_ref()) {
            let value = slot.value.as_deref().or(flag.bucket_by.as_deref());
            resolved.bucket_by = Slot {
                value,
                origin: by_entry(slot.span),
            };
        }
        if let Some(slot) = self.written().find_map(|slots| slots.serving.as_ref()) {
            let origin = by_entry(slot.span);
            let serving = slot.value.as_ref();
            resolved.serving = Slot {
                value: serving.and_then(|serving| serving.step.as_ref()),
                origin,
            };
            resolved.default = match serving {
                Some(EntryServing {
                    default: Some(default),
                    ..
                }) => Slot {
                    value: default,
                    origin,
                },
                _ => Slot {
                    value: &flag.default.value,
                    origin: Origin {
                        environment: None,
                        span: Some(flag.default.span),
                    },
                },
            };
        }
        resolved
    }
}

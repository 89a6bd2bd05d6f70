//! Evaluates one flag, and tells how its outcome came about.

use serde_json::{Map, Value};

use super::record::{Placed, Record};
use super::walk::Walk;
use super::{
    BucketTrace, DependencyTrace, ExposureTrace, RuleStatus, RuleTrace, ServingTrace, SplitTrace,
    State, Trace, VariantTrace,
};
use crate::evaluate::assemble::{Marks, Segments, value_of};
use crate::evaluate::bucket;
use crate::evaluate::engine::Engine;
use crate::evaluate::error::LoadError;
use crate::evaluate::outcome::{FlagId, Outcome, Reason};
use crate::evaluate::run::{Memo, View};
use crate::ruleset::{Exposure, Flag, POSITIONS, Phase, Ruleset, Serving, Split, Text};

/// An engine beside the ruleset that it was made of, for evaluations that explain themselves.
///
/// ```
/// # use ffctl::{evaluate::{RuleStatus, Tracer}, ruleset::Ruleset};
/// let ruleset: Ruleset<'_> = serde_json::from_str(r#"{
///     "format": "ffctl.ruleset/v1", "version": "sha256:0", "project": "web", "environment": "staging",
///     "flags": {"checkout": {
///         "type": "boolean", "bucketing": "flagd-v2", "off": 0,
///         "outcomes": [{"variant": "off", "value": false}, {"variant": "on", "value": true}],
///         "phases": [{"enabled": true, "default": 0, "rules": [{
///             "name": "beta",
///             "conditions": [{"attribute": "user_type", "operator": "equals", "value": "beta"}],
///             "serving": {"outcome": 1}
///         }]}]
///     }}
/// }"#).expect("a ruleset");
/// let tracer = Tracer::new(ruleset)?;
/// let attributes = serde_json::json!({"user_type": "staff"});
/// let (outcome, trace) = tracer.evaluate("checkout", attributes.as_object().expect("a map"), 0);
/// assert_eq!(outcome.variant, Some("off"));
/// assert_eq!(trace.rules[0].status, RuleStatus::NotMatched);
/// assert!(!trace.rules[0].conditions[0].holds());
/// # Ok::<(), ffctl::evaluate::LoadError>(())
/// ```
#[derive(Debug)]
pub struct Tracer<'r> {
    ruleset: Ruleset<'r>,
    engine: Engine,
    marks: Marks,
    segments: Segments<'r>,
}

impl<'r> Tracer<'r> {
    /// Compiles a ruleset, and keeps it.
    ///
    /// # Errors
    ///
    /// As for [`Engine::from_json`].
    pub fn new(ruleset: Ruleset<'r>) -> Result<Self, LoadError> {
        let (engine, marks, segments) = Engine::with_marks(&ruleset)?;
        Ok(Self {
            ruleset,
            engine,
            marks,
            segments,
        })
    }

    /// Returns the engine, for evaluations without a trace.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Evaluates a flag for a caller's attributes at a time, in Unix seconds.
    ///
    /// The outcome is that of [`Engine::evaluate`].
    #[must_use]
    pub fn evaluate(
        &self,
        key: &str,
        attributes: &Map<String, Value>,
        time: i64,
    ) -> (Outcome<'_>, Trace) {
        let mut trace = Trace {
            flag: key.to_owned(),
            time,
            state: State::Unknown,
            since: None,
            dependencies: Vec::new(),
            rules: Vec::new(),
            serving: None,
            default: None,
        };
        let Some((id, (_, flag))) = self
            .engine
            .flag(key)
            .and_then(|id| Some((id, self.ruleset.flags.0.get(id.0 as usize)?)))
        else {
            return (Outcome::UNKNOWN, trace);
        };
        let context = self.engine.context(attributes);
        let mut record = Record::default();
        let view = View {
            context: &context,
            time,
            memo: None,
        };
        let outcome = self.engine.visit(id, view, &mut record);
        let walk = Walk {
            engine: &self.engine,
            marks: &self.marks,
            segments: &self.segments,
            attributes,
            context: &context,
            time,
            memo: Memo::default(),
            shown: 0,
            depth: 0,
        };
        Telling {
            flag,
            record,
            outcome,
            walk,
        }
        .tell(id, &mut trace);
        (outcome, trace)
    }
}

/// One evaluation, to be told.
struct Telling<'t> {
    flag: &'t Flag<'t>,
    record: Record,
    outcome: Outcome<'t>,
    walk: Walk<'t>,
}

impl Telling<'_> {
    fn tell(mut self, id: FlagId, trace: &mut Trace) {
        let flag = self.flag;
        let in_force = flag
            .phases
            .iter()
            .rposition(|phase| phase.from.is_none_or(|from| from <= trace.time));
        let Some((number, phase)) =
            in_force.and_then(|number| Some((number, flag.phases.get(number)?)))
        else {
            return;
        };
        trace.since = phase.from;
        trace.state = match (flag.killed, phase.enabled) {
            (true, _) => State::Killed,
            (_, false) => State::Disabled,
            _ => State::Enabled,
        };
        if trace.state != State::Enabled {
            return;
        }
        trace.default = self.variant(phase.default);
        trace.dependencies = self.dependencies();
        let walk = self.walk.marks;
        self.rules(phase, walk.rules(id.0 as usize, number), trace);
    }

    fn dependencies(&self) -> Vec<DependencyTrace> {
        let program = &self.walk.engine.program;
        let required = self
            .record
            .required
            .iter()
            .map(Some)
            .chain(std::iter::repeat(None));
        let dependencies =
            self.flag
                .depends_on
                .iter()
                .zip(required)
                .map(|(dependency, required)| {
                    let served = required
                        .and_then(|(_, served, _)| program.outcomes.get((*served)? as usize));
                    DependencyTrace {
                        flag: dependency.flag.as_str().to_owned(),
                        values: dependency
                            .values
                            .as_ref()
                            .map(|values| values.iter().map(value_of).collect()),
                        variants: dependency
                            .variants
                            .as_ref()
                            .map(|names| names.iter().map(owned).collect()),
                        served: served.map(|served| VariantTrace {
                            variant: program
                                .names
                                .get(served.variant)
                                .unwrap_or_default()
                                .to_owned(),
                            value: served.value.clone(),
                        }),
                        satisfied: required.map(|(.., satisfied)| *satisfied),
                    }
                });
        dependencies.collect()
    }

    fn rules(&mut self, phase: &Phase<'_>, starts: &[usize], trace: &mut Trace) {
        // The part in which the evaluation ended: a rule, or what stands behind them.
        let reached = match self.record.decided {
            Some(at) if self.outcome.reason != Reason::PrerequisiteFailed => starts
                .partition_point(|start| *start <= at as usize)
                .checked_sub(1),
            _ => None,
        };
        for (number, (rule, start)) in phase.rules.iter().zip(starts).enumerate() {
            let mut told = RuleTrace {
                name: rule.name.as_str().to_owned(),
                status: RuleStatus::NotReached,
                conditions: Vec::new(),
                serving: None,
            };
            if reached.is_some_and(|reached| number <= reached) {
                let (holds, conditions) =
                    self.walk.conditions(&rule.conditions, &mut start.clone());
                debug_assert_eq!(holds, reached == Some(number), "rule `{}`", told.name);
                told.conditions = conditions;
                told.status = RuleStatus::NotMatched;
            }
            if reached == Some(number) {
                let serving = self.serving(&rule.serving, trace.time);
                told.status = match &serving.exposure {
                    Some(ExposureTrace {
                        included: Some(false),
                        ..
                    }) => RuleStatus::Outside,
                    _ => RuleStatus::Decided,
                };
                told.serving = Some(serving);
            }
            trace.rules.push(told);
        }
        if reached == Some(phase.rules.len()) {
            trace.serving = phase
                .serving
                .as_ref()
                .map(|serving| self.serving(serving, trace.time));
        }
    }

    fn serving(&mut self, serving: &Serving<'_>, time: i64) -> ServingTrace {
        let exposure = serving
            .exposure
            .as_ref()
            .map(|exposure| self.exposure(exposure, time));
        let variant = serving
            .outcome
            .and_then(|outcome| self.variant(outcome))
            .map(|told| told.variant);
        let split = serving.split.as_ref().map(|split| self.split(split));
        ServingTrace {
            exposure,
            variant,
            split,
        }
    }

    fn exposure(&mut self, exposure: &Exposure<'_>, time: i64) -> ExposureTrace {
        let placed = self.record.exposure.take();
        let share = exposure.gradual.map(|ramp| ramp.share_at(time));
        let ranges = exposure.ranges.clone();
        let within = |position: u32| match (&ranges, share) {
            (Some(ranges), _) => ranges
                .iter()
                .any(|(from, to)| (*from..*to).contains(&position)),
            (None, share) => position < share.unwrap_or(POSITIONS),
        };
        let included = match &placed {
            Some(placed) => placed.as_ref().map(|(_, position)| within(*position)),
            // Without a bucket everybody is included or nobody, so any position tells.
            None => Some(within(0)),
        };
        let bucket = self.bucket(exposure.salt.as_str(), exposure.attribute.as_ref(), placed);
        ExposureTrace {
            bucket,
            ranges,
            share,
            included,
        }
    }

    fn split(&mut self, split: &Split<'_>) -> SplitTrace {
        let placed = self.record.split.take();
        let name = |outcome| {
            self.variant(outcome)
                .map(|told| told.variant)
                .unwrap_or_default()
        };
        let ranges = split
            .ranges
            .iter()
            .map(|(from, to, outcome)| (*from, *to, name(*outcome)))
            .collect();
        SplitTrace {
            bucket: self.bucket(split.salt.as_str(), split.attribute.as_ref(), placed),
            ranges,
        }
    }

    /// Tells of a bucket; `placed` is `None` if it was not needed.
    fn bucket(
        &mut self,
        salt: &str,
        attribute: Option<&Text<'_>>,
        placed: Option<Placed>,
    ) -> BucketTrace {
        let needed = placed.is_some();
        let placed = placed.flatten();
        let attribute = match attribute {
            Some(attribute) => attribute.as_str(),
            None if placed.is_some()
                && bucket::subject(&self.walk.actual("targetingKey")).is_none() =>
            {
                "user_id"
            }
            None => "targetingKey",
        };
        let (subject, position) = placed.unzip();
        BucketTrace {
            salt: salt.to_owned(),
            attribute: attribute.to_owned(),
            needed,
            subject,
            position,
        }
    }

    fn variant(&self, outcome: u32) -> Option<VariantTrace> {
        let outcome = self.flag.outcomes.get(outcome as usize)?;
        Some(VariantTrace {
            variant: outcome.variant.as_str().to_owned(),
            value: outcome.value.clone(),
        })
    }
}

fn owned(text: &Text<'_>) -> String {
    text.as_str().to_owned()
}

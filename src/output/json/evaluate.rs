//! `evaluate --json`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::evaluate::{self as engine, Reason};
use crate::ops::{BatchFailure, EvaluateReport, Evaluation, Traced};
use crate::ruleset::Operator;

/// The answer to one evaluation, or to several.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "ffctl evaluate --json")]
pub enum EvaluateDocument {
    /// One flag was asked for.
    One(Box<EvaluationDocument>),
    /// A line of `--batch` that could not be answered.
    Failed(Box<FailureDocument>),
    /// Several flags were asked for, or all.
    Several {
        /// Always `ffctl.evaluate/v1`.
        format: &'static str,
        /// The answers, by flag.
        flags: Vec<EvaluationBody>,
    },
}

/// A line of `--batch` that could not be answered; the members are those of an answer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FailureDocument {
    /// Always `ffctl.evaluate/v1`.
    pub format: &'static str,
    /// The flag, where the line names one.
    pub flag: Option<String>,
    /// The environment, where the line names one.
    pub environment: Option<String>,
    /// Always null.
    pub value: (),
    /// Always null.
    pub variant: (),
    /// Always `ERROR`.
    pub reason: &'static str,
    /// Always null.
    pub rule: (),
    /// `PARSE_ERROR` for a line that is no question, `GENERAL` for one that names what is not there.
    pub error: &'static str,
    /// What is wrong with the line.
    pub message: String,
}

impl From<&BatchFailure> for FailureDocument {
    fn from(failure: &BatchFailure) -> Self {
        Self {
            format: "ffctl.evaluate/v1",
            flag: failure.flag.clone(),
            environment: failure.environment.clone(),
            value: (),
            variant: (),
            reason: Reason::Error.as_str(),
            rule: (),
            error: failure.error.as_str(),
            message: failure.message.clone(),
        }
    }
}

/// The answer to one evaluation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EvaluationDocument {
    /// Always `ffctl.evaluate/v1`.
    pub format: &'static str,
    /// The answer.
    #[serde(flatten)]
    pub body: EvaluationBody,
}

/// The answer to one evaluation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EvaluationBody {
    /// The flag.
    pub flag: String,
    /// The environment.
    pub environment: String,
    /// The value; null for a flag that is not served.
    pub value: Option<Value>,
    /// The variant; null for a flag that is not served.
    pub variant: Option<String>,
    /// `STATIC`, `DEFAULT`, `TARGETING_MATCH`, `SPLIT`, `DISABLED`, `PREREQUISITE_FAILED` or
    /// `ERROR`.
    pub reason: &'static str,
    /// The rule that decided, or that left the subject out; null where none did.
    pub rule: Option<String>,
    /// `FLAG_NOT_FOUND` or `TARGETING_KEY_MISSING`; null where nothing went wrong.
    pub error: Option<&'static str>,
    /// Everything that was looked at (`--trace`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceBody>,
}

/// Everything that was looked at.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TraceBody {
    /// The place in the files that decided.
    pub decided_by: Option<DecidedByBody>,
    /// The steps of the evaluation, in order.
    #[serde(flatten)]
    pub steps: TraceSteps,
}

/// The place in the files that decided.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DecidedByBody {
    /// The file, relative to ffctl.toml.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The environment whose entry it is; null for the flag itself.
    pub environment: Option<String>,
}

impl EvaluateDocument {
    /// Returns the document of a report; `several` tells whether more than one flag was asked for.
    #[must_use]
    pub fn new(report: &EvaluateReport, several: bool) -> Self {
        match report.evaluations.as_slice() {
            [one] if !several => Self::One(Box::new(EvaluationDocument::from(one))),
            list => Self::Several {
                format: "ffctl.evaluate/v1",
                flags: list.iter().map(EvaluationBody::from).collect(),
            },
        }
    }
}

impl From<&Evaluation> for EvaluationDocument {
    fn from(evaluation: &Evaluation) -> Self {
        Self {
            format: "ffctl.evaluate/v1",
            body: EvaluationBody::from(evaluation),
        }
    }
}

impl From<&Evaluation> for EvaluationBody {
    fn from(evaluation: &Evaluation) -> Self {
        Self {
            flag: evaluation.flag.clone(),
            environment: evaluation.environment.clone(),
            value: evaluation.value.clone(),
            variant: evaluation.variant.clone(),
            reason: evaluation.reason.as_str(),
            rule: evaluation.rule.clone(),
            error: evaluation.error.map(engine::ErrorCode::as_str),
            trace: evaluation.trace.as_ref().map(TraceBody::from),
        }
    }
}

impl From<&Traced> for TraceBody {
    fn from(traced: &Traced) -> Self {
        Self {
            decided_by: traced.decided_by.as_ref().map(|place| DecidedByBody {
                file: place.file.clone(),
                line: place.line,
                environment: place.environment.clone(),
            }),
            steps: TraceSteps::from(&traced.trace),
        }
    }
}

/// The steps of an evaluation, in order.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TraceSteps {
    /// The flag's key.
    pub flag: String,
    /// The time of the evaluation, in Unix seconds.
    pub time: i64,
    /// Whether the flag was looked into at all.
    pub state: State,
    /// When the phase in force began, in Unix seconds; null if it has always been.
    pub since: Option<i64>,
    /// The flags that it depends on, in order.
    pub dependencies: Vec<DependencyStep>,
    /// The rules of the phase in force, in order.
    pub rules: Vec<RuleStep>,
    /// The environment's serving, if it was reached and there is one.
    pub serving: Option<ServingStep>,
    /// What those get whom nothing includes; null unless the flag is enabled.
    pub default: Option<VariantStep>,
}

/// Whether a flag was looked into.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// There is no such flag.
    Unknown,
    /// A kill switch is in force.
    Killed,
    /// It is off in the phase in force.
    Disabled,
    /// It is on.
    Enabled,
}

/// A dependency on another flag.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DependencyStep {
    /// The other flag's key.
    pub flag: String,
    /// The values one of which it must serve.
    pub values: Option<Vec<Value>>,
    /// The variants one of which it must serve.
    pub variants: Option<Vec<String>>,
    /// What it serves; null if it is unknown, in error, or was not looked at.
    pub served: Option<VariantStep>,
    /// Whether that is what is required; null if it was not looked at.
    pub satisfied: Option<bool>,
}

/// A variant and its value.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VariantStep {
    /// The variant's name.
    pub variant: String,
    /// Its value.
    pub value: Value,
}

/// A rule.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleStep {
    /// The rule's name.
    pub name: String,
    /// What became of it.
    pub status: Status,
    /// Its conditions; empty if it was not reached.
    pub conditions: Vec<ConditionStep>,
    /// What it serves, if its conditions hold.
    pub serving: Option<ServingStep>,
}

/// What became of a rule.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its conditions hold and it served; or it lacked a subject.
    Decided,
    /// Its conditions hold, and the subject is outside its percentage.
    Outside,
    /// Its conditions do not hold.
    NotMatched,
    /// An earlier rule ended the evaluation, or a dependency did.
    NotReached,
}

/// A condition, in the form of a flag file, with its truth.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ConditionStep {
    /// A comparison of an attribute.
    Test {
        /// The attribute's name.
        attribute: String,
        /// How it is compared.
        operator: Operator,
        /// What it is compared with; null for `exists` and `not_exists`.
        value: Value,
        /// What the context holds; null if it is missing.
        actual: Value,
        /// Whether the condition holds.
        holds: bool,
    },
    /// A segment.
    Segment {
        /// The segment's name.
        segment: String,
        /// Whether it holds.
        holds: bool,
        /// Its conditions; null where segments within segments would make the trace endless.
        conditions: Option<Vec<Self>>,
    },
    /// At least one must hold.
    Any {
        /// The conditions.
        any: Vec<Self>,
        /// Whether one holds.
        holds: bool,
    },
    /// All must hold.
    All {
        /// The conditions.
        all: Vec<Self>,
        /// Whether all hold.
        holds: bool,
    },
    /// Must not hold.
    Not {
        /// The condition.
        not: Box<Self>,
        /// Whether it does not hold.
        holds: bool,
    },
}

/// What is served, and to how many.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ServingStep {
    /// Who is included; null is everybody.
    pub exposure: Option<ExposureStep>,
    /// The variant, where there is but one.
    pub variant: Option<String>,
    /// The variants by bucket.
    pub split: Option<SplitStep>,
}

/// A percentage or a ramp.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExposureStep {
    /// The subject's bucket.
    #[serde(flatten)]
    pub bucket: BucketStep,
    /// The included positions, half-open.
    pub ranges: Option<Vec<(u32, u32)>>,
    /// The share of a ramp at the time, in thousandths of a percent.
    pub share: Option<u32>,
    /// Whether the subject is included; null if a subject is needed and missing.
    pub included: Option<bool>,
}

/// The place of a subject among 100,000.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BucketStep {
    /// Hashed before the subject.
    pub salt: String,
    /// The attribute that gives the subject.
    pub attribute: String,
    /// Whether the evaluation needed the bucket.
    pub needed: bool,
    /// The subject as it is hashed; null if it was not needed, or is needed and missing.
    pub subject: Option<String>,
    /// Its position, in thousandths of a percent, likewise.
    pub position: Option<u32>,
}

/// A choice between variants.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SplitStep {
    /// The subject's bucket.
    #[serde(flatten)]
    pub bucket: BucketStep,
    /// The positions of each variant, half-open.
    pub ranges: Vec<(u32, u32, String)>,
}

impl From<&engine::Trace> for TraceSteps {
    fn from(trace: &engine::Trace) -> Self {
        Self {
            flag: trace.flag.clone(),
            time: trace.time,
            state: match trace.state {
                engine::State::Unknown => State::Unknown,
                engine::State::Killed => State::Killed,
                engine::State::Disabled => State::Disabled,
                engine::State::Enabled => State::Enabled,
            },
            since: trace.since,
            dependencies: trace.dependencies.iter().map(dependency).collect(),
            rules: trace.rules.iter().map(rule).collect(),
            serving: trace.serving.as_ref().map(serving),
            default: trace.default.as_ref().map(variant),
        }
    }
}

fn dependency(told: &engine::DependencyTrace) -> DependencyStep {
    DependencyStep {
        flag: told.flag.clone(),
        values: told.values.clone(),
        variants: told.variants.clone(),
        served: told.served.as_ref().map(variant),
        satisfied: told.satisfied,
    }
}

fn variant(told: &engine::VariantTrace) -> VariantStep {
    VariantStep {
        variant: told.variant.clone(),
        value: told.value.clone(),
    }
}

fn rule(told: &engine::RuleTrace) -> RuleStep {
    RuleStep {
        name: told.name.clone(),
        status: match told.status {
            engine::RuleStatus::Decided => Status::Decided,
            engine::RuleStatus::Outside => Status::Outside,
            engine::RuleStatus::NotMatched => Status::NotMatched,
            engine::RuleStatus::NotReached => Status::NotReached,
        },
        conditions: conditions(&told.conditions),
        serving: told.serving.as_ref().map(serving),
    }
}

fn conditions(list: &[engine::ConditionTrace]) -> Vec<ConditionStep> {
    list.iter().map(condition).collect()
}

fn condition(told: &engine::ConditionTrace) -> ConditionStep {
    let holds = told.holds();
    match told {
        engine::ConditionTrace::Test {
            attribute,
            operator,
            value,
            actual,
            ..
        } => ConditionStep::Test {
            attribute: attribute.clone(),
            operator: *operator,
            value: value.clone(),
            actual: actual.clone(),
            holds,
        },
        engine::ConditionTrace::Segment {
            segment,
            conditions: inner,
            ..
        } => ConditionStep::Segment {
            segment: segment.clone(),
            holds,
            conditions: inner.as_deref().map(conditions),
        },
        engine::ConditionTrace::Any { any, .. } => ConditionStep::Any {
            any: conditions(any),
            holds,
        },
        engine::ConditionTrace::All { all, .. } => ConditionStep::All {
            all: conditions(all),
            holds,
        },
        engine::ConditionTrace::Not { not, .. } => ConditionStep::Not {
            not: Box::new(condition(not)),
            holds,
        },
    }
}

fn serving(told: &engine::ServingTrace) -> ServingStep {
    ServingStep {
        exposure: told.exposure.as_ref().map(|exposure| ExposureStep {
            bucket: bucket(&exposure.bucket),
            ranges: exposure.ranges.clone(),
            share: exposure.share,
            included: exposure.included,
        }),
        variant: told.variant.clone(),
        split: told.split.as_ref().map(|split| SplitStep {
            bucket: bucket(&split.bucket),
            ranges: split.ranges.clone(),
        }),
    }
}

fn bucket(told: &engine::BucketTrace) -> BucketStep {
    BucketStep {
        salt: told.salt.clone(),
        attribute: told.attribute.clone(),
        needed: told.needed,
        subject: told.subject.clone(),
        position: told.position,
    }
}

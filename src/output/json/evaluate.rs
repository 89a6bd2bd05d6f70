//! `evaluate --json`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::evaluate::Reason;
use crate::ops::{BatchFailure, EvaluateReport, Evaluation, Traced};

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
    pub steps: Value,
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
            error: evaluation.error.map(crate::evaluate::ErrorCode::as_str),
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
            steps: serde_json::to_value(&traced.trace).unwrap_or_default(),
        }
    }
}

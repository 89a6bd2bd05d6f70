//! `evaluate`: what a context is served, and why.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::compile::compile;
use crate::diagnostic::Diagnostics;
use crate::evaluate::{Engine, ErrorCode, Outcome, Reason, Trace, Tracer};
use crate::literal;
use crate::model::{EnvironmentId, Flag};
use crate::resolve::{self, Moment, Origin};
use crate::text::{Location, SourceMap};
use crate::workspace::Selection;

use super::attributes::{Assignment, context_of};
use super::open::{Opened, Place, UsageError, find_environment, open, unknown_flag};

/// What to evaluate.
#[derive(Debug, Clone)]
pub struct EvaluateOptions {
    /// Where to look.
    pub place: Place,
    /// The flags; `None` is all of them.
    pub flags: Option<Vec<String>>,
    /// The environment; the default one if left out.
    pub environment: Option<String>,
    /// The context, where it is given as JSON.
    pub context: Option<Value>,
    /// Attributes that are laid over it.
    pub attributes: Vec<Assignment>,
    /// Whether to record everything that was looked at.
    pub trace: bool,
    /// The time.
    pub at: Timestamp,
}

/// Answers, or what keeps the catalog from being evaluated.
#[derive(Debug)]
pub struct EvaluateReport {
    /// The answers; empty if the catalog does not compile.
    pub evaluations: Vec<Evaluation>,
    /// What is wrong with the files that were read.
    pub diagnostics: Diagnostics,
    /// The texts.
    pub sources: SourceMap,
    /// Whether an error keeps the catalog from being evaluated.
    pub refused: bool,
}

/// The answer to one evaluation.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The flag.
    pub flag: String,
    /// The environment.
    pub environment: String,
    /// The value; `None` for a flag that is not served.
    pub value: Option<Value>,
    /// The variant.
    pub variant: Option<String>,
    /// Why it was served.
    pub reason: Reason,
    /// The rule that decided or left the subject out.
    pub rule: Option<String>,
    /// What went wrong.
    pub error: Option<ErrorCode>,
    /// Everything that was looked at.
    pub trace: Option<Traced>,
}

/// A trace, with the place in the files that decided.
#[derive(Debug, Clone)]
pub struct Traced {
    /// What was looked at.
    pub trace: Trace,
    /// What decided.
    pub decided_by: Option<DecidedBy>,
}

/// The place in the files that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedBy {
    /// The file, relative to ffctl.toml.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The environment whose entry it is; `None` is the flag itself.
    pub environment: Option<String>,
}

/// Evaluates flags for one context.
///
/// # Errors
///
/// Fails if there is no project, on an unknown flag or environment, or on a context that is none.
pub fn evaluate(options: &EvaluateOptions) -> anyhow::Result<EvaluateReport> {
    let keys: Option<Vec<&str>> = options
        .flags
        .as_ref()
        .map(|flags| flags.iter().map(String::as_str).collect());
    let selection = keys.as_deref().map_or(Selection::All, Selection::Flags);
    let opened = open(&options.place, selection, options.at)?;
    for key in keys.iter().flatten() {
        if !opened.known.contains(*key) {
            return Err(unknown_flag(&opened, key).into());
        }
    }
    if opened.errors().is_some() {
        return Ok(EvaluateReport {
            evaluations: Vec::new(),
            diagnostics: opened.diagnostics,
            sources: opened.sources,
            refused: true,
        });
    }
    let environment = find_environment(&opened, options.environment.as_deref())?;
    let context = context_of(
        options.context.clone(),
        &options.attributes,
        opened.catalog.attributes.as_ref(),
    )?;
    let time = literal::whole_second(options.at);
    let evaluations = answers(
        &opened,
        environment,
        keys.as_deref(),
        &context,
        time,
        options.trace,
    )?;
    Ok(EvaluateReport {
        evaluations,
        diagnostics: opened.diagnostics,
        sources: opened.sources,
        refused: false,
    })
}

fn answers(
    opened: &Opened,
    environment: EnvironmentId,
    keys: Option<&[&str]>,
    attributes: &Map<String, Value>,
    time: i64,
    traced: bool,
) -> anyhow::Result<Vec<Evaluation>> {
    let catalog = &opened.catalog;
    let ruleset = compile(catalog, environment, |_| true);
    let name = catalog.environments.get(environment).name.as_str();
    let live = || {
        catalog
            .flags
            .values()
            .filter(|flag| flag.archived.is_none() && opened.can_tell(&flag.key))
            .map(|flag| flag.key.as_str())
    };
    let keys: Vec<&str> = keys.map_or_else(|| live().collect(), <[&str]>::to_vec);
    if traced {
        let tracer = Tracer::new(ruleset)?;
        let one = |key: &&str| {
            let (outcome, trace) = tracer.evaluate(key, attributes, time);
            let decided_by = catalog
                .flags
                .get(*key)
                .and_then(|flag| decided_by(opened, flag, environment, &outcome, &trace));
            Evaluation {
                trace: Some(Traced { trace, decided_by }),
                ..answer(key, name, &outcome)
            }
        };
        return Ok(keys.iter().map(one).collect());
    }
    let engine = Engine::new(&ruleset)?;
    let context = engine.context(attributes);
    Ok(keys
        .iter()
        .map(|key| answer(key, name, &engine.evaluate(key, &context, time)))
        .collect())
}

fn answer(flag: &str, environment: &str, outcome: &Outcome<'_>) -> Evaluation {
    Evaluation {
        flag: flag.to_owned(),
        environment: environment.to_owned(),
        value: outcome.value.cloned(),
        variant: outcome.variant.map(str::to_owned),
        reason: outcome.reason,
        rule: outcome.rule.map(str::to_owned),
        error: outcome.error,
        trace: None,
    }
}

fn decided_by(
    opened: &Opened,
    flag: &Flag,
    environment: EnvironmentId,
    outcome: &Outcome<'_>,
    trace: &Trace,
) -> Option<DecidedBy> {
    let catalog = &opened.catalog;
    if let Some(archived) = &flag.archived {
        return Some(place_of(
            opened,
            Location::new(flag.source, archived.span),
            None,
        ));
    }
    let resolved = resolve::resolve(catalog, flag, environment, Moment::At(trace.time));
    let rule = outcome.rule.and_then(|name| {
        resolved
            .rules
            .value
            .iter()
            .find(|rule| rule.name.as_str() == name)
    });
    let (location, owner) = if let Some(kill) = resolve::kill(catalog, flag, environment) {
        (
            Location::new(flag.source, kill.switch.span),
            kill.environment,
        )
    } else if outcome.reason == Reason::Disabled {
        let Origin { environment, span } = resolved.enabled.origin;
        (Location::new(flag.source, span?), environment)
    } else if outcome.reason == Reason::PrerequisiteFailed {
        let unmet = trace
            .dependencies
            .iter()
            .find(|one| one.satisfied == Some(false))?;
        let here = flag
            .depends_on
            .iter()
            .filter(|one| one.repository.is_none());
        let mut here = here.filter(|one| one.flag.as_str() == unmet.flag);
        (here.next()?.location, None)
    } else if let Some(rule) = rule {
        (
            Location::new(flag.source, rule.span),
            resolved.rules.origin.environment,
        )
    } else {
        let origin = if resolved.serving.value.is_some() {
            resolved.serving.origin
        } else {
            resolved.default.origin
        };
        (Location::new(flag.source, origin.span?), origin.environment)
    };
    Some(place_of(opened, location, owner))
}

fn place_of(opened: &Opened, place: Location, owner: Option<EnvironmentId>) -> DecidedBy {
    let environments = &opened.catalog.environments;
    DecidedBy {
        file: opened.sources.get(place.source).name().to_owned(),
        line: opened.sources.start(place).line,
        environment: owner.map(|id| environments.get(id).name.to_string()),
    }
}

/// A question on standard input.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchLine {
    /// The flag.
    pub flag: String,
    /// The environment; that of the command line if left out.
    #[serde(default)]
    pub environment: Option<String>,
    /// The context.
    #[serde(default)]
    pub context: Map<String, Value>,
    /// The time, RFC 3339; that of the command line if left out.
    #[serde(default)]
    pub at: Option<String>,
}

/// A line of a batch that could not be answered.
#[derive(Debug, Clone)]
pub struct BatchFailure {
    /// `PARSE_ERROR` for a line that is no question, `GENERAL` for one that names what is not there.
    pub error: ErrorCode,
    /// The flag, where the line names one.
    pub flag: Option<String>,
    /// The environment, where the line names one.
    pub environment: Option<String>,
    /// What is wrong with the line.
    pub message: String,
}

impl BatchFailure {
    /// Returns the failure of a line that is no question.
    #[must_use]
    pub fn no_question(reason: &dyn std::fmt::Display) -> Self {
        Self {
            error: ErrorCode::ParseError,
            flag: None,
            environment: None,
            message: format!("this line is not a question in JSON: {reason}"),
        }
    }
}

/// Answers many questions over one catalog; each environment is compiled once.
#[derive(Debug)]
pub struct BatchRunner {
    opened: Opened,
    default_environment: Option<String>,
    at: Timestamp,
    engines: BTreeMap<EnvironmentId, Engine>,
}

impl BatchRunner {
    /// Opens the catalog. Returns the report of what is wrong instead, if it does not compile.
    ///
    /// # Errors
    ///
    /// Fails if there is no project, or on an unknown default environment.
    pub fn open(options: &EvaluateOptions) -> anyhow::Result<Result<Self, EvaluateReport>> {
        let opened = open(&options.place, Selection::All, options.at)?;
        if opened.errors().is_some() {
            let Opened {
                diagnostics,
                sources,
                ..
            } = opened;
            return Ok(Err(EvaluateReport {
                evaluations: Vec::new(),
                diagnostics,
                sources,
                refused: true,
            }));
        }
        if let Some(name) = &options.environment {
            find_environment(&opened, Some(name))?;
        }
        Ok(Ok(Self {
            opened,
            default_environment: options.environment.clone(),
            at: options.at,
            engines: BTreeMap::new(),
        }))
    }

    /// Answers one line of JSON.
    ///
    /// # Errors
    ///
    /// Fails on a line that is no question, and on one that names no known environment.
    pub fn answer(&mut self, line: &str) -> Result<Evaluation, BatchFailure> {
        let question: BatchLine =
            serde_json::from_str(line).map_err(|error| BatchFailure::no_question(&error))?;
        self.ask(&question).map_err(|error| BatchFailure {
            error: ErrorCode::General,
            flag: Some(question.flag.clone()),
            environment: question.environment.clone(),
            message: error.to_string(),
        })
    }

    fn ask(&mut self, question: &BatchLine) -> anyhow::Result<Evaluation> {
        let default = self.default_environment.as_deref();
        let name = question.environment.as_deref().or(default);
        let environment = find_environment(&self.opened, name)?;
        let at = match &question.at {
            None => self.at,
            Some(text) => literal::moment(text).ok_or_else(|| {
                let message = format!("`{text}` is not a date, or a date and time with an offset");
                UsageError::new(message, None)
            })?,
        };
        let flag = self.opened.known.get(question.flag.as_str());
        if let Some(key) = flag.filter(|key| !self.opened.can_tell(key)) {
            anyhow::bail!(
                "the files of `{key}` and of what it depends on cannot be understood in full"
            );
        }
        let engine = match self.engines.entry(environment) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => entry.insert(Engine::new(
                &compile(&self.opened.catalog, environment, |_| true),
            )?),
        };
        let context = engine.context(&question.context);
        let time = literal::whole_second(at);
        let outcome = engine.evaluate(&question.flag, &context, time);
        let environment = self
            .opened
            .catalog
            .environments
            .get(environment)
            .name
            .as_str();
        Ok(answer(&question.flag, environment, &outcome))
    }
}

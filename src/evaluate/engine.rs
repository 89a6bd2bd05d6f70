//! The engine: a ruleset, ready to evaluate.

use std::fmt;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde_json::{Map, Value};

use super::assemble::{Assembled, Assembler, Marks, Segments};
use super::context::{Context, Intake};
use super::error::{Fault, LoadError};
use super::load;
use super::outcome::{FlagId, Outcome};
use super::program::{Decision, Program};
use super::run::{Memo, Silent, Stop, View, Visitor};
use super::text::hash;
use crate::ruleset::{FORMAT, Ruleset};

/// A ruleset, ready to evaluate. It borrows nothing, does not change, and may be shared between
/// threads.
///
/// ```
/// # use ffctl::evaluate::{Engine, Reason};
/// let engine = Engine::from_json(br#"{
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
/// }"#)?;
/// let attributes = serde_json::json!({"user_type": "beta"});
/// let context = engine.context(attributes.as_object().expect("a map"));
/// let outcome = engine.evaluate("checkout", &context, 1_800_000_000);
/// assert_eq!(outcome.value, Some(&true.into()));
/// assert_eq!(outcome.variant, Some("on"));
/// assert_eq!(outcome.reason, Reason::TargetingMatch);
/// assert_eq!(outcome.rule, Some("beta"));
/// # Ok::<(), ffctl::evaluate::LoadError>(())
/// ```
pub struct Engine {
    head: Head,
    pub(super) program: Program,
    pub(super) intake: Intake,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// What a ruleset says of itself.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) project: Box<str>,
    pub(super) environment: Box<str>,
    pub(super) version: Box<str>,
}

impl Engine {
    /// Reads a ruleset from its JSON form.
    ///
    /// # Errors
    ///
    /// If the document is not a ruleset of [`FORMAT`], or a part of it makes no sense: see
    /// [`Fault`].
    pub fn from_json(document: &[u8]) -> Result<Self, LoadError> {
        let (head, assembled) = load::from_json(document)?;
        Ok(Self::assembled(head, assembled).0)
    }

    /// Compiles a ruleset.
    ///
    /// # Errors
    ///
    /// As for [`Engine::from_json`].
    pub fn new(ruleset: &Ruleset<'_>) -> Result<Self, LoadError> {
        Self::with_marks(ruleset).map(|(engine, ..)| engine)
    }

    /// Compiles a ruleset, and tells where its parts stand in the program.
    pub(super) fn with_marks<'r>(
        ruleset: &Ruleset<'r>,
    ) -> Result<(Self, Marks, Segments<'r>), LoadError> {
        if ruleset.format.as_str() != FORMAT {
            return Err(LoadError::document(Fault::Format(
                ruleset.format.as_str().to_owned(),
            )));
        }
        let mut assembler = Assembler::new(&ruleset.computed, ruleset.segments.clone())?;
        for (key, flag) in ruleset.flags.iter() {
            assembler.flag(key.as_str(), flag)?;
        }
        let head = Head {
            project: ruleset.project.as_str().into(),
            environment: ruleset.environment.as_str().into(),
            version: ruleset.version.as_str().into(),
        };
        Ok(Self::assembled(head, assembler.finish()?))
    }

    fn assembled(head: Head, assembled: Assembled<'_>) -> (Self, Marks, Segments<'_>) {
        let Assembled {
            program,
            intake,
            index,
            hasher,
            marks,
            segments,
        } = assembled;
        (
            Self {
                head,
                program,
                intake,
                index,
                hasher,
            },
            marks,
            segments,
        )
    }

    /// Returns the project's name.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.head.project
    }

    /// Returns the environment that the flags are resolved for.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.head.environment
    }

    /// Returns the ruleset's version, `sha256:` and a digest; empty if the document holds none.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.head.version
    }

    /// Returns the number of flags.
    #[must_use]
    pub fn len(&self) -> usize {
        self.program.flags.len()
    }

    /// Returns whether there is no flag.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.program.flags.is_empty()
    }

    /// Returns the flags' keys in the order of the ruleset.
    #[must_use]
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.program
            .flags
            .iter()
            .map(|flag| self.program.arena.text(flag.key))
    }

    /// Returns the flag of that name, for [`Engine::evaluate_id`].
    #[inline]
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<FlagId> {
        let is_it = |number: &u32| {
            let flag = self.program.flags.get(*number as usize);
            flag.is_some_and(|flag| self.program.arena.is(flag.key, key))
        };
        self.index
            .find(hash(&self.hasher, key), is_it)
            .copied()
            .map(FlagId)
    }

    /// Prepares a context from a caller's attributes, for evaluations by this engine.
    ///
    /// Only attributes that the ruleset names are looked at. Values are not coerced; those of a
    /// type that no condition expects are as good as missing.
    #[must_use]
    pub fn context(&self, attributes: &Map<String, Value>) -> Context {
        self.intake.context(attributes, &self.program, &self.hasher)
    }

    /// Evaluates a flag at a time, in Unix seconds.
    #[inline]
    #[must_use]
    pub fn evaluate(&self, key: &str, context: &Context, time: i64) -> Outcome<'_> {
        self.flag(key).map_or(Outcome::UNKNOWN, |flag| {
            self.evaluate_id(flag, context, time)
        })
    }

    /// Evaluates a flag at a time, in Unix seconds, without looking its name up.
    #[inline]
    #[must_use]
    pub fn evaluate_id(&self, flag: FlagId, context: &Context, time: i64) -> Outcome<'_> {
        let view = View {
            context,
            time,
            memo: None,
        };
        self.visit(flag, view, &mut Silent)
    }

    /// Evaluates every flag, in the order of [`Engine::keys`], at a time in Unix seconds.
    ///
    /// A flag that others depend on is evaluated once for all of them.
    pub fn evaluate_all<'e>(
        &'e self,
        context: &Context,
        time: i64,
        mut visit: impl FnMut(&'e str, Outcome<'e>),
    ) {
        let mut memo = Memo::default();
        for flag in &self.program.flags {
            let view = View {
                context,
                time,
                memo: Some(&memo),
            };
            let decision = match self.program.run(flag.entry, view, &mut Silent) {
                Ok(decision) => Some(decision),
                Err(stop) => self
                    .program
                    .resume(stop, context, time, &mut memo, &mut Silent),
            };
            visit(self.program.arena.text(flag.key), self.outcome(decision));
        }
    }

    /// Evaluates a flag before a visitor.
    #[inline]
    pub(super) fn visit<V: Visitor>(
        &self,
        flag: FlagId,
        view: View<'_>,
        visitor: &mut V,
    ) -> Outcome<'_> {
        let Some(flag) = self.program.flags.get(flag.0 as usize) else {
            return Outcome::UNKNOWN;
        };
        match self.program.run(flag.entry, view, visitor) {
            Ok(decision) => self.program.outcome(decision),
            Err(stop) => self.go_on(stop, view, visitor),
        }
    }

    #[cold]
    #[inline(never)]
    fn go_on<V: Visitor>(&self, stop: Stop, view: View<'_>, visitor: &mut V) -> Outcome<'_> {
        let mut memo = Memo::default();
        self.outcome(
            self.program
                .resume(stop, view.context, view.time, &mut memo, visitor),
        )
    }

    fn outcome(&self, decision: Option<Decision>) -> Outcome<'_> {
        decision.map_or(Outcome::UNKNOWN, |decision| self.program.outcome(decision))
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("head", &self.head)
            .field("flags", &self.len())
            .finish_non_exhaustive()
    }
}

//! The verbs: what each does to a flag's file, and how it is told.

use crate::model::EnvironmentId;
use crate::patch::{
    self, Assignment, Disable, Enable, Kill, Patched, Pending, Promote, Refusal, Restore,
    RuleParts, Share, Subject, What,
};
use crate::words;

use super::create::NewFlag;
use super::deploy::Deploy;
use super::rollback::Rollback;

/// What is to be done to flags.
#[derive(Debug, Clone)]
pub enum Verb {
    /// Make a new one, off everywhere.
    Create(NewFlag),
    /// Give it another key.
    Rename {
        /// The new key.
        to: String,
    },
    /// Switch on in an environment.
    Enable {
        /// To whom, and what.
        options: Enable,
        /// Whether flags that must be served first are enabled as well.
        with_dependencies: bool,
    },
    /// Switch off in an environment.
    Disable(Disable),
    /// Set slots or fields.
    Set {
        /// The slots with their values.
        assignments: Vec<Assignment>,
        /// What becomes of steps ahead that set the same.
        pending: Pending,
    },
    /// Change the targeting rules.
    Rule {
        /// The rule.
        name: String,
        /// What is done to it.
        action: RuleAction,
        /// What becomes of steps ahead that set the same.
        pending: Pending,
    },
    /// Bring the structure of one environment to another.
    Promote {
        /// The environment that it comes from.
        from: String,
        /// How.
        options: Promote,
    },
    /// Keep the flag, compile it no more.
    Archive,
    /// Throw the kill switch.
    EmergencyDisable(Kill),
    /// Take the kill switch away.
    Restore(Restore),
    /// Do the steps of a deployment's phase.
    Deploy(Deploy),
    /// Bring back what was.
    Rollback(Rollback),
}

/// What is done to a rule.
#[derive(Debug, Clone)]
pub enum RuleAction {
    /// It is added, before another one or at the end.
    Add(RuleParts, Option<String>),
    /// Its said parts are changed.
    Set(RuleParts),
    /// It is moved, before another one or to the end.
    Move(Option<String>),
    /// It is removed.
    Remove,
}

impl Verb {
    /// Returns the verb's name, as the command line has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Rename { .. } => "rename",
            Self::Enable { .. } => "enable",
            Self::Disable(_) => "disable",
            Self::Set { .. } => "set",
            Self::Rule { action, .. } => match action {
                RuleAction::Add(..) => "rule add",
                RuleAction::Set(_) => "rule set",
                RuleAction::Move(_) => "rule move",
                RuleAction::Remove => "rule remove",
            },
            Self::Promote { .. } => "promote",
            Self::Archive => "archive",
            Self::EmergencyDisable(_) => "emergency-disable",
            Self::Restore(_) => "restore",
            Self::Deploy(_) => "deploy",
            Self::Rollback(_) => "rollback",
        }
    }

    /// Returns whether the default environment stands in where none is named.
    pub(super) fn needs_environment(&self) -> bool {
        matches!(
            self,
            Self::Enable { .. } | Self::Disable(_) | Self::Promote { .. } | Self::Deploy(_)
        )
    }

    /// Returns whether what other flags require of this one may change.
    pub(super) fn touches_contract(&self) -> bool {
        matches!(
            self,
            Self::Set { .. }
                | Self::Rule { .. }
                | Self::Promote { .. }
                | Self::Archive
                | Self::Rename { .. }
                | Self::Rollback(_)
        )
    }

    /// Returns whether flags that depend on this one are named.
    pub(super) fn names_dependants(&self) -> bool {
        matches!(
            self,
            Self::Disable(_) | Self::EmergencyDisable(_) | Self::Deploy(_)
        )
    }

    /// Returns whether something may be changed that no record knows: then the text decides
    /// whether there is anything to change.
    pub(super) fn is_judged_by_text(&self, environment: Option<EnvironmentId>) -> bool {
        match self {
            Self::Set { .. } => environment.is_none(),
            Self::Rule { .. } => true,
            _ => false,
        }
    }

    /// Returns whether it was left open to how many a flag is enabled.
    pub(super) fn is_open_ended(&self) -> bool {
        matches!(self, Self::Enable { options, .. } if options.share.is_none() && options.what.is_none())
    }

    /// Does it to a flag's file.
    pub(super) fn patch(
        &self,
        subject: &Subject<'_>,
        environment: Option<EnvironmentId>,
    ) -> Result<Patched, Refusal> {
        let named = || {
            environment.ok_or_else(|| Refusal::usage("no environment is named", "add `--env NAME`"))
        };
        match self {
            Self::Enable { options, .. } => patch::enable(subject, named()?, options),
            Self::Disable(options) => patch::disable(subject, named()?, *options),
            Self::Set {
                assignments,
                pending,
            } => patch::set(subject, environment, assignments, *pending),
            Self::Rule {
                name,
                action,
                pending,
            } => match action {
                RuleAction::Add(parts, before) => patch::add_rule(
                    subject,
                    environment,
                    name,
                    parts,
                    before.as_deref(),
                    *pending,
                ),
                RuleAction::Set(parts) => {
                    patch::set_rule(subject, environment, name, parts, *pending)
                }
                RuleAction::Move(before) => {
                    patch::move_rule(subject, environment, name, before.as_deref(), *pending)
                }
                RuleAction::Remove => patch::remove_rule(subject, environment, name, *pending),
            },
            Self::EmergencyDisable(kill) => patch::kill(subject, environment, kill),
            Self::Restore(options) => patch::restore(subject, environment, *options),
            Self::Create(_)
            | Self::Rename { .. }
            | Self::Promote { .. }
            | Self::Archive
            | Self::Deploy(_)
            | Self::Rollback(_) => {
                unreachable!("planned apart: they need more than the flag")
            }
        }
    }

    /// Returns the subject of the commit: what is done, to what, where, to whom.
    pub(super) fn title(&self, flags: &str, environments: &str) -> String {
        let place = if environments.is_empty() {
            String::new()
        } else {
            format!(" in {environments}")
        };
        match self {
            Self::Create(_) => format!("create {flags}"),
            Self::Rename { to } => format!("rename {flags} to {to}"),
            Self::Enable { options, .. } => format!("enable {flags}{place}{}", to_whom(options)),
            Self::Disable(options) => format!("disable {flags}{place}{}", at(options.at)),
            Self::Set { assignments, .. } => {
                let slots: Vec<String> = assignments.iter().map(assignment).collect();
                format!("set {} of {flags}{place}", slots.join(", "))
            }
            Self::Rule { name, .. } => format!("{} {name} of {flags}{place}", self.name()),
            Self::Promote { from, .. } => format!("promote {flags} from {from} to {environments}"),
            Self::Archive => format!("archive {flags}"),
            Self::EmergencyDisable(_) if place.is_empty() => {
                format!("emergency-disable {flags} everywhere")
            }
            Self::EmergencyDisable(_) => format!("emergency-disable {flags}{place}"),
            Self::Restore(_) => format!("restore {flags}{place}"),
            Self::Deploy(deploy) => {
                format!("deploy {}{place}, {}", deploy.id(), deploy.phase().name())
            }
            Self::Rollback(_) => format!("rollback {flags}{place}"),
        }
    }
}

fn assignment(assignment: &Assignment) -> String {
    match &assignment.value {
        Some(value) => format!("{}={value}", assignment.slot),
        None => format!("no {}", assignment.slot),
    }
}

fn to_whom(options: &Enable) -> String {
    let what = match &options.what {
        None => String::new(),
        Some(What::Value(tree)) => format!(" with {}", tree.to_json()),
        Some(What::Typed(text)) => format!(" with {text}"),
        Some(What::Variant(name)) => format!(" with {name}"),
        Some(What::Split(weights)) => {
            let parts = weights.entries().iter();
            let parts: Vec<String> = parts
                .map(|(name, weight)| format!("{name}={}", weight.to_json()))
                .collect();
            match parts.as_slice() {
                [] => " with the variants' own weights".to_owned(),
                parts => format!(" split {}", parts.join(",")),
            }
        }
    };
    let share = match options.share {
        None => String::new(),
        Some(Share::Percentage(share)) => format!(" for {}", words::percent(share)),
        Some(Share::Gradual { increment, .. }) => {
            format!(" gradually by {}", words::percent(increment))
        }
    };
    format!("{what}{share}{}", at(options.at))
}

fn at(time: Option<i64>) -> String {
    let moment = time.and_then(|time| jiff::Timestamp::from_second(time).ok());
    moment.map_or_else(String::new, |moment| format!(" at {moment}"))
}

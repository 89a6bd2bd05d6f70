//! A deployment plan: what is done to flags before and after a deployment.

use crate::text::{SourceId, Span};

use super::{At, EnvironmentId, FlagKey};

/// What a deployment does to flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The plan's file.
    pub source: SourceId,
    /// The steps before the code is deployed; `None` where the file does not have the phase.
    pub pre_deploy: Option<Vec<DeploymentStep>>,
    /// The steps after it.
    pub post_deploy: Option<Vec<DeploymentStep>>,
}

/// When steps are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeploymentPhase {
    /// Before the code is deployed.
    Pre,
    /// After it.
    Post,
}

/// A step of a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentStep {
    /// What is done.
    pub action: DeploymentAction,
    /// To these flags: one, except where they are verified.
    pub flags: Vec<At<FlagKey>>,
    /// Where; `None` is everywhere.
    pub environment: Option<EnvironmentId>,
    /// Where the step stands.
    pub span: Span,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeploymentAction {
    /// Switches a flag on.
    Enable {
        /// To how many, in thousandths of a percent.
        percentage: Option<u32>,
    },
    /// Switches a flag off.
    Disable,
    /// Goes on only if nobody is served the off value.
    Verify,
}

impl DeploymentPhase {
    /// Every phase, in order.
    pub const ALL: [Self; 2] = [Self::Pre, Self::Post];

    /// Returns its name in the file and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pre => "pre_deploy",
            Self::Post => "post_deploy",
        }
    }
}

impl Deployment {
    /// Returns the steps of a phase; `None` where the file does not have it.
    #[must_use]
    pub fn phase(&self, phase: DeploymentPhase) -> Option<&[DeploymentStep]> {
        match phase {
            DeploymentPhase::Pre => self.pre_deploy.as_deref(),
            DeploymentPhase::Post => self.post_deploy.as_deref(),
        }
    }
}

impl DeploymentStep {
    /// Returns whether it is done in an environment.
    #[must_use]
    pub fn runs_in(&self, environment: EnvironmentId) -> bool {
        self.environment.is_none_or(|own| own == environment)
    }
}

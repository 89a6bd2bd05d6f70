//! A deployment plan: what is done to flags before and after a deployment.

use schemars::JsonSchema;
use serde::Serialize;

use super::KEY_PATTERN;

/// What a deployment does to flags.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl deployment", deny_unknown_fields, extend("examples" = [
    {"deployment": {
        "pre_deploy": [{"enable_flag": "maintenance_mode"}],
        "post_deploy": [
            {"disable_flag": "maintenance_mode"},
            {"enable_flag": "new_dashboard_ui", "percentage": 25, "environment": "production"},
            {"verify_flags": ["payments_enabled"]},
        ],
    }},
]))]
pub struct DeploymentFile {
    /// The steps of each phase.
    pub deployment: DeploymentPhases,
}

/// The phases of a deployment; one that is left out does nothing.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DeploymentPhases {
    /// What is done before the code is deployed, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1_000))]
    pub pre_deploy: Option<Vec<DeploymentStep>>,
    /// What is done after it, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1_000))]
    pub post_deploy: Option<Vec<DeploymentStep>>,
}

/// A step: exactly one of `enable_flag`, `disable_flag` and `verify_flags`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [
    {"required": ["enable_flag"], "properties": {"disable_flag": false, "verify_flags": false}},
    {"required": ["disable_flag"],
     "properties": {"enable_flag": false, "verify_flags": false, "percentage": false}},
    {"required": ["verify_flags"],
     "properties": {"enable_flag": false, "disable_flag": false, "percentage": false}},
]))]
pub struct DeploymentStep {
    /// Switch this flag on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = KEY_PATTERN))]
    pub enable_flag: Option<String>,
    /// To how many percent it is switched on, up to three decimals. Left out: what was switched off
    /// comes back, and else it is on for everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub percentage: Option<f64>,
    /// Switch this flag off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = KEY_PATTERN))]
    pub disable_flag: Option<String>,
    /// Go on only if nobody is served the off value of one of these flags.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), inner(regex(pattern = KEY_PATTERN)))]
    pub verify_flags: Option<Vec<String>>,
    /// The environment in which the step runs; all of them if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = KEY_PATTERN))]
    pub environment: Option<String>,
}

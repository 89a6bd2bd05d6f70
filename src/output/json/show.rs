//! `show --json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::ops::{ShownEnvironment, ShownFlag, ShownServing, ShownSlot};
use crate::ruleset::Gradual;

/// A flag, resolved.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "ffctl show --json")]
pub struct ShowDocument {
    /// Always `ffctl.show/v1`.
    pub format: &'static str,
    /// Its key.
    pub flag: String,
    /// Its file, relative to ffctl.toml.
    pub file: String,
    /// What it is for.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it was archived, if it was.
    pub archived: Option<String>,
    /// What it depends on.
    pub depends_on: Vec<ShownDependency>,
    /// What each environment makes of it.
    pub environments: BTreeMap<String, EnvironmentBody>,
}

/// A flag that another one depends on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ShownDependency {
    /// The repository; null for this one.
    pub repository: Option<String>,
    /// The flag.
    pub flag: String,
}

/// A flag in an environment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EnvironmentBody {
    /// `killed`, `off`, `partial` or `on`.
    pub state: &'static str,
    /// The master switch.
    pub enabled: bool,
    /// The kill switch that is in force.
    pub kill_switch: Option<KillBody>,
    /// The rules, in order.
    pub targeting_rules: Vec<RuleBody>,
    /// What is served to whom no rule takes; null where everybody else gets the default.
    pub serving: Option<ServingBody>,
    /// What everybody else gets.
    pub default_value: Value,
    /// The variant of that, on flags with variants.
    pub default_variant: Option<String>,
    /// The attribute that names the subject; null for `targetingKey`.
    pub bucket_by: Option<String>,
    /// Where each slot was set: `enabled`, `kill_switch`, `targeting_rules`, `serving`,
    /// `default`, `bucket_by`. Slots that nothing set are left out.
    pub origins: BTreeMap<&'static str, OriginBody>,
}

/// Where a slot was set.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OriginBody {
    /// The file, relative to ffctl.toml.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The environment whose entry set it; null for the flag itself.
    pub environment: Option<String>,
}

/// A kill switch.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KillBody {
    /// Why.
    pub reason: String,
    /// When it was thrown.
    pub at: String,
    /// When somebody must have looked.
    pub until: String,
}

/// A rule.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleBody {
    /// Its name.
    pub name: String,
    /// Its conditions, as in the files.
    pub conditions: Value,
    /// What it serves.
    #[serde(flatten)]
    pub serving: ServingBody,
    /// The line that it begins on.
    pub line: usize,
}

/// What is served, and to how many. Percentages and weights are in thousandths.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ServingBody {
    /// One value, on flags without variants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// One variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Variants by weight, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Vec<WeightBody>>,
    /// The share, in thousandths of a percent; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage_thousandths: Option<u32>,
    /// A share that grows with time; shares in thousandths of a percent, times in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradual: Option<Gradual>,
}

/// A variant with its weight.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WeightBody {
    /// The variant.
    pub variant: String,
    /// Its weight, in thousandths.
    pub weight_thousandths: u64,
}

impl From<&ShownFlag> for ShowDocument {
    fn from(report: &ShownFlag) -> Self {
        Self {
            format: "ffctl.show/v1",
            flag: report.flag.clone(),
            file: report.file.clone(),
            description: report.description.clone(),
            owner: report.owner.clone(),
            archived: report.archived.clone(),
            depends_on: report
                .depends_on
                .iter()
                .map(|(repository, flag)| ShownDependency {
                    repository: repository.clone(),
                    flag: flag.clone(),
                })
                .collect(),
            environments: report
                .environments
                .iter()
                .map(|shown| (shown.name.clone(), environment(shown)))
                .collect(),
        }
    }
}

fn environment(shown: &ShownEnvironment) -> EnvironmentBody {
    let mut origins = BTreeMap::new();
    origins.extend(origin(&shown.enabled).map(|origin| ("enabled", origin)));
    origins.extend(
        shown
            .killed
            .as_ref()
            .and_then(origin)
            .map(|origin| ("kill_switch", origin)),
    );
    origins.extend(origin(&shown.rules).map(|origin| ("targeting_rules", origin)));
    origins.extend(origin(&shown.serving).map(|origin| ("serving", origin)));
    origins.extend(origin(&shown.default).map(|origin| ("default", origin)));
    origins.extend(origin(&shown.bucket_by).map(|origin| ("bucket_by", origin)));
    let rules = shown.rules.value.iter().map(|rule| RuleBody {
        name: rule.name.clone(),
        conditions: rule.conditions.clone(),
        serving: serving(&rule.serving),
        line: rule.line,
    });
    EnvironmentBody {
        state: shown.cell.state.name(),
        enabled: shown.enabled.value,
        kill_switch: shown.killed.as_ref().map(|killed| KillBody {
            reason: killed.value.reason.clone(),
            at: killed.value.at.to_string(),
            until: killed.value.until.to_string(),
        }),
        targeting_rules: rules.collect(),
        serving: shown.serving.value.as_ref().map(serving),
        default_value: shown.default.value.clone(),
        default_variant: shown.default_variant.clone(),
        bucket_by: shown.bucket_by.value.clone(),
        origins,
    }
}

fn origin<T>(slot: &ShownSlot<T>) -> Option<OriginBody> {
    let (file, line) = slot.place.clone()?;
    Some(OriginBody {
        file,
        line,
        environment: slot.environment.clone(),
    })
}

fn serving(serving: &ShownServing) -> ServingBody {
    let weight = |(variant, weight): &(String, u64)| WeightBody {
        variant: variant.clone(),
        weight_thousandths: *weight,
    };
    ServingBody {
        value: serving.value.clone(),
        variant: serving.variant.clone(),
        split: serving
            .split
            .as_ref()
            .map(|split| split.iter().map(weight).collect()),
        percentage_thousandths: serving.percentage,
        gradual: serving.gradual,
    }
}

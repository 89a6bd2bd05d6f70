//! `show`: a flag as written and, for each environment, as resolved, each slot with its origin.

use jiff::Timestamp;
use serde_json::Value;

use crate::diagnostic::Diagnostics;
use crate::literal;
use crate::model::{EnvironmentId, Flag, Rule, Serve, Share, What};
use crate::resolve::{self, Moment, Origin};
use crate::ruleset::Gradual;
use crate::text::{Location, SourceMap};
use crate::workspace::Selection;

use super::list::{Cell, cell};
use super::open::{Opened, Place, find_environment, open, unknown_flag};

/// A flag, or why it cannot be shown.
#[derive(Debug)]
pub struct ShowReport {
    /// The flag; `None` if its file is not sound.
    pub shown: Option<ShownFlag>,
    /// What is wrong with the files that were read.
    pub diagnostics: Diagnostics,
    /// The texts.
    pub sources: SourceMap,
}

/// A flag, shown.
#[derive(Debug)]
pub struct ShownFlag {
    /// Its key.
    pub flag: String,
    /// Its file.
    pub file: String,
    /// The file's text.
    pub text: String,
    /// What it is for.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it was archived, if it was.
    pub archived: Option<String>,
    /// The flags that it depends on: repository and key.
    pub depends_on: Vec<(Option<String>, String)>,
    /// The environments, in the order of environments.yaml.
    pub environments: Vec<ShownEnvironment>,
}

/// A flag in an environment.
#[derive(Debug)]
pub struct ShownEnvironment {
    /// The environment.
    pub name: String,
    /// What the flag is there, in short.
    pub cell: Cell,
    /// The master switch.
    pub enabled: ShownSlot<bool>,
    /// The kill switch that is in force.
    pub killed: Option<ShownSlot<ShownKill>>,
    /// The rules: name, conditions as text and as JSON, what they serve.
    pub rules: ShownSlot<Vec<ShownRule>>,
    /// What is served to whom no rule takes.
    pub serving: ShownSlot<Option<ShownServing>>,
    /// What everybody else gets.
    pub default: ShownSlot<Value>,
    /// The variant of that, on flags with variants.
    pub default_variant: Option<String>,
    /// The attribute that names the subject.
    pub bucket_by: ShownSlot<Option<String>>,
}

/// A value with its origin.
#[derive(Debug, Clone)]
pub struct ShownSlot<T> {
    /// The value.
    pub value: T,
    /// The environment whose entry set it; `None` is the flag itself.
    pub environment: Option<String>,
    /// The file and the line; `None` where the format's own default holds.
    pub place: Option<(String, usize)>,
}

/// A kill switch.
#[derive(Debug, Clone)]
pub struct ShownKill {
    /// Why.
    pub reason: String,
    /// When it was thrown.
    pub at: Timestamp,
    /// When somebody must have looked.
    pub until: Timestamp,
}

/// A rule.
#[derive(Debug, Clone)]
pub struct ShownRule {
    /// Its name.
    pub name: String,
    /// Its conditions, in the JSON form of the files.
    pub conditions: Value,
    /// What it serves.
    pub serving: ShownServing,
    /// The line that it begins on.
    pub line: usize,
}

/// What is served, and to how many.
#[derive(Debug, Clone)]
pub struct ShownServing {
    /// One value, on flags without variants.
    pub value: Option<Value>,
    /// One variant.
    pub variant: Option<String>,
    /// Variants by weight, in thousandths.
    pub split: Option<Vec<(String, u64)>>,
    /// The percentage, in thousandths of a percent.
    pub percentage: Option<u32>,
    /// A share that grows with time.
    pub gradual: Option<Gradual>,
}

/// Which flag to show.
#[derive(Debug, Clone)]
pub struct ShowOptions {
    /// Where to look.
    pub place: Place,
    /// The flag.
    pub flag: String,
    /// Only this environment.
    pub environment: Option<String>,
    /// The time that is shown.
    pub now: Timestamp,
}

/// Shows a flag.
///
/// # Errors
///
/// Fails if there is no project, or on an unknown flag or environment.
pub fn show(options: &ShowOptions) -> anyhow::Result<ShowReport> {
    let opened = open(
        &options.place,
        Selection::Flags(&[&options.flag]),
        options.now,
    )?;
    if !opened.known.contains(options.flag.as_str()) {
        return Err(unknown_flag(&opened, &options.flag).into());
    }
    let environments: Vec<EnvironmentId> = match &options.environment {
        Some(name) => match find_environment(&opened, Some(name)) {
            // A file that could not be read hides its names: that is what must be told.
            Err(_) if opened.errors().is_some() => Vec::new(),
            found => vec![found?],
        },
        None => opened
            .catalog
            .environments
            .iter()
            .map(|(id, _)| id)
            .collect(),
    };
    let flag = opened.catalog.flags.get(options.flag.as_str());
    let shown = flag.map(|flag| {
        shown_flag(
            &opened,
            flag,
            &environments,
            literal::whole_second(options.now),
        )
    });
    Ok(ShowReport {
        shown,
        diagnostics: opened.diagnostics,
        sources: opened.sources,
    })
}

fn shown_flag(
    opened: &Opened,
    flag: &Flag,
    environments: &[EnvironmentId],
    time: i64,
) -> ShownFlag {
    let source = opened.sources.get(flag.source);
    ShownFlag {
        flag: flag.key.to_string(),
        file: source.name().to_owned(),
        text: source.text().to_owned(),
        description: flag.description.clone(),
        owner: flag.owner.clone(),
        archived: flag
            .archived
            .as_ref()
            .map(|archived| archived.reason.clone()),
        depends_on: flag
            .depends_on
            .iter()
            .map(|d| (d.repository.clone(), d.flag.to_string()))
            .collect(),
        environments: environments
            .iter()
            .map(|id| shown(opened, flag, *id, time))
            .collect(),
    }
}

fn shown(opened: &Opened, flag: &Flag, id: EnvironmentId, time: i64) -> ShownEnvironment {
    let catalog = &opened.catalog;
    let resolved = resolve::resolve(catalog, flag, id, Moment::At(time));
    let shower = Shower { opened, flag };
    let kill = resolve::kill(catalog, flag, id).map(|kill| {
        let value = ShownKill {
            reason: kill.switch.reason.clone(),
            at: kill.switch.at,
            until: kill.switch.until,
        };
        shower.slot(
            value,
            Origin {
                environment: kill.environment,
                span: Some(kill.switch.span),
            },
        )
    });
    ShownEnvironment {
        name: catalog.environments.get(id).name.to_string(),
        cell: cell(catalog, flag, id, time),
        enabled: shower.slot(resolved.enabled.value, resolved.enabled.origin),
        killed: kill,
        rules: shower.slot(
            resolved
                .rules
                .value
                .iter()
                .map(|rule| shower.rule(rule))
                .collect(),
            resolved.rules.origin,
        ),
        serving: shower.slot(
            resolved
                .serving
                .value
                .map(|serving| shower.serving(&serving.what, serving.share)),
            resolved.serving.origin,
        ),
        default: shower.slot(
            flag.value(resolved.default.value).clone(),
            resolved.default.origin,
        ),
        default_variant: shower.variant(resolved.default.value),
        bucket_by: shower.slot(
            resolved.bucket_by.value.map(str::to_owned),
            resolved.bucket_by.origin,
        ),
    }
}

struct Shower<'s> {
    opened: &'s Opened,
    flag: &'s Flag,
}

impl Shower<'_> {
    fn slot<T>(&self, value: T, origin: Origin) -> ShownSlot<T> {
        let environment = origin
            .environment
            .map(|id| self.opened.catalog.environments.get(id).name.to_string());
        let place = origin.span.map(|span| {
            let position = self
                .opened
                .sources
                .start(Location::new(self.flag.source, span));
            (
                self.opened.sources.get(self.flag.source).name().to_owned(),
                position.line,
            )
        });
        ShownSlot {
            value,
            environment,
            place,
        }
    }

    fn variant(&self, serve: &Serve) -> Option<String> {
        match serve {
            Serve::Value(_) => None,
            Serve::Variant(id) => self
                .flag
                .variants
                .get(usize::from(id.0))
                .map(|variant| variant.key.to_string()),
        }
    }

    fn serving(&self, what: &What, share: Share) -> ShownServing {
        let (percentage, gradual) = match share {
            Share::All => (None, None),
            Share::Percentage(share) => (Some(share), None),
            Share::Gradual(gradual) => (None, Some(gradual)),
        };
        let mut shown = ShownServing {
            value: None,
            variant: None,
            split: None,
            percentage,
            gradual,
        };
        let named = |(id, weight): (crate::model::VariantId, u64)| {
            self.flag
                .variants
                .get(usize::from(id.0))
                .map(|variant| (variant.key.to_string(), weight))
        };
        match what {
            What::One(serve) => {
                shown.variant = self.variant(serve);
                shown.value = shown
                    .variant
                    .is_none()
                    .then(|| self.flag.value(serve).clone());
            }
            What::Split(weights) => {
                shown.split = Some(weights.iter().copied().filter_map(named).collect());
            }
            What::DefaultSplit => {
                shown.split = Some(self.flag.default_weights().filter_map(named).collect());
            }
        }
        shown
    }

    fn rule(&self, rule: &Rule) -> ShownRule {
        let conditions: Vec<_> = rule
            .conditions
            .iter()
            .map(crate::compile::condition)
            .collect();
        ShownRule {
            name: rule.name.to_string(),
            conditions: serde_json::to_value(conditions).unwrap_or_default(),
            serving: self.serving(&rule.serving.what, rule.serving.share),
            line: self
                .opened
                .sources
                .start(Location::new(self.flag.source, rule.span))
                .line,
        }
    }
}

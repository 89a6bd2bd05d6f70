//! The commit's message: a subject that says it all, the effects, and lines for programs.

use crate::diagnostic::join_names;
use crate::model::FlagKey;

use super::{Plan, Request, Verb};

/// How many names a subject lists.
const MAX_NAMES: usize = 3;

/// Returns the names of flags for a subject: few by name, many by number.
pub(super) fn listed(keys: &[String]) -> String {
    match keys {
        [] => "nothing".to_owned(),
        few if few.len() <= MAX_NAMES => few.join(", "),
        many => format!("{} flags", many.len()),
    }
}

/// Says which flags depend on one.
pub(super) fn depend_on(dependants: &[FlagKey], key: &str) -> String {
    let names: Vec<&str> = dependants.iter().map(FlagKey::as_str).collect();
    let verb = if names.len() == 1 {
        "depends"
    } else {
        "depend"
    };
    format!("{} {verb} on `{key}`", join_names(&names, "and"))
}

/// Returns the whole message of a plan's commit.
pub(super) fn commit(request: &Request, plan: &Plan) -> String {
    let mut message = format!("{}\n", plan.title);
    let lines: Vec<String> = plan
        .effects
        .iter()
        .flat_map(|effect| {
            effect.changes.iter().map(move |change| {
                format!(
                    "{} in {}: {}",
                    effect.flag, effect.environment, change.effect
                )
            })
        })
        .collect();
    if !lines.is_empty() {
        message.push_str(&format!("\n{}\n", lines.join("\n")));
    }
    message.push('\n');
    for (key, value) in trailers(request, plan) {
        message.push_str(&format!("{key}: {value}\n"));
    }
    message
}

fn trailers<'p>(request: &'p Request, plan: &'p Plan) -> Vec<(&'static str, String)> {
    let mut flags: Vec<&str> = Vec::new();
    let mut environments: Vec<&str> = request.environments.iter().map(String::as_str).collect();
    for effect in &plan.effects {
        if !flags.contains(&effect.flag.as_str()) {
            flags.push(&effect.flag);
        }
        if effect.is_named && !environments.contains(&effect.environment.as_str()) {
            environments.push(&effect.environment);
        }
    }
    if flags.is_empty() {
        let skipped = |key: &str| plan.skipped.iter().any(|skipped| skipped.flag == key);
        flags = request
            .flags
            .iter()
            .map(String::as_str)
            .filter(|key| !skipped(key))
            .collect();
    }
    let mut lines: Vec<(&'static str, String)> = Vec::new();
    lines.extend(flags.into_iter().map(|flag| ("Flag", flag.to_owned())));
    lines.extend(
        environments
            .into_iter()
            .map(|name| ("Environment", name.to_owned())),
    );
    lines.push(("Action", request.verb.name().to_owned()));
    if let Some(reason) = &request.reason {
        // A trailer is one line.
        let words: Vec<&str> = reason.split_whitespace().collect();
        lines.push(("Reason", words.join(" ")));
    }
    if matches!(request.verb, Verb::EmergencyDisable(_)) {
        lines.push(("Emergency", "true".to_owned()));
    }
    lines
}

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
pub(super) fn commit(request: &Request, plan: &Plan, written: &[&str]) -> String {
    let mut message = format!("{}\n", one_line(&plan.title));
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
    for (key, value) in trailers(request, plan, written) {
        message.push_str(&format!("{key}: {value}\n"));
    }
    message
}

/// What was typed may hold line breaks; a line of its own would be read as one of ours.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn trailers(request: &Request, plan: &Plan, written: &[&str]) -> Vec<(&'static str, String)> {
    let mut flags: Vec<&str> = written.to_vec();
    flags.dedup();
    let mut environments: Vec<&str> = request.environments.iter().map(String::as_str).collect();
    for effect in &plan.effects {
        if effect.is_named && !environments.contains(&effect.environment.as_str()) {
            environments.push(&effect.environment);
        }
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
        lines.push(("Reason", one_line(reason)));
    }
    if let Verb::Deploy(deploy) = &request.verb {
        lines.push(("Deployment-Id", deploy.id().to_owned()));
        lines.push(("Deployment-Phase", deploy.phase().name().to_owned()));
    }
    let own = plan.lines.iter();
    lines.extend(own.map(|(key, value)| (*key, one_line(value))));
    if matches!(request.verb, Verb::EmergencyDisable(_)) {
        lines.push(("Emergency", "true".to_owned()));
    }
    lines
}

//! What must be said before an environment is changed, and what is told about the time.

use jiff::Timestamp;

use crate::diagnostic::did_you_mean;
use crate::diff::ChangeKind;
use crate::model::{Catalog, Environment};
use crate::policy;

use super::super::UsageError;
use super::super::effects::Effect;
use super::{Request, Verb};

/// Refuses a change of which too little is said: to how many, why, and that it is meant.
pub(super) fn said(
    request: &Request,
    keys: &[String],
    catalog: &Catalog,
    effects: &[Effect],
) -> Result<(), UsageError> {
    known_confirmations(request, catalog)?;
    to_how_many(request, keys, effects)?;
    // A kill and its end want a reason, which their commands ask for, and no more; a new flag is
    // off, so that nobody is served anything else.
    if matches!(
        request.verb,
        Verb::EmergencyDisable(_) | Verb::Restore(_) | Verb::Create(_)
    ) {
        return Ok(());
    }
    let has_reason = request
        .reason
        .as_ref()
        .is_some_and(|why| !why.trim().is_empty());
    let guarded = effects.iter().find_map(|effect| {
        let environment = environment(catalog, effect)?;
        environment
            .rollback_protection
            .then_some(effect.environment.as_str())
            .filter(|name| !has_reason || !request.confirm.iter().any(|said| said == name))
    });
    let Some(name) = guarded else { return Ok(()) };
    let missing = match (has_reason, request.confirm.iter().any(|said| said == name)) {
        (false, false) => format!("`--reason TEXT` and `--confirm {name}`"),
        (false, true) => "`--reason TEXT`".to_owned(),
        _ => format!("`--confirm {name}`"),
    };
    Err(UsageError::new(
        format!("this changes {name}, which has rollback protection"),
        format!("add {missing}"),
    ))
}

/// Refuses a confirmation of an environment that does not exist.
fn known_confirmations(request: &Request, catalog: &Catalog) -> Result<(), UsageError> {
    let unknown = |name: &&String| catalog.environments.find(name).is_none();
    let Some(name) = request.confirm.iter().find(unknown) else {
        return Ok(());
    };
    Err(UsageError::new(
        format!("`--confirm` names `{name}`, and there is no such environment"),
        did_you_mean(name, catalog.environments.names()),
    ))
}

/// Refuses to expose more in a protected environment where it is left open to how many: of a flag
/// that is named, or of one that is enabled because it is needed.
fn to_how_many(request: &Request, keys: &[String], effects: &[Effect]) -> Result<(), UsageError> {
    if !matches!(request.verb, Verb::Enable { .. }) {
        return Ok(());
    }
    let exposes = |effect: &&Effect| {
        let quiet = [ChangeKind::Latent, ChangeKind::Reshuffle];
        effect.is_protected
            && effect
                .changes
                .iter()
                .any(|change| !quiet.contains(&change.kind))
    };
    for effect in effects.iter().filter(exposes) {
        let Effect {
            flag, environment, ..
        } = effect;
        let is_named = keys.contains(flag);
        if is_named && !request.verb.is_open_ended() {
            continue;
        }
        let hint = if is_named {
            "say to how many: `--percentage P`".to_owned()
        } else {
            format!("enable it by itself: `ffctl enable --flag {flag} --percentage P …`")
        };
        let message = format!(
            "`{flag}` would be exposed to more people in {environment}, which is protected, and it is not said to how many"
        );
        return Err(UsageError::new(message, hint));
    }
    Ok(())
}

/// Returns what should be known before the change is shipped.
pub(super) fn warnings(catalog: &Catalog, effects: &[Effect], now: Timestamp) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for effect in effects.iter().filter(|effect| !effect.changes.is_empty()) {
        let name = effect.environment.as_str();
        if told.contains(&name) {
            continue;
        }
        told.push(name);
        let Some(environment) = environment(catalog, effect) else {
            continue;
        };
        if let Some(freeze) = policy::freeze_at(environment, now) {
            let reason = freeze.reason.as_deref().map(|why| format!(" ({why})"));
            warnings.push(format!(
                "{name} is frozen until {}{}",
                freeze.to,
                reason.unwrap_or_default()
            ));
        } else if !policy::in_change_window(environment, now) {
            warnings.push(format!("now is outside of the change windows of {name}"));
        }
        if environment.approval_required {
            warnings.push(format!("changes of {name} need approval"));
        }
    }
    warnings
}

fn environment<'c>(catalog: &'c Catalog, effect: &Effect) -> Option<&'c Environment> {
    let id = catalog.environments.find(&effect.environment)?;
    Some(catalog.environments.get(id))
}

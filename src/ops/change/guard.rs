//! What must be said before an environment is changed, and what is told about the time.

use jiff::Timestamp;

use crate::diagnostic::did_you_mean;
use crate::diff::ChangeKind;
use crate::model::{Catalog, Environment};
use crate::policy;

use super::super::UsageError;
use super::super::effects::Effect;
use super::{Request, Verb};

/// The catalog before a change, and the one after it. What protects an environment in either holds
/// for the change: it may be what takes the protection away.
#[derive(Clone, Copy)]
pub(super) struct Sides<'c> {
    pub(super) before: &'c Catalog,
    pub(super) after: &'c Catalog,
}

impl<'c> Sides<'c> {
    /// Returns an environment before the change and after it, as far as it is there.
    fn named(self, name: &str) -> impl Iterator<Item = &'c Environment> {
        let of = |catalog: &'c Catalog| {
            let id = catalog.environments.find(name)?;
            Some(catalog.environments.get(id))
        };
        [of(self.after), of(self.before)].into_iter().flatten()
    }

    /// Returns the names of all environments, those that are gone at the end.
    fn names(self) -> Vec<&'c str> {
        let mut names: Vec<&str> = self.after.environments.names().collect();
        let before = self.before.environments.names();
        let gone: Vec<&str> = before.filter(|name| !names.contains(name)).collect();
        names.extend(gone);
        names
    }

    /// Returns the environments that lose a protection, or are gone with it.
    fn loosened(self) -> impl Iterator<Item = &'c Environment> {
        let before = self.before.environments.iter();
        before
            .map(|(_, environment)| environment)
            .filter(move |was| {
                let id = self.after.environments.find(was.name.as_str());
                let is = id.map(|id| self.after.environments.get(id));
                let keeps =
                    |protects: fn(&Environment) -> bool| !protects(was) || is.is_some_and(protects);
                !keeps(|one| one.rollback_protection) || !keeps(|one| one.approval_required)
            })
    }

    /// Returns the names of the environments that a change reaches or loosens, each once.
    fn touched<'e>(self, effects: impl Iterator<Item = &'e Effect>) -> Vec<&'e str>
    where
        'c: 'e,
    {
        let mut touched: Vec<&str> = Vec::new();
        let reached = effects.map(|effect| effect.environment.as_str());
        for name in reached.chain(self.loosened().map(|one| one.name.as_str())) {
            if !touched.contains(&name) {
                touched.push(name);
            }
        }
        touched
    }
}

/// Refuses a change of which too little is said: to how many, why, and that it is meant.
pub(super) fn said(
    request: &Request,
    keys: &[String],
    sides: Sides<'_>,
    effects: &[Effect],
) -> Result<(), UsageError> {
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
    let is_confirmed = |name: &str| request.confirm.iter().any(|said| said == name);
    let touched = sides.touched(effects.iter());
    let guarded = touched.into_iter().find(|name| {
        let mut found = sides.named(name);
        found.any(|one| one.rollback_protection) && !(has_reason && is_confirmed(name))
    });
    let Some(name) = guarded else { return Ok(()) };
    let missing = match (has_reason, is_confirmed(name)) {
        (false, false) => format!("`--reason TEXT` and `--confirm {name}`"),
        (false, true) => "`--reason TEXT`".to_owned(),
        _ => format!("`--confirm {name}`"),
    };
    Err(UsageError::new(
        format!("this changes {name}, which has rollback protection"),
        format!("add {missing}"),
    ))
}

/// Refuses a confirmation of an environment that exists neither before the change nor after it.
pub(super) fn known_confirmations(request: &Request, sides: Sides<'_>) -> Result<(), UsageError> {
    let unknown = |name: &&String| sides.named(name).next().is_none();
    let Some(name) = request.confirm.iter().find(unknown) else {
        return Ok(());
    };
    Err(UsageError::new(
        format!("`--confirm` names `{name}`, and there is no such environment"),
        did_you_mean(name, sides.names()),
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
pub(super) fn warnings(sides: Sides<'_>, effects: &[Effect], now: Timestamp) -> Vec<String> {
    let mut warnings = Vec::new();
    let changed = effects.iter().filter(|effect| !effect.changes.is_empty());
    for name in sides.touched(changed) {
        let found = || sides.named(name);
        if let Some(freeze) = found().find_map(|one| policy::freeze_at(one, now)) {
            let reason = freeze.reason.as_deref().map(|why| format!(" ({why})"));
            warnings.push(format!(
                "{name} is frozen until {}{}",
                freeze.to,
                reason.unwrap_or_default()
            ));
        } else if found().any(|one| !policy::in_change_window(one, now)) {
            warnings.push(format!("now is outside of the change windows of {name}"));
        }
        if found().any(|one| one.approval_required) {
            warnings.push(format!("changes of {name} need approval"));
        }
    }
    warnings
}

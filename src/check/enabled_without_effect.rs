//! `enabled-without-effect`: `enabled` is a master switch only. An entry of a boolean that writes
//! `enabled: true` and has nothing to serve but the off value looks like an enabled flag and is
//! none.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::model::{Catalog, EnvironmentId, Flag};
use crate::resolve::{self, Moment};
use crate::ruleset::ValueType;
use crate::text::{Location, Span};

use super::Subject;

pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for flag in subject
        .catalog
        .flags
        .values()
        .filter(|flag| flag.value_type == ValueType::Boolean)
    {
        let written = flag.entries.iter().flatten();
        for (id, entry) in written.filter(|(_, entry)| !entry.scalar) {
            let Some(enabled) = entry
                .slots
                .enabled
                .as_ref()
                .filter(|slot| slot.value == Some(true))
            else {
                continue;
            };
            if is_without_effect(subject.catalog, flag, *id)
                && is_sound(subject.catalog, flag, *id, diagnostics)
            {
                let environment = &subject.catalog.environments.get(*id).name;
                let message = format!(
                    "`{}` is enabled in {environment}, yet serves the off value to everybody",
                    flag.key
                );
                let finding = Diagnostic::new(
                    Code::EnabledWithoutEffect,
                    Location::new(flag.source, enabled.span),
                    message,
                );
                let help = if flag.variants.is_empty() {
                    format!(
                        "write `{environment}: true` for everybody, or add a `percentage` or rules"
                    )
                } else {
                    "add a `variant` or a `split` of variants, or rules".to_owned()
                };
                diagnostics.push(finding.help(help));
            }
        }
    }
}

/// Returns whether nothing that the environment's entry rests on is faulty: what was left out for
/// its faults may have been the effect.
fn is_sound(
    catalog: &Catalog,
    flag: &Flag,
    environment: EnvironmentId,
    diagnostics: &Diagnostics,
) -> bool {
    let chain = resolve::chain(catalog, flag, environment);
    let holds = |whole: Span, span: Span| whole.start <= span.start && span.end <= whole.end;
    let elsewhere = |span: Span| {
        let mut others = flag.entries.iter().flatten();
        others.any(|(id, entry)| !chain.contains(id) && holds(entry.whole, span))
    };
    let errors = diagnostics.iter().filter(|finding| {
        finding.severity == Severity::Error
            && finding.location.source == flag.source
            && finding.code != Code::EnabledWithoutEffect
    });
    errors
        .into_iter()
        .all(|finding| elsewhere(finding.location.span))
}

fn is_without_effect(catalog: &Catalog, flag: &Flag, environment: EnvironmentId) -> bool {
    let chain = resolve::chain(catalog, flag, environment);
    let scheduled = chain
        .into_iter()
        .filter_map(|id| flag.entry(id))
        .any(|entry| !entry.schedule.is_empty());
    let resolved = resolve::resolve(catalog, flag, environment, Moment::Beginning);
    !scheduled
        && resolved.rules.value.is_empty()
        && resolved.serving.value.is_none()
        && *resolved.default.value == flag.off
}

//! `protected-default`: a default environment that does not exist, or that is protected: a command
//! that names no environment must never reach production.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::text::Location;

use super::Subject;

pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let environments = &subject.catalog.environments;
    let Some(config) = subject.config else { return };
    let Some(default) = config
        .default_environment
        .as_ref()
        .filter(|_| !environments.is_empty())
    else {
        return;
    };
    let place = Location::new(config.source, default.span);
    match environments.find(&default.value) {
        None => {
            let message = format!("the default environment `{}` does not exist", default.value);
            let finding = Diagnostic::new(Code::UnknownEnvironment, place, message);
            diagnostics.push(
                finding
                    .maybe_help(did_you_mean(&default.value, environments.names()))
                    .maybe_help_else("`ffctl environments` lists them"),
            );
        }
        Some(id) if environments.get(id).is_protected() => {
            let environment = environments.get(id);
            let message = format!("the default environment `{}` is protected", default.value);
            let finding = Diagnostic::new(Code::ProtectedDefault, place, message)
                .related(
                    Location::new(environment.source, environment.span),
                    "protected here",
                )
                .help("name an environment where a slip harms nobody");
            diagnostics.push(finding);
        }
        Some(_) => {}
    }
}

//! `same-everywhere`: a flag without `environments` serves its rules and default in every
//! environment, production included, from the moment it exists.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::text::Location;

use super::Subject;

pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for flag in subject.catalog.flags.values() {
        if flag.entries.is_none() && flag.archived.is_none() {
            let message = format!(
                "`{}` has no `environments`, so it is the same in every environment",
                flag.key
            );
            let finding = Diagnostic::new(
                Code::SameEverywhere,
                Location::new(flag.source, flag.span),
                message,
            );
            diagnostics.push(finding.help("add an entry for each environment that should differ, or `environments: {}` to expose nothing"));
        }
    }
}

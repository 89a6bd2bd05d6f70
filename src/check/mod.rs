//! What `validate` finds in a sound catalog: one file for each check.
//!
//! A check looks at the whole [`Catalog`] and pushes findings; it changes nothing and reads no
//! clock of its own: `now` is an argument, and findings that come and go with it have codes marked
//! so. To add one: a file with a function of the form of the others, a line in `CHECKS`, a code
//! in [`crate::diagnostic::Code`], and a case under tests/cases/.

mod elapsed_schedule;
mod enabled_without_effect;
mod expired_kill_switch;
mod protected_default;
mod same_everywhere;

use jiff::Timestamp;

use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::model::Catalog;

/// What checks look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'c> {
    /// The catalog.
    pub catalog: &'c Catalog,
    /// The project's settings, where they could be read.
    pub config: Option<&'c Config>,
    /// The time of the findings that depend on it.
    pub now: Timestamp,
}

type Check = fn(&Subject<'_>, &mut Diagnostics);

const CHECKS: &[Check] = &[
    elapsed_schedule::check,
    enabled_without_effect::check,
    expired_kill_switch::check,
    protected_default::check,
    same_everywhere::check,
];

/// Runs every check.
pub fn run(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for check in CHECKS {
        check(subject, diagnostics);
    }
}

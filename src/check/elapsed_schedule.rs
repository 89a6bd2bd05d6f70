//! `elapsed-schedule`: a step whose time has come says no longer what will be, but what is; where
//! it switches on what the entry says is off, a reader is misled.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::literal;
use crate::text::Location;

use super::Subject;

pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    let now = literal::whole_second(subject.now);
    for flag in subject
        .catalog
        .flags
        .values()
        .filter(|flag| flag.archived.is_none())
    {
        for entry in flag.entries.iter().flat_map(|entries| entries.values()) {
            let elapsed = || entry.schedule.iter().filter(|step| step.at <= now);
            let off = entry
                .slots
                .enabled
                .as_ref()
                .filter(|slot| slot.value == Some(false));
            // Of the steps that have come, the last that sets the switch is the one in force.
            let switch = elapsed()
                .filter_map(|step| Some((step.at, step.set.enabled.as_ref()?)))
                .next_back()
                .filter(|(_, slot)| slot.value != Some(false));
            for step in elapsed() {
                let switches_on = switch.is_some_and(|(at, _)| at == step.at);
                let place = Location::new(flag.source, step.span);
                let code = Code::ElapsedSchedule;
                let finding = if let Some(off) = off.filter(|_| switches_on) {
                    let message = format!(
                        "this step of `{}` has come: the flag is on, though its entry says off",
                        flag.key
                    );
                    Diagnostic::new(code, place, message).related(
                        Location::new(flag.source, off.span),
                        "the entry itself says off",
                    )
                } else {
                    let message = format!("the time of this step of `{}` has come", flag.key);
                    Diagnostic::new(code, place, message)
                };
                diagnostics
                    .push(finding.help(
                        "fold the step into the entry: write its slots there, and remove it",
                    ));
            }
        }
    }
}

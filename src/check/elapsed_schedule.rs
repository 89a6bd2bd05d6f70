//! `elapsed-schedule`: a step whose time has come says no longer what will be, but what is; where
//! it switches on what the entry says is off, a reader is misled.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::literal;
use crate::model::{Entry, Flag};
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
            for step in entry.schedule.iter().filter(|step| step.at <= now) {
                let place = Location::new(flag.source, step.span);
                let mut finding =
                    Diagnostic::new(Code::ElapsedSchedule, place, message(flag, entry, step));
                if let Some(off) = entry
                    .slots
                    .enabled
                    .as_ref()
                    .filter(|slot| slot.value == Some(false))
                {
                    finding = finding.related(
                        Location::new(flag.source, off.span),
                        "the entry itself says off",
                    );
                }
                diagnostics
                    .push(finding.help(
                        "fold the step into the entry: write its slots there, and remove it",
                    ));
            }
        }
    }
}

fn message(flag: &Flag, entry: &Entry, step: &crate::model::Step) -> String {
    let said_off = entry
        .slots
        .enabled
        .as_ref()
        .is_some_and(|slot| slot.value == Some(false));
    let switched_on = step
        .set
        .enabled
        .as_ref()
        .is_some_and(|slot| slot.value != Some(false));
    if said_off && switched_on {
        format!(
            "this step of `{}` has come: the flag is on, though its entry says off",
            flag.key
        )
    } else {
        format!("the time of this step of `{}` has come", flag.key)
    }
}

//! `expired-kill-switch`: a kill switch is a measure of the moment; by `until` somebody decides how
//! to go on. The flag stays off.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::text::Location;

use super::Subject;

pub(super) fn check(subject: &Subject<'_>, diagnostics: &mut Diagnostics) {
    for flag in subject
        .catalog
        .flags
        .values()
        .filter(|flag| flag.archived.is_none())
    {
        let entries = flag.entries.iter().flat_map(|entries| entries.values());
        let switches = flag
            .kill_switch
            .iter()
            .chain(entries.filter_map(|entry| entry.kill_switch.as_ref()));
        for switch in switches.filter(|switch| switch.until < subject.now) {
            let owner = flag
                .owner
                .as_deref()
                .map_or_else(String::new, |owner| format!(" (owner: {owner})"));
            let message = format!(
                "the kill switch of `{}` was to be looked at by {}{owner}",
                flag.key, switch.until
            );
            let finding = Diagnostic::new(
                Code::ExpiredKillSwitch,
                Location::new(flag.source, switch.span),
                message,
            );
            diagnostics.push(finding.help(
                "take the switch away, turn the flag off for good, or write a later `until`",
            ));
        }
    }
}

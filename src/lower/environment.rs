//! environments.yaml to [`Environments`].

use jiff::civil::{Time, Weekday};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean, loop_path, near_names};
use crate::document::{Document, Member, View};
use crate::graph;
use crate::model::{ChangeWindow, Environment, EnvironmentId, Environments, Freeze};
use crate::text::Location;

use super::reader::{Reader, boolean, string, strings};
use super::{Scope, is_extension};

/// How many environments of a loop are pointed at.
const MAX_SHOWN_STEPS: usize = 20;

/// Reads environments.yaml. Parents that do not exist and loops are reported, and left out of what
/// is returned, so that inheritance always ends.
#[must_use]
pub fn environments(document: &Document<'_>, diagnostics: &mut Diagnostics) -> Environments {
    let scope = Scope::default();
    let mut reader = Reader {
        scope: &scope,
        diagnostics,
    };
    let mut environments = Environments::default();
    let mut read: Vec<(EnvironmentId, Member<'_>)> = Vec::new();
    let members = document
        .root()
        .get("environments")
        .into_iter()
        .flat_map(|view| view.entries());
    // Far more than the schema allows: what lies beyond has no number.
    let named = members
        .filter(|member| !is_extension(member.key))
        .take(usize::from(u16::MAX));
    for member in named {
        if let Some(environment) = reader.environment(member) {
            reader.clash(&environments, &environment);
            read.push((environments.add(environment), member));
        }
    }
    if let Some(list) = document.root().member("environments")
        && list.value.entries().len() > 0
        && list.value.entries().all(|member| is_extension(member.key))
    {
        reader.error(
            Code::InvalidValue,
            list.key_location(),
            "`environments` names no environment: keys that begin with `x-` are ignored",
            "name at least one: `production: {}`",
        );
    }
    for (id, member) in &read {
        reader.parent(&mut environments, *id, *member);
    }
    reader.loops(&mut environments);
    environments
}

impl Reader<'_> {
    fn environment(&mut self, member: Member<'_>) -> Option<Environment> {
        let view = member.value;
        let approval_required = boolean(view.get("approval_required")).unwrap_or_default();
        let approvals = view
            .get("required_approvals")
            .and_then(|view| view.as_number());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the schema bounds it by 1 and 100"
        )]
        let required_approvals = approvals
            .filter(|number| (1.0..=100.0).contains(number))
            .map_or(1, |number| number as u32);
        let windows = view
            .get("change_windows")
            .into_iter()
            .flat_map(|view| view.items());
        let freezes = view
            .get("freezes")
            .into_iter()
            .flat_map(|view| view.items());
        Some(Environment {
            name: Self::name(member.key)?,
            span: member.key_span,
            source: view.document().source(),
            parent: None,
            auto_sync: boolean(view.get("auto_sync")).unwrap_or_default(),
            description: string(view.get("description")),
            approval_required,
            approvers: strings(view.get("approvers")),
            required_approvals,
            change_windows: windows.filter_map(|window| self.window(window)).collect(),
            freezes: freezes.filter_map(|freeze| self.freeze(freeze)).collect(),
            rollback_protection: boolean(view.get("rollback_protection")).unwrap_or_default(),
            metadata: Self::metadata(view.get("metadata")),
        })
    }

    fn clash(&mut self, environments: &Environments, new: &Environment) {
        let same =
            |name: &str| name != new.name.as_str() && name.eq_ignore_ascii_case(new.name.as_str());
        if let Some((_, first)) = environments
            .iter()
            .find(|(_, environment)| same(environment.name.as_str()))
        {
            let message = format!(
                "the environments `{}` and `{}` differ in case only",
                first.name, new.name
            );
            let finding = Diagnostic::new(
                Code::NameClash,
                Location::new(new.source, new.span),
                message,
            )
            .related(Location::new(first.source, first.span), "the other one")
            .help("rename one of the two");
            self.report(finding);
        }
    }

    fn parent(&mut self, environments: &mut Environments, id: EnvironmentId, member: Member<'_>) {
        let parent = member
            .value
            .get("parent")
            .filter(|parent| !parent.is_null());
        if let Some(view) = parent
            && let Some(name) = view.as_str()
        {
            let found = environments.find(name);
            if found.is_none() {
                let others: Vec<&str> = environments
                    .names()
                    .filter(|other| *other != member.key)
                    .collect();
                let finding = Diagnostic::new(
                    Code::UnknownEnvironment,
                    view.location(),
                    format!("the parent `{name}` of `{}` does not exist", member.key),
                );
                self.report(
                    finding
                        .maybe_help(did_you_mean(name, others))
                        .maybe_help_else("define it, or write `parent: null`"),
                );
            }
            if let Some(environment) = environments.get_mut(id) {
                environment.parent = found;
            }
        }
        let auto_sync = member.value.member("auto_sync");
        if parent.is_none()
            && let Some(auto_sync) = auto_sync.filter(|sync| sync.value.as_bool() == Some(true))
        {
            self.error(
                Code::SyncWithoutParent,
                auto_sync.key_location(),
                format!(
                    "`{}` has `auto_sync: true` and no parent to follow",
                    member.key
                ),
                "name its parent, or write `auto_sync: false`",
            );
        }
    }

    fn loops(&mut self, environments: &mut Environments) {
        let ids: Vec<EnvironmentId> = environments.iter().map(|(id, _)| id).collect();
        let position = |id: EnvironmentId| ids.iter().position(|other| *other == id);
        let edges: Vec<Vec<usize>> = environments
            .iter()
            .map(|(_, environment)| environment.parent.and_then(position).into_iter().collect())
            .collect();
        for cycle in graph::cycles(&edges) {
            let members: Vec<EnvironmentId> = cycle
                .iter()
                .filter_map(|at| ids.get(*at))
                .copied()
                .collect();
            let Some(first) = members.first() else {
                continue;
            };
            let names: Vec<&str> = members
                .iter()
                .map(|id| environments.get(*id).name.as_str())
                .collect();
            let place = |id: EnvironmentId| {
                Location::new(environments.get(id).source, environments.get(id).span)
            };
            let message = format!("environments inherit in a loop: {}", loop_path(&names));
            let mut finding = Diagnostic::new(Code::EnvironmentCycle, place(*first), message)
                .help("give one of them another parent, or `parent: null`");
            for id in members.iter().skip(1).take(MAX_SHOWN_STEPS) {
                finding = finding.related(place(*id), "part of the loop");
            }
            self.report(finding);
            for id in members {
                if let Some(environment) = environments.get_mut(id) {
                    environment.parent = None;
                }
            }
        }
    }

    fn window(&mut self, view: View<'_>) -> Option<ChangeWindow> {
        let days: Vec<Weekday> = view
            .get("days")
            .into_iter()
            .flat_map(|days| days.items())
            .filter_map(|day| weekday(day.as_str()?))
            .collect();
        let start = view.get("start").and_then(|time| self.time_of_day(time));
        let end = view.get("end").and_then(|time| self.time_of_day(time));
        let timezone = view
            .get("timezone")
            .and_then(|zone| zone.as_str().map(|name| (zone, name)));
        if let Some((zone, name)) = timezone
            && jiff::tz::TimeZone::get(name).is_err()
        {
            let known: Vec<String> = jiff::tz::db()
                .available()
                .map(|name| name.to_string())
                .collect();
            let finding = Diagnostic::new(
                Code::InvalidTimeZone,
                zone.location(),
                format!("there is no time zone `{name}`"),
            );
            let near = near_names(name, known.iter().map(String::as_str));
            self.report(
                finding
                    .maybe_help(near)
                    .maybe_help_else("write an IANA name, like Europe/Rome or UTC"),
            );
        }
        let (start, end) = (start?, end?);
        if start == end {
            self.error(
                Code::InvalidWindow,
                view.location(),
                "a change window begins and ends at the same time",
                "for a whole day write \"00:00\" to \"24:00\"",
            );
        }
        let Some(start) = start else {
            self.error(
                Code::InvalidWindow,
                view.location(),
                "a change window cannot begin at 24:00",
                "write \"00:00\" of the next day",
            );
            return None;
        };
        Some(ChangeWindow {
            days,
            start,
            end,
            timezone: timezone.map_or("UTC", |(_, name)| name).to_owned(),
        })
    }

    /// The inner `None` is 24:00.
    #[expect(
        clippy::option_option,
        reason = "no time, and the end of the day, are two things"
    )]
    fn time_of_day(&mut self, view: View<'_>) -> Option<Option<Time>> {
        let text = view.as_str()?;
        let (hours, minutes) = text.split_once(':')?;
        if text.len() != 5 {
            return None;
        }
        let (hours, minutes): (i8, i8) = (hours.parse().ok()?, minutes.parse().ok()?);
        if (hours, minutes) == (24, 0) {
            return Some(None);
        }
        let time = Time::new(hours, minutes, 0, 0).ok();
        if time.is_none() {
            self.error(
                Code::InvalidWindow,
                view.location(),
                format!("`{text}` is not a time of day"),
                "write hours and minutes from \"00:00\" to \"24:00\"",
            );
        }
        time.map(Some)
    }

    fn freeze(&mut self, view: View<'_>) -> Option<Freeze> {
        let from = view.get("from").and_then(|from| self.date_time(from));
        let to = view.get("to").and_then(|to| self.date_time(to));
        let freeze = Freeze {
            from: from?,
            to: to?,
            reason: string(view.get("reason")),
        };
        if freeze.from >= freeze.to {
            let place = view
                .get("to")
                .map_or_else(|| view.location(), |to| to.location());
            self.error(
                Code::InvalidWindow,
                place,
                "a freeze ends before it begins",
                "write a `to` after `from`",
            );
        }
        Some(freeze)
    }
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

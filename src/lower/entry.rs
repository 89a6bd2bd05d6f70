//! An environment's entry: a scalar or a map, its slots, its schedule.

use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Member, View};
use crate::format::{ENTRY_KEYS, SERVING_KEYS};
use crate::literal;
use crate::model::{At, Entry, EntryServing, KillSwitch, Serve, Serving, Share, Slots, Step};
use crate::ruleset::ValueType;
use crate::text::Location;

use super::reader::{Reader, boolean, string};
use super::serving::FlagShape;

/// How long after it was thrown a kill switch must have been looked at, if it does not say.
const KILL_SWITCH_DAYS: i64 = 7;

/// A flag as far as its entries need to know it.
pub(super) struct Owner<'f> {
    pub(super) shape: &'f FlagShape,
    pub(super) default: Option<&'f Serve>,
}

impl Reader<'_> {
    /// Reads an entry. Returns `None` where what is written cannot stand.
    pub(super) fn entry(&mut self, member: Member<'_>, owner: &Owner<'_>) -> Option<Entry> {
        let view = member.value;
        let mut entry = Entry {
            span: member.key_span,
            whole: member.key_span.to(member.value.span()),
            ..Entry::default()
        };
        if !view.is_map() {
            // A list is no entry, and the schema said so.
            view.scalar()?;
            entry.scalar = true;
            entry.slots = self.scalar_slots(view, owner.shape)?;
            return Some(entry);
        }
        entry.slots = self.slots(view, owner);
        entry.schedule = self.schedule(view, owner);
        entry.kill_switch = view
            .member("kill_switch")
            .and_then(|member| self.kill_switch(member));
        entry.cut_off = boolean(view.get("inherit")) == Some(false);
        if boolean(view.get("inherit")) == Some(true) {
            let place = view
                .member("inherit")
                .map_or(member.key_location(), |inherit| inherit.key_location());
            self.error(
                Code::InvalidValue,
                place,
                "an entry inherits by itself",
                "remove `inherit`; `inherit: false` cuts it off",
            );
        }
        Some(entry)
    }

    /// `false` on a boolean is off; any other value is on, and the default for everybody.
    fn scalar_slots(&mut self, view: View<'_>, shape: &FlagShape) -> Option<Slots> {
        let span = view.span();
        let is_false = view.as_bool() == Some(false);
        if shape.variants.is_empty() && shape.value_type == ValueType::Boolean && is_false {
            return Some(Slots {
                enabled: Some(At::new(Some(false), span)),
                ..Slots::default()
            });
        }
        if is_false {
            self.error(
                Code::ScalarEntry,
                view.location(),
                "`false` turns off booleans without variants only",
                "write `{enabled: false}`",
            );
            return None;
        }
        let serve = if shape.variants.is_empty() {
            Serve::Value(self.value(view, shape.value_type)?)
        } else {
            Serve::Variant(self.variant(view, shape)?)
        };
        let serving = EntryServing {
            step: None,
            default: Some(serve),
        };
        Some(Slots {
            enabled: Some(At::new(Some(true), span)),
            serving: Some(At::new(Some(serving), span)),
            ..Slots::default()
        })
    }

    fn slots(&mut self, view: View<'_>, owner: &Owner<'_>) -> Slots {
        let enabled = view.member("enabled").map(|member| {
            // Nothing else than a boolean and null passed the schema.
            At::new(
                member.value.as_bool(),
                member.key_span.to(member.value.span()),
            )
        });
        let rules = view.member("targeting_rules").map(|member| {
            let rules = (!member.value.is_null()).then(|| self.rules(member.value, owner.shape));
            At::new(rules, member.key_span)
        });
        let bucket_by = view.member("bucket_by").map(|member| {
            At::new(
                self.bucket_by(Some(member.value)),
                member.key_span.to(member.value.span()),
            )
        });
        Slots {
            enabled,
            rules,
            serving: self.entry_serving(view, owner),
            bucket_by,
        }
    }

    fn entry_serving(
        &mut self,
        view: View<'_>,
        owner: &Owner<'_>,
    ) -> Option<At<Option<EntryServing>>> {
        let written: Vec<Member<'_>> = view
            .entries()
            .filter(|member| SERVING_KEYS.contains(&member.key))
            .collect();
        let first = written.first()?;
        let span = first.key_span.to(first.value.span());
        if let Some(percentage) = view
            .member("percentage")
            .filter(|member| member.value.is_null())
        {
            if let Some(other) = written.iter().find(|member| member.key != "percentage") {
                let message = format!(
                    "`percentage: null` means the flag's own serving, and excludes `{}`",
                    other.key
                );
                let finding = Diagnostic::new(Code::ConflictingKeys, other.key_location(), message)
                    .related(percentage.key_location(), "the other one")
                    .help("keep the one that is meant");
                self.report(finding);
            }
            return Some(At::new(None, span));
        }
        let default = self.entry_default(view, owner.shape);
        let what = self.what(view, owner.shape);
        let share = self.share(view);
        let step = match (what, share) {
            (None, None) => None,
            (what, share) => {
                let what = what.unwrap_or_else(|| self.implied_what(view, owner.shape, "entry"));
                let share = share.unwrap_or(Some(Share::All));
                what.zip(share).map(|(what, share)| Serving { what, share })
            }
        };
        if let (Some(step), Some(default)) = (&step, default.as_ref().or(owner.default)) {
            self.share_with_effect(view, step, default, owner.shape);
        }
        Some(At::new(Some(EntryServing { step, default }), span))
    }

    fn entry_default(&mut self, view: View<'_>, shape: &FlagShape) -> Option<Serve> {
        let variant = view.member("default_variant");
        let value = view.member("default_value");
        if shape.variants.is_empty() {
            if let Some(variant) = variant {
                self.error(
                    Code::UnknownVariant,
                    variant.key_location(),
                    "this flag lists no variants",
                    "write `default_value:`",
                );
            }
            return value
                .and_then(|member| self.value(member.value, shape.value_type))
                .map(Serve::Value);
        }
        if let Some(value) = value {
            self.error(
                Code::RawValueWithVariants,
                value.key_location(),
                "this flag lists variants, so its defaults are variants too",
                "write `default_variant:` and the variant's key",
            );
        }
        variant
            .and_then(|member| self.variant(member.value, shape))
            .map(Serve::Variant)
    }

    fn share_with_effect(
        &mut self,
        view: View<'_>,
        step: &Serving,
        default: &Serve,
        shape: &FlagShape,
    ) {
        if !step.share.is_partial() || step.what.single(&shape.variants).as_ref() != Some(default) {
            return;
        }
        let key = view.member("percentage").or_else(|| view.member("gradual"));
        let place = key.map_or_else(|| view.location(), |member| member.key_location());
        let shown = match default {
            Serve::Value(value) => value.to_string(),
            Serve::Variant(id) => shape
                .variants
                .get(usize::from(id.0))
                .map(|variant| variant.key.to_string())
                .unwrap_or_default(),
        };
        let default_key = if shape.variants.is_empty() {
            "default_value"
        } else {
            "default_variant"
        };
        self.error(
            Code::ShareWithoutEffect,
            place,
            format!("those inside the share get `{shown}`, and so do those outside"),
            format!(
                "write what the others get as `{default_key}:` beside it, or serve something else"
            ),
        );
    }

    fn schedule(&mut self, view: View<'_>, owner: &Owner<'_>) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut last: Option<(jiff::Timestamp, Location)> = None;
        let items = view
            .get("schedule")
            .into_iter()
            .flat_map(|view| view.items());
        for item in items {
            let at = item.get("at");
            let moment = at.and_then(|at| self.date_time(at).map(|moment| (at, moment)));
            let set = item.get("set").filter(View::is_map);
            let slots = set.map(|set| self.step_slots(set, owner));
            let (Some((place, moment)), Some(set)) = (moment, slots) else {
                continue;
            };
            if let Some((_, before)) = last.filter(|(before, _)| *before >= moment) {
                let finding = Diagnostic::new(
                    Code::ScheduleOrder,
                    place.location(),
                    "this step is not after the one before it",
                )
                .related(before, "the step before")
                .help("write the steps in order of time");
                self.report(finding);
                continue;
            }
            last = Some((moment, place.location()));
            let at = literal::second_reaching(moment);
            steps.push(Step {
                at,
                span: place.span(),
                set,
            });
        }
        steps
    }

    fn step_slots(&mut self, set: View<'_>, owner: &Owner<'_>) -> Slots {
        let slots = self.slots(set, owner);
        let mut own = set.entries().map(|member| super::is_extension(member.key));
        if own.len() > 0 && own.all(|own| own) {
            let help = "write what changes: `enabled`, `percentage`, `targeting_rules`, …";
            self.error(
                Code::InvalidValue,
                set.location(),
                "this step sets no slot",
                help,
            );
        }
        slots
    }

    /// Reads a kill switch. It is in force by standing there: a time that cannot be read leaves it
    /// in force.
    pub(super) fn kill_switch(&mut self, member: Member<'_>) -> Option<KillSwitch> {
        let view = member.value;
        if !view.is_map() {
            return None;
        }
        let at = view.get("at").and_then(|at| self.date_time(at));
        let until = view
            .get("until")
            .and_then(|until| self.date_time(until).map(|moment| (until, moment)));
        if let (Some(at), Some((place, until))) = (at, until)
            && until < at
        {
            self.error(
                Code::InvalidTime,
                place.location(),
                "`until` lies before `at`",
                "write when somebody must have looked",
            );
        }
        let week = jiff::SignedDuration::from_hours(24 * KILL_SWITCH_DAYS);
        let a_week_later = at.and_then(|at| at.checked_add(week).ok());
        // Times that were told to be wrong do not expire on top of it.
        let until = until
            .map(|(_, moment)| moment)
            .filter(|until| at.is_none_or(|at| *until >= at))
            .or(a_week_later)
            .unwrap_or(jiff::Timestamp::MAX);
        Some(KillSwitch {
            reason: string(view.get("reason")).unwrap_or_default(),
            at: at.unwrap_or(jiff::Timestamp::UNIX_EPOCH),
            until,
            by: string(view.get("by")),
            span: member.key_span,
        })
    }

    /// A json flag's value stands under `default_value:`; a bare map or list is no entry. What the
    /// schema said of its keys is replaced by one plain finding.
    pub(super) fn bare_json_entry(&mut self, member: Member<'_>, shape: &FlagShape) -> bool {
        let view = member.value;
        let foreign = view.is_map()
            && view.entries().len() > 0
            && view.entries().any(|member| {
                !ENTRY_KEYS.contains(&member.key) && !super::is_extension(member.key)
            });
        if shape.value_type != ValueType::Json
            || !shape.variants.is_empty()
            || !(foreign || view.is_list())
        {
            return false;
        }
        let inside = member.key_span.to(view.span());
        self.diagnostics.retain_mut(|finding| {
            let at = finding.location.span;
            // What is wrong with the text itself stays.
            let of_text = matches!(
                finding.code,
                Code::DuplicateKey
                    | Code::MergeKey
                    | Code::NonStringKey
                    | Code::UnsupportedTag
                    | Code::Yaml11Scalar
            );
            !(!of_text
                && finding.location.source == view.document().source()
                && at.start >= inside.start
                && at.end <= inside.end)
        });
        let what = if view.is_list() { "list" } else { "map" };
        self.error(
            Code::ScalarEntry,
            member.key_location(),
            format!("a bare {what} is not an entry: it could be slots or a value"),
            format!(
                "write the value under `default_value:` ({{default_value: {}}})",
                if view.is_list() { "[…]" } else { "{…}" }
            ),
        );
        true
    }
}

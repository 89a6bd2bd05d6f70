//! A flag's file to a [`Flag`].

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::document::{Document, Member, Scalar, View};
use crate::model::{
    Archived, At, Entry, EnvironmentId, Flag, FlagKey, FlagKind, Lifecycle, Name, Serve, Variant,
    VariantId,
};
use crate::ruleset::ValueType;
use crate::text::{Location, Span};

use super::entry::Owner;
use super::reader::{Reader, boolean, string, strings};
use super::serving::FlagShape;
use super::{Scope, is_extension};

/// Reads a flag's file. Returns `None` where there is no type or no default to go by; everything
/// else that is wrong is reported and left out.
#[must_use]
pub fn flag(
    document: &Document<'_>,
    key: &FlagKey,
    scope: &Scope,
    diagnostics: &mut Diagnostics,
) -> Option<Flag> {
    let mut reader = Reader { scope, diagnostics };
    let root = document.root();
    reader.flag_id(root, key);
    let mut shape = FlagShape::of(reader.value_type(root)?);
    reader.variants(root, &mut shape);
    let default = reader.default(root, &shape);
    let off = reader.off(root, &shape, default.as_ref().map(|default| &default.value));
    let owner = Owner {
        shape: &shape,
        default: default.as_ref().map(|default| &default.value),
    };
    let entries = root
        .member("environments")
        .map(|member| reader.entries(member, &owner));
    let rules = root
        .member("targeting_rules")
        .filter(|member| member.value.is_list());
    let rules = rules.map_or(At::new(Vec::new(), Span::default()), |member| {
        At::new(reader.rules(member.value, &shape), member.key_span)
    });
    let bucket_by = reader.bucket_by(root.get("bucket_by"));
    let lifecycle = root
        .get("lifecycle")
        .map_or_else(Lifecycle::default, |view| reader.lifecycle(view, &shape));
    let kill_switch = root
        .member("kill_switch")
        .and_then(|member| reader.kill_switch(member));
    let archived = root
        .member("archived")
        .and_then(|member| reader.archived(member));
    reader.tests(root.get("tests"));
    let head = root
        .entries()
        .next()
        .map_or(root.span(), |member| member.key_span);
    Some(Flag {
        key: key.clone(),
        source: document.source(),
        span: head,
        value_type: shape.value_type,
        description: string(root.get("description")),
        owner: string(root.get("owner")),
        tags: strings(root.get("tags")),
        lifecycle,
        default: default?,
        off: off?,
        salt: string(root.get("salt")),
        bucket_by,
        depends_on: Reader::dependencies(root.get("depends_on")),
        rules,
        entries,
        kill_switch,
        killable: boolean(root.get("killable")).unwrap_or_default(),
        promotable: boolean(root.get("promotable")).unwrap_or(true),
        client_side: boolean(root.get("client_side")).unwrap_or_default(),
        archived,
        metadata: Reader::metadata(root.get("metadata")),
        variants: shape.variants,
    })
}

impl Reader<'_> {
    fn flag_id(&mut self, root: View<'_>, key: &FlagKey) {
        let Some(view) = root.get("flag_id") else {
            return;
        };
        if let Some(id) = view.as_str()
            && id != key.as_str()
        {
            let message = format!("`flag_id` is `{id}`, but the file is called `{key}`");
            self.error(
                Code::KeyMismatch,
                view.location(),
                message,
                "rename one of the two, or remove `flag_id`",
            );
        }
    }

    /// The written type, or that of the default.
    fn value_type(&mut self, root: View<'_>) -> Option<ValueType> {
        let written = root.get("type").and_then(|view| view.as_str());
        match written {
            Some("boolean") => return Some(ValueType::Boolean),
            Some("string") => return Some(ValueType::String),
            Some("integer") => return Some(ValueType::Integer),
            Some("number") => return Some(ValueType::Number),
            Some("json") => return Some(ValueType::Json),
            // A type that does not exist was told by then; the rest is read by the default's.
            _ => {}
        }
        if let Some(variants) = root.get("variants") {
            let name = root.get("default_variant").and_then(|view| view.as_str());
            let default = variants
                .items()
                .find(|variant| variant.get("key").and_then(|key| key.as_str()) == name);
            let value = default
                .or_else(|| variants.items().next())
                .and_then(|variant| variant.get("value"));
            return value.and_then(type_of);
        }
        let Some(default) = root.get("default_value") else {
            if root.has("type") {
                self.default(root, &FlagShape::of(ValueType::Boolean));
                return None;
            }
            let place = root
                .entries()
                .next()
                .map_or_else(|| root.location(), |member| member.key_location());
            self.error(
                Code::MissingKey,
                place,
                "the flag has no `default_value`",
                "add `default_value:`, what is served where nothing else decides",
            );
            return None;
        };
        if default.is_null() {
            self.value(default, ValueType::Boolean);
        }
        type_of(default)
    }

    fn variants(&mut self, root: View<'_>, shape: &mut FlagShape) {
        let Some(list) = root.member("variants") else {
            return;
        };
        let mut places: HashMap<String, (&str, Location)> = HashMap::new();
        // Far more than the schema allows: what lies beyond has no number.
        for item in list.value.items().take(usize::from(u16::MAX)) {
            let Some(key) = item.get("key") else { continue };
            let Some(text) = key.as_str() else { continue };
            if is_extension(text) {
                self.error(
                    Code::ReservedName,
                    key.location(),
                    format!("a variant cannot be called `{text}`"),
                    "names that begin with `x-` are ignored by the format",
                );
            }
            let taken = places.entry(text.to_ascii_lowercase());
            if let Slot::Occupied(first) = &taken {
                let (first, place) = first.get();
                let finding = Diagnostic::new(
                    Code::NameClash,
                    key.location(),
                    format!("the variant name `{text}` is taken by `{first}`"),
                )
                .related(*place, "the other one")
                .help("rename one of the two");
                self.report(finding);
            }
            taken.or_insert((text, key.location()));
            let value = item
                .get("value")
                .and_then(|value| self.value(value, shape.value_type));
            let weight = item.get("weight").map(|weight| self.weight(weight));
            let Ok(key) = Name::new(text) else { continue };
            shape.variants.push(Variant {
                key,
                value: value.unwrap_or_default(),
                weight: weight.map(Option::unwrap_or_default),
                span: item.span(),
            });
        }
        let weighted = shape
            .variants
            .iter()
            .filter(|variant| variant.weight.is_some())
            .count();
        if weighted != 0 && weighted != shape.variants.len() {
            self.error(
                Code::InvalidWeights,
                list.key_location(),
                "some variants have a weight and some have none",
                "give all variants a weight, or none",
            );
        } else if weighted != 0
            && shape
                .variants
                .iter()
                .all(|variant| variant.weight == Some(0))
        {
            self.error(
                Code::InvalidWeights,
                list.key_location(),
                "the variants' weights sum to zero",
                "give at least one variant a weight above 0",
            );
        }
    }

    fn default(&mut self, root: View<'_>, shape: &FlagShape) -> Option<At<Serve>> {
        let value = root.member("default_value");
        let variant = root.member("default_variant");
        let head = || {
            root.entries()
                .next()
                .map_or_else(|| root.location(), |member| member.key_location())
        };
        if shape.variants.is_empty() {
            if let Some(variant) = variant
                && !root.has("variants")
            {
                self.error(
                    Code::UnknownVariant,
                    variant.key_location(),
                    "the flag lists no variants",
                    "write `default_value:`, or list `variants`",
                );
            }
            let Some(member) = value else {
                // Without `type` the missing default was told when the type was looked for.
                if root.has("type") && !root.has("variants") && variant.is_none() {
                    self.error(
                        Code::MissingKey,
                        head(),
                        "the flag has no `default_value`",
                        "add `default_value:`, what is served where nothing else decides",
                    );
                }
                return None;
            };
            let serve = Serve::Value(self.value(member.value, shape.value_type)?);
            return Some(At::new(serve, member.key_span.to(member.value.span())));
        }
        if let Some(value) = value {
            self.error(
                Code::RawValueWithVariants,
                value.key_location(),
                "the flag lists variants, so its default is one of them",
                "write `default_variant:` and the variant's key instead",
            );
        }
        let Some(member) = variant else {
            if value.is_none() {
                self.error(
                    Code::MissingKey,
                    head(),
                    "the flag has variants and no `default_variant`",
                    "add `default_variant:`, what is served where nothing else decides",
                );
            }
            return None;
        };
        let serve = Serve::Variant(self.variant(member.value, shape)?);
        Some(At::new(serve, member.key_span.to(member.value.span())))
    }

    fn off(&mut self, root: View<'_>, shape: &FlagShape, default: Option<&Serve>) -> Option<Serve> {
        let value = root.member("off_value");
        let variant = root.member("off_variant");
        if shape.variants.is_empty() {
            if let Some(variant) = variant {
                self.error(
                    Code::UnknownVariant,
                    variant.key_location(),
                    "the flag lists no variants",
                    "write `off_value:`",
                );
            }
            if let Some(member) = value {
                return self.value(member.value, shape.value_type).map(Serve::Value);
            }
            return match shape.value_type {
                ValueType::Boolean => Some(Serve::Value(Value::Bool(false))),
                _ => default.cloned(),
            };
        }
        if let Some(value) = value {
            self.error(
                Code::RawValueWithVariants,
                value.key_location(),
                "the flag lists variants, so its off value is one of them",
                "write `off_variant:` and the variant's key",
            );
        }
        if let Some(member) = variant {
            return self.variant(member.value, shape).map(Serve::Variant);
        }
        if shape.value_type != ValueType::Boolean {
            return default.cloned();
        }
        let mut off = (0..=u16::MAX)
            .zip(&shape.variants)
            .filter(|(_, variant)| variant.value == Value::Bool(false));
        match (off.next(), off.next()) {
            (Some((at, _)), None) => Some(Serve::Variant(VariantId(at))),
            (first, _) => {
                let place = root
                    .member("variants")
                    .map_or_else(|| root.location(), |member| member.key_location());
                let how_many = if first.is_none() {
                    "no variant of this boolean serves"
                } else {
                    "several variants of this boolean serve"
                };
                self.error(
                    Code::AmbiguousOffVariant,
                    place,
                    format!("{how_many} `false`, so its off variant cannot be told"),
                    "add `off_variant:`, what a disabled or killed flag serves",
                );
                None
            }
        }
    }

    fn entries(
        &mut self,
        member: Member<'_>,
        owner: &Owner<'_>,
    ) -> BTreeMap<EnvironmentId, Box<Entry>> {
        // Whatever else stands there was told: the flag is not the same everywhere for it.
        let mut entries = BTreeMap::new();
        for member in member
            .value
            .entries()
            .filter(|member| !is_extension(member.key))
        {
            let id = self.entry_environment(member);
            if self.bare_json_entry(member, owner.shape) || member.value.is_null() {
                continue;
            }
            if let (Some(id), Some(entry)) = (id, self.entry(member, owner)) {
                entries.insert(id, Box::new(entry));
            }
        }
        entries
    }

    fn entry_environment(&mut self, member: Member<'_>) -> Option<EnvironmentId> {
        let environments = self.scope.environments.as_ref()?;
        let found = environments.find(member.key);
        if found.is_none() && Name::new(member.key).is_ok() {
            let message = format!("environments.yaml has no environment `{}`", member.key);
            let finding = Diagnostic::new(Code::UnknownEnvironment, member.key_location(), message);
            self.report(
                finding
                    .maybe_help(did_you_mean(member.key, environments.names()))
                    .maybe_help_else("add it there, or remove the entry"),
            );
        }
        found
    }

    fn lifecycle(&mut self, view: View<'_>, shape: &FlagShape) -> Lifecycle {
        let created = view.get("created").and_then(|date| self.date(date));
        let expires = view
            .get("expires")
            .and_then(|date| self.date(date).map(|day| At::new(day, date.span())));
        let keep = view
            .get("completed")
            .and_then(|completed| completed.get("keep"));
        let completed = keep.and_then(|keep| {
            if shape.variants.is_empty() {
                self.value(keep, shape.value_type).map(Serve::Value)
            } else {
                // The schema lets any value stand here.
                if keep.is_null() || keep.scalar().is_none() {
                    let message = format!(
                        "this flag lists variants, and {} is not the name of one",
                        keep.describe()
                    );
                    self.error(
                        Code::RawValueWithVariants,
                        keep.location(),
                        message,
                        "write the key of the variant that stays",
                    );
                }
                self.variant(keep, shape).map(Serve::Variant)
            }
        });
        if let (Some(created), Some(expires)) = (created, expires)
            && expires.value < created
        {
            let place = Location::new(view.document().source(), expires.span);
            self.error(
                Code::InvalidTime,
                place,
                "the flag expires before it was created",
                "write a later `expires`",
            );
        }
        let kind = view
            .get("kind")
            .and_then(|kind| kind.as_str())
            .and_then(FlagKind::from_name);
        Lifecycle {
            kind,
            created,
            expires,
            completed,
        }
    }

    fn archived(&mut self, member: Member<'_>) -> Option<Archived> {
        let view = member.value;
        if !view.is_map() {
            return None;
        }
        // Archived by standing there, like a kill switch: a bad date does not bring the flag back.
        let at = view
            .get("at")
            .and_then(|at| self.moment(at))
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Some(Archived {
            at,
            reason: string(view.get("reason")).unwrap_or_default(),
            span: member.key_span,
        })
    }

    /// Flag tests are read by the command that runs them; what they name must exist all the same.
    fn tests(&mut self, view: Option<View<'_>>) {
        for test in view.into_iter().flat_map(|view| view.items()) {
            if let (Some(environments), Some(place)) =
                (&self.scope.environments, test.get("environment"))
                && let Some(name) = place.as_str()
                && environments.find(name).is_none()
            {
                let finding = Diagnostic::new(
                    Code::UnknownEnvironment,
                    place.location(),
                    format!("environments.yaml has no environment `{name}`"),
                );
                self.report(
                    finding
                        .maybe_help(did_you_mean(name, environments.names()))
                        .maybe_help_else("`ffctl environments` lists them"),
                );
            }
            if let Some(at) = test.get("at") {
                self.date_time(at);
            }
        }
    }
}

fn type_of(view: View<'_>) -> Option<ValueType> {
    match view.scalar() {
        Some(Scalar::Boolean(_)) => Some(ValueType::Boolean),
        Some(Scalar::String(_)) => Some(ValueType::String),
        Some(Scalar::Integer(_) | Scalar::Float(_)) => Some(ValueType::Number),
        Some(Scalar::Null) => None,
        None => Some(ValueType::Json),
    }
}

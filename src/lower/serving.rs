//! What is served and to how many: the same words in a rule, an entry and a schedule step.

use std::collections::HashMap;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::document::{Member, Scalar, View, to_json};
use crate::literal;
use crate::model::{Name, Rule, Serve, Serving, Share, Variant, VariantId, What};
use crate::ruleset::{Gradual, POSITIONS, ValueType};
use crate::text::Location;

use super::is_extension;
use super::reader::{Reader, boolean};

/// What a flag's servings may name: its type, and its variants if it lists any.
pub(super) struct FlagShape {
    pub(super) value_type: ValueType,
    pub(super) variants: Vec<Variant>,
}

impl FlagShape {
    /// Returns the shape of a flag without variants.
    pub(super) fn of(value_type: ValueType) -> Self {
        Self {
            value_type,
            variants: Vec::new(),
        }
    }

    pub(super) fn has_weights(&self) -> bool {
        self.variants
            .first()
            .is_some_and(|variant| variant.weight.is_some())
    }

    fn find(&self, name: &str) -> Option<VariantId> {
        let at = self
            .variants
            .iter()
            .position(|variant| variant.key.as_str() == name)?;
        u16::try_from(at).ok().map(VariantId)
    }
}

/// Returns the type's name with an article, for messages.
pub(super) fn type_name(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::Boolean => "a boolean",
        ValueType::String => "a string",
        ValueType::Integer => "an integer",
        ValueType::Number => "a number",
        ValueType::Json => "a map or a list",
    }
}

impl Reader<'_> {
    /// Reads a value of the flag's type, or reports that it is none.
    pub(super) fn value(&mut self, view: View<'_>, value_type: ValueType) -> Option<Value> {
        let fits = matches!(
            (value_type, view.scalar()),
            (ValueType::Boolean, Some(Scalar::Boolean(_)))
                | (ValueType::String, Some(Scalar::String(_)))
                | (ValueType::Integer, Some(Scalar::Integer(_)))
                | (
                    ValueType::Number,
                    Some(Scalar::Integer(_) | Scalar::Float(_))
                )
                | (ValueType::Json, None)
        );
        if fits {
            return Some(to_json(view));
        }
        let wanted = type_name(value_type);
        let (message, help) = match view.scalar() {
            Some(Scalar::Null) => (
                "a flag's value is never null".to_owned(),
                format!("write {wanted}, or leave the key out"),
            ),
            Some(Scalar::Float(_)) if value_type == ValueType::Integer => (
                format!(
                    "`{}` is not an integer: those are written without fraction and exponent",
                    view.raw()
                ),
                "round it, or make the flag's type `number`".to_owned(),
            ),
            Some(_) if value_type == ValueType::String => (
                format!(
                    "the flag's values are strings, but `{}` is {}",
                    view.raw(),
                    view.describe()
                ),
                format!("put it in quotes: \"{}\"", view.raw()),
            ),
            _ => (
                format!(
                    "the flag's values are of type {}, but this is {}",
                    value_type.name(),
                    view.describe()
                ),
                format!("write {wanted}, or change the flag's `type`"),
            ),
        };
        self.error(Code::ValueTypeMismatch, view.location(), message, help);
        None
    }

    /// Reads the name of a variant, or reports that the flag has none of that name.
    pub(super) fn variant(&mut self, view: View<'_>, shape: &FlagShape) -> Option<VariantId> {
        let Some(name) = view.as_str() else {
            if view.scalar().is_some() && !view.is_null() {
                let message = format!(
                    "this flag lists variants, and `{}` is not the name of one",
                    view.raw()
                );
                self.report(
                    Diagnostic::new(Code::RawValueWithVariants, view.location(), message)
                        .maybe_help(known_variants(shape, view.raw())),
                );
            }
            return None;
        };
        let found = shape.find(name);
        if found.is_none() {
            let finding = Diagnostic::new(
                Code::UnknownVariant,
                view.location(),
                format!("the flag has no variant `{name}`"),
            );
            self.report(finding.maybe_help(known_variants(shape, name)));
        }
        found
    }

    /// Reads `value`, `variant` and `split`, of which one at most is written. Returns the outer
    /// `None` where nothing is written, the inner where what is written cannot stand.
    #[expect(
        clippy::option_option,
        reason = "not written, and written but not usable, are two things"
    )]
    pub(super) fn what(&mut self, view: View<'_>, shape: &FlagShape) -> Option<Option<What>> {
        let written: Vec<Member<'_>> = ["value", "variant", "split"]
            .into_iter()
            .filter_map(|key| view.member(key))
            .collect();
        let first = written.first()?;
        if let Some(second) = written.get(1) {
            let message = format!("`{}` and `{}` exclude each other", first.key, second.key);
            let finding = Diagnostic::new(Code::ConflictingKeys, second.key_location(), message)
                .related(first.key_location(), "the other one")
                .help("keep the one that is meant");
            self.report(finding);
            return Some(None);
        }
        Some(match (first.key, shape.variants.is_empty()) {
            ("value", true) => self
                .value(first.value, shape.value_type)
                .map(Serve::Value)
                .map(What::One),
            ("value", false) => {
                let finding = Diagnostic::new(
                    Code::RawValueWithVariants,
                    first.key_location(),
                    "this flag lists variants, so it serves them by name",
                );
                self.report(finding.help("write `variant:` and the variant's key"));
                None
            }
            (key, true) => {
                let message = format!("this flag lists no variants for `{key}` to name");
                self.error(
                    Code::UnknownVariant,
                    first.key_location(),
                    message,
                    "write `value:`, or list `variants`",
                );
                None
            }
            ("variant", false) => self
                .variant(first.value, shape)
                .map(Serve::Variant)
                .map(What::One),
            _ => self.split(first.value, shape),
        })
    }

    fn split(&mut self, view: View<'_>, shape: &FlagShape) -> Option<What> {
        if view.as_str() == Some("default") {
            if !shape.has_weights() {
                self.error(
                    Code::InvalidWeights,
                    view.location(),
                    "`split: default` takes the variants' weights, and they have none",
                    "give every variant a `weight`, or write the weights here",
                );
                return None;
            }
            return Some(What::DefaultSplit);
        }
        // The schema has reported a split that is no map, or an empty one.
        if view.entries().len() == 0 {
            return None;
        }
        let mut weights = Vec::new();
        for member in view.entries() {
            let variant = shape.find(member.key);
            if variant.is_none() {
                let finding = Diagnostic::new(
                    Code::UnknownVariant,
                    member.key_location(),
                    format!("the flag has no variant `{}`", member.key),
                );
                self.report(finding.maybe_help(known_variants(shape, member.key)));
            }
            let weight = self.weight(member.value);
            if let (Some(variant), Some(weight)) = (variant, weight) {
                weights.push((variant, weight));
            }
        }
        if weights.len() == view.entries().len() && weights.iter().all(|(_, weight)| *weight == 0) {
            self.error(
                Code::InvalidWeights,
                view.location(),
                "the weights of a split sum to zero",
                "give at least one variant a weight above 0",
            );
            return None;
        }
        weights.sort_unstable();
        (!weights.is_empty()).then(|| What::Split(weights.into()))
    }

    /// Reads `percentage` and `gradual`, of which one at most is written. Returns the outer `None`
    /// where nothing is written, the inner where what is written cannot stand.
    #[expect(
        clippy::option_option,
        reason = "not written, and written but not usable, are two things"
    )]
    pub(super) fn share(&mut self, view: View<'_>) -> Option<Option<Share>> {
        match (view.member("percentage"), view.member("gradual")) {
            (None, None) => None,
            (Some(percentage), None) => {
                Some(self.percentage(percentage.value).map(Share::Percentage))
            }
            (None, Some(gradual)) => Some(self.gradual(gradual.value).map(Share::Gradual)),
            (Some(percentage), Some(gradual)) => {
                let finding = Diagnostic::new(
                    Code::ConflictingKeys,
                    gradual.key_location(),
                    "`percentage` and `gradual` exclude each other",
                )
                .related(percentage.key_location(), "the other one")
                .help("keep the one that is meant");
                self.report(finding);
                Some(None)
            }
        }
    }

    fn gradual(&mut self, view: View<'_>) -> Option<Gradual> {
        let start = view.get("start").and_then(|start| self.date_time(start));
        let increment = view
            .get("increment")
            .and_then(|increment| self.percentage(increment));
        let from = view.get("from").map(|from| self.percentage(from));
        let until = view
            .get("until")
            .map_or(Some(POSITIONS), |until| self.percentage(until));
        let every = view.get("every").and_then(|every| {
            every
                .as_str()
                .and_then(literal::seconds)
                .map(|seconds| (every, seconds))
        });
        if let (Some(0), Some(place)) = (increment, view.get("increment")) {
            self.error(
                Code::InvalidRamp,
                place.location(),
                "a gradual rollout that adds nothing never grows",
                "write an `increment` above 0, or a `percentage`",
            );
        }
        if let Some((place, 0)) = every {
            self.error(
                Code::InvalidRamp,
                place.location(),
                "a gradual rollout needs some time between two additions",
                "write an `every` of at least 1s",
            );
        }
        if let (Some(Some(from)), Some(until), Some(place)) = (from, until, view.get("from"))
            && from > until
        {
            self.error(
                Code::InvalidRamp,
                place.location(),
                "a gradual rollout begins above its end",
                "write a `from` that is not above `until`",
            );
        }
        let (increment, until) = (increment?, until?);
        Some(Gradual {
            start: literal::second_reaching(start?),
            from: from.unwrap_or(Some(increment.min(until)))?,
            increment,
            every: every
                .map(|(_, seconds)| seconds)
                .filter(|seconds| *seconds > 0)?,
            until,
        })
    }

    /// Reads the rules of a list; names are unique in it.
    pub(super) fn rules(&mut self, view: View<'_>, shape: &FlagShape) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::with_capacity(view.items().len());
        let mut names: HashMap<String, Location> = HashMap::new();
        for item in view.items() {
            let name = item.get("name");
            if let Some((view, text)) = name.and_then(|view| Some((view, view.as_str()?))) {
                let first = *names
                    .entry(text.to_ascii_lowercase())
                    .or_insert_with(|| view.location());
                self.rule_name(view, text, first);
            }
            if let Some(rule) = self.rule(item, shape) {
                rules.push(rule);
            }
        }
        rules
    }

    fn rule_name(&mut self, view: View<'_>, text: &str, first: Location) {
        if crate::model::RESERVED_RULE_NAMES
            .iter()
            .any(|reserved| text.eq_ignore_ascii_case(reserved))
        {
            let message = format!(
                "a rule cannot be called `{text}`: evaluations report that word as a variant"
            );
            self.error(
                Code::ReservedName,
                view.location(),
                message,
                "name it after those whom it takes",
            );
        }
        if first != view.location() {
            let finding = Diagnostic::new(
                Code::NameClash,
                view.location(),
                format!("the rule name `{text}` is taken"),
            )
            .related(first, "by this rule")
            .help("give each rule of a list its own name: history and merges know rules by it");
            self.report(finding);
        }
    }

    fn rule(&mut self, view: View<'_>, shape: &FlagShape) -> Option<Rule> {
        let conditions = self.conditions(view.get("conditions"));
        let what = match self.what(view, shape) {
            Some(what) => what,
            None => self.implied_what(view, shape, "rule"),
        };
        let how_many = self.share(view).unwrap_or(Some(Share::All));
        let bucket_by = self.bucket_by(view.get("bucket_by"));
        let name = view
            .get("name")?
            .as_str()
            .and_then(|name| Name::new(name).ok())?;
        Some(Rule {
            name,
            span: view.span(),
            conditions,
            serving: Serving {
                what: what?,
                share: how_many?,
            },
            bucket_by,
            promotable: boolean(view.get("promotable")).unwrap_or(true),
            metadata: Self::metadata(view.get("metadata")),
        })
    }

    /// What is served where nothing is written: `true` on a boolean without variants, the default
    /// split on a flag with weights.
    pub(super) fn implied_what(
        &mut self,
        view: View<'_>,
        shape: &FlagShape,
        owner: &str,
    ) -> Option<What> {
        if shape.variants.is_empty() && shape.value_type == ValueType::Boolean {
            return Some(What::One(Serve::Value(Value::Bool(true))));
        }
        if shape.has_weights() {
            return Some(What::DefaultSplit);
        }
        let key = if shape.variants.is_empty() {
            "value"
        } else {
            "variant"
        };
        let asks = view.member("percentage").or_else(|| view.member("gradual"));
        let place = asks
            .or_else(|| view.entries().next())
            .map_or_else(|| view.location(), |member| member.key_location());
        let message = format!("this {owner} does not say what it serves");
        self.error(Code::MissingValue, place, message, format!("add `{key}:`"));
        None
    }

    /// Reads the name of the attribute that buckets go by.
    pub(super) fn bucket_by(&mut self, view: Option<View<'_>>) -> Option<Box<str>> {
        let view = view?;
        let name = view.as_str()?;
        if name == "now" {
            self.error(
                Code::InvalidValue,
                view.location(),
                "`now` is the same for everybody and cannot tell subjects apart",
                "name an attribute of the subject",
            );
            return None;
        }
        self.known_attribute(view, name);
        Some(name.into())
    }
}

fn known_variants(shape: &FlagShape, name: &str) -> Option<String> {
    did_you_mean(
        name,
        shape
            .variants
            .iter()
            .map(|variant| variant.key.as_str())
            .filter(|key| !is_extension(key)),
    )
    .or_else(|| Some("name one of the flag's `variants`".to_owned()))
}

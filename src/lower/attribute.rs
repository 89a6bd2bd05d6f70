//! attributes.yaml to the attributes by name.
//!
//! Read in two goes: segments look at attributes, and computed attributes at segments.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostics};
use crate::document::{Document, Member, View};
use crate::model::{
    Attribute, AttributeKind, BUILT_IN_ATTRIBUTES, ComputedEntry, Condition, Leaf, Name, Segment,
};
use crate::ruleset::Scalar;

use super::reader::{Reader, scalar};
use super::{AttributeScope, Scope, is_extension};

fn listed<'d>(document: &'d Document<'_>) -> impl Iterator<Item = Member<'d>> {
    let members = document
        .root()
        .get("attributes")
        .into_iter()
        .flat_map(|view| view.entries());
    members.filter(|member| !is_extension(member.key))
}

/// Reads the attributes, without the conditions of computed ones.
#[must_use]
pub fn attributes(
    document: &Document<'_>,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, Attribute> {
    let scope = Scope::default();
    let mut reader = Reader {
        scope: &scope,
        diagnostics,
    };
    let mut attributes = BTreeMap::new();
    for member in listed(document) {
        let kind = member
            .value
            .get("type")
            .and_then(|view| view.as_str())
            .and_then(kind);
        let values = member
            .value
            .get("values")
            .into_iter()
            .flat_map(|view| view.items())
            .filter_map(scalar);
        let built_in = if member.key == "now" {
            Some("`now` is built in: it is the time of the evaluation".to_owned())
        } else {
            (BUILT_IN_ATTRIBUTES.contains(&member.key) && member.value.has("computed"))
                .then(|| format!("`{}` is built in and cannot be computed", member.key))
        };
        if let Some(message) = built_in {
            reader.error(
                Code::ReservedName,
                member.key_location(),
                message,
                "give the attribute another name",
            );
        }
        if let Some(kind) = kind {
            reader.values_fit(kind, member);
        }
        let attribute = Attribute {
            span: member.key_span,
            source: document.source(),
            kind: kind.unwrap_or(AttributeKind::String),
            values: values.collect(),
            computed: member.value.has("computed").then(Vec::new),
        };
        attributes.insert(member.key.to_owned(), attribute);
    }
    attributes
}

/// Reads the conditions of computed attributes into the scope, which holds the attributes and the
/// segments by then.
pub fn computed_attributes(
    document: &Document<'_>,
    scope: &mut Scope,
    diagnostics: &mut Diagnostics,
) {
    let AttributeScope::Listed(attributes) = &scope.attributes else {
        return;
    };
    let computed: BTreeSet<String> = attributes
        .iter()
        .filter(|(_, attribute)| attribute.computed.is_some())
        .map(|(name, _)| name.clone())
        .collect();
    let mut read: Vec<(String, Vec<ComputedEntry>)> = Vec::new();
    let mut reader = Reader { scope, diagnostics };
    for member in listed(document).filter(|member| member.value.has("computed")) {
        let kind = attributes.get(member.key).map(|attribute| attribute.kind);
        let items = member
            .value
            .get("computed")
            .into_iter()
            .flat_map(|view| view.items());
        let mut entries = Vec::new();
        for item in items {
            let conditions = reader.conditions(item.get("conditions"));
            for condition in &conditions {
                if let Some(other) = uses_computed(condition, &computed, scope.segments.as_ref()) {
                    let message = format!(
                        "the computed attribute `{}` needs `{other}`, which is computed too",
                        member.key
                    );
                    reader.error(
                        Code::ComputedFromComputed,
                        item.location(),
                        message,
                        "compute it from plain attributes",
                    );
                }
            }
            let Some(view) = item.get("value") else {
                continue;
            };
            let Some(value) = scalar(view) else { continue };
            if let Some(kind) = kind
                && !fits(kind, &value)
            {
                reader.wrong_attribute_value(view);
            }
            entries.push(ComputedEntry { conditions, value });
        }
        read.push((member.key.to_owned(), entries));
    }
    if let AttributeScope::Listed(attributes) = &mut scope.attributes {
        for (name, entries) in read {
            if let Some(attribute) = attributes.get_mut(&name) {
                attribute.computed = Some(entries);
            }
        }
    }
}

impl Reader<'_> {
    /// Reports listed values that the attribute cannot have. Those of a list attribute are its
    /// members, which may be any scalar.
    fn values_fit(&mut self, kind: AttributeKind, attribute: Member<'_>) {
        let listed = attribute.value.get("values");
        for view in listed.into_iter().flat_map(|view| view.items()) {
            if kind != AttributeKind::List && scalar(view).is_some_and(|value| !fits(kind, &value))
            {
                self.wrong_attribute_value(view);
            }
        }
    }

    fn wrong_attribute_value(&mut self, view: View<'_>) {
        let message = format!("`{}` is not of the attribute's type", view.raw());
        self.error(
            Code::ValueTypeMismatch,
            view.location(),
            message,
            "write a value of that type, or change `type`",
        );
    }
}

/// Returns a computed attribute that the condition looks at, itself or through segments.
fn uses_computed<'c>(
    condition: &'c Condition,
    computed: &BTreeSet<String>,
    segments: Option<&'c BTreeMap<Name, Segment>>,
) -> Option<&'c str> {
    let mut seen: BTreeSet<&Name> = BTreeSet::new();
    let mut open: Vec<&Condition> = vec![condition];
    let mut found = None;
    while let Some(condition) = open.pop() {
        condition.walk(&mut |leaf| match leaf {
            Leaf::Test(test) if computed.contains(&*test.attribute) => {
                found = Some(&*test.attribute);
            }
            Leaf::Test(_) => {}
            Leaf::Segment(name, _) => {
                if seen.insert(name)
                    && let Some(segment) = segments.and_then(|segments| segments.get(name))
                {
                    open.extend(&segment.conditions);
                }
            }
        });
    }
    found
}

fn fits(kind: AttributeKind, value: &Scalar<'_>) -> bool {
    match kind {
        AttributeKind::String => matches!(value, Scalar::Text(_)),
        AttributeKind::Number => matches!(value, Scalar::Number(_)),
        AttributeKind::Boolean => matches!(value, Scalar::Boolean(_)),
        AttributeKind::Semver => {
            matches!(value, Scalar::Text(text) if crate::literal::version(text.as_str()).is_some())
        }
        AttributeKind::Datetime => {
            matches!(value, Scalar::Text(text) if crate::literal::moment(text.as_str()).is_some())
        }
        AttributeKind::List => false,
    }
}

fn kind(name: &str) -> Option<AttributeKind> {
    Some(match name {
        "string" => AttributeKind::String,
        "number" => AttributeKind::Number,
        "boolean" => AttributeKind::Boolean,
        "semver" => AttributeKind::Semver,
        "datetime" => AttributeKind::Datetime,
        "list" => AttributeKind::List,
        _ => return None,
    })
}

//! Conditions: their JSON forms, and the operators that compare.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{Operand, Text};

/// A condition. Its JSON forms are those of a flag file: `{attribute, operator, value}`,
/// `{segment}`, `{any}`, `{all}`, `{not}`.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition<'a> {
    /// Compares an attribute of the context.
    Test {
        /// The attribute's name; dots reach into nested maps.
        attribute: Text<'a>,
        /// How it is compared.
        operator: Operator,
        /// What it is compared with; `None` for `exists` and `not_exists`.
        operand: Option<Operand<'a>>,
    },
    /// A segment of the table holds.
    Segment(Text<'a>),
    /// At least one holds; an empty list does not.
    Any(Vec<Self>),
    /// All hold; an empty list does.
    All(Vec<Self>),
    /// The condition does not hold.
    Not(Box<Self>),
}

/// A condition: `{attribute, operator, value}`, `{segment}`, `{any}`, `{all}` or `{not}`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "only the schema is derived from it; reading it would copy it about"
)]
#[schemars(
    rename = "Condition",
    extend("oneOf" = [
        {"required": ["attribute", "operator"]},
        {"required": ["segment"]},
        {"required": ["any"]},
        {"required": ["all"]},
        {"required": ["not"]},
    ])
)]
struct ConditionMembers<'a> {
    /// The attribute that is compared; dots reach into nested maps.
    #[schemars(skip_serializing_if = "Option::is_none")]
    attribute: Option<Text<'a>>,
    /// How it is compared.
    #[schemars(skip_serializing_if = "Option::is_none")]
    operator: Option<Operator>,
    /// What it is compared with.
    #[schemars(skip_serializing_if = "Option::is_none")]
    value: Option<Operand<'a>>,
    /// The name of a segment that must hold.
    #[schemars(skip_serializing_if = "Option::is_none")]
    segment: Option<Text<'a>>,
    /// At least one must hold.
    #[schemars(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<Condition<'a>>>,
    /// All must hold.
    #[schemars(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Condition<'a>>>,
    /// Must not hold.
    #[schemars(skip_serializing_if = "Option::is_none")]
    not: Option<Box<Condition<'a>>>,
}

/// The name of a member of a condition.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum ConditionMember {
    Attribute,
    Operator,
    Value,
    Segment,
    Any,
    All,
    Not,
}

/// Reads a condition member by member: most of a ruleset is conditions, and a struct of all members
/// there could be would be filled and copied for each.
struct ConditionVisitor<'a>(PhantomData<Condition<'a>>);

impl<'de: 'a, 'a> Visitor<'de> for ConditionVisitor<'a> {
    type Value = Condition<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a condition")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        const EXPECTED: &str = "a condition has exactly one of `attribute` with `operator`, `segment`, `any`, `all`, `not`, and each member once";
        let (mut attribute, mut operator, mut operand, mut other) = (None, None, None, None);
        while let Some(member) = map.next_key()? {
            match member {
                ConditionMember::Attribute if attribute.is_none() => {
                    attribute = Some(map.next_value()?);
                }
                ConditionMember::Operator if operator.is_none() => {
                    operator = Some(map.next_value()?);
                }
                ConditionMember::Value if operand.is_none() => operand = map.next_value()?,
                ConditionMember::Segment if other.is_none() => {
                    other = Some(Condition::Segment(map.next_value()?));
                }
                ConditionMember::Any if other.is_none() => {
                    other = Some(Condition::Any(map.next_value()?));
                }
                ConditionMember::All if other.is_none() => {
                    other = Some(Condition::All(map.next_value()?));
                }
                ConditionMember::Not if other.is_none() => {
                    other = Some(Condition::Not(map.next_value()?));
                }
                _ => return Err(A::Error::custom(EXPECTED)),
            }
        }
        match (attribute, operator, other) {
            (Some(attribute), Some(operator), None) => Ok(Condition::Test {
                attribute,
                operator,
                operand,
            }),
            (None, None, Some(other)) if operand.is_none() => Ok(other),
            _ => Err(A::Error::custom(EXPECTED)),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Condition<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ConditionVisitor(PhantomData))
    }
}

impl Serialize for Condition<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Test {
                attribute,
                operator,
                operand,
            } => {
                map.serialize_entry("attribute", attribute)?;
                map.serialize_entry("operator", operator)?;
                if let Some(operand) = operand {
                    map.serialize_entry("value", operand)?;
                }
            }
            Self::Segment(name) => map.serialize_entry("segment", name)?,
            Self::Any(list) => map.serialize_entry("any", list)?,
            Self::All(list) => map.serialize_entry("all", list)?,
            Self::Not(inner) => map.serialize_entry("not", inner)?,
        }
        map.end()
    }
}

impl JsonSchema for Condition<'_> {
    fn schema_name() -> Cow<'static, str> {
        ConditionMembers::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ConditionMembers::json_schema(generator)
    }
}

/// How a condition compares. `not_x` is exactly the negation of `x`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the names are the format's; the reference lists their meaning"
)]
pub enum Operator {
    Equals,
    NotEquals,
    In,
    NotIn,
    Contains,
    NotContains,
    StartsWith,
    NotStartsWith,
    EndsWith,
    NotEndsWith,
    Matches,
    NotMatches,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    SemverEquals,
    SemverNotEquals,
    SemverGreaterThan,
    SemverGreaterThanOrEqual,
    SemverLessThan,
    SemverLessThanOrEqual,
    Before,
    After,
    Exists,
    NotExists,
}

impl Operator {
    /// Every operator, in the order of the reference.
    pub const ALL: [Self; 26] = [
        Self::Equals,
        Self::NotEquals,
        Self::In,
        Self::NotIn,
        Self::Contains,
        Self::NotContains,
        Self::StartsWith,
        Self::NotStartsWith,
        Self::EndsWith,
        Self::NotEndsWith,
        Self::Matches,
        Self::NotMatches,
        Self::GreaterThan,
        Self::GreaterThanOrEqual,
        Self::LessThan,
        Self::LessThanOrEqual,
        Self::SemverEquals,
        Self::SemverNotEquals,
        Self::SemverGreaterThan,
        Self::SemverGreaterThanOrEqual,
        Self::SemverLessThan,
        Self::SemverLessThanOrEqual,
        Self::Before,
        Self::After,
        Self::Exists,
        Self::NotExists,
    ];

    /// Returns the operator's name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::NotEquals => "not_equals",
            Self::In => "in",
            Self::NotIn => "not_in",
            Self::Contains => "contains",
            Self::NotContains => "not_contains",
            Self::StartsWith => "starts_with",
            Self::NotStartsWith => "not_starts_with",
            Self::EndsWith => "ends_with",
            Self::NotEndsWith => "not_ends_with",
            Self::Matches => "matches",
            Self::NotMatches => "not_matches",
            Self::GreaterThan => "greater_than",
            Self::GreaterThanOrEqual => "greater_than_or_equal",
            Self::LessThan => "less_than",
            Self::LessThanOrEqual => "less_than_or_equal",
            Self::SemverEquals => "semver_equals",
            Self::SemverNotEquals => "semver_not_equals",
            Self::SemverGreaterThan => "semver_greater_than",
            Self::SemverGreaterThanOrEqual => "semver_greater_than_or_equal",
            Self::SemverLessThan => "semver_less_than",
            Self::SemverLessThanOrEqual => "semver_less_than_or_equal",
            Self::Before => "before",
            Self::After => "after",
            Self::Exists => "exists",
            Self::NotExists => "not_exists",
        }
    }

    /// Returns the operator of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operator| operator.name() == name)
    }
}

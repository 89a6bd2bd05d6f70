//! Conditions, the segments that name them, and the attributes that they look at.

use crate::ruleset::{Operand, Operator, Scalar};
use crate::text::{SourceId, Span};

use super::{Metadata, Name};

/// The attributes that need not be listed.
pub const BUILT_IN_ATTRIBUTES: [&str; 7] = [
    "targetingKey",
    "user_id",
    "email",
    "country",
    "platform",
    "app_version",
    "now",
];

/// Something that holds of a context, or not.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Compares an attribute.
    Test(Box<Test>),
    /// A segment holds.
    Segment {
        /// The segment's name.
        name: Name,
        /// Where the name stands.
        span: Span,
    },
    /// At least one holds.
    Any(Box<[Self]>),
    /// All hold.
    All(Box<[Self]>),
    /// The condition does not hold.
    Not(Box<Self>),
}

/// Compares an attribute of the context.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The attribute; dots reach into nested maps.
    pub attribute: Box<str>,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with; `None` for `exists` and `not_exists`.
    pub operand: Option<Operand<'static>>,
    /// The whole condition.
    pub span: Span,
}

/// Named conditions; all must hold.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Where the name stands.
    pub span: Span,
    /// The file.
    pub source: SourceId,
    /// Who is in it, in words.
    pub description: Option<String>,
    /// All must hold.
    pub conditions: Box<[Condition]>,
    /// Free data that is exported.
    pub metadata: Metadata,
    /// How many tests it holds with its segments expanded.
    pub expanded_tests: u64,
}

/// An attribute of attributes.yaml.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Where the name stands.
    pub span: Span,
    /// The file.
    pub source: SourceId,
    /// The type of its values.
    pub kind: AttributeKind,
    /// The values that it can have, where they are listed.
    pub values: Vec<Scalar<'static>>,
    /// How it is computed, where it is; the first entry whose conditions hold gives the value.
    pub computed: Option<Vec<ComputedEntry>>,
}

/// One entry of a computed attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct ComputedEntry {
    /// All must hold.
    pub conditions: Box<[Condition]>,
    /// The value.
    pub value: Scalar<'static>,
}

/// The type of an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the format's")]
pub enum AttributeKind {
    String,
    Number,
    Boolean,
    Semver,
    Datetime,
    List,
}

impl Attribute {
    /// Returns whether conditions on it and buckets by it decide the same with another definition.
    #[must_use]
    pub fn decides_as(&self, other: &Self) -> bool {
        self.kind == other.kind && self.computed == other.computed
    }
}

impl Condition {
    /// Calls `visit` with every test and every used segment in the condition, depth first.
    pub fn walk<'c>(&'c self, visit: &mut impl FnMut(Leaf<'c>)) {
        match self {
            Self::Test(test) => visit(Leaf::Test(test)),
            Self::Segment { name, span } => visit(Leaf::Segment(name, *span)),
            Self::Any(list) | Self::All(list) => {
                for condition in list {
                    condition.walk(visit);
                }
            }
            Self::Not(inner) => inner.walk(visit),
        }
    }
}

/// A condition without conditions in it.
#[derive(Debug, Clone, Copy)]
pub enum Leaf<'c> {
    /// Compares an attribute.
    Test(&'c Test),
    /// Uses a segment.
    Segment(&'c Name, Span),
}

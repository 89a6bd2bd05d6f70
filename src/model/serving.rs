//! What is served, and to how many.

use serde_json::Value;

use crate::ruleset::Gradual;
use crate::text::Span;

use super::{Condition, Metadata, Name, Variant};

/// The position of a variant in its flag's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariantId(pub u16);

/// A value to serve: a raw one on a flag without variants, a variant on the others.
#[derive(Debug, Clone, PartialEq)]
pub enum Serve {
    /// A value of the flag's type.
    Value(Value),
    /// A variant.
    Variant(VariantId),
}

/// What is served.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// One value.
    One(Serve),
    /// Variants by weight, in thousandths, in the order in which the flag lists its variants;
    /// variants that are not named weigh 0.
    Split(Box<[(VariantId, u64)]>),
    /// The variants' own weights.
    DefaultSplit,
}

/// To how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// To all.
    All,
    /// To a percentage, in thousandths of a percent (0 to 100,000).
    Percentage(u32),
    /// To a percentage that grows with time.
    Gradual(Gradual),
}

/// What is served, and to how many.
#[derive(Debug, Clone, PartialEq)]
pub struct Serving {
    /// What.
    pub what: What,
    /// To how many.
    pub share: Share,
}

/// A targeting rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name, unique in its list.
    pub name: Name,
    /// Where the rule stands.
    pub span: Span,
    /// All must hold; none takes everybody.
    pub conditions: Box<[Condition]>,
    /// What it serves; those outside get the default.
    pub serving: Serving,
    /// The attribute that names the subject, where the rule has its own.
    pub bucket_by: Option<Box<str>>,
    /// Whether `promote` may move it.
    pub promotable: bool,
    /// Free data that is exported.
    pub metadata: Metadata,
}

impl What {
    /// Returns what is served by weight, weights above 0 only, in the order of the flag's list; of
    /// one value, nothing.
    #[must_use]
    pub fn weights(&self, variants: &[Variant]) -> Vec<(VariantId, u64)> {
        let mut weights: Vec<(VariantId, u64)> = match self {
            Self::One(_) => Vec::new(),
            Self::Split(weights) => weights.to_vec(),
            Self::DefaultSplit => {
                let own = variants.iter().map(|variant| variant.weight.unwrap_or(0));
                (0_u16..=u16::MAX).map(VariantId).zip(own).collect()
            }
        };
        weights.retain(|(_, weight)| *weight > 0);
        weights
    }

    /// Returns the one thing that is served, where it is one: a split with a single weight above 0
    /// serves that variant to everybody.
    #[must_use]
    pub fn single(&self, variants: &[Variant]) -> Option<Serve> {
        if let Self::One(serve) = self {
            return Some(serve.clone());
        }
        match self.weights(variants).as_slice() {
            [(only, _)] => Some(Serve::Variant(*only)),
            _ => None,
        }
    }
}

impl Share {
    /// Returns whether some are included and some are not, now or at some time.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        match self {
            Self::All => false,
            Self::Percentage(share) => (1..100_000).contains(share),
            Self::Gradual(_) => true,
        }
    }
}

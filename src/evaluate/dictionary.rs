//! The values that a ruleset compares one attribute with for equality, numbered.
//!
//! Strings, numbers and booleans get ids from 0 in the order in which they come. A context's value
//! is looked up once; afterwards `equals` and `in` compare ids.

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use serde_json::Value;

use super::error::Fault;
use super::scale::Number;
use super::text::{Arena, Span, Texts, hash};
use crate::ruleset::Scalar;

/// Operand to id.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    texts: HashTable<(Span, u32)>,
    numbers: HashMap<Number, u32>,
    booleans: [Option<u32>; 2],
    next: u32,
}

impl Dictionary {
    /// Returns an operand's id, adding it if it is new; `None` for a number that is not finite.
    ///
    /// # Errors
    ///
    /// If the engine's strings would exceed 4 GiB.
    #[inline]
    pub(super) fn number(
        &mut self,
        operand: &Scalar<'_>,
        texts: &mut Texts,
        hasher: &DefaultHashBuilder,
    ) -> Result<Option<u32>, Fault> {
        match operand {
            Scalar::Text(text) => {
                let text = text.as_str();
                let digest = hash(hasher, text);
                match self.texts.find(digest, |(span, _)| texts.is(*span, text)) {
                    Some((_, id)) => Ok(Some(*id)),
                    None => self.add_text(text, digest, texts, hasher).map(Some),
                }
            }
            Scalar::Number(number) => Ok(Number::new(*number).map(|number| {
                let id = *self.numbers.entry(number).or_insert(self.next);
                self.added(id)
            })),
            Scalar::Boolean(boolean) => {
                let id = *self.booleans[usize::from(*boolean)].get_or_insert(self.next);
                Ok(Some(self.added(id)))
            }
        }
    }

    #[cold]
    fn add_text(
        &mut self,
        text: &str,
        digest: u64,
        texts: &mut Texts,
        hasher: &DefaultHashBuilder,
    ) -> Result<u32, Fault> {
        let entry = (texts.intern(text)?, self.next);
        self.texts
            .insert_unique(digest, entry, |(span, _)| hash(hasher, texts.text(*span)));
        Ok(self.added(entry.1))
    }

    /// Goes on to the next id if this one was new. Ids stay below the two marks of `facts`: there
    /// are fewer operands than bytes.
    fn added(&mut self, id: u32) -> u32 {
        self.next += u32::from(id == self.next);
        id
    }

    /// Returns the id of a context's value; `None` if it equals no operand.
    pub(super) fn id(
        &self,
        value: &Value,
        arena: &Arena,
        hasher: &DefaultHashBuilder,
    ) -> Option<u32> {
        match value {
            Value::String(text) => self
                .texts
                .find(hash(hasher, text), |(span, _)| arena.is(*span, text))
                .map(|(_, id)| *id),
            Value::Number(number) => self.numbers.get(&Number::new(number.as_f64()?)?).copied(),
            Value::Bool(boolean) => self.booleans[usize::from(*boolean)],
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_equal_operands_of_their_type_only() {
        let (mut texts, hasher) = (Texts::default(), DefaultHashBuilder::default());
        let mut dictionary = Dictionary::default();
        let operands = [
            Scalar::Text("1".into()),
            Scalar::Number(1.0),
            Scalar::Boolean(true),
            Scalar::Number(-0.0),
        ];
        for (id, operand) in (0..).zip(&operands) {
            assert_eq!(
                dictionary.number(operand, &mut texts, &hasher).unwrap(),
                Some(id)
            );
            assert_eq!(
                dictionary.number(operand, &mut texts, &hasher).unwrap(),
                Some(id)
            );
        }
        assert_eq!(
            dictionary
                .number(&Scalar::Number(f64::NAN), &mut texts, &hasher)
                .unwrap(),
            None
        );
        let arena = texts.finish();
        for (value, id) in [
            (json!("1"), Some(0)),
            (json!(1), Some(1)),
            (json!(1.0), Some(1)),
            (json!(true), Some(2)),
            (json!(0), Some(3)),
            (json!(false), None),
            (json!("2"), None),
            (json!([1]), None),
            (json!(null), None),
        ] {
            assert_eq!(dictionary.id(&value, &arena, &hasher), id, "{value}");
        }
    }
}

//! Ordered operands of one attribute, and the rank of a value among them.
//!
//! All numbers (or versions, or instants) that a ruleset compares an attribute with are sorted
//! once. A context's value is then looked up once, and its rank answers every comparison by
//! integers: `2 * operands below it`, and one more if it equals an operand.

use std::hash::{Hash, Hasher};

use hashbrown::HashMap;

/// How a value must stand to an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Below,
    NotAbove,
    Above,
    NotBelow,
}

impl Order {
    /// Every order; its place here is its code.
    const ALL: [Self; 5] = [
        Self::Equal,
        Self::Below,
        Self::NotAbove,
        Self::Above,
        Self::NotBelow,
    ];

    /// Returns a number that [`Order::from_code`] reads.
    pub(super) fn code(self) -> u32 {
        self as u32
    }

    /// Returns the order of that code.
    pub(super) fn from_code(code: u32) -> Option<Self> {
        Self::ALL.get(code as usize).copied()
    }

    /// Returns the first rank, and the number of ranks, that stand so to the operand at a place
    /// among `operands` sorted ones.
    pub(super) fn ranks(self, place: u32, operands: u32) -> (u32, u32) {
        let (equal, end) = (2 * place + 1, 2 * operands + 1);
        match self {
            Self::Equal => (equal, 1),
            Self::Below => (0, equal),
            Self::NotAbove => (0, equal + 1),
            Self::Above => (equal + 1, end - equal - 1),
            Self::NotBelow => (equal, end - equal),
        }
    }
}

/// The operands: numbered as they come, and sorted by [`Scale::sort`].
#[derive(Debug)]
pub(super) struct Scale<T> {
    numbered: HashMap<T, u32>,
    sorted: Box<[T]>,
}

impl<T> Default for Scale<T> {
    fn default() -> Self {
        Self {
            numbered: HashMap::new(),
            sorted: Box::default(),
        }
    }
}

impl<T: Ord + Hash> Scale<T> {
    /// Returns the operand's number, adding it if it is new.
    pub(super) fn number(&mut self, operand: T) -> u32 {
        // A ruleset holds fewer operands than bytes, and its strings fit 32 bits.
        let next = u32::try_from(self.numbered.len()).unwrap_or(u32::MAX);
        *self.numbered.entry(operand).or_insert(next)
    }

    /// Sorts the operands, and returns the place of each by its number.
    pub(super) fn sort(&mut self) -> Vec<u32> {
        let mut entries: Vec<(T, u32)> = std::mem::take(&mut self.numbered).into_iter().collect();
        entries.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        let mut places = vec![0; entries.len()];
        for (place, (_, number)) in (0..).zip(&entries) {
            places[*number as usize] = place;
        }
        self.sorted = entries.into_iter().map(|(operand, _)| operand).collect();
        places
    }

    /// Returns a value's rank among the sorted operands.
    pub(super) fn rank(&self, value: &T) -> u32 {
        let (below, equals) = match self.sorted.binary_search(value) {
            Ok(place) => (place, 1),
            Err(place) => (place, 0),
        };
        u32::try_from(2 * below)
            .unwrap_or(u32::MAX)
            .saturating_add(equals)
    }
}

/// A finite number, equal and ordered by value: minus zero is zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(f64);

impl Number {
    /// Returns the number, or `None` if it is not finite.
    pub(super) fn new(value: f64) -> Option<Self> {
        // Adding zero turns minus zero into zero and leaves every other number alone.
        value.is_finite().then_some(Self(value + 0.0))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.to_bits());
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(order: Order, value: i32, operand: i32) -> bool {
        match order {
            Order::Equal => value == operand,
            Order::Below => value < operand,
            Order::NotAbove => value <= operand,
            Order::Above => value > operand,
            Order::NotBelow => value >= operand,
        }
    }

    proptest! {
        #[test]
        fn ranks_decide_every_order(operands in proptest::collection::vec(-8..8i32, 1..12), value in -9..9i32) {
            let mut scale = Scale::default();
            let numbers: Vec<u32> = operands.iter().map(|operand| scale.number(*operand)).collect();
            let places = scale.sort();
            let count = u32::try_from(places.len()).unwrap();
            let rank = scale.rank(&value);
            for (operand, number) in operands.iter().zip(numbers) {
                for order in Order::ALL {
                    let (first, length) = order.ranks(places[number as usize], count);
                    prop_assert_eq!(rank.wrapping_sub(first) < length, holds(order, value, *operand));
                    prop_assert!(u32::MAX.wrapping_sub(first) >= length, "a missing value has no order");
                }
            }
        }
    }

    #[test]
    fn codes_are_read_back() {
        for order in Order::ALL {
            assert_eq!(Order::from_code(order.code()), Some(order));
        }
        assert_eq!(Order::from_code(5), None);
    }

    #[test]
    fn minus_zero_is_zero() {
        assert_eq!(Number::new(-0.0), Number::new(0.0));
        assert_eq!(Number::new(f64::NAN), None);
        assert!(Number::new(-1.5) < Number::new(-0.0));
    }
}

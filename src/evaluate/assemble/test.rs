//! The operands of conditions, checked and typed: what follows need not ask again.

use jiff::Timestamp;
use semver::Version;

use super::super::error::Fault;
use super::super::scale::{Number, Order};
use crate::literal;
use crate::ruleset::{Operand, Operator, Scalar};

/// A positive test; a negated operator is its test, negated.
#[derive(Debug)]
pub(super) enum Test<'o> {
    Equals(&'o Scalar<'o>),
    In(&'o [Scalar<'o>]),
    Contains(Vec<&'o str>),
    StartsWith(Vec<&'o str>),
    EndsWith(Vec<&'o str>),
    Matches(&'o str),
    Number(Order, Number),
    Version(Order, Version),
    Instant(Order, Timestamp),
    Exists,
}

impl<'o> Test<'o> {
    /// Types the operand of a condition.
    ///
    /// # Errors
    ///
    /// [`Fault::Operand`] if the operator does not take the operand.
    pub(super) fn parse(
        attribute: &str,
        operator: Operator,
        operand: Option<&'o Operand<'o>>,
    ) -> Result<Self, Fault> {
        let fault = |expected| Fault::Operand {
            attribute: attribute.to_owned(),
            operator,
            expected,
        };
        typed(operator, operand).map_err(fault)
    }
}

/// Returns whether a condition is the negation of the test that it is compiled to. Of the time only
/// what it has reached is tested, so `before` is a negation there.
pub(in super::super) fn negates(attribute: &str, operator: Operator) -> bool {
    positive(operator).1 || (attribute == "now" && operator == Operator::Before)
}

/// Returns the operator without its negation.
fn positive(operator: Operator) -> (Operator, bool) {
    let positive = match operator {
        Operator::NotEquals => Operator::Equals,
        Operator::NotIn => Operator::In,
        Operator::NotContains => Operator::Contains,
        Operator::NotStartsWith => Operator::StartsWith,
        Operator::NotEndsWith => Operator::EndsWith,
        Operator::NotMatches => Operator::Matches,
        Operator::SemverNotEquals => Operator::SemverEquals,
        Operator::NotExists => Operator::Exists,
        _ => return (operator, false),
    };
    (positive, true)
}

fn typed<'o>(
    operator: Operator,
    operand: Option<&'o Operand<'o>>,
) -> Result<Test<'o>, &'static str> {
    use Operator as Op;
    Ok(match operator {
        Op::Equals | Op::NotEquals => Test::Equals(
            scalar(operand)
                .filter(|scalar| is_finite(scalar))
                .ok_or("a scalar")?,
        ),
        Op::In | Op::NotIn => Test::In(list(operand).ok_or("a list of scalars")?),
        Op::Contains | Op::NotContains => Test::Contains(texts(operand)?),
        Op::StartsWith | Op::NotStartsWith => Test::StartsWith(texts(operand)?),
        Op::EndsWith | Op::NotEndsWith => Test::EndsWith(texts(operand)?),
        Op::Matches | Op::NotMatches => Test::Matches(text(operand).ok_or("a regular expression")?),
        Op::GreaterThan => number(Order::Above, operand)?,
        Op::GreaterThanOrEqual => number(Order::NotBelow, operand)?,
        Op::LessThan => number(Order::Below, operand)?,
        Op::LessThanOrEqual => number(Order::NotAbove, operand)?,
        Op::SemverEquals | Op::SemverNotEquals => semver(Order::Equal, operand)?,
        Op::SemverGreaterThan => semver(Order::Above, operand)?,
        Op::SemverGreaterThanOrEqual => semver(Order::NotBelow, operand)?,
        Op::SemverLessThan => semver(Order::Below, operand)?,
        Op::SemverLessThanOrEqual => semver(Order::NotAbove, operand)?,
        Op::Before => date(Order::Below, operand)?,
        Op::After => date(Order::NotBelow, operand)?,
        Op::Exists | Op::NotExists if operand.is_some() => return Err("no value"),
        Op::Exists | Op::NotExists => Test::Exists,
    })
}

fn is_finite(scalar: &Scalar<'_>) -> bool {
    !matches!(scalar, Scalar::Number(number) if !number.is_finite())
}

fn scalar<'o>(operand: Option<&'o Operand<'o>>) -> Option<&'o Scalar<'o>> {
    match operand? {
        Operand::One(scalar) => Some(scalar),
        Operand::List(_) => None,
    }
}

fn list<'o>(operand: Option<&'o Operand<'o>>) -> Option<&'o [Scalar<'o>]> {
    match operand? {
        Operand::List(list) if list.iter().all(is_finite) => Some(list),
        _ => None,
    }
}

fn text<'o>(operand: Option<&'o Operand<'o>>) -> Option<&'o str> {
    as_text(scalar(operand)?)
}

fn as_text<'o>(scalar: &'o Scalar<'o>) -> Option<&'o str> {
    match scalar {
        Scalar::Text(text) => Some(text.as_str()),
        _ => None,
    }
}

fn texts<'o>(operand: Option<&'o Operand<'o>>) -> Result<Vec<&'o str>, &'static str> {
    const EXPECTED: &str = "a string or a list of strings";
    match operand.ok_or(EXPECTED)? {
        Operand::One(scalar) => as_text(scalar).map(|text| vec![text]),
        Operand::List(list) => list.iter().map(as_text).collect(),
    }
    .ok_or(EXPECTED)
}

fn number<'o>(order: Order, operand: Option<&'o Operand<'o>>) -> Result<Test<'o>, &'static str> {
    match scalar(operand) {
        Some(Scalar::Number(number)) => {
            Number::new(*number).map(|number| Test::Number(order, number))
        }
        _ => None,
    }
    .ok_or("a number")
}

fn semver<'o>(order: Order, operand: Option<&'o Operand<'o>>) -> Result<Test<'o>, &'static str> {
    let version = text(operand).and_then(literal::version);
    version
        .map(|version| Test::Version(order, version))
        .ok_or("a version")
}

fn date<'o>(order: Order, operand: Option<&'o Operand<'o>>) -> Result<Test<'o>, &'static str> {
    let instant = text(operand).and_then(literal::moment);
    instant
        .map(|instant| Test::Instant(order, instant))
        .ok_or("an RFC 3339 date-time or a date")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(operator: Operator, operand: Option<&str>) -> Result<String, Fault> {
        let operand: Option<Operand<'_>> = operand.map(|json| serde_json::from_str(json).unwrap());
        Test::parse("a", operator, operand.as_ref()).map(|test| format!("{test:?}"))
    }

    #[test]
    fn operands_of_the_wrong_kind_are_refused() {
        for operator in Operator::ALL {
            let wrong: &[Option<&str>] = match operator.name().trim_start_matches("not_") {
                "equals" => &[None, Some("[1]")],
                "in" => &[None, Some("1")],
                "contains" | "starts_with" | "ends_with" => {
                    &[None, Some("1"), Some("true"), Some(r#"["a", 1]"#)]
                }
                "matches" => &[None, Some("1"), Some(r#"["a"]"#)],
                "exists" => &[Some("true"), Some("[]")],
                "before" | "after" => &[
                    None,
                    Some("1"),
                    Some(r#""tomorrow""#),
                    Some(r#"["2026-01-01"]"#),
                ],
                name if name.starts_with("semver") => {
                    &[None, Some("1"), Some(r#""one""#), Some(r#"["1"]"#)]
                }
                _ => &[None, Some(r#""1""#), Some("[1]"), Some("true")],
            };
            for operand in wrong {
                let error = parse(operator, *operand);
                assert!(
                    matches!(error, Err(Fault::Operand { .. })),
                    "{operator:?} {operand:?} {error:?}"
                );
            }
        }
    }

    #[test]
    fn negated_operators_are_negated_tests() {
        for operator in Operator::ALL {
            let (positive, negated) = positive(operator);
            assert_eq!(negated, operator.name().contains("not_"), "{operator:?}");
            assert_eq!(
                positive.name(),
                operator.name().replace("not_", ""),
                "{operator:?}"
            );
        }
        assert!(negates("now", Operator::Before) && !negates("now", Operator::After));
        assert!(!negates("a", Operator::Before));
    }

    #[test]
    fn numbers_must_be_finite() {
        let operand = Operand::One(Scalar::Number(f64::INFINITY));
        for operator in [Operator::Equals, Operator::LessThan] {
            assert!(Test::parse("a", operator, Some(&operand)).is_err());
        }
        let operand = Operand::List(vec![Scalar::Number(f64::NAN)]);
        assert!(Test::parse("a", Operator::In, Some(&operand)).is_err());
    }
}

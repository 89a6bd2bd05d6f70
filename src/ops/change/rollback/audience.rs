//! Whom conditions take: whether those of one condition are all among those of another, as far as
//! their writing tells.

use crate::ruleset::{Condition, Operand, Operator, Scalar, Text};

/// Returns whether a list, all of which must hold, takes nobody whom another does not take.
pub(super) fn is_within(list: &[Condition<'_>], other: &[Condition<'_>]) -> bool {
    other.iter().all(|one| any_implies(list, one))
}

/// Returns whether nobody is taken by a list, all of which must hold, and by another: they ask for
/// values of an attribute of which none is the same.
pub(super) fn are_apart(list: &[Condition<'_>], other: &[Condition<'_>]) -> bool {
    let mut all = list.iter();
    all.any(|one| other.iter().any(|other| excludes(one, other)))
}

fn excludes(one: &Condition<'_>, other: &Condition<'_>) -> bool {
    match (one, other) {
        (Condition::All(list), _) => list.iter().any(|one| excludes(one, other)),
        (_, Condition::All(_)) => excludes(other, one),
        (Condition::Any(list), _) => list.iter().all(|one| excludes(one, other)),
        (_, Condition::Any(_)) => excludes(other, one),
        _ => match (values(one), values(other)) {
            (Some((attribute, values)), Some((of, others))) => {
                // A list may have one value of each, and equals none.
                (is_one(one) || is_one(other))
                    && attribute == of
                    && !values.iter().any(|value| may_be_in(value, others))
            }
            _ => false,
        },
    }
}

fn is_one(condition: &Condition<'_>) -> bool {
    let Condition::Test { operator, .. } = condition else {
        return false;
    };
    *operator == Operator::Equals
}

/// Numbers may be the same in more than one writing.
fn may_be_in(value: &Scalar<'_>, list: &[Scalar<'_>]) -> bool {
    let is_text = |one: &Scalar<'_>| matches!(one, Scalar::Text(_));
    list.iter()
        .any(|other| value == other || !is_text(value) || !is_text(other))
}

/// Returns the attribute and the values for which a condition asks.
fn values<'c>(condition: &'c Condition<'_>) -> Option<(&'c Text<'c>, &'c [Scalar<'c>])> {
    let Condition::Test {
        attribute,
        operator,
        operand: Some(operand),
    } = condition
    else {
        return None;
    };
    let values: &[Scalar<'_>] = match (operator, operand) {
        (Operator::In, Operand::List(list)) => list,
        (Operator::Equals, Operand::One(one)) => std::slice::from_ref(one),
        _ => return None,
    };
    Some((attribute, values))
}

fn any_implies(list: &[Condition<'_>], other: &Condition<'_>) -> bool {
    // A list that asks all of a list, and one that asks each of it, say the same.
    if let Condition::All(others) = other {
        return is_within(list, others);
    }
    list.iter().any(|one| implies(one, other))
}

fn implies(one: &Condition<'_>, other: &Condition<'_>) -> bool {
    match (one, other) {
        _ if one == other => true,
        (_, Condition::All(others)) => others.iter().all(|other| implies(one, other)),
        (Condition::All(list), _) => any_implies(list, other),
        (Condition::Any(list), _) => list.iter().all(|one| implies(one, other)),
        (_, Condition::Any(others)) => others.iter().any(|other| implies(one, other)),
        (Condition::Not(one), Condition::Not(other)) => implies(other, one),
        (
            _,
            Condition::Test {
                attribute: other,
                operator: Operator::In,
                operand: Some(Operand::List(others)),
            },
        ) => values(one).is_some_and(|(attribute, values)| {
            attribute == other && values.iter().all(|value| others.contains(value))
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(operator: Operator, values: &[&'static str]) -> Condition<'static> {
        let text = |value: &&'static str| Scalar::Text((*value).into());
        let operand = match (operator, values) {
            (Operator::Equals, [one]) => Operand::One(text(one)),
            _ => Operand::List(values.iter().map(text).collect()),
        };
        Condition::Test {
            attribute: "country".into(),
            operator,
            operand: Some(operand),
        }
    }

    #[test]
    fn fewer_values_and_more_conditions_take_fewer() {
        let one = || test(Operator::Equals, &["IT"]);
        let few = || test(Operator::In, &["IT", "CH"]);
        let many = || test(Operator::In, &["CH", "IT", "US"]);
        let not = |inner| Condition::Not(Box::new(inner));
        let any = |list| Condition::Any(list);
        let all = |list| Condition::All(list);
        let within = [
            (vec![one()], vec![few()]),
            (vec![few()], vec![many()]),
            (vec![few(), not(one())], vec![many()]),
            (vec![few()], vec![]),
            (vec![all(vec![few(), not(one())])], vec![not(one()), few()]),
            (vec![not(one()), few()], vec![all(vec![few(), not(one())])]),
            (vec![not(many())], vec![not(few())]),
            (vec![few()], vec![any(vec![one(), many()])]),
            (vec![any(vec![one(), few()])], vec![many()]),
        ];
        for (list, other) in &within {
            assert!(is_within(list, other), "{list:?} {other:?}");
        }
        let not_within = [
            (vec![few()], vec![one()]),
            (vec![], vec![one()]),
            (vec![not(few())], vec![not(many())]),
            (vec![any(vec![one(), many()])], vec![few()]),
            (vec![test(Operator::NotIn, &["IT"])], vec![many()]),
        ];
        for (list, other) in &not_within {
            assert!(!is_within(list, other), "{list:?} {other:?}");
        }
    }

    #[test]
    fn other_values_of_an_attribute_take_others() {
        let few = || test(Operator::In, &["IT", "CH"]);
        let other = || test(Operator::Equals, &["US"]);
        let both = || Condition::Any(vec![test(Operator::Equals, &["IT"]), other()]);
        let not = |inner| Condition::Not(Box::new(inner));
        assert!(are_apart(&[few()], &[not(few()), other()]));
        assert!(are_apart(&[other()], &[Condition::All(vec![few()])]));
        assert!(are_apart(&[test(Operator::Equals, &["DE"])], &[both()]));
        assert!(!are_apart(&[few()], &[both()]));
        assert!(!are_apart(&[few()], &[]));
        // Somebody may have a list of both.
        assert!(!are_apart(&[few()], &[test(Operator::In, &["US"])]));
        assert!(!are_apart(&[few()], &[not(other())]));
    }
}

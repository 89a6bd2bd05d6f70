//! A second evaluation, written for plainness alone: it walks the ruleset as it stands, and parses
//! and searches anew each time. The engine must agree with it.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Answer;
use crate::evaluate::bucket;
use crate::literal;
use crate::ruleset::{
    Bucketing, Condition, Dependency, Flag, Operand, Operator, Phase, Ruleset, Scalar, Serving,
    Text,
};

/// One context at one time.
pub(super) struct Oracle<'r> {
    pub(super) ruleset: &'r Ruleset<'r>,
    pub(super) attributes: &'r Map<String, Value>,
    pub(super) time: i64,
}

type Served = (u32, &'static str, Option<String>, Option<&'static str>);

impl Oracle<'_> {
    pub(super) fn evaluate(&self, key: &str) -> Answer {
        let Some(flag) = self.ruleset.flags.get(key) else {
            return Answer {
                value: Value::Null,
                variant: String::new(),
                reason: "ERROR",
                rule: None,
                error: Some("FLAG_NOT_FOUND"),
            };
        };
        let (outcome, reason, rule, error) = self.flag(flag);
        let outcome = &flag.outcomes[outcome as usize];
        Answer {
            value: outcome.value.clone(),
            variant: outcome.variant.as_str().to_owned(),
            reason,
            rule,
            error,
        }
    }

    fn flag(&self, flag: &Flag<'_>) -> Served {
        let phase = flag
            .phases
            .iter()
            .rfind(|phase| phase.from.is_none_or(|from| from <= self.time))
            .unwrap();
        if flag.killed || !phase.enabled {
            return (flag.off, "DISABLED", None, None);
        }
        if !flag
            .depends_on
            .iter()
            .all(|dependency| self.is_satisfied(dependency))
        {
            return (flag.off, "PREREQUISITE_FAILED", None, None);
        }
        for rule in &phase.rules {
            if rule
                .conditions
                .iter()
                .all(|condition| self.holds(condition))
            {
                return self.serve(flag, phase, &rule.serving, Some(rule.name.as_str()));
            }
        }
        match &phase.serving {
            Some(serving) => self.serve(flag, phase, serving, None),
            None => (phase.default, self.quiet(flag, phase), None, None),
        }
    }

    fn is_satisfied(&self, dependency: &Dependency<'_>) -> bool {
        let served = self.evaluate(dependency.flag.as_str());
        served.error.is_none()
            && dependency
                .values
                .as_ref()
                .is_none_or(|values| values.iter().any(|value| is_equal(&served.value, value)))
            && dependency
                .variants
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| name.as_str() == served.variant))
    }

    /// STATIC if nothing but a bucket could have decided otherwise.
    fn quiet(&self, flag: &Flag<'_>, phase: &Phase<'_>) -> &'static str {
        let is_last = std::ptr::eq(phase, flag.phases.last().unwrap());
        let ramp = phase
            .serving
            .as_ref()
            .and_then(|serving| serving.exposure.as_ref()?.gradual);
        let pending = !is_last || ramp.is_some_and(|ramp| ramp.is_pending(self.time));
        if phase.rules.is_empty() && flag.depends_on.is_empty() && !pending {
            "STATIC"
        } else {
            "DEFAULT"
        }
    }

    fn serve(
        &self,
        flag: &Flag<'_>,
        phase: &Phase<'_>,
        serving: &Serving<'_>,
        rule: Option<&str>,
    ) -> Served {
        let named = rule.map(str::to_owned);
        let failed = (
            phase.default,
            "ERROR",
            named.clone(),
            Some("TARGETING_KEY_MISSING"),
        );
        let mut bucketed = false;
        if let Some(exposure) = &serving.exposure {
            let ranges = match (&exposure.ranges, exposure.gradual) {
                (Some(ranges), _) => ranges.clone(),
                (None, ramp) => vec![(0, ramp.unwrap().share_at(self.time))],
            };
            let share: u32 = ranges.iter().map(|(from, to)| to - from).sum();
            if share == 0 {
                let reason = if rule.is_some() {
                    "DEFAULT"
                } else {
                    self.quiet(flag, phase)
                };
                return (phase.default, reason, named, None);
            }
            if share < 100_000 {
                let Some(position) =
                    self.position(flag, exposure.salt.as_str(), exposure.attribute.as_ref())
                else {
                    return failed;
                };
                if !ranges
                    .iter()
                    .any(|(from, to)| (*from..*to).contains(&position))
                {
                    return (phase.default, "DEFAULT", named, None);
                }
                bucketed = true;
            }
        }
        let outcome = match &serving.split {
            None => serving.outcome.unwrap(),
            Some(split) => {
                if let [(_, _, outcome)] = split.ranges.as_slice() {
                    *outcome
                } else {
                    let Some(position) =
                        self.position(flag, split.salt.as_str(), split.attribute.as_ref())
                    else {
                        return failed;
                    };
                    bucketed = true;
                    split
                        .ranges
                        .iter()
                        .find(|(from, to, _)| (*from..*to).contains(&position))
                        .unwrap()
                        .2
                }
            }
        };
        let unbucketed = if rule.is_some() {
            "TARGETING_MATCH"
        } else {
            self.quiet(flag, phase)
        };
        (
            outcome,
            if bucketed { "SPLIT" } else { unbucketed },
            named,
            None,
        )
    }

    fn position(&self, flag: &Flag<'_>, salt: &str, attribute: Option<&Text<'_>>) -> Option<u32> {
        let subject = match attribute {
            Some(name) => self.subject(name.as_str()),
            None => self
                .subject("targetingKey")
                .or_else(|| self.subject("user_id")),
        }?;
        let text = format!("{salt}{subject}");
        let bytes = match flag.bucketing {
            Bucketing::FlagdV2 => text.into_bytes(),
            Bucketing::FlagdV3 if text.len() < 24 => {
                [&[0x60 + u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
            }
            Bucketing::FlagdV3 => {
                [&[0x78, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
            }
        };
        let hash = murmur3::murmur3_32(&mut std::io::Cursor::new(bytes), 0).unwrap();
        u32::try_from((u64::from(hash) * 100_000) >> 32).ok()
    }

    fn subject(&self, name: &str) -> Option<Box<str>> {
        bucket::subject(&self.attribute(name)?)
    }

    /// The value of an attribute; `None` if it is missing or null.
    fn attribute(&self, name: &str) -> Option<Value> {
        if let Some(entries) = self.ruleset.computed.get(name) {
            let entry = entries.iter().find(|entry| {
                entry
                    .conditions
                    .iter()
                    .all(|condition| self.holds(condition))
            })?;
            return Some(serde_json::to_value(&entry.value).unwrap());
        }
        let mut parts = name.split('.');
        let first = parts.next()?;
        let mut reached = first.to_owned();
        let mut value = self.attributes.get(first)?;
        for part in parts {
            if reached == "now" || self.ruleset.computed.get(&reached).is_some() {
                return None;
            }
            reached = format!("{reached}.{part}");
            value = value.as_object()?.get(part)?;
        }
        (!value.is_null() && name != "now").then(|| value.clone())
    }

    fn holds(&self, condition: &Condition<'_>) -> bool {
        match condition {
            Condition::Any(list) => list.iter().any(|condition| self.holds(condition)),
            Condition::All(list) => list.iter().all(|condition| self.holds(condition)),
            Condition::Not(inner) => !self.holds(inner),
            Condition::Segment(name) => self
                .ruleset
                .segments
                .get(name.as_str())
                .unwrap()
                .iter()
                .all(|condition| self.holds(condition)),
            Condition::Test {
                attribute,
                operator,
                operand,
            } => {
                let positive = operator.name().replace("not_", "");
                let positive = Operator::from_name(&positive).unwrap();
                let holds = if attribute.as_str() == "now" {
                    self.now(positive, operand.as_ref())
                } else {
                    let value = self.attribute(attribute.as_str());
                    value.is_some_and(|value| passes(&value, positive, operand.as_ref()))
                };
                holds == (positive == *operator)
            }
        }
    }

    fn now(&self, operator: Operator, operand: Option<&Operand<'_>>) -> bool {
        let now = i128::from(self.time) * 1_000_000_000;
        let instant = || literal::moment(texts(operand)[0]).unwrap();
        match operator {
            Operator::Exists => true,
            Operator::Before => now < instant().as_nanosecond(),
            Operator::After => now >= instant().as_nanosecond(),
            _ => false,
        }
    }
}

fn is_equal(value: &Value, scalar: &Scalar<'_>) -> bool {
    match scalar {
        Scalar::Boolean(boolean) => value.as_bool() == Some(*boolean),
        Scalar::Number(number) => value.as_f64() == Some(*number),
        Scalar::Text(text) => value.as_str() == Some(text.as_str()),
    }
}

fn texts<'o>(operand: Option<&'o Operand<'_>>) -> Vec<&'o str> {
    let text = |scalar: &'o Scalar<'_>| match scalar {
        Scalar::Text(text) => text.as_str(),
        other => panic!("{other:?}"),
    };
    match operand.unwrap() {
        Operand::One(scalar) => vec![text(scalar)],
        Operand::List(list) => list.iter().map(text).collect(),
    }
}

fn passes(value: &Value, operator: Operator, operand: Option<&Operand<'_>>) -> bool {
    use Operator as Op;
    let any_text = |test: fn(&str, &str) -> bool| {
        value
            .as_str()
            .is_some_and(|value| texts(operand).iter().any(|text| test(value, text)))
    };
    let number = |test: fn(&f64, &f64) -> bool| match operand {
        Some(Operand::One(Scalar::Number(number))) => {
            value.as_f64().is_some_and(|value| test(&value, number))
        }
        other => panic!("{other:?}"),
    };
    let order = |test: fn(std::cmp::Ordering) -> bool| {
        let versions = value
            .as_str()
            .and_then(literal::version)
            .zip(literal::version(texts(operand)[0]));
        versions.is_some_and(|(value, operand)| test(value.cmp_precedence(&operand)))
    };
    let date = |test: fn(&Timestamp, &Timestamp) -> bool| {
        value
            .as_str()
            .and_then(literal::moment)
            .is_some_and(|value| test(&value, &literal::moment(texts(operand)[0]).unwrap()))
    };
    match operator {
        Op::Exists => true,
        Op::Equals => matches!(operand, Some(Operand::One(scalar)) if is_equal(value, scalar)),
        Op::In => match (operand, value) {
            (Some(Operand::List(list)), Value::Array(members)) => members
                .iter()
                .any(|value| list.iter().any(|scalar| is_equal(value, scalar))),
            (Some(Operand::List(list)), value) => list.iter().any(|scalar| is_equal(value, scalar)),
            other => panic!("{other:?}"),
        },
        Op::Contains => match value {
            Value::Array(members) => texts(operand)
                .iter()
                .any(|text| members.iter().any(|member| member == text)),
            _ => any_text(|value, text| value.contains(text)),
        },
        Op::StartsWith => any_text(|value, text| value.starts_with(text)),
        Op::EndsWith => any_text(|value, text| value.ends_with(text)),
        Op::Matches => any_text(|value, text| regex::Regex::new(text).unwrap().is_match(value)),
        Op::GreaterThan => number(|value, operand| value > operand),
        Op::GreaterThanOrEqual => number(|value, operand| value >= operand),
        Op::LessThan => number(|value, operand| value < operand),
        Op::LessThanOrEqual => number(|value, operand| value <= operand),
        Op::SemverEquals => order(std::cmp::Ordering::is_eq),
        Op::SemverGreaterThan => order(std::cmp::Ordering::is_gt),
        Op::SemverGreaterThanOrEqual => order(std::cmp::Ordering::is_ge),
        Op::SemverLessThan => order(std::cmp::Ordering::is_lt),
        Op::SemverLessThanOrEqual => order(std::cmp::Ordering::is_le),
        Op::Before => date(|value, operand| value < operand),
        Op::After => date(|value, operand| value >= operand),
        other => panic!("{other:?}"),
    }
}

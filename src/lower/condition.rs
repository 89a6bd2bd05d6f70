//! Conditions, and what their operators can compare with.

use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::document::{Scalar as Written, View};
use crate::literal;
use crate::model::{Condition, Test};
use crate::ruleset::{Operand, Operator, Scalar};

use super::reader::{Reader, scalar};

/// What an operator compares with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Scalar,
    Scalars,
    Texts,
    Regex,
    Number,
    Version,
    Moment,
}

fn takes(operator: Operator) -> Takes {
    use Operator as O;
    match operator {
        O::Exists | O::NotExists => Takes::Nothing,
        O::Equals | O::NotEquals => Takes::Scalar,
        O::In | O::NotIn => Takes::Scalars,
        O::Contains
        | O::NotContains
        | O::StartsWith
        | O::NotStartsWith
        | O::EndsWith
        | O::NotEndsWith => Takes::Texts,
        O::Matches | O::NotMatches => Takes::Regex,
        O::GreaterThan | O::GreaterThanOrEqual | O::LessThan | O::LessThanOrEqual => Takes::Number,
        O::SemverEquals
        | O::SemverNotEquals
        | O::SemverGreaterThan
        | O::SemverGreaterThanOrEqual
        | O::SemverLessThan
        | O::SemverLessThanOrEqual => Takes::Version,
        O::Before | O::After => Takes::Moment,
    }
}

impl Reader<'_> {
    /// Reads a list of conditions, all of which must hold.
    pub(super) fn conditions(&mut self, view: Option<View<'_>>) -> Box<[Condition]> {
        view.into_iter()
            .flat_map(|view| view.items())
            .filter_map(|item| self.condition(item))
            .collect()
    }

    fn condition(&mut self, view: View<'_>) -> Option<Condition> {
        if let Some(attribute) = view.get("attribute") {
            return self
                .test(view, attribute)
                .map(|test| Condition::Test(Box::new(test)));
        }
        if let Some(segment) = view.get("segment") {
            return self.used_segment(segment);
        }
        if let Some(list) = view.get("any") {
            return Some(Condition::Any(self.conditions(Some(list))));
        }
        if let Some(list) = view.get("all") {
            return Some(Condition::All(self.conditions(Some(list))));
        }
        let inner = self.condition(view.get("not")?)?;
        Some(Condition::Not(Box::new(inner)))
    }

    fn used_segment(&mut self, segment: View<'_>) -> Option<Condition> {
        let name = self.checked_name(segment)?;
        if let Some(segments) = &self.scope.segments
            && !segments.contains_key(&name)
        {
            let known: Vec<&str> = segments.keys().map(crate::model::Name::as_str).collect();
            let finding = Diagnostic::new(
                Code::UnknownSegment,
                segment.location(),
                format!("there is no segment `{name}`"),
            );
            self.report(
                finding
                    .maybe_help(did_you_mean(name.as_str(), known))
                    .maybe_help_else("define it in segments.yaml"),
            );
            return None;
        }
        Some(Condition::Segment {
            name,
            span: segment.span(),
        })
    }

    fn test(&mut self, view: View<'_>, attribute: View<'_>) -> Option<Test> {
        let name = attribute.as_str()?;
        self.known_attribute(attribute, name);
        let operator = Operator::from_name(view.get("operator")?.as_str()?)?;
        let operand = self.operand(view, operator);
        let complete = operand.is_some() == (takes(operator) != Takes::Nothing);
        complete.then(|| Test {
            attribute: name.into(),
            operator,
            operand,
            span: view.span(),
        })
    }

    /// Reports an attribute that attributes.yaml does not have.
    pub(super) fn known_attribute(&mut self, place: View<'_>, name: &str) {
        if self.scope.attributes.allows(name) {
            return;
        }
        let finding = Diagnostic::new(
            Code::UnknownAttribute,
            place.location(),
            format!("attributes.yaml has no attribute `{name}`"),
        );
        let near = did_you_mean(name, self.scope.attributes.names());
        self.report(
            finding
                .maybe_help(near)
                .maybe_help_else("add it there with its type"),
        );
    }

    fn operand(&mut self, view: View<'_>, operator: Operator) -> Option<Operand<'static>> {
        let written = match (view.member("value"), view.member("values")) {
            (Some(_), Some(second)) => {
                self.error(
                    Code::ConflictingKeys,
                    second.key_location(),
                    "`value` and `values` exclude each other",
                    "keep one of them",
                );
                return None;
            }
            (one, other) => one.or(other),
        };
        let takes = takes(operator);
        let Some(written) = written else {
            if takes != Takes::Nothing {
                let place = view
                    .member("operator")
                    .map_or_else(|| view.location(), |member| member.value.location());
                let message = format!("`{}` has nothing to compare with", operator.name());
                self.error(Code::MissingKey, place, message, "add `value:`");
            }
            return None;
        };
        if takes == Takes::Nothing {
            let message = format!("`{}` compares with nothing", operator.name());
            self.error(
                Code::InvalidOperand,
                written.key_location(),
                message,
                format!("remove `{}`", written.key),
            );
            return Some(Operand::List(Vec::new()));
        }
        let value = written.value;
        self.lossy_number(view, value, takes);
        let items: Vec<View<'_>> = if value.is_list() {
            value.items().collect()
        } else {
            vec![value]
        };
        // `values` is a list by its nature; a single value in it stands for itself.
        let listed = value.is_list() && (written.key == "value" || items.len() != 1);
        match takes {
            Takes::Scalars if value.is_list() => Some(Operand::List(
                items.into_iter().filter_map(scalar).collect(),
            )),
            Takes::Texts => self.texts(operator, value, &items),
            Takes::Scalars => {
                self.wrong_operand(operator, value, "a list", "put it in brackets: [US, CA]")
            }
            _ if listed => {
                let help = if takes == Takes::Scalar {
                    let list = if operator == Operator::Equals {
                        "in"
                    } else {
                        "not_in"
                    };
                    format!("write `operator: {list}` for one of several values")
                } else {
                    "write one value; use `any` for several conditions".to_owned()
                };
                self.wrong_operand(operator, value, "one value", &help)
            }
            _ => items
                .first()
                .and_then(|item| self.single(operator, takes, *item)),
        }
    }

    fn single(
        &mut self,
        operator: Operator,
        takes: Takes,
        view: View<'_>,
    ) -> Option<Operand<'static>> {
        let value = scalar(view)?;
        match (takes, &value) {
            (Takes::Scalar, _) | (Takes::Number, Scalar::Number(_)) => {}
            (Takes::Number, _) => {
                return self.wrong_operand(
                    operator,
                    view,
                    "a number",
                    "write a number without quotes",
                );
            }
            (_, Scalar::Text(text)) => self.parses(takes, view, text.as_str()).then_some(())?,
            (Takes::Version, _) => {
                let message = format!("`{}` is a number, not a version", view.raw());
                self.error(
                    Code::InvalidSemver,
                    view.location(),
                    message,
                    format!("put it in quotes: \"{}\"", view.raw()),
                );
                return None;
            }
            _ => return self.wrong_operand(operator, view, "a string", "put it in quotes"),
        }
        Some(Operand::One(value))
    }

    fn parses(&mut self, takes: Takes, view: View<'_>, text: &str) -> bool {
        match takes {
            Takes::Regex => {
                if let Err(error) = regex::Regex::new(text) {
                    let (message, help) = regex_fault(text, &error);
                    self.error(Code::InvalidRegex, view.location(), message, help);
                    return false;
                }
            }
            Takes::Version if literal::version(text).is_none() => {
                let message = format!("`{text}` is not a version");
                let help = "write SemVer, like 2.4.0 or 2.4.0-rc.1";
                self.error(Code::InvalidSemver, view.location(), message, help);
                return false;
            }
            Takes::Moment => return self.moment(view).is_some(),
            _ => {}
        }
        true
    }

    fn texts(
        &mut self,
        operator: Operator,
        value: View<'_>,
        items: &[View<'_>],
    ) -> Option<Operand<'static>> {
        if let Some(other) = items.iter().find(|item| item.as_str().is_none()) {
            return self.wrong_operand(
                operator,
                *other,
                "a string or a list of strings",
                "put it in quotes",
            );
        }
        let mut texts: Vec<Scalar<'static>> = items.iter().copied().filter_map(scalar).collect();
        if value.is_list() {
            Some(Operand::List(texts))
        } else {
            texts.pop().map(Operand::One)
        }
    }

    fn wrong_operand(
        &mut self,
        operator: Operator,
        view: View<'_>,
        wanted: &str,
        help: &str,
    ) -> Option<Operand<'static>> {
        // Null and maps are misfits of shape, reported by then.
        if !view.is_null() && !view.is_map() {
            let message = format!(
                "`{}` compares with {wanted}, not with {}",
                operator.name(),
                view.describe()
            );
            self.error(Code::InvalidOperand, view.location(), message, help);
        }
        None
    }

    /// Warns of `1.10` where a number is not plainly meant: it is the number 1.1.
    fn lossy_number(&mut self, condition: View<'_>, value: View<'_>, takes: Takes) {
        let attribute = condition.get("attribute").and_then(|name| name.as_str());
        let is_number = attribute.is_some_and(|name| self.scope.attributes.is_number(name));
        if is_number || !matches!(takes, Takes::Scalar | Takes::Scalars) {
            return;
        }
        let single = (!value.is_list()).then_some(value);
        for item in single.into_iter().chain(value.items()) {
            let raw = item.raw();
            if let Some(Written::Float(number)) = item.scalar()
                && raw.ends_with('0')
                && !raw.contains(['e', 'E'])
            {
                let message = format!("`{raw}` is the number {number}, and the zero is lost");
                self.error(
                    Code::Yaml11Scalar,
                    item.location(),
                    message,
                    format!("quote it (\"{raw}\") if a version or text is meant"),
                );
            }
        }
    }
}

fn regex_fault(pattern: &str, error: &regex::Error) -> (String, &'static str) {
    if let regex::Error::CompiledTooBig(_) = error {
        let message = format!("the regular expression `{pattern}` is too large");
        return (message, "write smaller repetitions");
    }
    // The last line of the library's message says what is wrong; the rest draws it.
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    let reason = last.strip_prefix("error: ").unwrap_or(last);
    (
        format!("`{pattern}` is not a regular expression: {reason}"),
        "the syntax is RE2's: no look-around, no back-references",
    )
}

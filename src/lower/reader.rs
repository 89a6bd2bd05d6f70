//! What all lowerings share: the place to report to, and the small values.

use jiff::Timestamp;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::document::{Scalar, View};
use crate::literal;
use crate::model::{Metadata, Name};
use crate::ruleset;
use crate::schema::invalid_name;
use crate::text::Location;

use super::Scope;

/// A lowering in progress.
pub(super) struct Reader<'r> {
    pub(super) scope: &'r Scope,
    pub(super) diagnostics: &'r mut Diagnostics,
}

impl Reader<'_> {
    pub(super) fn report(&mut self, finding: Diagnostic) {
        self.diagnostics.push(finding);
    }

    /// Reports with a help line; the everyday form.
    pub(super) fn error(
        &mut self,
        code: Code,
        place: Location,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report(Diagnostic::new(code, place, message).help(help));
    }

    /// Reads a name. The schema has reported what is none.
    pub(super) fn name(text: &str) -> Option<Name> {
        Name::new(text).ok()
    }

    /// Reads a name that a schema cannot check.
    pub(super) fn checked_name(&mut self, view: View<'_>) -> Option<Name> {
        let text = view.as_str()?;
        let name = Name::new(text).ok();
        if name.is_none() {
            self.report(invalid_name(view.location(), text));
        }
        name
    }

    /// Reads a percentage (0 to 100) in thousandths of a percent.
    pub(super) fn percentage(&mut self, view: View<'_>) -> Option<u32> {
        let number = view
            .as_number()
            .filter(|number| (0.0..=100.0).contains(number))?;
        self.decimals(view, number)
            .and_then(|share| u32::try_from(share).ok())
    }

    /// Reads a weight in thousandths.
    pub(super) fn weight(&mut self, view: View<'_>) -> Option<u64> {
        let number = view
            .as_number()
            .filter(|number| (0.0..=1e9).contains(number))?;
        self.decimals(view, number)
    }

    fn decimals(&mut self, view: View<'_>, number: f64) -> Option<u64> {
        let share = literal::thousandths(number);
        if share.is_none() {
            let message = format!("`{}` has more than three decimals", view.raw());
            self.error(
                Code::TooManyDecimals,
                view.location(),
                message,
                "thousandths of a percent are the finest share: round it",
            );
        }
        share
    }

    /// Reads a date-time with an offset.
    pub(super) fn date_time(&mut self, view: View<'_>) -> Option<Timestamp> {
        let text = view.as_str()?;
        let moment = literal::date_time(text);
        if moment.is_none() {
            self.error(
                Code::InvalidTime,
                view.location(),
                time_message(text, "a date and time with an offset"),
                time_help(text),
            );
        }
        moment
    }

    /// Reads a date, or a date-time with an offset.
    pub(super) fn moment(&mut self, view: View<'_>) -> Option<Timestamp> {
        let text = view.as_str()?;
        let moment = literal::moment(text);
        if moment.is_none() {
            let message = time_message(text, "a date, or a date and time with an offset");
            self.error(Code::InvalidTime, view.location(), message, time_help(text));
        }
        moment
    }

    /// Reads a date.
    pub(super) fn date(&mut self, view: View<'_>) -> Option<jiff::civil::Date> {
        let text = view.as_str()?;
        let date = literal::date(text);
        if date.is_none() {
            let message = time_message(text, "a date");
            self.error(
                Code::InvalidTime,
                view.location(),
                message,
                "write a day that exists, like 2027-03-31",
            );
        }
        date
    }

    /// Reads the entries of `metadata`.
    pub(super) fn metadata(view: Option<View<'_>>) -> Metadata {
        let entries = view.into_iter().flat_map(|view| view.entries());
        entries
            .filter_map(|member| Some((member.key.to_owned(), scalar(member.value)?)))
            .collect()
    }
}

fn time_message(text: &str, wanted: &str) -> String {
    let looks_right = text.len() >= 10 && text.bytes().take(4).all(|b| b.is_ascii_digit());
    if looks_right {
        format!("`{text}` does not exist, or is not {wanted}")
    } else {
        format!("`{text}` is not {wanted}")
    }
}

fn time_help(text: &str) -> String {
    let without_offset = text.len() == 19 && literal::date_time(&format!("{text}Z")).is_some();
    if without_offset {
        return format!("say where: `{text}Z` for UTC, or `{text}+01:00`");
    }
    "write RFC 3339, like 2026-12-01T09:00:00Z".to_owned()
}

/// Reads a string, a number or a boolean.
pub(super) fn scalar(view: View<'_>) -> Option<ruleset::Scalar<'static>> {
    match view.scalar()? {
        Scalar::Boolean(value) => Some(ruleset::Scalar::Boolean(*value)),
        Scalar::String(text) => Some(ruleset::Scalar::Text(text.clone().into_owned().into())),
        Scalar::Integer(_) | Scalar::Float(_) => view.as_number().map(ruleset::Scalar::Number),
        Scalar::Null => None,
    }
}

/// Reads a string.
pub(super) fn string(view: Option<View<'_>>) -> Option<String> {
    view.and_then(|view| view.as_str()).map(str::to_owned)
}

/// Reads a list of strings.
pub(super) fn strings(view: Option<View<'_>>) -> Vec<String> {
    view.into_iter()
        .flat_map(|view| view.items())
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// Reads a boolean.
pub(super) fn boolean(view: Option<View<'_>>) -> Option<bool> {
    view.and_then(|view| view.as_bool())
}

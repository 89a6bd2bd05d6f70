//! TOML text to a [`Document`].

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::document::{Builder, Document, Entry, Kind, Node, NodeId, Scalar, Style};
use crate::text::{Location, SourceId, Span};

/// Parses a text; one that is not TOML yields one finding and no document.
pub(super) fn parse<'t>(
    source: SourceId,
    text: &'t str,
    diagnostics: &mut Diagnostics,
) -> Option<Document<'t>> {
    match DeTable::parse(text) {
        Ok(table) => {
            let builder = Builder::new(source, text);
            let span = span_of(&table.span());
            let mut reader = Reader {
                builder,
                source,
                diagnostics,
            };
            let root = reader.mapping(table.into_inner(), span);
            Some(reader.builder.finish(root))
        }
        Err(error) => {
            let span = error
                .span()
                .map_or_else(Span::default, |range| span_of(&range));
            let message = format!(
                "this is not TOML: {}",
                error.message().lines().next().unwrap_or_default()
            );
            let finding = Diagnostic::new(Code::TomlSyntax, Location::new(source, span), message);
            diagnostics.push(finding.help("check the quotes, brackets and table names here"));
            None
        }
    }
}

fn span_of(range: &std::ops::Range<usize>) -> Span {
    Span::new(range.start, range.end)
}

struct Reader<'t, 'r> {
    builder: Builder<'t>,
    source: SourceId,
    diagnostics: &'r mut Diagnostics,
}

impl<'t> Reader<'t, '_> {
    fn mapping(&mut self, table: DeTable<'t>, span: Span) -> NodeId {
        let mut entries: Vec<Entry<'t>> = Vec::with_capacity(table.len());
        for (key, value) in table {
            let key_span = span_of(&key.span());
            let value = self.node(value);
            entries.push(Entry {
                key_span,
                key: key.into_inner(),
                value,
            });
        }
        entries.sort_by_key(|entry| entry.key_span);
        self.add(span, Kind::Mapping(entries.into()), Style::Plain)
    }

    fn node(&mut self, value: Spanned<DeValue<'t>>) -> NodeId {
        let span = span_of(&value.span());
        let (scalar, style) = match value.into_inner() {
            DeValue::Table(table) => return self.mapping(table, span),
            DeValue::Array(items) => {
                let items: Vec<NodeId> = items.into_iter().map(|item| self.node(item)).collect();
                return self.add(span, Kind::Sequence(items.into()), Style::Flow);
            }
            DeValue::String(text) => (Scalar::String(text), Style::Quoted),
            DeValue::Boolean(value) => (Scalar::Boolean(value), Style::Plain),
            DeValue::Integer(integer) => {
                let parsed = i64::from_str_radix(integer.as_str(), integer.radix());
                (Scalar::Integer(parsed.unwrap_or(i64::MAX)), Style::Plain)
            }
            DeValue::Float(float) => {
                let parsed = float.as_str().parse().unwrap_or(f64::NAN);
                (Scalar::Float(parsed), Style::Plain)
            }
            DeValue::Datetime(datetime) => {
                let message = "ffctl.toml has no place for dates";
                self.report(
                    Code::WrongType,
                    span,
                    message,
                    "put it in quotes if text is meant",
                );
                (
                    Scalar::String(Cow::Owned(datetime.to_string())),
                    Style::Plain,
                )
            }
        };
        if matches!(scalar, Scalar::Float(number) if !number.is_finite()) {
            self.report(
                Code::OutOfRange,
                span,
                "numbers are finite",
                "write a number",
            );
        }
        self.add(span, Kind::Scalar(scalar), style)
    }

    fn add(&mut self, span: Span, kind: Kind<'t>, style: Style) -> NodeId {
        self.builder.add(Node {
            span,
            kind,
            style,
            anchor: None,
        })
    }

    fn report(&mut self, code: Code, span: Span, message: &str, help: &str) {
        let location = Location::new(self.source, span);
        self.diagnostics
            .push(Diagnostic::new(code, location, message).help(help));
    }
}

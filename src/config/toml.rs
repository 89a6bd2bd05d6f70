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
            let mut builder = Builder::new(source, text);
            let span = span_of(&table.span());
            let root = mapping(&mut builder, table.into_inner(), span);
            Some(builder.finish(root))
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

fn mapping<'t>(builder: &mut Builder<'t>, table: DeTable<'t>, span: Span) -> NodeId {
    let mut entries: Vec<Entry<'t>> = table
        .into_iter()
        .map(|(key, value)| Entry {
            key_span: span_of(&key.span()),
            key: key.into_inner(),
            value: node(builder, value),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span);
    builder.add(Node {
        span,
        kind: Kind::Mapping(entries.into()),
        style: Style::Plain,
        anchor: None,
    })
}

fn node<'t>(builder: &mut Builder<'t>, value: Spanned<DeValue<'t>>) -> NodeId {
    let span = span_of(&value.span());
    let (scalar, style) = match value.into_inner() {
        DeValue::Table(table) => return mapping(builder, table, span),
        DeValue::Array(items) => {
            let items: Vec<NodeId> = items.into_iter().map(|item| node(builder, item)).collect();
            return builder.add(Node {
                span,
                kind: Kind::Sequence(items.into()),
                style: Style::Flow,
                anchor: None,
            });
        }
        DeValue::String(text) => (Scalar::String(text), Style::Quoted),
        DeValue::Boolean(value) => (Scalar::Boolean(value), Style::Plain),
        DeValue::Integer(integer) => {
            let parsed = i64::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(i64::MAX);
            (Scalar::Integer(parsed), Style::Plain)
        }
        DeValue::Float(float) => (
            Scalar::Float(float.as_str().parse().unwrap_or(f64::NAN)),
            Style::Plain,
        ),
        DeValue::Datetime(datetime) => (
            Scalar::String(Cow::Owned(datetime.to_string())),
            Style::Plain,
        ),
    };
    builder.add(Node {
        span,
        kind: Kind::Scalar(scalar),
        style,
        anchor: None,
    })
}

//! Parser events to the span tree, with everything reported that makes a tree ambiguous.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, ScalarStyle, StructureStyle, Tag};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::document::{Builder, Document, Entry, Kind, Node, NodeId, Scalar, Style};
use crate::text::{Location, SourceId, Span};

use super::MAX_EXPANDED_NODES;
use super::scalar::{resolve_plain, yaml_1_1_reading};

/// 2^53 − 1.
const MAX_EXACT_INTEGER: u64 = (1 << 53) - 1;

/// An anchored node: where it is in the tree once it is complete, and how many nodes it holds.
#[derive(Clone, Copy)]
struct Anchored {
    id: Option<NodeId>,
    weight: u64,
}

/// A list or map whose end has not been seen.
struct Open<'t> {
    anchor_id: usize,
    anchor: Option<Span>,
    start: Span,
    style: Style,
    weight: u64,
    body: Body<'t>,
}

enum Body<'t> {
    Sequence(Vec<NodeId>),
    Mapping {
        entries: Vec<Entry<'t>>,
        key: Option<(Cow<'t, str>, Span)>,
    },
}

/// Receives the parser's events in order.
pub(super) struct TreeBuilder<'t, 'r> {
    source: SourceId,
    text: &'t str,
    builder: Builder<'t>,
    open: Vec<Open<'t>>,
    anchors: HashMap<usize, Anchored>,
    /// The node that an anchor event belongs to, if it was a scalar.
    last_scalar: Option<NodeId>,
    root: Option<NodeId>,
    documents: usize,
    usable: bool,
    diagnostics: &'r mut Diagnostics,
}

impl<'t, 'r> TreeBuilder<'t, 'r> {
    pub(super) fn new(source: SourceId, text: &'t str, diagnostics: &'r mut Diagnostics) -> Self {
        Self {
            source,
            text,
            builder: Builder::new(source, text),
            open: Vec::new(),
            anchors: HashMap::new(),
            last_scalar: None,
            root: None,
            documents: 0,
            usable: true,
            diagnostics,
        }
    }

    pub(super) fn event(&mut self, event: Event<'t>, span: Span) {
        if let Event::DocumentStart(..) = event {
            self.documents += 1;
            if self.documents == 2 {
                self.report(
                    Code::SeveralDocuments,
                    span,
                    "a second YAML document begins here",
                    |finding| {
                        finding.help("keep one document a file: move this one to a file of its own")
                    },
                );
            }
        }
        if self.documents > 1 {
            return;
        }
        match event {
            Event::Scalar(text, style, anchor_id, tag) => {
                self.scalar(text, style, anchor_id, tag.as_deref(), span);
            }
            Event::SequenceStart(style, anchor_id, tag) => {
                self.check_tag(tag.as_deref(), &["seq"], span);
                self.start(Body::Sequence(Vec::new()), style, anchor_id, span);
            }
            Event::MappingStart(style, anchor_id, tag) => {
                self.check_tag(tag.as_deref(), &["map"], span);
                self.start(
                    Body::Mapping {
                        entries: Vec::new(),
                        key: None,
                    },
                    style,
                    anchor_id,
                    span,
                );
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor_id) => self.alias(anchor_id, span),
            Event::Anchor(..) => self.anchor(span),
            _ => {}
        }
    }

    pub(super) fn finish(self) -> Option<Document<'t>> {
        let root = self.root?;
        self.usable.then(|| self.builder.finish(root))
    }

    fn report(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        dress: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let location = Location::new(self.source, span);
        self.diagnostics
            .push(dress(Diagnostic::new(code, location, message)));
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                body: Body::Mapping { key: None, .. },
                ..
            })
        )
    }

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        anchor_id: usize,
        tag: Option<&Tag>,
        span: Span,
    ) {
        let plain = style == ScalarStyle::Plain;
        if plain
            && tag.is_none()
            && let Some(reading) = yaml_1_1_reading(&text)
        {
            self.yaml_1_1_scalar(&text, reading, span);
        }
        let is_key = self.expects_key();
        let value = self.tagged_scalar(text.clone(), plain, tag, span);
        let is_string = matches!(value, Scalar::String(_));
        if !is_key {
            self.check_number(&value, span);
        }
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        // A key is no node of the tree, unless an alias may name it.
        self.last_scalar = None;
        if !is_key || anchor_id != 0 {
            let id = self.builder.add(Node {
                span,
                kind: Kind::Scalar(value),
                style,
                anchor: None,
            });
            self.anchored(anchor_id, Some(id), 1);
            self.last_scalar = Some(id);
            if !is_key {
                self.place(id, 1, span);
                return;
            }
        }
        if !is_string {
            self.non_string_key(span);
        }
        self.key(text, span);
    }

    fn yaml_1_1_scalar(&mut self, text: &str, reading: &str, span: Span) {
        let core = core_reading(text);
        let message = format!("`{text}` is {core} here, but {reading} to YAML 1.1 tools");
        let otherwise = match reading.strip_prefix("the boolean ") {
            Some(boolean) => format!(", or write `{boolean}`"),
            None => ", or write a plain decimal number".to_owned(),
        };
        let help = format!("quote it (\"{text}\") if text is meant{otherwise}");
        self.report(Code::Yaml11Scalar, span, message, |finding| {
            finding.help(help)
        });
    }

    fn tagged_scalar(
        &mut self,
        text: Cow<'t, str>,
        plain: bool,
        tag: Option<&Tag>,
        span: Span,
    ) -> Scalar<'t> {
        let Some(tag) = tag else {
            return if plain {
                resolve_plain(text)
            } else {
                Scalar::String(text)
            };
        };
        let plain_value = resolve_plain(text.clone());
        match tag.core_suffix() {
            Some("str") => return Scalar::String(text),
            Some("int") if matches!(plain_value, Scalar::Integer(_)) => return plain_value,
            Some("bool") if matches!(plain_value, Scalar::Boolean(_)) => return plain_value,
            Some("null") if plain_value == Scalar::Null => return plain_value,
            Some("float") => match plain_value {
                #[expect(clippy::cast_precision_loss, reason = "the tag asks for a float")]
                Scalar::Integer(value) => return Scalar::Float(value as f64),
                Scalar::Float(_) => return plain_value,
                _ => {}
            },
            _ => {}
        }
        self.foreign_tag(tag, span);
        Scalar::String(text)
    }

    fn check_number(&mut self, value: &Scalar<'_>, span: Span) {
        let message = match value {
            Scalar::Integer(value) if value.unsigned_abs() > MAX_EXACT_INTEGER => {
                "integers lie within ±9007199254740991 (2^53−1), where every consumer reads them exactly"
            }
            Scalar::Float(value) if !value.is_finite() => "numbers are finite",
            _ => return,
        };
        self.report(Code::OutOfRange, span, message, |finding| {
            finding.help("quote it if text is meant, or write a smaller number")
        });
    }

    fn check_tag(&mut self, tag: Option<&Tag>, allowed: &[&str], span: Span) {
        if let Some(tag) = tag
            && !tag
                .core_suffix()
                .is_some_and(|suffix| allowed.contains(&suffix))
        {
            self.foreign_tag(tag, span);
        }
    }

    fn foreign_tag(&mut self, tag: &Tag, span: Span) {
        let written = tag.original();
        let message = format!("the tag `{written}` has no meaning here");
        // The event's bytes are the value's; the tag stands before them.
        let before = self.text.get(..span.range().start).unwrap_or_default();
        let span = before
            .rfind(&*written)
            .map_or(span, |at| Span::new(at, at + written.len()));
        self.report(Code::UnsupportedTag, span, message, |finding| {
            finding.help("remove the tag; quote the value if text is meant")
        });
    }

    fn non_string_key(&mut self, span: Span) {
        let shown = self.text.get(span.range()).unwrap_or_default();
        let short = shown.len() <= 40 && !shown.contains('\n') && !shown.is_empty();
        let message = if short && !shown.starts_with(['[', '{', '-']) {
            format!("the key `{shown}` is not a string")
        } else {
            "this key is not a string".into()
        };
        self.report(Code::NonStringKey, span, message, |finding| {
            finding.help("write the key as text, in quotes if it looks like a number or a boolean")
        });
    }

    fn key(&mut self, text: Cow<'t, str>, span: Span) {
        if text == "<<" {
            self.report(
                Code::MergeKey,
                span,
                "merge keys (`<<`) are not part of YAML 1.2",
                |finding| {
                    finding
                        .help("write the keys out; anchors and aliases for whole values are fine")
                },
            );
        }
        if let Some(Open {
            body: Body::Mapping { key, .. },
            ..
        }) = self.open.last_mut()
        {
            *key = Some((text, span));
        }
    }

    fn start(&mut self, body: Body<'t>, style: StructureStyle, anchor_id: usize, span: Span) {
        if self.expects_key() {
            self.non_string_key(span);
        }
        self.anchored(anchor_id, None, 0);
        let style = if style == StructureStyle::Flow {
            Style::Flow
        } else {
            Style::Plain
        };
        self.last_scalar = None;
        self.open.push(Open {
            anchor_id,
            anchor: None,
            start: span,
            style,
            weight: 1,
            body,
        });
    }

    fn end(&mut self, span: Span) {
        let Some(open) = self.open.pop() else { return };
        let Open {
            anchor_id,
            anchor,
            start,
            style,
            weight,
            body,
        } = open;
        let (kind, last) = match body {
            Body::Sequence(items) => {
                let last = items.last().copied();
                (Kind::Sequence(items.into()), last)
            }
            Body::Mapping { entries, .. } => {
                let last = entries.last().map(|entry| entry.value);
                self.find_duplicates(&entries);
                (Kind::Mapping(entries.into()), last)
            }
        };
        // The end of a block collection is where the next thing starts; its own bytes end with
        // its last child.
        let end = match (style, last) {
            (Style::Flow, _) => span.end,
            (_, Some(last)) => self.child_end(last),
            (_, None) => start.end,
        };
        let span = Span {
            start: start.start,
            end: end.max(start.start),
        };
        let id = self.builder.add(Node {
            span,
            kind,
            style,
            anchor,
        });
        self.anchored(anchor_id, Some(id), weight);
        self.last_scalar = None;
        self.place(id, weight, start);
    }

    fn child_end(&self, id: NodeId) -> u32 {
        self.builder.span(id).end
    }

    fn alias(&mut self, anchor_id: usize, span: Span) {
        if self.expects_key() {
            self.non_string_key(span);
            self.key(Cow::Borrowed("*"), span);
            return;
        }
        let known = self.anchors.get(&anchor_id).copied();
        let Some(Anchored {
            id: Some(target),
            weight,
        }) = known
        else {
            self.report(
                Code::AliasCycle,
                span,
                "this alias stands inside the value that it names",
                |finding| finding.help("write the value out in one of the two places"),
            );
            self.usable = false;
            let null = Node {
                span,
                kind: Kind::Scalar(Scalar::Null),
                style: Style::Plain,
                anchor: None,
            };
            let id = self.builder.add(null);
            self.place(id, 1, span);
            return;
        };
        let id = self.builder.add(Node {
            span,
            kind: Kind::Alias(target),
            style: Style::Plain,
            anchor: None,
        });
        self.last_scalar = None;
        self.place(id, weight, span);
    }

    /// An anchor event follows the scalar, or the start of the collection, that it belongs to.
    fn anchor(&mut self, span: Span) {
        if let Some(id) = self.last_scalar.take() {
            self.builder.set_anchor(id, span);
        } else if let Some(open) = self.open.last_mut() {
            open.anchor = Some(span);
        }
    }

    fn anchored(&mut self, anchor_id: usize, id: Option<NodeId>, weight: u64) {
        if anchor_id != 0 {
            self.anchors.insert(anchor_id, Anchored { id, weight });
        }
    }

    /// Puts a complete node where it belongs: under its key, into its list, or as the root.
    fn place(&mut self, id: NodeId, weight: u64, span: Span) {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(id);
            return;
        };
        parent.weight = parent.weight.saturating_add(weight);
        let too_large = parent.weight > MAX_EXPANDED_NODES && self.usable;
        match &mut parent.body {
            Body::Sequence(items) => items.push(id),
            Body::Mapping { entries, key } => match key.take() {
                Some((key, key_span)) => entries.push(Entry {
                    key,
                    key_span,
                    value: id,
                }),
                // A list or map as a key was reported where it began; its value takes its place.
                None => *key = Some((Cow::Borrowed("?"), span)),
            },
        }
        if too_large {
            self.usable = false;
            let message = format!("the file expands to more than {MAX_EXPANDED_NODES} values");
            self.report(Code::AliasExpansion, span, message, |finding| {
                finding.help("aliases of aliases multiply: write the values out, or split the file")
            });
        }
    }

    fn find_duplicates(&mut self, entries: &[Entry<'t>]) {
        let mut duplicates = Vec::new();
        if entries.len() <= 16 {
            for (at, entry) in entries.iter().enumerate() {
                if let Some(first) = entries.iter().take(at).find(|other| other.key == entry.key) {
                    duplicates.push((entry.key.clone(), entry.key_span, first.key_span));
                }
            }
        } else {
            let mut seen: HashMap<&str, Span> = HashMap::with_capacity(entries.len());
            for entry in entries {
                if let Some(first) = seen.get(&*entry.key) {
                    duplicates.push((entry.key.clone(), entry.key_span, *first));
                } else {
                    seen.insert(&entry.key, entry.key_span);
                }
            }
        }
        for (key, span, first) in duplicates {
            let first = Location::new(self.source, first);
            self.report(
                Code::DuplicateKey,
                span,
                format!("the key `{key}` is written twice"),
                |finding| {
                    finding
                        .related(first, "first written here")
                        .help("keep one of the two")
                },
            );
        }
    }
}

fn core_reading(text: &str) -> &'static str {
    match resolve_plain(Cow::Borrowed(text)) {
        Scalar::Integer(_) | Scalar::Float(_) => "a number",
        _ => "a string",
    }
}

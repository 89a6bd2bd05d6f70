//! The cursor that readers of a document use.

use crate::text::{Location, Span};

use super::{Document, Kind, Node, NodeId, Scalar, Style};

/// A cursor on a node. It follows aliases: what it shows is the value that stands there.
#[derive(Debug, Clone, Copy)]
pub struct View<'d> {
    document: &'d Document<'d>,
    /// Where the value stands: for an alias, the place of the alias.
    site: NodeId,
    /// The value: for an alias, the anchored node.
    target: NodeId,
}

impl<'d> View<'d> {
    pub(super) fn new(document: &'d Document<'_>, id: NodeId) -> Self {
        let mut target = id;
        // An alias leads to an earlier node, so the chain ends.
        while let Kind::Alias(next) = document.node(target).kind {
            target = next;
        }
        Self {
            document,
            site: id,
            target,
        }
    }

    fn node(&self) -> &'d Node<'d> {
        self.document.node(self.target)
    }

    /// Returns where the value stands in its file; for an alias that is the alias.
    #[must_use]
    pub fn span(&self) -> Span {
        self.document.node(self.site).span
    }

    /// Returns where the value stands.
    #[must_use]
    pub fn location(&self) -> Location {
        Location::new(self.document.source, self.span())
    }

    /// Returns the document.
    #[must_use]
    pub fn document(&self) -> &'d Document<'d> {
        self.document
    }

    /// Returns the node at this place, an alias as itself.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.site
    }

    /// Returns whether an alias stands at this place.
    #[must_use]
    pub fn is_alias(&self) -> bool {
        self.site != self.target
    }

    /// Returns the bytes of the value as written (of the anchored value, for an alias).
    #[must_use]
    pub fn raw(&self) -> &'d str {
        self.document
            .text
            .get(self.node().span.range())
            .unwrap_or_default()
    }

    /// Returns how the value is written.
    #[must_use]
    pub fn style(&self) -> Style {
        self.node().style
    }

    /// Returns the scalar, if it is one.
    #[must_use]
    pub fn scalar(&self) -> Option<&'d Scalar<'d>> {
        match &self.node().kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Returns whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.scalar() == Some(&Scalar::Null)
    }

    /// Returns the text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&'d str> {
        match self.scalar() {
            Some(Scalar::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns the boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.scalar() {
            Some(Scalar::Boolean(value)) => Some(*value),
            _ => None,
        }
    }

    /// Returns the number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self.scalar() {
            #[expect(
                clippy::cast_precision_loss,
                reason = "larger integers are reported apart"
            )]
            Some(Scalar::Integer(value)) => Some(*value as f64),
            Some(Scalar::Float(value)) => Some(*value),
            _ => None,
        }
    }

    /// Returns whether it is a map.
    #[must_use]
    pub fn is_map(&self) -> bool {
        matches!(self.node().kind, Kind::Mapping(_))
    }

    /// Returns whether it is a list.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.node().kind, Kind::Sequence(_))
    }

    /// Returns the entries of a map in the order of the file; of anything else, none.
    #[must_use]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = Member<'d>> + use<'d> {
        let entries = match &self.node().kind {
            Kind::Mapping(entries) => &**entries,
            _ => &[],
        };
        let document = self.document;
        entries.iter().map(move |entry| Member {
            key: &entry.key,
            key_span: entry.key_span,
            value: View::new(document, entry.value),
        })
    }

    /// Returns the items of a list; of anything else, none.
    #[must_use]
    pub fn items(&self) -> impl ExactSizeIterator<Item = View<'d>> + use<'d> {
        let items = match &self.node().kind {
            Kind::Sequence(items) => &**items,
            _ => &[],
        };
        let document = self.document;
        items.iter().map(move |id| View::new(document, *id))
    }

    /// Returns the entry of that key, if it is a map that has it.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<Member<'d>> {
        match &self.node().kind {
            Kind::Mapping(entries) => {
                entries
                    .iter()
                    .find(|entry| entry.key == key)
                    .map(|entry| Member {
                        key: &entry.key,
                        key_span: entry.key_span,
                        value: View::new(self.document, entry.value),
                    })
            }
            _ => None,
        }
    }

    /// Returns the value of that key, if it is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Self> {
        self.member(key).map(|member| member.value)
    }

    /// Returns whether it is a map that has the key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.member(key).is_some()
    }

    /// Returns what the value is, for messages: `a string`, `a map`.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match &self.node().kind {
            Kind::Scalar(Scalar::Null) => "nothing",
            Kind::Scalar(Scalar::Boolean(_)) => "a boolean",
            Kind::Scalar(Scalar::Integer(_) | Scalar::Float(_)) => "a number",
            Kind::Scalar(Scalar::String(_)) => "a string",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) | Kind::Alias(_) => "a map",
        }
    }
}

/// A key of a map with its value.
#[derive(Debug, Clone, Copy)]
pub struct Member<'d> {
    /// The key.
    pub key: &'d str,
    /// The bytes of the key.
    pub key_span: Span,
    /// The value.
    pub value: View<'d>,
}

impl Member<'_> {
    /// Returns where the key stands.
    #[must_use]
    pub fn key_location(&self) -> Location {
        Location::new(self.value.document.source, self.key_span)
    }
}

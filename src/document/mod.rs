//! A file as a tree of values in which every key and value knows its bytes.
//!
//! [`crate::yaml`] and [`crate::config`] build a [`Document`]; the schema check, the lowering to the
//! model and the lossless editor all read this one tree, so that a file has one meaning. A
//! [`View`] is a cursor on a node that follows aliases by itself. The tree keeps what was written
//! (style, anchors); it knows no format and reports nothing.

mod tree;
mod value;
mod view;

use std::borrow::Cow;

use crate::text::{SourceId, Span};

pub use tree::{Tree, TreeValue};
pub use value::to_json;
pub use view::{Member, View};

/// Names a node of a [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

/// A parsed file.
#[derive(Debug)]
pub struct Document<'t> {
    source: SourceId,
    text: &'t str,
    nodes: Vec<Node<'t>>,
    root: NodeId,
}

/// A value in a document.
#[derive(Debug)]
pub struct Node<'t> {
    /// The bytes of the value itself, without anchor and tag.
    pub span: Span,
    /// What it is.
    pub kind: Kind<'t>,
    /// How it is written.
    pub style: Style,
    /// The bytes of its anchor (`&name`), where it has one.
    pub anchor: Option<Span>,
}

/// What a node is.
#[derive(Debug)]
pub enum Kind<'t> {
    /// A value without parts.
    Scalar(Scalar<'t>),
    /// A list.
    Sequence(Box<[NodeId]>),
    /// A map, in the order of the file.
    Mapping(Box<[Entry<'t>]>),
    /// A use of an anchored node.
    Alias(NodeId),
}

/// A key with its value.
#[derive(Debug)]
pub struct Entry<'t> {
    /// The key.
    pub key: Cow<'t, str>,
    /// The bytes of the key.
    pub key_span: Span,
    /// The value.
    pub value: NodeId,
}

/// A value without parts.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'t> {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number written without fraction and exponent; saturated if it does not fit.
    Integer(i64),
    /// A number written with fraction or exponent, `.inf` and `.nan` included.
    Float(f64),
    /// Text.
    String(Cow<'t, str>),
}

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// A plain scalar, a block list or map, an alias, or nothing.
    Plain,
    /// In quotes.
    Quoted,
    /// A block scalar (`|` or `>`).
    Block,
    /// A list or map in brackets.
    Flow,
}

impl Scalar<'_> {
    /// Returns the scalar with text of its own.
    #[must_use]
    pub fn into_owned(self) -> Scalar<'static> {
        match self {
            Self::Null => Scalar::Null,
            Self::Boolean(value) => Scalar::Boolean(value),
            Self::Integer(value) => Scalar::Integer(value),
            Self::Float(value) => Scalar::Float(value),
            Self::String(text) => Scalar::String(Cow::Owned(text.into_owned())),
        }
    }
}

impl<'t> Document<'t> {
    /// Returns the source that the document was read from.
    #[must_use]
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// Returns the text that the spans slice.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Returns a cursor on the root.
    #[must_use]
    pub fn root(&self) -> View<'_> {
        View::new(self, self.root)
    }

    /// Returns the node of that id.
    ///
    /// # Panics
    ///
    /// Panics if the id is of another document.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node<'t> {
        self.nodes
            .get(id.0 as usize)
            .expect("a node id is used with the document that gave it")
    }
}

/// Collects the nodes of a document, children before their parents.
#[derive(Debug)]
pub struct Builder<'t> {
    source: SourceId,
    text: &'t str,
    nodes: Vec<Node<'t>>,
}

impl<'t> Builder<'t> {
    /// Returns a builder for the document of a source.
    #[must_use]
    pub fn new(source: SourceId, text: &'t str) -> Self {
        Self {
            source,
            text,
            nodes: Vec::with_capacity(text.len() / 24),
        }
    }

    /// Adds a node.
    pub fn add(&mut self, node: Node<'t>) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        id
    }

    /// Returns how many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Returns the bytes of a node that was added.
    #[must_use]
    pub fn span(&self, id: NodeId) -> Span {
        self.nodes
            .get(id.0 as usize)
            .map_or_else(Span::default, |node| node.span)
    }

    /// Notes the anchor of a node that was added.
    pub fn set_anchor(&mut self, id: NodeId, anchor: Span) {
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.anchor = Some(anchor);
        }
    }

    /// Returns the document with that root.
    #[must_use]
    pub fn finish(self, root: NodeId) -> Document<'t> {
        Document {
            source: self.source,
            text: self.text,
            nodes: self.nodes,
            root,
        }
    }
}

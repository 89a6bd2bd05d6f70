//! Another editor reads what this one has written, and finds the same values.

use std::borrow::Cow;

use ffctl::document::{Scalar, Tree, TreeValue};
use ffctl::yaml::resolve_plain;
use yaml_edit::{Document, YamlNode};

/// Returns what the other editor cannot read in a text, if anything, by construct.
pub(crate) fn beyond_it(text: &str) -> Option<&'static str> {
    let constructs = [
        ("*", "aliases: it keeps their names, not what they name"),
        ("!", "tags: it keeps them as such"),
        ("%YAML", "directives: it wants them read otherwise"),
    ];
    let found = constructs.iter().find(|(mark, _)| text.contains(mark));
    found.map(|(_, construct)| *construct)
}

/// Returns what the other editor reads.
pub(crate) fn read(text: &str) -> Result<Tree, String> {
    let document = Document::from_str_ignoring_comments(text).map_err(|error| error.to_string())?;
    let node = document
        .as_mapping()
        .map(YamlNode::Mapping)
        .or_else(|| document.as_sequence().map(YamlNode::Sequence))
        .or_else(|| document.as_scalar().map(YamlNode::Scalar));
    node.map_or_else(|| Ok(Scalar::Null.into()), |node| tree(&node))
}

fn tree(node: &YamlNode) -> Result<Tree, String> {
    Ok(match node {
        YamlNode::Scalar(scalar) => {
            let text = scalar.as_string();
            let written = scalar.value();
            let is_plain = !written.starts_with(['"', '\'', '|', '>']);
            if is_plain {
                resolve_plain(Cow::Owned(text)).into_owned().into()
            } else {
                text.into()
            }
        }
        YamlNode::Sequence(list) => {
            let items: Result<Vec<Tree>, String> = list.values().map(|node| tree(&node)).collect();
            items?.into()
        }
        YamlNode::Mapping(map) => {
            let entries = map.iter().map(|(key, value)| {
                let key = key
                    .as_scalar()
                    .ok_or("a key that is no scalar")?
                    .as_string();
                Ok((key, tree(&value)?))
            });
            let entries: Result<Vec<(String, Tree)>, String> = entries.collect();
            // Of a key that is written twice the first counts.
            let mut first: Vec<(String, Tree)> = Vec::new();
            for (key, tree) in entries? {
                if first.iter().all(|(other, _)| *other != key) {
                    first.push((key, tree));
                }
            }
            TreeValue::Map(first).into()
        }
        other => return Err(format!("{:?}", other.kind())),
    })
}

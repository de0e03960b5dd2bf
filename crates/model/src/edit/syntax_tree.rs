//! Edits through `yaml-edit`, a lossless syntax tree: for the shapes that [`super::in_place`] does not
//! know.

use std::str::FromStr;

use serde_json::Value;
use yaml_edit::{Document, Mapping, Sequence, YamlNode};

use super::Rewriter;
use super::change::{Change, Part};
use super::emit::{self, Style};
use crate::tree::SourceMap;

/// The `yaml-edit` crate. It is no validator: what it gives is read again and compared.
pub(super) struct SyntaxTree;

impl Rewriter for SyntaxTree {
    fn rewrite(&self, source: &SourceMap, change: &Change) -> Option<String> {
        let document = Document::from_str(source.text()).ok()?;
        match change {
            Change::Set { path, value } => {
                let (last, parent) = path.split_last()?;
                let new = node(value)?;
                match (last, container(&document, parent)?) {
                    (Part::Key(key), Container::Map(map)) => map.set(key.as_str(), new),
                    (Part::Index(index), Container::List(items)) => {
                        items.set(*index, new).then_some(())?;
                    }
                    _ => return None,
                }
            }
            Change::Insert {
                map,
                after,
                key,
                value,
            } => {
                let Container::Map(map) = container(&document, map)? else {
                    return None;
                };
                let new = node(value)?;
                match after {
                    Some(after) => {
                        map.insert_after(after.as_str(), key.as_str(), new);
                    }
                    None => map.set(key.as_str(), new),
                }
            }
            Change::Append { list, value } => {
                let Container::List(items) = container(&document, list)? else {
                    return None;
                };
                items.push(node(value)?);
            }
            Change::Remove { path } => {
                let (last, parent) = path.split_last()?;
                match (last, container(&document, parent)?) {
                    (Part::Key(key), Container::Map(map)) => {
                        map.remove(key.as_str())?;
                    }
                    (Part::Index(index), Container::List(items)) => {
                        items.remove(*index)?;
                    }
                    _ => return None,
                }
            }
        }
        Some(document.to_string())
    }
}

enum Container {
    Map(Mapping),
    List(Sequence),
}

fn container(document: &Document, path: &[Part]) -> Option<Container> {
    let root = match (document.as_mapping(), document.as_sequence()) {
        (Some(map), _) => Container::Map(map),
        (None, Some(items)) => Container::List(items),
        (None, None) => return None,
    };
    path.iter().try_fold(root, |at, part| {
        let below = match (part, at) {
            (Part::Key(key), Container::Map(map)) => map.get(key.as_str())?,
            (Part::Index(index), Container::List(items)) => items.get(*index)?,
            _ => return None,
        };
        match (below.as_mapping(), below.as_sequence()) {
            (Some(map), _) => Some(Container::Map(map.clone())),
            (None, Some(items)) => Some(Container::List(items.clone())),
            (None, None) => None,
        }
    })
}

/// A value as a node, by way of its text.
fn node(value: &Value) -> Option<YamlNode> {
    let style = Style { eol: "\n", step: 2 };
    let text = emit::entry("value", value, 0, style);
    Document::from_str(&text).ok()?.get("value")
}

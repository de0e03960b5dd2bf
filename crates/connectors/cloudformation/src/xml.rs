//! Replies as a small tree.

use quick_xml::Reader;
use quick_xml::events::Event;

/// An element: its name without a prefix, its text, its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Node>,
}

/// Deeper replies are refused; no reply of CloudFormation comes near.
const DEPTH: usize = 64;

impl Node {
    /// Reads a document. `None` where it is no XML.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Self> = Vec::new();
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    if open.len() >= DEPTH {
                        return None;
                    }
                    open.push(Self {
                        name: start.local_name().as_ref().to_owned(),
                        ..Self::default()
                    });
                }
                Event::Empty(start) => {
                    let node = Self {
                        name: start.local_name().as_ref().to_owned(),
                        ..Self::default()
                    };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(node),
                        None => return Some(node),
                    }
                }
                Event::Text(text) => {
                    if let Some(node) = open.last_mut() {
                        node.text.push_str(&text);
                    }
                }
                Event::CData(text) => {
                    if let Some(node) = open.last_mut() {
                        node.text.push_str(&text);
                    }
                }
                Event::GeneralRef(reference) => {
                    let node = open.last_mut()?;
                    if let Some(c) = reference.resolve_char_ref().ok()? {
                        node.text.push(c);
                    } else {
                        node.text.push(match &*reference {
                            "lt" => '<',
                            "gt" => '>',
                            "amp" => '&',
                            "apos" => '\'',
                            "quot" => '"',
                            _ => return None,
                        });
                    }
                }
                Event::End(_) => {
                    let mut node = open.pop()?;
                    if !node.children.is_empty() {
                        node.text.clear();
                    }
                    match open.last_mut() {
                        Some(parent) => parent.children.push(node),
                        None => return Some(node),
                    }
                }
                Event::Eof => return None,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => {}
            }
        }
    }

    /// The element at `a/b/c` below this one.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |node, name| {
            node.children.iter().find(|child| child.name == name)
        })
    }

    /// The text at a path; an empty one counts as absent.
    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.at(path)
            .map(|node| node.text.as_str())
            .filter(|text| !text.is_empty())
    }

    /// The text at a path, or the empty text.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.get(path).unwrap_or_default()
    }

    /// The `member` elements of the list at a path.
    pub(crate) fn members(&self, path: &str) -> impl Iterator<Item = &Self> {
        self.at(path)
            .into_iter()
            .flat_map(|list| &list.children)
            .filter(|child| child.name == "member")
    }
}

/// Text for inside an element.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // What XML 1.0 cannot hold at all.
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => out.push('\u{fffd}'),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_reads_with_its_entities_lists_and_empties() {
        let text = "<?xml version=\"1.0\"?><R xmlns=\"u\"><L><member><K>a &amp; &#252;&quot;</K></member><member/></L><E></E><C><![CDATA[<x>]]></C></R>";
        let node = Node::parse(text).unwrap();
        assert_eq!(node.members("L").count(), 2);
        assert_eq!(node.at("L/member").unwrap().text("K"), "a & ü\"");
        assert_eq!(node.get("E"), None);
        assert_eq!(node.text("C"), "<x>");
        assert_eq!(node.get("nothing/here"), None);
    }

    #[test]
    fn what_is_no_xml_is_refused() {
        for text in ["", "plain", "<a>", "<a></b>", "<a>&nope;</a>", "{}"] {
            assert_eq!(Node::parse(text), None, "{text}");
        }
        let deep = format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000));
        assert_eq!(Node::parse(&deep), None);
    }

    #[test]
    fn what_is_escaped_reads_back() {
        let text = "a<b>&\"'ü\n\r";
        let node = Node::parse(&format!("<a>{}</a>", escape(text))).unwrap();
        assert_eq!(node.text, text);
    }
}

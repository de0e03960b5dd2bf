//! Parser events to nodes.

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StructureStyle, Tag};
use indexmap::IndexMap;
use podium_diagnostics::{Code, Diagnostic};

use super::lines::{Lines, small, start};
use super::{
    BAD_ALIAS, Bytes, DUPLICATE_KEY, Entry, Kind, MAX_ALIASED_NODES, MAX_DEPTH, MAX_NODES,
    NOT_ONE_DOCUMENT, NOT_YAML, Node, Style, TOO_DEEP, TOO_LARGE, UNSUPPORTED_YAML, scalar,
};

/// After this many problems in one file the rest is noise.
const MAX_PROBLEMS: usize = 200;

/// Everything in the text, and everything wrong with it. The tree is there when the text could be read
/// to its end.
pub(super) fn build(file: &str, text: &str, lines: &Lines) -> (Option<Node>, Vec<Diagnostic>) {
    let mut builder = Builder {
        file,
        text,
        lines,
        stack: Vec::new(),
        root: None,
        documents: 0,
        nodes: 0,
        aliased: 0,
        anchored: 0,
        anchors: HashMap::new(),
        last: small(lines.mark),
        problems: Vec::new(),
    };
    let complete = builder.read().is_some();
    let root = builder.root.filter(|_| complete).or_else(|| {
        complete.then(|| Node {
            kind: Kind::Null,
            bytes: small(lines.mark)..small(lines.mark),
            style: Style::Plain,
        })
    });
    (root, builder.problems)
}

/// A value that an alias may stand for.
struct Anchored {
    node: Node,
    size: usize,
    height: usize,
}

/// A map or list that is still open.
struct Open {
    anchor: usize,
    start: u32,
    style: Style,
    /// Values inside, itself included.
    size: usize,
    /// Levels inside, itself included.
    height: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: IndexMap<String, Entry>,
        key: Option<(String, Bytes)>,
    },
}

struct Builder<'a> {
    file: &'a str,
    text: &'a str,
    lines: &'a Lines,
    stack: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    aliased: usize,
    anchored: usize,
    anchors: HashMap<usize, Anchored>,
    /// Where the last thing ended; an empty value stands there.
    last: u32,
    problems: Vec<Diagnostic>,
}

impl Builder<'_> {
    /// `None` when it had to stop early.
    fn read(&mut self) -> Option<()> {
        let body = self.text.get(self.lines.mark..).unwrap_or(self.text);
        let options = granit_parser::options! { emit_comments: false };
        for next in Parser::new_from_str_with_options(body, options) {
            let (event, span) = match next {
                Ok(next) => next,
                Err(error) => {
                    let byte = error
                        .marker()
                        .byte_offset()
                        .unwrap_or(body.len())
                        .min(body.len());
                    self.not_yaml(error.kind(), small(byte + self.lines.mark));
                    return None;
                }
            };
            let bytes = match (span.start.byte_offset(), span.end.byte_offset()) {
                (Some(from), Some(to)) => {
                    small(from + self.lines.mark)..small(to.max(from) + self.lines.mark)
                }
                _ => self.last..self.last,
            };
            self.event(event, bytes)?;
        }
        Some(())
    }

    fn event(&mut self, event: Event<'_>, bytes: Bytes) -> Option<()> {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents == 2 {
                    self.problem(
                        NOT_ONE_DOCUMENT,
                        bytes,
                        "The file holds more than one document",
                        "A second document starts here, after `---`. Podium reads one document a file.",
                        "Move it into a file of its own, or remove the line `---`.",
                    );
                    return None;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(&bytes)?;
                let node = self.scalar(&text, style, tag.as_deref(), bytes);
                self.finish(node, anchor, 1, 1)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.tag(tag.as_deref(), "seq", &bytes);
                let content = Content::List(Vec::new());
                self.open(style, anchor, bytes, content)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.tag(tag.as_deref(), "map", &bytes);
                let content = Content::Map {
                    entries: IndexMap::new(),
                    key: None,
                };
                self.open(style, anchor, bytes, content)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&bytes)?,
            Event::Alias(anchor) => self.alias(anchor, bytes)?,
            _ => {}
        }
        Some(())
    }

    fn count(&mut self, bytes: &Bytes) -> Option<()> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            self.problem(
                TOO_LARGE,
                bytes.clone(),
                "The file holds too many values",
                format!("Podium reads documents of at most {MAX_NODES} values."),
                "Split it, and call one workflow from the other with `workflow/call`.",
            );
            return None;
        }
        Some(())
    }

    fn open(
        &mut self,
        style: StructureStyle,
        anchor: usize,
        bytes: Bytes,
        content: Content,
    ) -> Option<()> {
        self.count(&bytes)?;
        if self.stack.len() >= MAX_DEPTH {
            self.too_deep(bytes);
            return None;
        }
        self.last = bytes.end;
        self.stack.push(Open {
            anchor,
            start: bytes.start,
            style: match style {
                StructureStyle::Block => Style::Block,
                StructureStyle::Flow => Style::Flow,
            },
            size: 1,
            height: 1,
            content,
        });
        Some(())
    }

    fn close(&mut self, bytes: &Bytes) -> Option<()> {
        let open = self.stack.pop()?;
        // A block ends with its last value; what the parser gives lies behind the blank lines after it.
        let end = match open.style {
            Style::Flow => bytes.end,
            _ => self.last.max(open.start),
        };
        let kind = match open.content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, .. } => Kind::Map(entries),
        };
        let node = Node {
            kind,
            bytes: open.start..end,
            style: open.style,
        };
        self.finish(node, open.anchor, open.size, open.height)
    }

    /// Keeps a value for its aliases, and puts it where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, size: usize, height: usize) -> Option<()> {
        if anchor != 0 {
            self.anchored += size;
            if self.anchored > MAX_NODES {
                self.too_much(node.bytes);
                return None;
            }
            let node = node.clone();
            self.anchors.insert(anchor, Anchored { node, size, height });
        }
        self.place(node, size, height);
        Some(())
    }

    fn place(&mut self, node: Node, size: usize, height: usize) {
        self.last = self.last.max(node.bytes.end);
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.size += size;
        open.height = open.height.max(height + 1);
        let Content::Map { entries, key } = &mut open.content else {
            if let Content::List(items) = &mut open.content {
                items.push(node);
            }
            return;
        };
        if let Some((name, place)) = key.take() {
            if let Some(first) = entries.get(&name).map(|entry| entry.key.start) {
                self.duplicate(&name, place, first);
            } else {
                let value = node;
                entries.insert(name, Entry { key: place, value });
            }
        } else {
            let named = self.key(node);
            if let Some(Open {
                content: Content::Map { key, .. },
                ..
            }) = self.stack.last_mut()
            {
                *key = Some(named);
            }
        }
    }

    fn key(&mut self, node: Node) -> (String, Bytes) {
        let source = self
            .text
            .get(node.bytes.start as usize..node.bytes.end as usize)
            .unwrap_or_default();
        let name = match node.kind {
            Kind::Text(text) => text,
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => source.to_owned(),
            Kind::List(_) | Kind::Map(_) => {
                self.problem(
                    UNSUPPORTED_YAML,
                    node.bytes.clone(),
                    "A key is no text",
                    "A map or a list stands where a key belongs.",
                    "Write a plain name before the colon. `{{ … }}` after a colon needs quotes around it.",
                );
                // Its value still has to find a key.
                format!("\u{0}{}", node.bytes.start)
            }
        };
        if name == "<<" && node.style == Style::Plain {
            self.problem(
                UNSUPPORTED_YAML,
                node.bytes.clone(),
                "Merge keys are not supported",
                "`<<` is no part of YAML 1.2, and readers disagree about it.",
                "Write the keys out, or use an alias for a whole value.",
            );
        }
        (name, node.bytes)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        mut bytes: Bytes,
    ) -> Node {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        if style == Style::Plain && text.is_empty() {
            // Nothing is written; the parser gives the place of whatever comes next.
            bytes = self.last..self.last;
        }
        if matches!(style, Style::Literal | Style::Folded) {
            let source = self
                .text
                .get(bytes.start as usize..bytes.end as usize)
                .unwrap_or_default();
            bytes.end = bytes.start + small(source.trim_end().len());
            bytes.start = self.block_header(bytes.start);
        }
        let core = tag.and_then(Tag::core_suffix);
        let plain = style == Style::Plain && tag.is_none();
        let kind = match core {
            Some("str") => Some(Kind::Text(text.to_owned())),
            Some("null") => Some(Kind::Null).filter(|_| scalar::resolve(text) == Some(Kind::Null)),
            Some("bool") => scalar::resolve(text).filter(|kind| matches!(kind, Kind::Bool(_))),
            Some("int" | "float") => {
                scalar::resolve(text).filter(|kind| matches!(kind, Kind::Number(_)))
            }
            _ if plain => {
                if let Some(kind) = scalar::resolve(text) {
                    Some(kind)
                } else {
                    self.problem(
                        UNSUPPORTED_YAML,
                        bytes.clone(),
                        "The number cannot be used",
                        format!(
                            "`{text}` is no finite number, or too large for the numbers of JSON."
                        ),
                        "Write it in quotes to make it a text.",
                    );
                    Some(Kind::Null)
                }
            }
            _ => {
                self.tag(tag, "", &bytes);
                Some(Kind::Text(text.to_owned()))
            }
        };
        let kind = kind.unwrap_or_else(|| {
            self.problem(
                UNSUPPORTED_YAML,
                bytes.clone(),
                "The tag does not fit its value",
                format!(
                    "The value is no `!!{}`, as its tag says.",
                    core.unwrap_or_default()
                ),
                "Remove the tag.",
            );
            Kind::Null
        });
        Node { kind, bytes, style }
    }

    /// Where the `|` or `>` stands whose content begins at `start`: in the last line before it that is not
    /// blank.
    fn block_header(&self, start: u32) -> u32 {
        let before = self.text.get(..start as usize).unwrap_or_default();
        let before = before.trim_end();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        before[line..]
            .char_indices()
            .filter(|(_, c)| matches!(c, '|' | '>'))
            .find(|(at, _)| {
                let rest = &before[line + at + 1..];
                let rest =
                    rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
                let after = rest.trim_start();
                after.is_empty() || (after.starts_with('#') && after.len() < rest.len())
            })
            .map_or(start, |(at, _)| small(line + at))
    }

    fn tag(&mut self, tag: Option<&Tag>, fits: &str, bytes: &Bytes) {
        let Some(tag) = tag else { return };
        if tag.core_suffix() == Some(fits) || tag.original() == "!" {
            return;
        }
        self.problem(
            UNSUPPORTED_YAML,
            bytes.clone(),
            "The tag is not supported",
            format!(
                "`{}` stands before this value; Podium's files use no tags.",
                tag.original()
            ),
            "Remove the tag.",
        );
    }

    fn alias(&mut self, anchor: usize, bytes: Bytes) -> Option<()> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            self.problem(
                BAD_ALIAS,
                bytes,
                "The alias stands inside its own value",
                "A value cannot contain itself.",
                "Write the value out instead.",
            );
            return None;
        };
        self.aliased += anchored.size;
        if self.aliased > MAX_ALIASED_NODES {
            self.too_much(bytes);
            return None;
        }
        if self.stack.len() + anchored.height > MAX_DEPTH {
            self.too_deep(bytes);
            return None;
        }
        let (mut node, size, height) = (anchored.node.clone(), anchored.size, anchored.height);
        if !matches!(node.kind, Kind::List(_) | Kind::Map(_)) {
            node.style = Style::Flow;
        }
        node.bytes = bytes;
        self.place(node, size, height);
        Some(())
    }

    fn too_much(&mut self, bytes: Bytes) {
        self.problem(
            BAD_ALIAS,
            bytes,
            "The aliases stand for too many values",
            format!("Written out they would be more than {MAX_ALIASED_NODES} values."),
            "Use fewer anchors inside anchors and aliases of aliases.",
        );
    }

    fn too_deep(&mut self, bytes: Bytes) {
        self.problem(
            TOO_DEEP,
            bytes,
            "The document is nested too deeply",
            format!("Maps and lists go more than {MAX_DEPTH} levels deep here."),
            "Look for a bracket that is never closed, or move the inner part into a file of its own.",
        );
    }

    fn duplicate(&mut self, name: &str, place: Bytes, first: u32) {
        let line = self.lines.position(self.text, first as usize).line;
        if name.starts_with('\u{0}') {
            return;
        }
        self.problem(
            DUPLICATE_KEY,
            place,
            "A key stands twice",
            format!("`{}` is already there in line {line}.", short(name)),
            "Remove one of the two, or give it another name.",
        );
    }

    fn not_yaml(&mut self, kind: &ErrorKind, byte: u32) {
        if *kind == ErrorKind::UnknownAnchor {
            // The parser stands behind the alias; the message belongs on it.
            let before = self.text.get(..byte as usize).unwrap_or_default();
            let at = before.rfind('*').map_or(byte, small);
            self.problem(
                BAD_ALIAS,
                at..byte.max(at),
                "The alias has no anchor",
                "Nothing before it carries that name with `&`.",
                "Put the anchor first, or put the text in quotes if `*` is meant as it stands.",
            );
            return;
        }
        if *kind == ErrorKind::RecursionLimitExceeded {
            self.too_deep(byte..byte);
            return;
        }
        let detail = format!("The YAML reader stopped here: {kind}.");
        let hint = syntax_hint(kind);
        self.problem(
            NOT_YAML,
            byte..byte,
            "The text is not valid YAML",
            detail,
            hint,
        );
    }

    fn problem(
        &mut self,
        code: Code,
        bytes: Bytes,
        summary: &str,
        detail: impl Into<String>,
        hint: &str,
    ) {
        if self.problems.len() >= MAX_PROBLEMS {
            return;
        }
        let span = if self.text.is_empty() {
            start()
        } else {
            self.lines.span(self.text, &bytes)
        };
        self.problems.push(
            Diagnostic::error(code, summary, detail)
                .with_hint(hint)
                .in_file(self.file)
                .at(span),
        );
    }
}

/// At most 60 characters of a word, so that a huge one does not fill the screen.
pub fn short(word: &str) -> String {
    if word.chars().count() <= 60 {
        return word.to_owned();
    }
    let mut text: String = word.chars().take(59).collect();
    text.push('…');
    text
}

fn syntax_hint(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => "Indent with spaces; YAML does not allow tabs there.",
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            "Close the quotes. A quote inside the text is written `''` in single quotes and `\\\"` in double quotes."
        }
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::MisplacedFlowCollectionEnd
        | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            "Look for a bracket that is not closed or closed twice, or a missing comma. A text with brackets \
             needs quotes."
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => {
            "Write `\\\\` for a backslash in double quotes, or use single quotes."
        }
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::InvalidColonPlacement => {
            "A text that holds `: ` needs quotes; else look at the indentation of this line."
        }
        ErrorKind::UnexpectedCharacter { .. } => {
            "A text that begins with `@`, `` ` ``, `%` or another special sign needs quotes."
        }
        _ => {
            "Look at the indentation of this line and of the one before; keys of one map start in one column."
        }
    }
}

//! Just enough of the configuration language to play with: blocks, attributes, literals, templates and
//! references. What it does not understand is a value that nobody knows.

use serde_json::{Map, Value};

/// A block such as `resource "type" "name" { … }`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Block {
    pub(crate) kind: String,
    pub(crate) labels: Vec<String>,
    pub(crate) attributes: Vec<(String, Expr)>,
    pub(crate) blocks: Vec<Block>,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    /// A plain value.
    Plain(Value),
    /// A text with parts to fill in.
    Text(Vec<Expr>),
    /// `var.name`, `type.name.attribute`.
    Path(Vec<String>),
    /// `[…]`
    List(Vec<Expr>),
    /// `{…}`
    Object(Vec<(String, Expr)>),
    /// Anything else, with the paths in it.
    Opaque(Vec<Vec<String>>),
}

/// What is wrong, and where (line and column from 1).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    pub(crate) words: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Block {
    pub(crate) fn get(&self, name: &str) -> Option<&Expr> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, expr)| expr)
    }
}

impl Expr {
    /// All paths in it.
    pub(crate) fn paths(&self, found: &mut Vec<Vec<String>>) {
        match self {
            Self::Plain(_) => {}
            Self::Path(path) => found.push(path.clone()),
            Self::Opaque(paths) => found.extend(paths.iter().cloned()),
            Self::Text(parts) | Self::List(parts) => parts.iter().for_each(|p| p.paths(found)),
            Self::Object(entries) => entries.iter().for_each(|(_, e)| e.paths(found)),
        }
    }

    /// Its value, with `look` for paths; `None` where nobody knows.
    pub(crate) fn value(&self, look: &dyn Fn(&[String]) -> Option<Value>) -> Option<Value> {
        match self {
            Self::Plain(value) => Some(value.clone()),
            Self::Path(path) => look(path),
            Self::Opaque(_) => None,
            Self::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part.value(look)? {
                        Value::String(part) => text.push_str(&part),
                        other => text.push_str(&other.to_string()),
                    }
                }
                Some(Value::String(text))
            }
            Self::List(items) => items.iter().map(|item| item.value(look)).collect(),
            Self::Object(entries) => {
                let mut map = Map::new();
                for (key, entry) in entries {
                    map.insert(key.clone(), entry.value(look)?);
                }
                Some(Value::Object(map))
            }
        }
    }
}

/// Reads a file.
pub(crate) fn read(text: &str) -> Result<Vec<Block>, Fault> {
    let mut reader = Reader {
        text: text.chars().collect(),
        at: 0,
    };
    let mut root = Block::default();
    reader.body(&mut root, None)?;
    Ok(root.blocks)
}

struct Reader {
    text: Vec<char>,
    at: usize,
}

impl Reader {
    fn body(&mut self, block: &mut Block, end: Option<char>) -> Result<(), Fault> {
        loop {
            self.space(true);
            match self.peek() {
                None if end.is_none() => return Ok(()),
                None => return Err(self.fault("The block is not closed.")),
                Some(c) if Some(c) == end => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => {}
            }
            let name = self.word();
            if name.is_empty() {
                return Err(self.fault("A name of an argument or a block is expected here."));
            }
            self.space(false);
            if self.take('=') {
                self.space(false);
                let expr = self.line_expr()?;
                block.attributes.push((name, expr));
                continue;
            }
            let mut inner = Block {
                kind: name,
                ..Block::default()
            };
            loop {
                self.space(false);
                match self.peek() {
                    Some('"') => match self.quoted()? {
                        Expr::Plain(Value::String(label)) => inner.labels.push(label),
                        _ => return Err(self.fault("A label is a plain text.")),
                    },
                    Some('{') => {
                        self.at += 1;
                        self.body(&mut inner, Some('}'))?;
                        block.blocks.push(inner);
                        break;
                    }
                    Some(c) if c.is_alphabetic() => inner.labels.push(self.word()),
                    _ => return Err(self.fault("An argument or a block is expected here.")),
                }
            }
        }
    }

    /// An expression that ends with its line; what cannot be read is opaque.
    fn line_expr(&mut self) -> Result<Expr, Fault> {
        if matches!(self.peek(), None | Some('\n' | '}' | '#')) {
            return Err(self.fault(
                "Expected the start of an expression, but found an invalid expression token.",
            ));
        }
        let start = self.at;
        let expr = self.expr()?;
        self.space(false);
        if matches!(self.peek(), None | Some('\n' | '}')) {
            return Ok(expr);
        }
        self.at = start;
        self.opaque(&['\n', '}'])
    }

    fn expr(&mut self) -> Result<Expr, Fault> {
        match self.peek() {
            Some('"') => self.quoted(),
            Some('<') => self.heredoc(),
            Some('[') => {
                self.at += 1;
                let mut items = Vec::new();
                loop {
                    self.space(true);
                    if self.take(']') {
                        return Ok(Expr::List(items));
                    }
                    items.push(self.item(&[',', ']', '\n'])?);
                    self.space(true);
                    self.take(',');
                }
            }
            Some('{') => {
                self.at += 1;
                let mut entries = Vec::new();
                loop {
                    self.space(true);
                    if self.take('}') {
                        return Ok(Expr::Object(entries));
                    }
                    let key = match self.peek() {
                        Some('"') => match self.quoted()? {
                            Expr::Plain(Value::String(key)) => key,
                            _ => "?".to_owned(),
                        },
                        _ => self.word(),
                    };
                    self.space(false);
                    if key.is_empty() || !(self.take('=') || self.take(':')) {
                        return Err(self.fault("A key and a value are expected here."));
                    }
                    self.space(false);
                    entries.push((key, self.item(&[',', '}', '\n'])?));
                    self.space(true);
                    self.take(',');
                }
            }
            Some(c) if c.is_ascii_digit() || c == '-' => {
                let start = self.at;
                self.at += 1;
                while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
                    self.at += 1;
                }
                let text: String = self.text[start..self.at].iter().collect();
                serde_json::from_str(&text)
                    .map(Expr::Plain)
                    .map_err(|_| self.fault("This is no number."))
            }
            Some(c) if c.is_alphabetic() || c == '_' => {
                let mut path = vec![self.word()];
                while self.peek() == Some('.') {
                    self.at += 1;
                    path.push(self.word());
                }
                Ok(match path.first().map(String::as_str) {
                    Some("true") => Expr::Plain(Value::Bool(true)),
                    Some("false") => Expr::Plain(Value::Bool(false)),
                    Some("null") => Expr::Plain(Value::Null),
                    _ => Expr::Path(path),
                })
            }
            _ => Err(self.fault(
                "Expected the start of an expression, but found an invalid expression token.",
            )),
        }
    }

    /// An expression inside brackets; what goes on after it is opaque.
    fn item(&mut self, ends: &[char]) -> Result<Expr, Fault> {
        let start = self.at;
        let expr = self.expr()?;
        self.space(false);
        if self.peek().is_none_or(|c| ends.contains(&c)) {
            return Ok(expr);
        }
        self.at = start;
        self.opaque(ends)
    }

    /// Skips to one of these signs outside of brackets and texts, and notes the paths on the way.
    fn opaque(&mut self, ends: &[char]) -> Result<Expr, Fault> {
        let mut paths = Vec::new();
        let mut depth = 0_usize;
        while let Some(c) = self.peek() {
            if depth == 0 && ends.contains(&c) {
                break;
            }
            match c {
                '"' => {
                    self.quoted()?.paths(&mut paths);
                    continue;
                }
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                c if c.is_alphabetic() || c == '_' => {
                    if let Expr::Path(path) = self.expr()? {
                        paths.push(path);
                    }
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        Ok(Expr::Opaque(paths))
    }

    fn quoted(&mut self) -> Result<Expr, Fault> {
        self.at += 1;
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            match self.peek() {
                None | Some('\n') => return Err(self.fault("The text is not closed.")),
                Some('"') => {
                    self.at += 1;
                    break;
                }
                Some('\\') => {
                    self.at += 1;
                    text.push(match self.peek() {
                        Some('n') => '\n',
                        Some('t') => '\t',
                        Some(c) => c,
                        None => return Err(self.fault("The text is not closed.")),
                    });
                    self.at += 1;
                }
                Some('$') if self.text.get(self.at + 1) == Some(&'{') => {
                    if !text.is_empty() {
                        parts.push(Expr::Plain(Value::String(std::mem::take(&mut text))));
                    }
                    self.at += 2;
                    self.space(true);
                    parts.push(self.item(&['}'])?);
                    self.space(true);
                    self.take('}');
                }
                Some(c) => {
                    text.push(c);
                    self.at += 1;
                }
            }
        }
        if parts.is_empty() {
            return Ok(Expr::Plain(Value::String(text)));
        }
        if !text.is_empty() {
            parts.push(Expr::Plain(Value::String(text)));
        }
        Ok(Expr::Text(parts))
    }

    fn heredoc(&mut self) -> Result<Expr, Fault> {
        let line = self.rest_of_line();
        let mark = line.trim_start_matches(['<', '-']).trim().to_owned();
        let mut text = String::new();
        loop {
            if self.peek().is_none() {
                return Err(self.fault("The text is not closed."));
            }
            let line = self.rest_of_line();
            if line.trim() == mark {
                self.at -= usize::from(self.at > 0 && self.text[self.at - 1] == '\n');
                return Ok(Expr::Plain(Value::String(text)));
            }
            text.push_str(&line);
            text.push('\n');
        }
    }

    fn rest_of_line(&mut self) -> String {
        let mut line = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == '\n' {
                break;
            }
            line.push(c);
        }
        line
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
        {
            self.at += 1;
        }
        self.text[start..self.at].iter().collect()
    }

    fn space(&mut self, lines: bool) {
        while let Some(c) = self.peek() {
            let next = self.text.get(self.at + 1);
            match c {
                '\n' if !lines => return,
                c if c.is_whitespace() => self.at += 1,
                '#' => self.skip_line(),
                '/' if next == Some(&'/') => self.skip_line(),
                '/' if next == Some(&'*') => {
                    self.at += 2;
                    while self.at < self.text.len()
                        && !(self.peek() == Some('*') && self.text.get(self.at + 1) == Some(&'/'))
                    {
                        self.at += 1;
                    }
                    self.at = (self.at + 2).min(self.text.len());
                }
                _ => return,
            }
        }
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|c| c != '\n') {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn fault(&self, words: &str) -> Fault {
        let before = &self.text[..self.at.min(self.text.len())];
        let line = before.iter().filter(|&&c| c == '\n').count() + 1;
        let column = before.iter().rev().take_while(|&&c| c != '\n').count() + 1;
        Fault {
            words: words.to_owned(),
            line,
            column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn blocks_texts_and_paths_are_read_and_the_rest_is_opaque() {
        let blocks = read(
            "# c\nresource \"t\" \"n\" {\n  a = \"x-${var.b}\" // c\n  l = [1, \"two\", ]\n  o = { k = true, \"q\" : 2 }\n  f = upper(var.c)\n  t = <<-EOT\n    hi\n  EOT\n  inner {\n    z = t.other.id\n  }\n}\n",
        )
        .expect("it is read");
        let block = &blocks[0];
        let look = |path: &[String]| (path[1] == "b").then(|| json!("B"));
        let value = |name: &str| block.get(name).expect("there").value(&look);
        assert_eq!(block.labels, ["t", "n"]);
        assert_eq!(value("a"), Some(json!("x-B")));
        assert_eq!(value("l"), Some(json!([1, "two"])));
        assert_eq!(value("o"), Some(json!({"k": true, "q": 2})));
        assert_eq!(value("f"), None);
        assert_eq!(value("t"), Some(json!("    hi\n")));
        let mut paths = Vec::new();
        block.get("f").expect("there").paths(&mut paths);
        assert!(paths.contains(&vec!["var".to_owned(), "c".to_owned()]));
        assert_eq!(block.blocks[0].kind, "inner");
    }

    #[test]
    fn broken_files_are_told_with_their_place_and_never_panic() {
        let fault = read("resource \"t\" \"n\" {\n  a = \n}\n").expect_err("it is broken");
        assert_eq!((fault.line, fault.column), (2, 7));
        for text in [
            "{", "a", "a = [", "a = {", "a = \"", "a = \"${", "a = <<X", "a b \"", "= 1", "a = {1}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}

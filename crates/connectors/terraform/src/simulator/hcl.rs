//! The configuration language, read with `hcl-rs`: blocks, their arguments, and where they stand.

use hcl::edit::structure::{Body, Structure};
use hcl::edit::visit::{self, Visit};
use hcl::edit::{Span, expr as edit, parser};
use hcl::expr::Expression;

/// A block such as `resource "type" "name" { … }`.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) kind: String,
    pub(crate) labels: Vec<String>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) place: Place,
}

/// An argument of a block.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) expr: Expression,
    /// What it refers to: the first two names of each path.
    pub(crate) paths: Vec<(String, String)>,
    pub(crate) place: Place,
}

/// File, line and column, the latter from 1.
pub(crate) type Place = (String, usize, usize);

impl Block {
    pub(crate) fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|found| found.name == name)
    }

    /// All that it refers to, its inner blocks included.
    pub(crate) fn paths(&self) -> Vec<&(String, String)> {
        let own = self.attributes.iter().flat_map(|found| &found.paths);
        own.chain(self.blocks.iter().flat_map(Block::paths))
            .collect()
    }
}

/// Reads a file; else what is wrong, and where.
pub(crate) fn read(file: &str, text: &str) -> Result<Vec<Block>, (String, Place)> {
    let body = parser::parse_body(text).map_err(|error| {
        let at = error.location();
        let words = capital(error.message());
        (words, (file.to_owned(), at.line(), at.column()))
    })?;
    let source = Source { file, text };
    Ok(body
        .iter()
        .filter_map(|part| match part {
            Structure::Block(block) => Some(source.block(block)),
            Structure::Attribute(_) => None,
        })
        .collect())
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), letters.as_str())
    })
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn block(&self, block: &hcl::edit::structure::Block) -> Block {
        let (attributes, blocks) = self.body(&block.body);
        Block {
            kind: block.ident.as_str().to_owned(),
            labels: block
                .labels
                .iter()
                .map(|label| label.as_str().to_owned())
                .collect(),
            attributes,
            blocks,
            place: self.place(block.span().map(|span| span.start)),
        }
    }

    fn body(&self, body: &Body) -> (Vec<Attribute>, Vec<Block>) {
        let mut attributes = Vec::new();
        let mut blocks = Vec::new();
        for part in body {
            match part {
                Structure::Block(block) => blocks.push(self.block(block)),
                Structure::Attribute(attribute) => {
                    let mut found = Paths(Vec::new());
                    found.visit_expr(&attribute.value);
                    attributes.push(Attribute {
                        name: attribute.key.as_str().to_owned(),
                        expr: attribute.value.clone().into(),
                        paths: found.0,
                        place: self.place(attribute.span().map(|span| span.start)),
                    });
                }
            }
        }
        (attributes, blocks)
    }

    fn place(&self, offset: Option<usize>) -> Place {
        let before = offset
            .and_then(|offset| self.text.get(..offset))
            .unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        (self.file.to_owned(), line, column)
    }
}

struct Paths(Vec<(String, String)>);

impl Visit for Paths {
    fn visit_traversal(&mut self, node: &edit::Traversal) {
        if let edit::Expression::Variable(root) = &node.expr
            && let Some(first) = node.operators.first()
            && let edit::TraversalOperator::GetAttr(name) = first.value()
        {
            self.0
                .push((root.as_str().to_owned(), name.as_str().to_owned()));
        }
        visit::visit_traversal(self, node);
    }
}

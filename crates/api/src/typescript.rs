//! The window's TypeScript types, written from the list of commands and their Rust types.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use ts_rs::{Config, TS, TypeVisitor};

use crate::commands::{COMMANDS, visit_types};
use crate::{ApiError, Batch};

const HEAD: &str = "// Written by `cargo xtask gen` from the types of crates/api. Do not edit.\n\
                    /* eslint-disable */\n";

pub(crate) fn config() -> Config {
    Config::new().with_large_int("number")
}

/// Every type that a command or an event can hold.
fn walk() -> Walk {
    let mut walk = Walk {
        seen: HashSet::new(),
        declared: BTreeMap::new(),
        clashes: Vec::new(),
    };
    visit_types(&mut walk);
    walk.visit::<ApiError>();
    walk.visit::<Batch>();
    walk
}

/// The whole file: every type that a command or an event can hold, sorted, and the list of commands.
pub fn write() -> String {
    let walk = walk();
    let mut text = String::from(HEAD);
    for declaration in walk.declared.values() {
        let _ = write!(text, "\n{declaration}\n");
    }
    text.push_str(
        "\n/** Every command: its request and its response. */\nexport interface Commands {\n",
    );
    for command in COMMANDS {
        let _ = writeln!(
            text,
            "  /** {} */\n  \"{}\": {{ request: {}; response: {} }};",
            command.about.trim(),
            command.name,
            (command.request)(),
            (command.response)()
        );
    }
    text.push_str("}\n");
    text
}

struct Walk {
    seen: HashSet<TypeId>,
    declared: BTreeMap<String, String>,
    clashes: Vec<String>,
}

impl TypeVisitor for Walk {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        if T::output_path().is_some() {
            let config = config();
            let docs = T::docs().unwrap_or_default();
            let docs = if docs.is_empty() {
                docs
            } else {
                format!("{}\n", docs.trim_end())
            };
            let declaration = format!("{docs}export {}", T::decl(&config));
            let before = self.declared.insert(T::ident(&config), declaration.clone());
            if before.is_some_and(|before| before != declaration) {
                self.clashes.push(T::ident(&config));
            }
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_types_have_the_same_name() {
        assert_eq!(super::walk().clashes, Vec::<String>::new());
    }

    #[test]
    fn every_named_type_is_declared() {
        let text = super::write();
        for command in super::COMMANDS {
            assert!(
                text.contains(&format!("\"{}\"", command.name)),
                "{}",
                command.name
            );
        }
        for name in [
            "DocumentView",
            "RunView",
            "Preview",
            "Manifest",
            "ApiError",
            "Batch",
        ] {
            let declared = text.contains(&format!("export type {name} "));
            assert!(declared, "{name} is not declared");
        }
    }
}

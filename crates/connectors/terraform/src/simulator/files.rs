//! The configuration of a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ::hcl::expr::Expression;
use podium_model::wanted::{Requirement, ToolVersion};
use serde_json::{Map, Value};

use super::ground::{Ground, Known};
use super::hcl::{self, Attribute, Block, Place};
use super::types;
use super::value::{Refusal, truth};

/// A fault of the files or the inputs.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) summary: String,
    pub(crate) detail: String,
    pub(crate) place: Option<Place>,
}

/// A refusal, told as a diagnostic with its place.
pub(crate) fn fault(summary: &str, refusal: Refusal, place: &Place) -> Fault {
    let (summary, detail) = match refusal {
        Refusal::Wrong(words) => (summary.to_owned(), words),
        Refusal::Cannot(words) => (
            format!("The simulator cannot {words}"),
            "The real Terraform may well: try an environment that is not simulated.".to_owned(),
        ),
    };
    Fault {
        summary,
        detail,
        place: Some(place.clone()),
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    pub(crate) variables: Vec<Block>,
    pub(crate) locals: BTreeMap<String, Attribute>,
    pub(crate) resources: BTreeMap<String, Block>,
    pub(crate) outputs: Vec<Block>,
    /// `required_version`, with its places.
    pub(crate) versions: Vec<Attribute>,
}

impl Files {
    pub(crate) fn read(folder: &Path) -> Result<Self, Fault> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let mut files = Self::default();
        for name in names {
            if name.ends_with(".tf.json") {
                let refusal = Refusal::Cannot(format!("read `{name}`: it is written in JSON"));
                return Err(fault("", refusal, &(name, 1, 1)));
            }
            if Path::new(&name).extension().is_none_or(|end| end != "tf") {
                continue;
            }
            let text = std::fs::read_to_string(folder.join(&name)).map_err(|error| Fault {
                summary: "Failed to read file".to_owned(),
                detail: format!("{}.", podium_diagnostics::reason(&error)),
                place: Some((name.clone(), 1, 1)),
            })?;
            let blocks = hcl::read(&name, &text).map_err(|(words, place)| Fault {
                summary: "Invalid expression".to_owned(),
                detail: words,
                place: Some(place),
            })?;
            for block in blocks {
                files.take(block)?;
            }
        }
        Ok(files)
    }

    fn take(&mut self, block: Block) -> Result<(), Fault> {
        match (block.kind.as_str(), block.labels.as_slice()) {
            ("variable", [_]) => self.variables.push(block),
            ("output", [_]) => self.outputs.push(block),
            ("terraform", []) => {
                let wanted = block.attributes.into_iter();
                self.versions
                    .extend(wanted.filter(|one| one.name == "required_version"));
            }
            ("locals", []) => {
                let each = block.attributes.into_iter();
                self.locals
                    .extend(each.map(|local| (local.name.clone(), local)));
            }
            ("resource", [kind, name]) => {
                self.resources.insert(format!("{kind}.{name}"), block);
            }
            ("module", [name]) => {
                let words = format!("play the module `{name}`: it reads one folder alone");
                return Err(fault("", Refusal::Cannot(words), &block.place));
            }
            _ => {}
        }
        Ok(())
    }

    /// Fails where the files ask for another version.
    pub(crate) fn admits(&self, version: &str) -> Result<(), Fault> {
        let is = ToolVersion::find(version);
        for wanted in &self.versions {
            let Expression::String(text) = &wanted.expr else {
                continue;
            };
            let fits = Requirement::parse(text)
                .ok()
                .zip(is.as_ref())
                .is_some_and(|(wanted, is)| wanted.admits(is));
            if !fits {
                return Err(Fault {
                    summary: "Unsupported Terraform Core version".to_owned(),
                    detail: format!(
                        "This configuration does not support Terraform version {version}. To proceed, either choose another supported Terraform version or update this version constraint."
                    ),
                    place: Some(wanted.place.clone()),
                });
            }
        }
        Ok(())
    }

    /// Addresses of resources that this one uses, by way of locals too.
    pub(crate) fn uses(&self, address: &str) -> BTreeSet<String> {
        let Some(block) = self.resources.get(address) else {
            return BTreeSet::new();
        };
        let mut open: Vec<&(String, String)> = block.paths();
        let mut seen: BTreeSet<&(String, String)> = BTreeSet::new();
        while let Some(path) = open.pop() {
            if seen.insert(path)
                && path.0 == "local"
                && let Some(local) = self.locals.get(&path.1)
            {
                open.extend(&local.paths);
            }
        }
        seen.into_iter()
            .map(|(kind, name)| format!("{kind}.{name}"))
            .filter(|other| other != address && self.resources.contains_key(other))
            .collect()
    }

    /// Addresses so that what is used comes first; a circle is cut.
    pub(crate) fn order(&self) -> Vec<String> {
        let uses: BTreeMap<&String, BTreeSet<String>> = self
            .resources
            .keys()
            .map(|address| (address, self.uses(address)))
            .collect();
        let mut order: Vec<String> = Vec::new();
        let mut left: BTreeSet<String> = self.resources.keys().cloned().collect();
        while !left.is_empty() {
            let next = left
                .iter()
                .find(|address| uses[address].iter().all(|used| !left.contains(used)))
                .or_else(|| left.iter().next())
                .cloned();
            if let Some(next) = next {
                left.remove(&next);
                order.push(next);
            }
        }
        order
    }

    /// The variables with their defaults, or what is missing; and names that nobody declares.
    pub(crate) fn variables(
        &self,
        given: &Map<String, Value>,
    ) -> Result<(Map<String, Value>, Vec<String>), Fault> {
        let mut values = Map::new();
        let (none, nothing) = (Known::new(), Map::new());
        let empty = Ground {
            files: self,
            variables: &nothing,
            known: &none,
        };
        for block in &self.variables {
            let name = &block.labels[0];
            let value = match (given.get(name), block.get("default")) {
                (Some(value), _) => value.clone(),
                (None, Some(default)) => empty.sure(default)?,
                (None, None) => {
                    return Err(Fault {
                        summary: "No value for required variable".to_owned(),
                        detail: format!(
                            "The root module input variable \"{name}\" is not set, and has no default value."
                        ),
                        place: Some(block.place.clone()),
                    });
                }
            };
            let value = match block.get("type") {
                Some(wanted) => types::convert(&value, &wanted.expr).map_err(|refusal| {
                    let summary = format!("Invalid value for input variable `{name}`");
                    fault(&summary, refusal, &block.place)
                })?,
                None => value,
            };
            values.insert(name.clone(), value);
        }
        let ground = Ground {
            files: self,
            variables: &values,
            known: &none,
        };
        for block in &self.variables {
            for rule in block
                .blocks
                .iter()
                .filter(|inner| inner.kind == "validation")
            {
                let (Some(condition), Some(words)) =
                    (rule.get("condition"), rule.get("error_message"))
                else {
                    continue;
                };
                let kept = ground.sure(condition)?;
                let kept = truth(&kept).map_err(|refusal| {
                    fault("Invalid validation rule result", refusal, &rule.place)
                })?;
                if !kept {
                    return Err(Fault {
                        summary: "Invalid value for variable".to_owned(),
                        detail: ground.sure(words)?.as_str().unwrap_or_default().to_owned(),
                        place: Some(block.place.clone()),
                    });
                }
            }
        }
        let strange = given
            .keys()
            .filter(|name| !values.contains_key(*name))
            .cloned()
            .collect();
        Ok((values, strange))
    }
}

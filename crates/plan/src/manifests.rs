//! What the connectors say of themselves, ready for looking up.

use std::collections::HashMap;

use indexmap::IndexMap;
use jsonschema::Validator;
use podium_connector::{Manifest, Operation};
use podium_model::OperationName;
use podium_model::nearest::nearest;

/// Manifests by name; the checkers of their schemas are made once.
#[derive(Debug, Default)]
pub struct Manifests {
    connectors: IndexMap<String, Manifest>,
    operations: HashMap<OperationName, Known>,
}

/// An operation with the checker of its inputs.
#[derive(Debug)]
pub(crate) struct Known {
    connector: String,
    place: usize,
    pub(crate) input: Option<Validator>,
}

impl Manifests {
    /// From a list, in the order of the palette.
    pub fn new(manifests: Vec<Manifest>) -> Self {
        let mut operations = HashMap::new();
        for manifest in &manifests {
            for (place, operation) in manifest.operations.iter().enumerate() {
                let known = Known {
                    connector: manifest.id.clone(),
                    place,
                    input: jsonschema::validator_for(&operation.input).ok(),
                };
                operations.insert(operation.name.clone(), known);
            }
        }
        let connectors = manifests
            .into_iter()
            .map(|manifest| (manifest.id.clone(), manifest))
            .collect();
        Self {
            connectors,
            operations,
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Manifest> {
        self.connectors.values()
    }

    /// The connector of this id.
    pub fn connector(&self, id: &str) -> Option<&Manifest> {
        self.connectors.get(id)
    }

    /// The operation of this name.
    pub fn operation(&self, name: &OperationName) -> Option<&Operation> {
        let known = self.operations.get(name)?;
        self.connectors
            .get(&known.connector)?
            .operations
            .get(known.place)
    }

    pub(crate) fn known(&self, name: &OperationName) -> Option<&Known> {
        self.operations.get(name)
    }

    /// The name that was probably meant.
    pub fn nearest(&self, name: &OperationName) -> Option<&str> {
        let all = self.connectors.values().flat_map(|m| &m.operations);
        let of_connector = all
            .clone()
            .filter(|operation| operation.name.connector() == name.connector())
            .map(|operation| operation.name.operation());
        if let Some(near) = nearest(name.operation(), of_connector) {
            let whole = format!("{}/{near}", name.connector());
            return all
                .map(|operation| operation.name.as_str())
                .find(|operation| *operation == whole);
        }
        nearest(name.as_str(), all.map(|operation| operation.name.as_str()))
    }

    /// Every kind of credential that some connector brings or takes.
    pub(crate) fn kinds(&self) -> Vec<&str> {
        let brought = self
            .iter()
            .flat_map(|manifest| &manifest.credentials)
            .map(|kind| kind.id.as_str());
        let taken = self
            .iter()
            .flat_map(|manifest| &manifest.operations)
            .flat_map(|operation| &operation.credentials)
            .map(|port| port.kind.as_str());
        let mut kinds: Vec<&str> = brought.chain(taken).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}

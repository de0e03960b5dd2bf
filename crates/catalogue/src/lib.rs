//! The connectors that Podium ships: the only list that names them.
//!
//! Not here: what any of them does. `plan` and `engine` see manifests; `runtime` sees the trait.

use std::sync::Arc;

use indexmap::IndexMap;
use podium_connector::{Connector, Explaining, Manifest, Operation};
use podium_model::OperationName;

/// Connectors by id, in the order of the palette.
#[derive(Clone, Default)]
pub struct Catalogue {
    connectors: IndexMap<String, Arc<dyn Connector>>,
}

impl Catalogue {
    /// What Podium ships.
    pub fn shipped() -> Self {
        let mut connectors = podium_connector_core::connectors();
        connectors.push(Arc::new(podium_connector_terraform::Terraform::new()));
        connectors.push(Arc::new(podium_connector_ansible::Ansible::new()));
        connectors.push(Arc::new(podium_connector_awx::Awx::new()));
        connectors.push(Arc::new(
            podium_connector_cloudformation::CloudFormation::new(),
        ));
        connectors.push(Arc::new(
            podium_connector_azure_automation::AzureAutomation::new(),
        ));
        connectors.push(Arc::new(podium_connector_octopus::Octopus::new()));
        connectors.push(Arc::new(podium_connector_ibm_schematics::Schematics::new()));
        connectors.push(Arc::new(
            podium_connector_ibm_orchestrator::Orchestrator::new(),
        ));
        connectors.push(Arc::new(podium_connector_cloudify::Cloudify::new()));
        connectors.push(Arc::new(podium_connector_kubernetes::Kubernetes::new()));
        connectors.push(Arc::new(podium_connector_hcp_terraform::HcpTerraform::new()));
        connectors.push(Arc::new(podium_connector_morpheus::Morpheus::new()));
        Self::of(connectors)
    }

    /// These connectors; a later one takes the place of an earlier one with the same id.
    pub fn of(connectors: impl IntoIterator<Item = Arc<dyn Connector>>) -> Self {
        Self {
            connectors: connectors
                .into_iter()
                .map(|connector| (connector.manifest().id.clone(), Explaining::over(connector)))
                .collect(),
        }
    }

    /// The connector of this id, for example `terraform`.
    pub fn get(&self, id: &str) -> Option<Arc<dyn Connector>> {
        self.connectors.get(id).cloned()
    }

    /// The operation of this name, and the manifest it stands in.
    pub fn operation(&self, name: &OperationName) -> Option<(&Manifest, &Operation)> {
        let manifest = self.connectors.get(name.connector())?.manifest();
        let operation = manifest
            .operations
            .iter()
            .find(|operation| operation.name == *name)?;
        Some((manifest, operation))
    }

    /// All of them, in the order of the palette.
    pub fn connectors(&self) -> impl Iterator<Item = &Arc<dyn Connector>> {
        self.connectors.values()
    }

    /// What they are, in the order of the palette.
    pub fn manifests(&self) -> Vec<Manifest> {
        self.connectors()
            .map(|connector| connector.manifest().clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use podium_connector::{CODE, HttpRequest, STATUS, explanation};
    use podium_diagnostics::{Code, Error, ErrorKind};

    use super::*;

    #[test]
    fn every_operation_is_found_by_its_name() {
        let catalogue = Catalogue::shipped();
        for manifest in catalogue.manifests() {
            for operation in &manifest.operations {
                assert_eq!(operation.name.connector(), manifest.id);
                let (_, found) = catalogue
                    .operation(&operation.name)
                    .expect("the operation is in its manifest");
                assert_eq!(found, operation);
            }
        }
        let missing: OperationName = "file/burn".parse().unwrap();
        assert!(catalogue.operation(&missing).is_none());
    }

    #[test]
    fn a_simulator_says_itself_whether_it_is_asked_by_http() {
        for connector in Catalogue::shipped().connectors() {
            let id = &connector.manifest().id;
            let mut simulator = connector.simulator(None);
            let request = HttpRequest::get("http://127.0.0.1:9/");
            let reply = simulator.http(1_767_323_045_678, &request);
            // What a simulator answers that has no `http` of its own.
            let silent = reply.status == 404 && reply.headers.is_empty() && reply.body.is_empty();
            if connector.manifest().local {
                assert!(silent, "{id} acts on this computer");
            } else {
                assert_eq!(simulator.speaks_http(), !silent, "{id}");
            }
        }
    }

    #[test]
    fn every_port_takes_a_kind_that_somebody_brings() {
        let manifests = Catalogue::shipped().manifests();
        let kinds: Vec<&str> = manifests
            .iter()
            .flat_map(|manifest| &manifest.credentials)
            .map(|kind| kind.id.as_str())
            .collect();
        let unique: BTreeSet<&str> = kinds.iter().copied().collect();
        assert_eq!(
            unique.len(),
            kinds.len(),
            "a kind is brought once: {kinds:?}"
        );
        for port in manifests
            .iter()
            .flat_map(|manifest| &manifest.operations)
            .flat_map(|operation| &operation.credentials)
        {
            assert!(unique.contains(port.kind.as_str()), "{port:?}");
        }
    }

    #[test]
    fn every_explanation_has_a_name_of_its_own_a_sign_a_cause_and_a_next_action() {
        let mut ids = BTreeSet::new();
        for manifest in Catalogue::shipped().manifests() {
            for one in &manifest.explained {
                assert!(ids.insert(one.id.clone()), "{} is there twice", one.id);
                assert!(
                    one.id.starts_with(&format!("{}/", manifest.id)),
                    "{}",
                    one.id
                );
                assert!(!one.when.is_empty(), "{} fits every error", one.id);
                for text in [&one.cause, &one.next] {
                    assert!(text.ends_with('.') && text.len() > 15, "{}: {text}", one.id);
                }
                assert!(!one.source.is_empty(), "{}", one.id);
            }
        }
        assert!(ids.len() >= 150, "only {} errors are explained", ids.len());
    }

    #[test]
    fn no_explanation_hides_behind_a_wider_one() {
        for manifest in Catalogue::shipped().manifests() {
            for one in &manifest.explained {
                let mut error = Error::new(
                    ErrorKind::Failed,
                    Code::new("POD0446"),
                    one.when.contains.join(" … "),
                );
                if let Some(status) = one.when.status {
                    error = error.with_context(STATUS, status);
                }
                if let Some(code) = &one.when.code {
                    error = error.with_context(CODE, code);
                }
                let found = explanation(&manifest.explained, &error).map(|found| &found.id);
                assert_eq!(found, Some(&one.id), "an earlier one fits too");
            }
        }
    }

    #[test]
    fn every_schema_is_one_and_every_field_has_a_label() {
        for manifest in Catalogue::shipped().manifests() {
            for operation in &manifest.operations {
                for schema in [&operation.input, &operation.output] {
                    jsonschema::meta::validate(schema).unwrap_or_else(|error| {
                        panic!("{}: {error}", operation.name);
                    });
                    let properties = schema["properties"].as_object().expect("an object schema");
                    for (field, property) in properties {
                        assert!(property["title"].is_string(), "{}: {field}", operation.name);
                    }
                }
                let properties = operation.input["properties"].as_object().unwrap();
                for (field, property) in properties {
                    assert!(
                        property["x-podium-order"].is_number(),
                        "{}: {field}",
                        operation.name
                    );
                }
            }
        }
    }
}

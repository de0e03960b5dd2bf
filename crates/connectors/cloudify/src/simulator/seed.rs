//! What the practice manager starts with: a shop, its branches, and more of them than fit on a page.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::state::{Deployment, Instance, World};
use super::{plan, wire};

/// 2026-01-01T00:00:00Z.
const BEGIN: i64 = 1_767_225_600_000;

const FRONT: &str = "
tosca_definitions_version: cloudify_dsl_1_5
description: Front of a shop branch
imports: [cloudify/types/types.yaml, 'plugin:cloudify-terraform-plugin']
inputs:
  branch: { type: string, description: Name of the branch, constraints: [{ min_length: 3 }, { max_length: 40 }] }
  size: { type: string, default: small, constraints: [{ valid_values: [small, large] }] }
  servers: { type: integer, default: 2, constraints: [{ in_range: [1, 20] }] }
node_templates:
  network: { type: cloudify.nodes.Network }
  disk: { type: cloudify.nodes.Volume, relationships: [{ type: cloudify.relationships.depends_on, target: network }] }
  web:
    type: cloudify.nodes.WebServer
    capabilities: { scalable: { properties: { default_instances: 2 } } }
    relationships: [{ type: cloudify.relationships.connected_to, target: network }, { type: cloudify.relationships.depends_on, target: disk }]
outputs:
  url: { description: Address of the branch, value: { get_attribute: [web, url] } }
capabilities:
  endpoint: { value: { get_attribute: [web, endpoint] } }
";
const DATABASE: &str = "
tosca_definitions_version: cloudify_dsl_1_5
description: Datenbank für den Laden
inputs:
  name: { type: string }
node_templates:
  database: { type: cloudify.nodes.Database, properties: { password: { get_secret: shop_db_password } } }
outputs:
  password: { value: { get_secret: shop_db_password } }
  host: { value: { get_attribute: [database, ip] } }
workflows:
  backup:
    mapping: shop.backup
    parameters:
      target: { description: Where to, type: string }
      full: { default: false, type: boolean }
";

/// A blueprint as the manager gives it.
pub(super) fn blueprint(id: &str, main: &str, plan: &Value, labels: &Value, at: i64) -> Value {
    json!({
        "id": id, "main_file_name": main, "plan": plan,
        "description": plan["description"], "state": "uploaded", "error": null, "error_traceback": null,
        "created_at": wire::time(at), "updated_at": wire::time(at), "is_hidden": false,
        "labels": labels, "upload_execution": null, "visibility": "tenant", "private_resource": false,
        "resource_availability": "tenant", "tenant_name": "default_tenant", "created_by": "admin",
        "requirements": null,
    })
}

impl Default for World {
    fn default() -> Self {
        let mut world = Self {
            next: 0,
            now: BEGIN,
            blueprints: BTreeMap::new(),
            deployments: BTreeMap::new(),
            executions: Vec::new(),
            updates: Vec::new(),
            secrets: BTreeMap::new(),
            tokens: Vec::new(),
            sites: vec!["berlin".into(), "Zürich".into()],
        };
        for (id, text) in [("shop-front", FRONT), ("shop-database", DATABASE)] {
            let files = [("blueprint.yaml".to_owned(), text.as_bytes().to_vec())].into();
            if let Ok(plan) = plan::plan(&files, "blueprint.yaml") {
                let made = blueprint(id, "blueprint.yaml", &plan, &json!([]), BEGIN);
                world.blueprints.insert(id.to_owned(), made);
            }
        }
        world.keep_secret("shop_db_password", false);
        for number in 1..=160 {
            let id = format!("shop-branch-{number:03}");
            let inputs = json!({ "branch": format!("Filiale {number} – Süd"), "size": "small", "servers": 2 });
            let deployment = world.deployment(&id, "shop-front", &inputs, &json!({}), true);
            if let Some(deployment) = deployment {
                world.deployments.insert(id, deployment);
            }
        }
        world
    }
}

impl World {
    /// A deployment of a blueprint, not yet known.
    pub(super) fn deployment(
        &mut self,
        id: &str,
        blueprint: &str,
        inputs: &Value,
        body: &Value,
        installed: bool,
    ) -> Option<Deployment> {
        let plan = self.blueprints.get(blueprint)?["plan"].clone();
        let mut instances = Vec::new();
        for node in plan["nodes"].as_array().into_iter().flatten() {
            let name = node["id"].as_str().unwrap_or_default();
            for _ in 0..node["number_of_instances"].as_u64().unwrap_or(1) {
                let number = self.id();
                instances.push(Instance {
                    id: format!("{name}_{}", wire::suffix(number)),
                    node: name.to_owned(),
                    state: if installed {
                        "started"
                    } else {
                        "uninitialized"
                    }
                    .to_owned(),
                    drifted: false,
                });
            }
        }
        let workflows: Vec<Value> = plan["workflows"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, one)| {
                json!({
                    "name": name, "parameters": one["parameters"], "plugin": one["plugin"],
                    "is_available": true, "availability_rules": null, "created_at": null,
                })
            })
            .collect();
        let now = wire::time(self.now);
        let labels: Vec<Value> = body["labels"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|one| one.as_object().into_iter().flatten())
            .map(|(key, value)| json!({ "key": key.to_lowercase(), "value": value, "created_at": now, "creator_id": 0 }))
            .collect();
        let text = |field: &str| body[field].as_str();
        Some(Deployment {
            own: json!({
                "id": id, "blueprint_id": blueprint,
                "display_name": text("display_name").unwrap_or(id),
                "created_at": now, "updated_at": now,
                "inputs": inputs, "outputs": plan["outputs"], "capabilities": plan["capabilities"],
                "workflows": workflows, "labels": labels,
                "site_name": body["site_name"],
                "visibility": text("visibility").unwrap_or("tenant"),
                "description": plan["description"], "permalink": null,
                "groups": {}, "scaling_groups": {}, "policy_types": {}, "policy_triggers": {},
                "tenant_name": "default_tenant", "created_by": "admin", "private_resource": false,
                "resource_availability": "tenant", "runtime_only_evaluation": false,
                "sub_services_count": 0, "sub_environments_count": 0,
            }),
            instances,
            installed,
        })
    }

    /// Keeps that there is a secret; not what it is.
    pub(super) fn keep_secret(&mut self, name: &str, hidden: bool) -> Value {
        let now = wire::time(self.now);
        let kept = json!({
            "key": name, "created_at": now, "updated_at": now, "visibility": "tenant",
            "is_hidden_value": hidden, "tenant_name": "default_tenant", "created_by": "admin",
            "private_resource": false, "resource_availability": "tenant", "schema": null,
            "provider_name": null,
        });
        self.secrets.insert(name.to_owned(), kept.clone());
        kept
    }
}

//! What the practice appliance starts with: a shop, its servers, and more of them than fit on a page.

use serde_json::{Value, json};

use super::state::World;

/// 2026-01-01T00:00:00Z.
const BEGIN: i64 = 1_767_225_600_000;

fn option(name: &str, label: &str, kind: &str, required: bool) -> Value {
    json!({
        "id": 0, "name": label, "description": null, "code": name, "fieldName": name, "fieldLabel": label,
        "fieldContext": "config.customOptions", "defaultValue": null, "type": kind, "required": required,
        "displayOrder": 0, "enabled": true,
    })
}

fn named(id: u64, name: &str) -> Value {
    json!({ "id": id, "name": name, "code": name.to_lowercase() })
}

fn policy(id: u64, code: &str, group: u64, config: &Value) -> Value {
    json!({
        "id": id, "name": code, "description": null, "policyType": { "id": id, "code": code, "name": code },
        "zone": null, "site": { "id": group }, "refType": "ComputeSite", "refId": group, "config": config, "enabled": true,
    })
}

fn task(id: u64, name: &str, kind: &str) -> Value {
    json!({
        "id": id, "accountId": 1, "name": name, "code": name.to_lowercase(), "labels": [],
        "taskType": { "id": 1, "code": kind, "name": kind }, "taskOptions": {}, "executeTarget": "local",
        "retryable": false, "visibility": "private",
    })
}

fn workflow(id: u64, name: &str, tasks: &[&Value], options: &Value) -> Value {
    let steps: Vec<Value> = tasks
        .iter()
        .enumerate()
        .map(|(at, task)| json!({ "id": id * 100 + at as u64, "taskPhase": "operation", "taskOrder": at, "task": task }))
        .collect();
    let ids: Vec<&Value> = tasks.iter().map(|task| &task["id"]).collect();
    json!({
        "id": id, "name": name, "type": "operation", "description": null, "labels": [], "accountId": 1,
        "platform": null, "visibility": "private", "allowCustomConfig": false, "tasks": ids,
        "taskSetTasks": steps, "optionTypes": options,
        "dateCreated": "2026-01-01T00:00:00Z", "lastUpdated": "2026-01-01T00:00:00Z",
    })
}

fn item(id: u64, name: &str, kind: &str, options: &Value) -> Value {
    json!({
        "id": id, "name": name, "description": format!("{name} (practice)"), "type": kind, "featured": true,
        "allowQuantity": false, "optionTypes": options,
    })
}

impl Default for World {
    fn default() -> Self {
        let care = task(61, "Clean the cache", "script");
        let check = task(62, "Prüfe die Regale", "jythonTask");
        let mut workflows = vec![
            workflow(71, "Nightly care", &[&care, &check], &json!([])),
            workflow(
                72,
                "Open the shutters",
                &[&care],
                &json!([
                    option("shop", "Laden", "text", true),
                    option("pin", "PIN", "password", false)
                ]),
            ),
            workflow(73, "Close the shutters", &[&care], &json!([])),
        ];
        for (at, name) in [
            "broken care",
            "slow care",
            "chatty care",
            "waiting care",
            "odd-state care",
        ]
        .iter()
        .enumerate()
        {
            workflows.push(workflow(74 + at as u64, name, &[&care, &check], &json!([])));
        }
        let plan = |id: u64, code: &str, name: &str, price: f64| {
            json!({
                "id": id, "value": id, "code": code, "name": name, "maxStorage": 10_737_418_240_u64,
                "maxMemory": 536_870_912, "maxCpu": 1, "maxCores": 1, "price": price, "currency": "EUR", "unit": "month",
            })
        };
        let kind = |id: u64, code: &str, name: &str, layouts: &[&str]| {
            let layouts: Vec<Value> = layouts
                .iter()
                .enumerate()
                .map(|(at, layout)| json!({ "id": id * 10 + at as u64, "code": layout.to_lowercase(), "name": layout, "instanceVersion": "1" }))
                .collect();
            json!({ "id": id, "code": code, "name": name, "description": null, "category": "os", "active": true, "instanceTypeLayouts": layouts, "optionTypes": [] })
        };
        let mut world = Self {
            next: 1_000,
            now: BEGIN,
            groups: vec![named(1, "Shop"), named(2, "Archiv"), named(3, "Küche")],
            zones: vec![named(11, "Berlin"), named(12, "Zürich")],
            policies: vec![
                policy(91, "delayedRemoval", 2, &json!({ "removalAge": "30" })),
                policy(92, "maxVms", 3, &json!({ "maxVms": "5" })),
            ],
            environments: vec![named(21, "Dev"), named(22, "Production")],
            types: vec![
                kind(31, "ubuntu", "Ubuntu", &["VMware VM"]),
                kind(32, "nginx", "nginx", &["Docker", "Docker cluster"]),
            ],
            plans: vec![
                plan(41, "vm-512", "1 CPU, 512MB Memory", 9.9),
                plan(42, "vm-4096", "1 CPU, 4GB Memory", 39.0),
            ],
            blueprints: vec![json!({
                "id": 51, "name": "Shop front", "type": "morpheus", "description": null,
                "config": { "name": "Shop front", "type": "morpheus", "tiers": {
                    "Web": { "linkedTiers": ["App"], "instances": [{ "instance": { "type": "nginx", "name": "web" } }] },
                    "App": { "linkedTiers": [], "instances": [{ "instance": { "type": "ubuntu", "name": "app" } }] },
                } },
            })],
            catalog: vec![
                item(
                    81,
                    "shop server",
                    "instance",
                    &json!([
                        option("name", "Name", "text", true),
                        option("pin", "PIN", "password", false)
                    ]),
                ),
                item(
                    82,
                    "shop app",
                    "blueprint",
                    &json!([
                        option("name", "Name", "text", true),
                        option("seats", "Plätze", "number", false)
                    ]),
                ),
                item(83, "shop care", "workflow", &json!([])),
            ],
            tasks: vec![care, check],
            workflows,
            instances: Vec::new(),
            apps: Vec::new(),
            items: Vec::new(),
            executions: Vec::new(),
            approvals: Vec::new(),
            processes: Vec::new(),
            tokens: Vec::new(),
        };
        let (cloud, ubuntu, small) = (
            world.zones[0].clone(),
            world.types[0].clone(),
            world.plans[0].clone(),
        );
        for number in 1..=160 {
            let group = world.groups[usize::from(number % 40 == 0)].clone();
            let name = format!("shop-server-{number:03}");
            let id = world.instance(&name, &group, &cloud, &ubuntu, &small, None);
            world.name_state("instance", id, "running");
        }
        world
    }
}

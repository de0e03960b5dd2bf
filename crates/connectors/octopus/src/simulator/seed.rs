//! What is there at the beginning: a shop, some trouble, and a long list.

use serde_json::{Value, json};

use super::world::World;

/// Projects, and how long their tasks take, in milliseconds.
const PROJECTS: [&str; 8] = [
    "shop",
    "Grüße & Café",
    "broken",
    "slow",
    "chatty",
    "waiting",
    "odd-state",
    "asking",
];

fn slug(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect()
}

pub(crate) fn world() -> World {
    let mut world = World::default();
    world.make(
        "spaces",
        "Spaces",
        json!({ "Name": "Default", "Slug": "default", "IsDefault": true, "Links": {} }),
    );
    for (order, name) in ["Development", "Test", "Production", "Prüfstand"]
        .iter()
        .enumerate()
    {
        world.make(
            "environments",
            "Environments",
            json!({ "Name": name, "Slug": slug(name), "SortOrder": order }),
        );
    }
    world.make(
        "lifecycles",
        "Lifecycles",
        json!({ "Name": "Default Lifecycle" }),
    );
    for name in ["Nordküste GmbH", "acme"] {
        world.make(
            "tenants",
            "Tenants",
            json!({ "Name": name, "Slug": slug(name), "TenantTags": [] }),
        );
    }
    for name in ["web-1", "web-2", "db-größe"] {
        world.make(
            "machines",
            "Machines",
            json!({ "Name": name, "HealthStatus": "Healthy" }),
        );
    }
    for name in PROJECTS {
        project(&mut world, name);
    }
    for number in 1..=100 {
        project(&mut world, &format!("sample-{number:03}"));
    }
    let first = release(&mut world, "Projects-1", "shop", "1.0.0");
    deployed(&mut world, &first, "Projects-1", "Environments-2");
    world
}

fn project(world: &mut World, name: &str) {
    let made = world.make(
        "projects",
        "Projects",
        json!({
            "Name": name, "Slug": slug(name), "LifecycleId": "Lifecycles-1", "IsDisabled": false,
            "PersistenceSettings": { "Type": "Database" },
        }),
    );
    let id = made["Id"].as_str().unwrap_or_default().to_owned();
    if let Some(list) = world.things.get_mut("projects")
        && let Some(project) = list.last_mut()
    {
        project["DeploymentProcessId"] = json!(format!("deploymentprocess-{id}"));
    }
    world.make(
        "channels",
        "Channels",
        json!({ "Name": "Default", "IsDefault": true, "ProjectId": id, "LifecycleId": "Lifecycles-1" }),
    );
    for (runbook, published) in [
        ("Warm the cache", true),
        ("Clear the cache", true),
        ("Draft", false),
    ] {
        let snapshot = published.then(|| {
            world.make(
                "runbookSnapshots",
                "RunbookSnapshots",
                json!({ "Name": "Snapshot 1", "ProjectId": id }),
            )["Id"]
                .clone()
        });
        world.make(
            "runbooks",
            "Runbooks",
            json!({
                "Name": runbook, "ProjectId": id,
                "PublishedRunbookSnapshotId": snapshot.unwrap_or(Value::Null),
            }),
        );
    }
}

fn release(world: &mut World, project: &str, name: &str, version: &str) -> Value {
    world.make(
        "releases",
        "Releases",
        json!({
            "Version": version, "ProjectId": project, "ChannelId": "Channels-1", "ReleaseNotes": "",
            "SelectedPackages": [], "Assembled": "2026-01-02T03:04:05.678+00:00", "ProjectName": name,
        }),
    )
}

fn deployed(world: &mut World, release: &Value, project: &str, environment: &str) {
    let task = super::task::begin(world, 0, "shop", "Deploy shop release 1.0.0 to Test", &[]);
    world.make(
        "deployments",
        "Deployments",
        json!({
            "ReleaseId": release["Id"], "ProjectId": project, "EnvironmentId": environment,
            "TenantId": null, "TaskId": task, "Comments": "", "Created": "2026-01-02T03:10:00.000+00:00",
        }),
    );
}

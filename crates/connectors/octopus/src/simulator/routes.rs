//! The routes, and what each does.

use serde_json::{Value, json};

use super::world::{SPACE, World, gone, page};
use super::{Call, Refused, task};

type Answer = Result<Value, Refused>;

pub(crate) fn answer(world: &mut World, call: &Call<'_>) -> Answer {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match (call.method, path.as_slice()) {
        ("GET", ["api"]) => Ok(root()),
        ("GET", ["api", "capabilities"]) => Ok(json!({ "SupportedCommands": [
            "CreateReleaseCommandV1", "CreateDeploymentUntenantedCommandV1",
            "CreateDeploymentTenantedCommandV1", "RunbookRunCommandV1",
        ] })),
        ("GET", ["api", "users", "me"]) => Ok(json!({
            "Id": "Users-7", "Username": "podium", "DisplayName": "Podium (Übung)", "IsService": true,
            "IsActive": true, "Links": { "Self": "/api/users/Users-7" },
        })),
        ("GET", ["api", "spaces"]) => Ok(page(call, "Space", world.all("spaces").to_vec())),
        ("GET", ["api", "spaces", id]) => world.find("spaces", id).cloned(),
        (_, ["api", space, rest @ ..]) => {
            // The vendor's client sends a space's name in some places.
            world.find("spaces", space)?;
            in_space(world, call, rest)
        }
        _ => Err(gone("routes", &call.path.join("/"))),
    }
}

fn root() -> Value {
    json!({
        "Application": "Octopus Deploy", "Version": "2026.3.1234", "ApiVersion": "3.0.0",
        "InstallationId": "00000000-0000-0000-0000-000000000000", "IsEarlyAccessProgram": false,
        "Links": {
            "Self": "/api", "CurrentUser": "/api/users/me",
            "Spaces": "/api/spaces{/id}{?skip,ids,take,partialName}",
            "SpaceHome": "/api/{spaceId}",
        },
    })
}

fn in_space(world: &mut World, call: &Call<'_>, path: &[&str]) -> Answer {
    let now = call.now;
    match (call.method, path) {
        ("GET", []) => Ok(
            json!({ "Links": { "Projects": format!("/api/{SPACE}/projects{{/id}}{{?skip,ids,take,partialName}}") } }),
        ),
        ("GET", ["environments", "v2"]) => Ok(page(
            call,
            "Environment",
            world.all("environments").to_vec(),
        )),
        (
            "GET",
            [
                kind @ ("projects" | "environments" | "tenants" | "lifecycles" | "channels"
                | "machines" | "runbooks"),
            ],
        ) => Ok(page(call, kind, world.all(kind).to_vec())),
        (
            "GET",
            [
                kind @ ("projects" | "environments" | "tenants" | "lifecycles" | "channels"
                | "machines" | "releases" | "deployments" | "runbooks" | "runbookRuns"),
                id,
            ],
        ) => world.find(kind, id).cloned(),
        (
            "GET",
            [
                "projects",
                id,
                kind @ ("channels" | "releases" | "runbooks" | "runbookSnapshots"),
            ],
        ) => {
            let project = world.find("projects", id)?["Id"].clone();
            let mut things: Vec<Value> = world
                .all(kind)
                .iter()
                .filter(|thing| thing["ProjectId"] == project)
                .filter(|thing| {
                    call.get("searchByVersion").is_none_or(|version| {
                        thing["Version"]
                            .as_str()
                            .is_some_and(|known| known.contains(version))
                    })
                })
                .cloned()
                .collect();
            // Octopus lists the newest release first.
            if *kind == "releases" {
                things.reverse();
            }
            Ok(page(call, kind, things))
        }
        ("POST", ["releases", "create", "v1"]) => create_release(world, call),
        ("DELETE", ["releases", id]) => {
            let id = world.find("releases", id)?["Id"].clone();
            if world
                .all("deployments")
                .iter()
                .any(|one| one["ReleaseId"] == id)
            {
                return Err((
                    400,
                    "The release cannot be deleted, since it has been deployed.".into(),
                ));
            }
            if let Some(list) = world.things.get_mut("releases") {
                list.retain(|release| release["Id"] != id);
            }
            Ok(json!({ "State": "Success" }))
        }
        ("GET", ["releases", id, "deployments"]) => {
            let id = world.find("releases", id)?["Id"].clone();
            let list = newest(world.all("deployments"), |one| one["ReleaseId"] == id);
            Ok(page(call, "Deployment", list))
        }
        ("GET", ["releases", id, "deployments", "preview", environment, ..]) => {
            let release = world.find("releases", id)?.clone();
            world.find("environments", environment)?;
            Ok(plan(
                world,
                release["ProjectId"].as_str().unwrap_or_default(),
                &["Deploy the package", "Check the shop"],
            ))
        }
        (
            "GET",
            [
                "runbookSnapshots",
                id,
                "runbookRuns",
                "preview",
                environment,
                ..,
            ],
        ) => {
            let snapshot = world.find("runbookSnapshots", id)?.clone();
            world.find("environments", environment)?;
            Ok(plan(
                world,
                snapshot["ProjectId"].as_str().unwrap_or_default(),
                &["Run a script"],
            ))
        }
        ("GET", ["deployments"]) => {
            let list = newest(world.all("deployments"), |one| {
                let fits = |query: &str, field: &str| {
                    call.get(query)
                        .is_none_or(|ids| ids.split(',').any(|id| one[field] == id))
                };
                fits("projects", "ProjectId")
                    && fits("environments", "EnvironmentId")
                    && fits("tenants", "TenantId")
            });
            Ok(page(call, "Deployment", list))
        }
        ("GET", ["runbookRuns"]) => {
            let list = newest(world.all("runbookRuns"), |one| {
                let fits = |query: &str, field: &str| {
                    call.get(query)
                        .is_none_or(|ids| ids.split(',').any(|id| one[field] == id))
                };
                fits("runbooks", "RunbookId") && fits("environments", "EnvironmentId")
            });
            Ok(page(call, "RunbookRun", list))
        }
        ("POST", ["deployments"]) => deploy(world, call),
        ("POST", ["runbookRuns"]) => run_runbook(world, call),
        ("POST", ["deployments", "create", "untenanted" | "tenanted", "v1"]) => {
            command_deploy(world, call)
        }
        ("POST", ["runbook-runs", "create", "v1"]) => command_run(world, call),
        ("GET", ["tasks"]) => {
            let list = world
                .tasks
                .iter()
                .rev()
                .map(|task| task.body(now))
                .collect();
            Ok(page(call, "Task", list))
        }
        ("GET", ["tasks", id]) => Ok(world.task(id)?.body(now)),
        ("GET", ["tasks", id, "details"]) => Ok(world.task(id)?.details(now, call.number("tail"))),
        ("GET", ["tasks", id, "raw"]) => Ok(world.task(id)?.raw(now)),
        ("POST", ["tasks", id, "cancel"]) => {
            let task = world.task_mut(id)?;
            if !task.is_over(now) && task.cancelled.is_none() {
                task.cancelled = Some(now);
            }
            Ok(task.body(now))
        }
        ("GET", ["interruptions"]) => {
            let list = world
                .tasks
                .iter()
                .filter(|task| call.get("regarding").is_none_or(|id| task.id == id))
                .filter_map(|task| task.interruption(now))
                .filter(|asked| {
                    call.get("pendingOnly") != Some("true") || asked["IsPending"] == true
                })
                .collect();
            Ok(page(call, "Interruption", list))
        }
        ("PUT", ["interruptions", _, "responsible"]) => Ok(json!({ "Id": "Users-7" })),
        ("POST", ["interruptions", id, "submit"]) => task::submit(world, now, id, &call.body),
        _ => Err(gone("routes", &path.join("/"))),
    }
}

fn newest(things: &[Value], fits: impl Fn(&Value) -> bool) -> Vec<Value> {
    things
        .iter()
        .rev()
        .filter(|one| fits(one))
        .cloned()
        .collect()
}

fn project_name(world: &World, id: &str) -> String {
    world
        .find("projects", id)
        .ok()
        .and_then(|project| project["Name"].as_str())
        .unwrap_or_default()
        .to_owned()
}

/// Steps with their targets, and what is asked.
fn plan(world: &World, project: &str, steps: &[&str]) -> Value {
    let machines: Vec<Value> = world
        .all("machines")
        .iter()
        .map(|machine| json!({ "Id": machine["Id"], "Name": machine["Name"], "HealthStatus": machine["HealthStatus"], "HasLatestCalamari": true }))
        .collect();
    let steps: Vec<Value> = steps
        .iter()
        .enumerate()
        .map(|(at, name)| {
            json!({
                "ActionId": format!("action-{}", at + 1), "ActionName": name,
                "ActionNumber": (at + 1).to_string(), "Roles": ["web"],
                "Machines": if at == 0 { json!(machines) } else { json!([]) },
                "CanBeSkipped": true, "IsDisabled": false, "HasNoApplicableMachines": false,
                "UnavailableMachines": [], "ExcludedMachines": [],
            })
        })
        .collect();
    let asks = project_name(world, project) == "asking";
    let elements = if asks {
        json!([
            { "Name": "f-1", "IsValueRequired": true, "Control": { "Type": "VariableValue", "Name": "Region", "Label": "Where to" } },
            { "Name": "f-2", "IsValueRequired": false, "Control": { "Type": "VariableValue", "Name": "Password", "Label": "Kennwort" } },
        ])
    } else {
        json!([])
    };
    let values = if asks {
        json!({ "f-1": null, "f-2": null })
    } else {
        json!({})
    };
    json!({
        "StepsToExecute": steps, "Form": { "Values": values, "Elements": elements },
        "UseGuidedFailureModeByDefault": false, "Changes": [], "ChangesMarkdown": "",
    })
}

fn create_release(world: &mut World, call: &Call<'_>) -> Answer {
    let name = call
        .text("ProjectName")
        .or(call.text("projectName"))
        .ok_or((400, "ProjectName is required.".to_owned()))?;
    let project = world.find("projects", name)?.clone();
    let same = |release: &&Value| release["ProjectId"] == project["Id"];
    let channel = match call.text("ChannelName").or(call.text("channelName")) {
        None => None,
        Some(name) => Some(
            world
                .all("channels")
                .iter()
                .find(|one| one["ProjectId"] == project["Id"] && one["Name"] == name)
                .ok_or((
                    400,
                    format!("There is no channel '{name}' in this project."),
                ))?["Id"]
                .clone(),
        ),
    };
    let version = match call.text("ReleaseVersion").or(call.text("releaseVersion")) {
        Some(version) => version.to_owned(),
        None => format!(
            "0.0.{}",
            world.all("releases").iter().filter(same).count() + 1
        ),
    };
    if !version.starts_with(|c: char| c.is_ascii_digit()) {
        return Err((400, format!("'{version}' is not a valid version number.")));
    }
    let known = world
        .all("releases")
        .iter()
        .filter(same)
        .find(|release| release["Version"] == version.as_str())
        .cloned();
    let ignore =
        call.body["IgnoreIfAlreadyExists"] == true || call.body["ignoreIfAlreadyExists"] == true;
    let release = match known {
        Some(known) if ignore => known,
        Some(_) => {
            return Err((
                400,
                format!("A release with the version number '{version}' already exists for this project."),
            ));
        }
        None => world.make(
            "releases",
            "Releases",
            json!({
                "Version": version, "ProjectId": project["Id"],
                "ChannelId": channel.unwrap_or(json!("Channels-1")),
                "ReleaseNotes": call.text("ReleaseNotes").unwrap_or_default(),
                "SelectedPackages": call.body["Packages"], "Assembled": "2026-01-02T03:04:05.678+00:00",
            }),
        ),
    };
    Ok(json!({ "ReleaseId": release["Id"], "ReleaseVersion": release["Version"] }))
}

fn deploy(world: &mut World, call: &Call<'_>) -> Answer {
    let release = world
        .find("releases", call.text("ReleaseId").unwrap_or_default())?
        .clone();
    let environment = world
        .find(
            "environments",
            call.text("EnvironmentId").unwrap_or_default(),
        )?
        .clone();
    let project = project_name(world, release["ProjectId"].as_str().unwrap_or_default());
    needed(&project, &call.body)?;
    let words = format!(
        "Deploy {project} release {} to {}",
        release["Version"].as_str().unwrap_or_default(),
        environment["Name"].as_str().unwrap_or_default()
    );
    let task = task::begin(world, call.now, &project, &words, &["Deploy the package"]);
    Ok(world.make(
        "deployments",
        "Deployments",
        json!({
            "ReleaseId": release["Id"], "ProjectId": release["ProjectId"], "EnvironmentId": environment["Id"],
            "TenantId": call.body["TenantId"], "TaskId": task, "Comments": call.body["Comments"],
            "Created": "2026-01-02T03:10:00.000+00:00",
        }),
    ))
}

fn needed(project: &str, body: &Value) -> Result<(), Refused> {
    if project == "asking" && body["FormValues"]["f-1"].as_str().is_none_or(str::is_empty) {
        return Err((
            400,
            "The prompted variable 'Where to' needs a value.".into(),
        ));
    }
    Ok(())
}

/// A field of a command; the vendor's client writes its first letter small or large.
fn field(call: &Call<'_>, name: &str) -> Value {
    let mut small = name.to_owned();
    if let Some(first) = small.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    match &call.body[name] {
        Value::Null => call.body[small.as_str()].clone(),
        found => found.clone(),
    }
}

/// The environments and tenants of a command, each pair a start of its own.
fn places(world: &World, call: &Call<'_>) -> Result<Vec<(Value, Value)>, Refused> {
    let mut names = match field(call, "EnvironmentNames") {
        Value::Array(names) => names,
        _ => Vec::new(),
    };
    if let name @ Value::String(_) = field(call, "EnvironmentName") {
        names.push(name);
    }
    let tenants = match field(call, "Tenants") {
        Value::Array(tenants) if !tenants.is_empty() => tenants,
        _ => vec![Value::Null],
    };
    let mut places = Vec::new();
    for name in &names {
        let environment = world.find("environments", name.as_str().unwrap_or_default())?;
        for tenant in &tenants {
            let tenant = match tenant.as_str() {
                Some(name) => world.find("tenants", name)?["Id"].clone(),
                None => Value::Null,
            };
            places.push((environment["Id"].clone(), tenant));
        }
    }
    Ok(places)
}

fn command(call: &Call<'_>, body: Value) -> Call<'static> {
    Call {
        method: "POST",
        path: Vec::new(),
        query: Vec::new(),
        body,
        now: call.now,
    }
}

fn command_deploy(world: &mut World, call: &Call<'_>) -> Answer {
    let name = field(call, "ProjectName");
    let project = world.find("projects", name.as_str().unwrap_or_default())?["Id"].clone();
    let version = field(call, "ReleaseVersion");
    let release = world
        .all("releases")
        .iter()
        .find(|release| release["ProjectId"] == project && release["Version"] == version)
        .ok_or_else(|| gone("releases", version.as_str().unwrap_or_default()))?["Id"]
        .clone();
    let mut started = Vec::new();
    for (environment, tenant) in places(world, call)? {
        let body = json!({ "ReleaseId": release, "EnvironmentId": environment, "TenantId": tenant, "Comments": "" });
        let made = deploy(world, &command(call, body))?;
        started.push(json!({ "DeploymentId": made["Id"], "ServerTaskId": made["TaskId"] }));
    }
    Ok(json!({ "DeploymentServerTasks": started }))
}

fn command_run(world: &mut World, call: &Call<'_>) -> Answer {
    let name = field(call, "ProjectName");
    let project = world.find("projects", name.as_str().unwrap_or_default())?["Id"].clone();
    let book = field(call, "RunbookName");
    let runbook = world
        .all("runbooks")
        .iter()
        .find(|runbook| runbook["ProjectId"] == project && runbook["Name"] == book)
        .ok_or_else(|| gone("runbooks", book.as_str().unwrap_or_default()))?
        .clone();
    let mut started = Vec::new();
    for (environment, tenant) in places(world, call)? {
        let body = json!({
            "RunbookId": runbook["Id"], "RunbookSnapshotId": runbook["PublishedRunbookSnapshotId"],
            "EnvironmentId": environment, "TenantId": tenant, "Comments": "",
        });
        let made = run_runbook(world, &command(call, body))?;
        started.push(json!({ "RunbookRunId": made["Id"], "ServerTaskId": made["TaskId"] }));
    }
    Ok(json!({ "RunbookRunServerTasks": started }))
}

fn run_runbook(world: &mut World, call: &Call<'_>) -> Answer {
    let runbook = world
        .find("runbooks", call.text("RunbookId").unwrap_or_default())?
        .clone();
    let environment = world
        .find(
            "environments",
            call.text("EnvironmentId").unwrap_or_default(),
        )?
        .clone();
    let project = project_name(world, runbook["ProjectId"].as_str().unwrap_or_default());
    needed(&project, &call.body)?;
    let words = format!(
        "Run {} on {}",
        runbook["Name"].as_str().unwrap_or_default(),
        environment["Name"].as_str().unwrap_or_default()
    );
    let task = task::begin(world, call.now, &project, &words, &["Run a script"]);
    Ok(world.make(
        "runbookRuns",
        "RunbookRuns",
        json!({
            "RunbookId": runbook["Id"], "RunbookSnapshotId": call.body["RunbookSnapshotId"],
            "ProjectId": runbook["ProjectId"], "EnvironmentId": environment["Id"],
            "TenantId": call.body["TenantId"], "TaskId": task, "Comments": call.body["Comments"],
        }),
    ))
}

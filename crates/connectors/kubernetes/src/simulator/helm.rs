//! `helm`, in small: upgrade, history, get manifest, rollback, uninstall.

use std::path::PathBuf;

use podium_connector::{SimulatedExit, SimulatedProcess, Stream};
use serde_json::{Value, json};

use super::apply::{self, By};
use super::store::{Store, key, stamp};
use super::{charts, kinds};
use crate::object::text;
use crate::readiness::{self, Standing};

type Played = Result<String, String>;

pub(super) fn play(
    store: &mut Store,
    call: &SimulatedProcess,
    write: &mut dyn FnMut(Stream, &str),
    pause: &mut dyn FnMut(u64) -> bool,
) -> SimulatedExit {
    let now = store.clock;
    store.begin(now.max(1));
    let args: Vec<&str> = call.args.iter().map(String::as_str).collect();
    let played = match args.as_slice() {
        ["version", ..] => Ok("v3.22.0".into()),
        ["upgrade", rest @ ..] => upgrade(store, rest, pause),
        ["history", release, rest @ ..] => history(store, release, rest),
        ["get", "manifest", release, rest @ ..] => manifest(store, release, rest),
        ["rollback", release, revision, rest @ ..] => rollback(store, release, revision, rest),
        ["uninstall", release, rest @ ..] => uninstall(store, release, rest),
        other => Err(format!(
            "unknown command \"{}\" for \"helm\"",
            other.join(" ")
        )),
    };
    match played {
        Ok(out) => {
            for line in out.lines() {
                write(Stream::Out, line);
            }
            SimulatedExit(0)
        }
        Err(why) => {
            write(Stream::Err, &format!("Error: {why}"));
            SimulatedExit(1)
        }
    }
}

fn option<'a>(args: &[&'a str], name: &str) -> Option<&'a str> {
    args.iter()
        .position(|arg| *arg == name)
        .and_then(|at| args.get(at + 1))
        .copied()
}

fn namespace(args: &[&str]) -> String {
    option(args, "--namespace").unwrap_or("default").to_owned()
}

fn id(release: &str, args: &[&str]) -> String {
    format!("{}/{release}", namespace(args))
}

fn upgrade(store: &mut Store, args: &[&str], pause: &mut dyn FnMut(u64) -> bool) -> Played {
    let plain: Vec<&str> = args
        .iter()
        .copied()
        .filter(|arg| *arg != "--install")
        .collect();
    let (Some(release), Some(chart)) = (plain.first(), plain.get(1)) else {
        return Err("\"helm upgrade\" requires 2 arguments".into());
    };
    let namespace = namespace(args);
    let values: Vec<PathBuf> = args
        .windows(2)
        .filter(|pair| pair[0] == "--values")
        .map(|pair| PathBuf::from(pair[1]))
        .collect();
    let rendered = charts::render(chart, release, &namespace, &values)?;
    let revisions = store
        .releases
        .get(&id(release, args))
        .cloned()
        .unwrap_or_default();
    let revision = revisions.len() + 1;
    let objects = crate::helm::objects(&rendered.manifest).map_err(|error| error.message)?;
    let answer = json!({
        "name": release, "namespace": namespace, "version": revision, "hooks": [], "manifest": redacted(&objects),
        "chart": {"metadata": {"name": rendered.name, "version": rendered.version, "appVersion": rendered.app_version}},
        "info": {"status": "deployed", "notes": rendered.notes},
    });
    if args.contains(&"--dry-run=server") {
        return Ok(answer.to_string());
    }
    if store.find("", "namespaces", "", &namespace).is_none() {
        if !args.contains(&"--create-namespace") {
            return Err(format!(
                "create: failed to create: namespaces \"{namespace}\" not found"
            ));
        }
        let now = store.clock;
        store.put(
            now,
            "",
            "namespaces",
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}),
        );
    }
    let former = revisions
        .last()
        .map(|entry| text(entry, "/manifest").to_owned());
    install(store, &namespace, &objects, former.as_deref())?;
    let mut status = "deployed";
    if args.contains(&"--wait") {
        let patience = option(args, "--timeout").map_or(300_000, crate::config::millis);
        if !settle(store, &namespace, &objects, patience, pause) {
            status = "failed";
        }
    }
    let now = store.clock;
    let kept = store.releases.entry(id(release, args)).or_default();
    if status == "deployed" {
        for entry in kept
            .iter_mut()
            .filter(|entry| entry["status"] == "deployed")
        {
            entry["status"] = "superseded".into();
        }
    }
    kept.push(json!({
        "revision": revision, "updated": stamp(now), "status": status,
        "chart": format!("{}-{}", rendered.name, rendered.version), "app_version": rendered.app_version,
        "description": option(args, "--description").unwrap_or("Install complete"), "manifest": redacted(&objects),
    }));
    if status == "failed" {
        return Err("UPGRADE FAILED: context deadline exceeded".into());
    }
    Ok(answer.to_string())
}

/// The objects of a release as they may be kept.
fn redacted(objects: &[Value]) -> String {
    let mut text = String::new();
    for object in objects {
        let mut object = object.clone();
        super::admit::hide_values(&mut object);
        text.push_str("---\n");
        text.push_str(&object.to_string());
        text.push('\n');
    }
    text
}

fn place(
    store: &Store,
    namespace: &str,
    object: &Value,
) -> Result<(kinds::Served, String), String> {
    let kind = kinds::all(store)
        .into_iter()
        .find(|kind| kind.api_version() == text(object, "/apiVersion") && kind.kind == text(object, "/kind"))
        .ok_or_else(|| {
            format!(
                "unable to build kubernetes objects from release manifest: resource mapping not found: no matches for kind \"{}\" in version \"{}\"",
                text(object, "/kind"), text(object, "/apiVersion")
            )
        })?;
    let within = match text(object, "/metadata/namespace") {
        _ if !kind.namespaced => String::new(),
        "" => namespace.to_owned(),
        own => own.to_owned(),
    };
    Ok((kind, within))
}

fn install(
    store: &mut Store,
    namespace: &str,
    objects: &[Value],
    former: Option<&str>,
) -> Result<(), String> {
    let now = store.clock;
    let mut wanted = Vec::new();
    for object in objects {
        let (kind, within) = place(store, namespace, object)?;
        let mut object = object.clone();
        super::admit::hide_values(&mut object);
        object["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "Helm".into();
        if kind.namespaced {
            object["metadata"]["namespace"] = Value::from(within.as_str());
        }
        let key = key(
            &kind.group,
            &kind.plural,
            &within,
            text(&object, "/metadata/name"),
        );
        let by = By {
            manager: "helm",
            api_version: &kind.api_version(),
            force: true,
            now,
        };
        let mut made =
            apply::apply(store.get(&key), &object, by).map_err(|_| "conflict".to_owned())?;
        super::admit::default(&mut made);
        store.put(now, &kind.group, &kind.plural, made);
        wanted.push(key);
    }
    for object in crate::helm::objects(former.unwrap_or_default()).unwrap_or_default() {
        if let Ok((kind, within)) = place(store, namespace, &object) {
            let key = key(
                &kind.group,
                &kind.plural,
                &within,
                text(&object, "/metadata/name"),
            );
            if !wanted.contains(&key) {
                store.delete(now, &key, false);
            }
        }
    }
    store.advance(now);
    Ok(())
}

/// Lets time pass until all is ready; `false` where it does not become so.
fn settle(
    store: &mut Store,
    namespace: &str,
    objects: &[Value],
    patience: i64,
    pause: &mut dyn FnMut(u64) -> bool,
) -> bool {
    let until = store.clock + patience;
    loop {
        store.clock += 500;
        let now = store.clock;
        store.advance(now);
        let ready = objects.iter().all(|object| {
            place(store, namespace, object).is_ok_and(|(kind, within)| {
                store
                    .find(
                        &kind.group,
                        &kind.plural,
                        &within,
                        text(object, "/metadata/name"),
                    )
                    .is_some_and(|found| readiness::judge(found) == Standing::Ready)
            })
        });
        if ready {
            return true;
        }
        if !pause(500) || store.clock >= until {
            return false;
        }
    }
}

fn revisions<'a>(store: &'a Store, release: &str, args: &[&str]) -> Result<&'a Vec<Value>, String> {
    store
        .releases
        .get(&id(release, args))
        .ok_or_else(|| "release: not found".to_owned())
}

fn history(store: &Store, release: &str, args: &[&str]) -> Played {
    let entries: Vec<Value> = revisions(store, release, args)?
        .iter()
        .map(|entry| {
            let mut entry = entry.clone();
            if let Some(entry) = entry.as_object_mut() {
                entry.remove("manifest");
            }
            entry
        })
        .collect();
    Ok(Value::Array(entries).to_string())
}

fn manifest(store: &Store, release: &str, args: &[&str]) -> Played {
    let entries = revisions(store, release, args)?;
    let entry = match option(args, "--revision").and_then(|at| at.parse::<u64>().ok()) {
        Some(wanted) => entries
            .iter()
            .find(|entry| entry["revision"].as_u64() == Some(wanted)),
        None => entries.last(),
    };
    Ok(text(entry.ok_or("release: not found")?, "/manifest").to_owned())
}

fn rollback(store: &mut Store, release: &str, revision: &str, args: &[&str]) -> Played {
    let entries = revisions(store, release, args)?.clone();
    let wanted = entries
        .iter()
        .find(|entry| entry["revision"].as_u64() == revision.parse().ok())
        .ok_or("release has no such version")?
        .clone();
    let objects =
        crate::helm::objects(text(&wanted, "/manifest")).map_err(|error| error.message)?;
    let former = entries
        .last()
        .map(|entry| text(entry, "/manifest").to_owned());
    install(store, &namespace(args), &objects, former.as_deref())?;
    let count = entries.len();
    if let Some(kept) = store.releases.get_mut(&id(release, args)) {
        for entry in kept
            .iter_mut()
            .filter(|entry| entry["status"] == "deployed")
        {
            entry["status"] = "superseded".into();
        }
        let mut newest = wanted;
        newest["revision"] = json!(count + 1);
        newest["status"] = "deployed".into();
        newest["description"] = Value::from(format!("Rollback to {revision}"));
        kept.push(newest);
    }
    Ok("Rollback was a success! Happy Helming!".into())
}

fn uninstall(store: &mut Store, release: &str, args: &[&str]) -> Played {
    let former = revisions(store, release, args)?
        .last()
        .map(|entry| text(entry, "/manifest").to_owned());
    install(store, &namespace(args), &[], former.as_deref())?;
    store.releases.remove(&id(release, args));
    Ok(format!("release \"{release}\" uninstalled"))
}

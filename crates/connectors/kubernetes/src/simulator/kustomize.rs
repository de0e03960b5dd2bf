//! `kubectl kustomize DIR --output FILE`, in small: resources, bases, namespace, prefix and suffix,
//! labels, images, replicas. What needs the whole of Kustomize is refused by its name.

use std::path::Path;

use podium_connector::{SimulatedExit, SimulatedProcess, Stream};
use serde_json::{Value, json};

use super::charts::read_yaml;
use crate::manifests::{self, Manifest};
use crate::object::{list, text};

const KNOWN: [&str; 11] = [
    "apiVersion",
    "kind",
    "resources",
    "bases",
    "namespace",
    "namePrefix",
    "nameSuffix",
    "commonLabels",
    "labels",
    "images",
    "replicas",
];

pub(super) fn play(call: &SimulatedProcess, write: &mut dyn FnMut(Stream, &str)) -> SimulatedExit {
    let args: Vec<&str> = call.args.iter().map(String::as_str).collect();
    let played = match args.as_slice() {
        ["kustomize", folder, "--output", out] => {
            render(Path::new(folder), 0).and_then(|objects| {
                let mut rendered = String::new();
                for object in objects {
                    rendered.push_str("---\n");
                    rendered.push_str(&object.to_string());
                    rendered.push('\n');
                }
                std::fs::write(out, rendered).map_err(|error| error.to_string())
            })
        }
        other => Err(format!(
            "unknown command \"{}\" for \"kubectl\"",
            other.join(" ")
        )),
    };
    match played {
        Ok(()) => SimulatedExit(0),
        Err(why) => {
            write(Stream::Err, &format!("error: {why}"));
            SimulatedExit(1)
        }
    }
}

fn render(folder: &Path, depth: u8) -> Result<Vec<Value>, String> {
    if depth > 20 {
        return Err("the bases name each other in a circle".into());
    }
    let file = ["kustomization.yaml", "kustomization.yml", "Kustomization"]
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
        .ok_or(
            "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization'",
        )?;
    let plan = read_yaml(&file)?;
    let unknown = plan
        .as_object()
        .and_then(|map| map.keys().find(|key| !KNOWN.contains(&key.as_str())));
    if let Some(unknown) = unknown {
        return Err(format!("`{unknown}` needs the real Kustomize"));
    }
    let mut objects = Vec::new();
    for name in list(&plan, "/bases")
        .iter()
        .chain(list(&plan, "/resources"))
    {
        let name = name.as_str().unwrap_or_default();
        let path = folder.join(name);
        if path.is_dir() {
            objects.extend(render(&path, depth + 1)?);
            continue;
        }
        let content = std::fs::read_to_string(&path).map_err(|error| {
            format!("accumulating resources: accumulation err='accumulating resources from '{name}': {error}'")
        })?;
        let mut found: Vec<Manifest> = Vec::new();
        manifests::parse(&mut found, &content, name).map_err(|error| error.message)?;
        objects.extend(found.into_iter().map(|manifest| manifest.object));
    }
    for object in &mut objects {
        change(object, &plan);
    }
    Ok(objects)
}

fn change(object: &mut Value, plan: &Value) {
    let (prefix, suffix) = (text(plan, "/namePrefix"), text(plan, "/nameSuffix"));
    let name = text(object, "/metadata/name").to_owned();
    if text(object, "/kind") != "Namespace" {
        object["metadata"]["name"] = Value::from(format!("{prefix}{name}{suffix}"));
        let namespace = text(plan, "/namespace");
        if !namespace.is_empty() {
            object["metadata"]["namespace"] = Value::from(namespace);
        }
    }
    let mut labels = plan["commonLabels"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let deep = !labels.is_empty();
    for entry in list(plan, "/labels") {
        labels.extend(entry["pairs"].as_object().cloned().unwrap_or_default());
    }
    for (label, value) in &labels {
        object["metadata"]["labels"][label.as_str()] = value.clone();
        if deep && object.pointer("/spec/template").is_some() {
            object["spec"]["template"]["metadata"]["labels"][label.as_str()] = value.clone();
            object["spec"]["selector"]["matchLabels"][label.as_str()] = value.clone();
        } else if deep && text(object, "/kind") == "Service" {
            object["spec"]["selector"][label.as_str()] = value.clone();
        }
    }
    for entry in list(plan, "/replicas") {
        if text(entry, "/name") == name && object.pointer("/spec/replicas").is_some() {
            object["spec"]["replicas"] = entry["count"].clone();
        }
    }
    for kind in ["containers", "initContainers"] {
        let pointer = format!("/spec/template/spec/{kind}");
        let Some(containers) = object.pointer_mut(&pointer).and_then(Value::as_array_mut) else {
            continue;
        };
        for container in containers {
            let image = text(container, "/image").to_owned();
            let bare = image
                .rsplit_once(':')
                .map_or(image.as_str(), |(bare, _)| bare);
            for entry in list(plan, "/images")
                .iter()
                .filter(|entry| text(entry, "/name") == bare)
            {
                let new = match text(entry, "/newName") {
                    "" => bare,
                    new => new,
                };
                let tag = match entry["newTag"].as_str() {
                    Some(tag) => format!(":{tag}"),
                    None => image[bare.len()..].to_owned(),
                };
                container["image"] = json!(format!("{new}{tag}"));
            }
        }
    }
}

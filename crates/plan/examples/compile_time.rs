//! How long it takes to read, check, compile and lay out 1,000 and 10,000 steps. Used by `npm run bench`.
//!
//! Prints one line of JSON a size: the least of a few rounds, in milliseconds. With `--once STEPS` it
//! works through one size once, for a profiler that counts instructions.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use podium_model::layout::{Node, arrange};
use podium_model::parse::{parse_environment, parse_workflow};
use podium_plan::{Binding, Library, Manifests, check, compile};
use serde_json::{Map, Value, json};

fn main() {
    let manifests = manifests();
    let environment = parse_environment("e.yaml", b"credentials: { cloud: acme }")
        .value
        .unwrap();
    let name = "play".parse().unwrap();
    let binding = Binding {
        name: &name,
        environment: &environment,
    };
    let args: Vec<String> = std::env::args().skip(1).collect();
    let sizes = match args.as_slice() {
        [once, steps] if once == "--once" => vec![(steps.parse().unwrap(), 1)],
        _ => vec![(1_000, 5), (10_000, 3)],
    };
    for (steps, rounds) in sizes {
        let text = document(steps);
        let mut parsed = None;
        let parse_ms = least(rounds, || {
            parsed = Some(parse_workflow("workflows/w.yaml", text.as_bytes()));
        });
        let parsed = parsed.unwrap();
        assert_eq!(parsed.diagnostics, Vec::new());
        let check_ms = least(rounds, || {
            let checked = check("w", &parsed, &Library::default(), &manifests);
            assert_eq!(checked.diagnostics, Vec::new());
        });
        let mut plan = None;
        let compile_ms = least(rounds, || {
            plan = compile(
                "w",
                &parsed,
                &binding,
                &Map::new(),
                &Library::default(),
                &manifests,
            )
            .plan;
        });
        assert_eq!(plan.map(|plan| plan.steps().len()), Some(steps));
        let graph = check("w", &parsed, &Library::default(), &manifests).graph;
        let nodes: Vec<Node> = graph
            .nodes
            .iter()
            .map(|node| Node {
                id: node.id.clone(),
                width: 208.0,
                height: 64.0,
            })
            .collect();
        let edges: Vec<(String, String)> = graph
            .edges
            .iter()
            .map(|edge| (edge.from.clone(), edge.to.clone()))
            .collect();
        let mut placed = 0;
        let layout_ms = least(rounds, || {
            placed = arrange(&nodes, &edges, &BTreeMap::new()).len();
        });
        assert_eq!(placed, steps);
        println!(
            "{}",
            json!({
                "steps": steps, "bytes": text.len(), "parse_ms": parse_ms, "check_ms": check_ms,
                "compile_ms": compile_ms, "layout_ms": layout_ms,
            })
        );
    }
}

fn least(rounds: usize, mut work: impl FnMut()) -> Value {
    let mut least = f64::INFINITY;
    for _ in 0..rounds {
        let start = Instant::now();
        work();
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    json!((least * 10.0).round() / 10.0)
}

/// Layers of 50 steps; each uses outputs of two steps of the layer before.
fn document(steps: usize) -> String {
    let mut text = String::from(
        "podium: 1\nname: Many steps\ninputs:\n  branch: { type: string, default: west }\n  size: { type: string, default: small }\ncredentials:\n  cloud: { type: aws }\nsteps:\n",
    );
    for step in 0..steps {
        let _ = write!(
            text,
            "  step_{step}:\n    # one of many\n    uses: cloud/build\n    title: Step number {step}\n    credentials: {{ aws: cloud }}\n    with:\n      name: \"shop-${{{{ inputs.branch }}}}\"\n      count: 3\n      tags: {{ owner: me, size: \"${{{{ inputs.size }}}}\" }}\n"
        );
        if step >= 50 {
            let (a, b) = (step - 50, step - 50 + (step * 7 + 1) % 50);
            let _ = write!(
                text,
                "      hosts: [\"${{{{ steps.step_{a}.outputs.url }}}}\"]\n    needs: [step_{}]\n    if: inputs.size == 'small' || steps.step_{a}.outputs.count > 2\n    retry: {{ attempts: 3, backoff: 2s }}\n",
                b.min(step - 1)
            );
        }
    }
    text
}

fn manifests() -> Manifests {
    let manifest = json!({
        "id": "cloud", "label": "Cloud", "summary": "", "mark": "Cl", "hue": 0,
        "credentials": [{ "id": "aws", "label": "AWS", "fields": [] }],
        "operations": [{
            "name": "cloud/build", "title": "", "summary": "",
            "input": {
                "type": "object", "required": ["name"], "additionalProperties": false,
                "properties": {
                    "name": { "type": "string", "minLength": 1 },
                    "count": { "type": "integer", "minimum": 1 },
                    "hosts": { "type": "array", "items": { "type": "string" } },
                    "tags": { "type": "object", "additionalProperties": { "type": "string" } },
                    "fast": { "type": "boolean", "default": false },
                },
            },
            "output": {
                "type": "object", "additionalProperties": false,
                "properties": { "url": { "type": "string" }, "count": { "type": "integer" } },
            },
            "credentials": [{ "name": "aws", "kind": "aws", "required": true, "title": "" }],
            "capability": {}, "writes": true, "delivery": { "claim": "idempotent" },
        }],
    });
    Manifests::new(vec![serde_json::from_value(manifest).unwrap()])
}

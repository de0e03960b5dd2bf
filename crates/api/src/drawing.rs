//! A workflow's graph as text that other programs draw.

use std::fmt::Write as _;

use podium_connector::Manifest;
use podium_model::document::When;
use podium_model::layout::Layout;
use podium_plan::Graph;

/// For Markdown (Mermaid's flowchart).
pub fn mermaid(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    mermaid_part(&mut text, graph, "");
    text
}

/// One workflow; a call is a frame around the steps of the workflow that it calls.
fn mermaid_part(text: &mut String, graph: &Graph, prefix: &str) {
    let pad = "  ".repeat(1 + prefix.matches('.').count());
    // Dots mean something to Mermaid; ids have none of the double kind.
    let id = |id: &str| format!("{prefix}{id}").replace('.', "__");
    for node in &graph.nodes {
        let label = format!("{}<br/>{}", escape(&node.title), escape(&node.uses));
        match graph.calls.iter().find(|call| call.step == node.id) {
            Some(call) => {
                let title = format!("{} · {}", escape(&node.title), escape(&call.workflow));
                let _ = writeln!(text, "{pad}subgraph {}[\"{title}\"]", id(&node.id));
                mermaid_part(text, &call.graph, &format!("{prefix}{}.", node.id));
                let _ = writeln!(text, "{pad}end");
            }
            None => {
                let _ = writeln!(text, "{pad}{}[\"{label}\"]", id(&node.id));
            }
        }
    }
    for edge in &graph.edges {
        let arrow = match edge.on {
            When::Success => "-->",
            When::Failure => "-. failure .->",
            When::Always => "-. always .->",
        };
        let _ = writeln!(text, "{pad}{} {arrow} {}", id(&edge.from), id(&edge.to));
    }
}

/// The same graph with ids that every program can read: `n1`, `n2` and so on. Things inside a step are
/// called as their systems like it.
pub fn with_plain_ids(graph: &Graph) -> Graph {
    let ids: std::collections::HashMap<&str, String> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(at, node)| (node.id.as_str(), format!("n{}", at + 1)))
        .collect();
    let mut plain = graph.clone();
    for node in &mut plain.nodes {
        if let Some(id) = ids.get(node.id.as_str()) {
            node.id.clone_from(id);
        }
    }
    for edge in &mut plain.edges {
        for end in [&mut edge.from, &mut edge.to] {
            if let Some(id) = ids.get(end.as_str()) {
                end.clone_from(id);
            }
        }
    }
    plain
}

/// For Graphviz.
pub fn dot(graph: &Graph) -> String {
    let mut text =
        String::from("digraph workflow {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
    dot_part(&mut text, graph, "");
    text.push_str("}\n");
    text
}

/// One workflow; the steps of a called one stand in a frame, after the step that calls it.
fn dot_part(text: &mut String, graph: &Graph, prefix: &str) {
    let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let id = |id: &str| quote(&format!("{prefix}{id}"));
    for node in &graph.nodes {
        let label = quote(&format!("{}\n{}", node.title, node.uses)).replace('\n', "\\n");
        let _ = writeln!(text, "  {} [label={label}];", id(&node.id));
    }
    for call in &graph.calls {
        let inside = format!("{prefix}{}.", call.step);
        let _ = writeln!(
            text,
            "  subgraph {} {{",
            quote(&format!("cluster_{inside}"))
        );
        let _ = writeln!(text, "  label={};", quote(&call.title));
        dot_part(text, &call.graph, &inside);
        text.push_str("  }\n");
        let has_one_before = |node: &str| call.graph.edges.iter().any(|edge| edge.to == node);
        for node in call
            .graph
            .nodes
            .iter()
            .filter(|node| !has_one_before(&node.id))
        {
            let to = quote(&format!("{inside}{}", node.id));
            let _ = writeln!(text, "  {} -> {to} [style=dotted];", id(&call.step));
        }
    }
    for edge in &graph.edges {
        let style = match edge.on {
            When::Success => "",
            When::Failure => " [style=dashed, label=\"failure\"]",
            When::Always => " [style=dotted, label=\"always\"]",
        };
        let _ = writeln!(text, "  {} -> {}{style};", id(&edge.from), id(&edge.to));
    }
}

/// A picture, with the nodes where they stand on the canvas.
pub fn svg(graph: &Graph, layout: &Layout, manifests: &[Manifest]) -> String {
    const WIDTH: f64 = 220.0;
    const HEIGHT: f64 = 64.0;
    const MARGIN: f64 = 24.0;
    let places: Vec<(f64, f64)> = graph
        .nodes
        .iter()
        .map(|node| {
            layout
                .nodes
                .get(&node.id)
                .map_or((0.0, 0.0), |p| (p.x, p.y))
        })
        .collect();
    let least =
        |pick: fn(&(f64, f64)) -> f64| places.iter().map(pick).fold(f64::INFINITY, f64::min);
    let most = |pick: fn(&(f64, f64)) -> f64| places.iter().map(pick).fold(0.0, f64::max);
    let (left, top) = if places.is_empty() {
        (0.0, 0.0)
    } else {
        (least(|p| p.0), least(|p| p.1))
    };
    let width = most(|p| p.0) - left + WIDTH + 2.0 * MARGIN;
    let height = most(|p| p.1) - top + HEIGHT + 2.0 * MARGIN;
    let at = |id: &str| {
        let index = graph.nodes.iter().position(|node| node.id == id)?;
        let (x, y) = places[index];
        Some((x - left + MARGIN, y - top + MARGIN))
    };
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"Inter, sans-serif\">\n"
    );
    for edge in &graph.edges {
        let (Some((x1, y1)), Some((x2, y2))) = (at(&edge.from), at(&edge.to)) else {
            continue;
        };
        let (x1, y1, y2) = (x1 + WIDTH, y1 + HEIGHT / 2.0, y2 + HEIGHT / 2.0);
        let middle = f64::midpoint(x1, x2);
        let dash = match edge.on {
            When::Success => "",
            When::Failure => " stroke-dasharray=\"6 4\"",
            When::Always => " stroke-dasharray=\"2 4\"",
        };
        let _ = writeln!(
            text,
            "  <path d=\"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}\" fill=\"none\" \
             stroke=\"#8b90a0\" stroke-width=\"1.5\"{dash}/>"
        );
    }
    for node in &graph.nodes {
        let Some((x, y)) = at(&node.id) else { continue };
        let connector = node.uses.split('/').next().unwrap_or_default();
        let manifest = manifests.iter().find(|manifest| manifest.id == connector);
        // What is inside a step is no operation, and has no mark.
        let (mark, left) = match manifest {
            None => (String::new(), 16),
            Some(Manifest { mark, hue, .. }) => (
                format!(
                    "<rect x=\"12\" y=\"16\" width=\"32\" height=\"32\" rx=\"8\" \
                     fill=\"oklch(0.55 0.13 {hue})\"/><text x=\"28\" y=\"37\" text-anchor=\"middle\" \
                     font-size=\"13\" font-weight=\"600\" fill=\"#fff\">{}</text>",
                    escape(mark)
                ),
                56,
            ),
        };
        let _ = writeln!(
            text,
            "  <g transform=\"translate({x} {y})\"><rect width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             rx=\"10\" fill=\"#fff\" stroke=\"#d8dbe4\"/>{mark}\
             <text x=\"{left}\" y=\"29\" font-size=\"15\" font-weight=\"600\">{}</text>\
             <text x=\"{left}\" y=\"47\" font-size=\"12\" fill=\"#666c7c\">{}</text></g>",
            escape(&shorten(&node.title, 19)),
            escape(&shorten(&node.uses, 26))
        );
    }
    text.push_str("</svg>\n");
    text
}

fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

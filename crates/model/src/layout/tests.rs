use std::collections::{BTreeMap, BTreeSet};

use super::arrange::arrange_counting;
use super::*;

fn nodes(count: usize) -> Vec<Node> {
    (0..count)
        .map(|n| Node {
            id: format!("s{n}"),
            width: 220.0,
            height: 72.0,
        })
        .collect()
}

fn edges(pairs: &[(usize, usize)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(from, to)| (format!("s{from}"), format!("s{to}")))
        .collect()
}

/// A layered graph without chance: each node has one or two edges to the next layer, some to later ones.
fn layered(count: usize, width: usize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for node in width..count {
        let before = (node / width - 1) * width;
        pairs.push((before + (node * 7 + node / width) % width, node));
        if node % 3 == 0 {
            pairs.push((before + (node * 5) % width, node));
        }
        if node % 11 == 0 && before >= width {
            pairs.push((before - width + node % width, node));
        }
    }
    pairs
}

fn at(placed: &[Placed]) -> BTreeMap<&str, (f64, f64)> {
    placed
        .iter()
        .map(|one| (one.id.as_str(), (one.x, one.y)))
        .collect()
}

/// No two overlap, and all are there, from the corner on.
fn check_apart(nodes: &[Node], placed: &[Placed]) -> (f64, f64) {
    assert_eq!(nodes.len(), placed.len());
    let mut rects: Vec<Rect> = nodes
        .iter()
        .zip(placed)
        .map(|(node, place)| {
            assert_eq!(node.id, place.id);
            assert!(
                place.x >= 0.0 && place.y >= 0.0 && place.x.fract() == 0.0,
                "{place:?}"
            );
            Rect {
                x: place.x,
                y: place.y,
                width: node.width,
                height: node.height,
            }
        })
        .collect();
    rects.sort_by(|a, b| a.x.total_cmp(&b.x));
    for (index, one) in rects.iter().enumerate() {
        for other in rects[index + 1..]
            .iter()
            .take_while(|other| other.x < one.x + one.width)
        {
            assert!(!one.overlaps(other), "{one:?} {other:?}");
        }
    }
    let right = rects
        .iter()
        .map(|one| one.x + one.width)
        .fold(0.0, f64::max);
    let bottom = rects
        .iter()
        .map(|one| one.y + one.height)
        .fold(0.0, f64::max);
    (right, bottom)
}

#[test]
fn edges_go_from_left_to_right_and_siblings_keep_their_order() {
    let nodes = nodes(8);
    let pairs = [
        (0, 1),
        (0, 2),
        (0, 3),
        (0, 4),
        (1, 5),
        (2, 5),
        (3, 5),
        (4, 5),
        (5, 6),
        (0, 6),
        (6, 7),
    ];
    let placed = arrange(&nodes, &edges(&pairs), &BTreeMap::new());
    check_apart(&nodes, &placed);
    let at = at(&placed);
    for (from, to) in pairs {
        assert!(
            at[&*format!("s{from}")].0 + 220.0 < at[&*format!("s{to}")].0,
            "{from} {to}"
        );
    }
    assert!(at["s1"].1 < at["s2"].1 && at["s2"].1 < at["s3"].1 && at["s3"].1 < at["s4"].1);
    // The one before and the one after stand in the middle of the four.
    let middle = f64::midpoint(at["s1"].1, at["s4"].1);
    assert!(
        (at["s0"].1 - middle).abs() < 60.0 && (at["s5"].1 - middle).abs() < 60.0,
        "{placed:?}"
    );
}

#[test]
fn a_long_chain_wraps_and_reads_like_lines_of_text() {
    let nodes = nodes(50);
    let pairs: Vec<_> = (1..50).map(|n| (n - 1, n)).collect();
    let placed = arrange(&nodes, &edges(&pairs), &BTreeMap::new());
    let (width, height) = check_apart(&nodes, &placed);
    assert!(
        width < 3.0 * height && height < 2.0 * width,
        "{width} {height}"
    );
    for pair in placed.windows(2) {
        let next_line = pair[1].y > pair[0].y && pair[1].x < pair[0].x;
        assert!(
            next_line || (pair[1].x > pair[0].x && (pair[1].y - pair[0].y).abs() < 0.5),
            "{pair:?}"
        );
    }
    // A short one stays on one line.
    let placed = arrange(&nodes[..10], &edges(&pairs[..9]), &BTreeMap::new());
    assert!(placed.iter().all(|one| (one.y - placed[0].y).abs() < 0.5));
}

#[test]
fn a_thousand_siblings_become_a_grid_in_the_order_of_the_file() {
    let nodes = nodes(1_001);
    let pairs: Vec<_> = (1..1_001).map(|n| (0, n)).collect();
    let placed = arrange(&nodes, &edges(&pairs), &BTreeMap::new());
    let (width, height) = check_apart(&nodes, &placed);
    assert!(width < 12_000.0 && height < 12_000.0, "{width} {height}");
    assert!(
        placed[1..]
            .windows(2)
            .all(|pair| (pair[0].x, pair[0].y) < (pair[1].x, pair[1].y))
    );
    assert!(placed[1..].iter().all(|one| one.x > placed[0].x + 220.0));
}

#[test]
fn parts_without_edges_between_them_are_packed() {
    let nodes = nodes(30);
    let pairs: Vec<_> = (0..9).map(|n| (n * 3, n * 3 + 1)).collect();
    let placed = arrange(&nodes, &edges(&pairs), &BTreeMap::new());
    let (width, height) = check_apart(&nodes, &placed);
    assert!(width < 3_000.0 && height < 3_000.0, "{width} {height}");
    let alone = arrange(&nodes[..20], &[], &BTreeMap::new());
    let (width, height) = check_apart(&nodes[..20], &alone);
    assert!(width < 2_000.0 && height < 1_500.0, "{width} {height}");
}

#[test]
fn odd_graphs_are_laid_out_too() {
    for pairs in [
        vec![(0, 0)],
        vec![(0, 1), (1, 2), (2, 0)],
        vec![(0, 1), (1, 0), (0, 1)],
        vec![(0, 9), (77, 1)],
        vec![(2, 1), (1, 0), (4, 3), (3, 2)],
    ] {
        let nodes = nodes(6);
        let placed = arrange(&nodes, &edges(&pairs), &BTreeMap::new());
        check_apart(&nodes, &placed);
    }
    assert!(arrange(&[], &[], &BTreeMap::new()).is_empty());
    let sizes: Vec<Node> = (0..12)
        .map(|n: u8| Node {
            id: format!("s{n}"),
            width: 40.0 + 90.0 * f64::from(n % 5),
            height: 20.0 + 70.0 * f64::from(n % 4),
        })
        .collect();
    let pairs: Vec<_> = (1..12).map(|n| (n / 3, n)).collect();
    check_apart(&sizes, &arrange(&sizes, &edges(&pairs), &BTreeMap::new()));
}

#[test]
fn ten_thousand_nodes_take_work_in_proportion_to_their_number() {
    for (count, pairs) in [
        (10_000, layered(10_000, 50)),
        (10_000, layered(10_000, 5)),
        (10_000, layered(10_000, 1_000)),
        (10_000, (1..10_000).map(|n| (n - 1, n)).collect()),
        (10_000, (1..10_000).map(|n| (0, n)).collect()),
        // A chain whose first node is needed by all: half of a hundred million points to pass.
        (
            10_000,
            (1..10_000).flat_map(|n| [(n - 1, n), (0, n)]).collect(),
        ),
    ] {
        let nodes = nodes(count);
        let all: Vec<&Node> = nodes.iter().collect();
        let (placed, work) = arrange_counting(&all, &edges(&pairs), &[]);
        let (width, height) = check_apart(&nodes, &placed);
        assert!(
            work <= 12 * (count + pairs.len()),
            "{work} for {} edges",
            pairs.len()
        );
        assert!(width.max(height) < 250_000.0, "{width} {height}");
    }
}

#[test]
fn the_same_graph_is_laid_out_the_same_way() {
    let nodes = nodes(300);
    let pairs = edges(&layered(300, 12));
    let first = arrange(&nodes, &pairs, &BTreeMap::new());
    let mut reversed = pairs.clone();
    reversed.reverse();
    reversed.extend(pairs.clone());
    assert_eq!(first, arrange(&nodes, &reversed, &BTreeMap::new()));
}

#[test]
fn pinned_nodes_stay_and_are_not_covered() {
    let nodes = nodes(20);
    let pairs = edges(&layered(20, 4));
    let pins: BTreeMap<String, Rect> =
        [("s3", 0.0, 0.0), ("s7", 500.0, 150.0), ("s9", 90.0, 700.0)]
            .into_iter()
            .map(|(id, x, y)| {
                (
                    id.to_owned(),
                    Rect {
                        x,
                        y,
                        width: 220.0,
                        height: 72.0,
                    },
                )
            })
            .collect();
    let placed = arrange(&nodes, &pairs, &pins);
    assert_eq!(placed.len(), 17);
    for place in &placed {
        assert!(!pins.contains_key(&place.id));
        let rect = Rect {
            x: place.x,
            y: place.y,
            width: 220.0,
            height: 72.0,
        };
        assert!(pins.values().all(|pin| !pin.overlaps(&rect)), "{place:?}");
    }
}

#[test]
fn tidying_a_selection_leaves_the_rest_and_what_is_pinned() {
    let nodes = nodes(9);
    let pairs = edges(&[(0, 1), (1, 2), (2, 3), (3, 4)]);
    let mut layout = Layout::default();
    for (node, (x, y)) in nodes.iter().zip([
        (900., 900.),
        (400., 300.),
        (420., 310.),
        (405., 600.),
        (0., 0.),
        (700., 320.),
        (5., 500.),
        (1500., 0.),
        (10., 900.),
    ]) {
        layout.put(&node.id, x, y);
    }
    layout.nodes.get_mut("s2").unwrap().pinned = true;
    let selection: BTreeSet<String> = ["s1", "s2", "s3"].map(str::to_owned).into();
    let moved = tidy(&layout, &nodes, &pairs, &selection);
    let ids: Vec<&str> = moved.iter().map(|one| one.id.as_str()).collect();
    assert!(ids.iter().all(|id| ["s1", "s3"].contains(id)), "{ids:?}");
    for place in &moved {
        assert!(place.x >= 400.0 && place.y >= 300.0, "{place:?}");
        layout.put(&place.id, place.x, place.y);
    }
    // A second time changes nothing.
    assert_eq!(tidy(&layout, &nodes, &pairs, &selection), []);
    let all = tidy(&layout, &nodes, &pairs, &BTreeSet::new());
    assert!(all.iter().all(|one| one.id != "s2") && all.len() >= 6);
}

#[test]
fn files_are_stable_and_keep_what_they_do_not_know() {
    let text = r#"{
  "podium": 1,
  "nodes": {
    "alpha": { "x": 10, "y": -20.5, "pinned": true },
    "beta": { "x": 0, "y": 33.33, "color": "red" },
    "ümlaut \"q\"": { "x": 1, "y": 2 }
  },
  "frames": {
    "f": { "x": 0, "y": 0, "width": 100, "height": 50, "title": "West", "crew": { "team": ["a"] } }
  },
  "viewport": { "zoom": 1.5, "list": [] }
}
"#;
    let layout = Layout::read(text).unwrap();
    assert_eq!(layout.write(), text);
    assert_eq!(Layout::read(&layout.write()).unwrap(), layout);
    let mut moved = layout.clone();
    moved.put("beta", 1.0, 33.333_333);
    let changed: Vec<_> = moved
        .write()
        .lines()
        .filter(|line| !text.contains(line))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        changed,
        [r#"    "beta": { "x": 1, "y": 33.33, "color": "red" },"#]
    );
    moved.rename("beta", "aaa");
    assert_eq!(moved.nodes["aaa"].unknown["color"], "red");
    assert_eq!(
        Layout::default().write(),
        "{\n  \"podium\": 1,\n  \"nodes\": {}\n}\n"
    );
    for empty in ["", "\u{FEFF}", " \r\n", "{\"podium\":1}"] {
        assert_eq!(Layout::read(empty).unwrap(), Layout::default());
    }
    assert_eq!(
        Layout::read("{\"podium\": 1,\n \"nodes\": 3}")
            .unwrap_err()
            .message,
        "The layout cannot be read in line 2, column 11."
    );
    assert!(
        Layout::read("{\"podium\": 2}")
            .unwrap_err()
            .message
            .contains("version 2")
    );
    assert!(Layout::read(&"[".repeat(100_000)).is_err());
}

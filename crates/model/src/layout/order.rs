//! In which column each node stands, and in which order.

use std::collections::BTreeMap;

use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};

use super::arrange::{GAP_Y, Node};
use crate::stack;

/// The largest drawing that `rust-sugiyama` is asked for, counted in nodes and in points where an edge
/// passes a column; beyond it our own ordering is used, which is plainer and always fast.
const LARGEST_DRAWING: usize = 20_000;

/// The most nodes in one column that it is asked for.
const TALLEST_COLUMN: usize = 200;

/// A connected part of the graph: nodes and edges by index; edges have no cycle and no doubles.
pub(super) struct Part<'a> {
    pub(super) nodes: Vec<&'a Node>,
    pub(super) edges: Vec<(usize, usize)>,
}

/// The columns of a part from left to right, each from top to bottom, with a wish for each node's
/// vertical centre.
pub(super) struct Columns {
    pub(super) lanes: Vec<Vec<usize>>,
    pub(super) wish: Vec<f64>,
    /// How many nodes and edges were looked at.
    pub(super) work: usize,
}

pub(super) fn columns(part: &Part<'_>) -> Columns {
    let (ranks, mut work) = ranks(part);
    let depth = ranks.iter().max().map_or(0, |deepest| deepest + 1);
    let mut columns = vec![Vec::new(); depth];
    for (node, rank) in ranks.iter().enumerate() {
        columns[*rank].push(node);
    }
    let passing: usize = part
        .edges
        .iter()
        .map(|(from, to)| ranks[*to] - ranks[*from] - 1)
        .sum();
    let tallest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let wish = if part.nodes.len() + passing <= LARGEST_DRAWING && tallest <= TALLEST_COLUMN {
        work += part.nodes.len() + passing;
        stack::with_room(part.nodes.len() + passing, || drawn(part))
    } else {
        work += sweep(part, &mut columns);
        stacked(part, &columns)
    };
    let mut wish = upright(wish);
    keep_siblings_in_file_order(part, &mut wish);
    for column in &mut columns {
        column.sort_by(|left, right| wish[*left].total_cmp(&wish[*right]).then(left.cmp(right)));
    }
    Columns {
        lanes: columns,
        wish,
        work,
    }
}

/// The longest way from a node without predecessors, and the work it took.
fn ranks(part: &Part<'_>) -> (Vec<usize>, usize) {
    let count = part.nodes.len();
    let mut after = vec![Vec::new(); count];
    let mut before = vec![0_usize; count];
    for (from, to) in &part.edges {
        after[*from].push(*to);
        before[*to] += 1;
    }
    let mut ranks = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|node| before[*node] == 0).collect();
    let mut work = 0;
    while let Some(node) = ready.pop() {
        for next in &after[node] {
            work += 1;
            ranks[*next] = ranks[*next].max(ranks[node] + 1);
            before[*next] -= 1;
            if before[*next] == 0 {
                ready.push(*next);
            }
        }
        work += 1;
    }
    (ranks, work)
}

/// Vertical centres by `rust-sugiyama`. It draws from top to bottom, so the axes and sizes are swapped.
fn drawn(part: &Part<'_>) -> Vec<f64> {
    let small = |index: usize| u32::try_from(index).expect("a part has fewer than 2^32 nodes");
    let vertices: Vec<(u32, (f64, f64))> = part
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| (small(index), (node.height, node.width)))
        .collect();
    let edges: Vec<(u32, u32)> = part
        .edges
        .iter()
        .map(|(from, to)| (small(*from), small(*to)))
        .collect();
    let config = Config {
        minimum_length: 1,
        vertex_spacing: GAP_Y,
        dummy_vertices: true,
        dummy_size: 1.0,
        ranking_type: RankingType::Up,
        c_minimization: CrossingMinimization::Barycenter,
        transpose: false,
    };
    let mut centres = vec![0.0; part.nodes.len()];
    for (places, _, _) in rust_sugiyama::from_vertices_and_edges(&vertices, &edges, &config) {
        for (index, (across, _)) in places {
            if let Some(centre) = centres.get_mut(index) {
                *centre = across;
            }
        }
    }
    centres
}

/// Orders columns by the middle of each node's neighbours, forth and back, a fixed number of times.
fn sweep(part: &Part<'_>, columns: &mut [Vec<usize>]) -> usize {
    let mut before = vec![Vec::new(); part.nodes.len()];
    let mut after = vec![Vec::new(); part.nodes.len()];
    for (from, to) in &part.edges {
        after[*from].push(*to);
        before[*to].push(*from);
    }
    let mut place = vec![0.0; part.nodes.len()];
    let mut work = 0;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a column is far shorter than 2^52"
    )]
    let renumber = |column: &[usize], place: &mut Vec<f64>| {
        for (at, node) in column.iter().enumerate() {
            place[*node] = (at as f64 + 0.5) / column.len() as f64;
        }
    };
    for column in columns.iter() {
        renumber(column, &mut place);
    }
    for round in 0..4 {
        let neighbours = if round % 2 == 0 { &before } else { &after };
        let all: Vec<usize> = if round % 2 == 0 {
            (0..columns.len()).collect()
        } else {
            (0..columns.len()).rev().collect()
        };
        for index in all {
            let column = &mut columns[index];
            let mut wishes: BTreeMap<usize, f64> = BTreeMap::new();
            for node in column.iter() {
                let around = &neighbours[*node];
                work += around.len() + 1;
                let sum: f64 = around.iter().map(|one| place[*one]).sum();
                #[expect(clippy::cast_precision_loss, reason = "few neighbours")]
                let wish = if around.is_empty() {
                    place[*node]
                } else {
                    sum / around.len() as f64
                };
                wishes.insert(*node, wish);
            }
            column.sort_by(|left, right| {
                wishes[left].total_cmp(&wishes[right]).then(left.cmp(right))
            });
            renumber(column, &mut place);
        }
    }
    work
}

/// Centres of nodes that stand close below each other, each column around zero.
fn stacked(part: &Part<'_>, columns: &[Vec<usize>]) -> Vec<f64> {
    let mut wish = vec![0.0; part.nodes.len()];
    for column in columns {
        let height: f64 = column
            .iter()
            .map(|node| part.nodes[*node].height + GAP_Y)
            .sum();
        let mut y = -height / 2.0;
        for node in column {
            wish[*node] = y + part.nodes[*node].height / 2.0;
            y += part.nodes[*node].height + GAP_Y;
        }
    }
    wish
}

/// The drawing, or its mirror image where that is closer to the order of the file.
fn upright(wish: Vec<f64>) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "far fewer nodes than 2^52")]
    let count = wish.len() as f64;
    let middle = wish.iter().sum::<f64>() / count;
    #[expect(clippy::cast_precision_loss, reason = "far fewer nodes than 2^52")]
    let agreement: f64 = wish
        .iter()
        .enumerate()
        .map(|(index, y)| (index as f64 - count / 2.0) * (y - middle))
        .sum();
    if agreement < 0.0 {
        return wish.into_iter().map(|y| -y).collect();
    }
    wish
}

/// Nodes with the same neighbours on both sides may change places freely: they stand as in the file.
fn keep_siblings_in_file_order(part: &Part<'_>, wish: &mut [f64]) {
    let mut around: Vec<(Vec<usize>, Vec<usize>)> = vec![Default::default(); part.nodes.len()];
    for (from, to) in &part.edges {
        around[*from].1.push(*to);
        around[*to].0.push(*from);
    }
    let mut siblings: BTreeMap<(Vec<usize>, Vec<usize>), Vec<usize>> = BTreeMap::new();
    for (node, mut neighbours) in around.into_iter().enumerate() {
        neighbours.0.sort_unstable();
        neighbours.1.sort_unstable();
        siblings.entry(neighbours).or_default().push(node);
    }
    for group in siblings.into_values().filter(|group| group.len() > 1) {
        let mut places: Vec<f64> = group.iter().map(|node| wish[*node]).collect();
        places.sort_by(f64::total_cmp);
        for (node, place) in group.into_iter().zip(places) {
            wish[node] = place;
        }
    }
}

//! Tidy places for nodes: from left to right, without overlaps, in a shape that fits a screen.

use std::collections::{BTreeMap, BTreeSet};

use super::Layout;
use super::order::{self, Part};

/// Between columns.
const GAP_X: f64 = 80.0;
/// Between nodes of a column.
pub(super) const GAP_Y: f64 = 40.0;
/// Between parts that no edge connects, and between the lines of a wrapped part.
const GAP_PARTS: f64 = 80.0;
/// Columns taller than this stand in several columns beside each other.
const TALL: usize = 24;
/// Parts of more columns than this may be wrapped.
const LONG: usize = 12;
/// A screen is about this much wider than high.
const SCREEN: f64 = 1.8;

/// Something to place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The step's id.
    pub id: String,
    /// How wide it is drawn.
    pub width: f64,
    /// How high it is drawn.
    pub height: f64,
}

/// A node's new place: its upper left corner.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The step's id.
    pub id: String,
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// A part of the canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// How wide.
    pub width: f64,
    /// How high.
    pub height: f64,
}

impl Rect {
    /// Whether the two share more than an edge.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }

    fn grown(&self, by: f64) -> Self {
        Self {
            x: self.x - by,
            y: self.y - by,
            width: self.width + 2.0 * by,
            height: self.height + 2.0 * by,
        }
    }

    fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

/// Places for all nodes that are not in `pinned`, in the order given, which is that of the file.
///
/// Edges go from left to right. Edges of ids that are not among the nodes, of a node to itself, and those
/// that close a cycle are ignored. No place overlaps another one or a pinned node. The same input gives
/// the same places.
pub fn arrange(
    nodes: &[Node],
    edges: &[(String, String)],
    pinned: &BTreeMap<String, Rect>,
) -> Vec<Placed> {
    let obstacles: Vec<Rect> = pinned.values().copied().collect();
    let free: Vec<&Node> = nodes
        .iter()
        .filter(|node| !pinned.contains_key(&node.id))
        .collect();
    arrange_counting(&free, edges, &obstacles).0
}

/// Tidies the selected nodes, or all where nothing is selected; gives those that move.
///
/// Pinned nodes and nodes outside the selection stay where they are. A selection stays where it is drawn:
/// its upper left corner is kept, further down where it would cover something.
pub fn tidy(
    layout: &Layout,
    nodes: &[Node],
    edges: &[(String, String)],
    selection: &BTreeSet<String>,
) -> Vec<Placed> {
    let is_pinned = |node: &Node| layout.nodes.get(&node.id).is_some_and(|place| place.pinned);
    let is_selected = |node: &Node| selection.is_empty() || selection.contains(&node.id);
    let is_free = |node: &&Node| is_selected(node) && !is_pinned(node);
    let free: Vec<&Node> = nodes.iter().filter(is_free).collect();
    let places = |node: &&Node| layout.nodes.get(&node.id).map(|place| (place.x, place.y));
    let obstacles: Vec<Rect> = nodes
        .iter()
        .filter(|node| !is_free(node))
        .filter_map(|node| {
            let (x, y) = places(&node)?;
            Some(Rect {
                x,
                y,
                width: node.width,
                height: node.height,
            })
        })
        .collect();
    let corner = if selection.is_empty() {
        None
    } else {
        free.iter()
            .filter_map(places)
            .reduce(|(x, y), (other_x, other_y)| (x.min(other_x), y.min(other_y)))
    };
    let (dx, dy) = corner.unwrap_or_default();
    let shifted: Vec<Rect> = obstacles
        .iter()
        .map(|one| Rect {
            x: one.x - dx,
            y: one.y - dy,
            ..*one
        })
        .collect();
    let (mut moved, _) = arrange_counting(&free, edges, &shifted);
    for place in &mut moved {
        place.x += dx;
        place.y += dy;
    }
    moved.retain(|new| {
        layout
            .nodes
            .get(&new.id)
            .is_none_or(|old| (old.x, old.y) != (new.x, new.y))
    });
    moved
}

/// Also gives how much was looked at, which a test holds against the size of the graph.
pub(super) fn arrange_counting(
    nodes: &[&Node],
    edges: &[(String, String)],
    obstacles: &[Rect],
) -> (Vec<Placed>, usize) {
    let mut work = 0;
    let mut shelf = Shelf::new(obstacles);
    let mut blocks: Vec<Vec<(usize, Rect)>> = Vec::new();
    for (indexes, part) in parts(nodes, edges) {
        let (places, done) = place_part(&part);
        work += done + part.edges.len();
        blocks.push(indexes.into_iter().zip(places).collect());
    }
    shelf.set_width(&blocks);
    let mut corners = vec![(0.0, 0.0); nodes.len()];
    for block in &blocks {
        let (x, y) = shelf.put(block);
        for (index, rect) in block {
            corners[*index] = (rect.x + x, rect.y + y);
        }
    }
    let placed = nodes
        .iter()
        .zip(corners)
        .map(|(node, (x, y))| Placed {
            id: node.id.clone(),
            x: x.round(),
            y: y.round(),
        })
        .collect();
    (placed, work)
}

/// The connected parts in the order of their first nodes, with the indexes of their nodes.
fn parts<'a>(nodes: &[&'a Node], edges: &[(String, String)]) -> Vec<(Vec<usize>, Part<'a>)> {
    let index: BTreeMap<&str, usize> = nodes
        .iter()
        .enumerate()
        .map(|(index, node)| (node.id.as_str(), index))
        .collect();
    let mut known: Vec<(usize, usize)> = edges
        .iter()
        .filter_map(|(from, to)| Some((*index.get(from.as_str())?, *index.get(to.as_str())?)))
        .filter(|(from, to)| from != to)
        .collect();
    known.sort_unstable();
    known.dedup();
    let known = without_cycles(nodes.len(), &known);

    let mut parent: Vec<usize> = (0..nodes.len()).collect();
    for (from, to) in &known {
        let (from, to) = (top(&mut parent, *from), top(&mut parent, *to));
        // The first node of the file stays on top.
        parent[from.max(to)] = from.min(to);
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut local = vec![0; nodes.len()];
    let mut owner = vec![0; nodes.len()];
    for node in 0..nodes.len() {
        owner[node] = top(&mut parent, node);
        let group = members.entry(owner[node]).or_default();
        local[node] = group.len();
        group.push(node);
    }
    let mut links: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for (from, to) in known {
        links
            .entry(owner[from])
            .or_default()
            .push((local[from], local[to]));
    }
    members
        .into_iter()
        .map(|(first, indexes)| {
            let part = Part {
                nodes: indexes.iter().map(|index| nodes[*index]).collect(),
                edges: links.remove(&first).unwrap_or_default(),
            };
            (indexes, part)
        })
        .collect()
}

fn top(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

/// The edges without those that lead back to a node on the way, found from the first node on.
fn without_cycles(count: usize, edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut after = vec![Vec::new(); count];
    for (from, to) in edges {
        after[*from].push(*to);
    }
    let (mut state, mut kept) = (vec![0_u8; count], Vec::with_capacity(edges.len()));
    // Starts without predecessors go first, so that fewer edges look as if they led back.
    let mut has_before = vec![false; count];
    for (_, to) in edges {
        has_before[*to] = true;
    }
    let starts = (0..count).filter(|node| !has_before[*node]);
    for start in starts.chain(0..count) {
        if state[start] != 0 {
            continue;
        }
        let mut way = vec![(start, 0)];
        state[start] = 1;
        while let Some((node, next)) = way.last_mut() {
            let Some(to) = after[*node].get(*next).copied() else {
                state[*node] = 2;
                way.pop();
                continue;
            };
            *next += 1;
            if state[to] != 1 {
                kept.push((*node, to));
            }
            if state[to] == 0 {
                state[to] = 1;
                way.push((to, 0));
            }
        }
    }
    kept.sort_unstable();
    kept
}

/// Places of one part's nodes, its upper left corner at zero; and the work.
fn place_part(part: &Part<'_>) -> (Vec<Rect>, usize) {
    let mut rects: Vec<Rect> = part
        .nodes
        .iter()
        .map(|node| Rect {
            width: node.width.max(1.0),
            height: node.height.max(1.0),
            ..Rect::default()
        })
        .collect();
    if rects.len() == 1 {
        return (rects, 1);
    }
    let order = order::columns(part);
    let mut lanes = Vec::new();
    for column in &order.lanes {
        lanes.push(place_column(column, &order.wish, &mut rects));
    }
    wrap(&order.lanes, &lanes, &mut rects);
    to_zero(&mut rects);
    (rects, order.work)
}

/// Places a column's nodes from top to bottom near their wishes; a tall column becomes a grid. Gives its
/// width; the nodes' `x` counts inside the column.
fn place_column(column: &[usize], wish: &[f64], rects: &mut [Rect]) -> f64 {
    let widest = column
        .iter()
        .map(|node| rects[*node].width)
        .fold(0.0, f64::max);
    if column.len() <= TALL {
        let mut free = f64::NEG_INFINITY;
        let mut late = 0.0;
        for node in column {
            let rect = &mut rects[*node];
            let wanted = wish[*node] - rect.height / 2.0;
            rect.x = (widest - rect.width) / 2.0;
            rect.y = wanted.max(free);
            late += rect.y - wanted;
            free = rect.bottom() + GAP_Y;
        }
        // What had to move down moves the whole column up by half on average.
        #[expect(clippy::cast_precision_loss, reason = "at most TALL nodes")]
        let up = late / column.len().max(1) as f64;
        for node in column {
            rects[*node].y -= up;
        }
        return widest;
    }
    let highest = column
        .iter()
        .map(|node| rects[*node].height)
        .fold(0.0, f64::max);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the root of a count"
    )]
    let rows = ((column.len() as f64 * (widest + GAP_Y) / (highest + GAP_Y) / SCREEN)
        .sqrt()
        .ceil() as usize)
        .max(TALL / 2);
    let lanes = column.len().div_ceil(rows);
    let rows = column.len().div_ceil(lanes);
    #[expect(clippy::cast_precision_loss, reason = "far fewer nodes than 2^52")]
    for (at, node) in column.iter().enumerate() {
        let (lane, row) = (at / rows, at % rows);
        rects[*node].x = lane as f64 * (widest + GAP_Y);
        rects[*node].y = (row as f64 - rows as f64 / 2.0) * (highest + GAP_Y);
    }
    #[expect(clippy::cast_precision_loss, reason = "far fewer nodes than 2^52")]
    let width = lanes as f64 * (widest + GAP_Y) - GAP_Y;
    width
}

/// Puts the columns beside each other; where that is much wider than a screen, in several lines below
/// each other.
fn wrap(columns: &[Vec<usize>], widths: &[f64], rects: &mut [Rect]) {
    let height_of = |columns: &[Vec<usize>], rects: &[Rect]| {
        let of = |node: &usize| (rects[*node].y, rects[*node].bottom());
        let all = columns.iter().flatten().map(of);
        let (low, high) = all.fold((f64::MAX, f64::MIN), |(low, high), (top, bottom)| {
            (low.min(top), high.max(bottom))
        });
        (low, high)
    };
    #[expect(clippy::cast_precision_loss, reason = "far fewer columns than 2^52")]
    let width = widths.iter().sum::<f64>() + GAP_X * (widths.len() as f64 - 1.0);
    let (low, high) = height_of(columns, rects);
    let mut lines = 1;
    if columns.len() > LONG {
        #[expect(
            clippy::cast_precision_loss,
            reason = "at most as many lines as columns"
        )]
        while lines < columns.len()
            && width / lines as f64 > SCREEN * lines as f64 * (high - low + GAP_PARTS)
        {
            lines += 1;
        }
    }
    let per_line = columns.len().div_ceil(lines);
    let mut y = 0.0;
    for (line, columns) in columns.chunks(per_line).enumerate() {
        let (low, high) = height_of(columns, rects);
        let mut x = 0.0;
        for (column, width) in columns.iter().zip(&widths[line * per_line..]) {
            for node in column {
                rects[*node].x += x;
                rects[*node].y += y - low;
            }
            x += width + GAP_X;
        }
        y += high - low + GAP_PARTS;
    }
}

fn to_zero(rects: &mut [Rect]) {
    let left = rects.iter().map(|rect| rect.x).fold(f64::MAX, f64::min);
    let top = rects.iter().map(|rect| rect.y).fold(f64::MAX, f64::min);
    for rect in rects {
        // Whole pixels, so that nothing is off by one after rounding.
        rect.x = (rect.x - left).round();
        rect.y = (rect.y - top).round();
    }
}

/// Places parts in rows, like words on a page, around what is already there.
struct Shelf<'a> {
    obstacles: &'a [Rect],
    width: f64,
    x: f64,
    y: f64,
    next_y: f64,
}

impl<'a> Shelf<'a> {
    fn new(obstacles: &'a [Rect]) -> Self {
        Self {
            obstacles,
            width: 0.0,
            x: 0.0,
            y: 0.0,
            next_y: 0.0,
        }
    }

    /// As wide as makes the page fit a screen, and no narrower than the widest part.
    fn set_width(&mut self, blocks: &[Vec<(usize, Rect)>]) {
        let sizes: Vec<(f64, f64)> = blocks.iter().map(|block| size(block)).collect();
        let widest = sizes.iter().map(|(width, _)| *width).fold(0.0, f64::max);
        let area: f64 = sizes
            .iter()
            .map(|(width, height)| (width + GAP_PARTS) * (height + GAP_PARTS))
            .sum();
        self.width = widest.max((area * SCREEN).sqrt());
    }

    /// The corner for a part.
    fn put(&mut self, block: &[(usize, Rect)]) -> (f64, f64) {
        let (width, height) = size(block);
        if self.x > 0.0 && self.x + width > self.width {
            (self.x, self.y) = (0.0, self.next_y);
        }
        // Each turn goes below one more of the obstacles, so this ends.
        while let Some(bottom) = self.blocked(width, height) {
            self.x = 0.0;
            self.y = self.y.max(bottom + GAP_PARTS);
        }
        let corner = (self.x, self.y);
        self.x += width + GAP_PARTS;
        self.next_y = self.next_y.max(self.y + height + GAP_PARTS);
        corner
    }

    /// The upper bottom of the obstacles in the way.
    fn blocked(&self, width: f64, height: f64) -> Option<f64> {
        let wanted = Rect {
            x: self.x,
            y: self.y,
            width,
            height,
        }
        .grown(GAP_Y / 2.0);
        self.obstacles
            .iter()
            .filter(|one| one.overlaps(&wanted))
            .map(Rect::bottom)
            .reduce(f64::min)
    }
}

fn size(block: &[(usize, Rect)]) -> (f64, f64) {
    let right = block
        .iter()
        .map(|(_, rect)| rect.x + rect.width)
        .fold(0.0, f64::max);
    let bottom = block
        .iter()
        .map(|(_, rect)| rect.bottom())
        .fold(0.0, f64::max);
    (right, bottom)
}

import type { Point } from "../bridge/types";
import type { EdgeView } from "./view";
import { nodeSize } from "./size";

/** Takes out room that no step needs, so that a whole graph is read at a larger size. Who stands left of whom, or above, stays. */
export function closer(places: Record<string, Point>): Record<string, Point> {
  const x = closed(Object.values(places).map((place) => place.x), nodeSize.width, 48);
  const y = closed(Object.values(places).map((place) => place.y), nodeSize.height, 40);
  return Object.fromEntries(Object.entries(places).map(([id, place]) => [id, { x: x.get(place.x) ?? place.x, y: y.get(place.y) ?? place.y }]));
}

/** Where each begins once no gap is wider than `gap`. */
function closed(starts: number[], size: number, gap: number): Map<number, number> {
  const made = new Map<number, number>();
  let end = Number.NEGATIVE_INFINITY;
  let taken = 0;
  for (const start of [...new Set(starts)].toSorted((a, b) => a - b)) {
    if (start - end > gap && end > Number.NEGATIVE_INFINITY) taken += start - end - gap;
    made.set(start, start - taken);
    end = Math.max(end, start + size);
  }
  return made;
}

/** Places steps in columns by how many come before; used where the backend has not laid out yet. */
export function layered(ids: readonly string[], edges: readonly EdgeView[]): Record<string, Point> {
  const before = new Map<string, string[]>(ids.map((id) => [id, []]));
  const after = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const edge of edges) {
    if (!before.has(edge.from) || !before.has(edge.to)) continue;
    before.get(edge.to)?.push(edge.from);
    after.get(edge.from)?.push(edge.to);
  }
  const column = new Map<string, number>();
  const waiting = new Map([...before].map(([id, list]) => [id, list.length]));
  let front = ids.filter((id) => waiting.get(id) === 0);
  for (const id of front) column.set(id, 0);
  while (front.length > 0) {
    const next: string[] = [];
    for (const id of front) {
      for (const to of after.get(id) ?? []) {
        column.set(to, Math.max(column.get(to) ?? 0, (column.get(id) ?? 0) + 1));
        const left = (waiting.get(to) ?? 1) - 1;
        waiting.set(to, left);
        if (left === 0) next.push(to);
      }
    }
    front = next;
  }
  const rows = new Map<number, number>();
  const places: Record<string, Point> = {};
  for (const id of ids) {
    const x = column.get(id) ?? 0;
    const y = rows.get(x) ?? 0;
    rows.set(x, y + 1);
    places[id] = { x: x * (nodeSize.width + 80), y: y * (nodeSize.height + 48) };
  }
  return places;
}

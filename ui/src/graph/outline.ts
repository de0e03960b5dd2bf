import type { EdgeView } from "./view";

export interface OutlineItem { id: string; depth: number; before: string[]; after: string[] }

/** The graph as a list: each step after those it needs, with its neighbours, for eyes and for ears. */
export function outline(ids: readonly string[], edges: readonly EdgeView[]): OutlineItem[] {
  const before = new Map<string, string[]>(ids.map((id) => [id, []]));
  const after = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const edge of edges) {
    if (!before.has(edge.from) || !before.has(edge.to)) continue;
    before.get(edge.to)?.push(edge.from);
    after.get(edge.from)?.push(edge.to);
  }
  const depth = new Map<string, number>();
  const list: OutlineItem[] = [];
  const left = new Set(ids);
  while (left.size > 0) {
    let moved = false;
    for (const id of ids) {
      if (!left.has(id) || before.get(id)?.some((other) => left.has(other))) continue;
      depth.set(id, Math.max(-1, ...(before.get(id) ?? []).map((other) => depth.get(other) ?? 0)) + 1);
      list.push({ id, depth: depth.get(id) ?? 0, before: before.get(id) ?? [], after: after.get(id) ?? [] });
      left.delete(id);
      moved = true;
    }
    if (!moved) {
      // A circle: what is left stands as it was written.
      for (const id of left) list.push({ id, depth: 0, before: before.get(id) ?? [], after: after.get(id) ?? [] });
      break;
    }
  }
  return list;
}

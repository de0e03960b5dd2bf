import type { Layout, Manifest, Place } from "../bridge/types";
import { closer, layered } from "../graph/layout";
import { nodeSize } from "../graph/size";
import type { EdgeView } from "../graph/view";

/** Where the steps of a finished graph stand: the layout where it knows them all, else in columns. */
export function placesOf(ids: readonly string[], edges: readonly EdgeView[], layout: Layout | undefined): Record<string, { x: number; y: number }> {
  const drawn: Record<string, Place> = layout?.nodes ?? {};
  if (ids.length === 0 || !ids.every((id) => drawn[id])) return layered(ids, edges);
  return closer(Object.fromEntries(ids.map((id) => [id, { x: drawn[id]?.x ?? 0, y: drawn[id]?.y ?? 0 }])));
}

export function manifestOf(manifests: readonly Manifest[] | undefined, uses: string): Manifest | undefined {
  const id = uses.split("/")[0];
  return manifests?.find((manifest) => manifest.id === id);
}

export function operationTitle(manifests: readonly Manifest[] | undefined, uses: string): string {
  return manifestOf(manifests, uses)?.operations.find((operation) => operation.name === uses)?.title ?? uses;
}

/** Whether an operation's system can draw what is inside; where it cannot, the reason stands in its manifest. */
export function canDraw(manifests: readonly Manifest[] | undefined, uses: string): boolean {
  const draw = manifestOf(manifests, uses)?.operations.find((operation) => operation.name === uses)?.capability.draw;
  return draw !== undefined && draw.support !== "no";
}

export { nodeSize };

import { asApiError } from "./error";
import type { Host } from "./host";
import type { Batch, CommandName, Request, Response } from "./types";

let host: Host | null = null;
const waiting: ((host: Host) => void)[] = [];

/** Sets the host; called once at the start, and by tests. */
export function setHost(next: Host): void {
  host = next;
  for (const wake of waiting.splice(0)) wake(next);
}

/** The name of a host that is not the real one, for the label on the screen. */
export function hostLabel(): string | null {
  return host?.label ?? null;
}

/** Calls the backend. Rejects with an `ApiError`. */
export async function call<N extends CommandName>(name: N, request: Request<N>): Promise<Response<N>> {
  const to = host ?? (await new Promise<Host>((resolve) => waiting.push(resolve)));
  try {
    return (await to.call(name, request)) as Response<N>;
  } catch (thrown) {
    throw asApiError(thrown);
  }
}

/** Hears events from now on. */
export function listen(onBatch: (batch: Batch) => void): () => void {
  if (!host) throw new Error("listen before setHost");
  return host.listen(onBatch);
}

/** Opens a link outside the window. */
export function openLink(url: string): void {
  host?.openLink(url);
}

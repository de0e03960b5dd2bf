import type { Batch } from "./types";

/** What carries a call to the backend, and events back. */
export interface Host {
  /** Shown on screen where it is not the real one. */
  readonly label: string | null;
  /** Resolves with the answer, or rejects with something that `asApiError` reads. */
  call(name: string, request: unknown): Promise<unknown>;
  /** Events, from now on. Gives the way to stop. */
  listen(onBatch: (batch: Batch) => void): () => void;
  /** Opens a link outside the window. */
  openLink(url: string): void;
}

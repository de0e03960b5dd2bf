import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { call } from "../../bridge/client";
import { invalidate, put, useQuery } from "../../bridge/queries";
import type { ApiError, DocumentView, Pasted, Point, WorkflowDocument } from "../../bridge/types";
import type { Change } from "../../graph/edits";
import { edgesOfPlan, type EdgeView } from "../../graph/view";
import { sayError } from "../../window/toasts";

export interface OpenDocument {
  view: DocumentView | undefined;
  /** The last version that could be read; what the canvas shows. */
  document: WorkflowDocument | null;
  edges: EdgeView[];
  error: ApiError | undefined;
  retry: () => void;
  busy: boolean;
  change: (change: Change) => Promise<boolean>;
  setText: (text: string) => Promise<boolean>;
  /** Puts a fragment into the document; what came of it, or `null` where nothing did. */
  paste: (text: string, at: Point | null, label: (count: number) => string) => Promise<Pick<Pasted, "steps" | "frames" | "notes"> | null>;
  undo: () => void;
  redo: () => void;
  tidy: (selection?: string[]) => void;
  /** Resolves when all changes so far are with the backend. */
  settled: () => Promise<void>;
}

/**
 * The document of the backend, mirrored. Every change goes there and comes back as the new truth; they
 * go one after the other, so that each is made on the version before it.
 */
export function useDocument(workflow: string): OpenDocument {
  const query = useQuery("document.open", { workflow });
  const view = query.data;
  const version = useRef<string | undefined>(undefined);
  if (view && (version.current === undefined || view.version !== version.current)) version.current = view.version;
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const [pending, setPending] = useState(0);
  const [lastGood, setLastGood] = useState<WorkflowDocument | null>(null);
  useEffect(() => { if (view?.document) setLastGood(view.document); }, [view?.document]);

  const send = useCallback((make: (version: string) => Promise<DocumentView>): Promise<boolean> => {
    setPending((n) => n + 1);
    const next = queue.current.then(async () => {
      try {
        const answer = await make(version.current ?? "");
        version.current = answer.version;
        put("document.open", { workflow }, answer);
        return true;
      } catch (error) {
        sayError(error as ApiError);
        invalidate([`document.open:${workflow}`]);
        return false;
      } finally {
        setPending((n) => n - 1);
      }
    });
    queue.current = next;
    return next;
  }, [workflow]);

  const actions = useMemo(() => ({
    change: (change: Change) => send((at) => call("document.edit", { workflow, version: at, label: change.label, edits: change.edits, moves: change.moves, ...(change.pins ? { pins: change.pins } : {}), ...(change.frames ? { frames: change.frames } : {}), ...(change.notes ? { notes: change.notes } : {}), ...(change.merge ? { merge: change.merge } : {}) })),
    setText: (text: string) => send((at) => call("document.set_text", { workflow, version: at, text })),
    paste: async (text: string, at: Point | null, label: (count: number) => string) => {
      let made: Pasted | null = null;
      await send(async (version) => {
        made = await call("document.paste", { workflow, version, label: label(stepsIn(text)), text, ...(at ? { at } : {}) });
        return (made as Pasted).view;
      });
      return made as Pasted | null;
    },
    undo: () => void send(() => call("document.undo", { workflow })),
    redo: () => void send(() => call("document.redo", { workflow })),
    tidy: (selection?: string[]) => void send((at) => call("document.tidy", { workflow, version: at, only: selection ?? [] })),
    settled: async () => { await queue.current; },
  }), [send, workflow]);

  // The list of workflows shows a name and a count of problems; nothing else of an edit matters there.
  const listed = view ? `${view.document?.name} ${view.diagnostics.filter((d) => d.severity === "error").length} ${view.graph.nodes.length}` : null;
  const was = useRef(listed);
  useEffect(() => {
    if (was.current !== null && was.current !== listed) invalidate(["workflow.list"]);
    was.current = listed;
  }, [listed]);

  const document = view?.document ?? lastGood;
  const graph = view?.graph;
  const edges = useMemo(() => edgesOfPlan(graph?.edges ?? [], document), [graph, document]);
  return { view, document, edges, error: query.error, retry: query.retry, busy: pending > 0, ...actions };
}

/** How many steps a fragment seems to have, for the name of the change alone. */
const stepsIn = (text: string) => (text.match(/^\s*uses:/gm) ?? []).length;

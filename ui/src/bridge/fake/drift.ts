import type { DriftRow, DriftView, RunView } from "../types";

/** What a look finds: nothing, something, or a bit of everything. */
export type FakeDrift = "none" | "some" | "mixed" | "failing";

/** Looks that answer row by row, by a timer. */
export class FakeLooks {
  private looks = new Map<string, { view: DriftView; timer: ReturnType<typeof setInterval> | null }>();
  constructor(private tell: () => void, private pace: () => number, private kind: () => FakeDrift) {}

  get(run: string): DriftView | null { return this.looks.get(run)?.view ?? null; }

  look(run: RunView): DriftView {
    const before = this.looks.get(run.id);
    if (before && before.view.ended === null) return before.view;
    const view: DriftView = {
      run: run.id, title: run.title, environment: run.environment, since: run.ended_at ?? run.created_at, began: Date.now(), ended: null, stopped: false, sentence: "", newer: null,
      rows: run.steps.map((step) => ({ step: step.id, title: step.title, uses: step.uses, mode: step.mode, since: step.ended_at ?? run.created_at, state: "asking", because: null, things: [], more: 0, error: null })),
    };
    const look = { view, timer: null as ReturnType<typeof setInterval> | null };
    this.looks.set(run.id, look);
    say(view);
    look.timer = setInterval(() => this.step(run.id), this.pace());
    return view;
  }

  stop(run: string): DriftView | null {
    const look = this.looks.get(run);
    if (!look || look.view.ended !== null) return look?.view ?? null;
    for (const row of look.view.rows) if (row.state === "asking") row.state = "stopped";
    look.view.stopped = true;
    this.end(run);
    return look.view;
  }

  private step(run: string): void {
    const look = this.looks.get(run);
    const at = look?.view.rows.findIndex((row) => row.state === "asking") ?? -1;
    const row = look?.view.rows[at];
    if (!look || !row) return this.end(run);
    Object.assign(row, this.answer(at));
    if (look.view.rows.every((one) => one.state !== "asking")) return this.end(run);
    say(look.view);
    this.tell();
  }

  private end(run: string): void {
    const look = this.looks.get(run);
    if (!look) return;
    if (look.timer) clearInterval(look.timer);
    look.view.ended = Date.now();
    say(look.view);
    this.tell();
  }

  private answer(at: number): Partial<DriftRow> {
    const kind = this.kind();
    if (kind === "failing") return { state: "failed", error: { kind: "unreachable", code: "POD0403", message: "`https://cloud.example` could not be reached.", hint: "Check the network, then look again.", retry: "temporary" } };
    if (kind === "none") return { state: "same" };
    if (at === 0) {
      return { state: "changed", things: [
        { kind: "aws_security_group", name: "aws_security_group.door", element: null, how: "changed", fields: [{ what: "ingress.port", before: 443, after: 8443 }, { what: "tags.besitzerin", before: "Zoë", after: null }] },
        { kind: "aws_instance", name: "aws_instance.a-name-of-a-machine-that-is-much-longer-than-the-space-there-is-for-it", element: 2, how: "gone", fields: [] },
      ] };
    }
    if (kind === "mixed" && at === 1) return { state: "cannot_know", because: "This cannot be known here, because nobody keeps what it did." };
    if (kind === "mixed" && at === 2) return { state: "failed", error: { kind: "unreachable", code: "POD0403", message: "`https://cloud.example` could not be reached.", hint: "Check the network, then look again.", retry: "temporary" } };
    return at % 2 === 1 ? { state: "same", because: "Looked at in part: what is inside of machines is not compared." } : { state: "same" };
  }
}

/** The sentence of the real host, in small. */
function say(view: DriftView): void {
  const asking = view.rows.filter((row) => row.state === "asking").length;
  const things = view.rows.reduce((sum, row) => sum + row.things.length, 0);
  if (asking > 0) view.sentence = `Asking ${view.rows.length} steps; ${view.rows.length - asking} have answered.`;
  else if (things > 0) view.sentence = `${things} things are no longer as this run left them.`;
  else if (view.rows.every((row) => row.state === "same")) view.sentence = "Everything is as this run left it.";
  else view.sentence = `Nothing was found out.${view.stopped ? " The look was stopped." : ""}`;
}

import type { DecisionKind, EventBatch, LogLine, Preview, RunState, RunSummary, RunView, StepView, WorkflowDocument, Layout } from "../types";
import { edgesOf } from "./document";

interface Running { view: RunView; logs: Map<string, LogLine[]>; timer: ReturnType<typeof setTimeout> | null; fails: string | null }

const ended = new Set(["succeeded", "failed", "cancelled", "skipped", "undone", "unknown"]);

/** Plays runs by a timer, in the order of the graph. */
export class FakeRuns {
  private runs = new Map<string, Running>();
  private next = 1;
  constructor(private emit: (batch: EventBatch) => void, private pace: () => number) {}

  list(): RunSummary[] { return [...this.runs.values()].map(({ view }) => ({ ...view })).toSorted((a, b) => b.started_at.localeCompare(a.started_at)); }

  get(run: string): RunView {
    const found = this.runs.get(run);
    if (!found) throw { code: "POD0701", message: `There is no run \`${run}\`.`, hint: "Look in the list of runs.", retry: "permanent" };
    return structuredClone(found.view);
  }

  logs(run: string, step: string, from: number): { lines: LogLine[]; next: number; total: number } {
    const all = this.runs.get(run)?.logs.get(step) ?? [];
    const lines = all.slice(from, from + 1000);
    return { lines, next: from + lines.length, total: all.length };
  }

  start(preview: Preview, document: WorkflowDocument, layout: Layout, simulated: boolean, undoOf?: string, ageMinutes = 0): RunView {
    const run = `run_${(this.next++).toString().padStart(6, "0")}`;
    const ids = undoOf ? preview.steps.map((step) => step.id) : Object.keys(document.steps);
    const steps: StepView[] = ids.map((id) => {
      const step = document.steps[id];
      return { id, title: step?.title || id, uses: step?.uses ?? "", mode: simulated ? "simulated" : "real", state: "waiting", sentence: "Waits for the steps before it.", attempt: 1,
        outputs: {}, hidden: [], made: [], choices: [], log_lines: 0, undo: preview.steps.find((p) => p.id === id)?.undo ?? { class: "automatic", because: null } };
    });
    const edges = undoOf ? edgesOf(document).map((edge) => ({ ...edge, from: edge.to, to: edge.from, on: "success" as const })) : edgesOf(document);
    const view: RunView = {
      run, workflow: preview.workflow, name: undoOf ? `Undo of ${document.name}` : document.name, environment: preview.environment, mode: simulated ? "simulated" : "real",
      state: "running", sentence: "Starting", started_at: new Date(Date.now() - ageMinutes * 60_000).toISOString(), can_undo: false, can_cancel: true,
      inputs: preview.inputs, outputs: {}, made: [], edges, layout, steps, ...(undoOf ? { undo_of: undoOf } : {}),
    };
    const running: Running = { view, logs: new Map(), timer: null, fails: preview.workflow === "breaks-at-step-4" && !undoOf ? "four" : null };
    this.runs.set(run, running);
    if (ageMinutes > 0) while (view.state === "running") this.tick(running, true);
    else this.tick(running, false);
    if (ageMinutes > 0) view.ended_at = new Date(Date.parse(view.started_at) + 41_000).toISOString();
    return view;
  }

  cancel(run: string): void {
    const found = this.runs.get(run);
    if (!found) return;
    if (found.timer) clearTimeout(found.timer);
    for (const step of found.view.steps) if (!ended.has(step.state)) { step.state = "cancelled"; step.sentence = "Cancelled before it ended."; step.ended_at = now(); }
    this.end(found, "cancelled", "Cancelled. What was done stays until you undo it.");
  }

  approve(run: string, id: string, yes: boolean): void {
    const found = this.runs.get(run);
    const step = found?.view.steps.find((s) => s.id === id);
    if (!found || step?.state !== "waiting_approval") return;
    if (yes) this.finishStep(found, step);
    else { step.state = "failed"; step.sentence = "Nobody approved it."; step.error = { code: "POD0720", message: "The approval was refused.", retry: "permanent" }; }
    this.tick(found, false);
  }

  resolve(run: string, id: string, decision: DecisionKind): void {
    const found = this.runs.get(run);
    const step = found?.view.steps.find((s) => s.id === id);
    if (!found || !step) return;
    step.choices = [];
    if (decision === "retry") { step.state = "waiting"; step.attempt += 1; delete step.error; found.fails = null; }
    else if (decision === "ignore") { step.state = "succeeded"; step.sentence = "It failed and was ignored."; }
    else { for (const s of found.view.steps) if (!ended.has(s.state)) { s.state = "skipped"; s.sentence = "Skipped, since the run was stopped."; } }
    found.view.state = "running";
    this.tick(found, false);
  }

  private tick(running: Running, fast: boolean): void {
    const { view } = running;
    const busy = view.steps.find((step) => step.state === "running");
    if (busy) {
      const lines = running.logs.get(busy.id) ?? [];
      const done = (busy.progress?.[0] ?? 0) + 1;
      if (done <= 3 && !fast) {
        busy.progress = [done, 3];
        for (let i = 0; i < 4; i += 1) lines.push({ seq: lines.length + 1, at: now(), level: i === 3 && done === 2 ? "warning" : "info", text: `${busy.uses}: part ${done} of 3, \u001b[32mline ${i + 1}\u001b[0m, hosts alpha.internal beta.internal` });
        running.logs.set(busy.id, lines);
        busy.log_lines = lines.length;
      } else if (running.fails === busy.id) {
        busy.state = "failed"; busy.ended_at = now();
        busy.sentence = "The stack could not be made.";
        busy.error = { code: "POD0461", message: "`Port` of the security group must be between 0 and 65535, and is 84430.", hint: "Correct `port` in stacks/broken.yaml, then try again.", retry: "permanent" };
        busy.choices = [
          { kind: "retry", consequence: "Runs this step again, with the file as it is now." },
          { kind: "ignore", consequence: "Goes on as if it had succeeded; steps that use its outputs may fail." },
          { kind: "undo", consequence: "Takes back the three steps before it, in reverse order." },
          { kind: "stop", consequence: "Ends the run here. What was done stays." },
        ];
        lines.push({ seq: lines.length + 1, at: now(), level: "error", text: "CREATE_FAILED AWS::EC2::SecurityGroup Web: Invalid value '84430' for port" });
        running.logs.set(busy.id, lines);
        busy.log_lines = lines.length;
        view.sentence = `Stopped at “${busy.title}”. It waits for your decision.`;
        view.state = "waiting";
        if (fast) this.end(running, "failed", `Failed at “${busy.title}”.`);
        this.changed(view);
        return;
      } else this.finishStep(running, busy);
    }
    if (!view.steps.some((step) => step.state === "running")) {
      const of = (id: string) => view.steps.find((step) => step.id === id);
      for (const step of view.steps) {
        if (step.state !== "waiting") continue;
        const before = view.edges.filter((edge) => edge.to === step.id);
        if (before.some((edge) => { const s = of(edge.from); return s && !ended.has(s.state); })) continue;
        if (before.some((edge) => edge.on === "failure" && of(edge.from)?.state !== "failed") || before.some((edge) => edge.on === "success" && ["failed", "skipped", "cancelled"].includes(of(edge.from)?.state ?? ""))) {
          step.state = "skipped"; step.sentence = "Skipped: the step before it went the other way."; continue;
        }
        step.started_at = now();
        if (step.uses === "approval/ask" && !fast && !view.undo_of) {
          step.state = "waiting_approval"; step.sentence = "Waits for operations to say yes."; view.state = "waiting"; view.sentence = `Waits for approval: ${step.title}`;
          this.changed(view);
          return;
        }
        step.state = "running"; view.state = "running";
        step.sentence = view.undo_of ? `Taking back ${step.title}` : `${step.title}: working on 2 hosts`;
        break;
      }
    }
    const left = view.steps.filter((step) => !ended.has(step.state));
    if (left.length === 0) {
      const failed = view.steps.some((step) => step.state === "failed");
      this.end(running, failed ? "failed" : "succeeded", failed ? "A step failed." : view.undo_of ? "Everything was taken back." : "Everything is in place.");
      return;
    }
    const active = view.steps.find((step) => step.state === "running");
    view.sentence = `${active?.title ?? "Working"} · ${view.steps.length - left.length + 1} of ${view.steps.length}`;
    this.changed(view);
    if (!fast) running.timer = setTimeout(() => this.tick(running, false), this.pace());
  }

  private finishStep(running: Running, step: StepView): void {
    step.state = running.view.undo_of ? "undone" : "succeeded";
    step.ended_at = now();
    step.sentence = running.view.undo_of ? "Taken back." : "Done.";
    if (running.view.undo_of) return;
    if (step.uses === "terraform/apply") { step.outputs = { hosts: ["alpha.internal", "beta.internal"], resources: 3 }; step.hidden = ["password"]; step.made = [{ kind: "terraform_data", name: "network" }, { kind: "terraform_data", name: "hosts[0]" }, { kind: "terraform_data", name: "hosts[1]" }]; }
    if (step.uses === "cloudformation/deploy" || step.uses === "site/serve") { step.outputs = { url: "http://127.0.0.1:8080" }; step.made = [{ kind: "page", name: "Shop page", link: "http://127.0.0.1:8080" }]; }
    running.view.made = running.view.steps.flatMap((s) => s.made);
  }

  private end(running: Running, state: RunState, sentence: string): void {
    const { view } = running;
    view.state = state; view.sentence = sentence; view.ended_at = now(); view.can_cancel = false;
    view.can_undo = !view.undo_of && view.steps.some((step) => step.state === "succeeded");
    if (view.undo_of) { const of = this.runs.get(view.undo_of); if (of) { of.view.undone_by = view.run; of.view.can_undo = false; of.view.state = "undone"; } }
    this.changed(view);
  }

  private changed(view: RunView): void {
    this.emit({ run: view.run, events: [], changed: [`run.get:${view.run}`, "run.list", "workflow.list", ...(view.undo_of ? [`run.get:${view.undo_of}`] : [])] });
  }
}

const now = () => new Date().toISOString();

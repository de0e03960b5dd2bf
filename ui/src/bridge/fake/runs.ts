import type { Batch, Comparison, Counts, FindInLog, FoundInLog, Json, JsonObject, LogEntry, LogGroup, PersonsAnswer, Preview, PreviewView, Question, RunState, RunSummary, RunView, StepState, StepView, Tried } from "../types";

interface Running { view: RunView; logs: LogEntry[]; timer: ReturnType<typeof setTimeout> | null; fails: string | null; clock: () => number }

const ended = new Set<StepState>(["succeeded", "failed", "cancelled", "skipped", "undone"]);
const none: Counts = { total: 0, waiting: 0, active: 0, asking: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };

/** Plays runs by a timer, in the order of the graph. */
export class FakeRuns {
  private runs = new Map<string, Running>();
  private next = 1;
  constructor(private emit: (batch: Batch) => void, private pace: () => number, private logLines = 0) {}

  list(): RunSummary[] {
    return [...this.runs.values()].map(({ view }) => ({ ...view, questions: view.questions.length })).toSorted((a, b) => b.created_at - a.created_at);
  }

  get(run: string): RunView {
    const found = this.runs.get(run);
    if (!found) throw { code: "POD0701", message: `There is no run \`${run}\`.`, hint: "Look in the list of runs.", retry: "permanent" };
    const view = structuredClone(found.view);
    if (this.logLines) for (const step of view.steps) step.log_lines = this.logLines;
    explain(view);
    return view;
  }

  logs(run: string, step: string | undefined, from: number, limit: number): { lines: LogEntry[]; total: number } {
    const log = this.logOf(run, step);
    const lines = Array.from({ length: Math.max(0, Math.min(limit, log.total - from)) }, (_, n) => ({ ...log.line(from + n), number: from + n }));
    return { lines, total: log.total };
  }

  findLog({ run, step, text, near, back }: FindInLog): FoundInLog {
    const log = this.logOf(run, step);
    const wanted = text.toLowerCase();
    const found: number[] = [];
    for (let at = 0; at < log.total; at += 1) if (log.line(at).text.toLowerCase().includes(wanted)) found.push(at);
    const after = found.findIndex((line) => line >= near);
    const which = back ? (after === 0 ? found.length - 1 : (after < 0 ? found.length : after) - 1) : Math.max(0, after);
    return found.length === 0 ? { count: 0, which: 0, line: null } : { count: found.length, which: which + 1, line: found[which] ?? null };
  }

  logGroups(run: string, step: string | undefined): LogGroup[] {
    const log = this.logOf(run, step);
    const starts: number[] = [];
    for (let at = 0; at < log.total; at += 1) if (log.line(at).text.startsWith("TASK [")) starts.push(at);
    return starts.slice(0, 2000).map((from, n) => ({ from, to: starts[n + 1] ?? log.total, title: log.line(from).text }));
  }

  /** Lines of a step; a long log is made up line by line, never held. */
  private logOf(run: string, step: string | undefined): { total: number; line: (at: number) => LogEntry } {
    const all = (this.runs.get(run)?.logs ?? []).filter((line) => !step || line.step === step);
    if (!this.logLines) return { total: all.length, line: (at) => all[at] as LogEntry };
    return { total: this.logLines, line: (at) => ({ number: at, step: step ?? "", at: "2026-01-02T03:04:05Z", level: "info", text: at % 100 === 0 ? `TASK [part ${at / 100}]` : at % 25_000 === 7 ? `a rare needle in line ${at}` : `line ${at} of a long log, \u001b[32mgreen\u001b[0m` }) };
  }

  /** A path's value in the newest run; the real host works out whole expressions. */
  tried(workflow: string, text: string): Tried {
    const view = [...this.runs.values()].map((running) => running.view).filter((run) => run.workflow === workflow).toSorted((a, b) => b.created_at - a.created_at)[0];
    if (!view) return { run: null, at: null, value: null, because: "It has not run yet." };
    const path = text.replaceAll(/^\$\{\{|\}\}$/g, "").trim().split(".");
    const root: Record<string, Json> = { inputs: view.inputs as JsonObject, steps: Object.fromEntries(view.steps.map((step) => [step.id, { outputs: step.outputs as Json, status: step.state }])) };
    const value = path.reduce<Json | undefined>((here, key) => (here !== null && typeof here === "object" && !Array.isArray(here) ? here[key] : undefined), root);
    return { run: view.id, at: view.created_at, value: value ?? null, because: value === undefined ? `\`${path.join(".")}\` has no value in this run.` : null };
  }

  start(made: PreviewView, ageMinutes = 0): RunView {
    const { preview } = made;
    const id = `run_${(this.next++).toString().padStart(6, "0")}`;
    const born = Date.now() - ageMinutes * 60_000;
    let ticks = 0;
    const clock = ageMinutes > 0 ? () => born + (ticks++) * 1_700 : () => Date.now();
    const view: RunView = {
      id, seq: 1, workflow: preview.workflow, title: made.title, environment: preview.environment, mode: made.environment.practice ? "simulated" : "real",
      layout: made.layout, state: "running", sentence: "Starting", by: "you", inputs: preview.inputs, preview: preview.hash, changes_in_words: preview.summary.words, approved_by: null,
      created_at: born, started_at: born, ended_at: null, steps: preview.steps.map((step) => stepOf(step, made.environment.practice)),
      edges: made.graph.edges.map((edge) => ({ from: edge.from, to: edge.to, on: edge.on, data: edge.kind === "data" })), counts: none, questions: [], outputs: {}, missing: [], error: null,
      still_running: [], cancelled_by: null, undoes: preview.undoes ?? null, undone_by: null, recorded: false, undo: { possible: false, because: "It has not ended." },
    };
    const running: Running = { view, logs: [], timer: null, fails: preview.workflow === "breaks-at-step-4" && !preview.undoes ? "four" : null, clock };
    this.runs.set(id, running);
    if (ageMinutes > 0) {
      for (let n = 0; view.state === "running" && n < 500; n += 1) this.tick(running, true);
      if (view.state === "waiting") this.end(running, "failed", view.sentence);
    } else this.tick(running, false);
    return view;
  }

  compare(run: string, other: string | undefined): Comparison {
    const view = this.get(run);
    if (!other) return { inputs: [], settings: [{ what: "vars.region", before: "practice", after: "eu-west-1" }], problem: null, steps: view.steps.slice(0, 2).map((step, at) => ({ id: step.id, title: step.title, how: at === 0 ? "changed" : "removed", fields: at === 0 ? [{ what: "with.directory", before: "infra/network", after: "infra/net" }, { what: "if", before: null, after: "inputs.size == 'large'" }] : [] })) };
    const then = this.get(other);
    const names = new Set([...Object.keys(view.inputs), ...Object.keys(then.inputs)]);
    return { settings: [], steps: [], problem: null, inputs: [...names].filter((name) => view.inputs[name] !== then.inputs[name]).map((name) => ({ what: name, before: view.inputs[name] ?? null, after: then.inputs[name] ?? null })) };
  }

  cancel(run: string): void {
    const found = this.runs.get(run);
    if (!found) return;
    if (found.timer) clearTimeout(found.timer);
    for (const step of found.view.steps) if (!ended.has(step.state)) this.finish(found, step, "cancelled", "Cancelled before it ended.");
    found.view.cancelled_by = "you";
    this.end(found, "cancelled", "Cancelled. What was done stays until you undo it.");
  }

  answer(run: string, id: string, answer: PersonsAnswer): void {
    const found = this.runs.get(run);
    const step = found?.view.steps.find((s) => s.id === id);
    if (!found || !step) return;
    found.view.questions = found.view.questions.filter((question) => question.step !== id);
    switch (answer.say) {
      case "approve": step.by = "you"; this.succeed(found, step); break;
      case "deny": step.error = { kind: "forbidden", code: "POD0720", message: "The approval was refused.", retry: "permanent" }; this.finish(found, step, "failed", "Nobody approved it."); break;
      case "retry": step.state = "waiting"; step.error = null; step.attempt += 1; found.fails = null; break;
      case "skip": case "done": step.error = null; this.finish(found, step, answer.say === "done" ? "succeeded" : "skipped", answer.say === "done" ? "Somebody looked: it is done." : "Left out."); break;
      case "go_on": this.finish(found, step, "failed", "It failed, and the rest goes on."); break;
      case "stop":
        this.finish(found, step, "failed", "It failed.");
        for (const other of found.view.steps) if (!ended.has(other.state)) this.finish(found, other, "skipped", "Skipped, since the run was stopped.");
    }
    found.view.state = "running";
    this.tick(found, false);
  }

  private tick(running: Running, fast: boolean): void {
    const { view } = running;
    const busy = view.steps.find((step) => step.state === "running");
    if (busy) {
      const done = (busy.done?.[0] ?? 0) + 1;
      if (done <= 3) {
        busy.done = [done, 3];
        busy.things = Array.from({ length: 3 }, (_, n) => ({ about: `${busy.uses.split("/")[0]}_thing.number_${n + 1}`, status: n < done ? "done" : n === done ? "working" : "waits" }));
        for (let i = 0; i < 4; i += 1) this.log(running, busy, i === 3 && done === 2 ? "warning" : "info", `${busy.uses}: part ${done} of 3, \u001b[32mline ${i + 1}\u001b[0m, hosts alpha.internal beta.internal`);
      } else if (running.fails === busy.id) {
        this.fail(running, busy, fast);
        return;
      } else this.succeed(running, busy);
    }
    if (!view.steps.some((step) => step.state === "running") && this.begin(running, fast)) return;
    const left = view.steps.filter((step) => !ended.has(step.state));
    if (left.length === 0) {
      const failed = view.steps.some((step) => step.state === "failed");
      this.end(running, failed ? "failed" : "succeeded", failed ? "A step failed." : view.undoes ? "Everything was taken back." : "Everything is in place.");
      return;
    }
    const active = view.steps.find((step) => step.state === "running");
    view.sentence = `${active?.title ?? "Working"} · ${view.steps.length - left.length + 1} of ${view.steps.length}`;
    this.changed(view);
    if (!fast) running.timer = setTimeout(() => this.tick(running, false), this.pace());
  }

  /** Begins the next step; whether it waits for a person. */
  private begin(running: Running, fast: boolean): boolean {
    const { view } = running;
    const of = (id: string) => view.steps.find((step) => step.id === id);
    for (const step of view.steps) {
      if (step.state !== "waiting") continue;
      const before = view.edges.filter((edge) => edge.to === step.id);
      if (before.some((edge) => { const s = of(edge.from); return s !== undefined && !ended.has(s.state); })) continue;
      const went = (id: string) => of(id)?.state ?? "succeeded";
      if (before.some((edge) => edge.on === "failure" && went(edge.from) !== "failed") || before.some((edge) => edge.on === "success" && ["failed", "skipped", "cancelled"].includes(went(edge.from)))) {
        this.finish(running, step, "skipped", "Skipped: the step before it went the other way.");
        continue;
      }
      step.started_at ??= running.clock();
      if (step.uses === "approval/ask" && !fast && !view.undoes) {
        step.state = "waiting_approval";
        step.sentence = "Waits for operations to say yes.";
        this.bar(running, step, "person");
        this.ask(running, { step: step.id, kind: "approval", to: ["ops"], message: "Open the branch?", reason: null, quorum: 1, by: [], changes: [] }, `Waits for approval: ${step.title}`);
        return true;
      }
      step.state = "running";
      step.attempt = Math.max(1, step.attempt);
      step.sentence = view.undoes ? `Taking back ${step.title}` : `${step.title}: working on 2 hosts`;
      this.bar(running, step, "work");
      return false;
    }
    return false;
  }

  private fail(running: Running, step: StepView, fast: boolean): void {
    step.state = "asked";
    step.sentence = "The stack could not be made.";
    step.error = { kind: "failed", code: "POD0461", message: "`Port` of the security group must be between 0 and 65535, and is 84430.", hint: "Correct `port` in stacks/broken.yaml, then try again.", retry: "permanent" };
    this.closeBar(running, step);
    this.log(running, step, "error", "CREATE_FAILED AWS::EC2::SecurityGroup Web: Invalid value '84430' for port");
    if (fast) this.finish(running, step, "failed", step.sentence);
    else this.bar(running, step, "person");
    this.ask(running, { step: step.id, kind: "failure", to: [], message: "This step failed. What should happen?", reason: step.error.message, quorum: 1, by: [], changes: [] }, `Stopped at “${step.title}”. It waits for your decision.`);
    if (fast) running.view.questions = [];
  }

  private ask(running: Running, question: Question, sentence: string): void {
    running.view.questions.push(question);
    running.view.state = "waiting";
    running.view.sentence = sentence;
    this.changed(running.view);
  }

  private succeed(running: Running, step: StepView): void {
    const { view } = running;
    this.finish(running, step, view.undoes ? "undone" : "succeeded", view.undoes ? "Taken back." : "Done.");
    if (view.undoes) return;
    if (step.uses === "terraform/apply") {
      step.outputs = { hosts: ["alpha.internal", "beta.internal"], resources: 3 };
      step.hidden = ["password"];
      step.made = [{ kind: "terraform_data", name: "network" }, { kind: "terraform_data", name: "hosts[0]" }, { kind: "terraform_data", name: "hosts[1]" }];
    }
    if (step.uses === "cloudformation/deploy" || step.uses === "site/serve") {
      step.outputs = { url: "http://127.0.0.1:8080" };
      step.made = [{ kind: "page", name: "Shop page", link: "http://127.0.0.1:8080" }];
    }
  }

  private finish(running: Running, step: StepView, state: StepState, sentence: string): void {
    this.closeBar(running, step);
    step.state = state;
    step.sentence = sentence;
    if (step.started_at !== null) {
      step.ended_at = running.clock();
      step.duration_ms = step.ended_at - step.started_at;
    }
  }

  private bar(running: Running, step: StepView, kind: "work" | "person"): void {
    this.closeBar(running, step);
    step.bars.push({ kind, attempt: Math.max(1, step.attempt), from: running.clock(), to: null });
  }

  private closeBar(running: Running, step: StepView): void {
    const last = step.bars.at(-1);
    if (last && last.to === null) last.to = running.clock();
  }

  private log(running: Running, step: StepView, level: LogEntry["level"], text: string): void {
    running.logs.push({ number: 0, step: step.id, at: new Date(running.clock()).toISOString(), level, text });
    step.log_lines += 1;
  }

  private end(running: Running, state: RunState, sentence: string): void {
    const { view } = running;
    view.state = state;
    view.sentence = sentence;
    view.ended_at = running.clock();
    view.questions = [];
    const something = view.steps.some((step) => step.state === "succeeded");
    view.undo = view.undoes ? { possible: false, because: "It is itself an undo." } : { possible: something, because: something ? null : "Nothing was done." };
    const of = view.undoes ? this.runs.get(view.undoes) : undefined;
    if (of) {
      of.view.undone_by = view.id;
      of.view.undo = { possible: false, because: "It has already been taken back." };
      this.changed(of.view);
    }
    this.changed(view);
  }

  private changed(view: RunView): void {
    const counts = { ...none, total: view.steps.length };
    for (const { state } of view.steps) {
      if (state === "waiting" || state === "failed" || state === "cancelled" || state === "skipped") counts[state] += 1;
      else if (state === "succeeded" || state === "undone") counts.succeeded += 1;
      else if (state === "waiting_approval" || state === "asked") counts.asking += 1;
      else counts.active += 1;
    }
    view.counts = counts;
    view.seq += 1;
    this.emit({ run: view.id, events: [], logs: 0, stale: ["run.get", "run.logs", "run.list", "workflow.list"] });
  }
}

/** What waiting steps wait for, as the backend works it out. */
function explain(view: RunView): void {
  const of = new Map(view.steps.map((step) => [step.id, step]));
  for (const step of view.steps) {
    step.waits_for = [];
    step.held_by = [];
    if (step.state !== "waiting") continue;
    const before = view.edges.filter((edge) => edge.to === step.id).flatMap((edge) => of.get(edge.from) ?? []);
    step.waits_for = before.filter((other) => !ended.has(other.state)).map((other) => other.id);
    step.held_by = [...new Set(before.flatMap((other) => (["waiting_approval", "waiting_unlock", "asked", "unknown"].includes(other.state) ? [other.id] : other.state === "waiting" ? other.held_by : [])))];
  }
}

function stepOf(step: Preview["steps"][number], simulated: boolean): StepView {
  return {
    id: step.id, title: step.title, uses: step.uses, mode: simulated ? "simulated" : "real", state: "waiting", sentence: "Waits for the steps before it.", attempt: 0, things: [], done: null,
    inputs: {}, outputs: {}, hidden: [], made: [], error: null, because: null, condition: null, condition_held: null, still_running: [], undo: step.undo, writes: step.changes.length > 0, confidence: step.confidence, changes: step.changes,
    waits_for: [], held_by: [], mode_open: false, remote: null, by: null, log_lines: 0, started_at: null, ended_at: null, duration_ms: null, bars: [], items: [], item_counts: none,
  };
}

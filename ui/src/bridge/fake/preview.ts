import type { Change, DocumentView, EnvironmentView, JsonObject, Preview, PreviewStep, PreviewView, RunView, UndoClass } from "../types";
import { operationOf } from "./manifests";

const change = (action: Change["action"], kind: string, name: string, before: Change["before"], after: Change["after"], more: Partial<Change> = {}): Change =>
  ({ action, kind, name, before, after, stateful: false, ...more });

function changesOf(uses: string, inputs: JsonObject): Pick<PreviewStep, "changes" | "confidence" | "because" | "undo" | "notes"> {
  const branch = String(inputs.branch ?? "west");
  switch (uses) {
    case "terraform/apply": return { confidence: "exact", because: null, undo: { class: "delete", because: null }, changes: [
      change("create", "terraform_data", "network", null, { cidr: "10.20.0.0/16", branch }),
      change("create", "terraform_data", "hosts[0]", null, { name: `${branch}-a` }),
      change("create", "terraform_data", "hosts[1]", null, { name: `${branch}-b` }),
    ] };
    case "ansible/playbook": return { confidence: "predicted", because: "The hosts are known only after “Network and hosts”.", undo: { class: "restore", because: null },
      notes: ["Tasks that run a command do not say beforehand what they change."], changes: [
      change("update", "file", "/srv/shop/site.conf", "listen 80;\nserver_name old;\n", `listen 80;\nserver_name ${branch};\n`, { confidence: "predicted" }),
      change("run", "task", "Restart the shop", null, null, { confidence: "unknown", because: "A handler runs only when the file changed." }),
    ] };
    case "cloudformation/deploy": return { confidence: "predicted", because: null, undo: { class: "restore", because: null }, changes: [
      change("replace", "AWS::RDS::DBInstance", "Orders", { engine: "15.4", storage: 20 }, { engine: "16.1", storage: 20 }, { stateful: true, because: "The engine version cannot be changed in place." }),
      change("create", "AWS::S3::Bucket", `shop-${branch}-pages`, null, { public: true }),
      change("update", "AWS::SSM::Parameter", `/shop/${branch}/hosts`, { value: "a" }, { value: "(known later)" }),
    ] };
    case "http/request": return { confidence: "unknown", because: "Nobody can know what a request does at the other side.", undo: { class: "impossible", because: "A message that was sent cannot be taken back." }, changes: [change("run", "request", "POST https://chat.example.com/hook", null, null)] };
    case "site/serve": return { confidence: "exact", because: null, undo: { class: "automatic", because: null }, changes: [change("create", "page", "http://127.0.0.1:8080", null, { folder: "public" })] };
    default: return { confidence: "exact", because: null, undo: { class: "automatic", because: null }, changes: operationOf(uses)?.writes ? [change("run", "command", uses, null, null)] : [] };
  }
}

let made = 0;

export function previewOf(view: DocumentView, environment: EnvironmentView, inputs: JsonObject): PreviewView {
  const document = view.document;
  const given: JsonObject = { ...inputs };
  for (const [name, schema] of Object.entries(document?.inputs ?? {})) if (given[name] === undefined && schema.default !== undefined) given[name] = schema.default;
  const steps: PreviewStep[] = Object.entries(document?.steps ?? {}).map(([id, step]) => ({
    id, uses: step.uses, title: step.title || id, mode: environment.practice ? "simulated" : "real",
    waits_for: [...new Set([...JSON.stringify(step.with).matchAll(/steps\.([a-z0-9_]+)/g)].map((m) => m[1] ?? ""))],
    ...(step.off ? { changes: [], confidence: "exact" as const, because: "It is switched off.", undo: { class: "automatic" as const, because: null }, skipped: true } : changesOf(step.uses, given)),
    ...(environment.name === "production" && step.uses.startsWith("cloudformation") ? { problem: { kind: "unauthorized", code: "POD0503", message: "The slot `cloud` has no credential in Production.", hint: "Bind it in environments/production.yaml, or add the credential.", retry: "permanent" as const } } : {}),
  }));
  const identities = environment.practice ? [] : [{ credential: "acme-dev", system: "aws", account: "123456789012", user: "deployer", place: "eu-west-1" }];
  return { title: document?.name ?? view.workflow, graph: view.graph, layout: view.layout, environment, diagnostics: [], stands: null, preview: finish({ workflow: view.workflow, environment: environment.name, inputs: given, steps, identities }) };
}

export function undoPreviewOf(run: RunView, environment: EnvironmentView): PreviewView {
  const steps: PreviewStep[] = run.steps.filter((step) => step.state === "succeeded").toReversed().map((step) => {
    const forward = changesOf(step.uses, run.inputs);
    const flip = { create: "delete", update: "update", replace: "replace", delete: "create", run: "run", read: "read" } as const;
    const possible = forward.undo.class !== "impossible";
    return { id: step.id, uses: step.uses, title: step.title, mode: step.mode, waits_for: [], confidence: possible ? "exact" : "unknown", because: forward.undo.because,
      undo: { class: (possible ? "automatic" : "impossible") as UndoClass, because: forward.undo.because },
      changes: possible ? forward.changes.filter((c) => c.action !== "run").map((c) => ({ ...c, action: flip[c.action], before: c.after, after: c.before, stateful: false })) : [] };
  });
  const ids = new Set(steps.map((step) => step.id));
  return {
    title: `Undo of ${run.title}`, environment, diagnostics: [], stands: null, layout: { podium: 1, nodes: {} },
    graph: { nodes: steps.map((step) => ({ id: step.id, title: step.title, uses: step.uses, problems: 0, badges: [] })), edges: run.edges.filter((e) => ids.has(e.from) && ids.has(e.to)).map((e) => ({ from: e.to, to: e.from, on: "success", kind: "order" })) },
    preview: finish({ workflow: run.workflow, environment: run.environment, inputs: run.inputs, undoes: run.id, steps, identities: [] }),
  };
}

function finish(part: Omit<Preview, "podium" | "hash" | "summary">): Preview {
  const all = part.steps.flatMap((step) => step.changes.map((c) => ({ ...c, confidence: c.confidence ?? step.confidence })));
  const count = (action: Change["action"]) => all.filter((c) => c.action === action).length;
  const n = { create: count("create"), update: count("update"), replace: count("replace"), delete: count("delete"), run: count("run"), unknown: all.filter((c) => c.confidence === "unknown").length };
  const say = (verb: string, value: number) => (value > 0 ? `${verb} ${value}` : "");
  const list = [say("deletes", n.delete), say("replaces", n.replace), say("changes", n.update), say("creates", n.create), say("runs", n.run)].filter(Boolean).join(", ");
  const words = list ? `${list[0]?.toUpperCase()}${list.slice(1)}.${n.delete + n.replace === 0 ? " Nothing is deleted." : ""}` : "Nothing would change.";
  made += 1;
  return { podium: "preview/1", hash: `sha256:${made.toString(16).padStart(8, "0").repeat(8)}`, summary: { ...n, words }, ...part };
}

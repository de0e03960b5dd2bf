import type { Host } from "../host";
import type { CredentialView, DoctorCheck, EnvironmentView, EventBatch, Request, Response, CommandName, VaultState, WorkflowSummary, DocumentView, Preview, Workspace } from "../types";
import { FakeDocument, read } from "./document";
import { manifests } from "./manifests";
import { previewOf, undoPreviewOf } from "./preview";
import { FakeRuns } from "./runs";
import { files } from "./workspace";

export interface FakeOptions {
  /** Milliseconds before each answer. */
  latency?: number;
  /** Milliseconds between two moves of a run. */
  pace?: number;
  /** Start with no workspace at all. */
  empty?: boolean;
  /** Commands that fail. */
  failing?: readonly string[];
  vault?: VaultState;
  environment?: string;
  /** Steps of an additional generated workflow named `big`. */
  big?: number;
  /** Recorded runs at the start. */
  history?: boolean;
}

const labels = { text: "Fake host — for development" };

/**
 * A backend in memory, for a plain browser and for unit tests. It answers the same commands with the
 * same shapes as the real one, and everything it does is invented.
 */
export function fakeHost(options: FakeOptions = {}): Host {
  const listeners = new Set<(batch: EventBatch) => void>();
  const emit = (batch: EventBatch) => { for (const listener of listeners) listener(batch); };
  const documents = new Map<string, FakeDocument>();
  const previews = new Map<string, { preview: Preview; view: DocumentView; undoOf?: string }>();
  const runs = new FakeRuns(emit, () => options.pace ?? 700);
  let workspace: Workspace | null = null;
  let vault: VaultState = options.vault ?? "unlocked";
  let credentials = inventedCredentials();
  const environments = inventedEnvironments();
  const simulated = (name: string) => environments.find((e) => e.name === name)?.practice ?? false;

  function openWorkspace(): Workspace {
    workspace ??= { name: "Corner shops", path: "~/corner-shops", is_demo: true, environment: options.environment ?? "play", recent: [{ name: "Corner shops", path: "~/corner-shops" }] };
    for (const [name, file] of Object.entries(files)) if (!documents.has(name)) documents.set(name, new FakeDocument(name, file.text, file.layout));
    if (options.big) documents.set("big", new FakeDocument("big", bigWorkflow(options.big)));
    if (options.history !== false && runs.list().length === 0) {
      for (const [name, age] of [["share-folder", 26 * 60], ["open-branch", 180], ["breaks-at-step-4", 45]] as const) {
        const view = document(name).view();
        if (view.document) runs.start(previewOf(name, view.document, "play", { branch: "west" }, true), view.document, view.layout, true, undefined, age);
      }
    }
    return workspace;
  }

  function document(name: string): FakeDocument {
    const found = documents.get(name);
    if (!found) throw { code: "POD0201", message: `There is no workflow \`${name}\`.`, hint: "It may have been renamed or deleted outside.", retry: "permanent" };
    return found;
  }

  function summaries(): WorkflowSummary[] {
    return [...documents].map(([workflow, doc]) => {
      const view = doc.view();
      const parsed = view.document ?? read("podium: 1", "").document;
      const last = runs.list().find((run) => run.workflow === workflow && !run.undo_of);
      return {
        workflow, file: view.file, name: parsed?.name || workflow, description: parsed?.description ?? "", inputs: parsed?.inputs ?? {},
        systems: [...new Set(Object.values(parsed?.steps ?? {}).map((step) => step.uses.split("/")[0] ?? ""))], steps: Object.keys(parsed?.steps ?? {}).length,
        problems: view.diagnostics.filter((d) => d.severity === "error").length, ...(last ? { last_run: last } : {}),
      };
    });
  }

  const changedDocument = (name: string) => emit({ run: null, events: [], changed: ["workflow.list", `document.open:${name}`] });

  const handlers: { [N in CommandName]: (request: Request<N>) => Response<N> } = {
    "workspace.get": () => (options.empty && !workspace ? null : openWorkspace()),
    "workspace.open": () => openWorkspace(),
    "workflow.list": summaries,
    "document.open": ({ workflow }) => document(workflow).view(),
    "document.create": ({ name }) => {
      const base = name.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "workflow";
      let id = base;
      for (let n = 2; documents.has(id); n += 1) id = `${base}-${n}`;
      documents.set(id, new FakeDocument(id, `podium: 1\nname: ${JSON.stringify(name)}\nsteps: {}\n`, {}));
      changedDocument(id);
      return document(id).view();
    },
    "document.edit": ({ workflow, version, label, edits, layout }) => { document(workflow).edit(version, label, edits, layout); changedDocument(workflow); return document(workflow).view(); },
    "document.set_text": ({ workflow, text }) => { document(workflow).setText(text); changedDocument(workflow); return document(workflow).view(); },
    "document.undo": ({ workflow }) => { document(workflow).undo(); changedDocument(workflow); return document(workflow).view(); },
    "document.redo": ({ workflow }) => { document(workflow).redo(); changedDocument(workflow); return document(workflow).view(); },
    "document.tidy": ({ workflow, selection }) => { document(workflow).tidy(selection); return document(workflow).view(); },
    "connector.list": () => manifests,
    "discover": ({ what }) => ["default", "staging", "production"].map((value) => ({ value, label: `${value} (${what})` })),
    "preview.make": ({ workflow, environment, inputs }) => {
      const view = document(workflow).view();
      const errors = view.diagnostics.filter((d) => d.severity === "error");
      if (!view.document || errors[0]) throw { code: "POD0710", message: `The workflow has ${errors.length} problem${errors.length === 1 ? "" : "s"}. ${errors[0]?.detail ?? ""}`, hint: "Open it in the studio; the list of problems shows where.", retry: "permanent" };
      const preview = previewOf(workflow, view.document, environment, inputs, simulated(environment));
      previews.set(preview.hash, { preview, view });
      return preview;
    },
    "run.start": ({ preview_hash }) => start(preview_hash),
    "run.list": () => runs.list(),
    "run.get": ({ run }) => runs.get(run),
    "run.logs": ({ run, step, from }) => runs.logs(run, step, from),
    "run.cancel": ({ run }) => { runs.cancel(run); return null; },
    "run.approve": ({ run, step, approve }) => { runs.approve(run, step, approve); return null; },
    "run.resolve": ({ run, step, decision }) => { runs.resolve(run, step, decision); return null; },
    "run.undo_preview": ({ run }) => {
      const view = runs.get(run);
      const preview = undoPreviewOf(view);
      previews.set(preview.hash, { preview, view: document(view.workflow).view(), undoOf: run });
      return preview;
    },
    "run.undo": ({ preview_hash }) => start(preview_hash),
    "credential.list": () => { unlocked(); return credentials; },
    "credential.add": ({ name, kind, fields }) => {
      unlocked();
      if (credentials.some((c) => c.name === name)) throw { code: "POD0505", message: `There is a credential named \`${name}\` already.`, hint: "Choose another name, or remove that one first.", retry: "permanent" };
      const added: CredentialView = { name, kind, fields, used_in: [] };
      credentials = [...credentials, added];
      emit({ run: null, events: [], changed: ["credential.list"] });
      return added;
    },
    "credential.test": ({ name }) => {
      const found = credentials.find((c) => c.name === name);
      if (!found) throw { code: "POD0501", message: `There is no credential \`${name}\`.`, retry: "permanent" };
      if (name !== "old-laptop") { found.tested_at = new Date().toISOString(); delete found.error; found.identity ??= { system: found.kind, account: "local", user: "you" }; }
      emit({ run: null, events: [], changed: ["credential.list"] });
      return found;
    },
    "credential.remove": ({ name }) => { credentials = credentials.filter((c) => c.name !== name); emit({ run: null, events: [], changed: ["credential.list"] }); return null; },
    "vault.state": () => vaultView(),
    "vault.create": () => { vault = "unlocked"; emitVault(); return vaultView(); },
    "vault.unlock": ({ passphrase }) => { if (passphrase === "wrong") throw { code: "POD0510", message: "This passphrase does not open the vault.", hint: "Capitals count. There is no way around a lost passphrase.", retry: "permanent" }; vault = "unlocked"; emitVault(); return vaultView(); },
    "vault.lock": () => { vault = "locked"; emitVault(); return vaultView(); },
    "environment.list": () => environments,
    "doctor.get": () => inventedChecks,
  };

  const vaultView = () => ({ state: vault, keychain: false, because: "This computer has no keychain that Podium can reach." });
  const emitVault = () => emit({ run: null, events: [], changed: ["vault.state", "credential.list"] });
  const unlocked = () => { if (vault !== "unlocked") throw { code: "POD0502", message: "The vault is locked.", hint: "Unlock it on the Credentials screen.", retry: "permanent" }; };

  function start(hash: string): { run: string } {
    const found = previews.get(hash);
    if (!found?.view.document) throw { code: "POD0711", message: "This preview is too old.", hint: "Make it again, and look once more.", retry: "permanent" };
    return { run: runs.start(found.preview, found.view.document, found.view.layout, simulated(found.preview.environment), found.undoOf).run };
  }

  return {
    label: labels.text,
    async call(name, request) {
      const latency = options.latency ?? 0;
      if (latency > 0) await new Promise((resolve) => setTimeout(resolve, latency));
      if (options.failing?.includes(name)) throw { code: "POD0601", message: "The disk is full.", hint: "Make room, then try again. Nothing was lost.", retry: "temporary" };
      const handler = handlers[name as CommandName] as ((request: unknown) => unknown) | undefined;
      if (!handler) throw { code: "POD0801", message: `There is no command \`${name}\`.`, retry: "permanent" };
      return structuredClone(handler(request));
    },
    listen(onBatch) {
      listeners.add(onBatch);
      return () => { listeners.delete(onBatch); };
    },
    openLink(url) { window.open(url, "_blank", "noopener"); },
  };
}

function bigWorkflow(count: number): string {
  const lines = ["podium: 1", `name: ${count} steps`, "steps:"];
  for (let n = 0; n < count; n += 1) {
    const needs = n === 0 ? [] : [`s${Math.floor((n - 1) / 3)}`, ...(n % 2 === 0 && n > 4 ? [`s${n - 4}`] : [])];
    lines.push(`  s${n}: { uses: command/run, title: Step ${n}, needs: [${[...new Set(needs)].join(", ")}], with: { program: "true" } }`);
  }
  return `${lines.join("\n")}\n`;
}

function inventedCredentials(): CredentialView[] {
  const soon = new Date(Date.now() + 9 * 60_000).toISOString();
  return [
    { name: "acme-dev", kind: "aws", fields: { access_key_id: "AKIA…W7Q2", region: "eu-west-1" }, identity: { system: "aws", account: "1234-5678-9012", user: "deployer", place: "eu-west-1", expires: soon }, tested_at: new Date(Date.now() - 4 * 60_000).toISOString(), used_in: ["open-branch"] },
    { name: "shop-hosts", kind: "ssh", fields: { user: "ops" }, identity: { system: "ssh", account: "shop hosts", user: "ops" }, tested_at: new Date(Date.now() - 26 * 3_600_000).toISOString(), used_in: ["open-branch", "restart-shop"] },
    { name: "old-laptop", kind: "aws", fields: { access_key_id: "AKIA…0001", region: "us-east-1" }, error: { code: "POD0410", message: "AWS refused the key: it was switched off.", hint: "Make a new key at AWS and add it here.", retry: "permanent" }, tested_at: new Date(Date.now() - 3_600_000).toISOString(), used_in: [] },
  ];
}

function inventedEnvironments(): EnvironmentView[] {
  return [
    { name: "play", title: "Play", order: 1, practice: true, protect: { approval: false, read_only: false }, vars: { chat: "http://127.0.0.1:9000", region: "practice" }, credentials: { cloud: "acme-dev" } },
    { name: "staging", title: "Staging", order: 2, practice: false, protect: { approval: false, read_only: false }, vars: { region: "eu-west-1" }, credentials: { cloud: "acme-dev" } },
    { name: "production", title: "Production", order: 3, practice: false, protect: { approval: true, confirm: "type-name", read_only: false }, vars: { region: "eu-west-1" }, credentials: {} },
  ];
}

const inventedChecks: DoctorCheck[] = [
  { id: "terraform", label: "Terraform", state: "ok", detail: "Found on this computer.", version: "1.15.5" },
  { id: "ansible", label: "Ansible", state: "missing", detail: "Ansible is not installed.", hint: "Install it with pipx install ansible-core, or choose where it is." },
  { id: "keychain", label: "Keychain", state: "problem", detail: "No keychain answers. A passphrase protects your credentials instead.", hint: "Install a Secret Service such as GNOME Keyring to unlock without a passphrase." },
  { id: "database", label: "Run history", state: "ok", detail: "Healthy, 3 runs." },
];

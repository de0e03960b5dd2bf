import type { Host } from "../host";
import type { Batch, Check, CommandName, CredentialView, DocumentView, EnvironmentView, Operation, PreviewView, Request, Response, SettingsView, VaultView, WorkflowTile } from "../types";
import { copyOf, FakeDocument } from "./document";
import { type FakeDrift, FakeLooks } from "./drift";
import { manifests, operationOf } from "./manifests";
import { checkedInputs } from "./inputs";
import { insideOf } from "./inside";
import { between, fitting } from "./ports";
import { previewOf, undoPreviewOf } from "./preview";
import { FakeRuns } from "./runs";
import { FakeSchedules } from "./schedules";
import { files } from "./workspace";

export interface FakeOptions {
  /** Milliseconds before each answer. */
  latency?: number;
  /** Milliseconds between two moves of a run. */
  pace?: number;
  /** A workspace without workflows. */
  empty?: boolean;
  /** Commands that fail. */
  failing?: readonly string[];
  vault?: VaultView["state"];
  environment?: string;
  /** Steps of an additional generated workflow named `big`. */
  big?: number;
  /** Workflows that are for other people. */
  forOthers?: readonly string[];
  /** A secret stands in a file. */
  leaked?: boolean;
  /** Lines that the log of each step has. */
  logLines?: number;
  /** Recorded runs at the start. */
  history?: boolean;
  /** The workspace is a demo. */
  demo?: boolean;
  /** What a look for changes by hand finds. */
  drift?: FakeDrift;
}

const catalog: Record<string, [category: string, icon: string]> = { "share-folder": ["Begin here", "folder"], "open-branch": ["Shops", "store"], "restart-shop": ["Shops", "🥐"] };
const sorted = (answers: object) => JSON.stringify(Object.entries(answers).toSorted(([a], [b]) => a.localeCompare(b)));
const labels = { text: "Fake host — for development" };

/**
 * A backend in memory, for a plain browser and for unit tests. It answers the same commands with the
 * same shapes as the real one, and everything it does is invented.
 */
export function fakeHost(options: FakeOptions = {}): Host {
  const listeners = new Set<(batch: Batch) => void>();
  const emit = (batch: Batch) => { for (const listener of listeners) listener(batch); };
  const documents = new Map<string, FakeDocument>();
  const previews = new Map<string, PreviewView>();
  const runs = new FakeRuns(emit, () => options.pace ?? 700, options.logLines);
  const looks = new FakeLooks(() => stale("drift.get"), () => options.pace ?? 700, () => options.drift ?? "some");
  let vault: VaultView["state"] = options.vault ?? "open";
  let credentials = inventedCredentials();
  let settings: SettingsView = { lock_after_minutes: null };
  const environments = inventedEnvironments();
  const environmentOf = (name: string | undefined): EnvironmentView => environments.find((e) => e.name === (name ?? options.environment)) ?? (environments[0] as EnvironmentView);

  if (!options.empty) for (const [name, file] of Object.entries(files)) documents.set(name, new FakeDocument(name, file.text, file.layout));
  if (options.big) documents.set("big", new FakeDocument("big", bigWorkflow(options.big)));
  if (options.history !== false && !options.empty) {
    for (const [name, age] of [["share-folder", 26 * 60], ["open-branch", 180], ["breaks-at-step-4", 45]] as const) runs.start(previewOf(document(name).view(), environmentOf("play"), { branch: "west" }), age);
  }

  function document(name: string): FakeDocument {
    const found = documents.get(name);
    if (!found) throw { code: "POD0201", message: `There is no workflow \`${name}\`.`, hint: "It may have been renamed or deleted outside.", retry: "permanent" };
    return found;
  }

  function operation(name: string): Operation {
    const found = operationOf(name);
    if (!found) throw { code: "POD0102", message: `No connector has the operation \`${name}\`.`, retry: "permanent" };
    return found;
  }

  function tiles(): WorkflowTile[] {
    return [...documents].map(([name, doc]) => {
      const view = doc.view();
      const steps = Object.values(view.document?.steps ?? {});
      return {
        name, title: view.document?.name || name, description: view.document?.description ?? "", inputs: view.document?.inputs ?? {},
        systems: [...new Set(steps.map((step) => step.uses.split("/")[0] ?? ""))], steps: steps.length,
        problems: view.diagnostics.filter((d) => d.severity === "error").length, category: catalog[name]?.[0] ?? "", icon: catalog[name]?.[1] ?? "", may_run: !options.forOthers?.includes(name), last_run: runs.list().find((run) => run.workflow === name && !run.undoes) ?? null,
      };
    });
  }

  const stale = (...names: string[]) => emit({ run: null, events: [], logs: 0, stale: names });
  const edited = (workflow: string): DocumentView => {
    stale("workflow.list");
    return document(workflow).view();
  };
  const remember = (view: PreviewView): PreviewView => {
    previews.set(view.preview.hash, view);
    return view;
  };

  const schedules = new FakeSchedules(documents.has("restart-shop"), () => stale("schedule.list", "schedule.get"), (workflow, environment, inputs) => remember(previewOf(document(workflow).view(), environmentOf(environment), inputs)));

  const handlers: { [N in CommandName]: (request: Request<N>) => Response<N> } = {
    "workspace.get": () => ({ name: "Corner shops", folder: "~/corner-shops", environments, default_environment: options.environment ?? "play", diagnostics: [], person: "you", demo: options.demo ?? false }),
    "workflow.list": tiles,
    "workflow.create": ({ title }) => {
      const base = title.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "workflow";
      let id = base;
      for (let n = 2; documents.has(id); n += 1) id = `${base}-${n}`;
      documents.set(id, new FakeDocument(id, `podium: 1\nname: ${JSON.stringify(title)}\nsteps: {}\n`, {}));
      return edited(id);
    },
    "document.open": ({ workflow }) => document(workflow).view(),
    "document.edit": ({ workflow, version, label, edits, moves, pins, frames, notes }) => { document(workflow).edit(version, label, edits, moves, { pins, frames, notes }); return edited(workflow); },
    "document.set_text": ({ workflow, text }) => { document(workflow).setText(text); return edited(workflow); },
    "document.undo": ({ workflow }) => { document(workflow).undo(); return edited(workflow); },
    "document.redo": ({ workflow }) => { document(workflow).redo(); return edited(workflow); },
    "document.tidy": ({ workflow, only }) => { document(workflow).tidy(only); return edited(workflow); },
    "document.copy": ({ workflow, steps, frames, notes }) => ({ text: copyOf(document(workflow).view(), steps, frames, notes) }),
    "document.paste": ({ workflow, version, label, text, at }) => ({ ...document(workflow).paste(version, label, text, at), view: edited(workflow) }),
    "port.between": ({ from, step, to }) => between(operation(from), step, operation(to)),
    "port.fitting": ({ from }) => manifests.flatMap((m) => m.operations).filter((to) => fitting(operation(from), to)).map((to) => to.name),
    "expression.try": ({ workflow, text }) => runs.tried(workflow, text),
    "connector.list": () => manifests,
    "connector.discover": ({ what }) => ["default", "staging", "production"].map((value) => ({ value, label: `${value} (${what})` })),
    "inputs.check": ({ workflow, inputs }) => checkedInputs(document(workflow).view().document?.inputs ?? {}, inputs),
    "preview.make": ({ workflow, environment, inputs }) => {
      const view = document(workflow).view();
      const errors = view.diagnostics.filter((d) => d.severity === "error");
      if (!view.document || errors[0]) throw { code: "POD0711", message: `\`${view.file}\` has ${errors.length} problem${errors.length === 1 ? "" : "s"} and cannot run.`, hint: "Each problem names its place and what to do.", retry: "permanent", diagnostics: errors };
      const made = previewOf(view, environmentOf(environment), inputs);
      const stands = runs.list().find((run) => run.workflow === workflow && run.environment === made.preview.environment && run.state === "succeeded" && !run.undoes && !run.undone_by && sorted(runs.get(run.id).inputs) === sorted(made.preview.inputs));
      return remember({ ...made, stands: stands ? { run: stands.id, at: stands.ended_at ?? stands.created_at } : null });
    },
    "run.start": ({ hash, confirm }) => {
      const found = previews.get(hash);
      if (!found) throw { code: "POD0713", message: "The workflow or its environment has changed since this preview was made.", hint: "Make the preview again and look at what is different.", retry: "permanent" };
      const broken = found.preview.steps.find((step) => step.problem);
      if (broken) throw { code: "POD0714", message: `The step \`${broken.id}\` could not be previewed: ${broken.problem?.message}`, hint: "Nothing was begun.", retry: "permanent" };
      if (found.environment.type_name && confirm !== found.environment.name) throw { code: "POD0715", message: "The environment’s name was not typed.", retry: "permanent" };
      return { run: runs.start(found).id };
    },
    "run.list": ({ workflow, limit }) => runs.list().filter((run) => !workflow || run.workflow === workflow).slice(0, limit ?? 100),
    "run.get": ({ run }) => runs.get(run),
    "run.logs": ({ run, step, from, limit }) => runs.logs(run, step, from, limit ?? 1000),
    "run.find_log": (request) => runs.findLog(request),
    "run.log_groups": ({ run, step }) => runs.logGroups(run, step),
    "run.cancel": ({ run }) => { runs.cancel(run); return {}; },
    "run.approve": () => ({}),
    "run.answer": ({ run, step, answer }) => { runs.answer(run, step, answer); return {}; },
    "run.preview_undo": ({ run }) => { const view = runs.get(run); return remember(undoPreviewOf(view, environmentOf(view.environment))); },
    "schedule.list": () => schedules.list(),
    "schedule.get": (request) => schedules.get(request),
    "schedule.when": (request) => schedules.when(request),
    "schedule.create": (request) => schedules.create(request),
    "schedule.on": (request) => schedules.switchOn(request),
    "schedule.off": (request) => schedules.switchOff(request),
    "schedule.preview": (request) => schedules.previewOf(request),
    "schedule.leave": (request) => schedules.leave(request),
    "step.inside": ({ workflow, step, environment }) => {
      const found = document(workflow).view().document?.steps[step];
      return insideOf(step, found?.title || step, found?.uses ?? "", environmentOf(environment));
    },
    "run.inside": ({ run, step }) => {
      const view = runs.get(run);
      const found = view.steps.find((one) => one.id === step);
      return insideOf(step, found?.title ?? step, found?.uses ?? "", environmentOf(view.environment));
    },
    "drift.look": ({ run }) => looks.look(runs.get(run)),
    "drift.get": ({ run }) => looks.get(run),
    "drift.stop": ({ run }) => looks.stop(run),
    "vault.get": () => vaultView(),
    "vault.create": () => { vault = "open"; stale("vault.get", "credential.list"); return vaultView(); },
    "vault.unlock": ({ passphrase }) => {
      if (passphrase === "wrong") throw { code: "POD0510", message: "This passphrase does not open the vault.", hint: "Capitals count. There is no way around a lost passphrase.", retry: "permanent" };
      vault = "open";
      stale("vault.get", "credential.list");
      return vaultView();
    },
    "vault.lock": () => { vault = "locked"; stale("vault.get", "credential.list"); return vaultView(); },
    "credential.list": () => credentials,
    "credential.add": ({ name, kind, fields }) => {
      unlocked();
      if (credentials.some((c) => c.name === name)) throw { code: "POD0505", message: `There is a credential named \`${name}\` already.`, hint: "Choose another name, or remove that one first.", retry: "permanent" };
      const shape = manifests.flatMap((m) => m.credentials).find((k) => k.id === kind);
      const secret = new Set(shape?.fields.filter((f) => f.secret).map((f) => f.name));
      const added: CredentialView = { name, kind, label: shape?.label ?? kind, fields: Object.fromEntries(Object.entries(fields).filter(([f]) => !secret.has(f))), hidden: Object.keys(fields).filter((f) => secret.has(f)), created: new Date().toISOString(), used_in: [], tested: null };
      credentials = [...credentials, added];
      stale("credential.list");
      return added;
    },
    "credential.test": ({ name }) => {
      const found = credentials.find((c) => c.name === name);
      if (!found) throw { code: "POD0501", message: `There is no credential \`${name}\`.`, retry: "permanent" };
      if (!found.tested?.error) found.tested = { at: new Date().toISOString(), identity: found.tested?.identity ?? { system: found.kind, account: "this laptop", user: "you" }, error: null, words: "It works.", rights: [] };
      stale("credential.list");
      return found.tested;
    },
    "credential.login": ({ name }) => ({ name, code: "SHOP-2026", address: "https://login.example/device", until: new Date(Date.now() + 900_000).toISOString() }),
    "credential.login_wait": ({ name }) => {
      const found = credentials.find((c) => c.name === name);
      if (!found || options.failing?.includes("login")) throw { kind: "unauthorized", code: "POD0528", message: `Nobody logged in for \`${name}\`: the person said no in the browser.`, hint: `\`podium credentials login ${name}\` begins anew.`, retry: "permanent" };
      found.hidden = ["refresh_token"];
      found.tested = { at: new Date().toISOString(), identity: { system: "azure", account: "shop", user: "you" }, error: null, words: "It is you in shop.", rights: [] };
      stale("credential.list");
      return found.tested;
    },
    "credential.login_cancel": () => ({}),
    "credential.search": ({ name }) => ({ name, files: 412, bytes: 9_800_000, events: 1_204, unread: [], found: options.leaked ? [{ place: "~/Podium/demo/notes.txt", field: "token" }] : [] }),
    "demo.preview": () => ({ folder: "~/corner-shops", goes: ["14 runs of the history with their logs: 12 recorded ones and 2 begun in this demo.", "7 credentials that the demo stored in the vault: invented identities and the canary."], standing: [{ run: "run_1", title: "The central shop", environment: "play", words: "It stands and is taken back first." }], stays: [{ what: "`workflows/my-own.yaml`", because: "The demo did not write it." }] }),
    "demo.remove": ({ leave }) => ({ gone: leave ? ["27 files of its folder that nobody changed."] : ["“The central shop” in `play`, taken back.", "27 files of its folder that nobody changed."], stays: [{ what: "`workflows/my-own.yaml`", because: "The demo did not write it." }] }),
    "practice.call": () => ({ mode: "simulated", status: 200, body: "{}" }),
    "run.import": () => { throw { code: "POD0740", message: "This is no record of a run.", retry: "permanent" }; },
    "credential.remove": ({ name }) => { credentials = credentials.filter((c) => c.name !== name); stale("credential.list"); return {}; },
    "run.compare": ({ run, with: other }) => runs.compare(run, other),
    "settings.get": () => settings,
    "settings.set": (next) => { settings = { lock_after_minutes: next.lock_after_minutes ?? null }; return settings; },
    "person.here": () => ({}),
    "doctor.get": () => ({ checks: inventedChecks }),
    "practice.list": () => [],
    "practice.serve": () => [],
    "practice.weather": ({ connector }) => { throw { code: "POD0803", message: `There is no connector \`${connector}\`.`, retry: "permanent" }; },
    "practice.reset": () => [],
  };

  const vaultView = (): VaultView => {
    if (vault === "open") return { state: "open", key: "your passphrase" };
    if (vault === "locked") return { state: "locked", passphrase: true, because: "It locks when Podium starts, and after fifteen minutes without you." };
    return { state: "empty", keychain: false, because: "This computer has no keychain that Podium can reach." };
  };
  const unlocked = () => { if (vault !== "open") throw { code: "POD0502", message: "The vault is locked.", hint: "Unlock it on the Credentials screen.", retry: "permanent" }; };

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
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  return [
    { name: "acme-dev", kind: "aws", label: "AWS account", fields: { access_key_id: "AKIA…W7Q2", region: "eu-west-1" }, hidden: ["secret_access_key"], created: at(-40_000), used_in: ["play", "staging"], tested: { at: at(-4), identity: { system: "aws", account: "1234-5678-9012", user: "deployer", place: "eu-west-1", expires: at(9) }, error: null, words: "It works.", rights: [{ what: "look at stacks", held: true }, { what: "change stacks and what is in them", held: null }] } },
    { name: "shop-hosts", kind: "ssh", label: "SSH key", fields: { user: "ops" }, hidden: ["private_key"], created: at(-90_000), used_in: ["play"], tested: { at: at(-1_600), identity: null, error: null, words: "The key can be read. Hosts are asked only in a run.", rights: [] } },
    { name: "my-azure", kind: "azure", label: "Azure identity", fields: { url: "https://management.azure.com", tenant: "shop.example" }, hidden: [], created: at(-60), used_in: [], tested: null, logs_in: true },
    { name: "old-laptop", kind: "aws", label: "AWS account", fields: { access_key_id: "AKIA…0001", region: "us-east-1" }, hidden: ["secret_access_key"], created: at(-500_000), used_in: [], tested: { at: at(-60), identity: null, error: { kind: "unauthorized", code: "POD0410", message: "AWS refused the key: it was switched off.", hint: "Make a new key at AWS and add it here.", retry: "permanent" }, words: "AWS refused the key.", rights: [] } },
  ];
}

function inventedEnvironments(): EnvironmentView[] {
  const open = { practice: false, approval: false, type_name: false, read_only: false, expect: {} };
  return [
    { ...open, name: "play", title: "Play", practice: true, vars: { chat: "http://127.0.0.1:9000", region: "practice" }, credentials: { cloud: "acme-dev" } },
    { ...open, name: "staging", title: "Staging", vars: { region: "eu-west-1" }, credentials: { cloud: "acme-dev" } },
    { ...open, name: "production", title: "Production", approval: true, type_name: true, vars: { region: "eu-west-1" }, credentials: {} },
  ];
}

const inventedChecks: Check[] = [
  { what: "Terraform", state: "good", detail: "Version 1.15.5, in /usr/local/bin." },
  { what: "Ansible", state: "missing", detail: "Ansible is not installed.", hint: "Install it with pipx install ansible-core, or choose where it is." },
  { what: "Keychain", state: "trouble", detail: "No keychain answers. A passphrase protects your credentials instead.", hint: "Install a Secret Service such as GNOME Keyring to unlock without a passphrase." },
  { what: "Run history", state: "good", detail: "Healthy, 3 runs." },
];

import type { Manifest, Operation, Schema, Support, Verb } from "../types";

const yes: Support = { support: "yes" };
const no = (because: string): Support => ({ support: "no", because });
const all: Partial<Record<Verb, Support>> = { validate: yes, preview: yes, run: yes, undo: yes, drift: yes, draw: yes };
const text = (title: string, description: string, more: Partial<Schema> = {}): Schema => ({ type: "string", title, description, ...more });

function operation(name: string, title: string, summary: string, properties: Record<string, Schema>, required: string[], output: Record<string, Schema>, more: Partial<Operation> = {}): Operation {
  return {
    name, title, summary, writes: true, permissions: [], credentials: [], capability: all, delivery: { claim: "idempotent" },
    input: { type: "object", properties, required, additionalProperties: false },
    output: { type: "object", properties: output, additionalProperties: name.startsWith("terraform/") },
    ...more,
  };
}

const variables: Schema = {
  type: "object", title: "Variables", additionalProperties: true, "x-podium-order": 30,
  description: "Values for the configuration’s variables.",
};

/** Systems as their connectors describe them, in small. */
export const manifests: Manifest[] = [
  {
    id: "terraform", label: "Terraform", mark: "Tf", hue: 288, tools: ["terraform", "tofu"], links: [], local: false, unconfirmed: [], checked: [],
    summary: "Plans and applies infrastructure written as configuration.",
    credentials: [{ id: "aws", label: "AWS account", fields: [
      { name: "access_key_id", label: "Access key id", help: "Starts with AKIA or ASIA.", secret: false, required: true },
      { name: "secret_access_key", label: "Secret access key", help: "Shown once by AWS when the key was made.", secret: true, required: true },
      { name: "region", label: "Region", help: "For example eu-west-1.", secret: false, required: true },
      { name: "endpoint", label: "Endpoint", help: "Only for a server that speaks the AWS API.", secret: false, required: false },
    ] }],
    operations: [
      operation("terraform/apply", "Apply a configuration", "Makes the world match a Terraform configuration.", {
        directory: text("Directory", "Where the configuration is, in the workspace.", { "x-podium-kind": "directory", "x-podium-order": 10, examples: ["infra/network"] }),
        variables,
        workspace: text("Workspace", "The Terraform workspace.", { default: "default", "x-podium-more": true, "x-podium-discover": "workspaces" }),
        parallelism: { type: "integer", title: "Parallel operations", description: "How many resources at a time.", default: 10, minimum: 1, maximum: 64, "x-podium-more": true },
      }, ["directory"], { resources: { type: "integer", title: "Resources" }, hosts: { type: "array", title: "Hosts", items: { type: "string" } } },
      { credentials: [{ name: "aws", kind: "aws", required: false, title: "AWS account for the provider" }] }),
      operation("terraform/plan", "Plan a configuration", "Says what an apply would change, and changes nothing.", {
        directory: text("Directory", "Where the configuration is, in the workspace.", { "x-podium-kind": "directory", "x-podium-order": 10 }), variables,
      }, ["directory"], { changes: { type: "integer", title: "Changes" } }, { writes: false }),
      operation("terraform/destroy", "Destroy a configuration", "Deletes everything a configuration made.", {
        directory: text("Directory", "Where the configuration is, in the workspace.", { "x-podium-kind": "directory", "x-podium-order": 10 }), variables,
      }, ["directory"], {}),
    ],
  },
  {
    id: "ansible", label: "Ansible", mark: "An", hue: 22, tools: ["ansible-playbook"], links: [], local: false, unconfirmed: [], checked: [],
    summary: "Sets up hosts with playbooks.",
    credentials: [{ id: "ssh", label: "SSH key", fields: [
      { name: "user", label: "User", help: "The user on the hosts.", secret: false, required: true },
      { name: "private_key", label: "Private key", help: "The whole key file, from BEGIN to END.", secret: true, required: true },
    ] }],
    operations: [operation("ansible/playbook", "Run a playbook", "Runs a playbook on the hosts of an inventory.", {
      playbook: text("Playbook", "The playbook’s file, in the workspace.", { "x-podium-kind": "file", "x-podium-order": 10, examples: ["site.yml"] }),
      inventory: { type: "object", title: "Inventory", description: "Which hosts.", "x-podium-order": 20, properties: {
        hosts: { type: "array", items: { type: "string" }, title: "Hosts", description: "Names or addresses, one a line.", "x-podium-kind": "host-list" } } },
      variables: { ...variables, description: "Extra variables for the play." },
      limit: text("Limit", "Only these hosts or groups.", { "x-podium-more": true }),
      tags: { type: "array", items: { type: "string" }, title: "Tags", description: "Only tasks with one of these tags.", "x-podium-more": true },
      become: { type: "boolean", title: "Become root", description: "Run tasks as root.", default: false, "x-podium-more": true },
    }, ["playbook", "inventory"], { changed: { type: "integer", title: "Changed tasks" }, hosts: { type: "array", title: "Hosts", items: { type: "string" } } },
    { credentials: [{ name: "ssh", kind: "ssh", required: false, title: "Key to reach the hosts" }] })],
  },
  {
    id: "cloudformation", label: "AWS CloudFormation", mark: "Cf", hue: 55, tools: [], links: [], local: false, unconfirmed: [], checked: [],
    summary: "Deploys stacks of AWS resources.", credentials: [],
    operations: [
      operation("cloudformation/deploy", "Deploy a stack", "Makes or changes a stack through a change set.", {
        stack: text("Stack", "The stack’s name.", { pattern: "^[a-zA-Z][-a-zA-Z0-9]*$", "x-podium-order": 10 }),
        template: text("Template", "The template’s file, in the workspace.", { "x-podium-kind": "file", "x-podium-order": 20 }),
        parameters: { type: "object", title: "Parameters", additionalProperties: true, description: "Values for the template’s parameters.", "x-podium-order": 30 },
        capabilities: { type: "array", title: "Capabilities", description: "What the template may do.", items: { type: "string", enum: ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"] }, "x-podium-more": true },
        on_failure: { type: "string", enum: ["rollback", "delete", "keep"], title: "If it fails", default: "rollback", "x-podium-more": true },
      }, ["stack", "template"], { stack_id: { type: "string", title: "Stack id" }, url: { type: "string", title: "Address" } },
      { credentials: [{ name: "aws", kind: "aws", required: true, title: "AWS account" }] }),
      operation("cloudformation/delete", "Delete a stack", "Deletes a stack and what is in it.", {
        stack: text("Stack", "The stack’s name.", { "x-podium-order": 10, "x-podium-discover": "stacks" }),
      }, ["stack"], {}, { credentials: [{ name: "aws", kind: "aws", required: true, title: "AWS account" }] }),
    ],
  },
  {
    id: "kubernetes", label: "Kubernetes", mark: "K", hue: 250, tools: ["kubectl"], links: [], local: false, unconfirmed: [], checked: [],
    summary: "Applies manifests to a cluster.",
    credentials: [{ id: "kubernetes", label: "Kubernetes cluster", fields: [{ name: "kubeconfig", label: "Kubeconfig", help: "The whole file.", secret: true, required: true }] }],
    operations: [operation("kubernetes/apply", "Apply manifests", "Applies manifests to a cluster, server side.", {
      manifests: text("Manifests", "A file or folder in the workspace.", { "x-podium-kind": "path", "x-podium-order": 10 }),
      namespace: text("Namespace", "Where it goes.", { "x-podium-order": 20, "x-podium-discover": "namespaces" }),
    }, ["manifests"], { url: { type: "string", title: "Address" } }, { credentials: [{ name: "cluster", kind: "kubernetes", required: true, title: "Cluster" }] })],
  },
  {
    id: "octopus", label: "Octopus Deploy", mark: "Oc", hue: 215, tools: [], links: [], local: false, unconfirmed: [], checked: [], summary: "Deploys releases.", credentials: [],
    operations: [operation("octopus/deploy-release", "Deploy a release", "Deploys a release to an environment.", {
      project: text("Project", "The project’s name.", { "x-podium-order": 10 }), release: text("Release", "Its version.", { "x-podium-order": 20 }),
    }, ["project", "release"], { task: { type: "string", title: "Task" } })],
  },
  {
    id: "approval", label: "Approval", mark: "✓", hue: 75, tools: [], links: [], local: false, unconfirmed: [], checked: [], summary: "Asks a person.", credentials: [],
    operations: [operation("approval/ask", "Ask for approval", "Waits until a person says yes.", {
      to: { type: "array", items: { type: "string" }, title: "Who", description: "People or groups, one a line.", "x-podium-order": 10 },
      message: text("Question", "What they read.", { "x-podium-kind": "multiline", "x-podium-order": 20 }),
      quorum: { type: "integer", title: "How many", minimum: 1, default: 1, "x-podium-more": true },
    }, ["message"], { by: { type: "string", title: "Approved by" } }, { writes: false })],
  },
  {
    id: "http", label: "HTTP", mark: "↗", hue: 190, tools: [], links: [], local: false, unconfirmed: [], checked: [], summary: "Calls a web address.", credentials: [],
    operations: [
      operation("http/check", "Check a page", "Asks for a page and compares the answer.", {
        url: text("Address", "Starts with http:// or https://.", { format: "uri", "x-podium-order": 10 }),
        expect: { type: "object", title: "Expect", properties: { status: { type: "integer", title: "Status", default: 200 } }, "x-podium-order": 20 },
      }, ["url"], { status: { type: "integer", title: "Status" } }, { writes: false, capability: { ...all, drift: no("nobody keeps what it did."), draw: no("it has nothing inside to draw.") } }),
      operation("http/request", "Send a request", "Sends a request to a web address.", {
        url: text("Address", "Starts with http:// or https://.", { format: "uri", "x-podium-order": 10 }),
        method: { type: "string", enum: ["GET", "POST", "PUT", "PATCH", "DELETE"], default: "GET", title: "Method", "x-podium-order": 5 },
        json: { type: "object", title: "JSON", additionalProperties: true, "x-podium-order": 20 },
      }, ["url"], { status: { type: "integer", title: "Status" }, body: { type: "string", title: "Body" } }),
    ],
  },
  {
    id: "command", label: "Command", mark: "$", hue: 150, tools: [], links: [], local: false, unconfirmed: [], checked: [], summary: "Runs a program on this computer.", credentials: [],
    operations: [operation("command/run", "Run a command", "Runs a program on this computer.", {
      program: text("Program", "Name or path.", { "x-podium-order": 10 }),
      args: { type: "array", items: { type: "string" }, title: "Arguments", description: "One a line.", "x-podium-order": 20 },
      timeout: text("Longest time", "For example 30s or 5m.", { "x-podium-kind": "duration", "x-podium-more": true }),
    }, ["program"], { stdout: { type: "string", title: "Output" } })],
  },
  {
    id: "site", label: "Site", mark: "◱", hue: 165, tools: [], links: [], local: false, unconfirmed: [], checked: [], summary: "Serves a page on this computer.", credentials: [],
    operations: [operation("site/serve", "Serve a folder", "Serves a folder as a web page on this computer.", {
      directory: text("Folder", "What is served.", { "x-podium-kind": "directory", "x-podium-order": 10 }),
      port: { type: "integer", title: "Port", description: "A free one where empty.", minimum: 1024, maximum: 65535, "x-podium-order": 20 },
    }, ["directory"], { url: { type: "string", title: "Address" } })],
  },
  {
    id: "wait", label: "Wait", mark: "◷", hue: 100, tools: [], links: [], local: false, unconfirmed: [], checked: [], summary: "Waits.", credentials: [],
    operations: [operation("wait/for", "Wait for a time", "Waits, then goes on.", { time: text("How long", "For example 30s.", { "x-podium-kind": "duration" }) }, ["time"], {}, { writes: false })],
  },
];

/** The operation of this name. */
export function operationOf(name: string): Operation | undefined {
  return manifests.flatMap((manifest) => manifest.operations).find((op) => op.name === name);
}

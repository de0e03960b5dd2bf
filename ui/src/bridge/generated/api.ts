// Written by `cargo xtask gen` from the types of crates/api. Do not edit.
/* eslint-disable */

/**
 * What happens to one thing.
 */
export type Action = "create" | "update" | "replace" | "delete" | "run" | "read";

/**
 * A credential to store. The secret values go in and never come out.
 */
export type AddCredential = { 
/**
 * Its name.
 */
name: CredentialName, 
/**
 * Its kind.
 */
kind: string, 
/**
 * All fields, secret or not; the kind says which are.
 */
fields: { [key in string]: string }, 
/**
 * It is invented, for practice clouds alone; fields that are wanted and not given are made up.
 */
practice?: AddPractice, };

/**
 * An invented identity to store.
 */
export type AddPractice = { 
/**
 * What it alone meets: rules of the weather.
 */
weather: Array<string>, 
/**
 * When it ends, in seconds from now; not at all where absent.
 */
ends_in_seconds?: number, 
/**
 * Who it is there, by the words of its system: `cluster` → `shops-eu`.
 */
is?: { [key in string]: string }, };

/**
 * What a diagnostic is about: the file, and inside it the step and field where that is known.
 */
export type Address = { 
/**
 * The file, relative to the workspace, with `/` as separator. Empty where there is no file.
 */
file: string, 
/**
 * The id of the step.
 */
step?: string, 
/**
 * A JSON pointer into the document (RFC 6901), for example `/steps/network/with/directory`.
 */
field?: string, };

/**
 * A person's answer at a step.
 */
export type AnswerStep = { 
/**
 * The run.
 */
run: RunId, 
/**
 * The step, or one element of it (`servers[2]`).
 */
step: string, 
/**
 * What they say.
 */
answer: PersonsAnswer, 
/**
 * Their remark.
 */
comment?: string, };

/**
 * Code, what, what to do, where, and whether a retry can help. Shells switch on the code.
 */
export type ApiError = { 
/**
 * The stable code.
 */
code: Code, 
/**
 * The kind.
 */
kind: ErrorKind, 
/**
 * What happened.
 */
message: string, 
/**
 * What to do next.
 */
hint?: string, 
/**
 * Where, when it is about a document.
 */
address?: Address, 
/**
 * Whether a retry can help.
 */
retry: Retry, 
/**
 * All that is wrong with the document, when that is why.
 */
diagnostics?: Array<Diagnostic>, };

/**
 * Saying yes to the preview of a run.
 */
export type ApproveRun = { 
/**
 * Its id.
 */
run: RunId, 
/**
 * Why it is to begin outside the environment's window, or in a freeze.
 */
override_window?: string, };

/**
 * A cron expression that somebody thinks of.
 */
export type AskWhen = { 
/**
 * The cron expression.
 */
cron: string, 
/**
 * The time zone.
 */
time_zone: string, };

/**
 * What is special about a step.
 */
export type Badge = "off" | "condition" | "for_each" | "approval" | "retry" | "undo" | "join" | "note" | "unknown";

/**
 * A stretch of time on the timeline.
 */
export type Bar = { 
/**
 * What it shows.
 */
kind: BarKind, 
/**
 * Of which attempt.
 */
attempt: number, 
/**
 * When it began.
 */
from: number, 
/**
 * When it ended; absent while it lasts.
 */
to: number | null, };

/**
 * What a [`Bar`] shows.
 */
export type BarKind = "prepare" | "work" | "person" | "vault" | "backoff";

/**
 * Events of one run, and what they make stale. Log lines are not in it: a screen that shows them reads
 * them by number.
 */
export type Batch = { 
/**
 * The run; absent where the listener missed something and must read everything again.
 */
run: RunId | null, 
/**
 * The events, in the shape `event/1`, logs left out.
 */
events: any[], 
/**
 * How many log lines came.
 */
logs: number, 
/**
 * Names of the commands whose answers are stale now.
 */
stale: Array<string>, 
/**
 * The run cannot go on here.
 */
trouble?: Error, };

/**
 * A call of a practice cloud past Podium.
 */
export type CallPractice = { 
/**
 * The connector.
 */
connector: string, 
/**
 * The method of HTTP.
 */
method: string, 
/**
 * Path and query, as the vendor's interface has them.
 */
path: string, 
/**
 * What is sent.
 */
body?: string, 
/**
 * Its type; JSON where absent.
 */
content_type?: string, };

/**
 * The graph of a called workflow.
 */
export type CalledGraph = { 
/**
 * The step that calls it.
 */
step: string, 
/**
 * The called workflow's name in the workspace.
 */
workflow: string, 
/**
 * What people call it.
 */
title: string, 
/**
 * Its steps, with their own ids.
 */
graph: Graph, };

/**
 * One answer for each verb.
 */
export type Capability = { [key in Verb]?: Support };

/**
 * One line of a preview.
 */
export type Change = { 
/**
 * What happens to it.
 */
action: Action, 
/**
 * The system's own word for the kind, for example `AWS::S3::Bucket`.
 */
kind: string, 
/**
 * Its name or address in the system.
 */
name: string, 
/**
 * Before, where known. Holds no secret: sensitive values are the text `(hidden)`.
 */
before: any, 
/**
 * After, where known. Values known only later are the text `(known later)`.
 */
after: any, 
/**
 * Whether it holds data that is lost with it (a database, a volume, a bucket).
 */
stateful: boolean, 
/**
 * Set where this line is less sure than its step.
 */
confidence?: Confidence, 
/**
 * Why nobody can know, or why it is replaced.
 */
because?: string, };

/**
 * One check of the doctor.
 */
export type Check = { 
/**
 * What was looked at: `Terraform`.
 */
what: string, 
/**
 * How it is.
 */
state: CheckState, 
/**
 * In one sentence, with version and place.
 */
detail: string, 
/**
 * What to do.
 */
hint?: string, };

/**
 * Asking what a workflow asks for, with the answers so far.
 */
export type CheckInputs = { 
/**
 * The workflow.
 */
workflow: string, 
/**
 * The answers so far, also those to inputs that are not asked for by now.
 */
inputs: Record<string, any>, };

/**
 * How a check went.
 */
export type CheckState = "good" | "missing" | "trouble";

/**
 * Something that a connector, or its simulator, was held against in the tests.
 */
export type Checked = { 
/**
 * What kind of witness it is.
 */
against: CheckedAgainst, 
/**
 * Its name and version: `Terraform 1.15.5`.
 */
what: string, 
/**
 * The file of the test, from the root of the repository.
 */
by: string, };

/**
 * How good a witness is, the best first.
 */
export type CheckedAgainst = "real-software" | "vendor-client" | "vendor-specification" | "documents";

/**
 * What a workflow asks for, and what is wrong with the answers.
 */
export type CheckedInputs = { 
/**
 * The inputs that are asked for, in the order of the file. Only these are sent.
 */
asked: Array<string>, 
/**
 * What is wrong with their values.
 */
problems: Array<InputProblem>, };

/**
 * A choice for a form.
 */
export type Choice = { 
/**
 * The value.
 */
value: string, 
/**
 * What people call it.
 */
label: string, };

/**
 * A stable code such as `POD0012`; each has a page in `docs/errors/`.
 *
 * Ranges: `POD00xx` reading a document · `POD01xx` its meaning (types, edges, expressions) ·
 * `POD02xx` edits and files · `POD03xx` tools and processes · `POD04xx` network and far systems ·
 * `POD05xx` credentials, vault, keychain · `POD06xx` journal, disk, locks · `POD07xx` runs, approvals,
 * previews · `POD08xx` arguments of commands.
 */
export type Code = string;

/**
 * Asking what is different between a run and another one, or what it would be today.
 */
export type CompareRun = { 
/**
 * The run.
 */
run: RunId, 
/**
 * The other one; the workflow as it is now where absent.
 */
with?: RunId, };

/**
 * What is different between a run and another one, or what it would be today.
 */
export type Comparison = { 
/**
 * Answers that differ.
 */
inputs: Array<Difference>, 
/**
 * What else differs: the environment's variables, bound credentials, results.
 */
settings: Array<Difference>, 
/**
 * Steps that differ, in the order of the run; those that are new at the end.
 */
steps: Array<StepDifference>, 
/**
 * Why the workflow cannot be planned today; then only what the run had is known.
 */
problem: Error | null, };

/**
 * How sure a preview is.
 */
export type Confidence = "exact" | "predicted" | "unknown";

/**
 * A way to make of a value what an input takes.
 */
export type Converter = { 
/**
 * What it does, for a button: `Take the first one`.
 */
label: string, 
/**
 * The expression, without `${{ }}`.
 */
expression: string, };

/**
 * What is to be copied out of a workflow.
 */
export type CopySteps = { 
/**
 * The workflow.
 */
workflow: string, 
/**
 * Steps.
 */
steps: Array<string>, 
/**
 * Frames.
 */
frames: Array<string>, 
/**
 * Notes.
 */
notes: Array<string>, };

/**
 * How many stand where.
 */
export type Counts = { 
/**
 * All of them.
 */
total: number, 
/**
 * For others.
 */
waiting: number, 
/**
 * Under way.
 */
active: number, 
/**
 * For somebody.
 */
asking: number, 
/**
 * Ended well (or taken back).
 */
succeeded: number, 
/**
 * Ended badly.
 */
failed: number, 
/**
 * Stopped.
 */
cancelled: number, 
/**
 * Not run.
 */
skipped: number, };

/**
 * A schedule that is to be made.
 */
export type CreateSchedule = { 
/**
 * What people call it; the workflow's name where empty.
 */
title: string, 
/**
 * The workflow that it runs.
 */
workflow: string, 
/**
 * Where.
 */
environment: EnvironmentName, 
/**
 * With what.
 */
inputs: Record<string, any>, 
/**
 * The cron expression.
 */
cron: string, 
/**
 * The time zone.
 */
time_zone: string, 
/**
 * What is done about a time that was missed.
 */
missed: Missed, };

/**
 * Making the vault.
 */
export type CreateVault = { 
/**
 * The passphrase; absent for the keychain.
 */
passphrase?: string, };

/**
 * A new workflow.
 */
export type CreateWorkflow = { 
/**
 * What people call it; its file name is made from it.
 */
title: string, };

/**
 * One field of a credential.
 */
export type CredentialField = { 
/**
 * The name.
 */
name: string, 
/**
 * The label.
 */
label: string, 
/**
 * One sentence of help.
 */
help: string, 
/**
 * Whether it goes into the vault and never comes out. The others are stored in the clear and
 * shown.
 */
secret: boolean, 
/**
 * Whether it must be there.
 */
required: boolean, };

/**
 * A kind of credential.
 */
export type CredentialKind = { 
/**
 * The id, for example `aws`.
 */
id: string, 
/**
 * What people call it.
 */
label: string, 
/**
 * Its fields, in the order of the form.
 */
fields: Array<CredentialField>, };

/**
 * The name under which a credential is stored.
 */
export type CredentialName = string;

/**
 * A place where an operation takes a credential.
 */
export type CredentialPort = { 
/**
 * The name used in a step's `credentials`. `secrets.*` takes any name after the dot: a value that
 * is handed to the tool under that name.
 */
name: string, 
/**
 * The kind it takes: an id of a [`CredentialKind`].
 */
kind: string, 
/**
 * Whether the step cannot run without it.
 */
required: boolean, 
/**
 * What it is for.
 */
title: string, };

/**
 * A stored credential.
 */
export type CredentialRef = { 
/**
 * Its name.
 */
name: CredentialName, };

/**
 * What a test of a credential gave.
 */
export type CredentialTest = { 
/**
 * When, RFC 3339.
 */
at: string, 
/**
 * Who it is; absent where the test failed or the kind has no identity.
 */
identity: Identity | null, 
/**
 * Why it failed.
 */
error: Error | null, 
/**
 * In one sentence.
 */
words: string, 
/**
 * What it may do, as far as calls that only look can tell; empty where they cannot.
 */
rights: Array<Right>, };

/**
 * A stored credential, without anything secret.
 */
export type CredentialView = { 
/**
 * Its name.
 */
name: CredentialName, 
/**
 * Its kind.
 */
kind: string, 
/**
 * What people call the kind.
 */
label: string, 
/**
 * Fields that are no secret.
 */
fields: { [key in string]: string }, 
/**
 * Names of fields that are, and are stored.
 */
hidden: Array<string>, 
/**
 * When it was stored, RFC 3339.
 */
created: string, 
/**
 * Environments that use it.
 */
used_in: Array<EnvironmentName>, 
/**
 * The newest test.
 */
tested: CredentialTest | null, 
/**
 * Whether a person can log in for it, in place of typing its secret.
 */
logs_in?: boolean, 
/**
 * Set where it is invented, for practice clouds alone.
 */
practice?: PracticeIdentity, };

/**
 * What happens when the reply of a start call is lost (SECURITY, section 4.2).
 */
export type Delivery = { "claim": "idempotent" } | { "claim": "effectively_once" } | { "claim": "at_least_once", 
/**
 * How it is looked for, as a whole sentence.
 */
how: string, } | { "claim": "at_most_once" };

/**
 * What became of it.
 */
export type DemoRemoved = { 
/**
 * What went, a sentence each.
 */
gone: Array<string>, 
/**
 * What stayed.
 */
stays: Array<DemoStays>, };

/**
 * A deployment of the demo that stands.
 */
export type DemoStanding = { 
/**
 * The run.
 */
run: string, 
/**
 * What people call it.
 */
title: string, 
/**
 * Where it stands.
 */
environment: string, 
/**
 * What becomes of it, in words.
 */
words: string, };

/**
 * Something that stays.
 */
export type DemoStays = { 
/**
 * What.
 */
what: string, 
/**
 * Why.
 */
because: string, };

/**
 * What would go and what would stay if the demo were removed.
 */
export type DemoView = { 
/**
 * The folder of the demo.
 */
folder: string, 
/**
 * What would go, a sentence each.
 */
goes: Array<string>, 
/**
 * Deployments that stand or are under way. They are taken back first.
 */
standing: Array<DemoStanding>, 
/**
 * What stays.
 */
stays: Array<DemoStays>, };

/**
 * Something to tell the author about a document.
 */
export type Diagnostic = { 
/**
 * How much it matters.
 */
severity: Severity, 
/**
 * The stable code.
 */
code: Code, 
/**
 * One line without the author's words in it.
 */
summary: string, 
/**
 * Whole sentences: what, why. Values stand in backticks.
 */
detail: string, 
/**
 * What to do next, when there is a good guess (for example the nearest right name).
 */
hint?: string, 
/**
 * What it is about.
 */
address: Address, 
/**
 * Where it stands in the file.
 */
span?: Span, };

/**
 * One thing that differs.
 */
export type Difference = { 
/**
 * What: a path such as `with.variables.branch`.
 */
what: string, 
/**
 * In the run; absent where it was not there.
 */
before: any, 
/**
 * In the other one; absent where it is not there.
 */
after: any, };

/**
 * Asking for the choices of a field.
 */
export type Discover = { 
/**
 * The workflow.
 */
workflow: string, 
/**
 * Where to look; the workspace's default where absent.
 */
environment?: EnvironmentName, 
/**
 * The step.
 */
step: StepId, 
/**
 * What, as the schema's `x-podium-discover` names it.
 */
what: string, };

/**
 * What is there and what is missing on this computer.
 */
export type Doctor = { 
/**
 * The checks.
 */
checks: Array<Check>, };

/**
 * A workflow, as written in `workflows/NAME.yaml`. Passive data; order is the author's.
 */
export type Document = { 
/**
 * The version of the format; `1`.
 */
podium: number, 
/**
 * What people call it; the file's name where empty.
 */
name: string, 
/**
 * One or two sentences.
 */
description?: string, 
/**
 * Name → JSON Schema (2020-12) of one input, with `default`, `title` and so on.
 */
inputs: Record<string, any>, 
/**
 * Slot → what kind of credential goes there.
 */
credentials: { [key in string]: Slot }, 
/**
 * Step id → step.
 */
steps: { [key in string]: Step }, 
/**
 * Name → template.
 */
outputs: Record<string, any>, 
/**
 * Keys that this version does not know, kept and shown neutral.
 */
unknown?: Record<string, any>, };

/**
 * A workflow, open for editing.
 */
export type DocumentView = { 
/**
 * Its name in the workspace.
 */
workflow: string, 
/**
 * Its file, relative to the workspace.
 */
file: string, 
/**
 * The text.
 */
text: string, 
/**
 * The version of text and layout together; an edit names the version it was made on.
 */
version: string, 
/**
 * The text as data; absent where it cannot be read.
 */
document: Document | null, 
/**
 * What to draw; as good as it can be where there are errors.
 */
graph: Graph, 
/**
 * Where the nodes stand.
 */
layout: Layout, 
/**
 * What is wrong, worst first.
 */
diagnostics: Array<Diagnostic>, 
/**
 * What undo would take back.
 */
undo: string | null, 
/**
 * What redo would do again.
 */
redo: string | null, };

/**
 * How a thing changed.
 */
export type DriftHow = "gone" | "added" | "changed";

/**
 * What became of the things that one step left.
 */
export type DriftRow = { 
/**
 * The step.
 */
step: StepId, 
/**
 * What people call it.
 */
title: string, 
/**
 * Which operation.
 */
uses: OperationName, 
/**
 * Whether the system that is asked is the real one.
 */
mode: Mode, 
/**
 * When the step had done it, in milliseconds since 1970.
 */
since: number, 
/**
 * How it stands.
 */
state: DriftState, 
/**
 * Why nobody can know, or what is not looked at; as a whole sentence.
 */
because: string | null, 
/**
 * What is no longer as the step left it.
 */
things: Array<DriftThing>, 
/**
 * How many more there are.
 */
more: number, 
/**
 * Why it could not be asked.
 */
error: Error | null, };

/**
 * How the things of one step stand.
 */
export type DriftState = "asking" | "same" | "changed" | "cannot_know" | "failed" | "stopped";

/**
 * A thing that is no longer as a step left it.
 */
export type DriftThing = { 
/**
 * The system's word for the kind.
 */
kind: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Which element of the step's list it belongs to, counted from 0.
 */
element: number | null, 
/**
 * How it changed.
 */
how: DriftHow, 
/**
 * What differs: `before` as it was left, `after` as it is.
 */
fields: Array<Difference>, };

/**
 * A look at what a run left: whether it is still so. Lives as long as this process; nothing of it is in
 * the journal.
 */
export type DriftView = { 
/**
 * The run.
 */
run: RunId, 
/**
 * What people call its workflow.
 */
title: string, 
/**
 * Where it ran.
 */
environment: string, 
/**
 * When it ended, in milliseconds since 1970.
 */
since: number, 
/**
 * When the look began.
 */
began: number, 
/**
 * When it ended; absent while it goes on.
 */
ended: number | null, 
/**
 * Whether somebody stopped it.
 */
stopped: boolean, 
/**
 * In words: `2 things were changed by hand since.`
 */
sentence: string, 
/**
 * A later run of the same workflow in the same environment with the same answers: what that one
 * changed is told here as well.
 */
newer: RunId | null, 
/**
 * The steps that may have changed something, in the order of the plan.
 */
rows: Array<DriftRow>, };

/**
 * A time at which something is due.
 */
export type DueView = { 
/**
 * The moment.
 */
at: number, 
/**
 * The same on the clock of its time zone: `Sunday 2026-03-29 03:00 (+02:00)`.
 */
there: string, 
/**
 * What summer time makes of it, as a sentence.
 */
note: string | null, };

/**
 * A length of time; its text is a whole number and `ms`, `s`, `m` or `h`: `500ms`, `2s`, `2m`, `1h`.
 */
export type Duration = string;

/**
 * One edit of a workflow.
 */
export type Edit = { "edit": "add_step", 
/**
 * Its id; free so far.
 */
id: StepId, 
/**
 * Which operation.
 */
uses: OperationName, 
/**
 * What people call it.
 */
title?: string, 
/**
 * Its inputs.
 */
with: Record<string, any>, 
/**
 * The step after which it stands in the text; at the end where absent.
 */
after?: StepId, } | { "edit": "remove_step", 
/**
 * Its id.
 */
id: StepId, } | { "edit": "rename_step", 
/**
 * Its id so far.
 */
id: StepId, 
/**
 * Its new id; free so far.
 */
to: StepId, } | { "edit": "set_field", 
/**
 * For example `/steps/network/with/directory`.
 */
pointer: string, 
/**
 * The new value.
 */
value: any, } | { "edit": "remove_field", 
/**
 * For example `/steps/network/retry`.
 */
pointer: string, } | { "edit": "add_need", 
/**
 * The step that waits.
 */
step: StepId, 
/**
 * The step that comes first.
 */
needs: StepId, 
/**
 * The way it must have gone.
 */
on: When, } | { "edit": "remove_need", 
/**
 * The step that waited.
 */
step: StepId, 
/**
 * The step that came first.
 */
needs: StepId, } | { "edit": "set_top", 
/**
 * The key.
 */
key: string, 
/**
 * The new value.
 */
value: any, };

/**
 * An edit of a workflow from the canvas or the inspector.
 */
export type EditDocument = { 
/**
 * The workflow.
 */
workflow: string, 
/**
 * The version that the edit was made on.
 */
version: string, 
/**
 * What undo will call it: `Add a step`.
 */
label: string, 
/**
 * Edits of the same key within a short time become one step of undo (typing in one field).
 */
merge?: string, 
/**
 * Changes of the text.
 */
edits: Array<Edit>, 
/**
 * Changes of places.
 */
moves: { [key in string]: Place }, 
/**
 * Steps that tidying never moves, or moves again.
 */
pins?: { [key in string]: boolean }, 
/**
 * Frames as they are to be; null takes one away.
 */
frames?: { [key in string]: Frame | null }, 
/**
 * Notes as they are to be; null takes one away.
 */
notes?: { [key in string]: Note | null }, };

/**
 * A request without anything in it.
 */
export type Empty = Record<symbol, never>;

/**
 * The name of an environment; its file is `environments/NAME.yaml`.
 */
export type EnvironmentName = string;

/**
 * An environment.
 */
export type EnvironmentView = { 
/**
 * Its name.
 */
name: EnvironmentName, 
/**
 * What people call it.
 */
title: string, 
/**
 * Simulators stand in for far systems.
 */
practice: boolean, 
/**
 * A person must approve first.
 */
approval: boolean, 
/**
 * The person confirms by typing the name.
 */
type_name: boolean, 
/**
 * Nothing is ever written here.
 */
read_only: boolean, 
/**
 * Variables.
 */
vars: Record<string, any>, 
/**
 * Slot → credential.
 */
credentials: { [key in string]: CredentialName }, 
/**
 * Slot → who its credential must turn out to be, in words: `cluster shops-eu`.
 */
expect: { [key in string]: string }, 
/**
 * When runs may begin; absent where that is at any time.
 */
window?: WindowView, };

/**
 * An operation failed. For the program (kind, code, retry), the user (message, hint) and the
 * maintainer (context, source).
 */
export type Error = { 
/**
 * The kind, for deciding what to do.
 */
kind: ErrorKind, 
/**
 * The stable code.
 */
code: Code, 
/**
 * What happened, in a sentence for people. Holds no secret.
 */
message: string, 
/**
 * What to do next.
 */
hint?: string, 
/**
 * Whether trying again can help.
 */
retry: Retry, 
/**
 * Facts for the maintainer: name and value. Hold no secret.
 */
context?: Array<[string, string]>, 
/**
 * The error underneath, as text.
 */
source?: string, };

/**
 * The kinds are few and the same for every connector; the code tells the rest.
 */
export type ErrorKind = "invalid" | "not_found" | "conflict" | "stale" | "unauthorized" | "forbidden" | "missing_tool" | "unreachable" | "throttled" | "timed_out" | "failed" | "cancelled" | "unknown" | "locked" | "storage" | "unsupported" | "internal";

/**
 * One plain value of an identity.
 */
export type Fact = { 
/**
 * The system's word, one of [`podium_model::parse::IDENTITY_WORDS`]: `cluster`.
 */
what: string, 
/**
 * The value.
 */
value: string, };

/**
 * Where a text is in a log.
 */
export type FindInLog = { 
/**
 * The run.
 */
run: RunId, 
/**
 * Only of this step.
 */
step?: string, 
/**
 * The text; capitals do not count.
 */
text: string, 
/**
 * The line from which the search goes on.
 */
near: number, 
/**
 * Whether it goes back: to the match before `near`; else to the one at `near` or after.
 */
back: boolean, };

/**
 * One output held against one input.
 */
export type Fit = { 
/**
 * The output's name.
 */
output: string, 
/**
 * The input's pointer below `with`, such as `/inventory/hosts`.
 */
field: string, 
/**
 * What the output is, in words: `a folder path`.
 */
gives: string, 
/**
 * What the input takes, in words.
 */
takes: string, 
/**
 * Why the two do not go together, as a sentence that names both types; absent where they do.
 */
because: string | null, 
/**
 * What makes them go together, the likeliest first; empty where nothing is needed or known.
 */
converters: Array<Converter>, };

/**
 * What a search in a log found.
 */
export type FoundInLog = { 
/**
 * How many lines have the text in them.
 */
count: number, 
/**
 * Which of them this is, counted from 1; 0 where there is none.
 */
which: number, 
/**
 * Its number in the log; absent where there is none.
 */
line: number | null, };

/**
 * A place where a secret stands.
 */
export type FoundSecret = { 
/**
 * A file, or an event of a run.
 */
place: string, 
/**
 * The credential's field.
 */
field: string, };

/**
 * A selection as text.
 */
export type Fragment = { 
/**
 * For the clipboard.
 */
text: string, };

/**
 * A frame around nodes, with a heading. What stands in it moves with it.
 */
export type Frame = { 
/**
 * From the left.
 */
x: number, 
/**
 * From the top.
 */
y: number, 
/**
 * How wide.
 */
width: number, 
/**
 * How high.
 */
height: number, 
/**
 * The heading.
 */
title?: string, 
/**
 * For people; Markdown.
 */
note?: string, 
/**
 * The name of a colour of the design.
 */
color?: string, 
/**
 * Who looks after what stands in it.
 */
owner?: string, 
/**
 * The environment that it is about.
 */
environment?: string, };

/**
 * Asking which parts of a log can be folded.
 */
export type GetLogGroups = { 
/**
 * The run.
 */
run: RunId, 
/**
 * Only of this step.
 */
step?: string, };

/**
 * Which log lines to read.
 */
export type GetLogs = { 
/**
 * The run.
 */
run: RunId, 
/**
 * Only of this step.
 */
step?: string, 
/**
 * From this line on, counted from 0.
 */
from: number, 
/**
 * At the most so many; 1,000 where absent.
 */
limit?: number, };

/**
 * A run, now or at a moment.
 */
export type GetRun = { 
/**
 * Its id.
 */
run: RunId, 
/**
 * As it was after this event; now where absent.
 */
at?: number, };

/**
 * A schedule with as many of its next times as are wanted.
 */
export type GetSchedule = { 
/**
 * Its name in the workspace.
 */
schedule: string, 
/**
 * How many of its next times; ten where absent, at most 366.
 */
count?: number, };

/**
 * Steps and edges, in the order of the file.
 */
export type Graph = { 
/**
 * The steps.
 */
nodes: Array<GraphNode>, 
/**
 * The edges between steps that exist.
 */
edges: Array<GraphEdge>, 
/**
 * The graphs of the workflows that steps call.
 */
calls?: Array<CalledGraph>, };

/**
 * An edge.
 */
export type GraphEdge = { 
/**
 * The step that comes first.
 */
from: string, 
/**
 * The step that waits.
 */
to: string, 
/**
 * The way the first must have gone.
 */
on: When, } & ({ "kind": "order" } | { "kind": "data", 
/**
 * The paths, sorted.
 */
paths: Array<string>, 
/**
 * Whether it is also drawn under `needs`.
 */
drawn: boolean, });

/**
 * A step.
 */
export type GraphNode = { 
/**
 * The id as written; of a step that cannot be read it may be no valid id.
 */
id: string, 
/**
 * What people call it.
 */
title: string, 
/**
 * Which operation; empty where that cannot be read.
 */
uses: string, 
/**
 * How many errors and warnings are about it.
 */
problems: number, 
/**
 * What is special about it.
 */
badges: Array<Badge>, 
/**
 * The call that it belongs to; only in the graph of a plan.
 */
within?: string, };

/**
 * A due time, and what became of it.
 */
export type HandledView = { 
/**
 * When it was due.
 */
due: number, 
/**
 * The same on the clock of its time zone.
 */
there: string, 
/**
 * When that was decided.
 */
at: number, 
/**
 * How many due times before it were missed and are told with it.
 */
missed: number, 
/**
 * What became of it.
 */
what: Outcome, 
/**
 * In words.
 */
sentence: string, 
/**
 * The run that was begun.
 */
run: RunId | null, 
/**
 * Where that stands.
 */
run_state: RunState | null, 
/**
 * Why nothing could be begun.
 */
error: Error | null, };

/**
 * How a step differs.
 */
export type HowDifferent = "added" | "removed" | "changed";

/**
 * Who would do it.
 */
export type Identity = { 
/**
 * The system, for example `aws`.
 */
system: string, 
/**
 * The account, subscription, cluster or organisation.
 */
account: string, 
/**
 * The user, role or token name.
 */
user: string, 
/**
 * The region or endpoint, where it matters.
 */
place?: string, 
/**
 * When it ends, RFC 3339; absent where it does not.
 */
expires?: string, 
/**
 * The same as plain values that can be compared with what somebody expects; the first is the account,
 * by the system's own word for it. A word may stand twice, where a thing has two names.
 */
facts?: Array<Fact>, };

/**
 * A record to bring in.
 */
export type ImportRun = { 
/**
 * The text that `podium runs export` wrote.
 */
text: string, };

/**
 * What was brought in.
 */
export type ImportedRun = { 
/**
 * The run.
 */
run: string, 
/**
 * What people call it.
 */
title: string, 
/**
 * Whether it was there before; nothing has changed then.
 */
already: boolean, };

/**
 * What is wrong with one value in a form.
 */
export type InputProblem = { 
/**
 * Where: a JSON pointer into the answers.
 */
field: string, 
/**
 * The code.
 */
code: Code, 
/**
 * Nothing was given, rather than something wrong.
 */
missing: boolean, 
/**
 * What is wrong, and what to do.
 */
message: string, };

/**
 * The graph inside a step, as its system draws it.
 */
export type InsideView = { 
/**
 * The step.
 */
step: StepId, 
/**
 * What people call it.
 */
title: string, 
/**
 * Which operation.
 */
uses: OperationName, 
/**
 * Where it was looked.
 */
environment: string, 
/**
 * Whether the system that was asked is the real one.
 */
mode: Mode, 
/**
 * Whether that depends on an input that is not known yet.
 */
mode_open: boolean, 
/**
 * The things: `title` is the name, `uses` the system's word for the kind.
 */
graph: Graph, 
/**
 * Where they stand.
 */
layout: Layout, 
/**
 * How many more there are than are drawn.
 */
more: number, 
/**
 * In words: `8 things of 4 kinds.`, or why there is nothing to see; whole sentences.
 */
sentence: string, 
/**
 * Nobody can look inside; the sentence says why.
 */
cannot: boolean, };

/**
 * A step, or one element of a step with `for_each`. Its text form is `servers` or `servers[2]`, and for a
 * step of a called workflow `shop.servers` or `shop.servers[2]`.
 */
export type Instance = string;

/**
 * How many needed steps are enough.
 */
export type Join = "all" | "any" | number;

/**
 * A layout, as written.
 */
export type Layout = { 
/**
 * The version of the format; `1`.
 */
podium: number, 
/**
 * Step id → where it stands.
 */
nodes: { [key in string]: Place }, 
/**
 * Frame id → frame.
 */
frames?: { [key in string]: Frame }, 
/**
 * Note id → note.
 */
notes?: { [key in string]: Note }, };

/**
 * Which runs to list.
 */
export type ListRuns = { 
/**
 * Only of this workflow.
 */
workflow?: string, 
/**
 * At the most so many, newest first; 100 where absent.
 */
limit?: number, };

/**
 * One line of a log.
 */
export type LogEntry = { 
/**
 * Its number, counted from 0.
 */
number: number, 
/**
 * The step.
 */
step: string, 
/**
 * When, RFC 3339.
 */
at: string, 
/**
 * How loud.
 */
level: LogLevel, 
/**
 * The text, without the line end.
 */
text: string, };

/**
 * A part of a log that can be folded.
 */
export type LogGroup = { 
/**
 * Its first line, which stays in sight.
 */
from: number, 
/**
 * The line after its last one.
 */
to: number, 
/**
 * What it is called.
 */
title: string, };

/**
 * How loud a log line is.
 */
export type LogLevel = "debug" | "info" | "warning" | "error";

/**
 * Log lines.
 */
export type LogPage = { 
/**
 * The lines.
 */
lines: Array<LogEntry>, 
/**
 * How many there are in all.
 */
total: number, };

/**
 * A login that was begun: a person enters the code at the address.
 */
export type LoginStarted = { 
/**
 * The credential that it is for.
 */
name: CredentialName, 
/**
 * What to enter; short-lived, and of no use to anybody else.
 */
code: string, 
/**
 * Where, in a browser of any computer.
 */
address: string, 
/**
 * When it ends, RFC 3339.
 */
until: string, };

/**
 * Asking for the graph inside a step of a workflow.
 */
export type LookInside = { 
/**
 * The workflow.
 */
workflow: string, 
/**
 * Where to look; the workspace's default where absent.
 */
environment?: EnvironmentName, 
/**
 * The step.
 */
step: StepId, 
/**
 * Inputs; those of the newest run, then the schema's defaults where absent.
 */
inputs: Record<string, any>, };

/**
 * Asking for the graph inside a step of a run.
 */
export type LookInsideRun = { 
/**
 * The run.
 */
run: RunId, 
/**
 * The step.
 */
step: StepId, };

/**
 * Something that a step made or changed.
 */
export type Made = { 
/**
 * The system's word for the kind.
 */
kind: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Where a person can look at it (`https://`, or `http://127.0.0.1:…`).
 */
link?: string, };

/**
 * Asking what a run would change.
 */
export type MakePreview = { 
/**
 * The workflow.
 */
workflow: string, 
/**
 * Where; the workspace's default where absent.
 */
environment?: EnvironmentName, 
/**
 * Inputs; the schema's defaults where absent.
 */
inputs: Record<string, any>, };

/**
 * A connector, as data; forms, palette, docs and tables are drawn from it.
 */
export type Manifest = { 
/**
 * The id, the first half of its operations' names: `terraform`.
 */
id: string, 
/**
 * What people call it: `Terraform`.
 */
label: string, 
/**
 * One sentence.
 */
summary: string, 
/**
 * Two letters for the drawn mark, for example `Tf`; never a vendor's logo.
 */
mark: string, 
/**
 * The hue of the mark, in degrees of OKLCH.
 */
hue: number, 
/**
 * Kinds of credential that this connector brings; the form to add one is drawn from it.
 */
credentials: Array<CredentialKind>, 
/**
 * Operations, in the order of the palette.
 */
operations: Array<Operation>, 
/**
 * Tools it drives, by program name in order of preference, for example `terraform`, `tofu`.
 */
tools: Array<string>, 
/**
 * Whether it acts on this computer alone. Practice environments use such a connector as it is:
 * its effects are real, and its steps say Real.
 */
local: boolean, 
/**
 * Where its documentation is.
 */
links: Array<string>, 
/**
 * Facts of the contract that nobody could confirm, as whole sentences.
 */
unconfirmed: Array<string>, 
/**
 * What the connector and its simulator were held against.
 */
checked: Array<Checked>, };

/**
 * What is done about a time that was missed.
 */
export type Missed = "ask" | "run" | "skip";

/**
 * Due times that were missed, and of which a person decides: run it now, or leave it.
 */
export type MissedView = { 
/**
 * The first of them.
 */
first: number, 
/**
 * The last of them, which is the one that is run.
 */
due: number, 
/**
 * The last one on the clock of its time zone.
 */
there: string, 
/**
 * How many.
 */
count: number, 
/**
 * In words: `Missed at …, and 2 times before. Run it now, or leave it?`
 */
sentence: string, };

/**
 * Whether the far system is the real one.
 */
export type Mode = "real" | "simulated";

/**
 * An edge that the author drew.
 */
export type Need = { 
/**
 * The step that comes first.
 */
step: StepId, 
/**
 * The way it must have gone.
 */
on: When, };

/**
 * A note on the canvas.
 */
export type Note = { 
/**
 * From the left.
 */
x: number, 
/**
 * From the top.
 */
y: number, 
/**
 * How wide.
 */
width: number, 
/**
 * How high.
 */
height: number, 
/**
 * For people; Markdown.
 */
text?: string, 
/**
 * The name of a colour of the design.
 */
color?: string, };

/**
 * What began a run in the place of a person: a schedule.
 */
export type Occasion = { 
/**
 * Its name in the workspace.
 */
schedule: string, 
/**
 * What people call it.
 */
title: string, 
/**
 * When it was due, in milliseconds since 1970; absent where a person pressed its button.
 */
due?: number, 
/**
 * The same on the clock of its time zone, for example `Sunday 2026-03-29 03:00 (+02:00)`.
 */
due_there?: string, };

/**
 * What a failure means for the rest of the run.
 */
export type OnError = "stop" | "continue" | "ask";

/**
 * One operation of a connector.
 */
export type Operation = { 
/**
 * `connector/operation`.
 */
name: OperationName, 
/**
 * A verb and a noun for the palette: `Apply a configuration`.
 */
title: string, 
/**
 * One sentence: what it does.
 */
summary: string, 
/**
 * JSON Schema (2020-12) of `with`. `title` and `description` of each property are its label and
 * help. Extension keywords: `x-podium-order` (place in the form, small first),
 * `x-podium-more: true` (folded under More), `x-podium-discover: NAME` (choices come live),
 * `x-podium-kind` (which field is drawn, and the port's type: `path`, `directory`, `file`, `host`,
 * `host-list`, `ip`, `cidr`, `address`, `region`, `duration`, `json`, `yaml`, `multiline`). The
 * `format` of JSON Schema counts in the same way, such as `uri`, `hostname`, `ipv4`, `date-time`.
 */
input: any, 
/**
 * JSON Schema of the outputs. A property with `additionalProperties: true` at the root means that
 * further outputs are only known when it runs.
 */
output: any, 
/**
 * Credentials it takes: the names used in a step's `credentials`.
 */
credentials: Array<CredentialPort>, 
/**
 * What it can do, verb by verb.
 */
capability: Capability, 
/**
 * Whether running it can change anything outside.
 */
writes: boolean, 
/**
 * What happens when the reply of a start call is lost.
 */
delivery: Delivery, 
/**
 * Rights that the identity needs, in the system's own words.
 */
permissions: Array<string>, };

/**
 * `connector/operation`, for example `terraform/apply`.
 */
export type OperationName = string;

/**
 * What became of a due time.
 */
export type Outcome = "begun" | "skipped" | "left" | "failed";

/**
 * A run begins outside the window of its environment, or in a freeze.
 */
export type Outside = { 
/**
 * How it stood: `Closed until Monday 2026-11-30 09:00 (Europe/Berlin): frozen, nobody is there.`
 */
closed: string, 
/**
 * Why it begins all the same, as the person said.
 */
reason: string, };

/**
 * What is to be put into a workflow.
 */
export type PasteSteps = { 
/**
 * The workflow.
 */
workflow: string, 
/**
 * The version that it is put into.
 */
version: string, 
/**
 * What undo will call it: `Paste 3 steps`.
 */
label: string, 
/**
 * From the clipboard.
 */
text: string, 
/**
 * Where its upper left corner comes to stand; beside where it was copied where absent.
 */
at?: Place, };

/**
 * What was put into a workflow.
 */
export type Pasted = { 
/**
 * The workflow with it.
 */
view: DocumentView, 
/**
 * The new steps.
 */
steps: Array<string>, 
/**
 * The new frames.
 */
frames: Array<string>, 
/**
 * The new notes.
 */
notes: Array<string>, };

/**
 * What a person can say at a step.
 */
export type PersonsAnswer = { "say": "approve" } | { "say": "deny" } | { "say": "retry", 
/**
 * The changed inputs.
 */
with: Record<string, any>, } | { "say": "skip" } | { "say": "done" } | { "say": "stop" } | { "say": "go_on" };

/**
 * Where a node stands: its upper left corner, in pixels at full size; `y` grows downwards.
 */
export type Place = { 
/**
 * From the left.
 */
x: number, 
/**
 * From the top.
 */
y: number, 
/**
 * Tidying never moves it.
 */
pinned?: boolean, };

/**
 * Two operations that are to be connected.
 */
export type PortsOf = { 
/**
 * The operation that gives.
 */
from: OperationName, 
/**
 * The step that expressions name.
 */
step: string, 
/**
 * The operation that takes.
 */
to: OperationName, };

/**
 * A point in a text.
 */
export type Position = { 
/**
 * Line, counted from 1.
 */
line: number, 
/**
 * Column in Unicode scalar values, counted from 1.
 */
column: number, 
/**
 * Offset in bytes from the start of the text, counted from 0.
 */
byte: number, };

/**
 * What a practice cloud answered.
 */
export type PracticeAnswer = { 
/**
 * Always simulated.
 */
mode: Mode, 
/**
 * The status of HTTP.
 */
status: number, 
/**
 * Its text.
 */
body: string, };

/**
 * An invented identity: practice clouds alone take it.
 */
export type PracticeIdentity = { 
/**
 * What it alone meets: rules of the weather.
 */
weather: Array<string>, 
/**
 * When it ends, RFC 3339.
 */
ends?: string, 
/**
 * Who it is there, by the words of its system.
 */
is?: { [key in string]: string }, };

/**
 * A connector's practice cloud as it stands.
 */
export type PracticeView = { 
/**
 * The connector.
 */
connector: string, 
/**
 * What people call it.
 */
label: string, 
/**
 * Always simulated; it is said on every line.
 */
mode: Mode, 
/**
 * Whether it is asked by HTTP; another one plays a tool, and has no address and no weather.
 */
http: boolean, 
/**
 * Where it is served at this moment, by whichever process.
 */
addresses: Array<string>, 
/**
 * Where its state lies, once there is one.
 */
state: string, 
/**
 * Whether there is one.
 */
begun: boolean, 
/**
 * The weather over it; empty where it is fair.
 */
weather: Array<WeatherRule>, 
/**
 * Why the weather cannot be read.
 */
trouble?: Error, };

/**
 * What a run would change in every system. Other programs rely on this shape (`podium schema
 * preview`); it does not change without a new number.
 */
export type Preview = { 
/**
 * `preview/1`.
 */
podium: string, 
/**
 * `sha256:` and 64 hex digits over everything else in this document, as canonical JSON (RFC 8785
 * key order, no white space).
 */
hash: string, 
/**
 * The workflow's name in the workspace.
 */
workflow: string, 
/**
 * Where it would run.
 */
environment: string, 
/**
 * The inputs, defaults filled in.
 */
inputs: Record<string, any>, 
/**
 * The run that would be taken back.
 */
undoes?: RunId, 
/**
 * Who would do it, one line a credential.
 */
identities: Array<PreviewIdentity>, 
/**
 * Counts and words.
 */
summary: Summary, 
/**
 * Every step, in the order of the plan.
 */
steps: Array<PreviewStep>, };

/**
 * Who would do it.
 */
export type PreviewIdentity = { 
/**
 * The stored credential.
 */
credential: CredentialName, 
/**
 * The system.
 */
system: string, 
/**
 * The account, where it could be proven.
 */
account: string | null, 
/**
 * The user, where it could be proven.
 */
user: string | null, 
/**
 * The region or endpoint.
 */
place?: string, 
/**
 * Why it could not be proven, or is another one than expected.
 */
problem?: Error, 
/**
 * How it compares with who the environment expects, where it expects somebody.
 */
proof?: Proof, };

/**
 * One step of a preview.
 */
export type PreviewStep = { 
/**
 * The step.
 */
id: StepId, 
/**
 * What people call it.
 */
title: string, 
/**
 * Which operation.
 */
uses: OperationName, 
/**
 * The workflow that it calls; what it changes stands at the steps `within` it.
 */
calls?: string, 
/**
 * The call that it belongs to.
 */
within?: StepId, 
/**
 * Whether the far system is real.
 */
mode: Mode, 
/**
 * Set where that is known only with inputs that are not known yet; `mode` is then that of the
 * environment.
 */
mode_open?: boolean, 
/**
 * How sure the answer is.
 */
confidence: Confidence, 
/**
 * Why not exact.
 */
because: string | null, 
/**
 * Steps whose outputs must be known first; then it is previewed again.
 */
waits_for: Array<StepId>, 
/**
 * The changes.
 */
changes: Array<Change>, 
/**
 * How it can be taken back.
 */
undo: Undo, 
/**
 * Remarks.
 */
notes?: Array<string>, 
/**
 * Whether it will be skipped: switched off, or its condition is already known to be false.
 */
skipped?: boolean, 
/**
 * Why it could not be previewed: a missing right, an unreachable system, a missing tool.
 */
problem?: Error, };

/**
 * A preview and the graph it is about.
 */
export type PreviewView = { 
/**
 * The preview.
 */
preview: Preview, 
/**
 * What people call the workflow.
 */
title: string, 
/**
 * The graph.
 */
graph: Graph, 
/**
 * Where the nodes stand.
 */
layout: Layout, 
/**
 * The environment.
 */
environment: EnvironmentView, 
/**
 * Warnings of the document.
 */
diagnostics: Array<Diagnostic>, 
/**
 * The newest run of the same that stands: what it left may have been changed by hand since.
 */
stands: Stands | null, };

/**
 * How an identity compares with what is expected of it.
 */
export type Proof = { 
/**
 * How it stands.
 */
standing: ProofStanding, 
/**
 * What is expected; a word that stands several times may be any of them.
 */
expected: Array<Fact>, 
/**
 * What was found under those words.
 */
found?: Array<Fact>, };

/**
 * How an identity compares with what is expected of it.
 */
export type ProofStanding = "proven" | "another" | "unproven" | "simulated";

/**
 * Something that waits for somebody.
 */
export type Question = { 
/**
 * The step; absent for the preview of the whole run.
 */
step: Instance | null, 
/**
 * What kind of question.
 */
kind: QuestionKind, 
/**
 * Who is asked; empty where anybody may answer.
 */
to: Array<string>, 
/**
 * The question.
 */
message: string, 
/**
 * Why it is asked.
 */
reason: string | null, 
/**
 * How many people must say yes.
 */
quorum: number, 
/**
 * Who said yes so far.
 */
by: Array<string>, 
/**
 * What the step would change now, where that is the question.
 */
changes: Array<Change>, };

/**
 * What kind of question.
 */
export type QuestionKind = "preview" | "approval" | "differs" | "unlock" | "failure" | "unknown";

/**
 * How to remove the demo.
 */
export type RemoveDemo = { 
/**
 * Deployments that stand are left as they are, and named.
 */
leave: boolean, };

/**
 * Practice clouds to begin anew.
 */
export type ResetPractice = { 
/**
 * The connectors; all where empty.
 */
connectors: Array<string>, };

/**
 * Whether trying again can help.
 */
export type Retry = "permanent" | "temporary" | "persistent";

/**
 * Tries beside the first.
 */
export type RetryRule = { 
/**
 * Attempts in all, the first included; at least 1.
 */
attempts: number, 
/**
 * Wait before the second attempt.
 */
backoff: Duration, 
/**
 * By how much each wait is longer than the one before; at least 1.
 */
factor: number, 
/**
 * Longest wait.
 */
max?: Duration, 
/**
 * Only for errors of these codes or kinds; all temporary ones where empty.
 */
on: Array<string>, };

/**
 * Something that an identity may do, or not.
 */
export type Right = { 
/**
 * What, in words: `look at stacks`.
 */
what: string, 
/**
 * Whether it may; absent where nobody can know before it is tried.
 */
held: boolean | null, };

/**
 * An edge between steps.
 */
export type RunEdge = { 
/**
 * The step that comes first.
 */
from: StepId, 
/**
 * The step that waits.
 */
to: StepId, 
/**
 * The way the first must have gone.
 */
on: When, 
/**
 * Whether a value flows.
 */
data: boolean, };

/**
 * The id of a run: `run_` and 26 characters that sort by time (Crockford base 32).
 */
export type RunId = string;

/**
 * Whether the systems that a run reaches are real.
 */
export type RunMode = "real" | "simulated" | "mixed";

/**
 * A run.
 */
export type RunName = { 
/**
 * Its id.
 */
run: RunId, };

/**
 * The run of a schedule, before its time or after it.
 */
export type RunSchedule = { 
/**
 * Its name in the workspace.
 */
schedule: string, 
/**
 * For the time that was missed and asked about; without it the run is one of its own, to try it.
 */
missed: boolean, };

/**
 * A run was made.
 */
export type RunStarted = { 
/**
 * Its id.
 */
run: RunId, };

/**
 * Where a run stands.
 */
export type RunState = "created" | "running" | "waiting" | "cancelling" | "succeeded" | "failed" | "cancelled";

/**
 * One line in a list of runs.
 */
export type RunSummary = { 
/**
 * The run.
 */
id: RunId, 
/**
 * The workflow's name in the workspace.
 */
workflow: string, 
/**
 * What people call it.
 */
title: string, 
/**
 * Where it runs.
 */
environment: string, 
/**
 * Whether the systems it reaches are real.
 */
mode: RunMode, 
/**
 * Where it stands.
 */
state: RunState, 
/**
 * The same in words.
 */
sentence: string, 
/**
 * Who asked for it.
 */
by: string, 
/**
 * The schedule that began it.
 */
schedule?: Occasion, 
/**
 * When it was made.
 */
created_at: number, 
/**
 * When it ended.
 */
ended_at: number | null, 
/**
 * How many steps stand where.
 */
counts: Counts, 
/**
 * How many questions are open.
 */
questions: number, 
/**
 * Whether it can be taken back.
 */
undo: UndoView, 
/**
 * The run that this one takes back.
 */
undoes: RunId | null, 
/**
 * The run that took this one back.
 */
undone_by: RunId | null, 
/**
 * Whether it ran elsewhere, and is only a record here.
 */
recorded: boolean, };

/**
 * Everything about one run that fits on a screen. Times are milliseconds since 1970 (UTC).
 */
export type RunView = { 
/**
 * The run.
 */
id: RunId, 
/**
 * The number of the last event in this view.
 */
seq: number, 
/**
 * The workflow's name in the workspace.
 */
workflow: string, 
/**
 * What people call it.
 */
title: string, 
/**
 * Where it runs.
 */
environment: string, 
/**
 * Whether the systems it reaches are real.
 */
mode: RunMode, 
/**
 * Where it stands.
 */
state: RunState, 
/**
 * Where it stands, in words: `Setting up servers · 2 of 5`.
 */
sentence: string, 
/**
 * Who asked for it.
 */
by: string, 
/**
 * The schedule that began it.
 */
schedule?: Occasion, 
/**
 * The inputs.
 */
inputs: Record<string, any>, 
/**
 * The hash of the preview it was made from.
 */
preview: string, 
/**
 * What the preview says in words.
 */
changes_in_words: string, 
/**
 * Who said yes to the preview.
 */
approved_by: string | null, 
/**
 * Why it began outside its environment's window, where it did.
 */
outside?: Outside, 
/**
 * When it was made.
 */
created_at: number, 
/**
 * When it began.
 */
started_at: number | null, 
/**
 * When it ended.
 */
ended_at: number | null, 
/**
 * The steps, in the order of the plan.
 */
steps: Array<StepView>, 
/**
 * The edges between them.
 */
edges: Array<RunEdge>, 
/**
 * How many steps stand where.
 */
counts: Counts, 
/**
 * What waits for somebody.
 */
questions: Array<Question>, 
/**
 * The workflow's outputs.
 */
outputs: Record<string, any>, 
/**
 * Outputs that could not be worked out.
 */
missing: Array<Error>, 
/**
 * Why it failed.
 */
error: Error | null, 
/**
 * What goes on at the far side after a cancel.
 */
still_running: Array<string>, 
/**
 * Who asked for a cancel.
 */
cancelled_by: string | null, 
/**
 * The run that this one takes back.
 */
undoes: RunId | null, 
/**
 * The run that took this one back; filled in by who reads the journal.
 */
undone_by: RunId | null, 
/**
 * Whether it ran elsewhere, and is only a record here.
 */
recorded: boolean, 
/**
 * Whether it can be taken back.
 */
undo: UndoView, 
/**
 * Where the steps stood when it began; filled in by who reads the journal.
 */
layout: Layout, };

/**
 * A schedule, by its name.
 */
export type ScheduleName = { 
/**
 * Its name in the workspace.
 */
schedule: string, };

/**
 * Where a schedule stands.
 */
export type ScheduleState = "off" | "on" | "changed" | "off_in_file" | "broken";

/**
 * A schedule, and what this computer knows of it. Times are milliseconds since 1970 (UTC).
 */
export type ScheduleView = { 
/**
 * Its name in the workspace.
 */
name: string, 
/**
 * What people call it.
 */
title: string, 
/**
 * Its file, relative to the workspace.
 */
file: string, 
/**
 * The workflow that it runs.
 */
workflow: string, 
/**
 * What people call that.
 */
workflow_title: string, 
/**
 * Where it runs.
 */
environment: EnvironmentName | null, 
/**
 * What people call that.
 */
environment_title: string, 
/**
 * With what.
 */
inputs: Record<string, any>, 
/**
 * The cron expression.
 */
cron: string, 
/**
 * The time zone.
 */
time_zone: string, 
/**
 * When, in plain words: `each day at 02:00, Europe/Berlin`; empty where it cannot be read.
 */
words: string, 
/**
 * What is done about a time that was missed.
 */
missed: Missed, 
/**
 * The same as a sentence.
 */
missed_words: string, 
/**
 * Where it stands.
 */
state: ScheduleState, 
/**
 * Where it stands, as one or two sentences.
 */
sentence: string, 
/**
 * What switching it on means, as sentences: what it does, when next, what the environment asks for.
 */
promise: Array<string>, 
/**
 * What a person agrees to who switches it on: goes back with `schedule.on`.
 */
fingerprint: string, 
/**
 * Whether switching it on asks for the environment's name, typed.
 */
type_name: boolean, 
/**
 * Whether each run waits for a person's yes.
 */
approval: boolean, 
/**
 * Who switched it on; absent where it is off.
 */
on_by: string | null, 
/**
 * When.
 */
on_since: number | null, 
/**
 * The files that have changed since; it stands still until somebody looks at them and switches it on
 * again.
 */
changed: Array<string>, 
/**
 * The next times, the nearest first: also while it is off, to look at.
 */
upcoming: Array<DueView>, 
/**
 * What a person is asked.
 */
question: MissedView | null, 
/**
 * What became of the last due times, the newest first.
 */
history: Array<HandledView>, 
/**
 * What is wrong with it.
 */
diagnostics: Array<Diagnostic>, };

/**
 * The schedules of the workspace.
 */
export type SchedulesView = { 
/**
 * They, by name.
 */
schedules: Array<ScheduleView>, 
/**
 * Who begins what is due.
 */
watched: Watched, 
/**
 * The same as a sentence; for example why nothing would begin now.
 */
sentence: string, 
/**
 * Why nothing is known of what is switched on; none is begun then.
 */
problem: Error | null, };

/**
 * What a search for a credential's secrets looked at, and what it found.
 */
export type SearchedCredential = { 
/**
 * The credential.
 */
name: CredentialName, 
/**
 * How many files were read.
 */
files: number, 
/**
 * How many bytes they have.
 */
bytes: number, 
/**
 * How many events of the history were read.
 */
events: number, 
/**
 * What could not be read.
 */
unread: Array<string>, 
/**
 * Where a secret stands; empty is as it should be.
 */
found: Array<FoundSecret>, };

/**
 * Serving simulators.
 */
export type ServePractice = { 
/**
 * Whose; every one that is asked by HTTP where empty.
 */
connectors: Array<string>, 
/**
 * The port of the first; each one after has the next. Free ones where absent.
 */
port?: number, };

/**
 * A simulator that is served.
 */
export type ServedPractice = { 
/**
 * The connector.
 */
connector: string, 
/**
 * What people call it.
 */
label: string, 
/**
 * Always simulated.
 */
mode: Mode, 
/**
 * Its base address.
 */
address: string, };

/**
 * A new text from the text editor.
 */
export type SetText = { 
/**
 * The workflow.
 */
workflow: string, 
/**
 * The version that the edit was made on.
 */
version: string, 
/**
 * The whole text.
 */
text: string, };

/**
 * The weather over a practice cloud.
 */
export type SetWeather = { 
/**
 * The connector.
 */
connector: string, 
/**
 * Its rules, in order, in place of those before; an empty list for fair weather. Where absent, the
 * weather stays as it is and is only told.
 */
rules?: Array<string>, };

/**
 * What a person has chosen on this computer, for all workspaces.
 */
export type SettingsView = { 
/**
 * The vault locks itself after so many minutes without anybody; never where absent.
 */
lock_after_minutes: number | null, };

/**
 * How much a diagnostic matters. Only `Error` stops a document from becoming a plan.
 */
export type Severity = "info" | "warning" | "error";

/**
 * A place for a credential; an environment binds it to a stored one.
 */
export type Slot = { 
/**
 * The kind, for example `aws` or `secret`; each connector's manifest names the kinds it takes.
 */
type: string, 
/**
 * What it is for.
 */
title?: string, };

/**
 * A range in a text; `end` is exclusive.
 */
export type Span = { 
/**
 * Where it starts.
 */
start: Position, 
/**
 * Where it ends, exclusive.
 */
end: Position, };

/**
 * The run that stands where a preview is about to change things.
 */
export type Stands = { 
/**
 * The run.
 */
run: RunId, 
/**
 * When it ended, in milliseconds since 1970.
 */
at: number, };

/**
 * Beginning what was previewed.
 */
export type StartRun = { 
/**
 * The hash of the preview that the person saw.
 */
hash: string, 
/**
 * The environment's name, where it asks for that.
 */
confirm?: string, 
/**
 * Whether this click is also the approval, where the environment asks for one and the person may
 * give it.
 */
approve: boolean, 
/**
 * Why it is to begin outside the environment's window, or in a freeze.
 */
override_window?: string, };

/**
 * One step.
 */
export type Step = { 
/**
 * Which operation of which connector.
 */
uses: OperationName, 
/**
 * What people call it; the id where empty.
 */
title?: string, 
/**
 * Inputs; any text in them may hold `${{ expression }}`.
 */
with: Record<string, any>, 
/**
 * Steps that come first, beside those that `with` refers to.
 */
needs: Array<Need>, 
/**
 * How many of the needed steps must have gone the wanted way.
 */
join: Join, 
/**
 * Bare CEL; the step is skipped when it is false.
 */
if?: string, 
/**
 * Bare CEL giving a list; the step runs once for each element.
 */
for_each?: string, 
/**
 * How many elements at a time; 1 where absent.
 */
max_parallel?: number, 
/**
 * How many elements may fail before the rest is not started; 0 where absent.
 */
max_failures?: number, 
/**
 * Tries beside the first.
 */
retry?: RetryRule, 
/**
 * Longest time for one attempt, for example `2m`; the unit is `ms`, `s`, `m` or `h`.
 */
timeout?: Duration, 
/**
 * What a failure means for the rest of the run.
 */
on_error: OnError, 
/**
 * The operation's credential port → slot of the workflow.
 */
credentials: { [key in string]: string }, 
/**
 * Switched off: it is passed through as if it had succeeded without outputs.
 */
off?: boolean, 
/**
 * Steps to run instead of the connector's own undo, in this order.
 */
undo?: Array<UndoStep>, 
/**
 * For people; Markdown.
 */
note?: string, 
/**
 * Keys that this version does not know, kept and shown neutral.
 */
unknown?: Record<string, any>, };

/**
 * A step that differs.
 */
export type StepDifference = { 
/**
 * Its id.
 */
id: string, 
/**
 * What people call it.
 */
title: string, 
/**
 * How it differs.
 */
how: HowDifferent, 
/**
 * What differs in it, where it is in both.
 */
fields: Array<Difference>, };

/**
 * The id of a step inside its workflow, `network`; in a plan and in everything that follows from
 * it also the address of a step of a called workflow, `shop.network`: the id of the call, a dot,
 * the id inside. A document writes ids without dots, and `parse` reads no others; addresses are
 * made by [`StepId::inside`] and read by [`StepId::address`].
 */
export type StepId = string;

/**
 * Where a step stands.
 */
export type StepState = "waiting" | "ready" | "waiting_approval" | "waiting_unlock" | "intent" | "dispatched" | "accepted" | "running" | "retrying" | "asked" | "unknown" | "succeeded" | "undone" | "failed" | "cancelled" | "skipped";

/**
 * One step, or one element of its `for_each`.
 */
export type StepView = { 
/**
 * `servers`, or `servers[2]` for an element.
 */
id: Instance, 
/**
 * What people call it.
 */
title: string, 
/**
 * Which operation.
 */
uses: OperationName, 
/**
 * The workflow that it calls.
 */
calls?: string, 
/**
 * The call that it belongs to; its steps stand right after it.
 */
within?: StepId, 
/**
 * Whether the far system is real.
 */
mode: Mode, 
/**
 * Set while that depends on inputs that are not known yet.
 */
mode_open: boolean, 
/**
 * Where it stands.
 */
state: StepState, 
/**
 * Where it stands, in words.
 */
sentence: string, 
/**
 * Which attempt; 0 before the first.
 */
attempt: number, 
/**
 * The things it works on, each with its last status.
 */
things: Array<Thing>, 
/**
 * Things done so far, of how many.
 */
done: [number, number] | null, 
/**
 * The inputs of the last attempt.
 */
inputs: Record<string, any>, 
/**
 * The outputs; a list of them for a step with `for_each`.
 */
outputs: any, 
/**
 * Outputs that exist and are not shown.
 */
hidden: Array<string>, 
/**
 * What was made or changed.
 */
made: Array<Made>, 
/**
 * Why it failed, or is tried again.
 */
error: Error | null, 
/**
 * Why it was skipped, is unknown, or waits.
 */
because: string | null, 
/**
 * While it waits: the steps before it that have not ended.
 */
waits_for: Array<StepId>, 
/**
 * While it waits: the nearest steps before it that go on only when somebody does something.
 */
held_by: Array<StepId>, 
/**
 * The condition as written.
 */
condition: string | null, 
/**
 * What the condition was when it was looked at.
 */
condition_held: boolean | null, 
/**
 * What goes on at the far side after it was stopped.
 */
still_running: Array<string>, 
/**
 * How it can be taken back.
 */
undo: Undo, 
/**
 * Whether running it can change anything outside.
 */
writes: boolean, 
/**
 * How sure `changes` is.
 */
confidence: Confidence, 
/**
 * What it would change, or changes, as last looked at.
 */
changes: Array<Change>, 
/**
 * The id that the far system gave.
 */
remote: string | null, 
/**
 * Who approved it, left it out, or said that it is done.
 */
by: string | null, 
/**
 * How many lines its log has.
 */
log_lines: number, 
/**
 * When its first attempt began.
 */
started_at: number | null, 
/**
 * When it ended.
 */
ended_at: number | null, 
/**
 * From begin to end, waits included.
 */
duration_ms: number | null, 
/**
 * Attempts and waits, for the timeline.
 */
bars: Array<Bar>, 
/**
 * The elements of its `for_each`.
 */
items: Array<StepView>, 
/**
 * How many elements stand where.
 */
item_counts: Counts, };

/**
 * Counts and words.
 */
export type Summary = { 
/**
 * Things that will exist.
 */
create: number, 
/**
 * Things that change in place.
 */
update: number, 
/**
 * Things deleted and made anew.
 */
replace: number, 
/**
 * Things that will be gone.
 */
delete: number, 
/**
 * Things that run.
 */
run: number, 
/**
 * Steps of which nobody can know what they change.
 */
unknown: number, 
/**
 * The same in words, worst first.
 */
words: string, };

/**
 * Whether a verb is possible.
 */
export type Support = { "support": "yes" } | { "support": "partly", 
/**
 * What is missing, as a whole sentence.
 */
because: string, } | { "support": "no", 
/**
 * Why, as a whole sentence.
 */
because: string, };

/**
 * A person switches a schedule on.
 */
export type SwitchOn = { 
/**
 * Its name in the workspace.
 */
schedule: string, 
/**
 * The fingerprint of what they have seen.
 */
fingerprint: string, 
/**
 * The environment's name, where it asks for that to be typed.
 */
confirm?: string, };

/**
 * A thing that a step works on.
 */
export type Thing = { 
/**
 * A resource's address, a host, a task.
 */
about: string, 
/**
 * Its state in the system's own word, or what was last said of it.
 */
status: string, };

/**
 * Putting nodes in order.
 */
export type Tidy = { 
/**
 * The workflow.
 */
workflow: string, 
/**
 * The version that the edit was made on.
 */
version: string, 
/**
 * Only these steps; all where empty.
 */
only: Array<StepId>, };

/**
 * What an expression gave.
 */
export type Tried = { 
/**
 * The run whose values were used; absent where there is none yet.
 */
run: RunId | null, 
/**
 * When that run was made.
 */
at: number | null, 
/**
 * The value, as far as it may be shown.
 */
value: any, 
/**
 * Why there is none, as a sentence.
 */
because: string | null, };

/**
 * An expression to try on the newest run of a workflow.
 */
export type TryExpression = { 
/**
 * The workflow.
 */
workflow: string, 
/**
 * The expression, bare or with `${{ }}`.
 */
text: string, };

/**
 * How a step can be undone, and why so.
 */
export type Undo = { 
/**
 * The class.
 */
class: UndoClass, 
/**
 * Why; always present for `manual` and `impossible`.
 */
because: string | null, };

/**
 * How a step can be undone.
 */
export type UndoClass = "automatic" | "restore" | "delete" | "manual" | "impossible";

/**
 * One operation of an undo override.
 */
export type UndoStep = { 
/**
 * Which operation.
 */
uses: OperationName, 
/**
 * Its inputs; `inputs`, `environment` and `steps` mean what they meant in the run.
 */
with: Record<string, any>, 
/**
 * The operation's credential port → slot of the workflow.
 */
credentials: { [key in string]: string }, };

/**
 * Whether a run can be taken back.
 */
export type UndoView = { 
/**
 * Whether it can, at least in part.
 */
possible: boolean, 
/**
 * Why not, or what stays.
 */
because: string | null, };

/**
 * The vault.
 */
export type VaultView = { "state": "empty", 
/**
 * Whether this computer has a keychain that can hold its key.
 */
keychain: boolean, 
/**
 * Why not.
 */
because: string | null, } | { "state": "locked", 
/**
 * Whether a passphrase opens it (else the keychain does).
 */
passphrase: boolean, 
/**
 * Why, in words.
 */
because: string, } | { "state": "open", 
/**
 * Where its key is, in words.
 */
key: string, };

/**
 * A verb that every connector answers.
 */
export type Verb = "validate" | "identify" | "preview" | "run" | "observe" | "cancel" | "verify" | "undo" | "drift" | "discover" | "draw";

/**
 * Who begins what is due.
 */
export type Watched = "here" | "elsewhere" | "nobody";

/**
 * One rule of the weather.
 */
export type WeatherRule = { 
/**
 * As it is written: `cut:POST @/stacks x2`.
 */
rule: string, 
/**
 * How many calls it met.
 */
met: number, 
/**
 * How many it still meets; no end where absent.
 */
left: number | null, };

/**
 * An operation that gives something.
 */
export type WhatFits = { 
/**
 * The operation.
 */
from: OperationName, };

/**
 * The way a needed step must have gone.
 */
export type When = "success" | "failure" | "always";

/**
 * When that is due.
 */
export type WhenView = { 
/**
 * In plain words; empty where it cannot be read.
 */
words: string, 
/**
 * Its next times.
 */
upcoming: Array<DueView>, 
/**
 * What is wrong with the expression, as sentences.
 */
cron_problem: string | null, 
/**
 * What is wrong with the time zone.
 */
zone_problem: string | null, };

/**
 * When runs may begin, and how it stands at the moment of asking.
 */
export type WindowView = { 
/**
 * Whether a run may begin now.
 */
open: boolean, 
/**
 * The same in words, with the next change: `Open until Thursday 2026-11-26 17:00 (Europe/Berlin).`
 */
words: string, 
/**
 * When that changes, in milliseconds since 1970; absent where no change is in sight.
 */
until?: number, 
/**
 * The clock that is meant.
 */
time_zone: string, 
/**
 * The hours in which runs may begin, in words; always where there are none.
 */
windows: Array<string>, 
/**
 * The times in which none may, in words.
 */
freezes: Array<string>, 
/**
 * Whether a person may begin one all the same, with a reason. Taking back always may.
 */
may_override: boolean, };

/**
 * A workflow.
 */
export type WorkflowName = { 
/**
 * Its name in the workspace.
 */
workflow: string, };

/**
 * A workflow on the home page.
 */
export type WorkflowTile = { 
/**
 * Its name in the workspace.
 */
name: string, 
/**
 * What people call it.
 */
title: string, 
/**
 * One or two sentences.
 */
description: string, 
/**
 * Ids of the connectors it uses, in the order of its steps.
 */
systems: Array<string>, 
/**
 * How many steps.
 */
steps: number, 
/**
 * How many problems stop it.
 */
problems: number, 
/**
 * Its inputs' JSON Schemas, in order.
 */
inputs: Record<string, any>, 
/**
 * Its newest run.
 */
last_run: RunSummary | null, 
/**
 * The heading under which it stands; empty where it has none.
 */
category: string, 
/**
 * Its picture: the name of an icon, or one sign; empty where it has none.
 */
icon: string, 
/**
 * Whether this person may run it, as `podium.yaml` says.
 */
may_run: boolean, };

/**
 * The workspace that is open.
 */
export type WorkspaceView = { 
/**
 * What people call it.
 */
name: string, 
/**
 * Its folder, for people.
 */
folder: string, 
/**
 * Its environments, in their order.
 */
environments: Array<EnvironmentView>, 
/**
 * Where one goes that names none.
 */
default_environment: EnvironmentName | null, 
/**
 * What is wrong with `podium.yaml` and the environments.
 */
diagnostics: Array<Diagnostic>, 
/**
 * Who is here, by the name they have on this computer.
 */
person: string, 
/**
 * Whether it is a demo that Podium made, and can remove again.
 */
demo: boolean, };

/** Every command: its request and its response. */
export interface Commands {
  /** The workspace that is open. */
  "workspace.get": { request: Empty; response: WorkspaceView };
  /** The workflows, for the home page. */
  "workflow.list": { request: Empty; response: Array<WorkflowTile> };
  /** Makes an empty workflow. */
  "workflow.create": { request: CreateWorkflow; response: DocumentView };
  /** Opens a workflow for editing. */
  "document.open": { request: WorkflowName; response: DocumentView };
  /** Changes a workflow from canvas or inspector. */
  "document.edit": { request: EditDocument; response: DocumentView };
  /** Replaces the text of a workflow. */
  "document.set_text": { request: SetText; response: DocumentView };
  /** Takes back the newest edit. */
  "document.undo": { request: WorkflowName; response: DocumentView };
  /** Does again what was taken back. */
  "document.redo": { request: WorkflowName; response: DocumentView };
  /** Puts nodes in order. */
  "document.tidy": { request: Tidy; response: DocumentView };
  /** A selection as text, for the clipboard. */
  "document.copy": { request: CopySteps; response: Fragment };
  /** Puts a selection into a workflow, as one step of undo. */
  "document.paste": { request: PasteSteps; response: Pasted };
  /** What flows between two operations, and what does not. */
  "port.between": { request: PortsOf; response: Array<Fit> };
  /** The operations that take something of what one gives. */
  "port.fitting": { request: WhatFits; response: Array<OperationName> };
  /** What an expression gives with the values of the newest run. */
  "expression.try": { request: TryExpression; response: Tried };
  /** The connectors and their operations. */
  "connector.list": { request: Empty; response: Array<Manifest> };
  /** Live choices of a field. */
  "connector.discover": { request: Discover; response: Array<Choice> };
  /** What a workflow asks for with the answers so far, and what is wrong with them. */
  "inputs.check": { request: CheckInputs; response: CheckedInputs };
  /** What a run would change everywhere. */
  "preview.make": { request: MakePreview; response: PreviewView };
  /** Begins what was previewed. */
  "run.start": { request: StartRun; response: RunStarted };
  /** The history. */
  "run.list": { request: ListRuns; response: Array<RunSummary> };
  /** A run, now or at a moment. */
  "run.get": { request: GetRun; response: RunView };
  /** Log lines. */
  "run.logs": { request: GetLogs; response: LogPage };
  /** Where a text is in a log. */
  "run.find_log": { request: FindInLog; response: FoundInLog };
  /** Parts of a log that can be folded. */
  "run.log_groups": { request: GetLogGroups; response: Array<LogGroup> };
  /** What is different between a run and another one, or what it would be today. */
  "run.compare": { request: CompareRun; response: Comparison };
  /** Brings the record of a run of elsewhere into the history, to look at. */
  "run.import": { request: ImportRun; response: ImportedRun };
  /** Stops a run gently. */
  "run.cancel": { request: RunName; response: Empty };
  /** Says yes to the preview of a run that waits for it. */
  "run.approve": { request: ApproveRun; response: Empty };
  /** A person's answer at a step. */
  "run.answer": { request: AnswerStep; response: Empty };
  /** What taking a run back would change. */
  "run.preview_undo": { request: RunName; response: PreviewView };
  /** The schedules, and what this computer knows of them. */
  "schedule.list": { request: Empty; response: SchedulesView };
  /** A schedule with its next times. */
  "schedule.get": { request: GetSchedule; response: ScheduleView };
  /** When a cron expression is due, before it stands in a file. */
  "schedule.when": { request: AskWhen; response: WhenView };
  /** Makes a schedule: a file of the workspace. It is off. */
  "schedule.create": { request: CreateSchedule; response: ScheduleView };
  /** Switches a schedule on, on this computer, as a person has just seen it. */
  "schedule.on": { request: SwitchOn; response: ScheduleView };
  /** Switches a schedule off, on this computer. */
  "schedule.off": { request: ScheduleName; response: ScheduleView };
  /** What the run of a schedule would change now: to try it, or for a time that was missed. `run.start` begins it. */
  "schedule.preview": { request: RunSchedule; response: PreviewView };
  /** Leaves the times that were missed; the next one counts. */
  "schedule.leave": { request: ScheduleName; response: ScheduleView };
  /** The graph inside a step, as its system draws it. */
  "step.inside": { request: LookInside; response: InsideView };
  /** The same for a step of a run. */
  "run.inside": { request: LookInsideRun; response: InsideView };
  /** Begins to look whether what a run left is still so. */
  "drift.look": { request: RunName; response: DriftView };
  /** What the newest look has found so far. */
  "drift.get": { request: RunName; response: DriftView | null };
  /** Stops looking. */
  "drift.stop": { request: RunName; response: DriftView | null };
  /** The state of the vault. */
  "vault.get": { request: Empty; response: VaultView };
  /** Makes the vault. */
  "vault.create": { request: CreateVault; response: VaultView };
  /** Opens the vault. */
  "vault.unlock": { request: CreateVault; response: VaultView };
  /** Closes the vault. */
  "vault.lock": { request: Empty; response: VaultView };
  /** The stored credentials, without anything secret. */
  "credential.list": { request: Empty; response: Array<CredentialView> };
  /** Stores a credential. Its values go in and never come out. */
  "credential.add": { request: AddCredential; response: CredentialView };
  /** Proves a credential with a call that only looks. */
  "credential.test": { request: CredentialRef; response: CredentialTest };
  /** Begins a login of a person: a code to enter in a browser. One of before is given up. */
  "credential.login": { request: CredentialRef; response: LoginStarted };
  /** Waits until that login is done; keeps what came of it and proves it. */
  "credential.login_wait": { request: CredentialRef; response: CredentialTest };
  /** Gives that login up. */
  "credential.login_cancel": { request: CredentialRef; response: Empty };
  /** Searches everything that Podium has on this computer for a credential's secrets. */
  "credential.search": { request: CredentialRef; response: SearchedCredential };
  /** Removes a credential. */
  "credential.remove": { request: CredentialRef; response: Empty };
  /** The practice clouds: where they are served, where their state lies, what weather is over them. */
  "practice.list": { request: Empty; response: Array<PracticeView> };
  /** Serves simulators on loopback, as long as this process lives. */
  "practice.serve": { request: ServePractice; response: Array<ServedPractice> };
  /** Calls a practice cloud past Podium, as a colleague at its console would. */
  "practice.call": { request: CallPractice; response: PracticeAnswer };
  /** Sets the weather over a practice cloud, or tells it. */
  "practice.weather": { request: SetWeather; response: PracticeView };
  /** Forgets what practice clouds hold; gives those that held something. */
  "practice.reset": { request: ResetPractice; response: Array<PracticeView> };
  /** What would go and what would stay if the demo that is open were removed. */
  "demo.preview": { request: Empty; response: DemoView };
  /** Removes the demo that is open: what stands is taken back first. */
  "demo.remove": { request: RemoveDemo; response: DemoRemoved };
  /** What a person has chosen on this computer. */
  "settings.get": { request: Empty; response: SettingsView };
  /** Changes that. */
  "settings.set": { request: SettingsView; response: SettingsView };
  /** Somebody is there. */
  "person.here": { request: Empty; response: Empty };
  /** What is there and what is missing on this computer. */
  "doctor.get": { request: Empty; response: Doctor };
}

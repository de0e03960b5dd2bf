import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { call, setHost } from "../bridge/client";
import { type FakeOptions, fakeHost } from "../bridge/fake/host-fake";
import { followEvents, forget } from "../bridge/queries";
import { useActions } from "../window/actions";
import { usePreferences } from "../window/preferences";
import { go } from "../window/route";
import { App } from "./App";

const slow = { timeout: 30_000 };
beforeEach(() => go({ screen: "home" }));

async function draw(workflow = "share-folder", options: FakeOptions = {}, before: () => Promise<unknown> = () => Promise.resolve(), answers: Record<string, unknown> = {}) {
  const host = fakeHost({ pace: 5, ...options });
  setHost({ ...host, call: (name, request) => (name in answers ? Promise.resolve(answers[name]) : host.call(name, request)) });
  forget();
  followEvents();
  usePreferences.setState({ environment: null, recent: [], inspectorOpen: true, paletteOpen: true });
  await before();
  const user = userEvent.setup();
  const page = render(<App />);
  act(() => go({ screen: "studio", workflow }));
  await screen.findByTestId("canvas", {}, slow);
  return { user, ...page, open: () => call("document.open", { workflow }) };
}
const onCanvas = () => act(() => screen.getByTestId("canvas").focus());
const steps = async (workflow = "share-folder") => Object.keys((await call("document.open", { workflow })).document?.steps ?? {});
async function select(user: ReturnType<typeof userEvent.setup>, step: string) {
  if (!screen.queryByTestId("outline")) await user.click(screen.getByTestId("show-outline"));
  await user.click(await screen.findByTestId(`outline-${step}`, {}, slow));
  await screen.findByTestId("inspector", {}, slow);
}

describe("a selection as text", () => {
  it("is copied, pasted with new ids, and taken back in one go", async () => {
    const { user } = await draw();
    const before = await steps();
    onCanvas();
    await user.keyboard("{Control>}a{/Control}{Control>}c{/Control}");
    await screen.findByText(/copied as text/, {}, slow);
    const text = await navigator.clipboard.readText();
    expect(text).toMatch(/^podium: 1\n/);
    expect(text).toContain("uses: site/serve");
    await user.keyboard("{Control>}v{/Control}");
    await waitFor(async () => expect((await steps()).length).toBe(before.length * 2), slow);
    expect(await screen.findByTestId("many-panel", {}, slow)).toHaveTextContent(`${before.length} things selected`);
    await user.keyboard("{Control>}z{/Control}");
    await waitFor(async () => expect(await steps()).toEqual(before), slow);
  }, 120_000);

  it("comes out of a chat, with its marks around it, into another workflow", async () => {
    await draw("restart-shop");
    const before = await steps("restart-shop");
    const fromChat = "```yaml\nsteps:\n  hello:\n    uses: command/run\n    with: { program: echo }\n```";
    onCanvas();
    fireEvent.paste(screen.getByTestId("canvas"), { clipboardData: { getData: () => fromChat } });
    await waitFor(async () => expect(await steps("restart-shop")).toEqual([...before, "hello"]), slow);
  }, 120_000);

  it("that holds no steps is refused in words, and nothing changes", async () => {
    await draw();
    const before = await steps();
    onCanvas();
    fireEvent.paste(screen.getByTestId("canvas"), { clipboardData: { getData: () => "just words" } });
    expect(await screen.findByText("What was copied holds no steps.", {}, slow)).toBeInTheDocument();
    expect(await steps()).toEqual(before);
  }, 120_000);

  it("is doubled, cut and deleted by keyboard", async () => {
    const { user } = await draw();
    const before = await steps();
    await select(user, before[0] ?? "");
    onCanvas();
    await user.keyboard("{Control>}d{/Control}");
    await waitFor(async () => expect((await steps()).length).toBe(before.length + 1), slow);
    onCanvas();
    await user.keyboard("{Control>}x{/Control}");
    await waitFor(async () => expect(await steps()).toEqual(before), slow);
  }, 120_000);

  it("that cannot be saved is told, and what is there stays", async () => {
    const { user } = await draw("share-folder", { failing: ["document.paste"] });
    const before = await steps();
    onCanvas();
    await user.keyboard("{Control>}a{/Control}{Control>}d{/Control}");
    expect(await screen.findByText("The disk is full.", {}, slow)).toBeInTheDocument();
    expect(await steps()).toEqual(before);
    expect(screen.getByTestId("canvas")).toBeInTheDocument();
  }, 120_000);
});

describe("notes and frames", () => {
  it("stand in the layout alone, show Markdown, and are copied with what they are about", async () => {
    const { user, open } = await draw();
    const text = (await open()).text;
    onCanvas();
    await user.keyboard("n");
    await user.type(await screen.findByTestId("field-note-text", {}, slow), "**Ask ops**");
    await user.tab();
    await waitFor(async () => expect(Object.values((await open()).layout.notes ?? {})[0]?.text).toBe("**Ask ops**"), slow);
    await user.click(screen.getByTestId("colour-wait"));
    onCanvas();
    await user.keyboard("{Control>}a{/Control}g");
    await user.type(await screen.findByTestId("field-frame-title", {}, slow), "Filiale Köln");
    await user.tab();
    await waitFor(async () => expect(Object.values((await open()).layout.frames ?? {})[0]?.title).toBe("Filiale Köln"), slow);
    const view = await open();
    expect(Object.values(view.layout.notes ?? {})[0]?.color).toBe("wait");
    expect(view.text).toBe(text);
    onCanvas();
    await user.keyboard("{Control>}a{/Control}{Control>}d{/Control}");
    await waitFor(async () => expect(Object.keys((await open()).layout.frames ?? {})).toHaveLength(2), slow);
    expect(Object.keys((await open()).layout.notes ?? {})).toHaveLength(2);
  }, 120_000);
});

describe("a condition", () => {
  it("is built as a sentence, read back as one, and gone with its last part", async () => {
    const { user, open } = await draw("open-branch");
    await select(user, "servers");
    await user.click(screen.getByTestId("condition"));
    await user.click(await screen.findByTestId("add-clause", {}, slow));
    await user.type(screen.getByTestId("clause-value-0"), "it's west");
    await user.tab();
    await waitFor(async () => expect((await open()).document?.steps.servers?.if).toBe(String.raw`inputs.branch == 'it\'s west'`), slow);
    expect(await screen.findByTestId("clause-value-0", {}, slow)).toHaveValue("it's west");
    await user.click(screen.getByTestId("clause-remove-0"));
    await waitFor(async () => expect((await open()).document?.steps.servers?.if).toBeUndefined(), slow);
  }, 120_000);

  it("that says more than a sentence stays as it is, and is edited as an expression", async () => {
    const odd = "inputs.branch.size() > 3 ? true : inputs.size == 'large'";
    const { user } = await draw("open-branch", {}, async () => {
      const { version } = await call("document.open", { workflow: "open-branch" });
      await call("document.edit", { workflow: "open-branch", version, label: "x", moves: {}, edits: [{ edit: "set_field", pointer: "/steps/servers/if", value: odd }] });
    });
    await select(user, "servers");
    expect(await screen.findByTestId("field-if", {}, slow)).toHaveValue(odd);
    expect(screen.queryByTestId("sentence")).toBeNull();
  }, 120_000);

  it("as an expression completes paths, and offers the nearest name for a wrong one", async () => {
    const { user, open } = await draw("open-branch");
    await select(user, "servers");
    await user.click(screen.getByTestId("condition"));
    await user.click(await screen.findByTestId("condition-expression", {}, slow));
    const field = screen.getByTestId("field-if");
    await user.type(field, "inputs.br");
    expect(await screen.findByTestId("offer-inputs.branch")).toBeInTheDocument();
    await user.keyboard("{Enter}");
    expect(field).toHaveValue("inputs.branch");
    await user.type(field, " == 'west'");
    await user.tab();
    await waitFor(async () => expect((await open()).document?.steps.servers?.if).toBe("inputs.branch == 'west'"), slow);
    await user.clear(field);
    await user.type(field, "inputs.brnch == 'west'");
    await user.tab();
    await user.click(await screen.findByTestId("nearest-field-if", {}, slow));
    await waitFor(async () => expect((await open()).document?.steps.servers?.if).toBe("inputs.branch == 'west'"), slow);
  }, 120_000);

  it("shows what a value was in the newest run", async () => {
    const { user } = await draw("open-branch");
    await select(user, "servers");
    expect(await screen.findByTestId("live-field-inventory.hosts", {}, slow)).toHaveTextContent(/In the run of .*: \[/);
  }, 120_000);
});

describe("connecting two steps", () => {
  it("refuses what does not go together with both types, and puts a converter between", async () => {
    const { user, open } = await draw("open-branch");
    await select(user, "network");
    onCanvas();
    await user.keyboard("c");
    await user.type(await screen.findByTestId("find-input", {}, slow), "page{Enter}");
    const panel = await screen.findByTestId("connect-panel", {}, slow);
    await user.click(within(panel).getByTestId("flow-output"));
    await user.click(await screen.findByRole("option", { name: /hosts/i }));
    await user.click(within(panel).getByTestId("flow-input"));
    await user.click((await screen.findAllByRole("option", { name: /address/i }))[0] as HTMLElement);
    expect(await within(panel).findByTestId("flow-refused", {}, slow)).toHaveTextContent(/“Hosts” is a list; “.*” takes a/);
    expect(within(panel).getByTestId("flow-connect")).toBeDisabled();
    await user.click(within(panel).getByTestId("flow-convert"));
    await waitFor(async () => expect(JSON.stringify((await open()).document?.steps.page?.with)).toContain("steps.network.outputs.hosts[0]"), slow);
  }, 120_000);

  it("offers after a step only what takes something of it, the rest on asking", async () => {
    const fitting = ["http/check", "approval/ask"];
    const { user } = await draw("share-folder", {}, undefined, { "port.fitting": fitting });
    const all = (await call("connector.list", {})).flatMap((manifest) => manifest.operations);
    await select(user, "serve");
    onCanvas();
    await user.keyboard("/");
    const picker = await screen.findByTestId("quick-add", {}, slow);
    await waitFor(() => expect(within(picker).getAllByRole("option")).toHaveLength(fitting.length), slow);
    await user.click(within(picker).getByTestId("quick-all"));
    await waitFor(() => expect(within(picker).getAllByRole("option")).toHaveLength(all.length), slow);
  }, 120_000);
});

describe("an edge", () => {
  it("is chosen and changed by keyboard, and told apart by sign and dash", async () => {
    const { user, open } = await draw("open-branch");
    await screen.findByTestId("node-sign_off", {}, slow);
    const edge = await screen.findByLabelText("From servers to sign_off, after success", {}, slow);
    act(() => edge.focus());
    fireEvent.keyDown(edge, { key: "Enter" });
    await screen.findByTestId("edge-panel", {}, slow);
    await user.keyboard("2");
    await waitFor(async () => expect((await open()).document?.steps.sign_off?.needs).toContainEqual({ step: "servers", on: "failure" }), slow);
    const wire = () => screen.getByTestId("edge-servers>sign_off").querySelector(".wire");
    await waitFor(() => expect(wire()).toHaveAttribute("data-on", "failure"), slow);
    expect(screen.getByTestId("edge-servers>sign_off").querySelector(".wire-sign")).not.toBeNull();
    await user.keyboard("3");
    await screen.findByLabelText("From servers to sign_off, in any case", {}, slow);
    await user.keyboard("1");
    await screen.findByLabelText("From servers to sign_off, after success", {}, slow);
  }, 120_000);

  it("that is one of several shows on the step how many are waited for", async () => {
    const { user } = await draw("open-branch");
    const shop = await screen.findByTestId("node-shop", {}, slow);
    expect(within(shop).getByText("all 2")).toBeInTheDocument();
    await select(user, "shop");
    await user.click(screen.getByTestId("behaviour"));
    await user.click(within(screen.getByTestId("field-join")).getByRole("radio", { name: "Any" }));
    expect(await within(shop).findByText("any of 2", {}, slow)).toBeInTheDocument();
  }, 120_000);
});

describe("the palette of commands", () => {
  it("reaches every action that can be done now, with its keys", async () => {
    const { user } = await draw("open-branch");
    await select(user, "servers");
    const wanted = Object.values(useActions.getState().groups).flat().filter((action) => !action.quiet && action.enabled !== false);
    expect(wanted.length).toBeGreaterThan(25);
    await user.keyboard("{Control>}k{/Control}");
    await screen.findByTestId("palette-input", {}, slow);
    for (const action of wanted) {
      const item = screen.getByTestId(`command-a-${action.id}`);
      expect(item).toHaveTextContent(action.label);
      if (action.keys) expect(item.querySelector("kbd")).not.toBeNull();
    }
  }, 120_000);

  it("has no two actions under the same keys", async () => {
    await draw("open-branch");
    await screen.findByTestId("node-servers", {}, slow);
    const keys = Object.values(useActions.getState().groups).flat().flatMap((action) => action.keys?.split(" ") ?? []);
    expect(keys.toSorted()).toEqual([...new Set(keys)].toSorted());
  }, 120_000);

  it("shows what was done last first", async () => {
    const { user } = await draw("open-branch");
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByTestId("palette-input", {}, slow), "tidy{Enter}");
    await user.keyboard("{Control>}k{/Control}");
    expect((await screen.findAllByRole("option", {}, slow))[0]).toHaveTextContent("Tidy up");
  }, 120_000);
});

describe("by keyboard alone", () => {
  it("ten steps are drawn, connected, changed, previewed and run", async () => {
    const { user } = await draw("share-folder", { history: false });
    act(() => go({ screen: "home" }));
    const fresh = await screen.findByTestId("new-workflow", {}, slow);
    act(() => fresh.focus());
    await user.keyboard("{Enter}");
    await user.type(await screen.findByTestId("field-name", {}, slow), "Ten by hand{Enter}");
    await screen.findByTestId("studio", {}, slow);
    const workflow = "ten-by-hand";
    for (let n = 1; n <= 10; n += 1) {
      act(() => (document.activeElement as HTMLElement | null)?.blur?.());
      await user.keyboard("/");
      await user.type(await screen.findByTestId("quick-add-input", {}, slow), "run a command{Enter}");
      await waitFor(async () => expect(await steps(workflow)).toHaveLength(n), slow);
      const field = await screen.findByTestId("field-program", {}, slow);
      act(() => field.focus());
      await user.keyboard(`echo{Tab}`);
      await waitFor(async () => expect((await call("document.open", { workflow })).document?.steps[n === 1 ? "command" : `command_${n}`]?.with.program).toBe("echo"), slow);
    }
    const view = await call("document.open", { workflow });
    expect(view.graph.edges).toHaveLength(9);
    // Walk back, switch one off, pin one, undo, tidy.
    onCanvas();
    await user.keyboard("k");
    await user.keyboard("x");
    await waitFor(async () => expect((await call("document.open", { workflow })).document?.steps.command_9?.off).toBe(true), slow);
    await user.keyboard("{Control>}z{/Control}p");
    await waitFor(async () => expect((await call("document.open", { workflow })).layout.nodes.command_9?.pinned).toBe(true), slow);
    expect((await call("document.open", { workflow })).document?.steps.command_9?.off).toBeUndefined();
    const pinned = (await call("document.open", { workflow })).layout.nodes.command_9;
    await user.keyboard("{Escape}t");
    await waitFor(async () => expect((await call("document.open", { workflow })).undo).toBe("Tidy up"), slow);
    expect((await call("document.open", { workflow })).layout.nodes.command_9).toEqual(pinned);
    await user.keyboard("{Control>}{Enter}{/Control}");
    const deploy = await screen.findByTestId("deploy", {}, slow);
    act(() => deploy.focus());
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.getByTestId("run-status")).toHaveAttribute("data-state", "succeeded"), slow);
  }, 240_000);
});

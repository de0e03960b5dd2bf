import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { call, setHost } from "../bridge/client";
import { type FakeOptions, fakeHost } from "../bridge/fake/host-fake";
import { followEvents, forget } from "../bridge/queries";
import type { DocumentView } from "../bridge/types";
import { useActions } from "../window/actions";
import { usePreferences } from "../window/preferences";
import { go } from "../window/route";
import { App } from "./App";

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
  await screen.findByTestId("canvas");
  return { user, host, ...page, open: () => call("document.open", { workflow }) };
}
const onCanvas = () => act(() => screen.getByTestId("canvas").focus());
const steps = async (workflow = "share-folder") => Object.keys((await call("document.open", { workflow })).document?.steps ?? {});
async function select(user: ReturnType<typeof userEvent.setup>, step: string) {
  if (!screen.queryByTestId("outline")) await user.click(screen.getByTestId("show-outline"));
  await user.click(await screen.findByTestId(`outline-${step}`));
  await screen.findByTestId("inspector");
}

describe("a selection as text", () => {
  it("is copied, pasted with new ids, and taken back in one go", async () => {
    const { user } = await draw();
    const before = await steps();
    onCanvas();
    await user.keyboard("{Control>}a{/Control}{Control>}c{/Control}");
    await screen.findByText(/copied as text/);
    const text = await navigator.clipboard.readText();
    expect(text).toMatch(/^podium: 1\n/);
    expect(text).toContain("uses: site/serve");
    await user.keyboard("{Control>}v{/Control}");
    await waitFor(async () => expect((await steps()).length).toBe(before.length * 2));
    await waitFor(() => expect(screen.getByTestId("many-panel")).toHaveTextContent(`${before.length} things selected`));
    await user.keyboard("{Control>}z{/Control}");
    await waitFor(async () => expect(await steps()).toEqual(before));
  });

  it("comes out of a chat, with its marks around it, into another workflow", async () => {
    await draw("restart-shop");
    const before = await steps("restart-shop");
    const fromChat = "```yaml\nsteps:\n  hello:\n    uses: command/run\n    with: { program: echo }\n```";
    onCanvas();
    fireEvent.paste(screen.getByTestId("canvas"), { clipboardData: { getData: () => fromChat } });
    await waitFor(async () => expect(await steps("restart-shop")).toEqual([...before, "hello"]));
  });

  it("that holds no steps is refused in words, and nothing changes", async () => {
    await draw();
    const before = await steps();
    onCanvas();
    fireEvent.paste(screen.getByTestId("canvas"), { clipboardData: { getData: () => "just words" } });
    expect(await screen.findByText("What was copied holds no steps.")).toBeInTheDocument();
    expect(await steps()).toEqual(before);
  });

  it("is doubled, cut and deleted by keyboard", async () => {
    const { user } = await draw();
    const before = await steps();
    await select(user, before[0] ?? "");
    onCanvas();
    await user.keyboard("{Control>}d{/Control}");
    await waitFor(async () => expect((await steps()).length).toBe(before.length + 1));
    onCanvas();
    await user.keyboard("{Control>}x{/Control}");
    await waitFor(async () => expect(await steps()).toEqual(before));
  });

  it("can be taken back before the answer to it has come", async () => {
    const { user, host } = await draw("restart-shop");
    const before = await steps("restart-shop");
    expect(screen.getByTestId("edit-undo")).toBeDisabled();
    await select(user, before[0] ?? "");
    let answer = () => {};
    const held = new Promise<void>((done) => { answer = done; });
    const there = async () => Object.keys(((await host.call("document.open", { workflow: "restart-shop" })) as DocumentView).document?.steps ?? {});
    setHost({ ...host, call: async (name, request) => { const made = await host.call(name, request); if (name === "document.paste" || name === "document.open") await held; return made; } });
    onCanvas();
    await user.keyboard("{Control>}d{/Control}");
    await waitFor(async () => expect((await there()).length).toBe(before.length + 1));
    await user.keyboard("{Control>}z{/Control}");
    answer();
    await waitFor(async () => expect(await there()).toEqual(before));
  });

  it("that cannot be saved is told, and what is there stays", async () => {
    const { user } = await draw("share-folder", { failing: ["document.paste"] });
    const before = await steps();
    onCanvas();
    await user.keyboard("{Control>}a{/Control}{Control>}d{/Control}");
    expect(await screen.findByText("The disk is full.")).toBeInTheDocument();
    expect(await steps()).toEqual(before);
    expect(screen.getByTestId("canvas")).toBeInTheDocument();
  });
});

describe("notes and frames", () => {
  it("stand in the layout alone, show Markdown, and are copied with what they are about", async () => {
    const { user, open } = await draw();
    const text = (await open()).text;
    onCanvas();
    await user.keyboard("n");
    await user.type(await screen.findByTestId("field-note-text"), "**Ask ops**");
    await user.tab();
    await waitFor(async () => expect(Object.values((await open()).layout.notes ?? {})[0]?.text).toBe("**Ask ops**"));
    await user.click(await screen.findByTestId("colour-wait"));
    onCanvas();
    await user.keyboard("{Control>}a{/Control}g");
    await user.type(await screen.findByTestId("field-frame-title"), "Filiale Köln");
    await user.tab();
    await waitFor(async () => expect(Object.values((await open()).layout.frames ?? {})[0]?.title).toBe("Filiale Köln"));
    await waitFor(async () => expect(Object.values((await open()).layout.notes ?? {})[0]?.color).toBe("wait"));
    expect((await open()).text).toBe(text);
    onCanvas();
    await user.keyboard("{Control>}a{/Control}{Control>}d{/Control}");
    await waitFor(async () => expect(Object.keys((await open()).layout.frames ?? {})).toHaveLength(2));
    await waitFor(async () => expect(Object.keys((await open()).layout.notes ?? {})).toHaveLength(2));
  });
});

describe("a condition", () => {
  it("is built as a sentence, read back as one, and gone with its last part", async () => {
    const { user, open } = await draw("open-branch");
    await select(user, "servers");
    await user.click(screen.getByTestId("condition"));
    await user.click(await screen.findByTestId("add-clause"));
    await user.type(await screen.findByTestId("clause-value-0"), "it's west");
    await user.tab();
    await waitFor(async () => expect((await open()).document?.steps.servers?.if).toBe(String.raw`inputs.branch == 'it\'s west'`));
    await waitFor(() => expect(screen.getByTestId("clause-value-0")).toHaveValue("it's west"));
    await user.click(screen.getByTestId("clause-remove-0"));
    await waitFor(async () => expect((await open()).document?.steps.servers?.if).toBeUndefined());
  });

  it("that says more than a sentence stays as it is, and is edited as an expression", async () => {
    const odd = "inputs.branch.size() > 3 ? true : inputs.size == 'large'";
    const { user } = await draw("open-branch", {}, async () => {
      const { version } = await call("document.open", { workflow: "open-branch" });
      await call("document.edit", { workflow: "open-branch", version, label: "x", moves: {}, edits: [{ edit: "set_field", pointer: "/steps/servers/if", value: odd }] });
    });
    await select(user, "servers");
    await waitFor(() => expect(screen.getByTestId("field-if")).toHaveValue(odd));
    expect(screen.queryByTestId("sentence")).toBeNull();
  });

  it("as an expression completes paths, and offers the nearest name for a wrong one", async () => {
    const { user, open } = await draw("open-branch");
    await select(user, "servers");
    await user.click(screen.getByTestId("condition"));
    await user.click(await screen.findByTestId("condition-expression"));
    const field = () => screen.getByTestId("field-if");
    await user.type(await screen.findByTestId("field-if"), "inputs.br");
    expect(await screen.findByTestId("offer-inputs.branch")).toBeInTheDocument();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(field()).toHaveValue("inputs.branch"));
    await user.type(field(), " == 'west'");
    await user.tab();
    await waitFor(async () => expect((await open()).document?.steps.servers?.if).toBe("inputs.branch == 'west'"));
    await user.clear(field());
    await user.type(field(), "inputs.brnch == 'west'");
    await user.tab();
    await user.click(await screen.findByTestId("nearest-field-if"));
    await waitFor(async () => expect((await open()).document?.steps.servers?.if).toBe("inputs.branch == 'west'"));
  });

  it("shows what a value was in the newest run", async () => {
    const { user } = await draw("open-branch");
    await select(user, "servers");
    await waitFor(() => expect(screen.getByTestId("live-field-inventory.hosts")).toHaveTextContent(/In the run of .*: \[/));
  });
});

describe("connecting two steps", () => {
  it("refuses what does not go together with both types, and puts a converter between", async () => {
    const { user, open } = await draw("open-branch");
    await select(user, "network");
    onCanvas();
    await user.keyboard("c");
    await user.type(await screen.findByTestId("find-input"), "page{Enter}");
    const choose = async (list: string, name: RegExp) => {
      await user.click(await screen.findByTestId(list));
      await user.click((await screen.findAllByRole("option", { name }))[0] as HTMLElement);
      await waitFor(() => expect(screen.queryByRole("listbox")).toBeNull());
    };
    await choose("flow-output", /hosts/i);
    await choose("flow-input", /address/i);
    await waitFor(() => expect(screen.getByTestId("flow-refused")).toHaveTextContent(/“Hosts” is a list; “.*” takes a/));
    expect(screen.getByTestId("flow-connect")).toBeDisabled();
    await user.click(screen.getByTestId("flow-convert"));
    await waitFor(async () => expect(JSON.stringify((await open()).document?.steps.page?.with)).toContain("steps.network.outputs.hosts[0]"));
  });

  it("offers after a step only what takes something of it, the rest on asking", async () => {
    const fitting = ["http/check", "approval/ask"];
    const { user } = await draw("share-folder", {}, undefined, { "port.fitting": fitting });
    const all = (await call("connector.list", {})).flatMap((manifest) => manifest.operations);
    await select(user, "serve");
    onCanvas();
    await user.keyboard("/");
    const offered = () => within(screen.getByTestId("quick-add")).getAllByRole("option");
    await waitFor(() => expect(offered()).toHaveLength(fitting.length));
    await user.click(await screen.findByTestId("quick-all"));
    await waitFor(() => expect(offered()).toHaveLength(all.length));
  });
});

describe("an edge", () => {
  it("is chosen and changed by keyboard, and told apart by sign and dash", async () => {
    const { user, open } = await draw("open-branch");
    await screen.findByTestId("node-sign_off");
    await screen.findByLabelText("From servers to sign_off, after success");
    const edge = () => screen.getByLabelText("From servers to sign_off, after success");
    act(() => edge().focus());
    fireEvent.keyDown(edge(), { key: "Enter" });
    await screen.findByTestId("edge-panel");
    await user.keyboard("2");
    await waitFor(async () => expect((await open()).document?.steps.sign_off?.needs).toContainEqual({ step: "servers", on: "failure" }));
    const wire = () => screen.getByTestId("edge-servers>sign_off").querySelector(".wire");
    await waitFor(() => expect(wire()).toHaveAttribute("data-on", "failure"));
    await waitFor(() => expect(screen.getByTestId("edge-servers>sign_off").querySelector(".wire-sign")).not.toBeNull());
    await user.keyboard("3");
    await screen.findByLabelText("From servers to sign_off, in any case");
    await user.keyboard("1");
    await screen.findByLabelText("From servers to sign_off, after success");
  });

  it("that is one of several shows on the step how many are waited for", async () => {
    const { user, open } = await draw("open-branch");
    await waitFor(() => expect(screen.getByTestId("node-shop")).toHaveTextContent("all 2"));
    await select(user, "shop");
    await user.click(screen.getByTestId("behaviour"));
    await user.click(within(await screen.findByTestId("field-join")).getByRole("radio", { name: "Any" }));
    await waitFor(() => expect(screen.getByTestId("node-shop")).toHaveTextContent("any of 2"));
    expect((await open()).document?.steps.shop?.join).toBe("any");
  });
});

describe("the palette of commands", () => {
  it("reaches every action that can be done now, with its keys", async () => {
    const { user } = await draw("open-branch");
    await select(user, "servers");
    await user.keyboard("{Control>}k{/Control}");
    await screen.findByTestId("palette-input");
    // What can be done is asked together with what is shown: an answer on its way may change both.
    await waitFor(() => {
      const wanted = Object.values(useActions.getState().groups).flat().filter((action) => !action.quiet && action.enabled !== false);
      expect(wanted.length).toBeGreaterThan(25);
      for (const action of wanted) {
        const item = screen.getByTestId(`command-a-${action.id}`);
        expect(item).toHaveTextContent(action.label);
        if (action.keys) expect(item.querySelector("kbd")).not.toBeNull();
      }
    });
  });

  it("has no two actions under the same keys", async () => {
    await draw("open-branch");
    await screen.findByTestId("node-servers");
    const keys = Object.values(useActions.getState().groups).flat().flatMap((action) => action.keys?.split(" ") ?? []);
    expect(keys.toSorted()).toEqual([...new Set(keys)].toSorted());
  });

  it("shows what was done last first", async () => {
    const { user } = await draw("open-branch");
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByTestId("palette-input"), "tidy{Enter}");
    await waitFor(() => expect(screen.queryByTestId("palette-input")).toBeNull());
    await user.keyboard("{Control>}k{/Control}");
    await screen.findByTestId("palette-input");
    await waitFor(() => expect(screen.getAllByRole("option")[0]).toHaveTextContent("Tidy up"));
  });
});

describe("by keyboard alone", () => {
  it("ten steps are drawn, connected, changed, previewed and run", async () => {
    const { user } = await draw("share-folder", { history: false });
    act(() => go({ screen: "home" }));
    await screen.findByTestId("new-workflow");
    act(() => screen.getByTestId("new-workflow").focus());
    await user.keyboard("{Enter}");
    await user.type(await screen.findByTestId("field-name"), "Ten by hand{Enter}");
    await screen.findByTestId("studio");
    const workflow = "ten-by-hand";
    for (let n = 1; n <= 10; n += 1) {
      act(() => (document.activeElement as HTMLElement | null)?.blur?.());
      await user.keyboard("/");
      await user.type(await screen.findByTestId("quick-add-input"), "run a command{Enter}");
      await waitFor(async () => expect(await steps(workflow)).toHaveLength(n));
      // The field of the new step is empty; that of the one before says `echo`.
      await waitFor(() => expect(screen.getByTestId("field-program")).toHaveValue(""));
      act(() => screen.getByTestId("field-program").focus());
      await user.keyboard(`echo{Tab}`);
      await waitFor(async () => expect((await call("document.open", { workflow })).document?.steps[n === 1 ? "command" : `command_${n}`]?.with.program).toBe("echo"));
    }
    const view = await call("document.open", { workflow });
    expect(view.graph.edges).toHaveLength(9);
    // Walk back, switch one off, pin one, undo, tidy.
    onCanvas();
    await user.keyboard("k");
    await user.keyboard("x");
    await waitFor(async () => expect((await call("document.open", { workflow })).document?.steps.command_9?.off).toBe(true));
    await user.keyboard("{Control>}z{/Control}p");
    await waitFor(async () => expect((await call("document.open", { workflow })).layout.nodes.command_9?.pinned).toBe(true));
    expect((await call("document.open", { workflow })).document?.steps.command_9?.off).toBeUndefined();
    const pinned = (await call("document.open", { workflow })).layout.nodes.command_9;
    await user.keyboard("{Escape}t");
    await waitFor(async () => expect((await call("document.open", { workflow })).undo).toBe("Tidy up"));
    expect((await call("document.open", { workflow })).layout.nodes.command_9).toEqual(pinned);
    await user.keyboard("{Control>}{Enter}{/Control}");
    await waitFor(() => expect(screen.getByTestId("deploy")).toBeEnabled());
    act(() => screen.getByTestId("deploy").focus());
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.getByTestId("run-status")).toHaveAttribute("data-state", "succeeded"));
  });
});

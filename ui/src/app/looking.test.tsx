import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { setHost } from "../bridge/client";
import { type FakeOptions, fakeHost } from "../bridge/fake/host-fake";
import { followEvents, forget } from "../bridge/queries";
import { usePreferences } from "../window/preferences";
import { go } from "../window/route";
import { App } from "./App";

let calls: [string, unknown][] = [];

/** A window on a run of *Open a shop branch* that stands. */
async function start(options: FakeOptions = {}) {
  const host = fakeHost({ pace: 5, ...options });
  calls = [];
  setHost({ ...host, call: (name, request) => { calls.push([name, request]); return host.call(name, request); } });
  forget();
  followEvents();
  usePreferences.setState({ environment: null, textSize: 100 });
  const runs = (await host.call("run.list", { workflow: "open-branch" })) as { id: string; state: string }[];
  const run = runs.find((one) => one.state === "succeeded")?.id ?? "";
  go({ screen: "run", run });
  render(<App />);
  await screen.findByTestId("result");
  return { host, user: userEvent.setup(), run };
}

/** A step of *Breaks at step 4* in the studio. */
async function select(user: ReturnType<typeof userEvent.setup>, step: string) {
  act(() => go({ screen: "studio", workflow: "breaks-at-step-4" }));
  await screen.findByTestId("canvas");
  if (!screen.queryByTestId("outline")) await user.click(await screen.findByTestId("show-outline"));
  await user.click(await screen.findByTestId(`outline-${step}`));
  await screen.findByTestId("inspector");
}

beforeEach(() => go({ screen: "home" }));

describe("Changed by hand", () => {
  it("is looked for when a person asks, and says step by step what was and what is", async () => {
    const { user } = await start();
    expect(calls.some(([name]) => name === "drift.look")).toBe(false);
    await user.click(await screen.findByTestId("drift-look"));
    const answer = await screen.findByTestId("drift-answer");
    expect(answer).toHaveAttribute("data-state", "changed");
    expect(answer).toHaveTextContent("2 things are no longer as this run left them.");
    const rows = screen.getByTestId("drift-rows");
    expect(rows).toHaveTextContent(/ingress\.port.*was 443.*is 8443/);
    expect(rows).toHaveTextContent(/besitzerin.*was Zoë.*is nothing/);
    expect(rows).toHaveTextContent(/element 3.*is gone/);
    expect(within(rows).getAllByText("Simulated").length).toBeGreaterThan(0);
    // What is as it was is folded, with its number.
    expect(screen.getByRole("button", { name: /as (it was|they were) left/ })).toBeVisible();
    await user.click(screen.getByTestId("drift-deploy"));
    await waitFor(() => expect(window.location.hash).toContain("open-branch"));
  });

  it("says calmly that nothing was changed, and offers nothing but to look again", async () => {
    const { user } = await start({ drift: "none" });
    await user.click(await screen.findByTestId("drift-look"));
    expect(await screen.findByTestId("drift-answer")).toHaveTextContent("Everything is as this run left it.");
    expect(screen.queryByTestId("drift-deploy")).toBeNull();
    await user.click(screen.getByTestId("drift-again"));
    await waitFor(() => expect(calls.filter(([name]) => name === "drift.look")).toHaveLength(2));
  });

  it("tells what could not be asked and what cannot be known, each with its reason", async () => {
    const { user } = await start({ drift: "mixed" });
    await user.click(await screen.findByTestId("drift-look"));
    await screen.findByTestId("drift-answer");
    expect(screen.getByTestId("drift-rows")).toHaveTextContent(/could not be reached.*Check the network.*POD0403/);
    await user.click(screen.getByRole("button", { name: /cannot be known/ }));
    expect(screen.getByText(/because nobody keeps what it did/)).toBeVisible();
  });

  it("is under way with how far it is, and stops when told to", async () => {
    const { user } = await start({ pace: 100_000 });
    await user.click(await screen.findByTestId("drift-look"));
    const bar = await screen.findByRole("progressbar");
    expect(bar).toHaveAttribute("aria-valuenow", "0");
    await user.click(screen.getByTestId("drift-stop"));
    expect(await screen.findByTestId("drift-answer")).toHaveTextContent("The look was stopped.");
  });

  it("says why a look could not begin, and tries again", async () => {
    const { user } = await start({ failing: ["drift.look"] });
    await user.click(await screen.findByTestId("drift-look"));
    const error = await screen.findByTestId("error");
    expect(error).toHaveTextContent("The disk is full.");
    await user.click(within(error).getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(calls.filter(([name]) => name === "drift.look")).toHaveLength(2));
  });

  it("stands beside the preview of what stands already, by keyboard too", async () => {
    const { user, host, run } = await start();
    const inputs = ((await host.call("run.get", { run })) as { inputs: Record<string, string> }).inputs;
    usePreferences.setState({ environment: "play" });
    act(() => go({ screen: "preview", workflow: "open-branch" }));
    await user.type(await screen.findByLabelText(/Branch/), inputs.branch ?? "west");
    await waitFor(() => expect(screen.getByTestId("preview-inputs")).toBeEnabled());
    await user.click(screen.getByTestId("preview-inputs"));
    await screen.findByTestId("preview-page");
    const button = await screen.findByTestId("drift-look");
    button.focus();
    await user.keyboard("{Enter}");
    expect(await screen.findByTestId("drift-answer")).toHaveAttribute("data-state", "changed");
    // Deploying is the one primary action of this page already.
    expect(screen.queryByTestId("drift-deploy")).toBeNull();
  });
});

describe("Look inside", () => {
  it("draws what is inside a step of a run, read only, and says of which world", async () => {
    const { user, run } = await start();
    const node = (await screen.findAllByTestId(/^node-/))[0] as HTMLElement;
    await user.click(node);
    await user.click(await screen.findByTestId("inside-open"));
    const inside = await screen.findByTestId("inside");
    expect(await within(inside).findByTestId("inside-sentence")).toHaveTextContent("4 things of 4 kinds.");
    expect(within(inside).getByText("Simulated")).toBeVisible();
    expect(calls.find(([name]) => name === "run.inside")?.[1]).toMatchObject({ run });
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByTestId("inside")).toBeNull());
  });

  it("says why nobody can look inside", async () => {
    const { user } = await start();
    await select(user, "five");
    await user.click(await screen.findByTestId("inside-open"));
    expect(await screen.findByTestId("inside-nothing")).toHaveTextContent(/Nobody can look inside this step, because it has nothing inside to draw/);
  });

  it("says what went wrong, and asks again", async () => {
    const { user } = await start({ failing: ["step.inside"] });
    await select(user, "four");
    await user.click(await screen.findByTestId("inside-open"));
    const inside = await screen.findByTestId("inside");
    expect(await within(inside).findByTestId("error")).toHaveTextContent("The disk is full.");
    await user.click(within(inside).getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(calls.filter(([name]) => name === "step.inside").length).toBeGreaterThan(1));
  });
});

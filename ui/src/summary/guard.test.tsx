import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { call, setHost } from "../bridge/client";
import { fakeHost } from "../bridge/fake/host-fake";
import { forget } from "../bridge/queries";
import type { PreviewIdentity, PreviewView, WindowView } from "../bridge/types";
import { Confirm } from "./Confirm";
import { Identities, Strangers } from "./Identities";

const closed: WindowView = { open: false, words: "Closed until Monday 2026-11-30 09:00 (Europe/Berlin): frozen, stock-taking.", time_zone: "Europe/Berlin", windows: [], freezes: ["Friday: stock-taking"], may_override: true };

beforeEach(() => {
  setHost(fakeHost({ pace: 5 }));
  forget();
});

async function viewOf(change: { identities?: PreviewIdentity[]; environment?: Partial<PreviewView["environment"]>; undoes?: string }): Promise<PreviewView> {
  const view = await call("preview.make", { workflow: "share-folder", environment: "play", inputs: {} });
  // A name of its own, so that the environment of the preview counts and not that of the workspace.
  return { ...view, environment: { ...view.environment, name: "elsewhere", ...change.environment }, preview: { ...view.preview, identities: change.identities ?? [], ...(change.undoes ? { undoes: change.undoes } : {}) } };
}

const who = (standing: "proven" | "another" | "unproven" | "simulated"): PreviewIdentity => ({
  credential: "login", system: "kubernetes", account: "shops-eu", user: "deployer",
  proof: { standing, expected: [{ what: "account", value: "shops-us" }, { what: "account", value: "shops-ap" }], found: [{ what: "cluster", value: "shops-eu" }] },
  ...(standing === "another" ? { problem: { kind: "forbidden" as const, code: "POD0750", message: "With `login` this is the cluster `shops-eu`.", hint: "Store the right login.", retry: "permanent" as const } } : {}),
});

describe("who it is", () => {
  it("is said on the preview, and another one stops the click", async () => {
    const view = await viewOf({ identities: [who("another")] });
    render(<><Strangers preview={view.preview} /><Identities preview={view.preview} /><Confirm view={view} label="Deploy" again={() => {}} /></>);
    expect(screen.getByTestId("stranger-login")).toHaveTextContent(/this is the cluster shops-eu.*Store the right login.*POD0750/);
    expect(screen.getByTestId("identity-login")).toHaveTextContent("cluster shops-us or shops-ap");
    expect(screen.getByTestId("deploy")).toBeDisabled();
  });

  it("is proven, and nothing stands in the way", async () => {
    const view = await viewOf({ identities: [who("proven")] });
    render(<><Strangers preview={view.preview} /><Identities preview={view.preview} /><Confirm view={view} label="Deploy" again={() => {}} /></>);
    expect(screen.queryByTestId("stranger-login")).toBeNull();
    expect(screen.getByTestId("identity-login")).toHaveTextContent(/proven.*As the environment expects/);
    expect(screen.getByTestId("deploy")).toBeEnabled();
  });
});

describe("a closed environment", () => {
  it("takes a reason where it says so, and sends it", async () => {
    const user = userEvent.setup();
    const host = fakeHost({ pace: 5 });
    const sent: unknown[] = [];
    setHost({ ...host, call: (name, request) => { if (name === "run.start") sent.push(request); return host.call(name, request); } });
    const view = await viewOf({ environment: { window: closed } });
    render(<Confirm view={view} label="Deploy" again={() => {}} />);
    expect(screen.getByTestId("closed")).toHaveTextContent("Closed until Monday 2026-11-30 09:00");
    expect(screen.getByTestId("deploy")).toBeDisabled();
    await user.type(screen.getByLabelText("Why it cannot wait"), "   ");
    expect(screen.getByTestId("deploy")).toBeDisabled();
    await user.type(screen.getByTestId("override-reason"), "The door is on fire");
    await waitFor(() => expect(screen.getByTestId("deploy")).toBeEnabled());
    await user.click(screen.getByTestId("deploy"));
    await waitFor(() => expect(sent).toEqual([expect.objectContaining({ override_window: "The door is on fire" })]));
  });

  it("takes none where it does not, but to take something back", async () => {
    const strict = { window: { ...closed, may_override: false } };
    const { unmount } = render(<Confirm view={await viewOf({ environment: strict })} label="Deploy" again={() => {}} />);
    expect(screen.getByTestId("closed")).toHaveTextContent("This environment takes no exception.");
    expect(screen.queryByTestId("override-reason")).toBeNull();
    expect(screen.getByTestId("deploy")).toBeDisabled();
    unmount();
    render(<Confirm view={await viewOf({ environment: strict, undoes: "run_1" })} label="Take back" again={() => {}} />);
    expect(screen.getByTestId("override-reason")).toBeInTheDocument();
    expect(screen.getByTestId("undo-confirm")).toBeDisabled();
  });

  it("can be asked for approval at any time", async () => {
    render(<Confirm view={await viewOf({ environment: { window: closed, approval: true } })} label="Deploy" again={() => {}} />);
    expect(screen.getByTestId("closed")).toHaveTextContent("You can ask for approval now.");
    expect(screen.getByTestId("deploy")).toBeEnabled();
  });
});

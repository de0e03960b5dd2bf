import { fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { setHost } from "../../bridge/client";
import { fakeHost } from "../../bridge/fake/host-fake";
import type { Host } from "../../bridge/host";
import { Log } from "./Log";
import { Rows, scrollTo, windowOf } from "./rows";
import { pageSize, pagesKept } from "./useLogLines";

let asked: { name: string; request: { from?: number; limit?: number } }[] = [];

async function open(lines: number, live = false) {
  const host = fakeHost({ logLines: lines });
  const counting: Host = { ...host, call: (name, request) => { asked.push({ name, request: request as { from?: number } }); return host.call(name, request); } };
  setHost(counting);
  const [run] = (await host.call("run.list", {})) as { id: string }[];
  const shown = render(<Log run={run?.id ?? ""} step="serve" total={lines} live={live} />);
  await waitFor(() => expect(screen.queryAllByText("…")).toHaveLength(0));
  return { ...shown, user: userEvent.setup(), body: screen.getByTestId("log"), run: run?.id ?? "" };
}

/** Where the list is scrolled to; jsdom scrolls nothing by itself. */
function scroll(body: HTMLElement, top: number) {
  Object.defineProperty(body, "scrollHeight", { configurable: true, value: 1e9 });
  body.scrollTop = top;
  fireEvent.scroll(body);
}
/** jsdom tells nobody that something was scrolled by script, so it is told with each look. */
const seen = (body: HTMLElement, text: string) => waitFor(() => {
  scroll(body, body.scrollTop);
  expect(body.querySelector("[data-found]")).toHaveTextContent(text);
});
const drawn = () => screen.getAllByText(/^(\d+)$/, { selector: ".log-number" }).length;
const reads = () => asked.filter((one) => one.name === "run.logs");

beforeEach(() => { asked = []; });

describe("a log of 100,000 lines", () => {
  it("draws the rows in sight and reads the lines around them, wherever one scrolls", async () => {
    const { body } = await open(100_000);
    expect(screen.getByTestId("log-count")).toHaveTextContent("100,000 lines");
    expect(drawn()).toBeLessThan(60);
    const before = reads().length;
    expect(before).toBeLessThanOrEqual(3);
    for (const line of [20_000, 40_000, 60_000, 80_000]) {
      scroll(body, line * 20);
      await waitFor(() => expect(body).toHaveTextContent(`line ${line + 3} of a long log`));
      expect(drawn()).toBeLessThan(60);
    }
    expect(reads().length).toBeLessThanOrEqual(before + 8);
    expect(Math.max(...reads().map((one) => one.request.limit ?? 0))).toBe(pageSize);
  });

  it("keeps no more lines than a few pages: what was left far behind is read again", async () => {
    const { body } = await open(100_000);
    for (let page = 0; page < pagesKept + 4; page += 1) {
      scroll(body, page * pageSize * 20 + 200);
      const at = page * pageSize + 11;
      await waitFor(() => expect(body).toHaveTextContent(`line ${at} of`));
    }
    const firstReads = () => reads().filter((one) => one.request.from === 0).length;
    const then = firstReads();
    scroll(body, 0);
    await waitFor(() => expect(body).toHaveTextContent("line 3 of"));
    expect(firstReads()).toBe(then + 1);
  });

  it("is searched where it is: how many there are, the next, the one before, and round the end", async () => {
    const { user, body } = await open(100_000);
    await user.type(screen.getByTestId("log-search"), "rare needle");
    await waitFor(() => expect(screen.getByTestId("log-matches")).toHaveTextContent("1 of 4"));
    await user.click(screen.getByTestId("log-next"));
    await waitFor(() => expect(screen.getByTestId("log-matches")).toHaveTextContent("2 of 4"));
    await waitFor(() => expect(body.scrollTop).toBe(scrollTo(25_007, 100_000, 20, body.clientHeight)));
    await seen(body, "a rare needle in line 25007");
    expect(body.querySelector("[data-found] mark")).toHaveTextContent("rare needle");
    await user.click(screen.getByTestId("log-before"));
    await user.click(screen.getByTestId("log-before"));
    await waitFor(() => expect(screen.getByTestId("log-matches")).toHaveTextContent("4 of 4"));
    await user.type(screen.getByTestId("log-search"), " nowhere");
    await waitFor(() => expect(screen.getByTestId("log-matches")).toHaveTextContent("none"));
    // Searching read no more of the log than was in sight.
    expect(reads().length).toBeLessThan(12);
  });

  it("folds its parts, and unfolds the one that a match is in", async () => {
    const { user, body } = await open(100_000);
    await user.click(await screen.findByTestId("log-fold"));
    scroll(body, 0);
    await waitFor(() => expect(body).toHaveTextContent("TASK [part 1]"));
    await waitFor(() => expect(within(body).getAllByText("99 lines folded away").length).toBeGreaterThan(5));
    await waitFor(() => expect(body).not.toHaveTextContent("line 3 of"));
    await user.click(within(body).getByRole("button", { name: "Fold “TASK [part 0]”" }));
    await waitFor(() => expect(body).toHaveTextContent("line 3 of"));
    await user.type(screen.getByTestId("log-search"), "needle in line 50007");
    await waitFor(() => expect(screen.getByTestId("log-matches")).toHaveTextContent("1 of 1"));
    await seen(body, "a rare needle in line 50007");
  });

  it("is copied as it was recorded, without the escapes and never more than its last 20,000 lines", async () => {
    const { user } = await open(100_000);
    const written = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    await user.click(screen.getByTestId("log-copy"));
    await waitFor(() => expect(written).toHaveBeenCalled());
    const text = written.mock.calls[0]?.[0] ?? "";
    expect(text.split("\n")).toHaveLength(20_000);
    expect(text.endsWith("line 99999 of a long log, green")).toBe(true);
    expect(text).not.toContain("\u001b");
  });
});

it("a log of a million lines takes no more room than a short one", async () => {
  const { body } = await open(1_000_000);
  expect(drawn()).toBeLessThan(60);
  scroll(body, 4_000_000);
  await waitFor(() => expect(body).toHaveTextContent(/line 50\d\d\d\d of|line 49\d\d\d\d of/));
  expect(drawn()).toBeLessThan(60);
  expect(Number.parseFloat((body.firstElementChild as HTMLElement).style.height)).toBeLessThanOrEqual(8_000_000);
});

describe("rows", () => {
  it("know their lines and the other way round, with parts folded away", () => {
    const rows = new Rows(100, [{ from: 10, to: 20 }, { from: 20, to: 25 }, { from: 90, to: 100 }]);
    expect(rows.count).toBe(100 - 9 - 4 - 9);
    expect([0, 10, 11, 12, 13].map((row) => rows.lineAt(row))).toEqual([0, 10, 20, 25, 26]);
    expect(rows.lineAt(rows.count - 1)).toBe(90);
    for (let row = 0; row < rows.count; row += 1) expect(rows.rowOf(rows.lineAt(row))).toBe(row);
    expect([15, 24, 99].map((line) => rows.lineAt(rows.rowOf(line)))).toEqual([10, 20, 90]);
  });

  it("reach the first and the last of ten million", () => {
    const count = 10_000_000;
    const top = windowOf(count, 20, 400, 0);
    expect(top.first).toBe(0);
    const end = windowOf(count, 20, 400, top.tall - 400);
    expect(end.last).toBe(count);
    const at = scrollTo(1_234_567, count, 20, 400);
    const there = windowOf(count, 20, 400, at);
    expect(there.first).toBeLessThan(1_234_567);
    expect(there.last).toBeGreaterThan(1_234_567);
    expect(there.top(1_234_567) - at).toBeGreaterThan(0);
    expect(there.top(1_234_567) - at).toBeLessThan(400);
  });
});

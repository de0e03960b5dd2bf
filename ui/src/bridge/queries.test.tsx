import { act, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { asApiError } from "./error";
import { setHost } from "./client";
import { followEvents, forget, put, useQuery } from "./queries";
import type { Batch, RunView } from "./types";

let asked: string[] = [];
let answer: (name: string) => unknown = () => [];
let tell: (batch: Batch) => void = () => {};

beforeEach(() => {
  asked = [];
  setHost({
    label: null,
    call: async (name, request) => { asked.push(`${name} ${JSON.stringify(request)}`); return answer(name); },
    listen: (onBatch) => { tell = onBatch; return () => {}; },
    openLink: () => {},
  });
  forget();
});

function Runs({ run }: { run: string }) {
  const { data, error, retry } = useQuery("run.get", { run });
  return <button type="button" onClick={retry}>{error ? error.message : data ? data.sentence : "wait"}</button>;
}

it("what an event makes stale is asked again, and only for its run", async () => {
  answer = () => ({ sentence: "one" });
  followEvents();
  render(<><Runs run="r1" /><Runs run="r2" /></>);
  expect(await screen.findAllByText("one")).toHaveLength(2);
  asked = [];
  answer = () => ({ sentence: "two" });
  act(() => tell({ run: "r1", events: [], logs: 0, stale: ["run.get", "run.list"] }));
  expect(await screen.findByText("two")).toBeVisible();
  expect(asked).toEqual(['run.get {"run":"r1"}']);
});

it("an error is shown in its own words, and can be tried again", async () => {
  answer = () => { throw { code: "POD0601", message: "The disk is full.", retry: "temporary" }; };
  render(<Runs run="r3" />);
  const button = await screen.findByText("The disk is full.");
  answer = () => ({ sentence: "better" });
  act(() => button.click());
  expect(await screen.findByText("better")).toBeVisible();
});

it("what is on its way is not asked for again by what is shown meanwhile", async () => {
  let reply: (view: unknown) => void = () => {};
  answer = () => new Promise((resolve) => { reply = resolve; });
  const { rerender } = render(<Runs run="r5" />);
  await waitFor(() => expect(asked).toHaveLength(1));
  rerender(<><Runs run="r5" /><Runs run="r5" /></>);
  await act(async () => reply({ sentence: "one" }));
  expect(await screen.findAllByText("one")).toHaveLength(2);
  expect(asked).toHaveLength(1);
});

it("an answer that was asked for before a write does not undo the write on the screen", async () => {
  let reply: (view: unknown) => void = () => {};
  answer = () => new Promise((resolve) => { reply = resolve; });
  render(<Runs run="r4" />);
  await waitFor(() => expect(asked).toHaveLength(1));
  act(() => put("run.get", { run: "r4" }, { sentence: "written" } as RunView));
  await act(async () => reply({ sentence: "older" }));
  expect(screen.getByText("written")).toBeVisible();
});

it.each([
  ["plain text", "POD0000", "plain text"], ['{"code":"POD0001","message":"as text"}', "POD0001", "as text"], [new Error("thrown"), "POD0000", "thrown"], [{ code: "POD0002", message: "as it is" }, "POD0002", "as it is"],
])("whatever a host rejects with becomes an API error: %s", (thrown, code, message) => expect(asApiError(thrown)).toMatchObject({ code, message }));

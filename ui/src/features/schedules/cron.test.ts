import { expect, it } from "vitest";
import { cronOf, type Rhythm } from "./cron";

const rhythm: Rhythm = { often: "day", time: "02:05", weekday: "0", monthday: "28", cron: " */5 * * * * " };

it.each([["day", "5 2 * * *"], ["weekdays", "5 2 * * 1-5"], ["week", "5 2 * * 0"], ["month", "5 2 28 * *"], ["cron", "*/5 * * * *"]] as const)("%s is the cron expression %s", (often, cron) => {
  expect(cronOf({ ...rhythm, often })).toBe(cron);
});

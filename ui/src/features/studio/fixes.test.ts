import { expect, it } from "vitest";
import type { Diagnostic } from "../../bridge/types";
import { fixesOf } from "./fixes";

const diagnostic = (step: string, field: string, hint?: string): Diagnostic => ({ severity: "error", code: "POD0106", summary: "", detail: "", address: { file: "w.yaml", step, field }, ...(hint ? { hint } : {}) });

it("a converter that a problem names can be put in its place, and nothing else can", () => {
  const fixes = fixesOf([
    diagnostic("page", "/steps/page/with/url", "Write `${{ string(steps.a.outputs.port) }}`."), diagnostic("page", "/steps/page/with/name", "Write `true`, without quotes."),
    diagnostic("other", "/steps/other/with/url", "Write `${{ [inputs.x] }}`."), diagnostic("page", "/steps/page/if", "Write `${{ x }}`."), diagnostic("page", "/steps/page/with/a", undefined),
  ], "page");
  expect([...fixes]).toEqual([["/url", "${{ string(steps.a.outputs.port) }}"]]);
});

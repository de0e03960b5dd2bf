import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ansiColours } from "../graph/ansi";

const css = readFileSync(`${(import.meta as unknown as { dirname: string }).dirname}/tokens.css`, "utf8");

/** The tokens of a theme that are plain colours. */
function tokens(theme: "light" | "dark"): Map<string, number> {
  const block = css.slice(css.indexOf(`:root[data-theme="${theme}"] {`));
  const inside = block.slice(block.indexOf("{") + 1, block.indexOf("}"));
  return new Map([...inside.matchAll(/--([\w-]+):\s*oklch\(([\d.]+)\s+([\d.]+)(?:\s+([\d.]+))?\s*\)/g)].map((m) => [m[1] ?? "", luminance(Number(m[2]), Number(m[3]), Number(m[4] ?? 0))]));
}

/** Relative luminance (WCAG 2.2) of an OKLCH colour, clipped to what a screen can show. */
function luminance(l: number, c: number, h: number): number {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const [x, y, z] = [l + 0.3963377774 * a + 0.2158037573 * b, l - 0.1055613458 * a - 0.0638541728 * b, l - 0.0894841775 * a - 1.291485548 * b].map((v) => v ** 3) as [number, number, number];
  const linear = [4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z, -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z, -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z].map((v) => Math.min(1, Math.max(0, v))) as [number, number, number];
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

const tones = ["ok", "busy", "wait", "bad", "odd", "idle"];
const grounds = ["bg", "surface", "raised", "sunken", "canvas"];
const text: [string, string][] = [
  ...["text", "text-2", "text-3"].flatMap((ink) => grounds.map((ground): [string, string] => [ink, ground])),
  ...tones.flatMap((tone): [string, string][] => [[tone, "surface"], [tone, "bg"], [tone, "raised"], [tone, `${tone}-soft`], ["text", `${tone}-soft`], ["text-2", `${tone}-soft`]]),
  // What tools print, in the log, also on the lines of an error or a warning.
  ...ansiColours.flatMap((ink): [string, string][] => [[ink, "bg"], [ink, "bad-soft"], [ink, "wait-soft"]]),
  ["accent-text", "surface"], ["accent-text", "bg"], ["accent-text", "accent-soft"], ["text", "accent-soft"], ["text-2", "accent-soft"], ["on-accent", "accent"], ["on-accent", "accent-2"],
  ["code-key", "surface"], ["code-text", "surface"], ["code-number", "surface"], ["code-quiet", "surface"],
];
const edges: [string, string][] = [["edge", "surface"], ["edge", "bg"], ["accent", "surface"], ["accent-text", "bg"], ...tones.filter((tone) => tone !== "idle").map((tone): [string, string] => [`${tone}-line`, "surface"])];

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  const of = tokens(theme);
  const contrast = (one: string, other: string): number => {
    const [a, b] = [of.get(one), of.get(other)];
    if (a === undefined || b === undefined) throw new Error(`no colour --${a === undefined ? one : other}`);
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  it.each(text)("%s is read on %s (4.5 : 1)", (ink, ground) => expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5));
  it.each(edges)("%s is seen on %s (3 : 1)", (edge, ground) => expect(contrast(edge, ground)).toBeGreaterThanOrEqual(3));
});

it("the sums themselves are right", () => {
  expect(luminance(1, 0, 0)).toBeCloseTo(1, 3);
  expect(luminance(0, 0, 0)).toBe(0);
  // sRGB red, as oklch(0.628 0.2577 29.23), has the luminance 0.2126.
  expect(luminance(0.628, 0.2577, 29.23)).toBeCloseTo(0.2126, 2);
});

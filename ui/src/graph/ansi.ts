export interface Run { text: string; colour: string | null; bold: boolean }

/** The names of the colours in the tokens, in the order in which terminals number them. */
export const ansiColours = ["text-3", "bad", "ok", "wait", "busy", "odd", "cyan", "text"] as const;

// oxlint-disable-next-line no-control-regex -- escapes are what is looked for
const escape = () => /\u001b(?:\[([0-9;:?]*)([A-Za-z])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)|[\u0000-\u0008\u000b-\u001a\u007f]/g;

/** A line with the colours that tools print, as runs of text. Everything else that escapes is dropped. */
export function ansiRuns(line: string): Run[] {
  const runs: Run[] = [];
  let colour: string | null = null;
  let bold = false;
  let from = 0;
  for (const match of line.matchAll(escape())) {
    if (match.index > from) runs.push({ text: line.slice(from, match.index), colour, bold });
    from = match.index + match[0].length;
    if (match[2] !== "m") continue;
    const codes = (match[1] || "0").split(/[;:]/).map(Number);
    for (let at = 0; at < codes.length; at += 1) {
      const code = codes[at] ?? 0;
      if (code === 0) { colour = null; bold = false; }
      else if (code === 1) bold = true;
      else if (code === 22) bold = false;
      else if (code === 2) colour ??= "text-3";
      else if (code === 39) colour = null;
      else if (code >= 30 && code <= 37) colour = ansiColours[code - 30] ?? null;
      else if (code >= 90 && code <= 97) colour = ansiColours[code - 90] ?? null;
      else if (code === 38 || code === 48) {
        // One of 256, or red, green and blue: the nearest of ours, so that it is read in both themes.
        const named = codes[at + 1] === 5 ? ofPalette(codes[at + 2] ?? 0) : nearest(codes[at + 2] ?? 0, codes[at + 3] ?? 0, codes[at + 4] ?? 0);
        if (code === 38) colour = named;
        at += codes[at + 1] === 5 ? 2 : 4;
      }
    }
  }
  if (from < line.length) runs.push({ text: line.slice(from), colour, bold });
  return runs.length > 0 ? runs : [{ text: "", colour: null, bold: false }];
}

/** The line as text alone. */
export function withoutEscapes(line: string): string {
  return line.replace(escape(), "");
}

function ofPalette(index: number): string {
  if (index < 16) return ansiColours[index % 8] ?? "text";
  if (index >= 232) return index < 244 ? "text-3" : "text";
  const cube = index - 16;
  return nearest(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51);
}

function nearest(red: number, green: number, blue: number): string {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 40) return most < 110 ? "text-3" : "text";
  const on = (value: number) => value > (most + least) / 2;
  return ansiColours[(on(red) ? 1 : 0) + (on(green) ? 2 : 0) + (on(blue) ? 4 : 0)] ?? "text";
}

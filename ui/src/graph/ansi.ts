export interface Run { text: string; colour: string | null; bold: boolean }

const colours = ["idle", "bad", "ok", "wait", "busy", "odd", "busy", "text"];

/** A line with the colours that tools print, as runs of text. Everything else that escapes is dropped. */
export function ansiRuns(line: string): Run[] {
  if (!line.includes("\u001b")) return [{ text: line, colour: null, bold: false }];
  const runs: Run[] = [];
  let colour: string | null = null;
  let bold = false;
  let from = 0;
  // oxlint-disable-next-line no-control-regex -- escapes are what is looked for
  for (const match of line.matchAll(/\u001b(?:\[([0-9;?]*)([A-Za-z])|\][^\u0007]*\u0007?|.)/g)) {
    if (match.index > from) runs.push({ text: line.slice(from, match.index), colour, bold });
    from = match.index + match[0].length;
    if (match[2] !== "m") continue;
    for (const code of (match[1] || "0").split(";").map(Number)) {
      if (code === 0) { colour = null; bold = false; }
      else if (code === 1) bold = true;
      else if (code === 22) bold = false;
      else if (code === 39) colour = null;
      else if (code >= 30 && code <= 37) colour = colours[code - 30] ?? null;
      else if (code >= 90 && code <= 97) colour = colours[code - 90] ?? null;
    }
  }
  if (from < line.length) runs.push({ text: line.slice(from), colour, bold });
  return runs.length > 0 ? runs : [{ text: "", colour: null, bold: false }];
}

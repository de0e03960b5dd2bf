/** What can stand in an expression, and help while one writes it. */
export interface Completable { expression: string; label: string; note?: string | undefined }

/** The path under the caret: where it begins, and what of it stands before the caret. `null` outside of an expression. */
export function pathAt(text: string, caret: number, bare: boolean): { from: number; to: number; typed: string } | null {
  if (!bare) {
    const open = text.lastIndexOf("${{", caret);
    if (open < 0 || caret < open + 3) return null;
    const close = text.indexOf("}}", open);
    if (close >= 0 && caret > close) return null;
  }
  if (inQuotes(text, caret, bare)) return null;
  const typed = /[A-Za-z_][\w.]*$/.exec(text.slice(0, caret))?.[0] ?? "";
  const rest = /^[\w]*/.exec(text.slice(caret))?.[0] ?? "";
  return { from: caret - typed.length, to: caret + rest.length, typed };
}

function inQuotes(text: string, caret: number, bare: boolean): boolean {
  const from = bare ? 0 : text.lastIndexOf("${{", caret) + 3;
  let quote = "";
  for (let at = from; at < caret; at += 1) {
    const letter = text[at] ?? "";
    if (quote) {
      if (letter === "\\") at += 1;
      else if (letter === quote) quote = "";
    } else if (letter === "'" || letter === '"') quote = letter;
  }
  return quote !== "";
}

const roots: Completable[] = [
  { expression: "inputs.", label: "inputs", note: "Answers given before the run" }, { expression: "steps.", label: "steps", note: "What steps before gave" },
  { expression: "environment.name", label: "environment.name", note: "Where it runs" }, { expression: "environment.vars.", label: "environment.vars", note: "Values of the environment" }, { expression: "run.id", label: "run.id", note: "This run" },
];

/** What fits what was typed: the next parts of paths that begin so first, then what has it anywhere in its name. */
export function complete(typed: string, known: readonly Completable[], most = 12): Completable[] {
  const wanted = typed.toLowerCase();
  const all = [...known, ...roots.filter((root) => !known.some((one) => one.expression === root.expression))];
  const score = (one: Completable) => {
    const expression = one.expression.toLowerCase();
    if (expression === wanted) return 0;
    if (expression.startsWith(wanted)) return wanted === "" && expression.endsWith(".") ? 4 : 3;
    const last = expression.split(".").at(-1) ?? "";
    if (wanted !== "" && (last.startsWith(wanted) || one.label.toLowerCase().startsWith(wanted))) return 2;
    return wanted.length > 1 && (expression.includes(wanted) || one.label.toLowerCase().includes(wanted)) ? 1 : 0;
  };
  return all.map((one) => ({ one, score: score(one) })).filter((entry) => entry.score > 0).toSorted((a, b) => b.score - a.score || a.one.expression.length - b.one.expression.length).slice(0, most).map((entry) => entry.one);
}

/** Paths in a text, with their places. Texts in quotes are no paths. */
export function pathsIn(text: string, bare: boolean): { path: string; from: number; to: number }[] {
  const found: { path: string; from: number; to: number }[] = [];
  for (const match of text.matchAll(/(?<![\w.])(?:inputs|environment|steps|each|run|[a-z]+(?=\.))(?:\.[A-Za-z_]\w*)+/g)) {
    const at = pathAt(text, match.index + 1, bare);
    if (at) found.push({ path: match[0], from: match.index, to: match.index + match[0].length });
  }
  return found;
}

/**
 * The first path that nothing knows, with the nearest one that is known. Below `open` prefixes anything may
 * stand. `null` where all is well, or nothing is near.
 */
export function nearestFor(text: string, known: readonly Completable[], open: readonly string[], bare: boolean): { wrong: string; from: number; to: number; right: string } | null {
  const names = known.map((one) => one.expression);
  for (const { path, from, to } of pathsIn(text, bare)) {
    if (["run.id", "environment.name", "environment.vars"].includes(path) || path.startsWith("each.")) continue;
    if (names.some((name) => path === name || path.startsWith(`${name}.`) || name.startsWith(`${path}.`))) continue;
    if (open.some((prefix) => path.startsWith(prefix))) continue;
    let best: { right: string; distance: number } | null = null;
    for (const name of names) {
      // A method or a part of the value may follow; only the path itself is compared.
      const depth = name.split(".").length;
      const part = path.split(".").slice(0, depth).join(".");
      const distance = editDistance(part, name, 4);
      if (distance <= 3 && distance < (best?.distance ?? 99)) best = { right: name + path.slice(part.length), distance };
    }
    if (best) return { wrong: path, from, to, right: best.right };
  }
  return null;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length] ?? limit + 1;
}

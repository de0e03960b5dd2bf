// How long it takes to read, check and lay out large workflows. The command line's own start is measured
// on a workflow of one step and taken off.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inTurn, ms, timed } from './measure.mjs';

/** A layered workflow: about three steps wide in each layer, each with one or two parents. */
export function large(steps) {
  const lines = ['podium: 1', `name: ${steps} steps`, 'inputs:', '  word: { type: string, default: hello }', 'steps:'];
  for (let i = 0; i < steps; i += 1) {
    lines.push(`  step_${i}:`, '    uses: file/render', `    title: Step ${i}`);
    const parents = [i - 3, i % 2 ? i - 4 : -1].filter((parent) => parent >= 0);
    const text = parents.length > 0 ? `\${{ steps.step_${parents[0]}.outputs.sha256 }}` : '${{ inputs.word }}';
    if (parents.length > 1) lines.push(`    needs: [step_${parents[1]}]`);
    lines.push('    with:', `      to: out/${i}.txt`, `      text: "${text}"`);
  }
  return `${lines.join('\n')}\n`;
}

export async function measure({ made }) {
  const folder = mkdtempSync(join(tmpdir(), 'podium-bench-'));
  const env = { PODIUM_HOME: join(folder, 'home') };
  try {
    mkdirSync(join(folder, 'workflows'));
    writeFileSync(join(folder, 'podium.yaml'), 'podium: 1\nname: Bench\n');
    const rows = [];
    for (const steps of [1, 1_000, 10_000]) {
      writeFileSync(join(folder, 'workflows', `s${steps}.yaml`), large(steps));
    }
    // `graph` reads, checks and lays out; `validate` reads and checks.
    const both = async (steps) => {
      const file = `workflows/s${steps}.yaml`;
      const options = { cwd: folder, env };
      return timed(made.podium, ['graph', file, '--format', 'json'], options);
    };
    const base = (await inTurn(5, { one: () => both(1) })).one;
    for (const [steps, limit] of [[1_000, 150], [10_000, 1_500]]) {
      const spent = Math.max(0, (await inTurn(5, { many: () => both(steps) })).many - base);
      rows.push({
        what: `open, validate and lay out ${steps.toLocaleString('en')} steps`,
        ours: ms(spent),
        peer: `${ms(base)} for one step, taken off`,
        goal: `at most ${ms(limit)}`,
        met: spent <= limit,
      });
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

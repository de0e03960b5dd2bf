// Measuring: turns taken by the sides, and the median, so that what disturbs one disturbs the other.

import { run } from '../setup/process.mjs';

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export const ms = (time) => (time < 10_000 ? `${Math.round(time)} ms` : `${(time / 1000).toFixed(1)} s`);

/** Runs each side `rounds` times in turn; the first turn of each warms up and does not count. */
export async function inTurn(rounds, sides) {
  const times = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, side] of Object.entries(sides)) {
      const spent = await side(round);
      if (round > 0) times[name].push(spent);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
}

/** How long a command takes that must succeed. */
export async function timed(program, args, options = {}) {
  const began = performance.now();
  const { code, tail } = await run(program, args, options);
  const spent = performance.now() - began;
  if (!(options.codes ?? [0]).includes(code)) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${tail}`);
  return spent;
}

// How long the window takes to be usable, and what it weighs, against an empty window of the same toolkit:
// same display, same driver, in turns.

import { readdirSync, readFileSync } from 'node:fs';
import { hindrance, World } from '../../tests/ui/driver.mjs';
import { Window } from '../../tests/ui/driver/webdriver.mjs';
import { median, ms } from './measure.mjs';

const ROUNDS = 5;
const SIDES = {
  ours: { program: 'podium-desktop', ready: `return !!document.querySelector('[data-testid^="tile-"]')` },
  empty: { program: 'empty-window', ready: `return document.readyState === 'complete' && !!document.body` },
};

export async function measure({ made }) {
  const why = hindrance({ binary: made['podium-desktop'] });
  if (why) return [{ what: 'the window', why }];
  const world = new World('bench');
  const found = { ours: [], empty: [] };
  try {
    await world.prepare({});
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [name, side] of Object.entries(SIDES)) {
        const one = await start(world, made[side.program], side.ready);
        if (round > 0) found[name].push(one);
      }
    }
  } finally {
    await world.end();
  }
  const of = (side, key) => median(found[side].map((one) => one[key]));
  return ['time', 'memory'].map((key) => {
    const told = key === 'time' ? ms : (bytes) => `${Math.round(bytes / 1024)} MB`;
    const ratio = of('ours', key) / of('empty', key);
    return {
      what: key === 'time' ? 'from start to a home that can be used' : 'memory of all its processes',
      ours: told(of('ours', key)),
      peer: `${told(of('empty', key))} for an empty window`,
      ratio,
      goal: 'at most 1.5 ×',
      met: ratio <= 1.5,
    };
  });
}

async function start(world, program, ready) {
  world.app = program;
  await world.drive();
  const began = performance.now();
  world.window = await Window.open(world.base, program, [world.workspace]);
  while (!(await world.window.js(ready).catch(() => false))) {
    if (performance.now() - began > 60_000) throw new Error(`${program} was not ready after a minute`);
  }
  const time = performance.now() - began;
  const memory = weight(world.driver.pid);
  await world.close();
  return { time, memory };
}

/** Proportional memory in KiB of everything below this process. */
function weight(parent) {
  const children = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const up = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))[1]);
      children.set(up, [...(children.get(up) ?? []), Number(name)]);
    } catch {
      // A process that ended while we looked.
    }
  }
  const below = (pid) => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(parent).reduce((sum, pid) => {
    try {
      return sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return sum;
    }
  }, 0);
}

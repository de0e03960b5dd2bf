// `npm run bench`: the figures Podium holds itself to, as ratios against a peer in the same run. Absolute
// times say little on a machine that others share; a ratio says more. Numbers also go to
// test-results/bench.json. `npm run bench -- tools` measures only what is named.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { cargo, forTerminal, pages, programs, PROGRAMS, selection } from './setup/build.mjs';
import { peersEnv } from './setup/peers.mjs';
import { results } from './setup/places.mjs';
import { finish, heading, Plain, say } from './setup/say.mjs';
import { setupForTests } from './setup.mjs';

const PARTS = ['documents', 'tools', 'window'];

await finish(async () => {
  const wanted = process.argv.slice(2);
  for (const name of wanted) {
    if (!PARTS.includes(name)) throw new Plain(`There is no part \`${name}\`.`, { next: `The parts are: ${PARTS.join(', ')}.` });
  }
  const parts = PARTS.filter((name) => wanted.length === 0 || wanted.includes(name));
  const { folder: peers } = await setupForTests();
  Object.assign(process.env, peersEnv(peers));
  if (parts.includes('window')) await pages();
  const made = await programs({ release: true, only: parts.includes('window') ? undefined : forTerminal() });
  if (parts.includes('window')) {
    // Asked for together with the programs, or cargo compiles the toolkit anew for it alone.
    const examples = await cargo('An empty window of the same toolkit', [
      'build', '--locked', '--release', ...selection(PROGRAMS), '--example', 'empty-window',
    ]);
    made['empty-window'] = examples.find((one) => one.name === 'empty-window').executable;
  }

  heading('bench');
  say(`  ${cpus().length} cores, load ${loadavg()[0].toFixed(2)} before the first measurement`);
  const rows = [];
  let missed = 0;
  for (const name of parts) {
    const { measure } = await import(`./bench/${name}.mjs`);
    for (const row of await measure({ made, peers: peers.missing ? undefined : peers, missing: peers.missing })) {
      rows.push({ part: name, ...row });
      missed += row.met === false ? 1 : 0;
      say(line(row));
    }
  }
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'bench.json'), `${JSON.stringify({ load: loadavg(), rows }, null, 2)}\n`);
  say();
  say(`${rows.filter((row) => row.met).length} goals met, ${missed} missed, ${rows.filter((row) => row.met === undefined).length} without a figure`);
  return 0;
});

function line({ what, ours, peer, ratio, goal, met, why }) {
  if (why) return `  –  ${what}: not measured, ${why}`;
  const against = peer === undefined ? '' : ` against ${peer}`;
  const factor = ratio === undefined ? '' : ` = ${ratio.toFixed(2)} ×`;
  return `  ${met ? '✓' : '✕'}  ${what}: ${ours}${against}${factor} (goal ${goal})`;
}

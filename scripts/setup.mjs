// `npm run setup`: everything that `npm test` needs, without running it. Also what `npm start` and
// `npm test` call first.

import { fileURLToPath } from 'node:url';
import { goPeers } from './setup/go.mjs';
import { nodeVersion, packages } from './setup/node.mjs';
import { peers } from './setup/peers.mjs';
import { referees } from './setup/referees.mjs';
import { rust } from './setup/rust.mjs';
import { finish, heading } from './setup/say.mjs';
import { system } from './setup/system.mjs';

/** Sets up what tests need; gives the folder of the peers, or `{ missing: reason }`, the vendors' clients, and what else is missing. */
export async function setupForTests() {
  heading('setup');
  nodeVersion();
  await system(['build', 'window', 'peers', 'test']);
  await rust({ full: true });
  await packages();
  const folder = await peers({ required: false });
  const without = await goPeers(folder);
  const { found, missing } = await referees();
  return { folder, clients: found, without: [...without, ...missing] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await finish(async () => {
    await setupForTests();
  });
}

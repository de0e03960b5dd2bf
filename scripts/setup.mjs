// `npm run setup`: everything that `npm test` needs, without running it. Also what `npm start` and
// `npm test` call first.

import { fileURLToPath } from 'node:url';
import { goPeers } from './setup/go.mjs';
import { nodeVersion, packages } from './setup/node.mjs';
import { peers } from './setup/peers.mjs';
import { rust } from './setup/rust.mjs';
import { finish, heading } from './setup/say.mjs';
import { system } from './setup/system.mjs';

/** Sets up what tests need; gives the folder of the peers, or `{ missing: reason }`, and which of those of Go are missing. */
export async function setupForTests() {
  heading('setup');
  nodeVersion();
  await system(['build', 'window', 'peers', 'test']);
  await rust({ full: true });
  await packages();
  const folder = await peers({ required: false });
  return { folder, without: await goPeers(folder) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await finish(async () => {
    await setupForTests();
  });
}

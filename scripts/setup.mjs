// `npm run setup`: everything that `npm test` needs, without running it. Also what `npm start` and
// `npm test` call first.

import { fileURLToPath } from 'node:url';
import { nodeVersion, packages } from './setup/node.mjs';
import { peers } from './setup/peers.mjs';
import { rust } from './setup/rust.mjs';
import { finish, heading } from './setup/say.mjs';
import { system } from './setup/system.mjs';

/** Sets up what tests need; gives the folder of the peers, or `{ missing: reason }`. */
export async function setupForTests() {
  heading('setup');
  nodeVersion();
  await system(['build', 'window', 'peers', 'test']);
  await rust({ full: true });
  await packages();
  return peers({ required: false });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await finish(async () => {
    await setupForTests();
  });
}

// `npm run check`: the fast loop. Formatting, lints, types, the house, and the scripts themselves.

import { finish, heading, say } from './setup/say.mjs';
import { check } from './test/run.mjs';
import { tally } from './test/tally.mjs';

await finish(async () => {
  heading('check');
  const found = tally();
  await check(found);
  say();
  say(`${found.passed} passed, ${found.failed.length} failed, 0 skipped`);
  return found.failed.length > 0 ? 1 : 0;
});

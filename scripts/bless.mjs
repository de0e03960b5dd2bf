// `npm run bless`: accepts what changed on purpose: what is generated, and the README's picture as the window
// tests take it. Read the difference before you commit it.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cargoEnv, pages, programs } from './setup/build.mjs';
import { peersEnv } from './setup/peers.mjs';
import { root } from './setup/places.mjs';
import { must } from './setup/process.mjs';
import { finish, heading, say, step } from './setup/say.mjs';
import { setupForTests } from './setup.mjs';

await finish(async () => {
  const { folder: peers } = await setupForTests();
  heading('bless');
  await step('What is generated', (note) =>
    must('The generated files could not be written.', 'cargo', ['xtask', 'gen'], { cwd: root, env: cargoEnv(), onLine: note }),
  );
  await pages();
  const made = await programs({ release: false });
  mkdirSync(join(root, 'docs', 'images'), { recursive: true });
  await step('The picture of the window', (note) =>
    must('The window test did not come to its picture.', process.execPath, [join(root, 'tests/ui/specs/draw-deploy-undo.mjs')], {
      env: {
        ...peersEnv(peers),
        PODIUM_BLESS: '1',
        PODIUM_TEST_PODIUM_DESKTOP: made['podium-desktop'],
        PODIUM_TEST_PODIUM: made.podium,
      },
      onLine: note,
    }),
  );
  say('  Now look at them: git diff');
});

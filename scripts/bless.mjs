// `npm run bless`: accepts what changed in snapshots. Read the difference before you commit it.

import { cargoEnv, FEATURES } from './setup/build.mjs';
import { root } from './setup/places.mjs';
import { must } from './setup/process.mjs';
import { finish, heading, say, step } from './setup/say.mjs';

await finish(async () => {
  heading('bless');
  await step('Snapshots of the crates', (note) =>
    must('Some tests fail for another reason than their snapshots.', 'cargo', ['test', '--workspace', '--locked', ...FEATURES], {
      cwd: root,
      env: { ...cargoEnv(), INSTA_UPDATE: 'always', INSTA_FORCE_PASS: '1' },
      onLine: note,
    }),
  );
  say('  Now look at them: git diff');
});

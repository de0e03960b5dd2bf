// What an environment guards: another cluster than it expects is never deployed to, and outside its window a run
// begins only with a reason, which stands on the run's page.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { story } from '../driver.mjs';
import { choose, go, home } from '../pages/home.mjs';
import { deploy, ended, previewOf } from '../pages/run.mjs';

const wrong = `title: Wrong login
practice: true
vars: { owner: You, everywhere: true }
credentials: { cluster: practice-mixed-up }
expect: { cluster: shops-staging }
`;
const closed = `title: Closed shop
practice: true
vars: { owner: You, everywhere: true }
protect:
  time_zone: Europe/Berlin
  freeze: { days: mon-sun, because: stock-taking }
  override: true
`;

story('another cluster and a closed environment stop a run before it begins', { ms: 240_000 }, async (world) => {
  const made = await world.podium(['demo', world.workspace, '--complete']);
  assert.equal(made.code, 0, made.tail);
  for (const [name, text] of Object.entries({ wrong, closed })) writeFileSync(join(world.workspace, 'environments', `${name}.yaml`), text);

  const window = await world.open();
  await home(window, 'central-shop');
  await choose(window, 'wrong');
  await previewOf(window, 'central-shop');
  const stranger = await window.text('@stranger-practice-mixed-up');
  assert.match(stranger, /this is the cluster shops-eu, and the environment expects shops-staging\. Nothing was changed/);
  assert.equal(await window.attribute('@deploy', 'data-disabled'), 'true', 'nothing can be deployed');
  assert.equal(await window.attribute('@identity-practice-mixed-up', 'data-standing'), 'another');

  await go(window, 'environments');
  assert.match(await window.text('@opening-closed'), /closed now.*no opening is in sight: frozen, stock-taking/s);

  await go(window, 'home');
  await choose(window, 'closed');
  await previewOf(window, 'share-a-folder');
  assert.match(await window.text('@closed'), /frozen, stock-taking/);
  assert.equal(await window.attribute('@deploy', 'data-disabled'), 'true', 'without a reason');
  await window.type('@override-reason', 'The door is on fire');
  await deploy(window);
  await ended(window, 'succeeded');
  assert.match(await window.text('@outside'), /The door is on fire.*stock-taking/s);
});

// The first start: the window opens on the demo, and shows what can be done.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { results } from '../../../scripts/setup/places.mjs';
import { story } from '../driver.mjs';
import { home } from '../pages/home.mjs';

story('home shows a tile for each workflow of the demo', {}, async (world) => {
  const window = await world.open();
  for (const workflow of ['open-a-shop-branch', 'share-a-folder', 'breaks-at-step-4']) await home(window, workflow);
  await window.reads('Open a shop branch');
  await window.picture(join(results, 'window', 'home.png'));
});

story('the page cannot reach beyond its own commands', {}, async (world) => {
  const window = await world.open();
  await home(window);
  const outside = await window.js(
    'return fetch(arguments[0]).then(() => "reached", (error) => `refused: ${error.name}`)',
    'http://127.0.0.1:9/',
  );
  assert.match(String(outside), /^refused/);
  assert.equal(await window.js(() => typeof globalThis.__TAURI__), 'undefined');
});

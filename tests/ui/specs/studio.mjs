// The studio's manners in the real window: a rubber band, the system's clipboard, frames that carry.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { results } from '../../../scripts/setup/places.mjs';
import { KEY, story, until } from '../driver.mjs';
import { create, go, home } from '../pages/home.mjs';
import { steps, studio } from '../pages/studio.mjs';

const file = (world, name) => readFileSync(join(world.workspace, 'workflows', name), 'utf8');
const selected = (window) => window.js(() => [...document.querySelectorAll('.react-flow__node.selected')].map((one) => one.dataset.id).sort());

/** Draws a rubber band around all steps in sight. */
async function band(window) {
  const box = await window.js(() => {
    const all = [...document.querySelectorAll('[data-testid^="node-"]')].map((one) => one.getBoundingClientRect());
    return [Math.min(...all.map((b) => b.left)), Math.min(...all.map((b) => b.top)), Math.max(...all.map((b) => b.right)), Math.max(...all.map((b) => b.bottom))];
  });
  await window.drag([Math.round(box[0] - 12), Math.round(box[1] - 30)], [Math.round(box[2] + 12), Math.round(box[3] + 24)], 12);
}

/** Opens a workflow of the workspace in the studio, and waits until its drawing is still. */
async function open(window, workflow, count) {
  await home(window, workflow);
  await window.js((name) => { window.location.hash = `#/studio/${name}`; }, workflow);
  await studio(window);
  let last = '';
  await until('the drawing is there and still', async () => {
    const now = JSON.stringify(await window.js(() => [...document.querySelectorAll('[data-testid^="node-"]')].map((one) => one.getBoundingClientRect().toJSON())));
    const same = now === last && (await steps(window)).length >= count;
    last = now;
    return same;
  });
}

story('a selection goes over the clipboard into another workflow, and one undo takes it back', {}, async (world) => {
  const window = await world.open();
  await open(window, 'share-a-folder', 3);
  const before = file(world, 'share-a-folder.yaml');
  await band(window);
  await until('the rubber band has taken all three', async () => (await selected(window)).join() === 'page,site,visit');
  await window.keys([KEY.control, 'c']);
  await window.reads('3 things copied as text');

  await go(window, 'home');
  await create(window, 'Copied');
  await studio(window);
  await window.js(() => document.querySelector('.canvas').focus());
  await window.keys([KEY.control, 'v']);
  await until('the three are in the other workflow', async () => (await steps(window)).sort().join() === 'page,site,visit');
  const pasted = file(world, 'copied.yaml');
  assert.match(pasted, /uses: site\/serve/);
  assert.match(pasted, /needs: \[page\]/);
  assert.match(pasted, /words:/, 'the question that they ask came along');
  assert.match(pasted, /\$\{\{ steps\.site\.outputs\.url \}\}/);
  await window.keys([KEY.control, 'z']);
  await until('one undo takes all of it back', async () => (await steps(window)).length === 0);
  assert.doesNotMatch(file(world, 'copied.yaml'), /uses:/);
  assert.equal(file(world, 'share-a-folder.yaml'), before, 'what was copied from is as it was');
});

story('a frame carries what stands in it, and only the layout changes', {}, async (world) => {
  const window = await world.open();
  await open(window, 'share-a-folder', 3);
  const text = file(world, 'share-a-folder.yaml');
  await band(window);
  await until('all three are selected', async () => (await selected(window)).length === 3);
  await window.keys(['g']);
  await window.fill('@field-frame-title', 'Filiale Köln');
  await window.keys([KEY.tab]);
  const layout = () => JSON.parse(file(world, 'share-a-folder.layout.json'));
  await until('the frame is in the layout', () => Object.values(layout().frames ?? {})[0]?.title === 'Filiale Köln');
  const before = layout();
  const head = await window.js(() => document.querySelector('.frame-head').getBoundingClientRect().toJSON());
  const from = [Math.round(head.left + 40), Math.round(head.top + head.height / 2)];
  await window.drag(from, [from[0] + 30, from[1] + 60], 10);
  await until('the frame has moved', () => JSON.stringify(layout().frames) !== JSON.stringify(before.frames));
  const after = layout();
  const moved = { x: after.frames.frame.x - before.frames.frame.x, y: after.frames.frame.y - before.frames.frame.y };
  assert.ok(moved.y > 0);
  for (const step of ['page', 'site', 'visit']) {
    assert.deepEqual([after.nodes[step].x - before.nodes[step].x, after.nodes[step].y - before.nodes[step].y], [moved.x, moved.y], `${step} came along`);
  }
  assert.equal(file(world, 'share-a-folder.yaml'), text, 'the workflow itself is as it was');
  mkdirSync(join(results, 'window'), { recursive: true });
  await window.picture(join(results, 'window', 'frame.png'));
});

story('one goes back to where one looked before, by key', {}, async (world) => {
  const window = await world.open();
  await open(window, 'open-a-shop-branch', 2);
  const view = () => window.js(() => document.querySelector('.react-flow__viewport').style.transform);
  // Ten looks at the same view: the first ones may fall before it fits what was opened.
  const still = async (what, wanted) => {
    let last = '';
    let times = 0;
    return until(what, async () => {
      const now = await view();
      times = now === last ? times + 1 : 0;
      last = now;
      return times >= 10 && wanted(now) ? now : false;
    });
  };
  await window.js(() => document.querySelector('.canvas').focus());
  const first = await still('the view is still', () => true);
  await window.keys(['j']);
  const second = await still('the view went to a step', (now) => now !== first);
  await window.keys([KEY.control, '[']);
  await still('and back', (now) => now === first);
  await window.keys([KEY.control, ']']);
  await still('and forth', (now) => now === second);
  await window.see('@minimap');
  await window.keys(['m']);
  await window.gone('@minimap');
  await window.keys(['m']);
  await window.see('@minimap');
});

story('a loose edge asks what comes next', {}, async (world) => {
  const window = await world.open();
  await open(window, 'share-a-folder', 3);
  const text = file(world, 'share-a-folder.yaml');
  const visit = await window.box('@node-visit');
  await window.drag('@port-out-visit', [Math.round(visit.x + visit.width / 2), Math.round(visit.y + 220)], 12);
  await window.see('@quick-add');
  await window.type('@quick-add-input', 'wait for');
  await window.see('@quick-wait/for');
  await window.keys([KEY.enter]);
  await until('the new step comes after the one it was pulled from', () => /for:\n\s+uses: wait\/for\n\s+(with: [^\n]+\n\s+)?needs: \[visit\]/.test(file(world, 'share-a-folder.yaml')));
  await window.js(() => document.querySelector('.canvas').focus());
  await window.keys([KEY.control, 'z']);
  await until('one undo takes both back', () => file(world, 'share-a-folder.yaml') === text);
});

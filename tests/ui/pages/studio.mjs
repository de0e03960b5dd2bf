// The studio: drawing with the pointer, filling in what a step asks.

import { KEY, until } from '../driver/webdriver.mjs';

/** Waits until the studio stands, with its palette. */
export async function studio(window) {
  await window.see('@studio');
  await window.see('@palette-search');
}

/** Pulls an operation from the palette to a place on the canvas, given as shares of its width and height. */
export async function place(window, operation, [right, down]) {
  await window.fill('@palette-search', operation);
  const item = `@palette-item-${operation}`;
  await window.see(item);
  const canvas = await window.box('@canvas');
  const before = (await window.all('[data-testid^="node-"]')).length;
  await window.drag(item, [Math.round(canvas.x + canvas.width * right), Math.round(canvas.y + canvas.height * down)], 14);
  await until(`a step \`${operation}\` is on the canvas`, async () => (await window.all('[data-testid^="node-"]')).length === before + 1);
  await window.fill('@palette-search', '');
}

/** Pulls an edge from one step's port to another's. */
export async function connect(window, from, to) {
  await window.drag(`@port-out-${from}`, `@port-in-${to}`, 14);
  await window.see('@connect-panel');
}

/** Answers the question after a connection: this output goes into that field. */
export async function flow(window, output, field) {
  await window.see('@connect-panel');
  if (await window.has('@flow-output-name')) await window.fill('@flow-output-name', output);
  await choose(window, 'flow-input', field);
  await window.click('@flow-connect');
  await window.gone('@connect-panel');
}

/** Answers it with: only in this order. */
export async function order(window) {
  await window.click('@flow-order');
  await window.gone('@connect-panel');
}

/** Opens a list and picks the entry with this word. */
export async function choose(window, list, word) {
  if ((await window.text(`@${list}`)).trim() === word) return;
  await window.click(`@${list}`);
  await until(`${list} offers ${word}`, async () => (await window.texts('[role="option"]')).some((text) => text.trim().startsWith(word)));
  const at = (await window.texts('[role="option"]')).findIndex((text) => text.trim().startsWith(word));
  const box = await window.js((index) => {
    const one = document.querySelectorAll('[role="option"]')[index];
    one.scrollIntoView({ block: 'nearest' });
    const { x, y, width, height } = one.getBoundingClientRect();
    return [Math.round(x + width / 2), Math.round(y + height / 2)];
  }, at);
  await window.clickAt(...box);
}

/** Selects a step, so that its form stands beside the canvas. The view may still glide, so it looks again. */
export async function select(window, step) {
  const chosen = async () => (await window.has('@inspector')) && (await window.attribute('@field-title', 'placeholder')) === step;
  await until(`the form is that of \`${step}\``, async () => {
    if (await chosen()) return true;
    const { x, y } = await window.box(`@node-${step}`);
    await window.clickAt(Math.round(x + 90), Math.round(y + 20));
    return until('it is chosen', chosen, 1000);
  });
}

/** Writes into a field of the form, and leaves it. */
export async function set(window, field, value) {
  await window.fill(`@field-${field}`, value);
  await window.keys([KEY.tab]);
}

/** Adds a name and its value to a table of the form. */
export async function pair(window, table, name, value) {
  await until(`a row for \`${name}\` is there`, async () => {
    await window.click(`@add-${table}`);
    return until('it is there', () => window.has(`@key-${table}.new`), 1000);
  });
  await window.click(`@key-${table}.new`);
  await window.type(`@key-${table}.new`, name);
  await window.keys([KEY.tab]);
  await window.see(`@field-${table}.${name}`);
  await set(window, `${table}.${name}`, value);
}

/** The ids of the steps on the canvas. */
export function steps(window) {
  return window.js(() => [...document.querySelectorAll('[data-testid^="node-"]')].map((one) => one.dataset.testid.slice(5)));
}

/** Puts the steps in order, all of them in sight. */
export async function tidy(window) {
  const canvas = await window.box('@canvas');
  await window.clickAt(Math.round(canvas.x + canvas.width - 30), Math.round(canvas.y + canvas.height - 30));
  const places = () => window.js(() => [...document.querySelectorAll('[data-testid^="node-"]')].map((one) => one.getBoundingClientRect().toJSON()));
  const before = JSON.stringify(await places());
  await window.click('@tidy');
  await until('the steps have moved', async () => JSON.stringify(await places()) !== before);
  await window.click('@fit');
  // The view glides; it is still once two looks see the same.
  let last = '';
  await until('the view is still', async () => {
    const now = JSON.stringify(await places());
    const same = now === last;
    last = now;
    return same;
  });
}

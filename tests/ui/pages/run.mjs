// Preview and run: reading what would happen, saying yes, and watching.

import { until } from '../driver/webdriver.mjs';

/** Waits for the preview, and gives its words. */
export async function preview(window) {
  await window.see('@preview-page', 60_000);
  await window.see('@deploy', 60_000);
  return window.text('@preview-page');
}

/** Says yes; gives the id of the run that began. */
export async function deploy(window) {
  await window.click('@deploy');
  return running(window);
}

/** Waits for the screen of a run; gives its id. */
export async function running(window) {
  await window.see('@run-status', 60_000);
  return window.js(() => decodeURIComponent(location.hash.split('/').pop()));
}

/** Waits until the run has ended so. */
export async function ended(window, how, ms = 120_000) {
  const now = () => window.attribute('@run-status', 'data-value');
  let last;
  await until(`the run is ${how}`, async () => {
    last = await now();
    if (['succeeded', 'failed', 'cancelled'].includes(last) && last !== how) throw new Error(`it is ${last}`);
    return last === how;
  }, ms).catch(async (error) => {
    throw new Error(`${error.message}; the screen reads:\n${(await window.words()).slice(0, 3000)}`);
  });
}

/** The state of a step, as its node says it. */
export function state(window, step) {
  return window.attribute(`@step-state-${step}`, 'data-value');
}

/** Waits until a step is in one of these states. */
export function reaches(window, step, states, ms = 60_000) {
  return until(`\`${step}\` is ${states.join(' or ')}`, async () => states.includes(await state(window, step)), ms);
}

/** Takes a finished run back: reads what that would do, and says yes. */
export async function undo(window) {
  await window.click('@undo');
  const words = await preview(window);
  await window.click('@deploy');
  await running(window);
  return words;
}

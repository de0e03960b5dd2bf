// Preview and run: reading what would happen, saying yes, and watching.

import { until } from '../driver/webdriver.mjs';

/** Waits for the preview, and gives its words. */
export async function preview(window) {
  await window.see('@preview-page', 60_000);
  return window.text('@preview-page');
}

/** From Home to the preview of a workflow: through the studio, with these answers. */
export async function previewOf(window, workflow, answers = {}) {
  await window.click(`@edit-${workflow}`);
  await window.click('@preview');
  for (const [name, value] of Object.entries(answers)) await window.fill(`@field-${name}`, value);
  if (Object.keys(answers).length > 0) await window.click('@preview-inputs');
  return preview(window);
}

/** Says yes; gives the id of the run that began. */
export async function deploy(window, button = 'deploy') {
  if (await window.has('@confirm-loss')) await window.click('@confirm-loss');
  await window.click(`@${button}`);
  await window.see('@run-status', 60_000);
  return shown(window);
}

/** The id of the run on the screen. */
function shown(window) {
  return window.js(() => decodeURIComponent(location.hash.split('/').pop()));
}

/** Waits until the run has ended so. */
export async function ended(window, how, ms = 120_000) {
  const now = () => window.attribute('@run-status', 'data-state');
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
  await deploy(window, 'undo-confirm');
  return words;
}

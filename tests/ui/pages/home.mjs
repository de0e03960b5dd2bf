// Home: the tiles a person starts from, the things that run, and the way to every other screen.

/** Waits until Home stands, with a tile for this workflow where one is named. */
export async function home(window, workflow) {
  await window.see('@greeting');
  if (workflow) await window.see(`@tile-${workflow}`);
}

/** Goes to a screen by the row of icons on the left. */
export async function go(window, screen) {
  await window.click(`@rail-${screen}`);
}

/** Chooses where workflows run. */
export async function choose(window, environment) {
  await window.click('@environment');
  await window.click(`@environment-${environment}`);
}

/** Makes an empty workflow and opens it in the studio. */
export async function create(window, name) {
  await window.click('@new-workflow');
  await window.see('@field-name');
  await window.type('@field-name', name);
  await window.click('@create-workflow');
}

// `npm test`: sets everything up, then runs every tier, also after one has failed, and sums up.
// `npm test -- unit window` runs only the tiers named. The last line is `N passed, N failed, N skipped`.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cargo, FEATURES, pages, programs } from './setup/build.mjs';
import { peersEnv } from './setup/peers.mjs';
import { refereesEnv } from './setup/referees.mjs';
import { results } from './setup/places.mjs';
import { finish, heading, Plain, say, time } from './setup/say.mjs';
import { setupForTests } from './setup.mjs';
import * as runs from './test/run.mjs';
import { alike, tally } from './test/tally.mjs';
import { runsOf, TIERS } from './test/tiers.mjs';

const RUST = ['unit', 'documents', 'contract', 'real'];

await finish(async () => {
  const wanted = chosen(process.argv.slice(2));
  rmSync(join(results, 'logs'), { recursive: true, force: true });
  mkdirSync(join(results, 'logs'), { recursive: true });

  const { folder: peers, clients, without } = await setupForTests();
  const env = { ...peersEnv(peers), ...refereesEnv(clients) };
  if (peers.missing) say(`  The real third-party software is missing, so its tests are skipped: ${peers.missing}`);

  // Everything is built before the first tier, so that a tier's time is its own.
  const tallies = new Map(TIERS.filter(([name]) => wanted.has(name)).map(([name]) => [name, tally()]));
  let tests = [];
  let made = {};
  const needsRust = RUST.some((name) => wanted.has(name));
  const building = tally();
  heading('build');
  await guarded(building, 'the pages of the window', pages);
  if (needsRust || wanted.has('window')) {
    await guarded(building, 'the programs', async () => {
      made = await programs({ release: false });
    });
  }
  if (needsRust) {
    await guarded(building, 'the tests', async () => {
      tests = await cargo('The tests', ['test', '--locked', '--workspace', '--no-run', ...FEATURES], { log: 'build-tests' });
      tests = tests.filter((one) => one.test);
    });
  }
  if (building.failed.length > 0) tallies.set('build', building);
  const tools = Object.fromEntries(
    Object.entries(made).map(([name, path]) => [`PODIUM_TEST_${name.toUpperCase().replace(/-/g, '_')}`, path]),
  );

  for (const [name, what] of TIERS) {
    if (!wanted.has(name)) continue;
    heading(`${name}: ${what}`);
    const into = tallies.get(name);
    into.tier = name;
    const began = Date.now();
    await guarded(into, name, () => tier(name, into));
    into.ms = Date.now() - began;
    say(`  ${name}: ${words(into)} in ${time(into.ms)}`);
  }
  return report(tallies, without);

  async function tier(name, into) {
    if (name === 'check') return runs.check(into);
    if (name === 'ui') return runs.ui(into);
    if (name === 'window') {
      if (!made['podium-desktop']) throw new Plain('the window was not built');
      return runs.window(into, { ...env, ...tools });
    }
    for (const one of tests) {
      for (const { tier: belongs, filter } of runsOf(one)) {
        if (belongs === name) await runs.rust(into, one, filter, { ...env, ...tools });
      }
    }
    return undefined;
  }
});

/** What goes wrong outside a test is a failure too, and the rest goes on. */
async function guarded(into, name, work) {
  try {
    await work();
  } catch (error) {
    into.failed.push(`${name}: ${error.message}`);
    say(`  ${error instanceof Plain ? `${error.message}\n${error.why}\n${error.next}` : error.stack}`);
  }
}

function chosen(names) {
  const all = TIERS.map(([name]) => name);
  for (const name of names) {
    if (!all.includes(name)) {
      throw new Plain(`There is no tier \`${name}\`.`, { next: `The tiers are: ${all.join(', ')}.` });
    }
  }
  return new Set(names.length > 0 ? names : all);
}

function words({ passed, failed, skipped }) {
  return `${passed} passed, ${failed.length} failed, ${skipped.length} skipped`;
}

function report(tallies, without) {
  heading('summary');
  const sum = { passed: 0, failed: [], skipped: [], again: [] };
  const skipped = [];
  const cell = (text, width) => String(text).padStart(width);
  say(`  ${'tier'.padEnd(10)}${cell('passed', 9)}${cell('failed', 9)}${cell('skipped', 9)}${cell('time', 14)}`);
  for (const [name, one] of tallies) {
    say(
      `  ${name.padEnd(10)}${cell(one.passed, 9)}${cell(one.failed.length, 9)}${cell(one.skipped.length, 9)}${cell(time(one.ms), 14)}`,
    );
    sum.passed += one.passed;
    sum.failed.push(...one.failed.map((what) => `${name}: ${what}`));
    sum.again.push(...one.again.map((what) => `${name}: ${what}`));
    sum.skipped.push(...one.skipped);
    for (const line of alike(one.skipped)) skipped.push(`${name}: ${line}`);
  }
  say();
  for (const what of sum.failed) say(`failed: ${what}`);
  for (const what of sum.again) say(`passed only at the second attempt: ${what}`);
  for (const what of skipped) say(`skipped: ${what}`);
  for (const { name, why } of without) say(`skipped: every test against ${name}: ${why}`);
  if (sum.failed.length + sum.again.length > 0) say('Whole logs: test-results/logs');
  say();
  say(words(sum));
  return sum.failed.length > 0 || sum.passed === 0 ? 1 : 0;
}

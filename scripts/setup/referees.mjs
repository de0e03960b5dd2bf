// Vendors' own clients, for the tests only: they drive our simulators, and say whether these speak as the vendor
// does. Each has a program in tests/referees: NAME.mjs with its packages in package.json, NAME.py with its packages
// in NAME.txt and an environment of its own, since their pins do not agree.

import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { prune } from './peers.mjs';
import { cache, hash, results, root } from './places.mjs';
import { ask, run, which } from './process.mjs';
import { step } from './say.mjs';

const FROM = join('tests', 'referees');
// Some of these clients still import what newer setuptools no longer bring.
const CONSTRAINTS = join(FROM, 'constraints.txt');

/**
 * Makes sure that they are in the cache. Gives where each lies, by name, and those that cannot be had, with the
 * reason: their tests are skipped by name, and nothing else is.
 */
export async function referees() {
  const found = {};
  const missing = [];
  const files = readdirSync(join(root, FROM));
  const wanted = [
    { name: 'Clients in JavaScript', id: 'node', make: node, lists: ['package.json', 'package-lock.json'] },
    ...files
      .filter((file) => file.endsWith('.txt') && file !== 'constraints.txt')
      .map((file) => ({ name: `Client ${file.slice(0, -4)}`, id: file.slice(0, -4), make: python, lists: [file, 'constraints.txt'] })),
  ];
  for (const one of wanted) {
    try {
      await step(one.name, async (note) => {
        const { place, words } = await ready(one, note);
        found[one.id] = place;
        return words;
      });
    } catch (error) {
      missing.push({ name: one.name, why: error.message });
    }
  }
  return { found, missing };
}

/** The environment of variables that lets the tests find them: one for each, `PODIUM_REFEREE_NAME`. */
export function refereesEnv(found) {
  return Object.fromEntries(Object.entries(found).map(([id, place]) => [`PODIUM_REFEREE_${id.toUpperCase()}`, place]));
}

async function ready(one, note) {
  const home = cache();
  if (!home) throw new Error('the cache folder of this user cannot be written');
  const name = hash(...one.lists.map((list) => join(FROM, list)));
  const all = join(home, 'referees', one.id);
  const place = join(all, name);
  const sign = join(place, 'ready');
  if (existsSync(sign)) {
    utimesSync(sign, new Date(), new Date());
    return { place, words: 'all there' };
  }
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  await one.make(one, place, note);
  writeFileSync(sign, '');
  prune(all, name);
  return { place };
}

async function node(one, place, note) {
  for (const list of one.lists) copyFileSync(join(root, FROM, list), join(place, list));
  await must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: place }, one, note);
}

async function python(one, place, note) {
  const own = ['python3.11', 'python3.12', 'python3'].find(
    (program) => which(program) && ask(program, ['-c', 'import venv, sys; assert sys.version_info >= (3, 11)']) !== undefined,
  );
  if (!own) throw new Error('Python 3.11 or newer with its `venv` module is missing');
  await must(own, ['-m', 'venv', place], {}, one, note);
  const constraints = join(root, CONSTRAINTS);
  await must(
    join(place, 'bin', 'python'),
    ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--requirement', join(root, FROM, one.lists[0])],
    { env: { PIP_CONSTRAINT: constraints } },
    one,
    note,
  );
}

async function must(program, args, options, one, note) {
  const log = join(results, 'logs', `referee-${one.id}.log`);
  const { code, tail } = await run(program, args, { ...options, log, onLine: (text) => note(text.slice(0, 120)) });
  if (code !== 0) throw new Error(`it could not be installed: ${tail.trim().split('\n').pop()}`);
}

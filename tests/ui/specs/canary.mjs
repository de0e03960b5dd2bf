// A secret with a known text is used by all three tools. It must arrive there, and be found nowhere else:
// no file of Podium or of the workspace, no process's arguments, no exported run, nothing in the page.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/setup/places.mjs';
import { story } from '../driver.mjs';
import { home } from '../pages/home.mjs';
import { deploy, ended, previewOf } from '../pages/run.mjs';

const workspace = join(root, 'tests', 'ui', 'workspaces', 'canary');

story('a secret reaches three tools and is found nowhere else', { workspace, aws: true, ms: 300_000 }, async (world) => {
  const canary = `canary-${randomBytes(12).toString('hex')}`;
  await world.credential();
  const added = await world.podium(['credentials', 'add', 'canary', '--kind', 'secret', '--stdin'], {
    input: JSON.stringify({ value: canary }),
  });
  assert.equal(added.code, 0, added.tail);
  assert.deepEqual(files(world.folder, canary), [], 'the vault is encrypted');

  const place = join(world.folder, 'hash');
  const window = await world.open();
  const arguments_ = watchArguments(canary);
  await home(window, 'canary');
  await previewOf(window, 'canary', { place });
  const run = await deploy(window);
  await ended(window, 'succeeded');

  // It arrived.
  const hash = createHash('sha256').update(canary).digest('hex');
  assert.equal(readFileSync(place, 'utf8'), hash, 'Ansible had it');
  const state = JSON.parse(readFileSync(join(world.workspace, 'infra', 'terraform.tfstate'), 'utf8'));
  assert.equal(state.outputs.hash.value, hash, 'Terraform had it');
  const kept = await world.ask('ssm', 'get_parameter', { Name: '/canary/token' });
  assert.equal(kept.Parameter.Value, canary, 'CloudFormation had it');

  // And nowhere else.
  assert.deepEqual(arguments_.stop(), [], 'in the arguments of a process');
  assert.deepEqual(files(world.folder, canary), [], 'in a file');
  const exported = await world.podium(['runs', 'export', run]);
  assert.equal(exported.code, 0, exported.tail);
  const text = exported.lines.join('\n');
  const careless = await world.podium(['runs', 'logs', run, '--step', 'careless']);
  assert.match(careless.lines.join('\n'), /the token is/, 'the careless line is in the log, without the secret');
  for (const spelling of spellings(canary)) assert.ok(!text.includes(spelling), 'in the exported run');
  for (const spelling of spellings(canary)) assert.equal(await window.js(inPage, spelling), null, 'in the page');
});

function spellings(canary) {
  const bytes = Buffer.from(canary);
  return [canary, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')];
}

/** Files below `folder` that hold the secret in any spelling. */
function files(folder, canary) {
  const found = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    let bytes;
    try {
      bytes = readFileSync(path);
    } catch {
      continue; // It went while we looked.
    }
    if (spellings(canary).some((spelling) => bytes.includes(spelling))) found.push(path);
  }
  return found;
}

/** Looks at the arguments of every process, again and again. */
function watchArguments(canary) {
  const found = new Set();
  const look = () => {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        if (spellings(canary).some((spelling) => line.includes(spelling))) found.add(line.replaceAll('\0', ' '));
      } catch {
        // It ended while we looked.
      }
    }
  };
  const timer = setInterval(look, 25);
  return {
    stop() {
      look();
      clearInterval(timer);
      return [...found];
    },
  };
}

/** In the page: where a text can be reached from the page's own variables, or null. */
function inPage(text) {
  if (document.documentElement.outerHTML.includes(text)) return 'the page itself';
  for (const store of [localStorage, sessionStorage]) if (JSON.stringify({ ...store }).includes(text)) return 'storage';
  const seen = new Set();
  const queue = [['window', window]];
  while (queue.length > 0 && seen.size < 300_000) {
    const [where, thing] = queue.shift();
    if (typeof thing === 'string' && thing.includes(text)) return where;
    if (thing === null || (typeof thing !== 'object' && typeof thing !== 'function') || seen.has(thing)) continue;
    seen.add(thing);
    let keys = [];
    try {
      keys = thing instanceof Map ? [...thing.entries()].map((pair, at) => [`entry ${at}`, pair]) : Reflect.ownKeys(thing).map((key) => [key, undefined]);
    } catch {
      continue;
    }
    for (const [key, value] of keys) {
      try {
        queue.push([`${where}.${String(key)}`, value ?? thing[key]]);
      } catch {
        // A getter that refuses.
      }
    }
  }
  return null;
}

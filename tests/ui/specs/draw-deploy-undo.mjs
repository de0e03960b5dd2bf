// The first whole path, in the real window, on real software: draw three steps by pointer from an empty
// canvas, read what would change, deploy, look with the vendors' own tools, undo, look again.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { results, root } from '../../../scripts/setup/places.mjs';
import { story, until } from '../driver.mjs';
import { choose, create, home } from '../pages/home.mjs';
import { deploy, ended, preview, state, undo } from '../pages/run.mjs';
import * as studio from '../pages/studio.mjs';

const HOSTS = ['web-1.west.test', 'web-2.west.test', 'web-3.west.test'];

story('a workflow drawn by pointer is deployed and taken back on real software', { aws: true, ms: 400_000 }, async (world) => {
  await world.credential();
  const page = join(world.folder, 'shop', 'index.html');
  const window = await world.open();
  const pictures = join(results, 'window');
  mkdirSync(pictures, { recursive: true });

  await home(window);
  await choose(window, 'local');
  await create(window, 'Open a branch');
  await studio.studio(window);

  await studio.place(window, 'terraform/apply', [0.2, 0.3]);
  await studio.set(window, 'title', 'Network');
  await studio.set(window, 'directory', 'infra/network');
  await studio.pair(window, 'variables', 'branch', 'west');
  await studio.pair(window, 'variables', 'size', 'large');

  await studio.place(window, 'ansible/playbook', [0.62, 0.3]);
  await studio.set(window, 'title', 'Servers');
  await studio.set(window, 'playbook', 'ansible/site.yml');
  await studio.pair(window, 'variables', 'branch', 'west');
  await studio.pair(window, 'variables', 'page', page);
  await studio.set(window, 'undo_playbook', 'ansible/remove.yml');

  await studio.place(window, 'cloudformation/deploy', [0.62, 0.65]);
  await studio.set(window, 'title', 'Storage');
  await studio.set(window, 'stack', 'shop-west');
  await studio.set(window, 'template', 'cloudformation/shop.yaml');
  await studio.pair(window, 'parameters', 'Branch', 'west');
  await studio.pair(window, 'parameters', 'Size', 'large');
  await studio.pair(window, 'parameters', 'Hosts', '${{ steps.terraform.outputs.hosts }}');

  // The hosts that Terraform makes are those that the playbook sets up; the stack comes after them.
  await studio.connect(window, 'terraform', 'playbook');
  await studio.flow(window, 'hosts', 'Inventory');
  await studio.connect(window, 'playbook', 'cloudformation');
  await studio.order(window);
  await window.reads('0 problems');
  await studio.tidy(window);
  await studio.select(window, 'terraform');
  await window.picture(join(pictures, 'studio.png'));
  // `npm run bless` keeps it for the README.
  if (process.env.PODIUM_BLESS) await window.picture(join(root, 'docs', 'images', 'studio.png'));

  // What was drawn is a file for human eyes.
  const text = readFileSync(join(world.workspace, 'workflows', 'open-a-branch.yaml'), 'utf8');
  assert.match(text, /uses: terraform\/apply/);
  assert.match(text, /\$\{\{ steps\.terraform\.outputs\.hosts \}\}/);

  await window.click('@preview');
  const words = await preview(window);
  assert.match(words, /[Cc]reate/);
  await window.picture(join(pictures, 'preview.png'));
  // Nothing was written for it.
  assert.ok(!existsSync(join(world.workspace, 'infra/network/terraform.tfstate')), 'a state was written by a preview');
  assert.equal((await world.ask('cloudformation', 'describe_stacks', { StackName: 'shop-west' })).error, 'ValidationError');
  assert.ok(!existsSync(page.replace('index.html', 'servers')), 'the playbook was played by a preview');

  const run = await deploy(window);
  await ended(window, 'succeeded');
  for (const step of ['terraform', 'playbook', 'cloudformation']) assert.equal(await state(window, step), 'succeeded');
  await window.picture(join(pictures, 'run.png'));

  assert.deepEqual(await hosts(world), HOSTS);
  for (const host of HOSTS) {
    const server = JSON.parse(readFileSync(join(world.folder, 'shop', 'servers', `${host}.json`), 'utf8'));
    assert.equal(server.host, host);
  }
  const [stack] = (await world.ask('cloudformation', 'describe_stacks', { StackName: 'shop-west' })).Stacks;
  assert.equal(stack.StackStatus, 'CREATE_COMPLETE');
  const parameter = await world.ask('ssm', 'get_parameter', { Name: '/shops/west/servers' });
  assert.equal(parameter.Parameter.Value, HOSTS.join(','));

  await undo(window);
  await ended(window, 'succeeded');
  await window.picture(join(pictures, 'undo.png'));
  assert.deepEqual(await hosts(world), []);
  await until('the servers are gone', () => !existsSync(join(world.folder, 'shop', 'servers')) || readdirSync(join(world.folder, 'shop', 'servers')).length === 0);
  assert.equal((await world.ask('cloudformation', 'describe_stacks', { StackName: 'shop-west' })).error, 'ValidationError');
  assert.equal((await world.ask('ssm', 'get_parameter', { Name: '/shops/west/servers' })).error, 'ParameterNotFound');

  // The same file from the command line tells the same events.
  const before = await events(world, run);
  await world.close();
  const { code, tail, lines } = await world.podium(['run', 'workflows/open-a-branch.yaml', '-e', 'local', '--yes', '--json']);
  assert.equal(code, 0, tail);
  assert.deepEqual(told(lines), told(before));
});

/** The lines of a run's events. */
async function events(world, run) {
  const { code, tail, lines } = await world.podium(['runs', 'events', run]);
  assert.equal(code, 0, tail);
  return lines;
}

/** What happened, without how often a tool reported: events by step, in their order. */
function told(lines) {
  const story = {};
  for (const { type, step = 'run' } of lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))) {
    if (!['step.progress', 'step.log'].includes(type)) (story[step] ??= []).push(type);
  }
  return story;
}

/** The hosts in Terraform's own state. */
async function hosts(world) {
  const cwd = join(world.workspace, 'infra', 'network');
  const state = JSON.parse(await world.tool('terraform', ['show', '-json'], { cwd }));
  const resources = state.values?.root_module?.resources ?? [];
  return resources.filter((one) => one.name === 'host').map((one) => one.index).sort();
}

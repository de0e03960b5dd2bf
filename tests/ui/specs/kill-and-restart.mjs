// `kill -9` in the middle: of the Terraform step, and of the CloudFormation step. After each restart the run
// is picked up; nothing is done twice, nothing is lost.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/setup/places.mjs';
import { story, until } from '../driver.mjs';
import { home } from '../pages/home.mjs';
import { deploy, ended, previewOf, reaches } from '../pages/run.mjs';

const workspace = join(root, 'tests', 'ui', 'workspaces', 'slow');

story('a run goes on after the window was killed twice', { workspace, aws: true, ms: 400_000 }, async (world) => {
  await world.credential();
  const place = join(world.folder, 'place');
  mkdirSync(place);
  let window = await world.open();
  await home(window, 'slow');
  await previewOf(window, 'slow', { place });
  const run = await deploy(window);

  await until('Terraform is in the middle', () => existsSync(join(place, 'made')), 60_000);
  await world.kill();

  window = await again(world, run);
  await reaches(window, 'terraform', ['running', 'accepted', 'dispatched', 'intent']);
  writeFileSync(join(place, 'gate'), '');
  await reaches(window, 'terraform', ['succeeded']);
  await until('the stack is in the middle', async () => (await stack(world))?.StackStatus === 'CREATE_IN_PROGRESS', 60_000);
  await until('its last resource waits', async () => Boolean(await handle(world)), 60_000);
  await world.kill();

  // It ends while nobody looks.
  await signal(world);
  await until('the stack is complete', async () => (await stack(world))?.StackStatus === 'CREATE_COMPLETE', 60_000);

  await again(world, run);
  await ended(world.window, 'succeeded');

  const made = readFileSync(join(place, 'made'), 'utf8').trim().split('\n');
  assert.deepEqual(made, ['done'], 'Terraform did it once');
  const { StackEvents } = await world.ask('cloudformation', 'describe_stack_events', { StackName: 'slow' });
  const begun = StackEvents.filter((one) => one.LogicalResourceId === 'slow' && one.ResourceStatus === 'CREATE_IN_PROGRESS');
  assert.equal(begun.length, 1, 'the stack was created once');

  const { code, tail, lines } = await world.podium(['runs', 'events', run]);
  assert.equal(code, 0, tail);
  const events = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  assert.equal(events.filter((one) => one.type === 'run.succeeded').length, 1);
  const numbers = events.map((one) => one.seq);
  assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), 'events are in their order');
});

/** Opens the window again, on that run. */
async function again(world, run) {
  const window = await world.open();
  await home(window);
  await window.js((id) => { location.hash = `#/run/${encodeURIComponent(id)}`; }, run);
  await window.see('@run-status', 30_000);
  return window;
}

async function stack(world) {
  return (await world.ask('cloudformation', 'describe_stacks', { StackName: 'slow' })).Stacks?.[0];
}

async function handle(world) {
  const { StackResources = [] } = await world.ask('cloudformation', 'describe_stack_resources', { StackName: 'slow' });
  const waits = StackResources.some((one) => one.LogicalResourceId === 'Note' && one.ResourceStatus === 'CREATE_COMPLETE');
  return waits && StackResources.find((one) => one.LogicalResourceId === 'Handle')?.PhysicalResourceId;
}

/** Signals the handle, as the thing that the stack waits for would. */
async function signal(world) {
  const address = (await handle(world)).replace('localhost', '127.0.0.1');
  const reply = await fetch(address, {
    method: 'PUT',
    headers: { 'content-type': '' },
    body: JSON.stringify({ Status: 'SUCCESS', Reason: 'the test says so', UniqueId: 'one', Data: '' }),
  });
  assert.equal(reply.status, 200);
}

// `node scripts/demo-records.mjs PODIUM`: plays the runs that the demo brings along, in practice, and writes
// them to `examples/recorded`. Done again when the demo's workflows have changed. Paths of this computer
// are put into words that fit any; the times are those of the recording, and `podium demo` moves them.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const podium = process.argv[2] ?? 'target/debug/podium';
const out = fileURLToPath(new URL('../examples/recorded/', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'podium-records-'));
const at = join(root, 'demo');
const home = join(root, 'home');
const pass = join(root, 'passphrase');
writeFileSync(pass, 'only for this recording\n');

/** Runs `podium` on the demo; gives what it printed. */
function ask(args, by = 'author') {
  const { stdout, stderr, status } = spawnSync(podium, ['-C', at, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { PATH: process.env.PATH, USER: by, PODIUM_HOME: home, PODIUM_PASSPHRASE_FILE: pass, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' },
  });
  return { stdout, stderr, status };
}

/** Plays a run to its end; gives its id. */
function play(workflow, inputs = {}, { environment = 'play', by = 'author', expect = 0 } = {}) {
  const args = ['run', workflow, '-e', environment, '--yes', '--json'];
  for (const [name, value] of Object.entries(inputs)) args.push('-i', `${name}=${value}`);
  const { stdout, stderr, status } = ask(args, by);
  if (status !== expect) throw new Error(`${workflow}: ended with ${status}, not ${expect}\n${stderr}\n${stdout.slice(-2000)}`);
  return JSON.parse(stdout.split('\n')[0]).run;
}

function undo(run, by = 'author') {
  const { stdout, stderr, status } = ask(['runs', 'undo', run, '--yes', '--json'], by);
  if (status !== 0) throw new Error(`undo: ${status}\n${stderr}`);
  return JSON.parse(stdout.split('\n')[0]).run;
}

let number = 0;
/** Writes the record of a run that lies so many hours back. */
function write(run, name, hours) {
  const { stdout, status, stderr } = ask(['runs', 'export', run]);
  if (status !== 0) throw new Error(`export of ${name}: ${stderr}`);
  const { events } = JSON.parse(stdout);
  const lines = events.map((event) => JSON.stringify(event));
  const text = `{"podium":"export/1","events":[\n${lines.join(',\n')}\n]}\n`
    .replaceAll(home, '~/.local/share/podium')
    .replaceAll(at, '~/Podium/demo')
    .replaceAll(root, '~');
  number += 1;
  const file = `${String(number).padStart(2, '0')}-${name}-${hours}h.json`;
  writeFileSync(join(out, file), text);
  console.log(`${file}: ${events.length} events, ${text.length} characters`);
}

mkdirSync(out, { recursive: true });
for (const file of readdirSync(out)) if (file.endsWith('.json')) rmSync(join(out, file));
try {
  const made = spawnSync(podium, ['demo', at, '--bare'], { encoding: 'utf8', env: { PATH: process.env.PATH, PODIUM_HOME: home } });
  if (made.status !== 0) throw new Error(made.stderr);
  for (const [name, kind, rule] of [['practice-looker', 'awx', 'status:403:POST'], ['practice-busy', 'cloudify', 'throttle:2:PUT'], ['practice-brief', 'octopus', 'status:401:POST']]) {
    const { status, stderr } = ask(['credentials', 'add', name, '--kind', kind, '--practice', '--weather', rule]);
    if (status !== 0) throw new Error(stderr);
  }
  const shared = play('share-a-folder');
  write(shared, 'share-a-folder', 150);
  write(undo(shared), 'share-a-folder-undone', 149);
  const west = play('open-a-shop-branch', { branch: 'west' });
  write(west, 'open-a-shop-branch', 126);
  write(undo(west, 'operator'), 'open-a-shop-branch-undone', 101);
  const north = play('open-a-shop-branch', { branch: 'north', size: 'small' }, { by: 'operator' });
  write(north, 'open-a-shop-branch', 98);
  undo(north);
  write(play('breaks-at-step-4', {}, { expect: 1 }), 'breaks-at-step-4', 76);
  write(play('breaks-at-step-4', { cause: 'missing-right' }, { expect: 1 }), 'breaks-at-step-4', 75);
  write(play('dangerous-change'), 'dangerous-change', 53);
  write(play('nightly-care', { branch: 'north' }, { by: 'operator' }), 'nightly-care', 37);
  write(play('open-a-shop-branch', { branch: 'north', size: 'large' }, { by: 'operator' }), 'open-a-shop-branch', 29);
  write(await cancelled('all-nine-in-a-row'), 'all-nine-in-a-row-cancelled', 27);
  write(play('breaks-at-step-4', { cause: 'throttled' }, { expect: 1, by: 'operator' }), 'breaks-at-step-4', 16);
} finally {
  rmSync(root, { recursive: true, force: true });
}

/** Begins a run, and stops it gently when its third step has ended. */
async function cancelled(workflow) {
  const { spawn } = await import('node:child_process');
  const child = spawn(podium, ['-C', at, 'run', workflow, '-e', 'play', '--yes', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, USER: 'author', PODIUM_HOME: home, PODIUM_PASSPHRASE_FILE: pass, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' },
  });
  let run;
  let rest = '';
  let ended = 0;
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = JSON.parse(line);
      run ??= event.run;
      if (event.type === 'step.succeeded' && (ended += 1) === 3) child.kill('SIGINT');
    }
  }
  return run;
}

// What a window needs to open where nobody sits: a display, a session bus, and an unlocked keychain.
// Each is a process of our own on a place that was free, ended by its own id.

import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { ask, ended, start } from '../../../scripts/setup/process.mjs';

/** The first line that a child writes to its descriptor 3. */
function told(child, what) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdio[3].setEncoding('utf8');
    child.stdio[3].on('data', (part) => {
      text += part;
      if (text.includes('\n')) resolve(text.split('\n')[0].trim());
    });
    child.once('error', (error) => reject(new Error(`${what} cannot be started: ${error.message}`)));
    child.once('exit', (code) => reject(new Error(`${what} ended with ${code} before it was ready`)));
  });
}

function beside(program, args, { env, log }) {
  const out = openSync(log, 'a');
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', out, out, 'pipe'] });
  process.on('exit', () => child.kill('SIGKILL'));
  return child;
}

/** A virtual display: `{ env, stop }`. The server chooses a number that nobody has. */
export async function display(folder, size = '1600x1000x24') {
  const child = beside('Xvfb', ['-displayfd', '3', '-screen', '0', size, '-nolisten', 'tcp', '-noreset'], {
    log: join(folder, 'xvfb.log'),
  });
  const number = await told(child, 'Xvfb');
  return { env: { DISPLAY: `:${number}`, WAYLAND_DISPLAY: '', GDK_BACKEND: 'x11' }, stop: () => ended(child) };
}

/** A home folder of its own, with nothing of the real user in it. */
export function home(folder) {
  const at = join(folder, 'home');
  const runtime = join(folder, 'run');
  mkdirSync(at, { recursive: true, mode: 0o700 });
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  return {
    HOME: at,
    XDG_RUNTIME_DIR: runtime,
    XDG_CACHE_HOME: join(at, '.cache'),
    XDG_CONFIG_HOME: join(at, '.config'),
    XDG_DATA_HOME: join(at, '.local', 'share'),
    PODIUM_HOME: join(folder, 'podium'),
  };
}

/** A session bus: `{ env, stop }`. */
export async function bus(folder, env) {
  const child = beside('dbus-daemon', ['--session', '--nofork', '--nopidfile', '--print-address=3'], {
    env,
    log: join(folder, 'bus.log'),
  });
  const address = await told(child, 'dbus-daemon');
  return { env: { DBUS_SESSION_BUS_ADDRESS: address }, stop: () => ended(child) };
}

/** The keychain on that bus, unlocked: `{ stop }`. */
export async function keychain(folder, env) {
  const log = openSync(join(folder, 'keychain.log'), 'a');
  const child = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
    env: { ...process.env, ...env },
    stdio: ['pipe', log, log],
  });
  process.on('exit', () => child.kill('SIGKILL'));
  child.stdin.end('a password of this test alone');
  const question = [
    '--session', '--print-reply', '--dest=org.freedesktop.DBus', '/org/freedesktop/DBus',
    'org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets',
  ];
  const end = Date.now() + 15_000;
  while (!(ask('dbus-send', question, { env: { ...process.env, ...env } }) ?? '').includes('true')) {
    if (Date.now() > end || child.exitCode !== null) throw new Error('the keychain did not come up');
    await new Promise((done) => setTimeout(done, 50));
  }
  return { stop: () => ended(child) };
}

export { start };

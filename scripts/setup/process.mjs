// Starting programs. None can ask a question: what a program reads is given beforehand, or nothing. It ends with its
// caller, and tells its last lines when it fails. Not here: anything about which programs.

import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Plain } from './say.mjs';

const TAIL = 40;
const running = new Set();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const child of running) end(child);
    process.exit(130);
  });
}
process.on('exit', () => {
  for (const child of running) end(child);
});

/** Asks a child that we started to end, with everything it started in its own group. */
export function end(child, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null || !child.pid) return;
  try {
    if (child.ownGroup) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It ended between the question and the call.
  }
}

/** Ends a child and waits until it is gone; the hard way after `grace` milliseconds. */
export async function ended(child, grace = 5000) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  end(child);
  const hard = setTimeout(() => end(child, 'SIGKILL'), grace);
  await gone;
  clearTimeout(hard);
}

/**
 * Starts a program that goes on beside us. `onLine` sees each line, and says `false` to one that is for
 * nobody else; the others go into the file `log`. `input` is what it reads. With `group`, what it starts ends with it.
 */
export function start(program, args, { cwd, env, log, onLine, input, group = false } = {}) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: group,
  });
  // A program that ends before it has read everything tells more by its own words.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  child.ownGroup = group;
  child.tail = [];
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  let file;
  if (log) {
    mkdirSync(dirname(log), { recursive: true });
    file = createWriteStream(log, { flags: 'a' });
    child.once('close', () => file.end());
  }
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const one of lines) take(one);
    });
    stream.on('end', () => rest && take(rest));
  }
  function take(text) {
    const clean = text.replace(/\r$/, '').replace(/^.*\r/, '');
    if (onLine?.(clean) === false) return;
    file?.write(`${clean}\n`);
    child.tail.push(clean);
    if (child.tail.length > TAIL) child.tail.shift();
  }
  return child;
}

/** Runs a program to its end: `{ code, tail }`. A program that cannot be started has code 127. */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = start(program, args, options);
    child.once('error', (error) => resolve({ code: 127, tail: `${program}: ${error.message}` }));
    child.once('close', (code, signal) =>
      resolve({ code: code ?? 128, signal, tail: child.tail.join('\n') }),
    );
  });
}

/** Runs a program that must succeed; else says `what` in words, with its last lines. */
export async function must(what, program, args, options = {}) {
  const { code, tail } = await run(program, args, options);
  if (code !== 0) {
    const why = `${program} ${args.join(' ')}\nended with ${code}. Its last lines:\n${tail}`;
    throw new Plain(what, { why, next: options.next ?? '' });
  }
}

/** What a short program prints, or nothing when it fails or is not there. */
export function ask(program, args = [], options = {}) {
  const { status, stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    ...options,
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Where a program is on PATH, or nothing. */
export function which(program) {
  return process.platform === 'win32'
    ? ask('where', [program])?.split(/\r?\n/)[0]
    : ask('sh', ['-c', 'command -v "$1"', 'sh', program]);
}

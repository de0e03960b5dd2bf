// The demo on this computer: a copy of examples/demo that belongs to the user, and the AWS API server that
// its environment "This laptop" talks to. A second start finds both as they were left.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort, isFree, ministack } from '../setup/ministack.mjs';
import { ask, ended, must, run, start } from '../setup/process.mjs';
import { Plain, say, step } from '../setup/say.mjs';

/** Where the copy is. */
export function folder() {
  return process.env.PODIUM_HOME ? join(process.env.PODIUM_HOME, 'demo') : join(homedir(), 'Podium', 'demo');
}

/** Makes the copy where there is none; what the user changed in it stays. */
export async function workspace(podium, env) {
  const at = folder();
  await step('The demo workspace', async (note) => {
    if (existsSync(join(at, 'podium.yaml'))) return at;
    mkdirSync(dirname(at), { recursive: true });
    await must('The demo workspace could not be made.', podium, ['demo', at], { env, onLine: note });
    return at;
  });
  return at;
}

/**
 * Starts the AWS API server and stores the credential `demo-aws` for it. Gives the server, or nothing and
 * the reason: everything but the environment "This laptop" works without it.
 */
export async function aws(podium, peers, at, env) {
  let server;
  const state = join(dirname(at), 'demo-aws');
  mkdirSync(state, { recursive: true });
  const pid = join(state, 'server.pid');
  try {
    await step('An AWS API server on this computer', async () => {
      server = await leftOver(pid, join(state, 'port'));
      if (server) return `${server.endpoint}, still running`;
      server = await ministack(peers, {
        port: await keptPort(join(state, 'port')),
        log: join(state, 'server.log'),
        state,
      });
      writeFileSync(pid, `${server.pid}\n`);
      return server.endpoint;
    });
    await step('Its credential', () => store(podium, env, at, server.endpoint));
    return {
      ...server,
      async stop() {
        await server.stop();
        rmSync(pid, { force: true });
      },
    };
  } catch (error) {
    await server?.stop();
    if (!(error instanceof Plain)) throw error;
    say(`  The environment "This laptop" cannot be used now: ${error.message}`);
    if (error.why) say(error.why.replace(/^/gm, '    '));
    return undefined;
  }
}

// The server of a start that was ended the hard way, if it still answers. The process is asked for its name,
// since a process id may have come to belong to something else.
async function leftOver(pid, port) {
  if (!existsSync(pid) || !existsSync(port)) return undefined;
  const id = Number(readFileSync(pid, 'utf8'));
  const endpoint = `http://127.0.0.1:${Number(readFileSync(port, 'utf8'))}`;
  if (!(id > 1) || !(ask('ps', ['-o', 'args=', '-p', `${id}`]) ?? '').includes('ministack')) return undefined;
  const answers = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(5000) }).then(
    (reply) => reply.ok,
    () => false,
  );
  return answers ? { endpoint, pid: id, stop: async () => process.kill(id, 'SIGTERM') } : undefined;
}

// The same port again where it is free, so that what refers to it stays true.
async function keptPort(file) {
  const before = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  const port = before > 0 && (await isFree(before)) ? before : await freePort();
  writeFileSync(file, `${port}\n`);
  return port;
}

// The server takes any key; the secret one still goes in the way every secret goes in, not by an argument.
async function store(podium, env, at, endpoint) {
  const fields = { access_key_id: 'demo', region: 'eu-central-1', endpoint_url: endpoint };
  const add = ['credentials', 'add', 'demo-aws', '--kind', 'aws', '--stdin'];
  for (const [name, value] of Object.entries(fields)) add.push('--field', `${name}=${value}`);
  await run(podium, ['-C', at, 'credentials', 'remove', 'demo-aws'], { env });
  const { code, tail } = await run(podium, ['-C', at, ...add], {
    env,
    input: JSON.stringify({ secret_access_key: 'demo-needs-no-real-key' }),
  });
  if (code === 0) return 'demo-aws';
  throw new Plain('the credential `demo-aws` could not be stored.', {
    why: `${tail}\nIn the window, Credentials leads to a place for it. Add \`demo-aws\` there: an AWS account with the endpoint\n${endpoint}, the region eu-central-1 and any key of 16 letters; then "This laptop" works too.`,
  });
}

/** Opens the window and waits until it is closed; gives its exit code. */
export async function open(window, at, env) {
  say();
  say(`The window opens on ${at}. Close it, or press Ctrl+C here, to end.`);
  const child = start(window, [at], { env, onLine: (text) => say(`  ${text}`) });
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      say(`The window could not be started: ${error.message}`);
      resolve(1);
    });
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  await ended(child);
  return code;
}

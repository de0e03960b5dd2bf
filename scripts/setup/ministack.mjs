// An AWS API server on loopback (MiniStack, written by others), for the demo and for tests. It binds to
// 127.0.0.1 and nothing else, and is ended by its own process id.

import { createServer } from 'node:net';
import { join } from 'node:path';
import { ended, start } from './process.mjs';
import { Plain } from './say.mjs';

/** Whether nobody listens on this port of loopback just now. */
export function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A port on loopback that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Starts the server and waits until it answers: `{ endpoint, pid, stop }`. `services` are called once, so
 * that what they load is loaded before somebody waits for it. With `state`, a folder, it remembers there
 * what it holds when it is asked to end.
 */
export async function ministack(peers, { log, port, state, services = ['cloudformation', 'sts'] } = {}) {
  const chosen = port ?? (await freePort());
  const endpoint = `http://127.0.0.1:${chosen}`;
  const child = start(join(peers, 'bin', 'ministack'), [], {
    env: {
      BIND_HOST: '127.0.0.1',
      // A listener of its own on every interface, which nobody here asks.
      IOT_MTLS_ENABLED: '0',
      GATEWAY_PORT: String(chosen),
      MINISTACK_HOST: '127.0.0.1',
      LOG_LEVEL: 'WARNING',
      ...(state && {
        PERSIST_STATE: '1',
        STATE_DIR: join(state, 'services'),
        S3_PERSIST: '1',
        S3_DATA_DIR: join(state, 's3'),
      }),
    },
    log,
    group: true,
  });
  const stop = () => ended(child, 15_000);
  try {
    await answers(child, endpoint);
    await Promise.all(services.map((service) => warm(endpoint, service)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, pid: child.pid, stop };
}

async function answers(child, endpoint) {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    if (child.exitCode !== null) break;
    try {
      const reply = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(5000) });
      if (reply.ok) return;
    } catch {
      // Not yet.
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Plain('The AWS API server did not start.', { why: child.tail.join('\n') });
}

// Any call does; the answer, even a refusal, comes after the service was loaded.
async function warm(endpoint, service) {
  const version = { cloudformation: '2010-05-15', sts: '2011-06-15' }[service];
  const action = { cloudformation: 'ListStacks', sts: 'GetCallerIdentity' }[service];
  await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: `Action=${action}&Version=${version}`,
    signal: AbortSignal.timeout(60_000),
  });
}

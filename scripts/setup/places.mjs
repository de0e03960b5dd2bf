// Where setup keeps what it makes: beside the other caches of this user, named by the hash of what it
// was made from, so that a second clone finds it and a changed list makes a new one.

import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this clone. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Logs and pictures of the last run; not committed. */
export const results = join(root, 'test-results');

/** The user's cache for Podium, or nothing where it cannot be written. */
export function cache() {
  const base =
    process.platform === 'darwin'
      ? join(homedir(), 'Library', 'Caches')
      : process.platform === 'win32'
        ? (process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'))
        : process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(base, 'podium');
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}

/** The first 12 digits of the hash of a file of this clone. */
export function hash(...files) {
  const sum = createHash('sha256');
  for (const file of files) sum.update(readFileSync(join(root, file)));
  return sum.digest('hex').slice(0, 12);
}

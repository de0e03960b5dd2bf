// Node's own version and the packages of package-lock.json.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './process.mjs';
import { hash, root } from './places.mjs';
import { atLeast } from './rust.mjs';
import { Plain, step } from './say.mjs';

/** Stops where Node is too old; the scripts themselves need it, so this comes first. */
export function nodeVersion() {
  const need = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.replace('>=', '');
  if (!atLeast(process.versions.node, need)) {
    throw new Plain(`Podium needs Node ${need} or newer; this is ${process.versions.node}.`, {
      next: 'Install a newer one from https://nodejs.org, then start again.',
    });
  }
}

/** Installs exactly what package-lock.json says, when that has changed since the last time. */
export async function packages() {
  await step('Packages of the window', async (note) => {
    const mark = join(root, 'node_modules', '.podium-lock');
    const now = hash('package.json', 'package-lock.json');
    if (existsSync(mark) && readFileSync(mark, 'utf8') === now) return 'all there';
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    // Not `npm ci`: it refuses a lock file that names no package for a platform nobody here has, as some
    // tools with many native parts leave it. `--no-save` installs what the lock says and keeps it as it is.
    await must('The packages of the window could not be installed.', npm, ['install', '--no-save', '--no-fund', '--no-audit'], {
      cwd: root,
      onLine: note,
      next: 'To see it by hand: npm install --no-save',
    });
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    writeFileSync(mark, now);
    return undefined;
  });
}

// Building: the window's pages with Vite, the programs and tests with cargo. What cargo made is read
// from its own messages, never guessed from a path.

import { existsSync, mkdirSync, readdirSync, statSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, run } from './process.mjs';
import { cache, hash, results, root } from './places.mjs';
import { Plain, step } from './say.mjs';

// Without it the window would look for a development server instead of the pages built into it. Also
// given to check and test, so that everything is compiled once.
export const FEATURES = ['--features', 'podium-desktop/custom-protocol'];

/** The programs and their packages: two that a person starts, and two that these start beside themselves. */
const PACKAGES = {
  'podium-desktop': 'podium-desktop',
  podium: 'podium-cli',
  'podium-run': 'podium-supervisor',
  'podium-site': 'podium-connector-core',
};
export const PROGRAMS = Object.keys(PACKAGES);
/** What works without a display. */
const TERMINAL = PROGRAMS.filter((name) => name !== 'podium-desktop');

/**
 * Where cargo builds: what the user set, else a folder of the cache that every clone with the same
 * Cargo.lock shares, else `target` here.
 */
export function targetFolder() {
  if (process.env.CARGO_TARGET_DIR) return process.env.CARGO_TARGET_DIR;
  const home = cache();
  if (!home) return join(root, 'target');
  const name = `target-${hash('Cargo.lock')}`;
  const folder = join(home, name);
  mkdirSync(folder, { recursive: true });
  const used = join(folder, '.last-used');
  writeFileSync(used, '');
  utimesSync(used, new Date(), new Date());
  prune(home, name);
  return folder;
}

/** Folders of older lock files go when nobody has built in them for a week. */
function prune(home, keep) {
  const week = 7 * 24 * 3600 * 1000;
  for (const name of readdirSync(home)) {
    const used = join(home, name, '.last-used');
    if (name === keep || !/^target-[0-9a-f]{12}$/.test(name) || !existsSync(used)) continue;
    if (Date.now() - statSync(used).mtimeMs > week) rmSync(join(home, name), { recursive: true, force: true });
  }
}

/** The variables that every cargo of ours gets. */
export function cargoEnv() {
  return { CARGO_TARGET_DIR: targetFolder(), CARGO_TERM_COLOR: 'never' };
}

/** Builds the pages of the window into `ui/dist`; the window's crate reads them when it compiles. */
export async function pages() {
  await step('The pages of the window', async (note) => {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    await must('The pages of the window do not build.', npm, ['run', '--silent', 'ui:build'], {
      cwd: root,
      onLine: note,
      log: join(results, 'logs', 'ui-build.log'),
    });
  });
}

/**
 * Runs cargo with JSON messages. Gives the artifacts: `{ package, name, kind, test, executable }`.
 * Compiler errors stand in the log and in the last lines of the failure.
 */
export async function cargo(name, args, { log = 'cargo' } = {}) {
  return step(name, async (note) => {
    const artifacts = [];
    let crates = 0;
    const { code, tail } = await run('cargo', [...args, '--message-format=json-render-diagnostics'], {
      cwd: root,
      env: cargoEnv(),
      log: join(results, 'logs', `${log}.log`),
      onLine(text) {
        if (text.startsWith('{"reason"')) {
          const message = JSON.parse(text);
          if (message.reason === 'compiler-artifact' && message.executable) {
            artifacts.push({
              package: packageName(message.package_id),
              manifest: message.manifest_path,
              name: message.target.name,
              kind: message.target.kind[0],
              test: message.profile.test,
              executable: message.executable,
            });
          }
          return false;
        }
        if (/^\s*Compiling /.test(text)) {
          crates += 1;
          note(`${text.trim()} (${crates} compiled)`);
        } else if (/^\s*(Downloaded|Downloading|Blocking|Updating)/.test(text)) note(text);
        return true;
      },
    });
    if (code !== 0) {
      throw new Plain(`${name}: cargo ended with ${code}.`, {
        why: tail,
        next: `The whole log: test-results/logs/${log}.log`,
      });
    }
    return artifacts;
  });
}

// `path+file:///…/crates/plan#podium-plan@0.1.0`, or `…/podium-plan#0.1.0` where folder and name agree.
function packageName(id) {
  const [path, rest] = id.split('#');
  return rest.includes('@') ? rest.split('@')[0] : path.split('/').pop();
}

/**
 * What to build for somebody who only needs the terminal. Cargo compiles a library anew when the programs asked for
 * together want other features of it; so where the window was built before, it is asked for again.
 */
export function forTerminal() {
  const window = join(targetFolder(), 'release', process.platform === 'win32' ? 'podium-desktop.exe' : 'podium-desktop');
  return existsSync(window) && existsSync(join(root, 'ui', 'dist', 'index.html')) ? PROGRAMS : TERMINAL;
}

/** What cargo is told to build for these programs. */
export function selection(only) {
  return [
    ...only.flatMap((name) => ['--package', PACKAGES[name], '--bin', name]),
    ...(only.includes('podium-desktop') ? FEATURES : []),
  ];
}

/** Builds the named programs; gives `{ name: path }`. */
export async function programs({ release, only = PROGRAMS }) {
  const made = await cargo(
    release ? 'The programs (the first time takes some minutes)' : 'The programs',
    [
      'build',
      '--locked',
      ...(release ? ['--release'] : []),
      ...selection(only),
    ],
    { log: 'build' },
  );
  const found = Object.fromEntries(made.filter((one) => one.kind === 'bin').map((one) => [one.name, one.executable]));
  for (const name of only) {
    if (!found[name]) throw new Plain(`cargo built no program \`${name}\`.`);
  }
  return found;
}

// Runs what a tier is made of and fills its tally. Output goes to test-results/logs; what failed is
// also shown at once.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cargoEnv, FEATURES } from '../setup/build.mjs';
import { run } from '../setup/process.mjs';
import { results, root } from '../setup/places.mjs';
import { say, time } from '../setup/say.mjs';
import { readTap, readVitest, rustReader } from './tally.mjs';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Runs one program and counts it as one test. */
export async function single(into, name, program, args, options = {}) {
  const began = Date.now();
  const log = join(results, 'logs', `check-${name.replace(/\W+/g, '-')}.log`);
  const { code, tail } = await run(program, args, { cwd: root, env: cargoEnv(), log, ...options });
  if (code === 0) {
    into.passed += 1;
    say(`  ✓ ${name} (${time(Date.now() - began)})`);
  } else {
    into.failed.push(name);
    say(`  ✕ ${name} (${time(Date.now() - began)})`);
    say(tail.replace(/^/gm, '    '));
  }
}

/** The fast checks; every one runs, also after a failure. */
export async function check(into) {
  await single(into, 'cargo fmt', 'cargo', ['fmt', '--all', '--check']);
  await single(into, 'cargo clippy', 'cargo', [
    'clippy', '--workspace', '--all-targets', '--locked', ...FEATURES, '--', '--deny', 'warnings',
  ]);
  await single(into, 'types and lints of the pages', npm, ['run', '--silent', 'ui:check']);
  await single(into, 'cargo xtask tidy', 'cargo', ['xtask', 'tidy']);
  await single(into, 'the icons are those of their source', process.execPath, ['scripts/icons.mjs', '--check']);
  await single(into, 'the scripts themselves', process.execPath, ['--test', 'scripts/test/tally.test.mjs']);
}

/** Runs one Rust test program as cargo would: in its package's folder. */
export async function rust(into, one, filter, env) {
  const began = Date.now();
  const program = `${one.package}/${one.name}`;
  const found = { passed: 0, failed: [], skipped: [] };
  const reader = rustReader(found, program);
  const shown = [];
  let failures = false;
  const { code } = await run(one.executable, ['--show-output', ...filter], {
    cwd: dirname(one.manifest),
    env: { ...cargoEnv(), CARGO_MANIFEST_DIR: dirname(one.manifest), CARGO_PKG_NAME: one.package, ...env },
    log: join(results, 'logs', `${into.tier}.log`),
    onLine(text) {
      reader.line(text);
      if (text === 'failures:') failures = true;
      if (failures) shown.push(text);
    },
  });
  reader.end(code);
  into.passed += found.passed;
  into.failed.push(...found.failed);
  into.skipped.push(...found.skipped);
  const all = found.passed + found.failed.length + found.skipped.length;
  if (all === 0) return;
  const skipped = found.skipped.length ? `, ${found.skipped.length} skipped` : '';
  const failed = found.failed.length ? `, ${found.failed.length} FAILED` : '';
  say(`  ${failed ? '✕' : '✓'} ${program}: ${found.passed} passed${failed}${skipped} (${time(Date.now() - began)})`);
  if (failed) say(shown.slice(0, 200).join('\n').replace(/^/gm, '    '));
}

/** The tests of the pages. */
export async function ui(into) {
  const file = join(results, 'vitest.json');
  rmSync(file, { force: true });
  mkdirSync(results, { recursive: true });
  const { code, tail } = await run(
    npm,
    ['run', '--silent', 'ui:test', '--', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    { cwd: root, env: { CI: 'true' }, log: join(results, 'logs', 'ui.log') },
  );
  if (existsSync(file)) readVitest(into, JSON.parse(readFileSync(file, 'utf8')));
  if (code !== 0 && into.failed.length === 0) into.failed.push(`vitest ended with ${code}`);
  if (code !== 0) say(tail.replace(/^/gm, '    '));
}

/** The stories in the real window; `env` names the programs and the display. */
export async function window(into, env) {
  const specs = join(root, 'tests', 'ui', 'specs');
  for (const name of readdirSync(specs).filter((file) => file.endsWith('.mjs')).sort()) {
    const began = Date.now();
    const before = into.failed.length;
    let tap = '';
    const { code, tail } = await run(process.execPath, ['--test-reporter=tap', join(specs, name)], {
      cwd: root,
      env,
      log: join(results, 'logs', 'window.log'),
      onLine: (text) => {
        tap += `${text}\n`;
      },
    });
    readTap(into, tap);
    if (code !== 0 && into.failed.length === before) into.failed.push(`${name} ended with ${code}`);
    const bad = into.failed.length > before;
    say(`  ${bad ? '✕' : '✓'} ${name} (${time(Date.now() - began)})`);
    if (bad) say(tail.replace(/^/gm, '    '));
  }
}

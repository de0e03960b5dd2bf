// Runs what a tier is made of and fills its tally. Output goes to test-results/logs; what failed is
// also shown at once.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cargoEnv, FEATURES } from '../setup/build.mjs';
import { run } from '../setup/process.mjs';
import { results, root } from '../setup/places.mjs';
import { say, time } from '../setup/say.mjs';
import { readTap, readVitest, rustReader, settle, tally } from './tally.mjs';

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
  const { found, shown } = await rustOnce(into.tier, one, filter, env);
  const all = found.passed + found.failed.length + found.skipped.length;
  const failed = await settle(into, found, async (names) => {
    const passed = [];
    for (const name of names.filter((text) => text.startsWith(`${program} `))) {
      const alone = name.slice(program.length + 1);
      const { found: second } = await rustOnce(into.tier, one, ['--exact', alone], env);
      if (second.passed === 1 && second.failed.length === 0) passed.push(name);
    }
    return passed;
  });
  if (all === 0) return;
  const skipped = found.skipped.length ? `, ${found.skipped.length} skipped` : '';
  const bad = failed.length ? `, ${failed.length} FAILED` : '';
  const again = found.failed.length > failed.length ? `, ${found.failed.length - failed.length} AT THE SECOND ATTEMPT` : '';
  say(
    `  ${bad ? '✕' : '✓'} ${program}: ${all - failed.length - found.skipped.length} passed${bad}${again}${skipped} (${time(Date.now() - began)})`,
  );
  if (bad || again) say(shown.slice(0, 200).join('\n').replace(/^/gm, '    '));
}

async function rustOnce(tier, one, filter, env) {
  const found = tally();
  const reader = rustReader(found, `${one.package}/${one.name}`);
  const shown = [];
  let failures = false;
  const { code } = await run(one.executable, ['--show-output', ...filter], {
    cwd: dirname(one.manifest),
    env: { ...cargoEnv(), CARGO_MANIFEST_DIR: dirname(one.manifest), CARGO_PKG_NAME: one.package, ...env },
    log: join(results, 'logs', `${tier}.log`),
    onLine(text) {
      reader.line(text);
      if (text === 'failures:') failures = true;
      if (failures) shown.push(text);
    },
  });
  reader.end(code);
  return { found, shown };
}

/** The tests of the pages. */
export async function ui(into) {
  const { found, names, tail } = await uiOnce('vitest.json', []);
  const failed = await settle(into, found, async () => {
    if (names.files.size === 0) return [];
    return (await uiOnce('vitest-again.json', [...names.files])).names.passed;
  });
  if (failed.length > 0 || found.failed.length > 0) say(tail.replace(/^/gm, '    '));
}

async function uiOnce(report, files) {
  const file = join(results, report);
  rmSync(file, { force: true });
  mkdirSync(results, { recursive: true });
  const { code, tail } = await run(
    npm,
    ['run', '--silent', 'ui:test', '--', ...files, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    { cwd: root, env: { CI: 'true' }, log: join(results, 'logs', 'ui.log') },
  );
  const found = tally();
  const names = existsSync(file) ? readVitest(found, JSON.parse(readFileSync(file, 'utf8'))) : { passed: [], files: new Set() };
  if (code !== 0 && found.failed.length === 0) found.failed.push(`vitest ended with ${code}`);
  return { found, names, tail };
}

/** The stories in the real window; `env` names the programs and the display. */
export async function window(into, env) {
  const specs = join(root, 'tests', 'ui', 'specs');
  for (const name of readdirSync(specs).filter((file) => file.endsWith('.mjs')).sort()) {
    const began = Date.now();
    const { found, tail } = await windowOnce(join(specs, name), env);
    const failed = await settle(into, found, async () => (await windowOnce(join(specs, name), env)).passed);
    const again = found.failed.length > failed.length ? ', AT THE SECOND ATTEMPT' : '';
    say(`  ${failed.length > 0 ? '✕' : '✓'} ${name} (${time(Date.now() - began)}${again})`);
    if (found.failed.length > 0) say(tail.replace(/^/gm, '    '));
  }
}

async function windowOnce(spec, env) {
  let tap = '';
  const { code, tail } = await run(process.execPath, ['--test-reporter=tap', spec], {
    cwd: root,
    env,
    log: join(results, 'logs', 'window.log'),
    onLine: (text) => {
      tap += `${text}\n`;
    },
  });
  const found = tally();
  const passed = readTap(found, tap);
  if (code !== 0 && found.failed.length === 0) found.failed.push(`${basename(spec)} ended with ${code}`);
  return { found, passed, tail };
}

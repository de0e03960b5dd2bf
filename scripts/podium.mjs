// `npm run podium -- ARGUMENTS`: the command line of this clone, built when it is not up to date. What the
// build says goes to standard error, so that `--json` stays clean; paths count from where the command was given.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cargoEnv, forTerminal, selection, targetFolder } from './setup/build.mjs';
import { installed, peersEnv } from './setup/peers.mjs';
import { root } from './setup/places.mjs';
import { which } from './setup/process.mjs';
import { lookInHome } from './setup/rust.mjs';
import { finish, Plain } from './setup/say.mjs';

await finish(async () => {
  lookInHome();
  if (!which('cargo')) throw new Plain('Nothing is set up here yet.', { next: 'Run: npm start' });
  const built = await through('cargo', ['build', '--quiet', '--locked', '--release', ...selection(forTerminal())], { cwd: root, env: cargoEnv() });
  if (built !== 0) return built;
  const program = join(targetFolder(), 'release', process.platform === 'win32' ? 'podium.exe' : 'podium');
  return through(program, process.argv.slice(2), { cwd: process.env.INIT_CWD ?? process.cwd(), env: peersEnv(installed()) });
});

// The child has the terminal: it asks and answers itself, and hears an interrupt as we do.
function through(program, args, { cwd, env }) {
  process.on('SIGINT', () => {});
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${program} could not be started: ${error.message}\n`);
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 130));
  });
}

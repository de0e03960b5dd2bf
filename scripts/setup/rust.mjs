// The Rust toolchain: the one on PATH, the one in the user's home, else the official installer.

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ask, must, run, which } from './process.mjs';
import { root } from './places.mjs';
import { Plain, step } from './say.mjs';

const BY_HAND = `Install Rust as https://rustup.rs says, then start again.`;

/** The oldest version that builds Podium, from the workspace's manifest. */
export function wanted() {
  return /^rust-version = "([\d.]+)"/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1];
}

/** Whether version `a` is at least version `b`, number by number. */
export function atLeast(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let i = 0; i < right.length; i += 1) {
    if ((left[i] ?? 0) !== right[i]) return (left[i] ?? 0) > right[i];
  }
  return true;
}

function version() {
  return /^rustc (\d+\.\d+\.\d+)/.exec(ask('rustc', ['--version']) ?? '')?.[1];
}

/** Puts the user's own toolchain on PATH where it is not. */
export function lookInHome() {
  const home = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin');
  const here = (process.env.PATH ?? '').split(delimiter);
  if (existsSync(home) && !here.includes(home)) {
    process.env.PATH = [home, ...here].join(delimiter);
  }
}

/** Makes sure that `cargo` of a fitting version is on PATH, with rustfmt and clippy when `full`. */
export async function rust({ full = false } = {}) {
  lookInHome();
  await step('Rust', async (note) => {
    const need = wanted();
    let have = which('cargo') && version();
    if (!have) {
      await install(note);
      lookInHome();
      have = version();
    }
    if (have && !atLeast(have, need) && which('rustup')) {
      note('rustup update stable');
      await run('rustup', ['update', 'stable', '--no-self-update'], { onLine: note });
      have = version();
    }
    if (!have || !atLeast(have, need)) {
      throw new Plain(`Podium needs Rust ${need} or newer; ${have ? `${have} is here` : 'none is here'}.`, {
        next: which('rustup') ? 'Run: rustup update stable' : BY_HAND,
      });
    }
    if (full) await parts(note);
    return have;
  });
}

async function install(note) {
  if (process.platform === 'win32') throw new Plain('Rust is not installed.', { next: BY_HAND });
  const curl = ask('curl', ['--version']);
  if (curl === undefined) throw new Plain('Rust is not installed.', { next: BY_HAND });
  note('asking the official installer');
  // The installer's own way; the pipe fails when the download does.
  const script = `set -e
file=$(mktemp)
trap 'rm -f "$file"' EXIT
curl --proto '=https' --tlsv1.2 --silent --show-error --fail --location https://sh.rustup.rs -o "$file"
sh "$file" -y --profile minimal --no-modify-path --component rustfmt,clippy`;
  await must('Rust is not installed, and its official installer could not be used.', 'sh', ['-c', script], {
    onLine: note,
    next: BY_HAND,
  });
}

async function parts(note) {
  const absent = ['rustfmt', 'cargo-clippy'].filter((tool) => !which(tool));
  if (absent.length === 0) return;
  const next = 'Run: rustup component add rustfmt clippy';
  if (!which('rustup')) throw new Plain(`Rust's ${absent.join(' and ')} is missing.`, { next });
  await must(`Rust's ${absent.join(' and ')} could not be added.`, 'rustup', ['component', 'add', 'rustfmt', 'clippy'], {
    onLine: note,
    next,
  });
}

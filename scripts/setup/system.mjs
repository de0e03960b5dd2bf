// The packages of the operating system. On Debian and Ubuntu they are installed where that needs no
// question (as root, or with a `sudo` that asks nothing); elsewhere the exact command is said.

import { existsSync, readFileSync } from 'node:fs';
import { ask, must, run, which } from './process.mjs';
import { Plain, step } from './say.mjs';

// Each list says what it is for. `window` is WebKitGTK, which draws the window on Linux.
const LISTS = {
  build: ['build-essential', 'pkg-config', 'file', 'ca-certificates', 'curl', 'git'],
  window: ['libwebkit2gtk-4.1-dev'],
  // Ansible reaches other computers by `ssh`.
  peers: ['python3', 'python3-venv', 'openssh-client'],
  test: [
    // A host that Ansible reaches by `ssh` in the tests; its service is not started.
    'openssh-server',
    'xvfb',
    'xauth',
    'webkit2gtk-driver',
    'dbus',
    'gnome-keyring',
    'libsecret-tools',
    'librsvg2-bin',
    'fonts-dejavu-core',
  ],
};

const OTHER = {
  darwin: `Install Apple's command line tools with: xcode-select --install
Python 3 comes with them.`,
  win32: `Install the "Desktop development with C++" part of the Visual Studio Build Tools, WebView2
(part of Windows 11), and Python 3.`,
  linux: `Install with your package manager: a C compiler, pkg-config, WebKitGTK 4.1 with its headers,
Python 3 with venv; for the tests also Xvfb, WebKitWebDriver, dbus and gnome-keyring.`,
};

/** Packages of the named lists that are not installed. */
export function missing(lists) {
  const wanted = lists.flatMap((list) => LISTS[list]);
  const told = ask('sh', [
    '-c',
    'dpkg-query -W -f \'${Package} ${db:Status-Status}\\n\' "$@" 2>/dev/null || true',
    'sh',
    ...wanted,
  ]);
  const there = new Set(
    (told ?? '')
      .split('\n')
      .filter((row) => row.endsWith(' installed'))
      .map((row) => row.split(' ')[0]),
  );
  return wanted.filter((name) => !there.has(name));
}

function isDebian() {
  if (process.platform !== 'linux' || !existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** `[]` as root, `['sudo', '-n']` where sudo asks nothing, else nothing. */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  return ask('sudo', ['-n', 'true']) === undefined ? undefined : ['sudo', '-n'];
}

/** Makes sure that the packages of these lists are there. */
export async function system(lists) {
  if (!isDebian() || !which('apt-get')) {
    await step('System packages', async () => elsewhere());
    return;
  }
  const wanted = missing(lists);
  if (wanted.length === 0) {
    await step('System packages', async () => 'all there');
    return;
  }
  const before = asRoot();
  const command = `sudo apt-get update && sudo apt-get install --yes ${wanted.join(' ')}`;
  if (before === undefined) {
    throw new Plain('Some system packages are missing, and installing them needs an administrator.', {
      why: wanted.join('\n'),
      next: `Run this once, then start again:\n\n    ${command}\n`,
    });
  }
  await step(`System packages (${wanted.length} missing)`, async (note) => {
    const apt = (...args) => {
      // `sudo` passes no environment on. At runlevel 1 no package starts its service.
      const all = [...before, 'env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1', 'apt-get', '-o', 'DPkg::Lock::Timeout=300', ...args];
      return { program: all[0], args: all.slice(1) };
    };
    const options = {
      onLine: note,
      next: `To see it by hand: ${command}`,
    };
    const update = apt('update');
    // A list that cannot be fetched just now is no reason to stop: the one at hand may do.
    await run(update.program, update.args, options);
    const install = apt('install', '--yes', '--no-install-recommends', ...wanted);
    const first = await run(install.program, install.args, options);
    if (first.code !== 0) {
      const repair = apt('install', '--fix-broken', '--yes');
      await run(repair.program, repair.args, options);
      await must('The system packages could not be installed.', install.program, install.args, options);
    }
    return wanted.join(', ');
  });
}

function elsewhere() {
  const words = OTHER[process.platform] ?? OTHER.linux;
  const tools = process.platform === 'win32' ? ['python'] : ['cc', 'python3'];
  const absent = tools.filter((tool) => !which(tool));
  if (process.platform === 'linux') {
    for (const library of ['webkit2gtk-4.1']) {
      if (ask('pkg-config', ['--exists', library]) === undefined) absent.push(library);
    }
  }
  if (absent.length > 0) {
    throw new Plain(`This machine lacks: ${absent.join(', ')}.`, { next: words });
  }
  return 'found by hand (only Debian and Ubuntu are installed by themselves)';
}

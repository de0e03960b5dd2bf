// Real third-party software that is had as source from Go's module proxy, for the tests only: built once, kept in
// the user's cache, named by the hash of its lock files. Each has a folder in tests/peers with go.mod and go.sum.

import { existsSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prune } from './peers.mjs';
import { cache, hash, results, root } from './places.mjs';
import { ask, run } from './process.mjs';
import { step } from './say.mjs';

/** What is built: its name for people, its folder, and program → package. */
const BUILT = [
  { name: 'OpenTofu', folder: 'tofu', programs: { tofu: 'github.com/opentofu/opentofu/cmd/tofu' } },
  {
    name: 'Kubernetes with kubectl, Helm, KWOK and etcd',
    folder: 'kubernetes',
    programs: {
      etcd: 'go.etcd.io/etcd/server/v3',
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
      'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
      'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
      kubectl: 'k8s.io/kubernetes/cmd/kubectl',
      kwok: 'sigs.k8s.io/kwok/cmd/kwok',
      helm: 'helm.sh/helm/v3/cmd/helm',
    },
    // A program that is built by itself does not know its version, and charts ask for it.
    flags: '-X k8s.io/component-base/version.gitVersion=v1.37.2 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37',
  },
];
/** Older ones cannot fetch the toolchain that a module asks for. */
const OLDEST = [1, 21];

/**
 * Makes sure that they are in `go/bin` of the peers' folder. Gives those that cannot be had, with the reason:
 * the tests against them are skipped by name, and nothing else is.
 */
export async function goPeers(peers) {
  const missing = [];
  if (typeof peers !== 'string') return missing;
  const bin = join(peers, 'go', 'bin');
  mkdirSync(bin, { recursive: true });
  for (const one of BUILT) {
    try {
      await step(one.name, (note) => make(one, bin, note));
    } catch (error) {
      missing.push({ name: one.name, why: error.message });
    }
  }
  return missing;
}

async function make(one, bin, note) {
  const home = join(cache(), 'go-peers');
  const from = join('tests', 'peers', one.folder);
  const name = hash(join(from, 'go.mod'), join(from, 'go.sum'));
  const place = join(home, name);
  const ready = join(place, 'ready');
  let words = 'all there';
  if (!existsSync(ready)) {
    const [, major, minor] = /go(\d+)\.(\d+)/.exec(ask('go', ['version']) ?? '') ?? [];
    if (!major) throw new Error('Go is not installed, and it is built from source');
    if (Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1])) {
      throw new Error(`Go ${OLDEST.join('.')} or newer is needed to build it; ${major}.${minor} is here`);
    }
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    for (const [program, source] of Object.entries(one.programs)) {
      note('built from source once, which takes some minutes');
      const { code, tail } = await run(
        'go',
        ['build', '-mod=readonly', '-trimpath', `-ldflags=-s -w ${one.flags ?? ''}`, '-o', join(place, program), source],
        { cwd: join(root, from), env: { CGO_ENABLED: '0' }, log: join(results, 'logs', `go-${program}.log`), onLine: note },
      );
      if (code !== 0) throw new Error(`it could not be built: ${tail.trim().split('\n').pop()}`);
    }
    writeFileSync(ready, '');
    words = undefined;
  }
  utimesSync(ready, new Date(), new Date());
  for (const program of Object.keys(one.programs)) {
    rmSync(join(bin, program), { force: true });
    symlinkSync(join(place, program), join(bin, program));
  }
  prune(home, name);
  return words;
}

// What Podium adds to a real tool. The bare side does by hand what Podium does: look first, then do. Beside
// the ratio, a fixed 100 ms is allowed for the start of Podium's own programs.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../setup/places.mjs';
import { inTurn, ms, timed } from './measure.mjs';

const FIXED = 100;

const WORKFLOWS = {
  terraform: `podium: 1
name: Terraform alone
steps:
  network:
    uses: terraform/apply
    with: { directory: infra/network, variables: { branch: bench, size: large } }
`,
  ansible: `podium: 1
name: Ansible alone
steps:
  servers:
    uses: ansible/playbook
    with:
      playbook: ansible/site.yml
      inventory: { hosts: [web-1.bench.test, web-2.bench.test, web-3.bench.test] }
      variables: { branch: bench, page: PAGE }
`,
};

export async function measure({ made, peers, missing }) {
  if (!peers) return Object.keys(WORKFLOWS).map((tool) => ({ what: `podium run of ${tool}`, why: missing }));
  const folder = mkdtempSync(join(tmpdir(), 'podium-bench-'));
  try {
    const rows = [];
    for (const tool of Object.keys(WORKFLOWS)) {
      const time = await inTurn(3, {
        ours: (round) => ours(made, tool, join(folder, `${tool}-ours-${round}`)),
        bare: (round) => bare[tool](peers, join(folder, `${tool}-bare-${round}`)),
      });
      const ratio = Math.max(0, time.ours - FIXED) / time.bare;
      rows.push({
        what: `podium run of ${tool}`,
        ours: ms(time.ours),
        peer: `${ms(time.bare)} for the bare tool`,
        ratio,
        goal: `at most 1.05 × above ${FIXED} ms`,
        met: ratio <= 1.05,
      });
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function prepare(folder) {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'examples', 'demo'), folder, { recursive: true });
  mkdirSync(join(folder, 'out'), { recursive: true });
  return folder;
}

async function ours(made, tool, folder) {
  prepare(folder);
  const text = WORKFLOWS[tool].replace('PAGE', JSON.stringify(join(folder, 'out', 'index.html')));
  writeFileSync(join(folder, 'workflows', 'bench.yaml'), text);
  return timed(made.podium, ['run', 'workflows/bench.yaml', '-e', 'local', '--yes', '--json'], {
    cwd: folder,
    env: { PODIUM_HOME: join(folder, '.home') },
  });
}

const bare = {
  async terraform(peers, folder) {
    const cwd = join(prepare(folder), 'infra', 'network');
    const terraform = join(peers, 'bin', 'terraform');
    const vars = ['-var', 'branch=bench', '-var', 'size=large'];
    const began = performance.now();
    await timed(terraform, ['init', '-input=false', '-no-color'], { cwd });
    await timed(terraform, ['plan', '-input=false', '-no-color', '-out=plan', ...vars], { cwd });
    await timed(terraform, ['apply', '-input=false', '-no-color', 'plan'], { cwd });
    return performance.now() - began;
  },
  async ansible(peers, folder) {
    prepare(folder);
    const playbook = join(peers, 'bin', 'ansible-playbook');
    const args = ['ansible/site.yml', '-i', 'web-1.bench.test,web-2.bench.test,web-3.bench.test', '-e', 'branch=bench', '-e', `page=${join(folder, 'out', 'index.html')}`];
    const began = performance.now();
    await timed(playbook, [...args, '--check', '--diff'], { cwd: folder });
    await timed(playbook, args, { cwd: folder });
    return performance.now() - began;
  },
};

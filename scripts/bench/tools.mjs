// What Podium adds to a real tool. The bare side does by hand what Podium does: look first, then do. Beside
// the ratio, a fixed 100 ms is allowed for the start of Podium's own programs.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../setup/places.mjs';
import { inTurn, ms, timed } from './measure.mjs';

const FIXED = 100;
/** So long the longer measure works, in seconds: what people really wait for. */
const LONG = 30;

const terraform = (directory) => `podium: 1
name: Terraform alone
steps:
  network:
    uses: terraform/apply
    with: { directory: ${directory}, variables: { branch: bench, size: large } }
`;
const ansible = (playbook) => `podium: 1
name: Ansible alone
steps:
  servers:
    uses: ansible/playbook
    with:
      playbook: ${playbook}
      inventory: { hosts: [web-1.bench.test, web-2.bench.test, web-3.bench.test] }
      variables: { branch: bench, page: PAGE }
`;

/** The small ones show what every start costs, the long ones what is left of it in real work. */
const MEASURES = [
  { tool: 'terraform', what: 'a small Terraform apply', with: 'infra/network', rounds: 3, bare: 'terraform init, plan -out and apply of that plan' },
  { tool: 'terraform', what: `a Terraform apply of ${LONG} s`, with: 'infra/long', rounds: 1, bare: 'terraform init, plan -out and apply of that plan' },
  { tool: 'ansible', what: 'a small playbook', with: 'ansible/site.yml', rounds: 3, bare: 'ansible-playbook --check --diff, then ansible-playbook' },
  { tool: 'ansible', what: `a playbook of ${LONG} s`, with: 'ansible/long.yml', rounds: 1, bare: 'ansible-playbook --check --diff, then ansible-playbook' },
];
const WORKFLOW = { terraform, ansible };

export async function measure({ made, peers, missing }) {
  if (!peers) return MEASURES.map(({ what }) => ({ what: `podium run of ${what}`, why: missing }));
  const folder = mkdtempSync(join(tmpdir(), 'podium-bench-'));
  try {
    const rows = [];
    for (const [number, one] of MEASURES.entries()) {
      const time = await inTurn(one.rounds, {
        ours: (round) => ours(made, one, join(folder, `${number}-ours-${round}`), join(folder, `${number}-home`)),
        bare: (round) => bare[one.tool](peers, one.with, join(folder, `${number}-bare-${round}`)),
      });
      const ratio = Math.max(0, time.ours - FIXED) / time.bare;
      rows.push({
        what: `podium run of ${one.what}`,
        ours: ms(time.ours),
        peer: `${ms(time.bare)} for ${one.bare}`,
        ratio,
        whole: time.ours / time.bare,
        goal: `at most 1.05 × above ${FIXED} ms; with it ${(time.ours / time.bare).toFixed(2)} ×`,
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
  mkdirSync(join(folder, 'infra', 'long'), { recursive: true });
  writeFileSync(
    join(folder, 'infra', 'long', 'main.tf'),
    `variable "branch" { type = string }
variable "size" { type = string }
resource "terraform_data" "long" {
  input = var.branch
  provisioner "local-exec" { command = "for i in $(seq ${LONG}); do echo still at it; sleep 1; done" }
}
`,
  );
  writeFileSync(
    join(folder, 'ansible', 'long.yml'),
    `- hosts: web-1.bench.test
  connection: local
  gather_facts: false
  vars: { ansible_python_interpreter: "{{ ansible_playbook_python }}" }
  tasks:
    - name: Work
      ansible.builtin.command: sleep ${LONG / 10}
      loop: "{{ range(10) | list }}"
`,
  );
  return folder;
}

// The home is where it is for everybody: outside the workspace, and there since the turn that warms up.
async function ours(made, one, folder, home) {
  prepare(folder);
  const text = WORKFLOW[one.tool](one.with).replace('PAGE', JSON.stringify(join(folder, 'out', 'index.html')));
  writeFileSync(join(folder, 'workflows', 'bench.yaml'), text);
  return timed(made.podium, ['run', 'workflows/bench.yaml', '-e', 'local', '--yes', '--json'], {
    cwd: folder,
    env: { PODIUM_HOME: home },
  });
}

const bare = {
  async terraform(peers, directory, folder) {
    const cwd = join(prepare(folder), ...directory.split('/'));
    const terraform = join(peers, 'bin', 'terraform');
    const vars = ['-var', 'branch=bench', '-var', 'size=large'];
    const began = performance.now();
    await timed(terraform, ['init', '-input=false', '-no-color'], { cwd });
    await timed(terraform, ['plan', '-input=false', '-no-color', '-out=plan', ...vars], { cwd });
    await timed(terraform, ['apply', '-input=false', '-no-color', 'plan'], { cwd });
    return performance.now() - began;
  },
  async ansible(peers, file, folder) {
    prepare(folder);
    const playbook = join(peers, 'bin', 'ansible-playbook');
    const args = [file, '-i', 'web-1.bench.test,web-2.bench.test,web-3.bench.test', '-e', 'branch=bench', '-e', `page=${join(folder, 'out', 'index.html')}`];
    const began = performance.now();
    await timed(playbook, [...args, '--check', '--diff'], { cwd: folder });
    await timed(playbook, args, { cwd: folder });
    return performance.now() - began;
  },
};

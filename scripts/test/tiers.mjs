// Which test belongs to which tier. Every test target of the workspace belongs to exactly one, so that
// none is left out in silence: the tier is read from the package and the name of the target.

/** The tiers in their order, with what each is for. */
export const TIERS = [
  ['check', 'formatting, lints, types, the house'],
  ['unit', 'each crate by itself'],
  ['documents', 'workflow files, good and broken'],
  ['contract', 'every connector against its simulator, and some against the real system'],
  ['real', 'Terraform, Ansible, an AWS API server and Kubernetes, which others wrote'],
  ['ui', 'the pages of the window, without the window'],
  ['window', 'the real window, by pointer and keyboard'],
];

const CONNECTOR = /^podium-connector-/;

/**
 * The runs of one Rust test program: which tier, and which filter. A connector keeps its tests against
 * the real system beside the others; `real_` in their names tells them apart.
 */
export function runsOf({ package: name, kind, name: target }) {
  if (name === 'podium-tests' && kind === 'test') {
    const known = TIERS.find(([tier]) => target === tier || target.startsWith(`${tier}_`));
    return [{ tier: known?.[0] ?? 'real', filter: [] }];
  }
  if (CONNECTOR.test(name)) {
    return [
      { tier: kind === 'test' ? 'contract' : 'unit', filter: ['--skip', 'real_'] },
      { tier: 'real', filter: ['real_'] },
    ];
  }
  return [{ tier: 'unit', filter: [] }];
}

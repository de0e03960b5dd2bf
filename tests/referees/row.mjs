// What Octopus's own client sees of the demo's row over every system: `node row.mjs FOLDER http://127.0.0.1:PORT`,
// where FOLDER has the client in its node_modules. A line for each release of the shop: its notes, and how often it was
// deployed.

import { createRequire } from 'node:module';
import { join } from 'node:path';

const [, , folder, base] = process.argv;
const require = createRequire(join(folder, 'package.json'));
const octopus = require('@octopusdeploy/api-client');

const quiet = { info() {}, warn() {}, debug() {}, error() {} };
const client = await octopus.Client.create({
  userAgentApp: 'podium-referee',
  instanceURL: base,
  apiKey: 'API-WITNESS',
  logging: quiet,
});
const projects = new octopus.ProjectRepository(client, 'Default');
const shop = (await projects.list({ partialName: 'shop' })).Items.find((one) => one.Name === 'shop');
const of = (path, more) => client.request(`~/api/{spaceName}/${path}`, { spaceName: 'Default', ...more });
for (const release of (await of('projects/{id}/releases', { id: shop.Id })).Items) {
  const { Items } = await of('releases/{id}/deployments', { id: release.Id });
  console.log(`${release.Version} (${release.ReleaseNotes ?? ''}) deployed ${Items.length} times`);
}

// Octopus's own client drives our simulator: `node octopus_story.mjs http://127.0.0.1:PORT FOLDER`, where FOLDER has
// the client in its node_modules. A line for each check; ends with 0 where all hold.

import { createRequire } from 'node:module';
import { join } from 'node:path';

const [, , base, folder] = process.argv;
const require = createRequire(join(folder, 'package.json'));
const octopus = require('@octopusdeploy/api-client');

let bad = 0;
function check(what, holds, seen) {
  if (!holds) bad += 1;
  console.log(`${holds ? 'holds' : 'FAILS'}: ${what}${holds ? '' : `: ${JSON.stringify(seen)}`}`);
}

const quiet = { info() {}, warn() {}, debug() {}, error() {} };
const client = await octopus.Client.create({
  userAgentApp: 'podium-referee',
  instanceURL: base,
  apiKey: 'API-REFEREE',
  logging: quiet,
});
const space = 'Default';

const projects = await new octopus.ProjectRepository(client, space).list({ take: 10 });
check('a page of projects has ten of more', projects.Items.length === 10 && projects.TotalResults > 90, projects.TotalResults);
const shop = (await new octopus.ProjectRepository(client, space).list({ partialName: 'shop' })).Items[0];
check('a project is found by a part of its name', shop?.Name === 'shop', shop);
const environments = await new octopus.EnvironmentRepository(client, space).list({ take: 30 });
check('environments are listed, in any script', environments.Items.some((one) => one.Name === 'Prüfstand'), environments);

const releases = new octopus.ReleaseRepository(client, space);
const made = await releases.create({ spaceName: space, ProjectName: 'shop', ReleaseVersion: '7.0.0', ReleaseNotes: 'Größe' });
check('a release is made', made.ReleaseVersion === '7.0.0' && made.ReleaseId?.startsWith('Releases-'), made);
let refusal;
try {
  await releases.create({ spaceName: space, ProjectName: 'shop', ReleaseVersion: '7.0.0' });
} catch (error) {
  refusal = error;
}
check('a second one of the same version is refused in words', /already exists/.test(JSON.stringify(refusal) + refusal?.message), refusal);

const deployments = new octopus.DeploymentRepository(client, space);
const begun = await deployments.create({
  spaceName: space,
  ProjectName: 'shop',
  ReleaseVersion: '7.0.0',
  EnvironmentNames: ['Test'],
});
const task = begun.DeploymentServerTasks?.[0];
check('a deployment begins a server task', task?.ServerTaskId?.startsWith('ServerTasks-'), begun);
const ended = await new octopus.ServerTaskWaiter(client, space).waitForServerTaskToComplete(task.ServerTaskId, 300, 30_000);
check('the task is watched to a good end', ended?.IsCompleted === true && ended?.FinishedSuccessfully === true, ended);

const runs = new octopus.RunbookRunRepository(client, space);
const run = await runs.create({
  spaceName: space,
  ProjectName: 'broken',
  RunbookName: 'Warm the cache',
  EnvironmentNames: ['Production'],
});
const failed = await new octopus.ServerTaskWaiter(client, space).waitForServerTaskToComplete(
  run.RunbookRunServerTasks[0].ServerTaskId,
  300,
  30_000,
);
check('a broken runbook ends as failed', failed?.State === 'Failed' && failed?.FinishedSuccessfully === false, failed);

process.exit(bad > 0 ? 1 : 0);

// `npm start`: sets up a fresh machine, builds, and opens the window on the demo. Where there is no display
// it says so and runs the demo workflow in the terminal instead.

import { forTerminal, pages, programs } from './setup/build.mjs';
import { nodeVersion, packages } from './setup/node.mjs';
import { peers, peersEnv } from './setup/peers.mjs';
import { run } from './setup/process.mjs';
import { rust } from './setup/rust.mjs';
import { finish, heading, say } from './setup/say.mjs';
import { system } from './setup/system.mjs';
import { aws, open, workspace } from './start/demo.mjs';

await finish(async () => {
  const display = hasDisplay();
  heading('setup');
  nodeVersion();
  await system(['build', 'peers', ...(display ? ['window'] : [])]);
  await rust();
  const real = await peers({ required: false });
  if (real.missing) say(`  Only the practice environment works now: ${real.missing}`);
  if (display) {
    await packages();
    await pages();
  }
  const made = await programs({ release: true, only: display ? undefined : forTerminal() });

  heading('demo');
  const env = peersEnv(real);
  const at = await workspace(made.podium, env);
  const server = real.missing ? undefined : await aws(made.podium, real, at, env);
  try {
    if (display) return await open(made['podium-desktop'], at, env);
    return await inTerminal(made.podium, at, env, server ? 'local' : 'play');
  } finally {
    await server?.stop();
  }
});

function hasDisplay() {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

async function inTerminal(podium, at, env, environment) {
  say();
  say('There is no display here, so the demo workflow runs in this terminal instead of the window.');
  const workflow = 'workflows/open-a-shop-branch.yaml';
  const told = { cwd: at, env, onLine: (text) => say(`  ${text}`) };
  for (const args of [
    ['preview', workflow, '-e', environment, '-i', 'branch=west'],
    ['run', workflow, '-e', environment, '-i', 'branch=west', '--yes'],
  ]) {
    heading(`podium ${args.join(' ')}`);
    const { code } = await run(podium, args, told);
    if (code !== 0) return code;
  }
  heading('what next');
  say(`  npm run -s podium -- -C ${at} runs list`);
  say(`  npm run -s podium -- -C ${at} runs undo RUN      takes it all back`);
  return 0;
}

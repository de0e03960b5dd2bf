// A world for one story: a home of its own, a display, a session bus, an unlocked keychain, a workspace,
// and the real window on it. A story that fails leaves its picture, its page and the logs in
// test-results/window. Everything is ended by its own process id.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { freePort, ministack } from '../../scripts/setup/ministack.mjs';
import { results, root } from '../../scripts/setup/places.mjs';
import { ended, run, start, which } from '../../scripts/setup/process.mjs';
import { bus, display, home, keychain } from './driver/display.mjs';
import { until, Window } from './driver/webdriver.mjs';

export { KEY, until } from './driver/webdriver.mjs';

const app = process.env.PODIUM_TEST_PODIUM_DESKTOP;
const cli = process.env.PODIUM_TEST_PODIUM;
const peers = process.env.PODIUM_PEERS;

/** Why the window cannot be tested here, or nothing. */
export function hindrance({ aws = false, binary = app } = {}) {
  if (process.platform !== 'linux') return 'window tests drive WebKitGTK, which is for Linux';
  for (const program of ['Xvfb', 'dbus-daemon', 'gnome-keyring-daemon', 'WebKitWebDriver']) {
    if (!which(program)) return `${program} is not installed`;
  }
  if (!binary || !existsSync(binary)) throw new Error('PODIUM_TEST_PODIUM_DESKTOP names no program; run `npm test -- window`');
  if (aws && !peers) return 'the AWS API server is not installed';
  return undefined;
}

/**
 * One story. `options`: `workspace` (a folder that is copied; the demo where absent), `aws: true` (an AWS
 * API server), `keychain: false` (none), `ms` (how long it may take).
 */
export function story(name, options, tell) {
  test(name, { timeout: options.ms ?? 120_000 }, async (t) => {
    const reason = hindrance(options);
    if (reason) {
      t.skip(reason);
      return;
    }
    const world = new World(name);
    try {
      await world.prepare(options);
      await tell(world, t);
    } catch (error) {
      await world.keep(error);
      throw error;
    } finally {
      await world.end();
    }
  });
}

/** Everything a story can touch. */
export class World {
  constructor(name) {
    /** The program whose window it is. */
    this.app = app;
    this.name = name;
    // Short: a socket's path may have 107 bytes.
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'podium-')));
    this.stops = [];
    this.env = {};
  }

  async prepare({ workspace, aws = false, keychain: withKeychain = true }) {
    Object.assign(this.env, home(this.folder));
    this.workspace = join(this.folder, 'workspace');
    cpSync(workspace ?? join(root, 'examples', 'demo'), this.workspace, { recursive: true });
    const screen = await display(this.folder);
    this.stops.push(screen.stop);
    Object.assign(this.env, screen.env);
    const session = await bus(this.folder, this.env);
    this.stops.push(session.stop);
    Object.assign(this.env, session.env);
    if (withKeychain) this.stops.push((await keychain(this.folder, this.env)).stop);
    if (aws) {
      this.aws = await ministack(peers, { log: join(this.folder, 'aws.log') });
      this.stops.push(this.aws.stop);
    }
  }

  /** Starts the window on the workspace; a second call is a second start. */
  async open() {
    await this.drive();
    this.window = await Window.open(this.base, app, [this.workspace]);
    return this.window;
  }

  /** Starts what drives the window. */
  async drive() {
    const port = await freePort();
    this.driver = start('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
      env: { ...this.env, TAURI_WEBVIEW_AUTOMATION: 'true', RUST_BACKTRACE: '1' },
      log: join(this.folder, 'window.log'),
      group: true,
    });
    this.base = `http://127.0.0.1:${port}`;
    await until('the driver answers', () => Window.call(this.base, 'GET', '/status'));
  }

  /** Closes the window as a person does, and waits until its process is gone. */
  async close() {
    const { driver } = this;
    const pid = this.window && this.pid();
    await this.window?.close().catch(() => {});
    if (driver) await ended(driver);
    if (pid) await until('the window is closed', () => !existsSync(`/proc/${pid}`));
    this.window = undefined;
    this.driver = undefined;
  }

  /** The window's process, or nothing when it has ended. */
  pid() {
    const real = realpathSync(this.app);
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      try {
        const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))[1]);
        if (parent === this.driver.pid && readlinkSync(`/proc/${name}/exe`) === real) return Number(name);
      } catch {
        // A process that ended while we looked.
      }
    }
    return undefined;
  }

  /** `kill -9`: nothing in the window can react to it. */
  async kill() {
    const pid = this.pid();
    process.kill(pid, 'SIGKILL');
    await until('the window is dead', () => !existsSync(`/proc/${pid}`));
    await ended(this.driver);
    this.window = undefined;
    this.driver = undefined;
  }

  /** The `podium` command on this world: `{ code, tail, lines }`. */
  async podium(args, { input } = {}) {
    const lines = [];
    const ended = await run(cli, args, { cwd: this.workspace, env: this.env, input, onLine: (text) => lines.push(text) });
    return { ...ended, lines };
  }

  /** Stores the credential for the AWS API server of this world, as the keeper of credentials would. */
  async credential(name = 'demo-aws') {
    const { code, tail } = await this.podium(
      ['credentials', 'add', name, '--kind', 'aws', '--stdin',
        '--field', 'access_key_id=test', '--field', 'region=eu-central-1', '--field', `endpoint_url=${this.aws.endpoint}`],
      { input: JSON.stringify({ secret_access_key: 'any-key-will-do' }) },
    );
    if (code !== 0) throw new Error(`the credential could not be stored:\n${tail}`);
  }

  /** A vendor's own tool: what it prints. Fails when the tool does. */
  async tool(program, args, { cwd = this.workspace, env = {} } = {}) {
    let out = '';
    const { code, tail } = await run(join(peers, 'bin', program), args, {
      cwd,
      env: { ...this.env, ...env },
      onLine: (text) => {
        out += `${text}\n`;
      },
    });
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${tail}`);
    return out;
  }

  /** AWS's own client against the server of this world; an error comes back as `{ error: code }`. */
  async ask(service, operation, parameters = {}) {
    const script = join(root, 'tests', 'ui', 'driver', 'aws.py');
    return JSON.parse(await this.tool('python', [script, this.aws.endpoint, service, operation, JSON.stringify(parameters)]));
  }

  /** Where steps leave real effects on this computer. */
  sandbox() {
    const all = join(this.env.PODIUM_HOME, 'sandbox');
    const [only] = existsSync(all) ? readdirSync(all) : [];
    return only ? join(all, only) : undefined;
  }

  /** Keeps what helps to see why a story failed. */
  async keep(error) {
    const place = join(results, 'window', this.name.replace(/[^\p{L}\p{N}]+/gu, '-'));
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'error.txt'), `${error.stack ?? error}\n`);
    await this.window?.picture(join(place, 'window.png')).catch(() => {});
    const page = await this.window?.js(() => document.documentElement.outerHTML).catch(() => undefined);
    if (page) writeFileSync(join(place, 'page.html'), page);
    for (const name of readdirSync(this.folder).filter((file) => file.endsWith('.log'))) {
      cpSync(join(this.folder, name), join(place, name));
    }
    const workflows = join(this.workspace ?? '', 'workflows');
    if (this.workspace && existsSync(workflows)) cpSync(workflows, join(place, 'workflows'), { recursive: true });
    const logs = join(this.env.PODIUM_HOME ?? '', 'logs');
    if (this.env.PODIUM_HOME && existsSync(logs)) cpSync(logs, join(place, 'podium-logs'), { recursive: true });
  }

  async end() {
    await this.close();
    for (const stop of this.stops.reverse()) await stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

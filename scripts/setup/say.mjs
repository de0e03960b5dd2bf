// How setup speaks: one line a step, with its time, and plain words when it cannot go on.
// Not here: what the steps do. Nothing asks a question: there may be nobody to answer.

const live = process.stdout.isTTY === true && !process.env.CI;
const EVERY = 15_000;

/** Something that the person at the machine can act on: what happened, and what to do. */
export class Plain extends Error {
  constructor(what, { why = '', next = '' } = {}) {
    super(what);
    this.name = 'Plain';
    this.why = why;
    this.next = next;
  }
}

/** Whole seconds below ten minutes, minutes above. */
export function time(ms) {
  const s = Math.round(ms / 1000);
  return s < 600 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`;
}

export function say(text = '') {
  process.stdout.write(`${text}\n`);
}

export function heading(text) {
  say();
  say(`== ${text} ${'='.repeat(Math.max(3, 74 - text.length))}`);
}

/**
 * Runs one step of setup and says how it goes. `work` is given `note(text)`, for the line that tells
 * what happens just now; what it returns is told behind the step's name when it is a text.
 */
export async function step(name, work) {
  const began = Date.now();
  let last = '';
  const line = () => {
    const told = `  … ${name} (${time(Date.now() - began)})${last ? `: ${last}` : ''}`;
    const width = (process.stdout.columns ?? 100) - 1;
    return told.length > width ? `${told.slice(0, width - 1)}…` : told;
  };
  const tick = setInterval(
    () => (live ? process.stdout.write(`\r\x1b[2K${line()}`) : say(line())),
    live ? 500 : EVERY,
  );
  try {
    const result = await work((text) => {
      last = text.trim();
    });
    clearInterval(tick);
    if (live) process.stdout.write('\r\x1b[2K');
    const told = typeof result === 'string' && result ? `: ${result}` : '';
    say(`  ✓ ${name}${told} (${time(Date.now() - began)})`);
    return result;
  } catch (error) {
    clearInterval(tick);
    if (live) process.stdout.write('\r\x1b[2K');
    say(`  ✕ ${name} (${time(Date.now() - began)})`);
    throw error;
  }
}

/** Runs `main` and ends the process: 0, what `main` returned, or 1 with the reason in words. */
export async function finish(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    say();
    if (error instanceof Plain) {
      say(error.message);
      if (error.why) say(error.why.replace(/^/gm, '    '));
      if (error.next) say(error.next);
    } else {
      say(`This is a defect in Podium's scripts: ${error.stack ?? error}`);
    }
    process.exitCode = 1;
  }
}
